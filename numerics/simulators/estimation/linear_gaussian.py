"""Evidence lower bounds of a linear model, maximised numerically over three families of normal laws."""

from collections.abc import Callable

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.variational import LinearGaussian

STEPS = 16
COMPLEX, REAL = 1e-40, 1e-6  # lengths of differences: gradients are exact to rounding, Hessians need not be
ROUNDING = 1e-11

Law = tuple[Array, Array]  # mean (trials, p), root of the covariance (trials, p, p)


@simulates(LinearGaussian, cost=lambda n, p: 4e-4 * p**2, backends=("numpy",), block=512)
def linear_gaussian(*, n: int, p: int, s2: float, t2: float, rho: float, kappa: float, trials: int,
                    rng: Stream) -> dict[str, Array]:
    """Draws X and y; expectations over q are those of squares, in closed form."""
    xp = rng.xp
    X = (1 - rho) ** 0.5 * rng.normal((trials, n, p)) + rho**0.5 * rng.normal((trials, n, 1))
    y = (X @ (t2**0.5 * rng.normal((trials, p, 1))))[:, :, 0] + s2**0.5 * rng.normal((trials, n))
    eye = xp.eye(p, dtype=rng.machine.dtype, device=rng.machine.place)

    def elbo(law: Law, weight: float = 1.0) -> Array:
        return weight * fit(X, y, s2, law) - divergence(t2, law)

    def best(family: Callable[[Array], Law], size: int, weight: float = 1.0) -> tuple[Law, Array, Array]:
        found, undone = maximised(lambda x: elbo(family(x), weight), 0 * rng.normal((trials, size)))
        return family(found), elbo(family(found), weight), undone

    def diagonal(x: Array) -> Law:
        return x[:, :p], t2**0.5 * xp.exp(x[:, p:, None]) * eye

    covariance = xp.linalg.inv(xp.matrix_transpose(X) @ X / s2 + eye / t2)
    mean = (covariance @ (xp.matrix_transpose(X) @ y[:, :, None]))[:, :, 0] / s2
    exact = mean, xp.linalg.cholesky(covariance)
    marginal = xp.linalg.diagonal(covariance)[:, :, None] ** 0.5 * eye
    field, value, first = best(diagonal, 2 * p)
    ball, _, second = best(diagonal, p + 1)
    tilted, top, third = best(lambda x: triangular(x, p, t2**0.5), p + p * (p + 1) // 2, kappa)
    size = 1 + sum(xp.abs(part) for part in (value, top)) + xp.sum(y**2, axis=1) / s2
    return {
        "X": X, "y": y, "fit": fit(X, y, s2, exact), "divergence": divergence(t2, exact),
        "marginals": elbo((mean, marginal)), "factorised": value, "factorised_mean": field[0],
        "factorised_variance": xp.linalg.diagonal(field[1]) ** 2, "isotropic_variance": ball[1][:, 0, 0] ** 2,
        "weighted": top, "weighted_mean": tilted[0],
        "weighted_covariance": tilted[1] @ xp.matrix_transpose(tilted[1]),
        "rounding": (ROUNDING + first + second + third) * size,
    }


def fit(X: Array, y: Array, s2: float, law: Law) -> Array:
    """E log N(y; Xw, s2·I) over w of the law.   Shapes: -> (trials,)."""
    xp, (mean, root) = namespace(X), law
    misfit = xp.sum((y - (X @ mean[:, :, None])[:, :, 0]) ** 2, axis=1) + xp.sum((X @ root) ** 2, axis=(1, 2))
    return -misfit / (2 * s2) - y.shape[1] / 2 * float(xp.log(xp.asarray(2 * xp.pi * s2)))


def divergence(t2: float, law: Law) -> Array:
    """KL of the law to N(0, t2·I); its root is triangular.   Shapes: -> (trials,)."""
    xp, (mean, root) = namespace(law[0]), law
    squares = xp.sum(mean**2, axis=1) + xp.sum(root**2, axis=(1, 2))
    logs = xp.sum(xp.log(xp.linalg.diagonal(root) / t2**0.5), axis=1)
    return squares / (2 * t2) - mean.shape[1] / 2 - logs


def triangular(x: Array, p: int, scale: float) -> Law:
    """Mean, logarithms of the root's diagonal, entries below it.   Shapes: (trials, p + p(p + 1)/2) -> a law."""
    xp = namespace(x)
    zero, below, rows = xp.zeros_like(x[:, 0]), 2 * p, []
    for i in range(p):
        left = [x[:, below + j] for j in range(i)]
        rows.append(xp.stack([*left, xp.exp(x[:, p + i]), *[zero] * (p - i - 1)], axis=1))
        below += i
    return x[:, :p], scale * xp.stack(rows, axis=1)


def maximised(objective: Callable[[Array], Array], start: Array) -> tuple[Array, Array]:
    """Newton's method with derivatives by differences, and the length of its last step.

    Shapes: start (trials, k), objective (trials, k) -> (trials,); -> (trials, k), (trials,).
    """
    xp, x, k = namespace(start), start, start.shape[1]
    units = [xp.asarray([float(i == j) for j in range(k)]) for i in range(k)]

    def slopes(at: Array) -> Array:
        return xp.stack([xp.imag(objective(at + 1j * COMPLEX * unit)) / COMPLEX for unit in units], axis=1)

    step = xp.zeros_like(x)
    for _ in range(STEPS):
        gradient = slopes(x)
        hessian = xp.stack([(slopes(x + REAL * unit) - gradient) / REAL for unit in units], axis=2)
        step = -xp.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        x = x + step / (1 + xp.linalg.vector_norm(step, axis=1, keepdims=True) / 4)  # far away, no longer than 4
    return x, xp.linalg.vector_norm(step, axis=1)

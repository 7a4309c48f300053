"""Entropic transport by Sinkhorn's iteration between discretised normal laws; derivatives by complex steps."""

from itertools import product

import numpy as np

from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.entropic_transport import GaussianCoupling, ScalarCoupling

NODES = {2: (7, 9), 3: (5, 7)}  # Gauss–Hermite nodes along each axis, coarse and fine, by the larger dimension
REACH, GRID = 8.5, 141  # half-width of the grid on the line in standard deviations, and its points
MOST, FACTORED, DONE = 1000, 8, 1e-14
STEP = 1e-30  # of a complex step: no cancellation, however short
ROUNDING = 1e-11

Array = np.ndarray
Found = dict[str, Array]


@simulates(GaussianCoupling, cost=lambda p, q: 1e-2 * 2.5 ** (p + q - 4), backends=("numpy",), block=32)
def gaussian_coupling(*, p: int, q: int, size: float, eps: float, second: str, trials: int, rng: Stream) -> Found:
    """Draws covariances and gains; every Omega is solved for with two numbers of nodes."""
    roots = [triangular(rng.uniform((trials, k, k))) for k in (p, q)]
    A, D = size * normalised(rng.normal((trials, p, q))), normalised(rng.normal((trials, p, q)))
    B = size * normalised(rng.normal((trials, p, q))) if second == "own" else A
    coarse, fine = (measured(roots, A, B, D, eps, count) for count in NODES[max(p, q)])
    apart = sum(np.max(np.abs(fine[name] - coarse[name]).reshape(trials, -1), axis=1) for name in fine)
    scale = 1 + size / eps + np.abs(fine["value"]) + np.abs(fine["other"])
    squares = [root @ root.swapaxes(1, 2) for root in roots]
    return fine | {"Sa": squares[0], "Sb": squares[1], "A": A, "D": D, "error": apart + ROUNDING * scale}


def measured(roots: list[Array], A: Array, B: Array, D: Array, eps: float, count: int) -> Found:
    """What the best couplings for A, B and their mean give with `count` nodes along each axis."""
    (x, a), (y, b) = (normal_nodes(root, count) for root in roots)

    def best(gain: Array) -> tuple[Array, Array]:
        exponent = x @ gain @ y.swapaxes(1, 2) / eps
        log_density = exponent + potentials(exponent, a, b)
        coupling = a[:, None] * b * np.exp(log_density)
        return coupling, eps * np.sum(coupling * (exponent - log_density), axis=(1, 2))

    coupling, value = best(A + 1j * STEP * D)
    coupling = np.real(coupling)
    first = x.swapaxes(1, 2) @ (np.sum(coupling, axis=2)[:, :, None] * x)
    last = y.swapaxes(1, 2) @ (np.sum(coupling, axis=1)[:, :, None] * y)
    cross = x.swapaxes(1, 2) @ coupling @ y
    covariance = np.concatenate([np.concatenate([first, cross], axis=2),
                                 np.concatenate([cross.swapaxes(1, 2), last], axis=2)], axis=1)  # fmt: skip
    p = cross.shape[1]
    return {"cross": cross, "precision": np.linalg.inv(covariance)[:, :p, p:], "value": np.real(value),
            "slope": np.imag(value) / STEP, "other": best(B)[1], "middle": best((A + B) / 2)[1],
            "gain": np.sum(A * cross, axis=(1, 2)), "tilted": np.sum(B * cross, axis=(1, 2))}  # fmt: skip


@simulates(ScalarCoupling, cost=1e-4, backends=("numpy",), block=4096)
def scalar_coupling(*, sa: float, sb: float, A: float, eps: float, trials: int, rng: Stream) -> Found:
    """One grid on the line for all trials."""
    z = np.linspace(-REACH, REACH, GRID)
    weights = np.exp(-(z**2) / 2) / np.sum(np.exp(-(z**2) / 2))
    exponent = (A + 1j * STEP) * (sa * z)[:, None] * (sb * z) / eps
    coupling = weights[:, None] * weights * np.exp(exponent + potentials(exponent[None], weights, weights)[0])
    found = z @ coupling @ z
    size = abs(found) + abs(np.imag(found)) / STEP
    numbers = {"correlation": np.real(found), "growth": np.imag(found) / STEP, "error": ROUNDING * size}
    return {name: np.full(trials, number) for name, number in numbers.items()}


def triangular(uniform: Array) -> Array:
    """Lower triangular, the diagonal between ½ and 1, below it between −½ and ½.   Shapes: (trials, k, k) both."""
    k = uniform.shape[1]
    return np.tril(uniform - 0.5, -1) + np.eye(k) * (1 + uniform) / 2


def normalised(matrices: Array) -> Array:
    """The matrices over their Frobenius norms."""
    return matrices / np.linalg.norm(matrices, axis=(1, 2), keepdims=True)


def normal_nodes(root: Array, count: int) -> tuple[Array, Array]:
    """Points and weights that integrate against N(0, root·rootᵀ).   Shapes: (trials, k, k) -> (trials, m, k), (m,)."""
    z, weights = np.polynomial.hermite_e.hermegauss(count)
    k = root.shape[1]
    points = np.array(list(product(z, repeat=k)))
    return points @ root.swapaxes(1, 2), np.prod(list(product(weights / weights.sum(), repeat=k)), axis=1)


def potentials(exponent: Array, a: Array, b: Array) -> Array:
    """f + g in the logarithm of the density exp(exponent + f + g) of the coupling with marginals a and b.

    Each half of Sinkhorn's iteration sets one marginal right: once in logarithms, then by factors u, v, which f and g
    take up before they grow.   Shapes: (…, m, l), (m,), (l,) -> (…, m, l).
    """
    g = np.zeros_like(exponent[..., :1, :])
    for _ in range(MOST):
        before = g
        f = -log_mean(exponent + g, b[None, :], axis=-1)
        g = -log_mean(exponent + f, a[:, None], axis=-2)
        change = np.abs(np.real(g - before)) + np.abs(np.imag(g - before)) / STEP
        if np.max(np.sum(change * b, axis=-1)) < DONE * (1 + np.max(np.abs(np.imag(g))) / STEP):
            break
        f, g = hastened(np.exp(exponent + f + g), f, g, a, b)
    return f + g


def hastened(density: Array, f: Array, g: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """f and g after some more iterations on factors of the density."""
    v = np.ones_like(g.swapaxes(-1, -2))
    u, turned = v, density.swapaxes(-1, -2)
    for _ in range(FACTORED):
        u = 1 / (density @ (b[:, None] * v))
        v = 1 / (turned @ (a[:, None] * u))
    return f + np.log(u), g + np.log(v).swapaxes(-1, -2)


def log_mean(values: Array, weights: Array, axis: int) -> Array:
    """log Σ weights·exp(values) along an axis, kept."""
    top = np.max(np.real(values), axis=axis, keepdims=True)
    return np.log(np.sum(weights * np.exp(values - top), axis=axis, keepdims=True)) + top

"""Ridge regression with labels drawn: its error at new samples, its cross-validation, and fits without a sample."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.min_norm import LeaveOneOut, RidgeValidation


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: the normal numbers, a Gram matrix and its inverse."""
    return 1e-5 + 2e-8 * n * p * (1 + n / 100) + 1e-9 * n**3


def fits(n: int, p: int) -> float:
    return n * cost(n, p)


@simulates(RidgeValidation, cost=cost)
def ridge_validation(*, n: int, p: int, r2: float, s2: float, lam: float, rho: float,
                     trials: int, rng: Stream) -> dict[str, Array]:
    """Draws inputs and labels; the mean over a new sample is exact.   Raises BadInput for lam = 0 and p < n."""
    design, labels, signal = sample(n, p, r2, s2, lam, rho, trials, rng)
    return everything(design, labels, signal, r2, s2, lam, rho, rng)


@simulates(LeaveOneOut, cost=fits)
def leave_one_out(*, n: int, p: int, r2: float, s2: float, lam: float, rho: float,
                  trials: int, rng: Stream) -> dict[str, Array]:
    """Fits n times, each time without one sample, to whose label the fit is then compared."""
    xp, turned = rng.xp, rng.xp.matrix_transpose
    if n == 1:
        raise BadInput("LeaveOneOut: n=1 leaves no sample to fit; take n of 2 or more")
    design, labels, signal = sample(n, p, r2, s2, lam, rho, trials, rng)
    errors, condition = [], []
    for left in range(n):
        inputs, targets = (xp.concat([part[:, :left, ...], part[:, left + 1 :, ...]], axis=1)
                           for part in (design, labels[..., None]))
        gram = inputs @ turned(inputs) + n * lam * _eye(n - 1, rng)
        weights = turned(inputs) @ xp.linalg.solve(gram, targets)
        errors.append(labels[:, left] - (design[:, left : left + 1, :] @ weights)[:, 0, 0])
        inverse = xp.linalg.matrix_norm(xp.linalg.inv(gram))
        reach = xp.linalg.vector_norm(design[:, left, :], axis=-1) * xp.linalg.vector_norm(weights[..., 0], axis=-1)
        condition.append(xp.linalg.matrix_norm(gram) * inverse * reach)
    found = everything(design, labels, signal, r2, s2, lam, rho, rng)
    rounding = n * float(xp.finfo(rng.machine.dtype).eps) * xp.max(xp.stack(condition, axis=-1), axis=-1)
    return {**found, "X": design, "y": labels, "errors": xp.stack(errors, axis=-1),
            "rounding": found["rounding"] + rounding}


def sample(n: int, p: int, r2: float, s2: float, lam: float, rho: float,
           trials: int, rng: Stream) -> tuple[Array, Array, Array]:
    """Inputs, labels and signal; the signal is along the first axis, as good as any direction.

    Shapes: -> (trials, n, p), (trials, n), (p,).   Raises BadInput for lam = 0 and p < n.
    """
    if lam == 0 and p < n:
        raise BadInput(f"RidgeValidation: at lam=0 the {p} features cannot interpolate n={n} samples; take p >= n")
    joint = series(rng.normal((trials, n, p + 1)), rho, rng)
    design, noise = joint[..., :p], s2**0.5 * joint[..., p]
    return design, r2**0.5 * design[..., 0] + noise, rng.asarray(np.append(r2**0.5, np.zeros(p - 1)))


def series(innovations: Array, rho: float, rng: Stream) -> Array:
    """Stationary series along the second axis, of variance 1 and correlation rho between neighbours."""
    if rho == 0:
        return innovations
    steps = [innovations[:, 0, :]]
    for step in range(1, innovations.shape[1]):
        steps.append(rho * steps[-1] + (1 - rho**2) ** 0.5 * innovations[:, step, :])
    return rng.xp.stack(steps, axis=1)


def everything(design: Array, labels: Array, signal: Array, r2: float, s2: float, lam: float, rho: float,
               rng: Stream) -> dict[str, Array]:
    """What is measured of the fit to all samples.   Shapes: (trials, n, p), (trials, n), (p,) -> (trials,) each."""
    xp, n = rng.xp, design.shape[-2]
    inner = design @ xp.matrix_transpose(design)
    gram = inner + n * lam * _eye(n, rng)
    inverse = xp.linalg.inv(gram)
    found = validated(design, labels, signal, s2, inverse, rng)
    average = in_the_mean(inner, inverse, design.shape[-1], r2, s2, rho, rng)
    condition = xp.linalg.matrix_norm(gram) * xp.linalg.matrix_norm(inverse)
    size = xp.mean(labels**2, axis=-1) + r2 + s2 + found["gcv"] + average["mean_gcv"]
    return {**found, **average, "rounding": n * float(xp.finfo(rng.machine.dtype).eps) * condition * size}


def validated(design: Array, labels: Array, signal: Array, s2: float, inverse: Array, rng: Stream) -> dict[str, Array]:
    """The fit and what it says of itself, in the draw; `inverse`: K⁻¹."""
    xp, turned = rng.xp, rng.xp.matrix_transpose
    dual = inverse @ labels[..., None]
    weights = turned(design) @ dual
    residuals = labels[..., None] - design @ weights
    return {
        "predictive": s2 + xp.sum((weights[..., 0] - signal) ** 2, axis=-1),
        "train": xp.mean(residuals[..., 0] ** 2, axis=-1),
        "dof": xp.sum((design @ turned(design)) * inverse, axis=(-2, -1)),
        "gcv": xp.mean(dual[..., 0] ** 2, axis=-1) / (xp.linalg.trace(inverse) / design.shape[-2]) ** 2,
    }


def in_the_mean(inner: Array, inverse: Array, p: int, r2: float, s2: float, rho: float,
                rng: Stream) -> dict[str, Array]:
    """The means over the noise and over uniform directions of β, given X, where y has the covariance C.

    C = r2/p·G + s2·R, with G = XXᵀ and R the covariance of a series; `inner`: G, `inverse`: K⁻¹.
    """
    xp, n = rng.xp, inner.shape[-1]
    noise = rng.asarray(rho ** np.abs(np.subtract.outer(np.arange(n), np.arange(n))) if rho else np.eye(n))
    smoother = inner @ inverse
    left, covariance = _eye(n, rng) - smoother, r2 / p * inner + s2 * noise
    signal = p - 2 * xp.linalg.trace(smoother) + xp.sum(smoother**2, axis=(-2, -1))  # ‖I − XᵀK⁻¹X‖²
    return {
        "mean_predictive": s2 + r2 / p * signal + s2 * xp.sum((inverse @ noise) * (inner @ inverse), axis=(-2, -1)),
        "mean_train": xp.sum((left @ covariance) * left, axis=(-2, -1)) / n,
        "mean_gcv": xp.sum((inverse @ covariance) * inverse, axis=(-2, -1)) / n / (xp.linalg.trace(inverse) / n) ** 2,
    }


def _eye(size: int, rng: Stream) -> Array:
    return rng.xp.eye(size, dtype=rng.machine.dtype, device=rng.machine.place)

"""Shallow networks by training, and their patterns of signs by linear programs."""

import itertools

import numpy as np

from numerics.arrays import Array, namespace
from numerics.cones import separable
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.shallow_relu import PenalisedFit, best, trained
from theory.settings.regularisation.shallow import ShallowRelu, SignPatterns

STARTS = 2
APART = 1e-2


@simulates(ShallowRelu, cost=lambda n, d, m: 3e-5 * n * d * m, block=128)
def shallow_relu(*, n: int, d: int, m: int, beta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Every data set has its two networks."""
    xp, X, y = rng.xp, rng.normal((trials, n, d)), rng.normal((trials, n))
    inputs, targets = (xp.repeat(part, STARTS, axis=0) for part in (X, y))
    fit = PenalisedFit(inputs, targets, beta, rng.asarray(np.ones(d)))
    _, value = best(fit, trained(fit, m, rng), STARTS)
    eps = xp.finfo(X.dtype).eps
    return {"X": X, "y": y, "trained": value, "rounding": 8 * (n + d * m) * eps * (value + xp.sum(y**2, axis=1))}


@simulates(SignPatterns, cost=lambda n: 2.0**n * 2e-5)
def sign_patterns(*, n: int, d: int, r: int, points: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Tries every vector of signs with a first sign of 1; the others are their negatives."""
    xp, A = rng.xp, rng.normal((trials, n, r))
    A = xp.concat([A[:, :-1, :], A[:, -2:-1, :]], axis=1) if points == "paired" else A
    X = A @ rng.normal((trials, r, d))
    inside = X @ xp.matrix_transpose(xp.linalg.svd(X, full_matrices=False).Vh[:, : min(r, d), :])
    count = rng.asarray(np.zeros(trials))
    for rest in itertools.product((-1.0, 1.0), repeat=n - 1):
        signs = rng.asarray(np.array([1.0, *rest]))
        count = count + xp.astype(separable(signs[:, None] * inside), count.dtype)
    return {"X": X, "patterns": 2 * count, "apart": apart(inside[:, : n - (points == "paired"), :])}


def apart(rows: Array) -> Array:
    """Whether all choices of min(n, r) rows, made unit, have a least singular value over 0.01.   Shapes: (…, n, r)."""
    xp, (n, r) = namespace(rows), rows.shape[1:]
    unit, least = rows / xp.linalg.vector_norm(rows, axis=-1, keepdims=True), xp.ones_like(rows[:, 0, 0])
    for some in itertools.combinations(range(n), min(n, r)):
        chosen = xp.stack([unit[:, i, :] for i in some], axis=1)
        least = xp.minimum(least, xp.min(xp.linalg.svdvals(chosen), axis=-1))
    return least > APART

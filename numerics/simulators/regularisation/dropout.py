"""Inverted dropout in linear regression: all masks enumerated, and SGD on random ones."""

import itertools

from numerics.arrays import Array, namespace
from numerics.networks.models import Linear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import Batches, averaged, visited
from numerics.training.optimisers import GradientDescent
from theory.settings.regularisation.masks import InvertedDropout

STEPS, FORGET = 400, 4000
PACE = 0.05


@simulates(InvertedDropout, cost=lambda n, p: 2e-5 * n + 3e-7 * n * p**2 * 2**p)
def inverted_dropout(*, n: int, p: int, d: float, columns: str, link: str,
                     trials: int, rng: Stream) -> dict[str, Array]:
    """Draws data and weights."""
    xp, X, y, w = rng.xp, rng.normal((trials, n, p)), rng.normal((trials, n)), rng.normal((trials, p))
    if columns == "unit":
        X = X / xp.linalg.vector_norm(X, axis=1, keepdims=True)
    masks, chance = all_masks(p, d, rng)
    best, condition = minimiser(X, y, masks, chance)
    rounding = xp.finfo(X.dtype).eps * condition * n * xp.linalg.vector_norm(best, axis=1)
    towards = (xp.matrix_transpose(X) @ y[:, :, None])[:, :, 0]
    towards = towards / xp.linalg.vector_norm(towards, axis=1, keepdims=True)
    outputs = xp.sum(masks[None, None, :, :] * (X * w[:, None, :])[:, :, None, :], axis=3)
    return {
        "X": X, "y": y,
        "dropped": xp.sum(chance * (y[:, :, None] - through(link, outputs)) ** 2, axis=(1, 2)),
        "kept": xp.sum((y - through(link, (X @ w[:, :, None])[:, :, 0])) ** 2, axis=1),
        "penalty": xp.sum(w**2 * xp.sum(X**2, axis=1), axis=1), "norm2": xp.sum(w**2, axis=1),
        "minimiser": best, "size": xp.linalg.vector_norm(best, axis=1),
        "averaged": xp.sum(towards * descended(X, y, arrived(X, y, d, rng), d, rng), axis=1),
        "rounding": rounding[:, None] + xp.zeros_like(best), "size_rounding": rounding,
    }


def all_masks(p: int, d: float, rng: Stream) -> tuple[Array, Array]:
    """Every mask of a row, scaled by 1/(1 − d), and its probability.   Shapes: -> (2^p, p), (2^p,)."""
    bits = list(itertools.product((0.0, 1.0), repeat=p))
    chance = [d ** (p - sum(mask)) * (1 - d) ** sum(mask) for mask in bits]
    return rng.asarray(bits) / (1 - d), rng.asarray(chance)


def minimiser(X: Array, y: Array, masks: Array, chance: Array) -> tuple[Array, Array]:
    """Least squares over all rows under all masks, weighted by their probability, and its condition number.

    Shapes: (trials, n, p), (trials, n), (m, p), (m,) -> (trials, p), (trials,).
    """
    xp, (trials, _, p) = namespace(X), X.shape
    root = xp.sqrt(chance)
    rows = xp.reshape((root[:, None] * masks)[None, None, :, :] * X[:, :, None, :], (trials, -1, p))
    targets = xp.reshape(root * y[:, :, None], (trials, -1, 1))
    basis, upper = xp.linalg.qr(rows)
    values = xp.linalg.svdvals(upper)
    return xp.linalg.solve(upper, xp.matrix_transpose(basis) @ targets)[:, :, 0], (values[:, 0] / values[:, -1]) ** 2


def descended(X: Array, y: Array, start: Array, d: float, rng: Stream) -> Array:
    """Average over the steps of SGD, whose rate is that of each trial: rows and targets are scaled by its root.

    Shapes: (trials, n, p), (trials, n), (trials, p) -> (trials, p).
    """
    return averaged(Linear(), (start,), *paced(X, y, d), GradientDescent(1.0), lambda step: step.after, STEPS,
                    rng.child("descent"), batches=Batches(1, dropout=d))[0]


def arrived(X: Array, y: Array, d: float, rng: Stream) -> Array:
    """Weights after the steps that forget a start from 0.   Shapes: (trials, n, p), (trials, n) -> (trials, p)."""
    return visited(Linear(), (0.0 * X[:, 0, :],), *paced(X, y, d), GradientDescent(1.0), (FORGET,),
                   rng.child("arrival"), batches=Batches(1, dropout=d))[0][:, 0, :]


def paced(X: Array, y: Array, d: float) -> tuple[Array, Array]:
    """Rows and targets at which a step of length 1 has the rate of the setting."""
    xp, n = namespace(X), X.shape[1]
    root = xp.sqrt(PACE * (1 - d) * n / xp.sum(X**2, axis=(1, 2)))
    return root[:, None, None] * X, root[:, None] * y


def through(link: str, outputs: Array) -> Array:
    return outputs if link == "linear" else namespace(outputs).tanh(outputs)

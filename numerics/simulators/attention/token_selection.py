"""Normalised gradient descent on one attention layer that learns to select a token."""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.models import SaturatedAttention
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import visited
from numerics.training.losses import LOGISTIC
from numerics.training.optimisers import NormalisedDescent
from theory.setting import Axis
from theory.settings.attention import TokenSelection

RATE = 0.1


@simulates(TokenSelection, cost=4e-3, block=128)
def token_selection(*, n: int, T: int, d: int, trials: int, rng: Stream) -> dict[str, Array]:
    """W at every recorded step, from W = 0. Given the draw nothing is random: the path is exact up to rounding."""
    xp, steps = rng.xp, [int(step) for step in TokenSelection.of_kind(Axis)["step"].values]
    tokens, queries, scores = draw(n, T, d, trials, rng)
    model, x = SaturatedAttention(T), joined(tokens, queries, scores)
    start, labels = rng.asarray(np.zeros((trials, d, d))), rng.asarray(np.ones((1, n)))
    (path,) = visited(model, (start,), x, labels, NormalisedDescent(RATE), steps, rng.child("training"), loss=LOGISTIC)
    masses = [model.forward((path[:, at, ...],), x)[0] for at in range(len(steps))]
    return {
        "tokens": tokens,
        "queries": queries,
        "scores": scores,
        "W": path,
        "optimal_mass": xp.stack([xp.mean(mass, axis=1) for mass in masses], axis=1),
        "norm": xp.linalg.matrix_norm(path),
        "selected": xp.all(masses[-1] > 0.5, axis=1),
    }


def joined(tokens: Array, queries: Array, scores: Array) -> Array:
    """Inputs of an attention layer.   Shapes: -> (trials, n, T·d + d + T)."""
    xp, (trials, n, *_) = namespace(tokens), tokens.shape
    return xp.concat([xp.reshape(tokens, (trials, n, -1)), queries, scores], axis=2)


def draw(n: int, T: int, d: int, trials: int, rng: Stream) -> tuple[Array, Array, Array]:
    """Tokens, queries and scores: a token is a unit vector orthogonal to the head v, plus its score times v."""
    xp, head = rng.xp, rng.unit((trials, 1, 1, d))
    chosen = rng.integers(T, (trials, n, 1)) == rng.asarray(np.arange(T))
    scores = xp.where(chosen, rng.asarray(1.0), rng.asarray(0.0))
    free = rng.normal((trials, n, T, d))
    free = free - xp.sum(free * head, axis=-1, keepdims=True) * head
    tokens = free / xp.linalg.vector_norm(free, axis=-1, keepdims=True) + scores[..., None] * head
    return tokens, rng.unit((trials, n, d)), scores

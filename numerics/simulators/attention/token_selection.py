"""Normalised gradient descent on one attention layer that learns to select a token."""

from itertools import combinations

import numpy as np

from numerics.arrays import Array, device_of, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.setting import Axis
from theory.settings.attention import TokenSelection

RATE = 0.1
CUT = -80.0  # e⁻⁸⁰ is lost beside 1 in any precision, and exp is slow where it underflows


class AttentionLayer:
    """f_i(W) = Σ_t a_it g_it, a_i = softmax(X_i W z_i), with token scores g; and how to descend Σ_i log(1 + exp(−f_i)).

    A saturated softmax rounds to 0 and 1, and a gradient made from those numbers turns W off its path. So the pulls of

        −G = Σ_i Σ_{t<u} |l'(f_i)| a_it a_iu (g_it − g_iu) (x_it − x_iu) z_iᵀ

    stay logarithms, but for sign and direction, until the largest one of the trial, which cancels in −G/‖G‖, is out.

    Shapes: tokens (trials, n, T, d), queries (trials, n, d), scores (trials, n, T); W flat, (trials, d²).
    """

    def __init__(self, tokens: Array, queries: Array, scores: Array) -> None:
        xp, pairs = namespace(tokens), np.array(list(combinations(range(tokens.shape[2]), 2)))
        self.first, self.second = (xp.asarray(side, device=device_of(tokens)) for side in pairs.T)
        gaps = xp.take(scores, self.first, axis=2) - xp.take(scores, self.second, axis=2)
        shifts = xp.take(tokens, self.first, axis=2) - xp.take(tokens, self.second, axis=2)
        log_gaps = xp.where(gaps == 0, -xp.inf, xp.log(xp.where(gaps == 0, 1.0, xp.abs(gaps))))
        self.log_gaps, self.scores = _trials_last(log_gaps), _trials_last(scores)
        self.products = _outer(tokens, queries)
        self.pulls = _outer(xp.sign(gaps)[..., None] * shifts, queries)

    def log_attention(self, W: Array) -> Array:
        """log a of every token.   Shapes: (trials, d²) -> (T, n, trials)."""
        xp, (T, n, trials) = namespace(W), self.scores.shape
        logits = _trials_last(xp.reshape(self.products @ W[..., None], (trials, n, T)))
        logits = logits - xp.max(logits, axis=0)
        return logits - xp.log(xp.sum(xp.exp(logits), axis=0))

    def chosen(self, W: Array) -> Array:
        """Attention on the chosen tokens, f_i where scores are 0 and 1.   Shapes: (trials, d²) -> (n, trials)."""
        xp = namespace(W)
        return xp.sum(xp.exp(self.log_attention(W)) * self.scores, axis=0)

    def descent(self, W: Array) -> Array:
        """−G/‖G‖_F.   Shapes: (trials, d²) -> (trials, d²)."""
        xp, log_a = namespace(W), self.log_attention(W)
        log_slope = -xp.log1p(xp.exp(xp.sum(xp.exp(log_a) * self.scores, axis=0)))
        log_pull = xp.take(log_a, self.first, axis=0) + xp.take(log_a, self.second, axis=0) + self.log_gaps + log_slope
        log_pull = log_pull - xp.max(log_pull, axis=(0, 1))
        pull = xp.permute_dims(xp.exp(xp.clip(log_pull, min=CUT)), (2, 1, 0))
        descent = (xp.reshape(pull, (W.shape[0], 1, -1)) @ self.pulls)[:, 0, :]
        return descent / xp.linalg.vector_norm(descent, axis=-1, keepdims=True)


@simulates(TokenSelection, cost=4e-3, block=128)
def token_selection(*, n: int, T: int, d: int, trials: int, rng: Stream) -> dict[str, Array]:
    """W at every recorded step, from W = 0. Given the draw nothing is random: the path is exact up to rounding."""
    xp, steps = rng.xp, TokenSelection.of_kind(Axis)["step"].values
    tokens, queries, scores = draw(n, T, d, trials, rng)
    layer, W, path = AttentionLayer(tokens, queries, scores), rng.asarray(np.zeros((trials, d * d))), []
    for step in range(1, int(steps[-1]) + 1):
        W = W + RATE * layer.descent(W)
        if step in steps:
            path.append(W)
    return {
        "tokens": tokens,
        "queries": queries,
        "scores": scores,
        "W": xp.reshape(xp.stack(path, axis=1), (trials, -1, d, d)),
        "optimal_mass": xp.stack([xp.mean(layer.chosen(W), axis=0) for W in path], axis=1),
        "norm": xp.stack([xp.linalg.vector_norm(W, axis=-1) for W in path], axis=1),
        "selected": xp.all(layer.chosen(W) > 0.5, axis=0),
    }


def draw(n: int, T: int, d: int, trials: int, rng: Stream) -> tuple[Array, Array, Array]:
    """Tokens, queries and scores: a token is a unit vector orthogonal to the head v, plus its score times v."""
    xp, head = rng.xp, rng.unit((trials, 1, 1, d))
    chosen = rng.integers(T, (trials, n, 1)) == rng.asarray(np.arange(T))
    scores = xp.where(chosen, rng.asarray(1.0), rng.asarray(0.0))
    free = rng.normal((trials, n, T, d))
    free = free - xp.sum(free * head, axis=-1, keepdims=True) * head
    tokens = free / xp.linalg.vector_norm(free, axis=-1, keepdims=True) + scores[..., None] * head
    return tokens, rng.unit((trials, n, d)), scores


def _outer(vectors: Array, queries: Array) -> Array:
    """x z_iᵀ of every vector x of sample i, flat.   Shapes: (trials, n, k, d), (trials, n, d) -> (trials, n·k, d²)."""
    outer = vectors[..., None] * queries[:, :, None, None, :]
    return namespace(vectors).reshape(outer, (vectors.shape[0], -1, vectors.shape[-1] ** 2))


def _trials_last(array: Array) -> Array:
    """Transposed in memory too, which makes reductions over tokens fast.   Shapes: (trials, n, k) -> (k, n, trials)."""
    xp = namespace(array)
    return xp.reshape(xp.reshape(xp.permute_dims(array, (2, 1, 0)), (-1,)), array.shape[::-1])

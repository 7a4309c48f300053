"""Normalised gradient descent on one attention layer that learns to select a token."""

from itertools import combinations

import numpy as np

from numerics.arrays import Array, device_of, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.attention import TokenSelection

RATE = 0.1
CUT = -80.0  # e⁻⁸⁰ is lost beside 1 in any precision, and smaller numbers are slow


class AttentionLayer:
    """f_i(W) = Σ_t g_it a_it with a_i = softmax(X_i W z_i), scores g = vᵀx, and the descent direction of Σ_i log(1 + e^{−f_i}).

    A saturated softmax rounds to 0 and 1, and a gradient made from those numbers turns W away from its path. Therefore
    −∂/∂W = Σ_i Σ_{t<u} |l'(f_i)| a_it a_iu (g_it − g_iu)(x_it − x_iu) z_iᵀ is summed from the logarithms of its positive factors,
    after the largest one of the trial is subtracted: what cancels in the unit direction is never formed.

    Shapes: tokens (trials, n, T, d), queries (trials, n, d), scores (trials, n, T); W flat, (trials, d²).
    """

    def __init__(self, tokens: Array, queries: Array, scores: Array) -> None:
        xp, pairs = namespace(tokens), np.array(list(combinations(range(tokens.shape[2]), 2)))
        self.first, self.second = (xp.asarray(side, device=device_of(tokens)) for side in pairs.T)
        self.scores = xp.permute_dims(scores, (2, 1, 0))
        gaps = xp.take(scores, self.first, axis=2) - xp.take(scores, self.second, axis=2)
        shifts = xp.take(tokens, self.first, axis=2) - xp.take(tokens, self.second, axis=2)
        self.log_gaps = xp.permute_dims(xp.where(gaps == 0, -xp.inf, xp.log(xp.where(gaps == 0, 1.0, xp.abs(gaps)))), (2, 1, 0))
        self.products = _outer(tokens, queries)
        self.pulls = _outer(xp.sign(gaps)[..., None] * shifts, queries)

    def log_attention(self, W: Array) -> Array:
        """log a of every token.   Shapes: (trials, d²) -> (T, n, trials), the order in which sums over tokens are fast."""
        xp, shape = namespace(W), self.scores.shape
        logits = xp.reshape(self.products @ W[..., None], shape[::-1])
        logits = xp.reshape(xp.reshape(xp.permute_dims(logits, (2, 1, 0)), (-1,)), shape)
        logits = logits - xp.max(logits, axis=0)
        return logits - xp.log(xp.sum(xp.exp(logits), axis=0))

    def descent(self, W: Array) -> Array:
        """The direction −G/‖G‖_F of steepest descent.   Shapes: (trials, d²) -> (trials, d²)."""
        xp, log_a = namespace(W), self.log_attention(W)
        output = xp.sum(xp.exp(log_a) * self.scores, axis=0)
        log_pull = xp.take(log_a, self.first, axis=0) + xp.take(log_a, self.second, axis=0) + self.log_gaps - xp.log1p(xp.exp(output))
        log_pull = log_pull - xp.max(log_pull, axis=(0, 1))
        pull = xp.exp(xp.clip(log_pull, min=CUT))
        direction = (xp.reshape(xp.permute_dims(pull, (2, 1, 0)), (W.shape[0], 1, -1)) @ self.pulls)[:, 0, :]
        return direction / xp.linalg.vector_norm(direction, axis=-1, keepdims=True)


@simulates(TokenSelection, cost=1e-2, block=128)
def token_selection(*, n: int, T: int, d: int, trials: int, rng: Stream) -> dict[str, Array]:
    """W at every recorded step, from W = 0. Nothing is averaged: given the draw, the path has only rounding errors."""
    xp, steps = rng.xp, TokenSelection.parts["step"].values
    tokens, queries, scores = _draw(n, T, d, trials, rng)
    layer, W, path, mass = AttentionLayer(tokens, queries, scores), 0.0 * rng.uniform((trials, d * d)), [], []
    for step in range(1, int(steps[-1]) + 1):
        W = W + RATE * layer.descent(W)
        if step in steps:
            path.append(W)
            mass.append(xp.mean(xp.sum(xp.exp(layer.log_attention(W)) * layer.scores, axis=0), axis=0))
    W = xp.stack(path, axis=1)
    return {"tokens": tokens, "queries": queries, "scores": scores, "W": xp.reshape(W, (trials, -1, d, d)),
            "optimal_mass": xp.stack(mass, axis=1), "norm": xp.linalg.vector_norm(W, axis=-1)}


def _draw(n: int, T: int, d: int, trials: int, rng: Stream) -> tuple[Array, Array, Array]:
    """Tokens: a unit vector orthogonal to the head v, plus score times v."""
    xp, head = rng.xp, rng.unit((trials, 1, 1, d))
    chosen = rng.integers(T, (trials, n, 1))
    scores = xp.where(chosen == rng.asarray(np.arange(T)), rng.asarray(1.0), rng.asarray(0.0))
    normal = rng.normal((trials, n, T, d))
    normal = normal - xp.sum(normal * head, axis=-1, keepdims=True) * head
    tokens = normal / xp.linalg.vector_norm(normal, axis=-1, keepdims=True) + scores[..., None] * head
    return tokens, rng.unit((trials, n, d)), scores


def _outer(vectors: Array, queries: Array) -> Array:
    """Every x z_iᵀ as a row.   Shapes: (trials, n, k, d), (trials, n, d) -> (trials, n·k, d²)."""
    outer = vectors[..., None] * queries[:, :, None, None, :]
    return namespace(vectors).reshape(outer, (vectors.shape[0], -1, vectors.shape[-1] ** 2))

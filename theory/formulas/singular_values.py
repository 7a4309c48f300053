"""Powers of singular values: what factors cost at least, and the least of a fit with that cost."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
EPS = float(np.finfo(float).eps)
HALVINGS = 200


def quasinorm(top: Array, lower: Array, apart: Array | None = None, *, L: int, power: float = 2.0,
              factor: float = 1.0) -> tuple[Array, Array]:
    """factor·Σ σ^(power/L), and its error where each singular value may be off by `apart` and rounding.

    Shapes: (trials,), (trials, k), (trials,) -> (trials,), (trials,).
    """
    values = np.concatenate([top[:, None], lower], axis=1)
    off = 8 * values.shape[1] * EPS * top[:, None] + (0.0 if apart is None else apart[:, None])
    bounds = [np.sum(np.clip(values + sign * off, 0, None) ** (power / L), axis=1) for sign in (-1, 1)]
    value = np.sum(values ** (power / L), axis=1)
    return factor * value, factor * np.maximum(bounds[1] - value, value - bounds[0])


def least(beside: Array, *, s: float, lam: float, L: int, power: float = 2.0) -> tuple[Array, Array]:
    """Σ min over t ≥ 0 of ½(t − σ)² + lam·t^(power/L), over σ = s and those beside it.

    power/L < 1: the derivative is convex, least at the inflection t₀; beyond it the greater root is found by halving,
    and 0 is the other candidate.   Shapes: (trials, k) -> (trials,), (trials,).
    """
    values, q = np.concatenate([np.full((len(beside), 1), s), beside], axis=1), power / L

    def height(t: Array) -> Array:
        return 0.5 * (t - values) ** 2 + lam * t**q

    low = np.full_like(values, (lam * q * (1 - q)) ** (1 / (2 - q)))
    high = np.maximum(values, low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rising = middle - values + lam * q * middle ** (q - 1) > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    total = np.sum(np.minimum(height(high), 0.5 * values**2), axis=1)
    return total, 16 * values.shape[1] * EPS * total


def largest_cosine(V: Array, *, s: float, others: Array, rest: float, spare: int, lam: float, power: float,
                   shrunk: bool = True) -> Array:
    """Largest |cosine| of two rows of V diag(q^power), q = σ²/(σ² + lam) for σ = s, others, and rest `spare` times.

    Not `shrunk`: q = σ. Not a number where these are not p values.   Shapes: (trials, p, p) -> (trials,).
    """
    values = np.array([s, *others, *[rest] * int(spare)])
    if len(values) != V.shape[1]:
        return np.full(len(V), np.nan)
    gram = (V * (values**2 / (values**2 + lam) if shrunk else values) ** (2 * power)) @ np.swapaxes(V, 1, 2)
    size = np.sqrt(np.einsum("tii->ti", gram))
    return np.max(np.abs(gram / size[:, :, None] / size[:, None, :]) * (1 - np.eye(V.shape[1])), axis=(1, 2))

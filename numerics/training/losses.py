"""Losses of a batch: the mean over samples, and its slope in the outputs."""

from collections.abc import Callable
from dataclasses import dataclass

from numerics.arrays import Array, namespace


@dataclass(frozen=True)
class Loss:
    """value and slope of (1/n) Σ ℓ(fᵢ, yᵢ).   Shapes: outputs, targets (B, n[, C]) -> (B,), like outputs."""

    name: str
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]


def _mean(array: Array) -> Array:
    xp = namespace(array)
    return xp.mean(xp.reshape(array, (array.shape[0], array.shape[1], -1)), axis=(1, 2)) * _width(array)


def _width(array: Array) -> int:
    return array.shape[2] if array.ndim > 2 else 1


def _softplus(z: Array) -> Array:
    xp = namespace(z)
    return xp.maximum(z, 0.0 * z) + xp.log1p(xp.exp(-xp.abs(z)))


def _logistic_slope(f: Array, y: Array) -> Array:
    xp = namespace(f)
    return -y * xp.exp(-_softplus(y * f)) / f.shape[1]


def _softmax(f: Array) -> Array:
    xp = namespace(f)
    shifted = xp.exp(f - xp.max(f, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


def _log_sum(f: Array) -> Array:
    xp = namespace(f)
    top = xp.max(f, axis=-1, keepdims=True)
    return (top + xp.log(xp.sum(xp.exp(f - top), axis=-1, keepdims=True)))[..., 0]


def _cross_entropy(f: Array, y: Array) -> Array:
    xp = namespace(f)
    return xp.mean(_log_sum(f) - xp.sum(f * y, axis=-1), axis=1)


HALF_SQUARE = Loss("half square", lambda f, y: _mean((f - y) ** 2) / 2, lambda f, y: (f - y) / f.shape[1])
LOGISTIC = Loss("logistic", lambda f, y: _mean(_softplus(-y * f)), _logistic_slope)  # targets −1 and 1
CROSS_ENTROPY = Loss("cross-entropy", _cross_entropy, lambda f, y: (_softmax(f) - y) / f.shape[1])  # one-hot targets

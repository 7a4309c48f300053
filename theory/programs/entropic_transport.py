"""The best coupling of two normal laws for a bilinear gain with an entropic price, in closed form."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
ERROR = 1e-11  # of the largest entry


def correlation(k: Array) -> Array:
    """c with c/(1 − c²) = k, in the form that does not cancel."""
    return 2 * k / (1 + np.sqrt(1 + 4 * k**2))


def cross_covariance(
    Sa: Array, Sb: Array, A: Array, *, eps: float, shape: Callable[[Array], Array] = correlation
) -> tuple[Array, Array]:
    """Sa^½·U·diag(c(k))·Vᵀ·Sb^½, U·diag(k)·Vᵀ = Sa^½·A·Sb^½/eps, and a bound of its error.

    Shapes: (trials, p, p), (trials, q, q), (trials, p, q) -> (trials, p, q).
    """
    first, last = root(Sa), root(Sb)
    U, k, Vt = np.linalg.svd(first @ A @ last / eps, full_matrices=False)
    found = first @ (U * shape(k)[:, None, :]) @ Vt @ last
    return found, ERROR * np.max(np.abs(found), axis=(1, 2), keepdims=True) * np.ones_like(found)


def slope(Sa: Array, Sb: Array, A: Array, D: Array, *, eps: float, factor: float = 1) -> tuple[Array, Array]:
    """⟨C(A), D⟩·factor.   Shapes: -> (trials,)."""
    C, error = cross_covariance(Sa, Sb, A, eps=eps)
    return factor * np.sum(C * D, axis=(1, 2)), np.sum(error * np.abs(D), axis=(1, 2))


def scaled_ground(A: Array, *, eps: float, factor: Callable[[float], float]) -> Array:
    """factor(eps)·A, A the matrix of the gain."""
    return factor(eps) * A


def root(matrix: Array) -> Array:
    """The positive root of positive matrices.   Shapes: (…, k, k) -> (…, k, k)."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)

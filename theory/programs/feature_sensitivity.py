"""How the responses at a regularised logistic minimum move with the strength of the first feature."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
NEWTON, SHORT = 200, 0.5  # steps, each half of Newton's


def responses(U: Floats, s: Floats, a: Floats, *, lam: float, power: int = 2) -> Floats:
    """z_k = (s_k²/lam) u_k·a.   Shapes: U (trials, n, n), s, a (trials, n) -> (trials, n)."""
    return s**power / lam * np.einsum("tik,ti->tk", U, a)


def second_responses(U: Floats, *, lam: float, strengths: Sequence[float], flipped: bool = False) -> Floats:
    """z_2 for every strength of the first of two features, from the dual: log(a/(1 − a)) + U diag(s²/lam) Uᵀ a = 0.

    Newton's method in the outputs m, a = 1/(1 + exp(m)); `flipped`: for the transposed basis.   Shapes: -> (trials, k).
    """
    U, found = np.swapaxes(U, 1, 2) if flipped else U, []
    for strength in strengths:
        kernel = U @ (np.array([strength**2, 1.0])[:, None] / lam * np.swapaxes(U, 1, 2))
        m = np.zeros_like(U[:, :, 0])
        for _ in range(NEWTON):
            a = 1 / (1 + np.exp(m))
            rest, slope = m - np.einsum("tij,tj->ti", kernel, a), np.eye(2) + kernel * (a * (1 - a))[:, None, :]
            m = m - SHORT * np.linalg.solve(slope, rest[..., None])[..., 0]
        found.append(np.einsum("ti,ti->t", U[:, :, 1], 1 / (1 + np.exp(m))) / lam)
    return np.stack(found, axis=1)


def sensitivities(U: Floats, s: Floats, a: Floats, *, lam: float, inverse: bool = True,
                  strengths: bool = True) -> Floats:
    """dz_k/d(s_1²) = δ_k1 (u_1·a)/lam − (s_k²/lam²)(u_1·a)[(UᵀD⁻¹U + diag(s²/lam))⁻¹]_k1, D = diag(a(1 − a)).

    `inverse` False puts D for D⁻¹, `strengths` False leaves out s_k².   Shapes: -> (trials, n).
    """
    spread = a * (1 - a)
    weights = 1 / spread if inverse else spread
    matrix = np.einsum("tik,ti,til->tkl", U, weights, U) + np.eye(s.shape[1]) * (s**2 / lam)[:, None, :]
    pull = np.einsum("ti,ti->t", U[:, :, 0], a)[:, None]
    first = np.eye(s.shape[1])[0]
    column = np.linalg.solve(matrix, np.broadcast_to(first[:, None], (len(s), s.shape[1], 1)))[..., 0]
    return first * pull / lam - (s**2 if strengths else 1) / lam**2 * pull * column

"""How the responses at a regularised logistic minimum move with the strength of the first feature."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def responses(U: Floats, s: Floats, a: Floats, *, lam: float, power: int = 2) -> Floats:
    """z_k = (s_k²/lam) u_k·a.   Shapes: U (trials, n, n), s, a (trials, n) -> (trials, n)."""
    return s**power / lam * np.einsum("tik,ti->tk", U, a)


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

"""Derivatives of a ridge's validation loss along the ridge, by implicit differentiation."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]


def hypergradient(X: Array, y: Array, X_v: Array, y_v: Array, *, lam: float, sign: float = -1.0,
                  weights: bool = True) -> Certified:
    """−wᵀH⁻¹g and the bound of its error, H = XᵀX/n + lam·I, w = H⁻¹Xᵀy/n, g = X_vᵀ(X_v w − y_v)/m.

    Mistakes: another sign; Xᵀy/n in the place of w (not `weights`).
    Shapes: (trials, n, p), (trials, n), (trials, m, p), (trials, m) -> (trials,), (trials,).
    """
    H, w, g, right = _parts(X, y, X_v, y_v, lam)
    q = np.linalg.solve(H, g[..., None])[..., 0]
    return _certified(sign * np.sum((w if weights else right) * q, axis=1), H, w, g)


def neumann(X: Array, y: Array, X_v: Array, y_v: Array, *, lam: float, pace: float, K: int, more: int = 0,
            sign: float = -1.0) -> Certified:
    """−wᵀη Σ_{j<K} (I − ηH)^j g with η = pace/‖H‖, and the bound of its error; `more`: that many further terms."""
    H, w, g, _ = _parts(X, y, X_v, y_v, lam)
    eta = pace / np.linalg.eigvalsh(H)[:, -1:]
    term, total = g, 0.0 * g
    for _ in range(K + more):
        total = total + eta * term
        term = term - eta * (H @ term[..., None])[..., 0]
    return _certified(sign * np.sum(w * total, axis=1), H, w, g)


def _parts(X: Array, y: Array, X_v: Array, y_v: Array, lam: float) -> tuple[Array, Array, Array, Array]:
    H = np.swapaxes(X, 1, 2) @ X / X.shape[1] + lam * np.eye(X.shape[2])
    right = (np.swapaxes(X, 1, 2) @ y[..., None])[..., 0] / X.shape[1]
    w = np.linalg.solve(H, right[..., None])[..., 0]
    residual = (X_v @ w[..., None])[..., 0] - y_v
    return H, w, (np.swapaxes(X_v, 1, 2) @ residual[..., None])[..., 0] / X_v.shape[1], right


def _certified(value: Array, H: Array, w: Array, g: Array) -> Certified:
    least = np.linalg.eigvalsh(H)[:, 0]
    size = (1 + np.linalg.norm(w, axis=1)) * (1 + np.linalg.norm(g, axis=1))
    return value, 50 * H.shape[-1] * np.finfo(float).eps * size * np.linalg.cond(H) / least

"""Predictions of a penalised fit as sums over its training samples, Σ_i a_i k(x_i, x)."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]


def vectors(X: Array, x: Array, w: Array, slopes: Array, *, lam: float, power: float | None = 1.0, sign: float = -1.0,
            signed: bool = False, mean: bool = True) -> Certified:
    """Σ_i a_i Σ_j |w_j|^power x_ij x_j with a_i = sign·l'_i/(n·lam); power None: any weight is 1.

    Mistakes: other powers; another sign; `signed`: w_j in the place of |w_j|; no 1/n (not `mean`).
    Shapes: (trials, n, p), (trials, p), (trials, p), (trials, n) -> (trials,), (trials,).
    """
    weights = np.ones_like(w) if power is None else w if signed else np.abs(w) ** power
    a = sign * slopes / (lam * (X.shape[1] if mean else 1))
    return _summed(a[:, :, None] * X * (weights * x)[:, None, :])


def matrices(Xs: Array, X: Array, W: Array, slopes: Array, *, lam: float, squared: bool = False,
             projector: bool = False, sign: float = -1.0) -> Certified:
    """Σ_i a_i ⟨√(WWᵀ) X_i, X⟩ with a_i = sign·l'_i/lam.

    Mistakes: WWᵀ without the root (`squared`); the projector on W's columns in its place (`projector`); another sign.
    Shapes: (trials, m, a, b), (trials, a, b), (trials, a, b), (trials, m) -> (trials,), (trials,).
    """
    U, values, _ = np.linalg.svd(W, full_matrices=False)
    spread = values**2 if squared else (values > 1e-9 * values[:, :1]) * 1.0 if projector else values
    root = (U * spread[:, None, :]) @ np.swapaxes(U, 1, 2)
    return _summed(sign * slopes[:, :, None, None] / lam * (root[:, None] @ Xs) * X[:, None])


def missed(X: Array, x: Array, w: Array, slopes: Array, fit: Array, *, lam: float) -> Certified:
    """|f(x) − Σ_i a_i k(x_i, x)| for the kernel of l1."""
    value, error = vectors(X, x, w, slopes, lam=lam)
    return np.abs(fit - value), error + 1e-15 * np.abs(fit)


def _summed(terms: Array) -> Certified:
    flat = terms.reshape(len(terms), -1)
    return flat.sum(1), 20 * flat.shape[1] ** 0.5 * np.finfo(float).eps * np.abs(flat).sum(1)

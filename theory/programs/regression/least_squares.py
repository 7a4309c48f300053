"""Least squares by the singular value decomposition: iterates and limit of gradient descent in closed form."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def descent_limit(X: Floats, y: Floats, start: Floats) -> tuple[Floats, Floats]:
    """w_∞ = w₀ + X⁺(y − Xw₀), and a bound on its rounding.   Shapes: (trials, n, p), … -> (trials, p), (trials,)."""
    move = np.linalg.pinv(X) @ (y - (X @ start[..., None])[..., 0])[..., None]
    return start + move[..., 0], _rounding(X, y, start)


def least_norm(X: Floats, y: Floats, start: Floats) -> tuple[Floats, Floats]:
    """X⁺y, whatever the start."""
    return descent_limit(X, y, 0 * start)


def descent_path(X: Floats, y: Floats, start: Floats, *, eta: float, steps: int = 50, per_sample: bool = True,
                 flow: bool = False) -> tuple[Floats, Floats]:
    """w_t = w_∞ + V diag((1 − ηs²/n)^t) Vᵀ(w₀ − w_∞), t = 1, …, and a bound on its rounding.

    `per_sample` False leaves out 1/n, `flow` puts exp(−ηs²/n) for the factor.
    Shapes: -> (trials, steps, p), (trials,).
    """
    end, rounding = descent_limit(X, y, start)
    _, s, Vt = np.linalg.svd(X, full_matrices=False)
    decay = eta * s**2 / (X.shape[1] if per_sample else 1)
    factors = np.exp(-decay) if flow else 1 - decay
    with np.errstate(over="ignore"):
        powers = factors[:, None, :] ** np.arange(1, steps + 1)[None, :, None]
    within = (Vt @ (start - end)[..., None])[..., 0]
    null = (start - end) - (np.swapaxes(Vt, 1, 2) @ within[..., None])[..., 0]
    path = end[:, None, :] + null[:, None, :] + (powers * within[:, None, :]) @ Vt
    return path, rounding


def along_mode(X: Floats, *, eta: float, mode: int, steps: Sequence[int], power: int = 2,
               per_sample: bool = True) -> Floats:
    """(1 − ηs²/n)^t for the singular value s of that rank. `power` is put for 2, not `per_sample` leaves out 1/n.

    Shapes: (trials, n, p) -> (trials, steps).
    """
    s = np.linalg.svd(X, compute_uv=False)[:, min(mode, *X.shape[1:]) - 1]
    factor = 1 - eta * s**power / (X.shape[1] if per_sample else 1)
    return factor[:, None] ** np.array(steps)[None, :]


def _rounding(X: Floats, y: Floats, start: Floats) -> Floats:
    s = np.linalg.svd(X, compute_uv=False)
    size = np.linalg.norm(start, axis=-1) + np.linalg.norm(y, axis=-1) / s[:, -1]
    return 10 * np.finfo(float).eps * max(X.shape[1:]) * s[:, 0] / s[:, -1] * size

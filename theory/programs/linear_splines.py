"""Variation of the slope of piecewise linear functions, and the spline with penalised kinks."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]
SWEEPS = 3000


def slope_variation(x: Array, y: Array, *, excess: float = 0.0, skip: bool = True, power: float = 1.0,
                    levels: bool = False) -> Certified:
    """(1 + excess)·Σ |d_{i+1} − d_i| of the chords' slopes d; without `skip` max(V, (V + |d_first + d_last|)/2).

    Mistakes: another `power` of the changes; `levels`: Σ |d_i| in their place.
    Shapes: (trials, N), (trials, N) -> (trials,), (trials,).
    """
    d = np.diff(y, axis=1) / np.diff(x, axis=1)
    V = np.sum(np.abs(d if levels else np.diff(d, axis=1)) ** power, axis=1)
    found = V if skip else np.maximum(V, (V + np.abs(d[:, 0] + d[:, -1])) / 2)
    return (1 + excess) * found, 1e-12 * np.sum(np.abs(d), axis=1)


def penalised_kinks(x: Array, y: Array, *, lam: float, excess: float = 0.0, squared: bool = False) -> Certified:
    """(1 + excess)·min ½‖f − y‖² + lam·Σ_i |s_i| over lines with kinks s_i at the inner x_i, and the duality gap.

    Coordinate descent; the gap is to ½‖b‖² − ½‖b − z‖², b what no line fits of y, |zᵀa_i| ≤ lam for every hinge a_i.
    A mistake: `squared`, the penalty (lam/2)·Σ s_i².   Shapes: (trials, N), (trials, N) -> (trials,), (trials,).
    """
    lines = np.linalg.qr(np.stack([np.ones_like(x), x], axis=-1))[0]
    hinges = np.maximum(x[:, :, None] - x[:, None, 1:-1], 0)
    A, b = (part - lines @ (np.swapaxes(lines, 1, 2) @ part) for part in (hinges, y[..., None]))
    G, c = np.swapaxes(A, 1, 2) @ A, (np.swapaxes(A, 1, 2) @ b)[..., 0]
    if squared:
        s = np.linalg.solve(G + lam * np.eye(G.shape[-1]), c[..., None])
        value = np.sum((A @ s - b) ** 2, axis=(1, 2)) / 2 + lam * np.sum(s**2, axis=(1, 2)) / 2
        return (1 + excess) * value, 1e-10 * value
    s = np.zeros_like(c)
    for _ in range(SWEEPS):
        for i in range(s.shape[1]):
            pull = c[:, i] - np.sum(G[:, i] * s, axis=1) + G[:, i, i] * s[:, i]
            s[:, i] = np.sign(pull) * np.maximum(np.abs(pull) - lam, 0) / G[:, i, i]
    z = b - A @ s[..., None]
    high = np.sum(z**2, axis=(1, 2)) / 2 + lam * np.sum(np.abs(s), axis=1)
    z = z * np.minimum(1, lam / np.abs(np.swapaxes(A, 1, 2) @ z).max(axis=(1, 2)))[:, None, None]
    low = np.sum(b**2, axis=(1, 2)) / 2 - np.sum((b - z) ** 2, axis=(1, 2)) / 2
    return (1 + excess) * (low + high) / 2, (1 + excess) * np.abs(high - low) / 2 + 1e-13 * high

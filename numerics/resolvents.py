"""Resolvents of small symmetric matrices at many shifts from one reduction to tridiagonal form, on the host.

A tridiagonal T keeps what ridge regression asks of a Gram matrix G: with T = QᵀGQ and Qᵀw = ‖w‖e₁ both wᵀf(G)w and
tr f(G) are those of T. A reduction costs a fifth of an eigendecomposition; each shift then costs a recurrence.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_lapack_funcs


@dataclass(frozen=True)
class Resolvents:
    """vᵀ(G + a)⁻¹v, vᵀ(G + a)⁻²v, tr (G + a)⁻¹ and tr (G + a)⁻².   Shapes: (trials, shifts) each."""

    inner: np.ndarray
    inner_square: np.ndarray
    trace: np.ndarray
    trace_square: np.ndarray


def resolvents(grams: np.ndarray, vectors: np.ndarray, shifts: np.ndarray) -> Resolvents:
    """At every shift a > −λ_min, from pivots Dₖ = dₖ + a − eₖ²/Dₖ₊₁ and their derivatives in a.

    log det (T + a) = Σ log Dₖ and e₁ᵀ(T + a)⁻¹e₁ = 1/D₁. D′ ≥ 1 and D″ ≤ 0, so no sum cancels.
    Shapes: grams (trials, m, m), vectors (trials, m), shifts (k,).
    """
    diagonal, off = tridiagonals(grams, vectors)
    pivot = slope = bend = None
    trace = trace_square = np.zeros((len(grams), len(shifts)), dtype=grams.dtype)
    for k in range(grams.shape[-1] - 1, -1, -1):
        here = diagonal[:, k, None] + shifts
        if pivot is None:
            pivot, slope, bend = here, np.ones_like(here), np.zeros_like(here)
        else:
            share = off[:, k, None] ** 2 / pivot
            relative = slope / pivot
            pivot, slope, bend = (here - share, 1 + share * relative,
                                  share * (bend / pivot - 2 * relative**2))  # fmt: skip
        relative = slope / pivot
        trace, trace_square = trace + relative, trace_square + relative**2 - bend / pivot
    assert pivot is not None and slope is not None
    size = np.sum(vectors**2, axis=-1)[:, None]
    return Resolvents(size / pivot, size * slope / pivot**2, trace, trace_square)


def tridiagonals(grams: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Diagonal and off-diagonal of QᵀGQ, where Q takes the first axis to the vector's direction.

    A reflection turns the vector onto the first axis, which LAPACK's reduction leaves alone.
    Shapes: (trials, m, m), (trials, m) -> (trials, m), (trials, m − 1).
    """
    mirror = np.array(vectors, dtype=grams.dtype)
    mirror[:, 0] += np.copysign(np.linalg.norm(vectors, axis=-1), vectors[:, 0])
    length = np.linalg.norm(mirror, axis=-1, keepdims=True)
    mirror /= np.where(length > 0, length, 1)
    image = (grams @ mirror[..., None])[..., 0]
    image -= np.sum(mirror * image, axis=-1, keepdims=True) * mirror
    outer = mirror[..., :, None] * (2 * image)[..., None, :]
    turned = grams - outer - outer.swapaxes(-1, -2)
    (reduce,) = get_lapack_funcs(("sytrd",), (turned,))
    found = [reduce(one.T, lower=1, overwrite_a=1)[1:3] for one in turned]
    return np.stack([d for d, _ in found]), np.stack([e for _, e in found])

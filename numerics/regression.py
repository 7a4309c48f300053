"""Bias and variance of linear estimators given the design, exactly: noise and test input are integrated, not sampled.

The estimator β̂ = Hy is linear in y = Xβ + ε, Var ε = 1. Given X its excess risk at a fresh input of covariance Σ is
the bias (HXβ − β)ᵀΣ(HXβ − β) plus the noise variance times tr(HᵀΣH). One factorisation serves a whole ridge path, one
a whole curve over n or p.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.arrays import Array, device_of, namespace
from numerics.resolvents import resolvents
from theory.errors import BadInput

FLAT = 100  # n·penalty over a mean eigenvalue beyond which the variance, as a difference, loses more than two digits


def ridge_risks(
    design: Array, signal: Array, *, penalties: Sequence[float], spectrum: Array | None = None
) -> tuple[Array, Array]:
    """Bias, and variance per unit of noise, of argmin ‖y − Xb‖²/n + penalty·‖b‖² at several penalties.

    Inputs have covariance diag(spectrum), the identity unless given. From the eigenvectors of the smaller Gram matrix,
    or for isotropic inputs on the host from its tridiagonal form, once for all penalties; penalty 0 gives the least
    squares solution of least norm and wants full rank. Relative rounding: about ε·condition of the Gram matrix plus
    n·penalty.

    Shapes: design (trials, n, p), signal (trials or 1, p), spectrum (p,) -> (trials, penalties) both.
    """
    if not all(penalty >= 0 for penalty in penalties):
        raise BadInput(f"ridge penalty {min(penalties)} is negative; the minimiser exists for penalty >= 0")
    xp, (n, p) = namespace(design), design.shape[-2:]
    shifts = n * np.asarray(penalties, dtype=float)
    if spectrum is None and isinstance(design, np.ndarray):
        gram = design @ design.swapaxes(-1, -2) if n < p else design.swapaxes(-1, -2) @ design
        if np.max(shifts) <= FLAT * np.mean(np.diagonal(gram, axis1=-2, axis2=-1)):
            return _isotropic(design, gram, signal, shifts.astype(design.dtype))
    added = _like(design, shifts)[:, None]
    return (_many_features if n < p else _many_samples)(xp, design, signal[..., None, :], added, spectrum)


def _isotropic(design: np.ndarray, gram: np.ndarray, signal: Array, shifts: np.ndarray) -> tuple[Array, Array]:
    """With R = (G + a)⁻¹: the variance tr R − a·tr R²; G = XXᵀ and w = Xβ give the bias ‖β‖² − wᵀRw − a·wᵀR²w,
    G = XᵀX the bias a²βᵀR²β.
    """  # fmt: skip
    many, signal = gram.shape[-1] < design.shape[-1], np.broadcast_to(signal, (len(design), design.shape[-1]))
    found = resolvents(gram, (design @ signal[..., None])[..., 0] if many else signal, shifts)
    variance = found.trace - shifts * found.trace_square
    if not many:
        return shifts**2 * found.inner_square, variance
    return np.sum(signal**2, axis=-1)[:, None] - found.inner - shifts * found.inner_square, variance


def _many_features(xp: Any, design: Array, signal: Array, added: Array, spectrum: Array | None) -> tuple[Array, Array]:
    """From XXᵀ = U·diag(d)·Uᵀ and W = UᵀX: H = Wᵀ·diag(1/(d + a))·Uᵀ.

    Shapes: signal (trials, 1, p), added (k, 1).
    """
    values, vectors = xp.linalg.eigh(design @ xp.matrix_transpose(design))
    inverse = 1 / (values[..., None, :] + added)
    if spectrum is None:  # what the rows do not span, then the shrinkage of each direction that they do
        along = xp.matrix_transpose(design @ xp.matrix_transpose(signal)) @ vectors
        power = along**2 / values[..., None, :]
        unseen = xp.sum(signal**2, axis=-1) - xp.sum(power, axis=-1)
        return unseen + xp.sum((added * inverse) ** 2 * power, axis=-1), xp.sum(
            values[..., None, :] * inverse**2, axis=-1
        )
    rotated = xp.matrix_transpose(vectors) @ design
    along = xp.sum(rotated * signal, axis=-1)[..., None, :]
    weight = xp.sum(rotated**2 * spectrum, axis=-1)[..., None, :]
    return _squares(xp, signal - (inverse * along) @ rotated, spectrum), xp.sum(inverse**2 * weight, axis=-1)


def _many_samples(xp: Any, design: Array, signal: Array, added: Array, spectrum: Array | None) -> tuple[Array, Array]:
    """From XᵀX = V·diag(d)·Vᵀ: β̂ − β = −V·diag(a/(d + a))·Vᵀβ in the mean, Var β̂ = V·diag(d/(d + a)²)·Vᵀ."""
    values, vectors = xp.linalg.eigh(xp.matrix_transpose(design) @ design)
    inverse = 1 / (values[..., None, :] + added)
    along = signal @ vectors
    if spectrum is None:
        return xp.sum((added * inverse * along) ** 2, axis=-1), xp.sum(values[..., None, :] * inverse**2, axis=-1)
    weight = xp.sum(vectors**2 * spectrum[:, None], axis=-2)[..., None, :]
    error = (added * inverse * along) @ xp.matrix_transpose(vectors)
    return _squares(xp, error, spectrum), xp.sum(values[..., None, :] * inverse**2 * weight, axis=-1)


def generalised_ridge_risks(
    design: Array, signal: Array, *, weights: Array, penalties: Sequence[float], spectrum: Array | None = None
) -> tuple[Array, Array]:
    """`ridge_risks` of argmin ‖y − Xb‖²/n + penalty·Σⱼ weightsⱼ·bⱼ², weights (p,) positive."""
    xp = namespace(design)
    if not bool(xp.all(weights > 0)):
        raise BadInput("the weights of a generalised ridge penalty must be positive; a coefficient without penalty is "
                       "projected out beforehand")
    root = weights**0.5
    scaled = 1 / weights if spectrum is None else spectrum / weights
    return ridge_risks(design / root, signal * root, penalties=penalties, spectrum=scaled)


def least_norm_curve(design: Array, signal: Array) -> tuple[Array, Array]:
    """Bias, and variance per unit of noise, of the least norm interpolator of the first k samples, k = 1 … n ≤ p.

    From one QR factorisation Xᵀ = QR: the leading blocks are those of the first k samples, so that the bias is
    ‖β‖² − Σᵢ≤k (qᵢ·β)² and the variance tr (XₖXₖᵀ)⁻¹ = Σ of squares of the first k columns of R⁻¹.
    Inputs are isotropic. Relative rounding: ε·condition of X.

    Shapes: design (trials, n, p), signal (trials or 1, p) -> (trials, n) both.   Raises BadInput where n > p.
    """
    xp, (n, p) = namespace(design), design.shape[-2:]
    if n > p:
        raise BadInput(f"{n} samples of {p} features are not interpolated; least_norm_curve wants n <= p")
    orthonormal, triangular = xp.linalg.qr(xp.matrix_transpose(design))
    learned = xp.sum(orthonormal * signal[..., :, None], axis=-2)
    bias = xp.sum(signal**2, axis=-1)[..., None] - xp.cumulative_sum(learned**2, axis=-1)
    return bias, xp.cumulative_sum(xp.sum(_inverse(xp, triangular) ** 2, axis=-2), axis=-1)


def least_squares_curve(design: Array, signal: Array) -> tuple[Array, Array]:
    """Bias, and variance per unit of noise, of least squares on the first k features, k = 1 … p ≤ n.

    Features beyond the first k are left out, and their part of the signal acts as noise. Of X = QR: the coefficients
    of the first k features are Rₖ⁻¹(Qᵀy)ₖ, and the variance of their sum of squares is the sum of squares of the
    first k columns of R⁻¹. Inputs are isotropic; no coefficient is conditioned away, so the bias is that of the drawn
    design.

    Shapes: design (trials, n, p), signal (trials or 1, p) -> (trials, p) both.   Raises BadInput where p > n.
    """
    xp, (n, p) = namespace(design), design.shape[-2:]
    if p > n:
        raise BadInput(f"{p} features of {n} samples have no unique solution; least_squares_curve wants p <= n")
    _, triangular = xp.linalg.qr(design)
    inverse = _inverse(xp, triangular)
    signal = xp.broadcast_to(signal, (design.shape[0], p))
    seen = triangular * signal[:, None, :]  # what each feature adds to Qᵀ·Xβ
    beyond = xp.sum(seen, axis=-1, keepdims=True) - xp.cumulative_sum(seen, axis=-1)  # of the features left out
    steps = xp.arange(p, device=device_of(design))
    leading = steps[:, None] <= steps[None, :]
    error = inverse @ xp.where(leading, beyond, xp.zeros_like(beyond))  # of the kept coefficients, a column for each k
    omitted = xp.sum(signal**2, axis=-1, keepdims=True) - xp.cumulative_sum(signal**2, axis=-1)
    return xp.sum(error**2, axis=-2) + omitted, xp.cumulative_sum(xp.sum(inverse**2, axis=-2), axis=-1)


def _inverse(xp: Any, triangular: Array) -> Array:
    """R⁻¹ of an upper triangular R; the lower triangle, rounding only, is cut."""
    return xp.triu(xp.linalg.inv(triangular))


def _squares(xp: Any, vectors: Array, spectrum: Array) -> Array:
    return xp.sum(vectors**2 * spectrum, axis=-1)


def _like(array: Array, host: np.ndarray) -> Array:
    return namespace(array).asarray(host, dtype=array.dtype, device=device_of(array))

"""Interpolators of least hyperbolic entropy, to which diagonal linear networks are led.

min Σ_j [β_j arcsinh(β_j/(2a_j²)) − √(β_j² + 4a_j⁴)]  over  Xβ = y;   at the minimum β = 2a² sinh(Xᵀν) for some ν.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
ROUNDS = 100
HALVINGS = 60


def least_entropy(inputs: Floats, outputs: Floats, integrals: Floats, *, alpha: float, gamma: float, power: float = 4,
                  shared: bool = False) -> tuple[Floats, Floats]:
    """The minimiser for a_j = alpha·exp(−power·gamma·∫g_j²), and a bound on its error.

    `shared`: with the mean of the integrals for every coordinate.
    Shapes: inputs (trials, n, d), outputs (trials, n), integrals (trials, d) -> (trials, d), (trials,).
    """
    if shared:
        integrals = np.broadcast_to(integrals.mean(-1, keepdims=True), integrals.shape)
    dual, error = _solved(inputs, outputs, 2 * (alpha * np.exp(-power * gamma * integrals)) ** 2, 0.0)
    beta = 2 * (alpha * np.exp(-power * gamma * integrals)) ** 2 * np.sinh(_product(inputs, dual))
    return beta, error + 1e-13 * np.abs(beta).max(-1)


def least_split(inputs: Floats, outputs: Floats, *, alpha: float, lam: float = 0.0, block: str = "both",
                scale: Callable[[float], float] = lambda alpha: 2 * alpha**2,
                share: Callable[[float], float] = lambda lam: lam**2 / 4) -> tuple[Floats, Floats]:
    """b₁ = 2α² sinh(4Xᵀν), b₂ = lam² Xᵀν or their sum, with X(b₁ + b₂) = y, and a bound on the error.

    They minimise ¼ Σ α² q(b₁/α²) + ‖b₂‖²/(2 lam²), q′(z) = arcsinh(z/2), among all that split an interpolator.
    `scale`, `share`: b₁ = scale·sinh(Xᵀν′) and b₂ = share·Xᵀν′ in other factors.
    Shapes: inputs (trials, n, p), outputs (trials, n) -> (trials, p), (trials,).
    """
    size, linear = np.full((len(inputs), inputs.shape[-1]), scale(alpha)), share(lam)
    dual, error = _solved(inputs, outputs, size, linear)
    drive = _product(inputs, dual)
    first, second = size * np.sinh(drive), linear * drive
    found = {"both": first + second, "first": first, "second": second}[block]
    return found, error + 1e-13 * (np.abs(first) + np.abs(second)).max(-1)


def norm_ratio(inputs: Floats, outputs: Floats, *, alpha: float, lam: float = 0.0,
               **changed: Any) -> tuple[Floats, Floats]:
    """The least ‖w‖₂ of an interpolator over that of `least_split`, and a bound on the error.

    Shapes: inputs (trials, n, p), outputs (trials, n) -> (trials,), (trials,).
    """
    found, error = least_split(inputs, outputs, alpha=alpha, lam=lam, **changed)
    least = inputs.mT @ np.linalg.solve(inputs @ inputs.mT, outputs[..., None])
    norm, off = np.linalg.norm(found, axis=-1), error * found.shape[-1] ** 0.5
    ratio = np.linalg.norm(least[..., 0], axis=-1) / norm
    return ratio, ratio * (2 * off / norm + 1e-12)


def along_the_way(inputs: Floats, integrals: Floats, *, alpha: float, slope: float = 4.0, power: int = 2) -> Floats:
    """2α² sinh(4 Xᵀ∫r dt), with other factors on request.   Shapes: (trials, n, p), (trials, n) -> (trials, p)."""
    return 2 * alpha**power * np.sinh(slope * _product(inputs, integrals))


def straight_way(inputs: Floats, integrals: Floats, *, lam: float, power: int = 2) -> Floats:
    """lam² Xᵀ∫r dt."""
    return lam**power * _product(inputs, integrals)


def _solved(inputs: Floats, outputs: Floats, scale: Floats, linear: float) -> tuple[Floats, Floats]:
    """ν with X(scale·sinh(Xᵀν) + linear·Xᵀν) = y, and how far its error can move the minimiser, in any coordinate."""
    dual = np.zeros_like(outputs)
    for _ in range(ROUNDS):
        dual = dual + _step(inputs, outputs, scale, linear, dual)
    slope, gram = _gradient(inputs, outputs, scale, linear, dual)
    # a residual r in Xβ moves the minimiser by at most ‖D Xᵀ(XDXᵀ)⁻¹r‖, D = diag(a² cosh), twice of which is kept
    weights = scale * np.cosh(_product(inputs, dual)) + linear
    move = np.linalg.solve(gram, slope[..., None])[..., 0]
    return dual, 2 * np.abs(weights * _product(inputs, move)).max(-1)


def _product(inputs: Floats, dual: Floats) -> Floats:
    """Xᵀν."""
    return (dual[:, None, :] @ inputs)[:, 0, :]


def _gradient(inputs: Floats, outputs: Floats, scale: Floats, linear: float, dual: Floats) -> tuple[Floats, Floats]:
    """Of the dual, Σ [2a² cosh(Xᵀν) + linear·(Xᵀν)²/2] − ν·y, which is convex, and its derivative."""
    drive = _product(inputs, dual)
    slope = (inputs @ (scale * np.sinh(drive) + linear * drive)[..., None])[..., 0] - outputs
    return slope, (inputs * (scale * np.cosh(drive) + linear)[:, None, :]) @ inputs.mT


def _step(inputs: Floats, outputs: Floats, scale: Floats, linear: float, dual: Floats) -> Floats:
    """Newton's step, halved until the dual falls."""
    slope, gram = _gradient(inputs, outputs, scale, linear, dual)
    step = -np.linalg.solve(gram, slope[..., None])[..., 0]
    length = np.ones((len(dual), 1))

    def value(at: Floats) -> Floats:
        drive = _product(inputs, at)
        return (scale * np.cosh(drive) + linear * drive**2 / 2).sum(-1) - (at * outputs).sum(-1)

    before, fall = value(dual), (slope * step).sum(-1)
    with np.errstate(over="ignore"):
        for _ in range(HALVINGS):
            worse = ~(value(dual + length * step) <= before + 0.1 * length[:, 0] * fall + 1e-14 * np.abs(before))
            length = np.where(worse[:, None], length / 2, length)
    return length * step

"""Interpolators of least hyperbolic entropy, to which diagonal linear networks are led.

min Σ_j [β_j arcsinh(β_j/(2a_j²)) − √(β_j² + 4a_j⁴)]  over  Xβ = y;   at the minimum β = 2a² sinh(Xᵀν) for some ν.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
ROUNDS = 60
HALVINGS = 30


def least_entropy(inputs: Floats, outputs: Floats, integrals: Floats, *, alpha: float, gamma: float, power: float = 4,
                  shared: bool = False) -> tuple[Floats, Floats]:
    """The minimiser for a_j = alpha·exp(−power·gamma·∫g_j²), and a bound on its error.

    `shared`: with the mean of the integrals for every coordinate.
    Shapes: inputs (trials, n, d), outputs (trials, n), integrals (trials, d) -> (trials, d), (trials,).
    """
    if shared:
        integrals = np.broadcast_to(integrals.mean(-1, keepdims=True), integrals.shape)
    scale = 2 * (alpha * np.exp(-power * gamma * integrals)) ** 2
    dual = np.zeros_like(outputs)
    for _ in range(ROUNDS):
        dual = dual + _step(inputs, outputs, scale, dual)
    slope, gram = _gradient(inputs, outputs, scale, dual)
    # a residual r in Xβ moves the minimiser by at most ‖D Xᵀ(XDXᵀ)⁻¹r‖, D = diag(a² cosh), twice of which is kept
    weights = scale * np.cosh(_product(inputs, dual))
    move = np.linalg.solve(gram, slope[..., None])[..., 0]
    error = 2 * np.abs(weights * _product(inputs, move)).max(-1)
    beta = scale * np.sinh(_product(inputs, dual))
    return beta, error + 1e-13 * np.abs(beta).max(-1)


def _product(inputs: Floats, dual: Floats) -> Floats:
    """Xᵀν."""
    return (dual[:, None, :] @ inputs)[:, 0, :]


def _gradient(inputs: Floats, outputs: Floats, scale: Floats, dual: Floats) -> tuple[Floats, Floats]:
    """Of the dual, Σ 2a² cosh(Xᵀν) − ν·y, which is convex: X·2a² sinh(Xᵀν) − y, and its derivative."""
    drive = _product(inputs, dual)
    slope = (inputs @ (scale * np.sinh(drive))[..., None])[..., 0] - outputs
    return slope, (inputs * (scale * np.cosh(drive))[:, None, :]) @ inputs.mT


def _step(inputs: Floats, outputs: Floats, scale: Floats, dual: Floats) -> Floats:
    """Newton's step, halved until the dual falls."""
    slope, gram = _gradient(inputs, outputs, scale, dual)
    step = -np.linalg.solve(gram, slope[..., None])[..., 0]
    length = np.ones((len(dual), 1))

    def value(at: Floats) -> Floats:
        return (scale * np.cosh(_product(inputs, at))).sum(-1) - (at * outputs).sum(-1)

    before, fall = value(dual), (slope * step).sum(-1)
    with np.errstate(over="ignore"):
        for _ in range(HALVINGS):
            worse = ~(value(dual + length * step) <= before + 0.1 * length[:, 0] * fall + 1e-14 * np.abs(before))
            length = np.where(worse[:, None], length / 2, length)
    return length * step

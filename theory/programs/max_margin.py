"""Programs of least norm under margin constraints: support vector machines with hard margin and no bias, in two norms.

A program returns its minimiser with a certificate made from the numbers that it found, not from how it found them.
Rescaled to a least margin of 1 the minimiser is feasible, so its norm is an upper bound U of the least norm; the
multipliers give a lower bound L by duality.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]

SHARPNESS = np.minimum(np.geomspace(1.0, 1e7, 80), 1e6)  # along the central path, then Newton's method at its end


def max_margin(constraints: Array) -> Certified:
    """argmin ‖w‖ subject to A w ≥ 1, and the bound √(U² − L²)/L of ‖ŵ − w*‖/‖w*‖.

    The bound holds as ⟨w*, ŵ − w*⟩ ≥ 0 for feasible ŵ; L = Σu/‖Aᵀu‖. Where no w is feasible: zeros, and inf.
    Shapes: constraints (…, m, D) -> (…, D), (…).
    """
    multipliers = _multipliers(constraints)
    solution = np.einsum("...m,...md->...d", multipliers, constraints)
    norm = np.linalg.norm(solution, axis=-1)
    solution, ratio = _rescaled(solution, constraints, norm, multipliers.sum(-1), norm)
    return solution, np.sqrt(ratio**2 - 1)


def attention_svm(tokens: Array, queries: Array, scores: Array) -> Certified:
    """W_F/‖W_F‖ for W_F = argmin ‖W‖_F subject to (x_{i,opt} − x_{i,t})ᵀ W z_i ≥ 1 for all i and t ≠ opt.

    opt is the token of top score in its sample. The certificate bounds the Frobenius distance of the directions too.
    Shapes: tokens (trials, n, T, d), queries (trials, n, d), scores (trials, n, T) -> (trials, d, d), (trials,).
    """
    return _direction(max_margin, tokens, queries, scores)


def attention_svm_argmin(tokens: Array, queries: Array, scores: Array) -> Certified:
    """`attention_svm` with the token of lowest score, the first of several, in place of the token of top score."""
    return _direction(max_margin, tokens, queries, -scores)


def attention_svm_without_queries(tokens: Array, queries: Array, scores: Array) -> Certified:
    """The maximum margin of the tokens alone: `attention_svm` with every query replaced by the mean query z̄.

    It is p z̄ᵀ up to scale, with p = argmin ‖p‖ subject to pᵀ(x_{i,opt} − x_{i,t}) ≥ 1, which no z_i enters.
    """
    mean = np.broadcast_to(queries.mean(axis=1, keepdims=True), queries.shape)
    return _direction(max_margin, tokens, mean, scores)


def attention_svm_nuclear(tokens: Array, queries: Array, scores: Array) -> Certified:
    """`attention_svm` with the nuclear norm ‖W‖_* in place of the Frobenius norm.

    The certificate is the duality gap (U − L)/L, a bound of the norm's relative error. The direction has none, as the
    minimiser need not be unique; on draws of the setting its error was 7e-5 in the middle and 1e-3 at worst.
    """
    return _direction(_least_nuclear_norm, tokens, queries, scores)


def _direction(program: Callable[[Array], Certified], tokens: Array, queries: Array, scores: Array) -> Certified:
    trials, n, count, d = tokens.shape
    best = np.argmax(scores, axis=-1)[..., None]
    rest = np.broadcast_to(np.arange(count), scores.shape)[np.arange(count) != best].reshape(trials, n, count - 1)
    top, others = (np.take_along_axis(tokens, index[..., None], axis=2) for index in (best, rest))
    constraints = np.einsum("bntd,bne->bntde", top - others, queries).reshape(trials, -1, d * d)
    solution, certificate = program(constraints)
    norm = np.linalg.norm(solution, axis=-1, keepdims=True)
    return (solution / np.where(norm > 0, norm, 1)).reshape(trials, d, d), certificate


def _multipliers(constraints: Array) -> Array:
    """u ≥ 0 that minimises ½‖Aᵀu‖² − Σu, or zeros where there is no minimum.   Shapes: (…, m, D) -> (…, m).

    u = v/(1 − Σv) for the v ≥ 0 that minimises ‖Rv‖² + (1 − Σv)², where RᵀR = A Aᵀ: the cost depends on m, not on D.
    """
    from scipy.optimize import nnls  # half a second of imports, which listing the catalogue must not pay

    roots = np.asarray(np.linalg.qr(np.swapaxes(constraints, -1, -2), mode="r"))
    stacked = np.concatenate([roots, np.ones_like(roots[..., :1, :])], axis=-2)
    target = np.eye(stacked.shape[-2])[-1]
    found = np.array([nnls(matrix, target)[0] for matrix in stacked.reshape(-1, *stacked.shape[-2:])])
    found = found.reshape(constraints.shape[:-1])
    rest = 1 - found.sum(-1, keepdims=True)
    return np.where(rest > 0, found / np.where(rest > 0, rest, 1), 0)


def _least_nuclear_norm(constraints: Array) -> Certified:
    """argmin ‖W‖_* subject to ⟨A_j, W⟩ ≥ 1, from the dual: max Σu subject to ‖Y‖_op ≤ 1, u ≥ 0, where Y = Σ u_j A_j.

    The maximiser of s·Σu + log det(I − YᵀY) + Σ log u makes W = (2/s)·Y(I − YᵀY)⁻¹ feasible, with a gap of order 1/s.
    Damped Newton steps never leave the domain.   Shapes: (trials, m, d²) -> (trials, d²), (trials,).
    """
    d = round(constraints.shape[-1] ** 0.5)
    possible = np.isfinite(max_margin(constraints)[1])
    matrices = constraints[possible].reshape(-1, constraints.shape[1], d, d)
    u = np.broadcast_to(0.5 / np.linalg.norm(matrices.sum(1), ord=2, axis=(-2, -1))[:, None], matrices.shape[:2])
    W = np.zeros_like(matrices[:, 0])
    for sharpness in SHARPNESS:
        W, gradient, hessian = _barrier(u, matrices, sharpness)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        decrement = np.sqrt(np.maximum(np.sum(step * gradient, axis=-1, keepdims=True), 0))
        u = u + step / (1 + decrement)
    spectral = np.linalg.norm(np.einsum("bm,bmde->bde", u, matrices), ord=2, axis=(-2, -1))
    numbers = np.zeros((len(constraints), d * d + 3))
    norms = [np.linalg.norm(W, ord="nuc", axis=(-2, -1)), u.sum(-1), spectral]
    numbers[possible] = np.column_stack([W.reshape(-1, d * d), *norms])
    solution, ratio = _rescaled(numbers[:, :-3], constraints, *numbers[:, -3:].T)
    return solution, ratio - 1


def _barrier(u: Array, matrices: Array, sharpness: float) -> tuple[Array, Array, Array]:
    """W, and gradient and negative Hessian of the smoothed dual.   Shapes: -> (b, d, d), (b, m), (b, m, m)."""
    Y, eye = np.einsum("bm,bmde->bde", u, matrices), np.eye(matrices.shape[-1])
    inner, outer = (np.linalg.inv(eye - square) for square in (np.swapaxes(Y, -1, -2) @ Y, Y @ np.swapaxes(Y, -1, -2)))
    K, flat = Y @ inner, matrices.reshape(*u.shape, -1)
    curved = outer[:, None] @ matrices @ inner[:, None] + K[:, None] @ np.swapaxes(matrices, -1, -2) @ K[:, None]
    hessian = 2 * flat @ np.swapaxes(curved.reshape(flat.shape), -1, -2) + np.eye(u.shape[1]) * u[..., None] ** -2
    gradient = sharpness - 2 * np.einsum("bmd,bd->bm", flat, K.reshape(len(K), -1)) + 1 / u
    return 2 * K / sharpness, gradient, hessian


def _rescaled(solution: Array, constraints: Array, norm: Array, total: Array, dual_norm: Array) -> Certified:
    """The solution at a least margin of 1, and U/L = (norm/margin)/(total/dual_norm); zeros and inf where it fails."""
    margin = np.einsum("...md,...d->...m", constraints, solution).min(-1)
    feasible = (margin > 0) & (total > 0)
    margin, total = np.where(feasible, margin, 1), np.where(feasible, total, 1)
    rounding = np.finfo(float).eps * constraints.shape[-1]
    ratio = np.maximum(norm / margin * dual_norm / total, 1) + rounding
    return np.where(feasible[..., None], solution / margin[..., None], 0), np.where(feasible, ratio, np.inf)


def mean_at_margin_one(constraints: Array) -> Certified:
    """Σᵢ aᵢ, rescaled to a least margin of 1, no solution of `max_margin` in general.   Shapes: like `max_margin`."""
    mean = constraints.mean(axis=-2)
    margin = np.einsum("...md,...d->...m", constraints, mean).min(-1, keepdims=True)
    scaled = mean / np.where(margin > 0, margin, 1)
    return scaled, 1e-12 * np.linalg.norm(scaled, axis=-1)

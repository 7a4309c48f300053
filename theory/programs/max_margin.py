"""Programs of least norm under margin constraints: hard-margin support vector machines without bias, in two norms.

A program returns a minimiser and a certificate, a bound on its relative error that uses no more than the returned numbers:
rescaling makes the primal solution feasible, so its norm is an upper bound U of the least norm; rescaling makes the
multipliers feasible for the dual, whose value is a lower bound L.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.optimize import nnls

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]

SMOOTHING = np.geomspace(1.0, 1e-3, 80)  # of 512 draws at (4, 3, 6): gap .002 in the middle, .02 at worst


def max_margin(constraints: Array) -> Certified:
    """argmin ‖w‖ subject to A w ≥ 1, and a bound on ‖ŵ − w*‖ / ‖w*‖: √(U² − L²)/L, since ⟨w*, ŵ − w*⟩ ≥ 0 for a feasible ŵ.

    U = ‖w‖/min(A w) and L = Σu/‖Aᵀu‖ with multipliers u ≥ 0. Where no w is feasible: zeros, and a certificate of inf.
    Shapes: constraints (…, m, D) -> (…, D), (…).
    """
    multipliers = _multipliers(constraints)
    solution = np.einsum("...m,...md->...d", multipliers, constraints)
    norm = np.linalg.norm(solution, axis=-1)
    return _certified(solution, constraints, upper=norm, lower=multipliers.sum(-1) / np.where(norm > 0, norm, 1), curved=True)


def attention_svm(tokens: Array, queries: Array, scores: Array) -> Certified:
    """W_F/‖W_F‖ for W_F = argmin ‖W‖_F subject to (x_{i,opt} − x_{i,t})ᵀ W z_i ≥ 1 for all i and t ≠ opt, where opt has the top score.

    The certificate bounds the Frobenius distance of the directions too.
    Shapes: tokens (trials, n, T, d), queries (trials, n, d), scores (trials, n, T) -> (trials, d, d), (trials,).
    """
    return _direction(max_margin, tokens, queries, scores)


def attention_svm_argmin(tokens: Array, queries: Array, scores: Array) -> Certified:
    """`attention_svm` with the token of lowest score (the first of several) in place of the token of top score."""
    return _direction(max_margin, tokens, queries, -scores)


def attention_svm_without_queries(tokens: Array, queries: Array, scores: Array) -> Certified:
    """The plain maximum margin of the tokens: `attention_svm` after every query is replaced by the mean query z̄ of its trial.

    It is p z̄ᵀ up to scale, with p = argmin ‖p‖ subject to pᵀ(x_{i,opt} − x_{i,t}) ≥ 1, which no z_i enters.
    """
    mean = np.broadcast_to(queries.mean(axis=1, keepdims=True), queries.shape)
    return _direction(max_margin, tokens, mean, scores)


def attention_svm_nuclear(tokens: Array, queries: Array, scores: Array) -> Certified:
    """`attention_svm` with the nuclear norm ‖W‖_* in place of the Frobenius norm; the certificate is the duality gap (U − L)/L."""
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
    """u ≥ 0 that minimises ½‖Aᵀu‖² − Σu, by the least-distance problem min ‖[R; 1ᵀ]v − e_last‖ over v ≥ 0; zeros if infeasible.

    RᵀR = A Aᵀ, so the cost of the search depends on m alone.   Shapes: (…, m, D) -> (…, m).
    """
    roots = np.linalg.qr(np.swapaxes(constraints, -1, -2), mode="r")
    stacked = np.concatenate([roots, np.ones_like(roots[..., :1, :])], axis=-2).reshape(-1, roots.shape[-2] + 1, roots.shape[-1])
    target = np.eye(stacked.shape[1])[-1]
    found = np.array([nnls(matrix, target)[0] for matrix in stacked]).reshape(constraints.shape[:-1])
    rest = 1 - found.sum(-1, keepdims=True)
    return np.where(rest > 0, found / np.where(rest > 0, rest, 1), 0)


def _least_nuclear_norm(constraints: Array) -> Certified:
    """argmin ‖W‖_* subject to ⟨A_j, W⟩ ≥ 1, by reweighting: ‖W‖_* = min over M ≻ 0 of (tr WᵀM⁻¹W + tr M)/2, at M = (WWᵀ)^{1/2}.

    For fixed M this is `max_margin` in M^{−1/2}W. The spectrum of M is kept above a share of its trace that shrinks.
    Shapes: (trials, m, d²) -> (trials, d²), (trials,).
    """
    trials, m, square = constraints.shape
    d = round(square**0.5)
    matrices, root = constraints.reshape(trials, m, d, d), np.broadcast_to(np.eye(d), (trials, d, d))
    for share in SMOOTHING:
        weighted = (root[:, None] @ matrices).reshape(trials, m, square)
        multipliers = _multipliers(weighted)
        dual = np.einsum("bm,bmde->bde", multipliers, matrices)
        W = root @ root @ dual
        left, values, _ = np.linalg.svd(W)
        smoothed = np.sqrt(values**2 + (share * values[:, :1]) ** 2)
        root = (left * np.sqrt(smoothed)[:, None]) @ np.swapaxes(left, -1, -2)
    spectral = np.linalg.norm(dual, ord=2, axis=(-2, -1))
    lower = multipliers.sum(-1) / np.where(spectral > 0, spectral, 1)
    return _certified(W.reshape(trials, square), constraints, upper=values.sum(-1), lower=lower, curved=False)


def _certified(solution: Array, constraints: Array, *, upper: Array, lower: Array, curved: bool) -> Certified:
    """The solution rescaled to a least margin of 1, zeros where it has none, and its certificate."""
    margin = np.einsum("...md,...d->...m", constraints, solution).min(-1)
    feasible = (margin > 0) & (lower > 0)
    margin, lower = np.where(feasible, margin, 1), np.where(feasible, lower, 1)
    ratio = np.maximum(upper / margin / lower, 1)
    gap = np.sqrt(ratio**2 - 1) if curved else ratio - 1
    return np.where(feasible[..., None], solution / margin[..., None], 0), np.where(feasible, gap, np.inf)

"""Mean-square stability of SGD at an interpolating minimum of the squared loss.

w ← w − η·H_b·w, where H_b is the mean of aᵢaᵢᵀ over a fresh batch. With H = (1/n) Σ aᵢaᵢᵀ and the batch factor c,
E[w₊w₊ᵀ] = T(E[w wᵀ]),   T(S) = (I − ηH) S (I − ηH) + cη² [(1/n) Σ aᵢaᵢᵀ S aᵢaᵢᵀ − H S H].
"""

import numpy as np
from numpy.typing import NDArray

from theory.errors import BadInput

Floats = NDArray[np.float64]


def batch_factor(n: int, *, batch: int, sampling: str) -> float:
    """c = 1/B with replacement, (n − B)/(B(n − 1)) without.   Raises BadInput when n rows hold no such batch."""
    if sampling == "with":
        return 1 / batch
    if batch > n:
        raise BadInput(f"batch of {batch} without replacement from n={n} rows: take B <= n, or sampling=with")
    return (n - batch) / (batch * (n - 1))


def stability_threshold(rows: Floats, *, batch: int, sampling: str) -> tuple[Floats, Floats]:
    """The largest mean-square stable learning rate, and a bound on its error.

    η* = 2/λ_max of the pencil D x = μ C x on symmetric matrices over the span of the rows, where C = (H⊗I + I⊗H)/2 and
    D = (1−c) H⊗H + (c/n) Σ (aᵢaᵢᵀ)⊗(aᵢaᵢᵀ). With rows = U diag(s) Vᵀ, in the basis V,
    C^(−½) D C^(−½) = Φ [(1−c)/n + c YᵀY] Φ, where Φ_(ij) = sᵢsⱼ/√((sᵢ²+sⱼ²)/2) and Y_{k,(ij)} = u_ki u_kj,
    times √2 for i < j.

    Shapes: rows (trials, n, d) -> (trials,), (trials,).
    """
    _, n, d = rows.shape
    c = batch_factor(n, batch=batch, sampling=sampling)
    left, scale, _ = np.linalg.svd(rows, full_matrices=False)
    rounding = n * d * np.finfo(float).eps
    scale = np.where(scale > rounding * scale[:, :1], scale, 0)
    i, j = np.triu_indices(scale.shape[-1])
    pairs = left[..., i] * left[..., j] * np.where(i < j, np.sqrt(2), 1)
    size = np.sqrt((scale[:, i] ** 2 + scale[:, j] ** 2) / 2)
    phi = np.divide(scale[:, i] * scale[:, j], size, out=np.zeros_like(size), where=size > 0)
    inner = (1 - c) / n * np.eye(len(i)) + c * pairs.mT @ pairs
    mu, error = _largest_eigenvalue(phi[:, :, None] * inner * phi[:, None, :])
    smallest = np.where(scale > 0, scale, np.inf).min(-1)
    # the SVD belongs to the rows times I + F, ‖F‖ <= rounding·cond; that moves μ by a factor of at most (1 ± ‖F‖)²
    relative = error / mu + 3 * rounding * scale[:, 0] / smallest
    return 2 / mu, 2 / mu * relative / np.maximum(1 - relative, 0.5)


def second_moment_after(rows: Floats, *, batch: int, sampling: str, eta: Floats | float, steps: int) -> Floats:
    """E‖w‖² = tr Tᵗ(I) after t steps from w ~ N(0, I).

    Shapes: rows (trials, n, d), eta (trials,) or () -> (trials,).
    """
    _, n, d = rows.shape
    c = batch_factor(n, batch=batch, sampling=sampling)
    rate = np.broadcast_to(np.asarray(eta, float), rows.shape[:1])[:, None, None]
    hessian = rows.mT @ rows / n
    shrink = np.eye(d) - rate * hessian
    moment = np.broadcast_to(np.eye(d), hessian.shape)
    for _ in range(steps):
        energy = ((rows @ moment) * rows).sum(-1, keepdims=True)
        noise = rows.mT @ (energy * rows) / n - hessian @ moment @ hessian
        moment = shrink @ moment @ shrink + c * rate**2 * noise
    return np.trace(moment, axis1=-2, axis2=-1)


def _largest_eigenvalue(matrices: Floats) -> tuple[Floats, Floats]:
    """λ_max of symmetric matrices, with ‖A V − V Λ‖ + ‖A‖ ‖VᵀV − I‖ + rounding as the bound on its error (Weyl)."""
    values, vectors = np.linalg.eigh(matrices)
    norm = np.linalg.norm(matrices, axis=(-2, -1))
    residual = np.linalg.norm(matrices @ vectors - vectors * values[:, None, :], axis=(-2, -1))
    skew = np.linalg.norm(vectors.mT @ vectors - np.eye(values.shape[-1]), axis=(-2, -1))
    return values[:, -1], residual + norm * (skew + values.shape[-1] * np.finfo(float).eps)

"""How far a LASSO fit may be from the minimiser β̂: first by its duality gap, then by its optimality conditions."""

from dataclasses import dataclass

from numerics.arrays import Array, namespace
from numerics.lasso.fit import aligned, firmness, residual_of, restricted


@dataclass(frozen=True)
class LeftOpen:
    """`apart` ≥ ‖fit − β̂‖, and which coordinates may or may not be 0 in β̂.   Shapes: (batch,), (batch, p) bool."""

    apart: Array
    doubtful: Array


def what_is_left(features: Array, labels: Array, fit: Array, gap: Array, lam: float) -> LeftOpen:
    """What the gap G and the optimality conditions leave open.

    The objective is strongly convex in Xb, so ‖X(fit − β̂)‖ ≤ √(2G), and a coordinate with |xⱼ·residual| + √(2G)·‖xⱼ‖
    below lam is 0 in β̂. On the others, kept, let Xᵀ·residual be off lam·(a subgradient of ‖·‖₁ at the fit) by ρ. A
    subgradient is monotone, so d = fit − β̂ has ‖Xd‖² ≤ ‖ρ‖·‖d‖, and ‖d‖ ≤ ‖ρ‖·‖(X_keptᵀX_kept)⁻¹‖.

    Shapes: features (batch, n, p), labels (batch, n), fit (batch, p), gap (batch,).
    """
    xp = namespace(features)
    length = xp.linalg.vector_norm(features, axis=-2)
    pulls = aligned(features, residual_of(features, labels, fit))
    kept = (xp.abs(pulls) + xp.sqrt(2 * gap)[:, None] * length >= lam) | (fit != 0)
    mask = xp.astype(kept, features.dtype)
    gram = xp.matrix_transpose(features) @ features
    least = 1 / xp.linalg.matrix_norm(xp.linalg.inv(restricted(gram, mask))) - 2 * firmness(gram)
    inverse = xp.where(least > 0, 1 / least, xp.full_like(least, xp.inf))
    off = xp.where(fit != 0, xp.abs(pulls - lam * xp.sign(fit)), xp.clip(xp.abs(pulls) - lam, min=0.0))
    rounding = 10 * float(xp.finfo(features.dtype).eps) * length * xp.linalg.vector_norm(labels, axis=-1)[:, None]
    rho = xp.linalg.vector_norm(mask * (off + rounding), axis=-1)
    near = rho * xp.sqrt(inverse)  # ≥ ‖X(fit − β̂)‖
    apart = rho * inverse
    open_still = xp.where(
        fit != 0, xp.abs(fit) <= apart[:, None], xp.abs(pulls) + rounding + near[:, None] * length >= lam
    )
    return LeftOpen(apart, kept & open_still)

"""Least-norm interpolation of noise: what it adds to the error, from the linear algebra of each drawn design."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.min_norm import PowerLawNoise, TwoLevelNoise

BATCHED = 2**18  # entries of the designs held at once: what a processor keeps near


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: the normal numbers, then two products of n × p matrices."""
    return 2e-5 + 1.5e-8 * n * p * (1 + n / 50)


def added(levels: Array, n: int, trials: int, rng: Stream) -> Array:
    """tr ΣX⁺X⁺ᵀ, Σ = diag(levels), a few designs at a time.

    Shapes: (p,) -> (trials,).   Raises BadInput for p < n.
    """
    p = levels.shape[0]
    if p < n:
        raise BadInput(f"interpolated noise: the {p} features cannot interpolate n={n} samples; take p >= n")
    batch = max(1, BATCHED // (n * p))
    counts = [min(batch, trials - first) for first in range(0, trials, batch)]
    return rng.xp.concat([_added(levels, rng.normal((count, n, p)), rng) for count in counts])


def _added(levels: Array, normal: Array, rng: Stream) -> Array:
    """With K = XXᵀ the trace is that of K⁻¹XΣXᵀK⁻¹."""
    xp, design = rng.xp, normal * levels**0.5
    inverse = xp.linalg.inv(design @ xp.matrix_transpose(design))
    spread = (design * levels) @ xp.matrix_transpose(design)
    return xp.sum(inverse * (inverse @ spread), axis=(-2, -1))


@simulates(PowerLawNoise, cost=cost)
def power_law_noise(*, n: int, p: int, alpha: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The noise is integrated exactly.   Raises BadInput for p < n."""
    return {"variance": added(rng.asarray(np.arange(1, p + 1, dtype=float) ** -alpha), n, trials, rng)}


@simulates(TwoLevelNoise, cost=cost)
def two_level_noise(*, n: int, p: int, k: int, eps: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The noise is integrated exactly.   Raises BadInput for p < n and for k > p."""
    if k > p:
        raise BadInput(f"TwoLevelNoise: k={k} features of variance 1 are more than the p={p} features; take k <= p")
    return {"variance": added(rng.asarray(np.where(np.arange(p) < k, 1.0, eps)), n, trials, rng)}

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


def two_level_cost(n: int) -> float:
    """Seconds a trial takes: a triangle of normal numbers in place of n·p, then n × n matrices."""
    return 2e-5 + 1.5e-8 * n**2 + 1.5e-9 * n**3


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
    return _trace(design @ xp.matrix_transpose(design), (design * levels) @ xp.matrix_transpose(design), rng)


def _trace(gram: Array, weighted: Array, rng: Stream) -> Array:
    """tr K⁻¹(XΣXᵀ)K⁻¹.   Shapes: (trials, n, n) each -> (trials,)."""
    inverse = rng.xp.linalg.inv(gram)
    return rng.xp.sum(inverse * (inverse @ weighted), axis=(-2, -1))


def wishart(n: int, degrees: int, trials: int, rng: Stream) -> Array:
    """ZZᵀ of Z (n, degrees) standard normal, by its Cholesky factor: normal below χ with degrees, degrees − 1, … on it.

    Shapes: -> (trials, n, n).
    """
    from scipy.special import gammaincinv  # here: a fifth of a second that listing simulators need not spend

    xp = rng.xp
    shape = (degrees - np.arange(n)) / 2
    uniform = rng.machine.to_host(rng.uniform((trials, n))).astype(float)
    chi = rng.asarray(np.sqrt(2 * gammaincinv(shape, uniform)))
    eye = xp.eye(n, dtype=rng.machine.dtype, device=rng.machine.place)
    factor = xp.tril(rng.normal((trials, n, n)), k=-1) + chi[..., None] * eye
    return factor @ xp.matrix_transpose(factor)


@simulates(PowerLawNoise, cost=cost)
def power_law_noise(*, n: int, p: int, alpha: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The noise is integrated exactly.   Raises BadInput for p < n."""
    return {"variance": added(rng.asarray(np.arange(1, p + 1, dtype=float) ** -alpha), n, trials, rng)}


@simulates(TwoLevelNoise, cost=lambda n, p, k: two_level_cost(n) if p - k >= n else cost(n, p))
def two_level_noise(*, n: int, p: int, k: int, eps: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The noise is integrated exactly; of the features of variance eps only the Gram matrix matters, and is drawn.

    Raises BadInput for p < n and for k > p.
    """
    if k > p:
        raise BadInput(f"TwoLevelNoise: k={k} features of variance 1 are more than the p={p} features; take k <= p")
    if p - k < n:
        return {"variance": added(rng.asarray(np.where(np.arange(p) < k, 1.0, eps)), n, trials, rng)}
    large, small = rng.normal((trials, n, k)), eps * wishart(n, p - k, trials, rng)
    gram = large @ rng.xp.matrix_transpose(large)
    return {"variance": _trace(gram + small, gram + eps * small, rng)}

"""Least squares and ridge regression on Gaussian designs, from the linear algebra of each drawn design."""

import numpy as np

from numerics.arrays import Array
from numerics.iterative import StreamedDesign, streamed_ridge_risk
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.min_norm import IsotropicRegression, TunedRidge

BATCHED = 2**24  # entries of a design, beyond which trials come one by one
FORMED = 2**28  # beyond which a design is never formed
PROBES, RESIDUAL = 8, 1e-9
LOGARITHMS, GRID, ROUNDS = (-12.0, 12.0), 33, 6  # of lam; a round narrows the search 16 times, to 1e-6 in the end


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: the normal numbers, then a Gram matrix of the smaller side and its inverse."""
    return 1e-5 + 2e-8 * n * p * (1 + min(n, p) / 100)


@simulates(IsotropicRegression, cost=cost)
def isotropic_regression(*, n: int, p: int, r2: float, s2: float, lam: float,
                         trials: int, rng: Stream) -> dict[str, Array]:
    """Draws X; noise and test input are integrated exactly: β̂ = Hy is linear in y and the inputs are isotropic.

    E[β̂ | X] = HXβ, and E‖β̂ − E[β̂ | X]‖² = s2·‖H‖²_F, with H = XᵀC, C = (XXᵀ + n·lam·I)⁻¹ for n < p and
    H = CXᵀ, C = (XᵀX + n·lam·I)⁻¹ otherwise: the smaller Gram matrix G, and ‖H‖²_F = tr(CGC) on either side. Over
    uniform directions of β the bias is r2/p·‖I − HX‖²_F, where the p − n null directions count 1 each.

    Relative rounding: about ε·condition of G + n·lam·I, 1e-15 to 1e-12 unless lam = 0 and n is near p. There it grows
    like the variance itself: at n = p = 100 a variance 10⁶ times the median keeps six digits. Which way a design is
    handled follows from its size alone, never from the memory at hand.

    Shapes: -> (trials,) each.   Raises BadInput for lam = 0 where a design is too large to be formed.
    """
    if n * p <= BATCHED:
        return _formed(rng.normal((trials, n, p)), r2, s2, lam, rng)
    singles = [_single(n, p, r2, s2, lam, rng.child("trial", trial)) for trial in range(trials)]
    return {name: rng.xp.concat([single[name] for single in singles]) for name in singles[0]}


def _single(n: int, p: int, r2: float, s2: float, lam: float, rng: Stream) -> dict[str, Array]:
    """One trial; a design that is never formed gives its bias by conjugate gradients, its variance by unbiased probes.

    Shapes: -> (1,) each.
    """
    if n * p <= FORMED:
        return _formed(rng.normal((1, n, p)), r2, s2, lam, rng)
    if lam == 0:
        raise BadInput(f"IsotropicRegression: at lam=0 a design of {n} × {p} is factored, and {FORMED:,} entries is "
                       "the most that is formed; give a smaller size, or lam > 0")
    signal = r2**0.5 * _first(p, rng)
    residual = max(RESIDUAL, 100 * float(rng.xp.finfo(rng.machine.dtype).eps))
    bias, squares, _ = streamed_ridge_risk(
        StreamedDesign(rng, n, p), signal, penalty=lam, probes=PROBES, rng=rng, tolerance=residual
    )
    bias, variance = rng.xp.reshape(bias, (1,)), s2 * rng.xp.mean(squares, keepdims=True)
    return {"bias": bias, "variance": variance, "excess_risk": bias + variance}


def _formed(design: Array, r2: float, s2: float, lam: float, rng: Stream) -> dict[str, Array]:
    xp, turned, (n, p) = rng.xp, rng.xp.matrix_transpose, design.shape[-2:]
    signal = r2**0.5 * _first(p, rng)[:, None]  # any direction: the design is rotation invariant
    inverse, gram = _ridge_inverse(design if n < p else turned(design), n * lam, rng)
    noiseless = design @ signal
    mean = turned(design) @ (inverse @ noiseless) if n < p else inverse @ (turned(design) @ noiseless)
    bias = xp.sum((mean - signal) ** 2, axis=(-2, -1))
    variance = s2 * xp.sum((inverse @ gram) * inverse, axis=(-2, -1))
    free = max(p - n, 0)  # directions in which I − HX is the identity; in the others it acts like penalty·C
    average_bias = r2 / p * (free + (n * lam) ** 2 * xp.sum(inverse**2, axis=(-2, -1)))
    return {"bias": bias, "variance": variance, "excess_risk": bias + variance,
            "average_risk": average_bias + variance}


@simulates(TunedRidge, cost=cost)
def tuned_ridge(*, n: int, p: int, r2: float, s2: float, lam: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Looks for the least average risk of every draw, first on a grid of lam, then by narrowing around the best."""
    xp, design = rng.xp, rng.normal((trials, n, p))
    short = design if n < p else xp.matrix_transpose(design)
    levels = xp.linalg.eigvalsh(short @ xp.matrix_transpose(short))[:, None, :]
    low, high = (rng.asarray(np.full((trials, 1), end)) for end in LOGARITHMS)
    steps = rng.asarray(np.linspace(0, 1, GRID))
    for _ in range(ROUNDS):
        penalty = n * xp.exp(low + (high - low) * steps)[..., None]
        shrunk = xp.sum((penalty / (levels + penalty)) ** 2, axis=-1)
        noise = xp.sum(levels / (levels + penalty) ** 2, axis=-1)
        risks = r2 / p * (max(p - n, 0) + shrunk) + s2 * noise
        place = xp.argmin(risks, axis=-1, keepdims=True)
        middle, width = low + (high - low) * xp.astype(place, rng.machine.dtype) / (GRID - 1), (high - low) / (GRID - 1)
        low, high = middle - width, middle + width
    best = xp.exp(middle[:, 0])
    return {**_formed(design, r2, s2, lam, rng), "best": best, "least": xp.min(risks, axis=-1),
            "width": best * (high - low)[:, 0]}


def _ridge_inverse(short: Array, penalty: float, rng: Stream) -> tuple[Array, Array]:
    """(G + penalty·I)⁻¹ and G = AAᵀ.   Shapes: A (trials, m, q), m ≤ q -> (trials, m, m) both."""
    gram = short @ rng.xp.matrix_transpose(short)
    return rng.xp.linalg.inv(gram + penalty * _eye(gram.shape[-1], rng)), gram


def _first(size: int, rng: Stream) -> Array:
    """The first unit vector."""
    return rng.asarray(np.concatenate([np.ones(1), np.zeros(size - 1)]))


def _eye(size: int, rng: Stream) -> Array:
    return rng.xp.eye(size, dtype=rng.machine.dtype, device=rng.machine.place)

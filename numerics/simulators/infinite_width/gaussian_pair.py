"""The error function and its slope at a pair of correlated normal numbers."""

import math

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.infinite_width import GaussianPair

POINTS = 40  # of Gauss–Legendre in erf(u) = 2u/√π ∫₀¹ exp(−u²t²) dt: 1e-15 for |u| up to 6


@simulates(GaussianPair, cost=4e-6)
def gaussian_pair(*, a: float, b: float, c: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws u and v; erf is the integral that defines it.   Raises BadInput where a·b < c²."""
    if a * b < c * c:
        raise BadInput(f"GaussianPair: c={c:g} is beyond √(a·b), no covariance; take c² <= a·b")
    xp, normal = rng.xp, rng.normal((trials, 2))
    u = a**0.5 * normal[:, 0]
    v = (c / a) * u + (b - c * c / a) ** 0.5 * normal[:, 1]
    return {"erf": _erf(u, rng) * _erf(v, rng), "erf_slope": 4 / math.pi * xp.exp(-(u**2) - v**2)}


def _erf(u: Array, rng: Stream) -> Array:
    """Shapes: (trials,) -> (trials,)."""
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    cut = rng.xp.clip(u, -6.0, 6.0)  # beyond, erf is 1 to the last bit
    inside = rng.xp.exp(-((cut[:, None] * rng.asarray((nodes + 1) / 2)) ** 2))
    return cut * rng.xp.sum(inside * rng.asarray(weights / 2), axis=-1) * (2 / math.pi**0.5)

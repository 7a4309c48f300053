"""Random Fourier features of shift-invariant kernels, in their two constructions."""

import math

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.random_features import FourierFeatures


def cost(D: int) -> float:
    """Seconds a trial takes: two sets of frequencies, and three cosines of each."""
    return 2e-6 + 2.5e-7 * D


@simulates(FourierFeatures, cost=cost)
def fourier_features(*, D: int, s: float, law: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Shapes: -> (trials,) each."""
    xp = rng.xp
    x = rng.normal((trials, 1, 1))
    w = frequencies(law, (trials, 2, D), rng)
    b = 2 * math.pi * rng.uniform((trials, 2, D))
    paired = xp.mean(xp.cos(w * s), axis=-1)
    offset = xp.mean(2 * xp.cos(w * x + b) * xp.cos(w * (x + s) + b), axis=-1)
    measured = {}
    for name, pair in (("paired", paired), ("offset", offset)):
        measured[name] = xp.mean(pair, axis=-1)
        measured[f"{name}_spread"] = (pair[:, 0] - pair[:, 1]) ** 2 / 2
    return measured


def frequencies(law: str, shape: tuple[int, ...], rng: Stream) -> Array:
    """Normal, Cauchy or Laplace numbers: the spectral densities of the three kernels."""
    if law == "gaussian":
        return rng.normal(shape)
    if law == "laplace":
        return rng.normal(shape) / rng.normal(shape)
    return rng.exponential(shape) * rng.signs(shape)

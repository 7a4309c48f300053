"""Weighted sums of sample means, under three ways to share out the samples."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.allocation import Allocation

REPEATED = 64


def counts(N: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers near N·shares, at least 1.   Shapes: (T,) -> (T,)."""
    return np.maximum(1, np.rint(N * shares / shares.sum()))


def cost(nu: np.ndarray) -> float:
    """Seconds a trial takes: the normal numbers."""
    return 1e-5 + 3 * REPEATED * 2e-8 * len(nu)


@simulates(Allocation, cost=cost)
def allocation(*, N: int, nu: np.ndarray, trials: int, rng: Stream) -> dict[str, Array]:
    """The mean of n standard normal numbers is drawn as what it is, a normal number of variance 1/n."""
    ways = {"by_size": nu, "by_square": nu**2, "alike": np.ones(len(nu))}
    return {name: squared_error(nu, counts(N, shares), trials, rng) for name, shares in ways.items()}


def squared_error(nu: np.ndarray, numbers: np.ndarray, trials: int, rng: Stream) -> Array:
    """Shapes: nu, numbers (T,) -> (trials,)."""
    means = rng.normal((trials, REPEATED, len(nu))) * rng.asarray(numbers**-0.5)
    return rng.xp.mean(rng.xp.sum(means * rng.asarray(nu), axis=-1) ** 2, axis=-1)

"""Rounding of weights to a grid, to the nearest point and at random."""

import itertools
import math
from collections.abc import Callable

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.weights import Quantisation

FEW = 4


@simulates(Quantisation, cost=lambda p: 4e-6 * p**2)
def quantisation(*, p: int, h: float, D: float, width: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws weights, rounds them, and evaluates the loss at what comes out."""
    xp = rng.xp
    basis = xp.linalg.qr(rng.normal((trials, p, p)))[0]
    eigenvalues = h * rng.asarray([float(k + 1) for k in range(p)])
    weights = D * (xp.floor((6 * rng.uniform((trials, p)) - 3) / D) + width * rng.uniform((trials, p)))
    below = D * xp.floor(weights / D)
    fraction = (weights - below) / D
    rounded = D * xp.round(weights / D)
    randomly = xp.where(rng.uniform((trials, p)) < fraction, below + D, below)
    return {
        "nearest": loss(rounded - weights, basis, eigenvalues),
        "stochastic": loss(randomly - weights, basis, eigenvalues),
        "fractions": fraction, "diagonal": xp.sum(eigenvalues * basis**2, axis=2),
        "fixed": over_outcomes(fraction, -fraction * D, D, lambda step: loss(step, basis, eigenvalues)),
    }


def over_outcomes(chance: Array, down: Array, D: float, loss: Callable[[Array], Array]) -> Array:
    """Mean loss where the first `FEW` weights go up by D from `down` or stay there, and the others do not move.

    Shapes: chance and down (trials, p) -> (trials,).
    """
    xp, p = namespace(down), down.shape[1]
    few, total = min(FEW, p), 0.0 * down[:, 0]
    for ups in itertools.product((0.0, 1.0), repeat=few):
        moved = [down[:, i : i + 1] + D * up for i, up in enumerate(ups)]
        step = xp.concat([*moved, xp.zeros_like(down[:, few:])], axis=1)
        weight = math.prod(chance[:, i] if up else 1 - chance[:, i] for i, up in enumerate(ups))
        total = total + weight * loss(step)
    return total


def loss(step: Array, basis: Array, eigenvalues: Array) -> Array:
    """½ eᵀHe with the eigenvectors in columns.   Shapes: (trials, p), (trials, p, p), (p,) -> (trials,)."""
    xp = namespace(step)
    along = xp.sum(basis * step[:, :, None], axis=1)
    return xp.sum(eigenvalues * along**2, axis=1) / 2

"""Rounding of weights to a grid, to the nearest point and at random."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.weights import Quantisation


@simulates(Quantisation, cost=lambda p: 1e-6 * p**2)
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
    f, low, w = fraction[:, 0], below[:, 0], weights[:, 0]
    return {
        "nearest": loss(rounded - weights, basis, eigenvalues),
        "stochastic": loss(randomly - weights, basis, eigenvalues),
        "fraction": f,
        "dithered": f * (low + D - w) ** 2 + (1 - f) * (low - w) ** 2,
    }


def loss(step: Array, basis: Array, eigenvalues: Array) -> Array:
    """½ eᵀHe with the eigenvectors in columns.   Shapes: (trials, p), (trials, p, p), (p,) -> (trials,)."""
    xp = namespace(step)
    along = xp.sum(basis * step[:, :, None], axis=1)
    return xp.sum(eigenvalues * along**2, axis=1) / 2

"""SGD on streaming least squares with Gaussian inputs.

The second moment of the iteration is linear in the fourth moments of an input, which a cubature of degree 5 gives
exactly: a design of few weighted inputs in place of the Gaussian law. Its growth is then that of SGD on this design.
"""

import math

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.simulators.stability.linearised_sgd import growth_rate, moment_map
from numerics.simulators.stability.momentum import matmul
from numerics.streams import Stream
from theory.settings.stability.sgd import StreamingLeastSquares, StreamingMoments

FORGET, AVERAGE = 6, 3  # durations in units of 1/(eta·min h): exp(−12) of the start is left


def moment_seconds(*, h: np.ndarray) -> float:
    """Repeated squaring of a matrix over the pairs of dimensions."""
    return 1e-4 + 2e-7 * (len(h) * (len(h) + 1) / 2) ** 3


@simulates(StreamingMoments, cost=moment_seconds)
def streaming_moments(*, h: np.ndarray, B: int, eta: Array, trials: int, rng: Stream) -> dict[str, Array]:
    """Growth in eigenbases drawn at random."""
    xp, d = rng.xp, len(h)
    nodes, weights = gaussian_cubature(d)
    basis = xp.linalg.qr(rng.normal((trials, d, d))).Q
    inputs = rng.asarray(nodes * np.sqrt(h)) @ xp.matrix_transpose(basis)
    chance = rng.asarray(np.diag(weights) / B + (1 - 1 / B) * np.outer(weights, weights))  # of the inputs of two slots
    largest = (1 + eta * xp.max(xp.sum(inputs**2, axis=-1), axis=-1)) * float(np.sum(np.abs(weights)))
    growth, error = growth_rate(moment_map(inputs, eta, chance, rng), largest)
    return {"eigenvector": basis[..., 0], "growth": growth, "growth_error": error}


def gaussian_cubature(d: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights that integrate polynomials of degree 5 against N(0, I): 0, ±√3 eᵢ, ±√3 eᵢ ± √3 eⱼ.

    McNamee and Stenger 1967.   Shapes: -> (2d² + 1, d), (2d² + 1,).
    """
    unit, far = np.eye(d), math.sqrt(3)
    i, j = np.triu_indices(d, 1)
    pairs = [s * unit[i] + t * unit[j] for s in (1, -1) for t in (1, -1)]
    nodes = far * np.concatenate([np.zeros((1, d)), unit, -unit, *pairs])
    shares = [(d * d - 7 * d + 18) / 18] + [(4 - d) / 18] * (2 * d) + [1 / 36] * (4 * len(i))
    return nodes, np.array(shares)


def chain_seconds(*, h: np.ndarray, B: int, eta: float) -> float:
    """Two products of matrices in each step."""
    return 5e-9 * len(h) ** 2 * (2 * len(h) + 4 * B) * steps(h, eta)


@simulates(StreamingLeastSquares, cost=chain_seconds)
def streaming_least_squares(*, h: np.ndarray, B: int, s2: float, eta: float, trials: int,
                            rng: Stream) -> dict[str, Array]:
    """Runs over fresh inputs; the label noise is integrated, through the covariance of the error given the inputs."""
    xp, d = rng.xp, len(h)
    scale, identity = rng.asarray(np.sqrt(h)), rng.asarray(np.eye(d))[:, :, None]
    covariance, total, count = xp.zeros_like(rng.normal((d, d, trials))), 0.0, steps(h, eta)
    for step in range(count):
        inputs = scale[None, :, None] * rng.normal((B, d, trials))
        batch = xp.sum(inputs[:, :, None, :] * inputs[:, None, :, :], axis=0) / B
        shrink = identity - eta * batch
        covariance = matmul(matmul(shrink, covariance), shrink) + (eta**2 * s2 / B) * batch
        if step >= count * FORGET // (FORGET + AVERAGE):
            total = total + xp.sum(scale[:, None] ** 2 * xp.stack([covariance[k, k, :] for k in range(d)]), axis=0)
    return {"excess_risk": total / (count - count * FORGET // (FORGET + AVERAGE))}


def steps(h: np.ndarray, eta: float) -> int:
    """Steps of a run."""
    return math.ceil((FORGET + AVERAGE) / (eta * float(np.min(h))))

"""Tangent kernel of random ReLU networks at two inputs, from their forward and backward passes.

Both passes see a weight matrix W only through Wh and Wᵀg for two vectors h and two vectors g each. With E an
orthonormal basis of the h, Z = WE is standard normal, and given Z, Wᵀg = E·Zᵀg + (I − EEᵀ)W̃ᵀg with a fresh standard
normal W̃, whose W̃ᵀg has covariance gᵀg. So no m × m matrix is drawn, and the law is exact at every width.
"""

from typing import Any

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.infinite_width import ReluTangentKernel


def cost(m: int, L: int) -> float:
    """Seconds a trial takes: two networks, a few dozen operations on each pair of neurons."""
    return 1e-5 + 2e-7 * m * L


@simulates(ReluTangentKernel, cost=cost)
def relu_tangent_kernel(*, m: int, L: int, c: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Two networks a trial.   Shapes: -> (trials,) each."""
    first, second = (_network(m, L, c, trials, rng) for _ in range(2))
    return {
        "kernel": (first[0] + second[0]) / 2,
        "covariance": (first[1] + second[1]) / 2,
        "spread": m * (first[0] - second[0]) ** 2 / 2,
    }


def _network(m: int, L: int, c: float, trials: int, rng: Stream) -> tuple[Array, Array]:
    """Tangent kernel and last covariance of one network in every trial.

    Pairs (x, z) of vectors are arrays (trials, width, 2); h₀ is written in the plane of the inputs.
    """
    xp = rng.xp
    inputs = rng.asarray([[[1.0, c], [0.0, (1 - c * c) ** 0.5]]])
    before, layers, size = xp.broadcast_to(inputs, (trials, 2, 2)), [], 1
    for _ in range(L):
        basis, coordinates = _orthonormal(before, xp)
        Z = rng.normal((trials, m, 2))
        drive = Z @ coordinates / size**0.5
        layers.append((before, size, basis, Z, drive > 0))
        before, size = 2**0.5 * xp.maximum(drive, 0.0), m
    covariance = _inner(before, xp) / m
    a = rng.normal((trials, m, 1)) / m**0.5
    kernel, back = covariance, xp.broadcast_to(a, (trials, m, 2))
    for depth in range(L - 1, -1, -1):
        before, size, basis, Z, active = layers[depth]
        slope = 2**0.5 * xp.where(active, back, 0.0)  # gradient in the drive of this layer
        kernel = kernel + _inner(slope, xp) * _inner(before, xp) / size
        if depth:
            back = _turned_back(slope, basis, Z, rng) / m**0.5
    return kernel, covariance


def _turned_back(slope: Array, basis: Array, Z: Array, rng: Stream) -> Array:
    """Wᵀg for both g, given WE = Z.   Shapes: (trials, m, 2) three times -> the same."""
    xp, turned = rng.xp, rng.xp.matrix_transpose
    _, root = _orthonormal(slope, xp)  # gᵀg = rootᵀ·root
    fresh = rng.normal(slope.shape) @ root
    return basis @ (turned(Z) @ slope) + fresh - basis @ (turned(basis) @ fresh)


def _orthonormal(pair: Array, xp: Any) -> tuple[Array, Array]:
    """E with orthonormal columns and R with pair = ER; where the vectors are parallel, E has one column and a zero.

    Shapes: (trials, width, 2) -> (trials, width, 2), (trials, 2, 2).
    """
    first, second = pair[..., :1], pair[..., 1:]
    length = _norm(first, xp)
    one = first / xp.where(length > 0, length, 1.0)
    along = xp.sum(one * second, axis=-2, keepdims=True)
    rest = second - along * one
    across = _norm(rest, xp)
    apart = across > 1e-7 * _norm(second, xp)  # below, the rest is rounding
    two = xp.where(apart, rest / xp.where(apart, across, 1.0), 0.0)
    across = xp.where(apart, across, 0.0)
    rows = [xp.concat([length, along], axis=-1), xp.concat([xp.zeros_like(along), across], axis=-1)]
    return xp.concat([one, two], axis=-1), xp.concat(rows, axis=-2)


def _norm(column: Array, xp: Any) -> Array:
    return xp.sqrt(xp.sum(column**2, axis=-2, keepdims=True))


def _inner(pair: Array, xp: Any) -> Array:
    """Inner product of the two vectors.   Shapes: (trials, width, 2) -> (trials,)."""
    return xp.sum(pair[..., 0] * pair[..., 1], axis=-1)

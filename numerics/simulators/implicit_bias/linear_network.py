"""Two-layer linear networks and pairs of circular filters along the gradient flow."""

import math

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.activations import IDENTITY
from numerics.networks.models import Dense
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.losses import HALF_SQUARE
from numerics.training.many_flows import Velocity, certified
from theory.settings.implicit_bias.linear import FilterPair, LinearNetwork

MODES = 3


@simulates(LinearNetwork, cost=1e-3, block=512)
def linear_network(*, d: int, s: float, other: float, a0: float, time: float, rate: int, imbalance: float,
                   turn: float, colour: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Bases of their own."""
    xp = rng.xp
    U, V = (xp.linalg.qr(rng.normal((trials, d, MODES)))[0] for _ in range(2))
    R, basis = (xp.linalg.qr(rng.normal((trials, k, k)))[0] for k in (MODES, d))
    target = (U * rng.asarray(np.array([s, other, other / 2]))) @ xp.matrix_transpose(V)
    scales = xp.exp(colour / 2 * rng.normal((trials, 1, d)))
    inputs = xp.matrix_transpose(basis * scales)  # rows x with Σ xxᵀ = the covariance
    first = a0**0.5 * math.exp(-imbalance) * R @ xp.matrix_transpose(turned(V, turn))
    second = a0**0.5 * math.exp(imbalance) * U @ xp.matrix_transpose(R)
    begin = xp.concat([xp.reshape(part, (trials, -1)) for part in (first, second)], axis=1)
    velocity = velocity_of(inputs, inputs @ xp.matrix_transpose(target), d)
    (end, error), = certified(velocity, begin, [time])
    at, steps = begin, max(1, round(time * rate))
    for _ in range(steps):
        at = at + time / steps * velocity(begin[:, 0], at)
    found, descended = (strength(state, U, V, d) for state in (end, at))
    first, second = parts(end, d)
    apart = first @ xp.matrix_transpose(first) - xp.matrix_transpose(second) @ second
    size = xp.max(xp.abs(end), axis=1)
    return {
        "U": U, "strength": found, "next_strength": strength(end, U[:, :, 1:], V[:, :, 1:], d),
        "rise": found - s / 2,
        "balance": xp.max(xp.abs(apart), axis=(1, 2)),
        "descent_error": xp.abs(descended - found), "flow_error": 2 * MODES * d * error * (size + error),
    }


def turned(V: Array, angle: float) -> Array:
    """V with its first two columns turned in their plane."""
    first, second = V[:, :, :1], V[:, :, 1:2]
    pair = [math.cos(angle) * first + math.sin(angle) * second, math.cos(angle) * second - math.sin(angle) * first]
    return namespace(V).concat([*pair, V[:, :, 2:]], axis=2)


def parts(state: Array, d: int) -> tuple[Array, Array]:
    """W₁ and W₂.   Shapes: (B, 2·3·d) -> (B, 3, d), (B, d, 3)."""
    xp = namespace(state)
    return xp.reshape(state[:, : MODES * d], (-1, MODES, d)), xp.reshape(state[:, MODES * d :], (-1, d, MODES))


def strength(state: Array, U: Array, V: Array, d: int) -> Array:
    """uᵀ W₂ W₁ v for the first columns u, v.   Shapes: -> (B,)."""
    xp, (first, second) = namespace(state), parts(state, d)
    left, right = xp.matrix_transpose(U[:, :, :1]) @ second, first @ V[:, :, :1]
    return (left @ right)[:, 0, 0]


def velocity_of(inputs: Array, targets: Array, d: int) -> Velocity:
    """−∇ of ½ Σ ‖y − W₂W₁x‖², the engine's loss being the mean over the d inputs."""
    xp, model = namespace(inputs), Dense((IDENTITY, IDENTITY))

    def velocity(_: Array, state: Array) -> Array:
        f, pull = model.forward(parts(state, d), inputs)
        slopes = pull(HALF_SQUARE.slope(f, targets))
        return -d * xp.concat([xp.reshape(slope, (state.shape[0], -1)) for slope in slopes], axis=1)

    return velocity


@simulates(FilterPair, cost=1e-3, block=512)
def filter_pair(*, N: int, a0: float, time: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Targets of their own; convolutions as sums over shifts, in the space of the signal."""
    xp, c = rng.xp, rng.normal((trials, N))
    target = xp.fft.fft(xp.astype(c, xp.complex128))
    phase = xp.fft.fft(xp.astype(rng.normal((trials, N)), xp.complex128))
    phase = phase / xp.abs(phase)
    left = a0**0.5 * phase
    right = a0**0.5 * target / xp.abs(target) / phase
    begin = xp.concat([xp.real(xp.fft.ifft(one)) for one in (left, right)], axis=1)
    shift = rng.asarray((np.arange(N)[:, None] - np.arange(N)[None, :]) % N)  # entry (t, k): t − k

    def circulant(a: Array) -> Array:
        return xp.reshape(xp.take(a, xp.reshape(shift, (-1,)), axis=1), (trials, N, N))

    def velocity(_: Array, state: Array) -> Array:
        a, b = state[:, :N], state[:, N:]
        A, B = circulant(a), circulant(b)
        rest = c - (A @ b[:, :, None])[:, :, 0]
        pulls = [(xp.matrix_transpose(one) @ rest[:, :, None])[:, :, 0] for one in (B, A)]
        return xp.concat(pulls, axis=1)

    def modulus(state: Array) -> Array:
        product = (circulant(state[:, :N]) @ state[:, N:, None])[:, :, 0]
        return xp.abs(xp.fft.fft(xp.astype(product, xp.complex128))[:, 1])

    (end, error), = certified(velocity, begin, [time])
    size = xp.sum(xp.abs(end), axis=1)
    return {"target": xp.abs(target[:, 1]), "modulus": modulus(end), "flow_error": 2 * N * error * (size + N * error)}

"""Gradient descent and Tikhonov regularisation of a signal with a Sobolev fidelity, with dense matrices."""

import math
from collections.abc import Callable

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.denoising import SobolevFidelity

LEFT = 0.01
DOUBLINGS = 28


@simulates(SobolevFidelity, cost=lambda N, k: 1e-9 * k * N**2 + 1e-6 * N, block=512)
def sobolev_fidelity(*, N: int, s: float, pace: float, k: int, a: float, xi: int, forward: str,
                     trials: int, rng: Stream) -> dict[str, Array]:
    """Draws signals; the matrices are the same for all of them."""
    xp, g = rng.xp, rng.normal((trials, N))
    weights, bending = weighing(N, lambda f: (1 + f**2) ** s), weighing(N, lambda f: f**2)
    blur = np.eye(N) if forward == "identity" else (np.eye(N) + (np.eye(N, k=1) + np.eye(N, k=-1)) / 2) / 2
    quadratic, linear = blur.T @ weights @ blur, blur.T @ weights
    values, vectors = np.linalg.eigh(weights)
    step = pace / values[-1]
    matrix, pull = rng.asarray(step * quadratic), g @ rng.asarray(step * linear.T)
    f = 0.0 * g
    for _ in range(k):
        f = f - f @ matrix + pull
    solved = g @ rng.asarray(np.linalg.solve(quadratic + a * bending, linear).T)
    condition = float(values[-1] / values[0])
    slow = iterations(np.eye(N) - weights / values[-1], vectors[:, 0])
    ones, eps = xp.ones_like(g[:, 0]), xp.finfo(g.dtype).eps
    size, content = xp.linalg.vector_norm(g, axis=1), xp.minimum(modulus(g, xi), modulus(g, 1))
    return {
        "gain": part(f, g, xi), "lowest": part(f, g, 1), "tikhonov": part(solved, g, xi), "condition": condition * ones,
        "iterations": slow * ones, "rounding": eps * N * (k + condition) * size / content,
        "condition_rounding": 10 * N * condition**2 * float(np.finfo(float).eps) * ones,
    }


def weighing(N: int, weight: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Σ over ξ of weight(ξ) cos(2πξ(i − j)/N)/N, which multiplies each frequency by its weight."""
    frequencies = np.arange(-((N - 1) // 2), N // 2 + 1)
    shifts = np.arange(N)
    row = np.cos(2 * math.pi * np.outer(shifts, frequencies) / N) @ weight(frequencies.astype(float)) / N
    return row[np.abs(shifts[:, None] - shifts)]


def iterations(step: np.ndarray, slowest: np.ndarray) -> int:
    """Least number of steps after which the mode is left to 1 %, from powers of two of the step."""
    powers = [step]
    while len(powers) < DOUBLINGS and np.linalg.norm(powers[-1] @ slowest) > LEFT:
        powers.append(powers[-1] @ powers[-1])
    count, left = 0, slowest
    for j in reversed(range(len(powers))):
        further = powers[j] @ left
        if np.linalg.norm(further) > LEFT:
            count, left = count + 2**j, further
    return count + 1


def coefficients(signal: Array, xi: int) -> tuple[Array, Array]:
    """Real and imaginary part of the Fourier coefficient at xi.   Shapes: (trials, N) -> (trials,), (trials,)."""
    xp, N = namespace(signal), signal.shape[1]
    angle = 2 * math.pi * xi / N * xp.astype(xp.arange(N), signal.dtype)
    return xp.sum(signal * xp.cos(angle), axis=1), -xp.sum(signal * xp.sin(angle), axis=1)


def part(f: Array, g: Array, xi: int) -> Array:
    """Re(f̂/ĝ) at xi."""
    (a, b), (c, d) = coefficients(f, xi), coefficients(g, xi)
    return (a * c + b * d) / (c**2 + d**2)


def modulus(g: Array, xi: int) -> Array:
    a, b = coefficients(g, xi)
    return namespace(g).sqrt(a**2 + b**2)

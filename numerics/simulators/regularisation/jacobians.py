"""Functions moved by noise at their input, and Jacobians of compositions by differences."""

import itertools
from collections.abc import Callable

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.jacobians import ComposedMaps, InputNoise

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(4)  # exact to degree 7: f² has degree 6
STEP = 2e-3
ORDERS = ((1, 2, 3), (1.5, -0.6, 0.1))  # central differences at 1, 2 and 3 steps: exact to degree 6


@simulates(InputNoise, cost=lambda d, q: 1e-5 + 2e-8 * q * d**2 * 4**d)
def input_noise(*, d: int, q: int, sg: float, bend: float, cubic: float, noise: str,
                trials: int, rng: Stream) -> dict[str, Array]:
    """Integrates over the noise by a product rule that is exact for these f."""
    xp, x = rng.xp, rng.normal((trials, d))
    b, c = (rng.normal((trials, q, d)) / d**0.5 for _ in (0, 1))
    Q = rng.normal((trials, q, d, d)) / d**0.5
    Q = (Q + xp.matrix_transpose(Q)) / 2

    def f(at: Array) -> Array:
        """Shapes: (trials, points, d) -> (trials, points, q)."""
        bent = xp.sum((at[:, :, None, None, :] @ Q[:, None, ...])[:, :, :, 0, :] * at[:, :, None, :], axis=3)
        along = at @ xp.matrix_transpose(c)
        return at @ xp.matrix_transpose(b) + bend / 2 * bent + cubic / 6 * along**3

    nodes, weights = rule(d, noise, rng)
    here = x[:, None, :]
    moved = xp.sum((f(here + sg * nodes) - f(here)) ** 2, axis=2) @ weights
    steps = xp.eye(d, dtype=rng.machine.dtype, device=rng.machine.place)
    J = square(difference(lambda t: f(here + t * steps), 1.0))
    H = bend * Q + cubic * (c @ x[:, :, None])[..., None] * c[..., :, None] * c[..., None, :]
    size = xp.max(xp.abs(f(here + 4 * sg * nodes)), axis=(1, 2)) + xp.max(xp.abs(f(here + 3 * steps)), axis=(1, 2))
    return {
        "moved": moved, "jacobian": J, "hessians": xp.sum(H**2, axis=(1, 2, 3)),
        "traces": xp.sum(xp.sum(xp.linalg.diagonal(H), axis=2) ** 2, axis=1),
        "rounding": 20 * d * q * xp.finfo(J.dtype).eps * (1 + size) * (1 + size + xp.sqrt(J)),
    }


def rule(d: int, noise: str, rng: Stream) -> tuple[Array, Array]:
    """Nodes and weights of the mean over d independent entries.   Shapes: -> (points, d), (points,)."""
    one = (NODES, WEIGHTS / WEIGHTS.sum()) if noise == "normal" else (np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    nodes, weights = (np.array(list(itertools.product(part, repeat=d))) for part in one)
    return rng.asarray(nodes), rng.asarray(weights.prod(axis=1))


def difference(f: Callable[[float], Array], step: float) -> Array:
    """df/dt at t = 0 by central differences, exact for polynomials of degree 6."""
    xp = namespace(f(0.0))
    return xp.sum(xp.stack([weight * (f(size * step) - f(-size * step)) / (2 * size * step)
                            for size, weight in zip(*ORDERS, strict=True)]), axis=0)


@simulates(ComposedMaps, cost=lambda d, q: 1e-5 + 2e-7 * d * q)
def composed_maps(*, d: int, q: int, spread: float, bend: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws maps and a point."""
    xp, r = rng.xp, min(d, q)
    a, x = xp.exp(0.3 * rng.normal((trials, r, 1))), rng.normal((trials, d))
    V, U = (xp.linalg.qr(rng.normal((trials, size, r)))[0] for size in (d, q))
    A = a * xp.matrix_transpose(V) + spread * rng.normal((trials, r, d))
    B = U * a[:, None, :, 0] + spread * rng.normal((trials, q, r))

    def bends(z: Array) -> Array:
        return z + bend * (xp.tanh(z) - z)

    def slope(z: Array) -> Array:
        return 1 - bend * xp.tanh(z) ** 2

    def f(at: Array) -> Array:
        """Shapes: (trials, points, d) -> (trials, points, q)."""
        return bends(bends(at @ xp.matrix_transpose(A))) @ xp.matrix_transpose(B)

    steps = xp.eye(d, dtype=rng.machine.dtype, device=rng.machine.place)
    z = A @ x[:, :, None]
    J_h, J_g = slope(z) * A, B * xp.matrix_transpose(slope(bends(z)))
    J_f, coarse = (xp.matrix_transpose(difference(lambda t: f(x[:, None, :] + t * steps), size * STEP))
                   for size in (1, 2))
    off = (d * q) ** 0.5 * xp.max(xp.abs(J_f - coarse), axis=(1, 2))
    size = 1 + xp.sum(A**2, axis=(1, 2)) + xp.sum(B**2, axis=(1, 2))
    return {
        "penalty": (square(J_g) + square(J_h)) / 2, "nuclear": xp.sum(xp.linalg.svdvals(J_f), axis=1),
        "frobenius": square(J_f),
        "rounding": off * r**0.5 + 100 * d * q * xp.finfo(a.dtype).eps / STEP * size,
    }


def square(matrix: Array) -> Array:
    return namespace(matrix).sum(matrix**2, axis=(1, 2))

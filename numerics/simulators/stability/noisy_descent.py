"""Stationary covariances of linear iterations with additive noise, whatever the law of the noise.

The covariance after 2^k steps from rest is found by doubling: S ← S + M S Mᵀ, M ← M M.
"""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability.sgd import NoisyDescent, NoisyHeavyBall

DOUBLINGS = 30


@simulates(NoisyDescent, cost=1e-4)
def noisy_descent(*, h1: float, h2: float, eta: float, s2: float, noise: str, trials: int,
                  rng: Stream) -> dict[str, Array]:
    """Quadratics and noises of their own."""
    xp, values = rng.xp, rng.asarray(np.diag([h1, h2]))
    basis, root = xp.linalg.qr(rng.normal((trials, 2, 2))).Q, rng.normal((trials, 2, 2))
    hessian = basis @ values @ xp.matrix_transpose(basis)
    covariance = root @ xp.matrix_transpose(root) / 2 if noise == "free" else s2 * hessian
    stationary = limit(rng.asarray(np.eye(2)) - eta * hessian, eta**2 * covariance)
    drawn, reached = (xp.matrix_transpose(basis) @ matrix @ basis for matrix in (covariance, stationary))
    return {
        "C11": drawn[:, 0, 0], "C12": drawn[:, 0, 1], "S11": reached[:, 0, 0], "S12": reached[:, 0, 1],
        "excess": xp.sum(hessian * stationary, axis=(-2, -1)),
    }


@simulates(NoisyHeavyBall, cost=1e-4)
def noisy_heavy_ball(*, h: float, eta: float, beta: float, c: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The state (w, w₋), driven by a noise that enters w alone."""
    xp, z2 = rng.xp, rng.normal(trials) ** 2
    move = rng.asarray(np.array([[1 - eta * h + beta, -beta], [1.0, 0.0]]))
    entering = rng.asarray(np.array([[1.0, 0.0], [0.0, 0.0]]))
    kicks = (eta**2 * c * z2)[:, None, None] * entering
    return {"z2": z2, "variance": limit(xp.zeros_like(kicks) + move, kicks)[:, 0, 0]}


def limit(move: Array, kicks: Array) -> Array:
    """Σ_k M^k K (Mᵀ)^k.   Shapes: (trials, d, d), (trials, d, d) -> (trials, d, d)."""
    xp = namespace(move)
    for _ in range(DOUBLINGS):
        kicks = kicks + move @ kicks @ xp.matrix_transpose(move)
        move = move @ move
    return kicks

"""Descent on U*Uᵀ as it is defined, by sums over slices: no transform along the tubes.

Here the slices come first. Shapes: a tensor (trials, K, rows, columns).
"""

from dataclasses import dataclass

import numpy as np

from numerics.arrays import Array
from numerics.networks.models import Parameters, Pulled
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import SMALL_LOSS, Stopping, train
from numerics.training.optimisers import GradientDescent
from theory.settings.implicit_bias.tubal import TubalDescent, TubalRecovery

LONGEST, STRIDE = 20_000, 10


def step_cost(n: int, K: int, m: int) -> float:
    """Seconds a step of one descent takes."""
    return 2e-6 + 4e-10 * (2 * m * n * n * K + 2 * K * K * n**3)


@dataclass(frozen=True)
class Square:
    """f(A) = ⟨A, U*Uᵀ⟩ for symmetric A.   Shapes: U (B, K, n, n), A (B, m, K·n·n) -> (B, m)."""

    rng: Stream

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        (U,), xp = parameters, self.rng.xp

        def pull(seeds: Array) -> Parameters:
            weighted = xp.reshape(seeds[:, None, :] @ x, U.shape)
            return (2 * product(weighted, U, self.rng),)

        square = product(U, transposed(U, self.rng), self.rng)
        return (x @ xp.reshape(square, (U.shape[0], -1, 1)))[..., 0], pull


def transposed(a: Array, rng: Stream) -> Array:
    """Slice k is slice −k, transposed."""
    K = a.shape[1]
    return rng.xp.matrix_transpose(rng.xp.take(a, rng.asarray(-np.arange(K) % K), axis=1))


def product(a: Array, b: Array, rng: Stream) -> Array:
    """(a*b)_k = Σ_j a_j b_{k−j}, as the matrix of blocks a_{k−j} times the slices of b on top of each other."""
    xp, (trials, K, rows, inner) = rng.xp, a.shape
    shift = rng.asarray(np.ravel((np.arange(K)[:, None] - np.arange(K)[None, :]) % K))
    blocks = xp.reshape(xp.take(a, shift, axis=1), (trials, K, K, rows, inner))
    circulant = xp.reshape(xp.permute_dims(blocks, (0, 1, 3, 2, 4)), (trials, K * rows, K * inner))
    stacked = xp.reshape(b, (trials, K * inner, b.shape[-1]))
    return xp.reshape(circulant @ stacked, (trials, K, rows, b.shape[-1]))


def data(n: int, K: int, r: int, m: int, trials: int, rng: Stream) -> tuple[Array, Array, Array]:
    """Aᵢ, yᵢ and X.   Shapes: -> (trials, m, K·n·n), (trials, m), (trials, K, n, n)."""
    xp, factor = rng.xp, rng.normal((trials, K, n, r))
    target = product(factor, transposed(factor, rng), rng)
    target = target / size(target, rng)[:, None, None, None]
    drawn = rng.normal((trials * m, K, n, n))
    measures = xp.reshape((drawn + transposed(drawn, rng)) / 2, (trials, m, K * n * n))
    return measures, (measures @ xp.reshape(target, (trials, -1, 1)))[..., 0], target


def size(a: Array, rng: Stream) -> Array:
    """‖a‖_F.   Shapes: -> (trials,)."""
    return rng.xp.linalg.vector_norm(rng.xp.reshape(a, (a.shape[0], -1)), axis=-1)


@simulates(TubalDescent, cost=lambda n, K, m, steps: 1e-4 + steps * step_cost(n, K, m))
def tubal_descent(*, n: int, K: int, r: int, m: int, a0: float, eta: float, steps: int, trials: int,
                  rng: Stream) -> dict[str, Array]:
    """Data and a start of its own in every trial."""
    (measures, y, _), first = data(n, K, r, m, trials, rng), a0 * rng.normal((trials, K, n, n))
    (last,) = train(Square(rng), (first,), measures, y, GradientDescent(eta / 2), Stopping(steps, stride=steps),
                    rng.child("training")).parameters
    whole = rng.xp.reshape(measures, (trials, m, K, n, n))
    return {"A": slices_last(whole, rng), "y": y, "start": slices_last(first, rng), "factor": slices_last(last, rng)}


def slices_last(a: Array, rng: Stream) -> Array:
    """Shapes: (…, K, n, n) -> (…, n, n, K)."""
    return rng.xp.moveaxis(a, -3, -1)


@simulates(TubalRecovery, cost=lambda n, K, m: 1e-3 + 1500 * step_cost(n, K, m), block=64)
def tubal_recovery(*, n: int, K: int, r: int, m: int, a0: float, eta: float, rho: float, trials: int,
                   rng: Stream) -> dict[str, Array]:
    """One draw of data and direction for both starts."""
    xp, (measures, y, target) = rng.xp, data(n, K, r, m, trials, rng)
    direction, stopping = rng.normal((trials, K, n, n)), Stopping(LONGEST, stride=STRIDE, small_loss=rho**2 / 2)
    errors, ended = [], np.ones(trials, dtype=bool)
    for scale in (a0, 10 * a0):
        found = train(Square(rng), (scale * direction,), measures, y, GradientDescent(eta / 2), stopping,
                      rng.child("training"))
        small, (U,) = found.reason == SMALL_LOSS, found.parameters
        ended &= small
        apart = size(product(U, transposed(U, rng), rng) - target, rng)
        errors.append(xp.where(rng.asarray(small), apart, xp.ones_like(apart)))  # one that diverged has no number
    least = xp.linalg.pinv(measures) @ y[..., None]
    return {"error": errors[0], "larger": errors[1], "ended": rng.asarray(ended),
            "interpolator": size(xp.reshape(least, target.shape) - target, rng)}

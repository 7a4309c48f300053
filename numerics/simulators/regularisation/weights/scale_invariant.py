"""SGD with weight decay on a scale-invariant loss, with random gradients."""

import math

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.weights import ScaleInvariantWeights


def steps_of(eta: float, lam: float) -> int:
    return math.ceil(14 / (eta * lam)) + 50


@simulates(ScaleInvariantWeights, cost=lambda dim, eta, lam: 5e-8 * (dim + 5) * steps_of(eta, lam))
def scale_invariant_weights(*, dim: int, eta: float, lam: float, G: float, vary: float,
                            trials: int, rng: Stream) -> dict[str, Array]:
    """Runs the weights and their twin with the same draws."""
    xp, start = rng.xp, rng.normal((trials, dim)) / dim**0.5
    w, before, twin, after_one = start, start, 2 * start, start
    for t in range(steps_of(eta, lam)):
        direction, size = rng.normal((trials, dim)), G * xp.sqrt(1 + vary * rng.signs((trials, 1)))
        before, w = w, step(w, direction, size, eta, lam)
        twin = step(twin, direction, size, 4 * eta, lam / 4)
        after_one = w if t == 0 else after_one
    return {"start2": xp.sum(start**2, axis=1), "next2": xp.sum(after_one**2, axis=1), "norm2": xp.sum(w**2, axis=1),
            "cosine": xp.sum(unit(w) * unit(before), axis=1),
            "apart": xp.linalg.vector_norm(unit(w) - unit(twin), axis=1)}


def step(w: Array, direction: Array, size: Array, eta: float, lam: float) -> Array:
    """One step with a gradient of norm size/‖w‖ along what of the direction is orthogonal to w."""
    xp, along = namespace(w), unit(w)
    across = unit(direction - along * xp.sum(along * direction, axis=1, keepdims=True))
    return (1 - eta * lam) * w - eta * across * size / xp.linalg.vector_norm(w, axis=1, keepdims=True)


def unit(w: Array) -> Array:
    return w / namespace(w).linalg.vector_norm(w, axis=1, keepdims=True)

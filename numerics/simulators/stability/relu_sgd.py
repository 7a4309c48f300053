"""Two-layer ReLU networks trained by SGD, all networks of a block at once, and the curvature where they end.

The trial is the last axis: a step is a few operations on long contiguous rows. A network rests once its loss is below 1e-9
or once it has diverged; the others go on, for 90,000 steps at most. Nothing is extrapolated, and the curvature comes exactly
from the gradients of all samples, so there is no certificate to state.
"""

import math

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability import ReluSGD

STEPS = 90_000
STRIDE = 500  # steps between two looks at the loss
SMALL_LOSS = 1e-9
DIVERGED = 1e6  # an error on one sample from which no network returns
START = 1.6


def trial_seconds(*, B: int) -> float:
    """Sixty thousand steps of an average network."""
    return 0.03 * B


@simulates(ReluSGD, cost=trial_seconds)
def relu_sgd(*, m: int, n: int, d: int, B: int, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Curvature and path norm of trained networks; 0 for those that did not converge."""
    xp = rng.xp
    inputs = xp.permute_dims(math.sqrt(d) * rng.unit((trials, n, d)), (1, 2, 0))
    targets = xp.where(inputs[:, 0, :] > 0, inputs[:, 0, :], xp.where(inputs[:, 1, :] < 0, inputs[:, 1, :], 0.0))
    ...

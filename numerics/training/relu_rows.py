"""Training of many networks at once, as plain operations on batched arrays."""

from numerics.arrays import Array, namespace
from numerics.networks.relu_rows import response


def batches(inputs: Array, targets: Array, picks: Array, B: int) -> tuple[Array, Array]:
    """The samples of each network in each step.

    Shapes: picks (steps·B, trials) -> (steps, B, d, trials), (steps, B, trials).
    """
    xp, d, (count, trials) = namespace(inputs), inputs.shape[1], picks.shape
    x = xp.take_along_axis(inputs, xp.broadcast_to(picks[:, None, :], (count, d, trials)), axis=0)
    y = xp.take_along_axis(targets, picks, axis=0)
    return xp.reshape(x, (-1, B, d, trials)), xp.reshape(y, (-1, B, trials))


def descend(W: Array, v: Array, x: Array, y: Array, eta: float) -> tuple[Array, Array]:
    """The weights after a step of SGD on (1/2B) Σ (f(x) − y)² for each batch in turn.

    Shapes: W (d, m, trials), v (m, trials), x (steps, B, d, trials), y (steps, B, trials) -> like W, like v.
    """
    steps, B = y.shape[:2]
    for step in range(steps):
        new_W, new_v = W, v
        for slot in range(B):
            f, active, slope = response(W, v, x[step, slot, ...])
            error = (f - y[step, slot, :]) * (eta / B)
            new_W = new_W - x[step, slot, :, None, :] * (slope * error)
            new_v = new_v - active * error
        W, v = new_W, new_v
    return W, v

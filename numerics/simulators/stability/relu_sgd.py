"""Two-layer ReLU networks trained by SGD, all networks of a block at once, and the curvature where they end.

The trial is the last axis, so that a step is a few operations on long contiguous rows. Every 500 steps the networks
leave whose loss is below 1e-9 (converged) or no longer finite (diverged); the others go on, for 50,000 steps at most.
The curvature is exact, from the gradients of all samples: at zero loss the Hessian is (1/n) Σ ∇f(xᵢ) ∇f(xᵢ)ᵀ.
"""

import math

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability import ReluSGD

STEPS = 50_000
STRIDE = 500  # steps between two looks at the loss
SMALL_LOSS = 1e-9
START = 1.6
BLOCK = 128  # fewer networks would hardly make a step shorter


def trial_seconds(*, B: int) -> float:
    """Some 15,000 steps, a few slow networks waited for."""
    return 0.02 + 0.01 * B


@simulates(ReluSGD, cost=trial_seconds, block=BLOCK)
def relu_sgd(*, m: int, n: int, d: int, B: int, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Curvature and path norm of trained networks; zeros where the training did not converge."""
    xp = rng.xp
    inputs = xp.permute_dims(math.sqrt(d) * rng.unit((trials, n, d)), (1, 2, 0))
    targets = xp.maximum(inputs[:, 0, :], 0.0) - xp.maximum(-inputs[:, 1, :], 0.0)
    W, v = START / math.sqrt(d) * rng.normal((d, m, trials)), START / math.sqrt(m) * rng.normal((m, trials))
    W, v, converged = train(W, v, inputs, targets, B, eta, rng)
    W, v = xp.where(converged, W, 0.0), xp.where(converged, v, 0.0)
    gradients = sample_gradients(W, v, inputs)
    gram = gradients @ xp.matrix_transpose(gradients)  # n times the non-zero eigenvalues of the Hessian
    return {
        "trH": xp.sum(gradients**2, axis=(-2, -1)) / n,
        "lam1": xp.linalg.eigvalsh(gram / n)[:, -1],
        "path_norm": xp.sum(xp.abs(v) * xp.linalg.vector_norm(W, axis=0), axis=0),
        "converged": converged,
    }


def train(W: Array, v: Array, inputs: Array, targets: Array, B: int, eta: float,
          rng: Stream) -> tuple[Array, Array, Array]:
    """The weights at the end, and which networks converged.

    Shapes: W (d, m, trials), v (m, trials), inputs (n, d, trials), targets (n, trials) -> like W, like v, (trials,).
    """
    xp, (n, _, trials) = rng.xp, inputs.shape
    going, loss, ended = rng.asarray(np.arange(trials)), half_mean_square(W, v, inputs, targets), []
    for _ in range(STEPS // STRIDE):
        picks = rng.integers(n, (STRIDE * B, trials))  # for every network, so that none depends on when others leave
        W, v = descend(W, v, *batches(inputs, targets, xp.take(picks, going, axis=-1), B), eta)
        loss = half_mean_square(W, v, inputs, targets)
        leaves = (loss < SMALL_LOSS) | ~xp.isfinite(loss)
        if xp.any(leaves):
            ended.append(_chosen(leaves, going, loss, W, v))
            going, loss, W, v, inputs, targets = _chosen(~leaves, going, loss, W, v, inputs, targets)
        if not going.shape[0]:
            break
    ended.append([going, loss, W, v])
    going, loss, W, v = (xp.concat(parts, axis=-1) for parts in zip(*ended, strict=True))
    loss, W, v = (xp.take(array, xp.argsort(going), axis=-1) for array in (loss, W, v))
    return W, v, loss < SMALL_LOSS


def _chosen(mask: Array, *arrays: Array) -> list[Array]:
    xp = namespace(mask)
    return [xp.take(array, xp.nonzero(mask)[0], axis=-1) for array in arrays]


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


def response(W: Array, v: Array, x: Array) -> tuple[Array, Array, Array]:
    """f(x), ∂f/∂v, and the factor of x in ∂f/∂W.   Shapes: x (d, trials) -> (trials,), (m, trials), (m, trials)."""
    xp = namespace(W)
    drive = xp.sum(x[:, None, :] * W, axis=0)
    active = xp.maximum(drive, 0.0)
    return xp.sum(v * active, axis=0), active, xp.where(drive > 0, v, 0.0)


def half_mean_square(W: Array, v: Array, inputs: Array, targets: Array) -> Array:
    """(1/2n) Σ (f(xᵢ) − yᵢ)² of each network.   Shapes: -> (trials,)."""
    xp, n = namespace(W), inputs.shape[0]
    outputs = xp.stack([response(W, v, inputs[i, ...])[0] for i in range(n)])
    return xp.mean((outputs - targets) ** 2, axis=0) / 2


def sample_gradients(W: Array, v: Array, inputs: Array) -> Array:
    """∇f(xᵢ), the parts of v and of W joined.   Shapes: -> (trials, n, m + d·m)."""
    xp, (n, _, trials), gradients = namespace(W), inputs.shape, []
    for i in range(n):
        _, active, slope = response(W, v, inputs[i, ...])
        gradients.append(xp.concat([active, xp.reshape(inputs[i, :, None, :] * slope, (-1, trials))]))
    return xp.permute_dims(xp.stack(gradients), (2, 0, 1))

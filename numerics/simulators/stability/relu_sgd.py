"""Two-layer ReLU networks trained by SGD, all networks of a block at once, and the curvature where they end.

Every 500 steps the networks leave whose loss is below 1e-9 (converged) or not finite (diverged); the others go on,
for 50,000 steps at most.
The curvature is exact, from the gradients of all samples: at zero loss the Hessian is (1/n) Σ ∇f(xᵢ) ∇f(xᵢ)ᵀ.
"""

import math

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.relu_rows import half_mean_square, sample_gradients
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.reasons import by_loss
from numerics.training.relu_rows import batches, descend
from theory.settings.stability.networks import ReluSGD

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
    W, v, loss = train(W, v, inputs, targets, B, eta, rng)
    converged = loss < SMALL_LOSS
    W, v = xp.where(converged, W, 0.0), xp.where(converged, v, 0.0)
    gradients = sample_gradients(W, v, inputs)
    gram = gradients @ xp.matrix_transpose(gradients)  # n times the non-zero eigenvalues of the Hessian
    return {
        "trH": xp.sum(gradients**2, axis=(-2, -1)) / n,
        "lam1": xp.linalg.eigvalsh(gram / n)[:, -1],
        "path_norm": xp.sum(xp.abs(v) * xp.linalg.vector_norm(W, axis=0), axis=0),
        "converged": converged, "stopped": by_loss(loss, SMALL_LOSS),
    }


def train(W: Array, v: Array, inputs: Array, targets: Array, B: int, eta: float,
          rng: Stream) -> tuple[Array, Array, Array]:
    """The weights and the losses at the end.

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
    return W, v, loss


def _chosen(mask: Array, *arrays: Array) -> list[Array]:
    xp = namespace(mask)
    return [xp.take(array, xp.nonzero(mask)[0], axis=-1) for array in arrays]

"""Diagonal linear networks: at random weights, and trained by SGD."""

from numerics.arrays import Array
from numerics.networks.models import Diagonal
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import Batches, Stopping, train
from numerics.training.optimisers import GradientDescent
from numerics.training.reasons import SMALL_LOSS
from theory.settings.stability.networks import DiagonalNetwork, DiagonalSGD

CONVERGED = Stopping(12_000, stride=500, small_loss=1e-12)


@simulates(DiagonalNetwork, cost=1e-4)
def diagonal_network(*, d: int, weights: str, trials: int, rng: Stream) -> dict[str, Array]:
    """The Hessian from gradients at d inputs."""
    xp, a, free = rng.xp, rng.normal((trials, d)), rng.normal((trials, d))
    b = xp.abs(a) * xp.sign(free) if weights == "balanced" else free
    inputs = d**0.5 * xp.linalg.qr(rng.normal((trials, d, d))).Q
    gradients = xp.concat([b[:, None, :] * inputs, a[:, None, :] * inputs], axis=-1)
    hessian = xp.matrix_transpose(gradients) @ gradients / d
    values = xp.linalg.eigvalsh(hessian)
    squares, beta = a**2 + b**2, xp.abs(a * b)
    return {
        "trH": xp.sum(values, axis=-1), "lam1": values[:, -1], "squares": xp.sum(squares, axis=-1),
        "widest": xp.max(squares, axis=-1), "l1": xp.sum(beta, axis=-1), "linf": xp.max(beta, axis=-1),
    }


@simulates(DiagonalSGD, cost=1e-3, block=256)
def diagonal_sgd(*, n: int, d: int, B: int, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Curvature of trained networks; zeros where the training did not converge."""
    xp, inputs = rng.xp, rng.normal((trials, n, d))
    start = 0.6 + 1.2 * xp.abs(rng.normal((trials, d))), 0.05 * rng.normal((trials, d))
    found = train(Diagonal(), start, inputs, inputs[:, :, 0] - inputs[:, :, 1], GradientDescent(eta), CONVERGED,
                  rng.child("training"), batches=Batches(B))  # fmt: skip
    converged = rng.asarray(found.reason == SMALL_LOSS)
    a, b = (xp.where(converged[:, None], part, xp.zeros_like(part)) for part in found.parameters)
    mean_square = xp.mean(inputs**2, axis=1)
    return {
        "trH": xp.sum(mean_square * (a**2 + b**2), axis=1), "weighted_l1": xp.sum(mean_square * xp.abs(a * b), axis=1),
        "converged": converged, "stopped": rng.asarray(found.reason),
    }

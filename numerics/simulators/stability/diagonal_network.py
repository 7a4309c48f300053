"""Diagonal linear networks: at random weights, and trained by SGD."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.reasons import by_loss
from numerics.training.relu_rows import batches
from theory.settings.stability.networks import DiagonalNetwork, DiagonalSGD

STEPS, STRIDE = 12_000, 500
SMALL_LOSS = 1e-12


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


def trial_seconds(*, B: int) -> float:
    """Thousands of steps, shared by a block."""
    return 4e-3 + 1e-3 * B


@simulates(DiagonalSGD, cost=trial_seconds, block=256)
def diagonal_sgd(*, n: int, d: int, B: int, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Curvature of trained networks; zeros where the training did not converge."""
    xp, inputs = rng.xp, rng.normal((n, d, trials))
    targets = inputs[:, 0, :] - inputs[:, 1, :]
    a, b = 0.6 + 1.2 * xp.abs(rng.normal((d, trials))), 0.05 * rng.normal((d, trials))
    for _ in range(STEPS // STRIDE):
        x, y = batches(inputs, targets, rng.integers(n, (STRIDE * B, trials)), B)
        a, b = descend(a, b, x, y, eta)
        loss = xp.mean(residuals(a, b, inputs, targets) ** 2, axis=0) / 2
        if xp.all((loss < SMALL_LOSS) | ~xp.isfinite(loss)):
            break
    converged = loss < SMALL_LOSS
    a, b = xp.where(converged, a, 0.0), xp.where(converged, b, 0.0)
    mean_square = xp.mean(inputs**2, axis=0)
    return {
        "trH": xp.mean(xp.sum(inputs**2 * (a**2 + b**2)[None, :, :], axis=1), axis=0),
        "weighted_l1": xp.sum(mean_square * xp.abs(a * b), axis=0), "converged": converged,
        "stopped": by_loss(loss, SMALL_LOSS),
    }


def residuals(a: Array, b: Array, inputs: Array, targets: Array) -> Array:
    """f(x) − y.   Shapes: inputs (…, d, trials), targets (…, trials) -> (…, trials)."""
    return namespace(a).sum(inputs * (a * b), axis=-2) - targets


def descend(a: Array, b: Array, x: Array, y: Array, eta: float) -> tuple[Array, Array]:
    """Steps of SGD on (1/2B) Σ (f(x) − y)² for each batch in turn.

    Shapes: a, b (d, trials), x (steps, B, d, trials), y (steps, B, trials) -> like a, like b.
    """
    xp = namespace(a)
    for step in range(y.shape[0]):
        pull = xp.mean(residuals(a, b, x[step, ...], y[step, ...])[:, None, :] * x[step, ...], axis=0)
        a, b = a - eta * pull * b, b - eta * pull * a
    return a, b

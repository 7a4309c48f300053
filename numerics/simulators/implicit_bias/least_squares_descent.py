"""Least squares by gradient descent, by Adam and along the gradient flow, all trials at once."""

from numerics.arrays import Array, namespace
from numerics.networks.models import Linear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import Stopping, train, visited
from numerics.training.losses import HALF_SQUARE
from numerics.training.many_flows import certified
from numerics.training.optimisers import Adam, CoordinateDescent, GradientDescent, Optimiser
from theory.settings.implicit_bias.least_squares import STEPS, LeastSquaresDescent

CONVERGED = Stopping(4000, small_gradient=1e-13)
FIRST, EARLY, LATE = 50, 100, 200
TINY = 1e-30  # once descent has ended
END = 200.0  # times lam
METHODS = {"descent": GradientDescent, "coordinate": CoordinateDescent, "adam": Adam}


@simulates(LeastSquaresDescent, cost=2e-3, block=256)
def least_squares_descent(*, n: int, p: int, lam: float, eta: float, r0: float, time: float, mode: int,
                          optimiser: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Data and starts of their own."""
    xp, X, y = rng.xp, rng.normal((trials, n, p)), rng.normal((trials, n))
    start = r0 * rng.unit((trials, p))
    values = xp.linalg.svdvals(X)
    X = X * (lam * n) ** 0.5 / values[:, :1, None]
    largest, smallest = (xp.linalg.svdvals(X)[:, at] ** 2 / n for at in (0, -1))
    method: Optimiser = METHODS[optimiser](eta)
    (path,) = visited(Linear(), (start,), X, y, method, range(1, LATE + 1), rng.child("path"))
    trained = train(Linear(), (start,), X, y, method, CONVERGED, rng.child("training"))
    (limit,) = trained.parameters
    moves = [xp.linalg.vector_norm(path[:, t - 1, :] - path[:, t - 2, :], axis=-1) for t in (EARLY, LATE)]
    open_end = xp.linalg.vector_norm(slope(limit, X, y), axis=-1) / smallest
    return {
        "X": X, "y": y, "start": start, "path": path[:, :FIRST, :], "limit": limit,
        "stopped": rng.asarray(trained.reason), "limit_error": open_end,
        **along(X, mode, start, path, limit, open_end),
        "start_slope2": xp.sum(slope(start, X, y) ** 2, axis=-1),
        "growth": xp.log((moves[1] + TINY) / (moves[0] + TINY)), "smallest": smallest, "largest": largest,
        "start_loss": loss(start, X, y), **flowed(start, X, y, time, max(END / lam, 2 * time), smallest, largest),
    }


def along(X: Array, mode: int, start: Array, path: Array, limit: Array, open_end: Array) -> dict[str, Array]:
    """What is left of the way to the limit along a right singular vector of X.   Shapes: path (B, 50, p)."""
    xp = namespace(X)
    v = xp.linalg.svd(X, full_matrices=False)[2]
    at = min(mode, v.shape[1]) - 1
    whole = xp.sum((start - limit) * v[:, at, :], axis=1)
    chosen = xp.stack([path[:, t - 1, :] for t in STEPS], axis=1)
    left = xp.sum((chosen - limit[:, None, :]) * v[:, at : at + 1, :], axis=2) / whole[:, None]
    rounding = 1e2 * X.shape[2] * xp.finfo(X.dtype).eps * xp.linalg.vector_norm(start - limit, axis=1)
    ends = xp.all(xp.isfinite(left), axis=1)  # descent that diverges has no limit
    error = xp.where(ends, 2 * (open_end + rounding) / xp.abs(whole), xp.inf)
    return {"remaining": xp.where(ends[:, None], left, xp.zeros_like(left)), "mode_error": error}


def loss(w: Array, X: Array, y: Array) -> Array:
    return HALF_SQUARE.value(Linear().forward((w,), X)[0], y)


def slope(w: Array, X: Array, y: Array) -> Array:
    f, pull = Linear().forward((w,), X)
    return pull(HALF_SQUARE.slope(f, y))[0]


def flowed(start: Array, X: Array, y: Array, time: float, end: float, smallest: Array,
           largest: Array) -> dict[str, Array]:
    """The flow's loss at the time, its length up to the end, and their errors."""

    xp = namespace(X)

    def velocity(_: Array, state: Array) -> Array:
        g = slope(state[:, :-1], X, y)
        return xp.concat([-g, xp.linalg.vector_norm(g, axis=-1, keepdims=True)], axis=1)

    begin = xp.concat([start, 0.0 * start[:, :1]], axis=1)
    (early, early_error), (late, late_error) = certified(velocity, begin, [time, end])
    w, rest = early[:, :-1], xp.linalg.vector_norm(slope(late[:, :-1], X, y), axis=-1)
    moved = early_error * w.shape[1] ** 0.5
    steep = xp.linalg.vector_norm(slope(w, X, y), axis=-1)
    return {
        "flow_loss": loss(w, X, y), "loss_error": steep * moved + largest / 2 * moved**2,
        "length": late[:, -1], "length_error": late_error + rest / smallest,
    }

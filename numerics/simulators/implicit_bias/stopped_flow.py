"""Gradient flow stopped early, as the matrix that it applies to the outputs, against ridge regression."""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.activations import IDENTITY
from numerics.networks.models import Dense
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.losses import HALF_SQUARE
from numerics.training.many_flows import Velocity, followed
from theory.settings.implicit_bias.least_squares import StoppedFlow


@simulates(StoppedFlow, cost=1e-3, block=512)
def stopped_flow(*, n: int, p: int, time: float, pace: float, spread: float, r2: float, s2: float, trials: int,
                 rng: Stream) -> dict[str, Array]:
    """Risks with the noise averaged in closed form: a linear estimator maps noise as it maps the unit vectors."""
    xp = rng.xp
    U, values, Vt = xp.linalg.svd(rng.normal((trials, n, p)), full_matrices=False)
    shaped = (values / values[:, :1]) ** spread * n**0.5
    X = (U * shaped[:, None, :]) @ Vt
    beta = r2**0.5 * rng.unit((trials, p))
    noise = xp.broadcast_to(rng.asarray(np.eye(n)), (trials, n, n))
    targets = xp.concat([X @ beta[:, :, None], noise], axis=2)
    ridge = ridge_of(X, targets, pace / time, rng.asarray(np.eye(p)))
    below = risks(xp.matrix_transpose(ridge), X, beta, s2)
    ratios = []
    for rtol in (1e-9, 3e-8):
        begin = rng.asarray(np.zeros((trials, p * (n + 1))))
        flow = followed(velocity_of(X, targets), begin, [time], rtol=rtol, atol=rtol / 1000)[0]
        risk = risks(xp.reshape(flow, (trials, n + 1, p)), X, beta, s2)
        ratios.append([a / b for a, b in zip(risk, below, strict=True)])
    changes = [xp.abs(a - b) for a, b in zip(*ratios, strict=True)]
    return {"estimation": ratios[0][0], "in_sample": ratios[0][1], "ratio_error": changes[0] + changes[1]}


def velocity_of(X: Array, targets: Array) -> Velocity:
    """−∇ of (1/2n) ‖Y − XB‖² for all columns of Y at once."""
    xp, model = namespace(X), Dense((IDENTITY,))
    trials, n, p = X.shape

    def velocity(_: Array, state: Array) -> Array:
        f, pull = model.forward((xp.reshape(state, (trials, n + 1, p)),), X)
        return -xp.reshape(pull(HALF_SQUARE.slope(f, targets))[0], (trials, -1))

    return velocity


def ridge_of(X: Array, targets: Array, penalty: float, eye: Array) -> Array:
    """Minimisers of (1/n) ‖y − Xb‖² + penalty ‖b‖² for every column y.   Shapes: -> (trials, p, columns)."""
    xp, n = namespace(X), X.shape[1]
    gram = xp.matrix_transpose(X) @ X / n + penalty * eye
    return xp.linalg.solve(gram, xp.matrix_transpose(X) @ targets / n)


def risks(maps: Array, X: Array, beta: Array, s2: float) -> tuple[Array, Array]:
    """E‖b − β‖² and E‖X(b − β)‖²/n, the first row of a map being what it makes of Xβ, the others of unit noise.

    Shapes: maps (trials, n + 1, p) -> (trials,), (trials,).
    """
    xp, n = namespace(X), X.shape[1]
    rows = xp.concat([maps[:, :1, :] - beta[:, None, :], s2**0.5 * maps[:, 1:, :]], axis=1)
    seen = rows @ xp.matrix_transpose(X)
    return xp.sum(rows**2, axis=(1, 2)), xp.sum(seen**2, axis=(1, 2)) / n

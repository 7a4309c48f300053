"""Minima of the regularised logistic loss on features of different strength, and how they move with the strongest."""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.models import Linear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.losses import LOGISTIC
from numerics.training.newton import Objective, minimised
from theory.settings.implicit_bias.starved import STRENGTHS, CoupledPair, StarvedFeatures

STEP = 1e-3  # of the differences in s_1², relative


@simulates(StarvedFeatures, cost=2e-3, block=512)
def starved_features(*, n: int, lam: float, mixing: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Bases and strengths of their own."""
    xp, eye = rng.xp, rng.asarray(np.eye(n))
    U = xp.linalg.qr((1 - mixing) * eye + mixing * rng.normal((trials, n, n)))[0]
    U = U * xp.sign(xp.linalg.diagonal(U) + 1e-300)[:, None, :]
    s = 2.0 ** (2 * rng.uniform((trials, n)) - 1)
    z, rest = minimum(U, s, lam, eye)
    fine, coarse = (slopes(U, s, lam, eye, width) for width in (STEP, 2 * STEP))
    a = 1 / (1 + xp.exp(xp.sum(U * z[:, None, :], axis=2)))
    return {
        "U": U, "s": s, "a": a, "z": z, "slopes": fine, "slope2": fine[:, 1],
        "pull": xp.sum(U[:, :, 0] * a, axis=1),
        "coupling": xp.sum(U[:, :, 0] * U[:, :, 1] / (a * (1 - a)), axis=1),
        "newton_error": rest, "slope_error": xp.max(xp.abs(fine - coarse), axis=1) + 1e-9,
    }


@simulates(CoupledPair, cost=1e-3, block=64)
def coupled_pair(*, lam: float, coupling: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The same in every trial."""
    c, d = (1 - coupling**2) ** 0.5, coupling
    U = rng.xp.broadcast_to(rng.asarray([[c, d], [-d, c]]), (trials, 2, 2))
    found = [minimum(U, rng.asarray([[s, 1.0]] * trials), lam, rng.asarray(np.eye(2))) for s in STRENGTHS]
    z, rest = (rng.xp.stack(list(parts), axis=1) for parts in zip(*found, strict=True))
    return {"U": U, "z_2": z[:, :, 1], "newton_error": rng.xp.max(rest, axis=1)}


def slopes(U: Array, s: Array, lam: float, eye: Array, width: float) -> Array:
    """Central differences of the responses in s_1².   Shapes: -> (trials, n)."""
    square = s[:, :1] ** 2
    ends = [minimum(U, namespace(s).concat([(square * (1 + sign * width)) ** 0.5, s[:, 1:]], axis=1), lam, eye)[0]
            for sign in (1, -1)]
    return (ends[0] - ends[1]) / (2 * width * square)


def minimum(U: Array, s: Array, lam: float, eye: Array) -> tuple[Array, Array]:
    """Responses at the minimum, and what the last gradient leaves open.

    Shapes: U (trials, n, n), s (trials, n) -> (trials, n), (trials,).
    """
    xp, (_, n) = namespace(U), s.shape
    features, model = U * s[:, None, :], Linear()
    ones = s * 0.0 + 1.0

    def value(theta: Array) -> Array:
        return n * LOGISTIC.value(model.forward((theta,), features)[0], ones) + lam / 2 * xp.sum(theta**2, axis=1)

    def slope(theta: Array) -> Array:
        f, pull = model.forward((theta,), features)
        return n * pull(LOGISTIC.slope(f, ones))[0] + lam * theta

    def hessian(theta: Array) -> Array:
        f, _ = model.forward((theta,), features)
        weights = 1 / (2 + xp.exp(f) + xp.exp(-f))
        return xp.matrix_transpose(features) @ (weights[:, :, None] * features) + lam * eye

    theta = minimised(Objective(value, slope, hessian), 0.0 * s)
    rest = xp.linalg.vector_norm(slope(theta), axis=1) / lam
    return s * theta, rest * xp.max(s, axis=1)

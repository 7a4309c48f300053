"""Shallow ReLU networks of one input, trained with a price on their weights, near to data or through them."""

from dataclasses import replace

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.shallow_relu import PenalisedFit, Weights, best, gathered, interpolating, trained
from theory.settings.regularisation.shallow import LineFit, LineInterpolation

STARTS, TRIES = 2, 3
WEAK = 0.003  # the price at which an interpolating network is looked for
MET = 1e-10
SENSITIVE = 200  # what a missed rest may do to a price: slopes change by twice it over a gap of 0.35 at least, N times


def points(N: int, trials: int, rng: Stream) -> tuple[Array, Array]:
    """x and y of every data set.   Shapes: -> (trials, N), (trials, N)."""
    xp = rng.xp
    gaps = 2 / (N - 1) * (0.7 + 0.6 * rng.uniform((trials, N - 1)))
    changes = rng.signs((trials, N - 2)) * (0.5 + 2 * rng.uniform((trials, N - 2)))
    slopes = xp.cumulative_sum(xp.concat([rng.normal((trials, 1)), changes], axis=1), axis=1)
    x, y = (xp.concat([0 * gaps[:, :1], xp.cumulative_sum(steps, axis=1)], axis=1) for steps in (gaps, slopes * gaps))
    return x - xp.mean(x, axis=1, keepdims=True), y - xp.mean(y, axis=1, keepdims=True)


def fit_of(x: Array, y: Array, lam: float, biases: str, skip: str, rng: Stream) -> PenalisedFit:
    """Inputs (x, 1), so that the last weight of a neuron is its bias."""
    xp = rng.xp
    inputs = xp.stack([x, xp.ones_like(x)], axis=-1)
    free = xp.stack([xp.ones_like(x), x], axis=-1)[..., : 1 if skip == "none" else 2]
    charged = rng.asarray(np.array([1.0, 1.0 if biases == "priced" else 0.0]))
    return PenalisedFit(inputs, y, lam, charged, xp.linalg.qr(free)[0])


def path_of(weights: Weights) -> Array:
    """Σ |v_k w_k|."""
    return namespace(weights[1]).sum(namespace(weights[1]).abs(weights[1] * weights[0][..., 0]), axis=1)


@simulates(LineFit, cost=lambda N, m: 6e-5 * N * m, block=128)
def line_fit(*, N: int, m: int, lam: float, biases: str, trials: int, rng: Stream) -> dict[str, Array]:
    """c and c₀ are at their best for any neurons, so they are fitted exactly."""
    xp, (x, y) = rng.xp, points(N, trials, rng)
    fit = fit_of(xp.repeat(x, STARTS, axis=0), xp.repeat(y, STARTS, axis=0), lam, biases, "linear", rng)
    (W, v), loss = best(fit, trained(fit, m, rng), STARTS)
    price = (xp.sum(W[..., 0] ** 2, axis=1) + xp.sum(v**2, axis=1)) / 2
    rounding = 8 * (N + 2 * m) * xp.finfo(y.dtype).eps * (loss + price + xp.sum(y**2, axis=1))
    return {"x": x, "y": y, "loss": loss, "price": price, "path": path_of((W, v)), "rounding": rounding}


@simulates(LineInterpolation, cost=lambda N, m: 9e-5 * N * m, block=128)
def line_interpolation(*, N: int, m: int, skip: str, biases: str, trials: int, rng: Stream) -> dict[str, Array]:
    """The network of least price among those that meet the data; beside it one that nobody trained."""
    xp, (x, y) = rng.xp, points(N, trials, rng)
    fit = fit_of(xp.repeat(x, TRIES, axis=0), xp.repeat(y, TRIES, axis=0), WEAK, biases, skip, rng)
    weights = interpolating(fit, gathered(fit, trained(fit, m, rng)))
    missed = xp.max(xp.abs(fit.residual(weights)[0]), axis=1)
    price = xp.where(missed < MET, fit.penalty(weights), xp.full_like(missed, 1e6))
    price, least = (xp.reshape(part, (trials, TRIES)) for part in (price, missed))
    alone = fit_of(x, y, WEAK, biases, skip, rng)
    W = rng.normal((trials, m, 2))
    plain = interpolating(replace(alone, charged=0 * alone.charged + 1), (W, xp.ones_like(W[..., 0])))
    rest = xp.max(xp.abs(alone.residual(plain)[0]), axis=1)
    met = (xp.min(least, axis=1) < MET) & (rest < MET)
    price = xp.min(price, axis=1)
    doubt = SENSITIVE * N * MET + 1e-12 * (price + path_of(plain))
    return {"x": x, "y": y, "price": price, "untrained": path_of(plain), "doubt": doubt, "interpolates": met}

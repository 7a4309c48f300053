"""LASSO fits on many designs at once, certified by their duality gap; what they measure comes less controls."""

from dataclasses import dataclass

from numerics.arrays import Array, namespace
from numerics.lasso.certificate import what_is_left
from numerics.lasso.controls import Fitted, coefficients, controls, steepness
from numerics.lasso.fit import lasso_fit, times
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.min_norm import LassoRegression

PILOT_P, PILOTS = 30, 192


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: its share of the pilot, sweeps over p columns, a p × p solution and two inverses."""
    return 1.5e-4 + 1.1e-7 * n * p + 6e-10 * p**3


@dataclass(frozen=True)
class Model:
    """The parameters beside the sizes."""

    eps: float
    mu: float
    s2: float
    lam: float
    c: float


@simulates(LassoRegression, cost=cost, block=256)
def lasso_regression(*, n: int, p: int, eps: float, mu: float, s2: float, lam: float, c: float,
                     trials: int, rng: Stream) -> dict[str, Array]:
    """Draws design, signal and noise; a fit stops at a duality gap of 1e-10·‖y‖², or after 960 sweeps.

    The coefficients of the controls come from draws of their own, at no more than 30 coordinates, so that the means
    are those of error and support themselves.
    """
    xp, model = rng.xp, Model(eps, mu, s2, lam, c)
    few = min(p, PILOT_P)
    pilot, _ = fits(max(1, round(n * few / p)), few, model, PILOTS, rng.child("pilot"))
    weights = coefficients(measured(pilot), controls(pilot))
    of, gap = fits(n, p, model, trials, rng)
    left = what_is_left(of.features, of.labels, of.fit, gap, lam)
    values = measured(of) - controls(of) @ weights
    drift = (left.apart * steepness(of))[:, None] * xp.sum(xp.abs(weights), axis=0)
    drift = xp.where(xp.any(left.doubtful, axis=-1)[:, None], xp.full_like(drift, xp.inf), drift)
    wrong = xp.linalg.vector_norm(of.wrong, axis=-1)
    doubtful = xp.mean(xp.astype(left.doubtful, rng.machine.dtype), axis=-1)
    return {
        "mse": values[:, 0],
        "support": values[:, 1],
        "apart": (2 * wrong + left.apart) * left.apart / p + drift[:, 0],
        "doubtful": doubtful + drift[:, 1],
    }


def fits(n: int, p: int, model: Model, trials: int, rng: Stream) -> tuple[Fitted, Array]:
    """Draws and their fits, and the duality gap of each."""
    xp = rng.xp
    features = drawn_features(n, p, model.c, trials, rng)
    spikes = xp.floor(model.eps * p + rng.uniform((trials, 1)))  # the first coordinates are as good as any
    place = xp.arange(p, dtype=rng.machine.dtype, device=rng.machine.place)[None, :]
    signal = model.mu * rng.signs((trials, p)) * xp.astype(place < spikes, rng.machine.dtype)
    noise = model.s2**0.5 * rng.normal((trials, n))
    fit, gap = lasso_fit(features, noise + times(features, signal), model.lam)
    return Fitted(features, signal, noise, fit, model.s2, model.c, model.lam), gap


def drawn_features(n: int, p: int, c: float, trials: int, rng: Stream) -> Array:
    """Features with a common part of variance c and parts of their own.   Shapes: -> (trials, n, p)."""
    own = rng.normal((trials, n, p))
    return ((1 - c) ** 0.5 * own + c**0.5 * rng.normal((trials, n, 1)) if c else own) / n**0.5


def measured(of: Fitted) -> Array:
    """‖fit − signal‖²/p and the share of the coordinates that are kept.   Shapes: -> (trials, 2)."""
    xp = namespace(of.fit)
    return xp.stack([xp.mean(of.wrong**2, axis=-1), xp.mean(of.mask, axis=-1)], axis=-1)

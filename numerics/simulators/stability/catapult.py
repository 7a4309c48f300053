"""Gradient descent on a two-layer linear network with one sample, many runs at once."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability.networks import Catapult

STEPS, EARLY = 600, 3
FAR = 1e6
DIVERGED = 10.0


def trial_seconds(*, n: int) -> float:
    """Some operations on the weights in each step."""
    return 1e-4 + 2e-5 * n


@simulates(Catapult, cost=trial_seconds, block=192)
def catapult(*, n: int, lam0: float, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Runs to their end, with what they do early on."""
    xp, u, v = rng.xp, rng.normal((n, trials)), rng.normal((n, trials))
    scale = xp.sqrt(lam0 / tangent_kernel(u, v))
    u, v = u * scale, v * scale
    early: dict[str, Array] = {"start_f": output(u, v)}
    for k in range(STEPS):
        if k in (EARLY, EARLY + 1):
            prefix = "" if k == EARLY else "next_"
            early |= {f"{prefix}f": output(u, v), f"{prefix}lam": tangent_kernel(u, v)}
        u, v = step(u, v, eta)
    final, diverged = tangent_kernel(u, v), ~(xp.abs(output(u, v)) < FAR)
    return {
        **early,
        "final": xp.where(diverged, DIVERGED, eta * final),
        "change": xp.where(diverged, 1.0, xp.abs(final - lam0) / lam0),
    }


def output(u: Array, v: Array) -> Array:
    """f = n^(−½) u·v.   Shapes: (n, trials) -> (trials,)."""
    return namespace(u).sum(u * v, axis=0) / u.shape[0] ** 0.5


def tangent_kernel(u: Array, v: Array) -> Array:
    """(‖u‖² + ‖v‖²)/n.   Shapes: (n, trials) -> (trials,)."""
    return namespace(u).sum(u**2 + v**2, axis=0) / u.shape[0]


def step(u: Array, v: Array, eta: float) -> tuple[Array, Array]:
    """Gradient descent on f²/2; a run that has diverged stays where it is."""
    xp, f = namespace(u), output(u, v)
    pull = xp.where(xp.abs(f) < FAR, eta * f, xp.zeros_like(f)) / u.shape[0] ** 0.5
    return u - pull * v, v - pull * u

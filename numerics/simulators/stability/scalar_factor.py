"""Gradient descent on ½(uv − 1)², many runs at once."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability.cycles import ScalarFactor

STEPS = 6000
FAR = 100.0
SMALL, CLEAR = 1e-9, 1e-3


@simulates(ScalarFactor, cost=3e-4, block=768)
def scalar_factor(*, eta: float, spread: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Runs, with the derivative of their last two steps, and the Hessian at a minimum."""
    xp = rng.xp
    u0, v0, a = 1 + spread * rng.normal(trials), 1 + spread * rng.normal(trials), xp.exp(rng.normal(trials))
    u, v = u0, v0
    for _ in range(STEPS - 2):
        u, v = step(u, v, eta)
    middle = step(u, v, eta)
    end = step(*middle, eta)
    escaped = (xp.abs(end[0]) >= FAR) | (xp.abs(end[1]) >= FAR)
    along, across = (tangent(u, v, middle, sign, eta) for sign in (1.0, -1.0))
    first, residual = step(u0, v0, eta), xp.abs(end[0] * end[1] - 1)
    unrest = xp.abs(end[0] - u) + xp.abs(end[1] - v)
    at_end = {
        "curvature": end[0] ** 2 + end[1] ** 2, "oscillation": residual, "unrest": unrest,
        "upper": xp.maximum(xp.abs(end[0]), xp.abs(middle[0])), "lower": xp.minimum(xp.abs(end[0]), xp.abs(middle[0])),
        "gap": xp.abs(xp.abs(end[0]) - xp.abs(end[1])),
        "longitudinal": (along[0] + along[1]) / 2, "transverse": (across[0] - across[1]) / 2,
    }
    return {
        "u": u0, "v": v0, "a": a, "next_D": first[0] ** 2 - first[1] ** 2, "next_difference": first[0] - first[1],
        "sharpness": xp.linalg.eigvalsh(hessian(a, 1 / a))[:, -1],
        "converged": ~escaped & (residual < SMALL), "cycling": ~escaped & (unrest < SMALL) & (residual > CLEAR),
        **{name: xp.where(escaped, xp.ones_like(u), value) for name, value in at_end.items()},
    }


def step(u: Array, v: Array, eta: float) -> tuple[Array, Array]:
    """(u, v) − η∇L; a run that has escaped stays where it is."""
    xp, residual = namespace(u), u * v - 1
    near = (xp.abs(u) < FAR) & (xp.abs(v) < FAR)
    return xp.where(near, u - eta * residual * v, u), xp.where(near, v - eta * residual * u, v)


def tangent(u: Array, v: Array, middle: tuple[Array, Array], sign: float, eta: float) -> tuple[Array, Array]:
    """What two steps make of an infinitesimal displacement along (1, sign)."""
    du, dv = namespace(u).ones_like(u), sign * namespace(u).ones_like(u)
    for x, y in ((u, v), middle):
        matrix = hessian(x, y)
        du, dv = (du - eta * (matrix[:, 0, 0] * du + matrix[:, 0, 1] * dv),
                  dv - eta * (matrix[:, 1, 0] * du + matrix[:, 1, 1] * dv))
    return du, dv


def hessian(u: Array, v: Array) -> Array:
    """Second derivatives of L.   Shapes: (trials,) -> (trials, 2, 2)."""
    xp, mixed = namespace(u), 2 * u * v - 1
    return xp.stack([xp.stack([v**2, mixed], axis=-1), xp.stack([mixed, u**2], axis=-1)], axis=-2)

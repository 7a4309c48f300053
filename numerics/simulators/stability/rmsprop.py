"""RMSprop, and Adam, with constant step on a parabola."""

import math

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability.cycles import ScalarRMSprop

MEMORIES = 80
State = tuple[Array, Array, Array]


def trial_seconds(*, b2: float) -> float:
    """Many steps of a few operations, shared by a block."""
    return 5e-8 * steps(b2)


@simulates(ScalarRMSprop, cost=trial_seconds, block=768)
def scalar_rmsprop(*, h: float, b2: float, eta: float, eps: float, beta1: float, trials: int,
                   rng: Stream) -> dict[str, Array]:
    """Runs from near the cycle, and the derivative of a step at their end."""
    xp = rng.xp
    x = eta / 2 * 2.0 ** (2 * rng.uniform(trials) - 1) * rng.signs(trials)
    state = x, (h * eta / 2) ** 2 * 10.0 ** (2 * rng.uniform(trials) - 1), xp.zeros_like(x)
    for _ in range(steps(b2)):
        state = step(state, h, b2, eta, eps, beta1)
    at, v, _ = state
    one, zero = xp.ones_like(x), xp.zeros_like(x)
    xx, vx = derivative(at, v, one, zero, h, b2, eta, eps)
    xv, vv = derivative(at, v, zero, one, h, b2, eta, eps)
    trace, determinant = vv - xx, xv * vx - xx * vv  # of the step followed by x ↦ −x
    return {
        "start": x, "amplitude": xp.abs(at), "sharpness": h / (xp.sqrt(v) + eps), "trace": trace,
        "determinant": determinant, "radius": radius(trace, determinant),
    }


def steps(b2: float) -> int:
    """Steps after which b2 to half their number is negligible."""
    return math.ceil(MEMORIES / -math.log(b2))


def step(state: State, h: float, b2: float, eta: float, eps: float, beta1: float) -> State:
    """A step of Adam without bias correction on (x, v, m)."""
    x, v, m = state
    g = h * x
    m, v = beta1 * m + (1 - beta1) * g, b2 * v + (1 - b2) * g**2
    return x - eta * m / (namespace(x).sqrt(v) + eps), v, m


def derivative(x: Array, v: Array, dx: Array, dv: Array, h: float, b2: float, eta: float,
               eps: float) -> tuple[Array, Array]:
    """What a step at beta1 = 0 makes of an infinitesimal change of x and v, rule by rule."""
    g, dg = h * x, h * dx
    after, d_after = b2 * v + (1 - b2) * g**2, b2 * dv + (1 - b2) * 2 * g * dg
    root = namespace(x).sqrt(after)
    d_root = d_after / (2 * root)
    return dx - eta * (dg * (root + eps) - g * d_root) / (root + eps) ** 2, d_after


def radius(trace: Array, determinant: Array) -> Array:
    """The largest modulus of a root of z² − trace·z + determinant.   Shapes: (trials,) -> (trials,)."""
    xp, disc = namespace(trace), trace**2 / 4 - determinant
    real = xp.abs(trace) / 2 + xp.sqrt(xp.where(disc > 0, disc, xp.zeros_like(disc)))
    return xp.where(disc > 0, real, xp.sqrt(xp.abs(determinant)))

"""Sharpness-aware minimisation on quadratics; the trial is the last axis."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.simulators.stability.momentum import matmul, times
from numerics.streams import Stream
from theory.settings.stability.cycles import QuadraticSAM, SAMCycle, SAMStep

STEPS = 2000
SMALLEST = 0.2  # least eigenvalue over the largest
BLOCK = 768


@simulates(QuadraticSAM, cost=2e-4, block=BLOCK)
def quadratic_sam(*, d: int, h: float, r: float, eta: float, rho: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Runs on quadratics of their own."""
    xp = rng.xp
    others = SMALLEST + (r - SMALLEST) * rng.uniform((d - 2, trials))
    one = xp.ones_like(rng.uniform((1, trials)))
    hessian, basis = rotation(h * xp.concat([one, r * one, others]), rng)
    start = w = rho * rng.normal((d, trials))
    for _ in range(STEPS):
        w = step(hessian, w, eta, rho)
    length = norm(w)
    return {"start": start.T, "amplitude": length,
            **{name: xp.abs(xp.sum(basis[:, k, :] * w, axis=0)) / length for k, name in enumerate(("first", "second"))}}


@simulates(SAMCycle, cost=2e-4, block=BLOCK)
def sam_cycle(*, h: float, r: float, eta: float, rho: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Runs on an axis, and the derivative across it at their end."""
    xp, start = rng.xp, rho * rng.normal(trials)
    zero = xp.zeros_like(start)
    hessian = xp.stack([xp.stack([h + zero, zero]), xp.stack([zero, r * h + zero])])
    w = xp.stack([start, zero])
    for _ in range(STEPS):
        w = step(hessian, w, eta, rho)
    multiplier = tangent(hessian, w, xp.stack([zero, zero + 1]), eta, rho)[1, :]
    return {"start": start, "multiplier": multiplier, "log_multiplier": xp.log(xp.abs(multiplier))}


@simulates(SAMStep, cost=1e-4, block=BLOCK)
def sam_step(*, d: int, h: float, eta: float, rho: float, g: float, method: str, trials: int,
             rng: Stream) -> dict[str, Array]:
    """One step from a point whose gradient is known."""
    xp, ones = rng.xp, rng.uniform((1, trials)) * 0 + 1
    hessian, basis = rotation(h * xp.concat([ones, rng.uniform((d - 1, trials))]), rng)
    w = g / h * basis[:, 0, :]
    before = times(hessian, w)
    after = times(hessian, step(hessian, w, eta, rho if method == "normalised" else rho * norm(before)))
    return {"direction": basis[:, 0, :].T, "growth": xp.log(norm(after) / norm(before))}


def step(hessian: Array, w: Array, eta: float, rho: Array | float) -> Array:
    """w − η∇L(w + ρ g/‖g‖).   Shapes: hessian (d, d, trials), w (d, trials) -> (d, trials)."""
    g = times(hessian, w)
    return w - eta * times(hessian, w + rho * g / norm(g))


def tangent(hessian: Array, w: Array, dw: Array, eta: float, rho: float) -> Array:
    """What a step makes of an infinitesimal displacement dw.   Shapes: like `step`."""
    xp, g, dg = namespace(w), times(hessian, w), times(hessian, dw)
    unit = g / norm(g)
    turned = (dg - unit * xp.sum(unit * dg, axis=0)) / norm(g)
    return dw - eta * times(hessian, dw + rho * turned)


def norm(w: Array) -> Array:
    """Shapes: (d, trials) -> (trials,)."""
    return namespace(w).linalg.vector_norm(w, axis=0)


def rotation(values: Array, rng: Stream) -> tuple[Array, Array]:
    """Symmetric matrices of these eigenvalues in random bases, and the bases, eigenvectors along the second axis.

    Shapes: (d, trials) -> (d, d, trials), (d, d, trials).
    """
    xp, (d, trials) = rng.xp, values.shape
    basis = xp.permute_dims(xp.linalg.qr(rng.normal((trials, d, d))).Q, (1, 2, 0))
    return matmul(basis * values[None, :, :], xp.permute_dims(basis, (1, 0, 2))), basis

"""Flows of many models at once, each with steps of its own: the pair of Dormand and Prince, of orders 5 and 4.

Explicit, so for problems that are not stiff; `numerics.training.flow` has SciPy's solvers, one model at a time.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from numerics.arrays import Array, namespace
from theory.errors import BadSample

Velocity: TypeAlias = Callable[[Array, Array], Array]

STAGES = (
    (1 / 5, (1 / 5,)),
    (3 / 10, (3 / 40, 9 / 40)),
    (4 / 5, (44 / 45, -56 / 15, 32 / 9)),
    (8 / 9, (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729)),
    (1.0, (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656)),
    (1.0, (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84)),
)
APART = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # of the two orders
SHORTEST = 1e-15  # of a step, relative to the time to reach
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0


def followed(velocity: Velocity, state: Array, times: Sequence[float], *, rtol: float, atol: float) -> list[Array]:
    """The states at ascending times from time 0 on; a step's error stays below atol + rtol·|state|, root mean square.

    Shapes: state (B, k), velocity: times (B,), states (B, k) -> (B, k).   Raises BadSample where steps vanish.
    """
    xp, nothing = namespace(state), 0.0 * state[:, 0]
    slope, found, before = velocity(nothing, state), [], 0.0
    size = 1e-3 * (atol + rtol**0.5 * _size(state)) / (atol + _size(slope)) + 1e-12
    with np.errstate(all="ignore"):  # a step that overflows is tried again, shorter
        for target in times:
            left, before = target - before + nothing, target
            while bool(xp.any(left > 0)):
                if bool(xp.any((left > 0) & (size < SHORTEST * target))):
                    raise BadSample(f"a flow takes steps below {SHORTEST:g} of {target:g}; does it escape to infinity?")
                left, state, slope, size = _advanced(velocity, target, left, state, slope, size, rtol, atol)
            found.append(state)
    return found


def certified(velocity: Velocity, state: Array, times: Sequence[float], *, rtol: float = 1e-9,
              atol: float = 1e-12) -> list[tuple[Array, Array]]:
    """States, and their largest change in any component against a run at thirty times the tolerances."""
    xp = namespace(state)
    fine, coarse = (followed(velocity, state, times, rtol=c * rtol, atol=c * atol) for c in (1, 30))
    return [(a, xp.max(xp.abs(a - b), axis=1)) for a, b in zip(fine, coarse, strict=True)]


def _advanced(velocity: Velocity, target: float, left: Array, state: Array, slope: Array, size: Array, rtol: float,
              atol: float) -> tuple[Array, Array, Array, Array]:
    """What is left to the target, states, slopes and wished sizes after a step, taken where its error allows."""
    xp, step = namespace(state), namespace(state).minimum(size, left)
    moved, last, apart = _step(velocity, target - left, state, slope, step)
    error = _size(apart / (atol + rtol * xp.maximum(xp.abs(state), xp.abs(moved))))
    error = xp.where(xp.isfinite(error), error, 1e9 + 0.0 * left)
    taken = (error <= 1) & (left > 0)
    wanted = step * xp.clip(SAFETY * (error + 1e-10) ** -0.2, SHRINK, GROW)
    wanted = xp.where(taken & (step < size), xp.maximum(wanted, size), wanted)
    pick = taken[:, None]
    return (xp.where(taken, left - step, left), xp.where(pick, moved, state), xp.where(pick, last, slope),
            xp.where(left > 0, wanted, size))


def _step(velocity: Velocity, t: Array, state: Array, slope: Array, step: Array) -> tuple[Array, Array, Array]:
    """The state after a step, the slope there, and how far the lower order is from it."""
    slopes, moved = [slope], state
    for place, weights in STAGES:
        moved = state + step[:, None] * _mixed(weights, slopes)
        slopes.append(velocity(t + place * step, moved))
    return moved, slopes[-1], step[:, None] * _mixed(APART, slopes)


def _mixed(weights: Sequence[float], slopes: Sequence[Array]) -> Array:
    total = weights[0] * slopes[0]
    for weight, slope in zip(weights[1:], slopes[1:], strict=True):
        if weight:
            total = total + weight * slope
    return total


def _size(array: Array) -> Array:
    """Root mean square.   Shapes: (B, k) -> (B,)."""
    xp = namespace(array)
    return xp.sqrt(xp.mean(array**2, axis=1))

"""Least points of smooth convex objectives by damped Newton steps, many at once."""

from collections.abc import Callable
from dataclasses import dataclass

from numerics.arrays import Array, namespace

ROUNDS, HALVINGS = 40, 30
STILL, TIE = 16, 64  # roundings: of the weights, of the objective


@dataclass(frozen=True)
class Objective:
    """A strictly convex function of every model's weights.   Shapes: w (B, d) -> (B,), (B, d), (B, d, d)."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    hessian: Callable[[Array], Array]


def minimised(objective: Objective, start: Array) -> Array:
    """Newton steps, halved until they do not raise the objective, until no weight moves by more than rounding.

    Shapes: (B, d) -> (B, d).
    """
    xp, w, eps = namespace(start), start, namespace(start).finfo(start.dtype).eps
    for _ in range(ROUNDS):
        step = -xp.linalg.solve(objective.hessian(w), objective.slope(w)[..., None])[..., 0]
        value = objective.value(w)
        length, most = xp.ones_like(w[:, :1]), value + TIE * eps * (1 + xp.abs(value))
        for _ in range(HALVINGS):
            worse = objective.value(w + length * step) > most
            if not bool(xp.any(worse)):
                break
            length = xp.where(worse[:, None], length / 2, length)
        w = w + length * step
        size = xp.max(xp.abs(w), axis=1, keepdims=True)
        if bool(xp.all(xp.abs(step) <= STILL * eps * (1e-3 + size))):
            break
    return w

"""Gradient methods with momentum, run on quadratics, all trials at once.

The iteration is linear, so that a state may be scaled at any time: `growth` compares the largest state of the last
quarter of the run with that of the second quarter, from the logs of what was scaled away.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.setting import Axis
from theory.settings.stability.momentum import GradientMemory, MomentumDescent, TwoAverages

STRIDE = 8  # steps between two scalings of the state
LOOKS = 128
SMALLEST = 0.1  # least eigenvalue over the largest
CONDITION = 4.0
MEMORIES = 40  # how many times the memory of the slower average a constant gradient lasts
BLOCK = 768

State = tuple[Any, ...]
Step = Callable[[State], State]


@simulates(MomentumDescent, cost=2e-4, block=BLOCK)
def momentum_descent(*, d: int, eta: float, beta: float, lam: Array, method: str, preconditioner: str, trials: int,
                     rng: Stream) -> dict[str, Array]:
    """Runs of the method on quadratics of its own for each trial."""
    hessian, root = random_hessian(d, lam, trials, rng), random_root(d, preconditioner, trials, rng)
    curvature = matmul(matmul(root, hessian), root)  # P^½ A P^½ has the eigenvalues of A once preconditioned
    inverse = rng.xp.permute_dims(rng.xp.linalg.inv(rng.xp.permute_dims(matmul(root, root), (2, 0, 1))), (1, 2, 0))

    def gradient(w: Array) -> Array:
        return times(inverse, times(curvature, w)) if preconditioner == "frozen" else times(curvature, w)

    start = (rng.normal((d, trials)), rng.normal((d, trials)))
    largest = rng.xp.linalg.eigvalsh(rng.xp.permute_dims(curvature, (2, 0, 1)))[:, -1]
    return {
        "start": start[0].T, "stretch": largest / lam,
        "growth": growth(METHODS[method](gradient, eta, beta), start),
    }


@simulates(TwoAverages, cost=2e-4, block=BLOCK)
def two_averages(*, d: int, eta: float, beta1: float, beta3: float, alpha: float, lam: Array, trials: int,
                 rng: Stream) -> dict[str, Array]:
    """Runs on quadratics of its own for each trial."""
    hessian = random_hessian(d, lam, trials, rng)

    def step(state: State) -> State:
        return averaged(state, times(hessian, state[0]), eta, beta1, beta3, alpha)

    start = tuple(rng.normal((d, trials)) for _ in range(3))
    return {"start": start[0].T, "growth": growth(step, start)}


@simulates(GradientMemory, cost=1e-4, block=BLOCK)
def gradient_memory(*, beta1: float, beta3: float, alpha: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The method at rest, driven by one gradient and by a constant one; nothing is random."""
    ages = [int(age) for age in GradientMemory.of_kind(Axis)["age"].values]
    impulse = moves([1.0] + [0.0] * ages[-1], beta1, beta3, alpha)
    constant = moves([1.0] * math.ceil(MEMORIES / (1 - max(beta1, beta3))), beta1, beta3, alpha)
    weight = rng.asarray(np.array([[impulse[age] for age in ages]] * trials))
    return {"weight": weight, "mass": rng.asarray(np.full(trials, constant[-1]))}


def moves(gradients: Sequence[float], beta1: float, beta3: float, alpha: float) -> list[float]:
    """What each step takes off w, at learning rate 1, from rest."""
    fast, slow, taken = 0.0, 0.0, []
    for g in gradients:
        w, fast, slow = averaged((0.0, fast, slow), g, 1.0, beta1, beta3, alpha)
        taken.append(-w)
    return taken


def averaged(state: State, g: Any, eta: float, beta1: float, beta3: float, alpha: float) -> State:
    """A step along two averages of the gradient."""
    w, fast, slow = state
    fast, slow = beta1 * fast + (1 - beta1) * g, beta3 * slow + (1 - beta3) * g
    return w - eta * (fast + alpha * slow), fast, slow


def heavy_ball(gradient: Callable[[Array], Array], eta: float, beta: float) -> Step:
    """w₊ = w − η g(w) + β (w − w₋); the state is (w, w₋)."""
    return lambda state: (state[0] - eta * gradient(state[0]) + beta * (state[0] - state[1]), state[0])


def nesterov(gradient: Callable[[Array], Array], eta: float, beta: float) -> Step:
    """v = w + β (w − w₋), w₊ = v − η g(v); the state is (w, w₋)."""

    def step(state: State) -> State:
        ahead = state[0] + beta * (state[0] - state[1])
        return ahead - eta * gradient(ahead), state[0]

    return step


def average(gradient: Callable[[Array], Array], eta: float, beta: float) -> Step:
    """m₊ = β m + (1 − β) g(w), w₊ = w − η m₊; the state is (w, m)."""

    def step(state: State) -> State:
        m = beta * state[1] + (1 - beta) * gradient(state[0])
        return state[0] - eta * m, m

    return step


METHODS: dict[str, Any] = {"heavy_ball": heavy_ball, "nesterov": nesterov, "average": average}


def growth(step: Step, state: State) -> Array:
    """Log of the growth per step of a linear iteration.   Shapes: states (d, trials) -> (trials,)."""
    xp, total, logs = namespace(state[0]), 0.0, []
    for _ in range(LOOKS):
        for _ in range(STRIDE):
            state = step(state)
        size = xp.max(xp.stack([xp.max(xp.abs(part), axis=0) for part in state]), axis=0)
        size = xp.where(size > 0, size, xp.finfo(size.dtype).smallest_normal)  # gradient descent can end at 0
        state = tuple(part / size for part in state)
        total = total + xp.log(size)
        logs.append(total)
    early, late = (xp.max(xp.stack(logs[begin : begin + LOOKS // 4]), axis=0) for begin in (LOOKS // 4, 3 * LOOKS // 4))
    return (late - early) / (STRIDE * LOOKS // 2)


def random_hessian(d: int, lam: Array, trials: int, rng: Stream) -> Array:
    """Largest eigenvalue lam, the others uniform in [0.1, 1]·lam, random basis.   Shapes: -> (d, d, trials)."""
    xp = rng.xp
    shares = xp.concat([xp.ones_like(lam)[None, :], SMALLEST + (1 - SMALLEST) * rng.uniform((d - 1, trials))])
    return rotated(shares * lam, trials, rng)


def random_root(d: int, preconditioner: str, trials: int, rng: Stream) -> Array:
    """P^½: eigenvalues of P log-uniform in [1/4, 4], random basis; or I.   Shapes: -> (d, d, trials)."""
    xp, exponents = rng.xp, rng.uniform((d, trials)) - 0.5
    return rotated(CONDITION ** (exponents if preconditioner == "frozen" else xp.zeros_like(exponents)), trials, rng)


def rotated(values: Array, trials: int, rng: Stream) -> Array:
    """Symmetric matrices of these eigenvalues in uniformly random bases.   Shapes: (d, trials) -> (d, d, trials)."""
    xp, d = rng.xp, values.shape[0]
    basis = xp.permute_dims(xp.linalg.qr(rng.normal((trials, d, d))).Q, (1, 2, 0))
    return matmul(basis * values[None, :, :], xp.permute_dims(basis, (1, 0, 2)))


def matmul(left: Array, right: Array) -> Array:
    """Shapes: (d, d, trials), (d, d, trials) -> (d, d, trials)."""
    return namespace(left).sum(left[:, :, None, :] * right[None, :, :, :], axis=1)


def times(matrix: Array, vector: Array) -> Array:
    """Shapes: (d, d, trials), (d, trials) -> (d, trials)."""
    return namespace(matrix).sum(matrix * vector[None, :, :], axis=1)

"""Optimisers as maps of (parameters, state), for many models at once; torch.optim's updates where it has them.

`step` is given the gradient of the step's batch as a function, since some ask for it elsewhere than at the parameters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from numerics.arrays import Array, namespace
from numerics.networks.models import Parameters, norm, over

Gradient: TypeAlias = Callable[[Parameters], Parameters]
State: TypeAlias = tuple[Parameters, ...]


class Optimiser(Protocol):
    """`state`: arrays like the parameters, as many sets as it needs; `t` counts steps from 1."""

    def begin(self, parameters: Parameters) -> State: ...

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]: ...


def _zeros(parameters: Parameters) -> Parameters:
    return tuple(0.0 * part for part in parameters)


def _each(function: Callable[..., Array], *sets: Parameters) -> Parameters:
    return tuple(function(*parts) for parts in zip(*sets, strict=True))


@dataclass(frozen=True)
class GradientDescent:
    """w₊ = (1 − η·decay)·w − η g(w); stochastic where batches are."""

    eta: float
    decay: float = 0.0

    def begin(self, parameters: Parameters) -> State:
        return ()

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        kept = tuple((1 - self.eta * self.decay) * w for w in parameters) if self.decay else parameters
        return _each(lambda w, g: w - self.eta * g, kept, gradient(parameters)), ()


@dataclass(frozen=True)
class CoordinateDescent:
    """w₊ = w − η g_j e_j, j the place of the largest |g_j|, for models with one vector of parameters."""

    eta: float

    def begin(self, parameters: Parameters) -> State:
        return ()

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        (w,), (g,) = parameters, gradient(parameters)
        xp = namespace(g)
        steepest = xp.argmax(xp.abs(g), axis=1, keepdims=True)
        chosen = xp.cumulative_sum(xp.ones_like(g), axis=1) - 1 == xp.astype(steepest, g.dtype)
        return (w - self.eta * xp.where(chosen, g, 0 * g),), ()


@dataclass(frozen=True)
class HeavyBall:
    """u₊ = βu + g(w), w₊ = w − ηu₊: w₊ = w − ηg + β(w − w₋)."""

    eta: float
    beta: float = 0.9

    def begin(self, parameters: Parameters) -> State:
        return (_zeros(parameters),)

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        velocity = _each(lambda u, g: self.beta * u + g, state[0], gradient(parameters))
        return _each(lambda w, u: w - self.eta * u, parameters, velocity), (velocity,)


@dataclass(frozen=True)
class Nesterov:
    """a = w + β(w − w₋), w₊ = a − η g(a). torch.optim keeps a in place of w."""

    eta: float
    beta: float = 0.9

    def begin(self, parameters: Parameters) -> State:
        return (parameters,)

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        ahead = self.ahead(parameters, state)
        return _each(lambda a, g: a - self.eta * g, ahead, gradient(ahead)), (parameters,)

    def ahead(self, parameters: Parameters, state: State) -> Parameters:
        """The point at which the next gradient is taken."""
        return _each(lambda w, before: w + self.beta * (w - before), parameters, state[0])


@dataclass(frozen=True)
class RMSprop:
    """v₊ = ρv + (1 − ρ)g², w₊ = w − ηg/(√v₊ + ε)."""

    eta: float
    rho: float = 0.99
    eps: float = 1e-8

    def begin(self, parameters: Parameters) -> State:
        return (_zeros(parameters),)

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        xp, slopes = namespace(parameters[0]), gradient(parameters)
        square = _each(lambda v, g: self.rho * v + (1 - self.rho) * g**2, state[0], slopes)
        moved = _each(lambda w, g, v: w - self.eta * g / (xp.sqrt(v) + self.eps), parameters, slopes, square)
        return moved, (square,)


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction; `amsgrad` divides by the largest second moment so far."""

    eta: float
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    amsgrad: bool = False

    def begin(self, parameters: Parameters) -> State:
        return (_zeros(parameters),) * (3 if self.amsgrad else 2)

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        xp, slopes = namespace(parameters[0]), gradient(parameters)
        mean = _each(lambda m, g: self.beta1 * m + (1 - self.beta1) * g, state[0], slopes)
        square = _each(lambda v, g: self.beta2 * v + (1 - self.beta2) * g**2, state[1], slopes)
        used = _each(xp.maximum, state[2], square) if self.amsgrad else square
        rate, root = self.eta / (1 - self.beta1**t), math.sqrt(1 - self.beta2**t)
        moved = _each(lambda w, m, v: w - rate * m / (xp.sqrt(v) / root + self.eps), parameters, mean, used)
        return moved, (mean, square, used) if self.amsgrad else (mean, square)


@dataclass(frozen=True)
class SharpnessAware:
    """w₊ = w − η g(w + ρ g(w)/‖g(w)‖); `normalised` False leaves the norm out."""

    eta: float
    rho: float
    normalised: bool = True

    def begin(self, parameters: Parameters) -> State:
        return ()

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        slopes = gradient(parameters)
        xp, size = namespace(parameters[0]), norm(slopes)
        reach = self.rho / xp.where(size > 0, size, 0 * size + 1) if self.normalised else self.rho + 0 * size
        worse = _each(lambda w, g: w + over(w, reach) * g, parameters, slopes)
        return _each(lambda w, g: w - self.eta * g, parameters, gradient(worse)), ()


@dataclass(frozen=True)
class NormalisedDescent:
    """w₊ = w − η g/‖g‖, for each model its own norm; no step where g = 0."""

    eta: float

    def begin(self, parameters: Parameters) -> State:
        return ()

    def step(self, parameters: Parameters, state: State, gradient: Gradient, t: int) -> tuple[Parameters, State]:
        slopes = gradient(parameters)
        xp, size = namespace(parameters[0]), norm(slopes)
        rate = self.eta / xp.where(size > 0, size, 0 * size + 1)
        return _each(lambda w, g: w - over(w, rate) * g, parameters, slopes), ()


def chosen(sets: Any, kept: Array) -> Any:
    """Some models of nested tuples of arrays."""
    if isinstance(sets, tuple):
        return tuple(chosen(part, kept) for part in sets)
    return namespace(sets).take(sets, kept, axis=0)

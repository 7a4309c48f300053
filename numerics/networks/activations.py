"""Activation functions with their first two derivatives, on arrays of any backend."""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.arrays import Array, device_of, namespace


@dataclass(frozen=True)
class Activation:
    """φ, φ′ and φ″, each applied to every number. `bent`: φ″ is not zero everywhere; of a kink it is taken as zero.

    `of_value`: φ′ as a function of φ, where that is cheaper.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    curvature: Callable[[Array], Array]
    bent: bool = True
    of_value: Callable[[Array], Array] | None = None


def erf(z: Array) -> Array:
    """The error function, which the array standard lacks."""
    xp = namespace(z)
    if hasattr(xp, "special"):
        return xp.special.erf(z)
    special = importlib.import_module("cupyx.scipy.special" if "cupy" in xp.__name__ else "scipy.special")
    if "strict" in xp.__name__:
        return xp.asarray(special.erf(np.asarray(z)), dtype=z.dtype, device=device_of(z))
    return special.erf(z)


def _logistic(z: Array) -> Array:
    xp = namespace(z)
    small = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1 / (1 + small), small / (1 + small))


def _gaussian(z: Array) -> Array:
    return namespace(z).exp(-(z**2))


def _phi(z: Array) -> Array:
    return namespace(z).exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def _Phi(z: Array) -> Array:
    return (1 + erf(z / math.sqrt(2))) / 2


def _zeros(z: Array) -> Array:
    return namespace(z).zeros_like(z)


def _ones(z: Array) -> Array:
    return namespace(z).ones_like(z)


def _relu(z: Array) -> Array:
    return namespace(z).clip(z, min=0.0)  # `where` takes ten times as long


def _step(z: Array) -> Array:
    return namespace(z).astype(z > 0, z.dtype)


def _softplus(z: Array) -> Array:
    xp = namespace(z)
    return _relu(z) + xp.log1p(xp.exp(-xp.abs(z)))


def _tanh(z: Array) -> Array:
    return namespace(z).tanh(z)


def _tanh_slope(z: Array) -> Array:
    return 1 - _tanh(z) ** 2


def _logistic_slope(z: Array) -> Array:
    return _logistic(z) * _logistic(-z)


def _silu_slope(z: Array) -> Array:
    return _logistic(z) * (1 + z * _logistic(-z))


def _silu_curvature(z: Array) -> Array:
    return _logistic_slope(z) * (2 + z * (_logistic(-z) - _logistic(z)))


IDENTITY = Activation("identity", lambda z: z, _ones, _zeros, bent=False)
RELU = Activation("relu", _relu, _step, _zeros, bent=False, of_value=_step)
TANH = Activation("tanh", _tanh, _tanh_slope, lambda z: -2 * _tanh(z) * _tanh_slope(z), of_value=lambda h: 1 - h * h)
ERF = Activation(
    "erf",
    erf,
    lambda z: 2 / math.sqrt(math.pi) * _gaussian(z),
    lambda z: -4 / math.sqrt(math.pi) * z * _gaussian(z),
)
QUADRATIC = Activation("quadratic", lambda z: z**2, lambda z: 2 * z, lambda z: 2 * _ones(z))
SIGMOID = Activation(
    "sigmoid",
    _logistic,
    _logistic_slope,
    lambda z: _logistic_slope(z) * (_logistic(-z) - _logistic(z)),
    of_value=lambda h: h * (1 - h),
)
SOFTPLUS = Activation("softplus", _softplus, _logistic, _logistic_slope)
GELU = Activation("gelu", lambda z: z * _Phi(z), lambda z: _Phi(z) + z * _phi(z), lambda z: (2 - z**2) * _phi(z))
SILU = Activation("silu", lambda z: z * _logistic(z), _silu_slope, _silu_curvature)

ACTIVATIONS = {one.name: one for one in (IDENTITY, RELU, TANH, ERF, QUADRATIC, SIGMOID, SOFTPLUS, GELU, SILU)}


def leaky(slope: float) -> Activation:
    """z where z > 0, slope·z elsewhere."""

    def value(z: Array) -> Array:
        return namespace(z).where(z > 0, z, slope * z)

    def derivative(z: Array) -> Array:
        return slope + (1 - slope) * _step(z)

    return Activation(f"leaky({slope})", value, derivative, _zeros, bent=False)

"""Exact averages over Gaussian inputs, so that a risk needs no test set: E φ(u·x)ψ(v·x), x standard normal.

Of each nonlinearity: its product moments given the covariance of (u·x, v·x). Closed forms by the arc-sine and
arc-cosine laws. A simulator of a claim about these laws themselves must not use them.
"""

import math
from collections.abc import Callable
from typing import Any

from numerics.arrays import Array, namespace
from theory.errors import BadInput


def product_moments(left: Array, right: Array, activation: str) -> Array:
    """E φ(u·x)φ(v·x) for every row u of `left` and v of `right`, φ of that name in ACTIVATIONS.

    Shapes: (…, a, d), (…, b, d) -> (…, a, b).   Raises BadInput for another name.
    """
    xp, law = namespace(left, right), ACTIVATIONS.get(activation)
    if law is None:
        raise BadInput(f"no closed form for the activation {activation!r}; choose {', '.join(ACTIVATIONS)}")
    first, second = (xp.sum(rows**2, axis=-1) for rows in (left, right))
    return law(xp, left @ xp.matrix_transpose(right), first[..., :, None], second[..., None, :])


def linear_moments(left: Array, right: Array, activation: str) -> Array:
    """E φ(u·x)·(v·x) = (u·v)·E φ′(u·x), by Stein's lemma.   Shapes: (…, a, d), (…, b, d) -> (…, a, b)."""
    xp, slope = namespace(left, right), SLOPES.get(activation)
    if slope is None:
        raise BadInput(f"no closed form for the activation {activation!r}; choose {', '.join(SLOPES)}")
    return slope(xp, xp.sum(left**2, axis=-1))[..., :, None] * (left @ xp.matrix_transpose(right))


def two_layer_risks(hidden: Array, out: Array, signal: Array, activation: str) -> Array:
    """E(Σⱼ aⱼφ(wⱼ·x) − β·x)² of every row a of `out`: the excess risk of networks with a linear target.

    Shapes: hidden (…, k, d), out (…, j, k), signal (…, d) -> (…, j).
    """
    xp, target = namespace(hidden, out), signal[..., None, :]
    own = xp.sum((out @ product_moments(hidden, hidden, activation)) * out, axis=-1)
    cross = out @ linear_moments(hidden, target, activation)
    return own - 2 * cross[..., 0] + xp.sum(target**2, axis=-1)


def _relu(xp: Any, inner: Array, first: Array, second: Array) -> Array:
    cosine, size = _cosine(xp, inner, first, second)
    return size * (xp.sqrt(1 - cosine**2) + cosine * (math.pi - xp.acos(cosine))) / (2 * math.pi)


def _step(xp: Any, inner: Array, first: Array, second: Array) -> Array:
    return (math.pi - xp.acos(_cosine(xp, inner, first, second)[0])) / (2 * math.pi)


def _sign(xp: Any, inner: Array, first: Array, second: Array) -> Array:
    return 2 / math.pi * xp.asin(_cosine(xp, inner, first, second)[0])


def _erf(xp: Any, inner: Array, first: Array, second: Array) -> Array:
    return 2 / math.pi * xp.asin(2 * inner / xp.sqrt((1 + 2 * first) * (1 + 2 * second)))


def _square(xp: Any, inner: Array, first: Array, second: Array) -> Array:
    return first * second + 2 * inner**2


def _cosine(xp: Any, inner: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """The cosine of each pair, and the product of lengths; a row of zeros has cosine 0 with all."""
    size = xp.sqrt(first * second)
    return xp.clip(inner / xp.where(size > 0, size, xp.ones_like(size)), -1.0, 1.0), size


Law = Callable[[Any, Array, Array, Array], Array]
ACTIVATIONS: dict[str, Law] = {
    "linear": lambda xp, inner, first, second: inner,
    "relu": _relu,
    "step": _step,
    "sign": _sign,
    "erf": _erf,
    "square": _square,
}
SLOPES: dict[str, Callable[[Any, Array], Array]] = {  # E φ′(u·x) for |u|² = q
    "linear": lambda xp, q: xp.ones_like(q),
    "relu": lambda xp, q: 0.5 * xp.ones_like(q),
    "step": lambda xp, q: 1 / xp.sqrt(2 * math.pi * q),
    "sign": lambda xp, q: 2 / xp.sqrt(2 * math.pi * q),
    "erf": lambda xp, q: 2 / xp.sqrt(math.pi * (1 + 2 * q)),
    "square": lambda xp, q: xp.zeros_like(q),
}

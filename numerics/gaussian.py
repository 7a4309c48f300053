"""Exact averages over Gaussian inputs, so that a risk needs no test set: E φ(u·x)ψ(v·x), x standard normal.

Of each nonlinearity: its product moments given the covariance of (u·x, v·x). Closed forms by the arc-sine and
arc-cosine laws. A simulator of a claim about these laws themselves must not use them.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from numerics.arrays import Array, device_of, namespace
from theory.errors import BadInput

PARALLEL = 0.99  # |cosine| beyond which an angle is measured on the rows themselves

def product_moments(left: Array, right: Array, activation: str) -> Array:
    """E φ(u·x)φ(v·x) for every row u of `left` and v of `right`, φ of that name in ACTIVATIONS.

    Shapes: (…, a, d), (…, b, d) -> (…, a, b).   Raises BadInput for another name.
    """
    xp, law = namespace(left, right), ACTIVATIONS.get(activation)
    if law is None:
        raise BadInput(f"no closed form for the activation {activation!r}; choose {', '.join(ACTIVATIONS)}")
    first, second = (xp.sum(rows**2, axis=-1) for rows in (left, right))
    inner, first, second = left @ xp.matrix_transpose(right), first[..., :, None], second[..., None, :]
    return law(inner, first, second, lambda cosine: _sine(left, right, cosine))


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


def feature_ridge_risks(
    inputs: Array, hidden: Array, features: Array, signals: Array, *, penalties: Sequence[float], activation: str
) -> tuple[Array, Array]:
    """Bias, summed over linear targets, and variance per unit of noise, of ridge regression on features φ(wⱼ·x).

    The fit is argmin ‖y − Zb‖²/n + penalty·‖b‖² with Z = φ(XWᵀ), y = Xβ + ε. From the eigenvectors of the smaller Gram
    matrix, once for all penalties and targets; noise and test input are integrated. Where W and X are isotropic all
    targets of one length have one mean risk: the rows of the identity over √d average over their directions.
    Shapes: inputs (trials, n, d), hidden (trials, k, d), features (trials, n, k), signals (targets, d)
    -> (trials, penalties) both.
    """
    xp, (n, k), turn = namespace(inputs), features.shape[-2:], namespace(inputs).matrix_transpose
    targets = inputs @ turn(signals)
    values, vectors = xp.linalg.eigh(features @ turn(features) if n <= k else turn(features) @ features)
    along = turn(vectors) @ (targets if n <= k else turn(features) @ targets)
    rows = turn(vectors) @ features if n <= k else turn(vectors)  # b = Σ rows·along/(values + n·penalty)
    seen = rows @ product_moments(hidden, hidden, activation) @ turn(rows)
    shared = xp.sum((rows @ linear_moments(hidden, signals, activation)) * along, axis=-1)
    added = n * xp.asarray(penalties, dtype=inputs.dtype, device=device_of(inputs))
    shrunk = 1 / (values[..., None, :] + added[:, None])
    own = xp.sum((shrunk @ (seen * (along @ turn(along)))) * shrunk, axis=-1)
    bias = own - 2 * xp.sum(shrunk * shared[..., None, :], axis=-1) + xp.sum(signals**2)
    noise = xp.sum(seen * xp.eye(seen.shape[-1], dtype=seen.dtype, device=device_of(seen)), axis=-1)
    noise = noise if n <= k else noise * values
    return bias, xp.sum(shrunk**2 * noise[..., None, :], axis=-1)


def _relu(inner: Array, first: Array, second: Array, sine: "Sine") -> Array:
    (cosine, size), xp = _cosine(inner, first, second), namespace(inner)
    return size * (xp.sqrt(1 - cosine**2) + cosine * (math.pi - xp.acos(cosine))) / (2 * math.pi)


def _step(inner: Array, first: Array, second: Array, sine: "Sine") -> Array:
    cosine, _ = _cosine(inner, first, second)
    return namespace(inner).atan2(sine(cosine), -cosine) / (2 * math.pi)


def _sign(inner: Array, first: Array, second: Array, sine: "Sine") -> Array:
    cosine, _ = _cosine(inner, first, second)
    return 2 / math.pi * namespace(inner).atan2(cosine, sine(cosine))


def _erf(inner: Array, first: Array, second: Array, sine: "Sine") -> Array:
    """√((1 + 2|u|²)(1 + 2|v|²) − 4(u·v)²) from terms that are all positive."""
    cosine, size = _cosine(inner, first, second)
    xp, area = namespace(inner), (size * sine(cosine)) ** 2
    return 2 / math.pi * xp.atan2(2 * inner, xp.sqrt(1 + 2 * first + 2 * second + 4 * area))


def _square(inner: Array, first: Array, second: Array, sine: "Sine") -> Array:
    return first * second + 2 * inner**2


def _cosine(inner: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """The cosine of each pair, and the product of lengths; a row of zeros has cosine 0 with all."""
    xp = namespace(inner)
    size = xp.sqrt(first * second)
    return xp.clip(inner / xp.where(size > 0, size, xp.ones_like(size)), -1.0, 1.0), size


def _sine(left: Array, right: Array, cosine: Array) -> Array:
    """√(1 − cosine²) of each pair, of nearly parallel rows from the difference of their directions.

    A cosine near ±1 has lost half of the digits of the angle.   Shapes: (…, a, d), (…, b, d), (…, a, b) -> (…, a, b).
    """
    xp, (*lead, a, b), d = namespace(cosine), cosine.shape, left.shape[-1]
    flat = xp.reshape(cosine, (-1,))
    near = xp.abs(flat) > PARALLEL
    (pairs,) = xp.nonzero(near)
    rows = [xp.reshape(xp.broadcast_to(side, (*lead, count, d)), (-1, d)) for side, count in ((left, a), (right, b))]
    u, v = (_unit(xp.take(side, place, axis=0))
            for side, place in zip(rows, (pairs // b, pairs // (a * b) * b + pairs % b), strict=True))
    found = xp.sqrt((1 - flat) * (1 + flat))
    found[near] = xp.linalg.vector_norm(u - v, axis=-1) * xp.linalg.vector_norm(u + v, axis=-1) / 2
    return xp.reshape(found, cosine.shape)


def _unit(rows: Array) -> Array:
    return rows / namespace(rows).linalg.vector_norm(rows, axis=-1, keepdims=True)


Sine: TypeAlias = Callable[[Array], Array]  # of the pairs whose cosines are given
Law: TypeAlias = Callable[[Array, Array, Array, Sine], Array]  # of the inner products, and |u|², |v|²
ACTIVATIONS: dict[str, Law] = {
    "linear": lambda inner, first, second, sine: inner,
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

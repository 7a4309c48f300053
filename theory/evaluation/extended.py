"""Bounds of an expression over an interval that may be unbounded, by interval arithmetic with infinite ends."""

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from flint import arb
from sympy import Basic, Symbol

from theory.evaluate import ball_at
from theory.evaluation.functions import FUNCTIONS, PLAIN, real
from theory.evaluation.pieces import reads
from theory.evaluation.walk import Walk

End = arb | None  # None: unbounded on this side
Bounds = tuple[End, End]
NOTHING: Bounds = (None, None)
INCREASING = (sympy.exp, sympy.log, sympy.tanh, sympy.erf, sympy.atan, sympy.asinh, sympy.sinh)
BITS = 128


def bounds(expression: Basic, over: Symbol, interval: Bounds, known: Mapping[Any, Any] | Walk) -> Bounds:
    """A lower and an upper bound of the expression for `over` in the interval; None where none is found."""
    if not reads(expression, over):
        value = real(known.of(expression)) if isinstance(known, Walk) else ball_at(expression, known, BITS)
        return (value.lower(), value.upper()) if isinstance(value, arb) and value.is_finite() else NOTHING
    if expression == over:
        return interval
    if not isinstance(expression, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Abs, sympy.Min, sympy.Max, *FAMILY)):
        return NOTHING
    parts = [bounds(part, over, interval, known) for part in expression.args]
    return _combined(expression, parts)


def _combined(node: Any, parts: list[Bounds]) -> Bounds:
    if isinstance(node, sympy.Add):
        return _folded(_sum, parts)
    if isinstance(node, sympy.Mul):
        return _folded(_product, parts)
    if isinstance(node, sympy.Pow):
        return _power(parts[0], node.args[1]) if node.args[1].is_Rational else NOTHING
    low, high = parts[0]
    if isinstance(node, sympy.log) and not _positive(parts[0]):
        return NOTHING
    if isinstance(node, sympy.Abs):
        return _power(_power(parts[0], sympy.Integer(2)), sympy.Rational(1, 2))
    if isinstance(node, (sympy.Min, sympy.Max)):
        return _extreme([part[0] for part in parts], node), _extreme([part[1] for part in parts], node)
    if isinstance(node, (sympy.sin, sympy.cos)):
        return arb(-1), arb(1)
    if isinstance(node, sympy.erfc):
        return _asked(node, high, arb(0)), _asked(node, low, arb(2))
    limits = {sympy.exp: (arb(0), None), sympy.tanh: (arb(-1), arb(1)), sympy.erf: (arb(-1), arb(1))}
    below, above = limits.get(type(node), NOTHING)
    return _asked(node, low, below), _asked(node, high, above)


FAMILY = (*INCREASING, sympy.erfc, sympy.sin, sympy.cos)


def _asked(node: Any, end: End, limit: End) -> End:
    if end is None:
        return limit
    value = FUNCTIONS[type(node)](end, shape=PLAIN)
    return value if value.is_finite() else limit


def _folded(operation: Callable[[Bounds, Bounds], Bounds], parts: list[Bounds]) -> Bounds:
    result = parts[0]
    for part in parts[1:]:
        result = operation(result, part)
    return result


def _sum(one: Bounds, other: Bounds) -> Bounds:
    return _added(one[0], other[0]), _added(one[1], other[1])


def _added(one: End, other: End) -> End:
    return None if one is None or other is None else one + other


def _product(one: Bounds, other: Bounds) -> Bounds:
    """Of factors of certain sign; otherwise only where all is bounded."""
    if _negative(one) and not _positive(one):  # 0 is both
        low, high = _product(_opposite(one), other)
        return _opposite((low, high))
    if _negative(other) and not _positive(other):
        return _opposite(_product(one, _opposite(other)))
    if _positive(one) and _positive(other):
        low = one[0] * other[0]  # type: ignore[operator]
        return low, None if one[1] is None or other[1] is None else one[1] * other[1]
    if None in one or None in other:
        return NOTHING
    products = [a * b for a in one for b in other]  # type: ignore[operator]
    whole = products[0]
    for product in products[1:]:
        whole = whole.union(product)
    return whole.lower(), whole.upper()


def _positive(part: Bounds) -> bool:
    return part[0] is not None and part[0] >= 0


def _negative(part: Bounds) -> bool:
    return part[1] is not None and part[1] <= 0


def _opposite(part: Bounds) -> Bounds:
    low, high = part
    return None if high is None else -high, None if low is None else -low


def _power(base: Bounds, exponent: Any) -> Bounds:
    if exponent.is_negative:
        low, high = _power(base, -exponent)
        if low is None or not low > 0:
            return NOTHING if not (low is not None and low >= 0) else (arb(0) if high is None else 1 / high, None)
        return arb(0) if high is None else 1 / high, 1 / low
    even = exponent.is_Integer and exponent % 2 == 0
    if even and not _positive(base):
        if _negative(base):
            return _power(_opposite(base), exponent)
        ends = [None if end is None else abs(end) for end in base]
        return arb(0), None if None in ends else _raised(ends[0].max(ends[1]), exponent)  # type: ignore[union-attr]
    if exponent.is_Integer or _positive(base):
        return tuple(None if end is None else _raised(end, exponent) for end in base)  # type: ignore[return-value]
    return NOTHING


def _raised(end: arb, exponent: Any) -> arb:
    if exponent.is_Integer:
        return end ** int(exponent)
    return arb(0) if end.is_zero() else end ** (arb(int(exponent.p)) / int(exponent.q))


def _extreme(ends: list[End], node: Any) -> End:
    chosen = [end for end in ends if end is not None]
    if len(chosen) < len(ends):
        return None
    result = chosen[0]
    for end in chosen[1:]:
        result = result.max(end) if isinstance(node, sympy.Max) else result.min(end)
    return result

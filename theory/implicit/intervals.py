"""Float64 intervals of many boxes at once, rounded outwards: the enclosure behind branch and bound.

One operation is right to half a rounding, SciPy's and NumPy's functions to a few: every end is moved by more than that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Symbol

from theory.domain import total
from theory.errors import BadInput
from theory.evaluation.walk import NO_MODES
from theory.values import exact

OUT, TINY = 4.5e-16, 1e-320  # twice the rounding of one operation, and of one that underflows
OUT_FUNCTION = 4e-15


@dataclass(frozen=True)
class Interval:
    """Shapes: low, high (boxes, 1), (1, modes) or (boxes, modes)."""

    low: np.ndarray
    high: np.ndarray

    def __add__(self, other: "Interval") -> "Interval":
        return _outwards(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return _outwards(self.low - other.high, self.high - other.low)

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def __mul__(self, other: "Interval") -> "Interval":
        corners = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        corners = [np.where(np.isnan(corner), 0.0, corner) for corner in corners]  # 0·∞ at an end is 0
        return _outwards(np.minimum.reduce(corners), np.maximum.reduce(corners))

    def inverse(self) -> "Interval":
        """1/x; the whole line where 0 lies inside."""
        inside = (self.low <= 0) & (self.high >= 0)
        low, high = np.where(inside, -np.inf, 1 / self.high), np.where(inside, np.inf, 1 / self.low)
        return _outwards(low, high)

    def sign(self) -> np.ndarray:
        """1 or -1 where it is certain, else 0."""
        return np.where(self.low > 0, 1, np.where(self.high < 0, -1, 0))


def enclosing(unknowns: Mapping[Any, Interval], values: Mapping[Any, Any]) -> Callable[[Basic], Interval]:
    """Enclosures over many boxes; what one expression has in common with another is enclosed once.

    The enclosure raises BadInput for a function that has none here.
    """
    given: dict[Any, Any] = {**{symbol: _entered(value) for symbol, value in values.items()}, **unknowns}

    def enclosed(expression: Basic) -> Interval:
        with np.errstate(all="ignore"):
            return evaluated(expression, given, INTERVALS)

    return enclosed


def _entered(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return Interval(value[None, :].astype(float), value[None, :].astype(float))
    if isinstance(value, list):
        ends = [_entered(entry) for entry in value]
        return Interval(*(np.array([[float(getattr(e, side)[0, 0]) for e in ends]]) for side in ("low", "high")))
    if isinstance(value, arb):
        middle, width = float(value.mid()), float(value.rad())
        return _outwards(*(np.full((1, 1), middle + part) for part in (-width, width)), by=OUT_FUNCTION)
    if isinstance(value, sympy.Rational):
        return _number(value)
    return _number(sympy.Rational(value)) if isinstance(value, (int, float)) else value


def _number(number: sympy.Rational) -> Interval:
    middle = np.full((1, 1), float(number))
    exact = number.q == 1 and abs(number.p) < 2**53
    return Interval(middle, middle) if exact else _outwards(middle, middle)


def _outwards(low: np.ndarray, high: np.ndarray, by: Any = OUT) -> Interval:
    low, high = low - by * np.abs(low) - TINY, high + by * np.abs(high) + TINY
    return Interval(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def _whole_power(base: Interval, exponent: int) -> Interval:
    if exponent < 0:
        return _whole_power(base, -exponent).inverse()
    if exponent == 0:
        return Interval(np.ones((1, 1)), np.ones((1, 1)))
    low, high = base.low**exponent, base.high**exponent
    if exponent % 2 == 0:
        crossing = (base.low < 0) & (base.high > 0)
        low, high = np.where(crossing, 0.0, np.minimum(low, high)), np.maximum(low, high)
    return _outwards(low, high, OUT_FUNCTION)


def _rising(function: Callable[[np.ndarray], np.ndarray], least: float = -np.inf) -> Callable[[Interval], Interval]:
    """An increasing function; below `least`, where it is not defined, anything is possible."""

    def apply(argument: Interval) -> Interval:
        outside = argument.low < least
        found = _outwards(function(argument.low), function(argument.high), OUT_FUNCTION)
        return Interval(np.where(outside, -np.inf, found.low), np.where(outside, np.inf, found.high))

    return apply


def _power(base: Interval, exponent: Interval) -> Interval:
    return _rising(np.exp)(_rising(np.log, 0.0)(base) * exponent)


def _summed(modes: Any) -> Interval:
    if not isinstance(modes, Interval) or modes.low.shape[-1] == 1:
        raise BadInput(NO_MODES)
    by = modes.low.shape[-1] * OUT
    slack = by * np.sum(np.maximum(np.abs(modes.low), np.abs(modes.high)), axis=-1, keepdims=True)
    slack = np.where(np.isnan(slack), np.inf, slack)
    low, high = (part.sum(-1, keepdims=True) for part in (modes.low, modes.high))
    return _outwards(low - slack, high + slack)


def _extreme(choose: Callable[..., np.ndarray]) -> Callable[..., Interval]:
    return lambda first, *others: Interval(
        *(
            choose.reduce(np.broadcast_arrays(*(getattr(part, side) for part in (first, *others))))  # type: ignore[attr-defined]
            for side in ("low", "high")
        )
    )


def _falling(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Interval], Interval]:
    rising = _rising(lambda x: -function(x))
    return lambda argument: -rising(argument)


def _wave(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Interval], Interval]:
    """Sine or cosine, which move no faster than their argument."""

    def apply(argument: Interval) -> Interval:
        middle, width = (argument.low + argument.high) / 2, (argument.high - argument.low) / 2
        value = function(middle)
        out = _outwards(value - width, value + width, OUT_FUNCTION)
        return Interval(np.maximum(out.low, -1.0), np.minimum(out.high, 1.0))

    return apply


def _modulus(argument: Interval) -> Interval:
    crossing = (argument.low < 0) & (argument.high > 0)
    ends = np.abs(argument.low), np.abs(argument.high)
    return Interval(np.where(crossing, 0.0, np.minimum(*ends)), np.maximum(*ends))


def _error_function(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf  # costs a tenth of a second, and few equations read it

    return erf(x)


def _rest_of_error_function(x: np.ndarray) -> np.ndarray:
    from scipy.special import erfc

    return erfc(x)


@dataclass(frozen=True)
class Arithmetic:
    """How numbers enter an arithmetic, and what it does beyond the operators of its numbers."""

    number: Callable[[sympy.Rational], Any]
    constants: Mapping[Any, Callable[[], Any]]
    functions: Mapping[Any, Callable[..., Any]]
    whole_power: Callable[[Any, int], Any]
    power: Callable[[Any, Any], Any]
    summed: Callable[[Any], Any]
    name: str


def evaluated(node: Basic, values: dict[Any, Any], arithmetic: Arithmetic) -> Any:
    """The value of a node; `values` remembers the subexpressions met before.   Raises BadInput, in one line."""
    if node not in values:
        values[node] = _apply(node, values, arithmetic)
    return values[node]


def _apply(node: Any, values: dict[Any, Any], arithmetic: Arithmetic) -> Any:
    if isinstance(node, Symbol):
        raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
    if isinstance(node, sympy.Rational):
        return arithmetic.number(node)
    if isinstance(node, sympy.Float):
        return arithmetic.number(exact(repr(float(node))))  # a decimal in a formula means itself: 0.1 is 1/10
    if node in arithmetic.constants:
        return arithmetic.constants[node]()
    if isinstance(node, sympy.Pow) and isinstance(node.exp, sympy.Integer):
        return arithmetic.whole_power(evaluated(node.base, values, arithmetic), int(node.exp))
    parts = [evaluated(part, values, arithmetic) for part in node.args]
    if isinstance(node, sympy.Pow):
        return arithmetic.power(*parts)
    if isinstance(node, total):
        return arithmetic.summed(parts[0])
    if isinstance(node, (sympy.Add, sympy.Mul)):
        result = parts[0]
        for part in parts[1:]:
            result = result + part if isinstance(node, sympy.Add) else result * part
        return result
    if type(node) not in arithmetic.functions:
        raise BadInput(f"{type(node).__name__} in {node} has no {arithmetic.name}")
    return arithmetic.functions[type(node)](*parts)


INTERVALS = Arithmetic(
    number=_number,
    constants={constant: (lambda value=float(constant): _outwards(*[np.full((1, 1), value)] * 2))
               for constant in (sympy.pi, sympy.E, sympy.EulerGamma)},
    functions={
        sympy.exp: _rising(np.exp), sympy.log: _rising(np.log, 0.0), sympy.tanh: _rising(np.tanh),
        sympy.sinh: _rising(np.sinh), sympy.atan: _rising(np.arctan), sympy.asinh: _rising(np.arcsinh),
        sympy.sin: _wave(np.sin), sympy.cos: _wave(np.cos),
        sympy.erf: _rising(_error_function), sympy.erfc: _falling(_rest_of_error_function),
        sympy.Abs: _modulus,
        sympy.Min: _extreme(np.minimum), sympy.Max: _extreme(np.maximum),
    },
    whole_power=_whole_power,
    power=_power,
    summed=_summed,
    name="enclosure in float64",
)  # fmt: skip

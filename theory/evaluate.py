"""From an expression to a number with a rigorous enclosure, by ball arithmetic (arb); and conditions decided by it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx, fmpq
from sympy import Basic, Expr, Symbol

from theory.domain import total
from theory.errors import BadInput
from theory.values import exact

Ball = arb | list[arb]
DIGITS = 30
MOST_BITS = 20_000
NO_MODES = "total(…) sums over the modes of a spectrum, and there is none; write the number of modes as a symbol"
COMPARISONS = {
    sympy.Eq: operator.eq,
    sympy.Ne: operator.ne,
    sympy.StrictGreaterThan: operator.gt,
    sympy.StrictLessThan: operator.lt,
    sympy.GreaterThan: operator.ge,
    sympy.LessThan: operator.le,
}


@dataclass(frozen=True)
class Prediction:
    """Value of a formula at a point, or one per trial, with a bound on its evaluation error.

    Shapes: () or (trials, …).
    """

    value: Any
    error: Any
    guarantee: str
    digits: str = ""

    def __array__(self) -> np.ndarray:
        return np.asarray(self.value)


class Undecided(ArithmeticError):
    """Ball arithmetic cannot decide a comparison at this precision."""


def enclose(expression: Basic, values: Mapping[Symbol, Any], digits: int = DIGITS) -> arb:
    """A ball that contains the value, of radius below 10^-digits of its size, or as small as uncertain inputs allow.

    `values`: symbol -> exact number, ball, or array of modes.   Raises BadInput when the expression is undefined there.
    """
    bits, last, uncertain = int(3.33 * digits) + 32, None, _uncertain(values)
    while bits <= MOST_BITS:
        ball = ball_at(expression, values, bits)
        if ball.is_finite():
            if ball.rel_accuracy_bits() > 3.33 * digits or ball.is_zero():
                return ball
            if uncertain and last is not None and ball.rad() > last.rad() / 4:
                return ball  # the inputs set the accuracy, more working precision does not help
            last = ball
        bits *= 4
    if uncertain and last is not None:
        return last
    settled = _settled(expression, values)
    if settled is None:
        raise BadInput(
            f"{expression} has no certain value at {_shown(values)}; it may be "
            "undefined or infinite there, move the point"
        )
    return arb(fmpq(int(settled.p), int(settled.q)))


def ball_at(expression: Basic, values: Mapping[Symbol, Any], bits: int) -> arb:
    """The value in ball arithmetic of so many bits; not finite where it is undefined or a case distinction is open."""
    with precision(bits):
        try:
            ball = _walk(expression, dict(balls(values)))
        except Undecided:
            return arb("nan")
    if isinstance(ball, list):
        raise BadInput(f"{expression} has one value per mode; sum it with total(…)")
    return ball


def balls(values: Mapping[Symbol, Any]) -> dict[Any, Ball]:
    """Exact numbers, spectra and choices as balls of the working precision."""
    return {symbol: _ball(value) for symbol, value in values.items()}


def predicted(ball: arb, digits: int = DIGITS) -> Prediction:
    """The ball as a float64 value with an error bound that covers the rounding to float64."""
    value = float(ball.mid())
    if not np.isfinite(value):
        raise BadInput(
            f"the prediction is {ball.str(5, radius=False)}, beyond the range of float64; rescale it, or move the point"
        )
    with precision(200):
        apart = abs(ball - arb(value))
        error = 0.0 if apart.is_zero() else np.nextafter(float(apart.upper()), np.inf)
    return Prediction(value, error, "enclosure", ball.str(digits, radius=False))


def sign(expression: Basic, values: Mapping[Symbol, Any], bits: int = 200) -> int:
    """-1, 0 or 1: the certain sign of an expression, 0 when it vanishes or this precision leaves it open."""
    ball = ball_at(expression, values, bits)
    return 1 if ball > 0 else -1 if ball < 0 else 0


def holds(condition: Any, values: Mapping[Symbol, Any]) -> bool:
    """Whether a condition (a SymPy relational, or And, Or, Not of them) certainly holds for exact values and spectra.

    One that is undefined at the values, or cannot be decided, does not hold, and neither does its negation.
    """
    return _truth(condition, values) is True


def _truth(condition: Any, values: Mapping[Symbol, Any]) -> bool | None:
    """True, False, or None for neither."""
    if condition in (True, False, sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, (sympy.And, sympy.Or)):
        parts, decisive = [_truth(part, values) for part in condition.args], isinstance(condition, sympy.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(condition, sympy.Not):
        part = _truth(condition.args[0], values)
        return None if part is None else not part
    if not isinstance(condition, sympy.core.relational.Relational):
        raise BadInput(
            f"{condition} is no condition that can be decided at a point; write comparisons joined by And, Or, Not"
        )
    if any(isinstance(values.get(side), Symbol) for side in condition.args):
        return _same_choice(condition, values)
    order = _order(condition.args[0] - condition.args[1], values)
    return None if order is None else COMPARISONS[type(condition)](order, 0)


def _same_choice(condition: Any, values: Mapping[Symbol, Any]) -> bool:
    left, right = (values.get(side, side) for side in condition.args)
    if not isinstance(condition, (sympy.Eq, sympy.Ne)) or not isinstance(left, Symbol) or not isinstance(right, Symbol):
        raise BadInput(
            f"{condition} compares a choice with something else; write Eq or "
            "Ne of the symbol and the name of one option"
        )
    return (left.name == right.name) is isinstance(condition, sympy.Eq)


def _order(difference: Expr, values: Mapping[Symbol, Any]) -> int | None:
    """Sign of a difference, exactly; None where it is undefined, not real, or open."""
    number = difference.xreplace(
        {symbol: sympy.sympify(value) for symbol, value in values.items() if isinstance(value, (sympy.Basic, int))}
    )
    if isinstance(number, sympy.Rational) or number in (sympy.oo, -sympy.oo):
        return int(sympy.sign(number))
    if number.has(sympy.zoo, sympy.nan, sympy.I):
        return None
    for bits in (200, 2000):
        ball = ball_at(number, values, bits)
        if ball.is_zero():
            return 0
        if ball > 0 or ball < 0:
            return 1 if ball > 0 else -1
    return 0 if _settled(number, values) == 0 else None


def _settled(expression: Basic, values: Mapping[Symbol, Any]) -> sympy.Rational | None:
    """The exact value where balls never settle: a rational, or what algebra shows to be zero; None without a proof."""
    if any(isinstance(values.get(symbol), (np.ndarray, list, arb)) for symbol in expression.free_symbols):
        return None
    number = expression.subs({symbol: values[symbol] for symbol in expression.free_symbols if symbol in values})
    if isinstance(number, sympy.Rational):
        return number
    finite = isinstance(number, Expr) and number.is_number and not number.has(sympy.zoo, sympy.nan, sympy.oo)
    return sympy.Integer(0) if finite and number.equals(0) else None


def _shown(values: Mapping[Symbol, Any]) -> str:
    return ", ".join(f"{symbol}={value}" for symbol, value in values.items() if not isinstance(value, np.ndarray))


def _uncertain(values: Mapping[Symbol, Any]) -> bool:
    return any(isinstance(value, arb) and not value.is_exact() for value in values.values())


class precision:
    """Working precision of ball arithmetic, in bits."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        self.before, ctx.prec = ctx.prec, self.bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self.before


def _ball(value: Any) -> Ball:
    if isinstance(value, np.ndarray):
        return [arb(float(entry)) for entry in value]
    if isinstance(value, sympy.Rational):
        return arb(fmpq(int(value.p), int(value.q)))
    if isinstance(value, (arb, list)):
        return value
    if isinstance(value, Symbol):
        return arb("nan")  # the name of a choice has no number; only conditions read it
    return arb(float(value)) if isinstance(value, float) else arb(int(value))


def _polygamma(order: arb, argument: arb) -> arb:
    """ψ^(m)(x) = (−1)^(m+1) m! ζ(m + 1, x), ψ itself for m = 0."""
    m = round(float(order.mid()))
    return argument.digamma() if m == 0 else (-1) ** (m + 1) * arb(m + 1).gamma() * arb(m + 1).zeta(argument)


def _lambert(argument: arb, branch: arb | None = None) -> arb:
    return argument.lambertw(0 if branch is None else round(float(branch.mid())))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.exp: arb.exp, sympy.log: arb.log, sympy.sin: arb.sin, sympy.cos: arb.cos, sympy.tan: arb.tan,
    sympy.tanh: arb.tanh, sympy.sinh: arb.sinh, sympy.cosh: arb.cosh, sympy.asin: arb.asin, sympy.acos: arb.acos,
    sympy.atan: arb.atan, sympy.erf: arb.erf, sympy.erfc: arb.erfc, sympy.gamma: arb.gamma,
    sympy.loggamma: arb.lgamma, sympy.polygamma: _polygamma, sympy.Abs: abs,
    sympy.LambertW: _lambert, sympy.zeta: arb.zeta, sympy.floor: arb.floor, sympy.ceiling: arb.ceil,
}  # fmt: skip
CONSTANTS = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.EulerGamma: arb.const_euler,
    sympy.Catalan: arb.const_catalan,
}


def _walk(node: Any, values: dict[Any, Ball]) -> Ball:
    """The ball of a node. `values` remembers the subexpressions met before: formulas of spectra repeat long sums."""
    if node not in values:
        values[node] = _evaluated(node, values)
    return values[node]


def _evaluated(node: Any, values: dict[Any, Ball]) -> Ball:
    if isinstance(node, Symbol):
        raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
    if node in CONSTANTS:
        return CONSTANTS[node]()
    if isinstance(node, sympy.Rational):
        return arb(fmpq(int(node.p), int(node.q)))
    if isinstance(node, sympy.Float):
        return _ball(
            exact(repr(float(node))) if node._prec <= 53 else sympy.Rational(node)
        )  # a decimal in a formula means itself: 0.1 is 1/10
    if isinstance(node, sympy.Piecewise):
        return _piecewise(node, values)
    parts = [_walk(part, values) for part in node.args]
    if isinstance(node, total):
        if not isinstance(parts[0], list):
            raise BadInput(f"{node}: {NO_MODES}")
        return sum(parts[0], arb(0))
    if any(isinstance(part, list) for part in parts):
        length = max(len(part) for part in parts if isinstance(part, list))
        rows = [part if isinstance(part, list) else [part] * length for part in parts]
        if {len(row) for row in rows} != {length}:
            raise BadInput("two spectra of one formula differ in their number of modes; give both the same count")
        return [_apply(node, list(entries)) for entries in zip(*rows, strict=True)]
    return _apply(node, parts)  # type: ignore[arg-type]


def _apply(node: Any, parts: list[arb]) -> arb:
    if isinstance(node, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(node, sympy.Mul):
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if isinstance(node, sympy.Pow):
        exponent = node.args[1]
        return (
            parts[0].sqrt()
            if exponent == sympy.Rational(1, 2)
            else parts[0] ** int(exponent)
            if isinstance(exponent, sympy.Integer)
            else parts[0] ** parts[1]
        )
    if isinstance(node, (sympy.Min, sympy.Max)):
        extreme = parts[0]
        for part in parts[1:]:
            extreme = extreme.min(part) if isinstance(node, sympy.Min) else extreme.max(part)
        return extreme
    if type(node) in FUNCTIONS:
        return FUNCTIONS[type(node)](*parts)
    raise BadInput(
        f"{type(node).__name__} in {node} cannot be evaluated with a certain error; "
        "write it with the functions that SymPy and arb share"
    )


def _piecewise(node: sympy.Piecewise, values: dict[Any, Ball]) -> Ball:
    for value, condition in node.args:
        if condition == sympy.true or _certain(condition, values):
            return _walk(value, values)
    raise BadInput(f"no case of {node} applies; add a last case with the condition True")


def _certain(condition: Any, values: dict[Any, Ball]) -> bool:
    if isinstance(condition, sympy.And):
        return all(_certain(part, values) for part in condition.args)
    if isinstance(condition, sympy.Or):
        return any(_certain(part, values) for part in condition.args)
    difference = _walk(condition.args[0] - condition.args[1], values)
    if isinstance(difference, list):
        raise BadInput(
            f"{condition} differs from mode to mode; a case distinction over modes "
            "is not evaluated, write it with Min, Max or Abs"
        )
    if not (difference > 0 or difference < 0 or difference.is_zero()):
        raise Undecided
    return COMPARISONS[type(condition)](1 if difference > 0 else -1 if difference < 0 else 0, 0)

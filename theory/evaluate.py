"""From an expression to a number with a rigorous enclosure, by ball arithmetic (arb); and conditions decided by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import acb, arb, ctx, fmpq
from sympy import Basic, Expr, Symbol

from theory.domain import free_symbols
from theory.errors import BadInput
from theory.evaluation.functions import FUNCTIONS, Shape
from theory.evaluation.walk import COMPARISONS, Walk, balls

DIGITS = 30
MOST_BITS = 20_000


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


def enclose(expression: Basic, values: Mapping[Symbol, Any], digits: int = DIGITS) -> arb:
    """A ball that contains the value, of radius below 10^-digits of its size, or as small as uncertain inputs allow.

    `values`: symbol -> exact number, ball, or array of modes.   Raises BadInput when the expression is undefined there.
    """
    bits, last, uncertain = int(3.33 * digits) + 32, None, _uncertain(values)
    integral = expression.has(sympy.Integral)
    most, growth = (8 * bits, 2) if integral else (MOST_BITS, 4)  # each precision of an integral costs much
    while bits <= most:
        ball = _real_part(complex_ball_at(expression, values, bits), expression, values, digits)
        if ball.is_finite():
            if ball.rel_accuracy_bits() > 3.33 * digits or ball.is_zero():
                return ball
            if uncertain and last is not None and ball.rad() > last.rad() / 4:
                return ball  # the inputs set the accuracy, more working precision does not help
            if integral and last is not None and ball.rad() > last.rad() / 2**16:
                break  # the quadrature converges too slowly
            last = ball
        bits *= growth
    if uncertain and last is not None:
        return last
    settled = _settled(expression, values)
    if settled is None:
        raise BadInput(
            f"{expression} has no certain value at {_shown(values)}; it may be "
            "undefined or infinite there, move the point"
        )
    return arb(fmpq(int(settled.p), int(settled.q)))


def _real_part(ball: Any, expression: Basic, values: Mapping[Symbol, Any], digits: int) -> arb:
    """The real part of a complex ball whose imaginary part vanishes as far as is asked; not a number while it may not.

    Raises BadInput where the value is certainly not real.
    """
    if isinstance(ball, arb):
        return ball
    if ball.is_finite() and not ball.imag.contains(0):
        raise BadInput(
            f"{expression} is the complex number {ball.str(5)} at {_shown(values)}; predict its re(…), im(…) or Abs(…)"
        )
    with precision(200):
        negligible = abs(ball.imag) < abs(ball.real) * arb(10) ** -digits
    return ball.real if negligible or ball.imag.is_zero() else arb("nan")


def ball_at(expression: Basic, values: Mapping[Symbol, Any], bits: int) -> arb:
    """The value in ball arithmetic of so many bits; not finite where it is undefined."""
    ball = complex_ball_at(expression, values, bits)
    if isinstance(ball, acb):
        return ball.real if ball.imag.contains(0) else arb("nan")
    return ball


def complex_ball_at(expression: Basic, values: Mapping[Symbol, Any], bits: int) -> Any:
    """The value as a real ball, or as a complex one where the formula or one of the values is complex."""
    return balls_at([expression], values, bits)[0]


def balls_at(expressions: Sequence[Basic], values: Mapping[Symbol, Any], bits: int) -> list[Any]:
    """The values of several expressions; what they share is evaluated once."""
    with precision(bits):
        known = balls(values)
        complex_numbers = any(one.has(sympy.I) for one in expressions) or any(
            isinstance(value, acb) for value in known.values()
        )
        walk = Walk(known, Shape(complex=complex_numbers))
        found = [walk.of(expression) for expression in expressions]
    for expression, ball in zip(expressions, found, strict=True):
        if isinstance(ball, list):
            raise BadInput(f"{expression} has one value per mode; sum it with total(…)")
    return found


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
    if any(isinstance(values.get(symbol), (np.ndarray, list, arb, acb)) for symbol in free_symbols(expression)):
        return None
    if expression.has(sympy.Sum, sympy.Product):  # whose terms balls have added; SymPy's own rules may fail
        return None
    number = expression.subs({symbol: values[symbol] for symbol in free_symbols(expression) if symbol in values})
    if isinstance(number, sympy.Rational):
        return number
    beyond = (sympy.zoo, sympy.nan, sympy.oo, sympy.Integral)  # of integrals SymPy's answer may take for ever
    finite = isinstance(number, Expr) and number.is_number and not number.has(*beyond)
    return sympy.Integer(0) if finite and number.equals(0) else None


def _shown(values: Mapping[Symbol, Any]) -> str:
    return ", ".join(f"{symbol}={value}" for symbol, value in values.items() if not isinstance(value, np.ndarray))


def _uncertain(values: Mapping[Symbol, Any]) -> bool:
    return any(isinstance(value, (arb, acb)) and not value.is_exact() for value in values.values())


class precision:
    """Working precision of ball arithmetic, in bits."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        self.before, ctx.prec = ctx.prec, self.bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self.before


__all__ = [
    "COMPARISONS", "DIGITS", "FUNCTIONS", "Prediction", "ball_at", "balls", "balls_at", "complex_ball_at", "enclose",
    "holds", "precision", "predicted", "sign",
]  # fmt: skip

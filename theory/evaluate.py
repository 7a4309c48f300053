"""From an expression to a number: a rigorous enclosure by ball arithmetic, and a vectorised float64 form for arrays.

Both walk the same SymPy expression but share no arithmetic: python-flint's arb here, NumPy and SciPy there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx, fmpq
from sympy import Basic, Expr, Symbol, lambdify

from theory.domain import total
from theory.errors import BadInput

Ball = arb | list[arb]
DIGITS = 30
MOST_BITS = 20_000


@dataclass(frozen=True)
class Prediction:
    """Value of a formula at a point, or one per trial, with a bound on its own evaluation error.   Shapes: () or (trials, …)."""

    value: Any
    error: Any
    guarantee: str
    digits: str = ""

    def __array__(self) -> np.ndarray:
        return np.asarray(self.value)


class Undecided(ArithmeticError):
    """Ball arithmetic cannot decide a comparison at this precision."""


def enclose(expression: Basic, values: Mapping[Symbol, Any], digits: int = DIGITS) -> arb:
    """A ball that contains the value, its radius below 10^-digits of its size.

    `values`: symbol -> exact number, ball, or array of modes.   Raises BadInput when the expression is undefined there.
    """
    bits = int(3.33 * digits) + 32
    while bits <= MOST_BITS:
        with _precision(bits):
            try:
                ball = _walk(expression, {symbol: _ball(value) for symbol, value in values.items()})
            except Undecided:
                ball = arb("nan")
            if isinstance(ball, list):
                raise BadInput(f"{expression} has one value per mode; sum it with total(…)")
            if ball.is_finite() and (ball.rel_accuracy_bits() > 3.33 * digits or ball.is_zero()):
                return ball
            if _widest(values) and ball.is_finite():
                return ball  # an uncertain input (a root) sets the accuracy, not the working precision
        bits *= 4
    raise BadInput(f"{expression} has no certain value at {_shown(values)}; it may be undefined or infinite there, move the point")


def predicted(ball: arb, digits: int = DIGITS) -> Prediction:
    """The ball as a float64 value with an error bound that covers the rounding to float64."""
    value = float(ball.mid())
    with _precision(200):
        error = float((abs(ball - arb(value))).upper())
    return Prediction(value, np.nextafter(error, np.inf) if error else 0.0, "enclosure", ball.str(digits, radius=False))


def sign(expression: Basic, values: Mapping[Symbol, Any], bits: int = 200) -> int:
    """-1, 0 or 1: the certain sign of an expression, 0 when this precision leaves it open."""
    with _precision(bits):
        try:
            ball = _walk(expression, {symbol: _ball(value) for symbol, value in values.items()})
        except Undecided:
            return 0
    if isinstance(ball, list):
        raise BadInput(f"{expression} has one value per mode; sum it with total(…)")
    return 1 if ball > 0 else -1 if ball < 0 else 0


def holds(condition: Any, values: Mapping[Symbol, Any]) -> bool:
    """Whether a condition (a SymPy relational, or And, Or, Not of them) holds for exact values, spectra included."""
    if condition in (True, False, sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And):
        return all(holds(part, values) for part in condition.args)
    if isinstance(condition, sympy.Or):
        return any(holds(part, values) for part in condition.args)
    if isinstance(condition, sympy.Not):
        return not holds(condition.args[0], values)
    left, right = (_choice(side, values) for side in condition.args)
    if isinstance(left, str) or isinstance(right, str):
        return (left == right) is isinstance(condition, sympy.Eq)
    order = _exact_order(left - right, values)
    return {sympy.Eq: order == 0, sympy.Ne: order != 0, sympy.StrictGreaterThan: order > 0, sympy.StrictLessThan: order < 0,
            sympy.GreaterThan: order >= 0, sympy.LessThan: order <= 0}[type(condition)]


@lru_cache(maxsize=512)
def vectorised(expression: Expr, symbols: tuple[Symbol, ...]) -> Callable[..., np.ndarray]:
    """The expression as a float64 function of arrays; `total` sums over the last axis."""
    return lambdify(symbols, expression, [{"total": lambda modes: np.sum(modes, axis=-1)}, "scipy", "numpy"], cse=True)


def per_trial(expression: Basic, values: Mapping[Symbol, Any], trials: int) -> Prediction:
    """The expression for every trial, in extended precision against float64; their difference bounds the rounding."""
    symbols = tuple(sorted((symbol for symbol in expression.free_symbols if isinstance(symbol, Symbol)), key=str))
    function = vectorised(expression, symbols)  # type: ignore[arg-type]
    arrays = [np.asarray(_float(values[symbol])) for symbol in symbols]
    value = np.broadcast_to(np.asarray(function(*arrays), dtype=float), (trials,))
    finer = np.broadcast_to(np.asarray(function(*[array.astype(np.longdouble) for array in arrays])), (trials,))
    rounding = np.abs(finer - value).astype(float) + 4 * np.finfo(float).eps * np.abs(value)
    return Prediction(value, 4 * rounding, "float64 against extended precision")


def _exact_order(difference: Expr, values: Mapping[Symbol, Any]) -> int:
    """Sign of a difference: exactly where it is rational, by ball arithmetic otherwise."""
    exact = difference.subs({symbol: value for symbol, value in values.items() if isinstance(value, (sympy.Basic, int))})
    if isinstance(exact, sympy.Rational):
        return int(sympy.sign(exact))
    if exact in (sympy.oo, -sympy.oo):
        return 1 if exact == sympy.oo else -1
    return sign(exact, values)


def _choice(side: Any, values: Mapping[Symbol, Any]) -> Any:
    """The name of a choice as text, anything else unchanged."""
    value = values.get(side, side)
    known = isinstance(value, Symbol) and side in values
    return value.name if known or (isinstance(side, Symbol) and side not in values) else side


def _shown(values: Mapping[Symbol, Any]) -> str:
    return ", ".join(f"{symbol}={value}" for symbol, value in values.items() if not isinstance(value, np.ndarray))


def _widest(values: Mapping[Symbol, Any]) -> bool:
    return any(isinstance(value, arb) and not value.is_exact() for value in values.values())


class _precision:  # noqa: N801 - a context, used like a function
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
    if isinstance(value, arb):
        return value
    if isinstance(value, Symbol):
        return arb("nan")  # the name of a choice has no number; only conditions read it
    return arb(float(value)) if isinstance(value, float) else arb(int(value))


def _float(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else float(value.mid()) if isinstance(value, arb) else float(value)


FUNCTIONS: dict[type, Callable[..., arb]] = {
    sympy.exp: arb.exp, sympy.log: arb.log, sympy.sin: arb.sin, sympy.cos: arb.cos, sympy.tan: arb.tan, sympy.tanh: arb.tanh,
    sympy.sinh: arb.sinh, sympy.cosh: arb.cosh, sympy.asin: arb.asin, sympy.acos: arb.acos, sympy.atan: arb.atan, sympy.erf: arb.erf,
    sympy.erfc: arb.erfc, sympy.gamma: arb.gamma, sympy.loggamma: arb.lgamma, sympy.digamma: arb.digamma, sympy.Abs: abs,
    sympy.LambertW: arb.lambertw, sympy.zeta: arb.zeta, sympy.floor: arb.floor, sympy.ceiling: arb.ceil,
}  # fmt: skip
CONSTANTS = {sympy.pi: arb.pi, sympy.E: arb.const_e, sympy.EulerGamma: arb.const_euler, sympy.Catalan: arb.const_catalan}


def _walk(node: Any, values: Mapping[Symbol, Ball]) -> Ball:
    if isinstance(node, Symbol):
        if node not in values:
            raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
        return values[node]
    if node in CONSTANTS:
        return CONSTANTS[node]()
    if isinstance(node, sympy.Rational):
        return arb(fmpq(int(node.p), int(node.q)))
    if isinstance(node, sympy.Float):
        return arb(str(node))
    if isinstance(node, sympy.Piecewise):
        return _piecewise(node, values)
    parts = [_walk(part, values) for part in node.args]
    if isinstance(node, total):
        summed = parts[0]
        return sum(summed, arb(0)) if isinstance(summed, list) else summed
    if any(isinstance(part, list) for part in parts):
        length = max(len(part) for part in parts if isinstance(part, list))
        rows = [part if isinstance(part, list) else [part] * length for part in parts]
        if {len(row) for row in rows} != {length}:
            raise BadInput("two spectra of one formula differ in their number of modes; give both the same count")
        return [_apply(node, list(entries)) for entries in zip(*rows)]
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
        return parts[0].sqrt() if exponent == sympy.Rational(1, 2) else parts[0] ** int(exponent) if isinstance(exponent, sympy.Integer) else parts[0] ** parts[1]
    if isinstance(node, (sympy.Min, sympy.Max)):
        extreme = parts[0]
        for part in parts[1:]:
            extreme = extreme.min(part) if isinstance(node, sympy.Min) else extreme.max(part)
        return extreme
    if type(node) in FUNCTIONS:
        return FUNCTIONS[type(node)](*parts)
    raise BadInput(f"{type(node).__name__} in {node} cannot be evaluated with a certain error; write it with the functions that SymPy and arb share")


def _piecewise(node: sympy.Piecewise, values: Mapping[Symbol, Ball]) -> Ball:
    for value, condition in node.args:
        if condition == sympy.true or _certain(condition, values):
            return _walk(value, values)
    raise BadInput(f"no case of {node} applies; add a last case with the condition True")


def _certain(condition: Any, values: Mapping[Symbol, Ball]) -> bool:
    if isinstance(condition, sympy.And):
        return all(_certain(part, values) for part in condition.args)
    if isinstance(condition, sympy.Or):
        return any(_certain(part, values) for part in condition.args)
    difference = _walk(condition.args[0] - condition.args[1], values)
    assert isinstance(difference, arb)
    above, below, equal = difference > 0, difference < 0, difference == 0
    if not (above or below or equal):
        raise Undecided
    return {sympy.StrictGreaterThan: above, sympy.GreaterThan: above or equal, sympy.StrictLessThan: below,
            sympy.LessThan: below or equal, sympy.Eq: equal, sympy.Ne: not equal}[type(condition)]

"""The least value of a formula of a setting over one of its symbols: which search serves, and on which interval."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Symbol

from theory.domain import LARGEST_SIZE, Real, Size, free_symbols
from theory.errors import BadDeclaration, BadInput
from theory.evaluate import enclose, holds
from theory.evaluation.minimum import Least, certified, searched, whole_numbers
from theory.setting import Point
from theory.values import exact

MOST_NUMBERS = 20_000
SEARCH_DIGITS = 18


@lru_cache(maxsize=256)
def _remembered(minimum: Any, point: Point, digits: int, roots: tuple[Any, ...]) -> Least:
    return _least(minimum, point, digits, roots)


def least(minimum: Any, point: Point, digits: int, roots: Sequence[Any]) -> Least:
    """The least value and its place at a point.   Raises BadInput where there is none."""
    try:
        return _remembered(minimum, point, digits, tuple(roots))
    except TypeError:  # a claim or a setting that cannot be hashed
        return _least(minimum, point, digits, roots)


def heights(minimum: Any, point: Point, roots: Sequence[Any]) -> Callable[[float], float]:
    """The function to minimise at one place, by balls: inf outside its interval and where it is undefined."""
    formula, roots, conditions, known = _problem(minimum, point, roots)
    height = _height(formula, roots, conditions, known, minimum.over, SEARCH_DIGITS)
    low, high = _interval(minimum, point, known)

    def at(place: float) -> float:
        if (low is not None and place < low) or (high is not None and place > high):
            return np.inf
        ball = height(exact(repr(round(place) if minimum.over.is_integer else float(place))))
        return float(ball.mid()) if ball.is_finite() else np.inf

    return at


def around(place: float) -> list[float]:
    """Places near and far from one, on both sides of zero."""
    steps = np.geomspace(1e-3, 1e3, 25)
    return [float(near) for near in (*(place + steps), *(place - steps), *(place * steps[8:17]))]


def _problem(minimum: Any, point: Point, roots: Sequence[Any]) -> tuple[Any, Sequence[Any], list[Any], dict[Any, Any]]:
    """The formula at the point, its roots, the assumptions that read the variable, and the values of all else."""
    of, over, formula = minimum.of, minimum.over, minimum.formula
    if not isinstance(formula, Basic):
        raise BadDeclaration(f"a Minimum is taken of a formula, not of {formula}; write the formula")
    given = {**point.exact(), **point.spectra()}
    if hasattr(of, "prediction"):
        roots = of.roots_at(point)
        given |= {symbol: exact(str(value)) for symbol, value in of.fixing.items() if not isinstance(value, str)}
    conditions = [condition for condition in getattr(of, "assuming", ()) if over in free_symbols(condition)]
    return point.decide(formula), roots, conditions, {key: value for key, value in given.items() if key != over}


def _least(minimum: Any, point: Point, digits: int, roots: Sequence[Any]) -> Least:
    over = minimum.over
    formula, roots, conditions, known = _problem(minimum, point, roots)
    low, high = _interval(minimum, point, known)
    if over.is_integer:
        function = _height(formula, roots, conditions, known, over, digits)
        if low is None or high is None or high - low >= MOST_NUMBERS:
            raise BadInput(
                f"the least value over the whole numbers {over} needs an interval of at most {MOST_NUMBERS}; "
                "give between=(low, high)"
            )
        return whole_numbers(function, int(np.ceil(float(low))), int(np.floor(float(high))))
    if not roots and not conditions and not formula.has(sympy.Integral):
        return certified(formula, over, known, low, high, digits)
    function = _height(formula, roots, conditions, known, over, SEARCH_DIGITS)

    def in_float(place: float) -> tuple[float, float]:
        ball = function(exact(repr(float(place))))
        return (float(ball.mid()), float(ball.rad()) + abs(float(ball.mid())) * 2e-16) if ball.is_finite() else (
            np.inf, 0.0
        )  # fmt: skip

    return searched(in_float, *(None if end is None else float(end) for end in (low, high)))


def _height(
    formula: Basic,
    roots: Sequence[Any],
    conditions: Sequence[Any],
    known: Mapping[Symbol, Any],
    over: Symbol,
    digits: int,
) -> Callable[[Any], arb]:
    """The formula at a value of the symbol; not a number where it is undefined or not assumed."""
    from theory.implicit import read_at

    def height(value: Any) -> arb:
        there = {**known, over: value}
        try:
            if not all(holds(condition, there) for condition in conditions):
                return arb("nan")
            return enclose(*read_at(formula, roots, there, digits), digits)
        except BadInput:
            return arb("nan")

    return height


def _interval(minimum: Any, point: Point, known: Mapping[Symbol, Any]) -> tuple[Any, Any]:
    """The ends of the interval, exact numbers, None where it is unbounded."""
    if minimum.between is not None:
        ends = [None if end is None else sympy.sympify(end) for end in minimum.between]
        numbers = {symbol: value for symbol, value in known.items() if isinstance(value, (Basic, int))}
        low, high = (None if end is None or end.is_infinite else end.subs(numbers) for end in ends)
        return low, high
    part = point.setting.part_of(minimum.over)
    if isinstance(part, Size):
        return part.at_least, None if part.at_most >= LARGEST_SIZE else part.at_most
    if not isinstance(part, Real):
        raise BadDeclaration(
            f"{minimum.over} is no number of {point.setting.name()}; give the interval of the Minimum, between=…"
        )
    pairs = (part.above, part.at_least), (part.below, part.at_most)
    declared = [next((end for end in pair if end is not None), None) for pair in pairs]
    low, high = (None if end is None else exact(repr(float(end))) for end in declared)
    return low, high

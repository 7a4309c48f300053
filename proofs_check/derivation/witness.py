"""Counterexamples: looked for at random and at the edges of a domain, and counted only when evaluated exactly."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy
from sympy import Integer, Rational, Symbol

from proofs_check.derivation.question import Question, Range
from theory.errors import BadInput
from theory.evaluate import holds
from theory.proof import Entries
from theory.steps import shown

TRIES = 60
SMALL = [Rational(text) for text in ("1", "2", "1/2", "3", "1/3", "5/2", "10", "1/10", "7/3", "100")]
NEIGHBOURS = 6


def satisfies(question: Question, values: Mapping[Symbol, Any]) -> bool:
    """Whether the values certainly lie in the ranges, and all premises certainly hold."""
    for symbol, bounds in question.ranges.items():
        entries = values[symbol] if bounds.each else [values[symbol]]
        exact = [Rational(float(v)) if isinstance(v, (float, np.floating)) else v for v in entries]
        if not all(_inside(bounds, value) for value in exact):
            return False
    return all(_holds(premise, values) for premise in question.premises)


def contradicts(question: Question, values: Mapping[Symbol, Any]) -> bool:
    """Whether the values certainly satisfy everything but the goal, which certainly fails."""
    return satisfies(question, values) and _holds(_negated(question.goal), values)


def _negated(goal: Any) -> Any:
    opposite = {sympy.Ge: sympy.Lt, sympy.Gt: sympy.Le, sympy.Le: sympy.Gt, sympy.Lt: sympy.Ge,
                sympy.Eq: sympy.Ne, sympy.Ne: sympy.Eq}  # fmt: skip
    if type(goal) in opposite:
        return opposite[type(goal)](*goal.args, evaluate=False)
    if isinstance(goal, (sympy.And, sympy.Or)):
        return (sympy.Or if isinstance(goal, sympy.And) else sympy.And)(*(_negated(part) for part in goal.args))
    return sympy.Not(goal)


def _holds(condition: Any, values: Mapping[Symbol, Any]) -> bool:
    try:
        return holds(condition, values)
    except (BadInput, ZeroDivisionError, OverflowError, ValueError):
        return False


def _inside(bounds: Range, value: Any) -> bool:
    if bounds.whole and Rational(value).q != 1:
        return False
    low = value > bounds.low if bounds.low_open else value >= bounds.low
    high = value < bounds.high if bounds.high_open else value <= bounds.high
    return bool((low or bounds.low == -sympy.oo) and (high or bounds.high == sympy.oo))


def places(question: Question, seed: int = 0) -> Iterator[dict[Symbol, Any]]:
    """Exact values in the ranges: small numbers, ends, and random ones of all sizes."""
    rng = np.random.default_rng(seed)
    symbols = [s for s, bounds in question.ranges.items() if not bounds.each]
    for _ in range(TRIES):
        values = {s: _number(question.ranges[s], rng) for s in symbols}
        yield with_entries(question, _tied(question, values), rng)


def _tied(question: Question, values: dict[Symbol, Any]) -> dict[Symbol, Any]:
    """Symbols moved to where affine premises hold, so that most places satisfy them."""
    from proofs_check.derivation.exact.shift import shift_of

    shift = shift_of(question)
    rests = set().union(*(v.free_symbols for v in shift.values.values())) if shift.values else set()
    drawn = {rest: abs(value) for rest, value in zip(sorted(rests, key=str), itertools.cycle(values.values()))}
    if not drawn or sum(1 for v in values.values() if v == int(v)) % 3 == 0:
        return values
    moved = {s: shift.values[s].subs(drawn) for s in values if s in shift.values}
    return {s: (sympy.ceiling(v) if question.ranges[s].whole else v) for s, v in (values | moved).items()}


def with_entries(question: Question, values: dict[Symbol, Any], rng: np.random.Generator) -> dict[Symbol, Any]:
    """The values with arrays of modes and entries; a symbol that counts entries is their number."""
    modes, numbers = int(rng.integers(1, 5)), dict(values)
    for symbol, bounds in question.ranges.items():
        if bounds.each:
            count = modes
            if isinstance(symbol, Entries):
                if isinstance(symbol.count, Symbol) and numbers.get(symbol.count, 99) > 12:
                    values[symbol.count] = numbers[symbol.count] = Integer(modes)
                count = int(sympy.sympify(symbol.count).subs(numbers))
            values[symbol] = np.array([float(_number(bounds, rng)) for _ in range(count)])
    return values


def _number(bounds: Range, rng: np.random.Generator) -> Any:
    if bounds.whole:
        start = bounds.least_whole() if bounds.low != -sympy.oo else Integer(-6)
        reach = int(rng.choice([3, 10, 100]))
        value = start + int(rng.integers(0, reach))
        return min(value, sympy.floor(bounds.high)) if bounds.high != sympy.oo else value
    pick = SMALL[int(rng.integers(len(SMALL)))] if rng.random() < 0.5 else Rational(int(rng.integers(1, 1000)), 100)
    if rng.random() < 0.15:
        pick *= Rational(10) ** int(rng.integers(-6, 7))
    if bounds.low != -sympy.oo and bounds.high != sympy.oo:
        share = pick / (1 + pick)
        ends = [end for end, is_open in ((bounds.low, bounds.low_open), (bounds.high, bounds.high_open)) if not is_open]
        if ends and rng.random() < 0.15:
            return ends[int(rng.integers(len(ends)))]
        return bounds.low + (bounds.high - bounds.low) * share
    if bounds.low != -sympy.oo:
        return bounds.low if not bounds.low_open and rng.random() < 0.1 else bounds.low + pick
    if bounds.high != sympy.oo:
        return bounds.high - pick
    return Integer(0) if rng.random() < 0.05 else pick if rng.random() < 0.5 else -pick


def near(model: Mapping[Symbol, Any], question: Question, seed: int = 0) -> Iterator[dict[Symbol, Any]]:
    """The values of a model, and simpler numbers and whole numbers around them."""
    rng = np.random.default_rng(seed)
    symbols = [s for s, bounds in question.ranges.items() if not bounds.each]
    for digits in (3, 8, 30):
        values = {
            s: Rational(str(round(model[s], digits))) if s in model else _number(question.ranges[s], rng)
            for s in symbols
        }
        whole = [s for s in symbols if question.ranges[s].whole]
        for shift in itertools.islice(itertools.product((0, 1), repeat=len(whole)), 2**NEIGHBOURS):
            yield with_entries(
                question, values | {s: sympy.floor(values[s]) + step for s, step in zip(whole, shift, strict=True)}, rng
            )
    exact = {s: model.get(s, _number(question.ranges[s], rng)) for s in symbols}
    yield with_entries(question, exact, rng)


def first(question: Question, candidates: Iterable[dict[Symbol, Any]]) -> dict[Symbol, Any] | None:
    """The first place that contradicts the question."""
    return next((values for values in candidates if contradicts(question, values)), None)


def told(question: Question, values: Mapping[Symbol, Any]) -> str:
    """The place as text, with the symbols that equations replaced."""
    numbers = {s: value for s, value in values.items() if not isinstance(value, np.ndarray)}
    put = {s: v.subs(numbers) for s, v in question.put.items()}
    return shown({**values, **put})

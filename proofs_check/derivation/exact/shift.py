"""Symbols in terms of new ones whose signs are known: p = n + 2 + t with t ≥ 0 where p > n + 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Dummy, Expr, Symbol

from proofs_check.derivation.question import Question, Range, narrowed, size
from theory.domain import total

LONGEST = 120  # operations in a premise that is read


@dataclass(frozen=True)
class Shift:
    """Every symbol of a question in terms of new ones that are positive, nonnegative, or real.

    `attained`: whether all values of the question are reached; an upper end that belongs to a range is not.
    """

    values: Mapping[Symbol, Expr]
    positive: frozenset[Symbol]
    nonnegative: frozenset[Symbol]
    attained: bool


def shift_of(question: Question) -> Shift:
    """From lower bounds among the premises, p > n + 1, and from the ranges: p = n + 2 + t with t ≥ 0."""
    key = (question.premises, tuple(sorted(question.ranges.items(), key=lambda pair: str(pair[0]))))
    return _shifted(*key)


@lru_cache(maxsize=256)
def _shifted(premises: tuple[Any, ...], listed: tuple[tuple[Symbol, Range], ...]) -> Shift:
    ranges = {s: bounds if bounds.each else narrowed(s, bounds, premises) for s, bounds in listed}
    values: dict[Symbol, Expr] = {}
    positive, nonnegative, attained = set(), set(), True
    for premise in (p for p in premises if len(p.free_symbols) > 1):
        for bound in _lower_bounds(premise, ranges):
            symbol, plain, strict = bound
            low = plain.subs(values)
            if symbol in values or symbol in low.free_symbols:
                continue
            rest = Dummy(f"t_{symbol}", real=True)
            whole = ranges[symbol].whole and takes_whole_values(plain, ranges)
            (positive if strict and not whole else nonnegative).add(rest)
            value = low + rest + (1 if strict and whole else 0)
            values = {s: v.subs(symbol, value) for s, v in values.items()} | {symbol: value}
            break
    for symbol, bounds in ranges.items():
        if symbol in values:
            continue
        rest = Dummy(f"t_{symbol}", real=True)
        low, open_ = bounds.low, bounds.low_open
        if bounds.whole and low != -sympy.oo:
            low, open_ = bounds.least_whole(), False
        if low != -sympy.oo:
            (positive if open_ else nonnegative).add(rest)
            value = low + rest if bounds.high == sympy.oo else (low + bounds.high * rest) / (1 + rest)
            attained &= bounds.high == sympy.oo or bounds.high_open
        elif bounds.high != sympy.oo:
            (positive if bounds.high_open else nonnegative).add(rest)
            value = bounds.high - rest
        else:
            value = rest
        values = {s: v.subs(symbol, value) for s, v in values.items()} | {symbol: value}
    return Shift(values, frozenset(positive), frozenset(nonnegative), attained)


def _lower_bounds(premise: Any, ranges: Mapping[Symbol, Range]) -> list[tuple[Symbol, Expr, bool]]:
    """(symbol, bound, strict) for every symbol that the premise bounds from below, affinely."""
    if isinstance(premise, (sympy.Gt, sympy.Ge)):
        difference = premise.lhs - premise.rhs
    elif isinstance(premise, (sympy.Lt, sympy.Le)):
        difference = premise.rhs - premise.lhs
    else:
        return []
    strict, found = isinstance(premise, (sympy.Gt, sympy.Lt)), []
    if size(difference) > LONGEST or difference.has(total):
        return []
    difference = sympy.expand(difference)
    for symbol in sorted(difference.free_symbols & set(ranges), key=str):
        slope = sympy.diff(difference, symbol)
        if slope.is_number and slope.is_positive and not ranges[symbol].each:
            found.append((symbol, sympy.expand(symbol - difference / slope), strict))
    return found


def takes_whole_values(bound: Expr, ranges: Mapping[Symbol, Range]) -> bool:
    """Whether an affine bound takes whole values: so do its symbols, and its coefficients are whole."""
    names = sorted(bound.free_symbols, key=str)
    if not all(name in ranges and ranges[name].whole for name in names):
        return False
    if not bound.is_polynomial(*names):
        return False
    coefficients = sympy.Poly(bound, *names).coeffs() if names else [bound]
    return all(isinstance(c, sympy.Integer) for c in coefficients)



"""Integrals: by an antiderivative that is continuous up to the ends, or enclosed at points."""

from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr, oo, sympify

from proofs_check.derivation import instances
from proofs_check.derivation.answer import answer, in_every_case
from proofs_check.derivation.definedness import continuous
from proofs_check.derivation.limits import value_at_end
from proofs_check.derivation.outcome import Outcome, undecided, weakest
from proofs_check.derivation.question import Question, Range, by_assumptions, relation
from theory.claim import Claim
from theory.proof import Integration


def integral(step: Integration, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        integrand, low, high, equals, antiderivative = parts
        if any(step.over in p.free_symbols for p in (*question.premises, low, high, equals)):
            return undecided("algebra", f"{step.over} is integrated over, so no condition or end may read it")
        ranges = {s: r for s, r in question.ranges.items() if s != step.over}
        outside = replace(question, ranges=ranges)
        within = _within_its_symbol(outside, step.over, low, high)
        if within.status == "vacuous":
            return within
        if within.status != "proved":
            return undecided("algebra", f"{step.over} may not take all values between {low} and {high}")
        if antiderivative is None:
            return instances.integral_at_points(outside, step.over, (low, high), integrand, equals)
        inside = replace(question, ranges={**ranges, step.over: _between(low, high)})
        return _by_antiderivative(inside, outside, step.over, parts)

    found = [step.integrand, sympify(step.low), sympify(step.high), sympify(step.equals), step.antiderivative]
    return in_every_case(claim, step, found, settle)


def _within_its_symbol(outside: Question, over: Any, low: Expr, high: Expr) -> Outcome:
    """Whether SymPy's assumptions on the symbol hold of a positive c, Abs(c) is c whatever is put in."""
    bounds = by_assumptions(over) or Range()
    first = relation(">=", low - bounds.low) if bounds.low != -oo else sympy.true
    last = relation(">=", bounds.high - high) if bounds.high != oo else sympy.true
    return weakest([answer(outside.about(goal if end not in (oo, -oo) else sympy.true)) for goal, end in
                    ((first, low), (last, high))])  # fmt: skip


def _between(low: Expr, high: Expr) -> Range:
    return Range(low if low.is_number else -oo, high if high.is_number else oo)


def _by_antiderivative(inside: Question, outside: Question, over: Any, parts: list[Any]) -> Outcome:
    """The derivative is the integrand between the ends, and the difference of the ends is the closed form."""
    integrand, low, high, equals, antiderivative = parts
    if not continuous(antiderivative, over):
        return undecided("algebra", "the antiderivative may jump")
    slope = sympy.diff(antiderivative, over)
    same = answer(inside.about(relation("==", slope - integrand)), antiderivative, integrand)
    if same.status != "proved":
        return same
    first, last = (_end(antiderivative, outside, over, end, way) for end, way in ((low, "+"), (high, "-")))
    if first is None or last is None:
        return undecided("algebra", "the antiderivative has no certain value at an end")
    value = answer(outside.about(relation("==", last - first - equals)), first, last, equals)
    return weakest([same, value]).noting("by the antiderivative")


def _end(antiderivative: Expr, outside: Question, over: Any, end: Expr, way: str) -> Expr | None:
    if end in (oo, -oo):
        return value_at_end(antiderivative, outside, over, end, "+oo" if end == oo else "-oo")
    found = antiderivative.subs(over, end)
    if found.has(sympy.nan, sympy.zoo, oo, -oo, sympy.AccumBounds):
        return value_at_end(antiderivative, outside, over, end, way)
    return found

"""What becomes of a step of any kind."""

import time
from dataclasses import replace
from functools import singledispatch
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Rational, oo, sympify

from proofs_check.derivation import algebra, instances, witness
from proofs_check.derivation.answer import answer
from proofs_check.derivation.outcome import Outcome, proved, refuted, undecided, weakest
from proofs_check.derivation.patience import SECONDS, OutOfTime, patience
from proofs_check.derivation.question import Question, Range, narrowed, relation, scenes
from proofs_check.derivation.series import Expander, NoExpansion
from theory.audit import LONGEST_FORMULA
from theory.claim import Claim
from theory.errors import BadInput
from theory.evaluate import enclose
from theory.points import default_points
from theory.proof import (
    Assumed,
    Identical,
    Implication,
    Inequality,
    Instances,
    Integration,
    Limit,
    Monotone,
    Series,
    Solution,
    Stated,
)
from theory.steps import approached

CLOSER = [Rational(1, 2**k) for k in range(0, 40, 3)]


def decide(step: Stated, claim: Claim) -> Outcome:
    """The outcome of a step, with the seconds it took.   Raises BadDeclaration for symbols that nothing declares."""
    began = time.perf_counter()
    try:
        with patience():
            found = _decided(step, claim)
    except BadInput:
        raise
    except OutOfTime:
        found = undecided("none", f"no backend answers within {SECONDS:g} s")
    except Exception as fault:  # of a library, of many kinds; one step must not take the others with it
        found = undecided("none", f"a backend failed: {type(fault).__name__}: {' '.join(str(fault).split())[:200]}")
    return replace(found, seconds=time.perf_counter() - began)


@singledispatch
def _decided(step: Any, claim: Claim) -> Outcome:
    raise TypeError(f"{step!r} is no step")


def _in_every_case(claim: Claim, step: Stated, expressions: list[Any], settle: Any) -> Outcome:
    """The outcome over the cases of the choices; a case in which nothing satisfies the premises says nothing."""
    found = []
    for question, parts, case in scenes(claim, step, expressions):
        outcome = settle(question, parts)
        found.append(replace(outcome, detail="; ".join(p for p in (outcome.detail, case) if p)) if case else outcome)
    speaking = [outcome for outcome in found if outcome.status != "vacuous"]
    worst = weakest(speaking or found)
    if worst.status == "proved" and len(found) > 1:
        return replace(worst, detail="in every case of the choices")
    return worst


@_decided.register
def _(step: Assumed, claim: Claim) -> Outcome:
    return Outcome("assumed", "source", step.source)


@_decided.register
def _(step: Identical, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        left, right = parts
        return answer(question.about(relation("==", left - right)), left, right)

    return _in_every_case(claim, step, [step.left, step.right], settle)


@_decided.register
def _(step: Inequality, claim: Claim) -> Outcome:
    sense = ">" if step.strict else ">="

    def settle(question: Question, parts: list[Any]) -> Outcome:
        smaller, larger, slack = parts
        if step.slack is not None:
            same = answer(question.about(relation("==", larger - smaller - slack)), smaller, larger, slack)
            signed = answer(question.about(relation(sense, slack)))
            if same.status == signed.status == "proved":
                return weakest([same, signed]).noting("by the slack")
        return answer(question.about(relation(sense, larger - smaller)), smaller, larger)

    return _in_every_case(claim, step, [step.smaller, step.larger, step.slack], settle)


@_decided.register
def _(step: Implication, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        return answer(question.about(parts[0]))

    return _in_every_case(claim, replace(step, given=(*step.given, *step.premises)), [step.conclusion], settle)


@_decided.register
def _(step: Monotone, claim: Claim) -> Outcome:
    turn = 1 if step.direction == "increasing" else -1

    def settle(question: Question, parts: list[Any]) -> Outcome:
        (expression,) = parts
        along = step.along
        pair = None if question.is_loose() else _falling(question, turn * expression, along, step.strict)
        if pair is not None:
            return pair
        if expression.has(sympy.Piecewise, sympy.floor, sympy.ceiling, sympy.sign):
            return undecided("algebra", "the expression may jump")
        apart = _may_be_apart(question, along)
        if apart:
            return undecided("algebra", f"{apart} may hold on several intervals of {along}")
        fine = answer(question.about(sympy.true), expression)
        if fine.status != "proved":
            return fine
        slope = turn * sympy.diff(expression, along)
        found = answer(_inside(question, along).about(relation(">" if step.strict else ">=", slope)))
        if found.status == "refuted":
            return undecided(found.backend, f"no pair of values falls; the derivative does so at {found.witness}")
        return found.noting("by the derivative") if found.status == "proved" else found

    return _in_every_case(claim, step, [step.expression], settle)


def _falling(question: Question, expression: Expr, along: Any, strict: bool) -> Outcome | None:
    """Two values of the symbol between which the expression moves the wrong way."""
    for values in witness.places(question):
        if along not in values or not witness.satisfies(question, values):
            continue
        steps = [Integer(1), Integer(7)] if question.ranges[along].whole else CLOSER
        for step in steps:
            unit = 1 if question.ranges[along].whole else max(abs(values[along]), 1)
            later = values | {along: values[along] + step * unit}
            if not witness.satisfies(question, later):
                continue
            try:
                gap = enclose(expression, later) - enclose(expression, values)
            except Exception:  # undefined at one of the two: definedness is asked elsewhere
                continue
            if gap < 0 or (strict and gap.is_zero()):
                return refuted("exact evaluation", f"{witness.told(question, values)}, then {along}={later[along]}")
    return None


def _may_be_apart(question: Question, along: Any) -> str:
    """A premise under which the values of the symbol need not form one interval."""
    for premise in question.premises:
        if along in premise.free_symbols:
            if not isinstance(premise, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
                return str(premise)
            slope = sympy.diff(premise.lhs - premise.rhs, along)
            if slope.has(along) and algebra.sign(slope, replace(question, premises=())) is None:
                return str(premise)
    return ""


def _inside(question: Question, along: Any) -> Question:
    """The question without the ends of the symbol's interval, where a derivative need not exist."""
    opened = {sympy.Ge: sympy.Gt, sympy.Le: sympy.Lt}
    premises = tuple(
        opened[type(p)](*p.args, evaluate=False) if along in p.free_symbols and type(p) in opened else p
        for p in question.premises
    )
    ranges = dict(question.ranges)
    if along in ranges:
        ranges[along] = replace(ranges[along], low_open=True, high_open=True, whole=False)
    return replace(question, premises=premises, ranges=ranges)


@_decided.register
def _(step: Solution, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        value, equation, branch = parts
        bounds = question.ranges.get(step.symbol, Range())
        ranges = {s: r for s, r in question.ranges.items() if s != step.symbol}
        at = replace(question, ranges=ranges)
        there = [sympify(c).subs(step.symbol, value) for c in (*bounds.conditions(step.symbol), branch)]
        outcomes = [answer(at.about(relation("==", equation.subs(step.symbol, value))), value)]
        outcomes += [answer(at.about(condition)) for condition in there if condition != sympy.true]
        if step.unique:
            outcomes.append(_alone(question, step.symbol, value, equation, branch))
        return weakest(outcomes)

    return _in_every_case(claim, step, [step.value, step.equation, sympify(step.branch)], settle)


def _alone(question: Question, symbol: Any, value: Expr, equation: Expr, branch: Any) -> Outcome:
    """The equation is monotone in its symbol, or vanishes at no other value."""
    on_branch = question.where(branch) if branch != sympy.true else question
    slope = sympy.diff(equation, symbol)
    if not _may_be_apart(on_branch, symbol):
        for sense in (1, -1):
            if algebra.sign(sense * slope, on_branch) == algebra.POSITIVE:
                return proved("algebra", "the equation is monotone")
    vanishing = on_branch.where(relation("==", equation))
    return answer(vanishing.about(relation("==", symbol - value)))


@_decided.register
def _(step: Series, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        expression, equals = parts
        return _remains(question, step.small, expression - equals, step.order)

    return _in_every_case(claim, step, [step.expression, step.equals], settle)


def _remains(question: Question, small: Any, difference: Expr, order: Any) -> Outcome:
    """Whether a difference is O(small^order): no coefficient below that order is left."""
    for length in (8, 16):
        try:
            found = Expander(question, small, length).of(difference)
        except NoExpansion as fault:
            return undecided("series", str(fault))
        below = {p: c for p, c in found.terms.items() if p < order}
        if below:
            power = min(below)
            return _leftover(question, small, power, below[power])
        if found.order >= order:
            return proved("series", "exact coefficients")
    return undecided("series", f"the expansion stops at order {found.order}")


def _leftover(question: Question, small: Any, power: Any, coefficient: Expr) -> Outcome:
    """Refuted where the coefficient that is left is certainly not zero."""
    ranges = {s: r for s, r in question.ranges.items() if s != small}
    asked = replace(question, ranges=ranges, goal=relation("==", coefficient))
    asked = replace(asked, premises=tuple(p for p in asked.premises if small not in p.free_symbols))
    values = witness.first(asked, witness.places(asked)) if not question.is_loose() else None
    term = f"a term ({coefficient})·{small}^{power} is left"
    if values is None:
        return undecided("series", f"{term}, which is not known to vanish")
    return refuted("series, evaluated exactly", witness.told(asked, values) or f"{coefficient} ≠ 0", term)


@_decided.register
def _(step: Limit, claim: Claim) -> Outcome:
    if step.of is None and (claim.roots or not isinstance(claim.prediction, sympy.Basic)):
        return _seen(step, claim)
    fixed = {} if step.of is not None else dict(claim.fixing)
    body = claim.prediction if step.of is None else step.of

    def settle(question: Question, parts: list[Any]) -> Outcome:
        expression, equals = (sympify(p).subs(fixed).subs(dict(step.tie)) for p in parts)
        found = []
        for way in _ways(question, step):
            asked, small, difference = _towards_zero(question, step, expression, equals, way)
            sign = 1 if equals == oo else -1
            found.append(_diverges(asked, small, difference, sign) if equals in (oo, -oo)
                         else _vanishing(asked, small, difference))
        return weakest(found) if len(found) > 1 else found[0]

    tied = replace(step, where=dict(step.where)) if step.where else step
    values = [body, step.equals]
    hidden = replace(tied, given=(*step.given,), everywhere=True)
    found = _in_every_case(claim, hidden, [*values, *step.tie.values()], lambda q, parts: settle(q, parts[:2]))
    return _seen(step, claim).noting(found.detail) if found.status == "undecided" and step.of is None else found


def _ways(question: Question, step: Limit) -> list[str]:
    """From which sides the limit is approached: both where it lies inside the range that the premises leave."""
    to = sympify(step.to)
    if to in (oo, -oo):
        return ["above" if to == -oo else "below"]
    bounds = narrowed(step.along, question.ranges.get(step.along, Range()), question.premises)
    below, above = bounds.low == -oo or bool(bounds.low < to), bounds.high == oo or bool(bounds.high > to)
    return [way for way, there in (("below", below), ("above", above)) if there] or ["above"]


def _towards_zero(
    question: Question, step: Limit, expression: Expr, equals: Expr, way: str
) -> tuple[Question, Any, Expr]:
    """The same limit as a positive new symbol tends to 0."""
    small, to = Dummy("s", positive=True), sympify(step.to)
    moved = 1 / small if to == oo else -1 / small if to == -oo else to - small if way == "below" else to + small
    ranges = {s: r for s, r in question.ranges.items() if s != step.along and s not in step.tie}
    asked = replace(question, ranges=ranges | {small: Range(Integer(0))})
    moving = expression if equals in (oo, -oo) else expression - equals
    return asked, small, moving.subs(step.along, moved)


def _vanishing(question: Question, small: Any, difference: Expr) -> Outcome:
    for length in (2, 8):  # a short expansion suffices where nothing cancels
        try:
            found = Expander(question, small, length).of(difference)
        except NoExpansion as fault:
            return undecided("series", str(fault))
        leading = found.leading()
        if leading is not None and leading[0] <= 0:
            return _leftover(question, small, *leading)
        if found.order > 0:
            return proved("series", "its leading term vanishes")
    return undecided("series", "the expansion is too short")


def _diverges(question: Question, small: Any, expression: Expr, side: int) -> Outcome:
    try:
        leading = Expander(question, small).of(expression).leading()
    except NoExpansion as fault:
        return undecided("series", str(fault))
    if leading is None:
        return undecided("series", "no leading term is found")
    if leading[0] >= 0:
        return refuted("series", f"its leading term is ({leading[1]})·small^{leading[0]}", "it stays bounded")
    found = algebra.sign(side * leading[1], question)
    if found == algebra.POSITIVE:
        return proved("series", "its leading term grows without bound")
    if found == algebra.NEGATIVE:
        return refuted("series", f"its leading term is ({leading[1]})·small^{leading[0]}", "it has the other sign")
    return undecided("series", f"the sign of {side * leading[1]} is open")


def _seen(step: Limit, claim: Claim) -> Outcome:
    """What numbers on the way to the limit show: they can refute it."""
    passed, detail = approached(claim, default_points(claim, 2, 0), step)
    return undecided("numbers", detail) if passed else refuted("numbers", detail)


@_decided.register
def _(step: Integration, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        integrand, low, high, equals, antiderivative = parts
        ranges = {s: r for s, r in question.ranges.items() if s != step.over}
        outside = replace(question, ranges=ranges)
        if antiderivative is not None:
            inside = replace(question, ranges=ranges | {step.over: _between(low, high)}, premises=question.premises)
            return _by_antiderivative(inside, outside, step.over, parts)
        return instances.integral_at_points(outside, step.over, (low, high), integrand, equals)

    found = [step.integrand, sympify(step.low), sympify(step.high), sympify(step.equals), step.antiderivative]
    return _in_every_case(claim, step, found, settle)


def _between(low: Expr, high: Expr) -> Range:
    return Range(low if low.is_number else -oo, high if high.is_number else oo)


def _by_antiderivative(inside: Question, outside: Question, over: Any, parts: list[Any]) -> Outcome:
    """The derivative is the integrand, and the difference of the ends is the closed form."""
    integrand, low, high, equals, antiderivative = parts
    slope = sympy.diff(antiderivative, over)
    same = answer(inside.about(relation("==", slope - integrand)), antiderivative, integrand)
    first, last = _end(antiderivative, over, low, "+"), _end(antiderivative, over, high, "-")
    if first is None or last is None:
        return undecided("algebra", "the antiderivative has no certain value at an end")
    value = answer(outside.about(relation("==", last - first - equals)), equals)
    return weakest([same, value]).noting("by the antiderivative")


def _end(antiderivative: Expr, over: Any, end: Expr, side: str) -> Expr | None:
    if end in (oo, -oo):
        if sympy.count_ops(antiderivative) > LONGEST_FORMULA:
            return None
        found = sympy.limit(antiderivative, over, end, side)
        return None if found.has(sympy.Limit, oo, sympy.nan, sympy.zoo) else found
    found = antiderivative.subs(over, end)
    return None if found.has(sympy.nan, sympy.zoo, oo) else found


@_decided.register
def _(step: Instances, claim: Claim) -> Outcome:
    return instances.at_sizes(step, lambda part: decide(part, claim))

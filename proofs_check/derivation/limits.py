"""Limits and expansions: exact coefficients, on every side from which the limit can be approached."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy
from sympy import Basic, Dummy, Expr, Integer, oo, sympify

from proofs_check.derivation import witness
from proofs_check.derivation.answer import in_every_case, settled, vacuous
from proofs_check.derivation.definedness import defined, grows
from proofs_check.derivation.exact import normal, signs
from proofs_check.derivation.exact.leading import Leading
from proofs_check.derivation.exact.series import Expander, NoExpansion
from proofs_check.derivation.outcome import Outcome, proved, refuted, undecided, weakest
from proofs_check.derivation.question import Question, Range, narrowed, put_in, relation
from theory.claim import Claim
from theory.points import default_points
from theory.proof import Limit, Series
from theory.steps import NO_POINT, approached


def series(step: Series, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        expression, equals = parts
        if any(grows(part, step.small) for part in parts):
            return undecided("series", f"the number of terms of a sum depends on {step.small}")
        found = vacuous(question) or _remains(question, step.small, expression - equals, step.order)
        return _where_defined(found, question, step.small, parts)

    return in_every_case(claim, step, [step.expression, step.equals], settle)


def _remains(question: Question, small: Any, difference: Expr, order: Any) -> Outcome:
    """Whether a difference is O(small^order): no coefficient below that order is left."""
    for length in (8, 16):
        expander = Expander(question, small, length)
        try:
            found = expander.of(difference)
        except NoExpansion as fault:
            return undecided("series", str(fault))
        if expander.logs:
            return undecided("series", f"it has logarithms of {small}")
        below = {p: c for p, c in found.terms.items() if p < order}
        if below:
            power = min(below)
            return _leftover(expander, power, below[power])
        if found.order >= order:
            return _where_used(proved("series", "exact coefficients"), expander)
    return undecided("series", f"the expansion stops at order {found.order}")


def _where_used(found: Outcome, expander: Expander) -> Outcome:
    """The outcome if all that the expansions used is proved: that a logarithm's argument is positive, and so on."""
    for need in dict.fromkeys(expander.needs):
        if settled(expander.question.about(need)).status != "proved":
            return undecided("series", f"the expansion holds only where {need}")
    return found


def _where_defined(found: Outcome, question: Question, small: Any, parts: list[Any]) -> Outcome:
    """The outcome if what does not move is defined everywhere; refuted where it is not."""
    if found.status != "proved":
        return found
    for under, goal in dict.fromkeys(need for part in parts for need in _still(part, small)):
        one = settled(question.where(*under).about(goal))
        if one.status == "refuted":
            return replace(one, detail=f"not defined where {goal} fails")
        if one.status != "proved":
            return undecided("series", f"it is open whether {goal} everywhere")
    return found


def _still(node: Any, small: Any) -> Iterator[Any]:
    """What must hold for the parts that do not read a symbol to be defined."""
    if not isinstance(node, Basic) or not node.has(small):
        yield from defined(node)
        return
    for part in node.args:
        yield from _still(part, small)


def _leftover(expander: Expander, power: Any, coefficient: Expr) -> Outcome:
    """Refuted where the coefficient that is left is certainly not zero."""
    question, small = expander.question, expander.small
    ranges = {s: r for s, r in question.ranges.items() if s != small}
    asked = replace(question, ranges=ranges, goal=relation("==", coefficient))
    asked = replace(asked, premises=tuple(p for p in asked.premises if small not in p.free_symbols))
    asked = asked.where(*(need for need in expander.needs if need != sympy.true))
    values = witness.first(asked, witness.places(asked)) if not question.is_loose() else None
    term = f"a term ({coefficient})·{small}^{power} is left"
    if values is None:
        return undecided("series", f"{term}, which is not known to vanish")
    return refuted("series, evaluated exactly", witness.told(asked, values) or f"{coefficient} ≠ 0", term)


def limit(step: Limit, claim: Claim) -> Outcome:
    if step.of is None and (claim.roots or not isinstance(claim.prediction, sympy.Basic)):
        return _seen(step, claim)
    fixed = {} if step.of is not None else dict(claim.fixing)
    body = claim.prediction if step.of is None else step.of

    def settle(question: Question, parts: list[Any]) -> Outcome:
        tie = dict(zip(step.tie, parts[2:], strict=True))
        expression, equals = (put_in(put_in(sympify(p), fixed), tie) for p in parts[:2])
        fault = _out_of_reach(question, step, parts)
        return undecided("series", fault) if fault else _from_all_sides(question, step, expression, equals)

    hidden = replace(step, everywhere=True)
    found = in_every_case(claim, hidden, [body, step.equals, *step.tie.values()], settle)
    return _seen(step, claim).noting(found.detail) if found.status == "undecided" and step.of is None else found


def _out_of_reach(question: Question, step: Limit, parts: list[Any]) -> str:
    """Why the limit cannot be looked at: sums get more terms on the way, or the domain ends before."""
    if any(grows(part, moving) for part in parts for moving in (step.along, *step.tie)):
        return f"the number of terms of a sum depends on {step.along}"
    bounds, to = question.ranges.get(step.along, Range()), sympify(step.to)
    reached = bounds.low <= to if to != oo else bounds.high == oo
    reached = reached and (bounds.high >= to if to != -oo else bounds.low == -oo)
    return "" if reached == True else f"{step.along} → {to} is not known to be reached within its domain"  # noqa: E712


def _from_all_sides(question: Question, step: Limit, expression: Expr, equals: Expr) -> Outcome:
    moving = {step.along, *step.tie}
    ways = _ways(question, step)
    held = replace(question, premises=tuple(p for p in question.premises if not p.free_symbols & moving))
    held = replace(held, ranges={s: r for s, r in held.ranges.items() if s not in moving})
    found = [outcome for outcome in [vacuous(held)] if outcome is not None]
    for way in ways:
        asked, small, (moved, aim) = _towards_zero(held, step, [expression, equals], way)
        if equals in (oo, -oo):
            one = _diverges(asked, small, moved, 1 if equals == oo else -1)
        else:
            one = _vanishing(asked, small, moved - aim)
        if one.status == "undecided" and not aim.has(small):
            one = _by_leading_term(asked, small, moved, aim) or one
        found.append(_where_defined(one, asked, step.along, [expression, equals]))
    return weakest(found)


def _ways(question: Question, step: Limit) -> list[str]:
    """From which sides the limit is approached: both where it lies inside the range that the premises leave."""
    to = sympify(step.to)
    if to in (oo, -oo):
        return ["above" if to == -oo else "below"]
    bounds = narrowed(step.along, question.ranges.get(step.along, Range()), question.premises)
    below, above = bounds.low == -oo or bool(bounds.low < to), bounds.high == oo or bool(bounds.high > to)
    return [way for way, there in (("below", below), ("above", above)) if there] or ["above"]


def _towards_zero(question: Question, step: Limit, parts: list[Expr], way: str) -> tuple[Question, Any, list[Expr]]:
    """The expressions as a positive new symbol tends to 0."""
    small, to = Dummy("s", positive=True), sympify(step.to)
    moved = 1 / small if to == oo else -1 / small if to == -oo else to - small if way == "below" else to + small
    asked = replace(question, ranges={**question.ranges, small: Range(Integer(0))})
    return asked, small, [part.subs(step.along, moved) for part in parts]


def _by_leading_term(question: Question, small: Any, expression: Expr, equals: Expr) -> Outcome | None:
    """Proved where the leading term tends to what is said; it refutes nothing."""
    leading = Leading(question, small)
    try:
        term = leading.of(expression)
    except NoExpansion:
        return None
    way = signs.POSITIVE if term.flat else leading.tends(term)
    if equals in (oo, -oo):
        same = way == signs.NEGATIVE and signs.sign(term.coefficient * (1 if equals == oo else -1), question)
        return proved("series", "its leading term grows without bound") if same == signs.POSITIVE else None
    left = equals if way == signs.POSITIVE else term.coefficient - equals if way == signs.ZERO else None
    if left is None or not normal.vanishes(left, question.ranges):
        return None
    return proved("series", "by its leading term")


def _vanishing(question: Question, small: Any, difference: Expr) -> Outcome:
    for length in (2, 8):  # a short expansion suffices where nothing cancels
        expander = Expander(question, small, length)
        try:
            found = expander.of(difference)
        except NoExpansion as fault:
            return undecided("series", str(fault))
        leading = found.leading()
        if leading is not None and leading[0] <= 0 and leading[1].has(expander.slow):
            return undecided("series", f"a term {leading[1]} is left")
        if leading is not None and leading[0] <= 0:
            return _leftover(expander, *leading)
        if found.order > 0:
            return _where_used(proved("series", "its leading term vanishes"), expander)
    return undecided("series", "the expansion is too short")


def _diverges(question: Question, small: Any, expression: Expr, side: int) -> Outcome:
    expander = Expander(question, small)
    try:
        leading = expander.of(expression).leading()
    except NoExpansion as fault:
        return undecided("series", str(fault))
    if leading is None:
        return undecided("series", "no leading term is found")
    if leading[1].has(expander.slow):
        return undecided("series", f"its leading term has a logarithm: {leading[1]}")
    if leading[0] >= 0:
        return refuted("series", f"its leading term is ({leading[1]})·small^{leading[0]}", "it stays bounded")
    found = signs.sign(side * leading[1], question)
    if found == signs.POSITIVE:
        return _where_used(proved("series", "its leading term grows without bound"), expander)
    if found == signs.NEGATIVE:
        return refuted("series", f"its leading term is ({leading[1]})·small^{leading[0]}", "it has the other sign")
    return undecided("series", f"the sign of {side * leading[1]} is open")


def value_at_end(expression: Expr, question: Question, over: Any, end: Expr, way: str) -> Expr | None:
    """The one-sided limit of an expression in a symbol; None where no expansion shows a finite one."""
    small = Dummy("s", positive=True)
    moved = {"+oo": 1 / small, "-oo": -1 / small, "+": end + small, "-": end - small}[way]
    asked = replace(question, ranges={**question.ranges, small: Range(Integer(0))})
    expander = Expander(asked, small)
    try:
        found = expander.of(expression.subs(over, moved))
    except NoExpansion:
        return _value_by_leading_term(Leading(asked, small), expression.subs(over, moved))
    if any(power < 0 for power in found.terms) or found.order <= 0 or found.at_zero().has(expander.slow):
        return None
    if _where_used(proved("series"), expander).status != "proved":
        return None
    return found.at_zero()


def _value_by_leading_term(leading: Leading, expression: Expr) -> Expr | None:
    try:
        term = leading.of(expression)
    except NoExpansion:
        return None
    way = signs.POSITIVE if term.flat else leading.tends(term)
    return Integer(0) if way == signs.POSITIVE else term.coefficient if way == signs.ZERO else None


def _seen(step: Limit, claim: Claim) -> Outcome:
    """What numbers on the way to the limit show: they can refute it."""
    passed, detail = approached(claim, default_points(claim, 2, 0), step)
    return undecided("numbers", detail) if passed or NO_POINT in detail else refuted("numbers", detail)

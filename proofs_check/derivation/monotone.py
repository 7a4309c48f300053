"""Whether an expression only rises along a symbol: its derivative, on one interval where it is continuous."""

from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from proofs_check.derivation import witness
from proofs_check.derivation.answer import answer, in_every_case
from proofs_check.derivation.definedness import continuous, grows
from proofs_check.derivation.exact import signs
from proofs_check.derivation.outcome import Outcome, refuted, undecided
from proofs_check.derivation.question import Question, relation
from theory.claim import Claim
from theory.evaluate import enclose
from theory.proof import Monotone

CLOSER = [Rational(1, 2**k) for k in range(0, 40, 3)]


def monotone(step: Monotone, claim: Claim) -> Outcome:
    turn = 1 if step.direction == "increasing" else -1

    def settle(question: Question, parts: list[Any]) -> Outcome:
        (expression,) = parts
        along = step.along
        if grows(expression, along):
            return undecided("algebra", f"the number of terms of a sum depends on {along}")
        pair = None if question.is_loose() else _falling(question, turn * expression, along, step.strict)
        if pair is not None:
            return pair
        if not continuous(expression, along):
            return undecided("algebra", "the expression may jump")
        gap = may_have_a_gap(question, along)
        if gap:
            return undecided("algebra", f"{gap} may hold on several intervals of {along}")
        fine = answer(real(question, along).about(sympy.true), expression)
        if fine.status == "refuted" and question.ranges[along].whole:
            return undecided("algebra", f"between whole numbers it is {fine.detail} ({fine.witness})")
        if fine.status != "proved":
            return fine
        slope = turn * sympy.diff(expression, along)
        found = answer(_inside(question, along).about(relation(">" if step.strict else ">=", slope)))
        if found.status == "refuted":
            return undecided(found.backend, f"no pair of values falls; the derivative does so at {found.witness}")
        return found.noting("by the derivative") if found.status == "proved" else found

    return in_every_case(claim, step, [step.expression], settle)


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


def may_have_a_gap(question: Question, along: Any) -> str:
    """A premise under which the values of the symbol need not form one interval."""
    for premise in question.premises:
        if along not in premise.free_symbols:
            continue
        if not isinstance(premise, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
            return str(premise)
        if not all(side.is_polynomial(along) and sympy.degree(side, along) <= 1 for side in premise.args):
            difference = premise.lhs - premise.rhs
            free = replace(real(question, along), premises=())
            one_way = signs.sign(sympy.diff(difference, along), free) is not None and continuous(difference, along)
            if not one_way or answer(free.about(sympy.true), *premise.args).status != "proved":
                return str(premise)
    return ""


def real(question: Question, along: Any) -> Question:
    """The question with all real values of the symbol between the ends of its range."""
    if along not in question.ranges:
        return question
    return replace(question, ranges={**question.ranges, along: replace(question.ranges[along], whole=False)})


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



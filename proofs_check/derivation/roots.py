"""Whether a value solves an equation, on a branch, and alone."""

from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr, sympify

from proofs_check.derivation.answer import answer, in_every_case
from proofs_check.derivation.definedness import continuous
from proofs_check.derivation.exact import signs
from proofs_check.derivation.exact.shift import takes_whole_values
from proofs_check.derivation.monotone import may_have_a_gap, real
from proofs_check.derivation.outcome import Outcome, proved, undecided, weakest
from proofs_check.derivation.question import Question, Range, relation
from theory.claim import Claim
from theory.proof import Solution


def solution(step: Solution, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        value, equation, branch = parts
        bounds = question.ranges.get(step.symbol, Range())
        ranges = {s: r for s, r in question.ranges.items() if s != step.symbol}
        premises = tuple(p.subs(step.symbol, value) for p in question.premises)
        at = replace(question, ranges=ranges, premises=tuple(p for p in premises if p != sympy.true))
        there = [sympify(c).subs(step.symbol, value) for c in (*bounds.conditions(step.symbol), branch)]
        outcomes = [answer(at.about(relation("==", equation.subs(step.symbol, value))), value)]
        outcomes += [answer(at.about(condition)) for condition in there if condition != sympy.true]
        if bounds.whole and not (value.is_integer or takes_whole_values(value, ranges)):
            outcomes.append(undecided("algebra", f"{step.symbol} is a whole number, which {value} need not be"))
        if step.unique:
            outcomes.append(_alone(question, step.symbol, value, equation, branch))
        return weakest(outcomes)

    return in_every_case(claim, step, [step.value, step.equation, sympify(step.branch)], settle)


def _alone(question: Question, symbol: Any, value: Expr, equation: Expr, branch: Any) -> Outcome:
    """The equation is monotone in its symbol, or vanishes at no other value."""
    on_branch = question.where(branch) if branch != sympy.true else question
    slope = sympy.diff(equation, symbol)
    one_way = signs.sign(slope, on_branch) in (signs.POSITIVE, signs.NEGATIVE) and continuous(equation, symbol)
    one_way = one_way and not may_have_a_gap(on_branch, symbol)
    if one_way and answer(real(on_branch, symbol).about(sympy.true), equation, slope).status == "proved":
        return proved("algebra", "the equation is monotone")
    vanishing = on_branch.where(relation("==", equation))
    return answer(vanishing.about(relation("==", symbol - value)))



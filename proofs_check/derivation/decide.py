"""What becomes of a step of any kind."""

import time
from dataclasses import replace
from functools import singledispatch
from typing import Any

from proofs_check.derivation import instances
from proofs_check.derivation.answer import answer, in_every_case
from proofs_check.derivation.integrals import integral
from proofs_check.derivation.limits import limit, series
from proofs_check.derivation.monotone import monotone
from proofs_check.derivation.outcome import Outcome, undecided, weakest
from proofs_check.derivation.patience import SECONDS, OutOfTime, patience
from proofs_check.derivation.question import Question, relation
from proofs_check.derivation.roots import solution
from theory.claim import Claim
from theory.errors import BadDeclaration
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


def decide(step: Stated, claim: Claim) -> Outcome:
    """The outcome of a step, with the seconds it took.   Raises BadDeclaration for symbols that nothing declares."""
    began = time.perf_counter()
    try:
        with patience():
            found = _decided(step, claim)
    except BadDeclaration:
        raise
    except OutOfTime:
        found = undecided("none", f"no backend answers within {SECONDS:g} s")
    except Exception as fault:  # of a library, of many kinds; one step must not take the others with it
        found = undecided("none", f"a backend failed: {type(fault).__name__}: {' '.join(str(fault).split())[:200]}")
    return replace(found, seconds=time.perf_counter() - began)


@singledispatch
def _decided(step: Any, claim: Claim) -> Outcome:
    raise TypeError(f"{step!r} is no step")


@_decided.register
def _(step: Assumed, claim: Claim) -> Outcome:
    return Outcome("assumed", "source", step.source)


@_decided.register
def _(step: Identical, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        left, right = parts
        return answer(question.about(relation("==", left - right)), left, right)

    return in_every_case(claim, step, [step.left, step.right], settle)


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

    return in_every_case(claim, step, [step.smaller, step.larger, step.slack], settle)


@_decided.register
def _(step: Implication, claim: Claim) -> Outcome:
    def settle(question: Question, parts: list[Any]) -> Outcome:
        return answer(question.about(parts[0]))

    return in_every_case(claim, replace(step, given=(*step.given, *step.premises)), [step.conclusion], settle)


_decided.register(Monotone)(monotone)
_decided.register(Solution)(solution)
_decided.register(Series)(series)
_decided.register(Limit)(limit)
_decided.register(Integration)(integral)


@_decided.register
def _(step: Instances, claim: Claim) -> Outcome:
    return instances.at_sizes(step, lambda part: decide(part, claim))

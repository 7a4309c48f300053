"""The answer to a question: cheapest backend first. A proof is exact; a counterexample is evaluated exactly."""

from dataclasses import replace
from typing import Any

import sympy

from proofs_check.derivation import witness
from proofs_check.derivation.backends import interval, smt, squares
from proofs_check.derivation.definedness import Open, defined
from proofs_check.derivation.exact import normal, signs
from proofs_check.derivation.outcome import Outcome, proved, refuted, undecided, weakest
from proofs_check.derivation.question import Question, scenes, size
from theory.claim import Claim
from theory.proof import Stated
from theory.steps import differentiated

SENSES = {sympy.Ge: ">=", sympy.Gt: ">", sympy.Le: ">=", sympy.Lt: ">", sympy.Eq: "==", sympy.Ne: "!="}
UNKNOWN_VALUES = "it speaks of observables, functions of the draw; say with where=… what they stand for"
NOTHING = "what is given contradicts itself or the domain, so that everything would follow"
LONGEST = 20_000


def answer(question: Question, *expressions: Any) -> Outcome:
    """Whether the goal holds, and the expressions are defined, wherever the premises hold."""
    empty = vacuous(question)
    if empty is not None:
        return empty
    needed = list(dict.fromkeys(need for part in (question.goal, *expressions) for need in defined(part)))
    needed += [((), Open(node)) for node in _along_modes(question)]
    outcomes = []
    for under, goal in needed:
        found = settled(question.where(*under).about(goal))
        if found.status == "refuted":
            return replace(found, detail=f"not defined where {_reason(goal)} fails")
        if found.status == "undecided":
            outcomes.append(found.noting(f"it is open whether {_reason(goal)} everywhere"))
    main = settled(question.about(differentiated(question.goal)))
    return weakest([main, *outcomes]) if outcomes else main


def _along_modes(question: Question) -> list[Any]:
    """Derivatives along one number for each mode or entry, which say nothing: along which of them?"""
    each = {symbol for symbol, bounds in question.ranges.items() if bounds.each}
    return [node for node in question.goal.atoms(sympy.Derivative) if set(node.variables) & each]


def _reason(goal: Any) -> str:
    if isinstance(goal, Open):
        return f"{goal.args[0]} is defined"
    if isinstance(goal, (sympy.And, sympy.Or)):
        return (" and " if isinstance(goal, sympy.And) else " or ").join(map(_reason, goal.args))
    words = {sympy.Ge: "≥", sympy.Gt: ">", sympy.Le: "≤", sympy.Lt: "<", sympy.Ne: "≠", sympy.Eq: "="}
    return f"{goal.lhs} {words[type(goal)]} {goal.rhs}" if type(goal) in words else str(goal)


def vacuous(question: Question) -> Outcome | None:
    """An outcome where no values satisfy the premises, or none are found; None where some do."""
    if not question.premises:
        return None
    if sympy.false in question.premises:
        return Outcome("vacuous", "algebra", NOTHING)
    if any(witness.satisfies(question, values) for values in witness.places(question)):
        return None
    if smt.contradictory(question):
        listed = ", ".join(map(str, question.premises))
        return Outcome("vacuous", "z3", NOTHING, listed)
    _, model = smt.decide(question.about(sympy.false))
    if model is not None and any(witness.satisfies(question, values) for values in witness.near(model, question)):
        return None
    return undecided("random points", "no values are found where what is given holds")


def settled(question: Question) -> Outcome:
    """The answer of the first backend that has one; definedness is looked at elsewhere."""
    goal = question.goal
    if goal in (True, sympy.true):
        return proved("algebra")
    if isinstance(goal, sympy.And):
        return weakest([settled(question.about(part)) for part in goal.args])
    if isinstance(goal, Open):
        return undecided("algebra", f"no backend knows where {type(goal.args[0]).__name__} is defined")
    if isinstance(goal, sympy.Or) and any(_by_algebra(question.about(part)) for part in goal.args):
        return proved("algebra")
    if size(goal) > LONGEST:
        return undecided("algebra", f"the formula has {size(goal)} operations, more than any backend is asked")
    by_sign = _by_algebra(question)
    if by_sign is not None:
        return by_sign
    values = None if question.is_loose() else witness.first(question, witness.places(question))
    if values is not None:
        return refuted("exact evaluation", witness.told(question, values))
    return _by_search(question)


def _by_algebra(question: Question) -> Outcome | None:
    goal = question.goal
    if type(goal) not in SENSES:
        return None
    difference = goal.rhs - goal.lhs if isinstance(goal, (sympy.Le, sympy.Lt)) else goal.lhs - goal.rhs
    sense = SENSES[type(goal)]
    if sense == "==":
        return proved("algebra") if normal.vanishes(difference, question.ranges) else None
    found = signs.sign(difference, question)
    return proved("algebra") if found and signs.SETTLES[sense].get(found) else None


def _by_search(question: Question) -> Outcome:
    notes = []
    for backend in (smt.decide, squares.decide, interval.decide):
        found, model = backend(question)
        if found.status == "proved":
            return found
        if model is not None and not question.is_loose():
            values = witness.first(question, witness.near(model, question))
            if values is not None:
                return refuted(f"{found.backend}, evaluated exactly", witness.told(question, values))
        if found.detail:
            notes.append(found.detail)
    return undecided("z3", UNKNOWN_VALUES if question.is_loose() else "; ".join(notes))


def in_every_case(claim: Claim, step: Stated, expressions: list[Any], settle: Any) -> Outcome:
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

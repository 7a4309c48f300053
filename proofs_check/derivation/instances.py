"""Statements for all sizes at some of them, exactly; and integrals at some points, rigorously."""

from collections.abc import Callable

import sympy
from sympy import Expr, Symbol

from proofs_check.derivation import witness
from proofs_check.derivation.outcome import Outcome, refuted, undecided
from proofs_check.derivation.question import Question
from theory.errors import BadInput
from theory.evaluate import enclose
from theory.proof import Instances, Step

POINTS = 6
DIGITS = 15
BACKEND = "rigorous integration"


def at_sizes(step: Instances, decided: Callable[[Step], Outcome]) -> Outcome:
    """Instance-checked where the step is proved at every listed size; never proved."""
    for size in step.sizes:
        sizes = size if isinstance(size, (tuple, list)) else (size,)
        parts = step.at(*sizes)
        parts = parts if isinstance(parts, (tuple, list)) else (parts,)
        if not parts:
            return undecided("instances", f"nothing is said at size {size}")
        for part in parts:
            found = decided(part)
            if found.status not in ("proved", "instance-checked"):
                return found.noting(f"at size {size}")
    if not step.sizes:
        return undecided("instances", "no sizes are listed")
    listed = ", ".join(map(str, step.sizes))
    return Outcome("instance-checked", "algebra", f"exactly at {listed}; other sizes are not examined")


def integral_at_points(
    question: Question, over: Symbol, ends: tuple[Expr, Expr], integrand: Expr, equals: Expr
) -> Outcome:
    """Refuted where a rigorous integral misses the closed form; instance-checked where enclosures meet at points."""
    seen, integral = 0, sympy.Integral(integrand, (over, *ends))
    for values in witness.places(question):
        if not witness.satisfies(question, values):
            continue
        try:
            found, wanted = enclose(integral, values, DIGITS), enclose(equals, values, DIGITS)
        except (BadInput, ZeroDivisionError, ValueError):
            continue
        if not found.overlaps(wanted):
            both = f"the integral is {found.str(12, radius=False)}, not {wanted.str(12, radius=False)}"
            return refuted(BACKEND, witness.told(question, values) or "no free symbols", both)
        seen += 1
        if seen == POINTS or not question.ranges:
            return Outcome("instance-checked", BACKEND, f"enclosures of the integral meet at {seen} points")
    return undecided(BACKEND, "no antiderivative is given, and the integral is not enclosed at enough points")

"""Changed laws and optima: predictions that are no formula, but have one inside."""

import dataclasses
from typing import Any

import sympy
from sympy import Expr

from theory.claim import Claim
from theory.computed import ARGUMENT, Law, Minimum


def formula_of(prediction: Any) -> Any:
    """The formula in a prediction: itself, a distribution function, what is minimised; None where there is none."""
    if isinstance(prediction, Law):
        return prediction.formula
    if isinstance(prediction, Minimum):
        return prediction.of.prediction if isinstance(prediction.of, Claim) else sympy.sympify(prediction.of)
    return prediction if isinstance(prediction, sympy.Basic) else None


def with_formula(prediction: Any, formula: Any) -> Any:
    """The prediction with another formula in it."""
    if isinstance(prediction, Law):
        return dataclasses.replace(prediction, cdf=_Function(formula))
    if isinstance(prediction, Minimum):
        of = prediction.of.but(prediction=formula) if isinstance(prediction.of, Claim) else formula
        return dataclasses.replace(prediction, of=of)
    return formula


def stretched(law: Law, share: Expr) -> Law:
    """The law of share·X, share > 0."""
    formula = law.formula.xreplace({ARGUMENT: ARGUMENT / share})
    low, high = (sympy.sympify(end) * share for end in law.support)
    return Law(_Function(formula), (low, high))


def mirrored(law: Law) -> Law:
    """The law of −X."""
    formula = 1 - law.formula.xreplace({ARGUMENT: -ARGUMENT})
    low, high = map(sympy.sympify, law.support)
    return Law(_Function(formula), (-high, -low))


@dataclasses.dataclass(frozen=True)
class _Function:
    """A formula in the argument of a law, as a function; equal where the formulas are."""

    formula: Any

    def __call__(self, x: Any) -> Any:
        return sympy.sympify(self.formula).xreplace({ARGUMENT: x})

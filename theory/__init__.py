"""What is claimed: settings, predictions and relations in SymPy.   `from theory import *` serves a claim file."""

from sympy import And, Eq, Max, Min, Ne, Or, Rational, Symbol, exp, log, oo, pi, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed, Law, Minimum
from theory.data import Data
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.implicit import Continued, Root, slope
from theory.proof import (
    Assumed,
    Degree,
    Entries,
    Identical,
    Implication,
    Inequality,
    Instances,
    Integration,
    Limit,
    Monotone,
    Series,
    Solution,
)
from theory.relation import (
    Asymptotic,
    Bound,
    Direction,
    Distribution,
    Equality,
    Exponent,
    Identity,
    Ladder,
    Order,
    Ordering,
    Probability,
    Threshold,
)
from theory.setting import Axis, Drawn, Event, Observable, Point, Setting

__all__ = [
    "And", "Assumed", "Asymptotic", "Axis", "Bound", "Choice", "Claim", "Computed", "Continued", "Curve", "Data",
    "Degree", "Direction", "Distribution", "Drawn", "Entries", "Eq", "Equality", "Event", "Exponent", "Identical",
    "Identity", "Implication", "Inequality", "Instances", "Integration", "Ladder", "Law", "Limit", "Max", "Min",
    "Minimum", "Monotone", "Ne", "Observable", "Or", "Order", "Ordering", "Point", "Probability", "Rational", "Real",
    "Root", "Series", "Setting", "Size", "Solution", "Source", "Spectrum", "Symbol", "Threshold", "Wrong", "exp",
    "log", "oo", "pi", "slope", "sqrt", "total",
]  # fmt: skip

"""Counts of cells and of labelings."""

from typing import Any

from sympy import Expr, Integer, Piecewise, Rational, betainc_regularized, sympify


def few_heads(tosses: Any, most: Any) -> Expr:
    """P(at most `most` heads among `tosses` fair coins) = 2^−tosses Σ_{k ≤ most} C(tosses, k), as a beta integral."""
    tosses, most = sympify(tosses), sympify(most)
    return Piecewise(
        (Integer(1), most >= tosses), (betainc_regularized(tosses - most, most + 1, 0, Rational(1, 2)), True)
    )

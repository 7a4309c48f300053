"""Normal forms that decide identities."""

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Symbol

from proofs_check.derivation.exact.atoms import ANGLES, Atoms
from proofs_check.derivation.exact.totals import Totals
from proofs_check.derivation.question import Range, size

LONGEST = 3000  # operations in a formula whose normal form is asked for
LONGEST_OF_FUNCTIONS = 300  # in one with angles or Gamma functions
DEEPER = (*ANGLES, sympy.gamma, sympy.factorial, sympy.binomial, sympy.RisingFactorial, sympy.FallingFactorial,
          sympy.beta, sympy.log, sympy.erfc)  # fmt: skip


def vanishes(expression: Any, ranges: Mapping[Symbol, Range]) -> bool:
    """Whether a formula is shown to be zero for all values at which it is defined; False says nothing."""
    expression = sympy.sympify(expression)
    if expression == 0:
        return True
    if size(expression) > LONGEST or expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        return False
    flat = Totals(ranges).flat(expression)
    if _numerator_vanishes(flat, real=True):
        return True
    return size(flat) <= LONGEST_OF_FUNCTIONS and flat.has(*DEEPER) and _numerator_vanishes(flat, real=False)


def _numerator_vanishes(expression: Expr, real: bool) -> bool:
    """Rational functions in symbols, radicals and values of functions, each radical with the equation of its square."""
    atoms = Atoms(real)
    top = atoms.rational(expression)
    for _ in range(len(atoms.rules) + 1):
        top = sympy.expand(sympy.numer(sympy.together(top)))
        if top == 0:
            return True
        if top.is_number and not atoms.rules:
            return False
        for symbol, power, base in reversed(atoms.rules):
            top = _reduced(top, symbol, power, base)
    return sympy.expand(sympy.numer(sympy.together(top))) == 0


def _reduced(top: Expr, symbol: Symbol, power: int, base: Expr) -> Expr:
    """The numerator with symbol^power replaced by its base."""
    if not top.has(symbol):
        return top
    polynomial = sympy.Poly(top, symbol)
    return sympy.Add(*(c * base ** (e // power) * symbol ** (e % power) for (e,), c in polynomial.terms()))

"""Sums over modes or entries as new symbols, so that what is left is a formula in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from proofs_check.derivation.question import Range
from theory.domain import total
from theory.proof import Entries

MODES = "modes"  # the count of the entries of spectra, which all have equally many


def counts(expression: Any, ranges: Mapping[Symbol, Range]) -> set[Any]:
    """The numbers of entries of what is summed elementwise in an expression."""
    each = [s for s in expression.free_symbols if s in ranges and ranges[s].each]
    return {s.count if isinstance(s, Entries) else MODES for s in each}


def has_terms(core: Any, ranges: Mapping[Symbol, Range]) -> bool:
    """Whether the sum of a core has certainly a term; over entries whose number may be 0 it is then 0."""
    found = counts(core, ranges) or counts(sympy.Tuple(*ranges), ranges)
    numbers = [sympy.sympify(count) for count in found if count != MODES]
    least = [ranges[c].least_whole() if c in ranges and ranges[c].low != -sympy.oo else c for c in numbers]
    return all(bool(c.is_positive) for c in least)


@dataclass
class Totals:
    """Replaces every `total(…)` by a symbol; equal sums get the same one.

    `split`: into partial fractions in the modes, so that equal sums are recognised; otherwise only constants are taken
    out, so that signs can be read off. `cores`: symbol -> what it sums.
    """

    ranges: Mapping[Symbol, Range]
    split: bool = True
    cores: dict[Symbol, Expr] = field(default_factory=dict)

    def flat(self, expression: Any) -> Any:
        if not getattr(expression, "args", ()) or not expression.has(total):
            return expression
        parts = [self.flat(part) for part in expression.args]
        return self._sum(parts[0]) if isinstance(expression, total) else expression.func(*parts)

    def each(self, expression: Expr) -> list[Symbol]:
        return sorted((s for s in expression.free_symbols if s in self.ranges and self.ranges[s].each), key=str)

    def _sum(self, summand: Expr) -> Expr:
        number = self._number_of_terms(summand)
        return sympy.Add(*(self._one(piece, number) for piece in self._pieces(summand)))

    def _pieces(self, summand: Expr) -> tuple[Expr, ...]:
        modes = self.each(summand)
        if not self.split or not modes:
            return (summand,)
        flat = sympy.together(summand)
        polynomial = [m for m in modes if sympy.denom(flat).is_polynomial(m) and not sympy.denom(flat).has(m)]
        rational = [m for m in modes if m not in polynomial]
        if len(rational) > 1 or not flat.is_rational_function(*modes):
            return sympy.Add.make_args(sympy.expand(summand))
        if rational:
            flat = sympy.Add(*(sympy.apart(sympy.together(t), rational[0]) for t in _terms(flat, polynomial)))
        return sympy.Add.make_args(sympy.expand(flat, deep=False) if rational else sympy.expand(flat))

    def _one(self, piece: Expr, number: Expr) -> Expr:
        modes = self.each(piece)
        if not modes:
            return piece * number
        constant, core = piece.as_independent(*modes, as_Add=False)
        if self.split:
            core, extra = _monic(core)
            constant = constant * extra
        return constant * self._symbol(core)

    def _number_of_terms(self, summand: Expr) -> Expr:
        """How many terms the sum has: the count of its entries, an unknown number of modes."""
        found = counts(summand, self.ranges) or counts(sympy.Tuple(*self.ranges), self.ranges)
        if len(found) > 1:
            raise ValueError(f"total({summand}) sums over lists of different lengths")
        count = found.pop() if found else MODES
        return self._symbol(Integer(1)) if count == MODES else sympy.sympify(count)

    def _symbol(self, core: Expr) -> Symbol:
        for symbol, known in self.cores.items():
            if known == core:
                return symbol
        symbol = Dummy(f"S{len(self.cores)}", real=True)
        self.cores[symbol] = core
        return symbol


def _terms(expression: Expr, symbols: list[Symbol]) -> tuple[Expr, ...]:
    if not symbols:
        return (expression,)
    top, bottom = sympy.fraction(expression)
    polynomial = sympy.Poly(sympy.expand(top), *symbols)
    return tuple(
        coefficient / bottom * sympy.prod(s**e for s, e in zip(symbols, powers, strict=True))
        for powers, coefficient in polynomial.terms()
    )


def _monic(core: Expr) -> tuple[Expr, Expr]:
    """The core without a numerical factor, in a form that does not depend on how it was written."""
    number, rest = sympy.factor_terms(sympy.factor(core)).as_coeff_Mul()
    return rest, number

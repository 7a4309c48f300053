"""Sums over modes or entries as new symbols, so that what is left is a formula in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from proofs_check.derivation.question import Range
from theory.domain import total
from theory.proof import Entries


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
        pieces = self._pieces(summand)
        return sympy.Add(*(self._one(piece) for piece in pieces))

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

    def _one(self, piece: Expr) -> Expr:
        modes = self.each(piece)
        constant, core = piece.as_independent(*modes, as_Add=False) if modes else (piece, Integer(1))
        if not modes and (count := self._count()) is not None:
            return constant * count
        if self.split and modes:
            core, extra = _monic(core)
            constant = constant * extra
        return constant * self._symbol(core)

    def _count(self) -> Any:
        counts = {s.count for s in self.ranges if isinstance(s, Entries)}
        return counts.pop() if len(counts) == 1 and not self._spectra() else None

    def _spectra(self) -> bool:
        return any(r.each and not isinstance(s, Entries) for s, r in self.ranges.items())

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

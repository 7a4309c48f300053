"""Expansions in a small positive quantity, with exact coefficients: Laurent series in a fractional power of it.

Sums, products, quotients, roots and analytic functions of convergent expansions converge, so what is left out is
O(small^order) whenever the coefficients are exact. Coefficients may hold log(1/small), which stays below every power:
then what is left out is smaller than small^(order − ε) for every ε > 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Expr, Integer, Rational, Symbol

from proofs_check.derivation.backends import smt
from proofs_check.derivation.definedness import CONDITIONS
from proofs_check.derivation.exact import normal, signs
from proofs_check.derivation.question import Question, relation
from theory.domain import total

TERMS = 8
ANALYTIC = (
    sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.tan, sympy.tanh, sympy.sinh, sympy.cosh, sympy.atan, sympy.acos,
    sympy.asin, sympy.erf, sympy.erfc,
)  # fmt: skip


class NoExpansion(Exception):
    """The expression has no expansion that this module finds."""


@dataclass(frozen=True)
class Expansion:
    """Σ coefficient·small^power, up to O(small^order)."""

    terms: dict[Rational, Expr]
    order: Any

    def leading(self) -> tuple[Rational, Expr] | None:
        powers = sorted(self.terms)
        return (powers[0], self.terms[powers[0]]) if powers else None

    def at_zero(self) -> Expr:
        """The coefficient of small^0."""
        return self.terms.get(Integer(0), Integer(0))  # type: ignore[call-overload]


@dataclass(frozen=True)
class Expander:
    """Expands expressions in one symbol of a question; coefficients are told from zero by algebra.

    `needs`: what must hold of coefficients for the expansions that were used.
    """

    question: Question
    small: Symbol
    length: int = TERMS
    needs: list[Any] = field(default_factory=list)
    slow: Symbol = field(default_factory=lambda: sympy.Dummy("log(1/small)", real=True))
    logs: list[Any] = field(default_factory=list)  # logarithms of small that were used

    def of(self, node: Any) -> Expansion:
        node = sympy.sympify(node)
        if not node.has(self.small):
            return self._kept({Integer(0): node}, sympy.oo)
        if node == self.small:
            return Expansion({Integer(1): Integer(1)}, sympy.oo)
        if isinstance(node, sympy.Add):
            return self._sum([self.of(part) for part in node.args])
        if isinstance(node, sympy.Mul):
            found = self.of(node.args[0])
            for part in node.args[1:]:
                found = self._times(found, self.of(part))
            return found
        if isinstance(node, sympy.Pow) and node.exp.is_Rational:
            return self._power(self.of(node.base), node.exp)
        if isinstance(node, total):
            inside = self.of(node.args[0])
            return self._kept({p: total(c) for p, c in inside.terms.items()}, inside.order)
        if isinstance(node, ANALYTIC):
            return self._function(node.func, self.of(node.args[0]))
        if isinstance(node, sympy.Pow) and not node.base.has(self.small):
            return self._function(sympy.exp, self.of(node.exp * sympy.log(node.base)))
        raise NoExpansion(f"{type(node).__name__} is not expanded")

    def _kept(self, terms: dict[Any, Expr], order: Any) -> Expansion:
        kept = {
            Rational(p): sympy.together(c) if not c.has(total) else c for p, c in terms.items()
            if p < order and not normal.vanishes(c, self.question.ranges)
        }
        if kept and order != sympy.oo and len(kept) > 4 * self.length:
            order = sorted(kept)[4 * self.length]
            kept = {p: c for p, c in kept.items() if p < order}
        return Expansion(kept, order)

    def _sum(self, parts: list[Expansion]) -> Expansion:
        order, terms = min(part.order for part in parts), {}
        for part in parts:
            for power, coefficient in part.terms.items():
                terms[power] = terms.get(power, Integer(0)) + coefficient
        return self._kept(terms, order)

    def _times(self, one: Expansion, two: Expansion) -> Expansion:
        lows = [min(part.terms, default=part.order) for part in (one, two)]
        order = min(one.order + lows[1], two.order + lows[0])
        terms: dict[Any, Expr] = {}
        for p, a in one.terms.items():
            for q, b in two.terms.items():
                if p + q < order:
                    terms[p + q] = terms.get(p + q, Integer(0)) + a * b
        return self._kept(terms, order)

    def _scaled(self, part: Expansion, shift: Any, factor: Expr) -> Expansion:
        return self._kept({p + shift: c * factor for p, c in part.terms.items()}, part.order + shift)

    def _power(self, base: Expansion, exponent: Rational) -> Expansion:
        """(a s^m (1 + w))^e = a^e s^(me) Σ binomial(e, k) w^k, with w small."""
        leading = base.leading()
        if leading is None:
            raise NoExpansion("a power of something whose leading term is not known")
        power, coefficient = leading
        if coefficient.has(self.slow) and not (exponent.is_Integer and exponent >= 0):
            raise NoExpansion("a power of something that grows like a logarithm")
        if exponent.q > 1 and signs.sign(coefficient, self.question) != signs.POSITIVE:
            raise NoExpansion(f"a root whose leading coefficient {coefficient} is not known to be positive")
        whole = exponent.is_Integer and exponent >= 0
        if not whole and not self._is_not_zero(coefficient):
            raise NoExpansion(f"it divides by {coefficient}, whose sign is open; say more in given=…")
        if whole:
            return self._whole_power(base, int(exponent))
        found = self._composed(self._beside(base), lambda k: sympy.ff(exponent, k) / sympy.factorial(k))
        return self._scaled(found, power * exponent, coefficient**exponent)

    def _beside(self, base: Expansion) -> Expansion:
        """w of a·s^m·(1 + w), w small."""
        power, coefficient = sorted(base.terms.items(), key=lambda pair: pair[0])[0]
        rest = self._scaled(base, -power, 1 / coefficient)
        return self._kept({p: c for p, c in rest.terms.items() if p > 0}, rest.order)

    def _logarithm(self, inside: Expansion) -> Expansion:
        """log(a s^m (1 + w)) = log a − m·log(1/s) + log(1 + w), for a > 0."""
        leading = inside.leading()
        if leading is None or signs.sign(leading[1], self.question) != signs.POSITIVE or leading[1].has(self.slow):
            raise NoExpansion("log of something whose leading coefficient is not known to be positive")
        power, coefficient = leading
        self.logs.append(power)
        rest = self._composed(self._beside(inside), lambda k: -(Integer(-1) ** k) / k if k else Integer(0))
        return self._sum([Expansion({Integer(0): sympy.log(coefficient) - power * self.slow}, sympy.oo), rest])

    def _is_not_zero(self, coefficient: Expr) -> bool:
        if coefficient.has(self.slow):
            return False
        if signs.sign(coefficient, self.question) in (signs.POSITIVE, signs.NEGATIVE):
            return True
        return smt.decide(self.question.about(relation("!=", coefficient)))[0].status == "proved"

    def _whole_power(self, base: Expansion, exponent: int) -> Expansion:
        found = Expansion({Integer(0): Integer(1)}, sympy.oo)
        for _ in range(exponent):
            found = self._times(found, base)
        return found

    def _composed(self, small: Expansion, coefficient: Callable[[int], Expr]) -> Expansion:
        """Σ coefficient(k) small^k, cut where the powers leave the length that is kept."""
        least = min(small.terms, default=None)
        if least is None:
            return self._kept({Integer(0): coefficient(0)}, small.order)
        count = max(self.length, 2)
        order = least * (count + 1)
        found, power = Expansion({Integer(0): coefficient(0)}, sympy.oo), Expansion({Integer(0): Integer(1)}, sympy.oo)
        for k in range(1, count + 1):
            power = self._times(power, small)
            found = self._sum([found, self._scaled(power, 0, coefficient(k))])
        return self._kept(found.terms, min(found.order, order))

    def _function(self, function: Any, inside: Expansion) -> Expansion:
        if any(c.has(self.slow) for p, c in inside.terms.items() if p <= 0):
            raise NoExpansion(f"{function.__name__} of a logarithm that grows without bound")
        if function == sympy.log and inside.terms and min(inside.terms) != 0:
            return self._logarithm(inside)
        if any(p < 0 for p in inside.terms) or inside.order <= 0:
            return self._far(function, inside)
        at = inside.terms.get(Integer(0), Integer(0))
        if function in CONDITIONS:
            condition = CONDITIONS[function](at)
            inner = isinstance(condition, sympy.Ge)  # at the end of a branch there is no expansion
            self.needs.append(sympy.Gt(*condition.args, evaluate=False) if inner else condition)
        small = self._kept({p: c for p, c in inside.terms.items() if p > 0}, inside.order)
        x = sympy.Dummy("x")
        slopes = [function(x)]
        for _ in range(self.length):
            slopes.append(sympy.diff(slopes[-1], x))
        values = [slope.subs(x, at) for slope in slopes]
        if any(v.has(sympy.zoo, sympy.nan, sympy.oo) for v in values):
            raise NoExpansion(f"{function.__name__} is not analytic at {at}")
        return self._composed(small, lambda k: values[k] / sympy.factorial(k))

    def _far(self, function: Any, inside: Expansion) -> Expansion:
        """A function of something that grows without bound; e^(−1/s) is smaller than every power of s."""
        leading = inside.leading()
        way = signs.sign(leading[1], self.question) if leading and leading[0] < 0 else None
        if way not in (signs.POSITIVE, signs.NEGATIVE):
            raise NoExpansion(f"{function.__name__} of something that may grow without bound")
        side = 1 if way == signs.POSITIVE else -1
        ends = {sympy.erf: Integer(side), sympy.tanh: Integer(side), sympy.erfc: Integer(1 - side)}
        if function == sympy.exp and side < 0:
            return Expansion({}, sympy.oo)
        if function in ends:
            return self._kept({Integer(0): ends[function]}, sympy.oo)
        if function == sympy.atan:
            rest = self._scaled(self._function(function, self._power(inside, Integer(-1))), 0, Integer(-1))
            return self._sum([Expansion({Integer(0): side * sympy.pi / 2}, sympy.oo), rest])
        raise NoExpansion(f"{function.__name__} of something that grows without bound")

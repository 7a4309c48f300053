"""A formula as a rational function of symbols that stand for its radicals, powers, angles and Gamma functions.

Every rule used is an identity of analytic functions, true wherever both sides are defined.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Rational, Symbol

from proofs_check.derivation.exact.gammas import as_gammas, gamma_in, primitive
from proofs_check.derivation.question import size

SIMPLIFIED = 120  # operations in an argument that is brought to a normal form
ANGLES = (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)
HYPERBOLIC = (sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch)
ROTATION = sympy.I  # the base of e^(iφ) among the powers


@dataclass
class Atoms:
    """What stands for what: `symbols` for radicals and values of functions, `rules` for powers: symbol^power = base.

    `real`: every symbol stands for a real number, so that signs can be read off; angles are then left as they are,
    otherwise they become e^(iφ).
    """

    real: bool
    symbols: dict[Expr, Symbol] = field(default_factory=dict)
    rules: list[tuple[Symbol, int, Expr]] = field(default_factory=list)
    parts: dict[tuple[Any, Expr], int] = field(default_factory=dict)

    def rational(self, expression: Expr) -> Expr:
        """The whole formula; multiples of one angle or exponent become powers of one symbol."""
        expression = expression if self.real else as_gammas(expression)
        for base, number, rest in _multiples(expression):
            key = base, rest
            self.parts[key] = int(sympy.ilcm(self.parts.get(key, 1), number.q))
        return self.of(expression)

    def of(self, node: Any) -> Expr:
        if node == sympy.E:
            return self._power(sympy.E, Integer(1))
        if isinstance(node, (Symbol, Rational)) or not node.args:
            return node
        if isinstance(node, sympy.Pow) and isinstance(node.exp, Rational) and node.exp.q > 1:
            return self._radical(node)
        if isinstance(node, (sympy.Add, sympy.Mul)) or (isinstance(node, sympy.Pow) and node.exp.is_Integer):
            return node.func(*(self.of(part) for part in node.args))
        if isinstance(node, sympy.asin):
            return sympy.pi / 2 - self.of(sympy.acos(node.args[0]))
        if isinstance(node, HYPERBOLIC):
            return self.of(node.rewrite(sympy.exp))
        if isinstance(node, (sympy.exp, sympy.Pow)):
            base, power = (sympy.E, node.args[0]) if isinstance(node, sympy.exp) else node.args
            return sympy.Mul(*(self._power(base, term) for term in sympy.Add.make_args(sympy.expand(power))))
        return self._opaque(node) if self.real else self._function(node)

    def _function(self, node: Any) -> Expr:
        if isinstance(node, ANGLES):
            return self._angle(node)
        if isinstance(node, sympy.gamma):
            return gamma_in(self, node)
        if isinstance(node, sympy.erfc):
            return 1 - self.of(sympy.erf(node.args[0]))
        expanded = sympy.expand_log(node, factor=True) if isinstance(node, sympy.log) else node
        return self._opaque(node) if expanded == node else self.of(expanded)

    def _opaque(self, node: Any) -> Expr:
        parts = (sympy.factor_terms(sympy.cancel(part)) if _is_rational(part) else part for part in node.args)
        return self.symbol(node.func(*parts))

    def symbol(self, key: Expr) -> Symbol:
        return self.symbols.setdefault(key, Dummy(f"f{len(self.symbols)}"))

    def _radical(self, node: sympy.Pow) -> Expr:
        base = sympy.factor_terms(sympy.together(self.of(node.base)))
        key = sympy.Pow(base, Rational(1, node.exp.q), evaluate=False)
        if key not in self.symbols:
            self.rules.append((self.symbol(key), int(node.exp.q), base))
        return self.symbols[key] ** node.exp.p

    def _power(self, base: Expr, term: Expr) -> Expr:
        """base^term as a whole power of a symbol: e^(−3x) is f^−3 with f = e^x."""
        number, rest = term.as_coeff_Mul()
        if rest == 1 and base != sympy.E:
            return self.of(sympy.Pow(base, number))
        if isinstance(base, Rational) and base > 0 and not (base.is_Integer and sympy.isprime(base)):
            primes = sympy.factorrat(base)
            return sympy.Mul(*(self._power(Integer(prime), power * term) for prime, power in primes.items()))
        if not isinstance(number, Rational):
            return self.symbol(sympy.Pow(base, term, evaluate=False))
        return self._multiple(base, number, rest)

    def _multiple(self, base: Expr, number: Rational, rest: Expr) -> Expr:
        part = self.parts.get((base, rest), 1)
        whole = number * part
        if not whole.is_Integer:
            whole, rest, part = Integer(1), number * rest, 1
        exponent = rest / part
        raised = sympy.exp(sympy.I * exponent) if base == ROTATION else sympy.Pow(base, exponent, evaluate=False)
        new = raised not in self.symbols
        symbol = self.symbol(raised)
        order = _order(base, exponent)
        if new and order:
            self.rules.append((symbol, order, Integer(1)))
        return symbol**whole

    def _angle(self, node: Expr) -> Expr:
        turn = self._rotation(node.args[0])
        cos, sin = (turn + 1 / turn) / 2, (turn - 1 / turn) / (2 * sympy.I)
        return {
            sympy.sin: lambda: sin, sympy.cos: lambda: cos, sympy.tan: lambda: sin / cos, sympy.cot: lambda: cos / sin,
            sympy.sec: lambda: 1 / cos, sympy.csc: lambda: 1 / sin,
        }[type(node)]()  # fmt: skip

    def _rotation(self, angle: Expr) -> Expr:
        """e^(i·angle): a product over the terms of the angle."""
        found: Expr = Integer(1)
        for term in sympy.Add.make_args(sympy.expand(angle)):
            number, rest = term.as_coeff_Mul()
            if rest == sympy.pi:
                found *= self.of(sympy.cos(term)) + sympy.I * self.of(sympy.sin(term)) if _special(number) else (
                    self._multiple(ROTATION, number, rest)
                )  # fmt: skip
            else:
                found *= self._multiple(ROTATION, Rational(number), rest)
        return found


def _special(number: Any) -> bool:
    """Whether SymPy writes the sine and cosine of π times a number as radicals."""
    return bool(number.is_Rational and not sympy.cos(sympy.pi * number).has(sympy.cos))


def _order(base: Expr, exponent: Expr) -> int:
    """The least known n with (base^exponent)^n = 1; 0 for none: (−1)^j and e^(iπj) for a whole j."""
    if base == ROTATION:
        number, whole = (exponent / sympy.pi).as_coeff_Mul()
        return 2 * number.q if whole.is_integer and isinstance(number, Rational) else 0
    return 2 if base == -1 and exponent.is_integer else 0


def _multiples(expression: Expr) -> Iterator[tuple[Any, Rational, Expr]]:
    """(base, number, rest) for every term number·rest of an exponent or an angle."""
    for node in expression.atoms(sympy.exp, sympy.Pow, *ANGLES, *HYPERBOLIC):
        if isinstance(node, sympy.Pow) and isinstance(node.exp, Rational):
            continue
        base = node.base if isinstance(node, sympy.Pow) else ROTATION if isinstance(node, ANGLES) else sympy.E
        for term in sympy.Add.make_args(sympy.expand(node.args[-1])):
            number, rest = term.as_coeff_Mul()
            if isinstance(number, Rational):
                yield base, number, rest
    for node in expression.atoms(sympy.gamma):
        number, rest = primitive(node.args[0])
        yield sympy.gamma, number, rest


def _is_rational(part: Any) -> bool:
    return isinstance(part, Expr) and size(part) < SIMPLIFIED and part.is_rational_function()

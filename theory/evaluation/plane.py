"""Bounds over a half plane, x ≥ 1 and all y, Σ C xᵃ |y|ᵇ exp(−Q(x, y)) with a quadratic Q; and ∫ dy of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy
from flint import acb, arb
from sympy import Expr, Symbol

MOST_WAVES = 400
LARGEST_POWER = 20
BOUNDED = (sympy.sin, sympy.cos, sympy.tanh, sympy.erf, sympy.sign, sympy.Heaviside)
Place = tuple[int, int]


class NoBound(Exception):
    """No bound of this form is found."""


@dataclass(frozen=True)
class Wave:
    """C xᵃ |y|ᵇ exp(−Σ q_ij xⁱ yʲ)."""

    size: arb
    x: int
    y: int
    form: Mapping[Place, arb]

    def times(self, other: "Wave") -> "Wave":
        form = dict(self.form)
        for place, q in other.form.items():
            form[place] = form[place] + q if place in form else q
        return Wave(self.size * other.size, self.x + other.x, self.y + other.y, form)

    def integrated(self) -> list[tuple[arb, arb, arb, arb]]:
        """(C, a, q₂, q₁) of a bound Σ C xᵃ exp(−q₂ x² − q₁ x) of its integral over all y.

        |y|ᵇ ≤ b! ε⁻ᵇ (e^(εy) + e^(−εy)) with ε² = q₀₂, then the Gaussian integral.
        """
        q = {place: self.form.get(place, arb(0)) for place in ((2, 0), (1, 1), (0, 2), (1, 0), (0, 1), (0, 0))}
        steep = q[0, 2]
        if not steep > 0:
            raise NoBound
        width = steep.sqrt()
        size = self.size * (arb.pi() / steep).sqrt() * (-q[0, 0]).exp()
        shifts = (width, -width) if self.y else (arb(0),)
        factor = size * arb(self.y).fac() / width**self.y if self.y else size
        rate = q[2, 0] - q[1, 1] ** 2 / (4 * steep)
        return [
            (
                factor * ((q[0, 1] + shift) ** 2 / (4 * steep)).exp(),
                arb(self.x),
                rate,
                q[1, 0] - q[1, 1] * (q[0, 1] + shift) / (2 * steep),
            )
            for shift in shifts
        ]


@dataclass(frozen=True)
class Plane:
    """Bounds of a real expression in two variables; `constant` evaluates what reads neither."""

    outer: Symbol
    inner: Symbol
    constant: Callable[[Any], Any]

    def above(self, node: Any) -> list[Wave]:
        """Waves whose sum is at least |node|."""
        if not node.free_symbols & {self.outer, self.inner}:
            return [Wave(abs(self.constant(node)), 0, 0, {})]
        if node in (self.outer, self.inner):
            return [Wave(arb(1), int(node == self.outer), int(node == self.inner), {})]
        if isinstance(node, (sympy.Add, sympy.Abs, sympy.Min, sympy.Max)):
            return [wave for part in node.args for wave in self.above(part)]
        if isinstance(node, sympy.Mul):
            return reduce(_products, map(self.above, node.args))
        if isinstance(node, sympy.Pow):
            return self._power(*node.args)
        if isinstance(node, sympy.exp):
            return [self._exponential(node.args[0])]
        if isinstance(node, sympy.Piecewise):
            return [wave for value, _ in node.args for wave in self.above(value)]
        if isinstance(node, (sympy.cosh, sympy.sinh)):
            return self.above(node.rewrite(sympy.exp))
        if isinstance(node, (*BOUNDED, sympy.erfc)) and self._on_the_line(node.args[0]):
            return [Wave(arb(2 if isinstance(node, sympy.erfc) else 1), 0, 0, {})]
        raise NoBound

    def _power(self, base: Expr, exponent: Expr) -> list[Wave]:
        if exponent.is_Integer and 0 < exponent <= LARGEST_POWER:
            return reduce(_products, [self.above(base)] * int(exponent))
        if exponent.is_Rational and 0 < exponent < 1:  # |u|^r ≤ 1 + |u|
            return [Wave(arb(1), 0, 0, {}), *self.above(base)]
        raise NoBound

    def _on_the_line(self, argument: Expr) -> bool:
        """Of a polynomial: whether it is certainly real."""
        if not argument.is_polynomial(self.outer, self.inner):
            return False
        return all(isinstance(self.constant(c), arb) for c in sympy.Poly(argument, self.outer, self.inner).coeffs())

    def _exponential(self, argument: Expr) -> Wave:
        if not argument.is_polynomial(self.outer, self.inner):
            raise NoBound
        polynomial = sympy.Poly(argument, self.outer, self.inner)
        if polynomial.total_degree() > 2:
            raise NoBound
        form = {place: -acb(self.constant(c)).real for place, c in polynomial.terms()}
        return Wave(arb(1), 0, 0, form)


def _products(one: list[Wave], other: list[Wave]) -> list[Wave]:
    if len(one) * len(other) > MOST_WAVES:
        raise NoBound
    return [a.times(b) for a in one for b in other]

"""Bounds beyond a number, Σ C xᵃ exp(−Σ c x^q), and over a half plane, x ≥ 1 and all y, Σ C xᵃ |y|ᵇ exp(−Q(x, y)).

Q is quadratic; ∫ dy of the second is of the first form.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import sympy
from flint import acb, arb, fmpq
from sympy import Expr, Symbol

from theory.evaluation.pieces import reads

MOST_WAVES = 400
LARGEST_POWER = 20
BOUNDED = (sympy.sin, sympy.cos, sympy.tanh, sympy.erf, sympy.sign, sympy.Heaviside)
Place = tuple[int, int]


class NoBound(Exception):
    """No bound of this form is found."""


@dataclass(frozen=True)
class Term:
    """C xᵃ exp(−Σ c x^q), with the pairs (q, c) in `decay`."""

    size: arb
    power: arb = field(default_factory=lambda: arb(0))
    decay: Mapping[sympy.Rational, arb] = field(default_factory=dict)

    def times(self, other: "Term") -> "Term":
        decay = dict(self.decay)
        for q, c in other.decay.items():
            decay[q] = decay[q] + c if q in decay else c
        return Term(self.size * other.size, self.power + other.power, nonzero(decay))

    def to_the(self, exponent: arb) -> "Term":
        size = self.size if exponent == 1 or (self.size.is_zero() and exponent > 0) else self.size**exponent
        return Term(size, self.power * exponent, {q: c * exponent for q, c in self.decay.items()})

    def over(self, other: "Term") -> "Term":
        if not other.size > 0:
            raise NoBound
        return self.times(other.to_the(arb(-1)))

    def at(self, place: arb) -> arb:
        exponent = sum((c * place ** exact_ball(q) for q, c in self.decay.items()), arb(0))
        return self.size * place**self.power * (-exponent).exp()

    def falls(self, start: arb) -> bool:
        """Whether it certainly never rises beyond `start`."""
        if self.size.is_zero() or not self.decay:
            return self.size.is_zero() or self.power <= 0
        q, rate = self._rate(start, slope=True)
        return rate - _positive(self.power) * start ** -exact_ball(q) >= 0

    def integral(self, start: arb) -> arb | None:
        """A bound of its integral from `start` to infinity; None where none is found."""
        if self.size.is_zero():
            return arb(0)
        if not self.decay:
            return self.size * start ** (self.power + 1) / -(self.power + 1) if self.power < -1 else None
        q, rate = self._rate(start)
        if not rate > 0:
            return None
        size = self.size * start ** -_positive(-self.power)
        shape, exponent = (_positive(self.power) + 1) / exact_ball(q), exact_ball(q)
        return size / exponent * rate**-shape * (rate * start**exponent).gamma_upper(shape)

    def _rate(self, start: arb, slope: bool = False) -> tuple[sympy.Rational, arb]:
        """The highest q, and r with Σ c x^q ≥ r x^q beyond `start`; the same of its slope times x."""
        top = max(self.decay)
        rates = {q: c * exact_ball(q) if slope else c for q, c in self.decay.items()}
        lower = sum((_positive(-c) * start ** exact_ball(q - top) for q, c in rates.items() if q != top), arb(0))
        return top, rates[top] - lower


def nonzero(decay: Mapping[sympy.Rational, arb]) -> dict[sympy.Rational, arb]:
    return {q: c for q, c in decay.items() if not c.is_zero()}


def exact_ball(number: Any) -> arb:
    return arb(fmpq(int(number.p), int(number.q)))


def _positive(number: arb) -> arb:
    return number.max(arb(0))


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
        if not (reads(node, self.outer) or reads(node, self.inner)):
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
        if isinstance(node, sympy.log) and (inside := self._above_one(node.args[0])) is not None:
            return [Wave(arb(1), 0, 0, {}), *self.above(inside)]  # log(1 + eᵘ) ≤ 1 + |u|
        if isinstance(node, (*BOUNDED, sympy.erfc)) and self._on_the_line(node.args[0]):
            return [Wave(arb(2 if isinstance(node, sympy.erfc) else 1), 0, 0, {})]
        raise NoBound

    def _power(self, base: Expr, exponent: Expr) -> list[Wave]:
        if exponent.is_Integer and 0 < exponent <= LARGEST_POWER:
            return reduce(_products, [self.above(base)] * int(exponent))
        if exponent.is_Rational and 0 < exponent < 1:  # |u|^r ≤ 1 + |u|
            return [Wave(arb(1), 0, 0, {}), *self.above(base)]
        if exponent.is_Rational and exponent < 0 and self._above_one(base) is not None:
            return [Wave(arb(1), 0, 0, {})]
        raise NoBound

    def _above_one(self, node: Expr) -> Expr | None:
        """u, where the expression is 1 + eᵘ for a real u."""
        rest = node - 1
        real = isinstance(rest, sympy.exp) and self._on_the_line(rest.args[0])
        return rest.args[0] if real else None

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

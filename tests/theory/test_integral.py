"""Definite integrals as enclosures: closed forms, kinks, tails and singular ends; and what must be refused."""

import mpmath
import pytest
import sympy
from flint import arb, fmpq
from sympy import (
    I,
    Integral,
    Max,
    Mod,
    Piecewise,
    Rational,
    Symbol,
    exp,
    gamma,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    symbols,
    tanh,
)

from theory.errors import BadInput
from theory.evaluate import ball_at, enclose, precision
from theory.vectorise import in_float64

x, y = symbols("x y", real=True)
u, a = symbols("u a", positive=True)
ZETA = Rational(-3, 2)
GAUSS = exp(-(x**2) / 2) / sqrt(2 * pi)
CLOSED = [
    (Integral(GAUSS, (x, -oo, oo)), 1),
    (Integral(abs(x) * GAUSS, (x, -oo, oo)), sqrt(2 / pi)),
    (Integral(abs(x - Rational(1, 3)), (x, 0, 1)), Rational(5, 18)),
    (Integral(sign(x - Rational(1, 3)), (x, 0, 1)), Rational(1, 3)),
    (Integral(x**2 * Max(x, 0) * exp(-(x**2) / 2), (x, -oo, oo)), 2),
    (Integral(Piecewise((x, x < Rational(1, 2)), (1 - x, True)), (x, 0, 1)), Rational(1, 4)),
    (Integral(Mod(3 * x, 1), (x, 0, 1)), Rational(1, 2)),
    (Integral(x**2, (x, 1, 0)), -Rational(1, 3)),
    (Integral(x**3 * exp(-(x**2)), (x, -oo, oo)), 0),
    (Integral(1 / sqrt(x), (x, 0, 1)), 2),
    (Integral(log(x), (x, 0, 1)), -1),
    (Integral(sqrt((4 - x) / x) / (2 * pi), (x, 0, 4)), 1),  # Marchenko–Pastur
    (Integral(1 / (1 + x**2), (x, -oo, oo)), pi),
    (Integral(1 / sympy.cosh(x), (x, -oo, oo)), pi),
    (Integral(log(1 + x) / x**2, (x, 1, oo)), 2 * log(2)),
    (Integral(exp(-1 / x) / x**3, (x, 0, oo)), 1),
    (Integral((1 - exp(-u)) ** 2 * u**ZETA, (u, 0, oo)), 2 * sqrt(pi) * (2 - sqrt(2))),
    (Integral(exp(-100 - x), (x, 0, oo)), exp(-100)),
    (Integral(exp(I * x - x**2), (x, -oo, oo)), sqrt(pi) * exp(-Rational(1, 4))),
    (Integral(x * y, (x, 0, y), (y, 0, 1)), Rational(1, 8)),
    (Integral(exp(-x * y), (x, 0, oo), (y, 1, 2)), log(2)),
]
REFUSED = [
    Integral(1 / x, (x, 0, 1)),
    Integral(1 / x, (x, -1, 1)),
    Integral(1 / x, (x, 1, oo)),
    Integral(1 / (x * log(x) ** 2), (x, 2, oo)),  # converges, too slowly for a bound of this form
    Integral(sin(x) / x, (x, 0, oo)),
    Integral(sin(x) / x**2, (x, 1, oo)),
    Integral(sqrt(x), (x, -1, 1)),  # not real
    Integral(x, (x, -oo, oo)),
]


@pytest.mark.parametrize(("integral", "value"), CLOSED, ids=str)
def test_an_enclosure_contains_the_closed_form_and_not_its_neighbour(integral: Integral, value: object) -> None:
    found, wanted = enclose(integral, {}), enclose(sympy.sympify(value), {}, 60)
    assert found.overlaps(wanted)
    with precision(200):
        moved = wanted * (1 + arb(10) ** -20) if wanted != 0 else arb(10) ** -20
        assert not found.overlaps(moved)


@pytest.mark.parametrize("integral", REFUSED, ids=str)
def test_what_is_not_known_to_converge_is_refused(integral: Integral) -> None:
    with pytest.raises(BadInput):
        enclose(integral, {})


@pytest.mark.parametrize("shape", [Rational(1, 4), Rational(7, 2), Rational(40)])
def test_euler_s_integral_at_exact_parameters(shape: Rational) -> None:
    assert enclose(Integral(exp(-x) * x ** (a - 1), (x, 0, oo)), {a: shape}).overlaps(enclose(gamma(shape), {}))


def test_two_precisions_overlap_and_the_finer_is_narrower() -> None:
    integral = Integral(tanh(x) ** 2 * GAUSS, (x, -oo, oo))
    coarse, fine = ball_at(integral, {}, 80), ball_at(integral, {}, 300)
    assert coarse.overlaps(fine)
    assert fine.rad() < coarse.rad() * arb(2) ** -150


@pytest.mark.parametrize("integrand", [tanh(x) ** 2 * GAUSS, log(1 + exp(x)) * GAUSS, exp(-(x**4) + x)], ids=str)
def test_sixty_digits_are_those_of_another_quadrature(integrand: sympy.Expr) -> None:
    with mpmath.workdps(75):
        other = mpmath.quad(sympy.lambdify(x, integrand, "mpmath"), [-40, -20, -10, -5, 0, 5, 10, 20, 40])
        scaled = int(mpmath.nint(other * mpmath.mpf(10) ** 62))
    found = enclose(Integral(integrand, (x, -oo, oo)), {}, 60)
    with precision(300):
        off = abs(found - arb(fmpq(scaled, 10**62)))
        assert off < arb(10) ** -58 * abs(found)


def test_an_argument_may_be_a_ball() -> None:
    wide = Symbol("w", positive=True)
    found = enclose(Integral(exp(-wide * x), (x, 0, oo)), {wide: arb(2, 1e-6)})
    assert found.contains(arb(0.5))
    assert found.rad() > 1e-8


def test_an_orthant_is_enclosed_by_a_nested_integral() -> None:
    slope = Rational(3, 5)
    pair = Max(x, 0) * Max(slope * x + Rational(4, 5) * y, 0) * exp(-(x**2 + y**2) / 2) / (2 * pi)
    angle = sympy.acos(slope)
    wanted = (sin(angle) + (pi - angle) * slope) / (2 * pi)
    assert enclose(Integral(pair, (y, -oo, oo), (x, -oo, oo)), {}, 10).overlaps(enclose(wanted, {}))


def test_float64_leaves_an_integral_to_balls() -> None:
    found = in_float64(Integral(GAUSS, (x, 0, 1)), {})
    assert found.error == float("inf")

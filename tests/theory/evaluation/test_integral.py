"""Definite integrals as enclosures: closed forms, kinks, tails and singular ends; and what must be refused."""

import time

import mpmath
import numpy as np
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
    erf,
    erfc,
    exp,
    gamma,
    log,
    oo,
    pi,
    re,
    sign,
    sin,
    sqrt,
    symbols,
    tanh,
)

from theory.errors import BadInput
from theory.evaluate import ball_at, enclose, precision
from theory.evaluation import integral as integral_module
from theory.evaluation.functions import PLAIN, Shape
from theory.evaluation.plane import Term
from theory.evaluation.tails import Beyond
from theory.evaluation.walk import Walk

x, y = symbols("x y", real=True)
u, a = symbols("u a", positive=True)
ZETA = Rational(-3, 2)
GAUSS = exp(-(x**2) / 2) / sqrt(2 * pi)
CLOSED = [
    (Integral(GAUSS, (x, -oo, oo)), 1),
    (Integral(abs(x) * GAUSS, (x, -oo, oo)), sqrt(2 / pi)),
    (Integral(abs(x), (x, -1, 2)), Rational(5, 2)),
    (Integral(erf(x) ** 2 * GAUSS, (x, -oo, oo)), 2 * sympy.asin(Rational(2, 3)) / pi),
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
    (Integral(GAUSS * log((1 + erf(x / sqrt(2))) / 2), (x, -oo, oo)), -1),  # log Φ
    (Integral(log(x) / (1 - x), (x, 0, 1)), -(pi**2) / 6),
    (Integral(x / (exp(x) - 1), (x, 0, oo)), pi**2 / 6),  # 0/0 at an end
    (Integral(sqrt(x) / (exp(x) - 1), (x, 0, oo)), gamma(Rational(3, 2)) * sympy.zeta(Rational(3, 2))),
    (Integral(log(1 + 1 / x**2), (x, 0, oo)), pi),
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


@pytest.mark.parametrize(
    "integrand",
    [tanh(x) ** 2 * GAUSS, log(1 + exp(x)) * GAUSS, log(sympy.cosh(x)) * GAUSS, exp(-(x**4) + x)],
    ids=str,
)
def test_sixty_digits_are_those_of_another_quadrature(integrand: sympy.Expr) -> None:
    with mpmath.workdps(75):
        other = mpmath.quad(sympy.lambdify(x, integrand, "mpmath"), [-40, -20, -10, -5, 0, 5, 10, 20, 40])
        scaled = int(mpmath.nint(other * mpmath.mpf(10) ** 62))
    found = enclose(Integral(integrand, (x, -oo, oo)), {}, 60)
    with precision(300):
        off = abs(found - arb(fmpq(scaled, 10**62)))
        assert off < arb(10) ** -58 * abs(found)


def test_a_refusal_comes_within_the_processor_time_that_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integral_module, "SECONDS", 0.3)
    hopeless = Integral(log(abs(x - y) + abs(sin(9 * x * y))) * exp(-x * x - y * y), (y, -oo, oo), (x, -oo, oo))
    began = time.process_time()
    with pytest.raises(BadInput):
        enclose(hopeless, {}, 30)
    assert time.process_time() - began < 3


def test_a_product_of_two_correlated_activations_is_that_of_hermite_s_rule() -> None:
    """E tanh(u) tanh(v), by 120 × 120 nodes of the definition."""
    slope = Rational(3, 5)
    product = tanh(x) * tanh(slope * x + Rational(4, 5) * y) * exp(-(x**2 + y**2) / 2) / (2 * pi)
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    one, other = np.meshgrid(nodes, nodes, indexing="ij")
    wanted = weights @ (np.tanh(one) * np.tanh(0.6 * one + 0.8 * other)) @ weights / (2 * np.pi)
    found = enclose(Integral(product, (y, -oo, oo), (x, -oo, oo)), {}, 8)
    assert abs(float(found) - wanted) < 1e-6 < abs(float(found) * 1.0001 - wanted)


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


@pytest.mark.parametrize(
    ("integral", "value"),
    [
        (Integral(abs(x - y), (y, 0, 1), (x, 0, 1)), Rational(1, 3)),
        (Integral(x + y * u, (u, 0, y), (y, 0, x), (x, 0, 1)), Rational(1, 8) + Rational(1, 40)),
        (
            Integral(
                erf(x) * erf(x / 2 + sqrt(3) * y / 2) * exp(-(x**2 + y**2) / 2) / (2 * pi), (y, -oo, oo), (x, -oo, oo)
            ),
            2 * sympy.asin(Rational(1, 3)) / pi,
        ),
    ],
    ids=str,
)  # fmt: skip
def test_nested_integrals_are_those_of_the_closed_form(integral: Integral, value: sympy.Expr) -> None:
    found = enclose(integral, {}, 8)
    assert found.overlaps(enclose(value, {}))
    assert not found.overlaps(enclose(value * (1 + Rational(1, 10**8)), {}))


@pytest.mark.parametrize(
    "integral",
    [
        re(Integral(exp(-x / 2) * sin((1 + I) * x), (x, 0, oo))),  # |sin u| is not below |u| for complex u
        Integral(sqrt(u**2), (u, -1, 1)),  # SymPy has made it u, of what is declared positive
        Integral((x + y) * Integral(abs(x - y), (y, 0, 1)), (x, 0, 1)),  # y is two variables
        Integral(abs(x), (x, 0, I)),
        Integral(abs(sqrt(x)) ** 2, (x, -1, -Rational(1, 2))),
        Integral(1 / (x - sqrt(2)), (x, sqrt(2), 2)),
        Integral(1 / x**2, (x, -1, 1)),
    ],
    ids=str,
)
def test_what_reads_otherwise_than_it_is_meant_is_refused(integral: sympy.Expr) -> None:
    with pytest.raises(BadInput):
        enclose(integral, {y: 2}, 15)


def test_kinks_of_complex_arguments_are_no_kinks_of_the_real_line() -> None:
    assert enclose(re(Integral(abs(x - I), (x, 1, 2))), {}).overlaps(
        enclose((2 * sqrt(5) + sympy.asinh(2) - sqrt(2) - sympy.asinh(1)) / 2, {})
    )
    assert enclose(Integral(abs((1 + I) * (x - 3)), (x, 4, 5)), {}).overlaps(enclose(3 / sqrt(2), {}))


@pytest.mark.parametrize("low", ["0.9999995", "1", "1.0000005"])
def test_a_start_that_is_a_ball_around_one_loses_nothing(low: str) -> None:
    start = Symbol("w", real=True)
    found = enclose(Integral(1 / x**2, (x, start, oo)), {start: arb(1, 1e-6)})
    assert found.contains(1 / arb(low))


TAILS = [
    x**2 * exp(-(x**2) / 2 + 3 * x),
    exp(-x) * sin(3 * x) / (1 + x**2),
    log(1 + x) / x**3,
    (1 - exp(-x)) ** 3 / x**2,
    tanh(1 / x) / x,
    erfc(x) * x**3,
    erf(-x) ** 2 * exp(-sqrt(x)),
    1 / (x**4 - 3 * x + 5),
    sympy.cosh(x) * exp(-2 * x) * Max(x, 1 - x),
    1 / sympy.cosh(x - 1) ** 2,
    (sqrt(x) + x) ** Rational(3, 2) * exp(-x),
    sin((1 + I) * x) * exp(-2 * x),
    erf((1 + I) * x) * exp(-x),
    exp(I * x - x**2),
    log((1 + erf(-x)) / 2) * exp(-x),
    log(1 + 1 / x**2),
    log(1 + exp(-x)) * x,
    log(sympy.cosh(x)) * exp(-x),
    tanh((1 + I) * x + 2) * exp(-x),
    log(2 + exp((1 + I) * x)) * exp(-x),
]


def _terms_beyond(body: sympy.Expr, start: arb) -> list[Term]:
    return Beyond(x, start, Walk({}, PLAIN if not body.has(I) else Shape(complex=True)), {}, body.has(I)).above(body)


@pytest.mark.parametrize("body", TAILS, ids=str)
def test_a_bound_of_a_tail_is_above_its_function_everywhere(body: sympy.Expr) -> None:
    meant, places = sympy.lambdify(x, body, "mpmath"), [Rational(8), *(8 + Rational(k, 7) for k in range(1, 400, 11))]
    with precision(200), mpmath.workdps(300 if body.has(erf) else 40):
        terms = _terms_beyond(body, arb(8))
        for place in (place for place in places if place < 20 or not body.has(erf)):
            bound = sum((term.at(arb(fmpq(place.p, place.q))) for term in terms), arb(0))
            above = mpmath.mpf(bound.upper().str(35, radius=False)) * (1 + mpmath.mpf(10) ** -30)  # of rounding here
            assert above >= abs(meant(mpmath.mpf(place.p) / place.q))


@pytest.mark.parametrize("body", [erfc(x), 1 + erf(-x), 2 - erfc(-x), sympy.cosh(x) - 1, exp(-x) + sqrt(x)], ids=str)
def test_a_lower_bound_of_a_tail_is_below_its_function_everywhere(body: sympy.Expr) -> None:
    meant = sympy.lambdify(x, body, "mpmath")
    with precision(200), mpmath.workdps(400):
        least = Beyond(x, arb(8), Walk({}), {}).below(body)
        for place in (8, 9, 12, 20):
            bound = mpmath.mpf(least.at(arb(place)).lower().str(30, radius=False))
            assert meant(mpmath.mpf(place)) / 10 < bound <= meant(mpmath.mpf(place))


def test_a_bound_of_a_tail_is_not_above_everything() -> None:
    with precision(200):
        bound = sum((term.at(arb(8)) for term in _terms_beyond(TAILS[0], arb(8))), arb(0))
        assert bound < 65 * arb(-8).exp()


def test_an_integral_with_a_parameter_stands_inside_a_larger_formula() -> None:
    slope = Symbol("w", positive=True)
    larger = slope**2 + 3 / (1 + Integral(exp(-slope * x) * x, (x, 0, oo)))
    found = enclose(larger, {slope: Rational(2)})
    assert found.overlaps(enclose(4 + Rational(12, 5), {}))
    assert not found.overlaps(enclose(larger, {slope: Rational(2) + Rational(1, 10**20)}))


@pytest.mark.parametrize("ratio", [Rational(1, 10), Rational(1, 2), Rational(3, 2)], ids=str)
@pytest.mark.parametrize("power", [1, 2, 3])
def test_moments_of_marchenko_and_pastur_are_narayana_polynomials(power: int, ratio: Rational) -> None:
    low, high = (1 - sqrt(a)) ** 2, (1 + sqrt(a)) ** 2
    moment = Integral(u ** (power - 1) * sqrt((high - u) * (u - low)) / (2 * pi * a), (u, low, high))
    ball = enclose(moment, {a: ratio}, digits=20)
    narayana = Rational([1, 1 + ratio, 1 + 3 * ratio + ratio**2][power - 1])
    with precision(200):
        value = arb(fmpq(narayana.p, narayana.q))
        assert ball.overlaps(value) and not ball.overlaps(value + arb("1e-17"))


@pytest.mark.parametrize(("power", "catalan"), [(0, 1), (2, 1), (4, 2), (6, 5), (8, 14)])
def test_moments_of_the_semicircle_are_catalan_numbers(power: int, catalan: int) -> None:
    ball = enclose(Integral(x**power * sqrt(4 - x**2) / (2 * pi), (x, -2, 2)), {}, digits=20)
    with precision(200):
        assert ball.overlaps(arb(catalan)) and not ball.overlaps(arb(catalan) + arb("1e-17"))


def test_a_slope_that_vanishes_bounds_the_rest_all_the_same() -> None:
    flat = Integral(GAUSS * erfc(-(1 + y * x)) ** 2 / 4, (x, -oo, oo))
    found = enclose(flat, {y: sympy.Integer(0)})
    assert found.overlaps(enclose(erfc(Rational(-1)) ** 2 / 4, {}))
    assert not found.overlaps(enclose(flat, {y: sympy.Integer(1)}))

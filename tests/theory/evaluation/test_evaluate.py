"""From expressions to numbers: balls contain the truth, float64 forms bound their rounding, conditions are decided."""

import time
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    And,
    Eq,
    Float,
    LambertW,
    Max,
    Min,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    Symbol,
    digamma,
    erf,
    exp,
    floor,
    gamma,
    log,
    pi,
    polygamma,
    sqrt,
    tanh,
)

from theory import evaluate
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import ball_at, enclose, holds, predicted, sign
from theory.evaluation.vectorise import in_float64

steady = settings(deadline=None, derandomize=True, max_examples=60)
x, y, lam = (Symbol(name, positive=True) for name in ("x", "y", "lam"))
u, law = Symbol("u", real=True), Symbol("law")
exact = st.builds(Rational, st.integers(1, 10**6), st.integers(1, 10**4))
leaves = st.sampled_from([x, y, sympy.Integer(3), Rational(2, 7), pi, Float(0.1)])
grown = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a - b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a: 1 / (1 + a**2), inner),
        st.builds(lambda a: sqrt(1 + a**2), inner),
        st.builds(lambda a: log(2 + a**2), inner),
        st.builds(tanh, inner),
        st.builds(erf, inner),
        st.builds(lambda a: exp(-(a**2)), inner),
        st.builds(Max, inner, inner),
        st.builds(lambda a: (1 + a**2) ** Rational(2, 3), inner),
    ),
    max_leaves=6,
)


def truth(expression: sympy.Expr, at: dict[Symbol, Rational], digits: int) -> mpmath.mpf:
    """By SymPy's own evaluation in mpmath."""
    decimals = expression.xreplace({number: Rational(repr(float(number))) for number in expression.atoms(Float)})
    return mpmath.mpf(sympy.N(decimals.subs(at), digits))


def distance(ball: arb, value: mpmath.mpf) -> float:
    """From the middle of a ball, in units of what the ball allows; a decimal with 50 digits is itself off by 10^-50."""
    with evaluate.precision(400):
        slack = ball.rad() + abs(arb(mpmath.nstr(value, 60))) * arb(10) ** -50
        return float(abs(ball.mid() - arb(mpmath.nstr(value, 60))) / (slack + arb(10) ** -300))


@steady
@given(grown, exact, exact)
def test_an_enclosure_contains_the_value_at_fifty_digits(expression: sympy.Expr, a: Rational, b: Rational) -> None:
    at = {x: a, y: b}
    with mpmath.workdps(60):
        value = truth(expression, at, 60)
        ball = enclose(expression, at, 20)
        assert distance(ball, value) <= 1
        assert value == 0 or ball.is_exact() or distance(ball, value * (1 + mpmath.mpf(10) ** -15)) > 1


@steady
@given(grown, exact, exact)
def test_enclosures_at_two_precisions_overlap(expression: sympy.Expr, a: Rational, b: Rational) -> None:
    coarse, fine = (enclose(expression, {x: a, y: b}, digits) for digits in (10, 60))
    assert coarse.overlaps(fine)
    assert fine.is_zero() or fine.rel_accuracy_bits() > 3.3 * 60
    moved = fine * (1 + arb(10) ** -5)
    assert fine.is_zero() or not moved.overlaps(fine)


@steady
@given(grown, exact, exact)
def test_a_prediction_bounds_its_rounding_to_float64(expression: sympy.Expr, a: Rational, b: Rational) -> None:
    ball = enclose(expression, {x: a, y: b})
    prediction = predicted(ball)
    with evaluate.precision(300):
        error = abs(ball - arb(prediction.value))
        assert not error > arb(float(prediction.error))
        assert error.is_zero() or error * 2 + ball.rad() * 4 + arb(10) ** -320 > arb(float(prediction.error)) / 2, (
            "the bound is no looser than it must be"
        )


@pytest.mark.parametrize(
    ("expression", "at", "value"),
    [
        (1 - x / y, {x: 3, y: 3}, 0),
        (sqrt(x) * sqrt(y) - sqrt(6), {x: 2, y: 3}, 0),
        (floor(x / y), {x: 6, y: 3}, 2),
        (Max(0, 1 - x / y), {x: 7, y: 7}, 0),
        (Float(1 / 3), {}, Rational("0.3333333333333333")),
        (0.1 * x, {x: 1}, Rational(1, 10)),
        (u ** Rational(3, 2), {u: 0}, 0),
    ],
)
def test_values_that_balls_never_settle_are_found_exactly(
    expression: sympy.Expr, at: dict[Symbol, int], value: Rational
) -> None:
    with evaluate.precision(200):
        ball, wanted = enclose(expression, at), arb(fmpq(int(sympy.Rational(value).p), int(sympy.Rational(value).q)))
        assert ball.overlaps(wanted) and not ball.overlaps(wanted + arb(10) ** -20)


@pytest.mark.parametrize(
    ("expression", "at", "value"),
    [
        (digamma(x), {x: 3}, mpmath.digamma(3)),
        (polygamma(2, x), {x: Rational(1, 2)}, mpmath.polygamma(2, 0.5)),
        (gamma(x), {x: Rational(1, 3)}, mpmath.gamma(mpmath.mpf(1) / 3)),
        (LambertW(x), {x: 2}, mpmath.lambertw(2)),
        (LambertW(-x, -1), {x: Rational(1, 4)}, mpmath.lambertw(-0.25, -1).real),
        (sympy.loggamma(x), {x: 7}, mpmath.loggamma(7)),
        (sympy.zeta(x), {x: 3}, mpmath.zeta(3)),
        (Min(x, y), {x: 3, y: 2}, 2),
        (sympy.Abs(u), {u: -2}, 2),
    ],
)
def test_special_functions_agree_with_mpmath(expression: sympy.Expr, at: dict[Symbol, object], value: object) -> None:
    assert float(enclose(expression, at).mid()) == pytest.approx(
        float(mpmath.mpf(value)), rel=8e-16
    )  # mpmath's own 15 digits
    assert in_float64(expression, at).value == pytest.approx(float(mpmath.mpf(value)), rel=1e-13)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (1 / (x - y), {x: 3, y: 3}),
        (log(u), {u: -1}),
        (sqrt(u), {u: -1}),
        (Symbol("C") * x, {x: 1}),
        (x + sympy.I, {x: 1}),
        (total(x), {x: 2}),
        (lam / 2, {lam: np.ones(3)}),
        (total(lam * Symbol("v")), {lam: np.ones(3), Symbol("v"): np.ones(4)}),
        (sympy.Function("f")(x), {x: 1}),
        (sympy.Sum(1 / x**2, (x, 1, sympy.oo)), {}),
        (sympy.Sum(x, (x, 1, y)), {y: Rational(5, 2)}),
        (exp(sympy.I * x), {x: 1}),
        (Piecewise((1, x > 5)), {x: 1}),
        (total(Piecewise((1, lam > 1))), {lam: np.array([2.0, 1.0])}),
    ],
)
def test_what_has_no_certain_value_is_refused_in_one_line(expression: sympy.Expr, at: dict[Symbol, object]) -> None:
    with pytest.raises(BadInput) as refused:
        enclose(expression, at)
    assert "\n" not in str(refused.value)


HALF, T = Rational(1, 2), Symbol("t", real=True)
SPECIAL = [
    (sympy.erfinv(u), [-0.9, 0.3], lambda v: mpmath.erfinv(v)),
    (sympy.erfcinv(x), [0.2, 1.5], lambda v: mpmath.erfinv(1 - v)),
    (sympy.erfi(u), [-1.5, 2], mpmath.erfi),
    (sympy.erf2(u, 2), [-1, 0.5], lambda v: mpmath.erf(2) - mpmath.erf(v)),
    (sympy.lowergamma(HALF, x), [0.2, 7], lambda v: mpmath.gammainc(0.5, 0, v)),
    (sympy.uppergamma(3, x), [0.2, 30], lambda v: mpmath.gammainc(3, v)),
    (sympy.beta(x, 3), [0.2, 30], lambda v: mpmath.beta(v, 3)),
    (sympy.betainc(2, x, 0, HALF), [0.5, 6], lambda v: mpmath.betainc(2, v, 0, 0.5)),
    (sympy.betainc_regularized(x, 2, HALF, 1), [0.5, 6], lambda v: mpmath.betainc(v, 2, 0.5, 1, regularized=True)),
    (sympy.besselj(1, x), [0.1, 20], lambda v: mpmath.besselj(1, v)),
    (sympy.bessely(0, x), [0.1, 20], lambda v: mpmath.bessely(0, v)),
    (sympy.besseli(HALF, x) / sympy.besseli(-HALF, x), [0.1, 20], mpmath.tanh),
    (sympy.besselk(2, x), [0.1, 20], lambda v: mpmath.besselk(2, v)),
    (sympy.hyper((1, HALF), (3,), x), [-0.5, 0.9], lambda v: mpmath.hyp2f1(1, 0.5, 3, v)),
    (sympy.hyper((HALF,), (3,), u), [-5, 9], lambda v: mpmath.hyp1f1(0.5, 3, v)),
    (sympy.hyper((), (HALF,), u), [-5, 9], lambda v: mpmath.hyp0f1(0.5, v)),
    (sympy.elliptic_k(u), [-3, 0.9], mpmath.ellipk),
    (sympy.elliptic_e(u), [-3, 0.9], mpmath.ellipe),
    (sympy.elliptic_f(u, HALF), [-0.3, 1.2], lambda v: mpmath.ellipf(v, 0.5)),
    (sympy.elliptic_pi(u, HALF), [-3, 0.5], lambda v: mpmath.ellippi(v, 0.5)),
    (sympy.elliptic_e(u, HALF), [-0.3, 1.2], lambda v: mpmath.ellipe(v, 0.5)),
    (sympy.zeta(x, 2), [1.5, 4], lambda v: mpmath.zeta(v, 2)),
    (sympy.polylog(3, u), [-2, 0.9], lambda v: mpmath.polylog(3, v)),
    (sympy.legendre(5, u), [-0.3, 2], lambda v: mpmath.legendre(5, v)),
    (sympy.gegenbauer(4, HALF + 1, u), [-0.3, 2], lambda v: mpmath.gegenbauer(4, 1.5, v)),
    (sympy.hermite(6, u), [-0.3, 2], lambda v: mpmath.hermite(6, v)),
    (sympy.hermite_prob(6, u), [-0.3, 2], lambda v: mpmath.hermite(6, v / mpmath.sqrt(2)) / 8),
    (sympy.laguerre(3, u), [-0.3, 2], lambda v: mpmath.laguerre(3, 0, v)),
    (sympy.chebyshevt(7, u), [-0.3, 0.9], lambda v: mpmath.chebyt(7, v)),
    (sympy.asin(u) + sympy.acos(u) * 2, [-0.3, 0.9], lambda v: mpmath.asin(v) + 2 * mpmath.acos(v)),
    (sympy.atan2(u, -2), [-0.3, 0.9], lambda v: mpmath.atan2(v, -2)),
    (sympy.asinh(u), [-0.3, 5], mpmath.asinh),
    (sympy.acosh(x), [1.5, 9], mpmath.acosh),
    (sympy.atanh(u), [-0.3, 0.9], mpmath.atanh),
    (sympy.sinc(u), [-0.3, 5], mpmath.sinc),
    (sympy.sign(u), [-0.3, 5], mpmath.sign),
    (sympy.Heaviside(u), [-0.3, 5], lambda v: mpmath.mpf(v > 0)),
    (sympy.binomial(x, 3), [5, 8.5], lambda v: mpmath.binomial(v, 3)),
    (sympy.factorial(x), [5, 0.5], mpmath.factorial),
    (sympy.RisingFactorial(x, 3), [5, 0.5], lambda v: mpmath.rf(v, 3)),
    (sympy.FallingFactorial(x, 3), [5, 0.5], lambda v: mpmath.ff(v, 3)),
    (sympy.harmonic(x), [5, 0.5], mpmath.harmonic),
    (sympy.Ei(x), [0.5, 5], mpmath.ei),
    (sympy.expint(2, x), [0.5, 5], lambda v: mpmath.expint(2, v)),
    (sympy.Mod(x, 2), [5.5, 0.5], lambda v: mpmath.fmod(v, 2)),
    (sympy.Sum(x**T / T, (T, 1, 9)), [0.5, 2], lambda v: mpmath.nsum(lambda t: v**t / t, [1, 9])),
    (sympy.Product(1 + x / T, (T, 2, 9)), [0.5, 2], lambda v: mpmath.nprod(lambda t: 1 + v / t, [2, 9])),
    (sympy.re(sympy.sqrt(u + sympy.I)), [-2, 3], lambda v: mpmath.sqrt(mpmath.mpc(v, 1)).real),
    (sympy.Abs(sympy.exp(sympy.I * u) - 1), [-2, 3], lambda v: abs(mpmath.exp(1j * v) - 1)),
    (sympy.arg(u + sympy.I), [-2, 3], lambda v: mpmath.arg(mpmath.mpc(v, 1))),
]


@pytest.mark.parametrize(
    ("expression", "places", "oracle"),
    SPECIAL,
    ids=lambda part: "oracle" if hasattr(part, "__code__") else str(part)[:30],
)
def test_special_functions_agree_with_mpmath_at_sixty_digits(expression: sympy.Expr, places: list, oracle: Any) -> None:
    symbol = next(iter(expression.free_symbols))
    for place in places:
        with mpmath.workdps(60):
            value = mpmath.mpf(oracle(mpmath.mpf(place)))
            ball = enclose(expression, {symbol: Rational(place)}, 40)
            assert ball.rel_accuracy_bits() > 3.3 * 40
            assert distance(ball, value) <= 1
            assert distance(ball, value + (abs(value) + 1) * mpmath.mpf(10) ** -38) > 1


def test_roots_of_a_cubic_are_real_through_complex_intermediates() -> None:
    cubic = sympy.roots(T**3 - 3 * T + x, T)
    for root in cubic:
        if root.has(sympy.I):
            with evaluate.precision(200):
                value = enclose(root, {x: 1}, 30)
                assert abs(value**3 - 3 * value + 1) < 1e-28
        else:
            with pytest.raises(BadInput):  # a negative number under a root is complex only where the formula says so
                enclose(root, {x: 1}, 30)
    with pytest.raises(BadInput, match="complex number"):
        [enclose(root, {x: 3}, 30) for root in cubic if root.has(sympy.I)]


def test_cases_differ_from_mode_to_mode() -> None:
    formula = total(Piecewise((lam**2, lam > x), (1, And(lam < x, lam > x / 4)), (0, True)))
    at = {lam: np.array([1, 0.5, 0.25, 0.125, 0.0625]), x: Rational(1, 2)}
    assert enclose(formula, at).overlaps(arb("2")) and not enclose(formula, at).overlaps(arb("2.1"))


def test_ten_thousand_modes_to_thirty_digits_are_quick() -> None:
    modes = np.arange(1, 10_001, dtype=float) ** -1.5
    began = time.process_time()
    ball = enclose(total(lam / (lam + x)) - total((lam / (lam + x)) ** 2), {lam: modes, x: Rational(1, 1000)})
    assert time.process_time() - began < 1
    with mpmath.workdps(40):
        shares = [mpmath.mpf(mode) / (mpmath.mpf(mode) + mpmath.mpf(1) / 1000) for mode in modes]
        assert distance(ball, mpmath.fsum(share - share**2 for share in shares)) <= 1


def test_a_prediction_beyond_float64_is_refused() -> None:
    with pytest.raises(BadInput, match="beyond the range of float64"):
        predicted(enclose(exp(x), {x: 10**4}))
    assert predicted(enclose(exp(-x), {x: 10**4})).error > 0, "underflow to zero is an error"


def test_totals_are_sums_over_modes() -> None:
    modes = np.array([1.0, 0.5, 0.25])
    at = {lam: modes, x: Rational(1, 3)}
    wanted = sum(Rational(mode) / (Rational(mode) + Rational(1, 3)) for mode in modes)
    assert enclose(total(lam / (lam + x)), at).overlaps(arb(fmpq(int(wanted.p), int(wanted.q))))
    assert in_float64(total(lam / (lam + x)), at).value == pytest.approx(float(wanted), rel=1e-15)
    assert not enclose(total(lam / (lam + x)), {**at, lam: modes * (1 + 1e-15)}, 40).overlaps(
        arb(fmpq(int(wanted.p), int(wanted.q)))
    )


def test_an_uncertain_input_sets_the_accuracy_and_no_more_precision_is_wasted() -> None:
    root = arb(2, 1e-20)
    ball = enclose(x - 1, {x: root}, 60)
    assert ball.rad() >= root.rad() and ball.contains(arb(1))
    poor = enclose((x - 2) + (1 + y - 1), {x: root, y: Rational(1, 10**15)}, 30)
    assert poor.contains(arb(fmpq(1, 10**15))) and poor.rad() < 1e-19, (
        "cancellation among exact numbers is not blamed on the root"
    )
    with pytest.raises(BadInput):
        enclose(1 / (x - 2), {x: root}, 30)


CONDITIONS = [
    (x > y, {x: 3, y: 2}, True),
    (x > y, {x: 2, y: 2}, False),
    (x >= y, {x: 2, y: 2}, True),
    (Eq(x, y), {x: 2, y: 2}, True),
    (Ne(x, y), {x: 2, y: 2}, False),
    (x < Rational(1, 10), {x: Rational(1, 10)}, False),
    (sqrt(x) * sqrt(y) >= sqrt(6), {x: 2, y: 3}, True),
    (sqrt(x) * sqrt(y) > sqrt(6), {x: 2, y: 3}, False),
    (sqrt(x) * sqrt(y) <= sqrt(6) + Rational(1, 10**40), {x: 2, y: 3}, True),
    (sqrt(x) * sqrt(y) >= sqrt(6) + Rational(1, 10**40), {x: 2, y: 3}, False),
    (total(lam) >= 1, {lam: np.array([0.5, 0.5])}, True),
    (total(lam) > 1, {lam: np.array([0.5, 0.5])}, False),
    (And(x > 1, y > 1), {x: 2, y: 1}, False),
    (Or(x > 1, y > 1), {x: 2, y: 1}, True),
    (Or(1 / (x - y) > 0, x > 1), {x: 2, y: 2}, True),
    (And(1 / (x - y) > 0, x > 5), {x: 2, y: 2}, False),
    (Eq(law, Symbol("torus")), {law: Symbol("torus")}, True),
    (Ne(law, Symbol("torus")), {law: Symbol("torus")}, False),
    (Eq(law, Symbol("sphere")), {law: Symbol("torus")}, False),
    (sympy.true, {}, True),
    (sympy.false, {}, False),
    (2**x > 10**30, {x: 100}, True),
]


@pytest.mark.parametrize(("condition", "at", "truth"), CONDITIONS)
def test_conditions_are_decided_exactly(condition: object, at: dict[Symbol, object], truth: bool) -> None:
    assert holds(condition, at) is truth
    if condition not in (sympy.true, sympy.false) and not condition.has(1 / (x - y)):  # type: ignore[attr-defined]
        assert holds(Not(condition, evaluate=False), at) is not truth


@pytest.mark.parametrize(
    "condition",
    [
        log(u) > 0,
        log(u) <= 0,
        1 / (u + 1) > 0,
        1 / (u + 1) <= 0,
        sqrt(u) >= 0,
        total(log(lam - 1)) >= 0,
        total(log(lam - 1)) < 0,
    ],
    ids=str,
)
def test_an_undefined_condition_does_not_hold_and_neither_does_its_opposite(condition: sympy.Basic) -> None:
    at = {u: -1, lam: np.array([0.5])}
    assert not holds(condition, at)
    assert not holds(Not(condition, evaluate=False), at)
    assert holds(Or(condition, Eq(u, -1)), at)


@pytest.mark.parametrize(
    "condition",
    [Symbol("g") > 100, Eq(x, Symbol("torus")), law > 3, Eq(law, 3), Eq(law, x), sympy.Xor(x > 1, x > 2), Symbol("b")],
    ids=str,
)
def test_a_condition_on_something_without_a_value_is_refused(condition: sympy.Basic) -> None:
    with pytest.raises(BadInput):
        holds(condition, {x: 3, law: Symbol("torus")})


def test_signs_are_certain_or_zero() -> None:
    close = sqrt(2) * x - Rational(sympy.N(sqrt(2), 40))
    assert sign(close, {x: 1}, 50) == 0 != sign(close, {x: 1}, 400)
    assert sign(x - y, {x: 1, y: 2}) == -1 == -sign(y - x, {x: 1, y: 2})


def test_piecewise_takes_the_case_that_certainly_applies() -> None:
    formula = Piecewise((x, x > y), (-x, And(x <= y, y > 2)), (0, True))
    assert [float(enclose(formula, {x: 1, y: b}).mid()) for b in (Rational(1, 2), 1, 3)] == [1, 0, -1]
    open_case = ball_at(formula, {x: arb(1, 0.5), y: 1}, 100)
    assert open_case.contains(arb("0.5")) and open_case.contains(arb(0)) and not open_case.contains(arb(2)), (
        "an open case is the union of those that may apply"
    )
    jump = enclose(Piecewise((0, x > y), (1, True)), {x: arb(1, 0.5), y: 1})
    assert jump.contains(arb(0)) and jump.contains(arb(1)), "an uncertain input on both sides of a jump"

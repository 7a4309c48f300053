"""float64 with complex values on the way: the real number that comes out lies within its bound of the enclosure."""

from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb
from sympy import I, Rational, Symbol, sqrt

from theory.evaluate import complex_ball_at, precision
from theory.evaluation.vectorise import in_float64, per_trial

x, y = sympy.symbols("x y", real=True)
z, w = sympy.symbols("z w", complex=True)
FORMULAS = [
    sympy.re(I**x), sympy.re((x + I * y) ** (x + I)), sympy.re((x + I * y) ** y), sympy.re(sympy.sqrt(x - y * I)),
    sympy.re(sympy.erf(x + I * y)), sympy.Abs((x + I * y) ** 3), sympy.re(z**w), sympy.im(1 / (1 - z)),
    sympy.Abs(sympy.sin(z) * w), sympy.Abs(sympy.cos(z) - w), sympy.Abs(sympy.exp(z) + w), sympy.re(sympy.gamma(z)),
    sympy.re(sympy.LambertW(z)), sympy.im(sqrt(z**2 - 4)), sympy.re((z - sqrt(z**2 - 4)) / 2),
    sympy.re(sqrt(z) * sqrt(w)), sympy.Abs(sympy.log(z) ** 2), sympy.re(sympy.asin(z)), sympy.Abs(z ** Rational(7, 3)),
]  # fmt: skip


def drawn(rng: np.random.Generator, formula: Any) -> dict[Symbol, Any]:
    """Numbers of either sign over several decades."""
    real = {symbol: float(np.exp(rng.uniform(-5, 5))) for symbol in (x, y)}
    plane = {symbol: complex(*(rng.choice([-1, 1], 2) * np.exp(rng.uniform(-5, 3, 2)))) for symbol in (z, w)}
    return {symbol: value for symbol, value in (real | plane).items() if symbol in formula.free_symbols}


def excess(formula: Any, values: dict[Symbol, Any], tighter: float = 1.0) -> float:
    """How far float64 lies outside its bound; nothing where one of the two has no value."""
    quick, ball = in_float64(formula, values), complex_ball_at(formula, values, 400)
    if not (np.isfinite(quick.error) and ball.is_finite()):
        return 0.0
    with precision(400):
        apart = abs((ball if isinstance(ball, arb) else ball.real) - arb(quick.value))
        return max(0.0, float((apart - arb(quick.error) / arb(tighter)).lower()))


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: str(formula)[:40])
def test_a_real_number_made_of_complex_ones_lies_within_its_bound(formula: Any) -> None:
    rng = np.random.default_rng([1, FORMULAS.index(formula)])
    values = [drawn(rng, formula) for _ in range(60)]
    assert [at for at in values if excess(formula, at)] == []
    told = [in_float64(formula, at) for at in values]
    assert np.mean([np.isfinite(one.error) for one in told]) > 0.5
    assert np.median([one.error / abs(one.value) for one in told if np.isfinite(one.error)]) < 1e-11


def test_a_bound_a_million_times_too_small_is_noticed() -> None:
    rng = np.random.default_rng(2)
    assert sum(excess(formula, drawn(rng, formula), tighter=1e6) > 0 for formula in FORMULAS for _ in range(5)) > 20


def test_the_error_of_a_complex_power_grows_with_its_exponent() -> None:
    """i^x turns x quarters: the bound of a real power, some roundings of the value, is passed."""
    eps, value = np.finfo(float).eps, in_float64(sympy.re(I**x), {x: 10001.3})
    ball = complex_ball_at(sympy.re(I**x), {x: 10001.3}, 200)
    assert 16 * eps < abs(float(ball.real.mid()) - value.value) <= value.error


def test_trials_with_complex_numbers_on_the_way_carry_their_bound() -> None:
    rng = np.random.default_rng(3)
    drawn_x = np.exp(rng.uniform(-3, 3, 50))
    formula = sympy.re((x + I * y) ** (x + I))
    found = per_trial(formula, {y: Rational(1, 3)}, {x: drawn_x})
    for at, value, error in zip(drawn_x, found.value, found.error, strict=True):
        ball = complex_ball_at(formula, {x: float(at), y: Rational(1, 3)}, 200)
        assert abs(float(ball.real.mid()) - value) <= error < 1e-10 * (1 + abs(value))
    assert np.any(found.error > 0)


def test_the_sine_of_a_complex_number_is_steeper_than_one() -> None:
    """sin(z + δ) − sin z is about cosh(Im z)·δ: an uncertain argument shows in the bound."""
    at = {z: 1 + 5j, w: 0j}
    error = in_float64(sympy.Abs(sympy.sin(z + Rational(1, 3))), at).error
    assert error > np.cosh(5) * np.finfo(float).eps / 4


def test_what_is_not_real_has_no_value() -> None:
    assert not np.isfinite(in_float64(z**w, {z: 1 + 1j, w: 2 + 0j}).error)
    assert in_float64(z**w, {z: 1j, w: 2 + 0j}).value == pytest.approx(-1, abs=1e-14)

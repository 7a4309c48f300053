"""Finite sums and products in float64: the bound covers the error, and says so where a sum loses its digits."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
import sympy
from sympy import Add, Basic, Expr, Max, Min, Piecewise, Product, Rational, Sum, Symbol, binomial, floor

from theory.domain import free_symbols
from theory.evaluate import enclose
from theory.evaluation.ranged import LARGEST, binomials
from theory.evaluation.rounding import Pair
from theory.evaluation.vectorise import in_float64, per_trial

n, i, j = (Symbol(name, integer=True, nonnegative=True) for name in "nij")
x = Symbol("x", positive=True)
BINOMIAL = Sum(binomial(n, i) * x**i * (1 - x) ** (n - i), (i, 0, n))  # 1
NESTED = Sum(binomial(n, i) * Sum(binomial(n - i, j) / (1 + Max(0, j - i)), (j, 0, Min(i, n - i))) * x**i, (i, 0, n))
CASES = [
    BINOMIAL,
    NESTED,
    Sum(x**i / (i + 1), (i, 3, n + 3)),
    Sum(i * x, (i, n + 1, n)),  # without terms
    Sum(Sum(x * i + j, (j, 1, i)), (i, 1, n)),
    Sum(x * i + j, (j, 1, i), (i, 1, n)),
    Sum(x / (i + 1), (i, floor(n / 3 + Rational(5, 6)), n)),
    Product(1 + x / (i + 1), (i, 0, n)),
    Piecewise((Sum(x**i, (i, 0, n)), n < 4), (Product(x + i, (i, 1, n)), True)),
    x * Sum(x, (i, 0, n)),
]
SIZES = np.array([0.0, 1, 2, 5, 8, 13, 5])
VALUES = np.array([0.3, 0.25, 0.9, 1.7, 0.4, 0.011, 0.5])


@pytest.mark.parametrize("formula", CASES)
def test_the_bound_of_a_sum_covers_its_error_at_points_of_different_ranges(formula: Expr) -> None:
    told = per_trial(formula, {}, {n: SIZES, x: VALUES})
    for k, (size, value) in enumerate(zip(SIZES, VALUES, strict=True)):
        ball = enclose(formula, {n: sympy.Integer(int(size)), x: Rational(float(value))})
        assert abs(told.value[k] - float(ball.mid())) <= told.error[k]
        assert told.error[k] <= 1e-11 * (1 + abs(told.value[k]))
        alone = in_float64(formula, {n: sympy.Integer(int(size)), x: Rational(float(value))})
        assert abs(alone.value - float(ball.mid())) <= alone.error
    assert "estimated" not in told.guarantee


def test_another_sum_lies_outside_of_the_bound() -> None:
    told = per_trial(BINOMIAL, {}, {n: SIZES[1:], x: VALUES[1:]})
    other = per_trial(BINOMIAL.func(BINOMIAL.args[0], (i, 1, n)), {}, {n: SIZES[1:], x: VALUES[1:]})
    assert (np.abs(told.value - other.value) > told.error + other.error).all()


def test_a_sum_that_cancels_shows_it_in_its_bound() -> None:
    alternating = Sum((-x) ** i / sympy.factorial(i), (i, 0, 60))
    told = in_float64(alternating, {x: sympy.Integer(20)})
    exact = sum(Fraction((-20) ** k, sympy.factorial(k)) for k in range(61))
    lost = abs(told.value - float(exact))
    assert lost > 1e-12  # of 2e-9
    assert lost <= told.error


@pytest.mark.parametrize(
    "formula",
    [Sum(x, (i, 0, n / 2)), Sum(x**i, (i, 0, sympy.oo)), Sum(x, (i, 0, x)), Sum(x, (i, 0, 10**7))],
)
def test_no_value_is_told_of_a_range_that_is_not_certain_or_too_long(formula: Expr) -> None:
    told = in_float64(formula, {n: sympy.Integer(3), x: Rational(1, 3)})
    assert np.isnan(told.value)
    assert told.error == np.inf


def test_long_sums_are_taken_in_parts() -> None:
    told = per_trial(Sum(x / (i + 1), (i, 0, n)), {}, {n: np.full(40, 9999.0), x: np.linspace(1, 2, 40)})
    harmonic = float(sum(Fraction(1, k + 1) for k in range(10_000)))
    assert (np.abs(told.value - harmonic * np.linspace(1, 2, 40)) <= told.error + 1e-15).all()
    assert (told.error < 1e-9).all()


def whole(*numbers: int) -> Pair:
    return np.array(numbers, dtype=float), np.zeros(len(numbers))


def test_binomials_are_rounded_once() -> None:
    value, error = binomials(whole(5, 52, 300, 7, 3), whole(2, 26, 150, 9, -1)) or (np.zeros(5), np.zeros(5))
    exact = [comb(5, 2), comb(52, 26), comb(300, 150), 0, 0]
    assert [float(entry) for entry in exact] == value.tolist()
    gaps = [abs(Fraction(told) - right) for told, right in zip(value.tolist(), exact, strict=True)]
    assert all(gap <= Fraction(off) for gap, off in zip(gaps, error.tolist(), strict=True))


def test_binomials_of_other_numbers_are_not_looked_up() -> None:
    assert binomials((np.array([2.5]), np.zeros(1)), whole(1)) is None
    assert binomials((np.array([2.0]), np.array([1e-16])), whole(1)) is None
    assert binomials(whole(LARGEST + 1), whole(1)) is None
    assert np.isnan((binomials(whole(-1), whole(0)) or (0.0, 0.0))[0]).all()


NODES = [
    Sum(x * i, (i, j, n)), Sum(x * j, (i, 0, 3)), Sum(i, (i, i, 3)), Sum(i * j, (i, 0, j), (j, 0, n)), Max(x, n),
    sympy.pi, sympy.Integral(x * i, (x, 0, n)), sympy.Integral(x, x), sympy.Derivative(x**2, x),
    Add(x, Piecewise((j, n > 1), (0, True))),
]  # fmt: skip


@pytest.mark.parametrize("node", NODES)
def test_free_symbols_are_those_that_sympy_finds(node: Basic) -> None:
    assert free_symbols(node) == node.free_symbols

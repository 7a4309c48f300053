"""Integrals in float64, many points at once: closed forms lie within the stated error; what may hide has none."""

from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    Heaviside,
    I,
    Integral,
    Max,
    Min,
    Piecewise,
    Rational,
    Symbol,
    acos,
    asin,
    cos,
    erf,
    exp,
    floor,
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

from theory.domain import total
from theory.evaluate import Prediction, ball_at
from theory.evaluation import quadrature
from theory.evaluation.compiled import compiled
from theory.evaluation.vectorise import along_columns, in_float64, per_trial, vectorised

x, y, a, b, r = symbols("x y a b r", real=True)
u, k, lam = symbols("u k lam", positive=True)
GAUSS = exp(-(x**2) / 2) / sqrt(2 * pi)
PAIR = exp(-(x**2 + y**2) / 2) / (2 * pi)
POINTS = 60
MOMENT = Integral(GAUSS * tanh(k * x + a) ** 2, (x, -oo, oo))
CLOSED = [  # with the least share of points that have a stated error
    (Integral(exp(-k * (x - a) ** 2), (x, -oo, oo)), sqrt(pi / k), 1.0),  # a peak far away, or narrow
    (Integral(GAUSS * Max(x - a, 0), (x, -oo, oo)),
     exp(-(a**2) / 2) / sqrt(2 * pi) - a * sympy.erfc(a / sqrt(2)) / 2, 1.0),
    (Integral(GAUSS * erf(k * x) ** 2, (x, -oo, oo)), 2 * asin(2 * k**2 / (1 + 2 * k**2)) / pi, 1.0),
    (Integral(GAUSS * cos(k * x), (x, -oo, oo)), exp(-(k**2) / 2), 0.5),
    (Integral(sign(x - a) * x, (x, -3, 3)), 9 - a**2, 1.0),
    (Integral(Piecewise((1, x < a), (x, True)), (x, -3, 3)), a + 3 + (9 - a**2) / 2, 1.0),
    (Integral(Min(x, a) ** 2, (x, -3, 3)), (a**3 + 27) / 3 + a**2 * (3 - a), 1.0),
    (Integral(1 / sqrt(k - x), (x, 0, k)), 2 * sqrt(k), 1.0),
    (Integral(log(x / k), (x, 0, 1)), -1 - log(k), 1.0),
    (Integral(x ** (k - 1) * exp(-x), (x, 0, oo)), gamma(k), 0.3),
    (Integral(k / (k**2 + (x - a) ** 2), (x, -oo, oo)), pi, 1.0),
    (Integral(sqrt((x - a) * (a + k - x)), (x, a, a + k)), pi * k**2 / 8, 1.0),
    (Integral(exp(-k * x) * (1 - exp(-x)), (x, 0, oo)), 1 / (k * (k + 1)), 0.9),
    (sympy.re(Integral(exp(I * a * x - x**2), (x, -oo, oo))), sqrt(pi) * exp(-(a**2) / 4), 0.3),
    (Integral(x * y * k, (y, a, x), (x, 0, 1)), k * (Rational(1, 4) - a**2 / 2) / 2, 1.0),
]  # fmt: skip


def columns(formula: sympy.Basic, seed: int, count: int = POINTS) -> dict[Any, Any]:
    rng = np.random.default_rng(seed)
    draws = {s: np.exp(rng.uniform(-4, 4, count)) if s.is_positive else rng.uniform(-3, 3, count) for s in (a, b, k)}
    return {s: draws[s] for s in formula.free_symbols}


def told(formula: sympy.Basic, drawn: dict[Any, Any]) -> Prediction:
    pairs = {s: (column, np.zeros(len(column))) for s, column in drawn.items()}
    return Prediction(*along_columns(formula, {}, pairs, len(next(iter(drawn.values()))))[:2], "")


def excess(found: Prediction, closed: sympy.Basic, drawn: dict[Any, Any], tighter: float = 1.0) -> np.ndarray:
    """By how much every value with a stated error lies outside of it."""
    truth = [ball_at(closed, {s: Rational(float(column[i])) for s, column in drawn.items()}, 120)
             for i in range(len(found.value))]  # fmt: skip
    off = np.array([float(abs(ball - float(value)).mid()) for ball, value in zip(truth, found.value, strict=True)])
    return np.where(np.isfinite(found.error), np.maximum(off - found.error / tighter, 0.0), 0.0)


@pytest.mark.parametrize(("integral", "closed", "share"), CLOSED, ids=lambda part: str(part)[:60])
def test_a_closed_form_lies_within_the_stated_error(integral: sympy.Basic, closed: sympy.Basic, share: float) -> None:
    drawn = columns(integral + closed, 1)
    found = told(integral, drawn)
    assert np.mean(np.isfinite(found.error)) >= share
    assert excess(found, closed, drawn).max() == 0
    stated = np.isfinite(found.error)
    assert np.median(found.error[stated] / np.abs(found.value[stated])) < 1e-12


def test_an_error_a_million_times_too_small_is_noticed() -> None:
    noticed = [excess(told(one, drawn), closed, drawn, tighter=1e6).max() > 0
               for one, closed, _ in CLOSED for drawn in [columns(one + closed, 2)]]  # fmt: skip
    assert sum(noticed) > 8


def test_a_rule_that_is_too_coarse_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error that counts rounding alone, the change from step to step shows what is missing."""
    integral, closed, _ = CLOSED[1]
    drawn = columns(integral + closed, 3)
    monkeypatch.setattr(quadrature, "SAFE", 0.0)
    monkeypatch.setattr(quadrature, "SHARP", 1.0)
    monkeypatch.setattr(quadrature, "FALLING", 1.0)
    monkeypatch.setattr(quadrature, "HIDDEN", 1e9)
    monkeypatch.setattr(quadrature, "STEPS", quadrature.STEPS[:2])
    assert excess(told(integral, drawn), closed, drawn).max() > 0


@pytest.mark.parametrize(
    "integral",
    [
        Integral(k / x, (x, 0, 1)),
        Integral(k / x, (x, -1, 1)),
        Integral(k / x, (x, 1, oo)),
        Integral(k / x**2, (x, -1, 1)),
        Integral(k / (x**2 - 2), (x, 0, 3)),
        Integral(k / (x * log(x) ** 2), (x, 2, oo)),
        Integral(sin(x) / (k * x), (x, 0, oo)),
        Integral(k * sqrt(x), (x, -1, 1)),
        Integral(k * x, (x, -oo, oo)),
        Integral(floor(k * x), (x, 0, 1)),  # jumps that no node sees
        Integral(k * sign(x**2 - 2), (x, 0, 3)),
        Integral(k * sqrt(u**2), (u, -1, 1)),  # SymPy has made it u
        Integral(k * (x + y) * Integral(abs(x - y), (y, 0, 1)), (x, 0, 1)),  # y is two variables
        Integral(k * x, x),
    ],
    ids=str,
)
def test_what_may_have_no_value_or_unseen_jumps_is_left_to_balls(integral: Integral) -> None:
    assert not np.isfinite(told(integral, {k: np.linspace(0.5, 40, 20), y: np.ones(20)}).error).any()


@pytest.mark.parametrize("floor_", [0, 1])
def test_a_narrow_peak_between_the_nodes_is_never_overlooked(floor_: int) -> None:
    """∫ exp(−s (x² − 2)²) dx: where the peak is too narrow there is no statement, and elsewhere a true one."""
    peak = Integral(floor_ + exp(-k * (x**2 - 2) ** 2), (x, 0, 3))
    sharp = np.exp(np.linspace(-5, 19, 60))
    found = told(peak, {k: sharp})
    stated = np.flatnonzero(np.isfinite(found.error))
    assert 8 < len(stated) < 45
    for i in stated[::4]:
        assert abs(float(ball_at(peak, {k: Rational(float(sharp[i]))}, 80)) - found.value[i]) <= found.error[i] * 1.01


@pytest.mark.parametrize(
    ("function", "closed"),
    [
        (lambda v: Max(v, 0), (sqrt(1 - r**2) + (pi - acos(r)) * r) / (2 * pi)),
        (Heaviside, (pi - acos(r)) / (2 * pi)),
        (erf, 2 * asin(2 * r / 3) / pi),
    ],
    ids=["relu", "step", "erf"],
)
def test_expectations_of_two_correlated_variables(function: Any, closed: sympy.Basic) -> None:
    body = function(x) * function(r * x + sqrt(1 - r**2) * y) * PAIR
    drawn = {r: np.array([-0.9, 0.3, 0.999])}
    found = told(Integral(body, (y, -oo, oo), (x, -oo, oo)), drawn)
    assert np.all(found.error < 1e-10)
    assert excess(found, closed, drawn).max() == 0
    assert excess(found, closed + Rational(1, 10**6), drawn).min() > 0


def test_fits_and_compiled_curves_read_integrals() -> None:
    held, scale = Symbol("v", positive=True), np.linspace(0.5, 2, 500)
    laplace = Integral(exp(-k * x), (x, 0, oo))
    assert vectorised(3 * laplace**2, (k,))(scale) == pytest.approx(3 / scale**2, rel=1e-13)
    first, second = compiled([held * laplace, 1 / laplace], [k], {held: 2.0})([scale])
    assert first == pytest.approx(2 / scale, rel=1e-13) and second == pytest.approx(scale, rel=1e-13)
    assert first != pytest.approx(2.0001 / scale, rel=1e-13)


def test_a_sum_over_modes_stands_inside_of_an_integral() -> None:
    modes = np.array([2.0, 1.0, 0.25])
    smooth = Integral(total(lam * exp(-lam * k * x)), (x, 0, oo))
    found = per_trial(smooth, {lam: modes}, {k: np.array([0.5, 1.0, 3.0, 4.0])})
    assert np.all(np.abs(found.value - 3 / np.array([0.5, 1, 3, 4])) <= found.error)
    assert np.all(found.error < 1e-12)


def test_an_uncertain_end_and_an_uncertain_parameter_widen_the_error() -> None:
    wide = along_columns(Integral(x**2, (x, 0, k)), {}, {k: (np.array([2.0]), np.array([1e-6]))}, 1)
    assert 4e-6 <= wide[1][0] < 3e-5
    wide = along_columns(Integral(exp(-k * x), (x, 0, oo)), {}, {k: (np.array([2.0]), np.array([1e-6]))}, 1)
    assert 0.25e-6 <= wide[1][0] < 3e-6


def test_the_guarantee_says_that_the_error_is_an_estimate() -> None:
    found = in_float64(MOMENT, {k: Rational(1, 3), a: Rational(2)})
    assert "estimated for Integral" in found.guarantee
    ball = ball_at(MOMENT, {k: Rational(1, 3), a: Rational(2)}, 128)
    assert abs(float(ball) - found.value) <= found.error < 1e-12


def test_draws_that_float64_leaves_open_are_those_of_balls() -> None:
    drawn = np.array([0.5, 2.5])
    found = per_trial(Integral(floor(k * x), (x, 0, 1)), {}, {k: drawn})
    assert "balls" in found.guarantee
    assert found.value == pytest.approx([0, (0.4 + 2 * 0.2)], abs=1e-9)

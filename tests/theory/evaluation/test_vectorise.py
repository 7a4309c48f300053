"""One float64 value per trial: its bound covers its rounding, what overflows is left to balls."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from sympy import Max, Min, Piecewise, Rational, Symbol, erf, exp, gamma, log, sqrt, tanh

from theory import evaluate
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import enclose
from theory.evaluation.vectorise import in_float64, per_trial

x, lam = Symbol("x", positive=True), Symbol("lam", positive=True)
u = Symbol("u", real=True)
DRAWN = np.random.default_rng(0).uniform(0.1, 3, 200)


@pytest.mark.parametrize(
    "expression",
    [
        u**2 + 1,
        (1 + u) - 1,
        (10**6 + u) - 10**6,
        1 / (u**2 + x),
        Min(u, 1),
        Max(u, x, 2 * u - 1),
        exp(u) - 1,
        sqrt(1 + u) - 1,
        erf(u),
        erf(u) - u,
        gamma(u + 1),
        tanh(u) / x,
        Piecewise((u, u > 1), (u**2, True)),
        log(1 + u**2) / u,
        total(lam / (lam + u)),
        total(lam) * u,
        sympy.Integer(3),
    ],
    ids=str,
)
def test_the_error_of_a_prediction_per_trial_covers_its_rounding(expression: sympy.Expr) -> None:
    at = {x: Rational(5, 4), lam: np.array([1, 0.5, 0.1])}
    prediction = per_trial(expression, at, {u: DRAWN})
    assert prediction.value.shape == prediction.error.shape == DRAWN.shape
    for trial in range(0, len(DRAWN), 10):
        with evaluate.precision(200):
            wanted = enclose(expression, {**at, u: Rational(DRAWN[trial])}, 40)
            off = float(abs(wanted - arb(prediction.value[trial])).upper())
            farther = float(abs(wanted * (1 + arb(10) ** -6) - arb(prediction.value[trial])).lower())
        assert off <= prediction.error[trial] < farther


def test_modes_and_trials_of_one_length_are_not_mixed_up() -> None:
    drawn, modes = np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 0.5])
    found = per_trial(total(lam / (lam + u)), {lam: modes}, {u: drawn}).value
    assert found == pytest.approx((modes / (modes + drawn[:, None])).sum(axis=1), rel=1e-14)
    assert abs(found - (modes / (modes + drawn)).sum()).max() > 0.1


def test_measured_integers_and_float32_are_read_as_float64() -> None:
    assert per_trial(1 / u, {}, {u: np.array([2, 4])}).value == pytest.approx([0.5, 0.25], rel=1e-15)
    single = np.float32([0.1, 0.2])
    assert np.array_equal(per_trial(u * 3, {}, {u: single}).value, single.astype(float) * 3)
    assert not np.array_equal((single * np.float32(3)).astype(float), single.astype(float) * 3)


@pytest.mark.parametrize(("expression", "measured"), [(u**2, np.ones((4, 3))), (u * lam, np.ones(4))])
def test_a_prediction_that_is_no_number_per_trial_is_refused(expression: sympy.Expr, measured: np.ndarray) -> None:
    with pytest.raises(BadInput):
        per_trial(expression, {lam: np.array([1.0, 2.0, 3.0])}, {u: measured})


@pytest.mark.parametrize(
    ("expression", "at", "wanted"),
    [(1 / (1 + exp(u)), 1000.0, 5.075958897549457e-435), (exp(-u) * exp(u + 1), 800.0, 2.718281828459045)],
)
def test_an_overflow_on_the_way_is_not_a_number_in_float64_and_left_to_balls(
    expression: sympy.Expr, at: float, wanted: float
) -> None:
    alone = in_float64(sympy.Mul(*expression.args, evaluate=False), {u: at})
    assert np.isnan(alone.value) and alone.error == np.inf
    found = per_trial(expression, {}, {u: np.array([at, 1.0])})
    assert found.value[0] == pytest.approx(wanted, rel=1e-14) and np.isfinite(found.error).all()


def test_cancellation_shows_in_the_bound() -> None:
    found = per_trial((1 + u) - sqrt(1 + u**2), {}, {u: np.array([1e-12, 1.0])})
    assert found.error[0] > 1e-5 * found.value[0] and found.error[1] < 1e-14 * found.value[1]
    assert abs(found.value[0] - 1e-12) <= found.error[0]
    assert abs(found.value[0] - 1e-12) > found.error[0] / 1e6


def test_hypergeometric_functions_are_left_to_balls() -> None:
    expression, at = sympy.hyper([], [x], lam), {x: sympy.Integer(3), lam: Rational(5, 2)}
    assert np.isnan(in_float64(expression, at).value)
    ball, wanted = enclose(expression, at, digits=30), mpmath.hyp0f1(3, mpmath.mpf("2.5"))
    assert abs(float(ball) - float(wanted)) < 1e-14 * float(wanted)
    assert abs(float(ball) - float(mpmath.hyp0f1(3, mpmath.mpf("2.501")))) > 1e-5

"""Variation of slopes and splines with penalised kinks, against cases done by hand and a grid of kinks."""

import numpy as np
from scipy.optimize import linprog

from theory.programs.linear_splines import penalised_kinks, slope_variation

X = np.array([[-1.0, 0.0, 2.0, 3.0]])
Y = np.array([[0.0, 2.0, 0.0, 1.0]])  # slopes 2, −1, 1


def drawn(trials: int, N: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(N)
    return np.cumsum(rng.uniform(0.5, 1.5, (trials, N)), axis=1), rng.normal(size=(trials, N))


def test_the_variation_of_three_chords() -> None:
    assert slope_variation(X, Y)[0] == 5 and slope_variation(X, Y, power=2.0)[0] == 13
    assert slope_variation(X, Y, levels=True)[0] == 4
    assert slope_variation(X, Y, skip=False)[0] == 5  # the outer slopes add up to 3, less than 5
    assert slope_variation(X, X, skip=False)[0] == 1 and slope_variation(X, X)[0] == 0  # a line: half of 1 + 1


def test_a_linear_program_over_many_kinks_needs_no_less_than_the_variation() -> None:
    for x, y in zip(*drawn(5, 5), strict=True):
        knots = np.union1d(np.linspace(x[0], x[-1], 101), x)
        hinges = np.maximum(x[:, None] - knots, 0)
        lines = np.stack([np.ones_like(x), x], axis=1)
        cost = np.concatenate([np.zeros(4), np.ones(2 * len(knots))])
        found = linprog(cost, A_eq=np.hstack([lines, -lines, hinges, -hinges]), b_eq=y)
        value, error = slope_variation(x[None], y[None])
        assert abs(found.fun - value[0]) < 1e-8 * value[0] + error[0]


def test_a_price_of_nearly_nothing_is_that_of_the_interpolant() -> None:
    x, y = drawn(20, 5)
    value, error = penalised_kinks(x, y, lam=1e-6)
    bound, _ = slope_variation(x, y)
    assert np.all(value <= 1e-6 * bound + error) and np.all(value > 0.999e-6 * bound)


def test_a_high_price_leaves_the_best_line() -> None:
    x, y = drawn(20, 6)
    value, error = penalised_kinks(x, y, lam=1e3)
    rest = [np.sum((np.polyval(np.polyfit(a, b, 1), a) - b) ** 2) / 2 for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(value, rest, rtol=1e-9)
    assert np.all(error < 1e-9)


def test_the_gap_is_small_and_no_other_kinks_have_a_smaller_loss() -> None:
    (x, y), lam = drawn(20, 6), 0.05
    value, error = penalised_kinks(x, y, lam=lam)
    assert np.all(error < 1e-9 * value)
    rng = np.random.default_rng(0)
    for _ in range(50):
        places, sizes = rng.uniform(x[:, :1], x[:, -1:], (20, 3)), rng.normal(size=(20, 3))
        f = np.sum(np.maximum(x[:, :, None] - places[:, None, :], 0) * sizes[:, None, :], axis=2)
        rest = [np.sum((b - np.polyval(np.polyfit(a, b, 1), a)) ** 2) / 2 for a, b in zip(x, y - f, strict=True)]
        assert np.all(rest + lam * np.abs(sizes).sum(1) > value)


def test_squared_kinks_are_another_problem() -> None:
    x, y = drawn(20, 6)
    assert np.all(penalised_kinks(x, y, lam=0.05, squared=True)[0] != penalised_kinks(x, y, lam=0.05)[0])

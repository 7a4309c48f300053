"""Transport on the line, by quantile functions."""

import itertools

import numpy as np
from scipy.special import ndtri

from numerics.arrays import Machine
from numerics.simulators.estimation.sliced_transport import (
    least_variance,
    quantiles,
    sliced_transport,
    sorted_points,
    squared_distance,
)
from numerics.streams import Stream, stream


def rng(name: str) -> Stream:
    return stream(Machine(), name, seed=5)


def test_sorting_finds_the_cheapest_of_all_matchings_of_points_and_the_given_order_does_not() -> None:
    x, y = rng("x").normal((1, 5, 3)), rng("y").normal((1, 5, 3))
    theta = rng("theta").unit((1, 4, 3))
    found = squared_distance(sorted_points(x, theta), sorted_points(y, theta))[0]
    u, v = theta[0] @ x[0].T, theta[0] @ y[0].T
    every = [np.mean((u - v[:, list(order)]) ** 2, axis=1) for order in itertools.permutations(range(5))]
    np.testing.assert_allclose(found, np.min(every, axis=0))
    assert np.any(every[0] > found)


def test_gauss_hermite_levels_give_the_integral_over_a_fine_grid_of_levels() -> None:
    mean, root, theta = rng("m").normal((1, 3)), rng("r").normal((1, 3, 3)), rng("t").unit((1, 4, 3))
    other = rng("o").normal((1, 3, 3))
    found = squared_distance(quantiles(mean, root, theta, rng("q")), quantiles(-mean, other, theta, rng("q")))[0]
    z = ndtri((np.arange(200_000) + 0.5) / 200_000)
    first, second = (np.sqrt(np.sum((theta[0] @ part[0]) ** 2, axis=1)) for part in (root, other))
    direct = np.mean((2 * theta[0] @ mean[0])[:, None] ** 2 + ((first - second)[:, None] * z) ** 2, axis=1)
    np.testing.assert_allclose(found, direct, rtol=1e-3)  # the grid leaves out 1e-5 of the tails' second moment
    assert not np.allclose(found, np.mean(((first + second)[:, None] * z) ** 2, axis=1), rtol=1e-2)


def test_the_least_variance_is_that_of_least_squares_with_a_constant() -> None:
    values, control = rng("v").normal((2, 30)), rng("c").normal((2, 30))
    g, rest = least_variance(values, control)
    slopes = [np.polyfit(c, v, 1)[0] for v, c in zip(values, control, strict=True)]
    np.testing.assert_allclose(g, slopes, atol=1e-6)
    np.testing.assert_allclose(rest, np.var(values - np.array(slopes)[:, None] * control, axis=1, ddof=1))
    through_zero = np.sum(values * control, axis=1) / np.sum(control**2, axis=1)
    assert not np.allclose(g, through_zero)


def test_moments_of_points_are_those_of_the_points() -> None:
    values = {"d": 4, "delta": 1.0, "ratio": 0.0, "g": 0.5, "second": "own", "trials": 8}
    points = sliced_transport(**values, measures="points", rng=rng("one"))  # type: ignore[arg-type]
    np.testing.assert_allclose(points["one"], points["one_up"])  # one point has no spread of its own
    spread = sliced_transport(**(values | {"ratio": 1.0}), measures="points", rng=rng("one"))  # type: ignore[arg-type]
    assert np.all(spread["one"] < spread["one_up"])

"""Networks of one input: they meet the data, a kink alone costs what it must, and the data are those described."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.line_networks import line_fit, line_interpolation, points
from numerics.streams import Stream, stream
from numerics.training.shallow_relu import PenalisedFit, interpolating


def rng(name: str = "test") -> Stream:
    return stream(Machine(), name, seed=0)


def test_points_have_the_gaps_and_changes_of_slope_that_the_setting_says() -> None:
    x, y = points(6, 500, rng())
    gaps, slopes = np.diff(x, axis=1), np.diff(y, axis=1) / np.diff(x, axis=1)
    assert np.all((gaps > 0.28 - 1e-12) & (gaps < 0.52 + 1e-12)) and gaps.max() > 0.5 and gaps.min() < 0.3
    changes = np.abs(np.diff(slopes, axis=1))
    assert np.all((changes > 0.5 - 1e-9) & (changes < 2.5 + 1e-9)) and changes.max() > 2.4
    np.testing.assert_allclose([x.mean(1), y.mean(1)], 0, atol=1e-14)


@pytest.mark.parametrize("free", [1, 2])
def test_moved_weights_leave_no_residual_and_are_balanced(free: int) -> None:
    x, y = points(5, 20, rng())
    inputs = np.stack([x, np.ones_like(x)], axis=-1)
    columns = np.linalg.qr(np.stack([np.ones_like(x), x], axis=-1)[..., :free])[0]
    fit = PenalisedFit(inputs, y, 0.1, np.array([1.0, 0.0]), columns)
    draws = np.random.default_rng(0)
    W = draws.normal(size=(20, 12, 2))
    W[..., 1] = -W[..., 0] * np.linspace(-1.2, 1.2, 12)  # kinks between all points
    before = W, draws.normal(size=(20, 12))
    W, v = interpolating(fit, before)
    assert np.max(np.abs(fit.residual(before)[0])) > 0.1 and np.max(np.abs(fit.residual((W, v))[0])) < 1e-6
    np.testing.assert_allclose(np.abs(W[..., 0]), np.abs(v), rtol=1e-12)


def test_three_points_cost_their_one_kink() -> None:
    found = line_interpolation(N=3, m=12, skip="linear", biases="free", trials=16, rng=rng())
    slopes = np.diff(found["y"], axis=1) / np.diff(found["x"], axis=1)
    kink, met = np.abs(slopes[:, 1] - slopes[:, 0]), found["interpolates"]
    assert met.mean() > 0.8
    np.testing.assert_allclose(found["price"][met], kink[met], rtol=1e-6)
    assert np.all(found["untrained"][met] > kink[met])


def test_dear_weights_leave_the_best_line_and_cheap_ones_fit() -> None:
    dear, cheap = (line_fit(N=4, m=12, lam=lam, biases="free", trials=8, rng=rng()) for lam in (50.0, 0.01))
    pairs = zip(dear["x"], dear["y"], strict=True)
    rest = [np.sum((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2) / 2 for x, y in pairs]
    np.testing.assert_allclose(dear["loss"], rest, rtol=1e-6)
    assert np.all(cheap["loss"] < dear["loss"]) and np.all(cheap["price"] >= cheap["path"] - cheap["rounding"])

"""Controls have mean 0, and move no faster than they say."""

from dataclasses import replace

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.lasso.controls import Fitted, coefficients, controls, steepness
from numerics.lasso.fit import lasso_fit
from numerics.streams import Stream, stream

LAM, S2 = 0.3, 0.4


def draws() -> Stream:
    return stream(Machine("numpy"), "lasso", seed=3)


def fitted(n: int, p: int, c: float, trials: int) -> Fitted:
    rng = draws()
    features = ((1 - c) ** 0.5 * rng.normal((trials, n, p)) + c**0.5 * rng.normal((trials, n, 1))) / n**0.5
    signal = rng.signs((trials, p)) * (np.arange(p) < p // 2)
    noise = S2**0.5 * rng.normal((trials, n))
    fit, _ = lasso_fit(features, noise + (features @ signal[..., None])[..., 0], LAM)
    return Fitted(features, signal, noise, fit, S2, c, LAM)


@pytest.mark.parametrize("c", [0.0, 0.4])
@pytest.mark.parametrize("n", [5, 12])
def test_controls_have_mean_0(n: int, c: float) -> None:
    of = fitted(n, 8, c, trials=20_000)
    found = controls(of)
    assert np.all(np.abs(found.mean(axis=0)) < 6 * found.std(axis=0) / len(found) ** 0.5)


@pytest.mark.parametrize("changes", [{"s2": 1.1 * S2}, {"lam": 2 * LAM}, {"c": 0.1}])
def test_controls_of_another_model_have_not(changes: dict[str, float]) -> None:
    found = controls(replace(fitted(12, 8, 0.0, trials=20_000), **changes))
    assert np.any(np.abs(found.mean(axis=0)) > 6 * found.std(axis=0) / len(found) ** 0.5)


@pytest.mark.parametrize("c", [0.0, 0.4])
def test_no_control_changes_faster_than_its_bound(c: float) -> None:
    of, step = fitted(12, 8, c, trials=200), 1e-7
    direction = of.mask * draws().normal(of.fit.shape)
    length = step * np.linalg.norm(direction, axis=1)
    near = replace(of, fit=of.fit + step * direction)
    apart = np.abs(controls(near) - controls(of)).max(axis=1)
    assert np.all(apart <= steepness(of) * length)
    assert not np.all(apart <= steepness(of) * length / 1e4)


def test_regression_leaves_what_no_control_explains_and_bears_controls_that_are_0() -> None:
    rng = draws()
    of = rng.normal((500, 3)) * np.array([1.0, 1e-3, 0.0])
    values = of @ np.array([[2.0, 0.0], [5e3, 0.0], [0.0, 0.0]]) + np.array([7.0, 1.0])
    assert np.allclose(coefficients(values, of), [[2, 0], [5e3, 0], [0, 0]], rtol=1e-6, atol=1e-9)

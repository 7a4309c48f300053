"""The measured error and support of the LASSO, and the draws behind them."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.lasso.controls import Fitted, controls
from numerics.simulators.min_norm import lasso_regression as module
from numerics.streams import Stream, stream

PARAMETERS = {"eps": 0.5, "mu": 1.0, "s2": 0.5, "lam": 0.5, "c": 0.0}


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "lasso", seed=3)


def measure(trials: int, **changes: float) -> tuple[dict[str, np.ndarray], Fitted]:
    """What the simulator says, and the fits that it says it of."""
    asked = {**PARAMETERS, **changes}
    n, p = int(asked.pop("n")), int(asked.pop("p"))
    found = module.lasso_regression(n=n, p=p, **asked, trials=trials, rng=draws())
    of, _ = module.fits(n, p, module.Model(**asked), trials, draws())
    return found, of


@pytest.mark.parametrize("c", [0.0, 0.5])
def test_controls_leave_the_mean_where_it_is_and_a_tenth_of_the_variance(c: float) -> None:
    trials = 8000
    found, of = measure(trials, n=15, p=10, c=c)
    for name, plain in zip(("mse", "support"), module.measured(of).T, strict=True):
        apart = found[name] - plain
        assert abs(apart.mean()) < 6 * apart.std() / trials**0.5
        assert not abs(apart.mean() + 0.02) < 6 * apart.std() / trials**0.5
        assert found[name].var() < plain.var() / (5 if c else 6)


def test_the_certificate_of_every_draw_is_far_below_its_spread() -> None:
    found, _ = measure(64, n=45, p=30)
    assert np.all(found["apart"] < 1e-6 * found["mse"].std())
    assert np.all(found["doubtful"] < 1e-6 * found["support"].std())


def test_fits_that_stop_early_are_certain_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numerics.lasso.fit.MOST_LOOKS", 1)
    monkeypatch.setattr("numerics.lasso.fit.SWEEPS", 1)
    found, _ = measure(64, n=45, p=30)
    assert np.any(np.isinf(found["apart"])) and np.any(np.isinf(found["doubtful"]))


@pytest.mark.parametrize("backend", ["torch", "strict"])
def test_backends_agree_on_the_same_draws(backend: str) -> None:
    here, there = (
        module.lasso_regression(n=9, p=6, **PARAMETERS, trials=5, rng=draws(name)) for name in ("numpy", backend)
    )
    to_host = Machine(backend).to_host
    for name in ("mse", "support"):
        assert np.allclose(here[name], to_host(there[name]), rtol=0, atol=1e-9)


def test_the_number_of_spikes_is_right_in_the_mean() -> None:
    trials = 4000
    _, of = measure(trials, n=4, p=3, mu=1e3, s2=1e-9, lam=1e12)
    assert np.all(of.fit == 0)  # nothing is fitted under so large a ridge
    spikes = (of.signal**2).sum(axis=1) / 1e6
    assert set(np.round(spikes)) == {1.0, 2.0}
    assert abs(spikes.mean() - 1.5) < 6 * 0.5 / trials**0.5


@pytest.mark.parametrize("c", [0.0, 0.5])
def test_features_have_the_variance_and_correlation_that_they_say(c: float) -> None:
    trials, n = 20_000, 2
    features = module.drawn_features(n, 2, c, trials, draws())
    slack = 6 * (2 / trials) ** 0.5  # six standard errors of a mean of products of normal numbers: 2e-9
    assert abs((n * features[:, 0, 0] ** 2).mean() - 1) < slack
    assert abs((n * features[:, 0, 0] * features[:, 0, 1]).mean() - c) < slack
    assert abs((n * features[:, 0, 0] * features[:, 1, 0]).mean()) < slack
    assert abs((n * features[:, 0, 0] * features[:, 0, 1]).mean() - c - 0.1) > slack


def test_the_numbers_that_are_compared_are_those_of_the_same_draws() -> None:
    found, of = measure(32, n=15, p=10)
    weights = np.linalg.lstsq(controls(of), found["mse"] - module.measured(of)[:, 0], rcond=None)[0]
    assert np.allclose(controls(of) @ weights, found["mse"] - module.measured(of)[:, 0], rtol=0, atol=1e-10)

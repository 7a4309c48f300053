"""The LASSO and its certificate against its optimality conditions and a general convex solver."""

import numpy as np
import pytest
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.simulators.min_norm import lasso_regression as module
from numerics.streams import Stream, stream

P, TRIALS, N, LAM = 6, 3, 5, 0.3


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "lasso", seed=3)


def problem(rng: Stream) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal((P, TRIALS, N)) / N**0.5, rng.normal((TRIALS, N))


def by_bounds(design: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The same minimum over nonnegative parts, by a general solver."""
    both = np.hstack([design, -design])

    def objective(parts: np.ndarray) -> tuple[float, np.ndarray]:
        residual = labels - both @ parts
        return residual @ residual / 2 + LAM * parts.sum(), LAM - both.T @ residual

    found = minimize(objective, np.zeros(2 * P), jac=True, bounds=[(0, None)] * (2 * P), method="L-BFGS-B",
                     options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000}).x  # fmt: skip
    return found[:P] - found[P:]


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_fit_is_that_of_a_general_solver_and_within_its_bound(backend: str) -> None:
    rng = draws(backend)
    columns, labels = problem(rng)
    fit, gap = module.fitted(columns, labels, LAM, rng)
    apart, doubtful = module.what_is_left(columns, labels, fit, gap, LAM, rng)
    to_host = rng.machine.to_host
    columns, labels, fit, apart = (to_host(array) for array in (columns, labels, fit, apart))
    for trial in range(TRIALS):
        truth = by_bounds(columns[:, trial, :].T, labels[trial])
        error = np.linalg.norm(fit[:, trial] - truth)
        assert error < apart[trial] + 1e-6
        assert np.all((np.abs(truth) > 1e-6) == (fit[:, trial] != 0))
    assert not np.any(to_host(doubtful))


def test_a_fit_that_stops_early_says_how_far_off_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, labels = problem(draws())
    settled, _ = module.fitted(columns, labels, LAM, draws())
    monkeypatch.setattr(module, "MOST_LOOKS", 1)
    monkeypatch.setattr(module, "SWEEPS", 2)
    early, gap = module.fitted(columns, labels, LAM, draws())
    error = np.linalg.norm(early - settled, axis=0)
    apart, doubtful = module.what_is_left(columns, labels, early, gap, LAM, draws())
    assert np.any(error > 1e-4)
    assert np.all(error <= apart)
    assert np.all(((early != 0) == (settled != 0)) | doubtful)


def test_a_gap_at_another_ridge_does_not_close() -> None:
    columns, labels = problem(draws())
    fit, gap = module.fitted(columns, labels, LAM, draws())
    assert np.all(gap < 1e-9)
    assert np.all(module.duality_gap(columns, labels, fit, 1.1 * LAM, draws()) > 1e-4)


def test_the_number_of_spikes_is_right_in_the_mean() -> None:
    trials = 4000
    found = module.lasso_regression(n=4, p=3, eps=0.5, mu=1e3, s2=1e-9, lam=1e12, c=0.0, trials=trials, rng=draws())
    spikes = found["mse"] * 3 / 1e6  # nothing is fitted under so large a ridge
    assert set(np.round(spikes)) == {1.0, 2.0}
    assert abs(spikes.mean() - 1.5) < 6 * 0.5 / trials**0.5


@pytest.mark.parametrize("c", [0.0, 0.5])
def test_features_have_the_variance_and_correlation_that_they_say(c: float) -> None:
    trials, n = 20_000, 2
    columns = module.drawn_columns(n, 2, c, trials, draws())
    slack = 6 * (2 / trials) ** 0.5  # six standard errors of a mean of products of normal numbers: 2e-9
    assert abs((n * columns[0, :, 0] ** 2).mean() - 1) < slack
    assert abs((n * columns[0, :, 0] * columns[1, :, 0]).mean() - c) < slack
    assert abs((n * columns[0, :, 0] * columns[0, :, 1]).mean()) < slack
    assert abs((n * columns[0, :, 0] * columns[1, :, 0]).mean() - c - 0.1) > slack

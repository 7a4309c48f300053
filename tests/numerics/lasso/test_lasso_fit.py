"""The LASSO and its certificate against a general convex solver."""

import numpy as np
import pytest
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.lasso import fit as fitting
from numerics.lasso.certificate import what_is_left
from numerics.lasso.fit import duality_gap, lasso_fit
from numerics.streams import Stream, stream

P, TRIALS, N, LAM = 6, 3, 5, 0.3


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "lasso", seed=3)


def problem(rng: Stream, trials: int = TRIALS) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal((trials, N, P)) / N**0.5, rng.normal((trials, N))


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
    features, labels = problem(rng)
    fit, gap = lasso_fit(features, labels, LAM)
    left = what_is_left(features, labels, fit, gap, LAM)
    arrays = features, labels, fit, left.apart, left.doubtful
    features, labels, fit, apart, doubtful = map(rng.machine.to_host, arrays)
    for trial in range(TRIALS):
        truth = by_bounds(features[trial], labels[trial])
        assert np.linalg.norm(fit[trial] - truth) < apart[trial] + 1e-6
        assert np.all((np.abs(truth) > 1e-6) == (fit[trial] != 0))
    assert not np.any(doubtful) and np.all(apart < 1e-11)


def test_a_fit_that_stops_early_says_how_far_off_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = problem(draws(), trials=50)
    settled, _ = lasso_fit(features, labels, LAM)
    monkeypatch.setattr(fitting, "MOST_LOOKS", 1)
    monkeypatch.setattr(fitting, "SWEEPS", 2)
    early, gap = lasso_fit(features, labels, LAM)
    error = np.linalg.norm(early - settled, axis=1)
    left = what_is_left(features, labels, early, gap, LAM)
    assert np.any(error > 1e-4)
    assert np.all(error <= left.apart)
    assert not np.all(error <= left.apart / 1e3)
    assert np.all(((early != 0) == (settled != 0)) | left.doubtful)


def test_designs_that_take_longer_are_fitted_among_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = problem(draws(), trials=50)
    settled, _ = lasso_fit(features, labels, LAM)
    monkeypatch.setattr(fitting, "SWEEPS", 4)
    slowly, gap = lasso_fit(features, labels, LAM)
    assert np.all(gap < 1e-8)
    assert np.allclose(slowly, settled, rtol=0, atol=1e-9)


def test_a_gap_at_another_ridge_does_not_close() -> None:
    features, labels = problem(draws())
    fit, gap = lasso_fit(features, labels, LAM)
    assert np.all(gap < 1e-9)
    assert np.all(duality_gap(features, labels, fit, 1.1 * LAM) > 1e-4)

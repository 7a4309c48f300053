"""Ridge regression and its cross-validation against fits by least squares on augmented systems."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.min_norm.ridge_validation import leave_one_out, sample, series
from numerics.streams import Stream, stream
from theory.errors import BadInput
from theory.programs.regression.leave_one_out import leave_one_out_errors

GIVEN: dict[str, Any] = {"n": 5, "p": 8, "r2": 1.3, "s2": 0.6, "lam": 0.2, "rho": 0.5}
TRIALS = 3


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "validation", seed=2)


def measured(given: dict[str, Any], backend: str = "numpy") -> dict[str, np.ndarray]:
    rng = draws(backend)
    found = leave_one_out(**given, trials=TRIALS, rng=rng)
    return {name: rng.machine.to_host(array) for name, array in found.items()}


def fit(design: np.ndarray, labels: np.ndarray, penalty: float) -> np.ndarray:
    """Minimiser of ‖y − Xb‖² + penalty·‖b‖², for one or more columns of labels."""
    p = design.shape[1]
    system = np.vstack([design, penalty**0.5 * np.eye(p)])
    return np.linalg.lstsq(system, np.concatenate([labels, np.zeros((p, *labels.shape[1:]))]), rcond=None)[0]


def by_definition(given: dict[str, Any]) -> dict[str, np.ndarray]:
    designs, targets, signal = sample(**given, trials=TRIALS, rng=draws())
    n, p, penalty = given["n"], given["p"], given["n"] * given["lam"]
    rows = []
    for design, labels in zip(designs, targets, strict=True):
        weights, smoother = fit(design, labels, penalty), design @ fit(design, np.eye(n), penalty)
        left = [labels[i] - design[i] @ fit(np.delete(design, i, 0), np.delete(labels, i), penalty) for i in range(n)]
        apart = np.array([[given["rho"] ** abs(i - j) for j in range(n)] for i in range(n)])
        noise = given["s2"] ** 0.5 * np.linalg.cholesky(apart)
        signals = (given["r2"] / p) ** 0.5 * np.eye(p)
        causes = np.hstack([design @ signals, noise])  # the mean over labels is a sum over these
        fits = fit(design, causes, penalty)
        truth = np.hstack([signals, np.zeros((p, n))])
        rows.append({
            "predictive": given["s2"] + np.sum((weights - signal) ** 2),
            "train": np.mean((labels - design @ weights) ** 2),
            "dof": np.trace(smoother),
            "gcv": np.mean((labels - design @ weights) ** 2) / (1 - np.trace(smoother) / n) ** 2,
            "errors": left,
            "mean_predictive": given["s2"] + np.sum((fits - truth) ** 2),
            "mean_train": np.sum((causes - design @ fits) ** 2) / n,
            "mean_gcv": np.sum((causes - design @ fits) ** 2) / n / (1 - np.trace(smoother) / n) ** 2,
        })  # fmt: skip
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize("changes", [{}, {"n": 9}, {"rho": 0.0}])
def test_measurements_are_those_of_the_fits(backend: str, changes: dict[str, Any]) -> None:
    given = {**GIVEN, **changes}
    found = measured(given, backend)
    for name, values in by_definition(given).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("mistake", [{"lam": 0.2 / 5}, {"r2": 1.3**2}, {"s2": 0.36}, {"rho": 0.2}])
def test_a_mistake_is_seen(mistake: dict[str, Any]) -> None:
    found, expected = measured({**GIVEN, **mistake}), by_definition(GIVEN)
    assert not any(np.allclose(found[name], expected[name], rtol=1e-6) for name in ("mean_predictive", "predictive"))


def test_errors_left_out_follow_from_one_fit_and_those_of_a_mistaken_form_do_not() -> None:
    found = measured({**GIVEN, "lam": 0.0})
    errors, bound = leave_one_out_errors(found["X"], found["y"], ridge=0.0)
    apart = np.abs(errors - found["errors"])
    assert np.all(apart <= bound + found["rounding"][:, None])
    kept, bound = leave_one_out_errors(found["X"], found["y"], ridge=0.0, form="kept")
    assert np.all(np.abs(kept - found["errors"]) > bound + found["rounding"][:, None])


def test_a_series_has_the_correlation_that_it_says() -> None:
    rng, trials = draws(), 40_000
    steps = series(rng.normal((trials, 3, 1)), 0.6, rng)[..., 0]
    slack = 6 * (2 / trials) ** 0.5  # six standard errors of a mean of products: 2e-9
    for first, last in ((0, 0), (1, 1), (0, 1), (1, 2), (0, 2)):
        mean = np.mean(steps[:, first] * steps[:, last])
        assert abs(mean - 0.6 ** (last - first)) < slack
        assert abs(mean - 0.3 ** (last - first) - (first == last)) > slack


def test_too_few_features_without_a_ridge_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot interpolate n=9"):
        measured({**GIVEN, "n": 9, "lam": 0.0})

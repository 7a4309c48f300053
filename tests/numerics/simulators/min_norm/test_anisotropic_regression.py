"""Ridge regression on anisotropic features against its definition: one fit for every unit of noise and of signal."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.min_norm.anisotropic_regression import anisotropic_regression, drawn
from numerics.streams import Stream, stream
from theory.errors import BadInput

TRIALS = 3
LEVELS, POWER = np.array([1.5, 0.9, 0.4, 0.2, 0.1]), np.array([0.3, 0.2, 0.5, 0.7, 0.1])
GIVEN = {"n": 4, "l": LEVELS, "b2": POWER, "s2": 0.7, "lam": 0.2, "entries": "gaussian"}


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "anisotropic", seed=4)


def measured(given: dict[str, Any], backend: str = "numpy") -> dict[str, np.ndarray]:
    rng = draws(backend)
    return {name: rng.machine.to_host(array)
            for name, array in anisotropic_regression(**given, trials=TRIALS, rng=rng).items()}


def by_definition(given: dict[str, Any]) -> dict[str, np.ndarray]:
    """Ridge fits by least squares on the augmented system; errors weighted by the covariance."""
    n, levels, lam = given["n"], given["l"], given["lam"]
    found: dict[str, list[float]] = {"bias": [], "variance": []}
    for z in draws().normal((TRIALS, n, len(levels))):
        design = z * np.sqrt(levels)
        system = np.vstack([design, np.sqrt(n * lam) * np.eye(len(levels))])

        def fit(labels: np.ndarray, system: np.ndarray = system) -> np.ndarray:
            return np.linalg.lstsq(system, np.append(labels, np.zeros(len(system) - n)), rcond=None)[0]

        found["variance"].append(sum(given["s2"] * np.sum(levels * fit(unit) ** 2) for unit in np.eye(n)))
        found["bias"].append(sum(power * np.sum(levels * (fit(design @ unit) - unit) ** 2)
                                 for power, unit in zip(given["b2"], np.eye(len(levels)), strict=True)))
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize("changes", [{}, {"lam": 0.0}, {"n": 7}])
def test_bias_and_variance_are_those_of_the_fits(backend: str, changes: dict[str, Any]) -> None:
    given = {**GIVEN, **changes}
    sample, expected = measured(given, backend), by_definition(given)
    for name, values in expected.items():
        np.testing.assert_allclose(sample[name], values, rtol=1e-9)


@pytest.mark.parametrize("mistake", [{"lam": 0.2 / 4}, {"b2": POWER[::-1]}, {"l": LEVELS**2}, {"s2": 0.49}])
def test_a_mistake_is_seen(mistake: dict[str, Any]) -> None:
    sample, expected = measured({**GIVEN, **mistake}), by_definition(GIVEN)
    assert not all(np.allclose(sample[name], values, rtol=1e-6) for name, values in expected.items())


@pytest.mark.parametrize("entries", ["gaussian", "signs", "elliptical"])
@pytest.mark.parametrize(("power", "variance_at_most"), [(1, 1.0), (2, 5.0)])
def test_entries_have_mean_zero_and_variance_one(entries: str, power: int, variance_at_most: float) -> None:
    trials = 20_000
    means = drawn(entries, (trials, 1, 1), draws())[:, 0, 0] ** power
    slack = 6 * (variance_at_most / trials) ** 0.5  # six standard errors: 2e-9
    assert abs(means.mean() - (power == 2)) < slack
    assert abs(1.2 * means.mean() - 0.3) > slack


def _twice(shape: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    return {**GIVEN, "b2": shape(POWER)}


def test_spectra_of_different_length_are_refused() -> None:
    with pytest.raises(BadInput, match="l has 5 modes and b2 has 4"):
        measured(_twice(lambda power: power[:4]))


def test_too_few_features_without_a_ridge_are_refused() -> None:
    with pytest.raises(BadInput, match="n=6 is above the 5 features"):
        measured({**GIVEN, "n": 6, "lam": 0.0})

"""Zeros for missing values: second moments of masks, and risks against drawn samples."""

import itertools
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.zero_imputation import Moments, zero_imputation
from numerics.streams import stream

AT = {"d": 4, "k": 2, "rho": 0.6, "s2": 0.5, "own": 0.3, "spread": 0.4, "missing": "independent"}


def sample(backend: str = "numpy", trials: int = 3, **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = zero_imputation(**{**AT, **changes}, trials=trials, rng=stream(machine, "imputed", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def covariance(found: dict[str, np.ndarray], trial: int, own: float) -> np.ndarray:
    F, a = found["F"][trial], found["a"][trial]
    return ((1 - own) * F @ F.T + own * np.eye(len(a))) * np.outer(a, a)


def formed(moments: Moments) -> np.ndarray:
    """The matrix whose products `moments` gives."""
    rows = [moments.times(np.tile(unit, (len(moments.own), 1))) for unit in np.eye(moments.own.shape[1])]
    return np.stack(rows, axis=2)


@pytest.mark.parametrize("missing", ["independent", "unequal", "together"])
def test_moments_of_inputs_with_zeros_are_those_over_all_masks(missing: str) -> None:
    rng, rho = np.random.default_rng(0), 0.3
    moments = Moments(rng.normal(size=(2, 3, 2)), rng.uniform(size=(2, 3)))
    each = np.array([rho, rho**2 if missing == "unequal" else rho, rho])
    if missing == "together":
        masks, chance = np.array([[0.0] * 3, [1.0] * 3]), np.array([1 - rho, rho])
    else:
        masks = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
        chance = np.prod(np.where(masks == 1, each, 1 - each), axis=1)
    both = (masks * chance[:, None]).T @ masks
    found = moments.observed(each, rho, missing)
    np.testing.assert_allclose(formed(found), formed(moments) * both, rtol=1e-12)
    assert not np.allclose(formed(found), formed(moments) * rho**2)
    np.testing.assert_allclose(found.diagonal(), np.diagonal(formed(found), axis1=1, axis2=2), rtol=1e-12)


@pytest.mark.parametrize("own", [0.0, 0.7])
def test_small_systems_solve_the_large_one(own: float) -> None:
    rng = np.random.default_rng(1)
    moments = Moments(rng.normal(size=(2, 5, 2)), np.full((2, 5), own))
    wanted = moments.times(rng.normal(size=(2, 5)))
    found = moments.solve(wanted)
    least = [np.linalg.pinv(matrix, rcond=1e-10) @ right for matrix, right in zip(formed(moments), wanted, strict=True)]
    np.testing.assert_allclose(found, least, rtol=1e-9)
    assert not np.allclose(found, wanted / moments.diagonal())


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_best_risk_is_that_over_all_masks(backend: str) -> None:
    found, rho = sample(backend), AT["rho"]
    masks = np.array(list(itertools.product((0.0, 1.0), repeat=4)))
    chance = rho ** masks.sum(1) * (1 - rho) ** (4 - masks.sum(1))
    for trial in range(3):
        moments, beta = covariance(found, trial, AT["own"]), found["beta"][trial]
        rows, targets = [], []
        root = np.linalg.cholesky(moments).T  # x = rootᵀz: rows of x̃ in the coordinates z
        for mask, weight in zip(masks, chance, strict=True):
            rows.append(np.sqrt(weight) * root * mask)
            targets.append(np.sqrt(weight) * root @ beta)
        residual = np.linalg.lstsq(np.concatenate(rows), np.concatenate(targets), rcond=None)[1][0]
        assert found["bias"][trial] == pytest.approx(residual, rel=1e-10)
        assert found["bias"][trial] != pytest.approx(beta @ moments @ beta, rel=1e-3)


def test_nothing_missing_costs_nothing_and_something_missing_does() -> None:
    full, half = sample(rho=1 - 1e-12), sample(rho=0.5)
    np.testing.assert_allclose(full["imputed"], full["full"], rtol=1e-9)
    assert np.all(np.abs(full["bias"]) < 1e-9) and np.all(half["bias"] > 1e-2)


def test_without_own_parts_the_target_is_a_function_of_the_factors() -> None:
    found = sample(own=0.0, d=6)
    for trial in range(3):
        moments, F, c = covariance(found, trial, 0.0), found["F"][trial], found["c"][trial]
        np.testing.assert_allclose((F * found["a"][trial][:, None]).T @ found["beta"][trial], c)
        assert found["beta"][trial] @ moments @ found["beta"][trial] == pytest.approx(1.0)
        assert found["b2"][trial] != pytest.approx(1.0)

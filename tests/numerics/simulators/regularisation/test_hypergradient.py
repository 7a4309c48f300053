"""Derivatives along the ridge by a complex step: against finite differences, and of a problem solved by hand."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.hypergradient import ridge_hyperparameter
from numerics.streams import stream

AT = {"n": 9, "p": 3, "m": 7, "lam": 0.4, "pace": 0.8, "K": 3, "digits": 1e12, "start": "solution"}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = ridge_hyperparameter(**{**AT, **changes}, trials=3, rng=stream(machine, "ridge", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def validation(found: dict[str, np.ndarray], trial: int, lam: float, steps: int | None) -> float:
    """F at the solution, or after descent from the solution at the setting's ridge."""
    X, y, X_v, y_v = (found[name][trial] for name in ("X", "y", "X_v", "y_v"))

    def solved(ridge: float) -> np.ndarray:
        return np.linalg.solve(X.T @ X / len(y) + ridge * np.eye(3), X.T @ y / len(y))

    w = solved(lam if steps is None else AT["lam"])
    for _ in range(steps or 0):
        w = w - found["eta"][trial] * (X.T @ (X @ w - y) / len(y) + lam * w)
    return float(np.sum((X_v @ w - y_v) ** 2) / (2 * len(y_v)))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_derivatives_are_those_of_finite_differences(backend: str) -> None:
    found, h = sample(backend), 1e-4
    for trial in range(3):
        for name, steps in (("hypergradient", None), ("unrolled", 3)):
            up, down = (validation(found, trial, AT["lam"] + sign * h, steps) for sign in (1, -1))
            assert found[name][trial] == pytest.approx((up - down) / (2 * h), rel=1e-6)
    assert not np.allclose(found["hypergradient"], found["unrolled"], rtol=1e-3)


def test_many_steps_and_an_exact_inner_solution_give_the_derivative_and_a_poor_one_does_not() -> None:
    long = sample(K=2000)
    np.testing.assert_allclose(long["unrolled"], long["hypergradient"], rtol=1e-9)
    np.testing.assert_allclose(long["inexact"], long["hypergradient"], rtol=1e-9)
    assert not np.allclose(sample(digits=10.0)["inexact"], long["hypergradient"], rtol=1e-3)

"""Penalised fits: against closed forms, another solver and other starts, with twins that are no optimum."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import Lasso

from numerics.arrays import Machine
from numerics.simulators.regularisation.representers import nuclear_fit, penalised_fit
from numerics.streams import stream

AT = {"n": 30, "p": 50, "lam": 0.1, "T": 5, "penalty": "l1", "loss": "squared", "training": "optimum"}
NUCLEAR = {"rows": 3, "columns": 2, "m": 20, "lam": 8.0, "T": 5, "training": "optimum"}


def vector(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = penalised_fit(**{**AT, **changes}, trials=4, rng=stream(machine, "fit", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def matrix(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = nuclear_fit(**{**NUCLEAR, **changes}, trials=4, rng=stream(machine, "nuclear", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def labels(found: dict[str, np.ndarray]) -> np.ndarray:
    """Those of the squared loss."""
    return np.einsum("tnp,tp->tn", found["X"], found["w"]) - found["slopes"]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_l1_fit_is_that_of_coordinate_descent_and_one_stopped_early_is_not(backend: str) -> None:
    for training, same in (("optimum", True), ("stopped", False)):
        found = vector(backend, training=training)
        for X, y, w in zip(found["X"], labels(found), found["w"], strict=True):
            other = Lasso(alpha=0.1, fit_intercept=False, tol=1e-13, max_iter=100_000).fit(X, y).coef_
            assert np.allclose(w, other, atol=1e-7) is same


def test_the_l2_fit_solves_the_normal_equations_and_one_of_another_penalty_does_not() -> None:
    for lam, same in ((0.1, True), (0.2, False)):
        found = vector(penalty="l2", lam=lam)
        for X, y, w in zip(found["X"], labels(found), found["w"], strict=True):
            solved = np.linalg.solve(X.T @ X / 30 + 0.1 * np.eye(50), X.T @ y / 30)
            assert np.allclose(w, solved, atol=1e-10) is same


def test_the_logistic_fit_is_that_of_a_quasi_newton_method_on_the_loss() -> None:
    found = vector(loss="logistic", penalty="l2", p=4)
    for X, w, slopes in zip(found["X"], found["w"], found["slopes"], strict=True):
        y = -np.sign(slopes)

        def loss(v: np.ndarray, X: np.ndarray = X, y: np.ndarray = y) -> float:
            return float(np.mean(np.log1p(np.exp(-y * (X @ v)))) + 0.05 * v @ v)

        best = minimize(loss, np.zeros(4), tol=1e-10).x
        np.testing.assert_allclose(w, best, atol=1e-5)
        assert not np.allclose(w, minimize(lambda v: loss(v) + 0.05 * v @ v, np.zeros(4)).x, atol=1e-3)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_no_direction_lowers_the_nuclear_objective_at_the_optimum_and_one_does_where_it_stopped(backend: str) -> None:
    rng = np.random.default_rng(0)
    for training, least in (("optimum", True), ("stopped", False)):
        found, lower = matrix(backend, training=training, T=1), 0
        y = np.einsum("tmab,tab->tm", found["Xs"], found["W"]) - found["slopes"]

        def objective(W: np.ndarray, Xs: np.ndarray, y: np.ndarray) -> float:
            return 0.5 * float(np.sum((np.einsum("mab,ab->m", Xs, W) - y) ** 2)) + 8 * float(np.linalg.norm(W, "nuc"))

        for trial in range(4):
            given = (found["Xs"][trial], y[trial])
            here = objective(found["W"][trial], *given)
            steps = 1e-3 * rng.standard_normal((200, 3, 2))
            lower += sum(objective(found["W"][trial] + step, *given) < here - 1e-12 for step in steps)
        assert (lower == 0) is least


def test_the_bound_of_what_is_left_covers_the_distance_to_a_solution_of_another_kind() -> None:
    found = vector(penalty="l2")
    for X, y, x, fit, left in zip(*(found[key] if key != "y" else labels(found)
                                    for key in ("X", "y", "x", "fit", "left")), strict=True):
        exact = x @ np.linalg.solve(X.T @ X / 30 + 0.1 * np.eye(50), X.T @ y / 30)
        assert abs(fit - exact) <= left < 1e-8
        assert abs(fit + 1e-6 - exact) > left

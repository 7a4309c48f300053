"""Projections and weakly regularised tasks against SciPy's solvers, with twins that fail."""

import numpy as np
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.simulators.implicit_bias.continual_tasks import continual_tasks, learnt, nearest
from numerics.streams import stream
from theory.programs.max_margin import max_margin


def tasks_of(sample: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [sample["Z"][:, 3 * k : 3 * k + 3, :] for k in range(3)]


def found(tasks: str) -> dict[str, np.ndarray]:
    rng = stream(Machine(), "continual", seed=0)
    return continual_tasks(steps=3, Lam=50, apart=0.7, tasks=tasks, trials=6, rng=rng)


FOUND = found("separable")


def test_the_offline_solution_is_that_of_the_max_margin_program() -> None:
    w, error = max_margin(FOUND["Z"])
    assert np.all(error < 1e-6) and np.allclose(np.sum(w**2, axis=1), FOUND["offline"], rtol=1e-8)
    assert not np.allclose(np.sum(max_margin(tasks_of(FOUND)[0])[0] ** 2, axis=1), FOUND["offline"], rtol=1e-2)


def test_projections_are_feasible_and_nothing_feasible_is_nearer() -> None:
    rng, Z = np.random.default_rng(0), tasks_of(FOUND)[0]
    x = rng.normal(size=(6, 3))
    w = nearest(Z, x)
    assert np.all((Z @ w[:, :, None])[:, :, 0] >= 1 - 1e-9)
    for one, start, found in zip(Z, x, w, strict=True):
        best = minimize(lambda v, start=start: np.sum((v - start) ** 2), found + 0.1 * rng.normal(size=3),
                        constraints={"type": "ineq", "fun": lambda v, one=one: one @ v - 1}, method="SLSQP", tol=1e-12)
        assert np.allclose(best.x, found, atol=1e-5)
    assert np.allclose(nearest(Z, 2 * w), 2 * w) and not np.allclose(nearest(Z, w / 2), w / 2)


def test_every_task_is_a_minimum_of_its_loss() -> None:
    before, last = learnt(tasks_of(FOUND), 3, 20.0)
    for Z, centre, w in zip(tasks_of(FOUND)[2], before, last, strict=True):
        gradient = w - centre - Z.T @ np.exp(20 - Z @ w)
        assert np.linalg.norm(gradient) < 1e-6 * np.linalg.norm(w)
        assert np.linalg.norm(w - centre - Z.T @ np.exp(21 - Z @ w)) > 0.1


def test_opposed_tasks_have_no_common_solution() -> None:
    opposed = found("opposed")
    assert np.all(np.isinf(max_margin(opposed["Z"])[1])) and np.all(np.isfinite(max_margin(FOUND["Z"])[1]))
    w, _ = max_margin(opposed["Z"][:, :6, :])
    assert np.allclose(np.sum(w**2, axis=1), opposed["offline"], rtol=1e-8)

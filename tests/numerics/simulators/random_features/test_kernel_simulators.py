"""Kernel regression in eigencoordinates and on a finite domain, against predictors written out for small problems."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.random_features.finite_domain import finite_domain, kernel_matrix
from numerics.simulators.random_features.kernel_regression import kernel_regression
from numerics.streams import stream
from theory.errors import BadInput

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
TRIALS = 3
LAM, V2 = np.array([1.0, 0.5, 0.3, 0.2, 0.1]), np.array([0.9, 0.7, 0.1, 0.4, 0.2])
KERNELS = ["rbf", "laplace", "ntk"]

Rows = list[dict[str, float]]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def measured(simulator: Callable[..., Any], machine: Machine, given: dict[str, Any]) -> dict[str, np.ndarray]:
    sample = simulator(**given, trials=TRIALS, rng=stream(machine, "kernel simulators", seed=5))
    return {name: machine.to_host(array) for name, array in sample.items()}


def regression_by_definition(*, n: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float,
                             inputs: str) -> Rows:
    """Predictor by predictor: all signs of v, and a unit of noise in each sample."""
    rng, modes = stream(Machine(), "kernel simulators", seed=5), len(lam)
    if inputs == "gaussian":
        drawn = rng.normal((TRIALS, n, modes))
    else:
        drawn = np.sqrt(modes) * np.eye(modes)[rng.integers(modes, (TRIALS, n))]
    return [_errors(X, lam, v2, delta, sigma2) for X in drawn]


def _errors(X: np.ndarray, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float) -> dict[str, float]:
    n, modes = X.shape
    kernel = np.array([[np.sum(lam * one * other) for other in X] for one in X])
    row = {"test_error": sigma2, "train_error": 0.0, "overlap": 0.0,
           "dof": np.sum(np.linalg.eigvalsh(kernel) / (np.linalg.eigvalsh(kernel) + delta))}
    labellings = [(np.array(signs) * np.sqrt(v2), np.zeros(n), 2.0**-modes)
                  for signs in itertools.product([-1, 1], repeat=modes)]
    labellings += [(np.zeros(modes), unit, sigma2) for unit in np.eye(n)]
    for target, noise, weight in labellings:
        dual = np.linalg.solve(kernel + delta * np.eye(n), X @ target + noise)
        learned = np.array([lam[i] * np.sum(X[:, i] * dual) for i in range(modes)])
        row["test_error"] += weight * np.sum((learned - target) ** 2)
        row["train_error"] += weight * np.mean((kernel @ dual - X @ target - noise) ** 2)
        row["overlap"] += weight * target @ learned
    return row


def agrees(sample: dict[str, np.ndarray], rows: Rows, rounding: float) -> bool:
    return all(abs(sample[name][t] - row[name]) <= rounding * (1 + abs(row[name]))
               for t, row in enumerate(rows) for name in row)


BASE = {"lam": LAM, "v2": V2, "sigma2": 0.15}
ROUNDING = 1e4 * EPS  # the ridge is a tenth of the largest eigenvalue or more, except at delta = 0


@pytest.mark.parametrize(("n", "delta", "inputs"), [(3, 0.2, "gaussian"), (3, 0.0, "gaussian"), (9, 0.2, "gaussian"),
                                                    (1, 0.1, "gaussian"), (4, 0.3, "onehot"), (9, 0.3, "onehot")])
def test_kernel_regression_is_the_predictor_of_its_setting(machine: Machine, n: int, delta: float,
                                                           inputs: str) -> None:
    given = {"n": n, "delta": delta, "inputs": inputs, **BASE}
    rounding = ROUNDING if delta else 1e9 * EPS
    assert agrees(measured(kernel_regression, machine, given), regression_by_definition(**given), rounding)


@pytest.mark.parametrize("mistake", [
    lambda given: {**given, "delta": given["n"] * given["delta"]},
    lambda given: {**given, "v2": np.sqrt(given["v2"])},
    lambda given: {**given, "lam": given["lam"][::-1]},
    lambda given: {**given, "sigma2": 0.0},
])
@pytest.mark.parametrize("inputs", ["gaussian", "onehot"])
def test_a_mistake_in_kernel_regression_is_seen(inputs: str, mistake: Callable[..., Any]) -> None:
    given = {"n": 4, "delta": 0.2, "inputs": inputs, **BASE}
    rows = regression_by_definition(**given)
    assert not agrees(measured(kernel_regression, Machine(), mistake(given)), rows, ROUNDING)


def test_an_interpolator_has_no_training_error_and_spends_all_degrees_of_freedom() -> None:
    sample = measured(kernel_regression, Machine(), {"n": 4, "delta": 0.0, "inputs": "gaussian", **BASE})
    assert np.all(sample["train_error"] == 0) and np.allclose(sample["dof"], 4, rtol=1e9 * EPS)


@pytest.mark.parametrize("change", [{"n": 6}, {"inputs": "onehot"}, {"v2": V2[:4]}])
def test_singular_kernels_and_odd_spectra_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="KernelRegression"):
        measured(kernel_regression, Machine(), {"n": 3, "delta": 0.0, "inputs": "gaussian", **BASE, **change})


# the finite domain: every function fitted on its own, by LAPACK's least squares


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("delta", [0.0, 0.3])
def test_learnability_is_the_overlap_with_the_fit(machine: Machine, kernel: str, delta: float) -> None:
    given = {"M": 6, "n": 3, "delta": delta, "length": 0.6, "kernel": kernel}
    sample = measured(finite_domain, machine, given)
    rng = stream(Machine(), "kernel simulators", seed=5)
    values = kernel_matrix(rng.unit((TRIALS, 6, 3)), 0.6, kernel, rng)
    bases = np.linalg.qr(rng.normal((TRIALS, 6, 6))).Q, np.swapaxes(rng.unit((TRIALS, 6, 6)), -1, -2)
    for name, functions in zip(("learnability", "skewed"), bases, strict=True):
        for t in range(TRIALS):
            gram = values[t, :3, :3] + delta * np.eye(3)
            fits = [values[t, :, :3] @ np.linalg.lstsq(gram, f[:3], rcond=None)[0] for f in functions[t].T]
            learnt = sum(f @ fit / (f @ f) for f, fit in zip(functions[t].T, fits, strict=True))
            assert abs(sample[name][t] - learnt) <= 8 * sample["rounding"][t]
    assert np.all(np.abs(sample["learnability"] - sample["skewed"]) > sample["rounding"])


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_matrices_are_those_of_the_setting(kernel: str) -> None:
    machine, c = Machine(), 0.3
    points = np.array([[[1.0, 0.0, 0.0], [c, np.sqrt(1 - c**2), 0.0], [0.0, 0.0, 1.0]]])
    found = kernel_matrix(points, 0.7, kernel, stream(machine, "none", seed=0))[0]
    normal = np.random.default_rng(0).normal(size=(400_000, 3))
    active, values = normal @ points[0].T > 0, np.maximum(normal @ points[0].T, 0)
    square = np.sum((points[0][:, None] - points[0]) ** 2, axis=-1)
    ntk = 2 * values.T @ values / len(normal) + 2 * (points[0] @ points[0].T) * (active.T @ active.astype(float)) / len(
        normal
    )
    expected = {"rbf": np.exp(-square / 0.98), "laplace": np.exp(-np.sqrt(square) / 0.7), "ntk": ntk}[kernel]
    slack = 6 * 4 / np.sqrt(len(normal)) if kernel == "ntk" else 8 * EPS  # six standard errors of terms of size 4
    assert np.all(np.abs(found - expected) <= slack)
    assert not np.all(np.abs(found[::-1] - expected) <= slack)


def test_more_training_points_than_inputs_are_refused() -> None:
    with pytest.raises(BadInput, match="n=5 training points are more than the M=4 inputs"):
        measured(finite_domain, Machine(), {"M": 4, "n": 5, "delta": 0.1, "length": 1.0, "kernel": "rbf"})

"""Separable data with their margin by other solvers, and the flow against SciPy's, each with a twin that fails."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from numerics.arrays import Machine
from numerics.simulators.implicit_bias import separable_logistic as simulator
from numerics.streams import stream
from theory.programs.max_margin import max_margin, mean_at_margin_one

AT = {"n": 8, "d": 5, "support": 3, "margin": 0.5, "gap": 1.6, "log_time": 20, "loss": "sum"}


def sample(backend: str = "numpy", **changes: object) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = simulator.separable_logistic(**{**AT, **changes}, trials=4, rng=stream(machine, "logistic", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_data_have_the_margin_gap_and_support_asked_for(backend: str) -> None:
    z = sample(backend)["z"]
    w, error = max_margin(z)
    assert np.all(error < 1e-6) and np.allclose(np.linalg.norm(w, axis=1), 1 / AT["margin"], rtol=1e-9)
    heights = np.sort((z @ w[:, :, None])[:, :, 0], axis=1)
    assert np.allclose(heights[:, :3], 1) and np.all(heights[:, 3:] > AT["gap"] - 1e-9)


def test_the_margin_is_that_of_scikit_learn() -> None:
    svm = pytest.importorskip("sklearn.svm")
    z = sample()["z"][0]
    both, labels = np.concatenate([z, -z]), np.repeat([1, -1], len(z))  # symmetric: the bias of SVC vanishes
    direction = svm.SVC(kernel="linear", C=1e8, tol=1e-10).fit(both, labels).coef_[0]
    assert np.allclose(direction, max_margin(z[None])[0][0], rtol=1e-4, atol=1e-4)
    assert not np.allclose(direction, mean_at_margin_one(z[None])[0][0], rtol=1e-2)


def test_logarithmic_time_is_the_time_of_the_flow() -> None:
    found = sample()
    for z, path in zip(found["z"], found["path"], strict=True):
        times = np.exp([5.0, 10.0]) - 1
        exact = solve_ivp(lambda _, w, z=z: z.T @ (1 / (1 + np.exp(z @ w))), (0, times[-1]), np.zeros(5),
                          t_eval=times, method="LSODA", rtol=1e-9, atol=1e-11).y.T
        assert np.allclose(path[:2], exact, atol=1e-5)
        assert not np.allclose(path[1:3], exact, atol=0.1)


def test_the_mean_loss_is_later_by_the_number_of_samples() -> None:
    summed, mean = sample(), sample(loss="mean")
    shift = np.log(AT["n"])  # w moves by ŵ per unit of log t
    w = max_margin(summed["z"])[0]
    assert np.allclose(summed["path"][:, -1] - shift * w, mean["path"][:, -1], atol=1e-5)
    assert not np.allclose(summed["path"][:, -1], mean["path"][:, -1], atol=0.1)

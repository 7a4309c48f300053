"""Flows with steps of their own against exponentials, and against SciPy's solver on a curved loss."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from numerics.arrays import Machine, namespace
from numerics.training.many_flows import certified, followed
from theory.errors import BadSample

TIMES = [0.1, 1.0, 4.0]


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_linear_flows_are_exponentials_within_their_certificates(backend: str) -> None:
    rng, machine = np.random.default_rng(0), Machine(backend)
    A = rng.normal(size=(5, 3, 3)) * np.array([0.1, 1, 1, 2, 3])[:, None, None]
    A, start = -A @ A.swapaxes(1, 2), rng.normal(size=(5, 3))
    moved = machine.asarray(A)
    found = certified(lambda _, w: (moved @ w[:, :, None])[:, :, 0], machine.asarray(start), TIMES)
    for t, (state, error) in zip(TIMES, found, strict=True):
        apart = np.abs(machine.to_host(state) - np.stack([expm(a * t) @ w for a, w in zip(A, start, strict=True)]))
        assert np.all(apart.max(1) <= machine.to_host(error) + 1e-12)
        assert np.all(machine.to_host(error) < 1e-6)


def test_a_flow_in_time_agrees_with_scipy() -> None:
    def velocity(t: np.ndarray, w: np.ndarray) -> np.ndarray:
        return namespace(w).sin(5 * t)[:, None] - w**3

    start = np.array([[2.0, -0.5], [0.1, 30.0]])
    found = followed(velocity, start, TIMES, rtol=1e-9, atol=1e-12)
    loose = followed(velocity, start, TIMES, rtol=1e-3, atol=1e-3)
    for index, w in enumerate(start):
        exact = solve_ivp(lambda t, y: np.sin(5 * t) - y**3, (0, 4), w, t_eval=TIMES, rtol=1e-12, atol=1e-14).y.T
        assert np.allclose([state[index] for state in found], exact, rtol=1e-7)
        assert not np.allclose([state[index] for state in loose], exact, rtol=1e-7)


def test_a_model_does_not_depend_on_its_neighbours() -> None:
    start = np.array([[1.0], [40.0]])
    both, alone = (followed(lambda _, w: -(w**3), part, [1.0], rtol=1e-6, atol=1e-9)[0] for part in (start, start[:1]))
    assert both[0] == alone[0]


def test_a_flow_that_escapes_is_an_error() -> None:
    with pytest.raises(BadSample, match="steps"):
        followed(lambda _, w: w**2, np.ones((1, 1)), [2.0], rtol=1e-6, atol=1e-9)

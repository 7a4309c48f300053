"""Minima of the regularised logistic loss against SciPy's, the slopes against finer differences; and their twins."""

import numpy as np
import pytest
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.simulators.implicit_bias.starved_features import coupled_pair, minimum, starved_features
from numerics.streams import stream
from theory.programs.feature_sensitivity import responses, second_responses, sensitivities
from theory.settings.implicit_bias.starved import STRENGTHS

LAM = 0.1


def sample(backend: str = "numpy", mixing: float = 1.0) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = starved_features(n=3, lam=LAM, mixing=mixing, trials=5, rng=stream(machine, "starved", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_bases_are_orthogonal_and_trivial_without_mixing(backend: str) -> None:
    U = sample(backend)["U"]
    assert np.allclose(U @ U.swapaxes(1, 2), np.eye(3), atol=1e-12) and np.abs(U - np.eye(3)).max() > 0.5
    assert np.allclose(sample(backend, mixing=0.0)["U"], np.eye(3))


def test_the_minimum_is_that_of_a_general_solver() -> None:
    found = sample()
    for U, s, z, error in zip(*(found[name] for name in ("U", "s", "z", "newton_error")), strict=True):
        features = U * s

        def loss(theta: np.ndarray, features: np.ndarray = features) -> float:
            return float(np.sum(np.log1p(np.exp(-features @ theta))) + LAM / 2 * theta @ theta)

        best = minimize(loss, np.zeros(3), tol=1e-12)
        assert np.allclose(s * best.x, z, atol=1e-4) and error < 1e-9
        assert loss(z / s) <= best.fun + 1e-12 and loss(1.01 * z / s) > best.fun + 1e-6


def test_the_slopes_are_those_of_differences_and_not_of_another_strength() -> None:
    found = sample()
    U, s, eye = found["U"], found["s"], np.eye(3)
    for feature, same in ((0, True), (1, False)):
        ends = []
        for sign in (1, -1):
            moved = s.copy()
            moved[:, feature] = np.sqrt(s[:, feature] ** 2 + sign * 1e-4)
            ends.append(minimum(U, moved, LAM, eye)[0])
        apart = np.abs((ends[0] - ends[1]) / 2e-4 - found["slopes"]).max(1)
        assert np.all((apart <= found["slope_error"] + 1e-6) == same)


def test_the_program_gives_the_derivative_of_its_own_responses() -> None:
    found = sample()
    arrays = found["U"], found["s"], found["a"]
    assert np.allclose(responses(*arrays, lam=LAM), found["z"], atol=1e-9)
    assert np.allclose(sensitivities(*arrays, lam=LAM), found["slopes"], atol=1e-4)
    assert not np.allclose(sensitivities(*arrays, lam=LAM, inverse=False), found["slopes"], atol=1e-2)


def test_a_pair_is_at_the_least_loss_of_a_general_minimiser() -> None:
    found = coupled_pair(lam=0.05, coupling=-0.3, trials=2, rng=stream(Machine(), "pair", seed=0))
    U = found["U"][0]
    for s, z in zip(STRENGTHS, found["z_2"][0], strict=True):
        best = minimize(lambda th, s=s: np.sum(np.logaddexp(0, -U @ (np.array([s, 1.0]) * th))) + 0.025 * th @ th,
                        np.zeros(2), method="BFGS", options={"gtol": 1e-10})
        assert np.isclose(best.x[1], z, atol=1e-6) and not np.isclose(best.x[0], z, atol=1e-2)
    assert np.allclose(second_responses(found["U"], lam=0.05, strengths=STRENGTHS), found["z_2"], rtol=1e-10)

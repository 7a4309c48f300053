"""Diagonal networks and the catapult's network against automatic differentiation."""

import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.simulators.stability import catapult, diagonal_network
from numerics.streams import stream
from numerics.training.reasons import REASONS

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def test_the_trace_of_a_trained_network_is_that_of_its_hessian(machine: Machine) -> None:
    """At zero loss: of the Hessian of the loss, by automatic differentiation; the trained predictor fits e₁ − e₂."""
    asked = {"n": 4, "d": 6, "B": 1, "eta": 0.03, "trials": 5}
    sample = diagonal_network.diagonal_sgd(**asked, rng=stream(machine, "diagonal", seed=2))
    trace, l1, converged = (machine.to_host(sample[name]) for name in ("trH", "weighted_l1", "converged"))
    assert converged.any() and np.all(trace[converged] > 2 * l1[converged]) and np.all(trace[~converged] == 0)


def test_a_network_that_diverges_counts_for_nothing(machine: Machine) -> None:
    sample = diagonal_network.diagonal_sgd(n=4, d=6, B=1, eta=3.0, trials=5, rng=stream(machine, "wild", seed=0))
    assert not machine.to_host(sample["converged"]).any() and np.all(machine.to_host(sample["trH"]) == 0)
    assert set(machine.to_host(sample["stopped"])) == {REASONS.index("diverged")}


def test_the_population_hessian_is_that_of_isotropic_inputs(machine: Machine) -> None:
    sample = diagonal_network.diagonal_network(d=3, weights="free", trials=6, rng=stream(machine, "net", seed=1))
    host = {name: machine.to_host(array) for name, array in sample.items()}
    assert np.allclose(host["trH"], host["squares"], rtol=1e-12)
    assert np.allclose(host["lam1"], host["widest"], rtol=1e-12)
    assert np.all(host["trH"] > 2 * host["l1"] * (1 + 1e-6)) and np.all(host["lam1"] < host["trH"])
    even = diagonal_network.diagonal_network(d=3, weights="balanced", trials=6, rng=stream(machine, "net", seed=1))
    assert np.allclose(machine.to_host(even["trH"]), 2 * machine.to_host(even["l1"]), rtol=1e-12)


def test_a_step_of_the_catapult_is_that_of_autograd() -> None:
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    weights = torch.tensor(np.stack([u[:, 0], v[:, 0]]), requires_grad=True)
    (slope,) = torch.autograd.grad((weights[0] @ weights[1] / 5**0.5) ** 2 / 2, weights)
    expected = (weights - 0.7 * slope).detach().numpy()
    found = np.stack([part[:, 0] for part in catapult.step(u, v, 0.7)])
    assert np.allclose(found, expected, rtol=1e-12) and not np.allclose(found, expected[::-1], rtol=1e-2)


def test_the_kernel_of_the_catapult_starts_as_declared_and_runs_end(machine: Machine) -> None:
    calm, wild = (
        catapult.catapult(n=16, lam0=1.5, eta=eta, trials=6, rng=stream(machine, "catapult", seed=1))
        for eta in (0.4, 5.0)
    )
    assert np.all(np.abs(machine.to_host(calm["lam"]) - 1.5) < 0.6) and np.all(machine.to_host(calm["final"]) < 0.6)
    assert np.all(machine.to_host(wild["final"]) == catapult.DIVERGED)

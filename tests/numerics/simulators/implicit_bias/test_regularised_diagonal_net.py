"""The flow of the regularised loss against automatic differentiation, and against what it conserves."""

import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.simulators.implicit_bias import regularised_diagonal_net as simulator
from numerics.streams import stream

N, D, ALPHA, GAMMA = 3, 5, 0.3, 0.1


def regularised_loss(weights: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor, gamma: float) -> torch.Tensor:
    p, q = weights
    loss = torch.sum((inputs @ (p**2 - q**2) - targets) ** 2) / (2 * len(targets))
    (slope,) = torch.autograd.grad(loss, weights, create_graph=True)
    return loss + gamma / 2 * torch.sum(slope**2)


def test_the_velocity_is_the_gradient_of_the_regularised_loss() -> None:
    rng = np.random.default_rng(0)
    inputs, targets, weights = rng.normal(size=(N, D)), rng.normal(size=N), rng.normal(size=(2, D))
    point = torch.tensor(weights, requires_grad=True)
    (slope,) = torch.autograd.grad(regularised_loss(point, torch.tensor(inputs), torch.tensor(targets), GAMMA), point)
    state = weights[0][:, None], weights[1][:, None], np.zeros((D, 1))
    found = [simulator.slopes(inputs[..., None], targets[:, None], gamma, state) for gamma in (GAMMA, 0.0)]
    for right, plain, expected in zip(found[0][:2], found[1][:2], -slope.numpy(), strict=True):
        assert np.allclose(right[:, 0], expected, rtol=1e-12)
        assert not np.allclose(plain[:, 0], expected, rtol=1e-2)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_without_regularisation_the_product_is_conserved(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "END", 2.0)
    machine = Machine(backend)
    samples = [
        {name: machine.to_host(array) for name, array in simulator.regularised_diagonal_net(
            n=N, d=D, alpha=ALPHA, gamma=gamma, trials=4, rng=stream(machine, "net", seed=1)).items()}
        for gamma in (0.0, GAMMA)
    ]
    conserved, shrunk = samples
    assert np.all(np.abs(conserved["effective"] - ALPHA) <= conserved["flow_error"] + 1e-12)
    assert np.all(shrunk["effective"] < ALPHA - 10 * shrunk["flow_error"])


def test_the_error_of_the_flow_covers_the_difference_to_smaller_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "END", 2.0)
    rng = np.random.default_rng(1)
    inputs, targets = rng.normal(size=(N, D, 4)), rng.normal(size=(N, 4))
    ends = [simulator.observed(simulator.flow(inputs, targets, ALPHA, GAMMA, step)) for step in (0.02, 0.01, 0.0025)]
    claimed, true = (np.max(np.abs(a - b), axis=0) for a, b in ((ends[0], ends[1]), (ends[1], ends[2])))
    assert np.all(true < claimed / 4) and np.all(true > claimed / 100)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_a_gradient_difference_is_exact_on_quadratics_alone(backend: str) -> None:
    machine = Machine(backend)
    linear, network = (
        {name: machine.to_host(array) for name, array in simulator.gradient_difference(
            n=N, d=D, rate=100, model=model, trials=6, rng=stream(machine, "difference", seed=0)).items()}
        for model in ("linear", "network")
    )
    assert np.all(linear["apart"] <= linear["rounding"])
    assert np.all(network["apart"] > 100 * network["rounding"])


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(2)
    inputs, targets, weights = rng.normal(size=(N, D)), rng.normal(size=N), rng.normal(size=(2, D))
    point = torch.tensor(weights, requires_grad=True)
    (slope,) = torch.autograd.grad(regularised_loss(point, torch.tensor(inputs), torch.tensor(targets), 0.0), point)
    found = simulator.gradient(inputs[..., None], targets[:, None], [w[:, None] for w in weights])
    for right, expected in zip(found, slope.numpy(), strict=True):
        assert np.allclose(right[:, 0], expected, rtol=1e-12) and not np.allclose(right[:, 0], -expected, rtol=1e-2)

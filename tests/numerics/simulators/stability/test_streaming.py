"""Streaming least squares against Gaussian moments, drawn batches, and runs that forget longer."""

import itertools

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.stability import streaming
from numerics.simulators.stability.streaming import gaussian_cubature, streaming_least_squares, streaming_moments
from numerics.streams import stream

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


@pytest.mark.parametrize("d", [1, 2, 3, 5, 7])
def test_the_cubature_has_the_moments_of_a_normal_law_up_to_degree_five(d: int) -> None:
    nodes, weights = gaussian_cubature(d)
    single = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3, 5: 0}
    for degree in range(6):
        for chosen in itertools.combinations_with_replacement(range(d), degree):
            expected = np.prod([single[chosen.count(i)] for i in set(chosen)])
            found = weights @ np.prod(nodes[:, list(chosen)], axis=1)
            assert abs(found - expected) < 1e-12 * max(1, d) ** 2
    assert abs(weights @ nodes[:, 0] ** 6 - 15) > 1  # a degree that it does not have


def test_growth_is_that_of_drawn_batches() -> None:
    """Two steps of many chains, with an error rate of 1e-6; the mean of ‖w‖² from w ~ N(0, I) is tr T²(I)."""
    h, B, eta, chains, rng = np.array([1.0, 0.4]), 2, 0.5, 400_000, np.random.default_rng(0)
    w = rng.normal(size=(chains, 2))
    for _ in range(2):
        batch = rng.normal(size=(chains, B, 2)) * np.sqrt(h)
        w = w - eta / B * np.einsum("cbi,cb->ci", batch, np.einsum("cbi,ci->cb", batch, w))
    drawn = np.sum(w**2, -1)
    nodes, weights = gaussian_cubature(2)
    inputs, second = nodes * np.sqrt(h), np.eye(2)
    for _ in range(2):
        same = sum(q * (np.eye(2) - eta * np.outer(x, x)) @ second @ (np.eye(2) - eta * np.outer(x, x))
                   for q, x in zip(weights, inputs, strict=True))
        shrink = np.eye(2) - eta * np.diag(h)
        second = same / B + (1 - 1 / B) * shrink @ second @ shrink
    spread = 4.9 * drawn.std() / np.sqrt(chains)
    assert abs(drawn.mean() - np.trace(second)) < spread
    assert abs(drawn.mean() - 1.05 * np.trace(second)) > spread


def test_growth_of_one_mode_is_that_of_its_definition(machine: Machine) -> None:
    """E (1 − η·mean of x²)² with x ~ N(0, h), by quadrature over both inputs of a batch."""
    h, eta = 0.7, 0.9
    rng = stream(machine, "streaming", seed=1)
    sample = streaming_moments(h=np.array([h]), B=2, eta=rng.asarray(np.full(3, eta)), trials=3, rng=rng)
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    first, second = np.meshgrid(nodes, nodes)
    law = np.outer(weights, weights) / (2 * np.pi)
    expected = np.log(np.sum(law * (1 - eta * h * (first**2 + second**2) / 2) ** 2))
    growth, error = (machine.to_host(sample[name]) for name in ("growth", "growth_error"))
    assert np.all(np.abs(growth - expected) <= error) and np.all(error < 1e-6)
    assert np.all(np.abs(growth - 1.01 * expected) > error)


def test_the_covariance_given_the_inputs_is_the_mean_over_label_noise(machine: Machine) -> None:
    """A run with B = 1, d = 1: the error is linear in the noise, whose coefficients are found by plain recursion."""
    h, eta, s2, trials = np.array([0.8]), 0.9, 0.5, 4
    count, begin = streaming.steps(h, eta), streaming.steps(h, eta) * 6 // 9
    rng = stream(machine, "streaming", 7, seed=1)
    found = machine.to_host(streaming_least_squares(h=h, B=1, s2=s2, eta=eta, trials=trials, rng=rng)["excess_risk"])
    again = stream(machine, "streaming", 7, seed=1)
    again.normal((1, 1, trials))  # the shape of the covariance
    coefficients, risks = np.zeros((0, trials)), []
    for step in range(count):
        x = np.sqrt(h[0]) * machine.to_host(again.normal((1, 1, trials)))[0, 0]
        coefficients = np.concatenate([(1 - eta * x**2) * coefficients, eta * x[None, :]])
        if step >= begin:
            risks.append(h[0] * s2 * np.sum(coefficients**2, axis=0))
    assert np.allclose(found, np.mean(risks, axis=0), rtol=1e-10)
    assert not np.allclose(found, 1.01 * np.mean(risks, axis=0), rtol=1e-3)


def test_the_start_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that forget twice as long have the same mean, with an error rate of 1e-6."""
    asked = {"h": np.array([1.0, 0.5]), "B": 2, "s2": 1.0, "eta": 0.4, "trials": 4000}
    usual = streaming_least_squares(**asked, rng=stream(Machine(), "forget", 0, seed=0))["excess_risk"]
    monkeypatch.setattr(streaming, "FORGET", 12)
    longer = streaming_least_squares(**asked, rng=stream(Machine(), "forget", 1, seed=0))["excess_risk"]
    monkeypatch.setattr(streaming, "FORGET", 0)
    cold = streaming_least_squares(**asked, rng=stream(Machine(), "forget", 2, seed=0))["excess_risk"]
    spread = 4.9 * np.hypot(usual.std(), longer.std()) / np.sqrt(4000)
    assert abs(usual.mean() - longer.mean()) < spread < abs(usual.mean() - cold.mean())

"""Linear networks and filters against autograd, plain loops and each other, with twins that fail."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from numerics.arrays import Machine
from numerics.simulators.implicit_bias.linear_network import filter_pair, linear_network, parts, velocity_of
from numerics.streams import stream

AT = {"d": 4, "s": 1.5, "other": 1.0, "a0": 0.01, "time": 1.5, "rate": 100, "imbalance": 0.0, "turn": 0.0,
      "colour": 0.0}


def sample(backend: str = "numpy", **changes: float) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = linear_network(**{**AT, **changes}, trials=4, rng=stream(machine, "linear", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def test_the_velocity_is_that_of_the_loss_on_all_inputs() -> None:
    rng = np.random.default_rng(0)
    state, inputs, targets = rng.normal(size=(1, 24)), rng.normal(size=(1, 4, 4)), rng.normal(size=(1, 4, 4))
    point = torch.tensor(state, requires_grad=True)
    first, second = point[:, :12].reshape(3, 4), point[:, 12:].reshape(4, 3)
    (((torch.tensor(targets[0]).T - second @ first @ torch.tensor(inputs[0]).T) ** 2).sum() / 2).backward()
    found = velocity_of(inputs, targets, 4)(np.zeros(1), state)
    assert np.allclose(found, -point.grad.numpy())
    assert not np.allclose(found, -2 * point.grad.numpy())
    assert np.allclose(parts(state, 4)[0][0], first.detach().numpy())


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_a_mode_is_that_of_two_scalars_and_a_coloured_input_changes_it(backend: str) -> None:
    scalars = solve_ivp(lambda _, w: (1.5 - w[0] * w[1]) * w[::-1], (0, 1.5), [0.1, 0.1], rtol=1e-11, atol=1e-13)
    expected = scalars.y[0, -1] * scalars.y[1, -1]
    found = sample(backend)
    assert np.all(np.abs(found["strength"] - expected) <= found["flow_error"] + 1e-9)
    assert np.all(found["balance"] <= found["flow_error"])
    other = sample(backend, colour=0.5)
    assert not np.any(np.abs(other["strength"] - expected) <= other["flow_error"] + 1e-9)


def test_the_error_of_descent_halves_with_its_step() -> None:
    coarse, fine = (sample(rate=rate)["descent_error"] for rate in (200, 400))
    assert np.allclose(coarse / fine, 2, rtol=0.05) and not np.allclose(coarse / fine, 4, rtol=0.05)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_filters_follow_the_same_two_scalars_in_every_frequency(backend: str) -> None:
    machine = Machine(backend)
    found = {name: machine.to_host(array) for name, array in filter_pair(
        N=6, a0=0.01, time=0.6, trials=4, rng=stream(machine, "filters", seed=0)).items()}
    for target, modulus, error in zip(found["target"], found["modulus"], found["flow_error"], strict=True):
        one, faster = (solve_ivp(lambda _, w, c=c: (c - w[0] * w[1]) * w[::-1], (0, 0.6), [0.1, 0.1], rtol=1e-11,
                                 atol=1e-13).y[:, -1].prod() for c in (target, 1.1 * target))
        assert abs(modulus - one) <= error + 1e-8 and abs(modulus - faster) > error + 1e-8


def test_a_turned_start_sees_the_mode_by_the_cosine_of_its_angle() -> None:
    straight, turned = (sample(time=1e-6, turn=angle) for angle in (0.0, 0.5))
    assert np.allclose(straight["strength"], AT["a0"], rtol=1e-4)
    assert np.allclose(turned["strength"], AT["a0"] * np.cos(0.5), rtol=1e-4)
    assert np.all(turned["balance"] < 1e-12)

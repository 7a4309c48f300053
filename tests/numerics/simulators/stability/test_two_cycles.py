"""Runs that end on a cycle of two steps: against automatic differentiation, plain loops, and PyTorch's optimisers."""

import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.simulators.stability import rmsprop, sam, scalar_factor
from numerics.streams import Stream, stream

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
TRIALS = 6


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine, *name: int) -> Stream:
    return stream(machine, "cycles", *name, seed=3)


def loss(point: torch.Tensor) -> torch.Tensor:
    return (point[0] * point[1] - 1) ** 2 / 2


def test_a_step_of_the_factor_model_is_that_of_autograd() -> None:
    point = torch.tensor([1.3, 0.4], dtype=torch.float64, requires_grad=True)
    loss(point).backward()
    expected = (point - 0.7 * point.grad).detach().numpy()
    u, v = scalar_factor.step(np.array([1.3]), np.array([0.4]), 0.7)
    assert np.allclose([u[0], v[0]], expected, rtol=1e-14)
    assert not np.allclose([v[0], u[0]], expected, rtol=1e-3)


def test_the_hessian_of_the_factor_model_is_that_of_autograd() -> None:
    point = torch.tensor([1.3, 0.4], dtype=torch.float64)
    expected = torch.autograd.functional.hessian(loss, point).numpy()
    found = scalar_factor.hessian(np.array([1.3]), np.array([0.4]))[0]
    assert np.allclose(found, expected, rtol=1e-14) and not np.allclose(found, expected.T[::-1], rtol=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_displacement_over_two_steps_is_that_of_two_runs(sign: float) -> None:
    u, v, eta, h = np.array([1.1]), np.array([0.9]), 0.8, 1e-6
    du, dv = scalar_factor.tangent(u, v, scalar_factor.step(u, v, eta), sign, eta)
    ends = [scalar_factor.step(*scalar_factor.step(u + s * h, v + s * sign * h, eta), eta) for s in (1, -1)]
    difference = [(ends[0][k] - ends[1][k]) / (2 * h) for k in (0, 1)]
    assert np.allclose([du, dv], difference, rtol=1e-8) and not np.allclose([du, dv], difference[::-1], rtol=1e-4)


def test_runs_of_the_factor_model_settle_or_oscillate(machine: Machine) -> None:
    settled, cycling = (
        {name: machine.to_host(array) for name, array in
         scalar_factor.scalar_factor(eta=eta, spread=0.2, trials=TRIALS, rng=draws(machine)).items()}
        for eta in (0.6, 1.1)
    )
    assert settled["converged"].all() and not settled["cycling"].any()
    assert cycling["cycling"].all() and not cycling["converged"].any()
    assert np.all(cycling["upper"] > cycling["lower"] + 0.1)


def test_a_run_that_escapes_is_reported_as_one() -> None:
    sample = scalar_factor.scalar_factor(eta=2.5, spread=1.0, trials=50, rng=draws(Machine()))
    escaped = sample["oscillation"] == 1
    assert escaped.any() and not sample["converged"][escaped].any() and not sample["cycling"][escaped].any()
    assert all(np.isfinite(value).all() for value in sample.values())


def test_adam_without_bias_correction_is_that_of_a_loop_in_torch() -> None:
    """PyTorch corrects for bias: its learning rate and ε are set so that the correction cancels at each step."""
    x, state = 0.3, (np.array([0.3]), np.array([0.0]), np.array([0.0]))
    weight = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([weight], lr=1.0, betas=(0.8, 0.9), eps=0.0)
    for t in range(1, 6):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 - 0.8**t) / np.sqrt(1 - 0.9**t)
        optimiser.zero_grad()
        (2.0 * weight**2 / 2).sum().backward()
        optimiser.step()
        state = rmsprop.step(state, 2.0, 0.9, 0.05, 0.0, 0.8)
        assert state[0][0] == pytest.approx(float(weight.detach()[0]), rel=1e-12)


def test_the_derivative_of_rmsprop_is_that_of_differences() -> None:
    x, v, asked, h = np.array([0.4]), np.array([0.5]), (2.0, 0.8, 0.3, 0.02), 1e-6

    def run(dx: float, dv: float) -> np.ndarray:
        return np.array(rmsprop.step((x + dx, v + dv, 0 * x), *asked, 0.0)[:2])

    for dx, dv in ((1.0, 0.0), (0.0, 1.0)):
        expected = (run(h * dx, h * dv) - run(-h * dx, -h * dv)) / (2 * h)
        found = np.array(rmsprop.derivative(x, v, np.array([dx]), np.array([dv]), *asked))
        assert np.allclose(found, expected, rtol=1e-7, atol=1e-9)
        assert not np.allclose(found, -expected, rtol=1e-2)


def test_the_radius_is_the_largest_modulus_of_the_eigenvalues() -> None:
    matrices = np.random.default_rng(1).normal(size=(50, 2, 2))
    expected = np.abs(np.linalg.eigvals(matrices)).max(-1)
    found = rmsprop.radius(np.trace(matrices, axis1=1, axis2=2), np.linalg.det(matrices))
    assert np.allclose(found, expected, rtol=1e-6)


def test_rmsprop_runs_end_on_a_cycle(machine: Machine) -> None:
    sample = rmsprop.scalar_rmsprop(h=3.0, b2=0.8, eta=0.1, eps=0.01, beta1=0.0, trials=TRIALS, rng=draws(machine))
    amplitude, start = (machine.to_host(sample[name]) for name in ("amplitude", "start"))
    assert np.ptp(amplitude) < 1e-12 and np.ptp(np.abs(start)) > 1e-3 and np.all(amplitude > 0)


def test_a_step_of_sam_is_that_of_autograd() -> None:
    rng = np.random.default_rng(2)
    root, w0 = rng.normal(size=(3, 3)), rng.normal(size=3)
    hessian = torch.tensor(root @ root.T)

    def gradient(w: torch.Tensor) -> torch.Tensor:
        w = w.detach().requires_grad_(True)
        return torch.autograd.grad(w @ hessian @ w / 2, w)[0]

    w = torch.tensor(w0)
    g = gradient(w)
    expected = (w - 0.1 * gradient(w + 0.3 * g / g.norm())).numpy()
    found = sam.step(hessian.numpy()[..., None], w0[:, None], 0.1, 0.3)[:, 0]
    assert np.allclose(found, expected, rtol=1e-12)
    assert not np.allclose(found, (w - 0.1 * g).numpy(), rtol=1e-3)


def test_the_derivative_of_sam_is_that_of_differences() -> None:
    rng = np.random.default_rng(3)
    root, w, dw, h = rng.normal(size=(3, 3)), rng.normal(size=(3, 1)), rng.normal(size=(3, 1)), 1e-6
    hessian = (root @ root.T)[..., None]
    expected = (sam.step(hessian, w + h * dw, 0.1, 0.3) - sam.step(hessian, w - h * dw, 0.1, 0.3)) / (2 * h)
    found = sam.tangent(hessian, w, dw, 0.1, 0.3)
    assert np.allclose(found, expected, rtol=1e-7) and not np.allclose(found, dw, rtol=1e-2)


def test_sam_ends_along_the_top_eigenvector(machine: Machine) -> None:
    sample = sam.quadratic_sam(d=4, h=2.0, r=0.6, eta=0.5, rho=0.1, trials=TRIALS, rng=draws(machine))
    first, second, amplitude = (machine.to_host(sample[name]) for name in ("first", "second", "amplitude"))
    assert np.all(np.abs(first - 1) < 1e-12) and np.all(second < 1e-12) and np.ptp(amplitude) < 1e-12


def test_the_gradient_before_a_step_of_sam_is_the_declared_one(machine: Machine) -> None:
    """Without a learning rate a step changes nothing; with ρ = 0 it is gradient descent."""
    asked = {"d": 3, "h": 2.0, "g": 0.7, "trials": TRIALS}
    for method in ("normalised", "unnormalised"):
        still = sam.sam_step(**asked, eta=0.0, rho=0.3, method=method, rng=draws(machine))
        plain = sam.sam_step(**asked, eta=0.2, rho=0.0, method=method, rng=draws(machine))
        real = sam.sam_step(**asked, eta=0.2, rho=0.3, method=method, rng=draws(machine))
        assert np.all(np.abs(machine.to_host(still["growth"])) < 1e-14)
        assert np.all(np.abs(machine.to_host(plain["growth"]) - np.log(0.6)) < 1e-14)
        assert np.all(np.abs(machine.to_host(real["growth"]) - np.log(0.6)) > 0.1)

"""Momentum methods against plain loops over one quadratic at a time, and against eigenvalues of their linear maps."""

import itertools

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.stability.momentum import (
    METHODS,
    gradient_memory,
    momentum_descent,
    moves,
    random_hessian,
    random_root,
    two_averages,
)
from numerics.streams import Stream, stream

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
TRIALS = 5
EPS = np.finfo(float).eps


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine, *name: int) -> Stream:
    return stream(machine, "momentum", *name, seed=5)


def companion(method: str, curvature: float, eta: float, beta: float) -> np.ndarray:
    """The map of (position, memory) of a method on one eigenvector."""
    def unit(index: int) -> tuple[float, float]:
        return (1.0, 0.0) if index == 0 else (0.0, 1.0)

    step = METHODS[method](lambda w: curvature * w, eta, beta)
    return np.array([step(unit(0)), step(unit(1))], dtype=float).T


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("preconditioner", ["none", "frozen"])
def test_growth_is_the_log_of_the_largest_spectral_radius_of_a_mode(machine: Machine, method: str,
                                                                    preconditioner: str) -> None:
    eta, beta, lam = 0.3, 0.6, np.array([3.0, 9.0, 14.0, 20.0, 40.0])
    sample = momentum_descent(d=3, eta=eta, beta=beta, lam=draws(machine).asarray(lam), method=method,
                              preconditioner=preconditioner, trials=TRIALS, rng=draws(machine))
    growth, stretch = (machine.to_host(sample[name]) for name in ("growth", "stretch"))
    fastest = [max(np.abs(np.linalg.eigvals(companion(method, curvature, eta, beta)))) for curvature in lam]
    unstable = np.array(fastest) > 1.05  # there the largest eigenvalue leads, and the run has forgotten the others
    assert unstable.any() and not unstable.all()
    assert np.all(np.abs(growth - np.log(fastest))[unstable] < 1e-9)
    assert np.all(growth[~unstable] < 0)
    assert np.all(np.abs(stretch - 1) < 1e-12) == (preconditioner == "none")


@pytest.mark.parametrize("wrong", [(0.31, 0.6), (0.3, 0.61)])
def test_growth_tells_learning_rates_and_momenta_apart(wrong: tuple[float, float]) -> None:
    lam = np.full(TRIALS, 30.0)
    sample = momentum_descent(d=2, eta=0.3, beta=0.6, lam=lam, method="heavy_ball", preconditioner="none",
                              trials=TRIALS, rng=draws(Machine()))
    other = max(np.abs(np.linalg.eigvals(companion("heavy_ball", 30.0, *wrong))))
    assert np.all(np.abs(sample["growth"] - np.log(other)) > 1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_without_momentum_every_method_is_gradient_descent(method: str) -> None:
    step, state = METHODS[method](lambda w: 2.0 * w, 0.1, 0.0), (1.0, 1.0)
    for k in range(5):
        state = step(state)
        assert state[0] == pytest.approx(0.8 ** (k + 1), rel=10 * EPS)


def test_heavy_ball_and_nesterov_are_those_of_torch() -> None:
    import torch

    for nesterov in (False, True):
        w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.SGD([w], lr=0.1, momentum=0.7, nesterov=nesterov)
        step = METHODS["nesterov" if nesterov else "heavy_ball"](lambda x: 3.0 * x, 0.1, 0.7)
        state, theirs = (1.0, 1.0), [1.0]
        for _ in range(8):
            optimiser.zero_grad()
            (1.5 * w**2).sum().backward()
            optimiser.step()
            theirs.append(float(w.detach()[0]))
        ours = [1.0]
        for _ in range(8):
            state = step(state)
            ours.append(state[0])
        if nesterov:  # torch keeps the look-ahead point v, and begins with v = w
            ours = [1.0] + [b + 0.7 * (b - a) for a, b in itertools.pairwise(ours)]
        assert np.allclose(ours, theirs, rtol=1e-12)
        assert not np.allclose(ours, [x**1.01 if x > 0 else x for x in theirs], rtol=1e-6)


def test_curvature_has_the_declared_spectrum(machine: Machine) -> None:
    lam = draws(machine).asarray(np.array([1.0, 2.0, 5.0, 10.0, 0.1]))
    hessian = machine.to_host(random_hessian(4, lam, TRIALS, draws(machine)))
    values = np.linalg.eigvalsh(hessian.transpose(2, 0, 1))
    assert np.allclose(values[:, -1], machine.to_host(lam), rtol=1e-12)
    assert np.all(values[:, 0] >= 0.1 * values[:, -1] * (1 - 1e-12)) and np.ptp(values[:, 0] / values[:, -1]) > 1e-3
    root = machine.to_host(random_root(4, "frozen", 200, draws(machine))).transpose(2, 0, 1)
    spread = np.linalg.eigvalsh(root @ root)
    assert np.all(spread > 0.25 * (1 - 1e-12)) and np.all(spread < 4 * (1 + 1e-12)) and spread.max() > 3


def test_two_averages_are_two_runs_of_an_average(machine: Machine) -> None:
    """With alpha = 0, or with one memory for both, the method has a single average."""
    lam, rng = np.linspace(20, 60, TRIALS), draws(machine)
    asked = {"d": 2, "eta": 0.3, "beta1": 0.5, "trials": TRIALS}
    one = momentum_descent(d=2, eta=0.3, beta=0.5, lam=rng.asarray(lam), method="average", preconditioner="none",
                           trials=TRIALS, rng=draws(machine))
    alone = two_averages(**asked, beta3=0.9, alpha=0.0, lam=rng.asarray(lam), rng=draws(machine))
    double = two_averages(**asked, beta3=0.5, alpha=1.0, lam=rng.asarray(lam / 2), rng=draws(machine))
    mixed = two_averages(**asked, beta3=0.9, alpha=1.0, lam=rng.asarray(lam), rng=draws(machine))
    expected = machine.to_host(one["growth"])
    assert np.all(np.abs(machine.to_host(alone["growth"]) - expected) < 1e-9)
    assert np.all(np.abs(machine.to_host(double["growth"]) - expected) < 1e-9)
    assert np.all(np.abs(machine.to_host(mixed["growth"]) - expected) > 1e-3)


def test_moves_under_given_gradients_add_up_to_their_averages(machine: Machine) -> None:
    gradients = np.random.default_rng(0).normal(size=30)
    steps = moves(list(gradients), 0.6, 0.95, 2.0)
    for t in (0, 7, 29):
        kernel = [0.4 * 0.6**k + 2.0 * 0.05 * 0.95**k for k in range(t + 1)]
        assert steps[t] == pytest.approx(np.dot(kernel, gradients[t::-1]), rel=1e-12)
    sample = gradient_memory(beta1=0.6, beta3=0.95, alpha=2.0, trials=3, rng=draws(machine))
    assert machine.to_host(sample["weight"]).shape == (3, 7)
    assert np.all(np.diff(machine.to_host(sample["weight"]), axis=1) < 0)
    assert abs(machine.to_host(sample["mass"])[0] - sum(moves([1.0] + [0.0] * 2000, 0.6, 0.95, 2.0))) < 1e-12

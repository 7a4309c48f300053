"""The trained ReLU networks against autograd, and their training against a loop over one network at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.networks.relu_rows import half_mean_square, sample_gradients
from numerics.simulator import simulate_block
from numerics.simulators.stability import relu_sgd as simulator
from numerics.simulators.stability.relu_sgd import relu_sgd, train
from numerics.streams import Stream, stream
from numerics.training.reasons import REASONS
from numerics.training.relu_rows import descend
from theory.setting import Event, Observable, Point
from theory.settings.stability.networks import ReluSGD

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
TRIALS, M, N, D = 3, 7, 5, 3

Array = np.ndarray
Networks = tuple[Array, Array, Array, Array]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine, *name: int) -> Stream:
    """The same numbers on every machine of the tests."""
    return stream(machine, "relu SGD", *name, seed=2)


def networks(rng: Stream, m: int = M) -> Networks:
    """W (d, m, trials), v (m, trials), inputs (n, d, trials), targets (n, trials)."""
    W, v = 0.9 * rng.normal((D, m, TRIALS)), rng.normal((m, TRIALS)) / m**0.5
    return W, v, rng.normal((N, D, TRIALS)), rng.normal((N, TRIALS))


def torch_loss(W: torch.Tensor, v: torch.Tensor, x: Array, y: Array) -> torch.Tensor:
    """(1/2n) Σ (f(xᵢ) − yᵢ)² of one network.   Shapes: W (m, d), v (m,), x (n, d), y (n,)."""
    outputs = torch.relu(torch.tensor(x) @ W.T) @ v
    return ((outputs - torch.tensor(y)) ** 2).mean() / 2


def by_autograd(W: Array, v: Array, x: Array, y: Array, eta: float) -> tuple[Array, Array]:
    """`descend` for one network.   Shapes: W (m, d), v (m,), x (steps, B, d), y (steps, B)."""
    weights = [torch.tensor(array, requires_grad=True) for array in (W, v)]
    for batch, answers in zip(x, y, strict=True):
        slopes = torch.autograd.grad(torch_loss(*weights, batch, answers), weights)
        weights = [(w - eta * slope).detach().requires_grad_() for w, slope in zip(weights, slopes, strict=True)]
    return weights[0].detach().numpy(), weights[1].detach().numpy()


def far_from_autograd(W: Array, v: Array, x: Array, y: Array, eta: float, after: tuple[Array, Array]) -> float:
    """The largest difference between weights after some steps and what autograd finds."""
    apart = []
    for t in range(TRIALS):
        expected_W, expected_v = by_autograd(W[..., t].T, v[:, t], x[..., t], y[..., t], eta)
        apart += [np.max(np.abs(after[0][..., t].T - expected_W)), np.max(np.abs(after[1][:, t] - expected_v))]
    return max(apart)


@pytest.mark.parametrize("B", [1, 3])
def test_a_step_follows_the_gradient(machine: Machine, B: int) -> None:
    rng = draws(Machine(), B)
    W, v, _, _ = networks(rng)
    x, y = rng.normal((6, B, D, TRIALS)), rng.normal((6, B, TRIALS))
    after = descend(*(machine.asarray(array) for array in (W, v, x, y)), 0.05)
    assert far_from_autograd(W, v, x, y, 0.05, (machine.to_host(after[0]), machine.to_host(after[1]))) < 1e4 * EPS


@pytest.mark.parametrize("mistake", [
    lambda W, v, x, y: descend(W, v, x, y, 0.05 / 2),
    lambda W, v, x, y: descend(W, v, x, y, 0.05 * 3),  # sum over the batch in place of the mean
    lambda W, v, x, y: descend(W, v, x, -y, 0.05),
    lambda W, v, x, y: (descend(W, v, x, y, 0.05)[0], v),
    lambda W, v, x, y: descend(W, v, np.reshape(x, (18, 1, D, TRIALS)), np.reshape(y, (18, 1, TRIALS)), 0.05 / 3),
])
def test_a_wrong_step_is_seen(mistake: Callable[..., tuple[Array, Array]]) -> None:
    rng = draws(Machine(), 3)
    W, v, _, _ = networks(rng)
    x, y = rng.normal((6, 3, D, TRIALS)), rng.normal((6, 3, TRIALS))
    assert far_from_autograd(W, v, x, y, 0.05, mistake(W, v, x, y)) > 1e-4


def hessian(W: Array, v: Array, x: Array, y: Array) -> Array:
    """The full Hessian of the loss of one network, by autograd."""
    m, d = W.shape

    def loss(parameters: torch.Tensor) -> torch.Tensor:
        return torch_loss(parameters[m:].reshape(m, d), parameters[:m], x, y)

    start = torch.tensor(np.concatenate([v, W.ravel()]))
    return np.asarray(torch.autograd.functional.hessian(loss, start))


def test_sample_gradients_make_the_hessian_where_the_loss_is_zero() -> None:
    W, v, inputs, _ = networks(draws(Machine(), 1))
    targets = outputs(W, v, inputs)
    gradients = sample_gradients(W, v, inputs)
    for t in range(TRIALS):
        exact = hessian(W[..., t].T, v[:, t], inputs[..., t], targets[:, t])
        allowed = 1e3 * EPS * np.linalg.norm(exact)
        gram = gradients[t] @ gradients[t].T
        assert abs(np.sum(gradients[t] ** 2) / N - np.trace(exact)) < allowed
        assert abs(np.linalg.eigvalsh(gram / N)[-1] - np.linalg.eigvalsh(exact)[-1]) < allowed
        assert abs(np.linalg.eigvalsh(gram)[-1] - np.linalg.eigvalsh(exact)[-1]) > 1e-3  # 1/n forgotten
        assert abs(np.sum(gradients[t][:, :M] ** 2) / N - np.trace(exact)) > 1e-3  # the first layer forgotten


def outputs(W: Array, v: Array, inputs: Array) -> Array:
    """f(xᵢ) of each network, one at a time.   Shapes: -> (n, trials)."""
    return np.array([[v[:, t] @ np.maximum(W[..., t].T @ x[:, t], 0) for t in range(TRIALS)] for x in inputs])


def test_the_loss_is_half_the_mean_square_error() -> None:
    W, v, inputs, targets = networks(draws(Machine(), 2))
    expected = np.mean((outputs(W, v, inputs) - targets) ** 2, axis=0) / 2
    assert np.max(np.abs(half_mean_square(W, v, inputs, targets) / expected - 1)) < 1e3 * EPS


def one_by_one(weights: Networks, B: int, eta: float, picks: list[Array]) -> tuple[Array, Array, Array]:
    """`train` of one network after the other, on the same draws."""
    ended = []
    for t in range(TRIALS):
        W, v, inputs, targets = (array[..., t] for array in weights)
        loss = np.inf
        for stride in picks:
            for batch in np.reshape(stride[:, t], (-1, B)):
                W, v = _plain_step(W, v, inputs[batch], targets[batch], eta)
            loss = np.mean((np.maximum(inputs @ W, 0) @ v - targets) ** 2) / 2
            if loss < simulator.SMALL_LOSS:
                break
        ended.append((W, v, loss < simulator.SMALL_LOSS))
    return tuple(np.stack(parts, axis=-1) for parts in zip(*ended, strict=True))  # type: ignore[return-value]


def _plain_step(W: Array, v: Array, x: Array, y: Array, eta: float) -> tuple[Array, Array]:
    drive = x @ W
    error = np.maximum(drive, 0) @ v - y
    slope_W = x.T @ (error[:, None] * (drive > 0) * v) / len(y)
    return W - eta * slope_W, v - eta * np.maximum(drive, 0).T @ error / len(y)


@pytest.mark.parametrize("B", [1, 2])
def test_networks_train_as_if_alone(monkeypatch: pytest.MonkeyPatch, machine: Machine, B: int) -> None:
    for name, value in {"STEPS": 400, "STRIDE": 20, "SMALL_LOSS": 0.002}.items():
        monkeypatch.setattr(simulator, name, value)
    weights = networks(draws(Machine(), 3), m=12)
    rng = draws(Machine(), 4)
    W, v, converged = one_by_one(weights, B, 0.03, [rng.integers(N, (20 * B, TRIALS)) for _ in range(20)])
    after = train(*(machine.asarray(array) for array in weights), B, 0.03, draws(machine, 4))
    assert 0 < np.sum(converged) < TRIALS  # some leave early and some never do
    assert np.array_equal(machine.to_host(after[2]) < simulator.SMALL_LOSS, converged)
    # rounding grows along the path as an error of the start would
    assert np.max(np.abs(machine.to_host(after[0]) - W)) < 1e-9
    assert np.max(np.abs(machine.to_host(after[1]) - v)) < 1e-9


def block(eta: float, B: int = 1) -> dict[str, Array]:
    point = Point.of(ReluSGD, {"m": 20, "n": 6, "d": 4, "B": B, "eta": eta})
    return simulate_block(relu_sgd.simulator, point, 0, seed=1, machine=Machine())  # type: ignore[attr-defined]


def test_diverged_networks_are_reported_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "STEPS", 1000)
    sample = block(eta=5.0)
    assert not np.any(sample["converged"])
    assert np.any(sample["stopped"] == REASONS.index("diverged"))
    assert not np.any(sample["stopped"] == REASONS.index("small loss"))
    assert all(np.all(sample[name] == 0) for name in ("trH", "lam1", "path_norm"))


def test_converged_networks_obey_what_holds_for_every_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "STEPS", 4000)
    sample = block(eta=0.05)
    kept = sample["converged"]
    assert np.mean(kept) > 0.5
    trace, top, path = (sample[name][kept] for name in ("trH", "lam1", "path_norm"))
    assert np.all(top <= trace * (1 + 100 * EPS))
    assert np.all(top >= trace / 6 * (1 - 100 * EPS))  # six samples, six eigenvalues
    assert np.all(path > 0)


def test_observables_are_measured_on_the_trained_networks(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    monkeypatch.setattr(simulator, "STEPS", 500)
    monkeypatch.setattr(simulator, "SMALL_LOSS", 0.003)
    final: dict[str, Any] = {}

    def recorded(*given: Any) -> Any:
        final["W"], final["v"], final["loss"] = train(*given)
        final["inputs"], final["targets"] = given[2:4]
        return final["W"], final["v"], final["loss"]

    monkeypatch.setattr(simulator, "train", recorded)
    drawn = relu_sgd(m=M, n=N, d=D, B=2, eta=0.02, trials=TRIALS, rng=draws(machine, 5))
    sample = {name: machine.to_host(array) for name, array in drawn.items()}
    W, v, loss, inputs, targets = (machine.to_host(array) for array in final.values())
    converged = loss < simulator.SMALL_LOSS
    declared = {name for name, part in ReluSGD.parts.items() if isinstance(part, Observable | Event)}
    assert sample.keys() == declared | {"stopped"}
    assert np.array_equal(sample["stopped"] == REASONS.index("small loss"), converged)
    assert 0 < np.sum(converged) < TRIALS
    for t in range(TRIALS):
        x = inputs[..., t]
        assert np.max(np.abs(np.sum(x**2, axis=-1) - D)) < 20 * EPS
        assert np.max(np.abs(targets[:, t] - (np.maximum(x[:, 0], 0) - np.maximum(-x[:, 1], 0)))) < 20 * EPS
        path = sum(abs(v[j, t]) * np.linalg.norm(W[:, j, t]) for j in range(M))
        trace = np.trace(hessian(W[..., t].T, v[:, t], x, targets[:, t]))  # f'' itself has no trace
        assert abs(sample["path_norm"][t] - converged[t] * path) < 1e3 * EPS * path
        assert abs(sample["trH"][t] - converged[t] * trace) < 1e3 * EPS * trace

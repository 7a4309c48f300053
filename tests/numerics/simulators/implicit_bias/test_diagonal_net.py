"""Diagonal networks: autograd, conserved quantities, SciPy's flow, a general solver of the split, and their twins."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.networks.models import DiagonalBesideLinear
from numerics.simulators.implicit_bias import diagonal_net as simulator
from numerics.streams import stream
from numerics.training.flow import gradient_flow
from theory.programs.hyperbolic_entropy import least_entropy, least_split

AT = {"n": 3, "p": 6, "alpha": 0.3, "lam": 0.4, "eta": 0.0}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = simulator.diagonal_net(**{**AT, **changes}, trials=5, rng=stream(machine, "diagonal", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def test_the_model_is_that_of_autograd() -> None:
    rng = np.random.default_rng(0)
    x, seeds, parts = rng.normal(size=(1, 3, 4)), rng.normal(size=(1, 3)), rng.normal(size=(3, 1, 4))
    u, v, q = (torch.tensor(part, requires_grad=True) for part in parts)
    (torch.tensor(seeds) * (torch.tensor(x) @ (u**2 - v**2 + 0.7 * q)[..., None])[..., 0]).sum().backward()
    for scale, same in ((0.7, True), (0.6, False)):
        found = DiagonalBesideLinear(scale).forward(tuple(parts), x)[1](seeds)
        assert np.allclose(found[2], q.grad) == same
        assert np.allclose(found[0], u.grad) and np.allclose(found[1], v.grad)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_flow_interpolates_and_conserves_products(backend: str) -> None:
    found = sample(backend)
    assert np.all(found["interpolates"])
    assert np.allclose((found["X"] @ found["w"][..., None])[..., 0], found["y"], atol=1e-6)
    assert np.allclose(found["X"] @ found["X"].swapaxes(1, 2), np.eye(3), atol=1e-12)
    assert np.all(np.abs(found["product"] - AT["alpha"] ** 2) <= found["flow_error"])
    descended = sample(backend, eta=0.1)
    assert not np.any(np.abs(descended["product"] - AT["alpha"] ** 2) <= descended["flow_error"])


def test_the_flow_is_scipys() -> None:
    found, unit = sample(lam=0.0), 1 / (10 + 80 * AT["alpha"] ** 2)
    start = tuple(np.full((5, 6), value) for value in (AT["alpha"], AT["alpha"], 0.0))
    path = gradient_flow(DiagonalBesideLinear(0.0), start, found["X"], found["y"], [unit, 2 * unit])  # of the mean
    at = gradient_flow(DiagonalBesideLinear(0.0), start, found["X"], found["y"], [3 * unit]).parameters
    assert np.allclose(found["early"], at[0][:, 0] ** 2 - at[1][:, 0] ** 2, atol=1e-6)
    assert not np.allclose(found["early"], path.parameters[0][:, 1] ** 2 - path.parameters[1][:, 1] ** 2, atol=1e-4)


def test_the_norms_are_least_ones() -> None:
    found = sample(alpha=0.05, lam=0.0)
    ones, twos = simulator.least_norms(found["X"], found["y"])
    assert np.allclose(found["l1_ratio"] * np.abs(found["w"]).sum(1), ones, rtol=1e-7)
    assert np.allclose(found["l2_ratio"] * np.linalg.norm(found["w"], axis=1), twos, rtol=1e-7)
    assert np.all(found["l2_ratio"] < 1 - 1e-4)  # another norm than the least
    for X, y, one, two in zip(found["X"], found["y"], ones, twos, strict=True):
        best = X.T @ y  # rows are orthonormal
        assert two == pytest.approx(np.linalg.norm(best)) and one < np.abs(best).sum() - 1e-6
        null, rng = np.linalg.svd(X)[2][3:], np.random.default_rng(0)
        others = np.abs(best + rng.normal(size=(2000, 3)) @ null).sum(1)
        assert np.all(others >= one - 1e-9)


def test_the_split_is_the_least_one_of_a_general_solver() -> None:
    found, alpha, lam = sample(), AT["alpha"], AT["lam"]
    first, second = (least_split(found["X"], found["y"], alpha=alpha, lam=lam, block=block)[0]
                     for block in ("first", "second"))
    for X, b1, b2 in zip(found["X"], first, second, strict=True):
        directions = np.linalg.svd(np.hstack([X, X]))[2][3:].reshape(-1, 2, 6)  # changes that keep X(b1 + b2)

        def cost(c: np.ndarray, b1: np.ndarray = b1, b2: np.ndarray = b2, moves: np.ndarray = directions) -> float:
            one, two = b1 + c @ moves[:, 0], b2 + c @ moves[:, 1]
            z = one / alpha**2
            q = 2 - np.sqrt(4 + z**2) + z * np.arcsinh(z / 2)
            return float(alpha**2 * q.sum() / 4 + (two**2).sum() / (2 * lam**2))

        best = minimize(cost, np.full(len(directions), 0.01), tol=1e-12)
        assert np.linalg.norm(best.x) < 1e-4
        assert cost(np.zeros(len(directions))) < cost(np.full(len(directions), 0.01))


def test_without_a_linear_part_the_split_is_the_least_entropy() -> None:
    found = sample(lam=0.0)
    plain = least_entropy(found["X"], found["y"], np.zeros((5, 6)), alpha=AT["alpha"], gamma=0.0)[0]
    assert np.allclose(least_split(found["X"], found["y"], alpha=AT["alpha"])[0], plain, atol=1e-12)
    assert not np.allclose(least_split(found["X"], found["y"], alpha=AT["alpha"], lam=0.1)[0], plain, atol=1e-4)

"""The simulators of wide networks against networks with real weight matrices, differentiated weight by weight."""

import math

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.infinite_width.gaussian_pair import gaussian_pair
from numerics.simulators.infinite_width.relu_tangent_kernel import _orthonormal, relu_tangent_kernel
from numerics.streams import stream
from theory.errors import BadInput

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
TRIALS = 10_000
SIX = 6.0  # standard errors


def tangent_kernels(m: int, L: int, c: float, *, gain: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Tangent kernel and last covariance of networks whose matrices are drawn whole, by the chain rule."""
    rng = np.random.default_rng(1)
    inputs = np.array([[1.0, c], [0.0, math.sqrt(1 - c * c)]])
    weights = [rng.standard_normal((TRIALS, m, m if layer else 2)) / (math.sqrt(m) if layer else 1)
               for layer in range(L)]
    hidden, slopes = [np.broadcast_to(inputs, (TRIALS, 2, 2))], []
    for W in weights:
        drive = W @ hidden[-1]
        hidden.append(math.sqrt(gain) * np.maximum(drive, 0))
        slopes.append(math.sqrt(gain) * (drive > 0))
    covariances = np.sum(hidden[-1][..., 0] * hidden[-1][..., 1], axis=-1) / m
    kernels, back = covariances.copy(), rng.standard_normal((TRIALS, m, 1)) / math.sqrt(m) * np.ones(2)
    for layer in reversed(range(L)):
        back = slopes[layer] * back
        overlap = np.sum(hidden[layer][..., 0] * hidden[layer][..., 1], axis=-1) / (m if layer else 1)
        kernels += np.sum(back[..., 0] * back[..., 1], axis=-1) * overlap
        back = np.swapaxes(weights[layer], -1, -2) @ back
    return kernels, covariances


def alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the means, and those of the squares, agree within six standard errors of their difference."""
    def near(one: np.ndarray, other: np.ndarray) -> bool:
        error = math.sqrt(one.var() / len(one) + other.var() / len(other))
        return abs(one.mean() - other.mean()) <= SIX * error

    return near(first, second) and near(first**2, second**2)


def sample(m: int, L: int, c: float, machine: Machine | None = None, trials: int = TRIALS) -> dict[str, np.ndarray]:
    machine = machine or Machine()
    drawn = relu_tangent_kernel(m=m, L=L, c=c, trials=trials, rng=stream(machine, "tangent", seed=2))
    return {name: machine.to_host(array) for name, array in drawn.items()}


@pytest.mark.parametrize(("m", "L", "c"), [(4, 1, 0.3), (8, 2, 0.3), (3, 3, -0.4), (8, 3, 0.8)])
def test_the_law_is_that_of_whole_weight_matrices(m: int, L: int, c: float) -> None:
    kernels, covariances = tangent_kernels(m, L, c)
    found = sample(m, L, c)
    paired = (kernels[::2] + kernels[1::2]) / 2
    assert alike(found["kernel"], paired)
    assert alike(found["covariance"], (covariances[::2] + covariances[1::2]) / 2)
    assert alike(found["spread"], m * (kernels[::2] - kernels[1::2]) ** 2 / 2)


@pytest.mark.parametrize(("m", "L", "c", "gain"), [(8, 2, 0.8, 1.9), (16, 2, 0.8, 2.0), (8, 3, 0.8, 2.0),
                                                   (8, 2, 0.7, 2.0)])
def test_another_network_is_told_apart(m: int, L: int, c: float, gain: float) -> None:
    kernels, _ = tangent_kernels(m, L, c, gain=gain)
    paired = (kernels[::2] + kernels[1::2]) / 2
    spread = m * (kernels[::2] - kernels[1::2]) ** 2 / 2
    found = sample(8, 2, 0.8)
    assert not (alike(found["kernel"], paired) and alike(found["spread"] / 8, spread / m))


def test_equal_inputs_have_equal_gradients() -> None:
    """At c = 1 the kernel is a squared norm; just below, the vectors are nearly parallel, and the law the same."""
    same, near, apart = (sample(8, 2, c)["kernel"] for c in (1.0, 1.0 - 1e-13, 0.9))
    assert np.all(same >= 0) and alike(same, near) and not alike(same, apart)


def test_opposite_inputs_share_no_active_neuron() -> None:
    found = sample(8, 1, -1.0)
    assert np.all(found["kernel"] == 0) and np.all(found["covariance"] == 0)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.backend)
def test_every_backend_sees_the_same_networks(machine: Machine) -> None:
    expected, found = sample(6, 3, 0.4, trials=5), sample(6, 3, 0.4, machine, trials=5)
    assert all(np.allclose(found[name], expected[name], rtol=1e5 * EPS) for name in expected)


def test_a_basis_spans_its_pair_and_is_orthonormal() -> None:
    pair = np.random.default_rng(0).normal(size=(7, 5, 2))
    basis, coordinates = _orthonormal(pair, Machine().xp)
    assert np.allclose(basis @ coordinates, pair, atol=16 * EPS)
    assert np.allclose(np.swapaxes(basis, -1, -2) @ basis, np.eye(2), atol=64 * EPS)


def test_the_error_function_is_the_library_s_and_the_pair_has_its_covariance() -> None:
    rng = stream(Machine(), "pair", seed=4)
    found = gaussian_pair(a=30.0, b=0.7, c=0.4, trials=2000, rng=rng)
    normal = stream(Machine(), "pair", seed=4).normal((2000, 2))
    root = np.linalg.cholesky(np.array([[30.0, 0.4], [0.4, 0.7]]))
    u, v = (normal @ root.T).T
    product = np.array([math.erf(x) * math.erf(y) for x, y in zip(u, v, strict=True)])
    assert np.max(np.abs(found["erf"] - product)) <= 64 * EPS
    assert np.max(np.abs(found["erf"] + product)) > 64 * EPS
    step = 1e-5
    slope = [(math.erf(x + step) - math.erf(x - step)) * (math.erf(y + step) - math.erf(y - step)) / (4 * step**2)
             for x, y in zip(u, v, strict=True)]
    assert np.allclose(found["erf_slope"], slope, atol=1e-8)


def test_an_impossible_covariance_is_refused() -> None:
    with pytest.raises(BadInput, match="no covariance"):
        gaussian_pair(a=1.0, b=0.5, c=0.8, trials=2, rng=stream(Machine(), "pair", seed=4))

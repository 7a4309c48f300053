"""Ridge fits against NumPy's least squares, each within what rounding and conditioning allow."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from numerics.arrays import Machine, devices, installed
from numerics.linalg import growing_ridge_fits, ridge_fit, ridge_path, single_thread, singular_values
from numerics.streams import stream
from theory.errors import BadInput

MACHINES = [Machine("numpy"), Machine("torch"), Machine("strict"), Machine("strict", "device1")]
MACHINES += [Machine(name, "cuda") for name in ("torch", "cupy") if name in installed() and "cuda" in devices(name)]
SHAPES = [(6, 12), (12, 6), (9, 9), (1, 5), (5, 1)]
EPS = np.finfo(float).eps


@pytest.fixture(params=MACHINES, ids=lambda machine: f"{machine.backend}-{machine.device}")
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def problem(n: int, p: int, batch: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = stream(Machine(), "regression", n, p, seed=2)
    return rng.normal((batch, n, p)), rng.normal((batch, n))


def augmented(features: np.ndarray, penalty: float) -> np.ndarray:
    """Ridge is least squares on [X; √(n·penalty) I]; its condition governs the weights."""
    n, p = features.shape
    return np.vstack([features, np.sqrt(n * penalty) * np.eye(p)]) if penalty else features


def oracle(features: np.ndarray, targets: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """The weights, and the error that rounding may cause: ε·m·condition² of ‖y‖/σ, the bound for normal equations."""
    system = augmented(features, penalty)
    right = np.concatenate([targets, np.zeros(len(system) - len(targets))])
    weights, _, rank, values = np.linalg.lstsq(system, right, rcond=None)
    least = values[rank - 1]
    return weights, max(system.shape) * EPS * (values[0] / least) ** 2 * np.linalg.norm(right) / least


def agrees(weights: np.ndarray, features: np.ndarray, targets: np.ndarray, penalty: float) -> bool:
    expected = [oracle(x, y, penalty) for x, y in zip(features, targets, strict=True)]
    return all(np.linalg.norm(w - exact) <= error for w, (exact, error) in zip(weights, expected, strict=True))


@pytest.mark.parametrize("penalty", [0, 1e-3, 2.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_ridge_fit_minimises_its_loss(machine: Machine, shape: tuple[int, int], penalty: float) -> None:
    features, targets = problem(*shape)
    weights = machine.to_host(ridge_fit(machine.asarray(features), machine.asarray(targets), penalty=penalty))
    assert weights.shape == (5, shape[1])
    assert agrees(weights, features, targets, penalty)
    assert not agrees(weights, features, targets, penalty + 1e-3)


def test_the_penalty_is_scaled_by_the_number_of_data(machine: Machine) -> None:
    features, targets = problem(12, 6)
    weights = machine.to_host(ridge_fit(machine.asarray(features), machine.asarray(targets), penalty=0.5))
    assert not agrees(weights, features, targets, 0.5 / 12)


@pytest.mark.parametrize("shape", [(6, 12), (12, 6)])
def test_rank_deficient_data_give_the_least_norm(machine: Machine, shape: tuple[int, int]) -> None:
    features, targets = problem(*shape)
    features[0, :, -1] = features[0, :, 0]  # a column twice
    features[1, -1] = features[1, 0]  # a row twice, with two targets
    features[2, :, 1:] = 0  # one feature left: every Gram matrix is singular
    weights = machine.to_host(ridge_fit(machine.asarray(features), machine.asarray(targets), penalty=0))
    assert agrees(weights, features, targets, 0)
    null = np.linalg.svd(features[2])[2][-1]
    assert not agrees(weights + np.outer(np.arange(5) == 2, null), features, targets, 0)


def test_ill_conditioned_data_are_solved_to_their_condition_not_its_square(machine: Machine) -> None:
    """Singular values k⁻⁶: the Gram matrix would lose every digit of the smallest."""
    features, _ = problem(10, 20)
    left, _, right = np.linalg.svd(features, full_matrices=False)
    spectrum = np.arange(1.0, 11.0) ** -6
    features, truth = (left * spectrum) @ right, right.sum(-2)
    targets = (features @ truth[..., None])[..., 0]
    weights = machine.to_host(ridge_fit(machine.asarray(features), machine.asarray(targets), penalty=0))
    allowed = 20 * EPS * spectrum[0] / spectrum[-1] * np.linalg.norm(truth, axis=-1)
    assert np.all(np.linalg.norm(weights - truth, axis=-1) <= 2 * allowed)  # in the data, and in the solution
    by_gram = [x.T @ np.linalg.solve(x @ x.T, y) for x, y in zip(features, targets, strict=True)]
    assert np.all(np.linalg.norm(by_gram - truth, axis=-1) > 2 * allowed)


def test_a_bad_neighbour_does_not_change_the_bits_of_a_data_set(machine: Machine) -> None:
    features, targets = problem(6, 12)
    alone = ridge_fit(machine.asarray(features[:1]), machine.asarray(targets[:1]), penalty=0)
    features[1, -1] = features[1, 0] * (1 + 1e-9)
    both = ridge_fit(machine.asarray(features[:2]), machine.asarray(targets[:2]), penalty=0)
    np.testing.assert_array_equal(machine.to_host(alone)[0], machine.to_host(both)[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_is_its_fits(machine: Machine, shape: tuple[int, int]) -> None:
    features, targets = problem(*shape)
    penalties = [0, 1e-3, 2.0]
    path = ridge_path(machine.asarray(features), machine.asarray(targets), penalties=penalties)
    assert path.shape == (5, 3, shape[1])
    for index, penalty in enumerate(penalties):
        assert agrees(machine.to_host(path)[:, index], features, targets, penalty)


def test_a_negative_penalty_is_refused() -> None:
    with pytest.raises(BadInput, match=r"-0\.5 is negative"):
        ridge_fit(*problem(3, 2), penalty=-0.5)
    with pytest.raises(BadInput):
        ridge_path(*problem(3, 2), penalties=[1, float("nan")])


def test_single_precision_stays_single() -> None:
    machine = Machine("torch", precision="float32")
    features, targets = problem(12, 6)
    weights = ridge_fit(machine.asarray(features), machine.asarray(targets), penalty=1.0)
    assert weights.dtype == machine.dtype
    assert ridge_path(machine.asarray(features), machine.asarray(targets), penalties=[1]).dtype == machine.dtype


def test_singular_values_are_those_of_the_matrix(machine: Machine) -> None:
    features, _ = problem(6, 12)
    values = machine.to_host(singular_values(machine.asarray(features)))
    exact = np.linalg.svd(features, compute_uv=False)
    assert np.all(np.abs(values - exact) <= 12 * EPS * exact[:, :1])


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has one thread anyway")
def test_one_thread_inside_and_as_many_as_before_outside() -> None:
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)  # whatever OMP_NUM_THREADS says
        with threadpool_limits(2):
            with pytest.raises(ZeroDivisionError), single_thread():
                assert threads() == {1}
                assert torch.get_num_threads() == 1
                with single_thread():
                    assert threads() == {1}
                assert threads() == {1}
                raise ZeroDivisionError
            assert threads() == {2}
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_libraries_imported_later_are_limited_too() -> None:
    code = (
        "from numerics.linalg import single_thread; from threadpoolctl import threadpool_info as pools\n"
        "with single_thread(): pass\n"
        "first = len(pools())\n"
        "import torch\n"
        "with single_thread(): print(len(pools()) > first, {pool['num_threads'] for pool in pools()})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == "True {1}"


@pytest.mark.parametrize("shape", [(6, 12), (12, 6), (1, 5)])
def test_updates_of_rank_one_give_the_fit_of_every_leading_part(machine: Machine, shape: tuple[int, int]) -> None:
    features, targets = problem(*shape)
    found = machine.to_host(growing_ridge_fits(machine.asarray(features), machine.asarray(targets), added=0.3))
    assert found.shape == (5, *shape)
    for X, y, weights in zip(features, targets, found, strict=True):
        allowed = 16 * len(X) * EPS * np.linalg.norm(X) ** 2 / 0.3
        for k in range(1, len(X) + 1):
            gram, right = X[:k].T @ X[:k], X[:k].T @ y[:k]
            fit, other = (np.linalg.solve(gram + added * np.eye(len(gram)), right) for added in (0.3, 0.301))
            assert np.linalg.norm(weights[k - 1] - fit) <= allowed * np.linalg.norm(fit)
            assert np.linalg.norm(weights[k - 1] - other) > allowed * np.linalg.norm(fit)  # the twin


def test_updates_of_rank_one_need_a_penalty() -> None:
    with pytest.raises(BadInput, match="added > 0"):
        growing_ridge_fits(*problem(3, 4), added=0.0)

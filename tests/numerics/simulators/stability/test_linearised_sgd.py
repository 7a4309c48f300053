"""The simulator of linearised SGD against its definition: every batch that can be drawn, and loops over chains."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.stability import linearised_sgd as simulator
from numerics.simulators.stability.linearised_sgd import descend, growth_rate, linearised_sgd, moment_map, slot_pairs
from numerics.streams import Stream, stream
from theory.errors import BadInput
from theory.setting import Drawn, Observable
from theory.settings.stability.sgd import LinearisedSGD

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
TRIALS = 4
DRAWS = [(1, "with"), (2, "with"), (3, "with"), (1, "without"), (2, "without"), (4, "without")]
SHAPES = [(4, 1), (4, 3), (5, 2), (4, 6)]

Array = np.ndarray


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine, *name: int) -> Stream:
    """The same numbers on every machine of the tests."""
    return stream(machine, "linearised SGD", *name, seed=2)


def measured(machine: Machine, n: int, d: int, B: int, sampling: str, norms: str = "free",
             trials: int = TRIALS) -> dict[str, Array]:
    rng = draws(machine, n, d, B)
    eta = rng.asarray(np.linspace(0.05, 0.6, trials))
    sample = linearised_sgd(n=n, d=d, B=B, eta=eta, sampling=sampling, norms=norms, trials=trials, rng=rng)
    return {name: machine.to_host(array) for name, array in sample.items()}


def steps(rows: Array, B: int, sampling: str, eta: float) -> list[Array]:
    """I − η·H_b for every batch of one design, all equally likely."""
    n, d = rows.shape
    every = itertools.product(range(n), repeat=B) if sampling == "with" else itertools.combinations(range(n), B)
    return [np.eye(d) - eta * rows[list(b)].T @ rows[list(b)] / B for b in every]


def growth(rows: Array, B: int, sampling: str, eta: float) -> float:
    """log of the spectral radius of the average over all batches, on the span of the rows."""
    inside = rows @ np.linalg.svd(rows, full_matrices=False)[2].T
    moves = steps(inside, B, sampling, eta)
    return float(np.log(np.linalg.eigvalsh(sum(np.kron(move, move) for move in moves) / len(moves))[-1]))


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize(("B", "sampling"), DRAWS)
def test_growth_and_crossing_are_those_of_all_batches(n: int, d: int, B: int, sampling: str) -> None:
    sample = measured(Machine(), n, d, B, sampling)
    assert np.all(sample["growth_error"] < 1e-9) and np.all(sample["crossing_error"] < 1e-6 * sample["crossing"])
    for t, eta in enumerate(np.linspace(0.05, 0.6, TRIALS)):
        rows, at, error = sample["rows"][t], sample["crossing"][t], sample["crossing_error"][t]
        assert abs(sample["growth"][t] - growth(rows, B, sampling, eta)) <= sample["growth_error"][t]
        assert growth(rows, B, sampling, at - error) < 0 < growth(rows, B, sampling, at + error)


@pytest.mark.parametrize("mistake", [
    lambda n, B: slot_pairs(n, B, "with"),
    lambda n, B: np.eye(n) / n,  # as if a batch were one row
    lambda n, B: (1 - np.eye(n)) / (n * (n - 1)),  # two slots, never the same one twice
    lambda n, B: slot_pairs(n, B + 1, "without"),
])
def test_wrong_chances_of_a_pair_of_slots_are_seen(mistake: Callable[[int, int], Array]) -> None:
    rng = draws(Machine())
    rows, eta = rng.normal((TRIALS, 5, 3)), np.full(TRIALS, 0.3)
    right, wrong = (growth_rate(moment_map(rows, eta, chance, rng), np.full(TRIALS, 3.0))
                    for chance in (slot_pairs(5, 2, "without"), mistake(5, 2)))
    expected = np.array([growth(rows[t], 2, "without", 0.3) for t in range(TRIALS)])
    assert np.all(np.abs(right[0] - expected) <= right[1])
    assert np.all(np.abs(wrong[0] - expected) > 1e3 * wrong[1])


def test_growth_is_certain_without_a_gap_in_the_spectrum() -> None:
    spectra = [[0.7, 0.7, 0.7], [0.5, -0.5, 0.2], [1.0, 1 - 1e-12, 0.0], [3.0, 0.0, 0.0]]
    log_radius, error = growth_rate(np.stack([np.diag(spectrum) for spectrum in spectra]), np.ones(4))
    assert np.all(error < 1e-9) and np.all(np.abs(log_radius - np.log([0.7, 0.5, 1.0, 3.0])) <= error)


def test_a_step_that_ends_at_the_minimum_has_a_finite_growth() -> None:
    assert np.all(np.isfinite(growth_rate(np.zeros((1, 3, 3)), np.ones(1))[0]))


def test_a_crossing_moved_by_twice_its_error_is_seen() -> None:
    sample = measured(Machine(), 5, 3, 2, "with")
    for t in range(TRIALS):
        at, error = sample["crossing"][t], 2.5 * sample["crossing_error"][t]
        assert growth(sample["rows"][t], 2, "with", at + error) > 0 > growth(sample["rows"][t], 2, "with", at - error)


def test_curvature_is_that_of_the_rows() -> None:
    sample = measured(Machine(), 5, 3, 2, "with")
    for t, rows in enumerate(sample["rows"]):
        hessian = sum(np.outer(a, a) for a in rows) / 5
        squares = np.array([a @ a for a in rows])
        values = np.linalg.eigvalsh(hessian)
        expected = {"trH": values.sum(), "F2": (values**2).sum(), "lam1": values[-1],
                    "quartic": np.mean(squares**2), "R": max(squares)}
        assert all(abs(sample[name][t] / value - 1) < 50 * EPS for name, value in expected.items())


def test_rows_have_the_declared_mean_square() -> None:
    """With an error rate of 1e-6: the mean of 4000 independent squares, of known variance."""
    equal = measured(Machine(), 4, 3, 1, "with", "equal")["rows"]
    assert np.max(np.abs(np.sum(equal**2, -1) - 3)) < 20 * EPS
    squares = np.sum(measured(Machine(), 4, 3, 1, "with", trials=1000)["rows"] ** 2, -1) / 3
    spread = np.sqrt((1.7**5 - 0.3**5) / 7 / ((1.7**3 - 0.3**3) / 4.2) ** 2 - 1)
    assert abs(np.mean(squares) - 1) < 4.9 * spread / np.sqrt(squares.size)


@pytest.mark.parametrize("B", [1, 3])
def test_a_chain_steps_along_the_mean_gradient_of_its_batch(machine: Machine, B: int) -> None:
    rng, chains = draws(Machine()), 5
    rows, weights, eta = rng.normal((2, 4, 3)), rng.normal((2, chains, 3)), np.array([0.1, 0.4])
    picks = rng.integers(4, (2, chains * B))
    after = machine.to_host(descend(*(machine.asarray(array) for array in (rows, weights, picks, eta))))
    for t, chain in itertools.product(range(2), range(chains)):
        batch, w = rows[t][picks[t, chain * B : (chain + 1) * B]], weights[t, chain]
        gradient = sum(a * (a @ w) for a in batch) / B
        assert np.max(np.abs(after[t, chain] - (w - eta[t] * gradient))) < 100 * EPS
        assert np.max(np.abs(after[t, chain] - (w - eta[t] * gradient * B / 2))) > 1e-6


@pytest.mark.parametrize(("B", "sampling"), [(1, "with"), (2, "with"), (2, "without"), (4, "without")])
def test_second_moment_is_unbiased(B: int, sampling: str) -> None:
    """With an error rate of 1e-6: the mean of 3000 trials of 64 chains, by its own standard error."""
    rng, eta = draws(Machine(), B), 0.25
    rows = np.broadcast_to(rng.normal((1, 4, 3)), (3000, 4, 3))
    sample = simulator.second_moment(rows, np.full(3000, eta), B, sampling, rng)
    assert within_error(sample, after_two_steps(rows[0], B, sampling, eta))
    assert not within_error(sample, after_two_steps(rows[0], B, sampling, 0.9 * eta))
    other = "without" if sampling == "with" else "with"
    assert B == 1 or not within_error(sample, after_two_steps(rows[0], B, other, eta))


def after_two_steps(rows: Array, B: int, sampling: str, eta: float) -> float:
    moves = steps(rows, B, sampling, eta)
    return sum(np.sum((second @ first) ** 2) for first in moves for second in moves) / len(moves) ** 2


def within_error(sample: Array, expected: float) -> bool:
    return abs(np.mean(sample) - expected) < 4.9 * np.std(sample) / np.sqrt(len(sample))


@pytest.mark.parametrize(("n", "d", "B", "sampling", "norms"),
                         [(5, 3, 2, "without", "free"), (3, 5, 2, "with", "equal"), (3, 1, 1, "with", "free")])
def test_every_backend_measures_the_same(machine: Machine, n: int, d: int, B: int, sampling: str, norms: str) -> None:
    sample, reference = (measured(where, n, d, B, sampling, norms) for where in (machine, Machine()))
    declared = {name: part for name, part in LinearisedSGD.parts.items() if isinstance(part, Observable | Drawn)}
    assert sample.keys() == declared.keys()
    for name, array in sample.items():
        assert array.shape == ((TRIALS, n, d) if name == "rows" else (TRIALS,))
        allowed: Any = reference.get(f"{name}_error", 1e3 * EPS * np.abs(reference[name]))
        assert name.endswith("_error") or np.all(np.abs(array - reference[name]) <= allowed)


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(BadInput, match="B=5 rows cannot be drawn without replacement from n=4"):
        measured(Machine(), 4, 2, 5, "without")

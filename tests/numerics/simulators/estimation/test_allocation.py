"""Errors of shared-out samples against means of numbers drawn one by one."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.estimation.allocation import allocation, counts
from numerics.streams import stream

NU = np.array([2.0, 1.0, 0.5])
TRIALS = 400


def one_by_one(numbers: np.ndarray, repeats: int) -> float:
    """The mean squared error over samples that are all drawn."""
    rng = np.random.default_rng(0)
    sums = [sum(nu * rng.standard_normal((repeats, int(n))).mean(1) for nu, n in zip(NU, numbers, strict=True))]
    return float(np.mean(np.square(sums)))


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_errors_are_those_of_means_of_numbers_and_not_of_other_shares(backend: str) -> None:
    rng, repeats = stream(Machine(backend), "allocation", seed=1), 25_600
    sample = allocation(N=28, nu=NU, trials=TRIALS, rng=rng)
    slack = 6 * 2 * (2 / repeats) ** 0.5  # six standard errors of a ratio of two mean squares: 2e-9
    for name, shares in (("by_size", NU), ("by_square", NU**2), ("alike", np.ones(3))):
        ratio = np.mean(rng.machine.to_host(sample[name])) / one_by_one(counts(28, shares), repeats)
        assert abs(ratio - 1) < slack
        assert abs(ratio * np.sum(NU**2 / counts(28, shares)) / (np.sum(NU) ** 2 / 40) - 1) > slack


def test_counts_are_whole_and_no_source_is_left_out() -> None:
    assert list(counts(28, NU)) == [16, 8, 4]
    assert list(counts(10, NU**4)) == [9, 1, 1]

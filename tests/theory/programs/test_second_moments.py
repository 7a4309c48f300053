"""The mean-square threshold for curvatures of any rank against the second-moment map, written out over all batches."""

import itertools
import math

import numpy as np
import pytest

from theory.programs.mean_square import batch_factor, stability_threshold
from theory.programs.second_moments import (
    frobenius_rate,
    necessary_rate,
    pencil_of_gram,
    sufficient_rate,
    trace_rate,
)  # fmt: skip

N, RANK, D = 4, 2, 3


def factors(seed: int, rank: int = RANK) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, rank, D)) * rng.uniform(0.3, 1.5, size=(N, 1, 1))


def radius(F: np.ndarray, eta: float, batch: int, sampling: str) -> float:
    """Spectral radius of S → E (I − ηH_b) S (I − ηH_b), from all batches."""
    H, eye = F.mT @ F, np.eye(D)
    every = (itertools.product(range(N), repeat=batch) if sampling == "with"
             else itertools.combinations(range(N), batch))  # fmt: skip
    steps = [eye - eta * H[list(chosen)].mean(0) for chosen in every]
    return float(np.abs(np.linalg.eigvals(np.mean([np.kron(step, step) for step in steps], axis=0))).max())


def threshold(F: np.ndarray, batch: int, sampling: str) -> float:
    rows = F.reshape(-1, D)
    pencil = pencil_of_gram(rows @ rows.T, F.shape[1], batch_factor(N, batch=batch, sampling=sampling))
    return 2 / np.linalg.eigvalsh(pencil.apply(np.eye(pencil.size)))[-1]


CASES = [(1, "with"), (2, "with"), (2, "without"), (3, "without")]


@pytest.mark.parametrize(("batch", "sampling"), CASES)
@pytest.mark.parametrize("seed", range(4))
def test_second_moments_neither_grow_nor_shrink_at_the_threshold(seed: int, batch: int, sampling: str) -> None:
    F = factors(seed)
    eta = threshold(F, batch, sampling)
    assert abs(radius(F, eta, batch, sampling) - 1) < 1e-9
    assert radius(F, 1.01 * eta, batch, sampling) > 1 + 1e-4
    assert radius(F, 0.99 * eta, batch, sampling) < 1 - 1e-6


@pytest.mark.parametrize(("batch", "sampling"), CASES)
def test_rank_one_is_the_threshold_of_rows(batch: int, sampling: str) -> None:
    F = factors(7, rank=1)
    (expected,), _ = stability_threshold(F[:, 0][None], batch=batch, sampling=sampling)
    assert abs(threshold(F, batch, sampling) / expected - 1) < 1e-9


@pytest.mark.parametrize(("batch", "sampling"), CASES)
def test_bounds_enclose_the_threshold(batch: int, sampling: str) -> None:
    for seed in range(40):
        F = factors(seed)
        H, c = F.mT @ F, batch_factor(N, batch=batch, sampling=sampling)
        mean = H.mean(0)
        trace, square, quartic = np.trace(mean), np.sum(mean**2), (H**2).sum((1, 2)).mean()
        eta, room = threshold(F, batch, sampling), 1 + 1e-9
        necessary = necessary_rate(trace, square, quartic, c)
        assert eta <= room * necessary <= room**2 * frobenius_rate(math.sqrt(square), c, RANK)
        assert eta <= room * trace_rate(trace, c, RANK)
        assert sufficient_rate(np.linalg.eigvalsh(mean)[-1], np.linalg.eigvalsh(H).max(), c) <= room * eta


def test_the_rank_is_needed_in_the_trace_bound() -> None:
    """Isotropic curvature of rank two in every sample: stable at batch size 1 up to 2/λ = 2·2/tr H."""
    F = np.broadcast_to(np.eye(2, D), (N, 2, D))
    assert threshold(F, 1, "with") == pytest.approx(trace_rate(2.0, 1.0, 2), rel=1e-12)
    assert threshold(F, 1, "with") > 1.5 * trace_rate(2.0, 1.0, 1)

"""The mean-square programs against their definition: the average over every batch that can be drawn."""

import itertools

import mpmath
import numpy as np
import pytest

from theory.errors import BadInput
from theory.programs.mean_square import Floats, second_moment_after, stability_threshold

EPS = np.finfo(float).eps
DRAWS = [(1, "with"), (2, "with"), (3, "with"), (1, "without"), (2, "without"), (3, "without"), (4, "without")]
SHAPES = [(4, 1), (4, 2), (5, 3), (4, 4), (4, 6)]


def designs(n: int, d: int, trials: int = 5) -> Floats:
    rng = np.random.default_rng([n, d])
    return rng.standard_normal((trials, n, d)) * rng.uniform(0.3, 1.7, (trials, n, 1))


def batches(n: int, batch: int, sampling: str) -> list[tuple[int, ...]]:
    every = itertools.product(range(n), repeat=batch) if sampling == "with" else itertools.combinations(range(n), batch)
    return list(every)


def steps(rows: Floats, batch: int, sampling: str, eta: float) -> list[Floats]:
    """I − η·H_b for every batch of one design, all equally likely."""
    n, d = rows.shape
    return [np.eye(d) - eta * rows[list(b)].T @ rows[list(b)] / batch for b in batches(n, batch, sampling)]


def radius(rows: Floats, batch: int, sampling: str, eta: float) -> float:
    """The factor by which the second moments of w in the span of the rows grow."""
    inside = rows @ np.linalg.svd(rows, full_matrices=False)[2].T
    moves = steps(inside, batch, sampling, eta)
    return float(np.linalg.eigvalsh(sum(np.kron(move, move) for move in moves) / len(moves))[-1])


def separates(rows: Floats, threshold: float, error: float, batch: int, sampling: str) -> bool:
    """Whether second moments shrink just below a learning rate and grow just above it."""
    gap = error + 1e-9 * threshold  # wide enough for the rounding of the radius to leave its side of 1 in no doubt
    return radius(rows, batch, sampling, threshold - gap) < 1 < radius(rows, batch, sampling, threshold + gap)


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize(("batch", "sampling"), DRAWS)
def test_second_moments_start_to_grow_at_the_threshold(n: int, d: int, batch: int, sampling: str) -> None:
    rows = designs(n, d)
    eta, error = stability_threshold(rows, batch=batch, sampling=sampling)
    assert np.all(error < 1e-9 * eta)
    assert all(separates(rows[t], eta[t], error[t], batch, sampling) for t in range(len(rows)))


@pytest.mark.parametrize("mistake", [
    lambda rows: stability_threshold(rows, batch=3, sampling="with"),  # c = 1/B without replacement
    lambda rows: stability_threshold(rows, batch=2, sampling="without"),
    lambda rows: [array / 2 for array in stability_threshold(rows, batch=3, sampling="without")],
    lambda rows: [array * 1.001 for array in stability_threshold(rows, batch=3, sampling="without")],
])
def test_a_wrong_threshold_does_not_separate(mistake) -> None:  # type: ignore[no-untyped-def]
    rows = designs(5, 3)
    eta, error = mistake(rows)
    assert not any(separates(rows[t], eta[t], error[t], 3, "without") for t in range(len(rows)))


def test_rows_of_equal_length_are_stable_up_to_two_over_the_trace() -> None:
    rows = designs(7, 3)
    rows *= 1.3 / np.linalg.norm(rows, axis=-1, keepdims=True)
    eta, error = stability_threshold(rows, batch=1, sampling="with")
    assert np.all(np.abs(eta - 2 / 1.3**2) <= error)


def test_the_full_batch_is_gradient_descent() -> None:
    rows = designs(5, 3)
    eta, error = stability_threshold(rows, batch=5, sampling="without")
    edge = 2 / np.linalg.eigvalsh(rows.mT @ rows / 5)[:, -1]
    assert np.all(np.abs(eta - edge) <= error + 15 * EPS * edge)


def test_rotating_and_embedding_the_rows_changes_nothing() -> None:
    rows = designs(4, 3)
    rotation = np.linalg.qr(np.random.default_rng(5).standard_normal((6, 6)))[0][:3]
    eta, error = stability_threshold(rows, batch=2, sampling="with")
    embedded, embedded_error = stability_threshold(rows @ rotation, batch=2, sampling="with")
    assert np.all(np.abs(eta - embedded) <= error + embedded_error)


def exact_threshold(rows: Floats, c: float) -> float:
    """2/λ_max of the pencil on symmetric 2×2 matrices, with 60 digits."""
    with mpmath.workdps(60):
        a = [[mpmath.mpf(float(entry)) for entry in row] for row in rows]
        n, root = len(a), mpmath.sqrt(2)
        moments = [[sum(row[p] * row[q] for row in a) / n for q in range(2)] for p in range(2)]
        H = mpmath.matrix(moments)
        entries = [[[1, 0], [0, 0]], [[0, 1 / root], [1 / root, 0]], [[0, 0], [0, 1]]]
        basis = [mpmath.matrix(square) for square in entries]
        energy = [[(mpmath.matrix([row]) * E * mpmath.matrix(row))[0] for E in basis] for row in a]

        def dot(X: mpmath.matrix, Y: mpmath.matrix) -> mpmath.mpf:
            return sum(X[p, q] * Y[p, q] for p in range(2) for q in range(2))

        C = mpmath.matrix(3, 3)
        D = mpmath.matrix(3, 3)
        for k, j in itertools.product(range(3), repeat=2):
            C[k, j] = dot(basis[k], H * basis[j] + basis[j] * H) / 2
            D[k, j] = (1 - c) * dot(basis[k], H * basis[j] * H) + c * sum(e[k] * e[j] for e in energy) / n
        inverse = mpmath.inverse(mpmath.cholesky(C))
        return float(2 / max(mpmath.eigsy(inverse * D * inverse.T, eigvals_only=True)))


@pytest.mark.parametrize("squeeze", [1.0, 1e-3, 1e-6])
def test_the_certificate_holds_for_ill_conditioned_rows(squeeze: float) -> None:
    rows = designs(5, 2) * np.array([1.0, squeeze])
    eta, error = stability_threshold(rows, batch=2, sampling="with")
    exact = np.array([exact_threshold(design, 0.5) for design in rows])
    assert np.all(np.abs(eta - exact) <= error)
    assert np.all(error <= 1e-13 / squeeze * eta)


def second_moment_by_enumeration(rows: Floats, batch: int, sampling: str, eta: float, count: int) -> float:
    moment = np.eye(rows.shape[1])
    moves = steps(rows, batch, sampling, eta)
    for _ in range(count):
        moment = sum(move @ moment @ move for move in moves) / len(moves)
    return float(np.trace(moment))


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize(("batch", "sampling"), DRAWS)
def test_second_moments_are_means_over_all_batches(n: int, d: int, batch: int, sampling: str) -> None:
    rows, eta = designs(n, d), np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    after = second_moment_after(rows, batch=batch, sampling=sampling, eta=eta, steps=3)
    expected = [second_moment_by_enumeration(rows[t], batch, sampling, eta[t], 3) for t in range(len(rows))]
    largest = d * (1 + eta * np.max(np.sum(rows**2, -1), -1)) ** 6  # bounds every term that is summed
    assert np.all(np.abs(after - expected) <= 100 * EPS * largest)
    other = "without" if sampling == "with" else "with"
    if batch > 1:  # one row is one row, put back or not
        swapped = second_moment_after(rows, batch=batch, sampling=other, eta=eta, steps=3)
        assert np.all(np.abs(swapped - expected) > 100 * EPS * largest)


def test_a_learning_rate_for_all_trials_is_one_for_each() -> None:
    rows = designs(4, 2)
    assert np.array_equal(second_moment_after(rows, batch=2, sampling="with", eta=0.1, steps=2),
                          second_moment_after(rows, batch=2, sampling="with", eta=np.full(5, 0.1), steps=2))


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(BadInput, match="batch of 5 without replacement from n=4"):
        stability_threshold(designs(4, 2), batch=5, sampling="without")

"""Resolvents from a tridiagonal form against inverses, and the risks that come from them where shifts are large."""

import numpy as np
import pytest

from numerics.regression import FLAT, ridge_risks
from numerics.resolvents import resolvents, tridiagonals

EPS = np.finfo(float).eps
SHIFTS = np.array([1e-3, 0.3, 5.0, 200.0])


def drawn(m: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(m)
    X = rng.normal(size=(4, m, 2 * m))
    return X @ X.swapaxes(-1, -2), rng.normal(size=(4, m))


@pytest.mark.parametrize("m", [1, 2, 7])
def test_resolvents_are_those_of_the_inverse(m: int) -> None:
    grams, vectors = drawn(m)
    found = resolvents(grams, vectors, SHIFTS)
    for t, (gram, v) in enumerate(zip(grams, vectors, strict=True)):
        for j, shift in enumerate(SHIFTS):
            R = np.linalg.inv(gram + shift * np.eye(m))
            wanted = np.array([v @ R @ v, v @ R @ R @ v, np.trace(R), np.trace(R @ R)])
            here = np.array([found.inner[t, j], found.inner_square[t, j], found.trace[t, j], found.trace_square[t, j]])
            room = 64 * m * EPS * np.linalg.cond(gram)
            assert np.all(np.abs(here / wanted - 1) < room)
            moved = resolvents(gram[None] * (1 + 1e-6), v[None], SHIFTS).inner[0, j]
            assert abs(moved / wanted[0] - 1) > room or shift > 100  # the twin: another matrix is told apart


def test_a_tridiagonal_form_has_the_spectrum_and_sees_the_vector_as_its_first_axis() -> None:
    grams, vectors = drawn(6)
    for gram, v, d, e in zip(grams, vectors, *tridiagonals(grams, vectors), strict=True):
        T, size = np.diag(d) + np.diag(e, 1) + np.diag(e, -1), np.linalg.norm(gram)
        assert np.all(np.abs(np.linalg.eigvalsh(T) - np.linalg.eigvalsh(gram)) < 64 * EPS * size)
        for power in (1, 2, 3):
            moment = v @ np.linalg.matrix_power(gram, power) @ v
            assert abs(np.linalg.matrix_power(T, power)[0, 0] * (v @ v) - moment) < 1e3 * EPS * size**power * (v @ v)


def test_a_vector_of_zeros_or_along_the_first_axis_does_no_harm() -> None:
    grams, _ = drawn(5)
    for v in (np.zeros(5), np.eye(5)[0], -np.eye(5)[0]):
        found = resolvents(grams, np.tile(v, (4, 1)), SHIFTS).inner
        wanted = [[v @ np.linalg.inv(gram + a * np.eye(5)) @ v for a in SHIFTS] for gram in grams]
        assert np.allclose(found, wanted, rtol=1e-9, atol=0)


@pytest.mark.parametrize("factor", [0.5, 2.0, 1e9])
@pytest.mark.parametrize("shape", [(6, 14), (14, 6)])
def test_a_variance_keeps_its_digits_under_any_penalty(shape: tuple[int, int], factor: float) -> None:
    """On both sides of the shift from which it is computed otherwise, and far beyond."""
    X = np.random.default_rng(0).normal(size=(1, *shape))
    penalty = factor * FLAT * np.sum(X**2) / min(shape) / shape[0]
    _, variance = ridge_risks(X, np.ones((1, shape[1])), penalties=[penalty])
    values = np.linalg.svd(X[0], compute_uv=False) ** 2
    wanted = np.sum(values / (values + shape[0] * penalty) ** 2)
    assert abs(variance[0, 0] / wanted - 1) < 1e4 * EPS

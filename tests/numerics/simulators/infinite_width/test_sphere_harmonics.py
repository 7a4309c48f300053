"""Harmonics on the sphere: orthogonal polynomials, and coefficients by sampling points and weights."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.infinite_width.sphere_harmonics import _angles, gegenbauer, kernel, sphere_harmonics
from numerics.streams import stream

EPS = np.finfo(float).eps


@pytest.mark.parametrize("d", [3, 4, 9])
def test_polynomials_are_one_at_one_and_orthogonal_in_their_own_dimension_only(d: int) -> None:
    cosine, weight = _angles(d)
    own, other = (np.array(gegenbauer(8, dimension, cosine)) for dimension in (d, d + 1))
    gram, wrong = ((rows * weight) @ rows.T for rows in (own, other))
    assert np.allclose(np.array(gegenbauer(8, d, np.ones(1))), 1, atol=64 * EPS)
    assert np.max(np.abs(gram - np.diag(np.diag(gram)))) <= 1e3 * EPS
    assert np.max(np.abs(wrong - np.diag(np.diag(wrong)))) > 1e3 * EPS


@pytest.mark.parametrize("d", [3, 7])
def test_coefficients_and_kernel_are_means_over_the_sphere(d: int) -> None:
    machine, trials = Machine(), 200_000
    rng = stream(machine, "sphere", seed=3)
    found = sphere_harmonics(d=d, j=1, trials=1, rng=rng)
    t = rng.unit((trials, d))[:, 0]
    polynomials = gegenbauer(3, d, t)
    for name, degree in (("zeroth", 0), ("first", 1), ("even", 2), ("odd", 3)):
        sampled = np.maximum(t, 0) * polynomials[degree]
        error = 6 * sampled.std() / trials**0.5
        assert abs(sampled.mean() - found[name][0]) <= error < abs(sampled.mean() - found[name][0] - 0.05)
    u, v = np.eye(d)[0], np.array([0.3, (1 - 0.09) ** 0.5] + [0.0] * (d - 2))
    w = rng.unit((trials, d))
    product = np.maximum(w @ u, 0) * np.maximum(w @ v, 0)
    assert abs(product.mean() - kernel(np.array([0.3]), d)[0]) <= 6 * product.std() / trials**0.5
    assert abs(product.mean() - kernel(np.array([0.5]), d)[0]) > 6 * product.std() / trials**0.5


def test_every_trial_is_the_same() -> None:
    found = sphere_harmonics(d=5, j=3, trials=4, rng=stream(Machine(), "sphere", seed=3))
    assert all(np.all(array == array[0]) and array.shape == (4,) for array in found.values())

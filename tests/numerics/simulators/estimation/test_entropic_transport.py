"""Sinkhorn's iteration between discretised normal laws, against brute force and the definition."""

import numpy as np
from scipy.special import xlogy

from numerics.arrays import Machine
from numerics.simulators.estimation.entropic_transport import (
    gaussian_coupling,
    normal_nodes,
    potentials,
    scalar_coupling,
    triangular,
)
from numerics.streams import Stream, stream


def rng(name: str) -> Stream:
    return stream(Machine(), name, seed=5)


def test_both_marginals_are_kept_and_one_half_of_the_iteration_keeps_only_one() -> None:
    a, b = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.1, 0.2, 0.1])
    exponent = 3 * rng("gain").normal((2, 3, 4))
    coupling = a[:, None] * b * np.exp(exponent + potentials(exponent, a, b))
    np.testing.assert_allclose(coupling.sum(axis=2), np.stack([a, a]), atol=1e-12)
    np.testing.assert_allclose(coupling.sum(axis=1), np.stack([b, b]), atol=1e-12)
    half = np.exp(exponent) * b
    half = a[:, None] * half / half.sum(axis=2, keepdims=True)
    assert not np.allclose(half.sum(axis=1), b)


def test_no_coupling_of_two_points_each_is_better_by_brute_force() -> None:
    a = np.array([0.5, 0.5])
    exponent = np.array([[0.9, 0.1], [-0.3, 0.4]])
    found = a[:, None] * a * np.exp(exponent + potentials(exponent, a, a))
    share = np.linspace(0, 0.5, 100_001)
    every = np.stack([share, 0.5 - share, 0.5 - share, share], axis=1)
    value = every @ exponent.reshape(4) - xlogy(every, every / 0.25).sum(axis=1)
    assert abs(share[np.argmax(value)] - found[0, 0]) <= 5e-6
    priced = every @ exponent.reshape(4) - 2 * xlogy(every, every / 0.25).sum(axis=1)
    assert abs(share[np.argmax(priced)] - found[0, 0]) > 1e-2


def test_nodes_integrate_the_moments_of_the_normal_law_and_three_of_them_not_the_eighth() -> None:
    root = triangular(rng("root").uniform((4, 2, 2)))
    points, weights = normal_nodes(root, 7)
    np.testing.assert_allclose(np.einsum("tmi,m,tmj->tij", points, weights, points), root @ root.swapaxes(1, 2))
    eighth = 105 * root[:, 0, 0] ** 8
    np.testing.assert_allclose(points[:, :, 0] ** 8 @ weights, eighth)
    few, light = normal_nodes(root, 3)
    assert not np.allclose(few[:, :, 0] ** 8 @ light, eighth)


def test_the_derivative_of_the_correlation_is_its_difference_in_the_gain_and_not_in_eps() -> None:
    values = {"sa": 1.2, "sb": 0.8, "A": 0.7, "eps": 0.5, "trials": 1, "rng": rng("none")}
    h = 1e-4
    up, down = (scalar_coupling(**(values | {"A": 0.7 + step}))["correlation"] for step in (h, -h))  # type: ignore[arg-type]
    growth = scalar_coupling(**values)["growth"]  # type: ignore[arg-type]
    np.testing.assert_allclose((up - down) / (2 * h), growth, rtol=1e-6)
    up, down = (scalar_coupling(**(values | {"eps": 0.5 + step}))["correlation"] for step in (h, -h))  # type: ignore[arg-type]
    assert not np.allclose((up - down) / (2 * h), growth, rtol=1e-1)


def test_the_supremum_is_above_the_value_of_other_couplings_and_is_their_own_for_the_same_gain() -> None:
    values = {"p": 2, "q": 2, "size": 0.5, "eps": 1.0, "trials": 16}
    own = gaussian_coupling(**values, second="own", rng=rng("own"))  # type: ignore[arg-type]
    assert np.all(own["other"] > own["value"] + own["tilted"] - own["gain"])
    same = gaussian_coupling(**values, second="same", rng=rng("own"))  # type: ignore[arg-type]
    assert np.all(np.abs(same["other"] - same["value"]) <= same["error"])
    assert np.all(np.abs(same["middle"] - same["value"]) <= same["error"])

"""The convex program of shallow ReLU networks: patterns by brute force, optima that are known, bounds that meet."""

import numpy as np
import pytest

from theory.programs.relu_duality import convex_optimum, patterns

X = np.eye(2)[None]
Y = np.array([[3.0, -4.0]])


def drawn(trials: int, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(trials)
    return rng.normal(size=(trials, n, d)), rng.normal(size=(trials, n))


@pytest.mark.parametrize(("n", "d"), [(4, 2), (6, 2), (5, 3), (2, 4)])
def test_random_directions_have_the_patterns_that_are_listed_and_no_other(n: int, d: int) -> None:
    points = np.linspace(1, 2, n)[:, None] ** np.arange(d) - np.linspace(0.3, 0.7, d)  # in general position
    directions = np.random.default_rng(0).normal(size=(200_000, d))
    seen = {tuple(row) for row in (directions @ points.T > 0)}
    listed = {tuple(row) for row in patterns(points).astype(bool)}
    assert seen <= listed
    assert len(listed - seen) <= len(listed) // 4  # thin cells are missed by directions, never by the list


def test_two_neurons_on_the_axes_have_the_loss_six() -> None:
    value, error = convex_optimum(X, Y, beta=1.0)  # outputs (2, 0) and (0, −3): ½(1 + 1) + 2 + 3
    assert abs(value[0] - 6) <= error[0] + 1e-12 and error[0] < 1e-9


def test_one_neuron_for_targets_of_one_sign_costs_their_length() -> None:
    value, error = convex_optimum(X, np.array([[3.0, 4.0]]), beta=1.0)
    assert abs(value[0] - 4.5) <= error[0] + 1e-12  # z = y/5, ½ + 4


def test_without_the_cones_the_value_is_below() -> None:
    loose, _ = convex_optimum(X, Y, beta=1.0, cones=False)
    length = 5.0  # any vector is DX(a): the group norm alone, zᵀy − ½‖z‖² at ‖z‖ = 1
    assert abs(loose[0] - (length - 0.5)) < 1e-9 and loose[0] < 6


def test_a_price_that_nobody_pays_leaves_the_zero_network() -> None:
    inputs, targets = drawn(3, 5, 2)
    value, _ = convex_optimum(inputs, targets, beta=100.0)
    np.testing.assert_allclose(value, np.sum(targets**2, axis=1) / 2, rtol=1e-9)


def test_the_bounds_meet_and_a_network_found_by_hand_is_above() -> None:
    inputs, targets = drawn(20, 6, 2)
    value, error = convex_optimum(inputs, targets, beta=0.2)
    assert np.all(error < 1e-8 * value)
    w = np.random.default_rng(1).normal(size=(2, 3))
    given = np.maximum(inputs @ w, 0)
    v = np.linalg.lstsq(given[0], targets[0], rcond=None)[0]
    loss = np.sum((given[0] @ v - targets[0]) ** 2) / 2 + 0.1 * (np.sum(w**2) + np.sum(v**2))
    assert loss > value[0]


def test_fewer_patterns_never_have_a_smaller_optimum() -> None:
    inputs, targets = drawn(20, 6, 2)
    every, _ = convex_optimum(inputs, targets, beta=0.2)
    half, error = convex_optimum(inputs, targets, beta=0.2, every=2)
    assert np.all(half >= every - error - 1e-9) and np.any(half > every * 1.001)

"""Dropout: enumerated masks against counts by hand and drawn ones, the minimiser against its neighbours."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.dropout import all_masks, arrived, descended, inverted_dropout, minimiser
from numerics.streams import stream


def test_masks_count_by_hand() -> None:
    masks, chance = all_masks(2, 0.25, stream(Machine(), "masks", seed=0))
    np.testing.assert_allclose(masks * 0.75, [[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_allclose(chance, [1 / 16, 3 / 16, 3 / 16, 9 / 16])
    assert not np.allclose(all_masks(2, 0.5, stream(Machine(), "masks", seed=0))[1], chance)


def test_the_minimiser_has_no_better_neighbour_and_another_point_has() -> None:
    rng, draws = np.random.default_rng(0), stream(Machine(), "dropout", seed=1)
    X, y = rng.normal(size=(1, 6, 2)), rng.normal(size=(1, 6))
    masks, chance = all_masks(2, 0.4, draws)

    def loss(w: np.ndarray) -> float:
        return sum(c * np.sum((y[0] - (X[0] * m) @ w) ** 2) for m, c in zip(masks, chance, strict=True))

    best = minimiser(X, y, masks, chance)[0][0]
    around = [best + 1e-3 * step for step in rng.normal(size=(50, 2))]
    assert all(loss(w) > loss(best) for w in around)
    assert any(loss(w) < loss(1.1 * best) for w in (best + 0.08 * best, best))


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_without_dropout_the_loss_is_that_of_the_data(backend: str) -> None:
    machine = Machine(backend)
    found = inverted_dropout(n=6, p=3, d=0.0, columns="unit", link="tanh", trials=4, rng=stream(machine, "d", seed=0))
    found = {name: machine.to_host(array) for name, array in found.items()}
    np.testing.assert_allclose(found["dropped"], found["kept"])
    for X, y, best in zip(found["X"], found["y"], found["minimiser"], strict=True):
        np.testing.assert_allclose(best, np.linalg.lstsq(X, y, rcond=None)[0])
        np.testing.assert_allclose(np.linalg.norm(X, axis=0), 1)
    dropped = inverted_dropout(n=6, p=3, d=0.3, columns="unit", link="tanh", trials=4, rng=stream(machine, "d", seed=0))
    assert not np.allclose(machine.to_host(dropped["dropped"]), found["kept"], rtol=1e-3)


def test_sgd_stays_at_an_interpolating_start_without_dropout_and_leaves_it_with_it() -> None:
    X, start = np.random.default_rng(2).normal(size=(3, 5, 2)), np.ones((3, 2))
    y, rng = X.sum(2), stream(Machine(), "sgd", seed=0)
    np.testing.assert_allclose(descended(X, y, start, 0.0, rng), start)
    assert not np.allclose(descended(X, y, start, 0.3, rng), start)


def test_without_dropout_sgd_forgets_its_start_and_with_it_ends_elsewhere() -> None:
    X, rng = np.random.default_rng(2).normal(size=(3, 5, 2)), stream(Machine(), "sgd", seed=0)
    np.testing.assert_allclose(arrived(X, X.sum(2), 0.0, rng), 1, rtol=1e-6)
    assert not np.allclose(arrived(X, X.sum(2), 0.3, rng), 1, rtol=1e-2)


def test_sgd_is_that_of_a_loop_by_hand_in_the_mean_and_not_that_of_another_rate() -> None:
    """From 0, where the weights are still on their way after 400 steps, so that the rate shows."""
    trials, n, p, d = 3000, 4, 2, 0.5
    rng = np.random.default_rng(3)
    X, y = np.tile(rng.normal(size=(1, n, p)), (trials, 1, 1)), np.tile(rng.normal(size=(1, n)), (trials, 1))
    found = descended(X, y, np.zeros((trials, p)), d, stream(Machine(), "loop", seed=0))
    for pace, same in ((0.05, True), (0.025, False)):
        w, total = np.zeros((trials, p)), np.zeros((trials, p))
        eta = pace * (1 - d) * n / np.sum(X[0] ** 2)
        for _ in range(400):
            rows = rng.integers(n, size=trials)
            x = X[0][rows] * (rng.random((trials, p)) >= d) / (1 - d)
            w = w + eta * (y[0][rows] - np.sum(w * x, axis=1))[:, None] * x
            total += w / 400
        noise = ((found.var(axis=0) + total.var(axis=0)) / trials) ** 0.5
        assert np.all(np.abs(found.mean(axis=0) - total.mean(axis=0)) < 5.3 * noise) == same

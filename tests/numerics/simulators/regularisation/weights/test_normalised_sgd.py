"""SGD on normalised weights against differences of its loss, and what a step must leave alone."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.weights.normalised_sgd import (
    drawn,
    loss_gradient,
    normalised_classifier,
    times_drawn,
)
from numerics.streams import Stream, stream

TRIALS, N, D = 3, 6, 4
AT = {"n": 10, "d": 4, "batch": 2, "eta": 0.3, "memory": 10, "flips": 0.2}


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "normalised", seed=2)


def loss(w: np.ndarray, inputs: np.ndarray, labels: np.ndarray, shares: np.ndarray, model: str) -> np.ndarray:
    length = np.linalg.norm(w, axis=1, keepdims=True) if model == "normalised" else 1
    outputs = np.einsum("tnd,td->tn", inputs, w / length)
    return np.sum(shares * np.log1p(np.exp(-labels * outputs)), axis=1)


@pytest.mark.parametrize("model", ["normalised", "plain"])
def test_the_gradient_is_that_of_the_loss_by_differences(model: str) -> None:
    rng = draws()
    inputs, labels = drawn(N, D, 0.3, TRIALS, rng)
    w, shares, h = rng.normal((TRIALS, D)), rng.uniform((TRIALS, N)), 1e-5
    found = loss_gradient(w, inputs, labels, shares, model)
    ends = [[loss(w + sign * e, inputs, labels, shares, model) for sign in (1, -1)] for e in h * np.eye(D)]
    slopes = [(above - below) / (2 * h) for above, below in ends]
    np.testing.assert_allclose(found, np.stack(slopes, axis=1), rtol=1e-6, atol=1e-8)
    along = np.abs(np.sum(found * w, axis=1))
    assert np.all(along < 1e-12) if model == "normalised" else np.any(along > 1e-2)


def test_a_batch_holds_its_number_of_samples_each_as_often_as_another() -> None:
    counts = times_drawn(5, 3, 20_000, draws())
    assert np.all(counts.sum(axis=1) == 3)
    spread = (3 * 0.2 * 0.8 / 20_000) ** 0.5
    assert np.all(np.abs(counts.mean(axis=0) - 0.6) < 5.3 * spread)  # by chance five times in ten million
    assert not np.all(counts <= 1)  # with replacement


def test_labels_are_the_signs_of_the_first_coordinate_but_for_the_flips() -> None:
    inputs, labels = drawn(N, D, 0.0, TRIALS, draws())
    assert np.all(labels == np.sign(inputs[:, :, 0]))
    inputs, labels = drawn(N, D, 1.0, TRIALS, draws())
    assert np.all(labels == -np.sign(inputs[:, :, 0]))


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_twins_learn_the_same_where_scale_does_not_matter_and_only_there(backend: str) -> None:
    def apart(model: str) -> np.ndarray:
        rng = draws(backend)
        return rng.machine.to_host(normalised_classifier(**AT, model=model, trials=TRIALS, rng=rng)["apart"])

    assert np.all(apart("normalised") < 1e-12)
    assert np.all(apart("plain") > 1e-3)

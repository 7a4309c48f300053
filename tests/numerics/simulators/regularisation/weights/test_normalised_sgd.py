"""SGD on normalised weights against a loop by hand, its labels, and twins."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.weights.normalised_sgd import AVERAGED, drawn, normalised_classifier
from numerics.streams import Stream, stream

TRIALS, N, D = 3, 6, 4
AT = {"n": 10, "d": 4, "batch": 2, "eta": 0.3, "memory": 10, "settling": 5, "flips": 0.2}
MEASURED = ("norm2", "norm4", "g4", "G2", "turning")


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "normalised", seed=2)


def gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray, model: str) -> np.ndarray:
    """Mean over the batch of one run, by differences of the loss.   Shapes: w (d,), x (batch, d), y (batch,)."""
    def loss(at: np.ndarray) -> float:
        length = np.linalg.norm(at) if model == "normalised" else 1
        return float(np.mean(np.log1p(np.exp(-y * (x @ at) / length))))

    h = 1e-5 * np.linalg.norm(w)
    return np.array([(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(len(w))])


def by_hand(rng: np.random.Generator, model: str, settling: int) -> list[float]:
    n, d, batch, eta, memory = (AT[name] for name in ("n", "d", "batch", "eta", "memory"))
    X = rng.normal(size=(n, d))
    Y = np.sign(X[:, 0]) * np.where(rng.random(n) < AT["flips"], -1, 1)
    w, found = rng.normal(size=d) / d**0.5, []
    for step in range((settling + AVERAGED) * memory):
        rows = rng.integers(n, size=batch)
        g = gradient(w, X[rows], Y[rows], model)
        after = (1 - 1 / memory) * w - eta * g
        if step >= settling * memory:
            r, s, cosine = w @ w, g @ g, w @ after / np.linalg.norm(w) / np.linalg.norm(after)
            found.append([r, r**2, s**2, r * s, -np.log(max(cosine, 2.3e-16))])
        w = after
    return list(np.mean(found, axis=0))


@pytest.mark.parametrize("model", ["normalised", "plain"])
def test_averages_are_those_of_a_loop_by_hand_in_the_mean_and_not_those_of_the_other_model(model: str) -> None:
    trials, rng = 40, np.random.default_rng(4)
    hand = np.array([by_hand(rng, model, AT["settling"]) for _ in range(trials)])

    def apart(other: str) -> np.ndarray:
        found = normalised_classifier(**AT, model=other, trials=4000, rng=draws())
        sample = np.stack([found[name] for name in MEASURED], axis=1)
        noise = (hand.var(axis=0, ddof=1) / trials + sample.var(axis=0, ddof=1) / len(sample)) ** 0.5
        return np.abs(hand.mean(axis=0) - sample.mean(axis=0)) / noise

    assert np.all(apart(model) < 6)  # Student with 39 degrees of freedom: 3e-6 for all five together
    assert np.any(apart("plain" if model == "normalised" else "normalised") > 6)


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

"""The batches of a step: which samples they hold, what noise they get, and who has the same."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.networks.models import Linear, Normalised
from numerics.streams import Stream, stream
from numerics.training.engine import Batches, Stopping, train
from numerics.training.optimisers import GradientDescent

EPS = np.finfo(float).eps
ROUNDING = 1e4 * EPS
N, D = 6, 3


def draws(name: str, backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "batch tests", name, seed=0)


@pytest.mark.parametrize(("sampling", "batches"), [("with", 16), ("without", 12), ("epochs", 12)])
@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_a_step_is_that_of_one_of_the_possible_batches_and_all_of_them_occur(
    sampling: str, batches: int, backend: str
) -> None:
    """Ordered pairs of 4 samples, 16 with replacement and 12 without, against a loop over them by hand."""
    machine, rng = Machine(backend), np.random.default_rng(3)
    x, y, w = rng.normal(size=(4, D)), rng.normal(size=4), rng.normal(size=D)
    pairs = [(i, j) for i in range(4) for j in range(4) if sampling == "with" or i != j]
    moves = np.array([w - 0.1 * sum((x[k] @ w - y[k]) * x[k] for k in pair) / 2 for pair in pairs])
    found = train(Linear(), (machine.asarray(np.tile(w, (2000, 1))),), machine.asarray(x[None]),
                  machine.asarray(y[None]), GradientDescent(0.1), Stopping(1), draws(sampling, backend),
                  batches=Batches(2, sampling))  # fmt: skip
    apart = np.abs(machine.to_host(found.parameters[0])[:, None, :] - moves[None]).max(axis=2)
    assert np.all(apart.min(axis=1) < ROUNDING)
    counts = np.bincount(apart.argmin(axis=1), minlength=len(pairs))
    shares = {pair: sum(counts[at] for at, one in enumerate(pairs) if set(one) == set(pair)) for pair in pairs}
    for pair, count in shares.items():  # a step does not tell the order of a pair
        share = (1 if pair[0] == pair[1] else 2) / batches
        assert abs(count - 2000 * share) < 6 * (2000 * share * (1 - share)) ** 0.5
    whole = w - 0.1 * (x @ w - y) @ x / 4  # the twin: no step is that of all samples
    assert np.min(np.abs(machine.to_host(found.parameters[0]) - whole).max(axis=1)) > ROUNDING


def test_batches_without_replacement_are_drawn_afresh_in_every_step() -> None:
    """Two steps of three samples of four: in epochs the second would begin a new order, and a sample be left out."""
    x, y = np.ones((1, 4, 1)), 10.0 ** np.arange(4)[None]
    first, both = (train(Linear(), (np.zeros((400, 1)),), x, y, GradientDescent(1e-9), Stopping(steps),
                         draws("afresh"), batches=Batches(3, "without")).parameters[0] for steps in (1, 2))
    one, two = (np.round(3e9 * part) for part in (first[:, 0], both[:, 0] - first[:, 0]))
    left_out = [1111 - one, 1111 - two]
    assert set(left_out[0]) == set(left_out[1]) == {1, 10, 100, 1000}
    again = np.sum(left_out[0] == left_out[1])
    assert abs(again - 100) < 6 * (400 / 4 * 3 / 4) ** 0.5  # independent: the same in a quarter of the runs


def test_each_sample_is_used_once_in_an_epoch() -> None:
    """Descent on w·1 with targets apart: the sum of the steps of an epoch at tiny η is that of all samples."""
    x, y = np.ones((1, N, 1)), 2.0 ** np.arange(N)[None]
    start = (np.zeros((50, 1)),)
    found = train(Linear(), start, x, y, GradientDescent(1e-9), Stopping(N, N), draws("epoch"),
                  batches=Batches(1, "epochs"))  # fmt: skip
    assert np.max(np.abs(found.parameters[0] / (1e-9 * y.sum()) - 1)) < 1e-6
    other = train(Linear(), start, x, y, GradientDescent(1e-9), Stopping(N, N), draws("epoch"), batches=Batches(1))
    assert np.max(np.abs(other.parameters[0] / (1e-9 * y.sum()) - 1)) > 1e-2


def test_label_noise_has_the_variance_asked_for() -> None:
    """One step at w = 0, x = 1: w₊ = η(y + noise)."""
    found = train(Linear(), (np.zeros((4000, 1)),), np.ones((1, 1, 1)), np.zeros((1, 1)), GradientDescent(1.0),
                  Stopping(1), draws("noise"), batches=Batches(label_noise=0.5))  # fmt: skip
    share = np.sum((found.parameters[0] / 0.5) ** 2) / 4000
    assert abs(share - 1) < 6 * (2 / 4000) ** 0.5


def test_dropout_drops_the_share_asked_for_and_keeps_the_mean() -> None:
    """One step from 0 on y = 1: w₊ = η x̃, for each feature alone."""
    x, y, lost = np.ones((1, 1, 2)), np.ones((1, 1)), 0.3
    (w,) = train(Linear(), (np.zeros((8000, 2)),), x, y, GradientDescent(1.0), Stopping(1), draws("dropout"),
                 batches=Batches(dropout=lost)).parameters  # fmt: skip
    kept = w > 0
    assert np.max(np.abs(w[kept] - 1 / (1 - lost))) < ROUNDING
    spread = (lost * (1 - lost) / 8000) ** 0.5
    assert np.all(np.abs(kept.mean(axis=0) - (1 - lost)) < 6 * spread)
    both = np.mean(kept[:, 0] & kept[:, 1])  # features are dropped independently, or this would be 1 − lost
    assert abs(both - (1 - lost) ** 2) < 6 * (0.25 / 8000) ** 0.5


def test_runs_of_one_stream_have_the_same_batches() -> None:
    """Weights whose scale does not matter: at twice the size and four times the rate they turn alike."""
    rng = np.random.default_rng(1)
    w, x, y = rng.normal(size=(4, D)), rng.normal(size=(4, N, D)), rng.normal(size=(4, N))
    ends = [train(Normalised(Linear()), (scale * w,), x, y, GradientDescent(scale**2 * 0.1), Stopping(40), draws(name),
                  batches=Batches(2))
            for scale, name in ((1, "twins"), (2, "twins"), (2, "others"))]  # fmt: skip
    one, twin, other = (end.parameters[0] / np.linalg.norm(end.parameters[0], axis=1, keepdims=True) for end in ends)
    assert np.max(np.abs(one - twin)) < ROUNDING
    assert np.all(np.abs(one - other).max(axis=1) > 1e-3)

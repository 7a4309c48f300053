"""Rows of a data set drawn afresh in every trial, and coordinates without correlation."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.data import principal_axes, subsample
from numerics.streams import stream
from theory.errors import BadInput

DATA = {"X": np.arange(14.0).reshape(7, 2), "y": 2 * np.arange(7)}
HOST = Machine()


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize("repeat", [False, True])
def test_rows_stay_together_and_every_trial_has_its_own(backend: str, repeat: bool) -> None:
    machine = Machine(backend)
    found = subsample(DATA, 5, stream(machine, "rows", seed=0), trials=400, repeat=repeat)
    X, y = (machine.to_host(found[name]) for name in ("X", "y"))
    assert X.shape == (400, 5, 2) and y.shape == (400, 5)
    assert np.array_equal(X[..., 0], y) and np.array_equal(X[..., 1], y + 1)
    distinct = np.array([len(set(row)) for row in y.tolist()])
    assert np.all(distinct == 5) if not repeat else np.any(distinct < 5)
    assert len({tuple(row) for row in y.tolist()}) > 100


def test_without_trials_there_is_one_set_of_rows_and_all_of_them_are_a_permutation() -> None:
    found = subsample(DATA, 7, stream(HOST, "rows", seed=0))
    assert found["X"].shape == (7, 2) and sorted(found["y"]) == sorted(DATA["y"])


def test_every_row_is_as_likely() -> None:
    """Twin: rows of a sorted head would not be."""
    y = subsample(DATA, 3, stream(HOST, "shares", seed=0), trials=20_000)["y"]
    shares = np.bincount(y.ravel() // 2, minlength=7) / y.size
    room = 5 * np.sqrt(3 / 7 * 4 / 7 / 20_000) / 3  # five standard errors
    assert np.all(np.abs(shares - 1 / 7) < room)
    assert not np.all(np.abs(np.bincount(DATA["y"][:3] // 2, minlength=7) / 3 - 1 / 7) < room)


@pytest.mark.parametrize(
    ("data", "n", "says"),
    [
        (DATA, 8, "n=8 of 7 rows"),
        ({**DATA, "z": np.ones(6)}, 3, "z 6"),
        ({"X": np.array(3.0)}, 1, "no rows"),
        ({}, 1, "no array"),
    ],
)
def test_too_few_rows_are_refused_in_one_line(data: dict[str, np.ndarray], n: int, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        subsample(data, n, stream(HOST, "rows", seed=0), trials=2)


def test_more_rows_than_there_are_can_be_drawn_independently() -> None:
    assert subsample(DATA, 30, stream(HOST, "rows", seed=0), trials=2, repeat=True)["X"].shape == (2, 30, 2)


def test_principal_axes_are_uncorrelated_and_keep_all_distances() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5)) + 3
    inputs = np.hstack([inputs, inputs[:, :1] - inputs[:, 1:2], np.ones((40, 1))])  # two directions add nothing
    turned, spectrum = principal_axes(inputs)
    assert turned.shape == (40, 5) and np.all(np.diff(spectrum) < 0)
    rounding = 1e-13 * spectrum[0]
    assert np.all(np.abs(turned.T @ turned / 40 - np.diag(spectrum)) < rounding)
    assert np.all(np.abs(turned.mean(axis=0)) < rounding)
    apart = [np.sum((rows[:, None] - rows[None]) ** 2, axis=-1) for rows in (inputs, turned)]
    assert np.all(np.abs(apart[0] - apart[1]) < 100 * rounding)
    assert np.abs(np.cov(inputs.T)[0, 1]) > 1e3 * rounding  # the twin: as they came they are correlated


@pytest.mark.parametrize("inputs", [np.ones((4, 3)), np.ones(4), np.array([[np.nan, 1.0], [0.0, 1.0]])])
def test_what_has_no_axes_is_refused(inputs: np.ndarray) -> None:
    with pytest.raises(BadInput, match="principal_axes"):
        principal_axes(inputs)

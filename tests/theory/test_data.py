"""A user's data: read from where they are, known by their content, refused in one line where they do not fit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from theory.data import Data
from theory.errors import OutsideDomain

X, y = np.arange(6.0).reshape(3, 2), np.array([0, 1, 1])


def named(data: Data) -> Data:
    data.name = "data"
    return data


def test_a_file_a_function_and_arrays_are_the_same_data(tmp_path: Path) -> None:
    np.savez(tmp_path / "held.npz", X=X, y=y)
    ways = [Data(tmp_path / "held.npz"), Data(lambda: {"X": X, "y": y}), Data({"X": X, "y": y})]
    assert len({named(one).digest() for one in ways}) == 1
    np.save(tmp_path / "alone.npy", X)
    assert np.array_equal(named(Data(str(tmp_path / "alone.npy"))).load()["X"], X)


def test_data_are_known_by_their_content() -> None:
    here, there = ({"X": np.arange(3.0)}, {"X": np.arange(3.0) + 1})
    assert named(Data(here)).digest() == named(Data(dict(here))).digest() != named(Data(there)).digest()
    assert named(Data({"Z": here["X"]})).digest() != named(Data(here)).digest()


def test_a_simulator_cannot_change_the_data_of_the_next_block() -> None:
    data = named(Data(lambda: {"X": X.copy()}))
    data.load()["X"][:] = 7
    assert np.array_equal(data.load()["X"], X)


AXES: dict[str, Any] = {"X": ("rows", "features"), "y": ("rows",)}


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"X": X}, "no y"),
        ({"X": X[:2], "y": y}, "y has 3 rows and X has 2"),
        ({"X": X.ravel(), "y": y}, "X has shape (6,)"),
        ({"X": X[:0], "y": y[:0]}, "at least 1 long"),
        ({"X": np.where(X > 4, np.nan, X), "y": y}, "X holds values that are not finite"),
        ({"X": X, "y": np.array(["a", "b", "c"])}, "y (<U1) holds no real numbers"),
        ({"X": X + 1j, "y": y}, "X (complex128) holds no real numbers"),
        ({"X": np.array([object()]), "y": y}, "X (object) holds no real numbers"),
        ({}, "not arrays by name"),
        ([X, y], "gives list, not arrays by name"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_one_line(arrays: Any, says: str) -> None:
    named(Data({"X": X, "y": y}, **AXES)).load()
    for source in (arrays, lambda: arrays):
        with pytest.raises(OutsideDomain) as fault:
            named(Data(source, **AXES)).load()
        assert says in str(fault.value) and "\n" not in str(fault.value)


def pickled(path: Path) -> None:
    np.save(path.with_suffix(".npy"), np.array([{}]), allow_pickle=True)
    path.with_suffix(".npy").rename(path)


@pytest.mark.parametrize(
    "write",
    [lambda path: None, lambda path: path.write_text("1, 2"), lambda path: path.write_bytes(b""), lambda p: p.mkdir(),
     lambda path: path.write_bytes(b"PK\x03\x04 torn"), pickled],
)  # fmt: skip
def test_a_file_that_holds_no_arrays_is_refused_in_one_line(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    write(tmp_path / "my.npz")
    with pytest.raises(OutsideDomain, match=r"my\.npz") as fault:
        named(Data(tmp_path / "my.npz")).load()
    assert "\n" not in str(fault.value)


def test_a_function_without_a_seed_is_refused() -> None:
    """A worker would see other data than the process that judges."""
    rng = np.random.default_rng()
    with pytest.raises(OutsideDomain, match="other arrays the second time"):
        named(Data(lambda: {"X": rng.normal(size=3)})).load()
    named(Data(lambda: {"X": np.random.default_rng(0).normal(size=3)})).load()

"""A data set of the user as a parameter of a setting."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np

from theory.domain import Domain
from theory.errors import OutsideDomain

Source: TypeAlias = str | Path | Mapping[str, Any] | Callable[[], Mapping[str, Any]]


class Data(Domain):
    """A data set of the user: a file .npz or .npy, arrays by name, or a function that returns these.

    It is identified by its content. Names of axes may be declared, and then what is there must fit:
    `Data("my.npz", X=("samples", "features"), y=("samples",))`. The one array of an .npy file is called X.
    """

    def __init__(self, source: Source, **axes: tuple[str, ...]) -> None:
        self.source, self.axes = source, axes
        self._made: Any = None

    def load(self) -> dict[str, np.ndarray]:
        """The arrays.   Raises OutsideDomain where they cannot be read, are no finite numbers, or do not fit."""
        arrays = self._read()
        if not isinstance(arrays, Mapping) or not arrays:
            raise OutsideDomain(f"{self.name}: the source gives {type(arrays).__name__}, not arrays by name; "
                                'return {"X": …}')  # fmt: skip
        arrays = {key: np.array(array) for key, array in arrays.items()}
        odd = [f"{key} ({array.dtype})" for key, array in arrays.items() if array.dtype.kind not in "biuf"]
        if odd:
            raise OutsideDomain(f"{self.name}: {', '.join(odd)} holds no real numbers; give numbers, for labels "
                                "too")  # fmt: skip
        bad = [key for key, array in arrays.items() if not np.all(np.isfinite(array))]
        if bad:
            raise OutsideDomain(f"{self.name}: {', '.join(bad)} holds values that are not finite; clean the data first")
        self._require_axes(arrays)
        return arrays

    def _read(self) -> Any:
        if not isinstance(self.source, str | Path):
            return self._given(self.source)
        path = Path(self.source)
        if not path.is_file():
            raise OutsideDomain(f"{self.name}: there is no file {path}; give the path of an .npz or .npy file")
        try:
            with path.open("rb") as file:
                stored = np.load(file, allow_pickle=False)
                return {"X": stored} if isinstance(stored, np.ndarray) else {key: stored[key] for key in stored.files}
        except (ValueError, OSError, EOFError, BadZipFile) as fault:
            raise OutsideDomain(f"{self.name}: {path} holds no plain arrays ({str(fault).splitlines()[0]}); "
                                "write it by np.savez(path, X=X, y=y)") from fault  # fmt: skip

    def _given(self, source: Any) -> Mapping[str, Any]:
        """Arrays, or what a function makes: asked twice once, for a worker that asks must get the same."""
        if not callable(source):
            return source
        if self._made is None:
            made: Callable[[], Any] = source
            first = made()
            if isinstance(first, Mapping) and _seal(first) != _seal(made()):
                raise OutsideDomain(f"{self.name}: {getattr(source, '__name__', 'its function')} gives other arrays "
                                    "the second time; fix its seed, or save the data to a file")  # fmt: skip
            self._made = first
        return self._made

    def _require_axes(self, arrays: Mapping[str, np.ndarray]) -> None:
        lacking = [key for key in self.axes if key not in arrays]
        if lacking:
            raise OutsideDomain(f"{self.name} holds {', '.join(arrays)}, but no {', '.join(lacking)}; name it so")
        known: dict[str, tuple[str, int]] = {}
        for key, axes in self.axes.items():
            shape = arrays[key].shape
            if len(shape) != len(axes) or 0 in shape:
                raise OutsideDomain(f"{self.name}: {key} has shape {shape}, but ({', '.join(axes)}) is declared, each "
                                    "axis at least 1 long; reshape it")  # fmt: skip
            for axis, length in zip(axes, shape, strict=True):
                other, there = known.setdefault(axis, (key, length))
                if there != length:
                    raise OutsideDomain(f"{self.name}: {key} has {length} {axis} and {other} has {there}; "
                                        "give as many of both")  # fmt: skip

    def digest(self) -> str:
        """SHA-256 of the content, so that changed data never meets a stored sample."""
        return _seal(self.load())

    def fault(self, value: Any) -> str:
        return "" if isinstance(value, str) and value == "data" else "the data set is fixed by the setting"

    def draw(self, rng: np.random.Generator) -> str:
        return "data"

    def __str__(self) -> str:
        return f"the data set {self.source if isinstance(self.source, (str, Path)) else 'of the setting'}"


def _seal(arrays: Mapping[str, Any]) -> str:
    seal = hashlib.sha256()
    for key, array in sorted((key, np.asarray(array)) for key, array in arrays.items()):
        seal.update(f"{key}{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return seal.hexdigest()

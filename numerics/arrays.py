"""Array namespace, device and precision of a run; the only file that imports an optional array library."""

import functools
import importlib
import importlib.util
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace, to_device
from array_api_compat import device as device_of

from theory.errors import DeviceMissing

__all__ = ["Array", "Machine", "device_of", "devices", "installed", "namespace", "with_rows"]

Array: TypeAlias = Any

LIBRARIES = {"numpy": "numpy", "torch": "torch", "cupy": "cupy", "strict": "array_api_strict"}
PRECISIONS = ("float64", "float32")


_spaces: dict[type, Any] = {}


def namespace(*arrays: Array) -> Any:
    """The array-API namespace of the arrays: `array_namespace`, which small operations wait for, once for each type."""
    kind = type(arrays[0])
    if kind in _spaces and all(type(array) is kind for array in arrays):
        return _spaces[kind]
    found = array_namespace(*arrays)
    if all(type(array) is kind for array in arrays):
        _spaces[kind] = found
    return found


@dataclass(frozen=True)
class Machine:
    """Where a run computes. The device is the backend's own first one ("cuda" for cupy, else "cpu") unless it is named.

    `drawn`: the precision in which random numbers are drawn before they are converted, the run's own unless named.
    Raises DeviceMissing for a backend, device or precision that is not there. The backend "strict" serves tests.
    """

    backend: str = "numpy"
    device: str = ""
    precision: str = "float64"
    drawn: str = ""

    def __post_init__(self) -> None:
        if self.backend not in installed():
            raise DeviceMissing(f"backend {self.backend!r} is not installed; available: {', '.join(installed())}")
        there = devices(self.backend)
        if not self.device:
            object.__setattr__(self, "device", "cuda" if self.backend == "cupy" else "cpu")
        if self.device not in there:
            raise DeviceMissing(
                f"backend {self.backend!r} has no device {self.device!r} here; available: {', '.join(there) or 'none'}"
            )
        if not self.drawn:
            object.__setattr__(self, "drawn", self.precision)
        for precision in (self.precision, self.drawn):
            if precision not in PRECISIONS:
                raise DeviceMissing(f"precision {precision!r} is unknown; available: {', '.join(PRECISIONS)}")

    def at(self, precision: str, drawn: str = "") -> "Machine":
        """The same machine in another precision; with `drawn`, on numbers drawn in that one."""
        return Machine(self.backend, self.device, precision, drawn)

    @property
    def library(self) -> ModuleType:
        """The backend's own library, for what the array API lacks."""
        return importlib.import_module(LIBRARIES[self.backend])

    @property
    def xp(self) -> Any:
        """The array-API namespace of the run."""
        return _namespace(self.backend)

    @property
    def dtype(self) -> Any:
        """The floating type of the run, in its namespace."""
        return getattr(self.xp, self.precision)

    @property
    def place(self) -> Any:
        """The device as the namespace's functions take it: `xp.zeros(shape, dtype=m.dtype, device=m.place)`."""
        if self.backend == "strict":
            return self.library.Device("CPU_DEVICE" if self.device == "cpu" else self.device)
        if self.backend == "cupy":
            return self.library.cuda.Device(int(self.device.partition(":")[2] or 0))
        return self.device

    def asarray(self, host: Any) -> Array:
        """The run's own copy of a host array: floats in the run's precision, integers as int64."""
        kind = np.asarray(host).dtype.kind
        complex_type = "complex128" if self.precision == "float64" else "complex64"
        dtype = {"f": self.precision, "c": complex_type, "i": "int64", "u": "int64", "b": "bool"}.get(kind)
        if dtype is None:
            raise TypeError(f"an array of numbers is needed, not of {np.asarray(host).dtype}")
        return self.xp.asarray(np.array(host, dtype=dtype, order="C"), device=self.place)

    def to_host(self, array: Array) -> np.ndarray:
        """The NumPy array that holds the same numbers; gradients are cut."""
        if self.backend == "torch" and isinstance(array, self.library.Tensor):
            return array.numpy(force=True)
        if self.backend == "cupy":
            return self.library.asnumpy(array)
        if self.backend == "strict":
            array = to_device(array, self.library.Device("CPU_DEVICE"))
        return np.asarray(array)


@functools.cache
def _namespace(backend: str) -> Any:
    return importlib.import_module(LIBRARIES[backend] if backend == "strict" else f"array_api_compat.{backend}")


def with_rows(old: Array, chosen: Array, new: Array) -> Array:
    """`old` with its chosen rows replaced by those of `new`, in order.   Shapes: (n, …), (n,) bool, (k, …)."""
    xp, rows = namespace(old), old.shape[0]
    count = xp.cumulative_sum(xp.astype(chosen, xp.int64))
    own = xp.arange(rows, dtype=xp.int64, device=device_of(old))
    return xp.take(xp.concat([old, new]), xp.where(chosen, rows - 1 + count, own), axis=0)


@functools.cache
def installed() -> tuple[str, ...]:
    """Backends whose library is installed; imports none of them."""
    return tuple(name for name, library in LIBRARIES.items() if importlib.util.find_spec(library))


@functools.cache
def devices(backend: str) -> tuple[str, ...]:
    """Devices that an installed backend has on this computer."""
    if backend == "numpy":
        return ("cpu",)
    if backend == "strict":
        return ("cpu", "device1", "device2")
    library = importlib.import_module(LIBRARIES[backend])
    count = library.cuda.device_count() if backend == "torch" else _cupy_count(library)
    cuda = ("cuda", *(f"cuda:{index}" for index in range(count))) if count else ()
    return ("cpu", *cuda) if backend == "torch" else cuda


def _cupy_count(library: ModuleType) -> int:
    return library.cuda.runtime.getDeviceCount() if library.cuda.is_available() else 0

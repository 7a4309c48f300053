"""Independent, named, replayable random streams in the arrays of a run.

The seed of a stream is SHA-256 of (seed, name). Arrays in host memory are drawn by NumPy's Philox with a 128-bit key,
whatever their library, so NumPy and Torch on the CPU see the same numbers; those of a GPU are drawn there by Philox
with a 64-bit seed. Torch's CPU generator and cupy.random.Generator keep only 32 bits of a seed: after 10⁵ streams two
would be equal.
"""

import operator
from typing import Any, Protocol, TypeAlias

import numpy as np

from numerics.arrays import Array, Machine
from numerics.sources import digest_of

Shape: TypeAlias = int | tuple[int, ...]


class _Draws(Protocol):
    def normal(self, shape: Shape) -> Array: ...

    def uniform(self, shape: Shape, precision: str) -> Array: ...


class Stream:
    """Random arrays in the run's namespace, device and precision; integers are int64."""

    def __init__(self, machine: Machine, name: tuple[str | int, ...], seed: int) -> None:
        self.machine = machine
        self.name = tuple(part if isinstance(part, str) else operator.index(part) for part in name)
        self.seed = operator.index(seed)
        key = int(digest_of([self.seed, *self.name]), 16)
        self._draws = _draws(machine if machine.drawn == machine.precision else machine.at(machine.drawn), key)

    @property
    def xp(self) -> Any:
        return self.machine.xp

    def child(self, *name: str | int) -> "Stream":
        """The stream named (*this name, *name); it does not depend on what was drawn here."""
        return Stream(self.machine, (*self.name, *name), self.seed)

    def asarray(self, host: Any) -> Array:
        return self.machine.asarray(host)

    def normal(self, shape: Shape) -> Array:
        """Standard normal numbers."""
        return self._cast(self._draws.normal(shape))

    def uniform(self, shape: Shape) -> Array:
        """Uniform on [0, 1)."""
        return self._cast(self._draws.uniform(shape, self.machine.drawn))

    def exponential(self, shape: Shape) -> Array:
        """Exponential numbers of mean 1."""
        return self._cast(-self.xp.log1p(-self._fine(shape)))

    def integers(self, high: int, shape: Shape) -> Array:
        """Uniform on 0 … high − 1, to within high/2⁵³."""
        return self.xp.astype(self.xp.floor(self._fine(shape) * float(high)), self.xp.int64)

    def signs(self, shape: Shape) -> Array:
        """−1 or 1, each with probability one half."""
        return self._cast(2.0 * self.xp.floor(2.0 * self._fine(shape)) - 1.0)

    def unit(self, shape: Shape) -> Array:
        """Uniform directions: points of the unit sphere of the last axis."""
        points = self.normal(shape)
        return points / self.xp.linalg.vector_norm(points, axis=-1, keepdims=True)

    def permutation(self, n: int, trials: int) -> Array:
        """Uniform permutations of 0 … n − 1.   Shapes: -> (trials, n)."""
        return self.xp.argsort(self._fine((trials, n)), axis=-1)

    def _fine(self, shape: Shape) -> Array:
        """Uniform numbers with 53 bits, whatever the run's precision: counts and tails need them."""
        return self._draws.uniform(shape, "float64")

    def _cast(self, array: Array) -> Array:
        return self.xp.astype(array, self.machine.dtype, copy=False)


def stream(machine: Machine, *name: str | int, seed: int) -> Stream:
    """The random stream of that name: same seed, name and machine, same bits."""
    return Stream(machine, name, seed)


def _draws(machine: Machine, key: int) -> _Draws:
    if machine.backend == "cupy":
        return _CupyDraws(machine, key)
    if machine.device.startswith("cuda"):
        return _TorchDraws(machine, key)
    return _HostDraws(machine, key)


class _HostDraws:
    def __init__(self, machine: Machine, key: int) -> None:
        self.machine = machine
        self.generator = np.random.Generator(np.random.Philox(key=key % 2**128))

    def normal(self, shape: Shape) -> Array:
        return self._move(self.generator.standard_normal(shape, dtype=np.dtype(self.machine.precision)))

    def uniform(self, shape: Shape, precision: str) -> Array:
        return self._move(self.generator.random(shape, dtype=np.dtype(precision)))

    def _move(self, drawn: np.ndarray) -> Array:
        return self.machine.xp.asarray(drawn, device=self.machine.place)


class _TorchDraws:
    def __init__(self, machine: Machine, key: int) -> None:
        self.machine = machine
        self.generator = machine.library.Generator(device=machine.place).manual_seed(key % 2**64)

    def normal(self, shape: Shape) -> Array:
        return self.machine.library.randn(shape, **self._like(self.machine.precision))

    def uniform(self, shape: Shape, precision: str) -> Array:
        return self.machine.library.rand(shape, **self._like(precision))

    def _like(self, precision: str) -> dict[str, Any]:
        dtype = getattr(self.machine.xp, precision)
        return {"generator": self.generator, "dtype": dtype, "device": self.machine.place}


class _CupyDraws:
    def __init__(self, machine: Machine, key: int) -> None:
        self.machine = machine
        philox = machine.library.cuda.curand.CURAND_RNG_PSEUDO_PHILOX4_32_10
        with machine.place:
            self.generator = machine.library.random.RandomState(key % 2**64, method=philox)

    def normal(self, shape: Shape) -> Array:
        with self.machine.place:
            return self.generator.standard_normal(shape, dtype=self.machine.precision)

    def uniform(self, shape: Shape, precision: str) -> Array:
        with self.machine.place:
            return self.generator.random_sample(shape, dtype=precision)

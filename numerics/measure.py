"""Measuring: blocks of trials from the store, or computed on one or several cores and kept as soon as they are done."""

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from numerics.arrays import Machine
from numerics.simulator import Simulator, require_backend, simulate_block
from numerics.sources import source_digest, versions
from numerics.store import Store, block_key
from numerics.workers import shared_out
from theory import discovery
from theory.data import Data
from theory.errors import BadInput
from theory.setting import Axis, Point, Setting

Arrays = dict[str, np.ndarray]
WORTH_A_WORKER = 3.0  # seconds of declared work below which starting processes costs more than it gains


@dataclass(frozen=True)
class Unit:
    """One block of trials: everything that decides its bits.   Shapes: varied[name] (trials,)."""

    point: Point
    block: int
    seed: int
    stage: str = "screen"
    apart: tuple[str, ...] = ()
    varied: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "point", self.point.settled())  # the bits depend on the values, not on what gave them


@dataclass
class Laboratory:
    """Runs units on a machine, `workers` at a time.

    Finished blocks go to the store at once, whatever is killed later.
    """

    machine: Machine = field(default_factory=Machine)
    store: Store | None = None
    workers: int = 1
    reuse: bool = True
    heard: Callable[[int], None] = lambda trials: None  # progress: told of the trials of every block that is done
    chooses: bool = False  # whether a check may measure in float32 where that does

    @property
    def precision(self) -> str:
        """What a record says of it."""
        return "auto" if self.chooses else self.machine.precision

    def at(self, precision: str, drawn: str = "") -> "Laboratory":
        """The same laboratory in one precision."""
        return replace(self, machine=self.machine.at(precision, drawn), chooses=False)

    def measure(self, units: Sequence[Unit]) -> list[Arrays]:
        """The arrays of every unit, in order."""
        found: dict[int, Arrays] = {}
        keys = [self._key(unit) if self.store else "" for unit in units]
        for index, key in enumerate(keys):
            stored = self.store.get_block(key) if self.store and self.reuse else None
            if stored is not None:
                found[index] = stored
        missing = [index for index in range(len(units)) if index not in found]
        with contextlib.closing(self._computed(units, missing)) as computed:  # an interrupt ends the workers at once
            for index, arrays in computed:
                found[index] = arrays
                if self.store:
                    self.store.put_block(keys[index], arrays, _about(units[index]))
                self.heard(len(next(iter(arrays.values()))))
        return [found[index] for index in range(len(units))]

    def simulator(self, setting: type[Setting]) -> Simulator:
        """The simulator of a setting, if it runs on this machine's backend."""
        simulator = discovery.simulator_of(setting)
        require_backend(simulator, self.machine)
        return simulator

    def _computed(self, units: Sequence[Unit], missing: Sequence[int]) -> Generator[tuple[int, Arrays], None, None]:
        work = sum(_seconds(self.simulator(units[index].point.setting), units[index]) for index in missing)
        interactive = any(
            units[index].point.setting.__module__ == "__main__" for index in missing
        )  # no other process can import that
        if self.workers == 1 or len(missing) < 2 or work < WORTH_A_WORKER or interactive:
            for index in missing:
                yield index, _simulated(units[index], self.machine)
            return
        from joblib import Parallel, delayed

        pool = Parallel(n_jobs=self.workers, return_as="generator_unordered", batch_size=1)
        calls = (delayed(_numbered)(index, _packed(units[index]), self.machine) for index in missing)
        yield from shared_out(pool, calls)

    def _key(self, unit: Unit) -> str:
        setting, machine = unit.point.setting, self.machine
        simulator = self.simulator(setting)
        return block_key(
            setting=setting.name(),
            point=unit.point.text(),
            block=unit.block,
            size=simulator.block_size(unit.point),
            seed=unit.seed,
            stage=unit.stage,
            apart=unit.apart,
            varied={name: values.tobytes().hex() for name, values in unit.varied.items()},
            backend=machine.backend,
            device=machine.device,
            precision=machine.precision,
            **({} if machine.drawn == machine.precision else {"drawn": machine.drawn}),
            versions=versions(machine.backend),
            source=_source(simulator.function),
            batched=simulator.batched,
            content=_content(unit.point),
        )


def merged(blocks: Sequence[Arrays]) -> Arrays:
    """The trials of consecutive blocks, one after the other."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _content(point: Point) -> dict[str, Any]:
    """What the text of a point and the source of a simulator do not show: data sets, mode files, axes."""
    setting = point.setting
    data = {name: domain.digest() for name, domain in setting.of_kind(Data).items()}
    files = {
        str(symbol): modes.tobytes().hex() for symbol, modes in point.spectra().items() if "@" in str(point[symbol])
    }
    return {**data, **files, **{name: axis.values.tolist() for name, axis in setting.of_kind(Axis).items()}}


def _about(unit: Unit) -> dict[str, Any]:
    return {
        "setting": unit.point.setting.name(),
        "point": unit.point.text(),
        "block": unit.block,
        "seed": unit.seed,
        "stage": unit.stage,
    }


def _seconds(simulator: Simulator, unit: Unit) -> float:
    return simulator.trial_seconds(unit.point) * simulator.block_size(unit.point)


@functools.cache
def _source(function: Callable[..., Any]) -> str:
    """The digest of the source that this process runs: taken once, so that edits during a run change nothing."""
    return source_digest(function)


def _simulated(unit: Unit, machine: Machine) -> Arrays:
    simulator = discovery.simulator_of(unit.point.setting)
    return simulate_block(
        simulator,
        unit.point,
        unit.block,
        seed=unit.seed,
        machine=machine,
        stage=unit.stage,
        apart=unit.apart,
        varied=unit.varied,
    )


def _packed(unit: Unit) -> tuple[Any, ...]:
    """The unit in terms that another process understands, also where the setting stands in a user's file.

    With it goes the source that the other process must find.
    """
    setting = unit.point.setting
    place = setting.__module__, str(Path(sys.modules[setting.__module__].__file__ or "")), setting.__qualname__
    return (
        *place,
        _source(discovery.simulator_of(setting).function),
        unit.point.values,
        unit.block,
        unit.seed,
        unit.stage,
        unit.apart,
        dict(unit.varied),
    )


def _run(packed: tuple[Any, ...], machine: Machine) -> Arrays:
    module, file, name, source, values, *rest = packed
    if module not in sys.modules:
        is_project = module.split(".")[0] in ("theory", "numerics", "proofs_check")
        holder = importlib.import_module(module) if is_project else discovery.load_file(file)
    else:
        holder = sys.modules[module]
    setting = getattr(holder, name)
    if source != _source(discovery.simulator_of(setting).function):
        raise BadInput(f"{file} was changed during the run; run it again")
    return _simulated(Unit(Point(setting, values), *rest), machine)


def _numbered(index: int, packed: tuple[Any, ...], machine: Machine) -> tuple[int, Arrays]:
    return index, _run(packed, machine)

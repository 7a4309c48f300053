"""Simulators: functions that measure the observables of a setting, one block of trials at a time.

A block is the unit of work, of storage and of parallelism. Its size depends on the simulator and the point alone, its
stream on (setting, point, stage, block, seed), so that the same seed gives the same bits on any number of workers.
"""

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.arrays import Machine
from numerics.linalg import single_thread
from numerics.streams import Stream, stream
from numerics.training.reasons import REASONS, numbered
from theory.data import Data
from theory.domain import Domain, Real
from theory.errors import BadDeclaration, BadInput, BadSample
from theory.setting import Drawn, Event, Observable, Point, Setting

ALL = ("numpy", "torch", "cupy")
SMALLEST_BLOCK, LARGEST_BLOCK = 16, 2048
BLOCK_SECONDS = 0.5
STOPPED = "stopped"  # what a simulator may return beside what its setting declares
Cost = float | Callable[..., float]


@dataclass(frozen=True)
class Simulator:
    """A function with what the engine must know of it.

    `cost`: seconds a trial takes on one core, to an order of magnitude.
    """

    setting: type[Setting]
    function: Callable[..., Mapping[str, Any]]
    batched: bool
    backends: tuple[str, ...]
    cost: Cost
    block: int | None

    @property
    def name(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def trial_seconds(self, point: Point) -> float:
        """The declared cost of a trial at the point; an order of magnitude, the same on every machine."""
        if not callable(self.cost):
            return self.cost
        wanted = inspect.signature(self.cost).parameters
        return self.cost(**{name: value for name, value in point.numbers().items() if name in wanted})

    def block_size(self, point: Point) -> int:
        """Trials per block: about half a second of work."""
        return self.block or int(np.clip(BLOCK_SECONDS / self.trial_seconds(point), SMALLEST_BLOCK, LARGEST_BLOCK))


def simulates(
    setting: type[Setting],
    *,
    batched: bool = True,
    backends: tuple[str, ...] = ALL,
    cost: Cost = 1e-3,
    block: int | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function as the simulator of a setting.

    Batched: f(*, <parameters>, trials, rng) -> {observable: (trials, …)}.
    Otherwise f(*, <parameters>, rng) measures one trial.
    `block`: trials per block, where a batch pays off beyond what the cost says.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        named = {
            name for name, kind in inspect.signature(function).parameters.items() if kind.kind is kind.KEYWORD_ONLY
        }
        wanted = set(setting.domains()) | {"rng"} | ({"trials"} if batched else set())
        if named != wanted and not _takes_any(function):
            odd = ", ".join(sorted(named ^ wanted))
            raise BadDeclaration(
                f"simulator {function.__name__} of {setting.name()}: parameters differ in {odd}; "
                f"write def {function.__name__}(*, {', '.join(sorted(wanted))})"
            )
        function.simulator = Simulator(setting, function, batched, backends, cost, block)  # type: ignore[attr-defined]
        return function

    return mark


def simulate_block(
    simulator: Simulator,
    point: Point,
    block: int,
    *,
    seed: int,
    machine: Machine,
    stage: str = "screen",
    apart: tuple[str, ...] = (),
    varied: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """All declared arrays of one block of trials, on the host.

    `apart` names parameters left out of the stream's name, so that points that differ in them share their draws;
    `varied` gives per-trial values of some parameters.   Raises BadSample when the simulator breaks its declaration.
    """
    require_backend(simulator, machine)
    trials = simulator.block_size(point)
    name = [simulator.setting.name(), stage, block] + [
        f"{key}={value}" for key, value in point.text().items() if key not in apart
    ]
    rng = stream(machine, *name, seed=seed)
    parameters = {**point.numbers(), **{key: rng.asarray(value) for key, value in (varied or {}).items()}}
    for key, domain in simulator.setting.domains().items():
        if isinstance(domain, Real) and domain.per_trial and key not in (varied or {}):
            parameters[key] = rng.asarray(np.full(trials, parameters[key]))
    quiet = np.errstate(all="ignore")  # a result that is not finite is reported by `_checked`, not by a warning
    with single_thread(), quiet, redirect_stdout(sys.stderr):  # stdout belongs to the verb's own answer
        try:
            measured = _measured(simulator, parameters, trials, rng)
        except (BadInput, KeyboardInterrupt):
            raise
        except (Exception, SystemExit) as fault:  # a simulator that exits would end the run as if all were well
            message = " ".join(str(fault).split())
            raise BadSample(
                f"{simulator.name} raised {type(fault).__name__} at {point}: {message}{_line(fault)}"
            ) from fault
    return _checked(simulator, measured, point, trials, machine)


def _measured(simulator: Simulator, parameters: Mapping[str, Any], trials: int, rng: Stream) -> Any:
    if simulator.batched:
        return simulator.function(**parameters, trials=trials, rng=rng)
    return _stacked(simulator, [simulator.function(**parameters, rng=rng.child(trial)) for trial in range(trials)])


def _line(fault: BaseException) -> str:
    """Where in its own file a simulator failed."""
    frames = traceback.extract_tb(fault.__traceback__)
    own = [frame for frame in frames if "numerics/simulator.py" not in frame.filename]
    return f" ({Path(own[0].filename).name}, line {own[0].lineno})" if own else ""


def require_backend(simulator: Simulator, machine: Machine) -> None:
    """Raises BadInput when the simulator does not run on the machine's backend."""
    if machine.backend not in (*simulator.backends, "strict"):
        raise BadInput(
            f"{simulator.name} runs on {', '.join(simulator.backends)}, not on {machine.backend};"
            f" choose --backend {simulator.backends[0]}"
        )


def _takes_any(function: Callable[..., Any]) -> bool:
    return any(kind.kind is kind.VAR_KEYWORD for kind in inspect.signature(function).parameters.values())


def _stacked(simulator: Simulator, single: list[Mapping[str, Any]]) -> dict[str, Any]:
    if any(not isinstance(trial, Mapping) for trial in single):
        raise BadSample(f"{simulator.name} must return a dict of observables, got {type(single[0]).__name__}")
    return {key: np.stack([np.asarray(trial[key]) for trial in single]) for key in single[0]}


def _checked(simulator: Simulator, measured: Any, point: Point, trials: int, machine: Machine) -> dict[str, np.ndarray]:
    setting = simulator.setting
    if not isinstance(measured, Mapping):
        raise BadSample(f"{simulator.name} must return a dict of observables, got {type(measured).__name__}")
    wanted = {name: part for name, part in setting.parts.items() if isinstance(part, (Observable, Drawn, Event))}
    lacking = [name for name in wanted if name not in measured]
    if lacking:
        raise BadSample(
            f"{simulator.name} returned no {', '.join(lacking)}; {setting.name()} declares {', '.join(wanted)}"
        )
    arrays, bounds = {}, {part.certificate for part in wanted.values() if isinstance(part, Observable)}
    for name, part in wanted.items():
        array = np.asarray(machine.to_host(measured[name]) if simulator.batched else measured[name])
        shape = (trials, *_shape(part, point))
        if array.shape != shape:
            raise BadSample(
                f"{simulator.name}: {name} has shape {array.shape}, but (trials, …) = {shape} is declared;"
                " return one value per trial"
            )
        if array.dtype.kind == "c":
            raise BadSample(
                f"{simulator.name}: {name} is complex; an observable is real, return its real part or its modulus"
            )
        if array.dtype.kind not in "biuf":
            raise BadSample(f"{simulator.name}: {name} holds {array.dtype}, not numbers; return one number per trial")
        finite = (
            np.isfinite(array) | (array == np.inf) if name in bounds else np.isfinite(array)
        )  # a certificate may say that it knows nothing
        if not np.all(finite):
            trial = int(np.argwhere(~finite.reshape(trials, -1).all(axis=1))[0, 0])
            raise BadSample(
                f"{simulator.name}: {name} is not finite in trial {trial} at {point};"
                " mend the simulator, or declare an Event for the trials that count"
            )
        arrays[name] = array
    return arrays | _stopped(simulator, measured, trials, machine)


def _stopped(
    simulator: Simulator, measured: Mapping[str, Any], trials: int, machine: Machine
) -> dict[str, np.ndarray]:
    """Why each trial's training stopped, where the simulator says so under `STOPPED`."""
    if STOPPED not in measured or STOPPED in simulator.setting.parts:
        return {}
    given = measured[STOPPED]
    found = numbered(machine.to_host(given) if simulator.batched else given)
    if found is None or found.shape != (trials,):
        raise BadSample(
            f"{simulator.name}: {STOPPED} is no reason for each of the {trials} trials; return one of"
            f" {', '.join(REASONS)} for each"
        )
    return {STOPPED: found}


def _shape(part: Any, point: Point) -> tuple[int, ...]:
    if isinstance(part, Event):
        return ()
    return tuple(_length(size, point) for size in part.shape)


def _length(size: Any, point: Point) -> int:
    if isinstance(size, int):
        return size
    if isinstance(size, tuple):
        return sum(_length(part, point) for part in size)
    name = size if isinstance(size, str) else size.name
    part = point.setting.parts[name]
    if isinstance(part, Domain) and not isinstance(part, Data):
        value = point[name]
        return value if isinstance(value, int) else len(value.array)
    return len(part.values)  # type: ignore[attr-defined]  # an axis

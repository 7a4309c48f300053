"""Every simulator of the catalogue gives the same bits in whichever process; no machine decides the size of a block."""

import dataclasses
import functools
import hashlib
import importlib
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics import simulators
from numerics.arrays import Machine
from numerics.simulator import Simulator, simulate_block, simulates
from numerics.streams import Stream
from numerics.workers import shared_out
from theory import Observable, Setting, Size, discovery
from theory.points import default_points
from theory.setting import Point

TRIALS, BLOCKS, WORKERS = 3, 2, 2
QUICK = 1e-3  # seconds a trial
FOLDER = Path(simulators.__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.py") if "@simulates" in path.read_text())
PLACES = {".".join(path.relative_to(FOLDER).with_suffix("").parts): path for path in FILES}
# simulator's module and name, backend, values of a point, block
Call = tuple[str, str, str, tuple[tuple[str, Any], ...], int]


@functools.cache
def points() -> dict[str, Point]:
    """A point of every setting of the catalogue."""
    claims = {claim.setting.name(): claim for claim in discovery.find("all")}
    return {name: default_points(claim, 1, 0)[0] for name, claim in claims.items()}


def simulators_of(place: str) -> list[Simulator]:
    module = importlib.import_module(f"numerics.simulators.{place}")
    found = [value.simulator for value in vars(module).values() if hasattr(value, "simulator")]
    return [one for one in found if one.function.__module__ == module.__name__]


def calls(place: str) -> list[Call]:
    """Blocks of every simulator of a file: one with NumPy, and where they take no time another, and with Torch."""
    found = []
    for one in simulators_of(place):
        point = points()[one.setting.name()]
        quick = one.trial_seconds(point) <= QUICK
        backends = ["numpy", *["torch"] * (quick and "torch" in one.backends)]
        found += [(one.function.__module__, one.function.__name__, backend, point.values, block)
                  for backend in backends for block in range(BLOCKS if quick else 1)]  # fmt: skip
    return found


def bits(call: Call) -> str:
    """A digest of every bit of a block of a few trials."""
    module, name, backend, values, block = call
    simulator = dataclasses.replace(getattr(importlib.import_module(module), name).simulator, block=TRIALS)
    found = simulate_block(simulator, Point(simulator.setting, values), block, seed=0, machine=Machine(backend))
    return hashlib.sha256(b"".join(np.ascontiguousarray(found[key]).tobytes() for key in sorted(found))).hexdigest()


def _numbered(index: int, call: Call) -> tuple[int, str]:
    return index, bits(call)


def test_one_process_and_two_give_the_same_bits() -> None:
    """Here in reverse order, there as they come. All files at once, since other processes are slow to begin."""
    from joblib import Parallel, delayed

    asked = [call for place in PLACES for call in calls(place)]
    pool = Parallel(n_jobs=WORKERS, return_as="generator_unordered", batch_size=1)
    there = dict(shared_out(pool, (delayed(_numbered)(index, call) for index, call in enumerate(asked))))
    here = {index: bits(call) for index, call in reversed(list(enumerate(asked)))}
    assert [asked[index] for index in here if here[index] != there[index]] == []
    blocks: dict[tuple[str, str], set[str]] = {}
    for index, (_, name, backend, _, _) in enumerate(asked):
        blocks.setdefault((name, backend), set()).add(here[index])
    apart = [len(found) for found in blocks.values()]  # the twin: other blocks have other bits, but where none is drawn
    assert sum(apart) > 0.95 * len(asked)


def test_every_simulator_is_in_a_file_that_was_found() -> None:
    assert {one.setting.name() for place in PLACES for one in simulators_of(place)} == set(points())


class Counted(Setting):
    """Something whose simulator counts calls in its process: bits that depend on company."""

    n = Size(at_least=1, typical=(1, 4))
    y = Observable("the number of the call")


CALLED: list[int] = []


@simulates(Counted)
def counted(*, n: int, trials: int, rng: Stream) -> dict[str, Any]:
    CALLED.append(n)
    return {"y": np.full(trials, float(len(CALLED)))}


def test_a_simulator_that_remembers_is_found_out() -> None:
    call: Call = (__name__, "counted", "numpy", Point.of(Counted, {"n": 2}).values, 0)
    assert bits(call) != bits(call)


SIZES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from tests.numerics.test_same_bits import block_sizes
print(block_sizes())
"""
POOR = 2**32  # bytes of address space


def block_sizes() -> dict[str, int]:
    return {
        one.setting.name(): one.block_size(points()[one.setting.name()])
        for place in PLACES for one in simulators_of(place)
    }  # fmt: skip


def test_the_size_of_a_block_does_not_depend_on_memory_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    done = subprocess.run([sys.executable, "-c", SIZES, str(POOR)], capture_output=True, text=True, timeout=300,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(block_sizes())


def test_a_size_that_reads_the_memory_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = Simulator(Counted, counted, True, ("numpy",), lambda: 1e-12 * resource.getrlimit(resource.RLIMIT_AS)[0],
                       None)  # fmt: skip
    sizes = []
    for room in (2**31, 2**36):
        monkeypatch.setattr(resource, "getrlimit", lambda kind, room=room: (room, room))
        sizes.append(greedy.block_size(Point.of(Counted, {"n": 2})))
    assert sizes[0] != sizes[1]

"""The calibration: which cells, how many runs of each, saved as they come."""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from proofs_check.calibration import blocks, laws, listed, run, toys
from proofs_check.calibration.blocks import MEAN
from proofs_check.calibration.results import Calibration
from proofs_check.calibration.run import Cell, Task, crew, measure
from proofs_check.calibration.toys import Toy
from proofs_check.statistics import sequential
from proofs_check.statistics.judging import judge
from theory.errors import BadInput

NOMINAL, FINE = 1e-2, 1e-3
BLOCK_RUNS = 100_000
FEWER = 10  # times fewer runs where no error is likely
QUICK, LEAST = 150, 4  # times fewer runs in a quick look, and no fine level; fewest runs of a cell
SAVED = "cells.jsonl"

Toys = Mapping[tuple[str, str], Toy]


def calibrate(
    relations: Sequence[str] | None = None,
    toys: Sequence[str] | None = None,
    runs: int | None = None,
    quick: bool = False,
    workers: int = 2,
    seed: int = 0,
    heard: Callable[[Sequence[Cell], int, int], None] = lambda cells, done, tasks: None,
    folder: Path | None = None,
) -> Calibration:
    """False alarms, false supports and power of the engine on toys of known truth.

    `runs` at the places where errors are likeliest, a tenth elsewhere. `folder`: finished cells are kept there, and an
    interrupted calibration goes on. `heard`: the cells of a task, tasks done, tasks in all.   Raises BadInput.
    """
    for name, value in (("runs", runs), ("workers", workers)):
        if value is not None and value < 1:
            raise BadInput(f"{name} {value} is not positive; leave it out for the default")
    known = listed.listed()
    tasks = [task for task in plan(known, runs, quick) if _chosen(task, relations, toys)]
    if not tasks:
        raise BadInput(
            f"no toy of {', '.join(relations or ['any relation'])} is called {', '.join(toys or ['so'])};"
            f" relations are {', '.join(sorted({task.relation for task in plan(known, runs, quick)}))}"
        )
    return Calibration(conduct(tasks, known, workers, seed, heard, folder), seed)


def plan(known: Toys, runs: int | None = None, quick: bool = False) -> list[Task]:
    """All tasks, those of a toy one after another."""
    share = QUICK if quick else 1
    tasks = []
    for toy in known.values():
        edge = runs or max(toy.runs // share, LEAST)
        tasks += [Task(toy.relation, toy.name, NOMINAL, theta, edge) for theta in toy.edges]
        tasks += [Task(toy.relation, toy.name, NOMINAL, theta, max(edge // FEWER, LEAST)) for theta in toy.others]
        if toy.fine and not quick:
            tasks += [Task(toy.relation, toy.name, FINE, theta, runs or toy.fine) for theta in toy.edges]
    for law in laws.LAWS:
        block = BLOCK_RUNS // 2 if law in laws.HEAVY else BLOCK_RUNS
        tasks.append(Task(MEAN, law, NOMINAL, 0.0, runs or block // share))
    return tasks


def conduct(
    tasks: Sequence[Task],
    known: Toys,
    workers: int = 1,
    seed: int = 0,
    heard: Callable[[Sequence[Cell], int, int], None] = lambda cells, done, tasks: None,
    folder: Path | None = None,
) -> list[Cell]:
    """The cells of these tasks; those that an earlier calibration has finished with this very engine are not redone."""
    done = _saved(folder)
    cells: list[Cell] = []
    with crew(workers) as pool:
        for number, task in enumerate(tasks, start=1):
            key = _key(task, known, seed)
            if key not in done:
                done[key] = measure(task, known, seed, pool)
                _save(folder, key, done[key])
            cells += done[key]
            heard(done[key], number, len(tasks))
    return cells


def _chosen(task: Task, relations: Sequence[str] | None, toys: Sequence[str] | None) -> bool:
    return (not relations or task.relation in relations) and (not toys or task.toy in toys)


def _key(task: Task, known: Toys, seed: int) -> str:
    toy = known.get((task.relation, task.toy))
    return json.dumps([asdict(task), seed, np.__version__, _fingerprint(toy)], sort_keys=True)


def _fingerprint(toy: Toy | None) -> str:
    """Of the code that a cell rests on: the shared engine, the judge of the relation, and the toy."""
    sources: set[Path] = set(Path(sequential.__file__).parent.glob("*.py"))
    functions: list[object] = [laws, run, blocks, toys]
    if toy:
        functions += [judge.dispatch(type(toy.claim.relation)), inspect.getmodule(toy.draw)]
    sources |= {Path(inspect.getfile(function)) for function in functions}  # type: ignore[arg-type]
    parts: Iterable[bytes] = (path.read_bytes() for path in sorted(sources))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _saved(folder: Path | None) -> dict[str, list[Cell]]:
    """Cells by key; a line that was cut off in the middle is left out."""
    path = folder / SAVED if folder else None
    found: dict[str, list[Cell]] = {}
    for line in path.read_text("utf-8").splitlines() if path and path.is_file() else ():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[entry["key"]] = [Cell(**cell) for cell in entry["cells"]]
    return found


def _save(folder: Path | None, key: str, cells: Sequence[Cell]) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SAVED
    whole = not path.is_file() or path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("" if whole else "\n") + json.dumps({"key": key, "cells": [asdict(cell) for cell in cells]}) + "\n")

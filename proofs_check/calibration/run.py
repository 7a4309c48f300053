"""One cell of the calibration: many independent runs of the engine on a toy, and what came out.

A run is what `check` does at one point: looks at growing numbers of trials until there is a verdict, and a refutation
is tried again on fresh trials at level·6/π².
"""

import dataclasses
import math
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import joblib
import numpy as np
from numpy.random import Generator
from threadpoolctl import threadpool_limits

from numerics.workers import shared_out
from proofs_check.calibration.blocks import COARSE, COARSE_RUNS, LEVELS, MEAN, misses
from proofs_check.calibration.toys import Toy, upto
from proofs_check.statistics.evidence import Outcome, Rule
from proofs_check.statistics.judging import judged, trials_to_begin
from proofs_check.statistics.sequential import looks
from theory.errors import BadSample

CONFIRMED = 6 / math.pi**2  # share of the level that the first confirmation works at
PIECES, LEAST = 16, 5  # parts of a task, so that all workers end together; fewest runs of a part


@dataclass(frozen=True)
class Task:
    """What is measured at one go: a toy at θ, judged at a nominal level; or a block, at several levels at once."""

    relation: str
    toy: str
    nominal: float
    theta: float
    runs: int

    def stream(self, seed: int, run: int) -> Generator:
        """The random stream of one run: the same on any number of workers."""
        name = f"{self.relation}|{self.toy}|{self.nominal:g}|{self.theta:g}"
        return np.random.default_rng([seed, zlib.crc32(name.encode()), run])


@dataclass(frozen=True)
class Cell:
    """What the runs of a task came to.

    `false_alarms`: refuted, on fresh trials too, though within the tolerance; `screened`: before the fresh trials;
    `false_supports`: supported though beyond it. `power`: share of right verdicts, where one verdict is right.
    `may_alarm`, `may_support`: whether such a verdict would be wrong here; `joint`: the level is for both together.
    Of a block: its interval missed the mean at some look on either side with open gates, and without asking them.
    `faulty`: runs whose trials were taken for dependent. `seconds`: of one processor.
    """

    relation: str
    toy: str
    nominal: float
    theta: float
    runs: int
    false_alarms: int
    false_supports: int
    power: float | None
    screened: int
    may_alarm: bool
    may_support: bool
    joint: bool = False
    supported: int = 0
    refuted: int = 0
    undecided: int = 0
    faulty: int = 0
    below: int = 0
    above: int = 0
    ungated: int = 0
    mean_trials: float = 0.0
    seconds: float = 0.0


@contextmanager
def crew(workers: int) -> Iterator[joblib.Parallel | None]:
    """Processes that share the runs of one task after another; none for a single worker."""
    if workers == 1:
        yield None
        return
    with (
        joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1),
        joblib.Parallel(max_nbytes=None, return_as="generator_unordered") as pool,
    ):
        yield pool


def measure(
    task: Task, toys: Mapping[tuple[str, str], Toy], seed: int, pool: joblib.Parallel | None = None
) -> list[Cell]:
    """All runs of a task, shared among the workers of the pool; the cells that they make."""
    toy = toys.get((task.relation, task.toy))
    if pool is None:
        total = tally(task, toy, seed, range(task.runs))
    else:
        count = min(PIECES, -(-task.runs // LEAST))
        pieces = [range(k, task.runs, count) for k in range(count)]
        calls = (joblib.delayed(tally_listed)(task, seed, piece) for piece in pieces)
        total = sum(shared_out(pool, calls), Counter[str]())
    return [_cell(task, toy, total)] if toy else [_block_cell(task, level, total) for level in LEVELS]


def tally_listed(task: Task, seed: int, runs: Sequence[int]) -> Counter[str]:
    """`tally` in another process, which knows the listed toys by name."""
    from proofs_check.calibration.listed import listed

    return tally(task, listed().get((task.relation, task.toy)), seed, runs)


def tally(task: Task, toy: Toy | None, seed: int, runs: Sequence[int]) -> Counter[str]:
    """How often each thing happened in these runs."""
    began = time.process_time()
    count = Counter[str]()
    with threadpool_limits(1):
        for run in runs:
            rng = task.stream(seed, run)
            if toy is None:
                count.update(misses(task.toy, rng, LEVELS if run < COARSE_RUNS else LEVELS[1:]))
            else:
                count.update(one_run(toy, task.theta, task.nominal, rng))
    count["microseconds"] = int(1e6 * (time.process_time() - began))
    return count


def one_run(toy: Toy, theta: float, level: float, rng: Generator) -> dict[str, int]:
    """Screening, and confirmation of a refutation on fresh trials."""
    try:
        outcome, trials = followed(toy, theta, level, rng)
        screened = outcome.answer == "refuted"
        if screened and outcome.confirm:
            outcome, more = followed(toy, theta, level * CONFIRMED, rng)
            trials += more
            if outcome.answer != "refuted":
                outcome = Outcome("undecided")
    except BadSample:
        return {"faulty": 1}
    return {outcome.answer: 1, "screened": int(screened), "trials": trials}


def followed(toy: Toy, theta: float, level: float, rng: Generator) -> tuple[Outcome, int]:
    """The outcome of looking again and again until there is a verdict, and the trials it took."""
    rule = Rule(level, toy.tolerance, toy.first_look, detail=False)
    begin = trials_to_begin(toy.claim.relation, rule)
    most = toy.reach * begin
    samples = toy.draw(theta, rng, most)
    for trials in looks(begin, most):
        outcome = judged(toy.claim, [upto(sample, trials) for sample in samples], rule)
        if outcome.answer != "open":
            return outcome, trials
    return dataclasses.replace(outcome, answer="undecided"), most


def _cell(task: Task, toy: Toy, count: Counter[str]) -> Cell:
    wrong = toy.wrong(task.theta)
    alarms, supports = "refuted" in wrong, "supported" in wrong
    right = None if alarms == supports else "refuted" if supports else "supported"
    return Cell(
        relation=task.relation,
        toy=task.toy,
        nominal=task.nominal,
        theta=task.theta,
        runs=task.runs,
        false_alarms=count["refuted"] * alarms,
        false_supports=count["supported"] * supports,
        power=count[right] / task.runs if right else None,
        screened=count["screened"],
        may_alarm=alarms,
        may_support=supports,
        joint=toy.joint and alarms and supports,
        supported=count["supported"],
        refuted=count["refuted"],
        undecided=count["undecided"],
        faulty=count["faulty"],
        mean_trials=count["trials"] / task.runs,
        seconds=count["microseconds"] / 1e6,
    )


def _block_cell(task: Task, level: float, count: Counter[str]) -> Cell:
    below, above, ungated = (count[f"{level:g} {what}"] for what in ("below", "above", "ungated"))
    return Cell(
        relation=MEAN,
        toy=task.toy,
        nominal=level,
        theta=task.theta,
        runs=min(task.runs, COARSE_RUNS) if level == COARSE else task.runs,
        false_alarms=below + above,
        false_supports=0,
        power=None,
        screened=below + above,
        may_alarm=True,
        may_support=False,
        below=below,
        above=above,
        ungated=ungated,
        mean_trials=count["trials"] / task.runs,
        seconds=count["microseconds"] / 1e6 / len(LEVELS),
    )

"""Counterexamples: Hypothesis finds and shrinks a point where screening refutes; fresh trials then confirm it.

Searching costs no error rate, whatever it tries: a refutation is paid for by its confirmation alone, the k-th one at
level/k² · 6/π², on a stream that the search never saw.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, find, settings, target
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import NoSuchExample, Unsatisfiable

from numerics.measure import Laboratory
from numerics.sources import digest_of
from proofs_check.check import Request, check, check_point
from proofs_check.record import Record
from proofs_check.search.feasible import Region
from proofs_check.search.strategies import corners, draw_point, points, points_from, told_by
from proofs_check.statistics import require_judged, trials_to_begin
from proofs_check.statistics.evidence import Outcome, Rule
from proofs_check.trials.sampling import first_look
from theory.claim import Claim
from theory.errors import BadInput
from theory.points import ladder_top, point_values
from theory.setting import Point

MOST_CONFIRMATIONS = 8
LOOKS = 4  # first looks' worth of trials at a point while searching
POINT_SECONDS = 5.0  # declared work at a point while searching
EVERY_CHECK: Any = list(HealthCheck)
QUIET = settings(
    deadline=None, database=None, derandomize=False, verbosity=Verbosity.quiet, suppress_health_check=EVERY_CHECK
)
SHRINKING = settings(QUIET, max_examples=100, phases=(Phase.generate, Phase.shrink))


def holds(
    claim: Claim, point: Point, *, lab: Laboratory | None = None, level: float = 1e-3, tolerance: float = 0.02,
    seed: int = 0, max_trials: int | None = None,
) -> Outcome:  # fmt: skip
    """What screening says of a claim at a point: a function of (point, seed, level), so that a search can shrink.

    Nothing here is confirmed: `check` at the point is, which begins with the same trials.
    """
    lab = lab or Laboratory()
    asked = Request(
        tolerance=tolerance, seed=seed, max_trials=max_trials or _affordable(claim, point, lab, level, tolerance)
    )
    return check_point(claim, point, asked, level, lab, float("inf"), "screen")[0]


def _affordable(claim: Claim, point: Point, lab: Laboratory, level: float, tolerance: float) -> int:
    begin = trials_to_begin(claim.relation, Rule(level, tolerance, first_look(lab, claim, point)))
    return max(min(LOOKS * begin, int(POINT_SECONDS / lab.simulator(claim.setting).trial_seconds(point))), 1)


@dataclass
class Screen:
    """Screening at one point after another, each looked at once; what is not examined there refutes nothing."""

    claim: Claim
    outcome: Callable[[Point], Outcome]
    deadline: float = float("inf")
    dismissed: set[Point] = field(default_factory=set)
    seen: dict[Point, Outcome] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def refutes(self, point: Point) -> bool:
        """Whether the claim is refuted there. A point whose confirmation failed is not looked at again."""
        if point in self.dismissed:
            return False
        if point not in self.seen:
            if time.monotonic() > self.deadline:
                return False
            self.seen[point] = self._examined(point)
        return self.seen[point].answer == "refuted"

    def _examined(self, point: Point) -> Outcome:
        try:
            return self.outcome(point)
        except BadInput as fault:  # undefined, too large, not finite: what the claim says there cannot be looked at
            self.faults.append(str(fault))
            return Outcome("undecided", reason=f"not examined: {fault}")

    def require_some(self) -> None:
        """Raises BadInput when no point could be examined at all."""
        if self.faults and len(self.faults) == len(self.seen):
            raise BadInput(self.faults[0])


@dataclass(frozen=True)
class Searched:
    """What a search found, and its effort: nothing is said of points that were not visited."""

    id: str
    counterexample: Record | None
    examined: int
    left_out: int
    confirmations: int
    seconds: float
    fault: str = ""

    def text(self) -> str:
        """For a terminal or a failed test."""
        points = f"{self.examined} points examined" + f", {self.left_out} left out ({self.fault})" * bool(self.left_out)
        if self.counterexample is None:
            return f"{self.id}: no counterexample; {points}, nothing is said of others"
        return f"{self.id}: {self.counterexample['sentence']}; {points}\nreplay: {self.counterexample['replay']}"


def search_counterexample(
    claim: Claim, *, lab: Laboratory | None = None, level: float = 1e-6, tolerance: float = 0.02, seed: int = 0,
    max_examples: int = 100, max_trials: int | None = None, budget: float | None = None,
) -> Searched:  # fmt: skip
    """The simplest point found at which the claim is refuted and the refutation confirmed.

    `level`: chance that a true claim comes back refuted. `max_trials`: at a point. `budget`: seconds, looked at between
    points; without it the result depends on the seed alone.
    """
    require_judged(claim)
    began, lab = time.monotonic(), lab or Laboratory()

    def outcome(point: Point) -> Outcome:
        return holds(claim, point, lab=lab, level=level, tolerance=tolerance, seed=seed, max_trials=max_trials)

    screen = Screen(claim, outcome, began + budget if budget else float("inf"))
    confirmation = Confirmation(claim, lab, {"tolerance": tolerance, "seed": seed, "max_trials": max_trials}, level)
    remembered, record, rounds = Remembered(claim, lab), None, 0
    found = next((point for point in remembered.points() if screen.refutes(point)), None)
    while record is None and confirmation.count < MOST_CONFIRMATIONS:
        place = [seed, rounds, *claim.id.encode()]
        found = found or explored(claim, screen, seed=int(digest_of(place), 16), max_examples=max_examples)
        if found is None:
            break
        record = confirmation.first(shrunk(claim, found, screen), screen)
        found, rounds = None, rounds + 1
    screen.require_some()
    if record:
        remembered.keep(claim.point(record["point"]))
    left_out, seconds = len(screen.faults), round(time.monotonic() - began, 3)
    fault = screen.faults[0] if screen.faults else ""
    return Searched(claim.id, record, len(screen.seen) - left_out, left_out, confirmation.count, seconds, fault)


@dataclass
class Confirmation:
    """Confirms refutations one after the other; together they err with the probability `level` at most."""

    claim: Claim
    lab: Laboratory
    request: dict[str, Any]
    level: float
    count: int = 0

    def first(self, candidates: list[Point], screen: Screen) -> Record | None:
        """The record of the first candidate that fresh trials refute too; the others are dismissed."""
        for point in candidates[: MOST_CONFIRMATIONS // 2]:
            if self.count == MOST_CONFIRMATIONS:
                return None
            record = self.of(point)
            if record["verdict"] == "refuted":
                return record
            screen.dismissed.add(point)
        return None

    def of(self, point: Point) -> Record:
        """The record of the next confirmation."""
        self.count += 1
        return confirmed(self.claim, point, self.lab, self.level / self.count**2, self.request)


def confirmed(claim: Claim, point: Point, lab: Laboratory, level: float, request: dict[str, Any]) -> Record:
    """The check of a claim at one point: it screens again, and confirms on a stream of its own."""
    return check(claim, lab=lab, values=values_at(claim, point), level=level, **request)[0]


def values_at(claim: Claim, point: Point) -> dict[str, Any]:
    """The values of a point that a user can give: neither pinned nor running through a ladder."""
    return {name: value for name, value in point_values(claim, point).items() if name not in ladder_top(claim)}


def explored(claim: Claim, screen: Screen, *, seed: int, max_examples: int) -> Point | None:
    """Some point at which screening refutes, the same for the same seed: corners first, then Hypothesis, climbing."""
    for point in corners(Region(claim), seed)[: max_examples // 2]:
        if screen.refutes(point):
            return point

    def refutes(point: Point) -> bool:
        refuted = screen.refutes(point)
        seen = screen.seen.get(point)
        if seen and seen.estimate is not None and seen.tolerance and np.isfinite(seen.estimate):
            target(abs(seen.estimate - seen.target) / seen.tolerance)
        return refuted

    chosen = settings(QUIET, max_examples=max_examples, phases=(Phase.generate, Phase.target))
    try:
        return find(points(claim), refutes, settings=chosen, random=random.Random(seed))
    except NoSuchExample:
        return None
    except Unsatisfiable as fault:
        raise BadInput(f"{claim.id}: no point was found that satisfies its conditions; mend them") from fault


def shrunk(claim: Claim, point: Point, screen: Screen) -> list[Point]:
    """Points at which screening refutes, the simplest first: smallest sizes, shortest numbers; the given one last."""
    strategy, trail = points_from(claim, point), [point]
    if strategy is None:  # a declared value off the scale, such as 5/3: it stays as it is
        return trail

    def refutes(candidate: Point) -> bool:
        refuted = screen.refutes(candidate)
        if refuted:
            trail.append(candidate)
        return refuted

    try:
        simplest = find(strategy, refutes, settings=SHRINKING, random=random.Random(0))
    except NoSuchExample:
        return trail
    return list(dict.fromkeys([simplest, *reversed(trail)]))


class Remembered:
    """Counterexamples of earlier runs, in the store's folder: the first points that a search looks at."""

    def __init__(self, claim: Claim, lab: Laboratory) -> None:
        self.claim, self.key = claim, digest_of(["counterexample", claim.id]).encode()
        self.kept = DirectoryBasedExampleDatabase(lab.store.folder / "examples") if lab.store else None

    def points(self) -> list[Point]:
        """What was kept, as far as it still tells points of the claim."""
        known = sorted(self.kept.fetch(self.key)) if self.kept else []
        return [point for told in known if (point := self._read(told)) is not None]

    def _read(self, told: bytes) -> Point | None:
        try:
            numbers = iter(json.loads(told))
            return draw_point(Region(self.claim), lambda low, high: min(max(next(numbers), low), high), plain=True)
        except (ValueError, TypeError, StopIteration):  # written for an earlier form of the claim
            return None

    def keep(self, point: Point) -> None:
        told = told_by(Region(self.claim), point)
        if self.kept and told is not None:
            self.kept.save(self.key, json.dumps(told).encode())

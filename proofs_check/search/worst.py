"""The worst point of a claim's domain: how tight a bound comes, and whether it breaks anywhere.

A violation in a single draw is found again with its seed and shrunk with Hypothesis; a statistical refutation is
confirmed on fresh trials. Points that were not visited are not spoken of: what is printed is effort, not probability.
"""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numerics.measure import Laboratory
from proofs_check.check import Request
from proofs_check.jsonable import clean
from proofs_check.record import Record, Tested, replay_line
from proofs_check.search import phases
from proofs_check.search.counterexample import Confirmation, Screen, holds, shrunk, values_at
from proofs_check.search.hunt import Hunt, Visit
from proofs_check.search.strategies import corners
from proofs_check.search.tightness import unit
from proofs_check.statistics import require_judged
from proofs_check.statistics.evidence import Outcome
from theory.claim import Claim
from theory.errors import BadInput
from theory.setting import Point
from theory.values import shown

CORNERS, TARGETED, OPTIMISED, DEEP = 0.15, 0.3, 0.5, 0.75  # of the budget, spent at the end of each phase
SURE = 8  # expected violations among the draws that tell whether a simpler point is violated too
PILOT_LOOKS = 40  # looks that measure how frequent violations are
PATIENCE = 80  # points that shrinking may try in the time that is left
CANDIDATES = 6
HONEST = "worst"  # the stage of the fresh trials on which a mean is measured again


@dataclass(frozen=True)
class Falsified:
    """The worst point found. `tightness` is in `unit`; a refutation comes with the record of its simplest point."""

    id: str
    worst_point: dict[str, Any]
    tightness: float
    unit: str
    verdict: str
    counterexample: Record | None
    points: int
    left_out: int
    trials: int
    confirmations: int
    seconds: float
    replay: str
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        """What --json shows."""
        return clean({**vars(self), "counterexample": self.counterexample and dict(self.counterexample)})

    def text(self) -> str:
        """For a terminal."""
        where = ", ".join(f"{name}={shown(value)}" for name, value in self.worst_point.items())
        effort = f"{self.points:,} points, {self.trials:,} trials, {self.seconds:.1f} s"
        left = f"; {self.left_out} left out ({self.fault})" if self.left_out else ""
        found = self.counterexample["sentence"] if self.counterexample else "not refuted at any point visited"
        return (
            f"{self.id}: {found}\n{self.unit} {self.tightness:.6g} at {where}\n"
            f"effort: {effort}{left}; nothing is said of points not visited\nreplay: {self.replay}"
        )


def falsify(
    claim: Claim, *, lab: Laboratory | None = None, error_rate: float = 1e-3, tolerance: float = 0.02, seed: int = 0,
    budget: float = 60.0, max_trials: int | None = None,
) -> Falsified:  # fmt: skip
    """Search the domain for the point where the claim is worst: X/B for a bound, gap in tolerances otherwise.

    `error_rate`: chance that a true claim is called refuted. `budget`: seconds; `max_trials`: of the search in all.
    """
    require_judged(claim)
    lab = lab or Laboratory()
    hunt = Hunt(claim, _apart(lab), error_rate, tolerance, seed, budget, max_trials)
    _search(hunt)
    if not hunt.best:
        raise BadInput(next(iter(hunt.faults.values()), f"{claim.id}: no point was visited; raise the budget"))
    confirmation = Confirmation(claim, lab, {"tolerance": tolerance, "seed": seed}, error_rate)
    record = _fact(hunt, confirmation) if hunt.fact else None if hunt.pathwise else _statistic(hunt, confirmation)
    worst = hunt.ranked()[0] if hunt.pathwise else _honest(hunt, record)
    replay = record["replay"] if record else _replay(hunt, worst)
    return Falsified(
        id=claim.id, worst_point=worst.point.text(), tightness=worst.tightness, unit=unit(claim.relation),
        verdict="refuted" if record else "undecided", counterexample=record, points=len(hunt.best),
        left_out=len(hunt.faults), trials=hunt.trials, confirmations=confirmation.count,
        seconds=round(time.monotonic() - hunt.began, 3), replay=replay, fault=next(iter(hunt.faults.values()), ""),
    )  # fmt: skip


def _apart(lab: Laboratory) -> Laboratory:
    """The same machine without the store: blocks of a search are many, and seldom asked for again."""
    apart = copy.copy(lab)
    apart.store = None
    return apart


def _search(hunt: Hunt) -> None:
    places = corners(hunt.region, hunt.seed)
    hunt.spend(CORNERS, lambda: _each(hunt.see, places))
    hunt.spend(TARGETED, lambda: phases.targeted(hunt))
    hunt.spend(OPTIMISED, lambda: phases.optimised(hunt))
    if hunt.pathwise and hunt.best:
        hunt.spend(DEEP, lambda: phases.deepened(hunt, places))


def _each(see: Callable[[Point], Any], places: list[Point]) -> None:
    for point in places:
        see(point)


def _fact(hunt: Hunt, confirmation: Confirmation) -> Record | None:
    """The simplest point at which draws violate the claim, checked with the seed that shows them."""
    assert hunt.fact is not None
    seeds, looks = {hunt.fact.point: hunt.fact.seed}, _looks(hunt, hunt.fact)

    def outcome(point: Point) -> Outcome:
        for seed in dict.fromkeys((hunt.fact.seed, *range(hunt.seed, hunt.seed + looks))) if hunt.fact else ():
            visit = hunt.look(point, seed, deep=True)
            if visit is None or time.monotonic() > screen.deadline:
                break
            if visit.violated:
                seeds[point] = seed
                return Outcome("refuted", confirm=False)
        return Outcome("undecided")

    screen = Screen(hunt.claim, outcome, hunt.began + hunt.budget)
    screen.seen[hunt.fact.point] = Outcome("refuted", confirm=False)
    for point in shrunk(hunt.claim, hunt.fact.point, screen)[:CANDIDATES]:
        confirmation.request["seed"] = seeds[point]
        record = confirmation.of(point)
        if record["verdict"] == "refuted":
            return record
    return None


def _looks(hunt: Hunt, fact: Visit) -> int:
    """Looks that see a violation almost surely where they are as frequent as at the first point."""
    began, seen, looks = time.monotonic(), 1, 1
    while looks < PILOT_LOOKS and time.monotonic() - began < hunt.left() / 20:
        visit = hunt.look(fact.point, fact.seed + looks, deep=True)
        seen, looks = seen + bool(visit and visit.violated), looks + 1
    affordable = (looks - 1) * hunt.left() / PATIENCE / max(time.monotonic() - began, 1e-6)
    return min(math.ceil(SURE * looks / seen), max(math.ceil(affordable), 1))


def _statistic(hunt: Hunt, confirmation: Confirmation) -> Record | None:
    """The simplest confirmed refutation around the tightest points."""

    def outcome(point: Point) -> Outcome:
        return holds(hunt.claim, point, lab=hunt.lab, level=hunt.level, tolerance=hunt.tolerance, seed=hunt.seed)

    screen = Screen(hunt.claim, outcome, hunt.began + hunt.budget)
    for visit in hunt.ranked()[:CANDIDATES]:
        if screen.refutes(visit.point):
            record = confirmation.first(shrunk(hunt.claim, visit.point, screen), screen)
            if record is not None:
                return record
    return None


def _honest(hunt: Hunt, record: Record | None) -> Visit:
    """The tightest point, measured on trials that did not choose it; the refuted one where there is one."""
    point = hunt.claim.point(record["point"]) if record else hunt.ranked()[0].point
    return hunt.look(point, hunt.seed, deep=True, stage=HONEST) or hunt.ranked()[0]


def _replay(hunt: Hunt, worst: Visit) -> str:
    asked = Request(tolerance=hunt.tolerance, seed=worst.seed, values=values_at(hunt.claim, worst.point))
    tested = Tested(worst.point, Outcome("undecided"), worst.trials)
    return replay_line(hunt.claim, tested, asked, hunt.level, hunt.lab)

"""Visits to points: what a search for the worst one sees, keeps and spends."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from numerics.measure import Laboratory
from proofs_check.check import SCREEN
from proofs_check.search.feasible import Region
from proofs_check.search.tightness import tightness
from proofs_check.statistics import judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Rule
from proofs_check.trials.sampling import Evidence, first_look, schedule
from theory.claim import Claim
from theory.errors import BadInput
from theory.setting import Point

SHARE = 0.1  # of the budget that one visit may cost
MOST_VISITS = 50_000


class Enough(Exception):
    """A phase of a search is over: a violation was seen, or its share of time or trials is spent."""


@dataclass(frozen=True)
class Visit:
    """One look at a point with one seed."""

    point: Point
    seed: int
    trials: int
    tightness: float
    violated: bool  # in some draw, beyond rounding: a fact, which the same seed shows again


@dataclass
class Hunt:
    """A search in progress. Violations of single draws end it; the rest is compared by `tightness`."""

    claim: Claim
    lab: Laboratory
    level: float
    tolerance: float
    seed: int
    budget: float
    max_trials: int | None = None
    began: float = field(default_factory=time.monotonic)
    best: dict[Point, Visit] = field(default_factory=dict)
    faults: dict[Point, str] = field(default_factory=dict)
    fact: Visit | None = None
    trials: int = 0
    visits: int = 0
    _stop: tuple[float, float] = (float("inf"), float("inf"))

    def __post_init__(self) -> None:
        self.region, self.pathwise = Region(self.claim), self.claim.relation.of_every_draw

    def spend(self, share: float, phase: Callable[[], None]) -> None:
        """Run a phase until so large a share of the whole budget is spent."""
        if self.fact is None:
            most = self.max_trials if self.max_trials else float("inf")
            self._stop = self.began + share * self.budget, share * most
            with suppress(Enough):
                phase()

    def left(self) -> float:
        """Seconds that are left of the budget."""
        return self.began + self.budget - time.monotonic()

    def see(self, point: Point, seed: int | None = None, deep: bool = False) -> Visit | None:
        """Look at a point; None where it cannot be looked at.   Raises Enough."""
        if self.fact or time.monotonic() > self._stop[0] or self.trials >= self._stop[1] or self.visits > MOST_VISITS:
            raise Enough
        visit = self.look(point, self.seed if seed is None else seed, deep)
        if visit and visit.violated:
            self.fact = visit
            raise Enough
        return visit

    def look(self, point: Point, seed: int, deep: bool, stage: str = SCREEN) -> Visit | None:
        """One look, whatever is left of the budget. `deep`: all trials of a check's first look; otherwise one block."""
        if point in self.faults:
            return None
        try:
            visit = self._looked(point, seed, deep, stage)
        except BadInput as fault:  # undefined, too large, not finite: the claim cannot be looked at there
            self.faults[point] = str(fault)
            return None
        self.trials, self.visits = self.trials + visit.trials, self.visits + 1
        if not np.isfinite(visit.tightness):
            return visit if visit.violated else None
        if point not in self.best or visit.tightness > self.best[point].tightness:
            self.best[point] = visit
        return visit

    def _looked(self, point: Point, seed: int, deep: bool, stage: str) -> Visit:
        claim, lab = self.claim, self.lab
        eps = float(np.finfo(lab.machine.precision).eps)
        rule = Rule(self.level, self.tolerance, first_look(lab, claim, point), eps)
        evidence = Evidence(lab, claim, point, stations(claim.relation, claim, point, self.tolerance), seed, stage)
        count = schedule(evidence, trials_to_begin(claim.relation, rule), None)[0]
        dear = lab.simulator(claim.setting).trial_seconds(point) * len(evidence.stations)
        block = evidence.block_size()
        if dear * block > SHARE * self.budget:
            raise BadInput(f"{claim.id}: a block of trials at {point} takes {dear * block:.0f} s; raise the budget")
        if not deep and (self.pathwise or dear * count > SHARE * self.budget):
            count = min(count, block)
        measured = evidence.upto(count)
        outcome = judged(claim, measured, rule)
        violated = outcome.answer == "refuted" and not outcome.confirm
        return Visit(point, seed, measured[0].drawn, tightness(claim, measured, outcome), violated)

    def ranked(self) -> list[Visit]:
        """The best visits of all points, the tightest first."""
        return sorted(self.best.values(), key=lambda visit: -visit.tightness)

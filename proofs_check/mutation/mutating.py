"""Mutation scores: which changed formulas the engine refutes, of those that are false by 5 % or more.

Where a mutant only moves what is tested, one confidence sequence judges all of them: the event that it covers the
mean at all numbers of trials makes every verdict right together, for any number of mutants, without confirmation.
The k-th point has the share 6/(π²k²) of α. Elsewhere every mutant has its own share of that (a union bound);
violations of a statement about every draw are facts and spend nothing.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.measure import Laboratory
from proofs_check.check import Request
from proofs_check.mutation.effects import (
    SAME,
    Elsewhere,
    Remembering,
    Site,
    differences,
    equal_by_algebra,
    false_by,
    foresee,
    implied,
    sites_of,
)
from proofs_check.mutation.mutants import Mutant, mutants_of
from proofs_check.mutation.readers import STAGE, Attempt, Reader, reader
from proofs_check.mutation.scores import Fate, MutationReport
from proofs_check.search.tightness import tightness
from proofs_check.statistics import judged, require_judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.trials.sampling import Evidence, first_look, schedule
from theory.claim import Claim
from theory.errors import BadInput
from theory.relation import Bound, Relation, Threshold

COUNTS = 0.05 * (1 - 1e-6)  # false by so much, on the claim's scale, a mutant must be refuted
SEEN = 0.02 * (1 - 1e-6)
DEARER = 4.0  # a point serves a mutant if it costs at most so many times what its best point does
TRIES = 3  # points that are meant for a mutant: where one leaves it open, another may not


@dataclass(eq=False)
class Studied:
    """A mutant, how false it is at every candidate point (nan: undefined there), and what became of it.

    `trials`: how many would show that there. `tries`: points that served it; `elsewhere`: whether another still may.
    `last`: what the judge said last, at `point`.
    """

    mutant: Mutant
    false: np.ndarray
    trials: np.ndarray
    same: bool
    looser: bool
    outcome: str = ""
    reason: str = ""
    point: str = ""
    last: Outcome | None = None
    tries: int = 0
    elsewhere: bool = False

    @property
    def most(self) -> float:
        return float(np.nanmax(self.false)) if np.any(np.isfinite(self.false)) else math.nan

    @property
    def counts(self) -> bool:
        return not self.same and self.most >= COUNTS

    @property
    def stuck(self) -> bool:
        """Whether heavy tails or a ladder that fits badly leave it open, which are matters of the point."""
        return self.last is not None and self.last.reason.startswith(("regime", "finite size"))

    @property
    def waits(self) -> bool:
        """Whether more trials are worth their time here."""
        return not (self.stuck and self.elsewhere)

    @property
    def begs(self) -> bool:
        """Whether a point should still be meant for it."""
        return self.counts and not self.outcome and (not self.tries or (self.stuck and self.tries < TRIES))

    def served(self, tried: Sequence[int]) -> None:
        """Once more a point is meant for it, the last of those tried."""
        self.tries += 1
        left = [one for j, one in enumerate(self.false) if j not in tried and one >= COUNTS]
        self.elsewhere = bool(left) and self.tries < TRIES


@dataclass
class Tally:
    """What the points found of the claim itself."""

    verdicts: list[str] = field(default_factory=list)
    detectable: list[float] = field(default_factory=list)
    tightness: list[float] = field(default_factory=list)
    trials: int = 0


def mutate(
    claims: Claim | Sequence[Claim],
    *,
    lab: Laboratory | None = None,
    heard: Callable[[MutationReport], None] = lambda report: None,
    **request: Any,
) -> list[MutationReport]:
    """Mutation scores of some claims; error_rate is the chance that any mutant that holds is called refuted.

    Keywords: error_rate=1e-3, tolerance=0.02, seed=0, max_trials (at a point), budget (seconds a claim).
    """
    chosen = [claims] if isinstance(claims, Claim) else list(claims)
    asked = Request(**request)
    for claim in chosen:
        require_judged(claim)
    reports = []
    for claim in chosen:
        report = mutate_claim(claim, asked, asked.error_rate / len(chosen), lab or Laboratory())
        heard(report)
        reports.append(report)
    return reports


def mutate_claim(claim: Claim, asked: Request, level: float, lab: Laboratory) -> MutationReport:
    """The mutants of one claim, judged at a handful of points at which they differ from it."""
    began = time.monotonic()
    deadline = began + asked.budget if asked.budget else math.inf
    memory = Remembering(lab)
    mutants = mutants_of(claim)
    sites = sites_of(claim, memory, asked.seed, asked.tolerance) if mutants else []
    studied = [_studied(claim, mutant, sites, asked.tolerance) for mutant in mutants]
    elsewhere = Elsewhere(claim, asked.seed)
    for one in studied:
        _settle_without_trials(claim, one, elsewhere)
    memory.forget()
    tally, tried = Tally(), list[int]()
    while (step := _next_point(sites, studied, tried)) is not None:
        index, served = step
        tried.append(index)
        for one in served:
            one.served(tried)
        _judge_at(index, sites[index], studied, served, asked, _share(len(tried)) * level, deadline, tally)
        memory.forget()
    seen = min(tally.detectable, default=None)
    for one in studied:
        _settle_after_trials(claim, one, seen)
    return MutationReport(
        id=claim.id,
        relation=claim.relation.label,
        verdict=_worst(tally.verdicts),
        fates=tuple(_fate(one) for one in studied),
        points=tuple(str(sites[index].point) for index in tried),
        has_score=not isinstance(claim.relation, Bound) or bool(claim.tight_at),
        tightness=max(tally.tightness, default=None),
        detectable=seen,
        trials=tally.trials,
        level=level,
        tolerance=asked.tolerance,
        seconds=time.monotonic() - began,
    )


def _fate(one: Studied) -> Fate:
    mutant, detectable = one.mutant, one.last.detectable if one.last else None
    return Fate(mutant.name, mutant.kind, one.outcome, one.most, one.counts, one.point, one.reason, detectable)


# before the trials


def _studied(claim: Claim, mutant: Mutant, sites: Sequence[Site], tolerance: float) -> Studied:
    false, trials, apart, looser = [], [], [], []
    foresee(mutant.claim, sites)
    for site in sites:
        try:
            told = site.foretold(mutant.claim)
        except (BadInput, ArithmeticError):  # no root there, or infinite
            false.append(math.nan)
            trials.append(math.inf)
            continue
        gaps = max(float(np.max(np.abs(part))) for part in differences(claim, site.pilot, told))
        relation = mutant.claim.relation
        false.append(false_by(relation, claim, site.pilot, told, site.tight) if math.isfinite(gaps) else math.nan)
        trials.append(site.trials_to_refute(false[-1], told, tolerance))
        apart.append(gaps)
        looser.append(implied(claim, mutant.claim, site.pilot, told))
    same = bool(apart) and max(apart) < SAME and mutant.claim.relation == claim.relation
    return Studied(mutant, np.array(false), np.array(trials), same, bool(looser) and all(looser))


def _settle_without_trials(claim: Claim, one: Studied, elsewhere: Elsewhere) -> None:
    if one.same and equal_by_algebra(claim, one.mutant.claim):
        one.outcome, one.reason = "equivalent", "by algebra"
    elif one.same and elsewhere.agrees(one.mutant.claim):
        one.outcome, one.reason = "equivalent", "equal wherever the claim was evaluated"
    elif math.isnan(one.most):
        one.outcome, one.reason = "undefined", "no value at any point"
    elif one.looser and not one.counts:
        changed = one.mutant.claim.relation != claim.relation
        one.outcome = "still true"
        one.reason = "the claim implies it" if changed else "implied by the bound at every point tried"


def _share(k: int) -> float:
    """Of the level, for the k-th point: together one at most, however many are tried."""
    return 6 / (math.pi * k) ** 2


def _next_point(
    sites: Sequence[Site], studied: Sequence[Studied], tried: Sequence[int]
) -> tuple[int, list[Studied]] | None:
    """The point at which most mutants that must still be refuted are so about as cheaply as anywhere; and which.

    Without such mutants: the first point, for the verdict on the claim and the tightness of a bound.
    """
    counting = [one for one in studied if one.begs]
    cost = np.full((len(counting), len(sites)), math.inf)
    for j in set(range(len(sites))) - set(tried):
        shown = [one.trials[j] if one.false[j] >= COUNTS else math.inf for one in counting]
        cost[:, j] = np.array(shown) * sites[j].seconds()
    serves = np.isfinite(cost) & (cost <= DEARER * cost.min(axis=1, keepdims=True, initial=math.inf))
    if serves.any():
        dearest = np.where(serves, cost, 0.0).max(axis=0)
        best = max(range(len(sites)), key=lambda j: (serves[:, j].sum(), -dearest[j]))
        return best, [one for one, served in zip(counting, serves[:, best], strict=True) if served]
    if tried or not sites:
        return None
    return next((i for i, site in enumerate(sites) if site.tight), 0), []


# the trials


def _judge_at(
    index: int, site: Site, studied: Sequence[Studied], served: Sequence[Studied], asked: Request, level: float,
    deadline: float, tally: Tally,
) -> None:
    """Every mutant that is still open and false at this point, from the claim's own trials.

    They go on for the sake of the mutants that the point serves; the others are refuted more cheaply elsewhere. One
    that stays open here is tried at another point.
    """
    attempt = _attempt(site, asked, level, len(studied))
    facts = _any_error_shows(site.claim.relation)
    least = 0.0 if facts else asked.tolerance
    here = [one for one in studied if not one.outcome and one.false[index] > least]
    readers = {one: reader(site.claim.relation, attempt, one.mutant.claim) for one in here}
    own, trials, measured = Outcome("open"), 0, []
    for trials, measured in _looks(attempt, asked, deadline):
        own = judged(site.claim, measured, attempt.rule) if own.answer == "open" else own
        for one in list(readers):
            if _settled(one, readers[one], measured, trials, site):
                del readers[one]
        if own.answer != "open" and not any(one in readers and one.waits for one in served):
            break
    tally.verdicts.append("undecided" if own.answer == "open" else own.answer)
    tally.trials += trials
    if own.detectable is not None and not facts:  # there it is a frequency, not a size
        tally.detectable.append(own.detectable)
    tally.tightness += [tightness(site.claim, measured, own)] if isinstance(site.claim.relation, Bound) else []


def _any_error_shows(relation: Relation) -> bool:
    """Whether one draw refutes an error of any size; the place of a threshold has its tolerance even so."""
    return relation.of_every_draw and not isinstance(relation, Threshold)


def _attempt(site: Site, asked: Request, level: float, mutants: int) -> Attempt:
    claim, lab = site.claim, site.lab
    rule = Rule(level, asked.tolerance, first_look(lab, claim, site.point), float(np.finfo(lab.machine.precision).eps))
    every = stations(claim.relation, claim, site.point, asked.tolerance)
    return Attempt(site, Evidence(lab, claim, site.point, every, asked.seed, STAGE), rule, mutants)


def _looks(attempt: Attempt, asked: Request, deadline: float) -> Iterator[tuple[int, list[Measured]]]:
    begin = trials_to_begin(attempt.site.claim.relation, attempt.rule)
    for number, trials in enumerate(schedule(attempt.evidence, begin, asked.max_trials)):
        if number and time.monotonic() > deadline:
            return
        yield trials, attempt.evidence.upto(trials)


def _settled(one: Studied, read: Reader, measured: Sequence[Measured], trials: int, site: Site) -> bool:
    """Whether nothing more is to be learnt of a mutant at this point."""
    try:
        with np.errstate(all="ignore"):  # a mutant may well divide by zero; it is then not refuted
            one.last, one.point = read(measured, trials), str(site.point)
    except BadInput as fault:
        one.last, one.point = Outcome("undecided", reason=f"undefined: {fault}"), str(site.point)
    if one.last.answer == "refuted":
        one.outcome = "refuted"
    return one.last.answer != "open"


# after the trials


def _settle_after_trials(claim: Claim, one: Studied, seen: float | None) -> None:
    """Survivors with their reason, and what need not have been refuted apart from them."""
    if one.outcome:
        return
    one.outcome = "survived" if one.counts else "not counted"
    if one.last is not None:
        one.reason = "the judge supports it" if one.last.answer == "supported" else one.last.reason
    elif one.counts:
        one.reason = "not tried: the points that were chosen do not show it"
    elif one.mutant.kind == "rate":
        one.reason = "it predicts the same values"
    elif one.mutant.claim.relation != claim.relation:
        one.reason = "the pilot does not show it to be false"
    elif _any_error_shows(claim.relation):
        one.reason = "no draw was seen that violates it"
    else:
        one.reason = f"too little to count: false by {one.most:.2%}"
        one.reason += "" if seen is None else f", {seen:.2%} would have been seen"


def _worst(verdicts: Sequence[str]) -> str:
    return next((kind for kind in ("refuted", "undecided", "supported") if kind in verdicts), "not judged")

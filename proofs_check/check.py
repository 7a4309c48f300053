"""The whole path of a datum: predict, simulate and judge, with more trials until decided or the budget is spent."""

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.measure import Laboratory
from proofs_check.record import Record, Tested, make_record
from proofs_check.statistics import judged, require_judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Outcome, Rule
from proofs_check.statistics.regime import costed
from proofs_check.trials.precision import in_what_precision_does
from proofs_check.trials.sampling import Evidence, first_look, schedule
from proofs_check.trials.symmetry import require_consistent
from theory.claim import Claim
from theory.errors import BadInput, DeviceMissing, StoreFault
from theory.points import boundary_points, complete, default_points, ladder_top
from theory.setting import Point

TOLERANCE = 0.02
SCREEN = "screen"


@dataclass(frozen=True)
class Request:
    """What a user asks of a run.

    `error_rate`: chance of any wrong verdict in the run; `level`: a claim's own share, if given. `resolve`: the
    relative error that must come to light, instead of a tolerance and a budget.
    """

    error_rate: float = 1e-3
    tolerance: float = TOLERANCE
    points: int = 3
    seed: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    level: float | None = None
    max_trials: int | None = None
    budget: float | None = None
    wrong: str | None = None
    boundary: bool = False
    resolve: float | None = None

    def __post_init__(self) -> None:
        for name in ("error_rate", "tolerance", "level", "resolve"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                usual = "0.02" if name in ("tolerance", "resolve") else "1e-3"
                raise BadInput(f"{name.replace('_', ' ')} {value:g} is outside (0, 1); give a share such as {usual}")
        for name in ("points", "max_trials", "budget"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadInput(f"{name.replace('_', '-')} {value:g} is not positive; leave it out for the default")
        if self.seed < 0:
            raise BadInput(f"seed {self.seed} is negative; give a whole number from 0")
        if self.resolve is not None:  # errors of twice the tolerance cost as much as support does
            if self.tolerance not in (TOLERANCE, self.resolve / 2):
                raise BadInput(f"resolve {self.resolve:g} sets the tolerance to half of it; give one of the two")
            object.__setattr__(self, "tolerance", self.resolve / 2)
        if self.boundary and self.values:
            raise BadInput("the boundary is checked where the claim declares it; give no values beside it")


def check(
    claims: Claim | Sequence[Claim],
    *,
    lab: Laboratory | None = None,
    heard: Callable[[Record], None] = lambda record: None,
    **request: Any,
) -> list[Record]:
    """Verdicts on some claims with one declared error rate for all of them together.

    Keywords are the fields of `Request`.
    """
    chosen = [claims] if isinstance(claims, Claim) else list(claims)
    asked = Request(**request)
    lab = lab or Laboratory()
    for claim in chosen:
        require_judged(claim)
    records, faults = [], list[BadInput]()
    for claim in chosen:
        try:
            if not asked.boundary:
                require_consistent(claim, lab)
            record = check_claim(claim, asked, asked.level or asked.error_rate / len(chosen), lab)
        except (StoreFault, DeviceMissing):
            raise
        except BadInput as fault:  # of one claim; the others are still checked
            faults.append(fault)
            continue
        if lab.store:
            lab.store.put_record(dict(record))
            record["earlier"] = lab.store.earlier(record)  # of this store's history, so not kept in it
        heard(record)
        records.append(record)
    if faults:
        raise faults[0] if len(faults) == 1 else BadInput("; ".join(dict.fromkeys(map(str, faults))))
    return records


def check_claim(claim: Claim, asked: Request, level: float, lab: Laboratory) -> Record:
    """One claim at all its points: refuted if it is at one of them, supported only if it is at every one.

    At its boundary it must be refuted at every one.
    """
    began = time.monotonic()
    subject = claim.variant(asked.wrong) if asked.wrong else claim
    points = points_of(subject, asked)
    deadline = began + asked.budget if asked.budget else math.inf
    tested, confirmations = [], 0
    for point in points:
        outcome, trials = check_point(subject, point, asked, level, lab, deadline, SCREEN)
        if outcome.answer == "refuted" and outcome.confirm:
            confirmations += 1
            share = level * 6 / (math.pi**2 * confirmations**2)
            screened, (outcome, trials) = (
                outcome,
                check_point(subject, point, asked, share, lab, deadline, confirmation(claim, asked, confirmations)),
            )
            if outcome.answer != "refuted":
                outcome = _unconfirmed(screened)
        tested.append(Tested(point, outcome, trials))
        if outcome.answer == "refuted" and not asked.boundary:
            break
    return make_record(
        claim, subject, tested, asked, level, lab, confirmations, planned=len(points), seconds=time.monotonic() - began
    )


def check_point(
    claim: Claim, point: Point, asked: Request, level: float, lab: Laboratory, deadline: float, stage: str
) -> tuple[Outcome, int]:
    """The outcome at one point on the streams of one stage, and the trials it took: the same whenever it is asked."""
    outside = [] if asked.boundary else claim.broken(claim.regime, point)
    if outside:
        conditions = " and ".join(map(str, outside))
        return Outcome(
            "undecided", reason=f"regime: {conditions} fails here", would_decide=f"a point where {conditions}"
        ), 0

    def evidence_of(some: Laboratory) -> Evidence:
        return Evidence(some, claim, point, stations(claim.relation, claim, point, asked.tolerance), asked.seed, stage)

    def judge(evidence: Evidence) -> tuple[Outcome, int]:
        return _judged_at(evidence, asked, level, deadline)

    if lab.chooses:
        return in_what_precision_does(judge, evidence_of, lab, asked.tolerance, confirming=stage != SCREEN)
    return judge(evidence_of(lab))


def _judged_at(evidence: Evidence, asked: Request, level: float, deadline: float) -> tuple[Outcome, int]:
    lab, claim, point = evidence.lab, evidence.claim, evidence.point
    rule = Rule(level, asked.tolerance, first_look(lab, claim, point), float(np.finfo(lab.machine.precision).eps))
    quick = dataclasses.replace(rule, detail=False)
    for trials, measured in _looks(evidence, rule, asked, deadline):  # noqa: B007 - the last ones are reported
        if judged(claim, measured, quick).answer != "open":
            break
    outcome = judged(claim, measured, rule)
    if outcome.answer == "refuted" and not outcome.confirm:
        outcome = _recomputed(evidence, trials, rule, outcome)
    answer = "undecided" if outcome.answer == "open" else outcome.answer
    return _worded(dataclasses.replace(outcome, answer=answer, stopped=evidence.stopped()), evidence), trials


def _recomputed(evidence: Evidence, trials: int, rule: Rule, found: Outcome) -> Outcome:
    """A violation is a fact only if the same draws give it again: computed anew, in double precision."""
    lab = copy.copy(evidence.lab)
    lab.store, lab.machine = None, lab.machine.at("float64", drawn=lab.machine.drawn)
    again = Evidence(lab, evidence.claim, evidence.point, evidence.stations, evidence.seed, evidence.stage)
    if judged(evidence.claim, again.upto(trials), rule).answer == "refuted":
        return found
    return dataclasses.replace(
        found,
        answer="undecided",
        reason="precision: a violation did not persist when its draws were computed anew",
        would_decide="--precision float64, and a simulator that depends on its stream alone",
    )


def _worded(outcome: Outcome, evidence: Evidence) -> Outcome:
    """What would decide comes with its cost; an error that is the run's precision is called by its name."""
    outcome = dataclasses.replace(outcome, would_decide=costed(outcome.would_decide, evidence.trial_seconds()))
    if not outcome.reason.startswith("solver") or not evidence.is_rounding():
        return outcome
    return dataclasses.replace(
        outcome,
        reason=f"precision: {evidence.lab.machine.precision} and float64 give different values on the same draws",
        would_decide="--precision float64",
    )


def _looks(evidence: Evidence, rule: Rule, asked: Request, deadline: float) -> Iterator[tuple[int, Any]]:
    for number, trials in enumerate(
        schedule(evidence, trials_to_begin(evidence.claim.relation, rule), asked.max_trials, bool(asked.resolve))
    ):
        if number and time.monotonic() > deadline:
            return
        measured = evidence.upto(trials)
        yield min(station.drawn for station in measured), measured


def points_of(claim: Claim, asked: Request) -> list[Point]:
    """The points at which a request has a claim, or a wrong variant of it, checked.   Raises BadInput."""
    if asked.boundary:
        return boundary_points(claim, asked.seed)
    if not asked.values:
        told_apart = (
            len(claim.points) if asked.wrong else 0
        )  # a wrong variant is tried where its author says that it differs
        return default_points(claim, told_apart or asked.points, asked.seed)
    climbed = [name for name in asked.values if str(name) in ladder_top(claim)]
    if climbed:
        raise BadInput(f"{claim.id}: {', '.join(map(str, climbed))} runs through the sizes of its ladder; leave it out")
    return [complete(claim, asked.values, np.random.default_rng([asked.seed, *claim.id.encode()]))]


def confirmation(claim: Claim, asked: Request, number: int) -> str:
    """The stage, and so the streams, of a claim's k-th confirmation."""
    return f"confirm {number} of {claim.id}{' ~ ' + asked.wrong if asked.wrong else ''}"


def _unconfirmed(screened: Outcome) -> Outcome:
    return dataclasses.replace(
        screened,
        answer="undecided",
        reason="noise: a refutation was not confirmed on fresh trials",
        would_decide="another seed, or more trials",
    )

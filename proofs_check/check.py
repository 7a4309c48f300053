"""The whole path of a datum: predict, simulate and judge, with more trials until decided or the budget is spent."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.measure import Laboratory
from proofs_check.record import Record, Tested, make_record
from proofs_check.sampling import Evidence, first_look, schedule
from proofs_check.statistics import judged, require_judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Outcome, Rule
from theory.claim import Claim
from theory.errors import BadInput
from theory.points import boundary_points, complete, default_points, ladder_top
from theory.setting import Point


@dataclass(frozen=True)
class Request:
    """What a user asks of a run.

    `error_rate`: chance of any wrong verdict in the run; `level`: a claim's own share, if given.
    """

    error_rate: float = 1e-3
    tolerance: float = 0.02
    points: int = 3
    seed: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    level: float | None = None
    max_trials: int | None = None
    budget: float | None = None
    wrong: str | None = None
    boundary: bool = False

    def __post_init__(self) -> None:
        for name in ("error_rate", "tolerance", "level"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                usual = "0.02" if name == "tolerance" else "1e-3"
                raise BadInput(f"{name.replace('_', ' ')} {value:g} is outside (0, 1); give a share such as {usual}")
        for name in ("points", "max_trials", "budget"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadInput(f"{name.replace('_', '-')} {value:g} is not positive; leave it out for the default")
        if self.seed < 0:
            raise BadInput(f"seed {self.seed} is negative; give a whole number from 0")
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
    records = []
    for claim in chosen:
        record = check_claim(claim, asked, asked.level or asked.error_rate / len(chosen), lab)
        if lab.store:
            lab.store.put_record(dict(record))
        heard(record)
        records.append(record)
    return records


def check_claim(claim: Claim, asked: Request, level: float, lab: Laboratory) -> Record:
    """One claim at all its points: refuted if it is at one of them, supported only if it is at every one."""
    began = time.monotonic()
    subject = claim.variant(asked.wrong) if asked.wrong else claim
    points = _points(subject, asked)
    deadline = began + asked.budget if asked.budget else math.inf
    tested, confirmations = [], 0
    for point in points:
        outcome, trials = _check_point(subject, point, asked, level, lab, deadline, "screen")
        if outcome.answer == "refuted" and outcome.confirm:
            confirmations += 1
            share = level * 6 / (math.pi**2 * confirmations**2)
            screened, (outcome, trials) = (
                outcome,
                _check_point(subject, point, asked, share, lab, deadline, _confirmation(claim, asked, confirmations)),
            )
            if outcome.answer != "refuted":
                outcome = _unconfirmed(screened)
        tested.append(Tested(point, outcome, trials))
        if outcome.answer == "refuted":
            break
    return make_record(
        claim, subject, tested, asked, level, lab, confirmations, planned=len(points), seconds=time.monotonic() - began
    )


def _check_point(
    claim: Claim, point: Point, asked: Request, level: float, lab: Laboratory, deadline: float, stage: str
) -> tuple[Outcome, int]:
    outside = [] if asked.boundary else claim.broken(claim.regime, point)
    if outside:
        conditions = " and ".join(map(str, outside))
        return Outcome(
            "undecided", reason=f"regime: {conditions} fails here", would_decide=f"a point where {conditions}"
        ), 0
    rule = Rule(level, asked.tolerance, first_look(lab, claim, point), float(np.finfo(lab.machine.precision).eps))
    evidence = Evidence(lab, claim, point, stations(claim.relation, claim, point, asked.tolerance), asked.seed, stage)
    for trials, measured in _looks(evidence, rule, asked, deadline):
        outcome = judged(claim, measured, rule)
        if outcome.answer != "open":
            return outcome, trials
    return dataclasses.replace(outcome, answer="undecided"), trials


def _looks(evidence: Evidence, rule: Rule, asked: Request, deadline: float) -> Iterator[tuple[int, Any]]:
    for number, trials in enumerate(
        schedule(evidence, trials_to_begin(evidence.claim.relation, rule), asked.max_trials)
    ):
        if number and time.monotonic() > deadline:
            return
        measured = evidence.upto(trials)
        yield min(station.drawn for station in measured), measured


def _points(claim: Claim, asked: Request) -> list[Point]:
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


def _confirmation(claim: Claim, asked: Request, number: int) -> str:
    return f"confirm {number} of {claim.id}{' ~ ' + asked.wrong if asked.wrong else ''}"


def _unconfirmed(screened: Outcome) -> Outcome:
    return dataclasses.replace(
        screened,
        answer="undecided",
        reason="noise: a refutation was not confirmed on fresh trials",
        would_decide="another seed, or more trials",
    )

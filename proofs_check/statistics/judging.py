"""Dispatch over relations, and the small pieces that several judges share."""

import dataclasses
from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station
from theory.claim import Claim
from theory.errors import BadSample, NotBuilt
from theory.relation import Bound, Relation
from theory.setting import Point

FEWEST = 2  # trials without which there is no spread
RARE = 0.05  # share of the trials that meet the event, below which it is the event that is to blame


@singledispatch
def stations(relation: Relation, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    """The points that a relation needs simulated for its verdict at one point."""
    return [Station(point)]


def require_judged(claim: Claim) -> None:
    """Raises NotBuilt, before anything is simulated, for a relation that this version cannot judge."""
    relation = claim.relation
    partly = isinstance(relation, Bound) and relation.kind != "pathwise"
    if partly or judge.dispatch(type(relation)) is judge.dispatch(Relation):
        manner = " in the mean or with a probability" if partly else ""
        raise NotBuilt(
            f"{claim.id}: the relation {relation.label}{manner} is not judged by this version; leave the claim out"
        )


@singledispatch
def trials_to_begin(relation: Relation, rule: Rule) -> int:
    """Trials of the first look: a full statistical block for each of the K that must agree."""
    return rule.first_look * sequential.blocks_for(rule.level)


@singledispatch
def judge(relation: Relation, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """What the trials so far say about a claim at one point."""
    raise NotBuilt(f"{claim.id}: the relation {relation.label} is declared but not judged by this version")


def judged(claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """What the judge of the claim's relation says; an event that is met too rarely leaves it open, in these words."""
    kept, share = min(only.kept for only in measured), min(only.kept / only.drawn for only in measured)
    outcome = Outcome("open") if kept < FEWEST else judge(claim.relation, claim, measured, rule)
    if outcome.answer == "open" and share < RARE:
        return dataclasses.replace(
            outcome,
            reason=f"rare condition: {claim.given} was met in {share:.2%} of the trials",
            would_decide="a point where it is met more often, or more trials",
        )
    return outcome


def mean_sequence(values: np.ndarray, rule: Rule, tolerance: float | None = None) -> sequential.Interval:
    """The confidence sequence of a mean.   Raises BadSample when the trials are visibly no independent draws."""
    require_independent(values)
    return sequential.mixture_cs(
        values, level=rule.level, tolerance=tolerance or rule.tolerance, first_look=rule.first_look
    )


def require_independent(values: np.ndarray) -> None:
    """Raises BadSample when the trials are visibly not independent draws of a continuous or two-valued observable."""
    fault = sequential.dependence_fault(values)
    if fault:
        raise BadSample(f"the trials are not independent draws: {fault}")


def inside_or_outside(lower: float, upper: float, low: float, high: float, gates_open: bool) -> Answer:
    """Supported when the interval lies in [low, high], refuted when it lies wholly outside, open otherwise."""
    if not gates_open:
        return "open"
    if low <= lower and upper <= high:
        return "supported"
    return "refuted" if lower > high or upper < low else "open"


def certificates(only: Measured) -> np.ndarray:
    """The simulator's error bound of every trial; zero where it declares none.   Shapes: (kept,)."""
    return np.zeros(only.kept) if only.certificate is None else np.abs(only.certificate)


def mean_certificate(only: Measured, scale: np.ndarray | float = 1.0) -> float:
    return float(np.mean(certificates(only) / scale)) if only.kept else 0.0


def one(value: object) -> float | None:
    """The prediction as one number: itself, or the mean over trials of a scalar prediction."""
    array = np.asarray(value, dtype=float)
    return float(array.mean()) if array.ndim <= 1 and array.size else None

"""Dispatch over relations, and the small pieces that several judges share."""

import dataclasses
from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import NOTHING, Answer, Known, Measured, Outcome, Rule, Station
from proofs_check.statistics.independence import TIES_LIMIT, dependence_fault, repetition
from theory.claim import Claim
from theory.errors import BadSample, NotBuilt
from theory.relation import Relation
from theory.setting import Point

FEWEST = 2  # trials without which there is no spread
RESOLVED = 1e-9  # relative differences below it may be rounding
RARE = 0.05  # share of the trials that meet the event, below which it is the event that is to blame


@singledispatch
def stations(relation: Relation, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    """The points that a relation needs simulated for its verdict at one point."""
    return [Station(point)]


def require_judged(claim: Claim) -> None:
    """Raises NotBuilt, before anything is simulated, for a relation that this version cannot judge."""
    relation = claim.relation
    if judge.dispatch(type(relation)) is judge.dispatch(Relation):
        raise NotBuilt(f"{claim.id}: the relation {relation.label} is not judged by this version; leave the claim out")


@singledispatch
def trials_to_begin(relation: Relation, rule: Rule) -> int:
    """Trials of the first look: a full statistical block for each of the K that must agree."""
    return rule.first_look * sequential.blocks_for(rule.level)


@singledispatch
def judge(relation: Relation, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """What the trials so far say about a claim at one point."""
    raise NotBuilt(f"{claim.id}: the relation {relation.label} is declared but not judged by this version")


def judged(claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """What the judge of the claim's relation says of trials that count as independent draws.

    An event that is met too rarely leaves it open, in these words.   Raises BadSample.
    """
    kept, share = min(only.kept for only in measured), min(only.kept / only.drawn for only in measured)
    looked_at = [only for only in measured if only.station.factor is not None] or measured  # not where a threshold is
    for only in looked_at:
        require_finite(claim, only)
    outcome = Outcome("open") if kept < FEWEST else judge(claim.relation, claim, measured, rule)
    if outcome.answer in ("supported", "refuted"):
        outcome = _unless_constant(claim, measured, outcome)
    if outcome.answer == "open" and share < RARE:
        return dataclasses.replace(
            outcome,
            reason=f"rare condition: {claim.given} was met in {share:.2%} of the trials",
            would_decide="a point where it is met more often, or more trials",
        )
    return outcome


def mean_sequence(
    values: np.ndarray, rule: Rule, tolerance: float | None = None, *, known: Known = NOTHING, sides: int = 2
) -> sequential.Interval:
    """The confidence sequence of a mean, the strongest that what is known of the values allows.

    With `sides=1` each end holds at the rule's level on its own.
    """
    level, two_sided = rule.level, rule.level if sides == 2 else min(2 * rule.level, 0.5)
    if known.values == "fixed":
        return sequential.fixed_value(values, level=level)
    if np.isfinite(known.low) and np.isfinite(known.high):
        return sequential.bounded_cs(values, known.low, known.high, level=two_sided)
    tolerance = tolerance or rule.tolerance
    if known.variance is not None:
        planned = sequential.trials_planned(known.variance, two_sided, tolerance)
        return sequential.catoni_cs(values, variance=known.variance, level=two_sided, planned=planned)
    return sequential.mixture_cs(values, level=level, tolerance=tolerance, sides=sides, first_look=rule.first_look)


def certainly_open(
    values: np.ndarray, rule: Rule, low: float, high: float, *, known: Known = NOTHING, sides: int = 2
) -> bool:
    """Whether `mean_sequence` surely contains the end of [low, high] nearer to the mean; False where only it tells.

    Looks for which it does need no search for the ends of a sequence that has no formula for them.
    """
    level = rule.level if sides == 2 else min(2 * rule.level, 0.5)
    nearer = low if float(np.mean(values)) < (low + high) / 2 else high
    if np.isfinite(known.low) and np.isfinite(known.high) and known.values != "fixed":
        return known.low < nearer < known.high and sequential.bounded_covers(
            values, known.low, known.high, nearer, level=level
        )
    if known.variance is None or known.values == "fixed":
        return False
    planned = sequential.trials_planned(known.variance, level, rule.tolerance)
    return sequential.catoni_covers(values, nearer, variance=known.variance, level=level, planned=planned)


def zeros_and_ones(values: np.ndarray) -> bool:
    """Whether every value is 0 or 1, and both occur."""
    ones = values == 1
    return bool(np.all(ones[:8] | (values[:8] == 0)) and np.all(ones | (values == 0)) and 0 < ones.sum() < len(values))


def frequency_sequence(values: np.ndarray, rule: Rule) -> sequential.Interval:
    """The exact sequence of the mean of (X − a)/b where every X is 0 or 1 and both were seen."""
    low, high = float(values.min()), float(values.max())
    cs = sequential.beta_binomial_cs(int((values == high).sum()), len(values), level=rule.level)
    lower, upper = (low + (high - low) * end for end in (cs.lower, cs.upper))
    return dataclasses.replace(cs, lower=lower, upper=upper, sd=cs.sd * (high - low))


def require_finite(claim: Claim, only: Measured) -> None:
    """Raises BadSample where the observable of a trial that counts is not a real number."""
    if np.iscomplexobj(only.observable):
        raise BadSample(f"{claim.id}: {claim.observable} is complex; measure a real part or a modulus")
    counted = only.observable if only.met is None or len(only.met) != only.kept else only.observable[only.met]
    lost = counted.size - int(np.isfinite(counted).sum())
    if lost:
        raise BadSample(
            f"{claim.id}: {lost} of {counted.size} values of {claim.observable} are not finite at"
            f" {only.station.point}; mend the simulator, or declare an event that leaves such trials out"
        )


def _unless_constant(claim: Claim, measured: Sequence[Measured], outcome: Outcome) -> Outcome:
    """The outcome, or why trials like these can carry none: nothing in them varies, or they repeat one another."""
    together = any(only.station.factor is not None for only in measured)  # the sides of a threshold share their draws
    for group in [list(measured)] if together else [[only] for only in measured]:
        values = {only.known.values for only in group}
        if values == {"fixed"}:
            continue
        kept = min(only.kept for only in group)
        varying = [column[:kept] for only in group for column in _columns(only)]
        if kept > FEWEST and not varying and not (claim.relation.counts_draws and _differ(group)):
            return dataclasses.replace(
                outcome,
                answer="open",
                reason=f"regime: {claim.observable} is the same in all {kept} trials",
                would_decide='an observable that varies, or Observable(values="fixed") if it is no random number',
            )
        fault = _repetition(varying, "discrete" in values) if kept > FEWEST else ""
        if fault:
            raise BadSample(
                f"{claim.id}: the trials at {group[0].station.point} are not independent draws: {fault};"
                " draw every trial from rng"
            )
    return outcome


def _columns(only: Measured) -> list[np.ndarray]:
    """The sums of observable and prediction in every trial, where they vary by more than rounding and certificate."""
    value = np.asarray(only.prediction.value, dtype=float)
    parts = [(only.observable, certificates(only))]
    parts += [(value, np.asarray(only.prediction.error))] if value.ndim and len(value) == only.kept else []
    columns = [(part.reshape(len(part), -1).sum(axis=1), float(np.max(error))) for part, error in parts]
    return [column for column, error in columns if np.ptp(column) > max(RESOLVED * np.max(np.abs(column)), 2 * error)]


def _differ(group: Sequence[Measured]) -> bool:
    """Whether the trials differ, if not in what is compared: a statement about every draw may be about a constant."""
    traces = [only.trace for only in group if only.trace is not None]
    return any(len(np.unique(trace)) > (1 - TIES_LIMIT) * len(trace) for trace in traces)


def _repetition(columns: Sequence[np.ndarray], repeats: bool) -> str:
    """Why trials cannot be independent: those that agree in every column, or a column with memory."""
    if not columns:
        return ""
    if len(columns) > 1 and not repeats:
        weights = np.sqrt(np.arange(2.0, 2.0 + len(columns)))  # equal only where all columns are, up to a coincidence
        parts = [w * (column - column[0]) / np.ptp(column) for w, column in zip(weights, columns, strict=True)]
        ties = repetition(np.sum(parts, axis=0))
        if ties:
            return ties
    alone = len(columns) == 1 and not repeats
    return next(filter(None, (dependence_fault(column, repeats=not alone) for column in columns)), "")


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


def largest(array: object, only: Measured) -> np.ndarray:
    """The largest component in every trial.   Shapes: () or (kept, …) or (…) -> (kept,)."""
    values = np.asarray(array, dtype=float)
    if values.shape == (only.kept,):  # one number a trial, whatever the shape of the observable
        return values
    return np.broadcast_to(values, only.observable.shape).reshape(only.kept, -1).max(axis=1)


def one(value: object) -> float | None:
    """The prediction as one number: itself, or the mean over trials of a scalar prediction; nothing for arrays."""
    array = np.asarray(value, dtype=float)
    return float(array.mean()) if array.ndim <= 1 and array.size else None

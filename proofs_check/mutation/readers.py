"""How a mutant is judged on the trials of its claim, one manner for each relation."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
import sympy

from proofs_check.mutation.effects import SAME, Site
from proofs_check.statistics import judged
from proofs_check.statistics.evidence import Measured, Outcome, Rule, scale_of
from proofs_check.statistics.judging import certificates
from proofs_check.trials.sampling import Evidence
from theory.claim import Claim
from theory.evaluate import Prediction
from theory.relation import Asymptotic, Bound, Equality, Identity, Ordering, Relation, Threshold

NO_SIDE = "noise: no measured side tells the two places apart"
TINY = 1e-9
STAGE = "screen"  # the trials of a check: with a store they are read, not drawn again
PLAIN: dict[str, Any] = {"roots": (), "wrong": (), "rivals": (), "figure": None}
Reader = Callable[[Sequence[Measured], int], Outcome]


@dataclass
class Attempt:
    """What is judged at one point: the claim's trials, under one rule, beside so many mutants."""

    site: Site
    evidence: Evidence
    rule: Rule
    mutants: int


@singledispatch
def reader(relation: Relation, attempt: Attempt, mutant: Claim) -> Reader:
    """What the relation's own judge says of a mutant, on the claim's trials, at the mutant's share of the level."""
    rule = _shared(attempt)
    if _by_point(attempt, mutant):
        told = _told(attempt, mutant)
        return lambda measured, trials: judged(mutant, _beside(measured, told), rule)
    own = attempt.site.evidence(mutant, STAGE)
    return lambda measured, trials: judged(mutant, own.upto(trials), rule)


@reader.register(Equality)
@reader.register(Asymptotic)
def _(relation: Relation, attempt: Attempt, mutant: Claim) -> Reader:
    """(X − m′)/s = (X − m)/s − (m′ − m)/s: one confidence sequence for all mutants, where m and m′ are numbers.

    Where every trial has its own, mutants differ in their spread, and each has its share of the level.
    """
    if _by_point(attempt, mutant):
        return _moved(attempt, mutant)
    own, rule = attempt.site.evidence(mutant, STAGE), _shared(attempt)
    subject = mutant.but(prediction=sympy.Integer(0), scale=sympy.Integer(1), **PLAIN)

    def read(measured: Sequence[Measured], trials: int) -> Outcome:
        beside = zip(measured, own.upto(trials), strict=True)
        return judged(subject, [_rescaled(attempt.site.claim, *pair) for pair in beside], rule)

    return read


@reader.register
def _(relation: Ordering, attempt: Attempt, mutant: Claim) -> Reader:
    """The same two points, the other one first."""
    rule = _shared(attempt)
    return lambda measured, trials: judged(mutant, measured[::-1], rule)


@reader.register
def _(relation: Bound, attempt: Attempt, mutant: Claim) -> Reader:
    """A bound of the mean moves as an equality does; of every draw a violation is a fact."""
    if relation.kind == "mean" and _by_point(attempt, mutant):
        return _moved(attempt, mutant)
    return (_facts if relation.kind == "pathwise" else reader.dispatch(Relation))(relation, attempt, mutant)


@reader.register
def _facts(relation: Identity, attempt: Attempt, mutant: Claim) -> Reader:
    """A draw that deviates is a fact, and spends nothing of the level."""
    own = attempt.site.evidence(mutant, STAGE)
    return lambda measured, trials: judged(mutant, own.upto(trials), attempt.rule)


def _by_point(attempt: Attempt, mutant: Claim) -> bool:
    return attempt.site.claim.is_per_point() and mutant.is_per_point()


def _shared(attempt: Attempt) -> Rule:
    return dataclasses.replace(attempt.rule, level=attempt.rule.level / attempt.mutants)


def _told(attempt: Attempt, mutant: Claim) -> list[Prediction]:
    return [attempt.site.value(mutant, station.point) for station in attempt.evidence.stations]


def _beside(measured: Sequence[Measured], told: Sequence[Prediction]) -> list[Measured]:
    return [dataclasses.replace(only, prediction=new) for only, new in zip(measured, told, strict=True)]


def _moved(attempt: Attempt, mutant: Claim) -> Reader:
    """The claim's trials beside the mutant's number; tolerances stay relative to the claim's own scale."""
    claim, told = attempt.site.claim, _told(attempt, mutant)
    subject: list[Claim] = []

    def read(measured: Sequence[Measured], trials: int) -> Outcome:
        if not subject:
            scale = _as_formula(claim, measured)
            subject.append(mutant.but(prediction=scale, scale=scale, **PLAIN))
        return judged(subject[0], _beside(measured, told), attempt.rule)

    return read


def _as_formula(claim: Claim, measured: Sequence[Measured]) -> Any:
    """The claim's scale at these stations: a number, or one for every rung."""
    scales = [sympy.Rational(float(scale_of(claim, only))) for only in measured]
    if not isinstance(claim.relation, Asymptotic):
        return scales[0]
    along = claim.relation.ladder.along
    rungs = [sympy.Eq(along, only.station.point[along]) for only in measured]
    return sympy.Piecewise(*zip(scales, rungs, strict=True))


def _rescaled(claim: Claim, only: Measured, other: Measured) -> Measured:
    """(X − m′)/s in every trial, beside a prediction of zero."""
    scale = scale_of(claim, only)
    error = float(np.max(other.prediction.error / scale))
    certificate = None if only.certificate is None else certificates(only) / scale
    values = (only.observable - other.prediction.value) / scale
    return Measured(only.station, values, Prediction(0.0, error, ""), certificate, only.drawn)


@reader.register
def _(relation: Threshold, attempt: Attempt, mutant: Claim) -> Reader:
    """A side at which the growth has the wrong sign for the mutant's place; one change of sign is assumed."""
    own = attempt.site.evidence(mutant, STAGE)
    facts = relation.of_every_draw and mutant.given is None

    def read(measured: Sequence[Measured], trials: int) -> Outcome:
        place = own.upto(trials)[0].prediction
        if not facts:
            return _from_elsewhere(attempt, mutant, measured, place)
        against = contradicted(measured, place, attempt.rule.tolerance)
        return Outcome("refuted" if against.any() else "open", reason=NO_SIDE)

    return read


def contradicted(measured: Sequence[Measured], place: Any, tolerance: float) -> np.ndarray:
    """In which draws a measured side lies outside place·(1 ± δ) and has the wrong sign.   Shapes: -> (trials,)."""
    first, sides = measured[0], measured[1:]
    value = np.asarray(first.prediction.value) * np.ones(first.kept)
    ratio = np.asarray(place.value) / value
    doubt = np.abs(ratio * np.asarray(first.prediction.error) / value) + np.abs(place.error / value)
    against = np.zeros(first.kept, dtype=bool)
    for side in sides:
        factor, error = side.station.factor or 1.0, certificates(side)
        below, above = factor <= ratio * (1 - tolerance) - doubt, factor >= ratio * (1 + tolerance) + doubt
        against |= (below & (side.observable > error)) | (above & (side.observable < -error))
    return against


def _from_elsewhere(attempt: Attempt, mutant: Claim, measured: Sequence[Measured], place: Prediction) -> Outcome:
    """What the judge says of the sides, whose laws know nothing of the place, seen from another place."""
    first, sides = measured[0], measured[1:]
    ratios = np.asarray(place.value) / np.asarray(first.prediction.value)
    if np.ptp(ratios) > SAME:
        return Outcome("undecided", reason="every draw has its own place, which is tried for pathwise thresholds only")
    ratio = max(float(np.mean(ratios)), TINY)  # a place at 0, or below it, lies below every side
    place = dataclasses.replace(place, value=ratio * np.asarray(first.prediction.value))
    moved = [_seen_from(side, ratio) for side in sides]
    apart = [side for side in moved if abs((side.station.factor or 1.0) - 1) >= attempt.rule.tolerance]
    if not apart:
        return Outcome("open", reason=NO_SIDE)
    rule = dataclasses.replace(attempt.rule, level=attempt.rule.level / len(sides))
    return judged(mutant, [dataclasses.replace(first, prediction=place), *apart], rule)


def _seen_from(side: Measured, ratio: float) -> Measured:
    station = dataclasses.replace(side.station, factor=(side.station.factor or 1.0) / ratio)
    return dataclasses.replace(side, station=station)

"""Exponent: the mean of the observable goes like size^b along a ladder, perhaps down to a constant floor."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station, scalar_row
from proofs_check.statistics.judging import judge, stations, trials_to_begin
from proofs_check.statistics.regime import advice, blind_spot, detectable
from proofs_check.statistics.sequential import blocks_for
from proofs_check.statistics.slopes import PILOT, SURE, Climb, Reading, climb_of, readings
from theory.claim import Claim
from theory.errors import BadDeclaration, BadSample
from theory.relation import Exponent, Ladder
from theory.setting import Point


def rungs_of(ladder: Ladder, point: Point) -> list[Station]:
    """The stations of a ladder through a point."""
    return [Station(point.replace(rung), label=str(rung[str(ladder.along)])) for rung in ladder.rungs()]


@stations.register
def _(relation: Exponent, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    return rungs_of(relation.along, point)


@trials_to_begin.register
def _(relation: Exponent, rule: Rule) -> int:
    return PILOT + rule.first_look * blocks_for(rule.level)


@judge.register
def _(relation: Exponent, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """Supported: every reading of the slope lies surely within the tolerance. Refuted: all lie surely on one side."""
    slope, doubt = _predicted(claim, measured)
    within = relation.within or rule.tolerance
    # with a floor half of the level goes to the sign of the amplitude
    strict = dataclasses.replace(rule, tolerance=within, level=rule.level / (2 if relation.floor else 1))
    sizes = relation.along.sizes
    require_scalar(claim, measured)
    climb = climb_of(measured, sizes, strict)
    shared: dict[str, Any] = {
        "target": slope,
        "tolerance": within,
        "prediction": slope,
        "guarantee": "calibrated",
        "certificate": float(climb.errors.max()),
        "blind_spot": blind_spot(rule, climb.rounds.shape[1]),
        "series": tuple(
            scalar_row(rung, at=size) | {"prediction": None}
            for rung, size in zip(measured, sizes, strict=True)
            if rule.detail
        ),
    }
    if not (doubt <= within / 2 and np.all(np.isfinite(climb.errors))):
        reason = "solver: the predicted slope or a rung is not certain to half the tolerance"
        return Outcome("undecided", reason=reason, would_decide="a tighter solver, or a wider tolerance", **shared)
    if relation.floor and abs(slope) <= 2 * within:
        reason = f"finite size: a power of {slope:g} ± {within:g} cannot be told from a floor"
        return Outcome("undecided", reason=reason, would_decide="a claim without a floor", **shared)
    waiting = few_rounds(climb) or (_no_trend(climb, slope) if relation.floor else not_positive(claim, climb))
    if waiting:
        return Outcome("open", reason=waiting[0], would_decide=waiting[1], **shared)
    corrections = [] if relation.correction is None else [relation.correction]
    ways = readings(len(sizes), corrections=corrections, floor=relation.floor)
    found = _judged(_upright(climb, slope) if relation.floor else climb, ways, slope, doubt)
    notes = (*found.notes, *(_floor_note(climb, slope) if relation.floor and rule.detail else ()))
    return dataclasses.replace(found, notes=notes, **shared)


def _judged(climb: Climb, ways: Sequence[Reading], slope: float, doubt: float) -> Outcome:
    if not climb.rule.detail and any(climb.side(way, slope, climb.rule.tolerance, doubt) == "unsure" for way in ways):
        return Outcome("open")
    sides = [climb.side(way, slope, climb.rule.tolerance, doubt) for way in ways]
    closed = next((cs for cs in climb.rungs if not cs.gates_open), None)
    answer: Answer = "open"
    if closed is None and "unsure" not in sides and len(set(sides)) == 1:
        answer = "supported" if sides[0] == "inside" else "refuted"
    if not climb.rule.detail:
        return Outcome(answer)
    gaps = [climb.tilt(way, slope) for way in ways]
    found = [climb.slope(way, slope) for way in ways]
    intervals = [climb.slope_interval(way, centre) for way, centre in zip(ways, found, strict=True)]
    worst = int(np.argmax([cs.upper - cs.lower for cs in gaps]))
    reason, would = advice(climb.tilt_weights(ways[worst], slope) @ climb.rounds, closed or gaps[worst], climb.rule)
    if answer == "open" and closed is None and ("unsure" not in sides or _disjoint(intervals)):
        reason, would = _curved(climb, found)
    notes = tuple(
        f"{way.name}: {value:.4g} in [{low:.4g}, {high:.4g}]"
        for way, value, (low, high) in zip(ways, found, intervals, strict=True)
    )
    return Outcome(
        answer,
        reason=reason,
        would_decide=would,
        estimate=float(np.mean(found)) if np.all(np.isfinite(found)) else None,
        interval=(min(low for low, _ in intervals), max(high for _, high in intervals)),
        detectable=detectable(gaps[worst], climb.rule, doubt),
        notes=notes,
    )


def _disjoint(intervals: Sequence[tuple[float, float]]) -> bool:
    return max(low for low, _ in intervals) > min(high for _, high in intervals)


def _curved(climb: Climb, found: Sequence[float]) -> tuple[str, str]:
    larger = climb.sizes[-1] * max(2.0, ((max(found) - min(found)) / climb.rule.tolerance) ** 2)
    texts = " and ".join(f"{value:.3g}" for value in found)
    reason = f"finite size: the slope still changes along the ladder (line and parabola read {texts})"
    return reason, f"sizes up to about {larger:.2g}, or a declared correction or floor"


def _floor_note(climb: Climb, slope: float) -> tuple[str, ...]:
    """The floor F of a fit A·n^b + F, where it is surely not zero for any slope within the tolerance."""
    both = []
    for beta in (slope - climb.rule.tolerance, slope, slope + climb.rule.tolerance):
        flat = Reading("", np.ones(len(climb.sizes), dtype=bool), floor=True)
        weights = flat.floor_weights(climb.x, climb.spread, beta)
        unit = climb.unit(weights)
        cs = climb.combined(weights / unit)
        both += [cs.lower * unit, cs.upper * unit]
    low, high = min(both), max(both)
    return () if low <= 0 <= high else (f"floor in [{low:.3g}, {high:.3g}] for slopes within the tolerance",)


def _predicted(claim: Claim, measured: Sequence[Measured]) -> tuple[float, float]:
    """The predicted slope, one number for the whole ladder, and its error."""
    values = np.array([np.asarray(rung.prediction.value, dtype=float) for rung in measured])
    errors = np.array([np.max(rung.prediction.error) for rung in measured])
    if values.ndim != 1 or np.ptp(values) > errors.max() + 1e-9 * np.abs(values).max():
        raise BadDeclaration(
            f"{claim.id}: the prediction of an Exponent is the slope, one number for the whole ladder;"
            " it changes from size to size or from draw to draw here"
        )
    return float(values[0]), float(errors.max())


def require_scalar(claim: Claim, measured: Sequence[Measured]) -> None:
    """Raises BadDeclaration for an observable that is an array."""
    if any(rung.observable.ndim != 1 for rung in measured):
        raise BadDeclaration(f"{claim.id}: {claim.observable} is an array; a ladder needs one number a trial")


def few_rounds(climb: Climb) -> tuple[str, str] | None:
    """Why the rounds do not allow a look yet, and what would."""
    if climb.known.values == "fixed":
        return None
    if climb.rounds.shape[1] < PILOT:
        return "noise: too few rounds for a pilot", f"{4 * PILOT} rounds"
    if np.any(climb.spread == 0):
        return "regime: the values of a rung are all equal", "an observable that varies"
    return None


def not_positive(claim: Claim, climb: Climb) -> tuple[str, str] | None:
    """Why some mean is not visibly positive, and what would show it.   Raises BadSample where it is negative."""
    for index, size in enumerate(climb.sizes):
        mean, error = float(climb.means[index]), float(climb.mean_errors[index] + climb.errors[index])
        if mean < 0 and climb.rungs[index].gates_open and climb.rungs[index].upper < 0:
            raise BadSample(
                f"{claim.id}: the mean of {claim.observable} is {mean:.3g} at size {size:g};"
                " a power law needs a positive one, declare its negative or its square"
            )
        if not (mean > 0 and error <= SURE * mean):
            more = climb.rounds.shape[1] * min(1e6, (error / (SURE * abs(mean))) ** 2 if mean else 1e6)
            seen = f"{mean:.3g} ± {error:.2g} at size {size:g}"
            reason = f"noise: the mean is not visibly positive, or known to less than {SURE:.0%}: {seen}"
            return reason, f"about {more:.2g} trials, or smaller sizes"
    return None


def _no_trend(climb: Climb, slope: float) -> tuple[str, str] | None:
    """Why it is open on which side of its floor the power lies."""
    ends = np.zeros(len(climb.sizes))
    ends[0], ends[-1] = -np.sign(slope), np.sign(slope)
    if _upright(climb, slope).combined(ends / climb.unit(ends)).lower > 0:
        return None
    return "noise: the smallest and the largest size cannot be told apart", "more trials, or a longer ladder"


def _upright(climb: Climb, slope: float) -> Climb:
    """The rungs with the sign that makes the pilot fall for a negative slope, rise for a positive one."""
    sign = float(np.sign((climb.pilot[0] - climb.pilot[-1]) * -slope)) or 1.0
    return dataclasses.replace(climb, pilot=sign * climb.pilot, rounds=sign * climb.rounds)

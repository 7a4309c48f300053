"""Threshold: the growth is negative below the predicted value and positive above it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station, scalar_row
from proofs_check.statistics.frequency import draws_to_exclude, frequency
from proofs_check.statistics.judging import (
    certificates,
    judge,
    mean_certificate,
    one,
    require_independent,
    stations,
    trials_to_begin,
)
from proofs_check.statistics.regime import blind_spot
from theory.claim import Claim
from theory.errors import BadInput, NotBuilt
from theory.relation import Threshold
from theory.setting import Point

PILOT = 64  # trials that only set the width of a mixture, then discarded
SIDES = (-5, -1, 1, 5)  # a threshold is looked at from these many tolerances away


@stations.register
def _(relation: Threshold, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    if claim.given is not None:
        raise NotBuilt(f"{claim.id}: a threshold given an event is declared but not judged by this version")
    if max(SIDES) * tolerance >= 1:
        raise BadInput(
            f"{claim.id}: a threshold is looked at {max(SIDES)} tolerances below itself;"
            f" give a tolerance under {1 / max(SIDES):g}"
        )
    apart = (str(relation.of),)
    return [Station(point, label="draw", apart=apart)] + [
        Station(point, label=f"{side:+d}δ", factor=1 + side * tolerance, apart=apart) for side in SIDES
    ]


@trials_to_begin.register
def _(relation: Threshold, rule: Rule) -> int:
    return draws_to_exclude(relation.excluded, rule) + PILOT


@judge.register
def _(relation: Threshold, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    first, sides = measured[0], measured[1:]
    value = np.asarray(first.prediction.value) * np.ones(first.kept)
    doubt = np.asarray(first.prediction.error) / value
    if relation.kind == "mean":
        return _mean_threshold(first, sides, rule, float(np.max(doubt)))
    factor = np.array([[side.station.factor] for side in sides], dtype=float)
    error = np.stack([certificates(side) for side in sides])
    growth = np.stack([side.observable for side in sides])
    certain = np.abs(factor - 1) > doubt  # that the side lies on its side of the true prediction
    wrong = np.any(certain & np.where(factor < 1, growth - error > 0, growth + error < 0), axis=0)
    unclear = (np.abs(growth) <= error) | ~(doubt <= rule.tolerance / 2)  # an error that is nan counts as unknown
    series = tuple(scalar_row(side, at=side.station.factor, relative=True) | {"prediction": None} for side in sides)
    outcome = frequency(claim, first, np.asarray(wrong), np.zeros(first.kept), relation.excluded, rule, blurred=0.0)
    changes: dict[str, Any] = {
        "notes": (),
        "series": series,
        "prediction": one(value),
        "mean": None,
        "tolerance": rule.tolerance,
        "detectable": rule.tolerance,
    }
    if outcome.answer == "supported" and unclear.any():
        changes |= {
            "answer": "undecided",
            "reason": "solver: threshold or sign is not certain in every draw",
            "would_decide": f"a tighter certificate, or a tolerance above {rule.tolerance:g}",
        }
    return dataclasses.replace(outcome, **changes)


def _mean_threshold(first: Measured, sides: Sequence[Measured], rule: Rule, doubt: float) -> Outcome:
    """Signs of the mean growth on both sides; an intersection, so each side is one-sided at the full level."""
    signs, open_gates, series = [], True, []
    for side in sides:
        require_independent(side.observable)
        pilot, values = side.observable[:PILOT], side.observable[PILOT:]
        tolerance = (
            max(abs(float(pilot.mean())), float(pilot.std()) / 8) or 1.0
        )  # fixed before the trials that are judged
        cs = sequential.mixture_cs(values, level=rule.level, tolerance=tolerance, sides=1, first_look=rule.first_look)
        error = mean_certificate(side, 1.0)
        signs.append(1 if cs.lower > error else -1 if cs.upper < -error else 0)
        open_gates &= cs.gates_open
        series.append(scalar_row(side, at=side.station.factor, relative=True) | {"prediction": None})
    wanted = [-1 if side.station.below else 1 for side in sides]
    wrong = any(sign == -want for sign, want in zip(signs, wanted, strict=False))
    answer = "open" if not open_gates else "refuted" if wrong else "supported" if signs == wanted else "open"
    reason, would = "noise: the sign of the growth is not yet certain on every side", "more trials"
    if not doubt <= rule.tolerance / 2:
        answer, reason, would = (
            "undecided",
            "solver: the predicted threshold is not certain",
            f"a tolerance above {2 * doubt:.2g}, or a tighter solver",
        )
    return Outcome(
        answer,
        reason=reason,
        estimate=float(sum(s == -w for s, w in zip(signs, wanted, strict=False))),
        interval=None,
        tolerance=rule.tolerance,
        guarantee="calibrated",
        detectable=rule.tolerance,
        would_decide=would,
        certificate=doubt,
        prediction=one(first.prediction.value),
        series=tuple(series),
        blind_spot=blind_spot(rule, sides[0].kept),
    )

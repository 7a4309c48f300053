"""Threshold: the growth is negative below the predicted value and positive above it, or most draws jump there.

Four places are looked at, one and five tolerances below and above. They share their draws, so what is said of every
draw is said of the same draw on every side; given an event, of those that meet it on every side.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station, number, scalar_row
from proofs_check.statistics.frequency import draws_to_exclude, frequency
from proofs_check.statistics.judging import (
    FEWEST,
    RARE,
    certificates,
    judge,
    mean_certificate,
    one,
    stations,
    trials_to_begin,
)
from proofs_check.statistics.regime import blind_spot
from theory.claim import Claim
from theory.errors import BadDeclaration, BadInput
from theory.relation import Threshold
from theory.setting import Point, symbols_of

PILOT = 64  # trials that only set the width of a mixture, then discarded
MOST = 0.5  # share of the draws that are most of them
SIDES = (-5, -1, 1, 5)  # a threshold is looked at from these many tolerances away


@stations.register
def _(relation: Threshold, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    if relation.first_order and relation.of in symbols_of([relation.signal]):
        raise BadDeclaration(
            f"{claim.id}: the signal of a jump is a level at the point, and may not read {relation.of}"
        )
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
    return PILOT if relation.first_order else draws_to_exclude(relation.excluded, rule) + PILOT


@judge.register
def _(relation: Threshold, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    if claim.given is None:
        return _judged(relation, claim, measured, rule)
    kept = _meeting(measured)
    share = kept[0].kept / kept[0].drawn
    outcome = _judged(relation, claim, kept, rule) if kept[0].kept >= FEWEST else Outcome("open")
    if outcome.answer == "open" and share < RARE:
        return dataclasses.replace(
            outcome,
            reason=f"rare condition: {claim.given} was met on every side in {share:.2%} of the trials",
            would_decide="a point where it is met more often, or more trials",
        )
    return outcome


def _meeting(measured: Sequence[Measured]) -> list[Measured]:
    """The trials that meet the event on every side; whether they do where the draw was predicted is not asked."""
    met = np.all([np.asarray(side.met, dtype=bool) for side in measured[1:]], axis=0)

    def cut(part: Any) -> Any:
        return part if part is None or np.ndim(part) == 0 else np.asarray(part)[met]

    return [
        dataclasses.replace(
            one,
            observable=one.observable[met],
            prediction=dataclasses.replace(
                one.prediction, value=cut(one.prediction.value), error=cut(one.prediction.error)
            ),
            certificate=cut(one.certificate),
            met=None,
        )
        for one in measured
    ]


def _judged(relation: Threshold, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    first, sides = measured[0], measured[1:]
    value = np.asarray(first.prediction.value) * np.ones(first.kept)
    doubt = np.asarray(first.prediction.error) / value
    if relation.first_order:
        return _jump(claim, relation, first, sides, rule, float(np.max(doubt)))
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


def _jump(
    claim: Claim, relation: Threshold, first: Measured, sides: Sequence[Measured], rule: Rule, doubt: float
) -> Outcome:
    """Whether most draws are on their side of the signal, exactly; each side supports at the full level.

    One wrong side of the four refutes, so each has a fourth of it.
    """
    signal = number(claim, first.station.point, relation.signal)
    line, split, supported, shares = -np.log(rule.level), -np.log(rule.level / len(sides)), [], []
    for side in sides:
        height = (side.observable - signal) * (-1 if side.station.below else 1)
        error = certificates(side)
        right, wrong = int((height - error > 0).sum()), int((height + error < 0).sum())
        supported.append(sequential.proportion_exceeds(right, side.kept, p0=MOST) >= line)
        shares.append((wrong / side.kept, sequential.proportion_exceeds(wrong, side.kept, p0=MOST) >= split))
    worst = max(share for share, _ in shares)
    answer = "refuted" if any(refuted for _, refuted in shares) else "supported" if all(supported) else "open"
    reason, would = "noise: it is not yet certain where most draws are on every side", "more trials"
    if not doubt <= rule.tolerance / 2:
        answer, reason, would = _doubtful(doubt)
    interval = sequential.beta_binomial_cs(round(worst * first.kept), first.kept, level=rule.level)
    return Outcome(
        answer,
        reason=reason,
        estimate=worst,
        interval=(interval.lower, interval.upper),
        tolerance=rule.tolerance,
        guarantee="exact",
        detectable=rule.tolerance,
        would_decide=would,
        certificate=doubt,
        prediction=one(first.prediction.value),
        series=tuple(
            scalar_row(side, at=side.station.factor, relative=True, wrong_side=share) | {"prediction": None}
            for side, (share, _) in zip(sides, shares, strict=True)
        ),
        blind_spot=blind_spot(rule, first.kept),
        notes=(f"signal {signal:.4g}",),
    )


def _doubtful(doubt: float) -> tuple[Answer, str, str]:
    return (
        "undecided",
        "solver: the predicted threshold is not certain",
        f"a tolerance above {2 * doubt:.2g}, or a tighter solver",
    )


def _mean_threshold(first: Measured, sides: Sequence[Measured], rule: Rule, doubt: float) -> Outcome:
    """Signs of the mean growth on both sides, each one-sided.

    Support is an intersection, so each side has the full level; refutation a union, so each has its share.
    """
    wanted = [-1 if side.station.below else 1 for side in sides]
    signs, gates = zip(*(_sign_of_mean(side, rule, rule.level) for side in sides), strict=True)
    answer: Answer = "supported" if all(gates) and list(signs) == wanted else "open"
    if all(gates) and any(sign == -want for sign, want in zip(signs, wanted, strict=True)):
        surely = [_sign_of_mean(side, rule, rule.level / len(sides))[0] for side in sides]
        if any(sign == -want for sign, want in zip(surely, wanted, strict=True)):
            answer = "refuted"
    if not rule.detail:
        return Outcome(answer if doubt <= rule.tolerance / 2 else "undecided")
    series = [scalar_row(side, at=side.station.factor, relative=True) | {"prediction": None} for side in sides]
    reason, would = "noise: the sign of the growth is not yet certain on every side", "more trials"
    if not doubt <= rule.tolerance / 2:
        answer, reason, would = _doubtful(doubt)
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


def _sign_of_mean(side: Measured, rule: Rule, level: float) -> tuple[int, bool]:
    """The certain sign of a side's mean, 0 where it is open, and whether its gates are open."""
    pilot, values = side.observable[:PILOT], side.observable[PILOT:]
    width = max(abs(float(pilot.mean())), float(pilot.std()) / 8) or 1.0  # fixed before the trials that are judged
    cs = sequential.mixture_cs(values, level=level, tolerance=width, sides=1, first_look=rule.first_look)
    error = mean_certificate(side, 1.0)
    return (1 if cs.lower > error else -1 if cs.upper < -error else 0), cs.gates_open

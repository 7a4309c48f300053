"""One small judge for each relation: from measured trials and predictions to supported, refuted, undecided or "go on".

Each says what would support and what would refute; absence of evidence is neither.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station, scalar_row, scale_of
from proofs_check.statistics.judges import (
    certificates,
    inside_or_outside,
    judge,
    mean_certificate,
    mean_sequence,
    one,
    require_independent,
    stations,
    trials_to_begin,
)
from proofs_check.statistics.regime import advice, blind_spot, detectable
from theory.claim import Claim
from theory.errors import BadDeclaration, BadInput, NotBuilt
from theory.relation import Bound, Equality, Identity, Probability, Threshold
from theory.setting import Point

ROUNDINGS = 64  # roundings that a simulator and a formula may differ by before a violation counts
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
def _(relation: Identity | Bound | Threshold, rule: Rule) -> int:
    """Just enough draws without a violation to exclude the frequency that the relation names."""
    return _draws_to_exclude(relation.excluded, rule) + (PILOT if isinstance(relation, Threshold) else 0)


@judge.register
def _(relation: Equality, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    only = measured[0]
    scale = scale_of(claim, only)
    if np.any(scale <= 0):
        raise BadDeclaration(
            f"{claim.id}: the scale is zero at {only.station.point}; declare scale=… where the prediction may vanish"
        )
    gap = (only.observable - only.prediction.value) / scale
    error = float(np.max(only.prediction.error / scale)) + mean_certificate(only, scale)
    cs = _indicator_sequence(only, scale, rule) or mean_sequence(gap, rule)
    delta = rule.tolerance
    answer = inside_or_outside(cs.lower - error, cs.upper + error, -delta, delta, cs.gates_open)
    reason, would = advice(gap, cs, rule, solver=error)
    return Outcome(
        answer if error <= delta / 2 else "undecided",
        reason=reason,
        estimate=float(gap.mean()),
        interval=(cs.lower - error, cs.upper + error),
        tolerance=delta,
        guarantee=cs.guarantee,
        detectable=detectable(cs, rule, error),
        prediction=one(only.prediction.value),
        mean=float(only.observable.mean()),
        would_decide=would,
        blind_spot=blind_spot(rule, only.kept),
        certificate=error,
        series=(scalar_row(only),),
    )


def _indicator_sequence(only: Measured, scale: np.ndarray, rule: Rule) -> sequential.Interval | None:
    """The exact sequence of a frequency, on the scale of the gap, where every trial is 0 or 1 and both were seen."""
    if np.ndim(only.prediction.value) or np.ndim(scale) or set(np.unique(only.observable)) != {0.0, 1.0}:
        return None
    require_independent(only.observable)
    cs = sequential.beta_binomial_cs(int(only.observable.sum()), only.kept, level=rule.level)
    lower, upper = ((end - float(only.prediction.value)) / float(scale) for end in (cs.lower, cs.upper))
    return dataclasses.replace(cs, lower=lower, upper=upper, sd=cs.sd / float(scale))


@judge.register
def _(relation: Identity, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    only = measured[0]
    scale = np.maximum(np.abs(np.asarray(only.prediction.value, dtype=float)), scale_of(claim, only))
    if np.any(scale <= 0):
        raise BadDeclaration(
            f"{claim.id}: the prediction is zero in a draw at {only.station.point}; declare scale=… where it may vanish"
        )
    slack = relation.condition * rule.eps + (certificates(only) + only.prediction.error) / scale
    deviation = np.abs(only.observable - only.prediction.value) / scale
    return _frequency(claim, only, deviation > slack, deviation, relation.excluded, rule, blurred=float(np.max(slack)))


@judge.register
def _(relation: Bound, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    if isinstance(relation.kind, Probability) or relation.kind == "mean":
        raise NotBuilt(
            f"{claim.id}: bounds in the mean and with a probability are declared but not judged by this version"
        )
    only = measured[0]
    bound = np.asarray(only.prediction.value, dtype=float)
    margin = ROUNDINGS * rule.eps * np.abs(bound) + certificates(only) + only.prediction.error
    beyond = (only.observable - bound) if relation.sense == "<=" else (bound - only.observable)
    with np.errstate(all="ignore"):  # a bound of 0 has no ratio
        ratio = only.observable / bound if relation.sense == "<=" else bound / only.observable
        blurred = float(np.max(np.where(margin == 0, 0.0, margin / np.abs(bound))))
    return _frequency(claim, only, beyond > margin, ratio, relation.excluded, rule, blurred=blurred)


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
    outcome = _frequency(claim, first, np.asarray(wrong), np.zeros(first.kept), relation.excluded, rule, blurred=0.0)
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


def _frequency(
    claim: Claim, only: Measured, violated: np.ndarray, size: np.ndarray, excluded: float, rule: Rule, blurred: float
) -> Outcome:
    """Verdict on a statement about every draw.

    One violation refutes; support rules out frequencies above `excluded`.
    """
    count, kept = int(violated.sum()), only.kept
    upper = sequential.no_violation_bound(kept, rule.level) if kept and not count else 1.0
    answer = "refuted" if count else "supported" if upper <= excluded else "open"
    reason, would = "", ""
    if answer == "open":
        needed = _draws_to_exclude(excluded, rule)
        reason = "noise: too few trials to exclude rare violations"
        would = f"{int(np.ceil(needed * only.drawn / max(kept, 1)))} trials in all"
    if answer == "supported" and not blurred <= rule.tolerance / 2:  # nor is an error that is nan a small one
        answer, reason = "undecided", "solver: its certificate is too weak for the tolerance asked"
        would = f"a certificate below {rule.tolerance / 2:g}"
    worst = float(np.max(size))
    return Outcome(
        answer,
        reason=reason,
        target=0.0,
        estimate=count / kept,
        interval=(0.0 if not count else count / kept, upper),
        tolerance=excluded,
        guarantee="exact",
        detectable=upper,
        prediction=one(only.prediction.value),
        mean=float(only.observable.mean()),
        would_decide=would,
        blind_spot=f"a violation in fewer than {upper:.2g} of the draws is not excluded" if not count else "",
        certificate=blurred,
        series=(scalar_row(only, largest=worst),),
        notes=(f"{_closest(claim)} {worst:.4g}",),
        confirm=False,
    )


def _draws_to_exclude(excluded: float, rule: Rule) -> int:
    if not 0 < excluded < 1:
        raise BadDeclaration(f"excluded={excluded} is no share of the draws; declare one between 0 and 1, such as 0.01")
    return int(np.ceil(np.log(rule.level) / np.log1p(-excluded)))


def _closest(claim: Claim) -> str:
    return "largest ratio to the bound" if isinstance(claim.relation, Bound) else "largest relative deviation"


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

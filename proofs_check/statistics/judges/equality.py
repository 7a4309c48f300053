"""Equality: the mean of the observable lies within the tolerance of the prediction, or outside it."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Measured, Outcome, Rule, scalar_row, scale_of
from proofs_check.statistics.judging import (
    inside_or_outside,
    judge,
    mean_certificate,
    mean_sequence,
    one,
    require_independent,
)
from proofs_check.statistics.regime import advice, blind_spot, detectable
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Equality


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

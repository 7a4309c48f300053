"""Identity: every draw agrees with its prediction up to rounding, certificate and evaluation error."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Measured, Outcome, Rule, scalar_row, scale_of
from proofs_check.statistics.frequency import draws_to_exclude, frequency
from proofs_check.statistics.judging import certificates, judge, largest, trials_to_begin
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Identity


@trials_to_begin.register
def _(relation: Identity, rule: Rule) -> int:
    return draws_to_exclude(relation.excluded, rule)


@judge.register
def _(relation: Identity, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """An array is compared component by component, relative to its largest one."""
    only = measured[0]
    scale = largest(np.maximum(np.abs(np.asarray(only.prediction.value, dtype=float)), scale_of(claim, only)), only)
    if np.any(scale <= 0):
        raise BadDeclaration(
            f"{claim.id}: the prediction is zero in a draw at {only.station.point}; declare scale=… where it may vanish"
        )
    error = largest(certificates(only), only) + largest(only.prediction.error, only)
    slack = relation.condition * rule.eps + error / scale
    deviation = largest(np.abs(only.observable - only.prediction.value), only) / scale
    found = frequency(claim, only, deviation > slack, deviation, relation.excluded, rule, blurred=float(np.max(slack)))
    axis = getattr(claim.setting.part_of(claim.observable), "axis", None)
    if axis is None or not rule.detail or only.observable.shape[1:] != (len(axis.values),):
        return found
    apart = np.abs(only.observable - only.prediction.value) / scale[:, None]
    rows = (scalar_row(only, part, at=float(at), largest=float(worst))
            for part, (at, worst) in enumerate(zip(axis.values, apart.max(axis=0), strict=True)))  # fmt: skip
    return dataclasses.replace(found, series=tuple(rows))

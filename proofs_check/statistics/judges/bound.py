"""Bounds of every draw: one violation beyond rounding refutes; support excludes frequent violations."""

from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.frequency import draws_to_exclude, frequency
from proofs_check.statistics.judging import certificates, judge, trials_to_begin
from theory.claim import Claim
from theory.errors import NotBuilt
from theory.relation import Bound, Probability

ROUNDINGS = 64  # roundings that a simulator and a formula may differ by before a violation counts


@trials_to_begin.register
def _(relation: Bound, rule: Rule) -> int:
    return draws_to_exclude(relation.excluded, rule)


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
    return frequency(claim, only, beyond > margin, ratio, relation.excluded, rule, blurred=blurred)

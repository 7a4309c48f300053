"""Which precision a point is measured in, where the run leaves it open: decided by its first draws, and recorded.

float32 does where it changes nothing that counts: the first draws are computed in both precisions from the same random
numbers, and no trial may move by more than a share of the tolerance, nor the simulator's own bound of its error be
more. Statements about every draw, and those whose unit is no relative gap, are judged in float64.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.measure import Laboratory
from proofs_check.statistics.evidence import Measured, Outcome, scale_of
from proofs_check.trials.sampling import PAIRS, Evidence
from theory.claim import Claim
from theory.errors import BadSample
from theory.relation import Asymptotic, Bound, Equality, Ordering

SHARE = 0.05  # of the tolerance, that float32 may change in the worst of the first trials
DOUBLE, SINGLE = "float64", "float32"
Judged = tuple[Outcome, int]


@dataclass(frozen=True)
class Choice:
    """The precision used, why, and its numbers in units of the claim's scale."""

    used: str
    because: str
    changed: float | None = None
    allowed: float | None = None


def in_what_precision_does(
    judge: Callable[[Evidence], Judged], evidence_of: Callable[[Laboratory], Evidence], lab: Laboratory,
    tolerance: float, *, confirming: bool,
) -> Judged:
    """The outcome at a point and its trials, in float32 where that does, with the choice.

    What float32 leaves undecided or cannot compute is judged in float64, and so is every confirmation of a refutation.
    """
    single = evidence_of(lab.at(SINGLE))
    confirmed = Choice(DOUBLE, "a refutation is confirmed in float64")
    choice = confirmed if confirming else chosen(single, tolerance)
    if choice.used == SINGLE:
        try:
            outcome, trials = judge(single)
            if not outcome.reason.startswith(("precision", "solver")):
                return dataclasses.replace(outcome, precision=choice), trials
            fault = outcome.reason
        except BadSample as failed:
            fault = str(failed)
        choice = dataclasses.replace(choice, used=DOUBLE, because=f"float32 did for the first trials; then: {fault}")
    outcome, trials = judge(evidence_of(lab.at(DOUBLE)))
    return dataclasses.replace(outcome, precision=choice), trials


def chosen(evidence: Evidence, tolerance: float) -> Choice:
    """The precision that the first draws of every station ask for; `evidence` is in float32."""
    if not _relative(evidence.claim):
        return Choice(DOUBLE, f"{evidence.claim.relation.label}: no statement about a relative gap of means")
    try:
        changed = max(_changed(evidence, i, only) for i, only in enumerate(evidence.upto(PAIRS)))
    except BadSample as fault:
        return Choice(DOUBLE, f"float32 fails: {fault}")
    allowed = SHARE * tolerance
    if changed <= allowed:
        return Choice(SINGLE, "it changes no trial by more than is allowed", changed, allowed)
    return Choice(DOUBLE, "float32 changes a trial by more than is allowed", changed, allowed)


def _relative(claim: Claim) -> bool:
    relation = claim.relation
    means = isinstance(relation, Equality | Asymptotic | Ordering) or (
        isinstance(relation, Bound) and relation.kind == "mean")  # fmt: skip
    return means and claim.given is None  # an event may be met in one precision and missed in the other


def _changed(evidence: Evidence, i: int, only: Measured) -> float:
    """The most that float32 changes in a trial, and its own bound of that, over the smallest scale of the station."""
    scale = np.min(scale_of(evidence.claim, only)) if evidence.claim.has_values() else np.min(np.abs(only.observable))
    bound = 0.0 if only.certificate is None else float(np.max(np.abs(only.certificate)))
    most = max(float(np.max(np.abs(evidence.apart_at(i)))), bound)
    return most / float(scale) if scale > 0 and np.isfinite(most) else float("inf")

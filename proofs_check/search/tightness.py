"""How near a claim comes to being violated at a point: a continuous number, so that a search can climb."""

from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Measured, Outcome, number, scale_of
from proofs_check.statistics.judging import largest
from theory.claim import Claim
from theory.relation import Bound, Identity, Probability, Relation


def unit(relation: Relation) -> str:
    """What `tightness` measures."""
    if isinstance(relation, Bound):
        kinds = {"pathwise": "largest ratio to the bound", "mean": "mean over bound"}
        return (
            kinds.get(relation.kind, "quantile over bound") if isinstance(relation.kind, str) else "quantile over bound"
        )
    return "largest relative deviation" if isinstance(relation, Identity) else "gap in tolerances"


def tightness(claim: Claim, measured: Sequence[Measured], outcome: Outcome) -> float:
    """X/B for a bound (its largest value, mean or quantile), otherwise the distance from the target in tolerances."""
    relation = claim.relation
    if not measured[0].kept:  # no trial met the event that the claim is given
        return float("nan")
    if isinstance(relation, Bound):
        ratio = _ratio(claim, relation, measured[0])
        if isinstance(relation.kind, Probability):
            return float(np.quantile(ratio, number(claim, measured[0].station.point, relation.kind.at_least)))
        return float(ratio.max() if relation.kind == "pathwise" else ratio.mean())
    if isinstance(relation, Identity):
        return float(outcome.series[0]["largest"]) if outcome.series else float("nan")
    if outcome.estimate is None or not outcome.tolerance:
        return float("nan")
    return abs(outcome.estimate - outcome.target) / outcome.tolerance


def _ratio(claim: Claim, relation: Bound, only: Measured) -> np.ndarray:
    """X/B (B/X for a lower bound) where both are positive, otherwise 1 + (X − B)/s.   Shapes: -> (kept,)."""
    bound, seen = np.asarray(only.prediction.value, dtype=float), only.observable
    with np.errstate(all="ignore"):
        if np.all(bound > 0) and np.all(seen > 0):
            return largest(seen / bound if relation.sense == "<=" else bound / seen, only)
        gap = (seen - bound) if relation.sense == "<=" else (bound - seen)
        return largest(1 + gap / scale_of(claim, only), only)

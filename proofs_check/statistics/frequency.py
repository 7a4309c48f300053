"""Verdicts on the frequency of an event that a claim rules out in every draw."""

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Measured, Outcome, Rule, scalar_row
from proofs_check.statistics.judging import one
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Bound

DESIGNED = 0.5  # share of the level that support works at: here the rate of wrong verdicts is what it is said to be


def frequency(
    claim: Claim, only: Measured, violated: np.ndarray, size: np.ndarray, excluded: float, rule: Rule, blurred: float
) -> Outcome:
    """Verdict on a statement about every draw.

    One violation refutes; support rules out frequencies above `excluded`, at half of the level.
    """
    count, kept = int(violated.sum()), only.kept
    upper = sequential.no_violation_bound(kept, DESIGNED * rule.level) if kept and not count else 1.0
    answer = "refuted" if count else "supported" if upper <= excluded else "open"
    reason, would = "", ""
    if answer == "open":
        needed = draws_to_exclude(excluded, rule)
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
        blind_spot="" if count else f"violations in fewer than {100 * upper:.2g} % of the draws",
        certificate=blurred,
        series=(scalar_row(only, largest=worst),),
        notes=(f"{_closest(claim)} {worst:.4g}",),
        confirm=False,
    )


def draws_to_exclude(excluded: float, rule: Rule) -> int:
    """Trials without a violation that exclude frequencies above `excluded`."""
    if not 0 < excluded < 1:
        raise BadDeclaration(f"excluded={excluded} is no share of the draws; declare one between 0 and 1, such as 0.01")
    return int(np.ceil(np.log(DESIGNED * rule.level) / np.log1p(-excluded)))


def _closest(claim: Claim) -> str:
    return "largest ratio to the bound" if isinstance(claim.relation, Bound) else "largest relative deviation"

"""Bounds: of every draw, of the mean, or of all but a share of the draws.

Every draw: one violation beyond rounding refutes; support excludes frequent violations. Mean and share have a zone of
indifference, so that a tight bound comes to a verdict: they are refuted beyond the bound, supported up to δ above it.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import NOTHING, Known, Measured, Outcome, Rule, number, scalar_row, scale_of
from proofs_check.statistics.frequency import draws_to_exclude, frequency
from proofs_check.statistics.judging import (
    certificates,
    judge,
    largest,
    mean_certificate,
    mean_sequence,
    one,
    trials_to_begin,
)
from proofs_check.statistics.regime import advice, blind_spot, detectable
from proofs_check.statistics.sequential import Interval
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Bound, Probability

ROUNDINGS = 64  # roundings that a simulator and a formula may differ by before a violation counts


@trials_to_begin.register
def _(relation: Bound, rule: Rule) -> int:
    if relation.kind == "pathwise":
        return draws_to_exclude(relation.excluded, rule)
    return rule.first_look * sequential.blocks_for(rule.level)


@judge.register
def _(relation: Bound, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    if isinstance(relation.kind, Probability):
        return _with_probability(relation, relation.kind, claim, measured[0], rule)
    return (_pathwise if relation.kind == "pathwise" else _in_the_mean)(relation, claim, measured[0], rule)


def _beyond(relation: Bound, only: Measured, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """How far every trial is beyond the bound, and how much of that may be rounding and solver; the worst component.

    Shapes: -> (kept,), (kept,).
    """
    bound = np.asarray(only.prediction.value, dtype=float)
    margin = ROUNDINGS * rule.eps * np.abs(bound) + only.prediction.error
    beyond = (only.observable - bound) if relation.sense == "<=" else (bound - only.observable)
    return largest(beyond, only), largest(margin, only) + largest(certificates(only), only)


def _pathwise(relation: Bound, claim: Claim, only: Measured, rule: Rule) -> Outcome:
    beyond, margin = _beyond(relation, only, rule)
    bound = np.asarray(only.prediction.value, dtype=float)
    with np.errstate(all="ignore"):  # a bound of 0 has no ratio
        ratio = largest(only.observable / bound if relation.sense == "<=" else bound / only.observable, only)
        blurred = float(np.max(np.where(margin == 0, 0.0, margin / largest(np.abs(bound), only))))
    return frequency(claim, only, beyond > margin, ratio, relation.excluded, rule, blurred=blurred)


def _in_the_mean(relation: Bound, claim: Claim, only: Measured, rule: Rule) -> Outcome:
    """One-sided on the mean of (X − B)/s.

    Non-negative observables refute by betting, which is exact and asks for no moment.
    """
    scale, value = scale_of(claim, only), np.asarray(only.prediction.value, dtype=float)
    if np.any(scale <= 0):
        raise BadDeclaration(
            f"{claim.id}: the scale is zero at {only.station.point}; declare scale=… where the bound may vanish"
        )
    sign = 1.0 if relation.sense == "<=" else -1.0
    excess = sign * (only.observable - value) / scale
    error = float(np.max(only.prediction.error / scale)) + mean_certificate(only, scale)
    known = _range_of_excess(only, value, scale, sign)
    cs = mean_sequence(excess, rule, known=known, sides=1)
    lower = cs.lower
    if np.isfinite(known.low) and cs.guarantee == "calibrated":
        gains, line = excess - known.low, error - known.low
        far = line > 0 and not sequential.betting_exceeds(gains, line, level=rule.level)
        lower = error if far and not rule.detail else known.low + sequential.betting_lower(gains, level=rule.level)
    answer, guarantee = "open", cs.guarantee
    if lower > error and (cs.gates_open or np.isfinite(known.low)):
        answer, guarantee = "refuted", "bounded" if np.isfinite(known.low) else cs.guarantee
    elif cs.gates_open and cs.upper + error <= rule.tolerance:
        answer = "supported"
    answer = answer if error <= rule.tolerance / 2 else "undecided"
    if not rule.detail:
        return Outcome(answer)
    found = _told(Outcome(answer, guarantee=guarantee, certificate=error), excess, lower, cs, only, rule)
    ends = [1 + sign * end for end in (float(excess.mean()), lower, cs.upper)]
    ratio = f"mean over bound {ends[0]:.4g}, from {min(ends[1:]):.4g} to {max(ends[1:]):.4g}"
    return dataclasses.replace(found, prediction=one(value), notes=(ratio,) if claim.scale is None else ())


def _range_of_excess(only: Measured, value: np.ndarray, scale: np.ndarray, sign: float) -> Known:
    """What is known of (X − B)/s, or of its negative, from what is known of X."""
    if value.ndim or np.ndim(scale):
        known = dataclasses.replace(NOTHING, values=only.known.values)
    else:
        known = only.known.shifted(float(value), float(scale))
    return known if sign > 0 else dataclasses.replace(known, low=-known.high, high=-known.low)


def _told(found: Outcome, excess: np.ndarray, lower: float, cs: Interval, only: Measured, rule: Rule) -> Outcome:
    """The answer with its figures: the mean excess, its interval, and what would decide."""
    mean, error = float(excess.mean()), found.certificate or 0.0
    reason, would = advice(excess, cs, rule, solver=error)
    if found.answer == "open" and "noise" in reason and 0 <= mean <= rule.tolerance:
        would = "more trials; the mean is inside the zone of indifference, so it may stay open"
    return dataclasses.replace(
        found, reason=reason, would_decide=would, estimate=mean, interval=(lower - error, cs.upper + error),
        tolerance=rule.tolerance, detectable=detectable(cs, rule, error), mean=float(only.observable.mean()),
        blind_spot=blind_spot(rule, only.kept), series=(scalar_row(only),),
    )  # fmt: skip


def _with_probability(relation: Bound, kind: Probability, claim: Claim, only: Measured, rule: Rule) -> Outcome:
    """P(violation) ≤ p₀, exactly; a tie is no violation.

    Refuted when p ≤ p₀ is rejected, supported when p ≥ p₀(1 + δ) is.
    """
    allowed = 1 - number(claim, only.station.point, kind.at_least)
    if not 0 < allowed < 1:
        raise BadDeclaration(
            f"{claim.id}: Probability({kind.at_least}) is {1 - allowed:g} at {only.station.point}; declare one between"
            " 0 and 1, or a pathwise bound"
        )
    beyond, margin = _beyond(relation, only, rule)
    doubt = largest(only.prediction.error, only) + largest(certificates(only), only)
    certain, possible = int((beyond > margin).sum()), int((beyond > -doubt).sum())
    zone, line = min(allowed * (1 + rule.tolerance), 1 - 1e-12), -np.log(rule.level)
    answer = "open"
    if sequential.proportion_exceeds(certain, only.kept, p0=allowed) >= line:
        answer = "refuted"
    elif sequential.proportion_below(possible, only.kept, p0=zone) >= line:
        answer = "supported"
    if not rule.detail:
        return Outcome(answer)
    cs = sequential.beta_binomial_cs(certain, only.kept, level=rule.level)
    share = certain / only.kept
    needed = 2 * line * allowed * (1 - allowed) / max(abs(share - allowed), 0.1 * allowed) ** 2
    return Outcome(
        answer,
        reason="noise: the frequency of violations is not yet certain",
        target=allowed,
        estimate=share,
        interval=(cs.lower, cs.upper),
        tolerance=rule.tolerance,
        guarantee="exact",
        detectable=cs.upper,
        prediction=one(only.prediction.value),
        mean=float(only.observable.mean()),
        would_decide=f"about {int(max(needed, 1.3 * only.kept))} trials",
        blind_spot=blind_spot(rule, only.kept),
        certificate=float(np.max(margin)),
        series=(scalar_row(only),),
        notes=(f"the bound is exceeded in {share:.3%} of the draws, {allowed:.3%} are allowed",),
    )


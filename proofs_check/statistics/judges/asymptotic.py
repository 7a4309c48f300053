"""Asymptotic equality: the gap vanishes along a ladder of sizes.

A fitted limit is a fixed linear functional Σⱼ wⱼ yᵢⱼ of each round i, the weights taken from a pilot that is then
discarded; so it is a mean of independent rounds, and the confidence sequence of a mean applies at every look.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.special import chdtrc

from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station, scalar_row, scale_of
from proofs_check.statistics.fitting import intercept_weights
from proofs_check.statistics.judging import inside_or_outside, judge, mean_certificate, mean_sequence, one, stations
from proofs_check.statistics.regime import advice, blind_spot, detectable
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Asymptotic
from theory.setting import Point

PILOT = 64
LACK_OF_FIT = 0.01
INFEASIBLE = 2  # a status of scipy's linprog
RATES = np.linspace(0.25, 3, 56)


@stations.register
def _(relation: Asymptotic, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    return [
        Station(point.replace(rung), label=str(rung[str(relation.ladder.along)])) for rung in relation.ladder.rungs()
    ]


@judge.register
def _(relation: Asymptotic, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    sizes = np.array([float(rung[str(relation.ladder.along)]) for rung in relation.ladder.rungs()])
    gaps, errors = _relative_gaps(claim, measured)
    rounds = gaps.shape[1]
    series = tuple(scalar_row(rung, at=size) for rung, size in zip(measured, sizes, strict=False))
    top = measured[-1]
    shared = {
        "tolerance": rule.tolerance,
        "prediction": one(top.prediction.value),
        "mean": float(top.observable.mean()),
        "series": series,
        "blind_spot": blind_spot(rule, rounds),
        "certificate": float(errors.max()),
    }
    if not np.all(np.isfinite(errors)):
        reason = "solver: a rung has a draw without a certain prediction or observable"
        return Outcome("undecided", reason=reason, would_decide="a tighter solver", guarantee="calibrated", **shared)
    if rounds < 2 * PILOT:
        return Outcome("open", reason="noise: too few rounds for a pilot", would_decide=f"{4 * PILOT} rounds", **shared)
    spread = gaps[:, :PILOT].std(axis=1, ddof=1)
    if np.any(spread == 0):
        return Outcome(
            "open",
            reason="regime: the values of a rung are all equal",
            would_decide="an observable that varies",
            **shared,
        )
    rounds_used = gaps[:, PILOT:]
    fits = _fits(sizes, relation.ladder.rate, spread)
    limits = [mean_sequence(weights @ rounds_used, rule) for _, weights in fits]
    last = mean_sequence(rounds_used[-1], rule)
    carried = [float(np.abs(weights) @ errors) for _, weights in fits]  # extrapolation amplifies errors of the rungs
    lower = min(cs.lower - e for cs, e in zip(limits, carried, strict=True))
    upper = max(cs.upper + e for cs, e in zip(limits, carried, strict=True))
    error = max(carried)
    gap_at_top = float(rounds_used[-1].mean())
    moved = max(abs(lower - gap_at_top), abs(upper - gap_at_top))
    fitting = _fits_well(fits, rounds_used)
    gates = all(cs.gates_open for cs in (*limits, last))
    answer = inside_or_outside(lower, upper, -rule.tolerance, rule.tolerance, gates)
    widest = max(limits, key=lambda cs: cs.upper - cs.lower)
    reason, would = advice(fits[limits.index(widest)][1] @ rounds_used, widest, rule, solver=error)
    if gates and answer != "open" and (not fitting or moved > 2 * rule.tolerance):
        answer, reason, would = "open", *_finite_size(relation, sizes, moved, fitting, rule)
    seen = _seen_rate(sizes, relation.ladder.rate, rounds_used)
    if seen and (answer, abs(seen[1]) <= rule.tolerance) in (("supported", False), ("refuted", True)):
        answer = "open"
        reason = (
            f"finite size: the gaps fit the rate {seen[0]:.2g} better than {relation.ladder.rate:g},"
            f" with the limit {seen[1]:+.2%}"
        )
        would = "another rate, or larger sizes"
    another_rate = seen is not None and abs(seen[1]) <= rule.tolerance  # the limit may be right and the rate wrong
    unreachable = answer == "open" and not another_rate and _unreachable(relation, sizes, rounds_used, errors, rule)
    if unreachable:
        answer = "refuted"
    centre = float(np.mean([np.mean(weights @ rounds_used) for _, weights in fits]))
    lost = ("no limit within the tolerance explains the gaps at the declared rate",) if unreachable else ()
    notes = (
        *lost,
        f"extrapolation moves the gap of {gap_at_top:+.2%} at {sizes[-1]:g} by up to {moved:.2%}",
        f"the rate {relation.ladder.rate:g} is part of what is asserted",
    )
    return Outcome(
        "undecided" if error > rule.tolerance / 2 else answer,
        reason=reason,
        would_decide=would,
        estimate=centre,
        interval=(lower, upper),
        guarantee="calibrated",
        detectable=detectable(widest, rule, error),
        notes=notes,
        **shared,
    )


def _relative_gaps(claim: Claim, measured: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Gap of every rung in every round, and what simulator and formula may be off by.

    Shapes: -> (rungs, rounds), (rungs,).
    """
    scales = [scale_of(claim, rung) for rung in measured]
    if any(np.any(scale <= 0) for scale in scales):
        raise BadDeclaration(
            f"{claim.id}: the scale is zero on the ladder; declare scale=… where the prediction may vanish"
        )
    rounds = min(rung.kept for rung in measured)
    gaps = np.stack(
        [
            ((rung.observable - rung.prediction.value) / scale)[:rounds]
            for rung, scale in zip(measured, scales, strict=False)
        ]
    )
    errors = np.array(
        [
            float(np.max(rung.prediction.error / scale)) + mean_certificate(rung, scale)
            for rung, scale in zip(measured, scales, strict=False)
        ]
    )
    return gaps, errors


def _fits(sizes: np.ndarray, rate: float, spread: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(design, weights of the limit) of three fits: two terms on the top three rungs, three terms on all, twice."""
    x = (sizes / sizes[-1]) ** -rate
    half = (sizes / sizes[-1]) ** -(rate + 0.5)
    ones = np.ones_like(x)
    top = np.zeros(len(sizes))
    top[-3:] = 1.0
    designs = [
        (np.stack([ones, x], axis=1), top),
        (np.stack([ones, x, x**2], axis=1), ones),
        (np.stack([ones, x, half], axis=1), ones),
    ]
    return [(design * used[:, None], intercept_weights(design, used / spread**2)) for design, used in designs]




def _fits_well(fits: Sequence[tuple[np.ndarray, np.ndarray]], gaps: np.ndarray) -> bool:
    """Whether the top-three fit and the better of the three-term fits pass a χ² test at 1 %."""
    mean, variance = gaps.mean(axis=1), gaps.var(axis=1, ddof=1) / gaps.shape[1]
    passed = []
    for design, _ in fits:
        used = design[:, 0] > 0
        freedom = int(used.sum()) - design.shape[1]
        precision = 1 / variance[used]
        part = design[used]
        coefficients = np.linalg.solve(part.T @ (precision[:, None] * part), part.T @ (precision * mean[used]))
        passed.append(
            freedom == 0
            or chdtrc(freedom, float(np.sum(precision * (mean[used] - part @ coefficients) ** 2))) > LACK_OF_FIT
        )
    return bool(passed[0] and any(passed[1:]))


def _unreachable(relation: Asymptotic, sizes: np.ndarray, gaps: np.ndarray, errors: np.ndarray, rule: Rule) -> bool:
    """Whether no limit within the tolerance explains the gaps, however large the terms n^-ρ and n^-2ρ (or n^-ρ-½) are.

    Every size may miss by a further tolerance, for terms of higher order. Catches formulas whose gap follows no such
    law.
    """
    intervals = [mean_sequence(rung, dataclasses.replace(rule, level=rule.level / len(gaps))) for rung in gaps]
    if not all(cs.gates_open for cs in intervals):
        return False
    x, delta = (sizes / sizes[-1]) ** -relation.ladder.rate, rule.tolerance
    upper, lower = (np.array([getattr(cs, end) for cs in intervals]) for end in ("upper", "lower"))
    for further in (x**2, x * (sizes / sizes[-1]) ** -0.5):
        terms = np.stack([np.ones_like(x), x, further], axis=1)
        found = linprog(
            np.zeros(3),
            np.vstack([terms, -terms]),
            np.concatenate([upper + errors + delta, delta + errors - lower]),
            bounds=[(-delta, delta), (None, None), (None, None)],
        )
        if found.status != INFEASIBLE:
            return False
    return True


def _seen_rate(sizes: np.ndarray, rate: float, gaps: np.ndarray) -> tuple[float, float] | None:
    """(r, limit) of the best fit of g∞ + c·size^-r, where it fits and the declared rate fits worse beyond chance.

    It may withhold a verdict and gives none: a second term looks like another rate too.
    """
    mean, precision = gaps.mean(axis=1), gaps.shape[1] / gaps.var(axis=1, ddof=1)

    def misfit(r: float) -> tuple[float, float]:
        design = np.stack([np.ones(len(sizes)), (sizes / sizes[-1]) ** -r], axis=1)
        fit = np.linalg.solve(design.T @ (precision[:, None] * design), design.T @ (precision * mean))
        return float(np.sum(precision * (mean - design @ fit) ** 2)), float(fit[0])

    best = min(RATES, key=lambda r: misfit(r)[0])
    (least, limit), declared = misfit(best), misfit(rate)[0]
    fits = len(sizes) == 3 or chdtrc(len(sizes) - 3, least) > LACK_OF_FIT
    return (float(best), limit) if fits and chdtrc(1, declared - least) < LACK_OF_FIT else None


def _finite_size(relation: Asymptotic, sizes: np.ndarray, moved: float, fitting: bool, rule: Rule) -> tuple[str, str]:
    if not fitting:
        return (
            "finite size: the gaps do not follow the declared rate with one further term",
            "larger sizes, or another rate",
        )
    larger = sizes[-1] * (moved / (2 * rule.tolerance)) ** (1 / relation.ladder.rate)
    return (
        "finite size: extrapolation would move the answer by more than twice the tolerance",
        f"sizes up to about {larger:.2g}",
    )

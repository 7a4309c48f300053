"""Asymptotic equality: the gap vanishes along a ladder of sizes.

A fitted limit is a fixed linear functional Σⱼ wⱼ yᵢⱼ of each round i, the weights taken from a pilot that is then
discarded; so it is a mean of independent rounds, and the confidence sequence of a mean applies at every look.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.special import chdtrc

from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station, scalar_row, scale_of
from proofs_check.statistics.fitting import intercept_weights, limit_fits
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
    sizes = np.array(relation.ladder.sizes, dtype=float)
    gaps, errors = _relative_gaps(claim, measured)
    rounds, top = gaps.shape[1], measured[-1]
    rows = zip(measured, sizes, strict=True) if rule.detail else ()
    series = tuple(scalar_row(rung, at=size) for rung, size in rows)
    plain = Outcome(
        "open",
        tolerance=rule.tolerance,
        guarantee="calibrated",
        prediction=one(top.prediction.value),
        mean=float(top.observable.mean()),
        series=series,
        blind_spot=blind_spot(rule, rounds),
        certificate=float(errors.max()),
    )
    if not np.all(np.isfinite(errors)):
        reason = "solver: a rung has a draw without a certain prediction or observable"
        return dataclasses.replace(plain, answer="undecided", reason=reason, would_decide="a tighter solver")
    if rounds < 2 * PILOT:
        return dataclasses.replace(
            plain, reason="noise: too few rounds for a pilot", would_decide=f"{4 * PILOT} rounds"
        )
    if np.any(gaps[:, :PILOT].std(axis=1) == 0):
        reason, would = "regime: the values of a rung are all equal", "an observable that varies"
        return dataclasses.replace(plain, reason=reason, would_decide=would)
    if relation.ladder.rate is None:
        return _without_rate(plain, sizes, gaps[:, PILOT:], errors, rule)
    climb = _Climb(relation.ladder.rate, sizes, gaps[:, :PILOT].std(axis=1, ddof=1), gaps[:, PILOT:], errors)
    return _with_rate(plain, climb, rule)


@dataclass(frozen=True)
class _Climb:
    """A ladder that was climbed: the rounds that count, beside the spread that a pilot found.

    Shapes: sizes, spread, errors (rungs,), gaps (rungs, rounds).
    """

    rate: float
    sizes: np.ndarray
    spread: np.ndarray
    gaps: np.ndarray
    errors: np.ndarray


def _with_rate(plain: Outcome, climb: _Climb, rule: Rule) -> Outcome:
    """The hull of three fits, if it moves the answer by at most 2δ and nothing speaks against the rate."""
    fits = limit_fits(climb.sizes, climb.rate, climb.spread)
    carried = [float(np.abs(weights) @ climb.errors) for _, weights in fits]  # extrapolation amplifies errors
    error, gap_at_top = max(carried), float(climb.gaps[-1].mean())
    settled = rule.detail or error > rule.tolerance / 2 or not _straddles(climb, fits[0][1], carried[0], rule)
    if not settled and not _unreachable(climb, rule):
        return Outcome("open")
    limits = [mean_sequence(weights @ climb.gaps, rule) for _, weights in fits]
    last = mean_sequence(climb.gaps[-1], rule)
    lower = min(cs.lower - e for cs, e in zip(limits, carried, strict=True))
    upper = max(cs.upper + e for cs, e in zip(limits, carried, strict=True))
    moved = max(abs(lower - gap_at_top), abs(upper - gap_at_top))
    gates = all(cs.gates_open for cs in (*limits, last))
    widest = max(limits, key=lambda cs: cs.upper - cs.lower)
    answer: Answer = inside_or_outside(lower, upper, -rule.tolerance, rule.tolerance, gates)
    reason, would = "", ""
    if rule.detail:
        reason, would = advice(fits[limits.index(widest)][1] @ climb.gaps, widest, rule, solver=error)
    notes: tuple[str, ...] = ()
    if answer != "open":
        answer, reason, would = _unless_doubtful(climb, fits, moved, answer, rule)
    if answer == "open" and _unreachable(climb, rule) and not _another_rate(climb, rule):
        answer, notes = "refuted", ("no limit within the tolerance explains the gaps at the declared rate",)
    return dataclasses.replace(
        plain,
        answer="undecided" if error > rule.tolerance / 2 else answer,
        reason=reason,
        would_decide=would,
        estimate=float(np.mean([np.mean(weights @ climb.gaps) for _, weights in fits])),
        interval=(lower, upper),
        detectable=detectable(widest, rule, error),
        notes=(
            *notes,
            f"extrapolation moves the gap of {gap_at_top:+.2%} at {climb.sizes[-1]:g} by up to {moved:.2%}",
            f"the rate {climb.rate:g} is part of what is asserted",
        ),
    )


def _straddles(climb: _Climb, weights: np.ndarray, carried: float, rule: Rule) -> bool:
    """Whether one fitted limit lies neither inside the tolerance nor outside, so that the hull of all does neither."""
    cs = mean_sequence(weights @ climb.gaps, rule)
    ends = cs.lower - carried, cs.upper + carried
    return inside_or_outside(*ends, -rule.tolerance, rule.tolerance, cs.gates_open) == "open"


def _unless_doubtful(
    climb: _Climb, fits: Sequence[tuple[np.ndarray, np.ndarray]], moved: float, answer: Answer, rule: Rule
) -> tuple[Answer, str, str]:
    """The answer, or why it is withheld."""
    seen = _seen_rate(climb.sizes, climb.rate, climb.gaps)
    if seen and (answer, abs(seen[1]) <= rule.tolerance) in (("supported", False), ("refuted", True)):
        better = f"the gaps fit the rate {seen[0]:.2g} better than {climb.rate:g}, with the limit {seen[1]:+.2%}"
        return "open", f"finite size: {better}", "another rate, or larger sizes"
    fitting = _fits_well(fits, climb.gaps)
    if not fitting or moved > 2 * rule.tolerance:
        return "open", *_finite_size(climb, moved, fitting, rule)
    return answer, "", ""


def _another_rate(climb: _Climb, rule: Rule) -> bool:
    """Whether the limit may be right and only the rate wrong."""
    seen = _seen_rate(climb.sizes, climb.rate, climb.gaps)
    return seen is not None and abs(seen[1]) <= rule.tolerance


def _without_rate(plain: Outcome, sizes: np.ndarray, gaps: np.ndarray, errors: np.ndarray, rule: Rule) -> Outcome:
    """A fitted rate refutes nothing: with a second term its limit is wrong more often than not.

    Supported where the gap at the largest size needs no extrapolation.
    """
    last, error = mean_sequence(gaps[-1], rule), float(errors[-1])
    inside = inside_or_outside(last.lower - error, last.upper + error, -rule.tolerance, rule.tolerance, last.gates_open)
    rate, limit, _ = _best_rate(sizes, gaps)
    reason, would = advice(gaps[-1], last, rule, solver=error)
    if last.gates_open and inside == "refuted":
        reason = "finite size: the gap at the largest size is beyond the tolerance, and no rate is declared"
        would = "a declared rate, or larger sizes"
    return dataclasses.replace(
        plain,
        answer="undecided" if error > rule.tolerance / 2 else "supported" if inside == "supported" else "open",
        reason=reason,
        would_decide=would,
        estimate=float(gaps[-1].mean()),
        interval=(last.lower - error, last.upper + error),
        detectable=detectable(last, rule, error),
        notes=(f"fitted, asserting nothing: rate {rate:.2g}, limit {limit:+.2%}",),
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


def _unreachable(climb: _Climb, rule: Rule) -> bool:
    """Whether no limit within the tolerance explains the gaps, however large the terms n^-ρ and n^-2ρ (or n^-ρ-½) are.

    Every size may miss by a further tolerance, for terms of higher order. Catches formulas whose gap follows no such
    law.
    """
    relative, delta = climb.sizes / climb.sizes[-1], rule.tolerance
    x = relative**-climb.rate
    systems = [np.stack([np.ones_like(x), x, further], axis=1) for further in (x**2, x * relative**-0.5)]
    means = climb.gaps.mean(axis=1)
    if any(_explained(terms, means - delta, means + delta, delta) for terms in systems):
        return False  # already without what the means are uncertain by
    shares = dataclasses.replace(rule, level=rule.level / len(climb.gaps))
    intervals = [mean_sequence(rung, shares) for rung in climb.gaps]
    if not all(cs.gates_open for cs in intervals):
        return False
    upper, lower = (np.array([getattr(cs, end) for cs in intervals]) for end in ("upper", "lower"))
    low, high = lower - climb.errors - delta, upper + climb.errors + delta
    for terms in systems:
        if _explained(terms, low, high, delta):  # seldom asked further: linear programming takes milliseconds
            return False
        found = linprog(
            np.zeros(3),
            np.vstack([terms, -terms]),
            np.concatenate([high, -low]),
            bounds=[(-delta, delta), (None, None), (None, None)],
        )
        if found.status != INFEASIBLE:
            return False
    return True


def _explained(terms: np.ndarray, low: np.ndarray, high: np.ndarray, delta: float) -> bool:
    """Whether a least squares fit, its limit moved into the tolerance, passes through all the intervals."""
    middle, certain = (low + high) / 2, 2 / (high - low)
    limit = float(np.clip(intercept_weights(terms, certain**2) @ middle, -delta, delta))
    others = np.linalg.lstsq(terms[:, 1:] * certain[:, None], (middle - limit) * certain, rcond=None)[0]
    return bool(np.all(np.abs((middle - limit - terms[:, 1:] @ others) * certain) <= 1))


def _misfits(sizes: np.ndarray, gaps: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """χ² and limit of the fits of g∞ + c·size^-rate.   Shapes: rates (fits,) -> (fits,), (fits,)."""
    mean, precision = gaps.mean(axis=1), gaps.shape[1] / gaps.var(axis=1, ddof=1)
    share = precision / precision.sum()
    x = (sizes / sizes[-1]) ** -rates[:, None]
    centred, levels = x - (x @ share)[:, None], mean - mean @ share
    slopes = (centred * share) @ levels / (centred**2 @ share)
    left = levels - slopes[:, None] * centred
    return left**2 @ precision, mean @ share - slopes * (x @ share)


def _best_rate(sizes: np.ndarray, gaps: np.ndarray) -> tuple[float, float, float]:
    """The rate that fits best, its limit and χ²."""
    misfits, limits = _misfits(sizes, gaps, RATES)
    best = int(np.argmin(misfits))
    return float(RATES[best]), float(limits[best]), float(misfits[best])


def _seen_rate(sizes: np.ndarray, rate: float, gaps: np.ndarray) -> tuple[float, float] | None:
    """(r, limit) of the best fit of g∞ + c·size^-r, where it fits and the declared rate fits worse beyond chance.

    It may withhold a verdict and gives none: a second term looks like another rate too.
    """
    best, limit, least = _best_rate(sizes, gaps)
    declared = float(_misfits(sizes, gaps, np.array([rate]))[0][0])
    fits = len(sizes) == 3 or chdtrc(len(sizes) - 3, least) > LACK_OF_FIT
    return (best, limit) if fits and chdtrc(1, declared - least) < LACK_OF_FIT else None


def _finite_size(climb: _Climb, moved: float, fitting: bool, rule: Rule) -> tuple[str, str]:
    if not fitting:
        return (
            "finite size: the gaps do not follow the declared rate with one further term",
            "larger sizes, or another rate",
        )
    larger = climb.sizes[-1] * (moved / (2 * rule.tolerance)) ** (1 / climb.rate)
    return (
        "finite size: extrapolation would move the answer by more than twice the tolerance",
        f"sizes up to about {larger:.2g}",
    )

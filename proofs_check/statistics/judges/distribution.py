"""Distribution: how far the law of the observable is from the predicted one, sup |G − F| against a tolerance.

One number a trial: sup |F_n − F| ± √(log(2/α_k)/(2n)) at doublings of n, α_k = 6α/(π²k²) (Dvoretzky, Kiefer and
Wolfowitz 1956 with the constant of Massart 1990): exact. Many numbers a trial (eigenvalues): they may depend on each
other in any way, so the trial is the array. The share of its entries below a grid value lies in [0, 1], its mean over
trials is G there, and betting decides it exactly; between grid values G and F are monotone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station
from proofs_check.statistics.judging import certificates, judge, stations, trials_to_begin
from proofs_check.statistics.regime import EDGE, blind_spot
from proofs_check.statistics.sequential import BETS
from theory.claim import Claim
from theory.computed import Law, Shares
from theory.errors import BadDeclaration
from theory.evaluate import DIGITS
from theory.implicit import solve
from theory.relation import Distribution
from theory.setting import Point

FEWEST_GRID, LARGEST_GRID = 25, 1000
GRID_SHARE = 4  # the step of the grid is this part of the tolerance
NATURAL = 0.87  # mean of √n sup |F_n − F| where F is true
SMALLEST = 1e-300
BISECTIONS = 10
ROUNDINGS = 8
_GRIDS: dict[Any, dict[int, np.ndarray]] = {}  # of a law at a point


@stations.register
def _(relation: Distribution, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    if not isinstance(claim.prediction, Law):
        raise BadDeclaration(f"{claim.id}: a distribution is predicted by a law; write Law(cdf=lambda x: …)")
    if not 0 < _within(relation, tolerance) < 1:
        raise BadDeclaration(f"{claim.id}: within={relation.within} is no distance of two laws; give one in (0, 1)")
    return [Station(point)]


@trials_to_begin.register
def _(relation: Distribution, rule: Rule) -> int:
    return rule.first_look


@judge.register
def _(relation: Distribution, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    only, within = measured[0], _within(relation, rule.tolerance)
    point = only.station.point
    law = claim.prediction.at_point(point, solve(claim.roots_at(point), {**point.exact(), **point.spectra()}, DIGITS))
    if not np.isfinite(certificates(only)).all():
        return Outcome(
            "undecided",
            reason="solver: a trial has no certificate",
            would_decide="a finite certificate in every trial",
            tolerance=within,
        )
    key = claim.prediction, point, tuple(map(id, claim.roots))
    if key not in _GRIDS:
        _GRIDS[key] = {}
    return (_of_numbers if only.observable.ndim == 1 else _of_arrays)(law, only, within, rule, _GRIDS[key])


def _within(relation: Distribution, tolerance: float) -> float:
    return tolerance if relation.within is None else relation.within


def _grid(law: Shares, count: int, grids: dict[int, np.ndarray]) -> np.ndarray:
    """Quantiles of the law, found once for all looks."""
    if count not in grids:
        grids[count] = law.quantiles(np.arange(1, count + 1) / (count + 1))
    return grids[count]


# One number a trial


def _of_numbers(law: Shares, only: Measured, within: float, rule: Rule, grids: dict[int, np.ndarray]) -> Outcome:
    count, stage = _doubling(only.kept, within, rule)
    if not count:
        needed = first_doubling(within, rule)
        return Outcome(
            "open", reason="noise: too few trials", would_decide=f"{needed} trials", tolerance=within, guarantee="exact"
        )
    half = band(count, stage, rule.level)
    values, slack = only.observable[:count], certificates(only)[:count]
    nearest, farthest, error = _distances(law, values, slack)
    blurred = error + (farthest - nearest) / 2
    lower, upper = max(nearest - half - error, 0.0), min(farthest + half + error, 1.0)
    still_open = _noise((nearest + farthest) / 2, count, half, within)
    return _outcome(
        only, (lower, (nearest + farthest) / 2, upper), within, rule, blurred, still_open,
        detectable=within + half + float(np.sqrt(np.log(20) / (2 * count))) + 2 * blurred,
        series=_rows(law, _grid(law, FEWEST_GRID, grids), values, only) if rule.detail else (),
    )  # fmt: skip


def band(count: int, stage: int, level: float) -> float:
    """√(log(2/α_k)/(2n)), α_k = 6α/(π²k²): all stages together miss with probability α at most."""
    return float(np.sqrt(np.log(np.pi**2 * stage**2 / (3 * level)) / (2 * count)))


def first_doubling(within: float, rule: Rule) -> int:
    """The first number of trials: an eighth of those that could ever support, so that few stages are paid for."""
    return max(rule.first_look, int(np.ceil(np.log(2 / rule.level) / (16 * within**2))))


def _doubling(kept: int, within: float, rule: Rule) -> tuple[int, int]:
    """The largest doubling of the first number that fits, and its stage k: fixed before the trials, whatever is looked
    at; none gives 0."""
    first = first_doubling(within, rule)
    stage = int(np.floor(np.log2(kept / first))) + 1 if kept >= first else 0
    return (first * 2 ** (stage - 1), stage) if stage else (0, 0)


def _distances(law: Shares, values: np.ndarray, slack: np.ndarray) -> tuple[float, float, float]:
    """Least and largest sup |F_n − F| of values that are known up to their slack, and the error of F.

    Shapes: values, slack (n,).
    """
    small, large = np.sort(values - slack), np.sort(values + slack)  # F_n of the true values lies between theirs
    above, below, error = zip(*(_one_sided(law, ordered) for ordered in (small, large)), strict=True)
    return max(above[1], below[0], 0.0), max(above[0], below[1]), max(error)


def _one_sided(law: Shares, ordered: np.ndarray) -> tuple[float, float, float]:
    """sup (F_n − F), sup (F − F_n), and the error of F. An atom of F counts from its left in the second."""
    count = len(ordered)
    at, before = law.at(ordered), law.at(ordered - ROUNDINGS * np.finfo(float).eps * np.abs(ordered))
    above = np.searchsorted(ordered, ordered, "right") / count - at.value
    below = before.value - np.searchsorted(ordered, ordered, "left") / count
    return float(above.max()), float(below.max()), float(max(np.max(at.error), np.max(before.error)))


def _noise(distance: float, count: int, half: float, within: float) -> tuple[str, str]:
    room = abs(within - max(distance - NATURAL / np.sqrt(count), 0.0))
    if room < EDGE * within:
        return "noise: the distance is on the edge of the tolerance", f"another tolerance than {within:g}"
    needed = max(((NATURAL + half * np.sqrt(count)) / room) ** 2, 2 * count)
    return "noise: the interval is still wider than the tolerance", f"about {int(np.ceil(needed))} trials"


# Many numbers a trial


@dataclass(frozen=True)
class Sides:
    """Both sides of every grid value: shares of a trial's entries whose mean should not exceed `share` by a distance.

    In how many trials 0, 1, …, all entries lie on that side: `certain` for sure, `possible` at most.
    Shapes: (sides, entries + 1), share (sides,).
    """

    certain: np.ndarray
    possible: np.ndarray
    share: np.ndarray

    def within(self, distance: float) -> np.ndarray:
        """Logs of e-processes against: the mean exceeds the share by the distance or more.   Shapes: -> (sides,)."""
        return log_wealth(self.possible[:, ::-1], 1 - self.share - distance)

    def beyond(self, distance: float) -> np.ndarray:
        """Logs of e-processes against: the mean exceeds the share by the distance at most.   Shapes: -> (sides,)."""
        return log_wealth(self.certain, self.share + distance)


def log_wealth(counts: np.ndarray, means: np.ndarray) -> np.ndarray:
    """`betting_log_wealth` of many samples of shares 0, 1/p, …, 1 at once. No mean of shares is below 0.

    Shapes: numbers of trials (sides, p + 1), (sides,) -> (sides,).
    """
    gains = np.linspace(0, 1, counts.shape[1]) / np.maximum(means, SMALLEST)[:, None]
    logs = np.stack([np.sum(counts * np.log(1 - bet + bet * gains), axis=1) for bet in BETS])
    wealth = np.logaddexp.reduce(logs, axis=0) - np.log(len(BETS))
    return np.where(means < 0, np.inf, np.where(means == 0, 0.0, wealth))


def mean_share(counts: np.ndarray) -> np.ndarray:
    """The mean over trials of the share.   Shapes: (sides, p + 1) -> (sides,)."""
    return counts @ np.linspace(0, 1, counts.shape[1]) / counts.sum(axis=1)


def _of_arrays(law: Shares, only: Measured, within: float, rule: Rule, grids: dict[int, np.ndarray]) -> Outcome:
    places = _grid(law, int(np.clip(np.ceil(GRID_SHARE / within), FEWEST_GRID, LARGEST_GRID)), grids)
    predicted = law.at(places)
    step = float(np.max(np.diff(predicted.value, prepend=0.0, append=1.0)))
    lost = step + float(np.max(predicted.error))  # what F may differ by between grid values, and is not known by
    inner = within - lost
    if inner <= 0:
        return Outcome(
            "undecided",
            reason=f"regime: the law jumps by {step:.2g}, or the tolerance is finer than its grid",
            would_decide=f"a tolerance above {lost:.2g}, or a law without atoms",
            tolerance=within,
            guarantee="exact",
        )
    sides = _sides(only, places, predicted.value)
    line, split = -np.log(rule.level), -np.log(rule.level / len(sides.share))
    wealth = float(sides.within(inner).min())
    estimate = max(float(np.max(mean_share(sides.certain) - sides.share)), 0.0)
    error = lost - step
    refuted = bool(np.any(sides.beyond(within + error) >= split))
    lower, upper = 0.0, 1.0
    if rule.detail:
        inside = (min(estimate, inner), inner) if wealth >= line else (inner, 1.0)
        upper = lost + _least(lambda d: bool(np.all(sides.within(d) >= line)), *inside)
        outside = (within + error, 1.0) if refuted else (0.0, within + error)
        lower = max(0.0, _least(lambda d: bool(np.all(sides.beyond(d) < split)), *outside, outward=False) - error)
    needed = f"about {int(np.ceil(only.kept * max(line / wealth, 1.3)))} trials" if wealth > 0 else "more trials"
    return _outcome(
        only, (lower, estimate, upper), within, rule,
        error + float(np.max(mean_share(sides.possible) - mean_share(sides.certain))),
        ("noise: the shares below the grid values are not yet certain", needed),
        detectable=within + 1.5 * (upper - estimate),
        series=_rows(law, places, only.observable, only) if rule.detail else (),
        decided="refuted" if refuted else "supported" if wealth >= line else "open",
    )  # fmt: skip


def _sides(only: Measured, places: np.ndarray, predicted: np.ndarray) -> Sides:
    slack = certificates(only).reshape(only.kept, -1)
    low, high = (only.observable.reshape(only.kept, -1) + sign * slack for sign in (-1, 1))
    least = _counted(high, places)
    most = least if only.certificate is None else _counted(low, places)
    return Sides(
        certain=np.concatenate([least, most[:, ::-1]]),
        possible=np.concatenate([most, least[:, ::-1]]),
        share=np.concatenate([predicted, 1 - predicted]),
    )


def _counted(entries: np.ndarray, places: np.ndarray) -> np.ndarray:
    """In how many trials 0, 1, …, p entries lie at or below each place.   Shapes: (trials, p), (m,) -> (m, p + 1)."""
    size = entries.shape[1]
    return np.stack([np.bincount((entries <= place).sum(axis=1), minlength=size + 1) for place in places])


def _least(holds: Callable[[float], bool], low: float, high: float, *, outward: bool = True) -> float:
    """The least distance at which something holds that holds from there on, rounded up, or down if not `outward`."""
    if not outward and holds(low):
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high if outward else low


# Both


def _outcome(
    only: Measured, ends: tuple[float, float, float], within: float, rule: Rule, blurred: float,
    still_open: tuple[str, str], *, detectable: float, series: tuple[Any, ...], decided: Answer | None = None,
) -> Outcome:  # fmt: skip
    (lower, estimate, upper), (reason, would) = ends, still_open
    answer = decided or ("refuted" if lower > within else "supported" if upper <= within else "open")
    if not blurred <= within / 2:
        answer, reason = "undecided", "solver: the error of law and simulator is above half the tolerance"
        would = f"a tolerance above {2 * blurred:.2g}, or a tighter certificate"
    return Outcome(
        answer,
        reason=reason,
        estimate=estimate,
        interval=(lower, min(upper, within if answer == "supported" else 1.0)),
        tolerance=within,
        guarantee="exact",
        detectable=min(detectable, 1.0),
        mean=float(only.observable.mean()),
        would_decide=would,
        blind_spot=blind_spot(rule, only.kept),
        certificate=blurred,
        series=series,
    )


def _rows(law: Shares, places: np.ndarray, observable: np.ndarray, only: Measured) -> tuple[dict[str, Any], ...]:
    """What a figure draws: predicted and measured shares below some values."""
    found, trials = law.at(places), observable.reshape(len(observable), -1)
    return tuple(
        {
            "at": float(place),
            "mean": float(below.mean()),
            "stderr": float(below.std(ddof=1) / np.sqrt(len(below))),
            "trials": only.drawn,
            "kept": only.kept,
            "prediction": float(value),
            "prediction_error": float(error),
        }
        for place, value, error in zip(places, found.value, found.error, strict=True)
        for below in [(trials <= place).mean(axis=1)]
    )

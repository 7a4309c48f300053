"""Order: the mean of the observable is O, o or Theta of a shape along a ladder, whatever the constant factor.

With r(n) = E X(n)/shape(n), every second size, counted down from the largest, is held out; a constant C is fitted on
the others. Whether r/C at a size that is held out lies beyond 1 ± δ is the sign of E(r − (1 ± δ)C), linear in the
rounds. What happens beyond the ladder is not seen: support reads "consistent on [n₀, n₁]". A refutation needs a trend,
and one steeper than a log factor has at these sizes: log factors and slow finite-size terms look like small powers.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule, Station, scalar_row
from proofs_check.statistics.judges.exponent import few_rounds, not_positive, require_scalar, rungs_of
from proofs_check.statistics.judging import judge, stations, trials_to_begin
from proofs_check.statistics.regime import advice, blind_spot, detectable
from proofs_check.statistics.sequential import blocks_for
from proofs_check.statistics.slopes import PILOT, Climb, Side, climb_of, readings, vanishing
from theory.claim import Claim
from theory.errors import BadDeclaration, NotBuilt
from theory.relation import Order
from theory.setting import Point

GUARANTEE = "asymptotic"  # error rates are measured for Gaussian noise only
FINITE_SIZE = (0.5, 1.0)  # rates of the terms that a trend must survive


@stations.register
def _(relation: Order, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    _require_one_factor(claim)
    return rungs_of(relation.along, point)


@trials_to_begin.register
def _(relation: Order, rule: Rule) -> int:
    return PILOT + rule.first_look * blocks_for(rule.level)


@judge.register
def _(relation: Order, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """O: the ratio does not grow; Theta: nor does it fall; o: it falls. Refuted by a trend the other way."""
    require_scalar(claim, measured)
    shape, doubt = _shape(claim, measured)
    sizes = relation.along.sizes
    climb = climb_of(measured, sizes, rule, unit=shape)
    climb = dataclasses.replace(climb, errors=climb.errors + doubt * np.abs(climb.pilot))
    shared: dict[str, Any] = {
        "target": 1.0,
        "tolerance": rule.tolerance,
        "guarantee": GUARANTEE,
        "blind_spot": blind_spot(rule, climb.rounds.shape[1]),
        "certificate": float(np.max(climb.errors / np.abs(climb.pilot))) if np.all(climb.pilot) else None,
    }
    if not np.all(np.isfinite(climb.errors)):
        reason = "solver: a rung has no certain observable or shape"
        return Outcome("undecided", reason=reason, would_decide="a tighter solver", **shared)
    waiting = few_rounds(climb) or not_positive(claim, climb)
    if waiting:
        return Outcome("open", reason=waiting[0], would_decide=waiting[1], **shared)
    found = _falling(climb) if relation.sense == "o" else _bounded(climb, both=relation.sense == "Theta")
    if not rule.detail:
        return dataclasses.replace(found, **shared)
    value, half = _constant(climb, relation.sense)
    span = f"on [{sizes[0]:g}, {sizes[-1]:g}]"
    constant = "falling" if relation.sense == "o" else f"C = {value:.4g} ± {half:.2g}"
    words = f"consistent {span}, {constant}; nothing is said of larger sizes"
    series = tuple(
        scalar_row(rung, at=size) | {"prediction": value * float(unit)}
        for rung, size, unit in zip(measured, sizes, shape, strict=True)
    )
    notes = ((words,) if found.answer == "supported" else ()) + (_trend(climb, span),)
    return dataclasses.replace(found, notes=notes, series=series, **shared)


@dataclass(frozen=True)
class Comparison:
    """A size that is held out, and the weights of the constant that it is compared with.   Shapes: weights (rungs,)."""

    held: int
    weights: np.ndarray

    def against(self, climb: Climb, factor: float) -> np.ndarray:
        """w with w·r = (r(held) − factor·C)/C, to first order."""
        alone = np.eye(len(climb.sizes))[self.held]
        return (alone - factor * self.weights) / climb.unit(self.weights)

    def side(self, climb: Climb, *, both: bool) -> Side:
        """Where r/C surely lies: inside the tolerance (with `both`, not below it either), above or below it."""
        delta = climb.rule.tolerance
        upper, lower = (climb.combined(self.against(climb, factor)) for factor in (1 + delta, 1 - delta))
        if not (upper.gates_open and lower.gates_open):
            return "unsure"
        if upper.upper < 0 and (lower.lower > 0 or not both):
            return "inside"
        return "above" if upper.lower > 0 else "below" if both and lower.upper < 0 else "unsure"

    def ratio(self, climb: Climb) -> tuple[float, tuple[float, float]]:
        """r/C with its interval."""
        centre = float(climb.means[self.held] / (self.weights @ climb.means))
        return centre, vanishing(lambda factor: climb.combined(self.against(climb, factor)), centre, 9 * centre)


def comparisons(climb: Climb, *, both: bool) -> list[Comparison]:
    """Every size that is held out against the constant of the others.

    Without `both`, where only growth counts, against that of the smaller ones, and against the next smaller one.
    """
    count = len(climb.sizes)
    held = range(count - 1, -1, -2)
    fitted = np.array([index not in held for index in range(count)])
    found = []
    for index in held:
        below = fitted & (np.arange(count) < index)
        near = below & (np.arange(count) == index - 1)
        chosen = [fitted] if both else [below, near]
        found += [Comparison(index, _weighted(climb, used)) for used in chosen if used.any()]
    return found


def steep(climb: Climb) -> float:
    """The smallest trend that counts: beyond the tolerance, and beyond what a factor log n has at the largest size."""
    return float(max(climb.rule.tolerance, 1 / np.log(max(climb.sizes[-1], np.e))))


def _bounded(climb: Climb, *, both: bool) -> Outcome:
    """The verdict on O and, with `both`, on Theta."""
    pairs = comparisons(climb, both=both)
    ways = readings(len(climb.sizes), corrections=FINITE_SIZE)
    grows = all(climb.above(way, steep(climb)) for way in ways)
    falls = both and all(climb.below(way, -steep(climb)) for way in ways)
    if not climb.rule.detail and not (grows or falls):
        inside = all(pair.side(climb, both=both) == "inside" for pair in pairs)
        return Outcome("supported" if inside else "open")
    sides = [pair.side(climb, both=both) for pair in pairs]
    answer: Answer = "refuted" if grows or falls else "supported" if set(sides) == {"inside"} else "open"
    ratios = [pair.ratio(climb) for pair in pairs]
    worst = max(range(len(pairs)), key=lambda k: abs(ratios[k][0] - 1) if both else ratios[k][0])
    gaps = pairs[worst].against(climb, 1.0)
    cs = climb.combined(gaps)
    reason, would = advice(gaps @ climb.rounds, cs, climb.rule)
    if answer == "open" and set(sides) & {"above", "below"}:
        size = climb.sizes[pairs[worst].held]
        reason = (
            f"finite size: at {size:g} the ratio is {ratios[worst][0]:.3g} of the constant of the other sizes;"
            " a log factor or a finite-size term does that too"
        )
        would = "larger sizes, or a shape with the log factor or the further term in it"
    return Outcome(
        answer,
        reason=reason,
        would_decide=would,
        estimate=ratios[worst][0],
        interval=ratios[worst][1],
        detectable=detectable(cs, climb.rule, 0.0),
    )


def _falling(climb: Climb) -> Outcome:
    """The verdict on o: supported by a fall that no log factor explains, refuted where the ratio does not fall."""
    ways = readings(len(climb.sizes), corrections=FINITE_SIZE)
    delta = climb.rule.tolerance
    answer: Answer = "open"
    if all(climb.below(way, -steep(climb)) for way in ways):
        answer = "supported"
    elif all(climb.above(way, -delta) for way in ways[:2]):
        answer = "refuted"
    if not climb.rule.detail:
        return Outcome(answer)
    gap = climb.tilt(ways[1], 0.0)
    reason, would = advice(climb.tilt_weights(ways[1], 0.0) @ climb.rounds, gap, climb.rule)
    if answer == "open" and climb.below(ways[0], -delta):
        reason = "finite size: the ratio falls, but not visibly faster than a log factor or down to a constant"
        would = "larger sizes"
    pair = comparisons(climb, both=False)[0]
    ratio, interval = pair.ratio(climb)
    return Outcome(answer, reason=reason, would_decide=would, estimate=ratio, interval=interval)


def _weighted(climb: Climb, used: np.ndarray) -> np.ndarray:
    weights = used / climb.spread**2
    return weights / weights.sum()


def _constant(climb: Climb, sense: str) -> tuple[float, float]:
    """Value and half-width of C: fitted on one half for Theta, otherwise the pilot's largest ratio."""
    if sense == "Theta":
        weights = comparisons(climb, both=True)[0].weights
    else:
        weights = np.eye(len(climb.sizes))[int(np.argmax(climb.pilot))]
    unit = climb.unit(weights)
    cs = climb.combined(weights / unit)
    return float(weights @ climb.means), (cs.upper - cs.lower) / 2 * unit


def _trend(climb: Climb, span: str) -> str:
    line = readings(len(climb.sizes))[0]
    low, high = climb.slope_interval(line, climb.slope(line, 0.0))
    return f"{span} the ratio goes like size^b, b in [{low:.3g}, {high:.3g}] on the top half"


def _shape(claim: Claim, measured: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """The shape at every size with its constant set to 1, and its relative error.   Shapes: (rungs,) each."""
    values = [np.asarray(rung.prediction.value, dtype=float) for rung in measured]
    if any(value.ndim for value in values) or any(not value > 0 for value in values):
        raise BadDeclaration(
            f"{claim.id}: the shape of an Order must be one positive number at every size, got"
            f" {', '.join(str(value) for value in values[:3])}, …"
        )
    shape = np.array([float(value) for value in values])
    return shape, np.array([float(np.max(rung.prediction.error)) for rung in measured]) / shape


def _require_one_factor(claim: Claim) -> None:
    """Raises NotBuilt where the unknown constant is not one factor of the shape."""
    constants = tuple(claim.unknown)
    if not constants:
        return
    rest = sympy.cancel(claim.prediction / constants[0]) if len(constants) == 1 else claim.prediction
    if rest.free_symbols & set(constants):
        raise NotBuilt(
            f"{claim.id}: an Order is judged for one unknown constant that multiplies a shape, not for"
            f" {claim.prediction}; fit its constants with the verb fit"
        )

"""A claim and its rivals on the same trials: a verdict on each, and for each rival which of the two is closer."""

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from numerics.measure import Laboratory
from proofs_check.check import Request, check_claim
from proofs_check.jsonable import clean
from proofs_check.record import Record
from proofs_check.statistics import require_judged, sequential
from proofs_check.statistics.evidence import Measured, Rule, Station, scale_of
from proofs_check.statistics.independence import dependence_fault
from proofs_check.statistics.judging import (
    certificates,
    frequency_sequence,
    mean_certificate,
    mean_sequence,
    zeros_and_ones,
)
from proofs_check.trials.sampling import Evidence, first_look, schedule
from theory.claim import Claim
from theory.errors import BadDeclaration, BadInput, BadSample
from theory.points import complete, default_points, point_values
from theory.relation import Asymptotic, Bound, Equality, Identity
from theory.setting import Point
from theory.values import shown

PREDICTED = (Identity, Equality, Asymptotic, Bound)  # relations whose prediction is a value of the observable
OF_MEANS, OF_DRAWS = "distance of the mean", "mean distance of a draw"
Closer = Literal["claim", "rival", ""]


@dataclass(frozen=True)
class Difference:
    """Distance of the claim less that of a rival, in units of the claim's scale, at one point; negative: claim closer.

    `quantity`: |E X − m₁| − |E X − m₂| where both predict one number, E(|X − m₁| − |X − m₂|) where one predicts draws.
    """

    rival: str
    point: dict[str, Any]
    quantity: str
    prediction: float | None = None
    rival_prediction: float | None = None
    mean: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    guarantee: str = ""
    closer: Closer = ""
    reason: str = "cannot be told apart at this number of trials"
    trials: int = 0
    level: float = 0.0

    def text(self) -> str:
        where = ", ".join(f"{name}={shown(value)}" for name, value in self.point.items())
        words = f"closer: the {self.closer}" if self.closer else self.reason
        figures = ""
        if self.difference is not None and self.interval is not None:
            figures = f"; {self.quantity}, difference {self.difference:.3g} in [{self.interval[0]:.3g}, "
            figures += f"{self.interval[1]:.3g}] of the scale, {self.trials} trials"
        return f"  against {self.rival} at {where}: {words}{figures}"


@dataclass(frozen=True)
class Comparison:
    """Verdicts on a claim and its rivals, the claim first, and what was found between them."""

    records: tuple[Record, ...]
    differences: tuple[Difference, ...]
    error_rate: float

    def as_json(self) -> dict[str, Any]:
        rows = [dataclasses.asdict(difference) for difference in self.differences]
        found = {"id": self.records[0]["id"], "error_rate": self.error_rate}
        return {**found, "records": [dict(record) for record in self.records], "differences": clean(rows)}

    def text(self) -> str:
        lines = [f"{record['title']}: {record['sentence']}" for record in self.records]
        return "\n".join([*lines, *(difference.text() for difference in self.differences)])


def compare(
    claim: Claim, *, rivals: Sequence[Claim] | None = None, lab: Laboratory | None = None, **request: Any
) -> Comparison:
    """Verdicts and differences with one declared error rate for all of them together.

    `rivals`: those of the claim unless given. Keywords are the fields of `Request`, without wrong and boundary. All
    are judged at the claim's points, with its seed, so on the same trials.   Raises BadInput for a rival of another
    observable.
    """
    asked, lab = Request(**request), lab or Laboratory()
    others = list(claim.rivals if rivals is None else rivals)
    _require_comparable(claim, others, asked)
    points = _points(claim, asked)
    here = dataclasses.replace(asked, values={}, points=len(points))
    level = asked.level or asked.error_rate / (1 + 2 * len(others))
    models = [_at(model, claim, points) for model in (claim, *others)]
    records = tuple(check_claim(model, here, level, lab) for model in models)
    differences = tuple(
        _difference(claim, rival, point, here, level / len(points), lab)
        for rival in models[1:]
        for point in points
        if isinstance(claim.relation, PREDICTED) and isinstance(rival.relation, PREDICTED)
    )
    return Comparison(records, differences, asked.error_rate)


def _require_comparable(claim: Claim, rivals: Sequence[Claim], asked: Request) -> None:
    if not rivals:
        raise BadInput(f"{claim.id} has no rivals; declare rivals=[claim.but(prediction=…, title=…)]")
    if asked.wrong or asked.boundary:
        raise BadInput("compare takes neither a wrong variant nor the boundary; give a wrong variant as a rival")
    for rival in rivals:
        same = (rival.setting, rival.observable, rival.given) == (claim.setting, claim.observable, claim.given)
        if not same:
            raise BadInput(
                f"the rival {rival.title!r} is not about {claim.observable} of {claim.setting.name()} under the same"
                " event; claims that share no trials are not compared"
            )
    for model in (claim, *rivals):
        require_judged(model)


def _points(claim: Claim, asked: Request) -> list[Point]:
    if asked.values:
        return [complete(claim, asked.values, np.random.default_rng([asked.seed, *claim.id.encode()]))]
    return default_points(claim, asked.points, asked.seed)


def _at(model: Claim, claim: Claim, points: Sequence[Point]) -> Claim:
    """The model where the claim is tested."""
    places = [{claim.setting.parts[n].symbol: v for n, v in point_values(claim, point).items()} for point in points]
    return model.but(fixing=claim.fixing, points=places, tight_at=())


def _difference(claim: Claim, rival: Claim, point: Point, asked: Request, level: float, lab: Laboratory) -> Difference:
    per_draw = claim.is_per_trial() or rival.is_per_trial()
    empty = Difference(rival.title, point.text(), OF_DRAWS if per_draw else OF_MEANS, level=level)
    outside = claim.broken(claim.regime, point)
    if outside:
        return dataclasses.replace(empty, reason=f"regime: {' and '.join(map(str, outside))} fails here")
    rule = Rule(level, asked.tolerance, first_look(lab, claim, point), float(np.finfo(lab.machine.precision).eps))
    found = empty
    for one, other in _pairs(claim, rival, point, asked, rule, lab):
        array = per_draw or one.observable.ndim > 1 or np.ndim(one.prediction.value) or np.ndim(other.prediction.value)
        found = (_of_draws if array else _of_means)(empty, claim, one, other, rule)
        if found.closer or "same" in found.reason:
            break
    return found


def _pairs(
    claim: Claim, rival: Claim, point: Point, asked: Request, rule: Rule, lab: Laboratory
) -> Iterator[tuple[Measured, Measured]]:
    """The same trials beside either prediction, look by look."""
    sides = [Evidence(lab, model, point, [Station(point)], asked.seed, "screen") for model in (claim, rival)]
    deadline = time.monotonic() + asked.budget if asked.budget else math.inf
    begin = rule.first_look * sequential.blocks_for(rule.level)
    for number, trials in enumerate(schedule(sides[0], begin, asked.max_trials)):
        if number and time.monotonic() > deadline:
            return
        one, other = (side.upto(trials)[0] for side in sides)
        fault = dependence_fault(
            one.observable.reshape(one.kept, -1).sum(axis=1), repeats=one.known.values == "discrete"
        )
        if fault:
            raise BadSample(f"{claim.id}: the trials at {point} are not independent draws: {fault}")
        if one.kept > 1:
            yield one, other


def _of_means(empty: Difference, claim: Claim, one: Measured, other: Measured, rule: Rule) -> Difference:
    """|μ − m₁| − |μ − m₂| over all μ of the confidence sequence: the midpoint of the predictions decides its sign."""
    first, second = float(one.prediction.value), float(other.prediction.value)
    scale, mean = float(_positive(claim, one)), float(one.observable.mean())
    error = float(one.prediction.error + other.prediction.error) / scale
    gap = (second - first) / scale
    filled = dataclasses.replace(empty, prediction=first, rival_prediction=second, mean=mean, trials=one.drawn)
    if abs(gap) <= error:
        return dataclasses.replace(filled, reason="the same prediction here")
    cs = _sequence_of_mean(one, first, scale, abs(gap) / 2, rule)
    slack = mean_certificate(one, scale)
    lower, upper = cs.lower - slack, cs.upper + slack
    values = [_further(at, gap) for at in (lower, upper, *(kink for kink in (0.0, gap) if lower < kink < upper))]
    return _decided(filled, _further((mean - first) / scale, gap), (min(values) - error, max(values) + error), cs)


def _further(at: float, gap: float) -> float:
    """|u| − |u − gap|, also at infinity."""
    return math.copysign(1.0, at) * gap if math.isinf(at) else abs(at) - abs(at - gap)


def _sequence_of_mean(only: Measured, centre: float, scale: float, tolerance: float, rule: Rule) -> sequential.Interval:
    gaps = (only.observable - centre) / scale
    if zeros_and_ones(only.observable):
        return frequency_sequence(gaps, rule)
    return mean_sequence(gaps, rule, tolerance, known=only.known.shifted(centre, scale))


def _of_draws(empty: Difference, claim: Claim, one: Measured, other: Measured, rule: Rule) -> Difference:
    """The mean over draws of |X − m₁| − |X − m₂|, Euclidean where X is an array."""
    apart = _size(one.observable - one.prediction.value, one) - _size(one.observable - other.prediction.value, one)
    error = _size(one.prediction.error, one) + _size(other.prediction.error, one) + 2 * _size(_slack(one), one)
    filled = dataclasses.replace(empty, trials=one.drawn)
    if np.all(np.abs(apart) <= error):
        return dataclasses.replace(filled, reason="the same distance in every draw")
    scale = _positive(claim, one)
    cs, slack = mean_sequence(apart / scale, rule), float(np.mean(error / scale))
    return _decided(filled, float(np.mean(apart / scale)), (cs.lower - slack, cs.upper + slack), cs)


def _slack(one: Measured) -> np.ndarray:
    """The simulator's error bound beside every component.   Shapes: (kept, 1, …) or (kept, …)."""
    bound = certificates(one)
    return bound.reshape(bound.shape + (1,) * (one.observable.ndim - bound.ndim))


def _size(array: np.ndarray, one: Measured) -> np.ndarray:
    """Euclidean length in every trial.   Shapes: (kept, …) -> (kept,)."""
    return np.linalg.norm(np.broadcast_to(array, one.observable.shape).reshape(one.kept, -1), axis=1)


def _positive(claim: Claim, one: Measured) -> np.ndarray:
    """The claim's scale: of the point, or of every draw.   Shapes: () or (kept,)."""
    scale = scale_of(claim, one)
    size = _size(scale, one) if scale.ndim else scale
    if not np.all(size > 0):
        raise BadDeclaration(
            f"{claim.id}: the scale is zero at {one.station.point}; declare scale=… where the prediction may vanish"
        )
    return size


def _decided(filled: Difference, estimate: float, interval: tuple[float, float], cs: sequential.Interval) -> Difference:
    closer: Closer = ""
    if cs.gates_open:
        closer = "claim" if interval[1] < 0 else "rival" if interval[0] > 0 else ""
    regime = "" if cs.gates_open or "trials" in cs.reason else f" ({cs.reason})"
    return dataclasses.replace(
        filled,
        difference=estimate,
        interval=interval,
        guarantee=cs.guarantee,
        closer=closer,
        reason="" if closer else filled.reason + regime,
    )

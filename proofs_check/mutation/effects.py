"""How false a mutant is, and where: from formulas and a pilot sample, before anything is judged.

The pilot has a stream of its own, so what is chosen by it is chosen independently of the trials that are judged.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, singledispatch
from typing import Any

import numpy as np
import sympy

from numerics.measure import Arrays, Laboratory, Unit
from proofs_check.mutation.ladders import A_LIMIT, Z, off_order, off_sense, off_slope
from proofs_check.mutation.relations import follows
from proofs_check.statistics import stations
from proofs_check.statistics.evidence import Measured, Station, number, scale_of
from proofs_check.statistics.fitting import limit_fits
from proofs_check.statistics.judging import mean_certificate
from proofs_check.statistics.moments import moments
from proofs_check.trials.sampling import Evidence, first_look
from theory.claim import Claim
from theory.computed import ARGUMENT, Law, Shares
from theory.curve import running
from theory.errors import BadInput
from theory.evaluate import Prediction, ball_at, predicted
from theory.implicit import solve
from theory.points import complete, default_points
from theory.relation import (
    Asymptotic,
    Bound,
    Direction,
    Distribution,
    Equality,
    Exponent,
    Identity,
    Order,
    Ordering,
    Probability,
    Relation,
)
from theory.setting import Point

DIGITS, BITS, ENOUGH, TINY = 30, 160, 40, 1e-25
CANDIDATES = 8
LADDERS = 3  # candidates of a relation that climbs a ladder: each costs a prediction on every rung
SAME = 1e-9
SAME_POINTS = 20
LONGEST = 200  # operations in a formula that SymPy is asked to expand
PILOT = "mutation pilot"
DEAR = (sympy.Sum, sympy.Product, sympy.Integral)  # what balls take long for
GRID = 400  # shares at which two laws are compared


class Remembering(Laboratory):
    """A laboratory that keeps every block in memory, so that many claims can read the same trials."""

    def __init__(self, lab: Laboratory) -> None:
        super().__init__(**{part.name: getattr(lab, part.name) for part in dataclasses.fields(Laboratory)})
        self.blocks: dict[Any, Arrays] = {}

    def measure(self, units: Sequence[Unit]) -> list[Arrays]:
        keys = [_key(unit) for unit in units]
        missing = [index for index, key in enumerate(keys) if key not in self.blocks]
        for index, arrays in zip(missing, super().measure([units[index] for index in missing]), strict=True):
            self.blocks[keys[index]] = arrays
        return [self.blocks[key] for key in keys]

    def forget(self) -> None:
        self.blocks.clear()


def _key(unit: Unit) -> Any:
    varied = tuple((name, values.tobytes()) for name, values in unit.varied.items())
    return unit.point, unit.block, unit.seed, unit.stage, unit.apart, varied


@dataclass
class Site:
    """A candidate point with a pilot sample. `tight`: whether a bound is declared to be an equality there."""

    claim: Claim
    point: Point
    tight: bool
    lab: Laboratory
    seed: int
    stations: list[Station]
    pilot: list[Measured] = field(default_factory=list)
    told: dict[Any, Prediction] = field(default_factory=dict)  # what `foresee` found, for every formula and point

    def __post_init__(self) -> None:
        self.pilot = self.evidence(self.claim, PILOT).upto(1)
        if isinstance(self.claim.prediction, Law):
            self.pilot = [dataclasses.replace(only, prediction=self.shares(self.claim)) for only in self.pilot]

    def evidence(self, claim: Claim, stage: str) -> Evidence:
        """The trials of a stage beside the predictions of a claim or of a mutant."""
        return Evidence(self.lab, claim, self.point, self.stations, self.seed, stage)

    def foretold(self, mutant: Claim) -> list[Prediction]:
        """A mutant's prediction at every station; of every pilot trial, where it reads the draws.   Raises BadInput."""
        if isinstance(mutant.prediction, Law):
            return [self.shares(mutant)]
        if mutant.is_per_point() and self.claim.is_per_point():
            return [self.value(mutant, station.point) for station in self.stations]
        return [only.prediction for only in self.evidence(mutant, PILOT).upto(1)]

    def shares(self, claim: Claim) -> Prediction:
        """The distribution function of a law at quantiles of the claim's own.   Raises BadInput where it is none."""
        law = self._law(claim).at(self.quantiles)
        formula = claim.prediction.formula
        if np.any(np.diff(law.value) < -law.error.max()) or ARGUMENT not in formula.free_symbols:
            raise BadInput(f"{formula} falls, or is the same everywhere, so that it is no distribution function")
        return law

    @cached_property
    def quantiles(self) -> np.ndarray:
        """Values between which the claim's law grows by equal shares."""
        return self._law(self.claim).quantiles(np.arange(1, GRID) / GRID)

    def _law(self, claim: Claim) -> Shares:
        values: dict[Any, Any] = {**self.point.exact(), **self.point.spectra()}
        return claim.prediction.at_point(self.point, solve(claim.roots_at(self.point), values, DIGITS))

    def value(self, claim: Claim, point: Point) -> Prediction:
        """The prediction at a point, without asking for more digits where it has few."""
        return self.told.get((claim.prediction, point)) or _by_balls(claim, point)

    def trials_to_refute(self, false: float, told: Sequence[Prediction], tolerance: float) -> float:
        """Trials that would show a mutant with these predictions to be false by so much; inf where none would.

        From the pilot's spread and skewness: the skewness sets how many trials the gate of a confidence sequence waits
        for. A mutant that reads the draws spreads in its own way, be the claim itself as sharp as it may.
        What certificates leave open shows nothing.
        """
        if not false > tolerance + self.doubt:
            return float("inf")
        spread, skewness = self._noise(told)
        to_see = (Z * spread / (min(false, 1.0) - tolerance)) ** 2
        return max(first_look(self.lab, self.claim, self.point), to_see, (skewness * Z**3 / 6) ** 2)

    @cached_property
    def doubt(self) -> float:
        """What the simulator's certificates leave open, on the claim's scale."""
        scaled = isinstance(self.claim.relation, (Identity, Equality, Asymptotic, Bound))
        if not scaled or self.pilot[-1].observable.ndim > 1:
            return 0.0
        with np.errstate(all="ignore"):  # of a scale of zero nothing is certain
            return max(mean_certificate(only, scale_of(self.claim, only)) for only in self.pilot)

    def _noise(self, told: Sequence[Prediction]) -> tuple[float, float]:
        """Standard deviation, on the claim's scale, and skewness of a trial; none where single draws decide.

        On a ladder, those of the fitted limit that has more of either.
        """
        relation = self.claim.relation
        if self.pilot[-1].observable.ndim > 1 or not isinstance(relation, (Equality, Asymptotic, Bound)):
            return 0.0, 0.0
        rounds = min(only.kept for only in self.pilot)
        rows = [(only.observable - new.value) / scale_of(self.claim, only)
                for only, new in zip(self.pilot, told, strict=True)]  # fmt: skip
        gaps = np.stack([row[:rounds] for row in rows])
        if isinstance(relation, Asymptotic):
            fits = limit_fits(np.array(relation.ladder.sizes, dtype=float), relation.ladder.rate or 1.0)
            gaps = np.stack([weights @ gaps for _, weights in fits])
        blocks = [moments(row) for row in gaps]
        return max(block.sd for block in blocks), max((block.skewness for block in blocks), key=abs)

    def seconds(self) -> float:
        """The declared cost of one trial at every station."""
        return sum(self.lab.simulator(self.claim.setting).trial_seconds(station.point) for station in self.stations)


def sites_of(claim: Claim, lab: Laboratory, seed: int, tolerance: float) -> list[Site]:
    """Candidate points inside the regime: declared ones, equality cases, typical ones, and where rivals differ."""
    declared, tight = len(claim.points), len(claim.tight_at)
    climbs = isinstance(claim.relation, (Asymptotic, Exponent, Order))
    count = max(LADDERS if climbs else CANDIDATES, declared + tight)
    points = default_points(claim, count, seed)
    special = set(points[declared : declared + tight])
    for where in (where for wrong in claim.wrong for where in wrong.at):
        try:
            points.append(complete(claim, where, np.random.default_rng([seed, *claim.id.encode()])))
        except BadInput:  # a wrong variant may be told apart where the claim itself is not asserted
            continue
    inside = [point for point in dict.fromkeys(points) if not claim.broken(claim.regime, point)]
    sites = [_site(claim, point, point in special, lab, seed, tolerance) for point in inside]
    return [site for site in sites if min(only.kept for only in site.pilot) > 1]


def foresee(claim: Claim, sites: Sequence[Site]) -> None:
    """Tells what sums or integrates at all stations at once, in float64."""
    points = list(dict.fromkeys(station.point for site in sites for station in site.stations))
    for point, found in zip(points, _at_once(claim, points), strict=True):
        if found:
            for site in sites:
                site.told[claim.prediction, point] = found


def _at_once(claim: Claim, points: Sequence[Point]) -> list[Prediction | None]:
    """Predictions in float64 of what sums or integrates; None where the bound is too wide, so that balls are asked."""
    formula = claim.prediction
    dear = isinstance(formula, sympy.Expr) and formula.has(*DEAR)
    if not dear or claim.roots or not claim.is_per_point():
        return [None] * len(points)
    found = running(claim, points)
    close = found.error <= np.maximum(2.0**-ENOUGH * np.abs(found.value), TINY)
    pairs = zip(found.value.tolist(), found.error.tolist(), close, strict=True)
    return [Prediction(value, error, found.guarantee) if good else None for value, error, good in pairs]


def _by_balls(claim: Claim, point: Point) -> Prediction:
    formula, values = claim.formula_at(point, DIGITS)
    ball = ball_at(formula, values, BITS)
    if not (ball.is_finite() and (ball.rel_accuracy_bits() > ENOUGH or ball.rad() < TINY)):
        raise BadInput(f"{claim.id} has no certain value at {point}")  # without asking SymPy, which takes seconds
    return predicted(ball, DIGITS)


def _site(claim: Claim, point: Point, tight: bool, lab: Laboratory, seed: int, tolerance: float) -> Site:
    asked = stations(claim.relation, claim, point, tolerance)
    return Site(claim, point, tight, lab, seed, [station for station in asked if station.factor is None])


# how false


def differences(claim: Claim, base: Sequence[Measured], told: Sequence[Prediction]) -> list[np.ndarray]:
    """(m′ − m)/s at every station; nothing where no number is predicted.   Shapes: () or those of the predictions."""
    if claim.prediction is None:
        return [np.zeros(()) for _ in base]
    with np.errstate(all="ignore"):  # what is not finite counts as undefined
        return [
            np.asarray((np.asarray(prediction.value) - only.prediction.value) / unit(claim.relation, claim, only))
            for only, prediction in zip(base, told, strict=True)
        ]


@singledispatch
def unit(relation: Relation, claim: Claim, only: Measured) -> Any:
    """What differences of predictions are relative to: the claim's scale."""
    return scale_of(claim, only)


@unit.register(Exponent)
@unit.register(Distribution)
def _(relation: Any, claim: Claim, only: Measured) -> float:
    """A slope and a distance of laws have no scale: their own tolerance stands for 2 %."""
    return 1.0 if relation.within is None else relation.within / A_LIMIT


@singledispatch
def false_by(
    relation: Relation, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool
) -> float:
    """By how much, on the claim's scale, a mutant with this relation and these predictions is false at a site.

    The claim is taken to be true. In general: the largest difference of the predictions.
    """
    return max(float(np.max(np.abs(part))) for part in differences(claim, base, told))


@false_by.register
def _(relation: Equality, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """The difference of the means."""
    apart = differences(claim, base, told)[0]
    return float(np.max(np.abs(np.mean(apart, axis=0) if claim.is_per_trial() and apart.ndim else apart)))


@false_by.register
def _(relation: Asymptotic, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """The limit of the difference: what shrinks at the ladder's rate leaves the claim as true as it was."""
    apart = np.array([float(np.mean(part)) for part in differences(claim, base, told)])
    if not abs(apart[-1]) < 0.9 * abs(apart[0]):
        return float(abs(apart[-1]))
    fits = limit_fits(np.array(relation.ladder.sizes, dtype=float), relation.ladder.rate or 1.0)
    return float(min(abs(weights @ apart) for _, weights in fits))


@false_by.register
def _(relation: Direction, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """1 − cosine of the two predictions, in units in which the relation's limit is 2 %."""
    first, second = (
        np.reshape(prediction.value, (len(prediction.value), -1)) for prediction in (base[0].prediction, told[0])
    )
    with np.errstate(all="ignore"):
        first, second = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, second))
    return float(np.mean(((first - second) ** 2).sum(1) / 2)) / relation.limit * A_LIMIT


@false_by.register
def _(relation: Ordering, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """By how much the mean surely falls where it should rise, in the pilot."""
    if relation == claim.relation:
        return 0.0
    lower, upper = (only.observable for only in reversed(base))  # of the mutant
    scale = float(scale_of(claim, base[0])) if claim.scale is not None else abs(float(upper.mean()))
    noise = np.sqrt(lower.var(ddof=1) / len(lower) + upper.var(ddof=1) / len(upper))
    with np.errstate(all="ignore"):
        return float(max((lower.mean() - upper.mean() - Z * noise) / scale, 0.0))


@false_by.register
def _(relation: Exponent, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """The difference of the slopes; of a slope read in another way, what the pilot surely shows."""
    if relation == claim.relation:
        return float(np.max(np.abs(np.stack(differences(claim, base, told)))))
    return off_slope(relation, base) / float(unit(relation, claim, base[0]))


@false_by.register
def _(relation: Order, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """The trend of m′/m as a power of the size; in another sense of the same shape, what the pilot surely shows."""
    if not isinstance(claim.relation, Order) or relation == claim.relation:
        return off_order(relation, base, told)
    return off_sense(relation, claim.relation, base)


@false_by.register
def _(relation: Bound, claim: Claim, base: Sequence[Measured], told: Sequence[Prediction], tight: bool) -> float:
    """By how much a pilot draw violates it; of a mean or a share, how much tighter it is than an equality.

    Where no equality is declared: by how much the pilot's mean, or its share of violations, surely exceeds what it may.
    """
    only, sign = base[0], 1 if relation.sense == "<=" else -1
    reached = np.asarray(only.prediction.value) if tight and relation.kind != "pathwise" else only.observable
    with np.errstate(all="ignore"):
        excess = sign * (reached - told[0].value) / scale_of(claim, only)
        if relation.kind == "pathwise" or tight:
            return float(max(np.max(excess), 0.0))
        if isinstance(relation.kind, Probability):
            excess = (excess > 0) - (1 - number(claim, only.station.point, relation.kind.at_least))
        noise = Z * np.std(excess, axis=0, ddof=1) / math.sqrt(len(excess))
        return float(max(np.max(np.mean(excess, axis=0) - noise), 0.0))


def implied(claim: Claim, mutant: Claim, base: Sequence[Measured], told: Sequence[Prediction]) -> bool:
    """Whether a mutant follows from the claim: by what its relation says, or, of a bound, at every pilot draw."""
    relation = claim.relation
    if not isinstance(relation, Bound) or mutant.relation != relation:
        return follows(mutant.relation, relation)
    sign = 1 if relation.sense == "<=" else -1
    return all(bool(np.all(sign * part >= 0)) for part in differences(claim, base, told))


def equal_by_algebra(claim: Claim, mutant: Claim) -> bool:
    """Whether SymPy expands the difference of two short predictions to zero."""
    pair = claim.prediction, mutant.prediction
    if list(claim.roots) != list(mutant.roots) or not all(isinstance(one, sympy.Expr) for one in pair):
        return False
    if sum(sympy.count_ops(one) for one in pair) > LONGEST:
        return False
    return bool(sympy.expand(sympy.fraction(sympy.together(pair[0] - pair[1]))[0]) == 0)


@dataclass(frozen=True)
class Elsewhere:
    """Points beside the sites, at which a mutant has to agree with its claim, too."""

    claim: Claim
    seed: int

    @cached_property
    def points(self) -> list[Point]:
        return default_points(self.claim, SAME_POINTS, self.seed)

    @cached_property
    def values(self) -> list[float | None]:
        return list(self.told(self.claim))

    def told(self, claim: Claim) -> Iterator[float | None]:
        """The predictions one after the other; None where there is none."""
        for point, found in zip(self.points, _at_once(claim, self.points), strict=True):
            try:
                yield float((found or _by_balls(claim, point)).value)
            except BadInput:
                yield None

    def agrees(self, mutant: Claim) -> bool:
        """Whether two formulas agree to 1e-9 at 20 points; of predictions per draw, the pilot has said it."""
        if not (self.claim.is_per_point() and mutant.is_per_point()):
            return True
        pairs = zip(self.values, self.told(mutant), strict=True)
        return all(
            first is not None and second is not None and abs(first - second) <= SAME * abs(first)
            for first, second in pairs
        )

"""Constants that a claim leaves open: fitted on one half of the sizes, with intervals, and tried on the other half.

The fit is weighted least squares, the weights from a pilot that is then discarded. Where the constants enter linearly
a fitted constant is a fixed combination Σ gⱼ·E yⱼ of the rungs, so a mean of independent rounds; otherwise gⱼ is its
gradient (delta method). Either way its confidence sequence holds at all numbers of rounds, asymptotically.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import sympy
from scipy.optimize import least_squares

from numerics.measure import Laboratory
from proofs_check.check import Request
from proofs_check.jsonable import clean
from proofs_check.statistics.evidence import Measured, Rule, Station
from proofs_check.statistics.independence import dependence_fault
from proofs_check.statistics.judges.exponent import few_rounds, require_scalar, rungs_of
from proofs_check.statistics.judging import FEWEST, require_finite
from proofs_check.statistics.sequential import blocks_for
from proofs_check.statistics.slopes import PILOT, Climb, climb_of
from proofs_check.trials.sampling import Evidence, first_look, schedule
from theory.claim import Claim
from theory.errors import BadDeclaration, BadInput, BadSample, NotBuilt
from theory.evaluate import DIGITS
from theory.evaluation.vectorise import as_float, vectorised
from theory.implicit import read_at
from theory.points import complete, default_points
from theory.relation import Ladder
from theory.setting import Point

GUARANTEE = "asymptotic"
POINTS = 8  # where a claim has no ladder
STARTS = (1.0, 0.1, 10.0, -1.0)  # of every constant, in all combinations
STEP = 1e-6  # relative, of a numerical derivative
RANK = 1e-7  # of the scaled Jacobian: below it a numerical derivative is rounding

Model = Callable[[np.ndarray], np.ndarray]  # constants -> predictions at all rungs


@dataclass(frozen=True)
class Constant:
    """A constant with its interval."""

    name: str
    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class HeldOut:
    """A size that the fit has not seen: mean over fitted prediction − 1, with its interval."""

    at: str
    prediction: float
    mean: float
    gap: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Fitted:
    """Constants and held-out gaps; all intervals hold together at `level`. `inside`: None while it is open."""

    id: str
    point: dict[str, Any]
    fitted_on: tuple[str, ...]
    constants: tuple[Constant, ...]
    held_out: tuple[HeldOut, ...]
    inside: bool | None
    reason: str
    method: str
    tolerance: float
    level: float
    trials: int
    seed: int
    guarantee: str = GUARANTEE

    @property
    def worst(self) -> HeldOut | None:
        """The held-out size with the largest gap."""
        return max(self.held_out, key=lambda held: abs(held.gap), default=None)

    def as_json(self) -> dict[str, Any]:
        fields = dataclasses.asdict(self)
        held = {
            "inside": fields.pop("inside"),
            "worst": dataclasses.asdict(self.worst) if self.worst else None,
            "share_inside": float(np.mean([_within(one, self.tolerance) for one in self.held_out]))
            if self.worst
            else None,
            "rungs": fields.pop("held_out"),
        }
        return clean({**fields, "held_out": held})

    def text(self) -> str:
        lines = [
            f"{self.id}: fitted at {', '.join(self.fitted_on)} ({self.method}, {self.trials} trials, {self.guarantee})"
        ]
        lines += [f"  {one.name} = {one.value:.6g} in {_ends(one.interval, '.6g')}" for one in self.constants]
        lines += [
            f"  held out at {one.at}: gap {one.gap:+.2%} in {_ends(one.interval, '+.2%')}" for one in self.held_out
        ]
        words = {True: "inside the tolerance", False: "outside the tolerance", None: f"undecided, {self.reason}"}
        return "\n".join([*lines, f"  held-out sizes within {self.tolerance:.2%}: {words[self.inside]}"])


def fit(claim: Claim, *, lab: Laboratory | None = None, **request: Any) -> Fitted:
    """The unknown constants of a claim, with more trials until the held-out sizes are decided or the budget is spent.

    Keywords are the fields of `Request`.   Raises BadInput where nothing is to be fitted, or not at these points.
    """
    asked, lab = Request(**request), lab or Laboratory()
    _require_fittable(claim)
    places = _places(claim, asked)
    constants = tuple(sorted(claim.unknown, key=str))
    held = np.arange(len(places))[::-1] % 2 == 0
    if np.sum(~held) < len(constants):
        raise BadInput(
            f"{claim.id}: {len(constants)} constants are fitted on every second of {len(places)} sizes; declare"
            f" {2 * len(constants)} sizes at least"
        )
    level = asked.level or asked.error_rate
    seconds = lab.simulator(claim.setting).trial_seconds
    top = max((place.point for place in places), key=seconds)
    share = level / (len(constants) + int(held.sum()))  # all intervals hold together
    rule = Rule(share, asked.tolerance, first_look(lab, claim, top), float(np.finfo(lab.machine.precision).eps))
    model = model_of(claim, places, constants)
    found = None
    for measured in _looks(claim, places, top, asked, rule, lab):
        trials = min(rung.drawn for rung in measured)
        found = dataclasses.replace(fitted(claim, measured, rule, model, held), trials=trials)
        if found.inside is not None:
            break
    assert found is not None  # a schedule has one look at least
    return dataclasses.replace(found, level=level, seed=asked.seed)


def fitted(claim: Claim, measured: Sequence[Measured], rule: Rule, model: Model, held: np.ndarray) -> Fitted:
    """What the rounds so far say of the constants.   Shapes: held (rungs,), True where a rung is held out."""
    _require_independent(claim, measured)
    labels = [rung.station.label for rung in measured]
    used = tuple(label for label, out in zip(labels, held, strict=True) if not out)
    affine = all(sympy.diff(claim.prediction, a, b) == 0 for a, b in product(claim.unknown, repeat=2))
    found = Fitted(
        claim.id, measured[-1].station.point.text(), used, (), (), None, "noise: too few trials",
        "linear" if affine else "nonlinear, delta method", rule.tolerance, rule.level, 0, 0,
    )  # fmt: skip
    if min(rung.kept for rung in measured) < FEWEST:
        return found
    climb = climb_of(measured, range(1, len(measured) + 1), rule)
    waiting = few_rounds(climb)
    if waiting or not np.all(np.isfinite(climb.errors)):
        return dataclasses.replace(found, reason=waiting[0] if waiting else "solver: a rung is not certain")
    estimates = _estimates(claim, climb, model, held)
    named = zip(sorted(map(str, claim.unknown)), estimates.values, estimates.constants(), strict=True)
    constants = tuple(Constant(name, float(value), cs) for name, value, cs in named)
    tried = tuple(
        HeldOut(labels[k], float(estimates.predicted[k]), float(climb.means[k]), *estimates.gap(k))
        for k in range(len(held))
        if held[k]
    )
    inside, reason = _verdict(tried, rule.tolerance, estimates.closed())
    return dataclasses.replace(found, constants=constants, held_out=tried, inside=inside, reason=reason)


@dataclass(frozen=True)
class Estimates:
    """Fitted constants with their gradient in the means of the rungs.

    Shapes: values, pilot (constants,), gradient (constants, rungs), slopes (rungs, constants), predicted (rungs,).
    """

    climb: Climb
    held: np.ndarray
    values: np.ndarray
    pilot: np.ndarray
    gradient: np.ndarray
    slopes: np.ndarray
    predicted: np.ndarray

    def constants(self) -> list[tuple[float, float]]:
        """The interval of every constant."""
        triples = zip(self.values, self.gradient, self.pilot, strict=True)
        return [self._around(float(value), row, _unit(first)) for value, row, first in triples]

    def gap(self, k: int) -> tuple[float, tuple[float, float]]:
        """Mean over prediction − 1 at rung k, with its interval."""
        gap = float(self.climb.means[k] / self.predicted[k] - 1)
        return gap, self._around(gap, self._gap_weights(k), 1.0)

    def closed(self) -> str:
        """Why some interval may not be believed, or ''."""
        rows = [row / _unit(first) for row, first in zip(self.gradient, self.pilot, strict=True)]
        rows += [self._gap_weights(k) for k in range(len(self.held)) if self.held[k]]
        return next((cs.reason for cs in map(self.climb.combined, rows) if not cs.gates_open), "")

    def _gap_weights(self, k: int) -> np.ndarray:
        moved = self.climb.means[k] / self.predicted[k] * (self.slopes[k] @ self.gradient)
        return (np.eye(len(self.predicted))[k] - moved) / self.predicted[k]

    def _around(self, value: float, weights: np.ndarray, unit: float) -> tuple[float, float]:
        cs, centre = self.climb.combined(weights / unit), float(weights @ self.climb.means)
        return value + unit * cs.lower - centre, value + unit * cs.upper - centre


def _unit(pilot: float) -> float:
    """The size of a constant, which its tolerance is relative to."""
    return abs(float(pilot)) or 1.0


def _estimates(claim: Claim, climb: Climb, model: Model, held: np.ndarray) -> Estimates:
    """Raises BadDeclaration where the sizes that are fitted do not tell the constants apart."""
    count = len(claim.unknown)
    pilot = _least_squares(claim, model, climb.pilot, climb.spread, held, count, None)
    values = _least_squares(claim, model, climb.means, climb.spread, held, count, pilot)
    slopes = _jacobian(model, values)
    weighted = slopes[~held] / climb.spread[~held, None]
    if np.linalg.matrix_rank(weighted / np.linalg.norm(weighted, axis=0).clip(1e-300), tol=RANK) < count:
        names = ", ".join(sorted(map(str, claim.unknown)))
        raise BadDeclaration(f"{claim.id}: {names} cannot be told apart at these sizes; leave one out")
    gradient = np.zeros((count, len(held)))
    gradient[:, ~held] = np.linalg.pinv(weighted) / climb.spread[~held]
    return Estimates(climb, held, values, pilot, gradient, slopes, model(values))


def _verdict(tried: Sequence[HeldOut], tolerance: float, closed: str) -> tuple[bool | None, str]:
    """Whether the held-out sizes lie within the tolerance, None while that is open; and why."""
    if closed:
        return None, closed
    if any(one.interval[0] > tolerance or one.interval[1] < -tolerance for one in tried):
        return False, ""
    if all(_within(one, tolerance) for one in tried):
        return True, ""
    return None, "noise: an interval still reaches across the tolerance"


def model_of(claim: Claim, places: Sequence[Station], constants: Sequence[sympy.Symbol]) -> Model:
    """The predictions at all places as a function of the constants."""
    parts = []
    for place in places:
        given: dict[Any, Any] = {**place.point.exact(), **place.point.spectra()}
        roots = claim.roots_at(place.point)
        formula, values = read_at(place.point.decide(claim.prediction), roots, given, DIGITS)
        symbols = tuple(sorted(formula.free_symbols, key=str))
        known = {symbol: as_float(values[symbol]) for symbol in symbols if symbol not in constants}
        parts.append((vectorised(formula, symbols), symbols, known))

    def predictions(numbers: np.ndarray) -> np.ndarray:
        given = dict(zip(constants, map(float, numbers), strict=True))
        with np.errstate(all="ignore"):  # what is not finite is the caller's matter
            values = [function(*({**known, **given}[s] for s in symbols)) for function, symbols, known in parts]
        return np.array([_real(value) for value in values])

    return predictions


def _real(value: Any) -> float:
    number = complex(np.asarray(value).reshape(())[()])
    return number.real if number.imag == 0 else math.nan


def _least_squares(
    claim: Claim, model: Model, means: np.ndarray, spread: np.ndarray, held: np.ndarray, count: int,
    start: np.ndarray | None,
) -> np.ndarray:  # fmt: skip
    """Constants that minimise Σ ((mean − prediction)/spread)² over the rungs that are not held out."""

    def residuals(numbers: np.ndarray) -> np.ndarray:
        return np.nan_to_num((model(numbers) - means)[~held] / spread[~held], nan=1e150, posinf=1e150, neginf=-1e150)

    rough = {"x_scale": "jac", "max_nfev": 30}
    starts = [start] if start is not None else [np.array(numbers) for numbers in product(STARTS, repeat=count)][:64]
    with np.errstate(all="ignore"):
        best = min((least_squares(residuals, at, **rough) for at in starts), key=lambda found: found.cost)
        best = least_squares(residuals, best.x, x_scale="jac", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    if not (np.all(np.isfinite(best.x)) and np.all(np.isfinite(model(best.x))) and np.all(model(best.x) != 0)):
        raise BadInput(f"{claim.id}: no constants give {claim.prediction} a value at these sizes; check the formula")
    return best.x


def _jacobian(model: Model, at: np.ndarray) -> np.ndarray:
    """Central differences.   Shapes: (constants,) -> (rungs, constants)."""
    columns = []
    for index, value in enumerate(at):
        move = np.zeros(len(at))
        move[index] = STEP * (abs(value) or 1.0)
        columns.append((model(at + move) - model(at - move)) / (2 * move[index]))
    return np.stack(columns, axis=1)


def _looks(
    claim: Claim, places: Sequence[Station], top: Point, asked: Request, rule: Rule, lab: Laboratory
) -> Iterator[list[Measured]]:
    deadline = time.monotonic() + asked.budget if asked.budget else math.inf
    plain = claim.but(prediction=claim.prediction.subs(dict.fromkeys(claim.unknown, 1)))
    evidence = Evidence(lab, plain, top, places, asked.seed, "screen")
    begin = PILOT + rule.first_look * blocks_for(rule.level)
    for number, trials in enumerate(schedule(evidence, begin, asked.max_trials)):
        if number and time.monotonic() > deadline:
            return
        yield evidence.upto(trials)


def _places(claim: Claim, asked: Request) -> list[Station]:
    """The rungs of the claim's ladder; without one, several points of its domain."""
    rng = np.random.default_rng([asked.seed, *claim.id.encode()])
    ladder = getattr(claim.relation, "along", getattr(claim.relation, "ladder", None))
    if isinstance(ladder, Ladder):
        point = complete(claim, asked.values, rng) if asked.values else default_points(claim, 1, asked.seed)[0]
        places = rungs_of(ladder, point)
    else:
        drawn = [complete(claim, asked.values, rng) for _ in range(POINTS)] if asked.values else []
        points = list(dict.fromkeys(drawn)) or default_points(claim, POINTS, asked.seed)
        places = [Station(point, label=str(point)) for point in points]
    for place in places:
        broken = claim.broken((*claim.assuming, *claim.regime), place.point)
        if broken:
            raise BadInput(f"{claim.id}: {' and '.join(map(str, broken))} fails at {place.point}; fit it elsewhere")
    return places


def _require_fittable(claim: Claim) -> None:
    if not claim.unknown:
        raise BadInput(f"{claim.id} leaves no constant open; declare unknown=[C] and write the prediction with C")
    if not claim.is_per_point():
        raise NotBuilt(f"{claim.id}: constants are fitted in a formula of the point, not in one of draws or axes")
    missing = sorted(str(constant) for constant in set(claim.unknown) - claim.prediction.free_symbols)
    if missing:
        raise BadDeclaration(f"{claim.id}: {', '.join(missing)} does not occur in the prediction {claim.prediction}")


def _require_independent(claim: Claim, measured: Sequence[Measured]) -> None:
    require_scalar(claim, measured)
    for only in measured:
        require_finite(claim, only)
        if only.known.values == "fixed":
            continue
        fault = dependence_fault(only.observable, repeats=only.known.values == "discrete")
        if fault:
            raise BadSample(f"{claim.id}: the trials at {only.station.point} are not independent draws: {fault}")


def _within(one: HeldOut, tolerance: float) -> bool:
    return -tolerance <= min(one.interval) and max(one.interval) <= tolerance


def _ends(interval: tuple[float, float], style: str) -> str:
    return f"[{interval[0]:{style}}, {interval[1]:{style}}]"

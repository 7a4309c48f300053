"""What can be known about a claim before anything is simulated: one small check per property, found by its name.

A check refutes, or says how far it looked: "not refuted" is not "proved".
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Dummy, sympify

from theory.claim import Claim
from theory.computed import Minimum
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import DIGITS, balls, enclose, precision, predicted
from theory.evaluation.optimum import around, heights, least
from theory.evaluation.vectorise import in_float64
from theory.implicit import read_at
from theory.points import boundary_points, complete, default_points, ladder_top
from theory.proof import Degree, Identical, Inequality, Limit
from theory.relation import Asymptotic, Bound, Exponent, Order
from theory.setting import Drawn, Observable, Point
from theory.steps import BITS, DRAWS, LONGEST_FORMULA, approached, at_random, random_number

TOLERANCE = 0.02  # a wrong variant closer than this to its claim would be supported like the claim
FACTORS = (2, 3)


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Study:
    """A claim with the points that its checks look at."""

    claim: Claim
    points: Sequence[Point]
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, *self.claim.id.encode()])


def audit(claim: Claim, *, points: int = 8, seed: int = 0) -> list[Finding]:
    """The findings of every check, the same ones whenever it is asked."""
    try:
        study = Study(claim, default_points(claim, points, seed), seed)
    except BadInput as fault:
        return [Finding("domain", False, str(fault))]
    checks = [(name.removeprefix("check_"), check) for name, check in globals().items() if name.startswith("check_")]
    return [finding for name, check in checks for finding in _findings(name, check, study)]


def _findings(name: str, check: Any, study: Study) -> list[Finding]:
    try:
        return [Finding(name, passed, detail) for passed, detail in check(study)]
    except BadInput as fault:
        return [Finding(name, False, str(fault))]


Found = Iterator[tuple[bool, str]]


def check_domain(study: Study) -> Found:
    """Typical points exist; how many of the typical draws lie where the claim is true and testable."""
    claim, rng = study.claim, study.rng()
    fixed = {**{str(symbol): value for symbol, value in claim.fixing.items()}, **ladder_top(claim)}
    free = {name: domain for name, domain in claim.free().items() if name not in fixed}
    drawn = [
        Point.of(claim.setting, {**fixed, **{name: domain.draw(rng) for name, domain in free.items()}})
        for _ in range(DRAWS)
    ]
    true, testable = (
        [not claim.broken(conditions, point) for point in drawn] for conditions in (claim.assuming, claim.regime)
    )
    both = sum(a and b for a, b in zip(true, testable, strict=True))
    shares = f"{sum(true)} satisfy assuming, {sum(testable)} the regime, {both} both"
    yield True, f"{len(study.points)} points; of {DRAWS} typical draws {shares}"


def check_prediction(study: Study) -> Found:
    """Finite at every point, and the ball contains what NumPy and SciPy say, up to their rounding."""
    if isinstance(study.claim.prediction, Minimum):
        yield _least_on_a_grid(study, study.claim.prediction)
        return
    if not study.claim.is_per_point():
        yield True, "per draw: evaluated on simulated trials only"
        return
    beyond = 0
    for point in study.points:
        formula, values = study.claim.formula_at(point)
        ball = enclose(formula, values)
        other = in_float64(formula, values)
        if not np.isfinite(other.error):
            predicted(ball)  # itself within float64
            beyond += 1  # an overflow on the way, or a function that NumPy and SciPy lack
            continue
        apart = abs(float(ball.mid()) - other.value)
        if not apart <= other.error + float(ball.rad()):
            both = f"{ball.str(17, radius=False)} and {other.value!r}"
            yield False, f"two evaluators disagree at {point}: {both}, beyond rounding of {other.error:.1g}"
            return
    compared = f"at {len(study.points) - beyond} of them ball arithmetic and float64 agree up to rounding"
    yield True, f"finite at {len(study.points)} points; {compared}"


def _least_on_a_grid(study: Study, minimum: Minimum) -> tuple[bool, str]:
    """No value of the function lies below its least one, which it takes at the place found."""
    for point in study.points:
        found = least(minimum, point, DIGITS, study.claim.roots_at(point))
        height, value = heights(minimum, point, study.claim.roots_at(point)), float(found.value.mid())
        error = float(found.value.rad()) + 1e-12 * abs(value)
        there = height(float(found.place.mid()))
        below = [place for place in around(float(found.place.mid())) if height(place) < value - error]
        if below or not abs(there - value) <= error + 1e-9 * abs(value):
            return False, f"the least value {value:.9g} at {point} is not that of a grid, or not taken at its place"
    return True, f"at {len(study.points)} points no value of a grid lies below the least one"


def check_homogeneity(study: Study) -> Found:
    for scaling in study.claim.scaling:
        words = f"degree {scaling.degree} in {', '.join(map(str, scaling.symbols))}"
        if not isinstance(study.claim.prediction, Basic):
            yield True, f"{words}: per draw, not examined here"
        elif _scales_by_algebra(study.claim, scaling):
            yield True, f"{words}: proved by algebra"
        else:
            yield _scales_by_numbers(study, scaling, words)


def check_limits(study: Study) -> Found:
    for step in study.claim.steps:
        if isinstance(step, Limit) and step.of is None:
            yield approached(study.claim, study.points, step)


def check_steps(study: Study) -> Found:
    """Identities and inequalities at random points: this can refute a step, never prove it."""
    for step in study.claim.steps:
        if isinstance(step, (Identical, Inequality)):
            yield at_random(study.claim, step, study.rng())


def check_wrong(study: Study) -> Found:
    for wrong in study.claim.wrong:
        passed, detail = _differs(study, study.claim.variant(wrong.name), wrong.changes)
        yield passed, f"{wrong.name}: {detail}"


def check_places(study: Study) -> Found:
    """Declared points and equality cases lie where the claim is true, points of a figure too."""
    claim = study.claim.but(regime=())
    figure = claim.figure
    drawn = figure and str(figure.over) in claim.setting.domains()
    curve = [{**figure.fixing, figure.over: value} for value in figure.values] if figure and drawn else []
    for where in (*claim.points, *claim.tight_at, *curve):
        try:
            complete(claim, where, study.rng())
        except BadInput as fault:
            yield False, str(fault)
    counts = f"{len(claim.points)} points, {len(claim.tight_at)} equality cases and {len(curve)} points of the figure"
    yield True, f"{counts} examined"


def check_ladder(study: Study) -> Found:
    """Every rung lies where the claim is true: the judge goes there without asking."""
    relation = study.claim.relation
    if not isinstance(relation, (Asymptotic, Exponent, Order)):
        return
    ladder = relation.ladder if isinstance(relation, Asymptotic) else relation.along
    point = study.points[0]
    for rung in ladder.rungs():
        broken = study.claim.broken((*study.claim.assuming, *study.claim.regime), point.replace(rung))
        if broken:
            place = f"{ladder.along}={rung[str(ladder.along)]}"
            yield False, f"{' and '.join(map(str, broken))} fails on the rung {place}; change the sizes"
    yield True, f"{len(ladder.sizes)} rungs examined"


def check_boundary(study: Study) -> Found:
    """A claim fails where it is declared to fail because an assumption fails there, or because it is empirical."""
    claim = study.claim
    for where, point in zip(claim.fails_at, boundary_points(claim, study.seed), strict=True):
        unpinned = [
            str(symbol)
            for symbol, pinned in claim.fixing.items()
            if point[symbol] != claim.setting.domains()[str(symbol)].accept(pinned)
        ]
        broken = claim.broken(claim.assuming, point)
        words = ", ".join(f"{symbol}={value}" for symbol, value in where.items())
        if unpinned or broken:
            yield True, f"{words}: outside {' and '.join(map(str, [*unpinned, *broken]))}"
        elif claim.status == "empirical":
            yield True, f"{words}: boundary of an empirical claim, known by experiment only"
        else:
            yield False, f"{words}: inside assuming and fixing, so the claim says that it holds there; add what fails"


def check_scale(study: Study) -> Found:
    """Tolerances are relative to the scale, |prediction| unless declared: it must be positive."""
    claim = study.claim
    scaled = claim if claim.scale is None else claim.but(prediction=claim.scale)
    if not scaled.is_per_point():
        yield True, "per draw: examined on simulated trials only"
        return
    for point in study.points:
        scale = scaled.predict(point)
        value = abs(scale.value) if claim.scale is None else scale.value
        if value <= scale.error:
            wanted = "declare scale=… where it may vanish" if claim.scale is None else "a scale is positive"
            yield False, f"{scale.value:g} at {point}; {wanted}"
            return
    yield True, f"positive at {len(study.points)} points"


def _scales_by_algebra(claim: Claim, scaling: Degree) -> bool:
    if claim.roots or claim.prediction.has(total, sympy.Piecewise):
        return False
    if sympy.count_ops(claim.prediction) > LONGEST_FORMULA:
        return False
    factor = Dummy("t", positive=True)
    scaled = claim.prediction.subs({symbol: factor * symbol for symbol in scaling.symbols}, simultaneous=True)
    return sympy.simplify(scaled - factor ** sympify(scaling.degree) * claim.prediction) == 0


def _scales_by_numbers(study: Study, scaling: Degree, words: str) -> tuple[bool, str]:
    claim, rng, compared = study.claim, study.rng(), 0
    measured = [part.symbol for part in claim.setting.parts.values() if isinstance(part, (Observable, Drawn))]
    for point, factor in itertools.product(study.points, FACTORS):
        formula = point.decide(claim.prediction)
        values = {
            **point.exact(),
            **balls(point.spectra()),
            **{symbol: random_number(symbol, rng) for symbol in measured},
        }
        with precision(BITS):
            scaled = {
                symbol: _times(value, factor) if symbol in scaling.symbols else value
                for symbol, value in values.items()
            }
            before, after = (
                enclose(*read_at(formula, claim.roots_at(point), at, 30)) for at in (values, scaled)
            )
            wanted = before * arb(factor) ** _exponent(scaling)
            if not after.overlaps(wanted):
                both = f"{after.str(8, radius=False)}, not {wanted.str(8, radius=False)}"
                return False, f"{words}: a factor {factor} at {point} gives {both}"
        compared += 1
    return True, f"{words}: not refuted, {compared} comparisons agree in 30 digits"


def _times(value: Any, factor: int) -> Any:
    return [entry * factor for entry in value] if isinstance(value, list) else value * factor


def _exponent(scaling: Degree) -> arb:
    number = sympy.nsimplify(sympify(scaling.degree), rational=True)
    return arb(int(number.p)) / int(number.q)


def _differs(study: Study, variant: Claim, changes: Mapping[str, Any]) -> tuple[bool, str]:
    claim = study.claim
    changed = [name for name in changes if getattr(variant, name) != getattr(claim, name)]
    if not changed:
        return False, "nothing differs from the claim"
    if set(changed) - {"prediction", "roots", "scale"}:
        return True, f"{', '.join(changed)} differ"
    if not (claim.is_per_point() and variant.is_per_point()):
        return True, "another function or other parameters, compared per draw only"
    points = default_points(variant, len(variant.points) or 3, study.seed)
    pairs = [(variant.predict(point).value, claim.predict(point).value) for point in points]
    apart = [_relative(wrong, right) for wrong, right in pairs]
    largest = max(apart, key=abs)
    if abs(largest) <= TOLERANCE:
        near = f"within {abs(largest):.2g} of the claim at {len(points)} points"
        return False, f"{near}; give at=… a point where they differ by more than {TOLERANCE:g}"
    tighter = {"<=": min(apart) < -TOLERANCE, ">=": max(apart) > TOLERANCE}
    if isinstance(claim.relation, Bound) and not tighter[claim.relation.sense]:
        return False, "a looser bound than the claim's, so it is still true; it cannot be refuted"
    return True, f"differs by {largest:+.2g} of the claim at one of {len(points)} points"


def _relative(wrong: float, right: float) -> float:
    if right:
        return (wrong - right) / abs(right)
    return float(np.copysign(np.inf, wrong)) if wrong else 0.0

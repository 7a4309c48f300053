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
from sympy import Basic, Dummy, Expr, Integer, Rational, Symbol, sympify

from theory.claim import Claim
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import ball_at, balls, enclose, holds, in_float64, precision
from theory.implicit import solve
from theory.points import boundary_points, complete, default_points, ladder_top
from theory.proof import Degree, Identical, Inequality, Limit
from theory.relation import Asymptotic, Bound, Exponent, Order
from theory.setting import Axis, Drawn, Observable, Point, symbols_of
from theory.values import Modes

TOLERANCE = 0.02  # a wrong variant closer than this to its claim would be supported like the claim
DRAWS = 64
TRIES = 400
BITS = 200
FACTORS = (2, 3)
RATIOS = tuple(Rational(p, q) for p, q in ((1, 4), (1, 2), (3, 4), (3, 2), (2, 1), (3, 1), (5, 1)))
STEPS_TO_LIMIT = (2, 4, 6, 8)  # powers of ten
LONGEST_FORMULA = 200  # operations in a formula that SymPy is asked to simplify


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
    drawn = [Point.of(claim.setting, {**fixed, **{name: domain.draw(rng) for name, domain in free.items()}}) for _ in range(DRAWS)]
    true, testable = ([not claim.broken(conditions, point) for point in drawn] for conditions in (claim.assuming, claim.regime))
    both = sum(a and b for a, b in zip(true, testable))
    yield True, f"{len(study.points)} points; of {DRAWS} typical draws {sum(true)} satisfy assuming, {sum(testable)} the regime, {both} both"


def check_prediction(study: Study) -> Found:
    """Finite at every point, and the ball contains what NumPy and SciPy say, up to their rounding."""
    if not _closed(study.claim):
        yield True, "per draw: evaluated on simulated trials only"
        return
    for point in study.points:
        values = _values(study.claim, point)
        formula = point.decide(study.claim.prediction)
        ball = enclose(formula, values)
        other = in_float64(formula, values)
        apart = abs(float(ball.mid()) - other.value)
        if not apart <= other.error + float(ball.rad()):
            yield False, f"two evaluators disagree at {point}: {ball.str(17, radius=False)} and {other.value!r}, beyond rounding of {other.error:.1g}"
            return
    yield True, f"finite at {len(study.points)} points, where ball arithmetic and float64 agree up to rounding"


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
        if isinstance(step, Limit):
            yield _limit(study, step)


def check_steps(study: Study) -> Found:
    """Identities and inequalities at random points: this can refute a step, never prove it."""
    for step in study.claim.steps:
        if isinstance(step, (Identical, Inequality)):
            yield _step(study, step)


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
    yield True, f"{len(claim.points)} points, {len(claim.tight_at)} equality cases and {len(curve)} points of the figure examined"


def check_ladder(study: Study) -> Found:
    """Every rung lies where the claim is true: the judge goes there without asking."""
    relation = study.claim.relation
    ladder = relation.ladder if isinstance(relation, Asymptotic) else relation.along if isinstance(relation, (Exponent, Order)) else None
    if ladder is None:
        return
    point = study.points[0]
    for rung in ladder.rungs():
        broken = study.claim.broken((*study.claim.assuming, *study.claim.regime), point.replace(rung))
        if broken:
            yield False, f"{' and '.join(map(str, broken))} fails on the rung {ladder.along}={rung[str(ladder.along)]}; change the sizes"
    yield True, f"{len(ladder.sizes)} rungs examined"


def check_boundary(study: Study) -> Found:
    """A claim fails where it is declared to fail because an assumption fails there, or because it is empirical."""
    claim = study.claim
    for where, point in zip(claim.fails_at, boundary_points(claim, study.seed)):
        unpinned = [str(symbol) for symbol, pinned in claim.fixing.items() if point[symbol] != claim.setting.domains()[str(symbol)].accept(pinned)]
        broken = claim.broken(claim.assuming, point)
        words = ", ".join(f"{symbol}={value}" for symbol, value in where.items())
        if unpinned or broken:
            yield True, f"{words}: outside {' and '.join(map(str, [*unpinned, *broken]))}"
        elif claim.status == "empirical":
            yield True, f"{words}: boundary of an empirical claim, known by experiment only"
        else:
            yield False, f"{words}: lies inside assuming and fixing, so the claim says that it holds there; add the assumption that fails"


def check_scale(study: Study) -> Found:
    """Tolerances are relative to the scale, |prediction| unless declared: it must be positive."""
    claim = study.claim
    scaled = claim if claim.scale is None else claim.but(prediction=claim.scale)
    if not _closed(scaled):
        yield True, "per draw: examined on simulated trials only"
        return
    for point in study.points:
        scale = scaled.predict(point)
        value = abs(scale.value) if claim.scale is None else scale.value
        if value <= scale.error:
            yield False, f"{scale.value:g} at {point}; " + ("declare scale=… where the prediction may vanish" if claim.scale is None else "a scale is positive")
            return
    yield True, f"positive at {len(study.points)} points"


def _closed(claim: Claim) -> bool:
    """Whether the prediction is one number at a point."""
    return isinstance(claim.prediction, Basic) and not claim.is_per_trial()


def _values(claim: Claim, point: Point) -> dict[Symbol, Any]:
    values: dict[Symbol, Any] = {**point.exact(), **point.spectra()}
    return values | solve(claim.roots_at(point), values, 30)


def _scales_by_algebra(claim: Claim, scaling: Degree) -> bool:
    if claim.roots or claim.prediction.has(total) or sympy.count_ops(claim.prediction) > LONGEST_FORMULA:
        return False
    factor = Dummy("t", positive=True)
    scaled = claim.prediction.subs({symbol: factor * symbol for symbol in scaling.symbols}, simultaneous=True)
    return sympy.simplify(scaled - factor ** sympify(scaling.degree) * claim.prediction) == 0


def _scales_by_numbers(study: Study, scaling: Degree, words: str) -> tuple[bool, str]:
    claim, rng, compared = study.claim, study.rng(), 0
    measured = [part.symbol for part in claim.setting.parts.values() if isinstance(part, (Observable, Drawn))]
    for point, factor in itertools.product(study.points, FACTORS):
        formula = point.decide(claim.prediction)
        values = {**point.exact(), **balls(point.spectra()), **{symbol: _random(symbol, rng) for symbol in measured}}
        with precision(BITS):
            scaled = {symbol: _times(value, factor) if symbol in scaling.symbols else value for symbol, value in values.items()}
            before, after = (enclose(formula, {**at, **solve(claim.roots_at(point), at, 30)}) for at in (values, scaled))
            wanted = before * arb(factor) ** _exponent(scaling)
            if not after.overlaps(wanted):
                return False, f"{words}: a factor {factor} at {point} gives {after.str(8, radius=False)}, not {wanted.str(8, radius=False)}"
        compared += 1
    return True, f"{words}: not refuted, {compared} comparisons agree in 30 digits"


def _times(value: Any, factor: int) -> Any:
    return [entry * factor for entry in value] if isinstance(value, list) else value * factor


def _exponent(scaling: Degree) -> arb:
    number = sympy.nsimplify(sympify(scaling.degree), rational=True)
    return arb(int(number.p)) / int(number.q)


def _limit(study: Study, step: Limit) -> tuple[bool, str]:
    words = f"{step.along} → {step.to}"
    if not _closed(study.claim):
        return True, f"{words}: per draw, not examined here"
    found = _approach(study, step)
    if found is None:
        return False, f"{words}: no point near the limit satisfies the assumptions"
    point, extra, gaps, grows = found
    closing = grows if step.equals in (sympy.oo, -sympy.oo) else gaps[-1] <= 0.9 * gaps[-2] or gaps[-1] <= 1e-20
    by_algebra = _symbolic_limit(study.claim, point, step)
    sizes = ", ".join(f"{gap:.2g}" for gap in gaps)
    place = f"{point}" + "".join(f", {symbol}={value}" for symbol, value in extra.items())
    if not closing:
        return False, f"{words}: the distance to {step.equals} stays, it is {sizes} at growing sizes ({place})"
    proof = "proved by SymPy's limit" if by_algebra else "SymPy's limit does not decide"
    return True, f"{words}: {proof}; the distance shrinks as {sizes}"


def _approach(study: Study, step: Limit) -> tuple[Point, dict[Symbol, Any], list[float], bool] | None:
    """Distances to the limit on the way to it, at the first point whose way lies where the claim is true."""
    claim = study.claim
    own = symbols_of([*step.tie.values(), step.equals]) - {part.symbol for part in claim.setting.parts.values()}
    names = sorted(own, key=str)
    for point in study.points:
        for ratios in itertools.product(RATIOS, repeat=len(names)):
            extra = dict(zip(names, ratios))
            places = [_on_the_way(point, step, extra, power) for power in STEPS_TO_LIMIT]
            if not all(holds(condition, places[-1]) for condition in claim.assuming):
                continue
            formula = point.decide(claim.prediction)
            balls_there = [enclose(formula, {**place, **solve(claim.roots_at(point), place, 30)}) for place in places]
            grows = bool(abs(balls_there[-1]) > 4 * abs(balls_there[0]))
            if step.equals in (sympy.oo, -sympy.oo):
                return point, extra, [float(ball.mid()) for ball in balls_there], grows
            limits = [enclose(sympify(step.equals), place) for place in places]
            return point, extra, [float(abs(ball - limit).mid()) for ball, limit in zip(balls_there, limits)], grows
    return None


def _on_the_way(point: Point, step: Limit, extra: Mapping[Symbol, Any], power: int) -> dict[Symbol, Any]:
    to = sympify(step.to)
    near = Integer(10) ** power if to == sympy.oo else to + Rational(1, 10**power) * (-1 if _from_below(point, step, to) else 1)
    values: dict[Symbol, Any] = {**point.exact(), **point.spectra(), **extra, step.along: near}
    for symbol, value in step.tie.items():
        values[symbol] = sympify(value).subs({**extra, step.along: near})
    return values


def _from_below(point: Point, step: Limit, to: Expr) -> bool:
    """Whether the domain ends at the limit, so that it is reached from below."""
    part = point.setting.part_of(step.along)
    return bool(part is not None and getattr(part, "fault", lambda value: "")(to + Rational(1, 10**8)))


def _symbolic_limit(claim: Claim, point: Point, step: Limit) -> bool:
    """Whether SymPy finds the declared limit, at the pinned values and choices of the claim."""
    tied = point.decide(claim.prediction).subs(dict(claim.fixing)).subs(dict(step.tie))
    if claim.roots or tied.has(total) or sympy.count_ops(tied) > LONGEST_FORMULA:
        return False
    variable = Dummy("x", positive=True)
    direction = "-" if _from_below(point, step, sympify(step.to)) else "+"
    try:
        return sympy.simplify(sympy.limit(tied.subs(step.along, variable), variable, step.to, direction) - sympify(step.equals)) == 0
    except Exception:  # SymPy's limit ends in errors of many kinds; the numbers decide then
        return False


def _step(study: Study, step: Identical | Inequality) -> tuple[bool, str]:
    claim, rng = study.claim, study.rng()
    first, second = (step.left, step.right) if isinstance(step, Identical) else (step.smaller, step.larger)
    words = f"{first} {'=' if isinstance(step, Identical) else '<='} {second}"
    symbols = symbols_of([first, second, *step.given])
    if any(isinstance(claim.setting.part_of(symbol), (Observable, Drawn, Axis)) for symbol in symbols):
        return True, f"{words}: about drawn quantities, not examined at random points"
    difference, examined = sympify(second) - sympify(first), 0
    for _ in range(TRIES):
        values = _place(claim, symbols, step.given, rng)
        if not all(holds(condition, values) for condition in step.given):
            continue
        ball = ball_at(difference, values, BITS)
        if ball < 0 or (ball > 0 and isinstance(step, Identical)):
            return False, f"{words}: refuted at {', '.join(f'{symbol}={value}' for symbol, value in sorted(values.items(), key=str))}"
        examined += bool(ball.is_finite())
        if examined == DRAWS:
            break
    return examined > 0, f"{words}: " + (f"not refuted at {examined} random points, which is no proof" if examined else "no random point satisfies what is given")


def _place(claim: Claim, symbols: set[Symbol], given: Sequence[Any], rng: np.random.Generator) -> dict[Symbol, Any]:
    """Random values of some symbols; an equation for a symbol among what is given sets it."""
    values: dict[Symbol, Any] = {}
    options = {option for domain in claim.setting.domains().values() for option in getattr(domain, "options", ())}
    for symbol in sorted((s for s in symbols if claim.setting.part_of(s) or s.name not in options), key=str):
        domain = claim.setting.domains().get(symbol.name) if claim.setting.part_of(symbol) else None
        drawn = domain.draw(rng) if domain else _random(symbol, rng)
        values[symbol] = drawn.array if isinstance(drawn, Modes) else Symbol(drawn) if isinstance(drawn, str) else drawn
    for condition in given:
        if isinstance(condition, sympy.Eq) and isinstance(condition.lhs, Symbol) and not isinstance(values[condition.lhs], Symbol):
            values[condition.lhs] = condition.rhs.subs(values)
    return values


def _random(symbol: Symbol, rng: np.random.Generator) -> Any:
    """A small random number that its symbol's assumptions allow."""
    if symbol.is_integer:
        return Integer(int(rng.integers(1 if symbol.is_positive else 0 if symbol.is_nonnegative else -9, 12)))
    size = Rational(int(rng.integers(1, 400)), 100)
    return size if symbol.is_nonnegative or rng.random() < 0.5 else -size


def _differs(study: Study, variant: Claim, changes: Mapping[str, Any]) -> tuple[bool, str]:
    claim = study.claim
    changed = [name for name in changes if getattr(variant, name) != getattr(claim, name)]
    if not changed:
        return False, "nothing differs from the claim"
    if set(changed) - {"prediction", "roots", "scale"}:
        return True, f"{', '.join(changed)} differ"
    if not (_closed(claim) and _closed(variant)):
        return True, "another function or other parameters, compared per draw only"
    points = default_points(variant, len(variant.points) or 3, study.seed)
    pairs = [(variant.predict(point).value, claim.predict(point).value) for point in points]
    apart = [(wrong - right) / abs(right) if right else np.inf * np.sign(wrong) for wrong, right in pairs]
    largest = max(apart, key=abs)
    if abs(largest) <= TOLERANCE:
        return False, f"within {abs(largest):.2g} of the claim at {len(points)} points; give at=… a point where they differ by more than {TOLERANCE:g}"
    if isinstance(claim.relation, Bound) and all(gap >= -TOLERANCE if claim.relation.sense == "<=" else gap <= TOLERANCE for gap in apart):
        return False, "a looser bound than the claim's, so it is still true; it cannot be refuted"
    return True, f"differs by {largest:+.2g} of the claim at one of {len(points)} points"

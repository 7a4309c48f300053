"""Steps of a derivation at numbers: limits approached, identities and inequalities at random points.

This can refute a step; it never proves one, except where SymPy finds the limit.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Dummy, Expr, Integer, Rational, Symbol, sympify

from theory.claim import Claim
from theory.domain import total
from theory.evaluate import ball_at, enclose, holds, precision
from theory.implicit import read_at
from theory.proof import Entries, Identical, Inequality, Limit
from theory.setting import Axis, Drawn, Observable, Point, symbols_of
from theory.values import Modes
from theory.words.wording import words

DRAWS = 64
TRIES = 400
BITS = 200
RATIOS = tuple(Rational(p, q) for p, q in ((1, 4), (1, 2), (3, 4), (3, 2), (2, 1), (3, 1), (5, 1)))
STEPS_TO_LIMIT = (2, 4, 6, 8)  # powers of ten
SHRINKS = 0.97  # 1/log shrinks to 6/8 in the last step, 1/log log to 0.9; a distance that stays keeps its size
NO_POINT = "no point near the limit satisfies the assumptions"
SAME = 1e-25
LONGEST_FORMULA = 200  # operations in a formula that SymPy is asked to simplify


def approached(claim: Claim, points: Sequence[Point], step: Limit) -> tuple[bool, str]:
    words = f"{step.along} → {step.to}"
    if not claim.is_per_point():
        return True, f"{words}: per draw, not examined here"
    found = _approach(claim, points, step)
    if found is None:
        return False, f"{words}: {NO_POINT}"
    point, extra, gaps = found
    closing = 0 <= gaps[-1] <= max(SHRINKS * gaps[-2], SAME)
    by_algebra = _symbolic_limit(claim, point, step)
    sizes = ", ".join(f"{gap:.2g}" for gap in gaps)
    place = f"{point}" + "".join(f", {symbol}={value}" for symbol, value in extra.items())
    if not closing:
        return False, f"{words}: the distance to {step.equals} stays, it is {sizes} at growing sizes ({place})"
    proof = "proved by SymPy's limit" if by_algebra else "SymPy's limit does not decide"
    return True, f"{words}: {proof}; the distance shrinks as {sizes}"


def _approach(
    claim: Claim, points: Sequence[Point], step: Limit
) -> tuple[Point, dict[Symbol, Any], list[float]] | None:
    """Relative distances to the limit on the way to it, at the first point whose way lies where the claim is true.

    Of an infinite limit: one over the value.
    """
    own = symbols_of([*step.tie.values(), step.equals]) - {part.symbol for part in claim.setting.parts.values()}
    names = sorted(own, key=str)
    for point in points:
        for ratios in itertools.product(RATIOS, repeat=len(names)):
            extra = dict(zip(names, ratios, strict=True))
            places = [_on_the_way(point, step, extra, power) for power in STEPS_TO_LIMIT]
            if not all(holds(condition, places[-1]) for condition in claim.assuming):
                continue
            formula = point.decide(claim.prediction)
            balls_there = [enclose(*read_at(formula, claim.roots_at(point), place, 30)) for place in places]
            if step.equals in (sympy.oo, -sympy.oo):
                return (
                    point,
                    extra,
                    [float((1 if step.equals == sympy.oo else -1) / ball.mid()) for ball in balls_there],
                )
            limits = [enclose(sympify(step.equals), place) for place in places]
            with precision(BITS):
                sizes = [abs(limit) if limit != 0 else arb(1) for limit in limits]
                gaps = [abs(b - c) / size for b, c, size in zip(balls_there, limits, sizes, strict=True)]
            return point, extra, [float(gap.mid()) for gap in gaps]
    return None


def _on_the_way(point: Point, step: Limit, extra: Mapping[Symbol, Any], power: int) -> dict[Symbol, Any]:
    to = sympify(step.to)
    near = (
        Integer(10) ** power
        if to == sympy.oo
        else to + Rational(1, 10**power) * (-1 if _from_below(point, step, to) else 1)
    )
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
        return (
            sympy.simplify(
                sympy.limit(tied.subs(step.along, variable), variable, step.to, direction) - sympify(step.equals)
            )
            == 0
        )
    except Exception:  # SymPy's limit ends in errors of many kinds; the numbers decide then
        return False


def at_random(claim: Claim, step: Identical | Inequality, rng: np.random.Generator) -> tuple[bool, str]:
    """Whether random points leave the step standing, where the claim is true and what is given holds."""
    sides = (step.left, step.right) if isinstance(step, Identical) else (step.smaller, step.larger)
    first, second = (differentiated(sympify(side).subs(dict(step.where), simultaneous=True)) for side in sides)
    given = [*step.given, *(() if step.everywhere else claim.assuming)]
    given = [sympify(condition).subs(dict(step.where)) for condition in given]
    symbols = symbols_of([first, second, *given])
    symbols |= symbols_of([symbol.count for symbol in symbols if isinstance(symbol, Entries)])
    if any(isinstance(claim.setting.part_of(symbol), (Observable, Drawn, Axis)) for symbol in symbols):
        return True, f"{words(step)}: about drawn quantities, not examined at random points"
    difference, examined = second - first, 0
    for _ in range(TRIES):
        values = _place(claim, symbols, given, rng)
        if not all(holds(condition, values) for condition in given):
            continue
        ball = ball_at(_chosen(difference, values), values, BITS)
        if ball < 0 or (ball > 0 and isinstance(step, Identical)):
            return False, f"{words(step)}: refuted at {shown(values)}"
        examined += bool(ball.is_finite())
        if examined == DRAWS:
            break
    return examined > 0, f"{words(step)}: " + (
        f"not refuted at {examined} random points, which is no proof"
        if examined
        else "no random point satisfies what is given"
    )


def _chosen(expression: Any, values: Mapping[Symbol, Any]) -> Any:
    """The expression with every comparison of a choice decided."""
    asked = [r for r in expression.atoms(sympy.Eq, sympy.Ne) if any(isinstance(values.get(s), Symbol) for s in r.args)]
    return expression.subs({relation: sympify(holds(relation, values)) for relation in asked})


def differentiated(expression: Any) -> Any:
    """The expression with every derivative in it carried out; integrals and sums stay as they are."""
    if not isinstance(expression, Basic) or not expression.has(sympy.Derivative):
        return expression
    return expression.replace(sympy.Derivative, lambda function, *by: sympy.diff(function, *by))


def shown(values: Mapping[Symbol, Any]) -> str:
    """Values as a person reads them, in the order of their names."""
    return ", ".join(f"{symbol}={value}" for symbol, value in sorted(values.items(), key=str))


def _place(claim: Claim, symbols: set[Symbol], given: Sequence[Any], rng: np.random.Generator) -> dict[Symbol, Any]:
    """Random values of some symbols; an equation for a symbol among what is given sets it."""
    options = {option for domain in claim.setting.domains().values() for option in getattr(domain, "options", ())}
    free = sorted((s for s in symbols if claim.setting.part_of(s) or s.name not in options), key=str)
    values = {symbol: _drawn(claim, symbol, rng) for symbol in free if not isinstance(symbol, Entries)}
    for condition in given:
        if (
            isinstance(condition, sympy.Eq)
            and isinstance(condition.lhs, Symbol)
            and not isinstance(values[condition.lhs], Symbol)
        ):
            values[condition.lhs] = condition.rhs.subs(values)
    for symbol in (s for s in free if isinstance(s, Entries)):
        count = int(sympify(symbol.count).subs({s: v for s, v in values.items() if isinstance(v, Basic)}))
        values[symbol] = np.array([float(random_number(symbol, rng)) for _ in range(count)])
    return values


def _drawn(claim: Claim, symbol: Symbol, rng: np.random.Generator) -> Any:
    domain = claim.setting.domains().get(symbol.name) if claim.setting.part_of(symbol) else None
    value = domain.draw(rng) if domain else random_number(symbol, rng)
    if isinstance(value, Modes):
        return value.array
    return Symbol(value) if isinstance(value, str) else sympify(value)


def random_number(symbol: Symbol, rng: np.random.Generator) -> Any:
    """A small random number that its symbol's assumptions allow."""
    if symbol.is_integer:
        return Integer(int(rng.integers(1 if symbol.is_positive else 0 if symbol.is_nonnegative else -9, 12)))
    size = Rational(int(rng.integers(1, 400)), 100)
    return size if symbol.is_nonnegative or rng.random() < 0.5 else -size

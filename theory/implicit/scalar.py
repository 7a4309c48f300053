"""One real unknown: brackets with certain, opposite signs at their ends, found on a grid in log space.

Absolute tolerances are wrong here: for the spectrum i^-6 and n = 200 the root is about 2e-14.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from sympy import Basic, Symbol, false, true

from theory.errors import NoRoot
from theory.evaluate import ball_at, balls, precision
from theory.evaluation.vectorise import as_float, vectorised
from theory.implicit.root import WIDEST, Root

GRID = 400
APART = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)  # how far rounding may have led the float64 search away from the root
ATTEMPTS = 60

Equation = Callable[[arb], arb]


def bracketed(root: Root, values: Mapping[Symbol, Any], digits: int) -> arb:
    """A ball whose ends give the equation certain, opposite signs, and across which it is continuous. Raises NoRoot."""
    bits = int(3.33 * digits) + 128
    with precision(bits):
        known = balls(values)
        ends, found, held = 0, [], False
        for half, side in _halves(root):

            def equation(unknown: arb, side: int = side) -> arb:
                return ball_at(root.equation, {**known, root.symbol: side * unknown}, bits)

            suspects, somewhere = _suspects(half, values)
            held = held or somewhere
            brackets = [bracket for suspect in suspects if (bracket := _signed(equation, *suspect))]
            ends += len(brackets)
            near = float(brackets[0][0].mid()) if brackets else 0.0
            found += [side * ball for one in brackets if (ball := _narrowed(equation, *one, digits)) is not None]
        found += _at_zero(root, known, bits)
    if not held and not found:
        raise NoRoot(f"{root.symbol}: the branch {root.branch} holds nowhere in {root.place}; widen the bracket")
    if not ends and not found:
        raise NoRoot(
            f"the equation for {root.symbol} has no root in {root.place}, or only a double one; "
            "widen the bracket, or move the point"
        )
    if not found:
        raise NoRoot(
            f"the equation for {root.symbol} changes sign by a jump near {near:.6g}, "
            "at no root; check the equation and its branch"
        )
    if len(found) > 1:
        raise NoRoot(
            f"the equation for {root.symbol} has {len(found)} roots in {root.place}; "
            "give a branch or a bracket that leaves one"
        )
    return found[0]


def _halves(root: Root) -> list[tuple[Root, int]]:
    """The root among the positive numbers and, where its bracket reaches below 0, among the negative ones, turned."""
    low, high = root.interval
    halves = [(replace(root, bracket=(max(low, WIDEST[0]), high)), 1)] if high > WIDEST[0] else []
    if low < -WIDEST[0]:
        turned = {root.symbol: -root.symbol}
        below = replace(
            root,
            equation=root.equation.xreplace(turned),
            branch=root.branch.xreplace(turned) if isinstance(root.branch, Basic) else root.branch,
            bracket=(max(-high, WIDEST[0]), -low),
        )
        halves.append((below, -1))
    return halves


def _at_zero(root: Root, known: Mapping[Any, Any], bits: int) -> list[arb]:
    """Zero, where it certainly solves the equation."""
    low, high = root.interval
    if not (low <= 0 <= high and root.branch == true):
        return []
    value = ball_at(root.equation, {**known, root.symbol: arb(0)}, bits)
    return [arb(0)] if value.is_zero() else []


def _signed(equation: Equation, low: float, high: float, widest: float) -> tuple[arb, arb] | None:
    """The closest ends around [low, high], up to a relative distance, with certain and opposite signs."""
    for apart in APART:
        if apart <= widest:
            left, right = arb(low) * (1 - arb(apart)), arb(high) * (1 + arb(apart))
            left, right = left.mid(), right.mid()
            if _side(equation(left)) * _side(equation(right)) == -1:
                return left, right
    return None


def _narrowed(equation: Equation, left: arb, right: arb, digits: int) -> arb | None:
    """The ball between ends of opposite signs, narrowed by secants to 10^-digits; None where the equation jumps."""
    below, above = equation(left), equation(right)
    size = abs(below) + abs(above)
    margin, target = arb(10) ** -digits / 4, arb(10) ** -digits
    for attempt in range(ATTEMPTS):
        if right - left < left * target or margin > 1:
            break
        middle = (left + right) / 2 if attempt % 3 == 2 else left - below * (right - left) / (above - below)
        moved = False
        for end in ((middle * (1 - margin)).mid(), (middle * (1 + margin)).mid()):
            if left < end < right:
                value = equation(end)
                if _side(value) == _side(below):
                    left, below, moved = end, value, True
                elif _side(value) == _side(above):
                    right, above, moved = end, value, True
        margin = margin if moved else 1000 * margin  # too close to the root for a certain sign
    ball = left.union(right)
    return ball if equation(ball).rad() < size / 4 else None


def _side(value: arb) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def _suspects(root: Root, values: Mapping[Symbol, Any]) -> tuple[list[tuple[float, float, float]], bool]:
    """Neighbouring floats between which the equation seems to change sign on the branch, with how far off they may be.

    Without a change of sign: the ends of the branch, where a root may just have left it. And whether the branch holds
    anywhere.
    """
    function = _float_form(root.equation, root.symbol, values)
    inside = _float_branch(root, values)
    grid = np.linspace(np.log(root.interval[0]), np.log(root.interval[1]), GRID)
    state = np.array([np.sign(function(np.exp(u))) if inside(np.exp(u)) else 0.0 for u in grid])
    turns = [i for i in range(GRID - 1) if state[i] * state[i + 1] < 0]
    edges = [i for i in range(GRID - 1) if (state[i] == 0) != (state[i + 1] == 0)]
    found = []
    for i in turns or edges:
        upper = state[i + 1] != 0  # which end of the interval lies on the branch for certain
        keep = state[i + 1] if upper else state[i]

        def right(g: float, upper: bool = upper, keep: float = keep) -> bool:
            return bool((inside(g) and np.sign(function(g)) == keep) == upper)

        found.append((*_bisect(right, grid[i], grid[i + 1]), APART[-1] if turns else APART[0]))
    return found, bool(np.any(state))


def _bisect(right: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    """Neighbouring numbers with `right` false at the first and true at the second; bisection of the logarithm."""
    while high - low > 4e-16 * max(1.0, abs(low)):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if right(np.exp(middle)) else (middle, high)
    return np.exp(low), np.exp(high)


def _float_form(expression: Basic, symbol: Symbol, values: Mapping[Symbol, Any]) -> Callable[[float], float]:
    others = tuple(sorted((s for s in expression.free_symbols if s != symbol and isinstance(s, Symbol)), key=str))
    lacking = [str(s) for s in others if s not in values]
    if lacking:
        raise NoRoot(
            f"the equation for {symbol} reads {', '.join(lacking)}, which has no value "
            "here; it may read parameters and earlier roots"
        )
    numbers = [as_float(values[s]) for s in others]
    function = vectorised(expression, (symbol, *others))

    def evaluate(unknown: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(unknown, *numbers))

    return evaluate


def _float_branch(root: Root, values: Mapping[Symbol, Any]) -> Callable[[float], bool]:
    if root.branch in (true, false):
        return lambda unknown: bool(root.branch)
    holds = _float_form(root.branch, root.symbol, values)
    return lambda unknown: holds(unknown) > 0

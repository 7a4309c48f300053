"""Predictions given by self-consistent equations: one positive unknown, bracketed with certainty in log space.

Absolute tolerances are wrong here: for the spectrum i^-6 and n = 200 the root is about 2e-14.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, ctx
from sympy import Basic, Expr, Symbol, true

from theory.errors import NoRoot
from theory.evaluate import sign, vectorised

GRID = 400
WIDEST = (1e-60, 1e60)
SPARE_DIGITS = 6  # a formula loses digits of its root; the bracket is that much tighter than what is asked


@dataclass(frozen=True)
class Root:
    """The positive `symbol` at which `equation` vanishes, inside `bracket` and where `branch` holds.

    `unique` says why there is only one; that the equation changes sign across the root is certified at every solution, and
    that it does so only once is looked for on a grid.   Raises NoRoot.
    """

    symbol: Symbol
    equation: Expr
    bracket: tuple[float, float] = WIDEST
    branch: Any = true
    unique: str = ""


def solve(roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int) -> dict[Symbol, arb]:
    """A ball around each root, in the order of declaration; a later equation may use earlier roots."""
    known: dict[Symbol, Any] = dict(values)
    for root in roots:
        known[root.symbol] = _certified(root, known, digits + SPARE_DIGITS)
    return {root.symbol: known[root.symbol] for root in roots}


def _certified(root: Root, values: Mapping[Symbol, Any], digits: int) -> arb:
    """A ball whose ends give the equation certain, opposite signs."""
    low, high, rising = _float_bracket(root, values)
    before, ctx.prec = ctx.prec, int(3.33 * digits) + 64
    try:
        left, right = arb(low), arb(high)
        bits = ctx.prec + 64
        if sign(root.equation, {**values, root.symbol: left}, bits) * sign(root.equation, {**values, root.symbol: right}, bits) != -1:
            raise NoRoot(f"the equation for {root.symbol} changes no sign near {low:.6g}; it has no simple root there, check the equation and its branch")
        while not (right - left) < left * arb(10) ** -digits:
            middle = ((left + right) / 2).mid()
            side = sign(root.equation, {**values, root.symbol: middle}, bits)
            if side == 0:
                break  # the middle is a root to working precision; the bracket stays as certain as it is
            left, right = (left, middle) if side == rising else (middle, right)
        return left.union(right)
    finally:
        ctx.prec = before


def _float_bracket(root: Root, values: Mapping[Symbol, Any]) -> tuple[float, float, int]:
    """Ends a few roundings apart on both sides of the root, and the sign of the equation above it."""
    function = _float_form(root.equation, root.symbol, values)
    inside = _float_branch(root, values)
    log_low, log_high = np.log(root.bracket[0]), np.log(root.bracket[1])
    grid = np.linspace(log_low, log_high, GRID)
    state = np.array([np.sign(function(np.exp(u))) if inside(np.exp(u)) else 0.0 for u in grid])
    if not np.any(state):
        raise NoRoot(f"{root.symbol}: the branch {root.branch} holds nowhere in {root.bracket}; widen the bracket")
    turns = [i for i in range(GRID - 1) if state[i] * state[i + 1] < 0]
    edges = [i for i in range(GRID - 1) if (state[i] == 0) != (state[i + 1] == 0)]
    for i in turns or edges:
        upper = state[i + 1] != 0  # which end of the interval lies on the branch for certain
        keep = state[i + 1] if upper else state[i]
        low, high = _bisect(lambda g: bool((inside(g) and np.sign(function(g)) == keep) == upper), grid[i], grid[i + 1])
        below, above = low * (1 - 1e-13), high * (1 + 1e-13)
        if len(turns) > 1:
            raise NoRoot(f"the equation for {root.symbol} has {len(turns)} roots in {root.bracket}; give a branch or a bracket that leaves one")
        if function(below) * function(above) < 0:
            return float(below), float(above), int(np.sign(function(above)))
    raise NoRoot(f"the equation for {root.symbol} has no root in {root.bracket}; widen the bracket, or move the point")


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
    numbers = [value if isinstance(value, np.ndarray) else float(value.mid()) if isinstance(value, arb) else float(value)
               for value in (values[s] for s in others)]
    function = vectorised(expression, (symbol, *others))  # type: ignore[arg-type]

    def evaluate(unknown: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(unknown, *numbers))

    return evaluate


def _float_branch(root: Root, values: Mapping[Symbol, Any]) -> Callable[[float], bool]:
    if root.branch == true:
        return lambda unknown: True
    slack = _float_form(root.branch.gts - root.branch.lts, root.symbol, values)
    return lambda unknown: slack(unknown) > 0



"""Where an integrand has a kink or a jump, and where a quadrature breaks the range of an integral.

Beside a kink that is linear in the variable it is known which branch holds. Nodes of a quadrature crowd towards both
ends of a piece, so that what happens at a break is met at every scale: at kinks and jumps, at poles and roots, and
where the argument of a function is 0 or least. What is linear in the variable is known there by its distance to its own
zero, without cancellation.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol, oo
from sympy.core.relational import Relational

from theory.domain import free_symbols, total

Side = Callable[[Expr], int | None]  # the certain sign of an expression, None where it is open
BENT = (sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Min, sympy.Max, Relational)
JUMPS = (*BENT, sympy.floor, sympy.ceiling, sympy.Mod, sympy.frac)
LOW, HIGH = 0, 1  # places of the two ends


def reads(node: Any, symbol: Symbol) -> bool:
    """Whether the expression depends on the symbol."""
    return symbol in free_symbols(node)


@lru_cache(maxsize=1024)
def kinks(body: Expr, over: Symbol) -> tuple[Expr, ...]:
    """The values of the variable at which something under |·|, sign, max, min or in a condition changes its sign."""
    found: dict[Expr, None] = {}
    for node in sympy.preorder_traversal(body):
        if isinstance(node, BENT):
            for argument in compared(node):
                root = zero_of(argument, over)
                if root is not None and free_symbols(argument) <= free_symbols(body):
                    found.setdefault(root)
    return tuple(found)


@lru_cache(maxsize=2**14)
def zero_of(argument: Expr, over: Symbol) -> Expr | None:
    """Where an expression that is linear in the variable vanishes."""
    if over not in free_symbols(argument) or argument.has(sympy.Integral, *BENT, sympy.Piecewise):
        return None
    slope = sympy.diff(argument, over)
    return None if over in free_symbols(slope) else sympy.expand(-argument.subs(over, 0) / slope)


def compared(node: Any) -> Iterator[Expr]:
    """The expressions on whose sign the branch depends."""
    if isinstance(node, Relational):
        yield node.lhs - node.rhs
    elif isinstance(node, (sympy.Min, sympy.Max)):
        for one, other in itertools.combinations(node.args, 2):
            yield one - other
    else:
        yield node.args[0]


def settled(body: Expr, side: Side) -> Expr:
    """The body with every branch taken whose argument has a certain sign, 1 or −1."""
    if not body.has(*BENT):
        return body
    return body.replace(lambda node: isinstance(node, BENT), lambda node: _branch(node, side))


def _branch(node: Any, side: Side) -> Any:
    if isinstance(node, (sympy.Min, sympy.Max)):
        return _outermost(node, side)
    sign = side(next(compared(node)))
    if not sign:
        return node
    if isinstance(node, Relational):
        return node.func(sympy.Integer(sign), 0)
    return {sympy.Abs: sign * node.args[0], sympy.sign: sympy.Integer(sign)}.get(node.func, sympy.Rational(1 + sign, 2))


def _outermost(node: Any, side: Side) -> Any:
    """A maximum or minimum of those arguments that are not certainly beyond another one."""
    wanted, left = (1 if isinstance(node, sympy.Max) else -1), list(node.args)
    for one, other in itertools.combinations(node.args, 2):
        sign = side(one - other)
        if sign and one in left and other in left:
            left.remove(other if sign == wanted else one)
    return node.func(*left)



@dataclass(frozen=True)
class Plan:
    """∫ body d(over) between the first two places, broken at the others.

    `linear`: expressions, each with its slope and the number of the place at which it vanishes.
    """

    body: Expr
    over: Symbol
    places: tuple[Expr, ...]
    linear: tuple[tuple[Expr, Expr, int], ...]


@lru_cache(maxsize=512)
def planned(node: Any) -> Plan | None:
    """The plan of a definite integral; None where its names are ambiguous, or its jumps at unknown places."""
    body, (over, *ends) = node.args[0], node.args[1]
    if len(node.args) > 2:
        body = node.func(body, *node.args[1:-1])
        over, *ends = node.args[-1]
    if len(ends) != 2 or _twice(node, body, over) or any(_breaks(part, body, over) for part in body.atoms(*JUMPS)):
        return None
    places, linear = list(ends), []
    for part, slope, zero in _linear(body, over):
        linear.append((part, slope, _number(zero, places)))
    for place in _vertices(body, over):
        _number(place, places)
    if all(end in (oo, -oo) for end in ends) and len(places) == 2:
        places.append(sympy.Integer(0))
    return Plan(body, over, tuple(places), tuple(linear))


def _twice(node: Any, body: Expr, over: Symbol) -> bool:
    """Whether a bound variable has the name of another one."""
    bound = [limit.args[0] for inner in body.atoms(sympy.Integral, sympy.Sum) for limit in inner.limits]
    return bool(set(bound) & (free_symbols(node) | free_symbols(body) | {over}))


def _breaks(part: Any, body: Expr, over: Symbol) -> bool:
    """Whether it has kinks or jumps at places that are not known: nodes on both sides of one may miss it."""
    asked = list(compared(part)) if isinstance(part, BENT) else list(part.args)
    moving = [one for one in asked if over in free_symbols(one) and free_symbols(one) <= free_symbols(body)]
    return any(not isinstance(part, BENT) or zero_of(one, over) is None for one in moving)


def _number(place: Expr, places: list[Expr]) -> int:
    for number, known in enumerate(places):
        if known == place or (known not in (oo, -oo) and sympy.expand(known - place) == 0):
            return number
    places.append(place)
    return len(places) - 1


def _linear(body: Expr, over: Symbol) -> Iterator[tuple[Expr, Expr, Expr]]:
    """What is linear in the variable inside of functions, powers and comparisons: expression, slope, zero."""
    seen = set()
    for argument in _arguments(body, over):
        parts = sympy.preorder_traversal(argument)
        for part in parts:
            zero = zero_of(part, over) if isinstance(part, Expr) else None
            if zero is not None:
                parts.skip()
                if part not in seen:
                    seen.add(part)
                    yield part, sympy.diff(part, over), zero


def _vertices(body: Expr, over: Symbol) -> Iterator[Expr]:
    """Where quadratic polynomials inside of functions and powers are extreme."""
    for argument in _arguments(body, over):
        for part in sympy.preorder_traversal(argument):
            if over in free_symbols(part) and isinstance(part, Expr) and part.is_polynomial(over):
                polynomial = sympy.Poly(part, over)
                if polynomial.degree() == 2:
                    square, front, _ = (polynomial.coeff_monomial(over**k) for k in (2, 1, 0))
                    yield sympy.expand(-front / (2 * square))


def _arguments(body: Expr, over: Symbol) -> Iterator[Expr]:
    """What functions, comparisons and powers that are not whole ask for, of what is free in the body."""
    parts = sympy.preorder_traversal(body)
    for part in parts:
        if isinstance(part, total):  # each mode would break the range elsewhere
            parts.skip()
        elif isinstance(part, (sympy.Function, *BENT)) or (
            isinstance(part, sympy.Pow) and not (part.exp.is_Integer and part.exp > 0)
        ):
            asked = (*part.args, *compared(part)) if isinstance(part, BENT) else part.args
            yield from (one for one in asked if over in free_symbols(one) and free_symbols(one) <= free_symbols(body))


@dataclass(frozen=True)
class Pieces:
    """Pieces of positive length, of all points: the numbers of the point, of both places, and the sense of the range.

    Shapes: (pieces,) each.
    """

    point: np.ndarray
    left: np.ndarray
    right: np.ndarray
    sense: np.ndarray

    def some(self, chosen: Any) -> "Pieces":
        return Pieces(self.point[chosen], self.left[chosen], self.right[chosen], self.sense[chosen])


def pieces(places: np.ndarray) -> Pieces:
    """Between neighbouring places that lie within the range.   Shapes: places (places, points)."""
    low, high = np.minimum(places[LOW], places[HIGH]), np.maximum(places[LOW], places[HIGH])
    numbers = np.broadcast_to(np.arange(len(places))[:, None], places.shape).copy()
    backwards = places[LOW] > places[HIGH]
    numbers[LOW], numbers[HIGH] = np.where(backwards, HIGH, LOW), np.where(backwards, LOW, HIGH)
    inside = (places > low) & (places < high)
    inside[HIGH] = True
    at = np.where(inside, places, low)
    at[HIGH] = high
    numbers = np.where(inside, numbers, numbers[LOW])
    order = np.argsort(at, axis=0, kind="stable")
    at, numbers = np.take_along_axis(at, order, 0), np.take_along_axis(numbers, order, 0)
    row, point = np.nonzero(at[1:] > at[:-1])
    sense = np.where(backwards[point], -1.0, 1.0)
    return Pieces(point, numbers[row, point], numbers[row + 1, point], sense)

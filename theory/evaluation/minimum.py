"""The least value of a function of one variable: certified by balls where there is a formula, otherwise searched."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Expr, Symbol, sympify

from theory.errors import BadInput
from theory.evaluate import ball_at, enclose, precision
from theory.evaluation.extended import bounds

MOST_BOXES = 4000
NARROWEST = 1e-30
FARTHEST, NEAREST = 1e12, 1e-12  # beyond, the function is bounded as a whole; where it cannot be, that is said
GRID, STARTS, NARROWED = 97, 3, 60
GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Least:
    """The least value and where it is taken, as balls, with what is known of them."""

    value: arb
    place: arb
    guarantee: str


@dataclass(frozen=True)
class _Function:
    """An expression in one variable and its derivatives, in ball arithmetic at fixed values of all else."""

    expression: Expr
    over: Symbol
    known: Mapping[Any, Any]
    bits: int
    edges: tuple[arb | None, arb | None] = (None, None)

    def inside(self, place: arb) -> bool:
        low, high = self.edges
        return (low is None or place > low) and (high is None or place < high)

    def at(self, order: int, place: arb) -> arb:
        form = (self.expression, *_derivatives(self.expression, self.over))[order]
        return arb("nan") if form is None else ball_at(form, {**self.known, self.over: place}, self.bits)


def certified(
    expression: Expr, over: Symbol, known: Mapping[Any, Any], low: Any, high: Any, digits: int
) -> Least:
    """Branch and bound on [low, high], exact numbers or None for unbounded.

    Pieces go where the function is larger than somewhere else or monotone; where it is convex, its minimum is the zero
    of the derivative.

    Raises BadInput when the function is nowhere finite.
    """
    bits = int(3.33 * digits) + 64
    with precision(bits):
        edges = tuple(None if end is None else enclose(sympify(end), {}, digits + 10) for end in (low, high))
        function = _Function(expression, over, known, bits, edges)  # type: ignore[arg-type]
        pieces, rests = _pieces(*(None if end is None else float(end) for end in (low, high)))
        upper, best = _lowest_sampled(function, pieces)
        found, left = _branched(function, pieces, upper, digits)
        values, places = zip((upper, best), *found, strict=True)
        value = _hull_of_least(values, [piece[2] for piece in left])
        place = _union([place for place, size in zip(places, values, strict=True) if not size > value.upper()]
                       + [piece[1] for piece in left if not piece[2] > value.upper()])  # fmt: skip
        open_rests = [words for words, end in rests if not _excluded(function, end, value)]
    guarantee = "enclosure of the minimum" + "".join(f", the values {words} not examined" for words in open_rests)
    return Least(value, place, guarantee)


def searched(function: Callable[[float], tuple[float, float]], low: float | None, high: float | None) -> Least:
    """The least of the minima found from a grid by golden section; its error is what the last bracket leaves open.

    `function`: value and its error, inf where there is none.   Raises BadInput when it is nowhere finite.
    """
    grid = np.unique(_grid(low, high))
    heights = np.array([function(x)[0] for x in grid])
    if not np.any(np.isfinite(heights)):
        raise BadInput("the function to minimise is nowhere finite; change the interval of its variable")
    padded = np.concatenate([[np.inf], heights, [np.inf]])
    dips = np.flatnonzero((padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:]) & np.isfinite(heights))
    chosen = sorted(dips, key=lambda i: heights[i])[:STARTS]
    found = [_golden(function, grid[max(i - 1, 0)], grid[i], grid[min(i + 1, len(grid) - 1)]) for i in chosen]
    value, error, place, width = min(found)
    return Least(arb(value, error), arb(place, width), "multi-start search with a stated error")


def whole_numbers(function: Callable[[int], arb], low: int, high: int) -> Least:
    """The least value over the whole numbers from low to high, each of them tried."""
    values = [(function(number), number) for number in range(low, high + 1)]
    finite = [(value, number) for value, number in values if value.is_finite()]
    if not finite:
        raise BadInput("the function to minimise is nowhere finite; change the interval of its variable")
    upper = min((value.upper() for value, _ in finite), key=_Ordered)
    tied = [(value, number) for value, number in finite if not value > upper]
    guarantee = "enclosure, every whole number tried"
    return Least(_hull_of_least([v for v, _ in tied]), _union([arb(n) for _, n in tied]), guarantee)


@lru_cache(maxsize=128)
def _derivatives(expression: Expr, over: Symbol) -> tuple[Expr | None, Expr | None]:
    """The first and second derivative; None where balls cannot evaluate it, as beyond a kink."""
    found = [sympy.diff(expression, over, order) for order in (1, 2)]
    return tuple(None if form.has(sympy.DiracDelta, sympy.Derivative, sympy.nan) else form for form in found)  # type: ignore[return-value]


def _pieces(low: float | None, high: float | None) -> tuple[list[arb], list[tuple[str, tuple[str, arb]]]]:
    """Intervals that cover [low, high] between the smallest and the largest size examined, and the rests beyond."""
    ends = _ends(low, high)
    pieces = [arb(a).union(arb(b)) for a, b in pairwise(ends)]
    rests = []
    if high is None:
        rests.append((f"beyond {ends[-1]:g}", ("above", arb(ends[-1]))))
    if low is None:
        rests.append((f"below {ends[0]:g}", ("below", arb(ends[0]))))
    if low == 0:
        rests.append((f"below {ends[0]:g}", ("near", arb(ends[0]))))
    return pieces, rests


def _ends(low: float | None, high: float | None) -> list[float]:
    if low is not None and high is not None and low != 0:
        return list(np.linspace(low, high, 17)) if low <= 0 or high < 16 * low else list(np.geomspace(low, high, 33))
    if low is None:
        top = FARTHEST if high is None else max(abs(high), 1.0)
        negative = -np.geomspace(FARTHEST, NEAREST, 49)
        ends = [*negative, 0.0, *(-negative[::-1])]
        return sorted({end for end in ends if high is None or end < high} | ({high} if high is not None else {top}))
    top = FARTHEST * max(1.0, abs(low)) if high is None else high
    return list(low + np.geomspace(NEAREST * min(1.0, top), top - low, 49)) if low == 0 else [
        low, *(low + np.geomspace(NEAREST, top - low, 49))
    ]  # fmt: skip


def _lowest_sampled(function: _Function, pieces: list[arb]) -> tuple[arb, arb]:
    """An upper bound of the minimum, from the middles of the pieces and a local search."""
    ends = [edge for edge in function.edges if edge is not None]
    places = ends + [place for piece in pieces for place in (piece.mid(), piece.lower()) if function.inside(place)]
    sampled = [(value, place) for place in places if (value := function.at(0, place)).is_finite()]
    if not sampled:
        raise BadInput(f"{function.expression} is nowhere finite in the interval of {function.over}; change it")
    value, place = min(sampled, key=lambda pair: _Ordered(pair[0].upper()))
    return value.upper(), place


def _branched(
    function: _Function, pieces: list[arb], upper: arb, digits: int
) -> tuple[list[tuple[arb, arb]], list[tuple[float, arb, arb]]]:
    """Enclosed candidates (value, place), and pieces left open (key, piece, lower bound)."""
    edges = [edge for edge in function.edges if edge is not None]
    found = [(value, edge) for edge in edges if (value := function.at(0, edge)).is_finite()]
    heap, count = [], 0
    for piece in pieces:
        heap.append((-np.inf, count, piece))
        count += 1
    left = []
    while heap:
        _, _, piece = heapq.heappop(heap)
        lower, slope = _bounded(function, piece)
        if lower is not None and lower > upper:
            continue
        if slope.is_finite() and (slope > 0 or slope < 0):
            continue  # monotone: an end is lower, and belongs to a neighbour or is an edge
        middle = function.at(0, piece.mid())
        if middle.is_finite() and middle.upper() < upper and function.inside(piece.mid()):
            upper = middle.upper()
            found.append((middle, piece.mid()))
        candidate = _convex(function, piece, digits)
        if candidate is not None:
            found += candidate
            upper = min([upper, *(value.upper() for value, _ in candidate)], key=_Ordered)
            continue
        narrow = piece.rad() < NARROWEST * (abs(piece.mid()) + NARROWEST)
        if narrow or count > MOST_BOXES:
            left.append((0.0, piece, arb("-inf") if lower is None else lower))
            continue
        for half in (piece.lower().union(piece.mid()), piece.mid().union(piece.upper())):
            count += 1
            heapq.heappush(heap, (-np.inf if lower is None else float(lower), count, half))
    return [pair for pair in found if not pair[0] > upper], [piece for piece in left if not piece[2] > upper]


def _bounded(function: _Function, piece: arb) -> tuple[arb | None, arb]:
    """A lower bound of the function on a piece, natural or from the mean value theorem, and its slope there."""
    natural, slope = function.at(0, piece), function.at(1, piece)
    lower = natural.lower() if natural.is_finite() else None
    if slope.is_finite():
        centred = function.at(0, piece.mid()) + slope * (piece - piece.mid())
        if centred.is_finite() and (lower is None or centred.lower() > lower):
            lower = centred.lower()
    return lower, slope


def _convex(function: _Function, piece: arb, digits: int) -> list[tuple[arb, arb]] | None:
    """The minimum on a piece where the function is convex: nothing where its slope keeps its sign, None elsewhere."""
    curvature = function.at(2, piece)
    if not (curvature.is_finite() and curvature > 0):
        return None
    low, high = piece.lower(), piece.upper()
    first, last = function.edges
    if (first is not None and function.at(1, first) > 0 and first.overlaps(piece)) or (
        last is not None and function.at(1, last) < 0 and last.overlaps(piece)
    ):
        return []  # the piece is a little wider than the interval, the least value is at its edge
    if function.at(1, low) > 0 or function.at(1, high) < 0:
        return []
    for _ in range(200):
        if piece.rad() <= abs(piece.mid()) * arb(10) ** -digits:
            break
        step = piece.mid() - function.at(1, piece.mid()) / function.at(2, piece)  # interval Newton
        if not step.is_finite() or not step.overlaps(piece):
            break
        narrowed = step.intersection(piece)
        if narrowed.rad() > 0.9 * piece.rad():
            break
        piece = narrowed
    centred = function.at(0, piece.mid()) + function.at(1, piece) * (piece - piece.mid())
    return [(centred, piece)]


def _excluded(function: _Function, rest: tuple[str, arb], value: arb) -> bool:
    """Whether the function certainly stays above its minimum on an unbounded rest, or next to an excluded 0."""
    side, end = rest
    if side == "near":
        whole = function.at(0, end.union(arb(0)))
        if whole.is_finite() and not whole.lower() < value.upper():
            return True
        slope = function.at(1, end.union(arb(0)))
        if slope.is_finite() and (slope < 0 or (slope > 0 and not function.at(0, arb(0)).lower() < value.lower())):
            return True
    else:
        near = _turned(function, 0, end)
        if near.is_finite() and near.lower() > value.upper():
            return True
        slope = _turned(function, 1, end)
        if slope.is_finite() and (slope > 0 if side == "above" else slope < 0):
            return True  # the end of what was examined is lower
    ends = {"near": (arb(0), end), "above": (end, None), "below": (None, end)}[side]
    for form in (function.expression, sympy.expand(function.expression)):
        lowest = bounds(form, function.over, ends, function.known)[0]
        if lowest is not None and lowest > value.upper():
            return True
    return False


def _turned(function: _Function, order: int, end: arb) -> arb:
    """The function or its slope on a whole unbounded rest, by balls around 0 in the variable's inverse."""
    form = (function.expression, *_derivatives(function.expression, function.over))[order]
    if form is None:
        return arb("nan")
    inverse = sympy.Dummy("y", real=True)
    turned = sympy.cancel(sympy.together(form.xreplace({function.over: 1 / inverse})))
    return ball_at(turned, {**function.known, inverse: arb(0).union(1 / end)}, function.bits)


def _hull_of_least(values: Sequence[arb], lowers: Sequence[arb] = ()) -> arb:
    """[least lower bound, least upper bound] of some values, one of which is the least, and of lower bounds."""
    low = min([*lowers, *(value.lower() for value in values)], key=_Ordered)
    return low.union(min((value.upper() for value in values), key=_Ordered))


@dataclass(frozen=True)
class _Ordered:
    """Ends of balls by size: float64 does not hold them all."""

    value: arb

    def __lt__(self, other: "_Ordered") -> bool:
        return bool(self.value < other.value)


def _union(places: list[arb]) -> arb:
    whole = places[0]
    for place in places[1:]:
        whole = whole.union(place)
    return whole


def _grid(low: float | None, high: float | None) -> np.ndarray:
    if low is None:
        magnitudes = np.geomspace(1e-8, 1e8, GRID // 2)
        grid = np.concatenate([-magnitudes[::-1], [0.0], magnitudes])
        return grid if high is None else np.append(grid[grid < high], high)
    top = high if high is not None else 1e8 * max(1.0, abs(low))
    if low == 0:
        return np.concatenate([[0.0], np.geomspace(1e-12 * top, top, GRID)])
    return np.geomspace(low, top, GRID) if low > 0 and top > 4 * low else np.linspace(low, top, GRID)


def _golden(
    function: Callable[[float], tuple[float, float]], low: float, middle: float, high: float
) -> tuple[float, float, float, float]:
    """Value, error, place and half-width of the bracket of a minimum between low and high."""
    centre = function(middle)
    ends = [function(low), function(high)]
    for _ in range(NARROWED):
        if high - low < 1e-7 * max(abs(low), abs(high)):
            break
        step = (high - middle) if high - middle > middle - low else (low - middle)
        trial = middle + (1 - GOLDEN) * step
        there = function(trial)
        if there[0] < centre[0]:
            low, high = (middle, high) if trial > middle else (low, middle)
            ends = [centre, ends[1]] if trial > middle else [ends[0], centre]
            middle, centre = trial, there
        else:
            low, high = (low, trial) if trial > middle else (trial, high)
            ends = [ends[0], there] if trial > middle else [there, ends[1]]
    rise = max((end[0] - centre[0] for end in ends if np.isfinite(end[0])), default=0.0)
    return centre[0], centre[1] + max(rise, 0.0), middle, high - low

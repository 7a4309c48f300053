"""Roots at many points in float64: certified at some, and from there Newton's iteration for all of them at once.

Between two certified points a start is interpolated; positive unknowns go by their logarithm, and one unknown is kept
in a bracket. What does not settle close to its start is solved by balls, one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from scipy.interpolate import PchipInterpolator
from sympy import Symbol, true

from theory.errors import BadInput
from theory.evaluation.compiled import compiled
from theory.evaluation.vectorise import as_float
from theory.implicit.root import Continued, Root, blocks
from theory.implicit.solution import solution, solve
from theory.implicit.system import jacobian

SAMPLES, FEWEST = 9, 3  # points solved by balls, fewer with many modes
MANY_MODES = 9000  # samples × modes
LEVELS = (5, 9, 17, 33, 65, 129)  # points solved in turn, each level from the roots of the one before
DIGITS = 20
ITERATIONS = 40
SETTLED = 3e-12
FAR = 0.7  # of the logarithm, between two roots of one branch and the interpolation

ExactAt = Callable[[int], Mapping[Symbol, Any]]


@dataclass(frozen=True)
class Many:
    """The roots at every point, not a number where there is none; the points that balls confirmed, how far apart.

    Shapes: roots (points,) each.
    """

    roots: dict[Symbol, np.ndarray]
    certified: tuple[int, ...]
    apart: float


def solved_at(
    roots: Sequence[Root], moving: Mapping[Symbol, np.ndarray], held: Mapping[Symbol, Any], at: ExactAt
) -> Many:
    """The roots where some symbols move and the others are held; `at(i)`: the exact values at point i."""
    count = len(next(iter(moving.values())))
    order, way = _way(moving)
    modes = max((np.size(value) for value in held.values() if isinstance(value, np.ndarray)), default=1)
    samples = min(count, max(FEWEST, min(SAMPLES, MANY_MODES // modes)))
    chosen = order[np.unique(np.linspace(0, count - 1, samples).round().astype(int))]
    truth = {int(i): found for i in chosen if (found := _certain(roots, at(int(i)))) is not None}
    near = not all(solution(roots, at(i), DIGITS).guarantee == "enclosure" for i in truth) or any(
        isinstance(root.branch, Continued) for root in roots
    )
    known: dict[Symbol, np.ndarray] = dict(moving)
    table = {root.symbol: np.full(count, np.nan, dtype=complex if root.complex else float) for root in roots}
    if len(truth) < 2:
        return _one_by_one(roots, table, at, range(count), 0.0)
    for block in blocks(roots):
        with np.errstate(all="ignore"):  # what is not finite is solved by balls
            found = _block(block, _newton(block, known, held, near), known, way, truth)
        known |= found
        table |= found
    lost = np.flatnonzero(~np.all([np.isfinite(column) for column in table.values()], axis=0))
    apart = max(
        (abs(table[symbol][i] - value) / abs(value) for i, row in truth.items() for symbol, value in row.items()
         if np.isfinite(table[symbol][i]) and value != 0), default=0.0)  # fmt: skip
    return _one_by_one(roots, table, at, lost, float(apart), tuple(truth))


def _one_by_one(
    roots: Sequence[Root], table: dict[Symbol, np.ndarray], at: ExactAt, places: Any, apart: float,
    certified: tuple[int, ...] = (),
) -> Many:  # fmt: skip
    """The table with some points solved by balls."""
    for i in map(int, places):
        for symbol, value in (_certain(roots, at(i)) or {root.symbol: np.nan for root in roots}).items():
            table[symbol][i] = value
    return Many(table, (*certified, *map(int, places)), apart)


def _certain(roots: Sequence[Root], values: Mapping[Symbol, Any]) -> dict[Symbol, Any] | None:
    try:
        return {symbol: as_float(ball) for symbol, ball in solve(roots, values, DIGITS).items()}
    except BadInput:
        return None


def _way(moving: Mapping[Symbol, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """The points in order, and a coordinate along which they lie; none where several symbols move."""
    columns = list(moving.values())
    order = np.lexsort(columns[::-1])
    if len(columns) > 1:
        return order, None
    return order, np.log(columns[0]) if np.all(columns[0] > 0) else columns[0]


def _block(
    block: Sequence[Root],
    newton: Callable[[np.ndarray, np.ndarray], np.ndarray],
    known: Mapping[Symbol, np.ndarray],
    way: np.ndarray | None,
    truth: Mapping[int, Mapping[Symbol, Any]],
) -> dict[Symbol, np.ndarray]:
    """Newton's iteration from interpolated starts, first at some points, then at all."""
    places = np.array(list(truth))
    rows = np.array([[truth[i][root.symbol] for root in block] for i in truth])
    if way is None:
        starts = rows[_nearest(known, places)]
        return dict(zip((root.symbol for root in block), newton(np.arange(len(starts)), starts).T, strict=True))
    count, order = len(way), np.argsort(way)
    for level in (level for level in LEVELS if level < count):
        some = np.setdiff1d(order[np.linspace(0, count - 1, level).round().astype(int)], places)
        if not len(some):
            continue
        found = newton(some, _interpolated(block, way[places], rows, way[some]))
        good = np.all(np.isfinite(found), axis=1)
        places, rows = np.concatenate([places, some[good]]), np.concatenate([rows, found[good]])
    starts = _interpolated(block, way[places], rows, way)
    return dict(zip((root.symbol for root in block), newton(np.arange(count), starts).T, strict=True))


def _nearest(known: Mapping[Symbol, np.ndarray], places: np.ndarray) -> np.ndarray:
    """The closest certified point of every point, each coordinate in units of its own spread."""
    columns = [np.abs(column) for column in known.values() if not np.iscomplexobj(column)]
    logs = np.stack([np.log(np.maximum(column, 1e-300)) for column in columns], axis=1)
    logs = logs / np.maximum(np.ptp(logs, axis=0), 1e-9)
    return np.argmin(((logs[:, None, :] - logs[None, places, :]) ** 2).sum(2), axis=1)


def _interpolated(block: Sequence[Root], known: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Starts between known roots, positive ones by their logarithm."""
    _, first = np.unique(known, return_index=True)
    columns = []
    for i, root in enumerate(block):
        heights = np.log(np.real(rows[first, i])) if _logarithmic(root) else rows[first, i]
        parts = [np.real(heights), np.imag(heights)] if np.iscomplexobj(heights) else [heights]
        drawn = [PchipInterpolator(known[first], part)(wanted) if len(first) > 1 else np.full(len(wanted), part[0])
                 for part in parts]  # fmt: skip
        column = drawn[0] if len(drawn) == 1 else drawn[0] + 1j * drawn[1]
        columns.append(np.exp(column) if _logarithmic(root) else column)
    return np.stack(columns, axis=1)


def _logarithmic(root: Root) -> bool:
    return root.positive and not root.complex


def _newton(
    block: Sequence[Root], known: Mapping[Symbol, np.ndarray], held: Mapping[Symbol, Any], near: bool
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The iteration for some of the points: (indices, starts (points, d)) -> roots (points, d), nan where it fails.

    `near`: a root far from its start does not count, as it may be another one.
    """
    symbols = tuple(root.symbol for root in block)
    equations = tuple(sympy.sympify(root.equation) for root in block)
    flat = [entry for row in jacobian(equations, symbols) for entry in row]
    function = compiled([*equations, *flat], [*symbols, *known], held)
    size, logarithmic = len(block), np.array([_logarithmic(root) for root in block])
    condition = sympy.And(*(root.branch for root in block if not isinstance(root.branch, Continued)))
    branch = None if condition == true else compiled([condition], [*symbols, *known], held)

    def iterate(indices: np.ndarray, starts: np.ndarray) -> np.ndarray:
        columns = [column[indices] for column in known.values()]
        places, step = starts.copy(), np.full(len(starts), np.inf)
        ends = np.full((2, len(starts)), np.nan)
        active = np.arange(len(starts))
        for _ in range(ITERATIONS):
            now, others = places[active], [column[active] for column in columns]
            values = function([*now.T, *others])
            moves, scale = _moves(values, now, size, logarithmic)
            if size == 1 and logarithmic[0]:
                moves = _kept(values, now, moves, ends, active)
            step[active] = np.max(np.abs(moves), axis=1)
            places[active] = np.where(
                logarithmic, now * np.exp(np.where(logarithmic, np.real(moves), 0)), now + moves * scale
            )
            active = active[~(step[active] < SETTLED)]
            if not len(active):
                break
        good = (step < 1e3 * SETTLED) & np.all(np.isfinite(places), axis=1) & _bracketed(block, places)
        if near:
            good &= _near(places, starts, logarithmic)
        if branch is not None:
            good &= np.asarray(branch([*places.T, *columns])[0], dtype=bool)
        return np.where(good[:, None], places, np.nan)

    return iterate


def _moves(
    values: Sequence[np.ndarray], now: np.ndarray, size: int, logarithmic: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's relative steps, at most 2."""
    scale = np.where(logarithmic, now, np.where(np.abs(now) > 0, np.abs(now), 1.0))
    with np.errstate(all="ignore"):
        if size == 1:
            moves = -(values[0] / (values[1] * scale[:, 0]))[:, None]
        else:
            slopes = np.stack(values[size:], axis=1).reshape(len(now), size, size) * scale[:, None, :]
            heights = np.stack(values[:size], axis=1)
            usable = np.all(np.isfinite(slopes), axis=(1, 2)) & np.all(np.isfinite(heights), axis=1)
            rows = np.max(np.abs(slopes), axis=2, keepdims=True)
            safe = np.where(usable[:, None, None] & (rows > 0), slopes / rows, np.eye(size))
            right = np.where(usable[:, None], heights / rows[:, :, 0], np.nan)
            moves = -np.linalg.solve(safe, right[:, :, None])[:, :, 0]
        largest = np.max(np.abs(moves), axis=1, keepdims=True)
        return moves * np.minimum(1, 2 / largest), scale


def _kept(
    values: Sequence[np.ndarray], now: np.ndarray, moves: np.ndarray, ends: np.ndarray, active: np.ndarray
) -> np.ndarray:
    """Steps that stay between the ends met so far, in logarithms; the middle of these where they would not."""
    at = np.log(now[:, 0])
    above = values[0] * np.sign(values[1]) > 0  # the equation is past its root, as it rises or falls there
    ends[1, active] = np.where(above, np.fmin(ends[1, active], at), ends[1, active])
    ends[0, active] = np.where(above, ends[0, active], np.fmax(ends[0, active], at))
    low, high = ends[0, active], ends[1, active]
    outside = (at + moves[:, 0] <= low) | (at + moves[:, 0] >= high)
    inner = np.isfinite(low) & np.isfinite(high) & outside & (np.abs(moves[:, 0]) > 1e-9)
    return np.where(inner, (low + high) / 2 - at, moves[:, 0])[:, None]


def _bracketed(block: Sequence[Root], places: np.ndarray) -> np.ndarray:
    inside = np.ones(len(places), dtype=bool)
    for i, root in enumerate(block):
        size = np.abs(places[:, i]) if root.complex else np.real(places[:, i])
        inside &= (size >= root.interval[0]) & (size <= root.interval[1])
    return inside


def _near(places: np.ndarray, starts: np.ndarray, logarithmic: np.ndarray) -> np.ndarray:
    """Whether the iteration ended close to its start, so on the same branch."""
    with np.errstate(all="ignore"):
        logs = np.abs(np.log(np.abs(np.where(logarithmic, places / starts, 1.0))))
        plain = np.abs(places - starts) / np.maximum(np.abs(starts), 1e-300)
    return np.all(np.where(logarithmic, logs < FAR, (plain < FAR) | (np.abs(places) < 1e-9)), axis=1)

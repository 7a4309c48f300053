"""Definite integrals in float64 at many points at once, by the double-exponential rule, with a stated error.

The error is four times what halving the step moves, the rest beyond the outermost nodes, and the running bound of every
node. It is an estimate. None is stated, so that balls are asked, where halving does not converge, where a rest does not
fall off, or where the integrand, by its running bound, may hide something between two nodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy

from theory.domain import free_symbols, total
from theory.evaluation.pieces import HIGH, LOW, Pieces, Plan, pieces, planned
from theory.evaluation.rounding import EPS, NOTHING, Pair, Rounding, Spread, product

REACH = 5.0  # of the rule's own variable: distances from e^−233, and up to e^116
STEPS = (0.25, 0.125, 0.0625, 0.03125, 0.015625)
COARSE = 1  # the step where only the bound of an integral inside of another one is asked
HELD = 2**17  # numbers of one node held at once
SAFE = 4.0
EXACT, SHARP, FALLING, RESTS = 1e-14, 1e-9, 0.1, 1e-9  # relative to the integral of the modulus, or to the last change
HIDDEN = 0.25  # of the integral of the modulus, which nothing between two nodes exceeds
NEAREST = 0.9  # part of its distance to an end by which a node is moved, at most
FAINT = 1e-200
SCAN = np.linspace(-30, 30, 61)


@np.errstate(all="ignore")  # what is not finite is not a number
def quadrature(node: Any, walk: Rounding) -> Pair:
    """The integral at all places of a walk."""
    plan, read = planned(node), sorted(free_symbols(node), key=str)
    if plan is None:
        return NOTHING
    walk.moved.add("Integral")
    known = {symbol: walk.of(symbol) for symbol in read}
    spectra = _spectra(node, known)
    points = {symbol: pair for symbol, pair in known.items() if symbol not in spectra}
    shape = np.broadcast_shapes((1,) if spectra else (), *(np.shape(part) for pair in points.values() for part in pair))
    flat = {symbol: tuple(np.broadcast_to(part, shape).reshape(-1) for part in pair) for symbol, pair in points.items()}
    count, step = int(np.prod(shape)), HELD // 64
    parts = [
        _at_points(plan, {s: (v[i : i + step], e[i : i + step]) for s, (v, e) in flat.items()}, spectra,
                   min(step, count - i), walk)
        for i in range(0, count, step)
    ]  # fmt: skip
    value, error = (np.concatenate([part[i] for part in parts]).reshape(shape) for i in (0, 1))
    return value, error


def _spectra(node: Any, known: Mapping[Any, Pair]) -> dict[Any, Pair]:
    """What is summed over modes inside of the integral."""
    summed = {symbol for part in node.atoms(total) for symbol in free_symbols(part)}
    return {s: pair for s, pair in known.items() if s in summed and np.ndim(pair[0]) and pair[0].shape[-1] > 1}


def _at_points(plan: Plan, points: Mapping[Any, Pair], spectra: Mapping[Any, Pair], count: int, walk: Rounding) -> Pair:
    """Shapes: points (count,) each -> (count,)."""
    here = Rounding(points, walk.depth)
    told = [_place(place, here, count) for place in plan.places]
    places, off = (np.stack([pair[i] for pair in told]) for i in (0, 1))
    empty = (places[LOW] == places[HIGH]) & (off[LOW] + off[HIGH] > 0)
    error = np.where(np.isnan(places[[LOW, HIGH]]).any(axis=0) | _outside(plan, places) | empty, np.inf, 0.0)
    value = np.zeros(count, dtype=complex if plan.body.has(sympy.I) else float)
    found = pieces(places)
    modes = max((pair[0].shape[-1] for pair in spectra.values()), default=1)
    bounded = np.isfinite(places[found.left, found.point]) & np.isfinite(places[found.right, found.point])
    for kind in (True, False):
        chosen = np.flatnonzero(bounded == kind)
        size = max(1, HELD // (256 * modes))
        for first in range(0, len(chosen), size):
            part = found.some(chosen[first : first + size])
            task = Task(plan, part, places, off, points, spectra, walk.depth, walk.coarse)
            inside, lost = task.value()
            np.add.at(value, part.point, part.sense * inside)
            np.add.at(error, part.point, lost)
    return np.where(np.isfinite(error), value, np.nan), error


def _place(place: Any, here: Rounding, count: int) -> Pair:
    if place in (sympy.oo, -sympy.oo):
        return np.full(count, np.inf if place == sympy.oo else -np.inf), np.zeros(count)
    value, error = here.of(place)
    if np.iscomplexobj(value):
        value, error = np.asarray(np.nan), np.asarray(np.inf)
    return np.broadcast_to(value, count), np.broadcast_to(error, count)


def _outside(plan: Plan, places: np.ndarray) -> np.ndarray:
    """Whether the range leaves what the variable is declared to be, by which SymPy has simplified the integrand."""
    ends = places[[LOW, HIGH]]
    below, above = bool(plan.over.is_nonnegative), bool(plan.over.is_nonpositive)
    return np.asarray((below & (ends < 0).any(axis=0)) | (above & (ends > 0).any(axis=0)))


@dataclass(frozen=True)
class Nodes:
    """Distances of nodes from both ends, their error, and weights with their relative error.

    Shapes: (nodes, pieces) each.
    """

    left: np.ndarray
    right: np.ndarray
    off: np.ndarray
    weight: np.ndarray
    rounding: np.ndarray


@dataclass(frozen=True)
class Task:
    """The integral over some pieces, all of them bounded, or all of them with one infinite end.

    Shapes: places, off (places, points), points (points,) each, spectra (modes,) each.
    """

    plan: Plan
    pieces: Pieces
    places: np.ndarray
    off: np.ndarray
    points: Mapping[Any, Pair]
    spectra: Mapping[Any, Pair]
    depth: int
    coarse: bool

    def value(self) -> Pair:
        """Value and error of every piece.   Shapes: (pieces,)."""
        count = len(self.pieces.point)
        value, error = np.zeros(count, dtype=complex if self.plan.body.has(sympy.I) else float), np.full(count, np.inf)
        scale, active, known = self._scale(), np.arange(count), None
        levels = [COARSE] if self.coarse else range(len(STEPS))
        for level in levels:
            task, times = self.some(active), _grid(level)
            found = task.heights(_nodes(task, times if known is None else times[1::2], scale[active]))
            known = found if known is None else _between(known, found)
            sums = Sums.of(known, STEPS[level])
            done = np.ones(len(active), dtype=bool) if self.coarse else sums.good(last=level == levels[-1])
            if done.any() and not self.coarse:
                done[done] = task.some(done).resolved(times, scale[active[done]], STEPS[level], sums.modulus[done])
            value[active[done]], error[active[done]] = sums.fine[done], sums.error(self.coarse)[done]
            if done.all():
                break
            active, known = active[~done], (known[0][:, ~done], known[1][:, ~done])
        else:
            if self.depth:  # to the integral around, a bound of what is small is enough
                error[active] = self.some(active).at_most(_grid(levels[-1]), scale[active], STEPS[levels[-1]])
        return value, error

    def some(self, chosen: np.ndarray) -> "Task":
        return replace(self, pieces=self.pieces.some(chosen))

    def ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Left and right, and the bounds of their errors.   Shapes: (pieces,) each."""
        left, right = (self.pieces.left, self.pieces.point), (self.pieces.right, self.pieces.point)
        return self.places[left], self.places[right], self.off[left], self.off[right]

    def bounded(self) -> bool:
        left, right, *_ = self.ends()
        return bool(np.isfinite(left).all() and np.isfinite(right).all())

    def heights(self, nodes: Nodes, coarse: bool = False) -> Pair:
        """Weighted values of the integrand at nodes, and their errors.   Shapes: (nodes, pieces) each."""
        value, error = self._walk(nodes, coarse).of(self.plan.body)
        if self.spectra:
            value, error = (part[..., 0] if part.ndim and part.shape[-1] == 1 else part for part in (value, error))
        value, error = (np.broadcast_to(part, nodes.weight.shape) for part in (value, error))
        size = np.abs(value) * nodes.weight
        return nodes.weight * value, nodes.weight * error + (nodes.rounding + 4 * EPS) * size

    def _walk(self, nodes: Nodes, coarse: bool) -> Rounding:
        here = {s: (value[self.pieces.point], off[self.pieces.point]) for s, (value, off) in self.points.items()}
        known = {self.plan.over: self._variable(nodes)} | self._distances(nodes, Rounding(here, self.depth))
        if self.spectra:
            here, known = ({s: (v[..., None], e[..., None]) for s, (v, e) in pairs.items()} for pairs in (here, known))
        wide = coarse or self.coarse
        return (Spread if wide else Rounding)({**here, **self.spectra, **known}, self.depth + 1, wide)

    def _variable(self, nodes: Nodes) -> Pair:
        left, right, left_off, right_off = self.ends()
        near = nodes.left <= nodes.right
        value = np.where(near, left + nodes.left, right - nodes.right)
        start = np.where(near, np.abs(left), np.abs(right))
        return value, nodes.off + np.where(near, left_off, right_off) + EPS * (start + np.abs(value))

    def _distances(self, nodes: Nodes, here: Rounding) -> dict[Any, Pair]:
        """What is linear in the variable, by the distances to where it vanishes."""
        left, right, left_off, right_off = self.ends()
        found = {}
        for part, slope, number in self.plan.linear:
            zero, aside = self.places[number][self.pieces.point], self.off[number][self.pieces.point]
            if not np.isfinite(zero).all():
                continue
            after = (self.pieces.left == number) | (zero <= left)
            same = np.where(after, self.pieces.left, self.pieces.right) == number
            value = np.where(after, (left - zero) + nodes.left, (right - zero) - nodes.right)
            end, off = np.where(after, left, right), np.where(after, left_off, right_off)
            apart = np.where(same, 0.0, off + aside + EPS * (np.abs(end) + np.abs(zero)))
            found[part] = product(here.of(slope), (value, nodes.off + apart + EPS * np.abs(value)))
        return found

    def _scale(self) -> np.ndarray:
        """How far from its end the integrand has most of its integral, where the other end is infinite."""
        left = self.ends()[0]
        scale = np.ones(len(left))
        if self.bounded() or self.coarse:
            return scale
        distance = np.broadcast_to(np.exp(SCAN)[:, None], (len(SCAN), len(left)))
        size = np.abs(self.heights(_beside(self, distance, distance, 0.0 * distance), coarse=True)[0])
        largest = np.argmax(np.where(np.isfinite(size), size, -1.0), axis=0)
        return np.where(size[largest, np.arange(len(left))] > 0, np.exp(SCAN[largest]), 1.0)

    def over_gaps(self, times: np.ndarray, scale: np.ndarray, step: float) -> Pair:
        """The weighted integrand over the gaps beside each node, as a middle and how far it may lie from there."""
        nodes = _nodes(self, times, scale)
        turns = (np.pi if self.bounded() else np.pi / 2) * np.cosh(np.abs(times) + step / 2) * step / 2
        growth = np.minimum(np.expm1(turns), NEAREST)[:, None]
        return self.heights(replace(nodes, off=nodes.off + growth * np.minimum(nodes.left, nodes.right)), coarse=True)

    def resolved(self, times: np.ndarray, scale: np.ndarray, step: float, modulus: np.ndarray) -> np.ndarray:
        """Whether the integrand, by its bound over the gaps beside each node, hides nothing there."""
        value, spread = self.over_gaps(times, scale, step)
        small = step * np.where(np.isfinite(value), np.abs(value), 0.0) <= EXACT * modulus
        small &= np.abs(times)[:, None] > 1
        outer = np.logical_and.accumulate(small) | np.logical_and.accumulate(small[::-1])[::-1]
        open_ = ~np.isfinite(spread) & ~outer
        hidden = np.max(np.where(np.isfinite(spread), spread, 0.0), axis=0)
        return ~open_.any(axis=0) & (hidden <= HIDDEN * modulus + FAINT)

    def at_most(self, times: np.ndarray, scale: np.ndarray, step: float) -> np.ndarray:
        """A bound of the integral's modulus, by that of the integrand over every gap."""
        value, spread = self.over_gaps(times, scale, step)
        most = step * _summed(np.abs(value) + spread)
        return np.where(np.isfinite(most), most, np.inf)


def _grid(level: int) -> np.ndarray:
    count = round(REACH / STEPS[level])
    return np.arange(-count, count + 1) * STEPS[level]


def _nodes(task: Task, times: np.ndarray, scale: np.ndarray) -> Nodes:
    """x = a + (b − a)/(1 + exp(−π sinh t)) between two numbers, x = a + s·exp(π/2 sinh t) otherwise."""
    t = times[:, None]
    left, right, left_off, right_off = task.ends()
    turns, rounding = np.pi * np.sinh(t), (np.pi * np.abs(np.sinh(t)) + 8) * EPS
    if not task.bounded():
        distance = scale * np.exp(turns / 2)
        return _beside(task, distance, distance * np.pi / 2 * np.cosh(t), rounding * distance, rounding)
    width = right - left
    first, last = 1 / (1 + np.exp(-turns)), 1 / (1 + np.exp(turns))
    rounding = rounding + (left_off + right_off) / width
    off = rounding * width * np.minimum(first, last)
    return Nodes(width * first, width * last, off, width * np.pi * np.cosh(t) * first * last, rounding)


def _beside(task: Task, distance: np.ndarray, weight: np.ndarray, off: Any, rounding: Any = 0.0) -> Nodes:
    """Nodes at some distances from the one finite end."""
    left = np.isfinite(task.ends()[0])
    shape = distance.shape
    return Nodes(np.where(left, distance, np.inf), np.where(left, np.inf, distance), np.broadcast_to(off, shape),
                 np.broadcast_to(weight, shape), np.broadcast_to(rounding, shape))  # fmt: skip


def _between(known: Pair, new: Pair) -> Pair:
    """The values of all nodes, those of the step before at the even numbers."""
    joined = []
    for old, more in zip(known, new, strict=True):
        both = np.empty((len(old) + len(more), *old.shape[1:]), dtype=np.result_type(old, more))
        both[::2], both[1::2] = old, more
        joined.append(both)
    return joined[0], joined[1]


@dataclass(frozen=True)
class Sums:
    """Sums of weighted values at a step, twice and four times it; of the modulus, of the errors; and the rests.

    Shapes: (pieces,) each.
    """

    fine: np.ndarray
    half: np.ndarray
    quarter: np.ndarray
    modulus: np.ndarray
    rounding: np.ndarray
    rests: np.ndarray

    @classmethod
    def of(cls, heights: Pair, step: float) -> "Sums":
        value, off = heights
        middle, near = len(value) // 2, round(1 / step)
        size, lost = np.where(np.isfinite(off), np.abs(value), 0.0), np.where(np.isfinite(value), off, np.inf)
        sides = [_cut(size[middle + near :], step * lost[middle + near :]),
                 _cut(size[middle - near :: -1], step * lost[middle - near :: -1])]  # fmt: skip
        core = np.asarray(np.isfinite(lost[middle - near : middle + near + 1]).all(axis=0))
        kept = np.concatenate([sides[1][0][::-1], np.ones((2 * near - 1, len(core)), dtype=bool), sides[0][0]])
        kept &= np.isfinite(lost)
        value, size, lost = np.where(kept, value, 0), np.where(kept, size, 0.0), np.where(kept, lost, 0.0)
        modulus = step * _summed(size)
        rounding = step * _summed(lost) + (2 + np.log2(len(value))) * EPS * modulus
        rests = np.where(core, sides[0][1] + sides[1][1], np.inf)
        fine, half, quarter = (step * part * _summed(value[::part]) for part in (1, 2, 4))
        return cls(fine, half, quarter, modulus, rounding, rests)

    def change(self) -> np.ndarray:
        return np.abs(self.fine - self.half)

    def good(self, last: bool) -> np.ndarray:
        """Whether an error can be stated, a small one unless it is the last step."""
        change, before = self.change(), np.abs(self.half - self.quarter)
        noise = np.maximum(self.rounding, EXACT * self.modulus)
        falls = (change <= FALLING * before) | (change <= noise)
        enough = change <= (SHARP * self.modulus if last else noise)
        return falls & enough & (self.rests <= RESTS * self.modulus)

    def error(self, coarse: bool) -> np.ndarray:
        if coarse:
            return self.rounding
        faint = np.where(self.modulus < FAINT, FAINT, 0.0)
        return self.rounding + SAFE * self.change() + self.rests + faint


def _cut(size: np.ndarray, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which nodes of one side, from the middle outwards, to sum, and a bound of the rest beyond them.

    Rounding grows with every node, the rest falls; it is taken for a few times the largest value there, beyond noise.
    """
    certain = np.maximum(size - np.where(np.isfinite(lost), lost, 0.0), 0.0)
    beyond = np.maximum.accumulate(certain[::-1])[::-1]
    rest = SAFE * np.maximum(size, np.concatenate([beyond[1:], np.zeros((1, size.shape[1]))]))
    last = np.argmin(rest + np.cumsum(lost, axis=0), axis=0)
    kept = np.arange(len(size))[:, None] <= last
    return kept, rest[last, np.arange(size.shape[1])]


def _summed(terms: np.ndarray) -> np.ndarray:
    """The sum by halves, which rounds no more often than the logarithm of the number of terms."""
    while len(terms) > 1:
        half = len(terms) // 2
        joined = terms[:half] + terms[half : 2 * half]
        terms = np.concatenate([joined, terms[2 * half :]])
    return terms[0]

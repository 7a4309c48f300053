"""Hypothesis strategies: points of a claim from its declared domains and conditions, simplest first."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from proofs_check.search.feasible import Case, Region, Values
from proofs_check.search.scales import Integers, Interval, Scale
from theory.claim import Claim
from theory.errors import BadInput, OutsideDomain
from theory.setting import Point

TRIES = 2000
MOST_CORNERS = 96


def points(claim: Claim) -> st.SearchStrategy[Point]:
    """Points where `assuming` and `regime` hold; pinned and laddered symbols are set, not drawn.

    Values lie in the typical ranges by preference, often at an end of what the conditions allow; they shrink to the
    smallest sizes and the shortest decimals.   Raises BadInput when the conditions contradict each other.
    """
    region = Region(claim)
    if region.is_bent:  # what elimination cannot see has to be tried
        random_point(region, np.random.default_rng(0))
    return _points(region)


@st.composite
def _points(draw: st.DrawFn, region: Region) -> Point:
    point = draw_point(region, lambda low, high: draw(st.integers(low, high)))
    return reject() if point is None else point


def points_from(claim: Claim, start: Point) -> st.SearchStrategy[Point] | None:
    """The points of a claim with a way into them at `start`, from where Hypothesis shrinks; None off the scales."""
    region = Region(claim)
    told = told_by(region, start)
    return None if told is None else _points_from(region, told)


@st.composite
def _points_from(draw: st.DrawFn, region: Region, told: list[int]) -> Point:
    if draw(st.integers(0, 1)):  # the integers that tell `start`: the same with a 0 before them is the point itself
        known = iter([draw(st.integers(number, number)) for number in told])
        point = draw_point(region, lambda low, high: next(known), plain=True)
    else:
        point = draw_point(region, lambda low, high: draw(st.integers(low, high)), plain=True)
    return reject() if point is None else point


def random_point(region: Region, rng: np.random.Generator) -> Point:
    """A point by chance.   Raises BadInput when none is found."""
    for _ in range(TRIES):
        point = draw_point(region, lambda low, high: int(rng.integers(low, high, endpoint=True)))
        if point is not None:
            return point
    wanted = " and ".join(map(str, (*region.claim.assuming, *region.claim.regime)))
    raise BadInput(f"{region.claim.id}: no point satisfies {wanted} in {TRIES} draws; mend the conditions")


def draw_point(region: Region, integers: Integers, plain: bool = False) -> Point | None:
    """The point that some integers tell; None where they tell none. `plain`: as `told_by` tells it."""

    def some(low: int, high: int) -> int:
        return integers(low, high) if low < high else low

    named, cases = region.cases[some(0, len(region.cases) - 1)]
    case = cases[some(0, len(cases) - 1)]
    return filled(region, named, case, lambda scale, allowed, name: scale.draw(allowed, some, plain))


def filled(region: Region, named: Values, case: Case, value: Callable[[Scale, Interval, str], Any]) -> Point | None:
    """The point with the values that `value` picks, symbol by symbol; None where none is left."""
    values = {**region.known, **named}
    for name in case.order:
        allowed = region.interval(name, case, values)
        if allowed is None:
            return None
        values[name] = value(region.scales[name], allowed, name)
    return accepted(region.claim, values)


def corners(region: Region, seed: int) -> list[Point]:
    """Points whose every number is at an end of what the conditions allow, or of what is typical; all, or some."""
    rng, found = np.random.default_rng(seed), dict[Point, None]()
    for outer in (True, False):
        places = [
            (named, case, dict(zip(case.order, ends, strict=True)))
            for named, cases in region.cases
            for case in cases
            for ends in _ends_of(len(case.order), rng)
        ]
        if len(places) > MOST_CORNERS:
            places = [places[i] for i in rng.choice(len(places), MOST_CORNERS, replace=False)]
        for named, case, ends in places:
            point = filled(region, named, case, _at_end(ends, outer))
            if point is not None:
                found[point] = None
    return list(found)


def _ends_of(count: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Low (0) or high (1) for every number: all ways, or some by chance."""
    if 2**count <= MOST_CORNERS:
        return list(itertools.product((0, 1), repeat=count))
    return [tuple(row) for row in rng.integers(0, 2, (MOST_CORNERS, count)).tolist()]


def _at_end(ends: Mapping[str, int], outer: bool) -> Callable[[Scale, Interval, str], Any]:
    def value(scale: Scale, allowed: Interval, name: str) -> Any:
        return scale.end(allowed, ends[name], outer)

    return value


def accepted(claim: Claim, values: Mapping[str, Any]) -> Point | None:
    """The point with these values; None outside the conditions."""
    try:
        point = claim.point(values)
    except OutsideDomain:
        return None
    return None if claim.broken(claim.regime, point) else point


def told_by(region: Region, point: Point) -> list[int] | None:
    """The integers that tell a point to a plain `draw_point`; None for a point that they cannot tell."""
    for place, (named, cases) in enumerate(region.cases):
        for branch, case in enumerate(cases):
            codes: list[list[int] | None] = []
            known = all(point[name] == value for name, value in named.items())
            if known and filled(region, named, case, _recorder(codes, point)) == point and None not in codes:
                start = [place] * (len(region.cases) > 1) + [branch] * (len(cases) > 1)
                return [*start, *(number for code in codes for number in code or [])]
    return None


def _recorder(codes: list[list[int] | None], point: Point) -> Callable[[Scale, Interval, str], Any]:
    def value(scale: Scale, allowed: Interval, name: str) -> Any:
        codes.append(scale.told_by(allowed, point[name]))
        return point[name]

    return value

"""Which points of its domain a claim is tested at: declared ones, equality cases, typical draws, corners."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from theory.claim import Claim
from theory.data import Data
from theory.errors import BadInput, OutsideDomain
from theory.relation import Asymptotic, Exponent, Order
from theory.setting import Point, symbols_of

TRIES = 2000
REPEATS = 20


def complete(claim: Claim, values: Mapping[Any, Any], rng: np.random.Generator) -> Point:
    """A point with these values, the others typical; inside `assuming`, and inside the regime where that is possible.

    Raises BadInput when the given values leave no point, or the domain is empty.
    """
    given = {str(key): value for key, value in values.items()}
    unknown = set(given) - set(claim.setting.domains())
    if unknown:
        raise BadInput(
            f"{claim.setting.name()} has no parameter {', '.join(sorted(unknown))}; "
            f"it has {', '.join(claim.setting.domains())}"
        )
    top = {**ladder_top(claim), **given}
    free = {name: domain for name, domain in claim.free().items() if name not in top}
    open_names = {str(symbol) for symbol in symbols_of([*claim.assuming, *claim.regime])} & set(free)
    true_at = None
    for _ in range(TRIES if open_names else 1):
        point = Point.of(
            claim.setting,
            {**{str(k): v for k, v in claim.fixing.items()}, **top, **{n: d.draw(rng) for n, d in free.items()}},
        )
        if not claim.broken(claim.assuming, point):
            if not claim.broken(claim.regime, point):
                return claim.point({**point_values(claim, point), **given})
            true_at = true_at or point
    if not free or given:
        return claim.point(
            {**point_values(claim, true_at or point), **given}
        )  # says which assumption fails; outside the regime it is the judge's matter
    wanted = ", ".join(map(str, (*claim.assuming, *claim.regime)))
    raise BadInput(
        f"{claim.id}: no typical point satisfies {wanted} in {TRIES} draws; the "
        "domain is empty or its typical ranges miss it"
    )


def default_points(claim: Claim, count: int, seed: int) -> list[Point]:
    """`count` points: the declared ones and equality cases first, then typical draws and corners, by seed."""
    rng = np.random.default_rng([seed, *claim.id.encode()])
    points = [complete(claim, values, rng) for values in (*claim.points, *claim.tight_at)][:count]
    corners, repeats = _corners(claim), 0
    while len(points) < count and repeats < REPEATS:  # a claim with few points has no further ones
        corner = corners.pop(0) if corners and len(points) % 2 else None
        point = corner or complete(claim, {}, rng)
        if point in points:
            repeats += 1
        else:
            points.append(point)
    return points


def boundary_points(claim: Claim, seed: int) -> list[Point]:
    """The points at which the claim is declared to fail. Its assumptions are set aside there."""
    rng = np.random.default_rng([seed, *claim.id.encode()])
    found = []
    for where in claim.fails_at:
        kept = {symbol: value for symbol, value in claim.fixing.items() if str(symbol) not in map(str, where)}
        found.append(complete(claim.but(assuming=(), regime=(), fixing=kept), where, rng))
    return found


def ladder_top(claim: Claim) -> dict[str, Any]:
    """Values of the laddered symbols at the largest size; the rungs replace them."""
    if isinstance(claim.relation, Asymptotic):
        return claim.relation.ladder.rungs()[-1]
    return claim.relation.along.rungs()[-1] if isinstance(claim.relation, (Exponent, Order)) else {}


def point_values(claim: Claim, point: Point) -> dict[str, Any]:
    """The values of a point, or the formulas that gave them, without those that the claim pins."""
    pinned = {str(symbol) for symbol in claim.fixing}
    return {
        name: value
        for name, value in point.given().items()
        if name not in pinned and name not in claim.setting.of_kind(Data)
    }


def _corners(claim: Claim) -> list[Point]:
    """Points with every symbol at the low, or at the high end of its typical range, where the claim is testable."""
    found = []
    for end in (0, -1):
        ends = {name: domain.corners()[end] for name, domain in claim.free().items() if domain.corners()}
        try:
            point = claim.point({**ends, **ladder_top(claim)})
        except OutsideDomain:
            continue
        if not claim.broken(claim.regime, point):
            found.append(point)
    return found

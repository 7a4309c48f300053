"""Sweeps: the values of one symbol along a figure, and the points that hold all others."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Rational

from theory.claim import Claim, Curve
from theory.curve import predictions
from theory.domain import Domain, Real, Size
from theory.errors import BadInput
from theory.points import complete, ladder_top, point_values
from theory.relation import Asymptotic, Direction, Equality, Identity, Ladder, Threshold
from theory.setting import Axis, Point
from theory.values import exact

COUNT = 6  # points of a sweep whose values nobody gave
MOST = 500
TRIES = 50
FINE = 240  # points of a theory curve
HOW = "write n=20:400:12 for 12 values from 20 to 400, or n=20,40,80"


def parse_over(claim: Claim, text: str) -> Curve:
    """The sweep that a user's text asks for.   Raises BadInput.

    "n=20:400:12" are 12 values from 20 to 400, evenly spaced in the logarithm, whole numbers for a Size.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    domain = _sweepable(claim, name)
    if not equals or not values:
        raise BadInput(f"--over {text}: no values are given for {name}; {HOW}")
    found = (
        _range(domain, values, text) if ":" in values else [domain.accept(exact(part)) for part in values.split(",")]
    )
    found = sorted(set(found))
    return Curve(domain.symbol, found, log=found[0] > 0 and found[-1] > 5 * found[0])


def sweep(claim: Claim, curve: Curve, given: Mapping[str, Any], asked: Mapping[str, Any], seed: int) -> list[Point]:
    """The points of a sweep: what nobody gave is the claim's own choice, or drawn, and held."""
    name = str(curve.over)
    if name in asked:
        raise BadInput(
            f"{claim.id}: {name} is what the figure sweeps, so --set {name}=… contradicts it; leave it out, "
            "or sweep another symbol with --over"
        )
    domain = _sweepable(claim, name)
    values = [domain.accept(value) for value in curve.values]
    if not values:
        low, high = map(float, domain.corners())
        values = _spaced(domain, low, high, COUNT)
    rng, fault = np.random.default_rng([seed, *claim.id.encode()]), ""
    starts = [
        {str(key): value for key, value in start.items()}
        for start in (claim.figure.fixing if claim.figure else {}, *claim.points[:1])
        if start
    ]
    for attempt in range(TRIES):
        known = {**(starts[attempt] if attempt < len(starts) else {}), **given, name: values[-(attempt % 2)]}
        try:
            base = complete(claim, known, rng)
        except BadInput as broken:
            fault = str(broken)
            if attempt < len(starts):
                continue
            break  # no typical draw goes with these values
        try:
            return [claim.point({**point_values(claim, base), name: value}) for value in values]
        except BadInput as broken:
            fault = str(broken)
    raise BadInput(f"{fault}; give the other symbols with --set, or another range with --over")


def own_axes(claim: Claim) -> list[str]:
    """Symbols along which one check already runs: the axis, the ladder with what is tied, the threshold's parameter."""
    relation, axis = claim.relation, getattr(claim.setting.part_of(claim.observable), "axis", None)
    if isinstance(relation, (Equality, Identity)) and axis is not None:
        return [axis.name]
    if isinstance(relation, (Direction, Threshold)):
        return [str(relation.along if isinstance(relation, Direction) else relation.of)]
    return list(ladder_top(claim))


def _sweepable(claim: Claim, name: str) -> Any:
    """The domain of a symbol that can be swept.   Raises BadInput."""
    domains = claim.setting.domains()
    free = [key for key in claim.free() if isinstance(domains[key], (Size, Real)) and key not in own_axes(claim)]
    advice = f"sweep {' or '.join(free)}" if free else "leave --over out"
    if name in own_axes(claim):
        raise BadInput(
            f"--over {name}: every check of {claim.id} runs along {name} by itself; leave --over out for that "
            f"figure, or {advice}"
        )
    if isinstance(claim.setting.parts.get(name), Axis):
        raise BadInput(f"--over {name}: {name} is an axis of {claim.setting.name()}, not a parameter; {advice}")
    if name not in domains:
        raise BadInput(
            f"--over {name or '…'}: {claim.setting.name()} has no parameter {name or 'of that name'}; "
            f"{advice}, and {HOW}"
        )
    if name not in free:
        why = "holds it fixed" if name not in claim.free() else "takes no numbers for it"
        raise BadInput(f"--over {name}: {claim.id} {why}; {advice}")
    return domains[name]


def _range(domain: Domain, values: str, text: str) -> list[Any]:
    """The values of low:high:count."""
    parts = [exact(part) for part in values.split(":")]
    if len(parts) != 3 or parts[2].q != 1 or not 2 <= parts[2] <= MOST or not parts[0] < parts[1]:
        raise BadInput(
            f"--over {text}: a range is low:high:count with low < high and a whole count from 2 to {MOST}; {HOW}"
        )
    low, high = domain.accept(parts[0]), domain.accept(parts[1])
    return [low, *_spaced(domain, float(low), float(high), int(parts[2]))[1:-1], high]


def _spaced(domain: Domain, low: float, high: float, count: int) -> list[Any]:
    """Evenly spaced values, in the logarithm where that is possible, without repetition."""
    spaced = np.geomspace(low, high, count) if low > 0 else np.linspace(low, high, count)
    if isinstance(domain, Size):
        return sorted({round(value) for value in spaced})
    return [exact(f"{value:.4g}") for value in spaced]


def theory_curve(claim: Claim, base: Point, curve: Curve | None) -> tuple[list[float], list[float]] | None:
    """The prediction over the swept symbol, or along the ladder; none where it depends on the draw."""
    ladder = claim.relation.ladder if isinstance(claim.relation, Asymptotic) else None
    swept = curve and isinstance(claim.relation, (Equality, Identity)) and claim.is_per_point()
    if claim.is_per_trial() or not (ladder or swept):
        return None
    values = point_values(claim, base)
    if curve:
        places = [(value, {**values, str(curve.over): value}) for value in _grid(claim, curve)]
    else:
        assert ladder is not None
        sizes, domains = range(ladder.sizes[0], ladder.sizes[-1] + 1), claim.setting.domains()
        rungs = Ladder(ladder.along, sizes, ladder.tie).rungs()
        whole = [
            (size, {**values, **rung})
            for size, rung in zip(sizes, rungs, strict=True)
            if _whole(domains, rung)
        ]
        places = whole[:: max(1, len(whole) // FINE)] + whole[-1:]
    found = [(float(x), point) for x, where in places if (point := _inside(claim, where)) is not None]
    heights = predictions(claim, [point for _, point in found]).value if found else []
    drawn = [(x, float(height)) for (x, _), height in zip(found, heights, strict=True) if math.isfinite(height)]
    return ([x for x, _ in drawn], [height for _, height in drawn]) if drawn else None


def _whole(domains: Mapping[str, Domain], rung: Mapping[str, Any]) -> bool:
    """Whether the sizes of a rung are whole numbers, as far as they are numbers and no formulas of others."""
    known = {name: value for name, value in rung.items() if isinstance(value, (int, Rational))}
    return not any(isinstance(domains[name], Size) and domains[name].fault(value) for name, value in known.items())


def _grid(claim: Claim, curve: Curve) -> list[Any]:
    """Many values from end to end of a sweep, those of the sweep among them."""
    low, high = float(min(curve.values)), float(max(curve.values))
    spaced = np.geomspace(low, high, FINE) if curve.log and low > 0 else np.linspace(low, high, FINE)
    whole = isinstance(claim.setting.domains()[str(curve.over)], Size)
    return sorted({*curve.values, *(round(value) if whole else exact(f"{value:.6g}") for value in spaced[1:-1])})


def _inside(claim: Claim, values: Mapping[str, Any]) -> Point | None:
    """The point with these values; none outside the assumptions, where a curve has a gap."""
    try:
        return claim.point(values)
    except BadInput:
        return None

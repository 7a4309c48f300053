"""A branch followed in a parameter: segment after segment, balls show that exactly one solution goes along.

On each segment the parameter is a ball; Krawczyk's test at that ball gives, for every value in it, one solution in a
box, so the solution is one continuous curve. Boxes of neighbouring segments are chained at their common end.
"""

from dataclasses import replace
from typing import Any

import sympy
from flint import acb, arb

from theory.errors import NoRoot
from theory.evaluate import ball_at, complex_ball_at, precision
from theory.implicit.krawczyk import Certified, boxed, certified, inside
from theory.implicit.root import Continued
from theory.implicit.system import System

BITS, DIGITS = 200, 25
SHARES = ("0.2", "0.02", "0.002")  # half-widths of the boxes, of the size of the solution
SMALLEST = 2.0**-40  # of the way: a segment this short means that solutions meet
NEAR = 0.5  # how far the true start may be from the declared one


def followed(system: System, digits: int) -> Certified:
    """The solution on the declared branch.   Raises NoRoot where branches meet, or none starts where it is said to."""
    along, start, end = _way(system)
    here = _beginning(system, along, start)
    done, length = 0.0, 0.25
    while done < 1:
        length = min(length, 1 - done)
        carried = _carried(system, along, (start, end), (done, done + length), here)
        if carried is None:
            length /= 2
            if length < SMALLEST:
                reached = _between(start, end, done).str(6, radius=False)
                raise NoRoot(
                    f"{system.names} cannot be continued along {along} beyond {reached}: solutions meet there, or the "
                    "equations are singular; start from another side, or move the point"
                )
            continue
        done, length, here = done + length, 2 * length, carried
    found = certified(system, [ball.mid() for ball in here], digits)
    if found is None or not all(one.overlaps(two) for one, two in zip(found.balls, here, strict=True)):
        raise NoRoot(f"{system.names}: the branch is lost at the end of its way; move the point")
    return found


def _way(system: System) -> tuple[Any, arb, arb]:
    """The parameter that is followed, its first and its last value."""
    branches = [root.branch for root in system.roots]
    along = {branch.along if isinstance(branch, Continued) else None for branch in branches}
    if len(along) > 1 or None in along:
        raise NoRoot(f"{system.names} are one system; give each of its roots a branch Continued along one parameter")
    (symbol,) = along
    if symbol not in system.values or isinstance(system.values[symbol], (list, acb)):
        raise NoRoot(f"{system.names} continued along {symbol}, which is no parameter here; follow a parameter")
    first, last = (ball_at(sympy.sympify(value), system.values, BITS) for value in (branches[0].start, symbol))
    return symbol, first.mid(), last


def _beginning(system: System, along: Any, start: arb) -> list[Any]:
    """The solution next to the declared value at the start."""
    there = {**system.values, along: start}
    begun = replace(system, values=there)
    said = [acb(complex_ball_at(sympy.sympify(root.branch.value), there, BITS)) for root in system.roots]  # type: ignore[union-attr]
    said = said if system.complex else [ball.real for ball in said]
    found = certified(begun, [ball.mid() for ball in said], DIGITS)
    near = found is not None and all(
        bool(abs(ball - value) < NEAR * abs(value) + arb(2) ** -100)
        for ball, value in zip(found.balls, said, strict=True)
    )
    if found is None or not near:
        values = ", ".join(ball.str(6, radius=False) for ball in said)
        raise NoRoot(
            f"no branch of {system.names} starts near {values} at {along} = {start.str(6, radius=False)}; "
            "give a start at which the value is nearly known"
        )
    return list(found.balls)


def _carried(
    system: System, along: Any, ends: tuple[arb, arb], part: tuple[float, float], here: list[Any]
) -> list[Any] | None:
    """The solution at the end of a segment; None unless one box holds it, the one at the beginning, and no other."""
    with precision(BITS):
        first, last = _between(*ends, part[0]), ends[1] if part[1] >= 1 else _between(*ends, part[1])
        everywhere = replace(system, values={**system.values, along: first.union(last)})
        middle = _solved(system, along, _between(*ends, sum(part) / 2), here)
        there = None if middle is None else _solved(system, along, last, middle)
        if middle is None or there is None:
            return None
        centre = [ball.mid() for ball in middle]
        for share in SHARES:
            box = boxed(centre, arb(share))
            within = all(
                side.contains(one) and side.contains(two) for side, one, two in zip(box, here, there, strict=True)
            )
            if within and inside(everywhere, centre, arb(share), BITS) is not None:
                return there
    return None


def _solved(system: System, along: Any, value: arb, near: list[Any]) -> list[Any] | None:
    found = certified(replace(system, values={**system.values, along: value}), [ball.mid() for ball in near], DIGITS)
    return None if found is None else list(found.balls)


def _between(start: arb, end: arb, share: float) -> arb:
    """A point of the way, in the logarithm where both ends are positive and far apart."""
    with precision(BITS):
        if share == 0:
            return start
        if start > 0 and end > 0 and (start > 10 * end or end > 10 * start):
            return (start * (end / start) ** arb(share)).mid()
        return (start + (end - start) * arb(share)).mid()




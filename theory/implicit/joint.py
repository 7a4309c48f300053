"""Systems, and single unknowns of the plane: every candidate is certified, the branch picks one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flint import acb, arb
from sympy import true

from theory.errors import NoRoot
from theory.implicit.branches import belongs
from theory.implicit.continued import followed
from theory.implicit.krawczyk import Certified, certified
from theory.implicit.polynomial import solutions_of
from theory.implicit.root import Continued, Root
from theory.implicit.starts import candidates
from theory.implicit.system import System
from theory.implicit.unique import by_signs, only_solution

DIGITS_FIRST = 20


@dataclass(frozen=True)
class Found:
    """The balls of a block of roots, and what is known of there being no other solution: in words, and if it is proved.

    That is found out when it is asked for: it takes as long as the solution, and mutants never ask.
    """

    balls: tuple[Any, ...]
    alone: Callable[[], tuple[str, bool]]


def solved_jointly(roots: Sequence[Root], values: Mapping[Any, Any], digits: int) -> Found:
    """The only solution of a block on its branch.   Raises NoRoot."""
    system = System(tuple(roots), values)
    if any(isinstance(root.branch, Continued) for root in roots):
        return Found(followed(system, digits).balls, lambda: (f"{system.names} continued in balls", True))
    alone = not system.complex and by_signs(system)
    listed = None if alone else solutions_of(system, digits)
    settled = listed if listed is not None else _from_starts(system, digits if alone else DIGITS_FIRST, alone)
    found = [one for one in settled if belongs(system, one)]
    names, places = system.names, " × ".join(root.place for root in roots)
    if not found:
        nowhere = [str(root.branch) for root in roots if root.branch != true]
        where = f"{places}, or none where {' and '.join(nowhere)}" if nowhere else places
        raise NoRoot(
            f"{'the equations' if len(roots) > 1 else 'the equation'} for {names}: "
            f"{'there is' if listed is not None else 'found'} no solution, or only a multiple one, in {where}; "
            "mend the equations, the bracket or the branch, or move the point"
        )
    if len(found) > 1:
        raise NoRoot(
            f"{'the equations' if len(roots) > 1 else 'the equation'} for {names} have {len(found)} solutions in "
            f"{places}, such as {_shown(system, found[0])} and {_shown(system, found[1])}; "
            "give a branch or a bracket that leaves one"
        )
    if alone:
        return Found(found[0].balls, lambda: (f"{names} unique: the signs of the Jacobian", True))
    finer = certified(system, [ball.mid() for ball in found[0].balls], digits)
    if finer is None or not finer.meets(found[0]):
        raise NoRoot(f"{names}: the solution is lost at {digits} digits; the equations are singular there")
    return Found(finer.balls, cache(lambda: _said(system, finer, listed is not None)))


def _said(system: System, found: Certified, listed: bool) -> tuple[str, bool]:
    if proof := "all solutions listed" if listed else only_solution(system, found):
        return f"{system.names} unique: {proof}", True
    return (
        f"{system.names} exists and is alone in a box (Krawczyk; residual below {found.residual:.1g}, "
        f"condition {found.condition:.2g}); that no other solution exists is not proved",
        False,
    )


def _from_starts(system: System, digits: int, first: bool) -> list[Certified]:
    """The certified solutions that float64 finds; only the first one where there is no other."""
    found: list[Certified] = []
    for place in candidates(system, first):
        start = [acb(complex(part)) if system.complex else arb(float(part.real)) for part in place]
        one = certified(system, start, digits)
        if one is not None and first:
            return [one]
        if one is not None and not any(other.meets(one) or other.holds(one.balls) for other in found):
            found.append(one)
    return found


def _shown(system: System, one: Certified) -> str:
    pairs = zip(system.symbols, one.balls, strict=True)
    return "(" + ", ".join(f"{symbol}={ball.str(6, radius=False)}" for symbol, ball in pairs) + ")"


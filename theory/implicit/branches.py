"""Which of several certified solutions is meant: the brackets, and the conditions of the branches."""

from typing import Any

from flint import acb
from sympy import Not, true

from theory.errors import NoRoot
from theory.evaluate import holds
from theory.implicit.krawczyk import Certified
from theory.implicit.root import Root
from theory.implicit.system import System


def belongs(system: System, one: Certified) -> bool:
    """Whether a solution lies in the brackets and on the branches.   Raises NoRoot where that cannot be told."""
    for root, ball in zip(system.roots, one.balls, strict=True):
        if not _bracketed(root, ball):
            return False
        if root.branch == true:
            continue
        known = {**system.values, **dict(zip(system.symbols, one.balls, strict=True))}
        if not holds(root.branch, known):
            if not holds(Not(root.branch), known):
                raise NoRoot(
                    f"whether {root.branch} holds at {root.symbol} = {ball.str(8, radius=False)} cannot be told: it "
                    "lies on the edge of its branch, or the branch reads what has no value; move the point"
                )
            return False
    return True


def _bracketed(root: Root, ball: Any) -> bool:
    low, high = root.interval
    if root.complex:
        return root.bracket is None or bool(abs(ball) > low and abs(ball) < high)
    if isinstance(ball, acb):  # a real unknown of a complex system
        return bool(ball.imag.contains(0) and ball.real >= low and ball.real <= high)
    return bool(ball >= low and ball <= high)

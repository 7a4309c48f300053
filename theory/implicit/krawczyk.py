"""Krawczyk's test: a box around an approximate solution certainly holds exactly one solution.

K(X) = x̃ − C·F(x̃) + (1 − C·J(X))·(X − x̃) with C ≈ J(x̃)⁻¹. Where K(X) lies inside X, there is one solution in X, and
only one, and it lies in K(X). True in real boxes, and in complex ones for analytic F.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import acb, arb

from theory.evaluate import precision
from theory.implicit.system import System

STEPS = 40
WIDER = 10_000
WIDTHS = ("0.3", "0.03", "0.001")  # of a box in which a solution is alone, of its size


@dataclass(frozen=True)
class Certified:
    """Balls around one solution, the system that it solves, and the bits with which it was found."""

    balls: tuple[Any, ...]
    system: System
    bits: int

    @cached_property
    def region(self) -> list[Any]:
        """A box in which the solution is alone, as wide as some tries give it."""
        middle = [ball.mid() for ball in self.balls]
        with precision(self.bits):
            for wide in map(arb, WIDTHS):
                if inside(self.system, middle, wide, self.bits) is not None:
                    return boxed(middle, wide)
        return list(self.balls)

    @cached_property
    def residual(self) -> float:
        """A bound of the equations over the balls."""
        return max(float(abs(value).upper()) for value in self.system.at(self.balls, self.bits))

    @cached_property
    def condition(self) -> float:
        """How far a relative fault of the equations' terms is magnified in the solution."""
        with precision(self.bits):
            return _condition(self.system, [ball.mid() for ball in self.balls], self.bits)

    def holds(self, others: Sequence[Any]) -> bool:
        """Whether another box lies where this solution is alone."""
        return all(mine.contains(other) for mine, other in zip(self.region, others, strict=True))

    def meets(self, other: "Certified") -> bool:
        """Whether both may be the same solution."""
        return all(mine.overlaps(its) for mine, its in zip(self.balls, other.balls, strict=True))


def certified(system: System, start: Sequence[Any], digits: int) -> Certified | None:
    """The solution next to an approximate one, enclosed to so many digits, or as far as uncertain inputs allow.

    None where the test fails: no solution is near, or one at which the Jacobian is singular.
    """
    bits = int(3.33 * digits) + 128
    with precision(bits):
        middle = _refined(system, [system.field[0](part) for part in start], digits, bits)
        if middle is None:
            return None
        share, found = arb(10) ** -(digits + 1), None
        while share < arb(10) ** -2 and found is None:
            found, share = inside(system, middle, share, bits), share * WIDER
        if found is None:
            return None
        return Certified(tuple(found), system, bits)


def boxed(middle: Sequence[Any], share: arb) -> list[Any]:
    """The box around a point of half-widths `share` times the size of each coordinate."""
    return [_around(part, _size(part) * share) for part in middle]


def inside(system: System, middle: Sequence[Any], share: arb, bits: int) -> list[Any] | None:
    """K(X) for the box X of that share around a point, where it lies inside X; None where it does not.

    The values of the system may be balls: then it holds for every value in them.
    """
    with precision(bits):
        widths = [_size(part) * share for part in middle]
        box = [_around(part, width) for part, width in zip(middle, widths, strict=True)]
        try:
            inverse = _middle_matrix(system, middle, bits).inv()
            at_middle = system.field[1](len(middle), 1, system.at(middle, bits))
            identity = _identity(system, len(middle))
            moves = [_around(part * 0, width) for part, width in zip(middle, widths, strict=True)]
            spread = system.field[1](len(middle), 1, moves)
            moved = (identity - inverse * system.slopes(box, bits)) * spread - inverse * at_middle
        except (ZeroDivisionError, ArithmeticError):
            return None
        steps = [moved[i, 0] for i in range(len(middle))]
        if all(_smaller(step, width) for step, width in zip(steps, widths, strict=True)):
            return [part + step for part, step in zip(middle, steps, strict=True)]
    return None


def _refined(system: System, middle: list[Any], digits: int, bits: int) -> list[Any] | None:
    """Newton's iteration on the middles until it moves no more."""
    for _ in range(STEPS):
        try:
            step = system.slopes(middle, bits).solve(system.field[1](len(middle), 1, system.at(middle, bits)))
        except (ZeroDivisionError, ArithmeticError):
            return None
        if not all(step[i, 0].is_finite() for i in range(len(middle))):
            return None
        moves = [step[i, 0].mid() for i in range(len(middle))]
        middle = [(part - move).mid() for part, move in zip(middle, moves, strict=True)]
        if all(abs(move) <= _size(part) * arb(10) ** -(digits + 3) for part, move in zip(middle, moves, strict=True)):
            return middle
        if all(step[i, 0].contains(0) for i in range(len(middle))):  # uncertain inputs hide the rest
            return middle
    return None


def _middle_matrix(system: System, middle: Sequence[Any], bits: int) -> Any:
    slopes = system.slopes(middle, bits)
    size = len(middle)
    return system.field[1](size, size, [slopes[i, j].mid() for i in range(size) for j in range(size)])


def _identity(system: System, size: int) -> Any:
    return system.field[1](size, size, [int(i == j) for i in range(size) for j in range(size)])


def _condition(system: System, middle: Sequence[Any], bits: int) -> float:
    """The largest row sum of |J⁻¹|·|J| scaled to relative changes: how far a relative fault of a slope is magnified."""
    slopes = system.slopes(middle, bits)
    inverse, size = slopes.inv(), len(middle)
    rows = [
        sum(abs(inverse[i, k]) * abs(slopes[k, j]) * _size(middle[j]) for k in range(size) for j in range(size))
        / _size(middle[i])
        for i in range(size)
    ]
    return max(float(arb(row).upper()) for row in rows)


def _size(part: Any) -> arb:
    """The modulus of a coordinate; of zero, a unit of its own."""
    size = abs(part).mid()
    return size if size > 0 else arb(2) ** -200


def _around(part: Any, width: arb) -> Any:
    wide = arb(0, width.upper())
    return part + (acb(wide, wide) if isinstance(part, acb) else wide)


def _smaller(step: Any, width: arb) -> bool:
    parts = (step.real, step.imag) if isinstance(step, acb) else (step,)
    return all(bool(abs(part).upper() < width.lower()) for part in parts)

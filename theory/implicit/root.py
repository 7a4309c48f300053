"""What is declared: unknowns with their equations, where they lie, and which of several solutions is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol, sympify, true

from theory.errors import BadDeclaration
from theory.setting import symbols_of

WIDEST = (1e-60, 1e60)
LARGEST_SYSTEM = 6


@dataclass(frozen=True)
class Continued:
    """The branch that starts near `value` at `along` = `start` and is followed, with certainty, to the point's value.

    `along` is a parameter that the equations read. A Stieltjes transform: Continued(height, 1000, -1 / z).
    """

    along: Symbol
    start: Any
    value: Any

    @property
    def free_symbols(self) -> set[Any]:
        return {self.along, *symbols_of([sympify(self.start), sympify(self.value)])}

    def __str__(self) -> str:
        return f"continued along {self.along} from {self.value} at {self.start}"


@dataclass(frozen=True)
class Root:
    """The unknown `symbol` of an equation that vanishes, inside `bracket` and where `branch` holds.

    Roots whose equations read each other are one system of at most six unknowns. A symbol that is positive is looked
    for among the positive numbers, one declared complex=True in the plane, any other among all reals.
    `branch`: a condition (of a complex unknown z in re(z), im(z), Abs(z)), or Continued(…). `unique` says why there is
    only one solution; what is proved of it, a prediction says.   Raises NoRoot where none or several satisfy it.
    """

    symbol: Symbol
    equation: Expr
    bracket: tuple[Any, Any] | None = None
    branch: Any = true
    unique: str = ""

    @property
    def complex(self) -> bool:
        return bool(self.symbol.is_complex) and self.symbol.is_real is None

    @property
    def positive(self) -> bool:
        """Whether only positive numbers are asked for, so that the solver works with logarithms."""
        return self.interval[0] > 0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the bracket; those of a complex unknown bound its modulus."""
        if self.bracket is not None:
            low, high = float(self.bracket[0]), float(self.bracket[1])
            if not low < high:
                raise BadDeclaration(f"the bracket {self.bracket} of {self.symbol} is empty; write (low, high)")
            return (max(low, WIDEST[0]), high) if self.symbol.is_positive else (low, high)
        return WIDEST if self.symbol.is_positive else (-WIDEST[1], WIDEST[1])

    @property
    def place(self) -> str:
        """Where the root is looked for, in words."""
        if self.complex:
            return "the complex plane" if self.bracket is None else f"the annulus {self.bracket}"
        return str(self.bracket or self.interval)


def blocks(roots: Sequence[Root]) -> list[list[Root]]:
    """Roots that must be solved for together, in an order in which each block reads earlier blocks only."""
    own = {root.symbol: root for root in roots}
    reads = {symbol: symbols_of([root.equation, *_conditions(root)]) & set(own) for symbol, root in own.items()}
    reached = {symbol: set(direct) for symbol, direct in reads.items()}
    for _ in roots:
        reached = {symbol: found.union(*(reached[other] for other in found)) for symbol, found in reached.items()}
    together: list[list[Root]] = []
    for root in roots:
        block = [
            other
            for other in roots
            if other is root or (other.symbol in reached[root.symbol] and root.symbol in reached[other.symbol])
        ]
        if block not in together:
            together.append(block)
    for block in together:
        if len(block) > LARGEST_SYSTEM:
            names = ", ".join(str(root.symbol) for root in block)
            raise BadDeclaration(
                f"{names}: {len(block)} equations read each other; at most {LARGEST_SYSTEM} are solved together"
            )
    return sorted(together, key=lambda block: len(reached[block[0].symbol] | {root.symbol for root in block}))


def _conditions(root: Root) -> list[Any]:
    return [] if isinstance(root.branch, Continued) else [root.branch]

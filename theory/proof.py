"""Derivation steps and exact properties of a formula, as data. SymPy's own Eq evaluates itself away; these do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Basic, Expr, Symbol


@dataclass(frozen=True)
class Identical:
    """left = right wherever `given` holds."""

    left: Expr
    right: Expr
    given: tuple[Any, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Inequality:
    """smaller <= larger wherever `given` holds."""

    smaller: Expr
    larger: Expr
    given: tuple[Any, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Limit:
    """The prediction, with `tie` put in, tends to `equals` as `along` tends to `to`."""

    along: Symbol
    to: Any
    equals: Any
    tie: Mapping[Symbol, Any] = field(default_factory=dict)
    because: str = ""


@dataclass(frozen=True)
class Degree:
    """Homogeneity: scaling all `symbols` by t scales the prediction by t^degree.

    `pathwise`: the observable of every draw scales so too, with the same random numbers; the simulator is then tried.
    """

    degree: Any
    symbols: tuple[Basic, ...]
    pathwise: bool = False

    def __init__(self, degree: Any, *symbols: Basic, pathwise: bool = False) -> None:
        object.__setattr__(self, "degree", degree)
        object.__setattr__(self, "symbols", symbols)
        object.__setattr__(self, "pathwise", pathwise)


Step = Identical | Inequality | Limit

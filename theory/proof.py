"""Derivation steps and exact properties of a formula, as data. SymPy's own Eq evaluates itself away; these do not.

A step speaks of the symbols of its claim's setting, with their domains, where the claim's `assuming` holds; of further
symbols with what their own assumptions say, as Symbol("g", positive=True). What proves a step is found by
`proofs-check prove`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sympy import Basic, Expr, Symbol


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What every step has.

    `given`: conditions besides those of the claim, such as what earlier steps state; `everywhere`: without the claim's
    `assuming`. `where`: what symbols stand for, put in before anything is proved (an observable is a function of what
    was drawn). `because`: the reason, for a reader.
    """

    given: Sequence[Any] = ()
    where: Mapping[Symbol, Any] = field(default_factory=dict)
    because: str = ""
    everywhere: bool = False


@dataclass(frozen=True)
class Identical(Stated):
    """left = right."""

    left: Expr
    right: Expr


@dataclass(frozen=True)
class Inequality(Stated):
    """smaller <= larger, or < where `strict`. `slack`: larger − smaller in a form whose sign is plain, as a hint."""

    smaller: Expr
    larger: Expr
    strict: bool = field(default=False, kw_only=True)
    slack: Expr | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Monotone(Stated):
    """The expression never decreases (never increases) along a symbol, all others held fixed; `strict`: it moves."""

    expression: Expr
    along: Symbol
    direction: Literal["increasing", "decreasing"] = "increasing"
    strict: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Limit(Stated):
    """`of`, or the claim's prediction with what it holds fixed, tends to `equals` as `along` tends to `to`.

    `tie` is put in first: what moves along.
    """

    along: Symbol
    to: Any
    equals: Any
    tie: Mapping[Symbol, Any] = field(default_factory=dict)
    of: Expr | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Series(Stated):
    """expression = equals + O(small^order) as small tends to 0 from above."""

    expression: Expr
    small: Symbol
    equals: Expr
    order: int


@dataclass(frozen=True)
class Solution(Stated):
    """At symbol = value the equation, an expression, vanishes, on the `branch`; `unique`: nowhere else on it."""

    symbol: Symbol
    value: Expr
    equation: Expr
    branch: Any = True
    unique: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Implication(Stated):
    """Wherever the premises hold, so does the conclusion: comparisons, or And, Or, Not of them."""

    premises: Sequence[Any]
    conclusion: Any


@dataclass(frozen=True)
class Integration(Stated):
    """The integral of an expression over a symbol from `low` to `high` is `equals`; `antiderivative` as a hint."""

    integrand: Expr
    over: Symbol
    low: Any
    high: Any
    equals: Expr
    antiderivative: Expr | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Instances(Stated):
    """A statement for all sizes, tried at some: `at(size)` or `at(*sizes)` is the step to check there, exactly.

    It is never proved for the sizes that are not listed.
    """

    statement: str
    at: Callable[..., Any]
    sizes: Sequence[Any]


@dataclass(frozen=True)
class Assumed(Stated):
    """Taken from a paper, not checked here."""

    statement: str
    source: str


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


class Entries(Symbol):
    """One number for each of `count` samples, neurons, …: `total(expression)` sums over them, as over a spectrum."""

    count: Any

    def __new__(cls, name: str, count: Any, **assumptions: bool) -> "Entries":
        entries = Symbol.__xnew__(cls, name, **({"real": True} | assumptions))
        entries.count = count
        return entries

    def __getnewargs_ex__(self) -> Any:
        return ((self.name, self.count), self._assumptions_orig)

    def _hashable_content(self) -> Any:
        return (*super()._hashable_content(), self.count)


Step = (
    Identical | Inequality | Monotone | Limit | Series | Solution | Implication | Integration | Instances | Assumed
)

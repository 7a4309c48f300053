"""Relations: senses in which an observable meets a prediction. Each is data; `proofs_check.statistics` judges it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Literal

from sympy import Expr, Symbol, sympify

from theory.errors import BadDeclaration


@dataclass(frozen=True)
class Relation:
    """Base of the relations. `unit`: what a verdict's target, estimate and interval measure."""

    label: ClassVar[str] = ""
    unit: ClassVar[str] = ""


@dataclass(frozen=True)
class Ladder:
    """Increasing sizes along which a limit is approached, and symbols tied to them; the gap goes like size^-rate."""

    along: Symbol
    sizes: tuple[int, ...]
    tie: Mapping[Symbol, Any] = field(default_factory=dict)
    rate: float = 1

    def __init__(
        self, along: Symbol, sizes: Sequence[int], tie: Mapping[Symbol, Any] | None = None, rate: float = 1
    ) -> None:
        object.__setattr__(self, "along", along)
        object.__setattr__(self, "sizes", tuple(sizes))
        object.__setattr__(self, "tie", dict(tie or {}))
        object.__setattr__(self, "rate", float(rate))
        if len(self.sizes) < 3 or any(b <= a for a, b in pairwise(self.sizes)):
            raise BadDeclaration(
                f"a ladder needs at least three increasing sizes, got {list(sizes)}; one size cannot show a limit"
            )
        if not self.rate > 0:
            raise BadDeclaration(f"the rate of a ladder must be positive, got {rate}; the gap shrinks like size^-rate")

    def rungs(self) -> list[dict[str, Any]]:
        """Values of the laddered and the tied symbols at each size."""
        return [
            {
                str(self.along): size,
                **{str(symbol): sympify(value).subs(self.along, size) for symbol, value in self.tie.items()},
            }
            for size in self.sizes
        ]

    def symbols(self) -> tuple[str, ...]:
        return (str(self.along), *map(str, self.tie))


@dataclass(frozen=True)
class Identity(Relation):
    """Per draw: observable = prediction up to rounding, the observable's certificate and the prediction's error."""

    label: ClassVar[str] = "identity"
    unit: ClassVar[str] = "frequency of deviations"
    condition: float = 1e3  # rounding is amplified at most so much
    excluded: float = 1e-2  # support rules out deviations more frequent than this


@dataclass(frozen=True)
class Equality(Relation):
    """The mean of the observable equals the prediction."""

    label: ClassVar[str] = "equality"
    unit: ClassVar[str] = "relative gap"


@dataclass(frozen=True)
class Asymptotic(Relation):
    """The mean of the observable over the prediction tends to 1 along the ladder, at the ladder's rate."""

    ladder: Ladder
    label: ClassVar[str] = "asymptotic equality"
    unit: ClassVar[str] = "relative gap in the limit"


@dataclass(frozen=True)
class Probability:
    """The bound holds with at least this probability."""

    at_least: Any


@dataclass(frozen=True)
class Bound(Relation):
    """observable <= prediction (or >=): in every trial, in the mean, or with a probability."""

    sense: Literal["<=", ">="]
    kind: Literal["pathwise", "mean"] | Probability = "pathwise"
    excluded: float = 1e-2
    label: ClassVar[str] = "bound"
    unit: ClassVar[str] = "violation frequency"


@dataclass(frozen=True)
class Exponent(Relation):
    along: Ladder
    label: ClassVar[str] = "exponent"
    unit: ClassVar[str] = "slope"


@dataclass(frozen=True)
class Order(Relation):
    along: Ladder
    sense: Literal["O", "o", "Theta"] = "Theta"
    label: ClassVar[str] = "order"
    unit: ClassVar[str] = "ratio"


@dataclass(frozen=True)
class Direction(Relation):
    """1 − cosine between observable and prediction vanishes along an axis.

    `limit`: the absolute tolerance (a cosine has no scale).
    """

    along: Symbol
    limit: float = 5e-3
    label: ClassVar[str] = "direction"
    unit: ClassVar[str] = "1 − cosine in the limit"


@dataclass(frozen=True)
class Threshold(Relation):
    """The observable is negative below and positive above the predicted value of `of`; one change of sign is assumed.

    "pathwise": the sign is a fact of every draw (the observable is deterministic given the draw); "mean": the sign of
    its mean.
    """

    of: Symbol
    kind: Literal["pathwise", "mean"] = "pathwise"
    excluded: float = 1e-2
    label: ClassVar[str] = "threshold"
    unit: ClassVar[str] = "frequency of a wrong side"


@dataclass(frozen=True)
class Distribution(Relation):
    label: ClassVar[str] = "distribution"
    unit: ClassVar[str] = "distance"


@dataclass(frozen=True)
class Ordering(Relation):
    lower: Mapping[Symbol, Expr] = field(default_factory=dict)
    upper: Mapping[Symbol, Expr] = field(default_factory=dict)
    label: ClassVar[str] = "ordering"
    unit: ClassVar[str] = "relative difference"

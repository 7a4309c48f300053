"""Relations: senses in which an observable meets a prediction. Each is data; `proofs_check.statistics` judges it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Literal

from sympy import Symbol, sympify

from theory.errors import BadDeclaration
from theory.values import settled


@dataclass(frozen=True)
class Relation:
    """Base of the relations. `unit`: what a verdict's target, estimate and interval measure."""

    label: ClassVar[str] = ""
    measures: ClassVar[str] = ""

    @property
    def unit(self) -> str:
        return self.measures

    @property
    def of_every_draw(self) -> bool:
        """Whether it is a statement about each draw, so that one violation refutes it."""
        return False

    @property
    def counts_draws(self) -> bool:
        """Whether draws are counted and no mean is taken: what is claimed may then be a constant, if draws differ."""
        return self.of_every_draw


@dataclass(frozen=True)
class Ladder:
    """Increasing sizes along which a limit is approached, and symbols tied to them; the gap goes like size^-rate.

    A spectrum is tied as tie={M.l: power(Rational(3, 2), 3 * M.n)}, with power and step of theory.domain; a tie may
    read other parameters of the point. Where every point has ties of its own they stand in the points instead:
    points=[{M.l: power(1, 2 * M.n)}]. A rate of None is fitted: it then refutes nothing, and supports only where no
    extrapolation is needed.
    """

    along: Symbol
    sizes: tuple[int, ...]
    tie: Mapping[Symbol, Any] = field(default_factory=dict)
    rate: float | None = 1

    def __init__(
        self, along: Symbol, sizes: Sequence[int], tie: Mapping[Symbol, Any] | None = None, rate: float | None = 1
    ) -> None:
        object.__setattr__(self, "along", along)
        object.__setattr__(self, "sizes", tuple(sizes))
        object.__setattr__(self, "tie", dict(tie or {}))
        object.__setattr__(self, "rate", None if rate is None else float(rate))
        if len(self.sizes) < 3 or any(b <= a for a, b in pairwise(self.sizes)):
            raise BadDeclaration(
                f"a ladder needs at least three increasing sizes, got {list(sizes)}; one size cannot show a limit"
            )
        if self.rate is not None and not self.rate > 0:
            raise BadDeclaration(f"the rate of a ladder must be positive, got {rate}; the gap shrinks like size^-rate")

    def rungs(self) -> list[dict[str, Any]]:
        """Values of the laddered and the tied symbols at each size; a formula where a tie reads other parameters."""
        along = str(self.along)
        ties = {str(symbol): sympify(value) for symbol, value in self.tie.items()}
        return [
            {along: size, **{name: settled(value, {along: size}) for name, value in ties.items()}}
            for size in self.sizes
        ]

    def symbols(self) -> tuple[str, ...]:
        return (str(self.along), *map(str, self.tie))


@dataclass(frozen=True)
class Identity(Relation):
    """Per draw: observable = prediction up to rounding, the observable's certificate and the prediction's error."""

    label: ClassVar[str] = "identity"
    measures: ClassVar[str] = "frequency of deviations"
    condition: float = 1e3  # rounding is amplified at most so much
    excluded: float = 1e-2  # support rules out deviations more frequent than this

    @property
    def of_every_draw(self) -> bool:
        return True


@dataclass(frozen=True)
class Equality(Relation):
    """The mean of the observable equals the prediction."""

    label: ClassVar[str] = "equality"
    measures: ClassVar[str] = "relative gap"


@dataclass(frozen=True)
class Asymptotic(Relation):
    """The mean of the observable over the prediction tends to 1 along the ladder, at the ladder's rate."""

    ladder: Ladder
    label: ClassVar[str] = "asymptotic equality"
    measures: ClassVar[str] = "relative gap in the limit"


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
    measures: ClassVar[str] = "violation frequency"

    @property
    def unit(self) -> str:
        return "relative excess" if self.kind == "mean" else self.measures

    @property
    def of_every_draw(self) -> bool:
        return self.kind == "pathwise"

    @property
    def counts_draws(self) -> bool:
        return self.kind != "mean"


@dataclass(frozen=True)
class Exponent(Relation):
    """The mean of the observable goes like size^b along the ladder, b the prediction; with `floor`, like A·size^b + F.

    `within`: the absolute tolerance of the slope, otherwise the run's. `correction`: the rate of the first finite-size
    term, A·size^b (1 + c·size^-correction), where it is known; a fit with that term then has to agree.
    """

    along: Ladder
    floor: bool = False
    within: float | None = None
    correction: float | None = None
    label: ClassVar[str] = "exponent"
    measures: ClassVar[str] = "slope"

    def __post_init__(self) -> None:
        sizes = self.along.sizes
        if len(sizes) < 5 or sizes[-1] < 16 * sizes[0]:
            raise BadDeclaration(
                f"an exponent needs at least five sizes, the largest 16 times the smallest, got {list(sizes)};"
                " fewer cannot tell a slope from a finite size"
            )
        for name in ("within", "correction"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadDeclaration(f"{name}={value} of an exponent must be positive; leave it out for the default")


@dataclass(frozen=True)
class Order(Relation):
    """The mean of the observable is O, o or Theta of the prediction along the ladder, whatever the constant factor."""

    along: Ladder
    sense: Literal["O", "o", "Theta"] = "Theta"
    label: ClassVar[str] = "order"
    measures: ClassVar[str] = "ratio"

    def __post_init__(self) -> None:
        sizes = self.along.sizes
        if self.sense not in ("O", "o", "Theta"):
            raise BadDeclaration(f'the sense of an order is "O", "o" or "Theta", not {self.sense!r}')
        if len(sizes) < 4 or sizes[-1] < 8 * sizes[0]:
            raise BadDeclaration(
                f"an order needs at least four sizes, the largest 8 times the smallest, got {list(sizes)};"
                " its constant is fitted on one half and tested on the other"
            )


@dataclass(frozen=True)
class Direction(Relation):
    """1 − cosine between observable and prediction vanishes along an axis.

    `limit`: the absolute tolerance (a cosine has no scale). `rate`: the claimed r of 1 − cosine ~ 1/(log t)^r, tested
    to ± `rate_within`: at any reachable t a second term moves the visible rate by that much.
    """

    along: Symbol
    limit: float = 5e-3
    rate: float | None = None
    rate_within: float = 0.3
    label: ClassVar[str] = "direction"
    measures: ClassVar[str] = "1 − cosine in the limit"


@dataclass(frozen=True)
class Threshold(Relation):
    """The observable is negative below and positive above the predicted value of `of`; one change of sign is assumed.

    "pathwise": the sign is a fact of every draw (the observable is deterministic given the draw); "mean": the sign of
    its mean. `first_order`: the observable jumps from one branch to another, and which one a draw takes may be chance
    near the threshold; below it most draws lie under `signal`, above it most lie over it. `signal`, a formula of the
    point, is a level between the branches. Given an event, the draws count that meet it on every side.
    """

    of: Symbol
    kind: Literal["pathwise", "mean"] = "pathwise"
    excluded: float = 1e-2
    first_order: bool = False
    signal: Any = 0
    label: ClassVar[str] = "threshold"
    measures: ClassVar[str] = "frequency of a wrong side"

    @property
    def of_every_draw(self) -> bool:
        return self.kind == "pathwise" and not self.first_order

    @property
    def counts_draws(self) -> bool:
        return self.of_every_draw or self.first_order


@dataclass(frozen=True)
class Distribution(Relation):
    """The observable is distributed by the predicted Law: sup |F_true − F| is at most `within`, a distance.

    `within` is the run's tolerance unless given. Of an observable that is an array (eigenvalues) the law is that of
    an entry chosen at random, and the trial is the array.
    """

    within: float | None = None
    label: ClassVar[str] = "distribution"
    measures: ClassVar[str] = "distance"


@dataclass(frozen=True)
class Ordering(Relation):
    """E(observable at `lower`) ≤ E(observable at `upper`): the values at which it is small come first.

    Each gives the values of some symbols in terms of the point: lower={k: 2*k}, upper={k: k} says that doubling k does
    not raise the observable. `strict`: that it lowers it. Given an event, both means are those of the draws that meet
    it.
    """

    lower: Mapping[Symbol, Any] = field(default_factory=dict)
    upper: Mapping[Symbol, Any] = field(default_factory=dict)
    strict: bool = False
    label: ClassVar[str] = "ordering"
    measures: ClassVar[str] = "relative difference"

    def __post_init__(self) -> None:
        if dict(self.lower) == dict(self.upper):
            raise BadDeclaration("an ordering compares two points; lower and upper give the same values")

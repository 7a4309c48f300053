"""Predictions that are an algorithm, an optimum or a distribution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from sympy import Basic, Dummy, Expr, Symbol, oo, sympify

from theory.errors import BadDeclaration, BadInput
from theory.evaluate import Prediction, ball_at, enclose, predicted
from theory.evaluation.vectorise import per_trial
from theory.setting import Point

ARGUMENT = Dummy("x", real=True)  # of a distribution function
AUDITED = 5  # values at which ball arithmetic is asked, too
AUDIT_BITS, TINY = (200, 1000, 5000), 1e-18
SECTIONS, ROUNDS, WIDEST = 16, 12, 1e150

@dataclass(frozen=True)
class Computed:
    """function(*arrays, **parameters) of the drawn arrays: (trials, …) -> (trials, …), or that and its error bound.

    `using`: keyword of the function -> parameter of the setting. `error`: relative, where the function states none.
    """

    reads: Sequence[Symbol]
    function: Callable[..., Any]
    using: Mapping[str, Symbol] = field(default_factory=dict)
    error: float = 1e-12

    def of(self, point: Point, arrays: Mapping[str, np.ndarray]) -> Prediction:
        """The prediction of every trial.   Raises BadDeclaration when an array that it reads was not drawn."""
        missing = [str(symbol) for symbol in self.reads if str(symbol) not in arrays]
        if missing:
            raise BadDeclaration(
                f"the prediction reads {', '.join(missing)}, which {point.setting.name()} does not declare as Drawn or "
                "Observable"
            )
        numbers = point.numbers()
        parameters = {key: numbers[str(symbol)] for key, symbol in self.using.items()}
        result = self.function(*(arrays[str(symbol)] for symbol in self.reads), **parameters)
        value, error = result if isinstance(result, tuple) else (result, self.error * np.abs(result))
        return Prediction(
            np.asarray(value),
            np.asarray(error),
            "certificate of the solver" if isinstance(result, tuple) else "declared error",
        )


@dataclass(frozen=True)
class Minimum:
    """The least value of an expression, or of another claim's prediction, over one symbol; or the place of it.

    The symbol runs through its domain in the setting, or through `between` (None: unbounded on that side).
    `gives`: "value", or "place" for the value of the symbol at which the least value is taken.
    """

    of: Any
    over: Symbol
    between: tuple[Any, Any] | None = None
    gives: Literal["value", "place"] = "value"

    @property
    def formula(self) -> Any:
        """The expression whose least value is taken."""
        return self.of.prediction if hasattr(self.of, "prediction") else sympify(self.of)

    def reads(self) -> set[Any]:
        """The symbols that need a value."""
        of = self.of
        asked = [self.formula, *(getattr(of, "assuming", ())), *(root.equation for root in getattr(of, "roots", ()))]
        own = {root.symbol for root in getattr(of, "roots", ())} | {self.over}
        return {s for part in asked if isinstance(part, Basic) for s in part.free_symbols} - own

    def at_point(self, point: Point, digits: int, roots: Sequence[Any] = ()) -> Prediction:
        """The least value, or its place, at a point; `roots`: those of the claim, where `of` is an expression."""
        from theory.evaluation.optimum import least

        found = least(self, point, digits, roots)
        prediction = predicted(found.value if self.gives == "value" else found.place, digits)
        return replace(prediction, guarantee=found.guarantee)


@dataclass(frozen=True)
class Law:
    """A continuous distribution, given by its distribution function, an expression in its argument.

    `support`: outside it the function is 0 and 1, and the expression is not asked.
    """

    cdf: Callable[[Symbol], Expr]
    support: tuple[Any, Any] = (-oo, oo)

    @property
    def formula(self) -> Expr:
        """The function of x."""
        return sympify(self.cdf(ARGUMENT))

    def at_point(self, point: Point, roots: Mapping[Symbol, Any] | None = None) -> "Shares":
        """The law at a point; `roots`: what its expression takes from the roots of its claim."""
        known = {**point.exact(), **point.spectra(), **(roots or {})}
        low, high = (
            float(end) if end in (oo, -oo) else float(enclose(point.decide(end), known).mid())
            for end in map(sympify, self.support)
        )
        return Shares(point.decide(sympify(self.cdf(ARGUMENT))), known, low, high)


@dataclass(frozen=True)
class Shares:
    """The distribution function F of a law at a point."""

    expression: Expr
    known: Mapping[Symbol, Any]
    low: float
    high: float

    def at(self, values: np.ndarray) -> Prediction:
        """F at every value, in float64; its error also covers what ball arithmetic says at some of the values.

        Shapes: (n,) -> (n,).   Raises BadInput where the expression is no distribution function.
        """
        values = np.asarray(values, dtype=float)
        found = self._in_float64(values)
        return Prediction(found.value, found.error + self._apart(values, found), "float64, balls at some values")

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """x with F(x) ≥ share, and hardly more than the least of them.   Shapes: (n,) -> (n,)."""
        parts = np.arange(1, SECTIONS) / SECTIONS
        low, high = (np.full(len(shares), end) for end in self._bracket(shares))
        for _ in range(ROUNDS):
            inner = low[:, None] + (high - low)[:, None] * parts
            found = self._in_float64(inner.reshape(-1)).value.reshape(inner.shape)
            under, width = np.sum(found < shares[:, None], axis=1), (high - low) / SECTIONS
            low = low + under * width
            high = low + width
        return high

    def _bracket(self, shares: np.ndarray) -> tuple[float, float]:
        """Two values between which F takes all the shares."""
        reach = 1.0
        while reach < WIDEST:
            ends = np.array([max(self.low, -reach), min(self.high, reach)])
            if ends[0] < ends[1]:
                first, last = self._in_float64(ends).value
                if first <= shares.min() and last >= shares.max():
                    return float(ends[0]), float(ends[1])
            reach *= 4
        raise BadInput(f"the law {self.expression} does not rise from 0 to 1; mend it, or give its support")

    def _in_float64(self, values: np.ndarray) -> Prediction:
        inside = (values > self.low) & (values < self.high)
        value, error = np.where(values >= self.high, 1.0, 0.0), np.zeros(len(values))
        if inside.any():
            found = per_trial(self.expression, self.known, {ARGUMENT: values[inside]})
            value[inside], error[inside] = found.value, found.error
        strange = ~((value >= -error) & (value <= 1 + error))  # also where it is no number
        if strange.any():
            where = int(np.argmax(strange))
            raise BadInput(
                f"the distribution function is {value[where]:g} at x = {values[where]:g}; give the support of the law,"
                " as in Law(cdf=…, support=(0, oo)), or mend it"
            )
        return Prediction(value, error, "float64")

    def _apart(self, values: np.ndarray, found: Prediction) -> float:
        """How far float64 is from ball arithmetic, at most, beyond its own error, at some of the values."""
        inside = np.flatnonzero((values > self.low) & (values < self.high))
        chosen = inside[np.linspace(0, len(inside) - 1, min(AUDITED, len(inside))).astype(int)]
        beyond = (abs(self._enclosed(float(values[i])) - found.value[i]) - found.error[i] for i in chosen)
        return max(0.0, *map(float, beyond)) if len(chosen) else 0.0

    def _enclosed(self, value: float) -> float:
        """F by ball arithmetic, to an absolute accuracy: that of a share, however far in the tail it is."""
        for bits in AUDIT_BITS:
            ball = ball_at(self.expression, {**self.known, ARGUMENT: float(value)}, bits)
            if ball.is_finite() and ball.rad() < TINY:
                return float(ball.mid())
        raise BadInput(f"the distribution function has no certain value at x = {value:g}; give its support")

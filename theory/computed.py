"""Predictions that are an algorithm, an optimum or a distribution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from theory.errors import BadDeclaration
from theory.evaluate import Prediction
from theory.setting import Point


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
    """The least value of an expression or of another claim's prediction over one symbol."""

    of: Any
    over: Symbol


@dataclass(frozen=True)
class Law:
    """A distribution, given by its distribution function."""

    cdf: Callable[[Symbol], Expr]

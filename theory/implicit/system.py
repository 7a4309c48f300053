"""Several equations as functions of their unknowns: balls, Jacobians, and their float64 form for many starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy
from flint import acb, acb_mat, arb, arb_mat
from sympy import Expr, Symbol

from theory.errors import NoRoot
from theory.evaluate import balls_at
from theory.evaluation.compiled import compiled
from theory.implicit.root import Root
from theory.setting import symbols_of

NOT_ANALYTIC = (sympy.re, sympy.im, sympy.Abs, sympy.arg, sympy.conjugate)


@lru_cache(maxsize=256)
def jacobian(equations: tuple[Expr, ...], symbols: tuple[Symbol, ...]) -> tuple[tuple[Expr, ...], ...]:
    """∂(equation i)/∂(symbol j), by algebra."""
    return tuple(tuple(sympy.diff(equation, symbol) for symbol in symbols) for equation in equations)


@dataclass(frozen=True)
class System:
    """The equations of some roots at given values of everything else."""

    roots: tuple[Root, ...]
    values: Mapping[Any, Any]

    def __post_init__(self) -> None:
        known = {*self.values, *self.symbols}
        lacking = sorted({str(s) for s in symbols_of(self.equations) if s not in known})
        if lacking:
            raise NoRoot(
                f"the equation for {self.names} reads {', '.join(lacking)}, which has no value "
                "here; it may read parameters and roots"
            )
        bent = [equation for equation in self.equations if self.complex and equation.has(*NOT_ANALYTIC)]
        if bent:
            raise NoRoot(
                f"the equation {bent[0]} for {self.names} is not analytic; write it without re, im, Abs and conjugate, "
                "which belong into branch and prediction"
            )

    @property
    def names(self) -> str:
        return ", ".join(str(root.symbol) for root in self.roots)

    @cached_property
    def complex(self) -> bool:
        """One complex unknown makes all of them complex."""
        return any(root.complex for root in self.roots) or any(isinstance(value, acb) for value in self.read)

    @cached_property
    def read(self) -> list[Any]:
        return [self.values[symbol] for symbol in symbols_of(self.equations) if symbol in self.values]

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        return tuple(root.symbol for root in self.roots)

    @cached_property
    def equations(self) -> tuple[Expr, ...]:
        return tuple(sympy.sympify(root.equation) for root in self.roots)

    @property
    def field(self) -> tuple[Any, Any]:
        """The balls and the matrices that the unknowns live in."""
        return (acb, acb_mat) if self.complex else (arb, arb_mat)

    def at(self, unknowns: Sequence[Any], bits: int) -> list[Any]:
        """The equations at a box."""
        return self._balls(self.equations, unknowns, bits)

    def slopes(self, unknowns: Sequence[Any], bits: int) -> Any:
        """The Jacobian over a box."""
        rows = jacobian(self.equations, self.symbols)
        flat = self._balls([entry for row in rows for entry in row], unknowns, bits)
        return self.field[1](len(rows), len(rows), flat)

    def _balls(self, expressions: Sequence[Expr], unknowns: Sequence[Any], bits: int) -> list[Any]:
        known = {**self.values, **dict(zip(self.symbols, unknowns, strict=True))}
        found = balls_at(expressions, known, bits)
        if self.complex:
            return [acb(ball) for ball in found]
        return [ball if isinstance(ball, arb) else ball.real if ball.imag.contains(0) else arb("nan") for ball in found]

    # float64, for many starts at once

    def floats(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The equations and their Jacobian at many places.   Shapes: (starts, d) -> (starts, d), (starts, d, d)."""
        count, size = starts.shape
        rows = jacobian(self.equations, self.symbols)
        entries = [*self.equations, *(entry for row in rows for entry in row)]
        columns = np.stack(compiled(entries, self.symbols, self.values)(list(starts.T)), axis=1)
        return columns[:, :size], columns[:, size:].reshape(count, size, size)


"""Formulas of spectra as fast float64 functions of many points: sums over modes become products with fixed vectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy import Dummy, Expr, Function, Symbol, Tuple, lambdify

from theory.domain import total
from theory.evaluation.rounding import opened
from theory.evaluation.vectorise import as_float, vectorised
from theory.setting import symbols_of

CHUNK = 16_384  # elements at once: points × modes that stay in the cache


class inverse(Function):
    """1/x, which NumPy takes far quicker than a power."""

    nargs = 1


class whole(Function):
    """x^k for a whole k above 2, by products."""

    nargs = 2


class dot(Function):
    """Σᵢ uᵢ cᵢ over the modes, of what varies from point to point and of what does not."""

    nargs = 2


@dataclass(frozen=True)
class Compiled:
    """Some expressions as one function of columns.   Shapes: columns (points,) each -> (points,) each."""

    function: Callable[..., Any]
    fixed: tuple[Any, ...]
    rows: int

    def __call__(self, columns: Sequence[np.ndarray]) -> list[np.ndarray]:
        count = len(columns[0])
        parts = [self._part([column[i : i + self.rows] for column in columns]) for i in range(0, count, self.rows)]
        return [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]

    def _part(self, columns: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            values = self.function(*(column[:, None] for column in columns), *self.fixed)
        return [np.broadcast_to(np.asarray(value), (len(columns[0]), 1))[:, 0] for value in values]


def compiled(expressions: Sequence[Expr], moving: Sequence[Symbol], held: Mapping[Symbol, Any]) -> Compiled:
    """The expressions as a function of the moving symbols, the others held at their values."""
    spectra = frozenset(symbol for symbol, value in held.items() if isinstance(value, (np.ndarray, list)))
    function, others, vectors = _function(tuple(map(sympy.sympify, expressions)), tuple(moving), spectra)
    fixed = [as_float(held[symbol]) for symbol in others] + [_value(vector, held) for vector in vectors]
    return Compiled(function, tuple(fixed), max(1, CHUNK // max([1, *map(np.size, fixed)])))


@lru_cache(maxsize=256)
def _function(
    expressions: tuple[Expr, ...], moving: tuple[Symbol, ...], spectra: frozenset[Symbol]
) -> tuple[Callable[..., Any], list[Symbol], list[Expr]]:
    """The function of the moving symbols, of others, and of fixed vectors."""
    vectors: dict[Expr, Symbol] = {}
    joined, quadratures = opened(Tuple(*(_written(one, set(moving), set(spectra), vectors) for one in expressions)))
    written = list(joined)
    others = sorted(symbols_of(written) - set(moving) - set(vectors.values()), key=str)
    names = {"inverse": _inverse, "whole": _whole, "dot": _dot, "total": _rows, **quadratures}
    function = lambdify((*moving, *others, *vectors.values()), written, [names, "scipy", "numpy"], cse=True)
    return function, others, list(vectors)


def _value(vector: Expr, held: Mapping[Symbol, Any]) -> Any:
    symbols = tuple(sorted(symbols_of([vector]), key=str))
    value = vectorised(vector, symbols)(*(as_float(held[symbol]) for symbol in symbols))
    return np.asarray(value) if np.ndim(value) else value


def _written(node: Any, moving: set[Symbol], spectra: set[Symbol], vectors: dict[Expr, Symbol]) -> Any:
    """The node with sums as products with fixed vectors, and negative powers as products of inverses."""
    if not node.args or isinstance(node, sympy.Integral):
        return node
    if isinstance(node, total):
        return _sum(node, moving, spectra, vectors)
    parts = [_written(part, moving, spectra, vectors) for part in node.args]
    if isinstance(node, sympy.Pow) and isinstance(node.exp, sympy.Integer):
        base, exponent = parts[0], int(node.exp)
        base = inverse(base) if exponent < 0 else base
        return base if abs(exponent) == 1 else base**2 if abs(exponent) == 2 else whole(base, abs(exponent))
    return node.func(*parts)


def _sum(node: Any, moving: set[Symbol], spectra: set[Symbol], vectors: dict[Expr, Symbol]) -> Any:
    """Σ of a product: what has no mode in front, what does not vary as a vector."""
    factors = sympy.Mul.make_args(sympy.factor_terms(node.args[0]))
    front = [factor for factor in factors if not symbols_of([factor]) & spectra]
    modal = [factor for factor in factors if symbols_of([factor]) & spectra]
    still = [factor for factor in modal if not symbols_of([factor]) & moving]
    varied = [factor for factor in modal if symbols_of([factor]) & moving]
    outside = _written(sympy.Mul(*front), moving, spectra, vectors)
    if not modal:
        return total(node.args[0])
    vector = sympy.Mul(*still)
    if not varied:
        return outside * vectors.setdefault(total(vector), Dummy("sum"))
    inside = _written(sympy.Mul(*varied), moving, spectra, vectors)
    return outside * (dot(inside, vectors.setdefault(vector, Dummy("c"))) if still else total(inside))


def _inverse(base: Any) -> Any:
    return np.reciprocal(base) if np.asarray(base).dtype.kind in "fc" else 1.0 / base


def _dot(varied: Any, fixed: Any) -> Any:
    return np.einsum("ij,j->i", varied, fixed)[:, None]  # without BLAS, whose threads would outlast such short sums


def _rows(varied: Any) -> Any:
    return np.sum(varied, axis=-1, keepdims=True)


def _whole(base: Any, exponent: int) -> Any:
    result = base
    for _ in range(exponent - 1):
        result = result * base
    return result

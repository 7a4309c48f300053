"""How far roots and their derivatives in float64 may lie from the exact ones, to first order: |J⁻¹|·|F|, twice.

The residual F counts with the bound of its own rounding, and with what the parameters and earlier roots may be off by.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from theory.evaluation.rounding import EPS, Pair
from theory.evaluation.vectorise import along_columns, pair_of
from theory.implicit.root import Root, blocks
from theory.implicit.slopes import Names, linear_equations
from theory.implicit.system import jacobian

SAFE = 2.0  # times the first order


def with_bounds(
    roots: Sequence[Root], columns: Mapping[Symbol, np.ndarray], held: Mapping[Symbol, Any], names: Names,
    whole: Collection[Symbol] = (),
) -> dict[Symbol, Pair]:  # fmt: skip
    """Every column with the bound of its error: parameters are rounded, roots and derivatives solve their equations.

    `whole`: parameters that are whole numbers, and exact.   Shapes: columns (points,) each.
    """
    unknown = {root.symbol for root in roots} | {symbol for order in names.values() for symbol in order.values()}
    known = {
        symbol: (column, np.where(symbol in whole, 0.0, EPS * np.abs(column)))
        for symbol, column in columns.items()
        if symbol not in unknown
    }
    fixed = {symbol: pair_of(value) for symbol, value in held.items() if not isinstance(value, Symbol)}
    for block in blocks(roots):
        equations = [sympy.sympify(root.equation) for root in block]
        known |= _bounded([root.symbol for root in block], equations, columns, known, fixed)
    for derivatives, equations in linear_equations(roots, names):
        known |= _bounded(derivatives, equations, columns, known, fixed)
    return known


def _bounded(
    symbols: Sequence[Symbol], equations: Sequence[Expr], columns: Mapping[Symbol, np.ndarray],
    known: Mapping[Symbol, Pair], fixed: Mapping[Symbol, Pair],
) -> dict[Symbol, Pair]:  # fmt: skip
    """Some unknowns with their bounds, where the equations are functions of them and of what is known."""
    count = len(columns[symbols[0]])
    places = {**known, **{symbol: (columns[symbol], np.zeros(count)) for symbol in symbols}}

    def told(expression: Expr) -> tuple[np.ndarray, np.ndarray]:
        read = expression.free_symbols
        inside = {symbol: pair for symbol, pair in fixed.items() if symbol in read}
        return along_columns(expression, inside, {s: pair for s, pair in places.items() if s in read}, count)[:2]

    with np.errstate(all="ignore"):
        size = len(symbols)
        slopes = [told(entry)[0] for row in jacobian(tuple(equations), tuple(symbols)) for entry in row]
        table = np.stack(slopes, axis=1).reshape(count, size, size)
        rest = np.stack([np.abs(value) + error for value, error in map(told, equations)], axis=1)
        regular = np.all(np.isfinite(table), axis=(1, 2)) & (np.linalg.det(np.nan_to_num(table)) != 0)
        inverse = np.linalg.inv(np.where(regular[:, None, None], table, np.eye(size)))
        errors = SAFE * (np.abs(inverse) @ rest[:, :, None])[:, :, 0]
        errors = np.where(regular[:, None] & np.isfinite(errors), errors, np.inf)
    return {symbol: (columns[symbol], errors[:, i]) for i, symbol in enumerate(symbols)}

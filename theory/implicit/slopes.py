"""Derivatives with the unknowns following: slope(g, lam) is dg/dλ along the solution, by the implicit function theorem.

From F(x(s), s) = 0: J·x′ = −∂F/∂s, and once more for a second derivative; always the same J.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import sympy
from flint import acb, acb_mat, arb_mat
from sympy import Dummy, Expr, Function, Symbol

from theory.errors import BadInput
from theory.evaluate import complex_ball_at, precision
from theory.evaluation.compiled import compiled
from theory.implicit.root import Root
from theory.implicit.system import jacobian


class slope(Function):
    """slope(f, s) = df/ds of an expression in parameters and roots, where the roots follow; slope(f, s, t) = d²f/ds dt.

    A parameter that counts, such as a number of samples, is varied as if it were real.
    """

    nargs = (2, 3)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        order = len(self.args) - 1
        below = " ".join(rf"d {printer._print(symbol)}" for symbol in self.args[1:])
        body = rf"\frac{{d{f'^{{{order}}}' if order > 1 else ''}}}{{{below}}} {printer.parenthesize(self.args[0], 50)}"
        return rf"\left({body}\right)^{{{exp}}}" if exp else body


Names = dict[tuple[Symbol, ...], dict[Symbol, Symbol]]  # order of differentiation -> root -> its derivative


def slopes_in(formula: Any) -> list[slope]:
    """The derivatives that a formula reads."""
    return sorted(formula.atoms(slope), key=sympy.default_sort_key) if isinstance(formula, sympy.Basic) else []


def spelled_out(formula: Expr, roots: Sequence[Root], names: Names) -> Expr:
    """The formula with every slope written in partial derivatives and in the derivatives of the roots, named."""
    while found := [node for node in slopes_in(formula) if not slopes_in(node.args[0])]:
        formula = formula.xreplace({node: _spelled(node, roots, names) for node in found})
    return formula


def _spelled(node: slope, roots: Sequence[Root], names: Names) -> Expr:
    expression, *along = node.args
    held = [str(symbol) for symbol in along if not isinstance(symbol, Symbol) or symbol in {r.symbol for r in roots}]
    if held:
        raise BadInput(f"{node}: {', '.join(held)} is no parameter; a slope is along a parameter of the setting")
    for symbol in along:
        expression = _along(expression, symbol, roots, names)
    return expression


def _along(expression: Expr, symbol: Symbol, roots: Sequence[Root], names: Names) -> Expr:
    """The total derivative along a parameter; derivatives of roots that it reads are differentiated like the roots."""
    result = sympy.diff(expression, symbol)
    for before in ((), *list(names)):
        for root in roots:
            moved = sympy.diff(expression, names[before][root.symbol] if before else root.symbol)
            if moved != 0:
                result += moved * _named((*before, symbol), roots, names)[root.symbol]
    return result


def _named(order: tuple[Symbol, ...], roots: Sequence[Root], names: Names) -> dict[Symbol, Symbol]:
    """Names of the derivatives of all roots of an order, which does not depend on its sequence."""
    order = tuple(sorted(order, key=str))
    if order not in names:
        names[order] = {root.symbol: Dummy(f"d{root.symbol}", complex=True if root.complex else None) for root in roots}
    return names[order]


def slopes_of(roots: Sequence[Root], values: Mapping[Any, Any], names: Names, bits: int) -> dict[Symbol, Any]:
    """The derivatives of the roots that `names` asks for, as balls.   Raises BadInput at a singular Jacobian."""
    matrix: Any = acb_mat if any(isinstance(value, acb) for value in values.values()) else arb_mat
    with precision(bits):
        return _solved(roots, values, names, bits, matrix)


def _solved(
    roots: Sequence[Root], values: Mapping[Any, Any], names: Names, bits: int, matrix: Any
) -> dict[Symbol, Any]:
    symbols, equations = tuple(root.symbol for root in roots), tuple(sympy.sympify(root.equation) for root in roots)
    known, found = dict(values), {}
    rows = [complex_ball_at(entry, known, bits) for row in jacobian(equations, symbols) for entry in row]
    table = matrix(len(roots), len(roots), rows)
    for order in _needed(names, roots):
        right = _right(equations, order, roots, names)
        rest = matrix(len(roots), 1, [complex_ball_at(one, known, bits) for one in right])
        try:
            solution = table.solve(rest)
        except ZeroDivisionError as fault:
            raise BadInput(
                f"{', '.join(map(str, symbols))} has no derivative here: the Jacobian is singular; move the point"
            ) from fault
        now = {symbol: solution[i, 0] for i, symbol in enumerate(names[order].values())}
        known |= now
        found |= now
    return found


def slopes_along(
    roots: Sequence[Root], columns: Mapping[Any, np.ndarray], held: Mapping[Any, Any], names: Names
) -> dict[Symbol, np.ndarray]:
    """The derivatives of the roots at many points, in float64.   Shapes: (points,) each."""
    symbols, size = tuple(root.symbol for root in roots), len(roots)
    equations = tuple(sympy.sympify(root.equation) for root in roots)
    known = dict(columns)
    entries = [entry for row in jacobian(equations, symbols) for entry in row]
    table = np.stack(compiled(entries, list(known), held)(list(known.values())), axis=1).reshape(-1, size, size)
    for order in _needed(names, roots):
        rest = compiled(_right(equations, order, roots, names), list(known), held)(list(known.values()))
        solution = np.linalg.solve(table, np.stack(rest, axis=1)[:, :, None])[:, :, 0]
        known |= dict(zip(names[order].values(), solution.T, strict=True))
    return {symbol: column for symbol, column in known.items() if symbol not in columns}


def linear_equations(roots: Sequence[Root], names: Names) -> list[tuple[list[Symbol], list[Expr]]]:
    """The derivatives of every order, and what vanishes at them: the equations of the roots, differentiated."""
    found = []
    for order in _needed(names, roots):
        equations = [sympy.sympify(root.equation) for root in roots]
        for symbol in order:
            equations = [_along(equation, symbol, roots, names) for equation in equations]
        found.append((list(names[order].values()), equations))
    return found


def _right(equations: Sequence[Expr], order: tuple[Symbol, ...], roots: Sequence[Root], names: Names) -> list[Expr]:
    """What J·(derivatives of an order) equals: the derivative of the equations without them, negated."""
    right = list(equations)
    for symbol in order:
        right = [_along(expression, symbol, roots, names) for expression in right]
    unknown = {symbol: sympy.S.Zero for symbol in names[order].values()}
    return [-expression.xreplace(unknown) for expression in right]


def _needed(names: Names, roots: Sequence[Root]) -> list[tuple[Symbol, ...]]:
    """The orders that are asked for, and those that their equations read, shortest first."""
    for order in list(names):
        for count in range(1, len(order)):
            for part in combinations(order, count):
                _named(part, roots, names)
    return sorted(names, key=len)

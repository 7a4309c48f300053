"""Derivatives with the unknowns following: slope(g, lam) is dg/dλ along the solution, by the implicit function theorem.

From F(x(s), s) = 0: J·x′ = −∂F/∂s, and once more for a second derivative; always the same J.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import sympy
from flint import acb, acb_mat, arb_mat
from sympy import Dummy, Expr, Function, Symbol

from theory.errors import BadInput
from theory.evaluate import ball_at
from theory.implicit.complex_balls import complex_ball
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
    for order in accumulate(((symbol,) for symbol in along)):
        names.setdefault(order, {root.symbol: Dummy(f"d{root.symbol}", complex=True) for root in roots})
    for order in accumulate(((symbol,) for symbol in along)):
        expression = _along(expression, order, roots, names)
    return expression


def _along(expression: Expr, order: tuple[Symbol, ...], roots: Sequence[Root], names: Names) -> Expr:
    """The total derivative along the last symbol of the order, of what was differentiated along those before."""
    last = order[-1]
    result = sympy.diff(expression, last)
    first = names.setdefault((last,), {root.symbol: Dummy(f"d{root.symbol}", complex=True) for root in roots})
    for root in roots:
        result += sympy.diff(expression, root.symbol) * first[root.symbol]
        if len(order) > 1:
            before, after = names[order[:-1]][root.symbol], names[order][root.symbol]
            result += sympy.diff(expression, before) * after
    return result


def slopes_of(roots: Sequence[Root], values: Mapping[Any, Any], names: Names, bits: int) -> dict[Symbol, Any]:
    """The derivatives of the roots that `names` asks for, as balls.   Raises BadInput where the Jacobian is singular."""
    symbols = tuple(root.symbol for root in roots)
    equations = tuple(sympy.sympify(root.equation) for root in roots)
    complex_ones = any(isinstance(value, acb) for value in values.values())
    evaluate, matrix = (complex_ball, acb_mat) if complex_ones else (ball_at, arb_mat)
    known, found = dict(values), {}
    rows = [evaluate(entry, known, bits) for row in jacobian(equations, symbols) for entry in row]
    table = matrix(len(roots), len(roots), rows)
    for order in sorted(names, key=len):
        right = list(equations)
        for part in accumulate((symbol,) for symbol in order):
            right = [_along(expression, part, roots, names) for expression in right]
        unknown = {symbol: sympy.S.Zero for symbol in names[order].values()}
        rest = matrix(len(roots), 1, [evaluate(-one.xreplace(unknown), known, bits) for one in right])
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



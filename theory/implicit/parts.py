"""Real quantities of complex unknowns in a formula: re(…), im(…), Abs(…), arg(…), evaluated and replaced by symbols."""

from collections.abc import Mapping
from typing import Any

from flint import acb
from sympy import Basic, Dummy

from theory.errors import BadInput
from theory.implicit.complex_balls import PARTS, complex_ball
from theory.setting import symbols_of


def real_parts(formula: Any, values: Mapping[Any, Any], bits: int) -> tuple[Any, dict[Any, Any]]:
    """The formula in real symbols alone, and the values of these.   Raises BadInput where it is complex itself."""
    unknowns = {symbol for symbol, value in values.items() if isinstance(value, acb)}
    known = {symbol: value for symbol, value in values.items() if symbol not in unknowns}
    if not isinstance(formula, Basic) or not symbols_of([formula]) & unknowns:
        return formula, known
    replaced: dict[Any, Any] = {}
    for node in _outermost(formula, unknowns):
        symbol = Dummy(str(node), real=True)
        replaced[node], known[symbol] = symbol, complex_ball(node, values, bits).real
    formula = formula.xreplace(replaced)
    left = symbols_of([formula]) & unknowns
    if left:
        raise BadInput(
            f"{formula} is complex, as it reads {', '.join(sorted(map(str, left)))}; write re(…), im(…) or Abs(…)"
        )
    return formula, known


def _outermost(node: Basic, unknowns: set[Any]) -> list[Basic]:
    if isinstance(node, PARTS) and symbols_of([node]) & unknowns:
        return [node]
    return [found for part in node.args for found in _outermost(part, unknowns)]

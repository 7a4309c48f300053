"""An expression evaluated in any arithmetic that knows +, −, ·, /, whole powers and some functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Basic, Symbol

from theory.domain import total
from theory.errors import BadInput
from theory.values import exact


@dataclass(frozen=True)
class Arithmetic:
    """How numbers enter an arithmetic, and what it does beyond the operators of its numbers."""

    number: Callable[[sympy.Rational], Any]
    constants: Mapping[Any, Callable[[], Any]]
    functions: Mapping[Any, Callable[..., Any]]
    whole_power: Callable[[Any, int], Any]
    power: Callable[[Any, Any], Any]
    summed: Callable[[Any], Any]
    name: str


def evaluated(node: Basic, values: dict[Any, Any], arithmetic: Arithmetic) -> Any:
    """The value of a node; `values` remembers the subexpressions met before.   Raises BadInput, in one line."""
    if node not in values:
        values[node] = _apply(node, values, arithmetic)
    return values[node]


def _apply(node: Any, values: dict[Any, Any], arithmetic: Arithmetic) -> Any:
    if isinstance(node, Symbol):
        raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
    if isinstance(node, sympy.Rational):
        return arithmetic.number(node)
    if isinstance(node, sympy.Float):
        return arithmetic.number(exact(repr(float(node))))  # a decimal in a formula means itself: 0.1 is 1/10
    if node in arithmetic.constants:
        return arithmetic.constants[node]()
    if isinstance(node, sympy.Pow) and isinstance(node.exp, sympy.Integer):
        return arithmetic.whole_power(evaluated(node.base, values, arithmetic), int(node.exp))
    parts = [evaluated(part, values, arithmetic) for part in node.args]
    if isinstance(node, sympy.Pow):
        return arithmetic.power(*parts)
    if isinstance(node, total):
        return arithmetic.summed(parts[0])
    if isinstance(node, (sympy.Add, sympy.Mul)):
        result = parts[0]
        for part in parts[1:]:
            result = result + part if isinstance(node, sympy.Add) else result * part
        return result
    if type(node) not in arithmetic.functions:
        raise BadInput(f"{type(node).__name__} in {node} has no {arithmetic.name}")
    return arithmetic.functions[type(node)](*parts)

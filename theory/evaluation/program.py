"""An integrand as a list of operations: asked thousands of times, with all that does not vary evaluated once."""

import operator
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

import sympy
from flint import acb, arb, fmpq
from sympy import Expr, Symbol

from theory.domain import total
from theory.errors import BadInput
from theory.evaluation.functions import FUNCTIONS, Shape, complement, power
from theory.evaluation.pieces import reads
from theory.evaluation.walk import Walk

WALKED = (sympy.Piecewise, sympy.Sum, sympy.Product, sympy.Integral, sympy.hyper, total)
Operation = Callable[[Sequence[Any], Shape], Any]


class Program:
    """The balls of an expression at balls of one symbol, for what a walk knows."""

    def __init__(self, body: Expr, over: Symbol, walk: Walk) -> None:
        self.body, self.over, self.walk = body, over, walk
        self.nodes = walk.notes.setdefault(("nodes", body, over), _nodes(body, over))
        self.reads = walk.notes.setdefault(("reads", body, over), {})
        places = {node: i for i, node in enumerate(self.nodes)}
        self.slots: list[Any] = [None] * len(self.nodes)
        self.steps: list[tuple[int, Any, Operation | None, list[int]]] = []
        for node, i in places.items():
            if node == over:
                self.first = i
            elif not reads(node, over):
                self.slots[i] = walk.of(node)
            elif isinstance(node, WALKED):
                self.steps.append((i, node, None, []))
            elif cancelling := complement(node):
                self.steps.append((i, node, partial(_complementary, cancelling[0]), [places[cancelling[1]]]))
            else:
                self.steps.append((i, node, _operation(node), [places[part] for part in node.args]))
        self.modal = any(isinstance(slot, list) for slot in self.slots)

    def __call__(self, value: acb, shape: Shape) -> Any:
        if self.modal or not reads(self.body, self.over):
            return self.walk.inner({self.over: value}, shape, self.reads).of(self.body)
        slots, inner = self.slots, None
        slots[self.first] = value
        for i, node, operation, parts in self.steps:
            if operation is None:
                inner = inner or self.walk.inner({self.over: value}, shape, self.reads)
                slots[i] = inner.of(node)
            else:
                slots[i] = operation([slots[part] for part in parts], shape)
        return slots[-1]


def _nodes(body: Expr, over: Symbol) -> list[Any]:
    """What varies, what it is made of, and the symbol itself, each after its parts."""
    found: dict[Any, None] = {over: None}

    def visit(node: Any) -> None:
        if node not in found:
            if reads(node, over) and not isinstance(node, WALKED):
                cancelling = complement(node)
                for part in cancelling[1:] if cancelling else node.args:
                    visit(part)
            found[node] = None

    visit(body)
    return list(found)


def _operation(node: Any) -> Operation:
    if isinstance(node, sympy.Add):
        return lambda parts, shape: sum(parts[1:], parts[0])
    if isinstance(node, sympy.Mul):
        return lambda parts, shape: reduce(operator.mul, parts)
    if isinstance(node, sympy.Pow):
        return partial(_raised, node.args[1])
    function = FUNCTIONS.get(type(node))
    if function is None:
        raise BadInput(
            f"{type(node).__name__} in {node} cannot be evaluated with a certain error; "
            "write it with the functions that SymPy and arb share"
        )
    return partial(_asked, node, function)


def _complementary(front: Any, parts: Sequence[Any], shape: Shape) -> Any:
    return arb(fmpq(int(front.p), int(front.q))) * FUNCTIONS[sympy.erfc](parts[0], shape=shape)


def _raised(written: Any, parts: Sequence[Any], shape: Shape) -> Any:
    return power(parts[0], parts[1], written, shape)


def _asked(node: Any, function: Callable[..., Any], parts: Sequence[Any], shape: Shape) -> Any:
    try:
        return function(*parts, shape=shape)
    except (AttributeError, TypeError) as fault:
        raise BadInput(f"{type(node).__name__} in {node} is not evaluated at such arguments: {fault}") from fault

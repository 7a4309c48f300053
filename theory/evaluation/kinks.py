"""Where an integrand has a kink or a jump that is linear in the variable, and which branch holds beside it."""

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

Side = Callable[[Expr], int | None]  # the certain sign of an expression, None where it is open
BENT = (sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Min, sympy.Max, Relational)


@lru_cache(maxsize=2**16)
def reads(node: Any, symbol: Symbol) -> bool:
    """Whether the expression depends on the symbol; SymPy would collect all symbols anew each time."""
    return symbol in node.free_symbols


@lru_cache(maxsize=1024)
def kinks(body: Expr, over: Symbol) -> tuple[Expr, ...]:
    """The values of the variable at which something under |·|, sign, max, min or in a condition changes its sign."""
    found: dict[Expr, None] = {}
    for node in sympy.preorder_traversal(body):
        if isinstance(node, BENT):
            for argument in compared(node):
                root = zero_of(argument, over)
                if root is not None and argument.free_symbols <= body.free_symbols:
                    found.setdefault(root)
    return tuple(found)


@lru_cache(maxsize=2**14)
def zero_of(argument: Expr, over: Symbol) -> Expr | None:
    """Where an expression that is linear in the variable vanishes."""
    if over not in argument.free_symbols or argument.has(sympy.Integral, *BENT, sympy.Piecewise):
        return None
    slope = sympy.diff(argument, over)
    return None if over in slope.free_symbols else sympy.expand(-argument.subs(over, 0) / slope)


def compared(node: Any) -> Iterator[Expr]:
    """The expressions on whose sign the branch depends."""
    if isinstance(node, Relational):
        yield node.lhs - node.rhs
    elif isinstance(node, (sympy.Min, sympy.Max)):
        for one, other in itertools.combinations(node.args, 2):
            yield one - other
    else:
        yield node.args[0]


def settled(body: Expr, side: Side) -> Expr:
    """The body with every branch taken whose argument has a certain sign, 1 or −1."""
    if not body.has(*BENT):
        return body
    return body.replace(lambda node: isinstance(node, BENT), lambda node: _branch(node, side))


def _branch(node: Any, side: Side) -> Any:
    if isinstance(node, (sympy.Min, sympy.Max)):
        return _outermost(node, side)
    sign = side(next(compared(node)))
    if not sign:
        return node
    if isinstance(node, Relational):
        return node.func(sympy.Integer(sign), 0)
    return {sympy.Abs: sign * node.args[0], sympy.sign: sympy.Integer(sign)}.get(node.func, sympy.Rational(1 + sign, 2))


def _outermost(node: Any, side: Side) -> Any:
    """A maximum or minimum of those arguments that are not certainly beyond another one."""
    wanted, left = (1 if isinstance(node, sympy.Max) else -1), list(node.args)
    for one, other in itertools.combinations(node.args, 2):
        sign = side(one - other)
        if sign and one in left and other in left:
            left.remove(other if sign == wanted else one)
    return node.func(*left)

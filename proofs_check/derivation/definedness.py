"""Where formulas are real numbers, and along which symbols they are continuous there."""

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr

from proofs_check.derivation.question import relation
from theory.domain import total
from theory.proof import Entries
from theory.steps import differentiated


class Open(sympy.logic.boolalg.BooleanFunction):
    """That a node has a value: no backend knows where."""


EVERYWHERE = (
    sympy.Add, sympy.Mul, total, sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh, sympy.sech,
    sympy.atan, sympy.acot, sympy.asinh, sympy.erf, sympy.erfc, sympy.Abs, sympy.Min, sympy.Max, sympy.floor,
    sympy.ceiling, sympy.sign, sympy.Heaviside, sympy.re, sympy.im, sympy.conjugate, sympy.sinc, sympy.Tuple,
)  # fmt: skip
CONDITIONS: dict[Any, Any] = {
    sympy.log: lambda x: relation(">", x), sympy.loggamma: lambda x: relation(">", x),
    sympy.acos: lambda x: relation(">=", 1 - x**2), sympy.asin: lambda x: relation(">=", 1 - x**2),
    sympy.atanh: lambda x: relation(">", 1 - x**2), sympy.acosh: lambda x: relation(">=", x - 1),
    sympy.tan: lambda x: relation("!=", sympy.cos(x)), sympy.sec: lambda x: relation("!=", sympy.cos(x)),
    sympy.cot: lambda x: relation("!=", sympy.sin(x)), sympy.csc: lambda x: relation("!=", sympy.sin(x)),
    sympy.coth: lambda x: relation("!=", x), sympy.csch: lambda x: relation("!=", x),
    sympy.gamma: lambda x: _no_pole(x), sympy.factorial: lambda x: _no_pole(x + 1),
    sympy.polygamma: lambda m, x: _no_pole(x), sympy.Mod: lambda x, y: relation("!=", y),
    sympy.RisingFactorial: lambda x, k: sympy.And(relation(">", x), relation(">", x + k)),
    sympy.atan2: lambda y, x: sympy.Or(relation("!=", x), relation("!=", y)),
}  # fmt: skip
CONTINUOUS = (
    *(f for f in EVERYWHERE if f not in (sympy.floor, sympy.ceiling, sympy.sign, sympy.Heaviside, sympy.acot)),
    *(f for f in CONDITIONS if f not in (sympy.Mod, sympy.atan2, sympy.factorial, sympy.RisingFactorial)),
)  # fmt: skip
ANALYTIC = (
    *(f for f in CONTINUOUS if f not in (sympy.Abs, sympy.Min, sympy.Max, sympy.re, sympy.im, sympy.conjugate)),
    sympy.Symbol,
)  # fmt: skip
NEVER_ZERO = (sympy.gamma, sympy.exp, sympy.cosh, sympy.sech, sympy.sec, sympy.csc, sympy.csch)


def defined(expression: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """What must hold, and under which case distinctions, for the expression to be a real number.

    No division by zero, no root or logarithm of a negative number, no pole, some case of every Piecewise.
    """
    node = expression
    if isinstance(node, sympy.Piecewise):
        yield from _some_case(node)
        return
    if isinstance(node, sympy.Derivative):
        yield from _differentiable(node)
        return
    if isinstance(node, sympy.Pow):
        base, power = node.args
        if not (base.is_number and base.is_positive):
            yield from _power_defined(base, power)
    elif type(node) in CONDITIONS:
        yield (), CONDITIONS[type(node)](*node.args)
    elif isinstance(node, Expr) and node.args and not isinstance(node, EVERYWHERE) and not _known(node):
        yield (), Open(node)
        return  # its parts may read symbols of its own
    for part in getattr(node, "args", ()):
        yield from defined(part)


def _differentiable(node: sympy.Derivative) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The function is analytic there: it and its derivative are defined, off the ends of roots and of branches."""
    body, moving = node.expr, set(node.variables)
    if not all(_analytic(part, moving) for part in sympy.preorder_traversal(body) if part.free_symbols & moving):
        yield (), Open(node)
        return
    yield from defined(body)
    yield from defined(differentiated(node))
    for part in sympy.preorder_traversal(body):
        if part.free_symbols & moving and isinstance(part, sympy.Pow) and not part.exp.is_integer:
            yield (), relation(">", part.base)
        elif part.free_symbols & moving and isinstance(part, (sympy.acos, sympy.asin, sympy.acosh)):
            yield (), sympy.Gt(*CONDITIONS[type(part)](*part.args).args, evaluate=False)


def _analytic(part: Any, moving: set[Any]) -> bool:
    """Whether a node is an analytic function of what it reads, inside its domain; no number of terms moves."""
    if isinstance(part, sympy.Pow):
        return not part.exp.free_symbols & moving or bool(part.base.is_positive)
    if isinstance(part, sympy.Symbol):
        return not isinstance(part, Entries) and not any(grows(part, along) for along in moving)
    return isinstance(part, ANALYTIC)


def _some_case(node: sympy.Piecewise) -> Iterator[tuple[tuple[Any, ...], Any]]:
    earlier: tuple[Any, ...] = ()
    for value, case in node.args:
        yield from (((*earlier, case, *under), needed) for under, needed in defined(value))
        yield from ((earlier + under, needed) for under, needed in defined(case))
        earlier = (*earlier, sympy.Not(case))
    if node.args[-1][1] != sympy.true:
        yield (), sympy.Or(*(case for _, case in node.args))


def _known(node: Expr) -> bool:
    """Binomials of whole numbers are numbers; so is what has no symbols and a ball."""
    return isinstance(node, (sympy.binomial, sympy.beta)) and all(
        part.is_integer and (isinstance(node, sympy.binomial) or part.is_positive) for part in node.args
    )


def _no_pole(x: Expr) -> Any:
    constant, moving = sympy.expand(x).as_coeff_Add()
    if moving.is_integer and constant.is_Rational and constant.q > 1:
        return sympy.true
    return sympy.Or(relation(">", x), relation("!=", sympy.sin(sympy.pi * x)))


def _power_defined(base: Expr, power: Expr) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """A whole power wants a base other than 0 where it is negative, another a base that is positive, or 0 where > 0."""
    if power.is_integer:
        if not power.is_nonnegative:
            factors = [part for part in sympy.Mul.make_args(base) if not isinstance(part, NEVER_ZERO)]
            yield () if power.is_negative else (relation(">", -power),), relation("!=", sympy.Mul(*factors))
    elif power.is_positive or power.is_negative:
        yield (), relation(">=" if power.is_positive else ">", base)
    else:
        yield (relation(">", power),), relation(">=", base)
        yield (relation(">=", -power),), relation(">", base)


def continuous(expression: Any, along: Any) -> bool:
    """Whether the expression is continuous in a symbol, wherever it is defined on an interval of it."""
    for node in sympy.preorder_traversal(expression):
        if along not in node.free_symbols or not node.args:
            continue
        if isinstance(node, sympy.Pow):
            if along in node.exp.free_symbols and not node.base.is_positive:
                return False  # 0^t jumps at t = 0
        elif not isinstance(node, CONTINUOUS):
            return False
    return not grows(expression, along)


def grows(expression: Any, along: Any) -> bool:
    """Whether the number of terms of a sum in the expression depends on a symbol."""
    each = expression.free_symbols if isinstance(expression, sympy.Basic) else set()
    return any(along in sympy.sympify(s.count).free_symbols for s in each if isinstance(s, Entries))

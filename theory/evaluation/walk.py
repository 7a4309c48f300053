"""A SymPy expression in ball arithmetic, node by node; spectra and index ranges are lists of balls."""

import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import sympy
from flint import acb, arb, fmpq
from sympy import Basic, Symbol

from theory.domain import free_symbols, total
from theory.errors import BadInput
from theory.evaluation.functions import CONSTANTS, FUNCTIONS, NONE, PLAIN, Shape, hypergeometric, power
from theory.values import exact

Ball = Any  # arb or acb, or a list of them: one for each mode
NO_MODES = "total(…) sums over the modes of a spectrum, and there is none; write the number of modes as a symbol"
LONGEST_SUM = 10**6
COMPARISONS = {
    sympy.Eq: operator.eq,
    sympy.Ne: operator.ne,
    sympy.StrictGreaterThan: operator.gt,
    sympy.StrictLessThan: operator.lt,
    sympy.GreaterThan: operator.ge,
    sympy.LessThan: operator.le,
}


def balls(values: Mapping[Any, Any]) -> dict[Any, Ball]:
    """Exact numbers, spectra and choices as balls of the working precision."""
    return {symbol: ball(value) for symbol, value in values.items()}


def ball(value: Any) -> Ball:
    if isinstance(value, np.ndarray):
        return [arb(float(entry)) for entry in value]
    if isinstance(value, sympy.Rational):
        return arb(fmpq(int(value.p), int(value.q)))
    if isinstance(value, (arb, acb, list)):
        return value
    if isinstance(value, Symbol):
        return arb("nan")  # the name of a choice has no number; only conditions read it
    if isinstance(value, (complex, np.complexfloating)):
        return acb(float(value.real), float(value.imag))
    return arb(float(value)) if isinstance(value, float) else arb(int(value))


class Walk:
    """Balls of expressions at some values. It remembers what it met before: formulas of spectra repeat long sums.

    `outer`: the walk of everything that does not read this one's own symbols, as inside an integral.
    """

    def __init__(
        self,
        values: Mapping[Any, Ball],
        shape: Shape = PLAIN,
        outer: "Walk | None" = None,
        reads: dict[Any, bool] | None = None,
    ) -> None:
        self.own, self.shape, self.outer = frozenset(values), shape, outer
        self.notes: dict[Any, Any] = outer.notes if outer else {}  # what integrals share over one evaluation
        self.known = dict(values)
        self.reads = {} if reads is None else reads  # whether a node reads the own symbols: the same in every walk

    def of(self, node: Any) -> Ball:
        if node not in self.known:
            self.known[node] = self.outer.of(node) if self.outer and not self._reads(node) else _evaluated(node, self)
        return self.known[node]

    def _reads(self, node: Any) -> bool:
        if node not in self.reads:
            self.reads[node] = bool(free_symbols(node) & self.own)
        return self.reads[node]

    def inner(self, values: Mapping[Any, Ball], shape: Shape | None = None, reads: Any = None) -> "Walk":
        return Walk(values, shape or self.shape, self, reads)


def _evaluated(node: Any, walk: Walk) -> Ball:
    if isinstance(node, Symbol):
        raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
    if node in CONSTANTS:
        return CONSTANTS[node]()
    if isinstance(node, sympy.Rational):
        return arb(fmpq(int(node.p), int(node.q)))
    if isinstance(node, sympy.Float):  # a decimal in a formula means itself: 0.1 is 1/10
        return ball(exact(repr(float(node))) if node._prec <= 53 else sympy.Rational(node))
    if isinstance(node, sympy.Piecewise):
        return _piecewise(node, walk)
    if isinstance(node, (sympy.Sum, sympy.Product)):
        return _ranged(node, walk)
    if isinstance(node, sympy.Integral):
        from theory.evaluation.integral import integral  # which walks

        return integral(node, walk)
    if isinstance(node, sympy.hyper):
        above, below, argument = node.args
        return hypergeometric(
            [walk.of(part) for part in above], [walk.of(part) for part in below], walk.of(argument), walk.shape
        )
    parts = [walk.of(part) for part in node.args]
    if isinstance(node, total):
        if not isinstance(parts[0], list):
            raise BadInput(f"{node}: {NO_MODES}")
        return sum(parts[0], arb(0))
    if any(isinstance(part, list) for part in parts):
        return _by_mode(node, _rows(parts), walk.shape)
    return _apply(node, parts, walk.shape)


def _by_mode(node: Any, rows: list[list[Any]], shape: Shape) -> list[Any]:
    """The node mode by mode; what spectra are mostly made of without asking for every mode what it is."""
    if isinstance(node, (sympy.Add, sympy.Mul)):
        combine = operator.add if isinstance(node, sympy.Add) else operator.mul
        return reduce(lambda one, two: list(map(combine, one, two)), rows)
    if isinstance(node, sympy.Pow) and node.exp in (-1, -2):
        base = rows[0] if node.exp == -1 else [entry * entry for entry in rows[0]]
        return [1 / entry for entry in base]
    return [_apply(node, list(entries), shape) for entries in zip(*rows, strict=True)]


def _rows(parts: list[Ball]) -> list[list[Any]]:
    length = max(len(part) for part in parts if isinstance(part, list))
    rows = [part if isinstance(part, list) else [part] * length for part in parts]
    if {len(row) for row in rows} != {length}:
        raise BadInput("two spectra of one formula differ in their number of modes; give both the same count")
    return rows


def _apply(node: Any, parts: list[Any], shape: Shape) -> Any:
    if isinstance(node, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(node, sympy.Mul):
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if isinstance(node, sympy.Pow):
        return power(parts[0], parts[1], node.args[1], shape)
    function = FUNCTIONS.get(type(node))
    if function is None or not parts:
        raise BadInput(
            f"{type(node).__name__} in {node} cannot be evaluated with a certain error; "
            "write it with the functions that SymPy and arb share"
        )
    try:
        return function(*parts, shape=shape)
    except (AttributeError, TypeError) as fault:
        raise BadInput(f"{type(node).__name__} in {node} is not evaluated at such arguments: {fault}") from fault


def _ranged(node: Any, walk: Walk) -> Any:
    """A finite sum or product over an index with exact bounds."""
    body, (index, *ends) = node.args[0], node.args[1]
    if len(node.args) > 2:
        body = node.func(body, *node.args[1:-1])
        index, *ends = node.args[-1]
    low, high = (_whole(end, node, walk) for end in ends)
    if high - low >= LONGEST_SUM:
        raise BadInput(f"{node} has {high - low + 1} terms, more than {LONGEST_SUM}; give a closed form")
    result = arb(0) if isinstance(node, sympy.Sum) else arb(1)
    reads: dict[Any, bool] = {}
    for number in range(low, high + 1):
        term = walk.inner({index: arb(number)}, reads=reads).of(body)
        result = result + term if isinstance(node, sympy.Sum) else result * term
    return result


def _whole(end: Any, node: Any, walk: Walk) -> int:
    if end in (sympy.oo, -sympy.oo):
        raise BadInput(f"{node} runs to infinity; give a closed form")
    value = walk.of(end)
    number = value.unique_fmpz() if isinstance(value, arb) else None
    if number is None or not (value.is_exact() or value.rad() < 1e-6):
        index = node.args[-1][0]  # the whole sum may be long, and takes long to print
        raise BadInput(f"the bound {end} of {index} is no certain whole number; sums and products run over whole ones")
    return int(number)


def _piecewise(node: sympy.Piecewise, walk: Walk) -> Ball:
    """The first case whose condition holds; the union of the possible ones where that is open."""
    cases = []
    for value, condition in node.args:
        truth = certain(condition, walk)
        if truth is False:
            continue
        cases.append((truth, walk.of(value)))
        if truth is True:
            break
    if not cases:
        raise BadInput(f"no case of {node} applies; add a last case with the condition True")
    lists = [part for case in cases for part in case if isinstance(part, list)]
    if not lists:
        return _united(cases, node, walk.shape)
    length = len(lists[0])
    return [
        _united(
            [tuple(part[i] if isinstance(part, list) else part for part in case) for case in cases], node, walk.shape
        )
        for i in range(length)
    ]


def _united(cases: list[Any], node: Any, shape: Shape) -> Any:
    result, certain_case = None, False
    for truth, value in cases:
        if truth is False:
            continue
        if result is not None or truth is None:
            if shape.analytic:
                return NONE
            result = value if result is None else acb(result).union(acb(value)) if _complex(result, value) else (
                result.union(value)
            )  # fmt: skip
        else:
            result = value
        if truth is True:
            certain_case = True
            break
    if result is None:
        raise BadInput(f"no case of {node} applies; add a last case with the condition True")
    return result if certain_case else arb("nan")


def _complex(*values: Any) -> bool:
    return any(isinstance(value, acb) for value in values)


def certain(condition: Any, walk: Walk) -> Any:
    """True, False, or None where balls leave it open; a list of these where the modes differ."""
    if condition in (True, False, sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, (sympy.And, sympy.Or)):
        decisive = isinstance(condition, sympy.Or)
        return _joined([certain(part, walk) for part in condition.args], decisive)
    if isinstance(condition, sympy.Not):
        return _each(lambda truth: None if truth is None else not truth, certain(condition.args[0], walk))
    if type(condition) not in COMPARISONS:
        raise BadInput(f"{condition} is no condition that can be decided; write comparisons joined by And, Or, Not")
    if walk.shape.analytic and walk.shape.complex:
        return None  # what is compared may be complex on the real line, which its continuation does not show
    compare = COMPARISONS[type(condition)]
    on_line = walk.shape.holomorphic and not walk.shape.analytic
    return _each(lambda ball: _compared(compare, ball, on_line), walk.of(condition.args[0] - condition.args[1]))


def _compared(compare: Any, difference: Any, on_line: bool = False) -> bool | None:
    """`on_line`: whether the variables are real, so that a complex difference is of no order."""
    if on_line and isinstance(difference, acb) and not difference.imag.contains(0):
        return None
    real = difference.real
    if real > 0 or real < 0 or difference.is_zero():
        return bool(compare(1 if real > 0 else -1 if real < 0 else 0, 0))
    if (compare is operator.ge and real >= 0) or (compare is operator.le and real <= 0):
        return True
    return None


def _joined(parts: list[Any], decisive: bool) -> Any:
    if any(isinstance(part, list) for part in parts):
        return [_joined(list(row), decisive) for row in zip(*_rows(parts), strict=True)]
    return decisive if decisive in parts else None if None in parts else not decisive


def _each(function: Any, value: Any) -> Any:
    return [function(entry) for entry in value] if isinstance(value, list) else function(value)


def symbols_read(expression: Basic) -> list[Symbol]:
    """The symbols that need a value, in a fixed order."""
    return sorted((symbol for symbol in free_symbols(expression) if isinstance(symbol, Symbol)), key=str)

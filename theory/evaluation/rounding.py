"""A SymPy expression in float64, node by node, each value with a bound on its rounding.

An overflow is not a number from there on; an underflow counts as an error of the smallest normal number.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial, reduce
from typing import Any

import numpy as np
import sympy
from flint import acb, arb
from sympy import Expr, Symbol, lambdify

from theory.domain import free_symbols, total
from theory.errors import BadInput
from theory.evaluation.walk import COMPARISONS, NO_MODES

Pair = tuple[np.ndarray, np.ndarray]  # values and bounds of their errors
EPS = float(np.finfo(float).eps)
TINY = float(np.finfo(float).tiny)
WHOLE = 2.0**53  # sums and products of whole numbers are exact below it
LIBRARY = 8 * EPS  # rounding of NumPy's and SciPy's elementary functions
OF_COMPLEX = 512 * EPS  # of SciPy's special functions of complex arguments, where they say 1e-13
MONOTONE = (
    sympy.exp, sympy.log, sympy.tanh, sympy.sinh, sympy.asinh, sympy.atan, sympy.erf, sympy.erfc, sympy.asin,
    sympy.acos, sympy.atanh, sympy.acosh, sympy.sign, sympy.Heaviside, sympy.floor, sympy.ceiling,
)  # fmt: skip
LIPSCHITZ = (sympy.sin, sympy.cos, sympy.Abs, sympy.re, sympy.im, sympy.conjugate)
NOTHING: Pair = (np.asarray(np.nan), np.asarray(np.inf))  # left to balls
PARTS = (sympy.Abs, sympy.re, sympy.im, sympy.conjugate)  # so they are for complex arguments too


@lru_cache(maxsize=512)
def vectorised(expression: Expr, symbols: tuple[Symbol, ...]) -> Callable[..., np.ndarray]:
    """The expression as a float64 function of arrays; `total` sums over the last axis, kept beside others."""
    written, quadratures = opened(expression)
    return lambdify(symbols, written, [{"total": _summed, **quadratures}, "scipy", "numpy"], cse=True)


def opened(expression: Any) -> tuple[Any, dict[str, Callable[..., np.ndarray]]]:
    """The expression with every integral as a named function of the symbols that it reads, and these functions.

    SciPy's quadrature, which lambdify would take, goes by one point at a time.
    """
    functions: dict[str, Callable[..., np.ndarray]] = {}

    def visited(node: Any) -> Any:
        if not isinstance(node, sympy.Basic) or not node.has(sympy.Integral):
            return node
        if not isinstance(node, sympy.Integral):
            return node.func(*map(visited, node.args))
        symbols = sorted(free_symbols(node), key=str)
        name = f"quadrature_{len(functions)}"
        functions[name] = partial(_quadrature, node, symbols)
        return sympy.Function(name)(*symbols)

    return visited(expression), functions


def _quadrature(node: Any, symbols: list[Any], *values: Any) -> np.ndarray:
    columns = dict(zip(symbols, map(np.asarray, values), strict=True))
    return Rounding({symbol: (column, np.zeros(column.shape)) for symbol, column in columns.items()}).of(node)[0]


def _summed(modes: Any) -> Any:
    if np.ndim(modes) == 0:
        raise BadInput(NO_MODES)
    return np.sum(modes, axis=-1, keepdims=np.ndim(modes) > 1)


def as_float(value: Any) -> Any:
    """The value in float64, or in complex128; the middle of a ball."""
    if isinstance(value, list):
        return np.array([as_float(entry) for entry in value])
    if isinstance(value, acb):
        return complex(float(value.real.mid()), float(value.imag.mid()))
    if isinstance(value, (np.ndarray, complex)):
        return value
    return float(value.mid()) if isinstance(value, arb) else float(value)


def pair_of(value: Any) -> Pair:
    """A known value in float64, and how far it may lie from what it stands for."""
    if isinstance(value, list):
        values, errors = zip(*(pair_of(entry) for entry in value), strict=True)
        return np.array(values), np.array(errors)
    if isinstance(value, acb):
        (real, off), (imaginary, aside) = pair_of(value.real), pair_of(value.imag)
        return real + 1j * imaginary, off + aside
    number = np.asarray(as_float(value))
    number = number if number.dtype.kind == "c" else number.astype(float)
    whole = isinstance(value, (int, sympy.Integer))
    exact = abs(value) <= 2**53 if whole else isinstance(value, (np.ndarray, float, complex))
    error = np.zeros(number.shape) if exact else _ulps(number, EPS)
    return number, error + float(value.rad()) * (1 + EPS) if isinstance(value, arb) else error


class Rounding:
    """The pairs of expressions at some values. `moved`: the functions whose bound is an estimate.

    `depth`: the number of integrals around; `coarse`: whether of these only the running bound is asked.
    `outer`: the walk of everything that does not read the index of a sum, `index`.
    """

    def __init__(
        self,
        known: Mapping[Any, Pair],
        depth: int = 0,
        coarse: bool = False,
        outer: "Rounding | None" = None,
        index: Symbol | None = None,
    ) -> None:
        self.known: dict[Any, Pair] = dict(known)
        self.depth, self.coarse, self.outer, self.index = depth, coarse, outer, index
        self.moved: set[str] = outer.moved if outer else set()

    @cached_property
    def extent(self) -> tuple[int, ...]:
        """The longest of what is known along every axis."""
        shapes = [self.outer.extent if self.outer else (), *(np.shape(value) for value, _ in self.known.values())]
        axes = max(map(len, shapes))
        return tuple(map(max, zip(*((*(1,) * (axes - len(shape)), *shape) for shape in shapes), strict=True)))

    def along(self, index: Symbol, numbers: np.ndarray) -> "Rounding":
        """The walk inside a sum, at some values of its index.   Shapes: numbers (terms, 1, …)."""
        return type(self)({index: (numbers, np.zeros(numbers.shape))}, self.depth, self.coarse, self, index)

    def of(self, node: Any) -> Pair:
        if node not in self.known:
            shared = self.outer if self.index not in free_symbols(node) else None
            self.known[node] = shared.of(node) if shared else _finite(*self._evaluated(node))
        return self.known[node]

    def _evaluated(self, node: Any) -> Pair:
        if isinstance(node, sympy.Number) or (isinstance(node, Expr) and not node.args and node.is_number):
            return _number(node)
        if isinstance(node, Symbol):
            raise BadInput(f"{node} has no value here; declare it in the setting or among the roots of the claim")
        if isinstance(node, sympy.Piecewise):
            return self._piecewise(node)
        if isinstance(node, sympy.Integral):
            from theory.evaluation.quadrature import quadrature  # which walks

            return quadrature(node, self)
        if isinstance(node, (sympy.Sum, sympy.Product)):
            from theory.evaluation.ranged import ranged  # which walks

            return ranged(node, self)
        if any(isinstance(part, sympy.Tuple) for part in node.args):  # hypergeometric functions, and other limits
            return NOTHING
        parts = [self.of(part) for part in node.args]
        if isinstance(node, total):
            return _total(parts[0])
        if isinstance(node, sympy.Add):
            return _sum(parts)
        if isinstance(node, sympy.Mul):
            return reduce(product, parts)
        if isinstance(node, (sympy.Min, sympy.Max)) and not any(np.iscomplexobj(value) for value, _ in parts):
            return _extreme(parts, 1 if isinstance(node, sympy.Max) else -1)
        if isinstance(node, sympy.Pow):
            return self._raised(parts[0], parts[1], node.args[1])
        return self._function(node, parts)

    def _raised(self, base: Pair, exponent: Pair, written: Any) -> Pair:
        return _power(base, exponent, written)

    def _function(self, node: Any, parts: list[Pair]) -> Pair:
        if isinstance(node, sympy.binomial):
            from theory.evaluation.ranged import binomials  # which are terms of sums, mostly

            found = binomials(*parts)
            if found is not None:
                return found
        places = [i for i, part in enumerate(node.args) if not part.is_number]
        names = tuple(Symbol(f"_{i}") for i in places)
        written = node.func(*(Symbol(f"_{i}") if i in places else part for i, part in enumerate(node.args)))
        read = [parts[i] for i in places]
        real = not any(np.iscomplexobj(value) for value, _ in read)
        if isinstance(node, LIPSCHITZ if real else PARTS):
            value = np.asarray(vectorised(written, names)(*(part[0] for part in read)))
            error = reduce(np.maximum, (part[1] for part in parts))
            return value, error + _ulps(value, LIBRARY)
        if isinstance(node, MONOTONE) and len(read) == 1 and real:
            function = vectorised(written, names)
            (at, off), value = read[0], np.asarray(function(read[0][0]))
            moves = [np.abs(function(np.where(off > 0, np.nextafter(at + s * off, s * np.inf), at)) - value)
                     for s in (-1, 1)]  # fmt: skip
            return value, np.maximum(*moves) * (1 + LIBRARY) + _ulps(value, 2 * LIBRARY)
        return self._estimated(node, written, names, read)

    def _estimated(self, node: Any, written: Any, names: tuple[Symbol, ...], read: list[Pair]) -> Pair:
        """The bound by moving every argument by its error and some roundings."""
        self.moved.add(type(node).__name__)
        at = [part[0] for part in read]
        real = not any(np.iscomplexobj(value) for value in at)
        try:
            function = vectorised(written, names)
            value = _real(function(*at)) if real else np.asarray(function(*at))
            error = _ulps(value, 4 * LIBRARY if real else OF_COMPLEX)
            for i, (middle, off) in enumerate(read):
                whole = (off == 0) & (middle == np.round(middle))
                step = np.where(whole, 0, 2 * off + 4 * EPS * np.abs(middle))
                for move in (-step, step) if real else (-step, step, -1j * step, 1j * step):
                    there = function(*at[:i], middle + move, *at[i + 1 :])
                    error = error + np.abs((_real(there) if real else there) - value)
            return value, error
        except (TypeError, NameError, AttributeError, ZeroDivisionError):
            return NOTHING  # NumPy and SciPy have no such function

    def _piecewise(self, node: Any) -> Pair:
        value, error = NOTHING
        for expression, condition in reversed(node.args):
            true, open_ = self._truth(condition)
            if not np.any(true | open_):
                continue
            inside, off = self.of(expression)
            value = np.where(open_, np.nan, np.where(true, inside, value))
            error = np.where(open_, np.inf, np.where(true, off, error))
        return value, error

    def _truth(self, condition: Any) -> tuple[np.ndarray, np.ndarray]:
        """Where a condition is true, and where rounding leaves it open."""
        if condition in (sympy.true, sympy.false):
            return np.asarray(bool(condition)), np.asarray(False)
        if isinstance(condition, sympy.Not):
            true, open_ = self._truth(condition.args[0])
            return ~true & ~open_, open_
        if isinstance(condition, (sympy.And, sympy.Or)):
            join = np.logical_and if isinstance(condition, sympy.And) else np.logical_or
            parts = [self._truth(part) for part in condition.args]
            surely = reduce(join, (true & ~open_ for true, open_ in parts))
            perhaps = reduce(join, (true | open_ for true, open_ in parts))
            return surely, perhaps & ~surely
        (left, off), (right, aside) = self._compared(*condition.args)
        margin = (off + aside) * (1 + 4 * EPS)
        open_ = ~((np.abs(left - right) > margin) | (margin == 0))
        return COMPARISONS[type(condition)](left, right) & ~open_, open_

    def _compared(self, left: Any, right: Any) -> tuple[Pair, Pair]:
        """Both sides; their difference and 0 where that is known better, as within an integral."""
        nothing = (np.asarray(0.0), np.asarray(0.0))
        if self.depth:
            if left - right in self.known:
                return self.known[left - right], nothing
            if right - left in self.known:
                return nothing, self.known[right - left]
        return self.of(left), self.of(right)


class Spread(Rounding):
    """What expressions may be over wide errors: the middle moves with the bound, as in interval arithmetic."""

    def _function(self, node: Any, parts: list[Pair]) -> Pair:
        alone = len(parts) == 1 and not np.iscomplexobj(parts[0][0])
        if alone and isinstance(node, (*MONOTONE, sympy.Abs, sympy.cosh)):
            middle, off = parts[0]
            ends = (middle - off, middle + off)
            if isinstance(node, (sympy.Abs, sympy.cosh)):  # these rise on both sides of 0
                ends = (np.maximum(np.abs(middle) - off, 0.0), np.abs(middle) + off)
            name = Symbol("_0")
            return _between(*(np.asarray(vectorised(node.func(name), (name,))(end)) for end in ends))
        return super()._function(node, parts)

    def _raised(self, base: Pair, exponent: Pair, written: Any) -> Pair:
        (middle, off), (power, aside) = base, exponent
        if np.iscomplexobj(middle) or np.iscomplexobj(power) or np.any(aside):
            return super()._raised(base, exponent, written)
        low, high = middle - off, middle + off
        if not isinstance(written, sympy.Integer):
            low = np.where(high > 0, np.maximum(low, 0.0), low)
        elif written % 2 == 0 or written < 0:
            near, side = np.abs(middle) - off, np.where((middle < 0) & (written % 2 == 1), -1.0, 1.0)
            crossed = near <= 0 if written < 0 else np.zeros(np.shape(near), dtype=bool)
            low, high = np.where(crossed, np.nan, np.maximum(near, 0.0)), np.abs(middle) + off
            return _between(side * low**power, side * high**power)
        return _between(np.power(low, power), np.power(high, power))


def _between(one: np.ndarray, other: np.ndarray) -> Pair:
    return (one + other) / 2, np.abs(one - other) / 2 * (1 + LIBRARY) + LIBRARY * (np.abs(one) + np.abs(other))


def _real(result: Any) -> np.ndarray:
    """Some of SciPy's functions are complex whatever they are given; a value that is not real is none."""
    array = np.asarray(result)
    return np.where(np.imag(array) == 0, np.real(array), np.nan) if array.dtype.kind == "c" else array


def _finite(value: Any, error: Any) -> Pair:
    value, error = np.asarray(value), np.asarray(error)
    good = np.isfinite(value) & np.isfinite(error)
    return (value, error) if good.all() else (np.where(good, value, np.nan), np.where(good, error, np.inf))


def _ulps(value: np.ndarray, relative: float) -> np.ndarray:
    """A relative error, and what is lost below the normal numbers."""
    size = np.abs(value)
    return relative * size + np.where(size < TINY, TINY, 0.0)


def _number(node: Any) -> Pair:
    try:
        number = complex(node) if node is sympy.I else float(node)
    except (OverflowError, TypeError):
        return NOTHING
    exact = node is sympy.I or (isinstance(node, sympy.Integer) and abs(number) <= 2**53)
    return np.asarray(number), np.asarray(0.0 if exact else EPS * abs(number))


def _sum(parts: list[Pair]) -> Pair:
    value, error, size = parts[0][0], parts[0][1], np.abs(parts[0][0])
    for other, off in parts[1:]:
        value, error, size = value + other, error + off, size + np.abs(other)
    exact = not error.any() and np.all(size < WHOLE) and all(np.all(part == np.round(part)) for part, _ in parts)
    return value, error if exact else error + EPS * (len(parts) - 1) * size


def _total(part: Pair) -> Pair:
    value, error = part
    if np.ndim(value) == 0:
        raise BadInput(NO_MODES)
    return _summed(value), _summed(np.broadcast_to(error, value.shape) + EPS * value.shape[-1] * np.abs(value))


def _extreme(parts: list[Pair], side: int) -> Pair:
    """The largest or, with the side −1, the least value; the bound is that of those which may be it."""
    largest = reduce(np.maximum, (side * value for value, _ in parts))
    surely = reduce(np.maximum, (side * value - off for value, off in parts))
    bounds = (np.where(side * value + off >= surely, off, 0.0) for value, off in parts)
    return side * largest, reduce(np.maximum, bounds)


def product(one: Pair, other: Pair) -> Pair:
    (a, off), (b, aside) = one, other
    value = a * b
    certain = not (off.any() or aside.any()) and np.all(np.abs(value) < WHOLE)
    if certain and all(np.all(factor == np.round(factor)) for factor in (a, b)):
        return value, np.zeros(value.shape)
    lost = np.where((np.abs(value) < TINY) & (a != 0) & (b != 0), TINY, 0.0)
    return value, np.abs(a) * aside + np.abs(b) * off + off * aside + 2 * EPS * np.abs(value) + lost


def _power(base: Pair, exponent: Pair, written: Any) -> Pair:
    """The value with |(1 + δ)^y − 1| ≤ (1 − r)^−|y| − 1 for |δ| ≤ r, and the exponent's own error through the log."""
    (b, off), (y, aside) = base, exponent
    value = np.sqrt(b) if written == sympy.Rational(1, 2) else 1 / b if written == -1 else np.power(b, y)
    ratio = np.where(off > 0, off / np.abs(b), 0.0)
    logs = np.where(aside > 0, np.abs(np.log(b)) * aside, 0.0)
    growth = np.expm1(-(np.abs(y) + aside) * np.log1p(-np.minimum(ratio, 1)) * (1 + EPS) + logs)
    near = np.abs(value) * growth
    if isinstance(written, sympy.Integer) and written > 0:  # also through 0
        size = np.abs(b)
        far = np.power(size + off, float(written)) + np.abs(value)
        near = np.where(ratio < 0.5, near, far)
    elif not isinstance(written, sympy.Integer) and np.iscomplexobj(b):
        near = np.where((np.real(b) < off) & (np.abs(np.imag(b)) <= off) & (off > 0), np.inf, near)
    lost = np.where((np.abs(value) < TINY) & (b != 0), TINY, 0.0)
    turns = 1 + np.abs(y * np.log(b)) if np.iscomplexobj(value) else 1.0  # a complex power is exp(y log b)
    return value, near * (1 + LIBRARY) + LIBRARY * turns * np.abs(value) + lost

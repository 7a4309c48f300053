"""From an expression to float64 by NumPy and SciPy, one value per trial or one at a point, with its rounding.

It shares no arithmetic with the balls of `evaluate`, which it is compared with.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from flint import acb, arb
from sympy import Basic, Expr, Symbol, lambdify

from theory.errors import BadInput
from theory.evaluate import Prediction
from theory.evaluation.walk import NO_MODES

Evaluated = Callable[[Sequence[np.ndarray]], np.ndarray]
EPS = float(np.finfo(float).eps)
EXTENDED = bool(np.finfo(np.longdouble).eps < EPS / 100)  # not on every platform


@lru_cache(maxsize=512)
def vectorised(expression: Expr, symbols: tuple[Symbol, ...]) -> Callable[..., np.ndarray]:
    """The expression as a float64 function of arrays; `total` sums over the last axis, kept beside others."""
    return lambdify(symbols, expression, [{"total": _summed}, "scipy", "numpy"], cse=True)


def per_trial(expression: Basic, values: Mapping[Symbol, Any], measured: Mapping[Symbol, np.ndarray]) -> Prediction:
    """The expression for every trial, with a bound on its rounding: the difference to extended precision.

    Where that is missing (some platforms, some special functions) inputs are moved by a rounding instead.
    Shapes: measured (trials,) each -> (trials,).
    """
    trials = len(next(iter(measured.values())))
    symbols = tuple(sorted((symbol for symbol in expression.free_symbols if isinstance(symbol, Symbol)), key=str))
    bent = [str(symbol) for symbol in symbols if np.ndim(measured.get(symbol, ())) > 1]
    if bent:
        raise BadInput(
            f"{expression} reads {', '.join(bent)}, which is an array in every "
            "trial; write the prediction as a Computed"
        )
    columns = any(
        isinstance(values.get(symbol), np.ndarray) for symbol in symbols
    )  # modes lie along the last axis, so trials along the first
    shape = (trials, 1) if columns else (trials,)
    arrays = [
        np.asarray(measured[symbol], dtype=float).reshape(shape)
        if symbol in measured
        else np.asarray(as_float(values[symbol]))
        for symbol in symbols
    ]
    function = vectorised(expression, symbols)  # type: ignore[arg-type]

    def evaluated(inputs: Sequence[np.ndarray]) -> np.ndarray:
        try:
            return np.broadcast_to(_real(function(*inputs)), shape).reshape(trials)
        except ValueError as fault:
            raise BadInput(f"{expression} has one value per mode; sum it with total(…)") from fault

    with np.errstate(all="ignore"):  # what is not finite is the caller's matter
        value = evaluated(arrays).astype(float)
        finer = _finer(evaluated, arrays)
        rounding = _moved(evaluated, arrays, value) if finer is None else np.abs(finer - value).astype(float)
    return Prediction(
        value,
        4 * (rounding + 4 * EPS * np.abs(value)),
        f"float64 against {'moved inputs' if finer is None else 'extended precision'}",
    )


def in_float64(expression: Basic, values: Mapping[Symbol, Any]) -> Prediction:
    """The value by NumPy and SciPy alone; its error estimates the rounding of the arithmetic and of every input."""
    symbols = tuple(sorted((symbol for symbol in expression.free_symbols if isinstance(symbol, Symbol)), key=str))
    function = vectorised(expression, symbols)  # type: ignore[arg-type]
    arrays = [np.asarray(as_float(values[symbol])) for symbol in symbols]

    def evaluated(inputs: Sequence[np.ndarray]) -> np.ndarray:
        return _real(function(*inputs)).reshape(1)

    with np.errstate(all="ignore"):
        value = evaluated(arrays).astype(float)
        finer = _finer(evaluated, arrays)
        rounding = _moved(evaluated, arrays, value) + (0 if finer is None else np.abs(finer - value).astype(float))
    return Prediction(float(value[0]), float(4 * (rounding + 4 * EPS * np.abs(value))[0]), "float64")


def _real(result: Any) -> np.ndarray:
    """Some of SciPy's functions are complex whatever they are given; a value that is not real is none."""
    array = np.asarray(result)
    return np.where(np.imag(array) == 0, np.real(array), np.nan) if array.dtype.kind == "c" else array


def _finer(evaluated: Evaluated, arrays: Sequence[np.ndarray]) -> np.ndarray | None:
    """The value in extended precision; None where the platform, or one of SciPy's functions, has none."""
    try:
        finer = [array.astype(np.clongdouble if array.dtype.kind == "c" else np.longdouble) for array in arrays]
        return evaluated(finer) if EXTENDED else None
    except TypeError:
        return None


def _moved(evaluated: Evaluated, arrays: Sequence[np.ndarray], value: np.ndarray) -> np.ndarray:
    """How far the value moves, in all, when each input in turn is moved by some roundings."""
    moved = [[*arrays[:i], arrays[i] * (1 + 4 * EPS), *arrays[i + 1 :]] for i in range(len(arrays))]
    return sum((np.abs(evaluated(inputs) - value) for inputs in moved), np.zeros_like(value))


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
    return value if isinstance(value, np.ndarray) else float(value.mid()) if isinstance(value, arb) else float(value)

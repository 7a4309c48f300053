"""From an expression to float64 by NumPy and SciPy, one value per trial or one at a point, with a bound on its error.

`in_float64` shares no arithmetic with the balls of `evaluate`, which it is compared with.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Basic, Symbol

from theory.domain import free_symbols
from theory.errors import BadInput
from theory.evaluate import Prediction, ball_at, predicted
from theory.evaluation.rounding import EPS, Pair, Rounding, as_float, pair_of, vectorised

__all__ = ["EPS", "along_columns", "as_float", "in_float64", "pair_of", "per_trial", "real_pair", "vectorised"]
BLOCK = 2**19  # numbers of one node held at once
MOST_BALLS, MOST_INTEGRALS = 1000, 30  # trials evaluated anew, about a second


def per_trial(
    expression: Basic,
    values: Mapping[Symbol, Any],
    measured: Mapping[Symbol, np.ndarray],
    bounds: Mapping[Symbol, np.ndarray] | None = None,
) -> Prediction:
    """The expression for every trial, with a bound on its error; what float64 cannot hold is evaluated by balls.

    `bounds`: by how much some of the measured numbers may be off, no number where that is unknown.
    Shapes: measured, bounds (trials,) each -> (trials,).
    """
    trials = len(next(iter(measured.values())))
    symbols = _symbols(expression)
    bent = [str(symbol) for symbol in symbols if np.ndim(measured.get(symbol, ())) > 1]
    if bent:
        raise BadInput(
            f"{expression} reads {', '.join(bent)}, which is an array in every "
            "trial; write the prediction as a Computed"
        )
    known = {symbol: pair_of(values[symbol]) for symbol in symbols if symbol not in measured}
    drawn = {symbol: np.asarray(measured[symbol], dtype=float) for symbol in symbols if symbol in measured}
    off = {symbol: np.abs((bounds or {}).get(symbol, np.zeros(trials))) for symbol in drawn}
    off = {symbol: np.where(np.isnan(bound), np.inf, bound) for symbol, bound in off.items()}
    columns = {symbol: (array, off[symbol]) for symbol, array in drawn.items()}
    value, error, moved = along_columns(expression, known, columns, trials)
    with np.errstate(all="ignore"):
        value, error = real_pair(value, error)
    anew = _by_balls(expression, values, columns, value, error)
    return Prediction(value, error, _guarantee(moved) + (", balls where it overflows" if anew else ""))


def along_columns(
    expression: Basic, known: Mapping[Symbol, Pair], columns: Mapping[Symbol, Pair], count: int
) -> tuple[np.ndarray, np.ndarray, set[str]]:
    """Values, bounds of their errors, and the functions whose bound is an estimate, at many places.

    `known`: numbers and spectra that are the same everywhere.   Shapes: columns (count,) each -> (count,), (count,).
    """
    modes = max((value.size for value, _ in known.values()), default=1)
    step = max(1, BLOCK // modes)
    parts = []
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        here = {symbol: (array[part], off[part]) for symbol, (array, off) in columns.items()}
        parts.append(_block(expression, known, here, part.stop - first))
    value, error = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    return value, error, set().union(*(part[2] for part in parts))


def _block(
    expression: Basic, known: Mapping[Symbol, Pair], drawn: Mapping[Symbol, Pair], trials: int
) -> tuple[np.ndarray, np.ndarray, set[str]]:
    """Modes lie along the last axis, so trials along the first."""
    columns = any(value.ndim for value, _ in known.values())
    shape = (trials, 1) if columns else (trials,)
    walk = Rounding({**known, **{s: (a.reshape(shape), error.reshape(shape)) for s, (a, error) in drawn.items()}})
    with np.errstate(all="ignore"):  # what is not finite is not a number
        value, error = walk.of(expression)
    try:
        value, error = (np.broadcast_to(array, shape).reshape(trials) for array in (value, error))
        return value, error, walk.moved
    except ValueError as fault:
        raise BadInput(f"{expression} has one value per mode; sum it with total(…)") from fault


def _by_balls(
    expression: Basic, values: Mapping[Symbol, Any], drawn: Mapping[Symbol, Pair], value: Any, error: Any
) -> bool:
    """Replaces what float64 leaves open by what balls say; the first of them only, where they are many."""
    most = MOST_INTEGRALS if expression.has(sympy.Integral) else MOST_BALLS
    lost = np.flatnonzero(~np.isfinite(error))[:most]
    for trial in lost:
        at = {**values, **{symbol: _ball(array[trial], off[trial]) for symbol, (array, off) in drawn.items()}}
        for bits in (128, 1024):
            try:
                found = predicted(ball_at(expression, at, bits))
            except BadInput:
                continue
            if found.error <= 4 * EPS * abs(found.value) or bits == 1024:
                value[trial], error[trial] = found.value, found.error
                break
    return bool(np.isfinite(error[lost]).any())


def _ball(value: Any, off: Any) -> Any:
    return arb(float(value), float(off)) if off else float(value)


def in_float64(expression: Basic, values: Mapping[Symbol, Any]) -> Prediction:
    """The value by NumPy and SciPy alone, not a number where they overflow; its error covers every rounding."""
    walk = Rounding({symbol: pair_of(values[symbol]) for symbol in _symbols(expression)})
    with np.errstate(all="ignore"):
        value, error = real_pair(*walk.of(expression))
    return Prediction(float(value.reshape(1)[0]), float(error.reshape(1)[0]), _guarantee(walk.moved))


def real_pair(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The real part, where the imaginary one may be 0."""
    real = np.abs(np.imag(value)) <= error
    return np.where(real, np.real(value), np.nan), np.where(real, error, np.inf)


def _symbols(expression: Basic) -> list[Symbol]:
    return sorted((symbol for symbol in free_symbols(expression) if isinstance(symbol, Symbol)), key=str)


def _guarantee(moved: set[str]) -> str:
    return "float64 with a running error bound" + (f", estimated for {', '.join(sorted(moved))}" if moved else "")

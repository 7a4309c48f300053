"""A user's data in a simulator: rows drawn afresh in every trial, and inputs turned to uncorrelated coordinates."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.arrays import Array
from numerics.streams import Stream
from theory.errors import BadInput


def subsample(
    data: Mapping[str, np.ndarray], n: int, rng: Stream, *, trials: int | None = None, repeat: bool = False
) -> dict[str, Array]:
    """n rows of every array, the same of each, chosen anew in every trial.

    `repeat`: rows are drawn independently, so that the data set itself is the population; otherwise without
    replacement. Labels are redrawn by the simulator, from what it calls their law.

    Shapes: data[name] (rows, …) -> (trials, n, …), or (n, …) where no trials are asked for.   Raises BadInput.
    """
    counts = {name: len(array) if np.ndim(array) else 0 for name, array in data.items()}
    rows = min(counts.values(), default=0)
    if not rows or len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items()) or "no array"
        raise BadInput(f"subsample: the arrays have no rows in common ({listed}); give arrays of as many rows each")
    if n > rows and not repeat:
        raise BadInput(f"subsample: n={n} of {rows} rows; take n <= {rows}, or repeat=True to draw them independently")
    xp, many = rng.xp, trials or 1
    picks = rng.integers(rows, (many, n)) if repeat else rng.permutation(rows, many)[:, :n]
    picks = picks if trials else picks[0, :]
    return {name: _taken(xp, rng.asarray(array), picks) for name, array in data.items()}


def _taken(xp: Any, array: Array, picks: Array) -> Array:
    return xp.reshape(xp.take(array, xp.reshape(picks, (-1,)), axis=0), (*picks.shape, *array.shape[1:]))


def principal_axes(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows, less their mean, in coordinates of mean 0 and covariance diag(spectrum), and that spectrum.

    Directions in which the rows do not vary, up to rounding, are left out.
    Shapes: (rows, features) -> (rows, p), (p,) in descending order.   Raises BadInput where nothing varies.
    """
    if np.ndim(inputs) != 2 or not np.all(np.isfinite(inputs)):
        raise BadInput(f"principal_axes: inputs of shape {np.shape(inputs)}; give finite numbers of shape "
                       "(rows, features)")
    left, values, _ = np.linalg.svd(inputs - np.mean(inputs, axis=0), full_matrices=False)
    kept = values > max(inputs.shape) * np.finfo(float).eps * max(np.max(values), np.max(np.abs(inputs)))
    if not np.any(kept):
        raise BadInput("principal_axes: all rows are the same; give data that vary")
    return left[:, kept] * values[kept], values[kept] ** 2 / len(inputs)

"""How false a changed slope or order is: what the pilot's means along the ladder surely show, four standard errors on.

Of an order, the least trend that refutes it stands for 2 %.
"""

from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Measured
from proofs_check.statistics.slopes import readings
from theory.evaluate import Prediction
from theory.relation import Exponent, Order

Z = 4.0  # standard errors that a verdict asks for, to an order of magnitude
A_LIMIT = 2 / 100  # what has no scale has a tolerance of its own, which stands for 2 %


def off_slope(relation: Exponent, base: Sequence[Measured]) -> float:
    """By how much the means have another slope than claimed, in every way that this relation reads them."""
    x = np.array(relation.along.sizes, dtype=float) / relation.along.sizes[-1]
    mean, error = _means(base)
    slope = float(np.mean(base[0].prediction.value))
    corrections = [] if relation.correction is None else [relation.correction]
    found = []
    for way in readings(len(x), corrections=corrections, floor=relation.floor):
        tilt, level = (part(x, error, slope) for part in (way.slope_weights, way.level_weights))
        with np.errstate(all="ignore"):
            found.append((tilt @ mean / (level @ mean), np.linalg.norm(tilt * error) / abs(level @ mean)))
    steeper, flatter = (min(sign * step - Z * noise for step, noise in found) for sign in (1, -1))
    return float(max(steeper, flatter, 0.0))


def off_order(relation: Order, base: Sequence[Measured], told: Sequence[Prediction]) -> float:
    """By how much a shape is off, the claim's own being an order of the means in its sense, whatever the constant.

    O is not false of a larger shape, and o is taken for true of any that was not measured.
    """
    shapes = [float(new.value) / float(only.prediction.value) for only, new in zip(base, told, strict=True)]
    trend = _per_log(relation, _trend(relation, np.array(shapes)))
    return {"O": max(-trend, 0.0), "o": 0.0, "Theta": abs(trend)}[relation.sense]


def off_sense(relation: Order, claimed: Order, base: Sequence[Measured]) -> float:
    """By how much the same shape is none in another sense: Theta of what falls, o of what does not."""
    if relation.sense == "O":
        return 0.0  # of both the others it follows
    mean, error = _means(base)
    shape = np.array([float(only.prediction.value) for only in base])
    trend, noise = _trend(relation, mean / shape), _noise_of_trend(relation, error / mean)
    if relation.sense == "o":
        return 1.0 if claimed.sense == "Theta" or trend - Z * noise > -A_LIMIT else 0.0
    return _per_log(relation, max(-trend - Z * noise, 0.0))


def _means(base: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Means of the rungs and their standard errors; those of what never varies are as small as rounding."""
    trials = [only.observable for only in base]
    mean = np.array([row.mean() for row in trials])
    error = np.array([row.std(ddof=1) / np.sqrt(len(row)) for row in trials])
    return mean, np.maximum(error, 1e-12 * np.abs(mean))


def _trend(relation: Order, ratios: np.ndarray) -> float:
    """The slope of the logarithms; not a number where a ratio has none."""
    with np.errstate(all="ignore"):
        logs = np.log(ratios)
    return float(_line(relation) @ logs) if np.all(np.isfinite(logs)) else float("nan")


def _noise_of_trend(relation: Order, errors: np.ndarray) -> float:
    return float(np.linalg.norm(_line(relation) * errors))


def _line(relation: Order) -> np.ndarray:
    """w with w·y the least squares slope of y over log size.   Shapes: -> (rungs,)."""
    logs = np.log(np.array(relation.along.sizes, dtype=float))
    return (logs - logs.mean()) / np.sum((logs - logs.mean()) ** 2)


def _per_log(relation: Order, trend: float) -> float:
    """A trend in units in which that of a factor log size is 2 %."""
    return trend * float(np.log(max(relation.along.sizes[-1], np.e))) * A_LIMIT

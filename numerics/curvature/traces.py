"""Trace and Frobenius norm of a symmetric matrix that is known by its products.

Hutch++ (Meyer, Musco, Musco, Woodruff 2021) splits off the range Q of a sketch. Given Q its probes are independent, so
that an interval follows from their spread. XTrace would use every product twice, but the spread of its exchangeable
estimates is no standard error: on a full spectrum it was measured a quarter too small.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.curvature.lanczos import Product, on_host
from numerics.streams import Stream


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error, and an interval at the level asked for (asymptotic in the number of probes)."""

    value: float
    stderr: float
    low: float
    high: float
    products: int


@dataclass(frozen=True)
class Moments:
    """tr A and ‖A‖_F² from the same products."""

    trace: Estimate
    square: Estimate


def hutchpp(
    product: Product, size: int, rng: Stream, *, level: float = 1e-3, rtol: float = 0.01, sketch: int = 16,
    most: int = 2000, enough: Callable[[Moments], bool] = lambda found: False,
) -> Moments:
    """tr A and ‖A‖_F², probes doubled until both intervals are as narrow as ±rtol, or `enough`, or `most` products.

    With P = I − QQᵀ: tr A = tr QᵀAQ + E ωᵀPAPω and ‖A‖_F² = ‖AQ‖_F² + E ‖APω‖². The k-th look has 6/(πk)² of the level.
    """
    xp, sketch = rng.xp, min(sketch, size)
    probes = rng.child("sketch").signs((sketch, size))
    Q = xp.linalg.qr(xp.matrix_transpose(product(probes)))[0]
    images = product(xp.matrix_transpose(Q))
    fixed = float(xp.sum(xp.matrix_transpose(Q) * images)), float(xp.sum(images**2))
    used, looks, samples = 2 * sketch, 0, np.zeros((2, 0))
    if sketch == size:
        exact = [Estimate(value, 0.0, value, value, used) for value in fixed]
        return Moments(*exact)
    while True:
        looks += 1
        count = max(16, samples.shape[1])
        omega = rng.child("probes", looks).signs((count, size))
        free = omega - (omega @ Q) @ xp.matrix_transpose(Q)
        moved = product(free)
        fresh = xp.stack([xp.sum(free * moved, axis=-1), xp.sum(moved**2, axis=-1)])
        samples, used = np.concatenate([samples, on_host(fresh)], axis=1), used + count
        share = level * 6 / (math.pi * looks) ** 2
        found = Moments(*(_estimate(part, row, share, used) for part, row in zip(fixed, samples, strict=True)))
        narrow = all(one.high - one.low <= 2 * rtol * abs(one.value) for one in (found.trace, found.square))
        if narrow or enough(found) or used + 2 * count > most:
            return found


def _estimate(fixed: float, samples: np.ndarray, level: float, products: int) -> Estimate:
    from scipy.special import stdtrit  # late: whoever only explains a claim need not wait for SciPy

    error = float(np.std(samples, ddof=1) / math.sqrt(len(samples)))
    reach = -float(stdtrit(len(samples) - 1, level / 2)) * error
    value = fixed + float(np.mean(samples))
    return Estimate(value, error, value - reach, value + reach, products)

"""Trace and Frobenius norm of a symmetric matrix that is known by its products.

Hutch++ (Meyer, Musco, Musco, Woodruff 2021) splits off the range Q of a sketch. Given Q its probes are independent, so
that an interval follows from their spread. XTrace would use every product twice, but the spread of its exchangeable
estimates is no standard error: on a full spectrum it was measured a quarter too small.
"""

import math
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
    most: int = 2000,
) -> Moments:
    """`hutchpp_many` of one matrix.   Shapes: product (k, size) -> (k, size)."""
    return hutchpp_many(lambda V: product(V[0, ...])[None, ...], 1, size, rng, level=level, rtol=rtol, sketch=sketch,
                        most=most)[0]  # fmt: skip


def hutchpp_many(
    product: Product, count: int, size: int, rng: Stream, *, level: float = 1e-3, rtol: float = 0.01, sketch: int = 16,
    most: int = 2000,
) -> list[Moments]:
    """tr A and ‖A‖_F² of `count` matrices, probes doubled until all intervals are within ±rtol, or `most` products.

    With P = I − QQᵀ: tr A = tr QᵀAQ + E ωᵀPAPω and ‖A‖_F² = ‖AQ‖_F² + E ‖APω‖². The k-th look has 6/(πk)² of the level.
    Matrices share their probes, each has its own Q.   Shapes: product (count, k, size) -> (count, k, size).
    """
    xp, sketch = rng.xp, min(sketch, size)
    probes = xp.broadcast_to(rng.child("sketch").signs((1, sketch, size)), (count, sketch, size))
    Q = xp.linalg.qr(xp.matrix_transpose(product(probes)))[0]
    turned = xp.matrix_transpose(Q)
    images = product(turned)
    fixed = on_host(xp.stack([xp.sum(turned * images, axis=(1, 2)), xp.sum(images**2, axis=(1, 2))]))
    used, looks, samples = 2 * sketch, 0, np.zeros((2, count, 0))
    if sketch == size:
        return [Moments(*(Estimate(value, 0.0, value, value, used) for value in map(float, row))) for row in fixed.T]
    while True:
        looks += 1
        fresh = max(16, samples.shape[2])
        omega = rng.child("probes", looks).signs((1, fresh, size))
        free = omega - (omega @ Q) @ turned
        moved = product(free)
        drawn = xp.stack([xp.sum(free * moved, axis=-1), xp.sum(moved**2, axis=-1)])
        samples, used = np.concatenate([samples, on_host(drawn)], axis=2), used + fresh
        share = level * 6 / (math.pi * looks) ** 2
        found = [Moments(*(_estimate(float(fixed[part, one]), samples[part, one], share, used) for part in (0, 1)))
                 for one in range(count)]  # fmt: skip
        ends = [one for both in found for one in (both.trace, both.square)]
        if all(one.high - one.low <= 2 * rtol * abs(one.value) for one in ends) or used + 2 * fresh > most:
            return found


def _estimate(fixed: float, samples: np.ndarray, level: float, products: int) -> Estimate:
    from scipy.special import stdtrit  # late: whoever only explains a claim need not wait for SciPy

    error = float(np.std(samples, ddof=1) / math.sqrt(len(samples)))
    reach = -float(stdtrit(len(samples) - 1, level / 2)) * error
    value = fixed + float(np.mean(samples))
    return Estimate(value, error, value - reach, value + reach, products)

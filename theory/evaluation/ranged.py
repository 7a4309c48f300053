"""Finite sums and products over an index in float64: all terms at once, along an axis in front of the others.

What terms share is evaluated once, outside of that axis. The bound of a sum is the sum of the terms' own bounds, and a
rounding of the sum of their sizes for every term. Where the ends of the range differ from point to point, the axis
holds the terms of all points, and each takes its own.
"""

from functools import lru_cache, reduce
from math import comb, prod
from typing import Any

import numpy as np
import sympy

from theory.evaluation.rounding import EPS, NOTHING, Pair, Rounding, product
from theory.evaluation.walk import LONGEST_SUM

HELD = 2**17  # numbers of one node held at once
NEAR = 1e-6  # how far from a whole number an end may lie
LARGEST = 512  # of the binomials that are looked up


@np.errstate(all="ignore")  # what is not finite is not a number
def ranged(node: Any, walk: Rounding) -> Pair:
    """A sum or product; not a number where an end is no certain whole number, or the range too long."""
    body, (index, *ends) = node.args[0], node.args[-1]
    if len(node.args) > 2:
        body = node.func(body, *node.args[1:-1])
    low, high = np.broadcast_arrays(*(_whole(walk.of(end)) for end in ends))
    known = high - low < LONGEST_SUM  # nor where an end is not a number
    if not known.any():
        return NOTHING
    over, empty = (_sum, 0.0) if isinstance(node, sympy.Sum) else (_product, 1.0)
    found: Pair = (np.asarray(empty), np.asarray(0.0))
    first, last = int(low[known].min()), int(high[known].max())
    step = max(1, HELD // max(prod(walk.extent), known.size))
    for start in range(first, last + 1, step):
        numbers = np.arange(start, min(start + step, last + 1), dtype=float)
        numbers = numbers.reshape(-1, *(1,) * max(len(walk.extent), known.ndim))
        found = over(found, walk.along(index, numbers).of(body), (numbers >= low) & (numbers <= high))
    return np.where(known, found[0], np.nan), np.where(known, found[1], np.inf)


def _whole(pair: Pair) -> np.ndarray:
    """The whole number that a pair surely stands for; not a number where it is none."""
    value, error = pair
    number = np.round(value) if np.isrealobj(value) else np.asarray(np.nan)
    return np.where((np.abs(value - number) <= error) & (error < NEAR), number, np.nan)


def _sum(before: Pair, terms: Pair, taken: np.ndarray) -> Pair:
    value, error = (np.where(taken, part, 0) for part in terms)
    size, found = np.abs(value).sum(0), value.sum(0)
    off = error.sum(0) + EPS * taken.sum(0) * size
    return before[0] + found, before[1] + off + EPS * (np.abs(before[0]) + np.abs(found))


def _product(before: Pair, terms: Pair, taken: np.ndarray) -> Pair:
    value, error = np.where(taken, terms[0], 1), np.where(taken, terms[1], 0)
    return reduce(product, zip(value, error, strict=True), before)


def binomials(n: Pair, k: Pair) -> Pair | None:
    """Binomials of whole numbers, rounded once, not a number for n below 0; None where some argument is another one.

    Shapes: those of n and k -> of both together.
    """
    if any(np.iscomplexobj(value) or np.any((value != np.round(value)) | (off != 0)) for value, off in (n, k)):
        return None
    if np.any(n[0] > LARGEST):
        return None
    row, place = np.clip(n[0], -1, LARGEST).astype(int), np.clip(k[0], -1, LARGEST + 1).astype(int)
    value = _table()[row, place]
    return value, EPS * np.abs(value)


@lru_cache(maxsize=1)
def _table() -> np.ndarray:
    """Binomials of n and k up to the largest; the last row, which −1 picks, is not a number, columns beyond n are 0."""
    table = np.zeros((LARGEST + 2, LARGEST + 3))
    for n in range(LARGEST + 1):
        table[n, : n + 1] = [float(comb(n, k)) for k in range(n + 1)]
    table[-1] = np.nan
    return table

"""Spectral density by stochastic Lanczos quadrature."""

import math
from dataclasses import dataclass

import numpy as np

from numerics.curvature.lanczos import Krylov, Product
from numerics.streams import Stream


@dataclass(frozen=True)
class Density:
    """(1/p) Σ δ(x − λᵢ) smoothed by a normal law, on a grid: mean over the probes, and its standard error."""

    grid: np.ndarray
    value: np.ndarray
    stderr: np.ndarray
    width: float
    products: int


def spectral_density(
    product: Product, size: int, rng: Stream, *, probes: int = 8, steps: int = 40, points: int = 400,
    width: float | None = None,
) -> Density:
    """`spectral_densities` of one matrix.   Shapes: product (k, size) -> (k, size)."""
    return spectral_densities(lambda V: product(V[0, ...])[None, ...], 1, size, rng, probes=probes, steps=steps,
                              points=points, width=width)[0]  # fmt: skip


def spectral_densities(
    product: Product, count: int, size: int, rng: Stream, *, probes: int = 8, steps: int = 40, points: int = 400,
    width: float | None = None,
) -> list[Density]:
    """Densities of `count` matrices from the same starts; `width` is the smoothing, a hundredth of each spectrum.

    Shapes: product (count, k, size) -> (count, k, size).
    """
    xp, shape = rng.xp, (count, probes, size)
    start = xp.reshape(xp.broadcast_to(rng.normal((1, probes, size)), shape), (-1, size))
    space = Krylov(lambda V: xp.reshape(product(xp.reshape(V, shape)), (-1, size)), start)
    while space.steps < steps and not space.exhausted:
        space.grow()
    nodes, vectors = space.ritz()
    weights = vectors[:, 0, :] ** 2
    parts = (slice(one * probes, (one + 1) * probes) for one in range(count))
    return [_smoothed(nodes[part], weights[part], points, width, probes * space.steps) for part in parts]


def _smoothed(nodes: np.ndarray, weights: np.ndarray, points: int, width: float | None, products: int) -> Density:
    """Bumps at the nodes of every probe.   Shapes: (probes, steps) both."""
    low, high, probes = nodes.min(), nodes.max(), len(nodes)
    width = float(width or 0.01 * (high - low) or 1.0)
    grid = np.linspace(low - 5 * width, high + 5 * width, points)
    bumps = np.exp(-(((grid - nodes[..., None]) / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi))
    each = np.sum(weights[..., None] * bumps, axis=1)
    error = np.std(each, axis=0, ddof=1) / math.sqrt(probes) if probes > 1 else np.full(points, np.inf)
    return Density(grid, each.mean(axis=0), error, width, products)

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
    """The density from `probes` normal starts; `width` is the smoothing, a hundredth of the spectrum unless given."""
    space = Krylov(product, rng.normal((probes, size)))
    while space.steps < steps and not space.exhausted:
        space.grow()
    nodes, vectors = space.ritz()
    weights = vectors[:, 0, :] ** 2
    low, high = nodes.min(), nodes.max()
    width = float(width or 0.01 * (high - low) or 1.0)
    grid = np.linspace(low - 5 * width, high + 5 * width, points)
    bumps = np.exp(-(((grid - nodes[..., None]) / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi))
    each = np.sum(weights[..., None] * bumps, axis=1)
    error = np.std(each, axis=0, ddof=1) / math.sqrt(probes) if probes > 1 else np.full(points, np.inf)
    return Density(grid, each.mean(axis=0), error, width, probes * space.steps)

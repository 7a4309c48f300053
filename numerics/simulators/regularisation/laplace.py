"""Posterior mean and mode under a Laplace prior by quadrature, and the proximal map of its penalty by search."""

import functools
from collections.abc import Callable

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.denoising import LaplaceDenoising

PIECES, NODES, REACH = 24, 20, 12.0
TINY = 1e-30  # step into the complex plane: derivatives without a difference
GRID, HALVINGS = 60, 60
STEP = 0.05
EPS = float(np.finfo(float).eps)


@simulates(LaplaceDenoising, cost=1e-4)
def laplace_denoising(*, b: float, s: float, y: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Computes once, and repeats."""
    mass, mean, variance = (float(m[0]) for m in moments(np.array([y]), b, s))
    rough = [float(m[0]) for m in moments(np.array([y]), b, s, NODES // 2)]
    lifted = moments(np.array([y + 1j * TINY]), b, s)
    bound = max(abs(x - z) for x, z in zip(rough, (mass, mean, variance), strict=True)) + 200 * EPS * (1 + y + 1 / s)
    found, error = minimiser(y, b, s, bare=False)
    plain, plain_error = minimiser(y, b, s, bare=True)
    step = min(STEP * s, y / 5)  # all inputs of the differences stay positive
    slopes = [difference(lambda u: objective_at_minimum(u, b, s), y, h) for h in (step, 2 * step)]
    mode, mode_error = posterior_mode(y, b, s)
    values = {
        "mmse": mean, "density": mass, "score": float(np.imag(lifted[0])[0]) / TINY / mass, "variance": variance,
        "slope": float(np.imag(lifted[1])[0]) / TINY, "prox": found, "bare": plain, "envelope_slope": slopes[0],
        "mode": mode, "rounding": bound, "prox_error": max(error, plain_error) + 100 * bound,
        "slope_error": abs(slopes[0] - slopes[1]) + 100 * bound / step, "mode_error": mode_error,
    }
    return {name: value + 0.0 * rng.uniform((trials,)) for name, value in values.items()}


def moments(y: np.ndarray, b: float, s: float, nodes: int = NODES) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Density of y, posterior mean and variance, by Gauss and Legendre on pieces that meet at 0; y may be complex.

    Shapes: (m,) -> (m,) each.
    """
    place, weight = legendre(nodes)
    top = float(np.max(np.abs(np.real(y)))) + s**2 / b + REACH * s
    edges = np.linspace(-top, top, 2 * PIECES + 1)
    half = (edges[1:] - edges[:-1])[:, None] / 2
    x = ((edges[1:] + edges[:-1])[:, None] / 2 + half * place).ravel()
    weights = (half * weight).ravel() * np.exp(-np.abs(x) / b) / (2 * b) / (s * np.sqrt(2 * np.pi))
    joint = weights * np.exp(-((y[:, None] - x) ** 2) / (2 * s**2))
    mass = joint.sum(1)
    mean = (joint @ x) / mass
    return mass, mean, (joint @ x**2) / mass - mean**2


@functools.cache
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [−1, 1]."""
    return np.polynomial.legendre.leggauss(nodes)


def penalised(u: np.ndarray, y: float, b: float, s: float, bare: bool) -> np.ndarray:
    """½(D(u) − y)² + R(D(u)), at complex u too."""
    mass, mean, _ = moments(u, b, s)
    penalty = -(s**2) * np.log(mass) - (0.0 if bare else (mean - u) ** 2 / 2)
    return (mean - y) ** 2 / 2 + penalty


def minimiser(y: float, b: float, s: float, bare: bool) -> tuple[float, float]:
    """D(u) at the least value over u ≥ 0: the best of a grid, then halvings by the sign of the derivative."""
    grid = np.linspace(0, 2 * y + 2 * s, GRID)
    best = int(np.argmin(np.real(penalised(grid + 0j, y, b, s, bare))))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rises = np.imag(penalised(np.array([middle + 1j * TINY]), y, b, s, bare))[0] > 0
        low, high = (low, middle) if rises else (middle, high)
    ends = moments(np.array([low, high]), b, s)[1]
    return float(ends.mean()), float(abs(ends[1] - ends[0])) + 1e-12 * (1 + y)


def objective_at_minimum(y: float, b: float, s: float) -> float:
    """The envelope: the least value, on the inputs' scale, where D(u) is the proximal point."""
    grid = np.linspace(0, 2 * y + 2 * s, GRID)
    best = int(np.argmin(np.real(penalised(grid + 0j, y, b, s, False))))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    for _ in range(HALVINGS // 2):
        third = (high - low) / 3
        inner = np.real(penalised(np.array([low + third, high - third]) + 0j, y, b, s, False))
        low, high = (low, high - third) if inner[0] < inner[1] else (low + third, high)
    return float(np.real(penalised(np.array([(low + high) / 2 + 0j]), y, b, s, False))[0])


def difference(function: Callable[[float], float], y: float, h: float) -> float:
    """Slope by four points, with an error of order h⁴."""
    return (8 * (function(y + h) - function(y - h)) - (function(y + 2 * h) - function(y - 2 * h))) / (12 * h)


def posterior_mode(y: float, b: float, s: float) -> tuple[float, float]:
    """argmin |x|/b + (y − x)²/(2s²), by thirds."""
    low, high = -1.0, y + 1.0
    for _ in range(100):
        third = (high - low) / 3
        left, right = (abs(x) / b + (y - x) ** 2 / (2 * s**2) for x in (low + third, high - third))
        low, high = (low, high - third) if left < right else (low + third, high)
    return (low + high) / 2, 10 * EPS**0.5 * s * (1 + y / s + s / b)

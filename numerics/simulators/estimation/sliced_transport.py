"""Transport between projections on random directions, by their quantile functions."""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.slices import IsotropicSlices, SlicedTransport

DIRECTIONS, POINTS, NODES, PAIRS = 128, 16, 6, 8
GRID, ROUNDS = 8, 12  # of the search for a gain: a round narrows it 4 times
ROUNDING, SEARCHED = 1e-13, 1e-6  # the lowest point of a parabola is found to half of the digits


@simulates(SlicedTransport, cost=lambda d: 2e-4 + 2e-5 * d)
def sliced_transport(*, d: int, delta: float, ratio: float, g: float, measures: str, second: str, trials: int,
                     rng: Stream) -> dict[str, Array]:
    """Draws the measures and all directions; g belongs to whoever estimates."""
    xp = rng.xp
    means = [rng.normal((trials, d))]
    means.append(means[0] + delta * rng.unit((trials, d)))
    factor = normalised(rng.normal((trials, d, d)))
    factors = [factor, ratio * (factor if second == "same" else normalised(rng.normal((trials, d, d))))]
    clouds: list[Array] = []
    if measures == "points":
        clouds = [mean[:, None, :] + rng.normal((trials, POINTS, d)) @ xp.matrix_transpose(root)
                  for mean, root in zip(means, factors, strict=True)]
        means = [xp.mean(cloud, axis=1) for cloud in clouds]
        factors = [xp.matrix_transpose(cloud - mean[:, None, :]) / POINTS**0.5
                   for cloud, mean in zip(clouds, means, strict=True)]
    gap = means[0] - means[1]
    both = sum(root @ xp.matrix_transpose(root) for root in factors)
    upper = both + gap[:, :, None] * gap[:, None, :]

    def seen(directions: Array) -> Array:
        if clouds:
            return squared_distance(*(sorted_points(cloud, directions) for cloud in clouds))
        return squared_distance(*(quantiles(m, root, directions, rng) for m, root in zip(means, factors, strict=True)))

    theta = rng.unit((trials, DIRECTIONS, d))
    W, fresh = seen(theta), seen(rng.unit((trials, DIRECTIONS, d)))
    low = (theta @ gap[:, :, None])[..., 0] ** 2
    up = low + xp.sum((theta @ both) * theta, axis=-1)
    size = up[:, 0] + sum(xp.sum(mean**2, axis=1) for mean in means)
    found = {"plain": xp.mean(W, axis=1), "fresh": xp.mean(fresh, axis=1), "one": W[:, 0], "one_low": low[:, 0],
             "one_up": up[:, 0], "low": xp.mean(low, axis=1), "up": xp.mean(up, axis=1), "variance": covariance(W, W),
             "delta2": xp.sum(gap**2, axis=1), "trace": xp.sum(xp.linalg.diagonal(upper), axis=1),
             "trace2": xp.sum(upper**2, axis=(1, 2)), "rounding": ROUNDING * size, "searched": 0 * size}
    for name, control in (("low", low), ("up", up)):
        gain, rest = least_variance(W, control)
        found |= {f"{name}_variance": covariance(control, control), f"{name}_covariance": covariance(W, control),
                  f"{name}_gain": gain, f"{name}_rest": rest}
        found["searched"] = found["searched"] + SEARCHED * (found["variance"] / found[f"{name}_variance"]) ** 0.5
    return found


@simulates(IsotropicSlices, cost=lambda d, L: 1e-5 + 4e-6 * d * L)
def isotropic_slices(*, d: int, delta: float, s1: float, s2: float, L: int, trials: int,
                     rng: Stream) -> dict[str, Array]:
    """Draws the direction of m₁ − m₂, and the directions of some pairs of estimates."""
    xp = rng.xp
    middle, half = rng.normal((trials, d)), delta / 2 * rng.unit((trials, d))
    eye = xp.eye(d, dtype=rng.machine.dtype, device=rng.machine.place)[None, :, :]
    theta = rng.unit((trials, 2 * PAIRS * L, d))
    first, second = quantiles(middle + half, s1 * eye, theta, rng), quantiles(middle - half, s2 * eye, theta, rng)
    W = squared_distance(first, second)
    estimates = xp.mean(xp.reshape(W, (trials, 2, PAIRS, L)), axis=3)
    apart = estimates[:, 0, :] - estimates[:, 1, :]
    size = delta**2 + s1**2 + s2**2 + xp.sum(middle**2, axis=1)
    return {"one": W[:, 0], "one_low": xp.sum(2 * half * theta[:, 0, :], axis=1) ** 2,
            "squared_error": xp.mean(apart**2, axis=1) / 2, "rounding": ROUNDING * size}


def normalised(matrices: Array) -> Array:
    """The matrices over their Frobenius norms."""
    return matrices / namespace(matrices).linalg.matrix_norm(matrices, keepdims=True)


def quantiles(mean: Array, root: Array, directions: Array, rng: Stream) -> tuple[Array, Array]:
    """Quantile function of the projected N(mean, root·rootᵀ) at the levels Φ(z) of Gauss–Hermite nodes z, and weights.

    Shapes: mean (trials, d), root (trials, d, k), directions (trials, L, d) -> (trials, L, nodes), (nodes,).
    """
    z, weights = np.polynomial.hermite_e.hermegauss(NODES)
    centre = directions @ mean[:, :, None]
    spread = rng.xp.linalg.vector_norm(directions @ root, axis=-1, keepdims=True)
    return centre + spread * rng.asarray(z), rng.asarray(weights / weights.sum())


def sorted_points(cloud: Array, directions: Array) -> tuple[Array, Array]:
    """Projections of the points in order, and equal weights.   Shapes: (trials, m, d), (trials, L, d) -> …, L, m."""
    xp = namespace(cloud)
    projected = xp.sort(directions @ xp.matrix_transpose(cloud), axis=-1)
    return projected, xp.ones_like(projected[0, 0, :]) / cloud.shape[1]


def squared_distance(first: tuple[Array, Array], second: tuple[Array, Array]) -> Array:
    """∫ (F₁⁻¹ − F₂⁻¹)² of two quantile functions at the same levels.   Shapes: (…, m) each -> (…)."""
    return namespace(first[0]).sum((first[0] - second[0]) ** 2 * first[1], axis=-1)


def covariance(left: Array, right: Array) -> Array:
    """Over the second axis, unbiased.   Shapes: (trials, L) both -> (trials,)."""
    xp = namespace(left)
    left, right = (part - xp.mean(part, axis=1, keepdims=True) for part in (left, right))
    return xp.sum(left * right, axis=1) / (left.shape[1] - 1)


def least_variance(values: Array, control: Array) -> tuple[Array, Array]:
    """The g at which values − g·control varies least, by a search that narrows, and that variance.

    At the least one g·control spreads no more than values and their rest together, so at most twice as much as values.
    Shapes: (trials, L) both -> (trials,) both; g is found to about 1e-7 of the ratio of their spreads.
    """
    xp, count = namespace(values), values.shape[1]
    values, control = (part - xp.mean(part, axis=1, keepdims=True) for part in (values, control))
    reach = 2 * (xp.sum(values**2, axis=1) / xp.sum(control**2, axis=1)) ** 0.5
    middle, grid = 0 * reach, [2 * step / GRID - 1 for step in range(GRID + 1)]
    squares = []
    for _ in range(ROUNDS):
        rests = (values - (middle + step * reach)[:, None] * control for step in grid)
        squares = [xp.sum(rest**2, axis=1) for rest in rests]
        best = xp.astype(xp.argmin(xp.stack(squares, axis=1), axis=1), values.dtype)
        middle, reach = middle + (2 * best / GRID - 1) * reach, 2 * reach / GRID
    return middle, xp.min(xp.stack(squares, axis=1), axis=1) / (count - 1)

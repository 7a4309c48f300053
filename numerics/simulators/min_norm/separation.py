"""Points that a hyperplane separates, and signs that a box recovers, by linear programs."""

import itertools

import numpy as np

from numerics.arrays import Array
from numerics.cones import separable
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.min_norm import BoxRecovery, Dichotomies, LabelledPoints


def numbers(true: Array, rng: Stream) -> Array:
    return rng.xp.astype(true, rng.machine.dtype)


def pivoting(n: int, p: int) -> float:
    """Seconds that the simplex method takes for n points of R^p."""
    return 4e-6 + 1.2e-8 * n * p**2 + 2e-8 * n * p


def labelling(n: int, p: int) -> float:
    return 2 ** (n - 1) * pivoting(n, p)


@simulates(LabelledPoints, cost=pivoting)
def labelled_points(*, n: int, p: int, signal: float, trials: int, rng: Stream) -> dict[str, Array]:
    """A point with its label is separated where their product is on the positive side."""
    xp, points, labels = rng.xp, rng.normal((trials, n, p)), rng.signs((trials, n))
    told = rng.uniform((trials, n)) < signal
    labels = xp.where(told, xp.sign(points[..., 0]), labels)
    return {"separable": numbers(separable(labels[..., None] * points), rng)}


@simulates(Dichotomies, cost=labelling)
def dichotomies(*, n: int, p: int, trials: int, rng: Stream) -> dict[str, Array]:
    """Tries every labeling with a first label of 1; the others are their negatives."""
    points = rng.normal((trials, n, p))
    found = rng.asarray(np.zeros(trials))
    for rest in itertools.product((-1.0, 1.0), repeat=n - 1):
        signs = rng.asarray(np.array([1.0, *rest]))
        found = found + numbers(separable(signs[:, None] * points), rng)
    return {"X": points, "share": found / 2.0 ** (n - 1)}


def recovering(N: int, M: int) -> float:
    return pivoting(N, M)


@simulates(BoxRecovery, cost=recovering)
def box_recovery(*, N: int, M: int, trials: int, rng: Stream) -> dict[str, Array]:
    """A feasible x = x₀ − u∘x₀ has Σⱼ uⱼ·x₀ⱼ·aⱼ = 0 with 0 ≤ u ≤ 2; the upper limit does not matter for u = 0."""
    matrix, signs = rng.normal((trials, M, N)), rng.signs((trials, N))
    columns = rng.xp.matrix_transpose(matrix) * signs[..., None]
    return {"unique": numbers(separable(columns), rng)}

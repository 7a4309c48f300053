"""Lanczos' method with full reorthogonalisation, for a batch of symmetric matrices that are known by their products.

The largest Ritz value is a lower bound of λ_max for certain. An upper bound holds with a declared probability over the
random start (van Dorsselaer, Hochstenbach, van der Vorst 2000): with P the characteristic polynomial of the tridiagonal
matrix, ‖P(A)v‖ = β₁…β_k and ‖P(A)v‖ ≥ |P(λ_max)| |⟨u, v⟩|, where ⟨u, v⟩² of a uniform start v is Beta(½, (p−1)/2).
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arrays import Array, Machine, namespace

Product = Callable[[Array], Array]
SLACK = 1e-9  # relative, of how far an eigenvalue may lie beyond the last Ritz value
FEW = 4
MISS = 1e-6  # chance, over the start, that an eigenvalue lies beyond its interval


@dataclass(frozen=True)
class Extreme:
    """An extreme eigenvalue of every matrix: enclosure [low, high], and the residual ‖Av − θv‖ of its Ritz pair.

    Shapes: (batch,) each.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    residual: np.ndarray
    products: int


class Krylov:
    """The Krylov spaces of a batch of symmetric matrices, grown by one product at a time.

    Shapes: start (batch, p); diagonal and off (batch, steps) on the host.
    """

    def __init__(self, product: Product, start: Array, *, size: int | None = None) -> None:
        xp = namespace(start)
        self.product, self.size = product, size or start.shape[-1]
        self.basis = [start / xp.linalg.vector_norm(start, axis=-1, keepdims=True)]
        self.diagonal: list[np.ndarray] = []
        self.off: list[np.ndarray] = []

    @property
    def steps(self) -> int:
        return len(self.diagonal)

    @property
    def exhausted(self) -> bool:
        """Nothing is left outside the spaces: the Ritz values are eigenvalues of what the start can reach."""
        return self.steps == self.size or bool(self.off and np.all(self.off[-1] == 0))

    def grow(self) -> None:
        """One more product. Where a space is exhausted its next vector is what rounding left, or zero."""
        xp = namespace(self.basis[-1])
        w, spanned = self.product(self.basis[-1]), xp.stack(self.basis, axis=1)
        turned, diagonal = xp.matrix_transpose(spanned), None
        for _ in range(2):  # once is not enough
            inner = xp.matmul(spanned, w[..., None])
            w = w - xp.matmul(turned, inner)[..., 0]
            diagonal = inner[:, -1, 0] if diagonal is None else diagonal
        self.diagonal.append(on_host(diagonal))
        length = on_host(xp.linalg.vector_norm(w, axis=-1))
        scale = np.max(np.abs(np.stack(self.diagonal + self.off)), axis=0)
        self.off.append(np.where(length > self.steps * np.finfo(length.dtype).eps * scale, length, 0))
        if self.steps < self.size:
            inverse = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
            self.basis.append(w * _like(w, inverse)[:, None])

    def ritz(self) -> tuple[np.ndarray, np.ndarray]:
        """Ritz values in ascending order, and the eigenvectors of the tridiagonal matrices.

        Shapes: (batch, steps), (batch, steps, steps).
        """
        from scipy.linalg import eigh_tridiagonal  # late, like all of SciPy here: importing a simulator stays quick

        diagonal, off = np.stack(self.diagonal, axis=1), np.stack(self.off, axis=1)[:, :-1]
        pairs = [eigh_tridiagonal(a, b) for a, b in zip(diagonal.astype(float), off.astype(float), strict=True)]
        return np.stack([values for values, _ in pairs]), np.stack([vectors for _, vectors in pairs])

    def vectors(self, coordinates: np.ndarray) -> Array:
        """Combinations of the basis.   Shapes: coordinates (batch, steps) -> (batch, p)."""
        xp, total = namespace(self.basis[0]), 0.0 * self.basis[0]
        for index in range(self.steps):
            total = total + _like(self.basis[0], coordinates[:, index])[:, None] * self.basis[index]
        return total / xp.linalg.vector_norm(total, axis=-1, keepdims=True)

    def within(self, width: float, miss: float) -> bool:
        """Whether every enclosure of λ_max, but for rounding, is as narrow as `width`, relative to its value."""
        from scipy.linalg import eigvalsh_tridiagonal

        for diagonal, off in zip(np.stack(self.diagonal, axis=1), np.stack(self.off, axis=1), strict=True):
            ritz, off = eigvalsh_tridiagonal(diagonal.astype(float), off[:-1].astype(float)), off.astype(float)
            reach = width * abs(ritz[-1])
            if np.all(off > 0) and (reach == 0 or _excess(math.log(reach), ritz, off, miss, self.size) < 0):
                return False
        return True

    def extreme(self, rounding: float, miss: float = MISS, smallest: bool = False) -> Extreme:
        """λ_max, or λ_min, as far as it is known now; `rounding` relative to the largest eigenvalue."""
        values, vectors = self.ritz()
        off = np.stack(self.off, axis=1).astype(float)
        ends = -values[:, ::-1] if smallest else values
        slack = rounding * np.max(np.abs(values), axis=1)
        beyond = np.array([_beyond(row, size, miss, self.size) for row, size in zip(ends, off, strict=True)])
        chosen = vectors[:, :, 0] if smallest else vectors[:, :, -1]
        low, high = ends[:, -1] - slack, ends[:, -1] + beyond + slack
        residual = off[:, -1] * np.abs(chosen[:, -1]) + slack
        if smallest:
            low, high = -high, -low
        return Extreme(values[:, 0 if smallest else -1], low, high, residual, self.steps)


def largest(
    product: Product, start: Array, *, rounding: float, rtol: float = 1e-3, miss: float = MISS, most: int = 300,
    size: int | None = None,
) -> Extreme:
    """λ_max of every matrix, until its enclosure is as narrow as `rtol`, or after `most` products.

    Shapes: start (batch, p), drawn uniformly (a normal vector will do).
    """
    space, every = Krylov(product, start, size=size), 1 if len(start) <= FEW else 4  # a look costs for each matrix
    while True:
        space.grow()
        last = space.exhausted or space.steps >= most
        if not last and (space.steps % every or not space.within(rtol + 4 * rounding, miss)):
            continue
        found = space.extreme(rounding, miss)
        narrow = np.all(found.high - found.low <= rtol * np.abs(found.value) + 4 * rounding * np.abs(found.value))
        if narrow or last:
            return found


def eigenpairs(
    product: Product, start: Array, count: int, *, rounding: float, rtol: float = 1e-6, most: int = 300
) -> tuple[np.ndarray, np.ndarray, Array]:
    """The `count` largest Ritz values in descending order, their residuals ‖Av − θv‖, and vectors.

    Within each residual of its value lies an eigenvalue for certain. Equal eigenvalues are found once.
    Shapes: (batch, count), (batch, count), (batch, count, p).
    """
    space = Krylov(product, start)
    while True:
        space.grow()
        waiting = space.steps < count or (space.steps % 2 and space.steps < most)
        if waiting and not space.exhausted:
            continue
        values, vectors = space.ritz()
        off, scale = space.off[-1][:, None].astype(float), np.max(np.abs(values), axis=1, keepdims=True)
        chosen = vectors[:, :, ::-1][:, :, :count]
        residuals = off * np.abs(chosen[:, -1, :]) + rounding * scale
        if np.all(residuals <= rtol * scale) or space.exhausted or space.steps >= most:
            found = [space.vectors(chosen[:, :, one]) for one in range(chosen.shape[-1])]
            return values[:, ::-1][:, :count].copy(), residuals, namespace(start).stack(found, axis=1)


def _beyond(ritz: np.ndarray, off: np.ndarray, miss: float, size: int) -> float:
    """How far above the last Ritz value λ_max may lie: where Π(x − θᵢ) = β₁…β_k/γ, γ² the quantile of ⟨u, v⟩²."""
    from scipy.optimize import brentq

    if off[-1] == 0 or len(ritz) == size:
        return 0.0
    if np.any(off == 0):
        return float("inf")
    top = float(np.log(off.max()) + 700.0)
    root: Any = brentq(_excess, -700.0, top, args=(ritz, off, miss, size), xtol=SLACK / 2)
    return math.exp(root + SLACK)  # a bound, so rounded up


def _excess(distance: float, ritz: np.ndarray, off: np.ndarray, miss: float, size: int) -> float:
    """log of Π(x − θᵢ) over β₁…β_k/γ, increasing in the logarithm of the distance of x from the last θ."""
    gaps = ritz[-1] - ritz[:-1] + math.exp(distance)
    return distance + float(np.sum(np.log(gaps)) - np.sum(np.log(off))) + _log_quantile(miss, size) / 2


@functools.cache
def _log_quantile(miss: float, size: int) -> float:
    """log of the quantile of Beta(½, (size − 1)/2), the law of ⟨u, v⟩² of a uniform v."""
    from scipy.special import betaincinv

    return math.log(betaincinv(0.5, (size - 1) / 2, miss))


def on_host(array: Array) -> np.ndarray:
    """The numbers on the host, in their own precision."""
    return array.numpy(force=True) if hasattr(array, "numpy") else Machine().to_host(array)


def _like(array: Array, host: np.ndarray) -> Array:
    xp = namespace(array)
    return xp.asarray(host, dtype=array.dtype, device=array.device)

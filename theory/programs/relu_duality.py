"""The convex program whose optimum is that of a shallow ReLU network with penalised weights.

min ½‖Σᵢ DᵢX(aᵢ − cᵢ) − y‖² + beta·Σᵢ (‖aᵢ‖ + ‖cᵢ‖), (2Dᵢ − I)Xaᵢ ≥ 0, the same for cᵢ; Dᵢ runs over all patterns
diag(1[Xu > 0]). Solved by Clarabel; the certificate is made from the numbers found. The network that they describe is
feasible, so its loss is an upper bound; with multipliers λᵢ ≥ 0 any z has zᵀy − ½‖z‖² below the optimum if
‖±XᵀDᵢz + Xᵀ(2Dᵢ − I)λᵢ‖ ≤ beta for all i and both signs.
"""

import itertools
from typing import TypeAlias

import numpy as np
from scipy import sparse

Array: TypeAlias = np.ndarray
Certified: TypeAlias = tuple[Array, Array]
TOLERANCE = 1e-12


def patterns(X: Array) -> Array:
    """All 1[Xu > 0] of points in general position: each cell of directions u has an edge, where d − 1 points vanish.

    Shapes: (n, d) -> (P, n).
    """
    n, d = X.shape
    if n < d:  # independent points: every pattern
        return np.array(list(itertools.product((0.0, 1.0), repeat=n)))
    found = []
    for on in itertools.combinations(range(n), d - 1):
        edge = np.linalg.svd(X[list(on)])[2][-1]
        for sign, fill in itertools.product((1, -1), itertools.product((False, True), repeat=d - 1)):
            signs = sign * (X @ edge) > 0
            signs[list(on)] = fill
            found.append(signs)
    return np.unique(np.array(found), axis=0).astype(float)


def convex_optimum(X: Array, y: Array, *, beta: float, excess: float = 0.0, price: float = 1.0,
                   cones: bool = True, every: int = 1) -> Certified:
    """(1 + excess) times the optimum, and half of the gap between its bounds.

    Mistakes: `price` times beta; no constraints (not `cones`); only one of `every` so many patterns.
    Shapes: (trials, n, d), (trials, n) -> (trials,), (trials,).
    """
    low, high = np.array([_bounds(*one, price * beta, cones, every) for one in zip(X, y, strict=True)]).T
    return (1 + excess) * (low + high) / 2, (1 + excess) * (np.abs(high - low) / 2 + 1e-14 * np.abs(high))


def _bounds(X: Array, y: Array, beta: float, cones: bool, every: int) -> tuple[float, float]:
    """A lower and an upper bound of the optimum."""
    D = patterns(X)[::every]
    on = np.concatenate([D, -D])[:, :, None] * X  # ±DᵢX
    sides = np.tile(2 * D - 1, (2, 1))[:, :, None] * X if cones else np.zeros_like(on)
    blocks, z, multipliers = _solved(on, sides, y, beta)
    pushed = np.einsum("ind,n->id", on, z) + np.einsum("ind,in->id", sides, multipliers)
    scale = min(1.0, beta / np.linalg.norm(pushed, axis=1).max())
    drives = np.einsum("nd,id->in", X, blocks)
    given = np.maximum(drives, 0) * np.repeat([1, -1], len(D))[:, None] if cones and every == 1 else np.einsum(
        "ind,id->in", on, blocks)  # fmt: skip
    high = np.sum((given.sum(0) - y) ** 2) / 2 + beta * np.linalg.norm(blocks, axis=1).sum()
    return float(scale * z @ y - scale**2 * (z @ z) / 2), float(high)


def _solved(on: Array, sides: Array, y: Array, beta: float) -> tuple[Array, Array, Array]:
    """Blocks aᵢ and cᵢ, the residual z = y − f, and the multipliers of the cones.

    Variables: r = f − y, a bound t of every block's norm, the blocks.
    """
    import clarabel  # late: listing the catalogue must not pay for it

    count, n, d = on.shape
    first, block = n + count, np.arange(count)[:, None]
    A = np.zeros((n + count * n + count * (d + 1), first + count * d))
    places = first + block * d + np.arange(d)
    A[:n, :n] = -np.eye(n)
    A[:n, first:] = on.transpose(1, 0, 2).reshape(n, -1)
    A[(n + block * n + np.arange(n))[:, :, None], places[:, None, :]] = -sides
    norms = n + count * n + block * (d + 1)
    A[norms, n + block] = -1
    A[norms + 1 + np.arange(d), places] = -1
    right = np.concatenate([y, np.zeros(len(A) - n)])
    quadratic = sparse.diags(np.concatenate([np.ones(n), np.zeros(A.shape[1] - n)])).tocsc()
    linear = np.concatenate([np.zeros(n), np.full(count, beta), np.zeros(count * d)])
    shapes = [clarabel.ZeroConeT(n), clarabel.NonnegativeConeT(count * n)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    shapes += [clarabel.SecondOrderConeT(d + 1)] * count
    found = clarabel.DefaultSolver(quadratic, linear, sparse.csc_matrix(A), right, shapes, settings).solve()
    x, dual = np.array(found.x), np.array(found.z)
    return x[first:].reshape(count, d), -x[:n], np.maximum(dual[n : n + count * n], 0).reshape(count, n)

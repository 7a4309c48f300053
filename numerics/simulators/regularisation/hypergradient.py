"""Derivatives of a validation loss along the ridge, by a step into the complex plane: no difference, no formula."""

from typing import Any

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.bilevel import RidgeHyperparameter

TINY = 1e-30


@simulates(RidgeHyperparameter, backends=("numpy", "torch"), cost=lambda n, p, K: 5e-5 + 2e-8 * K * n * p)
def ridge_hyperparameter(*, n: int, p: int, m: int, lam: float, pace: float, K: int, digits: float, start: str,
                         trials: int, rng: Stream) -> dict[str, Array]:
    """Draws data."""
    xp, X, y = rng.xp, rng.normal((trials, n, p)), rng.normal((trials, n))
    X_v, y_v = rng.normal((trials, m, p)), rng.normal((trials, m))
    eye = xp.eye(p, dtype=X.dtype, device=rng.machine.place)
    gram, right = xp.matrix_transpose(X) @ X / n, xp.matrix_transpose(X) @ y[:, :, None] / n
    H = gram + lam * eye
    values = xp.linalg.eigvalsh(H)
    mu, eta = values[:, 0], pace / values[:, -1]

    def loss(w: Array) -> Array:
        return xp.sum((apply(X_v, w) - y_v) ** 2, axis=1) / (2 * m)

    def slope(w: Array) -> Array:
        return apply(xp.matrix_transpose(X_v), apply(X_v, w) - y_v) / m

    w = xp.linalg.solve(H, right)[:, :, 0]
    lifted = lam + 1j * TINY
    moved = xp.linalg.solve(gram + lifted * eye, right + 0j)[:, :, 0]
    at = (w if start == "solution" else 0.0 * w) + 0j
    for _ in range(K):
        at = at - eta[:, None] * (apply(gram + 0j, at) - right[:, :, 0] + lifted * at)
    aside, astray = rng.unit((trials, p)), rng.unit((trials, p))

    def inexact(error: float) -> Array:
        near = w + error * aside
        return -xp.sum(near * (xp.linalg.solve(H, slope(near)[:, :, None])[:, :, 0] + error * astray), axis=1)

    w_norm, g_norm = (xp.linalg.vector_norm(v, axis=1) for v in (w, slope(w)))
    return {
        "X": X, "y": y, "X_v": X_v, "y_v": y_v, "hypergradient": xp.imag(loss(moved)) / TINY,
        "unrolled": xp.imag(loss(at)) / TINY, "inexact": inexact(1 / digits),
        "halved": inexact(0.5 / digits), "w_norm": w_norm, "g_norm": g_norm,
        "mu": mu, "eta": eta, "curvature": xp.linalg.svdvals(X_v)[:, 0] ** 2 / m,
        "rounding": 20 * (p + K) * xp.finfo(X.dtype).eps * (1 + w_norm) * (1 + g_norm) * values[:, -1] / mu**2,
    }


def apply(matrix: Any, vector: Any) -> Any:
    """Shapes: (trials, a, b), (trials, b) -> (trials, a)."""
    return (matrix * vector[:, None, :]).sum(-1)

"""Condition numbers of random matrices, and gradient descent on a quadratic loss."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.matrices import Conditioning


@simulates(Conditioning, cost=lambda p, t: 2e-5 + 1e-7 * t + 1e-7 * p**3)
def conditioning(*, p: int, spread: float, kernel: float, t: int, spectrum: str, optimiser: str,
                 trials: int, rng: Stream) -> dict[str, Array]:
    """Draws matrices."""
    xp = rng.xp
    if spectrum == "random":
        wanted = xp.exp(spread * rng.normal((trials, p)))
    else:
        last = rng.asarray([[float(j == p - 1) for j in range(p)]])
        wanted = xp.exp(-spread * last + 0.0 * rng.uniform((trials, p)))
    S = (rotation(trials, p, rng) * wanted[:, None, :]) @ rotation(trials, p, rng)
    values = xp.linalg.svdvals(S)
    H = xp.matrix_transpose(S) @ S
    turned, inner = rotation(trials, p, rng), xp.exp(kernel * rng.normal((trials, p)))
    probe = S @ (turned * inner[:, None, :]) @ xp.matrix_transpose(turned) @ xp.matrix_transpose(S)
    stretched = xp.linalg.svdvals(probe)
    kappa, eps = values[:, 0] / values[:, -1], xp.finfo(S.dtype).eps
    ratio = stretched[:, 0] / stretched[:, -1]
    return {
        "top2": values[:, 0] ** 2, "bottom2": values[:, -1] ** 2, "frobenius": xp.sum(S**2, axis=(1, 2)),
        "kappa": kappa, "left": descended(H, t, optimiser), "probe": ratio,
        "kappa_kernel": xp.max(inner, axis=1) / xp.min(inner, axis=1),
        "rounding": 20 * p * eps * values[:, 0] ** 2, "kappa_rounding": 20 * p * eps * (kappa**2 + t),
        "probe_rounding": 20 * p * eps * ratio * kappa**2 * ratio,
    }


def rotation(trials: int, p: int, rng: Stream) -> Array:
    return rng.xp.linalg.qr(rng.normal((trials, p, p)))[0]


def descended(H: Array, t: int, optimiser: str) -> Array:
    """‖w_t‖/‖w₀‖ from the sum of the extreme eigenvectors.   Shapes: (trials, p, p) -> (trials,)."""
    xp = namespace(H)
    values, vectors = xp.linalg.eigh(H)
    step = 2 / (values[:, :1] + values[:, -1:])
    start = vectors[:, :, 0] + vectors[:, :, -1]
    w = start
    for _ in range(t):
        slope = (H @ w[:, :, None])[:, :, 0]
        w = w - (step * slope if optimiser == "descent" else xp.linalg.solve(H, slope[:, :, None])[:, :, 0] / 2)
    return xp.linalg.vector_norm(w, axis=1) / xp.linalg.vector_norm(start, axis=1)

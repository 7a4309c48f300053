"""Least squares and ridge regression on Gaussian designs, from the linear algebra of each drawn design."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.min_norm import IsotropicRegression


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: the normal numbers, then a Gram matrix of the smaller side and its inverse."""
    return 1e-5 + 2e-8 * n * p * (1 + min(n, p) / 100)


@simulates(IsotropicRegression, cost=cost)
def isotropic_regression(*, n: int, p: int, r2: float, s2: float, lam: float,
                         trials: int, rng: Stream) -> dict[str, Array]:
    """Draws X; noise and test input are integrated exactly: β̂ = Hy is linear in y and the inputs are isotropic.

    E[β̂ | X] = HXβ, and E‖β̂ − E[β̂ | X]‖² = s2·‖H‖²_F, with H = XᵀC, C = (XXᵀ + n·lam·I)⁻¹ for n < p and
    H = CXᵀ, C = (XᵀX + n·lam·I)⁻¹ otherwise: the smaller Gram matrix G, and ‖H‖²_F = tr(CGC) on either side. Over
    uniform directions of β the bias is r2/p·‖I − HX‖²_F, where the p − n null directions count 1 each.

    Relative rounding: about ε·condition of G + n·lam·I, 1e-15 to 1e-12 unless lam = 0 and n is near p. There it grows
    like the variance itself: at n = p = 100 a variance 10⁶ times the median keeps six digits.

    Shapes: -> (trials,) each.
    """
    xp, turned = rng.xp, rng.xp.matrix_transpose
    design = rng.normal((trials, n, p))
    signal = r2**0.5 * _eye(p, rng)[:, :1]  # any direction: the design is rotation invariant
    inverse, gram = _ridge_inverse(design if n < p else turned(design), n * lam, rng)
    noiseless = design @ signal
    mean = turned(design) @ (inverse @ noiseless) if n < p else inverse @ (turned(design) @ noiseless)
    bias = xp.sum((mean - signal) ** 2, axis=(-2, -1))
    variance = s2 * xp.sum((inverse @ gram) * inverse, axis=(-2, -1))
    free = max(p - n, 0)  # directions in which I − HX is the identity; in the others it acts like penalty·C
    average_bias = r2 / p * (free + (n * lam) ** 2 * xp.sum(inverse**2, axis=(-2, -1)))
    return {"bias": bias, "variance": variance, "excess_risk": bias + variance,
            "average_risk": average_bias + variance}


def _ridge_inverse(short: Array, penalty: float, rng: Stream) -> tuple[Array, Array]:
    """(G + penalty·I)⁻¹ and G = AAᵀ.   Shapes: A (trials, m, q), m ≤ q -> (trials, m, m) both."""
    gram = short @ rng.xp.matrix_transpose(short)
    return rng.xp.linalg.inv(gram + penalty * _eye(gram.shape[-1], rng)), gram


def _eye(size: int, rng: Stream) -> Array:
    return rng.xp.eye(size, dtype=rng.machine.dtype, device=rng.machine.place)

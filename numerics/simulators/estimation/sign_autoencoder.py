"""Autoencoders with a code of signs: errors from inputs, exact errors, and descent on them."""

from numerics.arrays import Array, namespace
from numerics.gaussian import linear_moments, product_moments
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.autoencoders import SignAutoencoder

INPUTS, STEPS = 4096, 150
ROUNDING = 1e-11  # the code's second moments are at least 1 − 2/π, so their inverse loses few digits
LARGEST_TRAINED = 12  # rows of B; larger ones are not trained


def cost(n: int, d: int) -> float:
    """Seconds a trial takes: inputs and training for small sizes, else one system of n equations."""
    return 4e-3 * max(1, n * d / 40) if n <= LARGEST_TRAINED else 1e-7 * n * n * (n + d)


@simulates(SignAutoencoder, cost=cost)
def sign_autoencoder(*, n: int, d: int, rows: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws B and inputs; the inputs' averages in the exact error are arc-sine laws. Beyond 12 rows only that."""
    B = drawn_rows(n, d, rows, trials, rng)
    exact = error(B)
    small = n <= LARGEST_TRAINED
    return {"B": B, "error": exact, "sampled": sampled_error(B, rng) if small else exact,
            "trained": error(descend(B)) if small else exact, "rounding": ROUNDING + 0 * exact}


def drawn_rows(n: int, d: int, rows: str, trials: int, rng: Stream) -> Array:
    """Unit rows.   Shapes: -> (trials, n, d)."""
    if rows == "iid":
        return rng.unit((trials, n, d))
    size = max(n, d)
    columns, upper = rng.xp.linalg.qr(rng.normal((trials, size, size)))
    columns = columns * rng.xp.sign(rng.xp.linalg.diagonal(upper))[:, None, :]
    return unit(columns[:, :n, :d])


def unit(B: Array) -> Array:
    return B / namespace(B).linalg.vector_norm(B, axis=-1, keepdims=True)


def sampled_error(B: Array, rng: Stream) -> Array:
    """Error on inputs that were seen and that were not, by equal parts: that of the best A, up to O(1/inputs²)."""
    xp, (trials, _, d) = rng.xp, B.shape
    seen, fresh = (rng.normal((trials, INPUTS // 2, d)) for _ in range(2))
    codes = [xp.sign(inputs @ xp.matrix_transpose(B)) for inputs in (seen, fresh)]
    turned = xp.matrix_transpose(codes[0])
    A = xp.linalg.solve(turned @ codes[0], turned @ seen)
    return sum(xp.mean(xp.sum((inputs - code @ A) ** 2, axis=2), axis=1)
               for inputs, code in zip((seen, fresh), codes, strict=True)) / (2 * d)


def error(B: Array) -> Array:
    """The error of the best linear prediction of x from the code.   Shapes: (trials, n, d) -> (trials,)."""
    xp, d = namespace(B), B.shape[2]
    cross = linear_moments(B, xp.eye(d, dtype=B.dtype)[None, :, :], "sign")
    return 1 - xp.sum(cross * xp.linalg.solve(product_moments(B, B, "sign"), cross), axis=(1, 2)) / d


def descend(B: Array) -> Array:
    """Gradient descent on the error with unit rows.   Shapes: (trials, n, d) -> the same."""
    for _ in range(STEPS):
        B = unit(B - slope(B) * B.shape[2] / 4)
    return B


def slope(B: Array) -> Array:
    """Gradient of the error in B for unit rows; where two rows meet it has no limit, and those pairs are left out.

    Of tr(CᵀK⁻¹C), K the second moment of the code and C = √(2/π)·B.   Shapes: (trials, n, d) -> the same.
    """
    xp = namespace(B)
    inner = B @ xp.matrix_transpose(B)
    inverse = xp.linalg.inv(product_moments(B, B, "sign"))
    apart = 1 - inner**2
    bend = xp.where(apart > 1e-9, 2 / xp.pi / xp.sqrt(xp.where(apart > 1e-9, apart, 1.0)), 0.0)
    weights = inverse - inverse @ inner @ inverse * bend
    return -4 / (xp.pi * B.shape[2]) * (weights @ B)

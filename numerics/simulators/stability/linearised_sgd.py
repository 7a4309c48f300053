"""SGD linearised at an interpolating minimum of the squared loss: its second moments, exactly over the batches.

The step of a batch is the mean over its slots of Nᵢ = I − η·aᵢaᵢᵀ, so E[w₊w₊ᵀ] = Σ P_ij Nᵢ E[w wᵀ] Nⱼ, where P_ij is
the probability that two slots, chosen with repetition, hold i and j. `growth` comes from the norm of that map applied
N = 2³² times, which for a symmetric map of dimension m encloses the spectral radius within a factor m^(1/2N), whatever
the other eigenvalues. `crossing` is bracketed: the growth is certainly negative at one end and positive at the other.
Only `second_moment` draws batches.
"""

import math
from collections.abc import Callable

import numpy as np

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.stability.sgd import LinearisedSGD

CHAINS = 64
SQUARINGS = 32
ROUNDS = 9
SHIFT = 2e-9
SHORTEST, LONGEST = 0.3, 1.7


def trial_seconds(*, n: int, d: int) -> float:
    """Repeated squaring of the moment map, a matrix over the pairs of dimensions."""
    pairs = min(n, d) * (min(n, d) + 1) / 2
    return 1e-4 + 2e-7 * pairs**3


@simulates(LinearisedSGD, cost=trial_seconds)
def linearised_sgd(*, n: int, d: int, B: int, eta: Array, sampling: str, norms: str, trials: int,
                   rng: Stream) -> dict[str, Array]:
    """Designs, their curvature, and the growth of E‖w‖² over the span of the rows."""
    if sampling == "without" and n < B:
        raise BadInput(f"LinearisedSGD: B={B} rows cannot be drawn without replacement from n={n}; "
                       "take B <= n, or sampling=with")
    xp = rng.xp
    rows = random_rows(n, d, norms, trials, rng)
    squares = xp.sum(rows**2, axis=-1)
    hessian = xp.matrix_transpose(rows) @ rows / n
    lam1, R = xp.linalg.eigvalsh(hessian)[:, -1], xp.max(squares, axis=-1)
    chance = rng.asarray(slot_pairs(n, B, sampling))
    spanning = xp.matrix_transpose(xp.linalg.qr(xp.matrix_transpose(rows)).R) if n < d else rows

    def growth_at(rate: Array) -> tuple[Array, Array]:
        return growth_rate(moment_map(spanning, rate, chance, rng), 1 + rate * R)

    growth, growth_error = growth_at(eta)
    # at 1/R every batch step shrinks; at 4/λ the mean of w grows threefold
    crossing, crossing_error = sign_change(growth_at, 1 / R, 4 / lam1)
    return {
        "rows": rows, "trH": xp.mean(squares, axis=-1), "F2": xp.sum(hessian**2, axis=(-2, -1)),
        "quartic": xp.mean(squares**2, axis=-1), "lam1": lam1, "R": R,
        "growth": growth, "growth_error": growth_error, "crossing": crossing, "crossing_error": crossing_error,
        "second_moment": second_moment(rows, eta, B, sampling, rng),
    }


def random_rows(n: int, d: int, norms: str, trials: int, rng: Stream) -> Array:
    """Uniform directions; lengths √d, or uniform in proportion to [0.3, 1.7] with mean square d.

    Shapes: -> (trials, n, d).
    """
    directions = math.sqrt(d) * rng.unit((trials, n, d))
    if norms == "equal":
        return directions
    mean_square = (LONGEST**3 - SHORTEST**3) / (3 * (LONGEST - SHORTEST))
    lengths = SHORTEST + (LONGEST - SHORTEST) * rng.uniform((trials, n, 1))
    return lengths / math.sqrt(mean_square) * directions


def slot_pairs(n: int, B: int, sampling: str) -> np.ndarray:
    """P(slot k holds i, slot l holds j) for k and l uniform among the B slots of a batch.   Shapes: -> (n, n)."""
    same = np.eye(n) / n
    apart = np.full((n, n), 1 / n**2) if sampling == "with" else (1 - np.eye(n)) / (n * (n - 1))
    return same / B + apart * (1 - 1 / B)


def moment_map(rows: Array, eta: Array, chance: Array, rng: Stream) -> Array:
    """Matrix of S → Σ P_ij Nᵢ S Nⱼ in an orthonormal basis of the symmetric matrices.

    Shapes: rows (trials, n, r), eta (trials,), chance (n, n) -> (trials, m, m), m = r(r+1)/2.
    """
    xp, (trials, n, r) = rng.xp, rows.shape
    steps = rng.asarray(np.eye(r)) - eta[:, None, None, None] * rows[..., :, None] * rows[..., None, :]
    steps = xp.reshape(steps, (trials, n, r * r))
    products = xp.matrix_transpose(steps) @ (chance @ steps)  # Σ P_ij (Nᵢ)_pq (Nⱼ)_st at (p, q), (s, t)
    products = xp.permute_dims(xp.reshape(products, (trials, r, r, r, r)), (0, 1, 4, 2, 3))
    matrix = xp.reshape(products, (trials, r * r, r * r))
    basis = rng.asarray(symmetric_basis(r))
    return basis.T @ matrix @ basis


def symmetric_basis(r: int) -> np.ndarray:
    """E_ii and (E_ij + E_ji)/√2 as columns.   Shapes: -> (r², r(r+1)/2)."""
    i, j = np.triu_indices(r)
    unit = np.eye(r * r)
    return np.where(i == j, unit[i * r + j].T, (unit[i * r + j] + unit[j * r + i]).T / math.sqrt(2))


def growth_rate(matrix: Array, bound: Array) -> tuple[Array, Array]:
    """log ρ of symmetric matrices from ‖Mᴺ‖ m^(−½) <= ρᴺ <= ‖Mᴺ‖ in the Frobenius norm, and the error.

    `bound`² bounds the products that a matrix is the mean of, and so its rounding.
    """
    xp, m = namespace(matrix), matrix.shape[-1]
    matrix, log_radius = _scaled(matrix)
    for k in range(1, SQUARINGS // 4 + 1):
        for _ in range(4):  # a norm of 1 falls to m^(−15/2) at most
            matrix = matrix @ matrix
        matrix, log_size = _scaled(matrix)
        log_radius = log_radius + log_size / 16**k
    half, eps = math.log(m) / 2 ** (SQUARINGS + 2), float(xp.finfo(matrix.dtype).eps)
    log_radius = xp.maximum(log_radius, math.log(eps))  # a step may end at the minimum: then the radius is 0
    rounding = eps * m**2 * (2 + bound**2 / xp.exp(log_radius))
    return log_radius - half, half + rounding


def _scaled(matrix: Array) -> tuple[Array, Array]:
    """The matrices with Frobenius norm 1, and the logs of their norms."""
    xp = namespace(matrix)
    size = xp.linalg.matrix_norm(matrix, keepdims=True)
    size = xp.where(size > 0, size, xp.finfo(matrix.dtype).smallest_normal)
    return matrix / size, xp.log(size[:, 0, 0])


def sign_change(growth_at: Callable[[Array], tuple[Array, Array]], low: Array, high: Array) -> tuple[Array, Array]:
    """Where the growth turns positive between two learning rates: centre and half width of a bracket.

    exp(growth/2) is convex in the rate, a supremum of L² norms of maps affine in it: the secant through two unstable
    rates ends at an unstable rate, closer to the crossing. It only saves time: an end moves where the sign is certain.
    """
    xp = namespace(low, high)
    shift = max(SHIFT, 2e3 * float(xp.finfo(low.dtype).eps))  # off the crossing, so that the sign is certain
    rates, sizes = [2 * high, high], [xp.expm1(growth_at(rate)[0] / 2) for rate in (2 * high, high)]
    for _ in range(ROUNDS):
        (outer, inner), (above, size) = rates, sizes
        rate = (1 + shift) * (inner - size * (outer - inner) / (above - size))
        growth, error = growth_at(rate)
        closer = (growth > error) & (rate < (1 - shift / 2) * inner)
        rates = [xp.where(closer, inner, outer), xp.where(closer, rate, inner)]
        sizes = [xp.where(closer, size, above), xp.where(closer, xp.expm1(growth / 2), size)]
    high = rates[1]
    for width in (100 * shift, 2 * shift):
        rate = (1 - width) * high
        growth, error = growth_at(rate)
        low = xp.where((growth < -error) & (rate > low), rate, low)
    return (low + high) / 2, (high - low) / 2


def second_moment(rows: Array, eta: Array, B: int, sampling: str, rng: Stream) -> Array:
    """‖w‖² after two steps of SGD, mean over the chains of a trial.   Shapes: rows (trials, n, d) -> (trials,)."""
    xp, (trials, n, d) = rng.xp, rows.shape
    weights = rng.normal((trials, CHAINS, d))
    for _ in range(2):
        if sampling == "with":
            picks = rng.integers(n, (trials, CHAINS * B))
        else:
            picks = xp.reshape(rng.permutation(n, trials * CHAINS)[:, :B], (trials, CHAINS * B))
        weights = descend(rows, weights, picks, eta)
    return xp.mean(xp.sum(weights**2, axis=-1), axis=-1)


def descend(rows: Array, weights: Array, picks: Array, eta: Array) -> Array:
    """w − η·mean over the batch of a·(aᵀw).

    Shapes: rows (trials, n, d), weights (trials, chains, d), picks (trials, chains·B) -> (trials, chains, d).
    """
    xp, (trials, chains, d) = namespace(rows), weights.shape
    batch = xp.take_along_axis(rows, picks[..., None], axis=1)
    batch = xp.reshape(batch, (trials, chains, -1, d))
    residuals = xp.sum(batch * weights[:, :, None, :], axis=-1, keepdims=True)
    return weights - eta[:, None, None] * xp.mean(batch * residuals, axis=2)

"""LASSO by coordinate descent on many designs at once, certified by its duality gap."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.min_norm import LassoRegression

MOST_LOOKS, SWEEPS, GAP = 84, 12, 1e-10


def cost(n: int, p: int) -> float:
    """Seconds a trial takes: a dozen sweeps over p columns, and a p × p solution and inverse."""
    return 2e-5 + 6e-8 * n * p + 1.2e-9 * p**3


@simulates(LassoRegression, cost=cost, block=128)
def lasso_regression(*, n: int, p: int, eps: float, mu: float, s2: float, lam: float, c: float,
                     trials: int, rng: Stream) -> dict[str, Array]:
    """Draws design, signal and noise; the fit stops at a duality gap of 1e-10·‖y‖², or after 1008 sweeps."""
    xp = rng.xp
    columns = drawn_columns(n, p, c, trials, rng)
    spikes = xp.floor(eps * p + rng.uniform((1, trials)))  # the first coordinates are as good as any
    place = xp.arange(p, dtype=rng.machine.dtype, device=rng.machine.place)[:, None]
    signal = mu * rng.signs((p, trials)) * xp.astype(place < spikes, rng.machine.dtype)
    labels = xp.sum(columns * signal[..., None], axis=0) + s2**0.5 * rng.normal((trials, n))
    fit, gap = fitted(columns, labels, lam, rng)
    apart, doubtful = what_is_left(columns, labels, fit, gap, lam, rng)
    wrong = xp.linalg.vector_norm(fit - signal, axis=0)
    return {
        "mse": wrong**2 / p,
        "support": xp.mean(xp.astype(fit != 0, rng.machine.dtype), axis=0),
        "apart": (2 * wrong + apart) * apart / p,
        "doubtful": xp.mean(xp.astype(doubtful, rng.machine.dtype), axis=0),
    }


def drawn_columns(n: int, p: int, c: float, trials: int, rng: Stream) -> Array:
    """Features with a common part of variance c and parts of their own.   Shapes: -> (p, trials, n)."""
    own = rng.normal((p, trials, n))
    return ((1 - c) ** 0.5 * own + c**0.5 * rng.normal((1, trials, n)) if c else own) / n**0.5


def fitted(columns: Array, labels: Array, lam: float, rng: Stream) -> tuple[Array, Array]:
    """Coordinate descent that keeps xⱼ·residual of every coordinate, then the best fit with the signs that it found.

    Returns the duality gap where it stopped, too.

    Shapes: columns (p, trials, n), labels (trials, n) -> (p, trials), (trials,).
    """
    xp, p = rng.xp, columns.shape[0]
    closed = max(GAP, 50 * float(xp.finfo(rng.machine.dtype).eps)) * xp.sum(labels**2, axis=-1)
    batch = xp.permute_dims(columns, (1, 0, 2))
    square = batch @ xp.matrix_transpose(batch)
    gram = xp.permute_dims(square, (1, 0, 2))  # (p, trials, p)
    aligned = xp.sum(columns * labels, axis=-1)
    squares, fit = [gram[j, :, j] for j in range(p)], xp.zeros_like(columns[..., 0])
    gap = closed + 1
    for _ in range(MOST_LOOKS):
        pulls = xp.matrix_transpose(xp.sum(columns * (labels - xp.sum(columns * fit[..., None], axis=0)), axis=-1))
        parts = [fit[j, :] for j in range(p)]
        for j in [*range(p)] * SWEEPS:
            pull = pulls[:, j] + squares[j] * parts[j]
            moved = xp.sign(pull) * xp.clip(xp.abs(pull) - lam, min=0.0) / squares[j]
            pulls = pulls - gram[j, ...] * (moved - parts[j])[:, None]
            parts[j] = moved
        swept = xp.stack(parts)
        settled = on_support(square, aligned, swept, lam, rng)
        gaps = [duality_gap(columns, labels, one, lam, rng) for one in (swept, settled)]
        fit, gap = xp.where(gaps[1] < gaps[0], settled, swept), xp.minimum(*gaps)
        if xp.all(gap <= closed):
            break
    return fit, gap


def on_support(square: Array, aligned: Array, fit: Array, lam: float, rng: Stream) -> Array:
    """The fit with the same zeros and signs whose other coordinates have |xⱼ·residual| = lam, by one linear system.

    Shapes: square (trials, p, p), aligned (p, trials), fit (p, trials) -> (p, trials).
    """
    xp = rng.xp
    mask = xp.matrix_transpose(xp.astype(fit != 0, rng.machine.dtype))
    left_out = xp.eye(fit.shape[0], dtype=rng.machine.dtype, device=rng.machine.place) * (1 - mask)[:, None, :]
    kept = square * mask[:, None, :] * mask[..., None] + left_out
    wanted = mask * xp.matrix_transpose(aligned - lam * xp.sign(fit))
    return xp.matrix_transpose(xp.linalg.solve(kept, wanted[..., None])[..., 0])


def duality_gap(columns: Array, labels: Array, fit: Array, lam: float, rng: Stream) -> Array:
    """Primal less dual value at residual·t, scaled so that it is feasible: |xⱼ·residual|·t ≤ lam.

    Shapes: (p, trials, n), (trials, n), (p, trials) -> (trials,).
    """
    xp = rng.xp
    residual = labels - xp.sum(columns * fit[..., None], axis=0)
    pulls = xp.max(xp.abs(xp.sum(columns * residual, axis=-1)), axis=0)
    shrink = xp.where(pulls > lam, lam / pulls, xp.ones_like(pulls))
    left, along = xp.sum(residual**2, axis=-1), xp.sum(residual * labels, axis=-1)
    primal = left / 2 + lam * xp.sum(xp.abs(fit), axis=0)
    dual = shrink * along - shrink**2 * left / 2
    rounding = 10 * float(xp.finfo(rng.machine.dtype).eps) * (primal + xp.abs(dual))
    return xp.clip(primal - dual, min=0.0) + rounding


def what_is_left(columns: Array, labels: Array, fit: Array, gap: Array, lam: float,
                 rng: Stream) -> tuple[Array, Array]:
    """Bound of ‖fit − β̂‖, and which coordinates may or may not be 0, given the gap G.

    The objective is strongly convex in Xb, so ‖X(fit − β̂)‖ ≤ √(2G), and a coordinate with |xⱼ·residual| + √(2G)·‖xⱼ‖
    below lam is 0 in β̂. The others, with those that the fit has, span a matrix whose least singular value bounds
    the rest.   Shapes: columns (p, trials, n), fit (p, trials) -> (trials,), (p, trials) bool.
    """
    xp, p, slack = rng.xp, columns.shape[0], rng.xp.sqrt(2 * gap)
    residual = labels - xp.sum(columns * fit[..., None], axis=0)
    pulls = xp.abs(xp.sum(columns * residual, axis=-1)) + slack * xp.linalg.vector_norm(columns, axis=-1)
    kept = (pulls >= lam) | (fit != 0)
    mask = xp.matrix_transpose(xp.astype(kept, rng.machine.dtype))  # (trials, p)
    seen = xp.permute_dims(columns, (1, 0, 2)) * mask[..., None]
    left_out = xp.eye(p, dtype=rng.machine.dtype, device=rng.machine.place) * (1 - mask)[:, None, :]
    inverse = xp.linalg.inv(seen @ xp.matrix_transpose(seen) + left_out)
    apart = slack * xp.sqrt(xp.linalg.matrix_norm(inverse))
    return apart, kept & (xp.abs(fit) <= apart)

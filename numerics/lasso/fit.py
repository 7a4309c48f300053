"""Minimisers of ‖y − Xb‖²/2 + lam·‖b‖₁ by coordinate descent and one linear system, with their duality gap."""

from numerics.arrays import Array, device_of, namespace, with_rows

MOST_LOOKS, SWEEPS, GAP = 60, 16, 1e-10


def lasso_fit(features: Array, labels: Array, lam: float) -> tuple[Array, Array]:
    """Fits and their duality gaps; a fit is settled at a gap of 1e-10·‖y‖², and left as it is after 960 sweeps.

    A look sweeps over all coordinates, then fits exactly on the support and signs that it found. The few designs that
    are not settled by it are looked at again by themselves.

    Shapes: features (batch, n, p), labels (batch, n) -> (batch, p), (batch,).
    """
    xp = namespace(features, labels)
    gram, pulls = xp.matrix_transpose(features) @ features, aligned(features, labels)
    closed = max(GAP, 50 * float(xp.finfo(features.dtype).eps)) * xp.sum(labels**2, axis=-1)
    fit, gap = _looked_at(features, labels, gram, pulls, xp.zeros_like(pulls), lam)
    for _ in range(MOST_LOOKS - 1):
        loose = gap > closed
        if not xp.any(loose):
            break
        rest = xp.nonzero(loose)[0]
        picked = [xp.take(array, rest, axis=0) for array in (features, labels, gram, pulls, fit)]
        better = _looked_at(*picked, lam=lam)
        fit, gap = (with_rows(old, loose, new) for old, new in zip((fit, gap), better, strict=True))
    return fit, gap


def _looked_at(
    features: Array, labels: Array, gram: Array, pulls: Array, start: Array, lam: float
) -> tuple[Array, Array]:
    """The better of the swept fit and the exact one on its support, and its gap."""
    xp = namespace(features)
    swept = descended(gram, pulls, start, lam)
    settled = on_support(gram, pulls, swept, lam)
    gaps = [duality_gap(features, labels, fit, lam) for fit in (swept, settled)]
    better = gaps[1] < gaps[0]
    return xp.where(better[:, None], settled, swept), xp.where(better, gaps[1], gaps[0])


def aligned(features: Array, along: Array) -> Array:
    """xⱼ·v for every column.   Shapes: features (batch, n, p), along (batch, n) -> (batch, p)."""
    return times(namespace(features).matrix_transpose(features), along)


def times(matrix: Array, vector: Array) -> Array:
    """Shapes: (batch, n, p), (batch, p) -> (batch, n)."""
    return (matrix @ vector[..., None])[..., 0]


def residual_of(features: Array, labels: Array, fit: Array) -> Array:
    """y − Xb.   Shapes: (batch, n, p), (batch, n), (batch, p) -> (batch, n)."""
    return labels - times(features, fit)


def descended(gram: Array, pulls: Array, start: Array, lam: float) -> Array:
    """`SWEEPS` sweeps of coordinate descent that keep xⱼ·residual of every coordinate.

    Shapes: gram (batch, p, p), pulls (batch, p) = Xᵀy, start (batch, p) -> (batch, p).
    """
    xp, p = namespace(gram), gram.shape[-1]
    rows = [gram[:, j, :] for j in range(p)]
    squares, parts = [row[:, j] for j, row in enumerate(rows)], [start[:, j] for j in range(p)]
    left = pulls - times(gram, start)
    zero = xp.zeros_like(squares[0])
    for j in [*range(p)] * SWEEPS:
        pull = left[:, j] + squares[j] * parts[j]
        moved = xp.where(pull > lam, pull - lam, xp.where(pull < -lam, pull + lam, zero)) / squares[j]
        left = left - rows[j] * (moved - parts[j])[:, None]
        parts[j] = moved
    return xp.stack(parts, axis=1)


def on_support(gram: Array, pulls: Array, fit: Array, lam: float) -> Array:
    """The fit with the same zeros and signs whose other coordinates have |xⱼ·residual| = lam, by one linear system.

    Shapes: gram (batch, p, p), pulls (batch, p) = Xᵀy, fit (batch, p) -> (batch, p).
    """
    xp = namespace(gram)
    mask = xp.astype(fit != 0, gram.dtype)
    wanted = mask * (pulls - lam * xp.sign(fit))
    return xp.linalg.solve(restricted(gram, mask), wanted[..., None])[..., 0]


def restricted(gram: Array, mask: Array) -> Array:
    """The Gram matrix of the masked coordinates, the identity on the others, and `firmness` on the diagonal of both.

    Shapes: gram (batch, p, p), mask (batch, p) -> (batch, p, p).
    """
    xp = namespace(gram)
    one = xp.eye(gram.shape[-1], dtype=gram.dtype, device=device_of(gram))
    added = (1 - mask + firmness(gram)[:, None])[:, None, :]
    return gram * mask[:, None, :] * mask[..., None] + one * added


def firmness(gram: Array) -> Array:
    """What keeps a linear system with more columns than samples from failing; to others no more than rounding is.

    Shapes: (batch, p, p) -> (batch,).
    """
    xp = namespace(gram)
    return float(xp.finfo(gram.dtype).eps) * xp.linalg.trace(gram)


def duality_gap(features: Array, labels: Array, fit: Array, lam: float) -> Array:
    """Primal less dual value at residual·t, scaled so that it is feasible: |xⱼ·residual|·t ≤ lam.

    Shapes: (batch, n, p), (batch, n), (batch, p) -> (batch,).
    """
    xp = namespace(features)
    residual = residual_of(features, labels, fit)
    pulls = xp.max(xp.abs(aligned(features, residual)), axis=-1)
    shrink = xp.where(pulls > lam, lam / pulls, xp.ones_like(pulls))
    left, along = xp.sum(residual**2, axis=-1), xp.sum(residual * labels, axis=-1)
    primal = left / 2 + lam * xp.sum(xp.abs(fit), axis=-1)
    dual = shrink * along - shrink**2 * left / 2
    rounding = 10 * float(xp.finfo(features.dtype).eps) * (primal + xp.abs(dual))
    return xp.clip(primal - dual, min=0.0) + rounding

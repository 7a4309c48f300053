"""Cones spanned by the columns of matrices: which vectors lie in them, for a batch of problems at once."""

from numerics.arrays import Array, device_of, namespace

PIVOTS = 60  # per row: several times what random problems take


def in_cone(columns: Array, target: Array) -> Array:
    """Whether target = Σⱼ aⱼ·columnⱼ with all aⱼ ≥ 0: phase one of the simplex method, all problems in step.

    The sum of infeasibilities falls by a pivot on its steepest column until no column lowers it; problems in general
    position are not degenerate, so it does not cycle. A target on the boundary of its cone to rounding is not decided
    with certainty; one that is not decided within the pivots counts as outside.

    Shapes: columns (trials, m, k), target (trials, m) -> (trials,) bool.
    """
    xp, (_, m, k) = namespace(columns), columns.shape
    eps = xp.finfo(columns.dtype).eps
    flip = xp.where(target < 0, -xp.ones_like(target), xp.ones_like(target))[..., None]
    rows = xp.concat([flip * columns, flip * target[..., None]], axis=-1)
    cost = xp.sum(rows, axis=1, keepdims=True)  # the infeasibility, and what a unit of each column takes from it
    table, scale = xp.concat([rows, cost], axis=1), xp.max(xp.abs(rows), axis=(1, 2))
    for _ in range(PIVOTS * m):
        gain = table[:, -1, :k]
        entering = xp.argmax(gain, axis=-1)
        improving = xp.max(gain, axis=-1) > 1e3 * eps * scale
        if not xp.any(improving):
            break
        table = xp.where(improving[:, None, None], _pivoted(table, entering), table)
    return table[:, -1, -1] < 1e6 * eps * scale


def separable(points: Array) -> Array:
    """Whether some w has w·z > 0 for all points z of a problem.

    By Gordan's theorem it does unless 0 is a combination of the points with weights ≥ 0, not all 0; for points in
    general position the weight of the last one may then be 1.   Shapes: (trials, n, p) -> (trials,) bool.
    """
    xp = namespace(points)
    if points.shape[1] == 1:
        return xp.any(points[:, 0, :] != 0, axis=-1)
    return ~in_cone(xp.matrix_transpose(points[:, :-1, :]), -points[:, -1, :])


def _pivoted(table: Array, entering: Array) -> Array:
    """The tables after their entering column took the place of the row that first falls to zero."""
    xp, (_, _, width) = namespace(table), table.shape
    places = xp.arange(width, device=device_of(table))
    chosen = xp.astype(entering[:, None] == places, table.dtype)
    column = xp.sum(table * chosen[:, None, :], axis=-1)
    positive = column[:, :-1] > 0
    height = xp.where(positive, column[:, :-1], xp.ones_like(column[:, :-1]))
    ratio = xp.where(positive, table[:, :-1, -1] / height, xp.full_like(height, xp.inf))
    row = xp.argmin(ratio, axis=-1)
    picked = xp.astype(row[:, None] == xp.arange(column.shape[-1], device=device_of(table)), table.dtype)
    pivot_row = xp.sum(table * picked[..., None], axis=1)
    pivot = xp.sum(pivot_row * chosen, axis=-1, keepdims=True)
    pivot = xp.where(pivot == 0, xp.ones_like(pivot), pivot)
    pivot_row = pivot_row / pivot
    return table - (column - picked)[..., None] * pivot_row[:, None, :]

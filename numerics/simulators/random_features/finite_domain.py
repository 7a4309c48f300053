"""Kernel regression on a finite set of inputs, for all the functions of a basis at once."""

import math

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.random_features import FiniteDomain


def cost(M: int, n: int) -> float:
    """Seconds a trial takes: a random basis of R^M, and the predictor applied to it."""
    return 2e-5 + 2e-8 * M**3


@simulates(FiniteDomain, cost=cost)
def finite_domain(*, M: int, n: int, delta: float, length: float, kernel: str, trials: int,
                  rng: Stream) -> dict[str, Array]:
    """Draws points, basis and unit vectors; the first n points are the training set, as good as any.

    Every basis function is fitted by the solution of its own linear system.   Raises BadInput for n > M.
    """
    if n > M:
        raise BadInput(f"FiniteDomain: n={n} training points are more than the M={M} inputs; take n <= M")
    xp, turned = rng.xp, rng.xp.matrix_transpose
    values = kernel_matrix(rng.unit((trials, M, 3)), length, kernel, rng)
    gram = values[:, :n, :n]
    system = gram + delta * xp.eye(n, dtype=rng.machine.dtype, device=rng.machine.place)
    orthonormal = xp.linalg.qr(rng.normal((trials, M, M))).Q
    skew = turned(rng.unit((trials, M, M)))

    def overlap(functions: Array) -> Array:
        fitted = values[:, :, :n] @ xp.linalg.solve(system, functions[:, :n, :])
        return xp.sum(functions * fitted, axis=(-2, -1))

    inverse = xp.linalg.inv(system)
    condition = xp.linalg.matrix_norm(system) * xp.linalg.matrix_norm(inverse)
    reach = xp.linalg.matrix_norm(values[:, :, :n] @ inverse)  # residuals of the systems come out magnified by this
    rounding = n * float(xp.finfo(rng.machine.dtype).eps) * condition * (1 + reach)
    return {"gram": gram, "learnability": overlap(orthonormal), "skewed": overlap(skew), "rounding": rounding}


def kernel_matrix(points: Array, length: float, kernel: str, rng: Stream) -> Array:
    """K between all pairs of unit vectors.   Shapes: (trials, M, d) -> (trials, M, M)."""
    xp = rng.xp
    cosine = xp.clip(points @ xp.matrix_transpose(points), -1.0, 1.0)
    same = xp.eye(points.shape[-2], dtype=xp.bool, device=rng.machine.place)
    cosine = xp.where(same, xp.ones_like(cosine), cosine)  # a rounded diagonal is magnified by roots of 1 − c
    if kernel == "ntk":
        return (xp.sqrt(1 - cosine**2) + 2 * cosine * (math.pi - xp.acos(cosine))) / math.pi
    square = 2 * (1 - cosine)
    return xp.exp(-square / (2 * length**2)) if kernel == "rbf" else xp.exp(-xp.sqrt(square) / length)

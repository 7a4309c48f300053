"""Ridge regression on features of any covariance, from the linear algebra of each drawn design."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.min_norm import AnisotropicRegression


def cost(n: int, l: np.ndarray) -> float:  # noqa: E741
    """Seconds a trial takes: the normal numbers, then products of n × n with n × p matrices."""
    return 2e-5 + 3e-8 * n * len(l) * (1 + n / 50)


@simulates(AnisotropicRegression, cost=cost)
def anisotropic_regression(*, n: int, l: np.ndarray, b2: np.ndarray, s2: float, lam: float, entries: str,  # noqa: E741
                           trials: int, rng: Stream) -> dict[str, Array]:
    """Draws X; noise, signs of β and test input are integrated exactly.

    β̂ = Py is linear in y, with P = XᵀC, C = (XXᵀ + n·lam·I)⁻¹. The bias is Σᵢ b2ᵢ·(AᵀΣA)ᵢᵢ with A = I − PX, and the
    variance s2·tr(ΣPPᵀ); both need only S = XΣXᵀ and no p × p matrix.

    Shapes: l and b2 (p,) -> (trials,) each.   Raises BadInput for spectra of different length, and for lam = 0 with
    fewer features than samples.
    """
    if len(l) != len(b2):
        raise BadInput(f"AnisotropicRegression: l has {len(l)} modes and b2 has {len(b2)}; give one of each per mode")
    if lam == 0 and n > len(l):
        raise BadInput(f"AnisotropicRegression: at lam=0 n={n} is above the {len(l)} features; give more, or lam > 0")
    xp, turned = rng.xp, rng.xp.matrix_transpose
    levels, power = rng.asarray(l), rng.asarray(b2)
    inputs = drawn(entries, (trials, n, len(l)), rng) * levels**0.5
    gram = inputs @ turned(inputs) + n * lam * xp.eye(n, dtype=rng.machine.dtype, device=rng.machine.place)
    solved = xp.linalg.inv(gram)
    spread = (inputs * levels) @ turned(inputs)
    quadratic = solved @ spread @ solved
    fitted = xp.sum(inputs * (solved @ inputs), axis=-2)
    errors = levels * (1 - 2 * fitted) + xp.sum(inputs * (quadratic @ inputs), axis=-2)
    return {"bias": xp.sum(power * errors, axis=-1),
            "variance": s2 * xp.sum(solved * (solved @ spread), axis=(-2, -1))}


def drawn(entries: str, shape: tuple[int, int, int], rng: Stream) -> Array:
    """Entries of mean 0 and variance 1."""
    if entries == "signs":
        return rng.signs(shape)
    if entries == "gaussian":
        return rng.normal(shape)
    return rng.normal(shape) * (1 + 0.9 * rng.signs((*shape[:2], 1))) ** 0.5

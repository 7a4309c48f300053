"""Kernel ridge regression in the eigenbasis of its kernel, from the linear algebra of each drawn set of inputs."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.random_features import KernelRegression


def cost(n: int, lam: np.ndarray) -> float:
    """Seconds a trial takes: the normal numbers, then n × n Gram matrices over the modes and an inverse."""
    return 1e-5 + 3e-8 * len(lam) * n * (1 + n / 50)


@simulates(KernelRegression, cost=cost)
def kernel_regression(*, n: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float, inputs: str,
                      trials: int, rng: Stream) -> dict[str, Array]:
    """Draws the eigenfunctions X (n, P) at the inputs; integrates noise, signs of v and test input exactly.

    v̂ = Wy is linear in the labels, W = diag(lam)·Xᵀ(K + delta·I)⁻¹ with K = X·diag(lam)·Xᵀ, and y = Xv + ε. Over noise
    and signs E[yyᵀ] = C = X·diag(v2)·Xᵀ + sigma2·I and E[vyᵀ] = diag(v2)·Xᵀ, so that overlap = Σᵢ v2ᵢ·(WX)ᵢᵢ,
    test = E‖v̂ − v‖² + sigma2 = Σᵢ v2ᵢ·(1 − 2·(WX)ᵢᵢ) + tr(WᵀWC) + sigma2 and train = tr(RᵀRC)/n, R = I − XW.

    Shapes: lam and v2 (P,) -> (trials,) each.   Raises BadInput for spectra of different length, and where K is
    singular at delta = 0.
    """
    _refuse_singular(n, len(lam), len(v2), delta, inputs)
    xp, turned = rng.xp, rng.xp.matrix_transpose
    drawn = _eigenfunctions(inputs, n, len(lam), trials, rng)
    power, eye = rng.asarray(v2), xp.eye(n, dtype=rng.machine.dtype, device=rng.machine.place)
    shrunk = drawn * rng.asarray(lam)
    kernel = shrunk @ turned(drawn)
    inverse = xp.linalg.inv(kernel + delta * eye)
    labels = (drawn * power) @ turned(drawn) + sigma2 * eye
    aligned = xp.sum(power * xp.sum(drawn * (inverse @ shrunk), axis=-2), axis=-1)
    quadratic = _trace(inverse @ (shrunk @ turned(shrunk)) @ inverse, labels, rng)
    residual = delta * inverse  # = I − K(K + delta·I)⁻¹; an interpolator has training error 0 to the last bit
    return {
        "test_error": float(np.sum(v2)) - 2 * aligned + quadratic + sigma2,
        "train_error": _trace(residual @ residual, labels, rng) / n,
        "overlap": aligned,
        "dof": _trace(kernel, inverse, rng),
    }


def _refuse_singular(n: int, modes: int, targets: int, delta: float, inputs: str) -> None:
    if modes != targets:
        raise BadInput(f"KernelRegression: lam has {modes} modes and v2 has {targets}; give one of each per mode")
    if delta == 0 and (n > modes or inputs == "onehot"):
        raise BadInput(f"KernelRegression: at delta=0 the Gram matrix of n={n} {inputs} inputs with {modes} modes is "
                       "singular; give delta > 0")


def _eigenfunctions(inputs: str, n: int, modes: int, trials: int, rng: Stream) -> Array:
    """φᵢ at every input.   Shapes: -> (trials, n, modes)."""
    if inputs == "gaussian":
        return rng.normal((trials, n, modes))
    values = rng.integers(modes, (trials, n))
    hit = values[..., None] == rng.asarray(np.arange(modes))
    return modes**0.5 * rng.xp.astype(hit, rng.machine.dtype)


def _trace(left: Array, right: Array, rng: Stream) -> Array:
    """tr(AB) for symmetric B.   Shapes: (trials, n, n) twice -> (trials,)."""
    return rng.xp.sum(left * right, axis=(-2, -1))

"""Random-feature ridge regression in Gaussian eigencoordinates, from the linear algebra of each drawn problem."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.random_features import FeatureSpan, GaussianFeatures


def cost(n: int, k: int, lam: np.ndarray) -> float:
    """Seconds a trial takes, twice over: the normal numbers, then products of P × n with n × k matrices.

    The factor two keeps a block of 600 modes below 400 MB.
    """
    return 5e-8 * len(lam) * (n + k) * (1 + min(n, k) / 150)


@simulates(GaussianFeatures, cost=cost)
def gaussian_features(*, n: int, k: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float,
                      trials: int, rng: Stream) -> dict[str, Array]:
    """Draws inputs X (n, P) and features F = √(lam/k)·Ξ (P, k); integrates noise, signs of v and test input exactly.

    The learned coefficients are linear in the labels, ŵ = Wy with W = FA, and y = Xv + ε. The errors are quadratic in
    (y, v), and over noise and signs E[yyᵀ] = C = X·diag(v2)·Xᵀ + sigma2·I, E[vyᵀ] = diag(v2)·Xᵀ, so that
    test = E‖Wy − v‖² + sigma2 = Σᵢ v2ᵢ·(1 − 2·(WX)ᵢᵢ) + tr(WᵀWC) + sigma2 and train = tr(RᵀRC)/n, R = I − XFA,
    without any P × P matrix.

    Relative rounding: about ε·(condition of the smaller ridge Gram matrix + Σ v2/test), 1e-13 for lam = i^-1.5; at
    delta = 0 it grows as n nears k, and a digit is lost for every decade between lam₁ and lam of mode min(n, k).

    Shapes: lam and v2 (P,) -> (trials,) each.   Raises BadInput for spectra of different length, and for delta = 0
    with fewer modes than min(n, k).
    """
    _refuse_odd_modes(len(lam), len(v2), delta, min(n, k))
    inputs, mixing = drawn(n, k, lam, trials, rng)
    return errors(inputs, mixing, rng.asarray(v2), delta, sigma2, rng)


@simulates(FeatureSpan, cost=cost)
def feature_span(*, n: int, k: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float,
                 trials: int, rng: Stream) -> dict[str, Array]:
    """The same draws; best = Σᵢ v2ᵢ·(1 − Πᵢᵢ) + sigma2, Π the projector on the columns of F."""
    _refuse_odd_modes(len(lam), len(v2), delta, min(n, k))
    (inputs, mixing), power = drawn(n, k, lam, trials, rng), rng.asarray(v2)
    best = rng.xp.sum(power * _left_out(mixing, rng), axis=-1) + sigma2
    return {**errors(inputs, mixing, power, delta, sigma2, rng), "best_error": best}


def drawn(n: int, k: int, lam: np.ndarray, trials: int, rng: Stream) -> tuple[Array, Array]:
    """X and F.   Shapes: -> (trials, n, P), (trials, P, k)."""
    inputs = rng.normal((trials, n, len(lam)))
    return inputs, rng.asarray(np.sqrt(lam / k))[:, None] * rng.normal((trials, len(lam), k))


def errors(inputs: Array, mixing: Array, power: Array, delta: float, sigma2: float, rng: Stream) -> dict[str, Array]:
    """Test and training error, given X, F and v2."""
    xp, turned, n = rng.xp, rng.xp.matrix_transpose, inputs.shape[-2]
    fit, residual = _ridge_maps(inputs @ mixing, delta, rng)
    weights = mixing @ fit
    scaled = inputs * power**0.5
    labels = scaled @ turned(scaled) + sigma2 * _eye(n, rng)
    learned = xp.sum(inputs * turned(weights), axis=-2)
    quadratic = xp.sum((turned(weights) @ weights) * labels, axis=(-2, -1))
    return {
        "test_error": xp.sum(power * (1 - 2 * learned), axis=-1) + quadratic + sigma2,
        "train_error": xp.sum((residual @ labels) * residual, axis=(-2, -1)) / n,
    }


def _left_out(features: Array, rng: Stream) -> Array:
    """1 − Πᵢᵢ: what the features miss of each mode, none where k ≥ P.   Shapes: (trials, P, k) -> (trials, P)."""
    if features.shape[-1] >= features.shape[-2]:
        return rng.xp.zeros_like(features[..., 0])
    basis = rng.xp.linalg.qr(features).Q
    return 1 - rng.xp.sum(basis**2, axis=-1)


def _refuse_odd_modes(modes: int, targets: int, delta: float, rank: int) -> None:
    if modes != targets:
        raise BadInput(f"GaussianFeatures: lam has {modes} modes and v2 has {targets}; give one of each per mode")
    if delta == 0 and rank > modes:
        raise BadInput(f"GaussianFeatures: at delta=0 min(n, k)={rank} is above the {modes} modes and the Gram matrix "
                       "is singular; give more modes or delta > 0")


def _ridge_maps(features: Array, penalty: float, rng: Stream) -> tuple[Array, Array]:
    """A with Ay the minimiser of ‖y − Zw‖² + penalty·‖w‖², of least norm at penalty 0, and the residual map I − ZA.

    For n ≤ k the residual is penalty·(ZZᵀ + penalty·I)⁻¹y: an interpolator then has training error 0 to the last bit.

    Shapes: Z (trials, n, k) -> (trials, k, n), (trials, n, n).
    """
    turned, (n, k) = rng.xp.matrix_transpose(features), features.shape[-2:]
    if n <= k:
        inverse = rng.xp.linalg.inv(features @ turned + penalty * _eye(n, rng))
        return turned @ inverse, penalty * inverse
    fit = rng.xp.linalg.inv(turned @ features + penalty * _eye(k, rng)) @ turned
    return fit, _eye(n, rng) - features @ fit


def _eye(size: int, rng: Stream) -> Array:
    return rng.xp.eye(size, dtype=rng.machine.dtype, device=rng.machine.place)

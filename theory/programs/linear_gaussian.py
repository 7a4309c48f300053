"""Bayesian linear regression: y | w ~ N(Xw, s2·I), w ~ N(0, t2·I), in closed form for every data set of a batch."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def precision(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """XᵀX/s2 + I/t2 of the posterior.   Shapes: (trials, n, p) -> (trials, p, p)."""
    return np.swapaxes(X, -1, -2) @ X / s2 + np.eye(X.shape[-1]) / t2


def posterior_mean(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """Shapes: (trials, n, p), (trials, n) -> (trials, p)."""
    return np.linalg.solve(precision(X, y, s2=s2, t2=t2), np.einsum("bnp,bn->bp", X, y)[..., None] / s2)[..., 0]


def log_evidence(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """log N(y; 0, s2·I + t2·XXᵀ).   Shapes: (trials, n, p), (trials, n) -> (trials,)."""
    covariance = s2 * np.eye(X.shape[1]) + t2 * X @ np.swapaxes(X, -1, -2)
    squares = np.sum(y * np.linalg.solve(covariance, y[..., None])[..., 0], axis=-1)
    return -(squares + np.linalg.slogdet(covariance)[1] + X.shape[1] * np.log(2 * np.pi)) / 2


def factorised_variances(X: Array, y: Array, *, s2: float, t2: float, power: int = 1) -> Array:
    """1/Λᵢᵢ of the posterior precision Λ; with power −1 the posterior's own variances (Λ⁻¹)ᵢᵢ."""
    matrix = precision(X, y, s2=s2, t2=t2)
    return np.diagonal(np.linalg.matrix_power(matrix, power), axis1=-2, axis2=-1) ** -float(power)


def factorised_gap(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """½(Σ log Λᵢᵢ − log det Λ) of the posterior precision Λ.   Shapes: -> (trials,)."""
    matrix = precision(X, y, s2=s2, t2=t2)
    return (np.log(np.diagonal(matrix, axis1=-2, axis2=-1)).sum(-1) - np.linalg.slogdet(matrix)[1]) / 2


def isotropic_variance(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """p/tr Λ.   Shapes: -> (trials,)."""
    return X.shape[-1] / np.trace(precision(X, y, s2=s2, t2=t2), axis1=-2, axis2=-1)


def mean_variance(X: Array, y: Array, *, s2: float, t2: float) -> Array:
    """tr(Λ⁻¹)/p.   Shapes: -> (trials,)."""
    return np.trace(np.linalg.inv(precision(X, y, s2=s2, t2=t2)), axis1=-2, axis2=-1) / X.shape[-1]


def weighted_mean(X: Array, y: Array, *, s2: float, t2: float, kappa: float) -> Array:
    """Mean of the posterior at noise s2/kappa."""
    return posterior_mean(X, y, s2=s2 / kappa, t2=t2)


def weighted_covariance(X: Array, y: Array, *, s2: float, t2: float, kappa: float) -> Array:
    """Covariance of the posterior at noise s2/kappa."""
    return np.linalg.inv(precision(X, y, s2=s2 / kappa, t2=t2))


def weighted_value(X: Array, y: Array, *, s2: float, t2: float, kappa: float, normalised: bool = True) -> Array:
    """log evidence at noise s2/kappa; if `normalised`, + (n/2)·log(2π s2/kappa) − kappa·(n/2)·log(2π s2)."""
    half, value = X.shape[1] / 2, log_evidence(X, y, s2=s2 / kappa, t2=t2)
    constants = half * np.log(2 * np.pi * s2 / kappa) - kappa * half * np.log(2 * np.pi * s2)
    return value + constants if normalised else value


def kappa_evidence(X: Array, y: Array, *, s2: float, t2: float, kappa: float) -> Array:
    """kappa times the log evidence."""
    return kappa * log_evidence(X, y, s2=s2, t2=t2)

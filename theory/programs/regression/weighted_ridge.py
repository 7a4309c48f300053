"""Ridge regression with a strength of its own for every weight."""

from typing import Literal, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def dropout_ridge(design: Array, targets: Array, *, d: float, strength: Literal["odds", "rate", "variance"] = "odds",
                  columns: bool = True) -> tuple[Array, Array]:
    """(XᵀX + s·diag(XᵀX))⁻¹Xᵀy with s = d/(1 − d), and the bound of its error.

    Mistakes: a strength of d ("rate") or d(1 − d) ("variance"); the identity in place of the diagonal.
    Shapes: (trials, n, p), (trials, n) -> (trials, p), (trials, p).
    """
    odds = {"odds": d / (1 - d), "rate": d, "variance": d * (1 - d)}[strength]
    gram, right = np.swapaxes(design, 1, 2) @ design, np.swapaxes(design, 1, 2) @ targets[..., None]
    eye = np.eye(design.shape[2])
    matrix = gram + odds * eye * (np.diagonal(gram, axis1=1, axis2=2)[:, None, :] if columns else 1.0)
    weights = np.linalg.solve(matrix, right)[..., 0]
    rounding = np.finfo(float).eps * sum(design.shape[1:]) * np.linalg.cond(matrix) + np.zeros(len(design))
    return weights, rounding[:, None] * np.linalg.norm(weights, axis=1, keepdims=True) + np.zeros_like(weights)


def size(weights: Array, error: Array) -> tuple[Array, Array]:
    """Norm of each weight vector, and the bound of its error."""
    return np.linalg.norm(weights, axis=1), np.linalg.norm(error, axis=1)


def dropout_size(design: Array, targets: Array, *, d: float) -> tuple[Array, Array]:
    """Norm of `dropout_ridge`."""
    return size(*dropout_ridge(design, targets, d=d))


def along_gradient(design: Array, targets: Array, *, d: float,
                   strength: Literal["odds", "rate", "variance"] = "odds") -> tuple[Array, Array]:
    """`dropout_ridge` along Xᵀy/‖Xᵀy‖."""
    weights, error = dropout_ridge(design, targets, d=d, strength=strength)
    towards = (np.swapaxes(design, 1, 2) @ targets[..., None])[..., 0]
    return np.sum(weights * towards, axis=1) / np.linalg.norm(towards, axis=1), np.linalg.norm(error, axis=1)


def imputation_bias(factors: Array, scales: Array, beta: Array, *, rho: float, own: float, odds: bool = True,
                    weighed: bool = True) -> tuple[Array, Array]:
    """min_w (β − w)ᵀΣ(β − w) + s·Σ_j Σ_jj w_j² with s = (1 − rho)/rho, and the bound of its error.

    Σ_ij = a_i a_j((1 − own)·f_i·f_j + own·[i = j]). Mistakes: s = 1 − rho (without `odds`); Σ w_j² (not `weighed`).
    Shapes: (trials, d, k), (trials, d), (trials, d) -> (trials,), (trials,).
    """
    d = factors.shape[1]
    inner = (1 - own) * factors @ np.swapaxes(factors, 1, 2) + own * np.eye(d)
    moments = inner * scales[:, :, None] * scales[:, None, :]
    strength = (1 - rho) / rho if odds else 1 - rho
    penalty = strength * np.eye(d) * (np.diagonal(moments, axis1=1, axis2=2)[:, None, :] if weighed else 1.0)
    target = (moments @ beta[..., None])[..., 0]
    weights = np.linalg.solve(moments + penalty, target[..., None])[..., 0]
    power = np.sum(beta * target, axis=1)
    rounding = np.finfo(float).eps * d * np.linalg.cond(moments + penalty)
    return power - np.sum(weights * target, axis=1), rounding * power


def factor_bias(factors: Array, target: Array, *, rho: float, odds: bool = True) -> tuple[Array, Array]:
    """s·cᵀ(FᵀF + s·I)⁻¹c with s = (1 − rho)/rho, or the mistake 1 − rho.   Shapes: (trials, d, k), (trials, k)."""
    strength = (1 - rho) / rho if odds else 1 - rho
    matrix = np.swapaxes(factors, 1, 2) @ factors + strength * np.eye(factors.shape[2])
    value = strength * np.sum(target * np.linalg.solve(matrix, target[..., None])[..., 0], axis=1)
    return value, np.finfo(float).eps * factors.shape[1] * np.linalg.cond(matrix) * value

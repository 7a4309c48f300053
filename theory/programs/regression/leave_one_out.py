"""Errors that each sample has under the fit to the others, from one inverse."""

from typing import Literal, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def leave_one_out_errors(
    design: Array, targets: Array, *, ridge: float, form: Literal["left out", "kept", "less penalty"] = "left out"
) -> tuple[Array, Array]:
    """(K⁻¹y)ᵢ/(K⁻¹)ᵢᵢ with K = XXᵀ + n·ridge·I, and the bound of its error.

    Two forms are mistakes: "kept" is the error of the fit to all samples, n·ridge·(K⁻¹y)ᵢ; "less penalty" lets the
    penalty count the remaining samples, n − 1.   Shapes: (trials, n, p), (trials, n) -> (trials, n), (trials, n).
    """
    n = design.shape[-2]
    count = n - 1 if form == "less penalty" else n
    matrix = design @ np.swapaxes(design, -2, -1) + count * ridge * np.eye(n)
    inverse = np.linalg.inv(matrix)
    solved = (inverse @ targets[..., None])[..., 0]
    diagonal = np.diagonal(inverse, axis1=-2, axis2=-1)
    errors = n * ridge * solved if form == "kept" else solved / diagonal
    rounding = n * np.finfo(float).eps * np.linalg.cond(matrix)[..., None]
    reach = np.linalg.norm(targets, axis=-1)[..., None] * np.linalg.norm(inverse, ord=2, axis=(-2, -1))[..., None]
    return errors, rounding * (np.abs(errors) + reach / diagonal)

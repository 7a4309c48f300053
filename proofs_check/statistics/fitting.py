"""Least squares fits as fixed linear functionals of the data.

A fitted limit or slope is then a mean over independent rounds, and the confidence sequence of a mean applies to it.
"""

import numpy as np


def intercept_weights(design: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """w with w·y the intercept of the weighted least squares fit of y."""
    normal = design.T @ (precision[:, None] * design)
    return np.linalg.solve(normal, design.T * precision)[0]

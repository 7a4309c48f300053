"""Least squares fits as fixed linear functionals of the data.

A fitted limit or slope is then a mean over independent rounds, and the confidence sequence of a mean applies to it.
"""

import numpy as np


def intercept_weights(design: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """w with w·y the intercept of the weighted least squares fit of y."""
    normal = design.T @ (precision[:, None] * design)
    return np.linalg.solve(normal, design.T * precision)[0]


def limit_fits(sizes: np.ndarray, rate: float, spread: np.ndarray | float = 1.0) -> list[tuple[np.ndarray, np.ndarray]]:
    """(design, weights of the limit) of three fits: two terms on the top three rungs, three terms on all, twice.

    The terms are 1, size^-rate, and size^-2rate or size^-(rate + ½). Shapes: sizes, spread (rungs,).
    """
    relative = sizes / sizes[-1]
    x, ones = relative**-rate, np.ones(len(sizes))
    top = (np.arange(len(sizes)) >= len(sizes) - 3).astype(float)
    designs = [
        (np.stack([ones, x], axis=1), top),
        (np.stack([ones, x, x**2], axis=1), ones),
        (np.stack([ones, x, x * relative**-0.5], axis=1), ones),
    ]
    return [(design * used[:, None], intercept_weights(design, used / spread**2)) for design, used in designs]

"""What rounding at random costs a quadratic loss, weight by weight."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
FEW = 4  # weights that are rounded


def rounded_at_random(fractions: Array, diagonal: Array, *, D: float, factor: float = 0.5, squared: bool = False,
                      average: bool = False) -> tuple[Array, Array]:
    """½ Σ H_ii D² f_i(1 − f_i) over the first four weights, and its rounding.

    Mistakes: another `factor` than ½; f² in place of f(1 − f) (`squared`), or 1/6 (`average`).
    Shapes: (trials, p) both -> (trials,).
    """
    f, H = fractions[:, :FEW], diagonal[:, :FEW]
    spread = f**2 if squared else np.full_like(f, 1 / 6) if average else f * (1 - f)
    scale = factor * D**2 * np.sum(H, axis=1)
    return factor * D**2 * np.sum(H * spread, axis=1), 100 * np.finfo(float).eps * scale

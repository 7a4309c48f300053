"""Degrees of freedom of kernel ridge regression, from the eigenvalues of the Gram matrix."""

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def degrees_of_freedom(gram: Array, *, ridge: float, times: bool = False) -> tuple[Array, Array]:
    """Σⱼ dⱼ/(dⱼ + ridge), dⱼ the eigenvalues, and the bound of its error. `times`: the ridge counts n times.

    Eigenvalues are exact to n·ε·‖K‖, and d/(d + ridge) has the slope ridge/(d + ridge)².
    Shapes: (trials, n, n) -> (trials,), (trials,).
    """
    values = np.linalg.eigvalsh(gram)
    n = values.shape[-1]
    ridge = n * ridge if times else ridge
    apart = n * np.finfo(float).eps * values[..., -1:]
    shares = values / (values + ridge)
    return shares.sum(-1), (apart * ridge / (values + ridge) ** 2 + np.finfo(float).eps).sum(-1)

"""Descent on U*Uᵀ under the t-product in the domain of the discrete Fourier transform along the tubes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def frequency_descent(A: Floats, y: Floats, start: Floats, *, eta: float, steps: int, plain: bool = False,
                      coupled: bool = True) -> Floats:
    """U after K descents on complex matrices, U_k ← U_k − eta·G_k U_k, that are coupled by residuals of all of them.

    G_k = (1/m) Σᵢ resᵢ A_{i,k} with resᵢ = (1/K) Σ_k ⟨A_{i,k}, U_k U_kᴴ⟩ − yᵢ. `plain` transposes without conjugation,
    which is the transform of a transpose that leaves the slices in their order; not `coupled`, every frequency has
    residuals of its own.   Shapes: (trials, m, n, n, K), (trials, m), (trials, n, n, K) -> (trials, n, n, K).
    """
    trials, m, n, _, K = A.shape
    measures = np.moveaxis(np.fft.fft(A, axis=-1), -1, 1).reshape(trials, K, m, n * n)
    U = np.moveaxis(np.fft.fft(start, axis=-1), -1, 1)
    for _ in range(steps):
        square = U @ np.swapaxes(U if plain else U.conj(), -1, -2)
        parts = (measures.conj() @ square.reshape(trials, K, n * n, 1))[..., 0]
        whole = parts.mean(axis=1, keepdims=True) if coupled else parts
        slope = ((whole - y[:, None, :])[:, :, None, :] @ measures / m).reshape(U.shape)
        U = U - eta * slope @ U
    return np.fft.ifft(np.moveaxis(U, 1, -1), axis=-1).real

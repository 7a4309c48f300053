"""Errors of autoencoders with a code of signs, as functions of the Gram matrix of their unit rows."""

import numpy as np


def best_decoder(B: np.ndarray) -> np.ndarray:
    """1 − (2/(π d))·tr(f(G)⁻¹G), G = BBᵀ, f = (2/π)·arcsin entrywise.   Shapes: (trials, n, d) -> (trials,)."""
    G = B @ np.swapaxes(B, -1, -2)
    codes = 2 / np.pi * np.arcsin(np.clip(G, -1, 1))
    return 1 - 2 / np.pi / B.shape[-1] * np.trace(np.linalg.solve(codes, G), axis1=-2, axis2=-1)


def scaled_transpose(B: np.ndarray) -> np.ndarray:
    """The error with the decoder √(2/π)·Bᵀ.   Shapes: (trials, n, d) -> (trials,)."""
    G = B @ np.swapaxes(B, -1, -2)
    codes = 2 / np.pi * np.arcsin(np.clip(G, -1, 1))
    return 1 + 2 / np.pi / B.shape[-1] * (np.sum(codes * G, axis=(-2, -1)) - 2 * B.shape[-2])

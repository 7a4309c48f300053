"""Mean-square stability of SGD where the curvature Hᵢ of a sample may have any rank: bounds, and matrix-free threshold.

w ← w − η·H_b·w with H_b the mean of Hᵢ = FᵢᵀFᵢ over a fresh batch, H = (1/n) Σ Hᵢ and the batch factor c. As for rows
(theory.programs.mean_square), E‖w‖² stays bounded iff η ≤ η* = 2/λ_max of the pencil D x = μ C x on symmetric matrices,
C x = (Hx + xH)/2 and D x = (1−c) HxH + (c/n) Σ HᵢxHᵢ.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def necessary_rate(trace: float, square: float, quartic: float, c: float) -> float:
    """η* <= 2 tr H/((1−c)‖H‖_F² + c q), q = (1/n) Σ ‖Hᵢ‖_F²: Rayleigh's quotient at the unit matrix."""
    return 2 * trace / ((1 - c) * square + c * quartic)


def frobenius_rate(frobenius: float, c: float, rank: int) -> float:
    """η* <= √(r/(c(1−c)))/‖H‖_F for Hᵢ of rank at most r, as q >= (tr H)²/r; infinite at c = 0 and c = 1."""
    return math.sqrt(rank / (c * (1 - c))) / frobenius if 0 < c < 1 else math.inf


def trace_rate(trace: float, c: float, rank: int) -> float:
    """η* <= 2r/tr H at c = 1: at batch size 1 the bound by moments with q >= (tr H)²/r. Elsewhere there is none."""
    return 2 * rank / trace if c == 1 else math.inf


def sufficient_rate(lam1: float, largest: float, c: float) -> float:
    """η* >= 2/((1−c) λ_max(H) + c max λ_max(Hᵢ))."""
    return 2 / ((1 - c) * lam1 + c * largest)


@dataclass(frozen=True)
class Pencil:
    """C^(−½) D C^(−½) on symmetric r × r matrices, r the rank of H, in the basis of its eigenvectors.

    Its largest eigenvalue is 2/η*.   Shapes: spectrum (r,), factors (n, k, r).
    """

    spectrum: Floats
    factors: Floats
    c: float

    @property
    def size(self) -> int:
        """Length of a vector of the upper triangle."""
        r = len(self.spectrum)
        return r * (r + 1) // 2

    def apply(self, vectors: Floats) -> Floats:
        """The image of symmetric matrices, given by their upper triangles with off-diagonal entries times √2.

        Shapes: (m, size) -> (m, size).
        """
        s, (n, k, r) = self.spectrum, self.factors.shape
        i, j = np.triu_indices(r)
        off, flat = np.where(i == j, 1.0, math.sqrt(0.5)), self.factors.reshape(n * k, r)
        root = np.sqrt((s[:, None] + s[None, :]) / 2)
        found = []
        for vector in vectors:
            x = np.zeros((r, r))
            x[i, j] = vector * off
            x = (x + x.T - np.diag(np.diag(x))) / root
            inner = np.matmul(np.matmul(self.factors, x), self.factors.mT)
            noise = flat.T @ np.matmul(inner, self.factors).reshape(n * k, r) / n
            image = ((1 - self.c) * s[:, None] * x * s[None, :] + self.c * noise) / root
            found.append(image[i, j] / off)
        return np.array(found)


def pencil_of_gram(gram: Floats, outputs: int, c: float) -> Pencil:
    """The pencil of rows known by their inner products, `outputs` rows for each sample.

    Shapes: gram (n·k, n·k), with trace n tr H.
    """
    n = len(gram) // outputs
    values, vectors = np.linalg.eigh(gram)
    kept = values > len(gram) * np.finfo(float).eps * values[-1]
    factors = vectors[:, kept] * np.sqrt(values[kept])
    return Pencil(values[kept] / n, factors.reshape(n, outputs, -1), c)

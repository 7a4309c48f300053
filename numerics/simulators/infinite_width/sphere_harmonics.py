"""Harmonic coefficients of the ReLU and of its kernel on the sphere, by quadrature over angles."""

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.infinite_width import SphereHarmonics

NODES, KERNEL_NODES = 160, 40


@simulates(SphereHarmonics, cost=1e-5)
def sphere_harmonics(*, d: int, j: int, trials: int, rng: Stream) -> dict[str, Array]:
    """Gauss–Legendre rules in θ on both sides of the kink; nothing is random.   Shapes: -> (trials,) each.

    The kernel at angle θ is E r²·mean over the circle of relu(cos φ) relu(cos(φ − θ)) for the part of w in the plane of
    u and v, whose mean square length is 2/d; the circle's mean is a quadrature, too.
    """
    cosine, weight = _angles(d)
    relu, values = np.maximum(cosine, 0), kernel(cosine, d)
    below = gegenbauer(2 * j + 1, d, cosine)

    def mean(function: np.ndarray, degree: int) -> float:
        return float(np.sum(weight * function * below[degree]))

    measured = {
        "zeroth": mean(relu, 0), "first": mean(relu, 1), "even": mean(relu, 2 * j), "odd": mean(relu, 2 * j + 1),
        "eigenvalue": mean(values, 2 * j), "rounding": 2 * NODES * float(np.finfo(float).eps),
    }  # fmt: skip
    one = rng.xp.ones(trials, dtype=rng.machine.dtype, device=rng.machine.place)
    return {name: value * one for name, value in measured.items()}


def _angles(d: int) -> tuple[np.ndarray, np.ndarray]:
    """cos θ at the nodes, and their shares of the measure sin^(d−2) θ dθ.   Shapes: (2·NODES,) twice."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    quarter = np.pi / 4 * (nodes + 1)
    theta = np.concatenate([quarter, np.pi / 2 + quarter])
    mass = np.concatenate([weights, weights]) * np.sin(theta) ** (d - 2)
    return np.cos(theta), mass / mass.sum()


def gegenbauer(degree: int, d: int, t: np.ndarray) -> list[np.ndarray]:
    """P₀ … P_degree, by (k + d − 2)·P_{k+1} = (2k + d − 2)·t·P_k − k·P_{k−1}."""
    found = [np.ones_like(t), t]
    for k in range(1, degree):
        found.append(((2 * k + d - 2) * t * found[k] - k * found[k - 1]) / (k + d - 2))
    return found


def kernel(cosine: np.ndarray, d: int) -> np.ndarray:
    """κ by quadrature over the arc on which both inputs are active."""
    nodes, weights = np.polynomial.legendre.leggauss(KERNEL_NODES)
    theta = np.arccos(cosine)[:, None]
    half = (np.pi - theta) / 2
    phi = theta / 2 + half * nodes  # from θ − π/2 to π/2
    return 2 / d * np.sum(half * weights * np.cos(phi) * np.cos(phi - theta), axis=-1) / (2 * np.pi)

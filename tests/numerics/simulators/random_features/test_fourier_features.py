"""Random Fourier features against their frequencies: characteristic functions, and estimates written out."""

import math

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.random_features.fourier_features import fourier_features, frequencies
from numerics.streams import stream

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
KERNELS = {"gaussian": lambda s: math.exp(-s * s / 2), "laplace": lambda s: math.exp(-s),
           "cauchy": lambda s: 1 / (1 + s * s)}
TRIALS = 5


def matches(law: str, kernel: str) -> bool:
    """Whether the mean cosine of a law's frequencies is the kernel, within six standard errors."""
    w = frequencies(law, (200_000,), stream(Machine(), "frequencies", law, seed=1))
    means = [(np.cos(w * s).mean(), 6 * np.cos(w * s).std() / len(w) ** 0.5, KERNELS[kernel](s)) for s in (0.5, 1, 2)]
    return all(abs(mean - value) <= error for mean, error, value in means)


@pytest.mark.parametrize("law", KERNELS)
def test_frequencies_have_the_spectral_density_of_their_kernel_and_no_other(law: str) -> None:
    assert [matches(law, kernel) for kernel in KERNELS] == [kernel == law for kernel in KERNELS]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.backend)
def test_estimates_are_means_over_the_frequencies(machine: Machine) -> None:
    found = fourier_features(D=3, s=0.7, law="gaussian", trials=TRIALS, rng=stream(machine, "fourier", seed=2))
    found = {name: machine.to_host(array) for name, array in found.items()}
    rng = stream(Machine(), "fourier", seed=2)
    x, w, b = rng.normal((TRIALS, 1, 1)), rng.normal((TRIALS, 2, 3)), 2 * math.pi * rng.uniform((TRIALS, 2, 3))
    for t in range(TRIALS):
        sets = [[math.cos(0.7 * w[t, i, j]) for j in range(3)] for i in range(2)]
        turned = [[2 * math.cos(w[t, i, j] * x[t, 0, 0] + b[t, i, j])
                   * math.cos(w[t, i, j] * (x[t, 0, 0] + 0.7) + b[t, i, j]) for j in range(3)] for i in range(2)]
        for name, values in (("paired", sets), ("offset", turned)):
            first, second = (sum(row) / 3 for row in values)
            assert math.isclose(found[name][t], (first + second) / 2, abs_tol=1e-14)
            assert math.isclose(found[f"{name}_spread"][t], (first - second) ** 2 / 2, abs_tol=1e-14)
            assert not math.isclose(found[f"{name}_spread"][t], (first - second) ** 2, abs_tol=1e-14)


def test_at_distance_zero_only_the_pairs_are_exact() -> None:
    found = fourier_features(D=3, s=0.0, law="cauchy", trials=TRIALS, rng=stream(Machine(), "fourier", seed=2))
    assert np.all(found["paired"] == 1) and np.all(found["paired_spread"] == 0)
    assert np.all(found["offset_spread"] > 0)

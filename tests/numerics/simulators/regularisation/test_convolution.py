"""Convolutions as matrices: against a direct sum, and penalties counted by hand."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.convolution import convolution_kernel, penalty, unfolded
from numerics.streams import stream

AT = {"M": 2, "C": 3, "k": 2, "N": 5, "spread": 0.5, "padding": "circular"}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = convolution_kernel(**{**AT, **changes}, trials=4, rng=stream(machine, "convolution", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def test_the_matrix_is_the_convolution() -> None:
    draws = np.random.default_rng(0)
    kernel, signal = draws.normal(size=(1, 2, 3, 2)), draws.normal(size=(3, 5))
    direct = np.array([[sum(kernel[0, m, c, t] * signal[c, (i + t) % 5] for c in range(3) for t in range(2))
                        for i in range(5)] for m in range(2)])
    rng = stream(Machine(), "matrix", seed=0)
    np.testing.assert_allclose((unfolded(kernel, 5, "circular", rng)[0] @ signal.ravel()).reshape(2, 5), direct)
    assert not np.allclose((unfolded(kernel, 5, "zero", rng)[0] @ signal.ravel()).reshape(2, 5), direct)


def test_penalties_by_hand() -> None:
    rng = stream(Machine(), "penalty", seed=0)
    np.testing.assert_allclose(penalty(np.array([[[[1.0, 2.0]]]]), rng), [16 + 2 * 4])
    np.testing.assert_allclose(penalty(np.array([[[[0.6, 0.0]], [[0.0, 0.8]]]]), rng),
                               [(0.36 - 1) ** 2 + (0.64 - 1) ** 2 + 2 * 0.48**2])


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_orthonormal_kernels_are_isometries_and_noisy_ones_are_not(backend: str) -> None:
    exact, noisy = sample(backend, spread=0.0), sample(backend)
    np.testing.assert_allclose(exact["frobenius"], 0, atol=1e-12)
    np.testing.assert_allclose([exact["top"], exact["bottom"]], 1)
    assert np.all(noisy["frobenius"] > 0.1) and np.all(noisy["top"] > 1.05)

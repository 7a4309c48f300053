"""Sobolev fidelities: the matrix against the Fourier transform, gains of known filters, steps counted one by one."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.sobolev import iterations, part, sobolev_fidelity, weighing
from numerics.streams import stream

AT = {"N": 16, "s": -0.5, "pace": 0.8, "k": 3, "a": 0.1, "xi": 2, "forward": "identity"}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = sobolev_fidelity(**{**AT, **changes}, trials=3, rng=stream(machine, "sobolev", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


@pytest.mark.parametrize("N", [8, 9])
def test_weighing_multiplies_the_fast_fourier_transform(N: int) -> None:
    signal = np.random.default_rng(0).normal(size=N)
    frequencies = np.fft.fftfreq(N, 1 / N)
    weighed = np.fft.ifft((2 + frequencies**2) * np.fft.fft(signal)).real
    np.testing.assert_allclose(weighing(N, lambda f: 2 + f**2) @ signal, weighed)
    assert not np.allclose(weighing(N, lambda f: 1 + f**2) @ signal, weighed)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_without_a_weight_all_frequencies_are_fitted_alike_and_with_one_they_are_not(backend: str) -> None:
    plain = [sample(backend, s=0.0, xi=xi, a=0.0) for xi in (1, 5)]
    for found in plain:
        np.testing.assert_allclose(found["gain"], 1 - 0.2**3)
        np.testing.assert_allclose(found["tikhonov"], 1)
    weighed = [sample(backend, xi=xi)["gain"] for xi in (1, 5)]
    assert np.all(weighed[0] > 1.05 * weighed[1])


def test_the_part_is_that_of_a_delayed_wave() -> None:
    t = 2 * np.pi * 3 * np.arange(12) / 12
    np.testing.assert_allclose(part(2 * np.cos(t + 0.5)[None], np.cos(t)[None], 3), [2 * np.cos(0.5)])
    assert not np.allclose(part(2 * np.cos(t)[None], np.cos(t)[None], 3), [2 * np.cos(0.5)])


def test_iterations_are_those_of_a_loop() -> None:
    step, start = np.diag([0.9, 0.5]), np.array([1.0, 0.0])
    count, left = 0, start
    while np.linalg.norm(left) > 0.01:
        count, left = count + 1, step @ left
    assert iterations(step, start) == count == 44
    assert iterations(np.diag([0.8, 0.5]), start) != count

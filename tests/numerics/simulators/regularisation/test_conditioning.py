"""Condition numbers and descent: spectra that were asked for, and two modes followed by hand."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.conditioning import conditioning, descended
from numerics.streams import stream

AT = {"p": 3, "spread": 0.7, "kernel": 0.0, "t": 4, "spectrum": "one small", "optimiser": "descent"}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = conditioning(**{**AT, **changes}, trials=4, rng=stream(machine, "conditioning", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_spectrum_is_as_asked(backend: str) -> None:
    found = sample(backend)
    np.testing.assert_allclose(found["kappa"], np.exp(0.7))
    np.testing.assert_allclose(found["frobenius"], 2 + np.exp(-1.4))
    np.testing.assert_allclose(found["probe"], np.exp(1.4))
    assert not np.allclose(sample(backend, spectrum="random")["kappa"], np.exp(0.7), rtol=0.01)


def test_two_modes_shrink_as_by_hand_and_preconditioned_ones_by_half() -> None:
    H, eta = np.diag([1.0, 4.0])[None], 2 / 5
    left = np.hypot((1 - eta) ** 3, (1 - 4 * eta) ** 3) / np.sqrt(2)
    np.testing.assert_allclose(descended(H, 3, "descent"), left)
    np.testing.assert_allclose(descended(H, 3, "preconditioned"), 1 / 8)
    assert not np.allclose(descended(H, 2, "descent"), left)

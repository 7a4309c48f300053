"""Quadratic forms at random probes: what is exact about them."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.random_matrices.quadratic_form import quadratic_form
from numerics.streams import stream


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_norms_and_errors_are_those_of_a_loop(backend: str) -> None:
    """The draws again, in order: probes, then matrices."""
    machine, d, trials = Machine(backend), 3, 4
    sample = quadratic_form(d=d, probe="signs", trials=trials, rng=stream(machine, "form", seed=1))
    rng = stream(machine, "form", seed=1)
    probes, matrices = machine.to_host(rng.signs((trials, 256, d))), machine.to_host(rng.normal((trials, d, d)))
    for t, matrix in enumerate(matrices):
        errors = np.array([z @ matrix @ z - np.trace(matrix) for z in probes[t]])
        first = np.array([z[0] * (matrix @ z)[0] - matrix[0, 0] for z in probes[t]])
        expected = {"square": np.mean(errors**2), "entry_square": np.mean(first**2), "A2": np.sum(matrix**2),
                    "F2": np.sum((matrix + matrix.T) ** 2) / 4, "D2": np.sum(np.diag(matrix) ** 2)}
        for name, value in expected.items():
            found = machine.to_host(sample[name])[t]
            assert abs(found - value) < 1e-12 * abs(value) < abs(found - 1.01 * value)


def test_random_signs_and_the_sphere_know_the_trace_of_the_identity() -> None:
    """‖z‖² = d: the part of A along the identity adds no variance, which normal probes have."""
    rng = stream(Machine(), "probe", seed=0)
    probes = {"signs": rng.signs((50, 4)), "sphere": 2 * rng.unit((50, 4)), "normal": rng.normal((50, 4))}
    for probe, z in probes.items():
        assert (np.abs((z**2).sum(-1) - 4).max() < 1e-12) == (probe != "normal")

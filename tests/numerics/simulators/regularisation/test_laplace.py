"""Posterior means under a Laplace prior: another quadrature, known limits, and a search on a grid."""

import numpy as np
import pytest
from scipy.integrate import quad

from numerics.arrays import Machine
from numerics.simulators.regularisation.laplace import laplace_denoising, moments, penalised, posterior_mode
from numerics.streams import stream


def sample(**at: float) -> dict[str, float]:
    found = laplace_denoising(**at, trials=2, rng=stream(Machine(), "laplace", seed=0))
    return {name: float(array[0]) for name, array in found.items()}


def test_moments_are_those_of_an_adaptive_quadrature() -> None:
    b, s, y = 0.8, 0.5, 0.9

    def integral(power: int) -> float:
        def joint(x: float) -> float:
            return x**power * np.exp(-abs(x) / b - (y - x) ** 2 / (2 * s**2)) / (2 * b * s * np.sqrt(2 * np.pi))

        return sum(quad(joint, *ends, epsabs=1e-13)[0] for ends in ((-6, 0), (0, 8)))

    mass, mean, variance = (m[0] for m in moments(np.array([y]), b, s))
    assert mass == pytest.approx(integral(0), rel=1e-9)
    assert mean == pytest.approx(integral(1) / integral(0), rel=1e-9)
    assert variance == pytest.approx(integral(2) / integral(0) - mean**2, rel=1e-8)
    assert mean != pytest.approx(integral(1), rel=1e-2)


def test_a_wide_prior_leaves_the_observation_alone_and_a_narrow_one_does_not() -> None:
    wide, narrow = sample(b=1e4, s=0.5, y=2.0), sample(b=0.3, s=0.5, y=2.0)
    assert wide["mmse"] == pytest.approx(2.0, abs=1e-4) and wide["slope"] == pytest.approx(1.0, abs=1e-4)
    assert narrow["mmse"] < 1.3


def test_the_proximal_point_has_no_better_neighbour_and_the_bare_one_is_another() -> None:
    b, s, y = 1.0, 0.7, 1.2
    found, grid = sample(b=b, s=s, y=y), np.linspace(0.2, 2.5, 4001)
    places = moments(grid, b, s)[1]
    for bare, name in ((False, "prox"), (True, "bare")):
        best = places[np.argmin(np.real(penalised(grid + 0j, y, b, s, bare)))]
        assert found[name] == pytest.approx(best, abs=2 * np.max(np.diff(places)))
    assert abs(found["prox"] - found["bare"]) > 0.01


def test_the_mode_has_no_better_neighbour() -> None:
    for y in (0.1, 2.0):
        mode, error = posterior_mode(y, 1.0, 0.7)
        values = [abs(x) + (y - x) ** 2 / 0.98 for x in (mode, mode + 0.01, mode - 0.01)]
        assert values[0] < min(values[1:]) and error < 1e-5

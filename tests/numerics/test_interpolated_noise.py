"""Interpolated noise against its definition: one least-norm fit for every unit of noise."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.min_norm import interpolated_noise as module
from numerics.streams import Stream, stream
from theory.errors import BadInput

N, P, TRIALS = 4, 9, 5


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "noise", seed=1)


def by_definition(levels: np.ndarray) -> list[float]:
    """Each unit of noise is interpolated by the pseudoinverse; errors are weighted by the covariance."""
    designs = draws().normal((TRIALS, N, P)) * np.sqrt(levels)
    return [float(sum(levels @ (np.linalg.pinv(design) @ unit) ** 2 for unit in np.eye(N))) for design in designs]


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_power_laws_and_levels_add_what_their_fits_add(backend: str) -> None:
    rng = draws(backend)
    power = module.power_law_noise(n=N, p=P, alpha=1.5, trials=TRIALS, rng=rng)["variance"]
    np.testing.assert_allclose(rng.machine.to_host(power), by_definition(np.arange(1, P + 1.0) ** -1.5), rtol=1e-9)
    rng = draws(backend)
    levels = module.two_level_noise(n=N, p=P, k=2, eps=0.1, trials=TRIALS, rng=rng)["variance"]
    np.testing.assert_allclose(rng.machine.to_host(levels), by_definition(np.array([1, 1] + 7 * [0.1])), rtol=1e-9)


def test_a_mistaken_level_is_seen() -> None:
    levels = module.two_level_noise(n=N, p=P, k=2, eps=0.1, trials=TRIALS, rng=draws())["variance"]
    assert not np.any(np.isclose(levels, by_definition(np.array([1.0] + 8 * [0.1])), rtol=1e-6))


def test_designs_a_few_at_a_time_are_the_same_designs(monkeypatch: pytest.MonkeyPatch) -> None:
    together = module.power_law_noise(n=N, p=P, alpha=2.0, trials=TRIALS, rng=draws())["variance"]
    monkeypatch.setattr(module, "BATCHED", 2 * N * P)
    np.testing.assert_allclose(module.power_law_noise(n=N, p=P, alpha=2.0, trials=TRIALS, rng=draws())["variance"],
                               together, rtol=1e-12)


def test_too_few_features_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot interpolate n=12"):
        module.power_law_noise(n=12, p=P, alpha=2.0, trials=1, rng=draws())
    with pytest.raises(BadInput, match="more than the p=9 features"):
        module.two_level_noise(n=N, p=P, k=10, eps=0.1, trials=1, rng=draws())

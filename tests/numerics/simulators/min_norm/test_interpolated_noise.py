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
    levels = module.two_level_noise(n=N, p=P, k=6, eps=0.1, trials=TRIALS, rng=rng)["variance"]
    np.testing.assert_allclose(rng.machine.to_host(levels), by_definition(np.array(6 * [1] + 3 * [0.1])), rtol=1e-9)


def test_a_mistaken_level_is_seen() -> None:
    levels = module.two_level_noise(n=N, p=P, k=6, eps=0.1, trials=TRIALS, rng=draws())["variance"]
    assert not np.any(np.isclose(levels, by_definition(np.array(5 * [1.0] + 4 * [0.1])), rtol=1e-6))


LARGE = 20_000
SURE = 4.9  # standard errors that a difference of means exceeds by chance once in a million


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """The difference of two means in its standard errors."""
    spread = sum(values.var(ddof=1) / len(values) for values in (first, second))
    return float(abs(first.mean() - second.mean()) / spread**0.5)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_a_gram_matrix_has_the_law_of_a_product_of_normal_matrices(backend: str) -> None:
    rng, degrees = draws(backend), 7
    found = rng.machine.to_host(module.wishart(3, degrees, LARGE, rng))
    normal = draws().child("direct").normal((LARGE, 3, degrees))
    product = normal @ normal.transpose(0, 2, 1)
    for told in (lambda w: w[:, 0, 0], lambda w: w[:, 2, 2], lambda w: w[:, 2, 2] ** 2, lambda w: w[:, 0, 1] ** 2,
                 lambda w: np.linalg.det(w), lambda w: np.linalg.inv(w)[:, 1, 1], lambda w: w[:, 0, 2]):  # fmt: skip
        assert apart(told(found), told(product)) < SURE
    other = rng.machine.to_host(module.wishart(3, degrees - 1, LARGE, rng))
    assert apart(np.linalg.det(other), np.linalg.det(product)) > SURE


def test_levels_whose_small_features_are_not_drawn_add_what_drawn_ones_add() -> None:
    levels = np.array([1.0] * 2 + [0.1] * 10)
    found = module.two_level_noise(n=N, p=12, k=2, eps=0.1, trials=LARGE, rng=draws())["variance"]
    direct = module.added(levels, N, LARGE, draws().child("direct"))
    assert apart(found, direct) < SURE and apart(found**0.5, direct**0.5) < SURE
    another = module.two_level_noise(n=N, p=13, k=3, eps=0.1, trials=LARGE, rng=draws())["variance"]
    assert apart(another**0.5, direct**0.5) > SURE


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

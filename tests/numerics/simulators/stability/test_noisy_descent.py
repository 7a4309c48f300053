"""Stationary covariances against sums of the noise that each step leaves behind, and against drawn chains."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.stability.noisy_descent import limit, noisy_descent, noisy_heavy_ball
from numerics.streams import stream


def test_the_limit_is_the_sum_over_all_earlier_steps() -> None:
    rng = np.random.default_rng(0)
    move, kicks = 0.4 * rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2, 2))
    expected, power = np.zeros_like(kicks), np.broadcast_to(np.eye(2), (5, 2, 2))
    for _ in range(3000):
        expected, power = expected + power @ kicks @ power.mT, power @ move
    assert np.allclose(limit(move, kicks), expected, rtol=1e-10)
    assert not np.allclose(limit(move, kicks), kicks, rtol=1e-2)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_variance_is_that_of_chains(backend: str) -> None:
    """With an error rate of 1e-6, after 400 steps of 40,000 chains."""
    h, eta, beta, machine, rng = 1.0, 0.4, 0.5, Machine(backend), np.random.default_rng(1)
    sample = noisy_heavy_ball(h=h, eta=eta, beta=beta, c=2.0, trials=3, rng=stream(machine, "ball", seed=0))
    per_noise = machine.to_host(sample["variance"]) / machine.to_host(sample["z2"])
    w = before = np.zeros(40_000)
    for _ in range(400):
        w, before = w - eta * (h * w + np.sqrt(2) * rng.normal(size=w.size)) + beta * (w - before), w
    spread = 4.9 * np.sqrt(2 / w.size) * np.var(w)
    assert np.all(np.abs(per_noise - np.var(w)) < spread) and np.all(np.abs(1.1 * per_noise - np.var(w)) > spread)


def test_noise_that_follows_the_curvature_has_no_covariance_between_modes() -> None:
    asked = {"h1": 1.0, "h2": 0.4, "eta": 0.5, "s2": 0.3, "trials": 20}
    curved = noisy_descent(**asked, noise="curved", rng=stream(Machine(), "noise", seed=0))
    free = noisy_descent(**asked, noise="free", rng=stream(Machine(), "noise", seed=0))
    assert np.all(np.abs(curved["C12"]) < 1e-14) and np.all(np.abs(curved["S12"]) < 1e-14)
    assert np.all(np.abs(free["S12"]) > 1e-6)

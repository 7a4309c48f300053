"""Rounding of weights to a grid."""

import numpy as np

from numerics.arrays import Machine
from numerics.simulators.regularisation.quantisation import loss, over_outcomes, quantisation
from numerics.streams import stream


def test_the_loss_is_half_the_quadratic_form() -> None:
    rng = np.random.default_rng(0)
    basis, step, eigenvalues = np.linalg.qr(rng.normal(size=(3, 3)))[0], rng.normal(size=3), np.array([1.0, 2.0, 5.0])
    brute = step @ (basis @ np.diag(eigenvalues) @ basis.T) @ step / 2
    np.testing.assert_allclose(loss(step[None], basis[None], eigenvalues), [brute])
    assert not np.allclose(loss(step[None], np.eye(3)[None], eigenvalues), [brute])


def test_no_rounding_to_the_nearest_errs_by_more_than_half_a_step_and_stochastic_rounding_does() -> None:
    found = quantisation(p=4, h=1.0, D=0.5, width=1.0, trials=200, rng=stream(Machine(), "grid", seed=0))
    worst = 0.5 * 4 * (4 * 0.25**2)  # half of the largest eigenvalue times p errors of D/2
    assert np.max(found["nearest"]) <= worst
    assert np.max(found["stochastic"]) > worst


def test_weights_close_to_the_grid_cost_less() -> None:
    found = [quantisation(p=4, h=1.0, D=0.5, width=width, trials=200, rng=stream(Machine(), "grid", seed=0))
             for width in (0.1, 1.0)]
    assert np.max(found[0]["nearest"]) <= 0.5 * 4 * (4 * 0.05**2) < np.max(found[1]["nearest"])


def test_the_mean_over_outcomes_is_that_of_drawn_ones_and_not_that_of_fair_coins() -> None:
    rng = np.random.default_rng(1)
    basis, eigenvalues = np.linalg.qr(rng.normal(size=(5, 5)))[0][None], np.arange(1.0, 6.0)
    f, D, count = np.array([[0.1, 0.3, 0.8, 0.9, 0.5]]), 0.5, 200_000
    found = over_outcomes(f, -f * D, D, lambda step: loss(step, basis, eigenvalues))[0]
    steps = D * ((rng.uniform(size=(count, 5)) < f) - f) * np.array([1, 1, 1, 1, 0])
    drawn = loss(steps, np.broadcast_to(basis, (count, 5, 5)), eigenvalues)
    error = drawn.std() / np.sqrt(count)
    assert abs(found - drawn.mean()) < 5 * error
    assert abs(over_outcomes(0 * f + 0.5, -f * D, D, lambda s: loss(s, basis, eigenvalues))[0] - found) > 20 * error

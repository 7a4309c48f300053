"""Evidence lower bounds and their numerical maximisation."""

import numpy as np
from scipy.stats import multivariate_normal

from numerics.arrays import Machine
from numerics.simulators.estimation.linear_gaussian import divergence, fit, linear_gaussian, maximised, triangular
from numerics.streams import stream

RNG = np.random.default_rng(4)
MEAN, ROOT = RNG.normal(size=(1, 2)), np.array([[[0.7, 0.0], [-0.4, 0.5]]])


def test_fit_and_divergence_are_averages_over_a_grid_of_the_law() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    z = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    mass = np.outer(weights, weights).reshape(-1) / weights.sum() ** 2
    w = MEAN[0] + z @ ROOT[0].T
    X, y = RNG.normal(size=(1, 5, 2)), RNG.normal(size=(1, 5))
    direct = [multivariate_normal.logpdf(y[0], X[0] @ one, 0.3 * np.eye(5)) for one in w]
    np.testing.assert_allclose(fit(X, y, 0.3, (MEAN, ROOT)), mass @ direct)
    law, prior = multivariate_normal(MEAN[0], ROOT[0] @ ROOT[0].T), multivariate_normal(np.zeros(2), 1.7 * np.eye(2))
    np.testing.assert_allclose(divergence(1.7, (MEAN, ROOT)), mass @ (law.logpdf(w) - prior.logpdf(w)))
    assert not np.allclose(divergence(1.7, (MEAN, ROOT)), mass @ (prior.logpdf(w) - law.logpdf(w)))


def test_the_maximum_of_a_known_function_is_found_and_a_moved_one_is_elsewhere() -> None:
    def objective(x: np.ndarray) -> np.ndarray:
        return x[:, 0] - np.exp(x[:, 0]) / 50 - (x[:, 1] - 3 * x[:, 0]) ** 2

    found, undone = maximised(objective, np.zeros((1, 2)))
    np.testing.assert_allclose(found, [[np.log(50), 3 * np.log(50)]])
    assert undone < 1e-12 and objective(found) > objective(found + 1e-4)


def test_the_triangular_family_places_every_entry_once() -> None:
    mean, root = triangular(np.arange(9.0)[None, :], 3, 1.0)
    np.testing.assert_array_equal(mean[0], [0, 1, 2])
    np.testing.assert_allclose(root[0], [[np.exp(3), 0, 0], [6, np.exp(4), 0], [7, 8, np.exp(5)]])


def test_one_weight_leaves_no_gap_and_two_correlated_ones_do() -> None:
    values = {"n": 6, "s2": 0.5, "t2": 1.0, "rho": 0.7, "kappa": 2.0, "trials": 16}
    gaps = []
    for p in (1, 2):
        found = linear_gaussian(**values, p=p, rng=stream(Machine(), "gap", seed=1))  # type: ignore[arg-type]
        gaps.append(found["fit"] - found["divergence"] - found["factorised"])
    np.testing.assert_allclose(gaps[0], 0, atol=1e-10)
    assert np.all(gaps[1] > 1e-3)

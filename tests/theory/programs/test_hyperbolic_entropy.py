"""The interpolator of least hyperbolic entropy against a general solver of the same problem."""

import numpy as np
from scipy.optimize import minimize

from theory.programs.hyperbolic_entropy import least_entropy, least_split, norm_ratio

RNG = np.random.default_rng(4)
X, Y, INTEGRALS = RNG.normal(size=(6, 3, 7)), RNG.normal(size=(6, 3)), RNG.uniform(0, 2, size=(6, 7))
ASKED = {"alpha": 0.4, "gamma": 0.1}


def entropy(beta: np.ndarray, scale: np.ndarray) -> float:
    return float(np.sum(beta * np.arcsinh(beta / (2 * scale**2)) - np.sqrt(beta**2 + 4 * scale**4)))


def test_the_minimiser_interpolates_and_nothing_near_it_has_less_entropy() -> None:
    beta, error = least_entropy(X, Y, INTEGRALS, **ASKED)
    assert np.all(error < 1e-10)
    for t in range(len(X)):
        scale = 0.4 * np.exp(-0.4 * INTEGRALS[t])
        assert np.allclose(X[t] @ beta[t], Y[t], atol=1e-10)
        null = np.linalg.svd(X[t])[2][3:]
        best = minimize(lambda z: entropy(beta[t] + z @ null, scale), np.full(4, 0.01), tol=1e-12)  # noqa: B023
        assert np.linalg.norm(best.x) < 1e-4 and entropy(beta[t], scale) <= best.fun + 1e-12


def test_other_scales_have_other_minimisers() -> None:
    right = least_entropy(X, Y, INTEGRALS, **ASKED)[0]
    for changed in ({"power": 8}, {"power": 0}, {"shared": True}):
        assert np.all(np.abs(least_entropy(X, Y, INTEGRALS, **ASKED, **changed)[0] - right).max(-1) > 1e-3)


def test_the_ratio_of_norms_runs_to_one_as_the_start_grows_and_not_before() -> None:
    ratios = [norm_ratio(X, Y, alpha=alpha) for alpha in (0.01, 0.1, 10.0)]
    assert all(np.all(off < 1e-9) for _, off in ratios)
    assert np.allclose(ratios[-1][0], 1, atol=1e-4)
    assert np.all(ratios[0][0] < ratios[1][0]) and np.all(ratios[1][0] < ratios[2][0])
    found = least_split(X, Y, alpha=0.1)[0]
    least = np.stack([np.linalg.pinv(x) @ y for x, y in zip(X, Y, strict=True)])
    assert np.allclose(ratios[1][0], np.linalg.norm(least, axis=1) / np.linalg.norm(found, axis=1), atol=1e-9)

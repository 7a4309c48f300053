"""The best ridge of a draw against a search over explicit ridge matrices."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from numerics.arrays import Machine
from numerics.simulators.min_norm.isotropic_regression import tuned_ridge
from numerics.streams import Stream, stream

R2, S2, TRIALS = 1.3, 0.4, 3


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "tuned", seed=4)


def by_search(design: np.ndarray, noise: float) -> tuple[float, float]:
    """argmin and min over lam of r2/p·‖I − HX‖²_F + noise·‖H‖²_F with H = (XᵀX + n·lam·I)⁻¹Xᵀ."""
    n, p = design.shape

    def risk(logarithm: float) -> float:
        inverse = np.linalg.inv(design.T @ design + n * np.exp(logarithm) * np.eye(p))
        hat = inverse @ design.T
        return R2 / p * np.sum((np.eye(p) - hat @ design) ** 2) + noise * np.sum(hat**2)

    found = minimize_scalar(risk, bounds=(-6, 4), method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x)), float(found.fun)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("n", "p"), [(4, 7), (7, 4)])
def test_the_best_ridge_is_that_of_a_search_and_another_noise_has_another(backend: str, n: int, p: int) -> None:
    rng = draws(backend)
    sample = tuned_ridge(n=n, p=p, r2=R2, s2=S2, lam=1.0, trials=TRIALS, rng=rng)
    best, least, width = (rng.machine.to_host(sample[name]) for name in ("best", "least", "width"))
    designs = draws().normal((TRIALS, n, p))
    assert np.all(width < 1e-4 * best)
    found, others = (np.array([by_search(design, noise) for design in designs]) for noise in (S2, 1.1 * S2))
    np.testing.assert_allclose(best, found[:, 0], rtol=1e-5)
    np.testing.assert_allclose(least, found[:, 1], rtol=1e-9)
    assert not np.any(np.isclose(best, others[:, 0], rtol=1e-2))
    assert not np.any(np.isclose(least, others[:, 1], rtol=1e-3))

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


def by_search(design: np.ndarray, noise: float) -> float:
    """argmin over lam of r2/p·‖I − HX‖²_F + noise·‖H‖²_F with H = (XᵀX + n·lam·I)⁻¹Xᵀ."""
    n, p = design.shape

    def risk(logarithm: float) -> float:
        inverse = np.linalg.inv(design.T @ design + n * np.exp(logarithm) * np.eye(p))
        hat = inverse @ design.T
        return R2 / p * np.sum((np.eye(p) - hat @ design) ** 2) + noise * np.sum(hat**2)

    return float(np.exp(minimize_scalar(risk, bounds=(-6, 4), method="bounded", options={"xatol": 1e-7}).x))


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("n", "p"), [(4, 7), (7, 4)])
def test_the_best_ridge_is_that_of_a_search_and_another_noise_has_another(backend: str, n: int, p: int) -> None:
    rng = draws(backend)
    sample = tuned_ridge(n=n, p=p, r2=R2, s2=S2, lam=1.0, trials=TRIALS, rng=rng)
    best, width = (rng.machine.to_host(sample[name]) for name in ("best", "width"))
    designs = draws().normal((TRIALS, n, p))
    assert np.all(width < 1e-4 * best)
    np.testing.assert_allclose(best, [by_search(design, S2) for design in designs], rtol=1e-5)
    assert not np.any(np.isclose(best, [by_search(design, 1.1 * S2) for design in designs], rtol=1e-2))

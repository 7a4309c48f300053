"""Exact conditional risks against their definitions, estimator by estimator, on small problems."""

from collections.abc import Callable

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.regression import generalised_ridge_risks, least_norm_curve, least_squares_curve, ridge_risks
from numerics.streams import stream
from theory.errors import BadInput

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")] + [Machine("strict", "device1")]
EPS = np.finfo(float).eps
TRIALS = 3
PENALTIES = (0.0, 0.01, 0.5)
SHAPES = [(5, 9), (9, 5), (1, 4), (4, 1)]


@pytest.fixture(params=MACHINES, ids=lambda machine: f"{machine.backend}-{machine.device}")
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def problem(n: int, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = stream(Machine(), "exact risks", n, p, seed=1)
    return rng.normal((TRIALS, n, p)), rng.normal((TRIALS, p)), 0.2 + rng.uniform((p,))


def risks_of(estimator: np.ndarray, design: np.ndarray, signal: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Bias and variance of β̂ = Hy by their definitions."""
    error = estimator @ design @ signal - signal
    return np.array([error @ (spectrum * error), np.sum(spectrum[:, None] * estimator**2)])


def ridge_estimator(design: np.ndarray, penalty: float, weights: np.ndarray) -> np.ndarray:
    if penalty == 0:
        return np.linalg.pinv(design / np.sqrt(weights)) / np.sqrt(weights)[:, None]
    return np.linalg.solve(design.T @ design + len(design) * penalty * np.diag(weights), design.T)


def rounding(design: np.ndarray) -> float:
    """Of risks by normal equations, relative to the signal and the variance: 16·ε·max(n, p)·condition²."""
    return 16 * EPS * max(design.shape) * np.linalg.cond(design) ** 2


def agrees(found: np.ndarray, wanted: np.ndarray, design: np.ndarray, size: float) -> bool:
    return bool(np.all(np.abs(found - wanted) <= rounding(design) * (size + wanted)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("coloured", [False, True])
def test_a_ridge_path_has_the_risks_of_each_estimator(machine: Machine, shape: tuple[int, int], coloured: bool) -> None:
    design, signal, spectrum = problem(*shape)
    spectrum = spectrum if coloured else np.ones(shape[1])
    found = ridge_risks(machine.asarray(design), machine.asarray(signal), penalties=PENALTIES,
                        spectrum=machine.asarray(spectrum) if coloured else None)
    found = np.stack([machine.to_host(part) for part in found], axis=-1)
    for t in range(TRIALS):
        for j, penalty in enumerate(PENALTIES):
            wanted = risks_of(ridge_estimator(design[t], penalty, np.ones(shape[1])), design[t], signal[t], spectrum)
            moved = risks_of(ridge_estimator(design[t], penalty + 1e-3, np.ones(shape[1])), design[t], signal[t],
                             spectrum)
            assert agrees(found[t, j], wanted, design[t], signal[t] @ signal[t])
            assert not agrees(found[t, j], moved, design[t], 0.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_generalised_ridge_weighs_every_coefficient(machine: Machine, shape: tuple[int, int]) -> None:
    design, signal, spectrum = problem(*shape)
    weights = spectrum[::-1].copy()
    found = generalised_ridge_risks(machine.asarray(design), machine.asarray(signal), penalties=PENALTIES,
                                    weights=machine.asarray(weights), spectrum=machine.asarray(spectrum))
    found = np.stack([machine.to_host(part) for part in found], axis=-1)
    for t in range(TRIALS):
        for j, penalty in enumerate(PENALTIES):
            wanted = risks_of(ridge_estimator(design[t], penalty, weights), design[t], signal[t], spectrum)
            assert agrees(found[t, j], wanted, design[t] / np.sqrt(weights), 10 * signal[t] @ signal[t])


@pytest.mark.parametrize("curve", [least_norm_curve, least_squares_curve])
def test_a_curve_has_the_risks_of_every_leading_problem(machine: Machine, curve: Callable[..., object]) -> None:
    samples = curve is least_norm_curve
    design, signal, _ = problem(*((5, 9) if samples else (9, 5)))
    found = curve(machine.asarray(design), machine.asarray(signal))
    found = np.stack([machine.to_host(part) for part in found], axis=-1)  # type: ignore[attr-defined]
    assert found.shape == (TRIALS, 5, 2)
    for t in range(TRIALS):
        for k in range(1, 6):
            part = design[t, :k] if samples else design[t, :, :k]
            estimator = np.linalg.pinv(part)
            if not samples:  # the coefficients of the features left out are 0
                estimator = np.vstack([estimator, np.zeros((5 - k, 9))])
            wanted = risks_of(estimator, design[t, :k] if samples else design[t], signal[t], np.ones(len(signal[t])))
            assert agrees(found[t, k - 1], wanted, part, signal[t] @ signal[t])
            assert not agrees(found[t, k - 1], wanted * (1, 1.001), part, signal[t] @ signal[t])


def test_what_has_no_unique_estimator_is_refused() -> None:
    design, signal, _ = problem(5, 9)
    with pytest.raises(BadInput, match="negative"):
        ridge_risks(design, signal, penalties=[-1.0])
    with pytest.raises(BadInput, match="n <= p"):
        least_norm_curve(design.swapaxes(1, 2), signal)
    with pytest.raises(BadInput, match="p <= n"):
        least_squares_curve(design, signal)
    with pytest.raises(BadInput, match="positive"):
        generalised_ridge_risks(design, signal, penalties=[1.0], weights=np.zeros(9))

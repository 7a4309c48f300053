"""Training of shallow ReLU networks: gradients by differences, known optima, kinks that are kept; patterns of signs."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.shallow_relu import apart, shallow_relu, sign_patterns
from numerics.streams import Stream, stream
from numerics.training.shallow_relu import Kinks, PenalisedFit, along_kinks, best, descend, gathered, trained

AXES = np.eye(2)[None]


def rng(name: str = "test") -> Stream:
    return stream(Machine(), name, seed=0)


def fit_of(models: int, n: int, d: int, free: bool = False) -> PenalisedFit:
    draws = np.random.default_rng(n)
    columns = np.linalg.qr(draws.normal(size=(models, n, 2)))[0] if free else None
    return PenalisedFit(draws.normal(size=(models, n, d)), draws.normal(size=(models, n)), 0.3, np.ones(d), columns)


def weights_of(models: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(m)
    return draws.normal(size=(models, m, d)), draws.normal(size=(models, m))


def slope_by_differences(fit: PenalisedFit, weights: tuple[np.ndarray, np.ndarray], step: float) -> np.ndarray:
    """Of the loss in the first weight of the first neuron."""
    moved = []
    for sign in (1, -1):
        W = weights[0].copy()
        W[:, 0, 0] += sign * step
        moved.append(fit.value((W, weights[1])))
    return (moved[0] - moved[1]) / (2 * step)


@pytest.mark.parametrize("free", [False, True])
def test_the_gradient_is_that_of_the_loss(free: bool) -> None:
    fit, weights = fit_of(5, 6, 2, free), weights_of(5, 4, 2)
    exact, step = fit.gradient(weights)[0][:, 0, 0], 1e-6
    assert np.max(np.abs(slope_by_differences(fit, weights, step) - exact)) < 1e-7
    assert np.max(np.abs(slope_by_differences(fit, weights, step) - 1.01 * exact)) > 1e-3  # the twin


def test_features_without_price_leave_what_is_orthogonal_to_them() -> None:
    fit, weights = fit_of(3, 6, 2, free=True), weights_of(3, 4, 2)
    rest, _ = fit.residual(weights)
    assert fit.free is not None and np.max(np.abs(np.swapaxes(fit.free, 1, 2) @ rest[..., None])) < 1e-13
    plain, _ = fit_of(3, 6, 2).residual(weights)
    assert np.max(np.abs(np.swapaxes(fit.free, 1, 2) @ plain[..., None])) > 0.1


def test_training_reaches_an_optimum_that_is_known() -> None:
    fit = PenalisedFit(np.repeat(AXES, 4, axis=0), np.array([[3.0, -4.0]] * 4), 1.0, np.ones(2))
    weights, value = best(fit, trained(fit, 8, rng()), 4)
    assert abs(value[0] - 6) < 1e-6  # two neurons, on the axes, with outputs 2 and −3
    outputs = np.maximum(weights[0] @ AXES[0].T, 0) * weights[1][..., None]
    np.testing.assert_allclose(outputs.sum(1)[0], [2, -3], atol=1e-4)
    assert np.all(fit.value(weights_of(4, 8, 2)) > 6.1)  # the twin: no weights at all are that good


def test_neurons_on_a_kink_stay_on_it() -> None:
    fit, (W, v) = fit_of(4, 5, 2), weights_of(4, 3, 2)
    sample = fit.inputs[:, 0, :]
    W[:, 0, :] = np.stack([-sample[:, 1], sample[:, 0]], axis=-1) * (1 + 1e-9)
    kept, _ = along_kinks(fit, (W, v), 1e-4, steps=50)
    left, _ = descend(fit, (W, v), 50, 0.03, 1e-4)
    drives = [np.max(np.abs(np.sum(after[:, 0, :] * sample, axis=-1))) for after in (kept, left)]
    assert drives[0] < 1e-12 and drives[1] > 1e-3


def test_the_projection_on_kinks_is_that_of_small_matrices() -> None:
    W, along = weights_of(4, 3, 2)[0], np.random.default_rng(7).normal(size=(4, 3, 2, 2))
    np.testing.assert_allclose(Kinks(W, along).projected(W), (along @ W[..., None])[..., 0], rtol=1e-13)


def test_gathering_keeps_the_network_and_never_raises_its_price() -> None:
    fit, (W, v) = fit_of(4, 6, 2), weights_of(4, 5, 2)
    W[:, 1, :] = 2 * W[:, 0, :]
    before, after = (W, v), gathered(fit, (W, v))
    np.testing.assert_allclose(fit.residual(before)[0], fit.residual(after)[0], atol=1e-12)
    assert np.all(fit.penalty(after) <= fit.penalty(before)) and np.all(np.sum(after[1] == 0, axis=1) == 1)


def test_the_best_of_every_few_models_is_taken() -> None:
    fit, weights = fit_of(6, 6, 2), weights_of(6, 4, 2)
    _, value = best(fit, weights, 3)
    np.testing.assert_array_equal(value, fit.value(weights).reshape(2, 3).min(1))


def test_the_simulator_reports_the_loss_of_a_network_that_beats_the_best_line() -> None:
    found = shallow_relu(n=5, d=2, m=14, beta=0.3, trials=8, rng=rng())
    zero = np.sum(found["y"] ** 2, axis=1) / 2
    assert np.all(found["trained"] <= zero + found["rounding"]) and np.any(found["trained"] < 0.9 * zero)


@pytest.mark.parametrize(("n", "d", "r"), [(5, 3, 2), (4, 4, 3), (3, 5, 4)])
def test_random_directions_show_the_patterns_that_are_counted(n: int, d: int, r: int) -> None:
    found = sign_patterns(n=n, d=d, r=r, points="general", trials=4, rng=rng())
    directions = np.random.default_rng(0).normal(size=(100_000, d))
    for X, count in zip(found["X"], found["patterns"], strict=True):
        seen = len({tuple(row) for row in directions @ X.T > 0})
        assert count - 3 <= seen <= count  # a thin cell may be missed, none may be seen that is not counted
        assert np.linalg.matrix_rank(X) == min(n, r)


def test_two_equal_rows_have_the_patterns_of_one() -> None:
    paired = sign_patterns(n=5, d=2, r=2, points="paired", trials=6, rng=rng())["patterns"]
    single = sign_patterns(n=4, d=2, r=2, points="general", trials=6, rng=rng())["patterns"]
    np.testing.assert_array_equal(paired, single)


def test_rows_that_are_nearly_dependent_are_seen() -> None:
    rows = np.array([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1e-3], [1.0, 1.0]]])
    np.testing.assert_array_equal(apart(rows), [True, False])

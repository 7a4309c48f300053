"""Least squares by descent and along the flow: scaled spectra, plain loops, exponentials, and what each twin misses."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from numerics.arrays import Machine
from numerics.simulators.implicit_bias.least_squares_descent import least_squares_descent
from numerics.simulators.implicit_bias.stopped_flow import risks, stopped_flow
from numerics.streams import stream
from theory.programs.regression.least_squares import along_mode, descent_limit, descent_path
from theory.settings.implicit_bias.least_squares import STEPS

AT = {"n": 3, "p": 8, "lam": 1.5, "eta": 0.6, "r0": 1.0, "time": 2.0, "mode": 2,
      "optimiser": "descent"}


def sample(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = least_squares_descent(**{**AT, **changes}, trials=6, rng=stream(machine, "least squares", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_largest_eigenvalue_is_as_asked_and_the_path_is_that_of_a_loop(backend: str) -> None:
    found = sample(backend)
    gram = found["X"].swapaxes(1, 2) @ found["X"] / AT["n"]
    assert np.allclose(np.linalg.eigvalsh(gram)[:, -1], AT["lam"], rtol=1e-12)
    assert np.allclose(found["smallest"], np.linalg.eigvalsh(gram)[:, -3], rtol=1e-10)
    w = found["start"]
    for step in range(50):
        w = w - AT["eta"] * ((gram @ w[..., None])[..., 0]
                             - (found["X"].swapaxes(1, 2) @ found["y"][..., None])[..., 0] / AT["n"])
        assert np.allclose(found["path"][:, step], w, rtol=0, atol=1e-12)


def test_coordinate_descent_moves_one_coordinate_a_step_the_steepest() -> None:
    one, all_of_them = sample(optimiser="coordinate"), sample()
    first = one["path"][:, 0] - one["start"]
    slope = (one["X"].swapaxes(1, 2) @ ((one["X"] @ one["start"][..., None])[..., 0] - one["y"])[..., None])[..., 0]
    steepest = np.argmax(np.abs(slope), axis=1)[:, None]
    assert np.array_equal(np.abs(first) > 0, np.arange(AT["p"]) == steepest)
    assert np.allclose(np.take_along_axis(first, steepest, 1),
                       -AT["eta"] / AT["n"] * np.take_along_axis(slope, steepest, 1), rtol=1e-12)
    assert np.all(np.sum(np.abs(all_of_them["path"][:, 0] - all_of_them["start"]) > 0, axis=1) > 1)


def test_what_remains_along_a_mode_is_the_ratio_of_projections_on_an_eigenvector() -> None:
    found = sample(mode=1)
    gram = found["X"].swapaxes(1, 2) @ found["X"] / AT["n"]
    parts = (found[name] for name in ("start", "path", "limit", "remaining"))
    for matrix, start, path, limit, left in zip(gram, *parts, strict=True):
        top, low = (np.linalg.eigh(matrix)[1][:, at] for at in (-1, -3))
        assert np.allclose((path[[0, 1, 4]] - limit) @ top / ((start - limit) @ top), left[:3], rtol=1e-8)
        assert not np.allclose((path[[0, 1, 4]] - limit) @ low / ((start - limit) @ low), left[:3], rtol=1e-3)
    right, wrong = (along_mode(found["X"], eta=0.6, mode=1, steps=STEPS, power=power) for power in (2, 1))
    assert np.allclose(right, found["remaining"], atol=1e-8) and not np.allclose(wrong, found["remaining"], atol=1e-2)


def test_descent_that_diverges_has_no_limit_and_says_so() -> None:
    with np.errstate(all="ignore"):  # as in a laboratory
        beyond, below = (sample(eta=factor / AT["lam"]) for factor in (2.5, 1.5))
    assert np.all(beyond["mode_error"] == np.inf) and np.all(np.isfinite(beyond["remaining"]))
    assert np.all(beyond["growth"] > 0) and np.all(np.isfinite(below["mode_error"]))


def test_the_flow_is_an_exponential_and_its_length_that_of_a_fine_polygon() -> None:
    found = sample()
    for X, y, start, loss, length in zip(*(found[name] for name in ("X", "y", "start", "flow_loss", "length")),
                                         strict=True):
        best = start + np.linalg.lstsq(X, y - X @ start, rcond=None)[0]
        gram = X.T @ X / AT["n"]
        w = best + expm(-gram * AT["time"]) @ (start - best)
        assert loss == pytest.approx(np.sum((X @ w - y) ** 2) / 6, rel=1e-6)
        step, points = expm(-gram * 0.02), [start - best]
        for _ in range(5000):
            points.append(step @ points[-1])
        assert length == pytest.approx(np.linalg.norm(np.diff(points, axis=0), axis=1).sum(), rel=1e-4)
        assert length > 1.0001 * np.linalg.norm(start - best)  # the way is no straight line


def test_descent_ends_nearest_to_its_start_and_adam_does_not() -> None:
    for optimiser, eta in (("descent", 0.6), ("adam", 0.01)):
        found = sample(optimiser=optimiser, eta=eta)
        apart = np.abs(found["limit"] - descent_limit(found["X"], found["y"], found["start"])[0]).max(1)
        assert np.all(apart <= found["limit_error"] + 1e-11) == (optimiser == "descent")
        assert np.all(found["limit_error"] < 1e-3)


def test_the_program_of_the_path_starts_and_ends_where_it_should() -> None:
    found = sample()
    arrays = found["X"], found["y"], found["start"]
    path, _ = descent_path(*arrays, eta=AT["eta"], steps=3000)
    assert np.allclose(path[:, -1], descent_limit(*arrays)[0], atol=1e-9)
    assert not np.allclose(path[:, 0], descent_limit(*arrays)[0], atol=1e-3)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_one_eigenvalue_gives_the_ratio_of_two_scalar_filters(backend: str) -> None:
    machine, t = Machine(backend), 0.7
    found = stopped_flow(n=4, p=6, time=t, pace=1.0, spread=0.0, r2=0.0, s2=1.0, trials=5,
                         rng=stream(machine, "stopped", seed=0))
    flow, ridge = 1 - np.exp(-t), t / (1 + t)
    assert np.allclose(machine.to_host(found["estimation"]), (flow / ridge) ** 2, rtol=1e-7)
    assert np.allclose(machine.to_host(found["in_sample"]), (flow / ridge) ** 2, rtol=1e-7)


def test_risks_are_those_of_drawn_noise() -> None:
    rng = np.random.default_rng(0)
    X, beta, s2 = rng.normal(size=(1, 4, 3)), rng.normal(size=(1, 3)), 0.5
    estimator = rng.normal(size=(3, 4))
    maps = np.concatenate([(estimator @ X[0] @ beta[0])[None], estimator.T])[None]
    noise = np.sqrt(s2) * rng.normal(size=(200_000, 4))
    errors = (X[0] @ beta[0] + noise) @ estimator.T - beta[0]
    for risk, drawn in zip(risks(maps, X, beta, s2), ((errors**2).sum(1), ((errors @ X[0].T) ** 2).sum(1) / 4),
                           strict=True):
        standard = drawn.std() / np.sqrt(len(drawn))
        assert abs(risk[0] - drawn.mean()) < 5 * standard
        assert abs(2 * risk[0] - drawn.mean()) > 20 * standard

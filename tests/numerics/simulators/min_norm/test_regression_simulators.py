"""The regression simulators against their definitions: loops over noise, signs and modes of small problems."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.regression import ridge_risks
from numerics.simulators.min_norm import isotropic_regression as large
from numerics.simulators.min_norm.isotropic_regression import isotropic_regression
from numerics.simulators.random_features.gaussian_features import feature_span, gaussian_features
from numerics.streams import Stream, stream
from theory.errors import BadInput

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
TRIALS = 4
LAM = np.array([1.0, 0.5, 0.3, 0.2, 0.1])
V2 = np.array([0.9, 0.7, 0.1, 0.4, 0.2])

Rows = list[dict[str, tuple[float, float]]]  # per trial: observable -> (value, rounding that its conditioning allows)


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine, *name: int) -> Stream:
    """The same numbers on every machine of the tests."""
    return stream(machine, "regression simulators", *name, seed=3)


def measured(simulator: Callable[..., Any], machine: Machine, parameters: dict[str, Any]) -> dict[str, np.ndarray]:
    sample = simulator(**parameters, trials=TRIALS, rng=draws(machine, *_sizes(parameters)))
    return {name: machine.to_host(array) for name, array in sample.items()}


def _sizes(parameters: dict[str, Any]) -> list[int]:
    return [value for value in parameters.values() if isinstance(value, int)]


def agrees(sample: dict[str, np.ndarray], expected: Rows) -> bool:
    """Whether every observable of every trial is the expected one, within its rounding."""
    return sample.keys() == expected[0].keys() and all(
        array.shape == (TRIALS,) and all(abs(array[t] - row[name][0]) <= row[name][1] for t, row in enumerate(expected))
        for name, array in sample.items()
    )


# Isotropic regression: β̂ by LAPACK's least squares, for the signal and for a unit of noise in each sample.


def isotropic_by_definition(*, n: int, p: int, r2: float, s2: float, lam: float) -> Rows:
    signal = np.zeros(p)
    signal[0] = np.sqrt(r2)
    rows = []
    for design in draws(Machine(), n, p).normal((TRIALS, n, p)):
        system = np.vstack([design, np.sqrt(n * lam) * np.eye(p)]) if lam else design

        def estimate(labels: np.ndarray, system: np.ndarray = system) -> np.ndarray:
            return np.linalg.lstsq(system, np.append(labels, np.zeros(len(system) - n)), rcond=None)[0]

        bias = np.sum((estimate(design @ signal) - signal) ** 2)
        variance = sum(s2 * np.sum(estimate(unit) ** 2) for unit in np.eye(n))
        average = r2 / p * sum(np.sum((estimate(design @ unit) - unit) ** 2) for unit in np.eye(p)) + variance
        rounding = max(n, p) * EPS * np.linalg.cond(system) ** 2
        rows.append({"bias": (bias, 4 * rounding * r2), "variance": (variance, 4 * rounding * variance),
                     "excess_risk": (bias + variance, 4 * rounding * (r2 + variance)),
                     "average_risk": (average, 4 * rounding * (r2 + variance))})
    return rows


SHAPES = [(6, 13), (13, 6), (7, 7), (1, 4), (4, 1), (7, 8)]


@pytest.mark.parametrize("lam", [0.0, 0.3])
@pytest.mark.parametrize(("n", "p"), SHAPES)
def test_isotropic_regression_measures_bias_and_variance(machine: Machine, n: int, p: int, lam: float) -> None:
    parameters = {"n": n, "p": p, "r2": 1.7, "s2": 0.4, "lam": lam}
    assert agrees(measured(isotropic_regression, machine, parameters), isotropic_by_definition(**parameters))


@pytest.mark.parametrize("mistake", [
    lambda sample, given: isotropic({**given, "lam": given["lam"] / given["n"]}),  # penalty not scaled by n
    lambda sample, given: isotropic({**given, "r2": np.sqrt(given["r2"])}),
    lambda sample, given: {**sample, "variance": sample["variance"] * given["n"] / given["p"]},
    lambda sample, given: {**sample, "excess_risk": sample["excess_risk"] + given["s2"]},  # noise of the fresh label
    lambda sample, given: {**sample, "bias": given["r2"] - sample["bias"]},
    lambda sample, given: {**sample, "average_risk": sample["excess_risk"]},  # β fixed
    lambda sample, given: {name: np.roll(array, 1) for name, array in sample.items()},
])
@pytest.mark.parametrize(("n", "p"), [(6, 13), (13, 6)])
def test_a_mistake_in_isotropic_regression_is_seen(n: int, p: int, mistake: Callable[..., Any]) -> None:
    parameters = {"n": n, "p": p, "r2": 1.7, "s2": 0.4, "lam": 0.3}
    assert not agrees(mistake(isotropic(parameters), parameters), isotropic_by_definition(**parameters))


def isotropic(parameters: dict[str, Any]) -> dict[str, np.ndarray]:
    return measured(isotropic_regression, Machine(), parameters)


@pytest.mark.parametrize("formed", [True, False])
def test_large_designs_come_one_by_one_and_the_largest_are_never_formed(
    machine: Machine, formed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "BATCHED", 1)
    monkeypatch.setattr(large, "FORMED", 10**9 if formed else 1)
    n, p, r2, s2, lam, trials = 40, 30, 1.7, 0.4, 0.3, 64
    sample = isotropic_regression(n=n, p=p, r2=r2, s2=s2, lam=lam, trials=trials, rng=draws(machine, 5))
    found = {name: machine.to_host(array) for name, array in sample.items()}
    children = [draws(machine, 5).child("trial", t) for t in range(trials)]
    designs = [rng.normal((n, p)) if formed else rng.child("rows", 0).normal((n, p)) for rng in children]
    wanted = [part[:, 0] for part in ridge_risks(np.stack([machine.to_host(design) for design in designs]),
                                                 np.sqrt(r2) * np.eye(p)[:1], penalties=[lam])]
    assert np.all(np.abs(found["bias"] / wanted[0] - 1) < 1e-7)
    assert np.all(found["excess_risk"] == found["bias"] + found["variance"])
    apart = found["variance"] / (s2 * wanted[1]) - 1
    if formed:
        assert np.all(np.abs(apart) < 1e-12)
    else:  # unbiased: the mean of 64 is within six standard errors of 0, and the probes differ
        assert np.abs(apart.mean()) < 6 * apart.std(ddof=1) / trials**0.5 and apart.std() > 0
        with pytest.raises(BadInput, match="lam > 0"):
            isotropic_regression(n=n, p=p, r2=r2, s2=s2, lam=0.0, trials=1, rng=draws(machine, 5))


# Gaussian features: the kernel predictor as it is defined, for all signs of v and a unit of noise in each sample.


def features_by_definition(*, n: int, k: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float) -> Rows:
    modes = len(lam)
    rng = draws(Machine(), n, k)
    inputs, mixing = rng.normal((TRIALS, n, modes)), rng.normal((TRIALS, modes, k))
    return [_errors(x, xi, lam, v2, delta, sigma2) for x, xi in zip(inputs, mixing, strict=True)]


def _errors(inputs: np.ndarray, xi: np.ndarray, lam: np.ndarray, v2: np.ndarray, delta: float,
            sigma2: float) -> dict[str, tuple[float, float]]:
    n, k = len(inputs), xi.shape[1]

    def feature(j: int, coordinates: np.ndarray) -> float:
        return sum(np.sqrt(lam) * xi[:, j] * coordinates)

    def kernel(one: np.ndarray, other: np.ndarray) -> float:
        return sum(feature(j, one) * feature(j, other) for j in range(k)) / k

    ridge = np.array([[kernel(one, other) for other in inputs] for one in inputs]) + delta * np.eye(n)
    across = np.array([[kernel(mode, sample) for sample in inputs] for mode in np.eye(len(lam))])
    spectrum, vectors = np.linalg.eigh(ridge)
    kept = slice(0 if delta else n - min(n, k), n)  # least norm: without the null space, whose dimension is known
    inverse = (vectors[:, kept] / spectrum[kept]) @ vectors[:, kept].T
    signs = list(itertools.product([-1.0, 1.0], repeat=len(lam)))
    test = train = 0.0
    for sign in signs:
        target = np.array(sign) * np.sqrt(v2)
        labels = inputs @ target
        test += np.sum((across @ inverse @ labels - target) ** 2) / len(signs)
        train += np.mean((labels - (ridge - delta * np.eye(n)) @ inverse @ labels) ** 2) / len(signs)
    for unit in np.eye(n):
        test += sigma2 * np.sum((across @ inverse @ unit) ** 2)
        train += sigma2 * np.mean((unit - (ridge - delta * np.eye(n)) @ inverse @ unit) ** 2)
    mixing = np.sqrt(lam)[:, None] * xi
    residuals = np.eye(len(lam)) - mixing @ np.linalg.lstsq(mixing, np.eye(len(lam)), rcond=None)[0]
    best = sigma2 + sum(power * np.sum(column**2) for power, column in zip(v2, residuals.T, strict=True))
    rounding = 8 * max(n, k) * EPS * spectrum[-1] / spectrum[kept][0]
    size = test + sigma2 + 2 * v2.sum()  # bounds the terms that cancel
    return {"test_error": (float(test + sigma2), rounding * size), "train_error": (float(train), rounding * size),
            "best_error": (float(best), 1e4 * EPS * size)}


FEATURES = {"lam": LAM, "v2": V2, "sigma2": 0.15}


@pytest.mark.parametrize("delta", [0.0, 0.2])
@pytest.mark.parametrize(("n", "k"), [(3, 7), (7, 3), (3, 4), (1, 2), (2, 1), (9, 4), (4, 9)])
def test_gaussian_features_measure_test_and_training_error(machine: Machine, n: int, k: int, delta: float) -> None:
    parameters = {"n": n, "k": k, "delta": delta, **FEATURES}
    expected = features_by_definition(**parameters)
    assert agrees(measured(feature_span, machine, parameters), expected)
    without = [{name: row[name] for name in ("test_error", "train_error")} for row in expected]
    assert agrees(measured(gaussian_features, machine, parameters), without)


@pytest.mark.parametrize("mistake", [
    lambda sample, given: features({**given, "delta": given["delta"] * given["n"]}),
    lambda sample, given: features({**given, "lam": given["lam"] * given["k"]}),  # kernel not averaged over features
    lambda sample, given: features({**given, "v2": given["v2"] ** 2}),
    lambda sample, given: features({**given, "v2": given["v2"][::-1]}),
    lambda sample, given: {**sample, "test_error": sample["test_error"] - given["sigma2"]},
    lambda sample, given: {**sample, "train_error": sample["train_error"] * given["n"]},
    lambda sample, given: {**sample, "best_error": sample["best_error"] - given["sigma2"]},
    lambda sample, given: {name: np.roll(array, 1) for name, array in sample.items()},
])
@pytest.mark.parametrize(("n", "k"), [(3, 7), (7, 3)])
def test_a_mistake_in_gaussian_features_is_seen(n: int, k: int, mistake: Callable[..., Any]) -> None:
    parameters = {"n": n, "k": k, "delta": 0.2, **FEATURES}
    assert not agrees(mistake(features(parameters), parameters), features_by_definition(**parameters))


def features(parameters: dict[str, Any]) -> dict[str, np.ndarray]:
    return measured(feature_span, Machine(), parameters)


def test_an_interpolator_has_no_training_error() -> None:
    assert np.all(features({"n": 3, "k": 7, "delta": 0.0, **FEATURES})["train_error"] == 0)


def test_least_norm_beyond_the_modes_is_refused() -> None:
    with pytest.raises(BadInput, match="min\\(n, k\\)=6 is above the 5 modes"):
        features({"n": 6, "k": 7, "delta": 0.0, **FEATURES})


def test_spectra_of_different_length_are_refused() -> None:
    with pytest.raises(BadInput, match="lam has 5 modes and v2 has 4"):
        features({"n": 3, "k": 7, "delta": 0.2, **FEATURES, "v2": V2[:4]})

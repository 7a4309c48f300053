"""Averages over Gaussian inputs against two-dimensional quadrature of their definition."""

import itertools

import mpmath
import numpy as np
import pytest
from scipy import integrate
from scipy.special import erf

from numerics.arrays import Machine
from numerics.gaussian import ACTIVATIONS, feature_ridge_risks, linear_moments, product_moments, two_layer_risks
from theory.errors import BadInput

FUNCTIONS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "step": lambda z: float(z > 0),
    "sign": np.sign,
    "erf": erf,
    "square": lambda z: z**2,
}
LEFT = np.array([[0.3, -0.4], [1.0, 0.5]])
RIGHT = np.array([[0.7, 0.2], [-1.2, 0.1], [0.6, -0.8]])
MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
QUADRATURE = 1e-8


def by_quadrature(u: np.ndarray, v: np.ndarray, left: object, right: object) -> float:
    """∫ φ(u·x)ψ(v·x) dγ(x) in polar coordinates, the angle split where a sign changes."""
    kinks = sorted({(np.arctan2(*w[::-1]) + side * np.pi / 2) % (2 * np.pi) for w in (u, v) for side in (1, -1)})
    ends = [0.0, *kinks, 2 * np.pi]

    def around(radius: float, angle: float) -> float:
        x = radius * np.array([np.cos(angle), np.sin(angle)])
        return left(u @ x) * right(v @ x) * radius * np.exp(-(radius**2) / 2) / (2 * np.pi)  # type: ignore[operator]

    return sum(
        integrate.dblquad(around, low, high, 0, 12, epsabs=1e-10, epsrel=1e-10)[0]
        for low, high in itertools.pairwise(ends) if high > low
    )


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_product_moments_are_gaussian_averages(activation: str) -> None:
    function = FUNCTIONS[activation]
    wanted = np.array([[by_quadrature(u, v, function, function) for v in RIGHT] for u in LEFT])
    slopes = np.array([[by_quadrature(u, v, function, lambda z: z) for v in RIGHT] for u in LEFT])
    for machine in MACHINES:
        left, right = machine.asarray(LEFT), machine.asarray(RIGHT)
        assert np.all(np.abs(machine.to_host(product_moments(left, right, activation)) - wanted) < QUADRATURE)
        assert np.all(np.abs(machine.to_host(linear_moments(left, right, activation)) - slopes) < QUADRATURE)
        assert np.any(np.abs(machine.to_host(product_moments(1.001 * left, right, activation)) - wanted) > QUADRATURE) \
            or activation in ("step", "sign")  # their moments depend on directions alone


def test_parallel_rows_and_rows_of_zeros_have_moments() -> None:
    rows = np.array([[3.0, 4.0], [-6.0, -8.0], [0.0, 0.0]])
    found = product_moments(rows, rows, "relu")
    assert found[0, 0] == pytest.approx(12.5, rel=1e-15) and found[0, 1] == pytest.approx(0, abs=1e-14)
    assert np.all(found[2] == 0) and np.all(np.isfinite(product_moments(rows, rows, "sign")))


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(BadInput, match="relu"):
        product_moments(LEFT, RIGHT, "tanh")


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.backend)
def test_the_risk_of_a_network_is_that_of_its_parts(machine: Machine) -> None:
    """relu(x₁) − x₁ = relu(−x₁), whose mean square is ½; b·relu(x₁) − b·relu(−x₁) = b·x₁."""
    on = machine.asarray
    hidden, signal = on(np.array([[1.0, 0.0], [-1.0, 0.0]])), on(np.array([1.0, 0.0]))
    out = on(np.array([[1.0, 0.0], [1.0, -1.0], [0.5, -0.5], [0.0, 0.0]]))
    found = machine.to_host(two_layer_risks(hidden, out, signal, "relu"))
    assert np.all(np.abs(found - [0.5, 0.0, 0.25, 1.0]) < 1e-15)
    other = machine.to_host(two_layer_risks(hidden, out, on(np.array([0.0, 1.0])), "relu"))
    assert np.all(np.abs(other - [1.5, 2.0, 1.25, 1.0]) < 1e-15)  # the twin: another target is another risk


NONLINEAR = {"relu": lambda z: np.maximum(z, 0), "erf": erf, "sign": np.sign, "square": np.square}


@pytest.mark.parametrize("activation", sorted(NONLINEAR))
def test_the_risk_of_a_random_network_is_the_mean_of_a_test_set(activation: str) -> None:
    rng = np.random.default_rng(0)
    hidden, out, signal = rng.normal(size=(5, 3)), rng.normal(size=(1, 5)), rng.normal(size=3)
    x = rng.normal(size=(200_000, 3))
    errors = (NONLINEAR[activation](x @ hidden.T) @ out[0] - x @ signal) ** 2
    room = 5 * errors.std() / len(errors) ** 0.5  # five standard errors
    risk, other = (two_layer_risks(hidden, factor * out, signal, activation)[0] for factor in (1, 1.1))
    assert abs(risk - errors.mean()) < room < abs(other - errors.mean())


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.backend)
@pytest.mark.parametrize("n, k", [(5, 8), (8, 5)])
def test_the_risks_of_a_ridge_path_on_features_are_those_of_its_fits(machine: Machine, n: int, k: int) -> None:
    """A system for each penalty, target and unit of noise; the fits scored one by one."""
    rng, penalties = np.random.default_rng(n), [0.01, 0.3]
    X, W, targets = rng.normal(size=(2, n, 3)), rng.normal(size=(2, k, 3)), rng.normal(size=(2, 3))
    Z = np.maximum(X @ W.swapaxes(1, 2), 0)
    on = machine.asarray
    bias, variance = (machine.to_host(part) for part in feature_ridge_risks(
        on(X), on(W), on(Z), on(targets), penalties=penalties, activation="relu"))  # fmt: skip
    for trial, at in itertools.product(range(2), range(2)):
        fit = np.linalg.solve(Z[trial].T @ Z[trial] + n * penalties[at] * np.eye(k), Z[trial].T)
        wanted = sum(two_layer_risks(W[trial], (fit @ X[trial] @ one)[None], one, "relu")[0] for one in targets)
        noise = np.sum(two_layer_risks(W[trial], fit.T, np.zeros(3), "relu"))
        assert abs(bias[trial, at] / wanted - 1) < 1e-12 and abs(variance[trial, at] / noise - 1) < 1e-12
        doubled = np.linalg.solve(Z[trial].T @ Z[trial] + 2 * n * penalties[at] * np.eye(k), Z[trial].T)
        assert abs(np.sum(two_layer_risks(W[trial], doubled.T, np.zeros(3), "relu")) / noise - 1) > 0.01  # the twin


def test_all_directions_of_a_target_have_one_mean_risk() -> None:
    """So that the average over directions estimates what one direction does, with less variance."""
    rng, trials = np.random.default_rng(4), 4000
    X, W = rng.normal(size=(trials, 6, 4)), rng.normal(size=(trials, 9, 4))
    given = X, W, np.maximum(X @ W.swapaxes(1, 2), 0)
    one, every = (feature_ridge_risks(*given, signals, penalties=[0.1], activation="relu")[0][:, 0]
                  for signals in (np.eye(4)[:1], np.eye(4) / 2))  # fmt: skip
    gap = one - every
    room = 5 * gap.std() / trials**0.5
    assert abs(gap.mean()) < room < 0.1 * one.mean() and every.var() < one.var()
    stretched = X * [2, 1, 1, 1]  # the twin: inputs that are not isotropic
    given = stretched, W, np.maximum(stretched @ W.swapaxes(1, 2), 0)
    one, every = (feature_ridge_risks(*given, signals, penalties=[0.1], activation="relu")[0][:, 0]
                  for signals in (np.eye(4)[:1], np.eye(4) / 2))  # fmt: skip
    assert abs((one - every).mean()) > 5 * (one - every).std() / trials**0.5


def in_many_digits(u: np.ndarray, v: np.ndarray, activation: str) -> float:
    """The arc-sine laws in 60 digits, where a cosine of 1 − 10⁻²⁴ has digits enough."""
    with mpmath.workdps(60):
        first, second, inner = (mpmath.fsum(mpmath.mpf(x) * mpmath.mpf(y) for x, y in zip(*pair, strict=True))
                                for pair in ((u, u), (v, v), (u, v)))
        cosine = inner / mpmath.sqrt(first * second)
        return float({
            "sign": 2 / mpmath.pi * mpmath.asin(cosine),
            "step": (mpmath.pi - mpmath.acos(cosine)) / (2 * mpmath.pi),
            "erf": 2 / mpmath.pi * mpmath.asin(2 * inner / mpmath.sqrt((1 + 2 * first) * (1 + 2 * second))),
        }[activation])  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.backend)
@pytest.mark.parametrize("activation", ["sign", "step", "erf"])
def test_moments_of_nearly_parallel_rows_keep_their_digits(machine: Machine, activation: str) -> None:
    rng, eps = np.random.default_rng(3), np.finfo(float).eps
    rows = 1e4 * rng.normal(size=(2, 1, 3))
    turned = np.concatenate([side * (rows + 10.0**-k * rng.normal(size=rows.shape))
                             for side in (1, -1) for k in (-4, -3, 0, 4, 8, 12)] + [rows, -rows], axis=1)  # fmt: skip
    found = machine.to_host(product_moments(machine.asarray(rows), machine.asarray(turned), activation))
    wanted = np.array([[[in_many_digits(u, v, activation) for v in T] for u in R]
                       for R, T in zip(rows, turned, strict=True)])  # fmt: skip
    assert np.max(np.abs(found - wanted)) < 16 * eps
    cosine = np.clip(rows @ turned.swapaxes(1, 2)
                     / np.linalg.norm(rows, axis=-1)[..., None] / np.linalg.norm(turned, axis=-1)[:, None], -1, 1)
    naive = 2 / np.pi * np.arcsin(cosine)  # the twin: the arc sine of a cosine
    assert activation != "sign" or np.max(np.abs(naive - wanted)) > 1e6 * eps

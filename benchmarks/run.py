"""Time to a standard error: the simulators against the naive way, in one run.

The naive way is what a notebook does: a Python loop over trials, noisy labels, and a test set for the risk. Both
estimate the same expectation, so the figure that counts is core seconds × variance of a trial: the time to a given
standard error.

    make bench
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import implicit, linear
from numerics import measure
from numerics.arrays import Machine
from numerics.linalg import single_thread
from numerics.measure import Laboratory
from numerics.simulator import simulate_block
from proofs_check.check import Request
from theory import discovery
from theory.setting import Point, Setting
from theory.settings.min_norm import IsotropicRegression
from theory.settings.random_features import GaussianFeatures

ROUNDS = 5
check_module = importlib.import_module("proofs_check.check")  # the package gives the function of this name
TEST_SAMPLES = 1000


def naive_regression(rng: np.random.Generator, *, n: int, p: int, r2: float, s2: float, lam: float) -> float:
    """One trial of least norm regression, scored on a test set."""
    beta = np.zeros(p)
    beta[0] = r2**0.5
    X = rng.normal(size=(n, p))
    y = X @ beta + s2**0.5 * rng.normal(size=n)
    found = np.linalg.pinv(X) @ y if lam == 0 else np.linalg.solve(X.T @ X + n * lam * np.eye(p), X.T @ y)
    fresh = rng.normal(size=(TEST_SAMPLES, p))
    return float(np.mean((fresh @ (found - beta)) ** 2))


def naive_features(
    rng: np.random.Generator, *, n: int, k: int, lam: np.ndarray, v2: np.ndarray, delta: float, sigma2: float
) -> float:
    """One trial of random-feature ridge regression, scored on a test set."""
    v = np.sqrt(v2) * rng.choice([-1.0, 1.0], size=len(v2))
    mixing = np.sqrt(lam / k)[:, None] * rng.normal(size=(len(lam), k))
    X = rng.normal(size=(n, len(lam)))
    y = X @ v + sigma2**0.5 * rng.normal(size=n)
    Z = X @ mixing
    weights = Z.T @ np.linalg.solve(Z @ Z.T + delta * np.eye(n), y)
    fresh = rng.normal(size=(TEST_SAMPLES, len(lam)))
    return float(np.mean((fresh @ mixing @ weights - fresh @ v) ** 2) + sigma2)


CASES: list[tuple[type[Setting], str, Callable[..., float], dict[str, object]]] = [
    (IsotropicRegression, "excess_risk", naive_regression, {"n": 40, "p": 100, "r2": 1, "s2": "0.5", "lam": 0}),
    (IsotropicRegression, "excess_risk", naive_regression, {"n": 40, "p": 100, "r2": 1, "s2": "0.5", "lam": "0.2"}),
    (GaussianFeatures, "test_error", naive_features,
     {"n": 48, "k": 80, "lam": "power(1.5,600)", "v2": "power(1.6,600)", "delta": "0.02", "sigma2": "0.1"}),
]  # fmt: skip


def cost(sample: Callable[[int], np.ndarray]) -> float:
    """Core seconds × relative variance of a trial, the median over some rounds."""
    figures = []
    for number in range(ROUNDS):
        began = time.process_time()
        values = sample(number)
        figures.append((time.process_time() - began) / len(values) * values.var(ddof=1) / values.mean() ** 2)
    return float(np.median(figures))


def compare(
    setting: type[Setting], observable: str, naive: Callable[..., float], values: dict[str, object]
) -> tuple[float, float]:
    """Cost of the simulator and of the naive way at a point."""
    point, simulator = Point.of(setting, values), discovery.simulator_of(setting)
    machine = Machine()

    def ours(number: int) -> np.ndarray:
        return simulate_block(simulator, point, number, seed=0, machine=machine)[observable]

    def theirs(number: int) -> np.ndarray:
        rng = np.random.default_rng(number)
        with single_thread():
            return np.array([naive(rng, **point.numbers()) for _ in range(60)])

    ours(-1)  # the first call loads libraries
    return cost(ours), cost(theirs)


def engine_share(trials: int = 100_000) -> tuple[int, float]:
    """Trials of a check of ridgeless regression, and the share of its time that the engine takes after the audit.

    The engine is all but the simulation: judging at every look, joining blocks, evaluating the prediction.
    """
    claim = discovery.find("min_norm.ridgeless_risk_isotropic")[0]
    simulated, judging = [0.0], check_module.check_claim
    block = measure.simulate_block

    def timed(*args: Any, **more: Any) -> Any:
        began = time.process_time()
        try:
            return block(*args, **more)
        finally:
            simulated[0] += time.process_time() - began

    measure.simulate_block = timed
    try:
        asked = Request(values={"n": 20, "p": 30, "r2": 1, "s2": 2}, tolerance=1e-3, max_trials=trials)
        began = time.process_time()
        record = judging(claim, asked, 1e-3, Laboratory())
        whole = time.process_time() - began
    finally:
        measure.simulate_block = block
    return record["trials"], 1 - simulated[0] / whole


def main() -> None:
    """The table."""
    print(
        f"{'setting and point':66} {'ours':>10} {'naive':>10} {'ratio':>8}   (core seconds x variance of a trial)"
    )
    for setting, observable, naive, values in CASES:
        mine, theirs = compare(setting, observable, naive, values)
        text = f"{setting.name()}: " + ", ".join(f"{name}={value}" for name, value in values.items())
        print(f"{text[:66]:66} {mine:10.2e} {theirs:10.2e} {theirs / mine:8.0f}")
    print(*linear.table(), sep="\n")
    print(implicit.table())
    trials, share = engine_share()
    print(f"check, ridgeless regression, {trials:,} trials: {share:.1%} of the time in the engine")


if __name__ == "__main__":
    main()

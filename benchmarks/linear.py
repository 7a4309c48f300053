"""A ridge path and a ridgeless curve: one factorisation and exact risks, against a loop over fits and a test set.

The figure of each way is core seconds × relative variance of a trial, averaged over the path: the time to one standard
error everywhere on it.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from sklearn.linear_model import Ridge

from numerics.gaussian import feature_ridge_risks
from numerics.linalg import single_thread
from numerics.regression import least_norm_curve, ridge_risks

N, P, R2, S2 = 60, 120, 1.0, 0.5
PENALTIES = np.geomspace(1e-3, 10, 20)
D, FEATURES = 20, 100  # inputs and random ReLU features
TEST_SAMPLES, BATCH, PART, NAIVE_TRIALS, ROUNDS = 1000, 256, 8, 40, 5

Way = Callable[[np.random.Generator], np.ndarray]  # -> (trials, points of the path)


def exact_path(rng: np.random.Generator) -> np.ndarray:
    bias, variance = ridge_risks(rng.normal(size=(BATCH, N, P)), _signal()[None], penalties=list(PENALTIES))
    return bias + S2 * variance


def exact_curve(rng: np.random.Generator) -> np.ndarray:
    bias, variance = least_norm_curve(rng.normal(size=(BATCH, N, P)), _signal()[None])
    return bias + S2 * variance


def exact_features(rng: np.random.Generator, directions: int = D) -> np.ndarray:
    """Ridge paths on random ReLU features: one factorisation a trial; noise, test input and target averaged exactly.

    In parts that stay in the cache. With one direction the target is the first coordinate.
    """
    parts, signals = [], np.eye(D)[:directions] / np.sqrt(directions)
    for _ in range(BATCH // PART):
        X, hidden = rng.normal(size=(PART, N, D)), rng.normal(size=(PART, FEATURES, D)) / np.sqrt(D)
        Z = np.maximum(X @ hidden.swapaxes(-1, -2), 0)
        bias, variance = feature_ridge_risks(X, hidden, Z, signals, penalties=list(PENALTIES), activation="relu")
        parts.append(bias + S2 * variance)
    return np.concatenate(parts)


def one_direction(rng: np.random.Generator) -> np.ndarray:
    """The same for one target, whose risk varies more."""
    return exact_features(rng, directions=1)


def solve_features(rng: np.random.Generator) -> np.ndarray:
    """The same by NumPy, one system a penalty, and a test set."""
    rows = []
    for _ in range(NAIVE_TRIALS):
        X, hidden, fresh = (rng.normal(size=(rows_, D)) for rows_ in (N, FEATURES, TEST_SAMPLES))
        y, hidden = X[:, 0] + np.sqrt(S2) * rng.normal(size=N), hidden / np.sqrt(D)
        Z, tested = np.maximum(X @ hidden.T, 0), np.maximum(fresh @ hidden.T, 0)
        fits = [Z.T @ np.linalg.solve(Z @ Z.T + N * penalty * np.eye(N), y) for penalty in PENALTIES]
        rows.append([np.mean((tested @ fit - fresh[:, 0]) ** 2) for fit in fits])
    return np.array(rows)


def solve_path(rng: np.random.Generator) -> np.ndarray:
    """NumPy, one system a penalty."""
    def fit(X: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
        return X.T @ np.linalg.solve(X @ X.T + N * penalty * np.eye(N), y)

    return _scored(rng, lambda X, y: np.stack([fit(X, y, penalty) for penalty in PENALTIES]))


def sklearn_path(rng: np.random.Generator) -> np.ndarray:
    """scikit-learn's Ridge, one fit a penalty."""
    def fit(X: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
        return Ridge(alpha=N * penalty, fit_intercept=False).fit(X, y).coef_

    return _scored(rng, lambda X, y: np.stack([fit(X, y, penalty) for penalty in PENALTIES]))


def pinv_curve(rng: np.random.Generator) -> np.ndarray:
    """NumPy, one pseudo-inverse for each number of samples."""
    return _scored(rng, lambda X, y: np.stack([np.linalg.pinv(X[:k]) @ y[:k] for k in range(1, N + 1)]))


def _signal() -> np.ndarray:
    return np.sqrt(R2) * np.eye(P)[0]


def _scored(rng: np.random.Generator, fits: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    rows = []
    for _ in range(NAIVE_TRIALS):
        X, fresh = rng.normal(size=(N, P)), rng.normal(size=(TEST_SAMPLES, P))
        weights = fits(X, X @ _signal() + np.sqrt(S2) * rng.normal(size=N))
        rows.append(np.mean((fresh @ (weights - _signal()).T) ** 2, axis=0))
    return np.array(rows)


def cost(way: Way) -> float:
    """Core seconds × relative variance of a trial, mean over the path, the median over some rounds."""
    figures = []
    for number in range(ROUNDS + 1):
        rng = np.random.default_rng(number)
        with single_thread():
            began = time.process_time()
            values = way(rng)
            spent = time.process_time() - began
        inner = values[:, : P // 2 - 6]  # n near p has no variance to speak of
        figures.append(spent / len(values) * float(np.mean(inner.var(axis=0, ddof=1) / inner.mean(axis=0) ** 2)))
    return float(np.median(figures[1:]))  # the first loads libraries


def table() -> Iterator[str]:
    """A line for each comparison."""
    yield f"{'n = 60, p = 120; path of 20 penalties, curve over n = 1 … 60':66} {'ours':>10} {'naive':>10} {'ratio':>8}"
    for name, ours, theirs in (
        ("ridge path, against NumPy: a solve a penalty, a test set", exact_path, solve_path),
        ("ridge path, against scikit-learn: a fit a penalty, a test set", exact_path, sklearn_path),
        ("random ReLU features, ridge path, against NumPy: a solve a penalty", exact_features, solve_features),
        ("random ReLU features, one target, against NumPy", one_direction, solve_features),
        ("ridgeless curve, against NumPy: a pseudo-inverse an n, a test set", exact_curve, pinv_curve),
    ):
        mine, other = cost(ours), cost(theirs)
        yield f"{name:66} {mine:10.2e} {other:10.2e} {other / mine:8.0f}"

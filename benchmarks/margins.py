"""Max-margin programs of the attention claims, many draws at once, against a loop over cvxpy with its defaults.

Frobenius norm: a quadratic program; nuclear norm: a semidefinite one. Precision is measured for both in the same way:
the norm of the solution, scaled to a least margin of 1, over the best of all known.

    python -m benchmarks.margins
"""

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from numerics.linalg import single_thread
from theory.programs.max_margin import attention_svm, attention_svm_nuclear

TRIALS, LOOPED, SAMPLES, TOKENS, D = 64, 6, 4, 3, 5


def draws() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens, queries and scores of all trials."""
    rng = np.random.default_rng(0)
    shape = (TRIALS, SAMPLES, TOKENS)
    return rng.normal(size=(*shape, D)), rng.normal(size=(TRIALS, SAMPLES, D)), rng.normal(size=shape)


def constraints(tokens: np.ndarray, queries: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(x_opt − x_t) zᵀ of one trial.   Shapes: -> (m, d, d)."""
    rows = []
    for x, z, score in zip(tokens, queries, scores, strict=True):
        best = int(np.argmax(score))
        rows += [np.outer(x[best] - x[t], z) for t in range(len(x)) if t != best]
    return np.array(rows)


def by_cvxpy(A: np.ndarray, norm: str, solver: str | None) -> np.ndarray:
    """One program, as a notebook writes it."""
    import cvxpy as cp

    W = cp.Variable(A.shape[1:])
    margins = [cp.sum(cp.multiply(one, W)) >= 1 for one in A]
    size = cp.sum_squares(W) if norm == "fro" else cp.normNuc(W)
    cp.Problem(cp.Minimize(size), margins).solve(solver=solver)
    return np.asarray(W.value)


def scaled_norm(A: np.ndarray, W: np.ndarray, norm: str) -> float:
    """‖W‖ where W is scaled to a least margin of 1."""
    return float(np.linalg.norm(W, norm) / np.min(np.sum(A * W, axis=(1, 2))))


def rows() -> Iterator[tuple[str, str, float, float]]:
    """Norm, way, core seconds a draw, relative excess of the norm over the best known: the largest of some draws."""
    given = draws()
    programs: list[tuple[str, Callable[..., Any]]] = [("fro", attention_svm), ("nuc", attention_svm_nuclear)]
    for norm, ours in programs:
        ours(*given)
        began = time.process_time()
        found = ours(*given)[0]
        ways = {"ours": ((time.process_time() - began) / TRIALS, found[:LOOPED])}
        matrices = [constraints(*(part[t] for part in given)) for t in range(LOOPED)]
        for name, solver in (("cvxpy, default", None), ("cvxpy, Clarabel", "CLARABEL")):
            by_cvxpy(matrices[0], norm, solver)
            began = time.process_time()
            solved = np.array([by_cvxpy(A, norm, solver) for A in matrices])
            ways[name] = (time.process_time() - began) / LOOPED, solved
        norms = {name: [scaled_norm(A, W, norm) for A, W in zip(matrices, found, strict=True)]
                 for name, (_, found) in ways.items()}  # fmt: skip
        best = np.min(list(norms.values()), axis=0)
        for name, (seconds, _) in ways.items():
            yield norm, name, seconds, float(np.max(norms[name] / best - 1))


def table() -> Iterator[str]:
    """Markdown, with the ratio to ours."""
    yield "| norm | way | core seconds a draw | norm above the best | times ours |"
    yield "|---|---|---|---|---|"
    mine = 1.0
    with warnings.catch_warnings(), single_thread():
        warnings.simplefilter("ignore")
        for norm, name, seconds, excess in rows():
            mine = seconds if name == "ours" else mine
            words = {"fro": "Frobenius", "nuc": "nuclear"}[norm]
            yield f"| {words} | {name} | {seconds:.2g} | {excess:.0e} | {seconds / mine:.3g} |"


if __name__ == "__main__":
    print(*table(), sep="\n")

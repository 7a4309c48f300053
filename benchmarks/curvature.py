"""λ_max, tr H and the spectral density of trained networks: seconds of one core, against public packages in one run.

All in double precision, on one thread, at the same measured accuracy: λ_max to 3e-6, tr H to a relative standard error
of 1 % (what is exact counts as such), the density from 8 probes of 40 products each. Accuracy is measured against the
dense Hessian.

    make bench PEERS=1
"""

import copy
import math
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import eigsh
from sklearn.datasets import load_digits
from torch import nn

from numerics.arrays import Machine
from numerics.curvature.closed import curvature
from numerics.curvature.density import spectral_density
from numerics.curvature.examining import examine
from numerics.curvature.lanczos import eigenpairs, largest
from numerics.curvature.problem import Problem
from numerics.linalg import single_thread
from numerics.streams import stream

GOAL, ACCURACY, ROUNDS = 0.01, 3e-6, 3  # pyhessian divides by norm + 1e-6, and never comes closer than 2e-6
PROBES, STEPS = 8, 40


def half_mean_square(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """(1/2n) Σ (f − y)²."""
    return ((f - y) ** 2).mean() / 2


def cases() -> dict[str, Problem]:
    """A dense and a convolutional network fitted to the parity of 200 digits by Adam."""
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(images[:200] / 16), torch.tensor(2.0 * (labels[:200] % 2) - 1)[:, None]
    dense = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 1))
    pictures = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 1),
    )  # fmt: skip
    found = {}
    for name, model, inputs in (("dense", dense, x), ("convolutional", pictures, x.reshape(-1, 1, 8, 8))):
        model.double()
        optimiser = torch.optim.Adam(model.parameters(), 3e-3)
        for _ in range(800):
            optimiser.zero_grad()
            half_mean_square(model(inputs), y).backward()
            optimiser.step()
        found[name] = examine(model, half_mean_square, (inputs, y))
    return found


def seconds(work: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, list[Any]]:
    """Median of CPU seconds over some rounds after a first one, and what they gave."""
    work()
    taken, found = [], []
    for _ in range(rounds):
        began = time.process_time()
        found.append(work())
        taken.append(time.process_time() - began)
    return float(np.median(taken)), found


def truth(problem: Problem) -> tuple[float, float]:
    """λ_max and tr H of the dense Hessian."""
    way, eye = curvature(problem), torch.eye(problem.size, dtype=problem.dtype)
    values = np.linalg.eigvalsh(way.hessian(eye).numpy())
    return float(values[-1]), float(values.sum())


def linear_operator(problem: Problem) -> Any:
    import curvlinops

    data = [(problem.inputs, problem.targets)]
    return curvlinops.HessianLinearOperator(
        problem.model, HalfMean(), problem.parameters, data, check_deterministic=False
    )


class HalfMean(nn.MSELoss):
    """½ MSELoss, as a class that curvlinops and backpack know."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return super().forward(input, target) / 2


def pyhessian_of(problem: Problem) -> Any:
    from pyhessian import hessian

    return hessian(problem.model, half_mean_square, data=(problem.inputs, problem.targets), cuda=False)


Row = tuple[str, str, str, float, float]  # case, quantity, who, seconds, relative error or standard error


def top_rows(case: str, problem: Problem, exact: float) -> list[Row]:
    """λ_max: each at the loosest of its tolerances that reaches the accuracy."""
    def ours(tolerance: float) -> float:
        rng = stream(Machine("torch"), "bench", seed=0)
        found = largest(curvature(problem).hessian, rng.normal((1, problem.size)), rounding=1e-13, rtol=tolerance)
        return float(found.value[0])

    def pair(tolerance: float) -> float:
        rng = stream(Machine("torch"), "bench", seed=0)
        start = rng.normal((1, problem.size))
        return float(eigenpairs(curvature(problem).hessian, start, 1, rounding=1e-13, rtol=tolerance)[0][0, 0])

    def theirs(tolerance: float) -> float:
        return float(pyhessian_of(problem).eigenvalues(maxIter=1000, tol=tolerance)[0][0])

    def operator(tolerance: float) -> float:
        return float(eigsh(linear_operator(problem).to_scipy(), k=1, which="LA", tol=tolerance)[0][0])

    rows = []
    ways = {"ours, by residual": pair, "ours, enclosed": ours, "pyhessian": theirs, "curvlinops + eigsh": operator}
    for who, work in ways.items():
        for tolerance in (1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10):
            taken, values = seconds(lambda work=work, tolerance=tolerance: work(tolerance))
            error = max(abs(value / exact - 1) for value in values)
            if error <= ACCURACY:
                break
        rows.append((case, "λ_max", who, taken, error))
    return rows


def trace_rows(case: str, problem: Problem, exact: float) -> list[Row]:
    """tr H: exact ways by their time, estimates by the time to the standard error asked for."""
    import backpack
    from backpack import extensions
    from curvlinops import hutchinson_trace, hutchpp_trace, xtrace

    taken, values = seconds(lambda: curvature(problem).exact_trace())
    rows = [(case, "tr H", "ours, exact", taken, abs(values[0] / exact - 1))]
    model, lossy = backpack.extend(copy.deepcopy(problem.model)), backpack.extend(nn.MSELoss())

    def diagonal(kind: Any) -> float:
        value = lossy(model(problem.inputs), problem.targets)
        with backpack.backpack(kind()):
            value.backward()
        name = kind().savefield
        return sum(float(getattr(one, name).sum()) for one in model.parameters()) / 2

    for kind in (extensions.DiagHessian, extensions.DiagGGNExact):
        taken, values = seconds(lambda kind=kind: diagonal(kind))
        rows.append((case, "tr H", f"backpack {kind.__name__}, exact", taken, abs(values[0] / exact - 1)))
    probes = 64
    began = time.process_time()
    theirs = np.array(pyhessian_of(problem).trace(maxIter=probes, tol=0.0))
    rows.append((case, "tr H", "pyhessian", *_to_goal((time.process_time() - began) / probes, theirs.std() / exact)))
    operator = linear_operator(problem)
    taken, values = seconds(lambda: float(hutchinson_trace(operator, num_matvecs=16)), 12)
    rows.append((case, "tr H", "curvlinops Hutchinson", *_to_goal(taken / 16, 4 * np.std(values) / exact)))
    for name, estimate in (("Hutch++", hutchpp_trace), ("XTrace", xtrace)):
        for products in (30, 60, 120, 240, 480, 960):
            taken, values = seconds(lambda estimate=estimate, m=products: float(estimate(operator, num_matvecs=m)), 6)
            error = math.sqrt(np.mean((np.array(values) / exact - 1) ** 2))
            if error <= GOAL:
                break
        rows.append((case, "tr H", f"curvlinops {name}", taken, error))
    return rows


def _to_goal(each: float, spread: float) -> tuple[float, float]:
    """Seconds until the standard error is the goal."""
    return each * max(1.0, (spread / GOAL) ** 2), GOAL


def density_rows(case: str, problem: Problem) -> list[Row]:
    """The density from as many products."""
    from curvlinops import lanczos_approximate_spectrum

    def ours() -> Any:
        rng = stream(Machine("torch"), "bench density", seed=0)
        return spectral_density(curvature(problem).hessian, problem.size, rng, probes=PROBES, steps=STEPS)

    def operator() -> Any:
        matrix = linear_operator(problem)
        return lanczos_approximate_spectrum(matrix, STEPS, num_repeats=PROBES, boundaries=(-1.0, 10.0))

    works = {"ours": ours, "curvlinops": operator}  # pyhessian's calls torch.eig, which torch no longer has
    return [(case, "density", who, seconds(work, 3)[0], math.nan) for who, work in works.items()]


def measured() -> list[Row]:
    """All rows."""
    rows: list[Row] = []
    warnings.simplefilter("ignore")  # those of the peers
    with single_thread():
        for case, problem in cases().items():
            top, trace = truth(problem)
            for part in (top_rows(case, problem, top), density_rows(case, problem), trace_rows(case, problem, trace)):
                rows += part
                print(*part, sep="\n", file=sys.stderr)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Markdown, with the ratio to ours."""
    mine = {(case, what): taken for case, what, who, taken, _ in reversed(rows) if who.startswith("ours")}
    lines = ["| network | quantity | way | core seconds | relative error | times ours |", "|---|---|---|---|---|---|"]
    for case, what, who, taken, error in rows:
        shown = "" if math.isnan(error) else f"{error:.0e}"
        lines.append(f"| {case} | {what} | {who} | {taken:.3g} | {shown} | {taken / mine[case, what]:.3g} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measured()))

"""λ_max, tr H and the spectral density of trained networks: seconds of one core, against public packages in one run.

All in double precision, on one thread, at the same measured accuracy: λ_max to 3e-6, tr H to a relative standard error
of 1 % (what is exact counts as such), the density from 8 probes of 40 products each. Accuracy is measured against the
dense Hessian. Ways that are compared closely have their turns in every round, so that other work on the machine
disturbs all alike; a ratio is the median over rounds.

    make bench PEERS=1
"""

import copy
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import eigsh
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from numerics.arrays import Machine
from numerics.curvature.closed import curvature
from numerics.curvature.density import spectral_density
from numerics.curvature.examining import examine
from numerics.curvature.lanczos import eigenpairs, largest
from numerics.curvature.problem import Problem
from numerics.linalg import single_thread
from numerics.streams import stream

GOAL, ACCURACY, ROUNDS, TURNS = 0.01, 3e-6, 3, 11  # pyhessian divides by norm + 1e-6, and never comes closer than 2e-6
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


def turns(works: dict[str, Callable[[], float]]) -> dict[str, tuple[float, float, list[float]]]:
    """Of every way: medians of CPU seconds, and of their ratio to the first way's in the same turn, and what was found.

    Every way runs once before it is timed, so that none pays for what the one before it left in the caches.
    """
    taken, found = [], []
    for _ in range(TURNS + 1):
        row = [seconds(work, 1) for work in works.values()]
        taken.append([spent for spent, _ in row])
        found.append([values[0] for _, values in row])
    times = np.array(taken[1:])
    ratios, medians = np.median(times / times[:, :1], axis=0), np.median(times, axis=0)
    columns = zip(medians, ratios, zip(*found, strict=True), strict=True)
    return {who: (float(middle), float(ratio), list(values))
            for who, (middle, ratio, values) in zip(works, columns, strict=True)}


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


Row = tuple[str, str, str, float, float, float]  # case, quantity, who, seconds, times ours, relative (standard) error


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

    ways = {"ours, by residual": pair, "ours, enclosed": ours, "pyhessian": theirs, "curvlinops + eigsh": operator}
    works: dict[str, Callable[[], float]] = {}
    for who, work in ways.items():
        for tolerance in (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10):
            works[who] = partial(work, tolerance)
            if max(abs(works[who]() / exact - 1) for _ in range(ROUNDS)) <= ACCURACY:
                break
    return [(case, "λ_max", who, middle, ratio, max(abs(value / exact - 1) for value in values))
            for who, (middle, ratio, values) in turns(works).items()]


def trace_rows(case: str, problem: Problem, exact: float) -> list[Row]:
    """tr H: exact ways by their time, estimates by the time to the standard error asked for."""
    import backpack
    from backpack import extensions

    model, lossy = backpack.extend(copy.deepcopy(problem.model)), backpack.extend(nn.MSELoss())

    def diagonal(kind: Any) -> float:
        value = lossy(model(problem.inputs), problem.targets)
        with backpack.backpack(kind()):
            value.backward()
        name = kind().savefield
        return sum(float(getattr(one, name).sum()) for one in model.parameters()) / 2

    works: dict[str, Callable[[], Any]] = {"ours, exact": lambda: curvature(problem).exact_trace()}
    for kind in (extensions.DiagHessian, extensions.DiagGGNExact):
        works[f"backpack {kind.__name__}, exact"] = partial(diagonal, kind)
    timed = turns(works)
    rows = [(case, "tr H", who, middle, ratio, abs(values[0] / exact - 1))
            for who, (middle, ratio, values) in timed.items()]  # fmt: skip
    counts = {who: _operations(work) for who, work in works.items()}
    print(case, "operations of products:", counts, file=sys.stderr)
    mine = timed["ours, exact"][0]
    return rows + [(case, "tr H", who, spent, spent / mine, error) for who, spent, error in _estimates(problem, exact)]


def _estimates(problem: Problem, exact: float) -> Iterator[tuple[str, float, float]]:
    """Who, the time to the standard error asked for, and the error reached."""
    from curvlinops import hutchinson_trace, hutchpp_trace, xtrace

    probes = 64
    began = time.process_time()
    theirs = np.array(pyhessian_of(problem).trace(maxIter=probes, tol=0.0))
    yield "pyhessian", *_to_goal((time.process_time() - began) / probes, theirs.std() / exact)
    operator = linear_operator(problem)
    taken, values = seconds(lambda: float(hutchinson_trace(operator, num_matvecs=16)), 12)
    yield "curvlinops Hutchinson", *_to_goal(taken / 16, 4 * np.std(values) / exact)
    for name, estimate in (("Hutch++", hutchpp_trace), ("XTrace", xtrace)):
        for products in (30, 60, 120, 240, 480, 960):
            taken, values = seconds(lambda estimate=estimate, m=products: float(estimate(operator, num_matvecs=m)), 6)
            error = math.sqrt(np.mean((np.array(values) / exact - 1) ** 2))
            if error <= GOAL:
                break
        yield f"curvlinops {name}", taken, error


def _operations(work: Callable[[], Any]) -> int:
    """Multiplications and additions of all products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


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
    taken = [seconds(work, ROUNDS)[0] for work in works.values()]
    return [(case, "density", who, spent, spent / taken[0], math.nan) for who, spent in zip(works, taken, strict=True)]


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
    """Markdown."""
    lines = ["| network | quantity | way | core seconds | relative error | times ours |", "|---|---|---|---|---|---|"]
    for case, what, who, taken, ratio, error in rows:
        shown = "" if math.isnan(error) else f"{error:.0e}"
        lines.append(f"| {case} | {what} | {who} | {taken:.3g} | {shown} | {ratio:.3g} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measured()))

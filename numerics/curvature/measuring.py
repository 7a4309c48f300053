"""All numbers of an audit of a problem, each in the cheapest way that its model allows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from numerics.arrays import Machine
from numerics.curvature.closed import curvature
from numerics.curvature.lanczos import largest
from numerics.curvature.problem import Problem
from numerics.curvature.traces import hutchpp
from numerics.streams import Stream, stream

Enclosed = tuple[float, float, float, str]  # value, low, high, how
Known = tuple[Enclosed, float | None]  # λ_max, and the exact trace
PROBES = 16
RTOL = 1e-3


@dataclass(frozen=True)
class Measured:
    """Curvature of a problem. blocks: n Sᵢ^½JᵢJᵢᵀSᵢ^½ of every sample, or None; residual: ‖H − G‖_F/‖G‖_F."""

    lambda_max: Enclosed
    trace: Enclosed
    frobenius: Enclosed
    loss: float
    gradient_norm: float
    residual: float
    blocks: np.ndarray | None
    curvature: Any
    notes: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        return 1 if self.blocks is None else self.blocks.shape[-1]

    @property
    def rank(self) -> int:
        """The most that the rank of the curvature of a sample may be."""
        return self.outputs

    @property
    def quartic(self) -> float:
        """(1/n) Σ ‖Hᵢ‖_F²."""
        return float((self.blocks**2).sum(axis=(-2, -1)).mean())  # type: ignore[operator]

    @property
    def largest(self) -> float:
        """max λ_max(Hᵢ)."""
        return float(np.linalg.eigvalsh(self.blocks)[:, -1].max())  # type: ignore[arg-type]


def measure(
    problem: Problem, *, seed: int, miss: float, level: float, rtol: float = RTOL, known: Known | None = None
) -> Measured:
    """λ_max, tr H and ‖H‖_F of a problem, with what encloses them; the first two may be known."""
    way, rng, rounding = curvature(problem), stream_of(problem, seed), rounding_of(problem)
    if known is None:
        start = rng.child("start").normal((1, problem.size))
        top = largest(way.hessian, start, rounding=rounding, rtol=rtol, miss=miss)
        exact = None if problem.reduction == "joint" else way.exact_trace()
        known = (float(top.value[0]), float(top.low[0]), float(top.high[0]), "probable"), exact
    lambda_max, exact = known
    blocks = None if problem.reduction == "joint" else way.sample_grams()
    both = hutchpp(way.hessian, problem.size, rng.child("trace"), level=level, rtol=0.05, most=300)
    square = both.square
    value, low, high = (float(np.sqrt(max(part, 0.0))) for part in (square.value, square.low, square.high))
    root = (value, low, high, "estimated")
    trace = (both.trace.value, both.trace.low, both.trace.high, "estimated")
    if exact is not None:
        trace = (exact, exact - rounding * abs(exact), exact + rounding * abs(exact), "exact")
    residual = float("inf")
    if blocks is not None:
        probes = rng.child("residual").normal((PROBES, problem.size))
        plain = way.gauss_newton(probes)
        residual = float((way.hessian(probes) - plain).norm() / plain.norm().clamp(min=1e-300))
    return Measured(lambda_max, trace, root, problem.value(), float(problem.gradient().norm()), residual,
                    None if blocks is None else blocks.numpy(force=True), way)


def stream_of(problem: Problem, seed: int) -> Stream:
    """The random numbers of an audit, where the problem's data are."""
    precision = str(problem.dtype).removeprefix("torch.")
    return stream(Machine("torch", str(problem.inputs.device), precision), "audit", seed=seed)


def rounding_of(problem: Problem) -> float:
    """What rounding may change, relative to the largest eigenvalue or the trace."""
    return (problem.samples + problem.size) * torch.finfo(problem.dtype).eps

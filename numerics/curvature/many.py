"""λ_max and tr H of many networks of the same dense layers at once, each loss on the same samples."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from numerics.curvature.closed import Closed, curvature
from numerics.curvature.lanczos import largest
from numerics.curvature.measuring import RTOL, Known, rounding_of, stream_of
from numerics.curvature.problem import Problem, output_derivatives
from numerics.networks import mlp


class Stacked:
    """The Hessians of networks that differ in their weights alone, as one batch.

    Shapes: products (models, size) or (models, k, size) -> the same; trace (models,).
    """

    def __init__(self, ways: Sequence[Closed]) -> None:
        self.problems = [way.problem for way in ways]
        self.activations = ways[0].activations
        pairs = [list(zip(*layer, strict=True)) for layer in zip(*(way.layers for way in ways), strict=True)]
        self.layers = [(torch.stack(W), None if b[0] is None else torch.stack(b)) for W, b in pairs]
        first = self.problems[0]
        self.bowls = [self._bowl(x, y) for x, y in first.chunks(8 * len(ways))]

    def _bowl(self, x: Tensor, y: Tensor) -> mlp.Bowl:
        run = mlp.forward(self.layers, self.activations, x.flatten(1))
        found = [output_derivatives(one, f, y) for one, f in zip(self.problems, run.outputs, strict=True)]
        slopes, hessians = (torch.stack(part) for part in zip(*found, strict=True))
        return mlp.bowl(run, slopes, hessians)

    def hessian(self, vectors: Tensor) -> Tensor:
        """Every Hessian times its vectors."""
        return self._products(self.bowls, vectors)

    def gauss_newton(self, vectors: Tensor) -> Tensor:
        """Every Gauss-Newton matrix times its vectors."""
        return self._products([mlp.Bowl(bowl.run, bowl.hessians) for bowl in self.bowls], vectors)

    def _products(self, bowls: Sequence[mlp.Bowl], vectors: Tensor) -> Tensor:
        moved = vectors.movedim(0, -2)  # several vectors of a network come before the networks
        V, at = [], 0
        for W, b in self.layers:
            sizes = W[0].numel(), 0 if b is None else b[0].numel()
            weights, biases = moved[..., at : at + sizes[0]], moved[..., at + sizes[0] : at + sum(sizes)]
            V.append((weights.reshape(*moved.shape[:-1], *W.shape[1:]), None if b is None else biases))
            at += sum(sizes)
        total = torch.zeros_like(moved)
        for bowl in bowls:
            parts = [part for layer in mlp.product(bowl, V) for part in layer if part is not None]
            total += torch.cat([part.reshape(*moved.shape[:-1], -1) for part in parts], dim=-1)
        return total.movedim(-2, 0)

    def trace(self) -> Tensor:
        """tr H of every network."""
        return torch.stack([mlp.hessian_trace(bowl) for bowl in self.bowls]).sum(0)


def stacked(problems: Sequence[Problem]) -> Stacked | None:
    """The problems as one batch, where all are chains of dense layers of the same shapes and activations."""
    ways = [curvature(problem) for problem in problems]
    dense = [way for way in ways if isinstance(way, Closed)]
    if len(dense) < max(2, len(ways)) or any(way.exact_trace_is_dear for way in dense):
        return None
    return Stacked(dense) if len({_form(way) for way in dense}) == 1 else None


def _form(way: Closed) -> Any:
    """All that networks of one batch share."""
    shapes = tuple((tuple(W.shape), b is None) for W, b in way.layers)
    names = tuple(one.name for one in way.activations)  # with their parameters
    return shapes, names, way.problem.reduction, str(way.problem.dtype)


def tops_and_traces(batch: Stacked, *, seed: int, miss: float, rtol: float = RTOL) -> list[Known]:
    """What `measure` would find of each, from one start for all: enclosed λ_max, until the last is narrow, and tr H."""
    rng, rounding = stream_of(batch.problems[0], seed), rounding_of(batch.problems[0])
    start = rng.child("start").normal((1, batch.problems[0].size)).expand(len(batch.problems), -1)
    top = largest(batch.hessian, start, rounding=rounding, rtol=rtol, miss=miss)
    ends = zip(top.value, top.low, top.high, batch.trace().tolist(), strict=True)
    return [((float(value), float(low), float(high), "probable"), trace) for value, low, high, trace in ends]

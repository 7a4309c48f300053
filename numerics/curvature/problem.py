"""The loss of a Torch model on data as a function of its parameters: where every measurement of curvature starts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

Loss = Callable[[Any, Any], Tensor]
CHUNK_NUMBERS = 2**23  # numbers of activations that a chunk of samples may hold: 64 MiB in double precision


@dataclass(frozen=True)
class Problem:
    """A model in evaluation, a loss, and n samples.

    reduction: "mean" or "sum" of the losses of the samples, or "joint" where the loss is neither. Curvature is that of
    the mean of the losses for "mean" and "sum" (whose learning rate counts B-fold), else of the loss itself.
    `held`: numbers that a forward pass of one sample keeps; it and the shapes alone decide the chunks, unless memory
    ran out: then they are `smaller` times as small.
    """

    model: torch.nn.Module
    loss: Loss
    inputs: Tensor
    targets: Tensor
    reduction: str
    held: int
    smaller: int = 1

    @cached_property
    def parameters(self) -> list[Tensor]:
        """What is trained: parameters with requires_grad."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    @cached_property
    def size(self) -> int:
        """Number of trained parameters."""
        return sum(parameter.numel() for parameter in self.parameters)

    @property
    def samples(self) -> int:
        return self.inputs.shape[0]

    def chunks(self, copies: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
        """Samples a few at a time; `copies`: how many times a chunk's activations are held at once."""
        step = self.samples
        if self.reduction != "joint":
            step = max(1, min(step, CHUNK_NUMBERS // (self.held * copies * self.smaller)))
        for start in range(0, self.samples, step):
            yield self.inputs[start : start + step], self.targets[start : start + step]

    def share(self, inputs: Tensor) -> float:
        """The factor that makes the loss of a chunk its share of the whole."""
        if self.reduction == "joint":
            return 1.0
        return (inputs.shape[0] if self.reduction == "mean" else 1) / self.samples

    def value(self) -> float:
        """The loss."""
        with torch.no_grad():
            return sum(float(self.share(x) * self.loss(self.model(x), y)) for x, y in self.chunks())

    def gradient(self) -> Tensor:
        """Its gradient, flat."""
        total = torch.zeros(self.size, dtype=self.dtype, device=self.inputs.device)
        for x, y in self.chunks():
            parts = torch.autograd.grad(self.share(x) * self.loss(self.model(x), y), self.parameters,
                                        materialize_grads=True)
            total += self.flat(parts)
        return total

    @property
    def dtype(self) -> torch.dtype:
        return self.parameters[0].dtype

    def flat(self, parts: Sequence[Tensor]) -> Tensor:
        """Tensors like the parameters, as one vector, or (k, …) as (k, size)."""
        lead = parts[0].ndim - self.parameters[0].ndim
        return torch.cat([part.reshape(*part.shape[:lead], -1) for part in parts], dim=-1)

    def unflat(self, vectors: Tensor) -> list[Tensor]:
        """The reverse of `flat`."""
        parts = vectors.split([parameter.numel() for parameter in self.parameters], dim=-1)
        return [part.reshape(*vectors.shape[:-1], *parameter.shape)
                for part, parameter in zip(parts, self.parameters, strict=True)]


def is_memory(fault: BaseException) -> bool:
    """Whether memory ran out, on whatever device."""
    words = ("out of memory", "allocate memory")
    return isinstance(fault, MemoryError) or any(word in str(fault) for word in words)


def output_derivatives(problem: Problem, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient and Hessian in the outputs of every sample's share of the loss.

    The losses of the samples do not mix, so one derivative of their sum has all of them.
    Shapes: outputs (m, …) -> (m, C), (m, C, C), C the number of outputs of a sample.
    """
    free = outputs.detach().requires_grad_()
    with torch.enable_grad():
        value, share = problem.loss(free, targets), problem.share(outputs)
        (slope,) = torch.autograd.grad(value, free, create_graph=True, materialize_grads=True)
        flat = slope.reshape(len(outputs), -1)
        rows = []
        for unit in torch.eye(flat.shape[1], dtype=flat.dtype, device=flat.device):
            row = torch.zeros_like(flat)
            if flat.requires_grad:
                seed = unit.expand_as(flat)
                (row,) = torch.autograd.grad(flat, free, seed, retain_graph=True, materialize_grads=True)
            rows.append(row.reshape(len(outputs), -1))
    return share * flat.detach(), share * torch.stack(rows, dim=1).detach()


def roots(hessians: Tensor) -> Tensor | None:
    """Symmetric square roots, or None where one of the matrices has a negative eigenvalue.   Shapes: (m, C, C)."""
    if hessians.shape[-1] == 1:  # its own eigenvalue
        return None if (hessians < 0).any() else hessians.sqrt()
    values, vectors = torch.linalg.eigh(hessians)
    sizes = values.abs().amax(-1, keepdim=True)
    rounding = 100 * hessians.shape[-1] * torch.finfo(hessians.dtype).eps
    if (values < -rounding * sizes.amax()).any():
        return None
    kept = torch.where(values > rounding * sizes, values, 0)  # the root of rounding would be seen beside another root
    return (vectors * kept.sqrt().unsqueeze(-2)) @ vectors.mT

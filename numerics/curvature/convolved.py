"""Curvature of chains of convolutions and dense layers with kinked activations and pooling, on unfolded patches.

Between the kinks such a network is linear in each layer, and its Hessian is written down, not differentiated: with P
the patches that enter a layer, a direction V of its weights moves its outputs by VP + W·(moved P), and the gradients
are δPᵀ. A product is then a few matrix products for each layer; the same numbers as `Autograd` to rounding.

Samples are the last axis of everything, so that patches are copies of whole rows and each layer is one matrix product.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from numerics.curvature.autograd import KEPT_NUMBERS, Autograd, piecewise_linear
from numerics.curvature.problem import Problem, output_derivatives, roots


@dataclass(frozen=True)
class _Affine:
    """A dense or convolutional layer and the patches that entered it.

    Shapes: patches (K, positions·m); entered (C, H, W, m) or (d, m); leaving (out, H, W, m) or (out, m).
    """

    layer: Any
    patches: Tensor
    entered: torch.Size
    leaving: tuple[int, ...]

    @property
    def weight(self) -> Tensor:
        return self.layer.weight.detach().flatten(1)

    def unfold(self, h: Tensor) -> Tensor:
        return _unfold(self.layer, h)

    def fold(self, patches: Tensor) -> Tensor:
        """The transpose of `unfold`."""
        if isinstance(self.layer, nn.Linear):
            return patches
        (above, left), (C, H, W, m) = self.layer.padding, self.entered
        whole = torch.zeros(C, H + 2 * above, W + 2 * left, m, dtype=patches.dtype, device=patches.device)
        pieces = patches.reshape(C, -1, *self.leaving[1:])
        for index, (rows, columns) in enumerate(_places(self.layer, self.leaving)):
            whole[:, rows, columns] += pieces[:, index]
        return whole[:, above : above + H, left : left + W]


@dataclass(frozen=True)
class _Scaled:
    """A kinked activation: its slopes."""

    slopes: Tensor

    def push(self, moved: Tensor) -> Tensor:
        return moved * self.slopes

    def pull(self, g: Tensor) -> Tensor:
        return g.reshape(self.slopes.shape) * self.slopes


@dataclass(frozen=True)
class _Picked:
    """Maximum pooling: which input each output takes.   Shapes: places (C, Hₒ, Wₒ, m); entered (C, H, W, m)."""

    places: Tensor
    entered: torch.Size

    def push(self, moved: Tensor) -> Tensor:
        return moved.flatten(1, 2).gather(1, self.places.flatten(1, 2)).reshape(self.places.shape)

    def pull(self, g: Tensor) -> Tensor:
        C, H, W, m = self.entered
        whole = torch.zeros(C, H * W, m, dtype=g.dtype, device=g.device)
        return whole.scatter_add_(1, self.places.flatten(1, 2), g.reshape(C, -1, m)).reshape(self.entered)


@dataclass(frozen=True)
class _Flat:
    """A change of shape."""

    entered: torch.Size

    def push(self, moved: Tensor) -> Tensor:
        return moved.reshape(-1, moved.shape[-1])

    def pull(self, g: Tensor) -> Tensor:
        return g.reshape(self.entered)


@dataclass(frozen=True)
class _Pass:
    """A forward pass of some samples.

    Shapes: outputs and slopes as the model gives them, hessians (m, C, C) of their share of the loss.
    """

    steps: list[Any]
    outputs: Tensor
    slopes: Tensor
    hessians: Tensor

    @cached_property
    def deltas(self) -> list[Tensor]:
        """Derivatives of the loss in the outputs of every layer.   Shapes: (out, positions·m) each."""
        return _back(self.steps, self.slopes)


class Convolved(Autograd):
    """`Autograd` for these chains, several times sooner."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        modules = _leaves(problem.model)
        self._modules = [one for one in modules if not isinstance(one, nn.Identity | nn.Dropout)]
        area = max(one.weight[0, 0].numel() if isinstance(one, nn.Conv2d) else 1 for one in self._modules
                   if isinstance(one, nn.Conv2d | nn.Linear))
        self._copies = 4 + 2 * area  # patches repeat a number once for each place of the window
        self._held: list[_Pass] | None = (
            [] if problem.smaller == 1 and problem.held * problem.samples * self._copies < KEPT_NUMBERS else None
        )

    def hessian(self, vectors: Tensor) -> Tensor:
        """Products with H.   Shapes: (k, size) -> (k, size)."""
        return self._products(vectors, bent=True)

    def gauss_newton(self, vectors: Tensor) -> Tensor:
        """Products with G.   Shapes: (k, size) -> (k, size)."""
        return self._products(vectors, bent=False)

    def _products(self, vectors: Tensor, bent: bool) -> Tensor:
        total = torch.zeros_like(vectors)
        with torch.no_grad():
            for one in self._passes():
                for row, vector in enumerate(vectors):
                    total[row] += self._product(one, self.problem.unflat(vector), bent)
        return total

    def _product(self, run: _Pass, directions: Sequence[Tensor], bent: bool) -> Tensor:
        pieces, moved, entered = iter(directions), None, []
        for step in run.steps:
            if not isinstance(step, _Affine):
                moved = moved if moved is None else step.push(moved)
                continue
            V, moving = next(pieces).flatten(1), None if moved is None else step.unfold(moved)
            entered.append((step, V, moving))
            moved = _moved(step, V, moving, None if step.layer.bias is None else next(pieces))
        assert moved is not None
        first = run.hessians @ _samples_first(moved).reshape(len(run.outputs), -1, 1)
        g, found, deltas = _samples_last(first.reshape(run.outputs.shape)), [], list(run.deltas)
        for step in reversed(run.steps):
            if not isinstance(step, _Affine):
                g = step.pull(g) if entered else g
                continue
            _, V, moving = entered.pop()
            g, delta = g.reshape(len(V), -1), deltas.pop()
            found += _gradients(step, g, delta if bent else None, moving)
            if entered:
                both = (torch.cat([step.weight, V]), torch.cat([g, delta])) if bent else (step.weight, g)
                g = step.fold(both[0].T @ both[1])
        return self.problem.flat(found[::-1])

    def _rows(self) -> Iterator[list[Tensor] | None]:
        with torch.no_grad():
            for run in self._passes():
                seeds = roots(run.hessians)
                yield None if seeds is None else _sample_rows(run, seeds)

    def _passes(self) -> Iterator[_Pass]:
        if self._held:
            yield from self._held
            return
        for x, y in self.problem.chunks(self._copies):
            steps, outputs = _forward(self._modules, x)
            slopes, hessians = output_derivatives(self.problem, outputs, y)
            one = _Pass(steps, outputs, slopes.reshape(outputs.shape), hessians)
            if self._held is not None:
                self._held.append(one)
            yield one


def is_convolved(problem: Problem) -> bool:
    """Whether `Convolved` knows the model: a piecewise linear chain with a convolution, trained as a whole."""
    model = problem.model
    if problem.reduction == "joint" or not piecewise_linear(model):
        return False
    leaves = _leaves(model)
    plain = all(_plain(one) for one in leaves)
    layers = [one for one in leaves if isinstance(one, nn.Conv2d | nn.Linear)]
    flat = [index for index, one in enumerate(leaves) if isinstance(one, nn.Flatten)]
    first_dense = next((index for index, one in enumerate(leaves) if isinstance(one, nn.Linear)), len(leaves))
    spatial = all(isinstance(one, nn.Linear) or index < first_dense for index, one in enumerate(leaves)
                  if isinstance(one, nn.Conv2d | nn.MaxPool2d))  # fmt: skip
    every = all(parameter.requires_grad for parameter in model.parameters())
    begins = isinstance(layers[0], nn.Conv2d) and problem.inputs.ndim == 4
    return plain and spatial and every and begins and (first_dense == len(leaves) or any(i < first_dense for i in flat))


def _plain(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Conv2d):
        return layer.groups == 1 and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    if isinstance(layer, nn.Flatten):
        return layer.start_dim == 1 and layer.end_dim == -1
    kinds = (nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Identity, nn.MaxPool2d, nn.Dropout)
    return type(layer) in kinds


def _leaves(model: nn.Module) -> list[nn.Module]:
    return [leaf for part in model.children() for leaf in (_leaves(part) if type(part) is nn.Sequential else [part])]


def _samples_last(array: Tensor) -> Tensor:
    return array.movedim(0, -1).contiguous()


def _samples_first(array: Tensor) -> Tensor:
    return array.movedim(-1, 0).contiguous()


def _places(layer: nn.Conv2d, leaving: Sequence[int]) -> list[tuple[slice, slice]]:
    """Rows and columns of the padded input that each place of the window sees."""
    def seen(axis: int) -> list[slice]:
        gap, stride, count = layer.dilation[axis], layer.stride[axis], leaving[1 + axis]
        return [slice(k * gap, k * gap + stride * (count - 1) + 1, stride) for k in range(layer.kernel_size[axis])]

    return [(rows, columns) for rows in seen(0) for columns in seen(1)]


def _unfold(layer: Any, h: Tensor) -> Tensor:
    """The patches of all positions.   Shapes: (C, H, W, m) -> (C·window, positions·m); (d, m) as it is."""
    if isinstance(layer, nn.Linear):
        return h
    above, left = layer.padding
    padded = functional.pad(h, (0, 0, left, left, above, above)) if above or left else h
    pieces = [padded[:, rows, columns] for rows, columns in _places(layer, _leaving(layer, h.shape))]
    return torch.stack(pieces, dim=1).reshape(len(h) * len(pieces), -1)


def _forward(modules: Sequence[nn.Module], x: Tensor) -> tuple[list[Any], Tensor]:
    """What every module keeps, and the outputs as the model gives them."""
    steps, h = [], _samples_last(x)
    with torch.no_grad():
        for module in modules:
            step, h = _entered(module, h)
            steps.append(step)
    return steps, _samples_first(h)


def _entered(module: Any, h: Tensor) -> tuple[Any, Tensor]:
    if isinstance(module, nn.Linear | nn.Conv2d):
        step = _Affine(module, _unfold(module, h), h.shape, _leaving(module, h.shape))
        h = step.weight @ step.patches
        return step, (h if module.bias is None else h + module.bias[:, None]).reshape(step.leaving)
    if isinstance(module, nn.Flatten):
        return _Flat(h.shape), h.reshape(-1, h.shape[-1])
    if isinstance(module, nn.MaxPool2d):
        window: Any = (module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
        pooled, places = functional.max_pool2d_with_indices(h.movedim(-1, 1), *window)  # samples as channels
        return _Picked(places.movedim(1, -1), h.shape), pooled.movedim(1, -1)
    below = module.negative_slope if isinstance(module, nn.LeakyReLU) else 0.0
    slopes = (h > 0).to(h.dtype)
    slopes = slopes + below * (1 - slopes) if below else slopes
    return _Scaled(slopes), h * slopes


def _leaving(layer: Any, entered: torch.Size) -> tuple[int, ...]:
    if isinstance(layer, nn.Linear):
        return (layer.out_features, entered[-1])
    sides = zip(entered[1:3], layer.kernel_size, layer.stride, layer.padding, layer.dilation, strict=True)
    return (layer.out_channels, *((n + 2 * pad - gap * (kernel - 1) - 1) // stride + 1
                                  for n, kernel, stride, pad, gap in sides), entered[-1])  # fmt: skip


def _moved(step: _Affine, V: Tensor, moving: Tensor | None, bias: Tensor | None) -> Tensor:
    """How outputs move with the weights and with what enters."""
    moved = V @ step.patches
    moved = moved if moving is None else torch.addmm(moved, step.weight, moving)
    return (moved if bias is None else moved + bias[:, None]).reshape(step.leaving)


def _gradients(step: _Affine, g: Tensor, delta: Tensor | None, moving: Tensor | None) -> list[Tensor]:
    """How the layer's gradients move, the last parameter first."""
    slope = g @ step.patches.T
    if delta is not None and moving is not None:
        slope = torch.addmm(slope, delta, moving.T)
    slope = slope.reshape(step.layer.weight.shape)
    return [slope] if step.layer.bias is None else [g.sum(1), slope]


def _back(steps: Sequence[Any], outer: Tensor) -> list[Tensor]:
    """Derivatives in the outputs of every affine layer, the first layer first.   Shapes: (out, positions·m) each."""
    deltas, g = list[Tensor](), _samples_last(outer)
    first = next(index for index, step in enumerate(steps) if isinstance(step, _Affine))
    for index in range(len(steps) - 1, first - 1, -1):
        step = steps[index]
        if not isinstance(step, _Affine):
            g = step.pull(g)
            continue
        deltas.append(g.reshape(len(step.weight), -1))
        if index > first:
            g = step.fold(step.weight.T @ deltas[-1])
    return deltas[::-1]


def _sample_rows(run: _Pass, seeds: Tensor) -> list[Tensor]:
    """Gradients of seedₖ·f of every sample.   Shapes: (m, C, numbers of weights, or of biases) each."""
    affine, m = [step for step in run.steps if isinstance(step, _Affine)], len(run.outputs)
    columns = [_back(run.steps, seeds[:, k].reshape(run.outputs.shape)) for k in range(seeds.shape[1])]
    rows = []
    for step, *deltas in zip(affine, *columns, strict=True):
        positions = math.prod(step.leaving[1:-1])
        delta = torch.stack(deltas).reshape(len(deltas) * len(step.weight), positions, m)
        patches = step.patches.reshape(-1, positions, m).permute(2, 1, 0).contiguous()
        rows.append(torch.bmm(delta.permute(2, 0, 1).contiguous(), patches).reshape(m, len(deltas), -1))
        if step.layer.bias is not None:
            rows.append(delta.sum(1).T.reshape(m, len(deltas), -1))
    return rows

"""Curvature of chains of convolutions and dense layers with kinked activations and pooling, on unfolded patches.

Between the kinks such a network is linear in each layer, and its Hessian is written down, not differentiated: with P
the patches that enter a layer, a direction V of its weights moves its outputs by VP + W·(moved P), and the gradients
are δPᵀ. A product is then a few matrix products for each layer; the same numbers as `Autograd` to rounding.

Samples are the last axis of everything, so that whole rows are copied. A maximum that follows a kink is taken before
it, which changes nothing as kinks do not decrease, and leaves fewer numbers to bend.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from numerics.curvature.autograd import KEPT_NUMBERS, Autograd, piecewise_linear
from numerics.curvature.patches import Affine, applied, slopes, times
from numerics.curvature.problem import Problem, output_derivatives, roots


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
        """Derivatives of the loss in the outputs of every layer.   Shapes: (out, rows, columns·m) each."""
        return self.pulled(self.slopes)

    @property
    def affine(self) -> list[Affine]:
        return [step for step in self.steps if isinstance(step, Affine)]

    def pulled(self, seed: Tensor) -> list[Tensor]:
        """Derivatives of seed·f in the outputs of every layer."""
        return _back(self.steps, seed.reshape(self.outputs.shape))

    def seeded(self, seeds: Tensor) -> list[tuple[Affine, Tensor]]:
        """Every layer with those of all seeds.   Shapes: seeds (m, k, C) -> (k, out, rows, columns·m) each."""
        columns = [self.pulled(seed) for seed in seeds.unbind(1)]
        return [(step, torch.stack(parts)) for step, *parts in zip(self.affine, *columns, strict=True)]


class Convolved(Autograd):
    """`Autograd` for these chains, several times sooner."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        modules = _leaves(problem.model)
        self._modules = _exchanged([one for one in modules if not isinstance(one, nn.Identity | nn.Dropout)])
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
            if not isinstance(step, Affine):
                moved = moved if moved is None else step.push(moved)
                continue
            V, moving = step.placed(next(pieces)), None if moved is None else step.unfold(moved)
            entered.append((step, V, moving))
            moved = _moved(step, V, moving, None if step.layer.bias is None else next(pieces))
        assert moved is not None
        first = run.hessians @ _samples_first(moved).reshape(len(run.outputs), -1, 1)
        g, found, deltas = _samples_last(first.reshape(run.outputs.shape)), [], list(run.deltas)
        for step in reversed(run.steps):
            if not isinstance(step, Affine):
                g = step.pull(g) if entered else g
                continue
            _, V, moving = entered.pop()
            g, delta = step.flat(g), deltas.pop()
            found += _gradients(step, g, delta if bent else None, moving)
            if entered:
                both = (torch.cat([step.weight, V]), torch.cat([g, delta])) if bent else (step.weight, g)
                g = step.pull(*both)
        return self.problem.flat(found[::-1])

    def exact_trace(self) -> float | None:
        """tr H, which is tr G: f is linear in each layer."""
        total = 0.0
        with torch.no_grad():
            for run in self._passes():
                seeds = roots(run.hessians)
                if seeds is None:
                    return None
                norms = [step.norms(seeds.shape[1]) for step in run.affine]
                for seed in seeds.unbind(1):
                    total += sum(float(norm(delta)) for norm, delta in zip(norms, run.pulled(seed), strict=True))
        return total

    def sample_grams(self) -> Tensor | None:
        """`Autograd.sample_grams`, layer by layer from patches and deltas."""
        found = []
        with torch.no_grad():
            for run in self._passes():
                seeds = roots(run.hessians)
                if seeds is None:
                    return None
                found.append(sum(step.gram(deltas) for step, deltas in run.seeded(seeds)))
        return torch.cat(found) * self.problem.samples

    def _rows(self) -> Iterator[list[Tensor] | None]:
        with torch.no_grad():
            for run in self._passes():
                seeds = roots(run.hessians)
                if seeds is None:
                    yield None
                    continue
                yield [part for step, deltas in run.seeded(seeds) for part in step.rows(deltas)]

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
        return applied(module, h)
    if isinstance(module, nn.Flatten):
        return _Flat(h.shape), h.reshape(-1, h.shape[-1])
    if isinstance(module, nn.MaxPool2d):
        window: Any = (module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
        pooled, places = functional.max_pool2d_with_indices(h.movedim(-1, 1), *window)  # samples as channels
        return _Picked(places.movedim(1, -1), h.shape), pooled.movedim(1, -1)
    below = module.negative_slope if isinstance(module, nn.LeakyReLU) else 0.0
    bent = h.clamp(min=0)
    slopes = bent.sign()
    return (_Scaled(below + (1 - below) * slopes), bent + below * (h - bent)) if below else (_Scaled(slopes), bent)


def _exchanged(modules: Sequence[nn.Module]) -> list[nn.Module]:
    """The modules with every maximum before a kink that does not decrease, where it came right after."""
    found = list[nn.Module]()
    for module in modules:
        at = len(found)
        while isinstance(module, nn.MaxPool2d) and at and _increasing(found[at - 1]):
            at -= 1
        found.insert(at, module)
    return found


def _increasing(module: nn.Module) -> bool:
    return type(module) is nn.ReLU or (isinstance(module, nn.LeakyReLU) and module.negative_slope >= 0)


def _moved(step: Affine, V: Tensor, moving: Tensor | None, bias: Tensor | None) -> Tensor:
    """How outputs move with the weights and with what enters."""
    moved = times(V, step.patches)
    if moving is not None:
        moved.transpose(0, 1).baddbmm_(step.weight.expand(len(moving), -1, -1), moving)
    return (moved if bias is None else moved.add_(bias[:, None, None])).reshape(step.leaving)


def _gradients(step: Affine, g: Tensor, delta: Tensor | None, moving: Tensor | None) -> list[Tensor]:
    """How the layer's gradients move, the last parameter first."""
    slope = slopes(g, step.patches)
    if delta is not None and moving is not None:
        slope = slope + slopes(delta, moving)
    slope = step.parameter(slope)
    return [slope] if step.layer.bias is None else [g.sum((1, 2)), slope]


def _back(steps: Sequence[Any], outer: Tensor) -> list[Tensor]:
    """Derivatives in the outputs of every layer, the first layer first.   Shapes: (out, rows, columns·m) each."""
    deltas, g = list[Tensor](), _samples_last(outer)
    first = next(index for index, step in enumerate(steps) if isinstance(step, Affine))
    for index in range(len(steps) - 1, first - 1, -1):
        step = steps[index]
        if not isinstance(step, Affine):
            g = step.pull(g)
            continue
        deltas.append(step.flat(g))
        if index > first:
            g = step.pull(step.weight, deltas[-1])
    return deltas[::-1]


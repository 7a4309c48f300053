"""Curvature of any Torch model, by automatic differentiation."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from numerics.curvature.problem import Problem, is_memory, output_derivatives, roots

KEPT_NUMBERS = 2**27  # a graph of all samples is kept between products if it holds fewer numbers (1 GiB)
GRAPH = 6  # numbers that a twice differentiable graph keeps, per activation


class Autograd:
    """Products with H = ∇²L and G = Σ JᵢᵀSᵢJᵢ, and inner products of the rows of Sᵢ^½ Jᵢ.

    A graph of the gradient is made once and kept where it fits; it costs a product what a backward pass costs.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        keep = problem.smaller == 1 and problem.held * problem.samples * GRAPH < KEPT_NUMBERS
        self._graphs: list[Sequence[Tensor]] | None = [] if keep else None

    def hessian(self, vectors: Tensor) -> Tensor:
        """Products with H.   Shapes: (k, size) -> (k, size)."""
        problem, total = self.problem, torch.zeros_like(vectors)
        for slopes in self._slopes():
            reached = [index for index, slope in enumerate(slopes) if slope.requires_grad]
            sources = [slopes[index] for index in reached]
            for row, parts in enumerate(zip(*problem.unflat(vectors), strict=True)):
                found = torch.autograd.grad(sources, problem.parameters, [parts[index] for index in reached],
                                            retain_graph=True, materialize_grads=True)
                total[row] += problem.flat(found)
        return total

    def gauss_newton(self, vectors: Tensor) -> Tensor:
        """Products with G.   Shapes: (k, size) -> (k, size)."""
        problem, total = self.problem, torch.zeros_like(vectors)
        for x, y in problem.chunks(GRAPH):
            outputs = problem.model(x)
            _, hessians = output_derivatives(problem, outputs, y)
            dummy = torch.zeros_like(outputs, requires_grad=True)
            back = torch.autograd.grad(outputs, problem.parameters, dummy, create_graph=True, materialize_grads=True)
            for row, parts in enumerate(zip(*problem.unflat(vectors), strict=True)):
                (moved,) = torch.autograd.grad(back, dummy, parts, retain_graph=True, materialize_grads=True)
                bent = (hessians @ moved.reshape(len(x), -1, 1)).reshape(outputs.shape)
                found = torch.autograd.grad(outputs, problem.parameters, bent, retain_graph=True,
                                            materialize_grads=True)
                total[row] += problem.flat(found)
        return total

    def exact_trace(self) -> float | None:
        """tr H where it is tr G: kinked activations, and every weight used once, make f linear in each layer."""
        if not piecewise_linear(self.problem.model):
            return None
        blocks = self.sample_grams()
        return None if blocks is None else float(torch.diagonal(blocks, dim1=-2, dim2=-1).sum() / len(blocks))

    def sample_grams(self) -> Tensor | None:
        """n Sᵢ^½ Jᵢ Jᵢᵀ Sᵢ^½ of every sample; None where a loss is not convex in the outputs.   Shapes: (n, C, C)."""
        found = []
        for parts in self._rows():
            if parts is None:
                return None
            found.append(sum(part @ part.mT for part in parts))
        return torch.cat(found) * self.problem.samples

    def gram(self) -> Tensor | None:
        """n Sᵢ^½ Jᵢ Jⱼᵀ Sⱼ^½ of all pairs of samples.   Shapes: (nC, nC)."""
        rows: list[list[Tensor]] = []
        for parts in self._rows():
            if parts is None:
                return None
            rows.append([part.flatten(0, 1) for part in parts])
        layers = [torch.cat(layer) for layer in zip(*rows, strict=True)]
        return torch.stack([layer @ layer.mT for layer in layers]).sum(0) * self.problem.samples

    def _slopes(self) -> Iterator[Sequence[Tensor]]:
        if self._graphs:
            yield from self._graphs
            return
        problem = self.problem
        for x, y in problem.chunks(GRAPH):
            with torch.enable_grad():
                value = problem.share(x) * problem.loss(problem.model(x), y)
                slopes = torch.autograd.grad(value, problem.parameters, create_graph=True, materialize_grads=True)
            if self._graphs is not None:
                self._graphs.append(slopes)
            yield slopes

    def _rows(self) -> Iterator[list[Tensor] | None]:
        """Rows of Sᵢ^½ Jᵢ of a chunk of samples, layer by layer.   Shapes: (m, C, numbers of the layer) each."""
        problem = self.problem
        outputs = problem.model(problem.inputs[:1]).numel()
        for x, y in problem.chunks(GRAPH + 2 * outputs + 2 * outputs * problem.size // problem.held):
            watched = _Watched(problem.model)
            with torch.enable_grad(), watched:
                found = problem.model(x)
            seeds = roots(output_derivatives(problem, found, y)[1])
            if seeds is None:
                yield None
                continue
            yield watched.rows(found, seeds) if watched.complete else _by_vmap(problem, x, seeds)


def bare(layer: nn.Module) -> bool:
    """Nothing stands between a layer's parameters and its weight and bias (no weight norm, no hooks of a user)."""
    plain = layer._parameters.keys() <= {"weight", "bias"} and not layer._modules
    return plain and not layer._forward_hooks and not layer._forward_pre_hooks


class _Watched:
    """Remembers what enters and leaves the dense and convolutional layers of one forward pass."""

    def __init__(self, model: nn.Module) -> None:
        self.layers = [module for module in model.modules() if type(module) in (nn.Linear, nn.Conv2d)]
        owned = {id(parameter) for layer in self.layers for parameter in layer.parameters()}
        count = sum(1 for layer in self.layers for _ in layer.parameters())
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        plain = all(
            not isinstance(layer, nn.Conv2d) or (layer.groups == 1 and layer.padding_mode == "zeros"
                                                 and not isinstance(layer.padding, str))
            for layer in self.layers
        )
        whole = count == len(owned) and {id(one) for one in trained} == owned
        self.known = plain and whole and all(map(bare, self.layers))
        self.calls: list[tuple[Any, Tensor, Tensor]] = []

    def __enter__(self) -> "_Watched":
        self.hooks = [layer.register_forward_hook(self._seen) for layer in self.layers]
        return self

    def __exit__(self, *fault: object) -> None:
        for hook in self.hooks:
            hook.remove()

    def _seen(self, layer: nn.Module, given: tuple[Tensor, ...], result: Tensor) -> None:
        self.calls.append((layer, given[0].detach(), result))

    @property
    def complete(self) -> bool:
        """Every trained parameter belongs to a layer that was called once, sample by sample."""
        called = [id(layer) for layer, _, _ in self.calls]
        return self.known and len(set(called)) == len(called) == len(self.layers)

    def rows(self, outputs: Tensor, seeds: Tensor) -> list[Tensor]:
        """Gradients of seedₖ·f of every sample, in the order of the calls."""
        results = [result for _, _, result in self.calls]
        columns = [
            torch.autograd.grad(outputs, results, seeds[:, k].reshape(outputs.shape), retain_graph=True)
            for k in range(seeds.shape[1])
        ]
        deltas = [torch.stack(parts, dim=1) for parts in zip(*columns, strict=True)]
        return [_layer_rows(layer, h, delta) for (layer, h, _), delta in zip(self.calls, deltas, strict=True)]


def _layer_rows(layer: Any, h: Tensor, delta: Tensor) -> Tensor:
    """Gradients in one layer.   Shapes: h (m, …), delta (m, C, …) -> (m, C, numbers of the layer)."""
    if isinstance(layer, nn.Conv2d):
        padding: Any = layer.padding
        h = nn.functional.unfold(h, layer.kernel_size, layer.dilation, padding, layer.stride).mT
        delta = delta.flatten(3).mT
    else:
        h, delta = h.reshape(len(h), -1, h.shape[-1]), delta.reshape(*delta.shape[:2], -1, delta.shape[-1])
    inner = (delta.mT @ h.unsqueeze(1)).flatten(2)
    return inner if layer.bias is None else torch.cat([inner, delta.sum(dim=2)], dim=-1)


def _by_vmap(problem: Problem, x: Tensor, seeds: Tensor) -> list[Tensor]:
    """The same for any model, one sample after the other inside a vmap."""
    model = problem.model
    trained = {name: one.detach() for name, one in model.named_parameters() if one.requires_grad}

    def outputs(parameters: dict[str, Tensor], one: Tensor) -> Tensor:
        return torch.func.functional_call(model, parameters, (one.unsqueeze(0),)).reshape(-1)

    jacobian = torch.func.jacrev(outputs)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")
        try:
            jacobians = torch.func.vmap(jacobian, in_dims=(None, 0))(trained, x)
        except RuntimeError as fault:  # recurrent layers have no rule for vmap
            if is_memory(fault):
                raise
            each = [_loop_jacobian(model, one.unsqueeze(0)) for one in x]
            jacobians = {name: torch.stack(parts) for name, *parts in zip(trained, *each, strict=True)}
    return [seeds @ one.detach().flatten(2) for one in jacobians.values()]


def _loop_jacobian(model: nn.Module, one: Tensor) -> list[Tensor]:
    """∂f/∂w of one sample, output by output.   Shapes: (C, …) for each parameter."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with torch.enable_grad():
        outputs = model(one).reshape(-1)
        rows = [torch.autograd.grad(f, parameters, retain_graph=True, materialize_grads=True) for f in outputs]
    return [torch.stack(parts) for parts in zip(*rows, strict=True)]


def piecewise_linear(model: nn.Module) -> bool:
    """A chain of dense and convolutional layers, each used once, with kinked activations and pooling between."""
    kinds = (nn.Linear, nn.Conv2d, nn.ReLU, nn.LeakyReLU, nn.Identity, nn.Flatten, nn.MaxPool2d, nn.AvgPool2d,
             nn.Dropout, nn.Sequential)
    modules = list(model.modules())
    return (
        type(model) is nn.Sequential
        and all(type(module) in kinds for module in modules)
        and all(bare(module) for module in modules if type(module) is not nn.Sequential)
        and len([one for part in model.modules() if type(part) is nn.Sequential for one in part])
        == len(modules) - 1
    )

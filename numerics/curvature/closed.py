"""Curvature of a Torch model that is a chain of dense layers, by the closed forms of numerics.networks.mlp."""

from functools import cached_property

import torch
from torch import Tensor, nn

from numerics.curvature.autograd import Autograd, bare
from numerics.curvature.convolved import Convolved, is_convolved
from numerics.curvature.problem import Problem, output_derivatives, roots
from numerics.networks import mlp
from numerics.networks.activations import GELU, IDENTITY, RELU, SIGMOID, SILU, SOFTPLUS, TANH, Activation, leaky

PLAIN = {nn.ReLU: RELU, nn.Tanh: TANH, nn.Sigmoid: SIGMOID, nn.SiLU: SILU, nn.Identity: IDENTITY}
WIDE = 512  # beyond, the trace through Hessians of drives costs more than it gains


def curvature(problem: Problem) -> "Autograd | Closed":
    """The quicker way to the curvature of a problem."""
    chain = dense_chain(problem.model)
    every = all(parameter.requires_grad for parameter in problem.model.parameters())
    if chain and every and problem.reduction != "joint":
        return Closed(problem, chain)
    return Convolved(problem) if is_convolved(problem) else Autograd(problem)


def dense_chain(model: nn.Module) -> list[tuple[nn.Linear, Activation]] | None:
    """The dense layers of a chain with the activation after each, or None where the model is anything else."""
    if type(model) is not nn.Sequential:
        return None
    chain: list[tuple[nn.Linear, Activation]] = []
    for module in _leaves(model):
        if type(module) is nn.Linear and bare(module) and module not in [one for one, _ in chain]:
            chain.append((module, IDENTITY))
        elif isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim == -1 and not chain:
            continue
        elif isinstance(module, nn.Dropout):
            continue  # in evaluation, or refused before
        elif chain and chain[-1][1] is IDENTITY and (known := _activation(module)):
            chain[-1] = (chain[-1][0], known)
        else:
            return None
    return chain or None


def _leaves(model: nn.Sequential) -> list[nn.Module]:
    return [leaf for part in model for leaf in (_leaves(part) if type(part) is nn.Sequential else [part])]


def _activation(module: nn.Module) -> Activation | None:
    if isinstance(module, nn.LeakyReLU):
        return leaky(module.negative_slope)
    if isinstance(module, nn.GELU):
        return GELU if module.approximate == "none" else None
    if isinstance(module, nn.Softplus):
        return SOFTPLUS if module.beta == 1 and module.threshold >= 20 else None
    return PLAIN.get(type(module))


class Closed:
    """`Autograd` for a chain of dense layers: the same numbers to rounding, several times sooner."""

    def __init__(self, problem: Problem, chain: list[tuple[nn.Linear, Activation]]) -> None:
        self.problem = problem
        self.layers = [(layer.weight.detach(), None if layer.bias is None else layer.bias.detach())
                       for layer, _ in chain]
        self.activations = [activation for _, activation in chain]
        self.width = max(W.shape[0] for W, _ in self.layers)

    @cached_property
    def bowls(self) -> list[mlp.Bowl]:
        """A forward and a backward pass of every chunk of samples."""
        return [self._bowl(x, y) for x, y in self.problem.chunks(8)]

    def hessian(self, vectors: Tensor) -> Tensor:
        """Products with H.   Shapes: (k, size) -> (k, size)."""
        return self._products(self.bowls, vectors)

    def gauss_newton(self, vectors: Tensor) -> Tensor:
        """Products with G.   Shapes: (k, size) -> (k, size)."""
        return self._products([mlp.Bowl(bowl.run, bowl.hessians) for bowl in self.bowls], vectors)

    def exact_trace(self) -> float | None:
        """tr H; None where the layers are too wide for it and the activations bent."""
        if self.exact_trace_is_dear:
            return None
        return sum(float(mlp.hessian_trace(bowl)) for bowl in self.bowls)

    @property
    def exact_trace_is_dear(self) -> bool:
        """Whether estimates are quicker."""
        return len(self.layers) > 3 and self.width > WIDE and any(activation.bent for activation in self.activations)

    def sample_grams(self) -> Tensor | None:
        """n Sᵢ^½ Jᵢ Jᵢᵀ Sᵢ^½ of every sample; None where a loss is not convex in the outputs.   Shapes: (n, C, C)."""
        seeds = [roots(bowl.hessians) for bowl in self.bowls]
        if any(seed is None for seed in seeds):
            return None
        parts = [mlp.sample_grams(bowl.run, seed) for bowl, seed in zip(self.bowls, seeds, strict=True)]
        return torch.cat(parts) * self.problem.samples

    def gram(self) -> Tensor | None:
        """n Sᵢ^½ Jᵢ Jⱼᵀ Sⱼ^½ of all pairs of samples.   Shapes: (nC, nC)."""
        seeds = [roots(bowl.hessians) for bowl in self.bowls]
        if any(seed is None for seed in seeds):
            return None
        run = mlp.forward(self.layers, self.activations, self.problem.inputs.flatten(1))
        return mlp.gram(run, torch.cat(seeds)) * self.problem.samples  # type: ignore[arg-type]

    def _bowl(self, x: Tensor, y: Tensor) -> mlp.Bowl:
        run = mlp.forward(self.layers, self.activations, x.flatten(1))
        slopes, hessians = output_derivatives(self.problem, run.outputs, y)
        return mlp.bowl(run, slopes, hessians)

    def _products(self, bowls: list[mlp.Bowl], vectors: Tensor) -> Tensor:
        return torch.stack([self._product(bowls, vector) for vector in vectors])

    def _product(self, bowls: list[mlp.Bowl], vector: Tensor) -> Tensor:
        direction = self._unflat(vector)
        first, *others = (self._flat(mlp.product(bowl, direction)) for bowl in bowls)
        for other in others:
            first += other
        return first

    def _unflat(self, vector: Tensor) -> mlp.Layers:
        parts, found = iter(self.problem.unflat(vector)), []
        for _, b in self.layers:
            W = next(parts)
            found.append((W, None if b is None else next(parts)))
        return found

    def _flat(self, layers: mlp.Layers) -> Tensor:
        return torch.cat([part.reshape(-1) for layer in layers for part in layer if part is not None])

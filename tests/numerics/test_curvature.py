"""Curvature of Torch models against full Hessians by autograd; enclosures and estimates against dense matrices."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from numerics.arrays import Machine
from numerics.curvature import autograd, convolved, problem
from numerics.curvature.autograd import Autograd
from numerics.curvature.closed import Closed, curvature
from numerics.curvature.convolved import Convolved
from numerics.curvature.density import spectral_densities, spectral_density
from numerics.curvature.examining import examine
from numerics.curvature.lanczos import Krylov, eigenpairs, largest
from numerics.curvature.many import stacked
from numerics.curvature.traces import hutchpp, hutchpp_many
from numerics.networks import mlp
from numerics.networks.activations import ACTIVATIONS, IDENTITY, leaky
from numerics.streams import Stream, stream

EPS = np.finfo(float).eps
ROUNDING = 1e4 * EPS
N = 7


def draws(name: str) -> Stream:
    return stream(Machine(), "curvature tests", name, seed=0)


class Recurrent(nn.Module):
    """A recurrent layer over two steps, which vmap has no rule for, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.out = nn.LSTM(2, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.inner(x)[0][:, -1])


class Shared(nn.Module):
    """A layer used twice, and a parameter outside of any layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.out = nn.Linear(4, 4), nn.Linear(4, 2)
        self.shift = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.inner(torch.tanh(self.inner(x)) + self.shift)))


def model_of(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """A model and the shape of its inputs."""
    torch.manual_seed(1)
    dense = {"tanh": nn.Tanh(), "relu": nn.ReLU(), "gelu": nn.GELU(), "sigmoid": nn.Sigmoid(), "silu": nn.SiLU(),
             "softplus": nn.Softplus(), "leaky": nn.LeakyReLU(0.1)}  # fmt: skip
    if name in dense:
        layers = nn.Linear(4, 5), nn.Linear(5, 3, bias=False), nn.Linear(3, 2)
        return nn.Sequential(layers[0], dense[name], layers[1], dense[name], layers[2]), (4,)
    if name == "deep":
        return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 4), nn.Sigmoid(), nn.Linear(4, 3), nn.Tanh(),
                             nn.Linear(3, 2)), (4,)  # fmt: skip
    if name == "weight norm":
        return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), nn.ReLU(), nn.Linear(3, 2)), (4,)
    if name == "convolutions":
        return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 2, stride=2),
                             nn.Flatten(), nn.Linear(3, 2)), (1, 4, 4)  # fmt: skip
    if name == "windows":  # strides, gaps, paddings, overlapping maxima, layers without bias
        return nn.Sequential(
            nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(2, 1)), nn.LeakyReLU(0.2), nn.Dropout(),
            nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), nn.Sequential(nn.Conv2d(3, 4, 2, bias=False), nn.Identity()),
            nn.ReLU(), nn.Flatten(), nn.Linear(16, 4, bias=False), nn.ReLU(), nn.Linear(4, 2),
        ).eval(), (2, 5, 6)  # fmt: skip
    if name == "no head":
        return nn.Sequential(nn.Conv2d(1, 3, 2), nn.ReLU(), nn.Conv2d(3, 2, 3), nn.Flatten()), (1, 4, 4)
    if name == "many channels":  # at few positions
        return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.LeakyReLU(-0.3), nn.MaxPool2d(1),
                             nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(24, 2)), (1, 4, 4)
    if name == "means":
        return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
                             nn.Linear(8, 2)), (1, 4, 4)  # fmt: skip
    if name == "norm":
        return nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5), nn.Tanh(), nn.Linear(5, 2)), (4,)
    if name == "recurrent":
        return Recurrent(), (2, 2)
    return Shared(), (4,)


DENSE = ["deep", "tanh", "relu", "gelu", "sigmoid", "silu", "softplus", "leaky"]
CONVOLVED = ["convolutions", "windows", "many channels", "no head"]
NAMES = [*DENSE, *CONVOLVED, "means", "norm", "shared", "weight norm", "recurrent"]


def posed(name: str, loss: Any = None, classes: bool = True) -> problem.Problem:
    model, shape = model_of(name)
    rng = np.random.default_rng(2)
    y = rng.integers(2, size=N) if classes else rng.normal(size=(N, 2))
    return examine(model, loss or nn.CrossEntropyLoss(), (rng.normal(size=(N, *shape)), y))


def dense_hessian(given: problem.Problem) -> torch.Tensor:
    """By reverse mode twice: forward mode over LayerNorm is wrong in torch 2.13."""
    names = [name for name, _ in given.model.named_parameters()]

    def value(w: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(names, given.unflat(w), strict=True))
        return given.loss(torch.func.functional_call(given.model, weights, (given.inputs,)), given.targets)

    return torch.autograd.functional.hessian(value, given.flat([one.detach() for one in given.parameters]))


def dense_gauss_newton(given: problem.Problem) -> torch.Tensor:
    names = [name for name, _ in given.model.named_parameters()]

    def outputs(w: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(names, given.unflat(w), strict=True))
        return torch.func.functional_call(given.model, weights, (given.inputs,))

    w = given.flat([one.detach() for one in given.parameters])
    J = torch.autograd.functional.jacobian(outputs, w).reshape(N, 2, -1)
    S = torch.autograd.functional.hessian(lambda f: given.loss(f, given.targets), outputs(w))
    S = torch.stack([S[i, :, i, :] for i in range(N)])
    return (J.mT @ S @ J).sum(0)


def ways(given: problem.Problem) -> list[Any]:
    quick = curvature(given)
    return [quick] if type(quick) is Autograd else [quick, Autograd(given)]


def test_closed_forms_serve_chains_and_nothing_else() -> None:
    kinds = {name: type(curvature(posed(name))) for name in NAMES}
    expected = {name: Closed if name in DENSE else Convolved if name in CONVOLVED else Autograd for name in NAMES}
    assert kinds == expected


@pytest.mark.parametrize("kind", ["groups", "circular", "same", "frozen", "avoids"])
def test_a_convolution_of_another_kind_is_left_to_autograd(kind: str) -> None:
    more: dict[str, Any] = {"groups": {"groups": 2}, "circular": {"padding_mode": "circular", "padding": 1},
                            "same": {"padding": "same"}}.get(kind, {})  # fmt: skip
    model = nn.Sequential(nn.Conv2d(2, 2, 3, **more), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    model(torch.ones(1, 2, 4, 4))
    model[0].weight.requires_grad_(kind != "frozen")  # type: ignore[union-attr]
    model = nn.Sequential(nn.Linear(4, 4), *model) if kind == "avoids" else model  # a dense layer along the rows
    data = np.random.default_rng(0).normal(size=(N, 2, 4, 4)), np.zeros((N, 2))
    assert type(curvature(examine(model, nn.MSELoss(), data))) is Autograd


@pytest.mark.parametrize("name", NAMES)
def test_products_are_those_of_the_full_hessian(name: str) -> None:
    given = posed(name)
    H, G, V = dense_hessian(given), dense_gauss_newton(given), torch.randn(3, given.size, dtype=torch.float64)
    for way in ways(given):
        assert (way.hessian(V) - V @ H).abs().max() < ROUNDING * H.norm()
        assert (way.gauss_newton(V) - V @ G).abs().max() < ROUNDING * G.norm()
        assert (way.gauss_newton(V) - V @ H).abs().max() > 1e-4  # the twin: the residual part is there


@pytest.mark.parametrize("name", NAMES)
def test_inner_products_of_sample_gradients_have_the_moments_of_gauss_newton(name: str) -> None:
    given = posed(name)
    G = dense_gauss_newton(given)
    for way in ways(given):
        blocks, gram = way.sample_grams(), way.gram()
        assert abs(torch.diagonal(blocks, dim1=1, dim2=2).sum() / N - G.trace()) < ROUNDING * G.trace()
        assert abs((gram / N).square().sum().sqrt() - G.norm()) < ROUNDING * G.norm()
        diagonal = gram.reshape(N, 2, N, 2)[range(N), :, range(N), :]
        assert (diagonal - blocks).abs().max() < ROUNDING * blocks.abs().max()
        assert abs(gram.square().sum().sqrt() - G.norm()) > 1e-3  # 1/n forgotten


@pytest.mark.parametrize("name", NAMES)
def test_an_exact_trace_is_that_of_the_full_hessian(name: str) -> None:
    given = posed(name)
    H = dense_hessian(given)
    for way in ways(given):
        found = way.exact_trace()
        if found is not None:
            assert abs(found - H.trace()) < ROUNDING * H.abs().sum()
    assert (ways(given)[0].exact_trace() is None) == (name in ("norm", "shared", "weight norm", "recurrent"))


def test_gradients_of_a_sample_meet_over_positions_where_these_are_fewer() -> None:
    given = posed("many channels")
    run = next(curvature(given)._passes())  # type: ignore[union-attr]
    assert [step.by_positions(2, 4) for step in run.affine] == [False, True, True]


@pytest.mark.parametrize("below", [0.0, 0.2, -0.4])
def test_a_maximum_of_equal_numbers_takes_that_of_torch(below: float) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.LeakyReLU(below), nn.MaxPool2d(3, 1), nn.Flatten(), nn.Linear(8, 1))
    nn.init.constant_(model[0].bias, 0.5)  # type: ignore[arg-type]
    x = np.random.default_rng(0).integers(2, size=(N, 1, 5, 5)) / 1.0  # many equal windows
    given = examine(model, nn.MSELoss(), (x, np.ones((N, 1))))
    H, V = dense_hessian(given), torch.randn(2, given.size, dtype=torch.float64)
    assert (curvature(given).hessian(V) - V @ H).abs().max() < ROUNDING * H.norm()
    assert abs(curvature(given).exact_trace() - H.trace()) < ROUNDING * H.norm()  # type: ignore[operator]


def test_a_layer_whose_weight_is_made_by_a_hook_is_left_to_autograd() -> None:
    given = posed("relu")
    given.model[0].register_forward_pre_hook(lambda layer, x: (2 * x[0],))  # type: ignore[index]
    way = curvature(given)
    assert isinstance(way, Autograd) and way.exact_trace() is None
    G, blocks = dense_gauss_newton(given), way.sample_grams()
    assert blocks is not None
    assert abs(torch.diagonal(blocks, dim1=1, dim2=2).sum() / N - G.trace()) < ROUNDING * G.trace()


def test_chunks_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tanh", *CONVOLVED):
        given = posed(name)
        V = torch.randn(2, given.size, dtype=torch.float64)
        whole = [(way.hessian(V), way.gauss_newton(V), way.sample_grams()) for way in ways(given)]
        monkeypatch.setattr(problem, "CHUNK_NUMBERS", 1)
        for module in (autograd, convolved):
            monkeypatch.setattr(module, "KEPT_NUMBERS", 1)
        pieces = [(way.hessian(V), way.gauss_newton(V), way.sample_grams()) for way in ways(given)]
        assert len(list(given.chunks())) == N
        for one, other in zip(whole, pieces, strict=True):
            assert all((a - b).abs().max() < ROUNDING * a.abs().max() for a, b in zip(one, other, strict=True))
        monkeypatch.undo()


@pytest.mark.parametrize("activation", [*ACTIVATIONS.values(), leaky(0.2)], ids=lambda one: one.name)
def test_derivatives_of_an_activation_are_those_of_its_value(activation: Any) -> None:
    z = torch.tensor([-3.0, -0.7, 0.4, 2.5], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(activation.value(z).sum(), z, create_graph=True)
    assert (slope - activation.slope(z)).abs().max() < ROUNDING
    bend = torch.autograd.grad(slope.sum(), z)[0] if slope.requires_grad else torch.zeros(4)
    assert (bend - activation.curvature(z)).abs().max() < ROUNDING
    assert activation.bent == bool((bend != 0).any())


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_many_networks_at_once_have_the_curvature_of_each(backend: str) -> None:
    machine, rng = Machine(backend), draws("batch")
    host = [(rng.normal((3, 4, 2)), rng.normal((3, 4))), (rng.normal((3, 2, 4)), None)]
    V = [(rng.normal((3, 4, 2)), rng.normal((3, 4))), (rng.normal((3, 2, 4)), None)]
    x, g, S = rng.normal((3, 5, 2)), rng.normal((3, 5, 2)), rng.normal((3, 5, 2, 2))
    S = S + np.swapaxes(S, -1, -2)

    def run(at: Callable[[np.ndarray], Any], m: Machine) -> list[np.ndarray]:
        layers, vectors = ([(at(W), None if b is None else at(b)) for W, b in given] for given in (host, V))
        bowl = mlp.bowl(mlp.forward(layers, [ACTIVATIONS["erf"], IDENTITY], at(x)), at(g), at(S))
        moved = mlp.product(bowl, vectors)
        return [m.to_host(one) for one in (*moved[0], moved[1][0], mlp.hessian_trace(bowl))]

    together = run(machine.asarray, machine)
    for model in range(3):
        alone = run(lambda array, model=model: array[model], Machine())
        for all_, one in zip(together, alone, strict=True):
            assert np.max(np.abs(all_[model] - one)) < ROUNDING * np.max(np.abs(one))


def three_networks() -> list[problem.Problem]:
    """Of one form, with weights of their own, on the same samples."""
    rng = np.random.default_rng(6)
    data, found = (rng.normal(size=(N, 4)), rng.integers(2, size=N)), []
    torch.manual_seed(2)
    for _ in range(3):
        model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2, bias=False))
        found.append(examine(model, nn.CrossEntropyLoss(), data))
    return found


def test_products_of_many_networks_are_those_of_each() -> None:
    given = three_networks()
    batch = stacked(given)
    assert batch is not None
    V = torch.randn(3, 4, given[0].size, dtype=torch.float64)
    for kind in ("hessian", "gauss_newton"):
        together = getattr(batch, kind)(V)
        for index, one in enumerate(given):
            alone = getattr(curvature(one), kind)(V[index])
            assert (together[index] - alone).abs().max() < ROUNDING * alone.abs().max()
        assert (getattr(batch, kind)(V[:, 0]) - together[:, 0]).abs().max() < ROUNDING * together.abs().max()
    assert (batch.hessian(V) - batch.gauss_newton(V)).abs().max() > 1e-4


def test_traces_norms_densities_and_eigenpairs_of_many_networks_are_those_of_each() -> None:
    given = three_networks()
    batch, size = stacked(given), given[0].size
    assert batch is not None
    rng = stream(Machine("torch"), "many networks", seed=0)
    moments = hutchpp_many(batch.hessian, 3, size, rng, rtol=0.05, sketch=24)
    densities = spectral_densities(batch.hessian, 3, size, rng, steps=12)
    values, residuals, _ = eigenpairs(batch.hessian, rng.child("start").normal((3, size)), 3, rounding=size * EPS)
    for index, one in enumerate(given):
        H = dense_hessian(one).numpy()
        for estimate, truth in ((moments[index].trace, np.trace(H)), (moments[index].square, np.sum(H**2))):
            assert estimate.low <= truth <= estimate.high
            assert not estimate.low <= 2 * truth <= estimate.high
        alone = spectral_density(curvature(one).hessian, size, stream(Machine("torch"), "many networks", seed=0),
                                 steps=12)  # fmt: skip
        assert np.max(np.abs(densities[index].value - alone.value)) < 1e-6 * np.max(alone.value)
        top = np.linalg.eigvalsh(H)[::-1][:3]
        assert np.all(np.abs(values[index] - top) <= residuals[index])
        assert np.any(np.abs(values[index - 1] - top) > residuals[index])  # the twin: networks differ


def spectrum(size: int) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """A symmetric matrix with some negative eigenvalues, and its product."""
    Q = np.linalg.qr(np.random.default_rng(3).normal(size=(size, size)))[0]
    values = np.concatenate([1.5 ** -np.arange(size - 3), [-0.3, -0.1, 0.0]])
    matrix = Q @ np.diag(values) @ Q.T
    return matrix, lambda V: V @ matrix


@pytest.mark.parametrize("steps", [2, 4, 8, 20])
def test_the_largest_eigenvalue_lies_in_its_enclosure_at_every_step(steps: int) -> None:
    matrix, product = spectrum(60)
    truth = np.linalg.eigvalsh(matrix)
    space = Krylov(product, draws("start").normal((50, 60)))
    for _ in range(steps):
        space.grow()
    top, bottom = space.extreme(60 * EPS), space.extreme(60 * EPS, smallest=True)
    assert np.all(top.low <= truth[-1]) and np.all(truth[-1] <= top.high)
    assert np.all(bottom.low <= truth[0]) and np.all(truth[0] <= bottom.high)
    # the twin: with a miss of nearly 1 the enclosure is too narrow where Lanczos has not converged
    if steps == 4:
        assert np.any(space.extreme(0.0, miss=0.999999).high < truth[-1])


def test_the_share_of_missed_eigenvalues_is_the_declared_one() -> None:
    """One step on a matrix of rank one: the bound is sharp there, and misses in about the declared share of starts."""
    u = np.ones(30) / 30**0.5
    runs, miss = 4000, 0.2
    space = Krylov(lambda V: (V @ u)[:, None] * u, draws("rank one").normal((runs, 30)))
    space.grow()
    missed = int(np.sum(space.extreme(0.0, miss=miss).high < 1))
    deviation = (runs * miss * (1 - miss)) ** 0.5
    assert missed <= runs * miss + 5 * deviation
    assert missed >= runs * miss / 4


def test_eigenpairs_carry_their_residuals() -> None:
    matrix, product = spectrum(40)
    values, residuals, vectors = eigenpairs(product, draws("pairs").normal((2, 40)), 3, rounding=40 * EPS)
    for batch in range(2):
        moved = vectors[batch] @ matrix - values[batch][:, None] * vectors[batch]
        assert np.all(np.linalg.norm(moved, axis=1) <= 2 * residuals[batch])
        assert np.all(np.abs(values[batch] - np.linalg.eigvalsh(matrix)[::-1][:3]) <= residuals[batch])
        assert np.all(np.linalg.norm(vectors[batch] @ matrix - 1.01 * values[batch][:, None] * vectors[batch], axis=1)
                      > residuals[batch])


def test_an_exhausted_space_is_exact() -> None:
    """A matrix of rank two: three products know everything."""
    A = np.random.default_rng(4).normal(size=(2, 50))
    found = largest(lambda V: V @ A.T @ A, draws("rank two").normal((1, 50)), rounding=50 * EPS, rtol=0.0)
    assert found.products <= 4
    truth = np.linalg.eigvalsh(A @ A.T)[-1]
    assert found.low[0] <= truth <= found.high[0]
    assert found.high[0] - found.low[0] < 1e-8 * truth


def test_estimates_cover_trace_and_frobenius_norm() -> None:
    matrix = spectrum(80)[0]
    matrix = matrix + np.diag(np.random.default_rng(5).normal(size=80)) / 50
    truth, square = np.trace(matrix), np.sum(matrix**2)
    missed = np.zeros(2)
    for run in range(60):
        found = hutchpp(lambda V: V @ matrix, 80, draws(f"trace {run}"), level=1e-3, rtol=0.05, sketch=6)
        assert found.trace.products < 2000
        pairs = ((found.trace, truth), (found.square, square))
        missed += [not one.low <= value <= one.high for one, value in pairs]
    assert np.all(missed <= 2)  # 60 runs at 1e-3: three or more has probability 4e-5
    assert not found.trace.low <= 1.2 * truth <= found.trace.high


def test_a_small_matrix_is_known_after_its_sketch() -> None:
    matrix, product = spectrum(10)
    found = hutchpp(product, 10, draws("small"), sketch=16)
    assert abs(found.trace.value - np.trace(matrix)) < 1e3 * EPS
    assert found.trace.stderr == 0


def test_the_density_has_mass_one_and_the_moments_of_the_spectrum() -> None:
    matrix, product = spectrum(60)
    found = spectral_density(product, 60, draws("density"), probes=200, width=0.02)
    step = found.grid[1] - found.grid[0]
    assert abs(found.value.sum() * step - 1) < 1e-3
    mean = np.sum(found.grid * found.value) * step
    spread = (2 * np.sum(matrix**2) / 60**2 / 200) ** 0.5  # of the quadrature's mean over the probes
    assert abs(mean - np.trace(matrix) / 60) < 6 * spread
    assert np.all(found.stderr >= 0)

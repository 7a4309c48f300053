"""Models against autograd, optimisers against torch.optim, many models against one at a time, flow against exp."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.networks.activations import ERF, IDENTITY, QUADRATIC, RELU, TANH
from numerics.networks.models import Attention, Dense, Diagonal, Linear, LinearAttention, Normalised, two_layer
from numerics.streams import Stream, stream
from numerics.training import engine
from numerics.training.engine import Batches, Step, Stopping, Trained, averaged, train, visited
from numerics.training.flow import gradient_flow
from numerics.training.losses import CROSS_ENTROPY, HALF_SQUARE, LOGISTIC
from numerics.training.optimisers import (
    Adam,
    GradientDescent,
    HeavyBall,
    Nesterov,
    NormalisedDescent,
    RMSprop,
    SharpnessAware,
)  # fmt: skip
from numerics.training.reasons import REASONS
from theory.errors import BadInput

EPS = np.finfo(float).eps
ROUNDING = 1e4 * EPS
B, N, D = 4, 6, 3


def draws(name: str, backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "training tests", name, seed=0)


MODELS: dict[str, tuple[Any, list[tuple[int, ...]], int]] = {
    "linear": (Linear(), [(D,)], D),
    "diagonal": (Diagonal(), [(D,), (D,)], D),
    "diagonal of squares": (Diagonal(squares=True), [(D,), (D,)], D),
    "deep linear": (Dense((IDENTITY,) * 3), [(4, D), (5, 4), (1, 5)], D),
    "two-layer relu": (two_layer(RELU), [(5, D), (1, 5)], D),
    "two-layer tanh": (two_layer(TANH), [(5, D), (1, 5)], D),
    "two-layer erf": (two_layer(ERF), [(5, D), (1, 5)], D),
    "two-layer quadratic": (two_layer(QUADRATIC), [(5, D), (1, 5)], D),
    "three outputs": (Dense((TANH, RELU, IDENTITY), biases=True),
                      [(4, D), (4,), (5, 4), (5,), (3, 5), (3,)], D),
    "attention": (Attention(tokens=4), [(2, 2)], 4 * 2 + 2 + 4),
    "attention in factors": (Attention(tokens=4, factored=True), [(2, 3), (2, 3)], 4 * 2 + 2 + 4),
    "normalised linear": (Normalised(Linear()), [(D,)], D),
    "normalised two-layer": (Normalised(two_layer(TANH)), [(5, D), (1, 5)], D),
    "linear attention": (LinearAttention(tokens=4), [(2,), (2, 2)], 4 * 2 + 2),
}  # fmt: skip


def posed(name: str, count: int = B) -> tuple[Any, tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    model, shapes, features = MODELS[name]
    rng = draws(name)
    parameters = tuple(rng.normal((count, *shape)) for shape in shapes)
    x = rng.normal((count, N, features))
    return model, parameters, x, rng.normal(model.forward(parameters, x)[0].shape)


@pytest.mark.parametrize("name", MODELS)
def test_seeds_are_pulled_back_as_autograd_does(name: str) -> None:
    model, parameters, x, seeds = posed(name)
    leaves = tuple(torch.tensor(part, requires_grad=True) for part in parameters)
    f, pull = model.forward(leaves, torch.tensor(x))
    expected = torch.autograd.grad((f * torch.tensor(seeds)).sum(), leaves)
    for backend in ("numpy", "torch", "strict"):
        machine = Machine(backend)
        arrays = tuple(machine.asarray(part) for part in parameters)
        found = model.forward(arrays, machine.asarray(x))[1](machine.asarray(seeds))
        for part, slope in zip(found, expected, strict=True):
            assert np.max(np.abs(machine.to_host(part) - slope.numpy())) < ROUNDING * float(slope.abs().max())
    assert (2 * expected[0] - pull(torch.tensor(seeds))[0]).abs().max() > 1e-3


def test_attention_is_a_softmax_over_tokens() -> None:
    rng = np.random.default_rng(0)
    X, z, s, W = rng.normal(size=(4, 2)), rng.normal(size=2), rng.normal(size=4), rng.normal(size=(2, 2))
    weights = np.exp(X @ W @ z)
    x = np.concatenate([X.ravel(), z, s])[None, None]
    assert abs(Attention(4).forward((W[None],), x)[0][0, 0] - weights @ s / weights.sum()) < ROUNDING
    u = rng.normal(size=2)
    linear = LinearAttention(4).forward((u[None], W[None]), x[..., :10])[0][0, 0]
    assert abs(linear - u @ (X.T @ X / 4) @ W @ z) < ROUNDING


@pytest.mark.parametrize("loss", [HALF_SQUARE, LOGISTIC, CROSS_ENTROPY], ids=lambda loss: loss.name)
def test_slopes_of_a_loss_are_those_of_its_value(loss: Any) -> None:
    rng = draws(loss.name)
    f = torch.tensor(rng.normal((B, N, 3) if loss is CROSS_ENTROPY else (B, N)), requires_grad=True)
    y = torch.tensor(np.eye(3)[rng.integers(3, (B, N))] if loss is CROSS_ENTROPY else rng.signs((B, N)))
    (slope,) = torch.autograd.grad(loss.value(f, y).sum(), f)
    assert (slope - loss.slope(f.detach(), y)).abs().max() < ROUNDING
    builtin = {"half square": lambda f, y: torch.nn.functional.mse_loss(f, y) / 2,
               "logistic": lambda f, y: torch.nn.functional.soft_margin_loss(f, y),
               "cross-entropy": torch.nn.functional.cross_entropy}[loss.name]  # fmt: skip
    assert all(abs(loss.value(f, y)[i] - builtin(f[i], y[i])) < ROUNDING for i in range(B))


OPTIMISERS: dict[str, tuple[Any, Callable[[Any], torch.optim.Optimizer]]] = {
    "descent": (GradientDescent(0.1), lambda w: torch.optim.SGD(w, 0.1)),
    "descent with decay": (GradientDescent(0.1, 0.5), lambda w: torch.optim.SGD(w, 0.1, weight_decay=0.5)),
    "heavy ball": (HeavyBall(0.1, 0.8), lambda w: torch.optim.SGD(w, 0.1, momentum=0.8)),
    "Nesterov": (Nesterov(0.1, 0.8), lambda w: torch.optim.SGD(w, 0.1, momentum=0.8, nesterov=True)),
    "RMSprop": (RMSprop(0.02, 0.9), lambda w: torch.optim.RMSprop(w, 0.02, alpha=0.9)),
    "Adam": (Adam(0.02), lambda w: torch.optim.Adam(w, 0.02)),
    "AMSGrad": (Adam(0.02, amsgrad=True), lambda w: torch.optim.Adam(w, 0.02, amsgrad=True)),
}


def by_torch(name: str, index: int, steps: int, make: Callable[[Any], torch.optim.Optimizer]) -> list[np.ndarray]:
    """One model of a batch, trained by torch.optim."""
    model, parameters, x, y = posed(name)
    leaves = [torch.nn.Parameter(torch.tensor(part[index : index + 1])) for part in parameters]
    optimiser = make(leaves)
    for _ in range(steps):
        optimiser.zero_grad()
        f, _ = model.forward(tuple(leaves), torch.tensor(x[index : index + 1]))
        HALF_SQUARE.value(f, torch.tensor(y[index : index + 1])).sum().backward()
        optimiser.step()
    return [leaf.detach().numpy() for leaf in leaves]


@pytest.mark.parametrize("ours", OPTIMISERS)
def test_optimisers_are_those_of_torch(ours: str) -> None:
    """Rounding grows along a path as a shift of the start would: measured, times 64 roundings a step."""
    optimiser, make = OPTIMISERS[ours]
    model, parameters, x, y = posed("two-layer tanh")
    steps = 30

    def ended(start: tuple[np.ndarray, ...], using: Any) -> tuple[np.ndarray, ...]:
        state = using.begin(start)
        for t in range(1, steps + 1):
            def gradient(w: Any) -> Any:
                f, pull = model.forward(w, x)
                return pull(HALF_SQUARE.slope(f, y))

            start, state = using.step(start, state, gradient, t)
        return using.ahead(start, state) if ours == "Nesterov" else start

    found = ended(parameters, optimiser)
    shifted = ended(tuple(part + 1e-7 for part in parameters), optimiser)
    growth = max(float(np.max(np.abs(a - b))) for a, b in zip(found, shifted, strict=True)) / 1e-7
    allowed = 64 * EPS * steps * (1 + growth) * max(float(np.max(np.abs(part))) for part in found)
    other = ended(parameters, type(optimiser)(1.01 * optimiser.eta))
    for index in range(B):
        for part, expected, twin in zip(found, by_torch("two-layer tanh", index, steps, make), other, strict=True):
            assert np.max(np.abs(part[index] - expected[0])) < allowed
            assert np.max(np.abs(twin[index] - expected[0])) > allowed


def test_a_sharpness_aware_step_takes_the_gradient_uphill() -> None:
    """On L = h w²/2 in one dimension: w₊ = w − ηh(w + ρ sign w), and w − ηh(1 + ρh)w without the norm."""
    h, w = 2.0, np.array([[3.0], [-0.5]])

    def gradient(parameters: Any) -> Any:
        return (h * parameters[0],)

    moved = SharpnessAware(0.1, 0.3).step((w,), (), gradient, 1)[0][0]
    assert np.max(np.abs(moved - (w - 0.1 * h * (w + 0.3 * np.sign(w))))) < ROUNDING
    moved = SharpnessAware(0.1, 0.3, normalised=False).step((w,), (), gradient, 1)[0][0]
    assert np.max(np.abs(moved - w * (1 - 0.1 * h * (1 + 0.3 * h)))) < ROUNDING
    moved = NormalisedDescent(0.1).step((w,), (), gradient, 1)[0][0]
    assert np.max(np.abs(moved - (w - 0.1 * np.sign(w)))) < ROUNDING


@pytest.mark.parametrize("ours", ["SAM", "SAM without norm", "normalised"])
def test_steps_by_the_gradients_direction_are_those_of_a_loop_by_hand(ours: str) -> None:
    """With torch's gradients, one model at a time; the norm is that of all layers together."""
    model, parameters, x, y = posed("two-layer tanh")
    eta, rho = 0.05, 0.1
    optimiser = {"SAM": SharpnessAware(eta, rho), "SAM without norm": SharpnessAware(eta, rho, normalised=False),
                 "normalised": NormalisedDescent(eta)}[ours]  # fmt: skip
    found = train(model, parameters, x, y, optimiser, Stopping(20), draws("by hand")).parameters
    for index in range(B):
        w = [torch.tensor(part[index : index + 1]) for part in parameters]

        def slopes(at: list[torch.Tensor], index: int = index) -> tuple[torch.Tensor, ...]:
            leaves = [part.clone().requires_grad_() for part in at]
            f, _ = model.forward(tuple(leaves), torch.tensor(x[index : index + 1]))
            return torch.autograd.grad(((f - torch.tensor(y[index : index + 1])) ** 2).mean() / 2, leaves)

        for _ in range(20):
            g = slopes(w)
            size = torch.cat([part.flatten() for part in g]).norm()
            if ours == "normalised":
                w = [a - eta * b / size for a, b in zip(w, g, strict=True)]
            else:
                up = rho / size if ours == "SAM" else rho
                w = [a - eta * b for a, b in zip(w, slopes([a + up * b for a, b in zip(w, g, strict=True)]),
                                                 strict=True)]  # fmt: skip
        for part, expected, start in zip(found, w, parameters, strict=True):
            assert np.max(np.abs(part[index] - expected[0].numpy())) < 1e-11  # rounding, grown along 20 steps
            assert np.max(np.abs(part[index] - start[index])) > 1e-3


def run(name: str = "two-layer tanh", backend: str = "numpy", **more: Any) -> Trained:
    model, parameters, x, y = posed(name)
    machine = Machine(backend)
    asked = {"stopping": Stopping(200, 20), "batches": Batches(2), "optimiser": GradientDescent(0.1)} | more
    parameters, (x, y) = tuple(machine.asarray(part) for part in parameters), (machine.asarray(x), machine.asarray(y))
    return train(model, parameters, x, y, asked.pop("optimiser"), asked.pop("stopping"), draws("run", backend), **asked)


@pytest.mark.parametrize("batches", [Batches(), Batches(2), Batches(2, "without"), Batches(2, "epochs"),
                                     Batches(2, label_noise=0.1), Batches(2, dropout=0.3)])  # fmt: skip
@pytest.mark.parametrize("backend", ["torch", "strict"])
def test_backends_train_alike(backend: str, batches: Batches) -> None:
    one, other = run(batches=batches), run(backend=backend, batches=batches)
    machine = Machine(backend)
    for part, same in zip(one.parameters, other.parameters, strict=True):
        assert np.max(np.abs(part - machine.to_host(same))) < 1e-9  # rounding, grown along 200 steps
    assert np.array_equal(one.steps, other.steps)


def test_a_model_trains_as_if_alone_whatever_the_others_do() -> None:
    """Some stop early; the draws of the rest stay theirs."""
    free = run(stopping=Stopping(200, 20))
    level = float(np.sort(free.loss)[1]) * 1.0001
    some = run(stopping=Stopping(200, 20, small_loss=level))
    assert set(some.why()) == {"steps spent", "small loss"}
    late = some.reason == REASONS.index("steps spent")
    for part, same in zip(free.parameters, some.parameters, strict=True):
        assert np.max(np.abs(part[late] - same[late])) < ROUNDING
    assert np.any(np.abs(free.parameters[0] - run(batches=Batches(2, "epochs")).parameters[0]) > 1e-3)


def test_chunks_of_models_depend_on_shapes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(batches=Batches())
    monkeypatch.setattr(engine, "CACHED_NUMBERS", 1)
    single = run(batches=Batches())
    for part, same in zip(whole.parameters, single.parameters, strict=True):
        assert np.max(np.abs(part - same)) < 1e-12


@pytest.mark.parametrize("batches", [Batches(), Batches(2), Batches(2, "epochs"), Batches(2, label_noise=0.1)])
@pytest.mark.parametrize("cached", [engine.CACHED_NUMBERS, 1])
def test_a_path_comes_by_where_training_ends(batches: Batches, cached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CACHED_NUMBERS", cached)
    model, parameters, x, y = posed("two-layer tanh")
    steps = [1, 7, 250]
    path = visited(model, parameters, x, y, HeavyBall(0.05, 0.5), steps, draws("run"), batches=batches)
    for part, start in zip(path, parameters, strict=True):
        assert part.shape == (B, len(steps), *start.shape[1:])
        assert np.max(np.abs(part[:, 1] - part[:, 0])) > 1e-3  # the twin: steps differ
    for at, count in enumerate(steps):
        ended = run(optimiser=HeavyBall(0.05, 0.5), stopping=Stopping(count), batches=batches).parameters
        for part, end in zip(path, ended, strict=True):
            assert np.array_equal(part[:, at], end)


@pytest.mark.parametrize("cached", [engine.CACHED_NUMBERS, 1])
def test_averages_along_a_run_are_those_of_what_it_comes_by(cached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of w, g and w₊ at each step of descent: the steps themselves tell the gradients."""
    monkeypatch.setattr(engine, "CACHED_NUMBERS", cached)
    model, (w,), x, y = posed("linear")
    eta, count = 0.2, 7

    def read(step: Step) -> tuple[Any, ...]:
        return step.before[0], step.slope[0] ** 2, step.after[0]

    asked = {"batches": Batches(2), "rng": draws("averages")}
    (path,) = visited(model, (w,), x, y, GradientDescent(eta), range(1, count + 1), **asked)
    found = averaged(model, (w,), x, y, GradientDescent(eta), read, count, **asked | {"rng": draws("averages")})
    places = np.concatenate([w[:, None], path], axis=1)
    slopes = (places[:, :-1] - places[:, 1:]) / eta
    expected = places[:, :-1].mean(axis=1), (slopes**2).mean(axis=1), path.mean(axis=1)
    for one, other in zip(found, expected, strict=True):
        assert np.max(np.abs(one - other)) < ROUNDING
    twin = averaged(model, (w,), x, y, GradientDescent(eta), read, count, draws("others"), batches=Batches(2))
    assert all(np.max(np.abs(one - other)) > 1e-3 for one, other in zip(twin, found, strict=True))


def test_a_diverging_model_is_reported_with_its_step() -> None:
    found = run(optimiser=GradientDescent(50.0), name="linear", batches=Batches())
    assert all(word.startswith("diverged by step ") for word in found.why())
    assert np.all(found.steps % 20 == 0) and np.all(found.steps > 0)
    assert "steps spent" in run().why()


def test_a_small_gradient_ends_a_run() -> None:
    found = run(stopping=Stopping(5000, 100, small_gradient=1e-3), name="linear", batches=Batches())
    assert set(found.why()) == {"small gradient"}


@pytest.mark.parametrize("fault", [
    {"batches": Batches(0)}, {"batches": Batches(N + 1, "epochs")}, {"batches": Batches(N + 1, "without")},
    {"batches": Batches(2, "some")}, {"batches": Batches(2, dropout=1.0)},
    {"stopping": Stopping(-1)}, {"stopping": Stopping(5, 0)},
])  # fmt: skip
def test_what_does_not_fit_is_told(fault: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="training"):
        run(**fault)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("spoil", "said"), [
    (lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, np.nan, a), "not finite"),
    (lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, -np.inf, a), "not finite"),
    (lambda a: a.astype(int), "int64; convert them to floats"),
])  # fmt: skip
@pytest.mark.parametrize("which", ["inputs", "targets"])
def test_data_that_are_no_finite_floats_are_refused(backend: str, spoil: Any, said: str, which: str) -> None:
    (model, parameters, x, y), on = posed("linear"), Machine(backend).asarray
    x, y = (spoil(x), y) if which == "inputs" else (x, spoil(y))
    with pytest.raises(BadInput, match=f"training: {which} are .*{said}"):
        train(model, tuple(map(on, parameters)), on(x), on(y), GradientDescent(0.1), Stopping(5), draws("bad", backend))


def test_data_of_other_models_are_refused() -> None:
    model, parameters, x, y = posed("linear")
    with pytest.raises(BadInput, match="do not fit"):
        train(model, parameters, x[:2], y, GradientDescent(0.1), Stopping(5), draws("bad"))


def test_the_flow_of_least_squares_is_an_exponential() -> None:
    model, parameters, x, y = posed("linear")
    times = [0.0, 0.5, 3.0]
    found = gradient_flow(model, parameters, x, y, times)
    for index in range(B):
        values, vectors = np.linalg.eigh(x[index].T @ x[index] / N)
        best = np.linalg.lstsq(x[index], y[index], rcond=None)[0]
        for at, t in enumerate(times):
            expected = best + vectors @ (np.exp(-values * t) * (vectors.T @ (parameters[0][index] - best)))
            assert np.max(np.abs(found.parameters[0][index, at] - expected)) < 1e-7
            assert np.max(np.abs(found.parameters[0][index, at] - 1.01 * expected)) > 1e-4
    assert found.ended == [""] * B
    assert np.all(np.diff(found.loss, axis=1) < 0)


def test_times_of_a_flow_ascend() -> None:
    with pytest.raises(BadInput, match="ascending"):
        gradient_flow(*posed("linear"), [1.0, 0.5])

"""The attention simulator against autograd where softmax is smooth, and against many digits where it is saturated."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import torch

from numerics.arrays import Machine
from numerics.networks.models import SaturatedAttention
from numerics.simulators.attention.token_selection import draw, joined, token_selection
from numerics.streams import Stream, stream
from numerics.training.losses import LOGISTIC
from numerics.training.optimisers import NormalisedDescent
from theory.settings.attention import TokenSelection

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
EPS = np.finfo(float).eps
SIZES = {"n": 3, "T": 3, "d": 4}
TRIALS = 3

Array = np.ndarray
Layer = tuple[Array, Array, Array]  # tokens, queries, scores
Descent = Callable[[Array, Layer], Array]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def draws(machine: Machine = MACHINES[0]) -> Stream:
    return stream(machine, "token selection", seed=2)


def layers() -> Layer:
    return draw(SIZES["n"], SIZES["T"], SIZES["d"], TRIALS, draws())


def simulated(W: Array, layer: Layer) -> Array:
    x, labels = joined(*layer), np.ones((1, layer[2].shape[1]))

    f, pull = SaturatedAttention(layer[2].shape[-1]).forward((W,), x)
    slope = pull(LOGISTIC.slope(f, labels))
    return NormalisedDescent(1.0).step((0 * W,), (), lambda _: slope, 1)[0][0]


def by_autograd(W: Array, layer: Layer) -> Array:
    """−G/‖G‖ of the mean logistic loss, one trial at a time."""
    found = []
    for start, tokens, queries, scores in zip(*(torch.asarray(array) for array in (W, *layer)), strict=True):
        matrix = start.clone().requires_grad_()
        logits = torch.stack([x @ matrix @ z for x, z in zip(tokens, queries, strict=True)])
        outputs = (torch.softmax(logits, dim=-1) * scores).sum(dim=-1)
        (gradient,) = torch.autograd.grad(torch.nn.functional.softplus(-outputs).mean(), matrix)
        found.append((-gradient / gradient.norm()).numpy())
    return np.array(found)


def in_many_digits(W: Array, layer: Layer) -> Array:
    """−G/‖G‖ by the chain rule, X_iᵀ(diag a − a aᵀ)g z_iᵀ, with digits enough for 1 − a_t of any token."""
    with mpmath.workdps(1000):
        return np.array([_chain_rule(*trial) for trial in zip(W, *layer, strict=True)])


def _chain_rule(W: Array, tokens: Array, queries: Array, scores: Array) -> Array:
    total = mpmath.zeros(*W.shape)
    for X, z, g in zip(*((mpmath.matrix(row) for row in array) for array in (tokens, queries, scores)), strict=True):
        weights = (X * mpmath.matrix(W) * z).apply(mpmath.exp)
        a = weights / sum(weights)
        output = (a.T * g)[0]
        force = mpmath.matrix([a[t] * (g[t] - output) for t in range(len(a))])
        total += X.T * force * z.T / (1 + mpmath.exp(output))
    norm = mpmath.sqrt(sum(entry**2 for entry in total))
    return np.array([[float(entry / norm) for entry in row] for row in total.tolist()])


def naive(W: Array, layer: Layer) -> Array:
    """The planted mistake: the chain rule in double precision."""
    tokens, queries, scores = layer
    logits = np.einsum("bntd,bde,bne->bnt", tokens, W, queries)
    a = np.exp(logits - logits.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    output = (a * scores).sum(-1, keepdims=True)
    total = np.einsum("bnt,bntd,bne->bde", a * (scores - output) / (1 + np.exp(output)), tokens, queries)
    return total / np.linalg.norm(total, axis=(1, 2), keepdims=True)


def agrees(found: Array, wanted: Array, W: Array, layer: Layer) -> bool:
    """Whether directions are equal to what an error of a few ε in each logit, at its size, makes of them.

    A pull changes by twice the relative error of a weight; pulls nearly cancel in G where it is short beside them.
    """
    tokens, queries, _ = layer
    logits = np.abs(np.einsum("bntd,bde,bne->bnt", tokens, W, queries)).max(axis=(1, 2))
    tolerance = 8 * EPS * W.shape[-1] * (1 + logits) * cancellation(W, layer)
    return bool(np.all(np.linalg.norm(found - wanted, axis=(1, 2)) <= tolerance))


def cancellation(W: Array, layer: Layer) -> Array:
    """Σ‖pull‖/‖Σ pull‖ over samples and pairs of tokens, with the largest pull of a trial at 1."""
    factors = []
    for matrix, tokens, queries, scores in zip(W, *layer, strict=True):
        logits = np.array([X @ matrix @ z for X, z in zip(tokens, queries, strict=True)])
        log_a = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        n, T = scores.shape
        pairs = [(i, t, u) for i in range(n) for t in range(T) for u in range(T) if scores[i, t] > scores[i, u]]
        largest = max(log_a[i, t] + log_a[i, u] for i, t, u in pairs)
        pulls = [
            np.exp(log_a[i, t] + log_a[i, u] - largest) * (scores[i, t] - scores[i, u])
            * np.outer(tokens[i, t] - tokens[i, u], queries[i]) / (1 + np.exp(np.exp(log_a[i]) @ scores[i]))
            for i, t, u in pairs
        ]  # fmt: skip
        factors.append(sum(np.linalg.norm(pull) for pull in pulls) / np.linalg.norm(sum(pulls)))
    return np.array(factors)


def matrices(size: float) -> Array:
    return size * np.random.default_rng(4).standard_normal((TRIALS, SIZES["d"], SIZES["d"]))


def graded(layer: Layer) -> Layer:
    """The same tokens with scores of all sizes and signs, some of them equal."""
    scores = np.random.default_rng(5).integers(-3, 4, layer[2].shape) / 2
    scores[:, 0] = layer[2][:, 0]  # in one sample some gap is not zero
    return layer[0], layer[1], scores


@pytest.mark.parametrize("size", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("scored", [lambda layer: layer, graded], ids=["chosen", "graded"])
def test_the_descent_is_that_of_the_logistic_loss(size: float, scored: Callable[[Layer], Layer]) -> None:
    layer, W = scored(layers()), matrices(size)
    assert agrees(simulated(W, layer), by_autograd(W, layer), W, layer)


@pytest.mark.parametrize("mistake", [
    lambda layer: (layer[0], layer[1], 1.001 * layer[2]),
    lambda layer: (layer[0], np.roll(layer[1], 1, axis=1), layer[2]),
    lambda layer: (layer[0][..., ::-1, :], layer[1], layer[2]),
])
def test_the_descent_of_another_layer_differs(mistake: Callable[[Layer], Layer]) -> None:
    layer, W = layers(), matrices(0.3)
    assert not agrees(simulated(W, mistake(layer)), by_autograd(W, layer), W, layer)


@pytest.mark.parametrize("size", [1.0, 30.0, 300.0])
def test_the_descent_survives_saturation(size: float) -> None:
    layer, W = layers(), matrices(size)
    assert agrees(simulated(W, layer), in_many_digits(W, layer), W, layer)


def test_the_naive_gradient_does_not_survive_saturation() -> None:
    layer, start = layers(), matrices(1.0)
    W = 100 * simulated(0 * start, layer)  # towards the chosen tokens, where it is 1 − 1 that counts
    wanted = in_many_digits(W, layer)
    with np.errstate(all="ignore"):
        assert not agrees(naive(W, layer), wanted, W, layer)
    assert agrees(simulated(W, layer), wanted, W, layer)
    assert agrees(naive(start, layer), in_many_digits(start, layer), start, layer)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The setting with an axis that plain loops can follow."""
    monkeypatch.setattr(TokenSelection.parts["step"], "values", np.array([1, 4, 12]))
    return [1, 4, 12]


def test_the_path_is_normalised_gradient_descent_from_zero(machine: Machine, short: list[int]) -> None:
    sample = token_selection(**SIZES, trials=TRIALS, rng=draws(machine))
    host = {name: machine.to_host(array) for name, array in sample.items()}
    layer = host["tokens"], host["queries"], host["scores"]
    starts = [np.zeros((TRIALS, 4, 4)), matrices(1e-7)]  # what a small shift of W grows to is what rounding grows to
    for step in range(1, short[-1] + 1):
        starts = [W + 0.1 * by_autograd(W, layer) for W in starts]
        if step in short:
            W, shifted = starts
            growth = np.max(np.abs(shifted - W)) / 1e-7
            at = short.index(step)
            logits = np.einsum("bntd,bde,bne->bnt", layer[0], W, layer[1])
            mass = (np.exp(logits) * layer[2]).sum(-1) / np.exp(logits).sum(-1)
            rounding = 64 * EPS * step * (1 + growth)
            assert np.max(np.abs(host["W"][:, at] - W)) < rounding
            assert np.max(np.abs(host["optimal_mass"][:, at] - mass.mean(-1))) < rounding
            assert np.max(np.abs(host["norm"][:, at] - np.linalg.norm(W, axis=(1, 2)))) < 4 * rounding
            assert np.max(np.abs(host["W"][:, at] - (W + 1e-4))) > rounding
    assert np.array_equal(host["selected"], np.all(mass > 0.5, axis=-1))


def test_a_draw_is_what_the_setting_says(machine: Machine, short: list[int]) -> None:
    sample = token_selection(n=4, T=3, d=4, trials=50, rng=draws(machine))
    tokens, queries, scores = (machine.to_host(sample[name]) for name in ("tokens", "queries", "scores"))
    assert np.all(np.sort(scores, axis=-1) == [0, 0, 1])
    assert np.all(scores.any(axis=(0, 1)))  # each place is chosen at times; it fails to be with probability 3·(2/3)^200
    assert np.allclose(np.linalg.norm(queries, axis=-1), 1, rtol=64 * EPS, atol=0)
    assert np.allclose(np.linalg.norm(tokens, axis=-1) ** 2, 1 + scores, rtol=64 * EPS, atol=0)
    for rows, wanted in zip(tokens.reshape(50, 12, 4), scores.reshape(50, 12), strict=True):
        rounding = 64 * EPS * np.linalg.cond(rows) ** 2
        head, misfit, *_ = np.linalg.lstsq(rows, wanted, rcond=None)
        assert misfit < rounding**2
        assert abs(np.linalg.norm(head) - 1) < rounding
        assert np.linalg.lstsq(rows, np.roll(wanted, 1), rcond=None)[1] > rounding**2  # no head gives other scores

"""Factors trained by Newton's method: derivatives, minima and certificates, and what is made of them."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from numerics.arrays import Machine
from numerics.simulators.regularisation.factorisations import Embedding, Network, deep_factorisation, item_embeddings
from numerics.streams import stream
from numerics.training.factors import Objective, certified, evened, products, train

RNG = np.random.default_rng(0)
TRIALS = 6
AT = {"s": 3.0, "others": np.array([2.0]), "rest": 0.5, "spare": 2, "lam": 1.0, "power": 0.5}


def asked(depth: int, *, compact: bool = True) -> tuple[Objective, np.ndarray]:
    """An objective of `depth` factors, and a random place."""
    sizes = (4, *[3] * (depth - 1), 3)
    root = RNG.standard_normal((TRIALS, 4, 4))
    penalties = [(0.5 if compact else 0.0) * np.eye(rows) + np.zeros((TRIALS, 1, 1)) for rows in sizes[:-1]]
    numbers = sum(a * b for a, b in pairwise(sizes))
    objective = Objective(root @ np.swapaxes(root, 1, 2) + np.eye(4), 3 * RNG.standard_normal((TRIALS, 4, 3)),
                          penalties, sizes, compact)
    return objective, RNG.standard_normal((TRIALS, numbers))


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_slope_and_hessian_are_the_derivatives_of_the_value_and_not_those_without_the_penalty(depth: int) -> None:
    objective, w = asked(depth)
    bare = Objective(objective.Q, objective.C, [0 * g for g in objective.G], objective.sizes)
    along, step = RNG.standard_normal(w.shape), 1e-5
    rise = (objective.value(w + step * along) - objective.value(w - step * along)) / (2 * step)
    bend = (objective.slope(w + step * along) - objective.slope(w - step * along)) / (2 * step)
    for one, same in ((objective, True), (bare, False)):
        assert np.allclose(np.sum(one.slope(w) * along, axis=1), rise, rtol=1e-6, atol=1e-6) is same
        assert np.allclose(np.einsum("tij,tj->ti", one.hessian(w), along), bend, rtol=1e-6, atol=1e-5) is same


@pytest.mark.parametrize(("depth", "compact"), [(2, True), (2, False), (3, True)])
def test_the_slope_is_across_the_free_directions_and_across_no_others(depth: int, compact: bool) -> None:
    objective, w = asked(depth, compact=compact)
    slope, free = objective.slope(w), objective.free(w)
    assert np.allclose(np.einsum("tiq,ti->tq", free, slope), 0, atol=1e-10)
    assert not np.allclose(np.einsum("tiq,ti->tq", free + 0.1 * RNG.standard_normal(free.shape), slope), 0, atol=1e-3)


@pytest.mark.parametrize("depth", [2, 3])
def test_nothing_near_the_end_is_lower_and_something_near_an_early_stop_is(depth: int) -> None:
    objective, start = asked(depth)
    for rounds, ended in ((100, True), (3, False)):
        w = train(objective, start, rounds)
        steps = [1e-3 * RNG.standard_normal(w.shape) for _ in range(200)]
        lower = sum(np.any(objective.value(w + step) < objective.value(w) - 1e-12) for step in steps)
        assert bool(lower == 0) is ended


@pytest.mark.parametrize("compact", [True, False])
def test_the_bound_covers_the_distance_of_the_product_to_the_minimum(compact: bool) -> None:
    objective, start = asked(2, compact=compact)
    end = train(objective, start)
    product = products(objective.factors(end))[0][-1]
    for size in (1e-10, 1e-9):
        away = end + size * RNG.standard_normal(end.shape)
        found = certified(objective, away)
        moved = np.linalg.norm(products(objective.factors(away))[0][-1] - product, axis=(1, 2))
        known = np.isfinite(found.moved)
        assert known.any()
        assert np.all(moved[known] <= found.moved[known])
        assert np.all(objective.value(away) - objective.value(end) <= found.left + 1e-13 * np.abs(objective.value(end)))
        assert not np.all(moved <= certified(objective, end).moved)


def test_a_saddle_and_a_place_far_from_any_minimum_have_no_certificate() -> None:
    objective, start = asked(2)
    for w, known in ((0 * start, False), (start, False), (train(objective, start), True)):
        assert np.all(np.isfinite(certified(objective, w).apart)) == known


def test_even_factors_certify_a_product_that_uneven_ones_do_not() -> None:
    objective, w = asked(2, compact=False)
    first, last = objective.factors(train(objective, w))
    change = np.diag([1e4, 1.0, 1e-4])
    parts = (first @ change, np.linalg.inv(change) @ last)
    uneven = np.concatenate([part.reshape(TRIALS, -1) for part in parts], axis=1)
    even = evened(objective, uneven)
    assert np.all(np.isinf(certified(objective, uneven).moved))
    assert np.all(certified(objective, even).moved < 1e-8)
    (*_, product), (*_, same) = (products(objective.factors(one))[0] for one in (uneven, even))
    assert np.allclose(product, same, atol=1e-10)
    U, V = objective.factors(even)
    assert np.allclose(np.swapaxes(U, 1, 2) @ U, V @ np.swapaxes(V, 1, 2), atol=1e-10)


@pytest.mark.parametrize("objective", ["product", "factors"])
def test_a_quasi_newton_method_on_the_loss_finds_the_same_least_objective(objective: str) -> None:
    machine = Machine()
    X = RNG.standard_normal((2, 6, 4))
    model = Embedding(X, np.zeros((2, 4, 4)), 2, 1.5, objective)
    A, B, found = model.learnt(stream(machine, "start", seed=0))
    other = Embedding(X, model.V, 2, 1.6, objective)
    for trial in range(2):
        def loss(w: np.ndarray, model: Embedding = model, trial: int = trial) -> float:
            one = Embedding(model.X[trial:trial + 1], model.V, 2, model.lam, objective)
            return float(one.loss(w[None, :8].reshape(1, 4, 2), w[None, 8:].reshape(1, 4, 2))[0])

        best, moved = (min(minimize(lambda w, one=one: loss(w, one), RNG.standard_normal(16), tol=1e-10).fun
                           for _ in range(3)) for one in (model, other))
        assert model.loss(A, B)[trial] == pytest.approx(best, rel=1e-7)
        assert model.loss(A, B)[trial] != pytest.approx(moved, rel=1e-3)
    assert np.all(np.isfinite(found.apart))


def embeddings(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    found = item_embeddings(**{**AT, "objective": "factors", **changes}, trials=TRIALS,
                            rng=stream(machine, "embed", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def test_two_starts_agree_on_cosines_with_the_penalty_on_factors_alone() -> None:
    for objective, same in (("factors", True), ("product", False)):
        found = embeddings(objective=objective)
        assert np.all(found["apart"] <= found["cosine_error"]) == same
        assert np.all(found["cosine_error"] < 1e-3)


def test_all_modes_are_dropped_under_a_strong_penalty_and_not_under_a_weak_one() -> None:
    for lam, dropped in ((3.5, True), (2.5, False)):
        found = embeddings(lam=lam)
        assert np.all(found["items"] + found["users"] <= found["error"]) == dropped


def test_single_precision_is_covered_by_its_own_certificates() -> None:
    machine = Machine(precision="float32", drawn="float64")
    found = item_embeddings(**AT, objective="factors", trials=TRIALS, rng=stream(machine, "embed", seed=0))
    exact = embeddings()
    off = np.abs(found["map"] - exact["map"])
    assert np.all(off <= found["error"] + exact["error"])
    assert not np.all(off <= exact["error"])


def networks(backend: str = "numpy", **changes: Any) -> dict[str, np.ndarray]:
    machine = Machine(backend)
    at = {"s": 3.0, "others": np.array([2.5]), "lam": 1.0, "L": 3, "extra": 0, "spread": 0.5} | changes
    found = deep_factorisation(**at, trials=TRIALS, rng=stream(machine, "deep", seed=0))
    return {name: machine.to_host(array) for name, array in found.items()}


def test_no_start_of_a_quasi_newton_method_ends_lower_and_some_end_higher() -> None:
    M = np.array([[[3.0, 0.0], [0.0, 1.4], [0.0, 0.0]]])
    model, machine = Network(M, 1.0, (3, 2, 2, 2)), Machine()
    w = model.pruned(model.lower(*(model.learnt(stream(machine, "start", place, seed=0)) for place in (0, 1))))

    def value(numbers: np.ndarray) -> float:
        return float(model.loss(model.asked().factors(numbers[None]))[0])

    ends = [minimize(value, 0.8 * RNG.standard_normal(14), tol=1e-10).fun for _ in range(10)]
    assert value(w[0]) <= min(ends) + 1e-9
    assert min(ends) == pytest.approx(value(w[0]), rel=1e-7)
    assert max(ends) > value(w[0]) + 1e-3


def test_a_mode_that_is_not_worth_its_cost_is_taken_out_and_one_that_is_stays() -> None:
    machine = Machine()
    for strength, stays in ((1.4, False), (1.6, True)):
        model = Network(np.array([[[3.0, 0.0], [0.0, strength], [0.0, 0.0]]]), 1.0, (3, 2, 2, 2))
        w = model.learnt(stream(machine, "start", seed=0))
        kept, left = (products(model.asked().factors(one))[0][-1][0, 1, 1] for one in (w, model.pruned(w)))
        assert kept > 0.5
        assert bool(left > 0.5) is stays


def test_aligned_factors_cost_what_their_singular_values_say_and_others_more() -> None:
    for spread, same in ((0.0, True), (0.5, False)):
        found = networks(spread=spread)
        values = np.concatenate([found["free_top"][:, None], found["free_lower"]], axis=1)
        assert np.allclose(found["free_cost"], np.sum(np.cbrt(values) ** 2, axis=1)) is same
        assert np.all(found["free_cost"] >= np.sum(np.cbrt(values) ** 2, axis=1) * (1 - 1e-12))


def test_a_hidden_layer_that_is_too_narrow_loses_the_weaker_mode() -> None:
    for extra, lost in ((-1, True), (0, False)):
        found = networks(s=2.0, extra=extra)
        assert np.all(np.abs(found["kept"]) <= found["error"]) == lost
        assert np.all(np.isfinite(found["error"]))


def test_torch_trains_the_same_network() -> None:
    here, there = networks(), networks("torch")
    for name in ("kept", "lowest", "cost"):
        assert np.allclose(here[name], there[name], rtol=1e-9)
    assert not np.allclose(here["free_cost"], networks(spread=0.1)["free_cost"])

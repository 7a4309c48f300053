"""The max-margin programs against enumeration of active sets, closed forms and their own certificates."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from theory.programs import max_margin as programs
from theory.programs.max_margin import (
    attention_svm,
    attention_svm_argmin,
    attention_svm_nuclear,
    attention_svm_without_queries,
    max_margin,
)

EPS = np.finfo(float).eps
SHAPES = [(1, 3), (3, 2), (5, 3), (5, 8), (7, 4)]

Array = np.ndarray
Program = Callable[..., tuple[Array, Array]]


def feasible_problem(m: int, D: int, seed: int = 0) -> Array:
    """Constraints that one vector meets with margins above a tenth."""
    rng = np.random.default_rng([m, D, seed])
    rows, inside = rng.standard_normal((m, D)), rng.standard_normal(D)
    return rows * np.sign(rows @ inside)[:, None] + 0.1 * inside / (inside @ inside)


def by_enumeration(constraints: Array) -> Array:
    """The shortest of the points of least norm on A_S w = 1, over all sets S of active rows, that meet all rows."""
    rows = range(len(constraints))
    candidates = []
    for size in range(1, min(constraints.shape) + 1):
        for active in itertools.combinations(rows, size):
            w = np.linalg.lstsq(constraints[list(active)], np.ones(size), rcond=None)[0]
            if np.min(constraints @ w) > 1 - 1e3 * EPS * np.linalg.cond(constraints[list(active)]):
                candidates.append(w)
    return min(candidates, key=np.linalg.norm)


def within(found: Array, bound: float, wanted: Array) -> bool:
    return bool(np.linalg.norm(found - wanted) <= bound * np.linalg.norm(wanted))


def sample(n: int = 3, T: int = 3, d: int = 5) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng([n, T, d])
    return rng.standard_normal((6, n, T, d)), rng.standard_normal((6, n, d)), rng.standard_normal((6, n, T))


def constraints_of(tokens: Array, queries: Array, chosen: Array) -> Array:
    """(x_chosen − x_t) z_iᵀ for one trial, flat, sample by sample."""
    return np.array([
        np.outer(tokens[i, chosen[i]] - tokens[i, t], queries[i]).ravel()
        for i in range(len(tokens)) for t in range(tokens.shape[1]) if t != chosen[i]
    ])  # fmt: skip


@pytest.mark.parametrize(("m", "D"), SHAPES)
def test_the_certificate_bounds_the_distance_to_the_minimiser(m: int, D: int) -> None:
    for seed in range(10):
        constraints = feasible_problem(m, D, seed)
        solution, certificate = max_margin(constraints)
        assert certificate < 1e-6
        assert within(solution, certificate, by_enumeration(constraints))


@pytest.mark.parametrize("mistake", [
    lambda constraints: max_margin(constraints[1:]),  # a constraint is forgotten
    lambda constraints: max_margin(constraints * 1.001),
    lambda constraints: max_margin(constraints + 0.001),
])
def test_a_mistaken_program_leaves_its_certificate(mistake: Program) -> None:
    constraints = np.eye(3) + 0.1 * feasible_problem(3, 3)
    solution, certificate = mistake(constraints)
    assert not within(solution, certificate, by_enumeration(constraints))


def test_the_certificate_knows_that_a_solver_stopped_early(monkeypatch: pytest.MonkeyPatch) -> None:
    constraints, exact = feasible_problem(5, 8), programs._multipliers
    for size in (1e-1, 1e-3, 1e-5):
        off = 1 + size * np.random.default_rng(0).uniform(-1, 1, 5)
        monkeypatch.setattr(programs, "_multipliers", lambda rows, off=off: exact(rows) * off)
        solution, certificate = max_margin(constraints)
        wanted = by_enumeration(constraints)
        distance = np.linalg.norm(solution - wanted) / np.linalg.norm(wanted)
        assert 0.01 * size < distance <= certificate


def test_every_problem_of_a_batch_is_solved_alone() -> None:
    batch = np.stack([[feasible_problem(4, 6, 3 * row + column) for column in range(3)] for row in range(2)])
    solutions, certificates = max_margin(batch)
    assert solutions.shape == (2, 3, 6)
    for place in np.ndindex(2, 3):
        alone, bound = max_margin(batch[place])
        assert within(solutions[place], bound + certificates[place], alone)


def test_an_infeasible_problem_has_an_infinite_certificate() -> None:
    batch = np.stack([np.array([[1.0, 0.0], [-1.0, 0.0]]), np.eye(2), np.array([[1.0, 1.0], [-1.0, -1.0 + 1e-17]])])
    solutions, certificates = max_margin(batch)
    assert np.isinf(certificates).tolist() == [True, False, True]
    assert np.all(solutions[[0, 2]] == 0)
    nuclear = programs._least_nuclear_norm(np.stack([np.vstack([np.eye(4), -np.eye(4)]), np.eye(8, 4) + 1]))
    assert np.isinf(nuclear[1]).tolist() == [True, False]


@pytest.mark.parametrize(("program", "choose"), [(attention_svm, np.argmax), (attention_svm_argmin, np.argmin)])
def test_attention_svms_separate_the_chosen_tokens(program: Program, choose: Callable[..., Array]) -> None:
    tokens, queries, scores = sample()
    directions, certificates = program(tokens, queries, scores)
    for trial, found in enumerate(directions.reshape(len(tokens), -1)):
        chosen = choose(scores[trial], axis=-1)
        for shift in range(3):  # the tokens next to the chosen ones are the planted mistake
            wanted = by_enumeration(constraints_of(tokens[trial], queries[trial], (chosen + shift) % 3))
            assert within(found, certificates[trial], wanted / np.linalg.norm(wanted)) == (shift == 0)


def test_the_svm_without_queries_is_the_margin_of_the_tokens() -> None:
    tokens, queries, scores = sample(n=2, d=6)
    directions, certificates = attention_svm_without_queries(tokens, queries, scores)
    for trial in range(len(tokens)):
        plain = by_enumeration(constraints_of(tokens[trial], np.ones((2, 1)), np.argmax(scores[trial], axis=-1)))
        wanted = np.outer(plain, queries[trial].mean(axis=0))
        assert within(directions[trial], certificates[trial], wanted / np.linalg.norm(wanted))


def test_without_queries_is_the_svm_itself_where_all_queries_agree() -> None:
    tokens, queries, scores = sample(d=8)
    queries = np.broadcast_to(queries[:, :1], queries.shape)
    found, one = attention_svm_without_queries(tokens, queries, scores)
    wanted, other = attention_svm(tokens, queries, scores)
    assert all(within(found[trial], one[trial] + other[trial], wanted[trial]) for trial in range(len(tokens)))


def least_nuclear_norm(c: float) -> float:
    """min ‖W‖_* subject to W₁₁ ≥ 1 and W₁₂ + W₂₁ ≥ 2c: 1 + c² at W = [[1, c], [c, c²]] for c ≤ 1, else 2c."""
    return 1 + c**2 if c <= 1 else 2 * c


@pytest.mark.parametrize("c", [0.1, 0.5, 0.9, 1.5])
def test_the_least_nuclear_norm_is_known_in_two_dimensions(c: float) -> None:
    constraints = np.array([[[1.0, 0, 0, 0], [0, 0.5 / c, 0.5 / c, 0]]])
    solution, gap = programs._least_nuclear_norm(constraints)
    frobenius, _ = max_margin(constraints)
    norms = np.linalg.norm([solution.reshape(2, 2), frobenius.reshape(2, 2)], ord="nuc", axis=(1, 2))
    norms = norms / least_nuclear_norm(c) - 1
    assert np.min(constraints @ solution[0]) >= 1 - 8 * EPS
    assert gap[0] < 2e-5
    assert 0 <= norms[0] <= gap[0] < norms[1]  # the Frobenius solution is feasible too, and longer


def test_no_feasible_matrix_has_a_nuclear_norm_below_the_certified_bound() -> None:
    tokens, queries, scores = sample()
    directions, gaps = attention_svm_nuclear(tokens, queries, scores)
    frobenius, _ = attention_svm(tokens, queries, scores)
    rng = np.random.default_rng(0)
    for trial in range(len(tokens)):
        constraints = constraints_of(tokens[trial], queries[trial], np.argmax(scores[trial], axis=-1))

        def norm(W: Array, constraints: Array = constraints) -> float:
            margin = np.min(constraints @ W.ravel())
            return float(np.linalg.norm(W, ord="nuc") / margin) if margin > 0 else np.inf

        best = norm(directions[trial])
        sizes = np.repeat([1e-1, 1e-2, 1e-3, 1e-4], 50)[:, None, None]
        near = directions[trial] + sizes * rng.standard_normal((200, 5, 5))
        assert gaps[trial] < 2e-5
        assert min(norm(W) for W in near) >= best / (1 + gaps[trial])
        assert norm(frobenius[trial]) > best * (1 + gaps[trial])

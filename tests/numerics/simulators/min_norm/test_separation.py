"""Cones, separable labelings and recovered signs against linear programs of SciPy."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import linprog

from numerics.arrays import Machine
from numerics.cones import in_cone
from numerics.simulators.min_norm.separation import box_recovery, dichotomies, labelled_points
from numerics.streams import Stream, stream

TRIALS = 40


def draws(*name: int | str, machine: Machine | None = None) -> Stream:
    return stream(machine or Machine(), "separation", *name, seed=2)


def in_cone_by_program(columns: np.ndarray, target: np.ndarray) -> bool:
    return linprog(np.zeros(columns.shape[1]), A_eq=columns, b_eq=target, bounds=(0, None)).status == 0


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("m", "k"), [(1, 2), (3, 7), (6, 11), (4, 3)])
def test_a_cone_holds_what_a_linear_program_finds(backend: str, m: int, k: int) -> None:
    rng = draws(m, k, machine=Machine(backend))
    columns, target = rng.normal((TRIALS, m, k)), rng.normal((TRIALS, m))
    found = rng.machine.to_host(in_cone(columns, target))
    expected = [in_cone_by_program(*problem) for problem in
                zip(rng.machine.to_host(columns), rng.machine.to_host(target), strict=True)]
    assert list(found) == expected
    assert list(~found) != expected


def test_a_combination_of_the_columns_lies_in_their_cone() -> None:
    columns, weights = draws().normal((TRIALS, 5, 9)), draws("weights").exponential((TRIALS, 9, 1))
    inside = (columns @ weights)[..., 0]
    assert in_cone(columns, inside).all()
    assert not in_cone(np.abs(columns), -np.abs(inside)).any()


def unique_by_programs(N: int, M: int) -> list[bool]:
    """Whether a random functional has the same greatest and least value over the box with the equations."""
    rng = draws(N, M)
    matrix, signs = rng.normal((TRIALS, M, N)), rng.signs((TRIALS, N))
    found = []
    for A, x0 in zip(matrix, signs, strict=True):
        functional = np.random.default_rng(5).normal(size=N)
        ends = [linprog(side * functional, A_eq=A, b_eq=A @ x0, bounds=(-1, 1)).fun for side in (1, -1)]
        found.append(bool(abs(sum(ends)) < 1e-7))
    return found


@pytest.mark.parametrize(("N", "M"), [(8, 4), (9, 6), (12, 5)])
def test_signs_are_recovered_where_the_box_has_no_other_point(N: int, M: int) -> None:
    measured = box_recovery(N=N, M=M, trials=TRIALS, rng=draws(N, M))["unique"]
    assert list(measured == 1) == unique_by_programs(N, M)
    assert list(measured == 0) != unique_by_programs(N, M)


@pytest.mark.parametrize("mistake", [lambda n: n, lambda n: n - 1])
def test_points_of_the_line_have_two_separable_labelings(mistake: Callable[[int], int]) -> None:
    share = dichotomies(n=5, p=1, trials=TRIALS, rng=draws())["share"]
    assert (share == 2.0 ** (1 - 5)).all()
    assert not (share == 2.0 ** -mistake(5 - 1 + 2)).any()


def test_as_many_points_as_dimensions_are_always_separable() -> None:
    assert labelled_points(n=4, p=4, signal=0.0, trials=TRIALS, rng=draws())["separable"].all()
    assert not labelled_points(n=40, p=2, signal=0.0, trials=TRIALS, rng=draws())["separable"].any()


def test_labels_with_full_signal_are_separable() -> None:
    assert labelled_points(n=30, p=2, signal=1.0, trials=TRIALS, rng=draws())["separable"].all()

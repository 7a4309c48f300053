"""Powers of singular values against sums written out and a grid, with twins of another power."""

import numpy as np

from theory.formulas.singular_values import largest_cosine, least, quasinorm

RNG = np.random.default_rng(0)


def test_the_quasinorm_is_the_sum_of_the_powers_and_not_that_of_another_depth() -> None:
    top, lower = np.array([8.0, 1.0]), np.array([[1.0, 27.0], [8.0, 0.0]])
    assert np.allclose(quasinorm(top, lower, L=3)[0], [4 + 1 + 9, 1 + 4 + 0])
    assert not np.allclose(quasinorm(top, lower, L=2)[0], [14, 5])


def test_its_error_covers_singular_values_that_are_off_and_is_near_it() -> None:
    top, lower, apart = np.array([3.0]), np.array([[0.0]]), np.array([1e-6])
    value, error = quasinorm(top, lower, apart, L=4)
    moved = quasinorm(top, lower + 1e-6, L=4)[0] - value
    assert 0 < moved[0] <= error[0] < 2 * moved[0]


def test_the_least_fit_is_that_of_a_grid_on_both_sides_of_the_jump_and_not_that_of_another_power() -> None:
    grid, beside = np.linspace(0, 5, 500_001), np.array([[0.3, 1.4], [1.6, 4.0]])
    for L in (3, 4):
        by_grid = [sum(float(np.min(0.5 * (grid - s) ** 2 + grid ** (2 / L))) for s in (2.0, *row)) for row in beside]
        value, error = least(beside, s=2.0, lam=1.0, L=L)
        assert np.all(value <= by_grid + error)
        assert np.allclose(value, by_grid, rtol=1e-8)
        assert not np.allclose(least(beside, s=2.0, lam=1.0, L=L, power=1.0)[0], by_grid, rtol=1e-2)


def test_the_largest_cosine_is_that_of_the_rows_one_by_one_and_none_where_the_sizes_differ() -> None:
    V = np.linalg.qr(RNG.standard_normal((4, 3, 3)))[0]
    at = {"s": 3.0, "others": np.array([2.0]), "rest": 0.5, "lam": 1.0}
    rows = V * (np.array([9 / 10, 4 / 5, 0.2])) ** 0.7
    found = largest_cosine(V, **at, spare=1, power=0.7)
    for B, value in zip(rows, found, strict=True):
        pairs = [abs(a @ b) / np.sqrt(a @ a * (b @ b)) for a, b in ((B[0], B[1]), (B[0], B[2]), (B[1], B[2]))]
        assert np.isclose(max(pairs), value)
    assert np.all(largest_cosine(V, **at, spare=1, power=0.0) < 1e-14)
    assert not np.allclose(largest_cosine(V, **at, spare=1, power=0.7, shrunk=False), found, rtol=1e-2)
    assert np.all(np.isnan(largest_cosine(V, **at, spare=2, power=0.7)))

"""Codes of signs: exact errors, their slope, and descent."""

import numpy as np

from numerics.arrays import Machine
from numerics.simulators.estimation.sign_autoencoder import descend, drawn_rows, error, slope, unit
from numerics.streams import stream

RNG = np.random.default_rng(2)


def test_one_row_leaves_what_its_own_sign_cannot_tell() -> None:
    x = np.linspace(-12, 12, 400_001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    along = np.trapezoid((x - np.trapezoid(abs(x) * density, x) * np.sign(x)) ** 2 * density, x)
    found = error(unit(RNG.normal(size=(1, 1, 3))))
    np.testing.assert_allclose(found, (along + 2) / 3, rtol=1e-4)
    assert not np.allclose(found, 2 / 3)


def test_the_slope_is_the_difference_quotient_along_the_sphere_and_its_half_is_not() -> None:
    B, move = unit(RNG.normal(size=(1, 4, 3))), RNG.normal(size=(1, 4, 3))
    move -= np.sum(move * B, axis=2, keepdims=True) * B
    quotient = (error(unit(B + 1e-4 * move)) - error(unit(B - 1e-4 * move))) / 2e-4
    found = np.sum(slope(B) * move, axis=(1, 2))
    np.testing.assert_allclose(found, quotient, rtol=1e-3)
    assert not np.allclose(found / 2, quotient, rtol=1e-1)


def test_descent_lowers_the_error_of_every_draw_and_keeps_unit_rows() -> None:
    B = drawn_rows(4, 6, "iid", 16, stream(Machine(), "rows", seed=1))
    end = descend(B)
    np.testing.assert_allclose(np.linalg.norm(end, axis=2), 1)
    assert np.all(error(end) < error(B)) and not np.any(error(B) < error(end))


def test_random_orthogonal_rows_are_orthonormal_and_independent_ones_are_not() -> None:
    rng = stream(Machine(), "haar", seed=1)
    haar, iid = (drawn_rows(4, 6, rows, 8, rng) for rows in ("haar", "iid"))
    grams = [B @ np.swapaxes(B, 1, 2) for B in (haar, iid)]
    np.testing.assert_allclose(grams[0], np.broadcast_to(np.eye(4), (8, 4, 4)), atol=1e-12)
    assert not np.allclose(grams[1], np.eye(4), atol=1e-2)

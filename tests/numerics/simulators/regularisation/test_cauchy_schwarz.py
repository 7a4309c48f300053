"""Areas and descent behind the Cauchy–Schwarz regularisers."""

import numpy as np

from numerics.simulators.regularisation.cauchy_schwarz import derivative, descend, regulariser, squared_area


def test_the_area_of_orthogonal_sides_is_their_product_and_shearing_keeps_it() -> None:
    f, g = np.array([[3.0, 0.0, 0.0]]), np.array([[0.0, 2.0, 0.0]])
    np.testing.assert_allclose(squared_area(f, g), [36.0])
    np.testing.assert_allclose(squared_area(f, g + 5 * f), [36.0])
    assert not np.allclose(squared_area(f, 2 * g), [36.0])


def test_the_difference_is_exact_for_degree_four_and_not_for_degree_five() -> None:
    np.testing.assert_allclose(derivative(lambda t: np.array([(1 + t) ** 4])), [4.0])
    assert not np.allclose(derivative(lambda t: np.array([(1 + t) ** 5])), [5.0])


def test_the_regulariser_counts_by_hand() -> None:
    np.testing.assert_allclose(regulariser(np.array([[1.0, 2.0, 0.0], [2.0, -2.0, 2.0]])), [26.0, 0.0])


def test_descent_keeps_signs_and_zeros_and_equalises_the_rest() -> None:
    end = descend(np.array([[0.3, -2.0, 1.0], [0.0, 1.0, 1.0]]))
    np.testing.assert_array_equal(np.sign(end), [[1, -1, 1], [0, 1, 1]])
    np.testing.assert_allclose(np.abs(end[0]), np.abs(end[0, 0]) * np.ones(3))
    assert np.all(np.abs(end[0]) > 0.1) and np.all(np.abs(end[1]) < 1e-9)  # with a zero entry, the only end is 0

"""Steps of weights whose scale does not matter."""

import numpy as np

from numerics.simulators.regularisation.weights.scale_invariant import step, unit


def test_a_step_is_decay_plus_an_orthogonal_move_of_the_stated_length() -> None:
    rng = np.random.default_rng(0)
    w, size = rng.normal(size=(5, 4)), np.full((5, 1), 3.0)
    move = step(w, rng.normal(size=(5, 4)), size, 0.5, 0.2) - 0.9 * w
    np.testing.assert_allclose(np.sum(move * w, axis=1), np.zeros(5), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(move, axis=1), 0.5 * 3.0 / np.linalg.norm(w, axis=1))
    assert not np.allclose(np.linalg.norm(move, axis=1), 0.5 * 3.0)


def test_a_unit_vector_has_length_one() -> None:
    np.testing.assert_allclose(unit(np.array([[3.0, 4.0]])), [[0.6, 0.8]])

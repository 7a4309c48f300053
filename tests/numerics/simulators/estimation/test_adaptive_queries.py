"""Queries that follow the signs of noise."""

import numpy as np

from numerics.arrays import Machine
from numerics.simulators.estimation.adaptive_queries import adaptive_queries, correlations
from numerics.streams import stream

TRIALS = 64


def measured(name: str, **changes: object) -> dict[str, np.ndarray]:
    values = {"n": 7, "d": 5, "tau": 0.0, "features": "gaussian", **changes}
    return adaptive_queries(**values, trials=TRIALS, rng=stream(Machine(), name, seed=3))  # type: ignore[arg-type]


def test_one_sample_answers_plus_or_minus_one_for_signs_and_not_for_normal_features() -> None:
    signs, normal = (measured("one", n=1, features=law) for law in ("signs", "gaussian"))
    np.testing.assert_array_equal(signs["largest"], np.ones(TRIALS))
    np.testing.assert_allclose(signs["empirical"], 5**0.5 * np.ones(TRIALS))
    assert not np.any(normal["largest"] == 1)


def test_exact_signs_sum_the_sizes_of_the_answers_and_fresh_ones_do_not() -> None:
    found = measured("sizes")
    assert np.all(found["empirical"] >= found["largest"] / 5**0.5)
    assert np.all(found["empirical"] <= found["largest"] * 5**0.5)
    assert np.any(found["fresh"] < 0)


def test_the_squared_error_of_an_answer_is_a_parabola_in_the_noise_from_that_of_sampling() -> None:
    none, once, twice, thrice = (measured("noise", tau=0.2 * k)["answer_error"] for k in range(4))
    np.testing.assert_allclose(thrice - none, 3 * (twice - once), rtol=1e-9)
    assert not np.any(np.isclose(twice - once, once - none))
    exact = measured("one", n=1, features="signs", tau=0.0)["answer_error"]
    np.testing.assert_array_equal(exact, np.ones(TRIALS))
    assert np.all(none < 1)


def test_answers_to_signs_are_whole_multiples_of_two_over_n_from_one() -> None:
    answers = correlations(7, 5, "signs", TRIALS, stream(Machine(), "grid", seed=3))
    steps = (1 - answers) * 7 / 2
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-12)
    normal = correlations(7, 5, "gaussian", TRIALS, stream(Machine(), "grid", seed=3))
    assert not np.allclose((1 - normal) * 7 / 2, np.round((1 - normal) * 7 / 2), atol=1e-3)

"""Noise at the input and Jacobians of compositions: the rules that integrate and differentiate, and what they give."""

from typing import Any

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.regularisation.jacobians import composed_maps, difference, input_noise, rule
from numerics.streams import stream

AT = {"d": 3, "q": 2, "sg": 0.3, "bend": 1.0, "cubic": 0.0, "noise": "normal"}


def noisy(**changes: Any) -> dict[str, np.ndarray]:
    return input_noise(**{**AT, **changes}, trials=8, rng=stream(Machine(), "noise", seed=0))


def composed(**changes: Any) -> dict[str, np.ndarray]:
    at = {"d": 3, "q": 4, "spread": 0.5, "bend": 1.0} | changes
    return composed_maps(**at, trials=8, rng=stream(Machine(), "maps", seed=0))


@pytest.mark.parametrize(("noise", "moments"), [("normal", (1, 3, 15, 105)), ("signs", (1, 1, 1, 1))])
def test_the_rule_has_the_moments_of_the_noise_as_far_as_they_are_needed(noise: str, moments: tuple[int, ...]) -> None:
    nodes, weights = rule(2, noise, stream(Machine(), "rule", seed=0))
    found = [np.sum(weights * nodes[:, 0] ** (2 * order)) for order in (1, 2, 3, 4)]
    assert np.allclose(found[:3], moments[:3])
    assert np.isclose(found[3], moments[3]) == (noise == "signs")
    assert np.isclose(np.sum(weights * nodes[:, 0] ** 2 * nodes[:, 1] ** 2), 1)


def test_differences_are_exact_up_to_degree_six_and_not_beyond() -> None:
    for degree, exact in ((1, True), (5, True), (6, True), (7, False)):
        slope = difference(lambda t, degree=degree: np.array([(1 + t) ** degree]), 0.5)[0]
        assert np.isclose(slope, degree, rtol=1e-12) == exact


def test_only_of_a_linear_function_the_law_of_the_noise_does_not_matter() -> None:
    for bend, same in ((0.0, True), (1.0, False)):
        assert np.allclose(noisy(bend=bend)["moved"], noisy(bend=bend, noise="signs")["moved"], rtol=1e-10) is same


def test_twice_the_noise_moves_a_linear_function_four_times_as_far_and_a_quadratic_one_farther() -> None:
    for bend, same in ((0.0, True), (1.0, False)):
        assert np.allclose(4 * noisy(bend=bend)["moved"], noisy(bend=bend, sg=0.6)["moved"], rtol=1e-10) is same


def test_small_noise_moves_as_the_jacobian_says() -> None:
    for sg, same in ((1e-5, True), (0.5, False)):
        found = noisy(sg=sg, cubic=1.0)
        assert np.allclose(found["moved"], sg**2 * found["jacobian"], rtol=1e-6) is same


def test_the_jacobian_of_a_linear_composition_is_the_product_of_aligned_factors() -> None:
    for spread, same in ((0.0, True), (0.5, False)):
        found = composed(spread=spread, bend=0.0)
        assert np.allclose(found["penalty"], found["nuclear"], rtol=1e-8) is same
    assert np.all(found["frobenius"] <= found["nuclear"] ** 2)

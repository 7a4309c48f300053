"""Independent draws have no fault; repeated and correlated ones are named."""

import math

import numpy as np

from proofs_check.statistics.independence import dependence_fault


def test_independent_draws_have_no_fault() -> None:
    rng = np.random.default_rng(10)
    for values in (rng.standard_normal(3000), rng.chisquare(3, 3000) ** -1.0, rng.random(3000) < 0.1, np.ones(9), []):
        assert dependence_fault(np.asarray(values, dtype=float)) == ""


def test_a_rare_pair_of_large_values_is_no_dependence() -> None:
    values = np.random.default_rng(11).standard_normal(2000)
    values[1000:1002] = 300.0, 301.0
    centred = values - values.mean()
    assert centred[1:] @ centred[:-1] / (centred @ centred) > 5 / math.sqrt(2000)
    assert dependence_fault(values) == ""


def test_dependent_draws_are_named() -> None:
    noise = np.random.default_rng(12).standard_normal(4000)
    assert "not finite" in dependence_fault(np.append(noise, np.nan))
    assert "not finite" in dependence_fault(np.append(noise, -np.inf))
    assert "repeat" in dependence_fault(np.repeat(noise, 2))  # two blocks that read one stream
    assert "repeat" in dependence_fault(np.concatenate([noise, noise[:100]]))
    assert "correlate" in dependence_fault(noise[1:] + 0.3 * noise[:-1])
    assert "correlate" in dependence_fault(np.repeat([0.0, 1.0] * 50, 7))

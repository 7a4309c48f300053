"""Bounds in the mean and with a probability, arrays over an axis, and what is declared of an observable's law.

A share of wrong verdicts is compared with its nominal value by a binomial test that errs once in a million.
"""

from typing import Any

import numpy as np
import pytest

from proofs_check.statistics import judged
from proofs_check.statistics.evidence import Known, Measured, Rule
from proofs_check.statistics.judges import bound, equality
from tests.engine_toys import EQUALITY, Draws, answers, at_most, claim_of, followed, measured
from theory.errors import BadDeclaration, BadSample
from theory.evaluate import Prediction
from theory.relation import Bound, Equality, Identity, Probability
from theory.setting import Axis, Observable, Real, Setting

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)
MEAN = claim_of(Draws.y, Draws.m, Bound("<=", "mean"))
NINE = claim_of(Draws.y, Draws.m, Bound("<=", Probability(0.9)))
POSITIVE = Known(low=0.0)
MOST = 4000


class Decay(Setting):
    """exp(−t) times (1 + noise), at five times; the noise is common to all of them."""

    s = Real(above=0, typical=(0.05, 0.1))
    t = Axis([0.5, 1, 1.5, 2, 2.5])
    y = Observable("the curve", shape=t)


CURVE = claim_of(Decay.y, Decay.t, Equality(), Decay)


def known(values: Any, of: Known, prediction: Any = 1.0) -> list[Measured]:
    sample = measured(values, prediction)
    return [Measured(sample.station, sample.observable, sample.prediction, None, sample.drawn, of)]


# Bounds in the mean


@pytest.mark.parametrize("sense", ["<=", ">="])
def test_a_mean_below_its_bound_is_supported_and_one_five_percent_above_refuted(sense: Any) -> None:
    claim, sign = claim_of(Draws.y, Draws.m, Bound(sense, "mean")), 1 if sense == "<=" else -1
    for excess, answer in ((-0.3, "supported"), (0.0, "supported"), (0.05, "refuted"), (0.5, "refuted")):
        found = answers(
            20, lambda rng, e=excess: followed(claim, [measured(1 + sign * e + 0.2 * rng.normal(size=20_000))], STRICT)
        )
        assert found[answer] == 20, (excess, found)


@pytest.mark.parametrize(("excess", "wrong"), [(0.0, "refuted"), (0.02, "supported")])
def test_at_both_ends_of_the_zone_wrong_verdicts_are_rarer_than_declared(excess: float, wrong: str) -> None:
    found = answers(200, lambda rng: followed(MEAN, [measured(1 + excess + 0.2 * rng.normal(size=MOST))], RULE))
    assert at_most(found[wrong], 200, RULE.level)


def test_a_non_negative_observable_is_refuted_by_betting_whatever_its_tail() -> None:
    heavy = lambda rng, factor: known(factor * (rng.pareto(1.5, size=MOST)) / 2, POSITIVE)  # noqa: E731 - mean `factor`
    found = answers(200, lambda rng: followed(MEAN, heavy(rng, 1.0), RULE))
    assert at_most(found["refuted"], 200, RULE.level) and found["supported"] == 0
    outcome = followed(MEAN, heavy(np.random.default_rng(0), 3.0), STRICT)
    assert outcome.answer == "refuted" and outcome.guarantee == "bounded"


def test_a_ceiling_of_naive_intervals_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = bound.mean_sequence

    def naive(values: np.ndarray, rule: Rule, **more: Any) -> Any:
        import dataclasses

        cs = sequence(values, rule, **more)
        half = 1.645 * values.std() / np.sqrt(len(values))
        return dataclasses.replace(cs, lower=values.mean() - half, upper=values.mean() + half)

    monkeypatch.setattr(bound, "mean_sequence", naive)
    found = answers(400, lambda rng: followed(MEAN, [measured(1 + 0.6 * rng.normal(size=MOST))], RULE))
    assert not at_most(found["refuted"], 400, RULE.level)


# Bounds with a probability


@pytest.mark.parametrize(("share", "answer"), [(0.05, "supported"), (0.15, "refuted"), (0.0, "supported")])
def test_a_bound_with_probability_is_judged_by_the_frequency_of_violations(share: float, answer: str) -> None:
    sample = lambda rng: [measured(rng.random(20_000) + (rng.random(20_000) < share), 1.0)]  # noqa: E731
    assert answers(20, lambda rng: followed(NINE, sample(rng), STRICT))[answer] == 20
    assert followed(NINE, sample(np.random.default_rng(0)), STRICT).guarantee == "exact"


@pytest.mark.parametrize(("share", "wrong"), [(0.1, "refuted"), (0.102, "supported")])
def test_at_both_ends_of_the_zone_frequencies_are_wrong_less_often_than_declared(share: float, wrong: str) -> None:
    sample = lambda rng: [measured(rng.random(MOST) + (rng.random(MOST) < share), 1.0)]  # noqa: E731
    found = answers(200, lambda rng: followed(NINE, sample(rng), RULE))
    assert at_most(found[wrong], 200, RULE.level)


def test_a_tie_is_no_violation() -> None:
    dice = np.random.default_rng(0).integers(0, 2, MOST).astype(float)
    assert followed(NINE, [measured(dice, 1.0)], STRICT).answer == "supported"
    assert followed(
        claim_of(Draws.y, Draws.m, Bound(">=", Probability(0.9))), [measured(dice, 0.0)], STRICT
    ).answer == ("supported")
    assert followed(NINE, [measured(dice, 0.5)], STRICT).answer == "refuted"


def test_a_probability_outside_zero_and_one_is_a_bad_declaration() -> None:
    for share in (0, 1, 1.5):
        with pytest.raises(BadDeclaration, match="pathwise"):
            judged(
                NINE.but(relation=Bound("<=", Probability(share))),
                [measured(np.random.default_rng(0).random(500))],
                RULE,
            )


# Arrays over an axis


def curves(rng: np.random.Generator, bend: float = 0.0, trials: int = MOST, noise: float = 0.2) -> list[Measured]:
    """Curves whose last component is off by `bend`."""
    z = 1 + noise * rng.normal(size=(trials, 1)) * np.array([1, 1, 1, 0.5, 1])
    sample = measured(np.exp(-Decay.parts["t"].values) * z * np.array([1, 1, 1, 1, 1 + bend]))  # type: ignore[attr-defined]
    value = np.exp(-Decay.parts["t"].values)  # type: ignore[attr-defined]
    return [Measured(sample.station, sample.observable, Prediction(value, 0 * value, "toy"), None, trials)]


def test_a_curve_is_supported_where_it_is_everywhere_and_refuted_where_it_is_not_somewhere() -> None:
    assert followed(CURVE, curves(np.random.default_rng(0), noise=0.1, trials=10_000), STRICT).answer == "supported"
    found = followed(CURVE, curves(np.random.default_rng(0), 0.05, noise=0.1), STRICT)
    assert found.answer == "refuted" and "at 2.5" in found.notes[0] and len(found.series) == 5


def test_components_at_the_edge_are_wrong_less_often_than_declared() -> None:
    def independent(rng: np.random.Generator) -> list[Measured]:
        z = 1.02 + 0.2 * rng.normal(size=(MOST, 5))
        sample = measured(z)
        return [Measured(sample.station, z, Prediction(np.ones(5), np.zeros(5), "toy"), None, MOST)]

    found = answers(150, lambda rng: followed(CURVE, independent(rng), RULE))
    assert at_most(found["supported"] + found["refuted"], 150, RULE.level)


def test_refutation_without_a_share_for_each_component_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted engine: the full level, and none of the sequence's slack, for each of fifty components."""

    def greedy(lower: float, upper: float, low: float, high: float, gates_open: bool) -> Any:
        centre, half = (lower + upper) / 2, 0.3 * (upper - lower)
        return "refuted" if gates_open and (centre - half > high or centre + half < low) else "open"

    monkeypatch.setattr(equality, "inside_or_outside", greedy)

    def many(rng: np.random.Generator) -> list[Measured]:
        z = 1.02 + 0.2 * rng.normal(size=(1000, 50))
        return [Measured(measured(z).station, z, Prediction(np.ones(50), np.zeros(50), "toy"), None, 1000)]

    assert not at_most(answers(20, lambda rng: followed(CURVE, many(rng), RULE))["refuted"], 20, RULE.level)


def test_a_component_is_refuted_at_its_share_of_the_level_and_supported_at_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sequence has slack, so that no error rate shows whether the share is taken: it is looked at."""
    levels, real = list[float](), equality.mean_sequence

    def spying(values: np.ndarray, rule: Rule, **more: Any) -> Any:
        levels.append(rule.level)
        return real(values, rule, **more)

    monkeypatch.setattr(equality, "mean_sequence", spying)
    rng = np.random.default_rng(0)
    assert judged(CURVE, curves(rng, noise=0.05), STRICT).answer == "supported" and set(levels) == {STRICT.level}
    levels.clear()
    assert judged(CURVE, curves(rng, 0.5, noise=0.05), STRICT).answer == "refuted"
    assert sorted(set(levels)) == [STRICT.level / 5, STRICT.level] and levels.count(STRICT.level / 5) == 1


def test_an_identity_of_arrays_is_judged_by_its_largest_component() -> None:
    x = np.random.default_rng(0).normal(size=(1000, 3))
    claim = claim_of(Decay.y, Decay.t, Identity(), Decay)
    station = measured(x[:, 0]).station

    def against(y: np.ndarray) -> str:
        return judged(claim, [Measured(station, y, Prediction(x, 0 * x, "toy"), None, 1000)], STRICT).answer

    assert against(x) == "supported"
    off = x.copy()
    off[7, 2] += 1e-6
    assert against(off) == "refuted"


# What is declared of a law


def test_declared_bounds_make_an_equality_exact() -> None:
    sample = lambda rng, m: known(m + rng.beta(0.5, 0.5, size=20_000) - 0.5, Known(0.4, 1.6))  # noqa: E731
    found = followed(EQUALITY, sample(np.random.default_rng(0), 1.0), STRICT)
    assert (found.answer, found.guarantee) == ("supported", "bounded")
    assert followed(EQUALITY, sample(np.random.default_rng(0), 1.05), STRICT).answer == "refuted"
    with pytest.raises(BadSample, match="outside the declared"):
        followed(EQUALITY, known(2 + np.random.default_rng(0).random(5000), Known(0.4, 1.6)), STRICT)


def test_a_declared_variance_decides_where_the_gates_would_not() -> None:
    rng = np.random.default_rng(0)
    rare = 1 + np.where(rng.random(60_000) < 1e-3, 3.0, 0.0) - 3e-3 + 1e-3 * rng.normal(size=60_000)
    assert followed(EQUALITY, known(rare, Known(variance=0.01)), STRICT).guarantee == "bounded"
    assert followed(EQUALITY, known(rare, Known(variance=0.01)), STRICT).answer == "supported"
    lied = followed(EQUALITY, known(rare, Known(variance=1e-7)), STRICT)
    assert lied.answer == "open" and "declared variance" in lied.reason


def test_values_that_are_not_random_are_compared_as_they_are() -> None:
    fixed = Known(values="fixed")
    assert followed(EQUALITY, known(np.full(2000, 1.01), fixed), STRICT).answer == "supported"
    assert followed(EQUALITY, known(np.full(2000, 1.03), fixed), STRICT).answer == "refuted"
    assert followed(EQUALITY, [measured(np.full(2000, 1.01))], STRICT).answer == "open"
    with pytest.raises(BadSample, match="fixed"):
        followed(EQUALITY, known(np.random.default_rng(0).random(2000), fixed), STRICT)


def test_a_bound_is_not_supported_by_a_constant_or_by_repeated_trials() -> None:
    claim = claim_of(Draws.x, Draws.m, Bound("<="))
    found = judged(claim, [measured(np.full(1000, 0.5))], STRICT)
    assert found.answer == "open" and found.reason.startswith("regime")
    with pytest.raises(BadSample, match="repeat"):
        judged(claim, [measured(np.tile(np.random.default_rng(0).random(10), 100))], STRICT)
    counts = np.random.default_rng(0).integers(0, 5, 1000) / 10
    assert judged(claim, known(counts, Known(values="discrete")), STRICT).answer == "supported"


def test_what_is_not_a_real_number_is_refused() -> None:
    for bad in (np.nan, np.inf):
        values = np.random.default_rng(0).random(1000)
        values[3] = bad
        with pytest.raises(BadSample, match="not finite"):
            judged(claim_of(Draws.x, Draws.m, Bound("<=")), [measured(values)], STRICT)

"""The judge of equality on trials of known truth, with wrong engines that must fail.

A share of wrong verdicts is compared with its nominal value by a binomial test that errs once in a million.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from proofs_check.statistics import judged
from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.judges import equality
from proofs_check.statistics.sequential import looks
from tests.engine_toys import EQUALITY, Draws, answers, at_most, followed, measured
from theory.errors import BadDeclaration, BadSample
from theory.relation import Bound, Identity

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)
MOST = 3000

LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {  # mean 0, s.d. 1
    "gauss": lambda rng, n: rng.normal(size=n),
    "exponential": lambda rng, n: rng.exponential(size=n) - 1,
    "lognormal": lambda rng, n: (np.exp(rng.normal(size=n) / 2) - np.exp(1 / 8)) / np.sqrt(np.exp(0.5) - np.exp(0.25)),
}
EDGES = (-1.0, 1.0)


def around(
    theta: float, law: str = "gauss", spread: float = 0.2, trials: int = MOST
) -> Callable[[np.random.Generator], list[Measured]]:
    """Samples whose mean is 1 + θ, to be compared with 1."""
    return lambda rng: [measured(1 + theta + spread * LAWS[law](rng, trials))]


def verdicts_at(theta: float, runs: int, law: str = "gauss", rule: Rule = RULE, spread: float = 0.2) -> Any:
    return answers(runs, lambda rng: followed(EQUALITY, around(theta, law, spread)(rng), rule))


@pytest.mark.parametrize("law", LAWS)
def test_a_true_equality_is_supported_and_five_percent_are_refuted(law: str) -> None:
    assert verdicts_at(0.0, 40, law, STRICT, spread=0.1)["supported"] == 40
    assert all(verdicts_at(sign * 0.05, 40, law, STRICT, spread=0.1)["refuted"] == 40 for sign in EDGES)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("side", EDGES)
def test_at_the_edge_of_the_tolerance_wrong_verdicts_are_rarer_than_declared(law: str, side: float) -> None:
    found = verdicts_at(side * RULE.tolerance, 150, law)
    assert at_most(found["supported"] + found["refuted"], 150, RULE.level)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_a_finer_level_holds_at_the_edge_too(law: str) -> None:
    fine = Rule(level=0.01, tolerance=0.02, first_look=256)
    found = verdicts_at(fine.tolerance, 1500, law, fine)
    assert at_most(found["supported"] + found["refuted"], 1500, fine.level)


@pytest.mark.parametrize(
    ("theta", "wrong"), [(0.018, "refuted"), (-0.018, "refuted"), (0.022, "supported"), (-0.022, "supported")]
)
def test_just_inside_and_just_outside_the_tolerance_hardly_any_verdict_is_wrong(theta: float, wrong: str) -> None:
    assert at_most(verdicts_at(theta, 100)[wrong], 100, RULE.level)


def repeated_t(rng: np.random.Generator) -> Outcome:
    """A planted engine: the t-interval of a fixed sample, at every look."""
    (only,) = around(RULE.tolerance)(rng)
    for count in looks(256, MOST):
        gap = only.observable[:count] - 1
        half = -stdtrit(count - 1, RULE.level / 2) * gap.std(ddof=1) / np.sqrt(count)
        if gap.mean() - half > RULE.tolerance or gap.mean() + half <= RULE.tolerance:
            return Outcome("refuted" if gap.mean() > RULE.tolerance else "supported")
    return Outcome("undecided")


def test_the_comparison_of_rates_fails_an_engine_without_sequential_correction() -> None:
    found = answers(150, repeated_t)
    assert not at_most(found["supported"] + found["refuted"], 150, RULE.level)


@pytest.mark.parametrize(
    "draw",
    [lambda rng, n: rng.standard_cauchy(n), lambda rng, n: rng.pareto(1.5, n), lambda rng, n: rng.pareto(2.0, n)],
)
def test_heavy_tails_stay_undecided_by_regime(draw: Callable[[np.random.Generator, int], np.ndarray]) -> None:
    def outcome(rng: np.random.Generator) -> Outcome:
        found = followed(EQUALITY, [measured(1 + 0.01 * draw(rng, MOST))], STRICT)
        assert found.answer != "open" or found.reason.startswith(("regime", "noise"))
        return found

    found = answers(40, outcome)
    assert found["refuted"] + found["supported"] <= 1 and found["open"] >= 39


def test_a_rare_large_term_that_was_seen_closes_a_gate() -> None:
    values = 1 + 0.01 * np.random.default_rng(0).normal(size=MOST)
    values[7] += 30
    found = followed(EQUALITY, [measured(values)], STRICT)
    assert found.answer == "open" and found.reason.startswith("regime")


@pytest.mark.parametrize("value", [1.0, 1.05, 0.0])
def test_a_constant_observable_is_never_decided(value: float) -> None:
    found = followed(EQUALITY, [measured(np.full(MOST, value))], STRICT)
    assert found.answer == "open" and "equal" in found.reason


def test_without_enough_trials_nothing_is_supported() -> None:
    for count in (2, 16, 200):
        assert (
            judged(EQUALITY, around(0.0, spread=1e-6, trials=count)(np.random.default_rng(0)), STRICT).answer == "open"
        )


def test_a_scale_of_zero_is_a_bad_declaration_unless_another_scale_is_declared() -> None:
    values = 0.05 * np.random.default_rng(0).normal(size=MOST)
    with pytest.raises(BadDeclaration, match="scale"):
        judged(EQUALITY, [measured(values, 0.0)], STRICT)
    assert judged(EQUALITY.but(scale=Draws.m), [measured(values, 0.0)], STRICT).answer == "supported"
    assert judged(EQUALITY.but(scale=Draws.m), [measured(values + 0.05, 0.0)], STRICT).answer == "refuted"


def test_dependent_and_repeated_trials_are_no_sample() -> None:
    rng = np.random.default_rng(0)
    walk = 1 + 0.01 * np.convolve(rng.normal(size=MOST), np.ones(4), "same")
    for values in (walk, np.tile(1 + 0.1 * rng.normal(size=MOST // 8), 8)):
        with pytest.raises(BadSample, match="not independent"):
            judged(EQUALITY, [measured(values)], STRICT)


@pytest.mark.parametrize(
    "weak", [{"certificate": 0.011}, {"error": 0.011}, {"error": np.inf}, {"certificate": np.inf}, {"error": np.nan}]
)
@pytest.mark.parametrize("theta", [0.0, 0.05])
def test_a_certificate_too_weak_for_the_tolerance_leaves_it_undecided(weak: dict[str, float], theta: float) -> None:
    values = 1 + theta + 0.01 * np.random.default_rng(0).normal(size=MOST)
    found = judged(EQUALITY, [measured(values, **weak)], STRICT)
    assert found.answer == "undecided" and found.reason.startswith("solver")


def test_the_errors_of_solver_and_formula_widen_the_interval() -> None:
    values = 1.0155 + 0.001 * np.random.default_rng(0).normal(size=MOST)
    assert judged(EQUALITY, [measured(values)], STRICT).answer == "supported"
    assert judged(EQUALITY, [measured(values, error=0.005)], STRICT).answer == "open"
    assert judged(EQUALITY, [measured(values, certificate=0.005)], STRICT).answer == "open"


def coins(chance: float, rng: np.random.Generator, trials: int = 40_000) -> list[Measured]:
    return [measured(rng.random(trials) < chance, 0.9)]


def test_outcomes_of_zero_and_one_are_judged_exactly() -> None:
    assert answers(20, lambda rng: followed(EQUALITY, coins(0.9, rng), STRICT))["supported"] == 20
    assert answers(20, lambda rng: followed(EQUALITY, coins(0.945, rng), STRICT))["refuted"] == 20
    found = followed(EQUALITY, coins(0.9, np.random.default_rng(0)), STRICT)
    assert found.guarantee == "exact" and found.interval is not None and found.interval[0] < 0 < found.interval[1]


def test_outcomes_of_zero_and_one_at_the_edge_are_wrong_less_often_than_declared() -> None:
    found = answers(150, lambda rng: followed(EQUALITY, coins(0.918, rng, MOST), RULE))
    assert at_most(found["supported"] + found["refuted"], 150, RULE.level)


def test_an_event_met_too_rarely_is_named() -> None:
    values = 1 + 0.2 * np.random.default_rng(0).normal(size=150)
    claim = EQUALITY.but(given=Draws.met)
    assert judged(claim, [measured(values, drawn=100_000)], STRICT).reason.startswith("rare condition")
    for kept in (0, 1):
        for relation in (EQUALITY.relation, Identity(), Bound("<=")):
            found = judged(claim.but(relation=relation), [measured(values[:kept], drawn=1000)], STRICT)
            assert found.answer == "open" and found.reason.startswith("rare condition")


def test_an_engine_that_supports_what_is_open_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        equality,
        "inside_or_outside",
        lambda lower, upper, low, high, gates: "refuted" if lower > high or upper < low else "supported",
    )
    found = verdicts_at(RULE.tolerance, 100)
    assert not at_most(found["supported"] + found["refuted"], 100, RULE.level)

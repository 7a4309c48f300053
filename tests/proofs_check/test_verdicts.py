"""Judges of equality, identity, pathwise bound and threshold on trials of known truth.

Each comes with wrong engines that must fail.
A share of wrong verdicts is compared with its nominal value by a binomial test that errs once in a million.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from proofs_check.statistics import frequency, judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.judges import equality, threshold
from proofs_check.statistics.sequential import looks
from tests.engine_toys import EQUALITY, POINT, Draws, answers, at_most, claim_of, followed, measured
from theory.claim import Claim
from theory.errors import BadDeclaration, BadInput, BadSample
from theory.relation import Bound, Identity, Threshold

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


# Equality


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


# Identity

IDENTITY = claim_of(Draws.square, Draws.x**2, Identity())


def identical(
    rng: np.random.Generator, trials: int = 1000, off: float = 0.0, share: float = 1.0, **more: Any
) -> list[Measured]:
    x = rng.uniform(0.5, 1, trials)
    return [measured(x * x * (1 + off * (rng.random(trials) < share)), x**2, **{"error": np.zeros(trials), **more})]


def test_a_true_identity_is_supported_and_five_percent_or_a_rare_deviation_refute_it() -> None:
    rng = np.random.default_rng(0)
    found = followed(IDENTITY, identical(rng), STRICT)
    assert (
        found.answer == "supported"
        and found.guarantee == "exact"
        and found.detectable is not None
        and found.detectable <= 0.01
    )
    refuted = [
        followed(IDENTITY, identical(rng, off=off, share=share), STRICT)
        for off, share in ((0.05, 1), (-0.05, 1), (1e-9, 1), (0.05, 0.02))
    ]
    assert [one.answer for one in refuted] == ["refuted"] * 4 and not any(one.confirm for one in refuted)


def test_support_of_an_identity_takes_enough_draws() -> None:
    needed = int(np.ceil(np.log(STRICT.level) / np.log(1 - 0.01)))
    rng = np.random.default_rng(0)
    assert judged(IDENTITY, identical(rng, needed - 1), STRICT).answer == "open"
    assert judged(IDENTITY, identical(rng, needed), STRICT).answer == "supported"


def test_deviations_rarer_than_excluded_are_supported_no_more_often_than_declared() -> None:
    found = answers(150, lambda rng: followed(IDENTITY, identical(rng, 2000, off=0.05, share=0.01), RULE))
    assert at_most(found["supported"], 150, RULE.level)


def test_a_prediction_of_zero_has_no_relative_deviation() -> None:
    zero = measured(np.random.default_rng(0).random(1000), np.zeros(1000), error=np.zeros(1000))
    with pytest.raises(BadDeclaration, match="scale"):
        judged(IDENTITY, [zero], STRICT)
    assert judged(IDENTITY.but(scale=Draws.m), [zero], STRICT).answer == "refuted"


@pytest.mark.parametrize(
    ("claim", "values"),
    [(IDENTITY, 1.0), (claim_of(Draws.x, Draws.y, Bound("<=")), 0.5), (claim_of(Draws.x, Draws.y, Bound(">=")), 2.0)],
)
def test_one_draw_without_an_answer_of_the_program_withholds_the_support(claim: Claim, values: float) -> None:
    error, x = np.zeros(1000), np.random.default_rng(0).uniform(1, 2, 1000)
    assert judged(claim, [measured(values * x, x, error=error)], STRICT).answer == "supported"
    for unknown in (np.inf, np.nan):
        error[500] = unknown
        found = judged(claim, [measured(values * x, x, error=error)], STRICT)
        assert found.answer == "undecided"
    everywhere = measured(7.0 * x, x, error=np.full(1000, np.inf))
    assert judged(claim, [everywhere], STRICT).answer == "undecided"


def test_in_single_precision_rounding_is_no_deviation() -> None:
    x = np.random.default_rng(0).uniform(0.5, 1, 1000)
    rounded = measured((x.astype(np.float32) ** 2).astype(float), x**2, error=np.zeros(1000))
    single = Rule(STRICT.level, STRICT.tolerance, STRICT.first_look, eps=float(np.finfo(np.float32).eps))
    assert judged(IDENTITY, [rounded], STRICT).answer == "refuted"
    assert judged(IDENTITY, [rounded], single).answer == "supported"
    tight = claim_of(Draws.square, Draws.x**2, Bound("<="))
    assert judged(tight, [rounded], STRICT).answer == "refuted"
    assert judged(tight, [rounded], single).answer == "supported"


# Pathwise bound


def below(rng: np.random.Generator, trials: int = 1000, factor: float = 1.0, **more: Any) -> list[Measured]:
    """u uniform on [1/2, 1] beside its bound 1/factor."""
    return [measured(factor * rng.uniform(0.5, 1, trials), **more)]


@pytest.mark.parametrize("sense", ["<=", ">="])
def test_a_true_bound_is_supported_and_one_wrong_by_five_percent_refuted(sense: Any) -> None:
    claim = claim_of(Draws.x, Draws.m, Bound(sense))
    true, wrong = (1.0, 1.05) if sense == "<=" else (2.0, 1.9)
    rng = np.random.default_rng(0)
    assert followed(claim, below(rng, factor=true), STRICT).answer == "supported"
    found = followed(claim, below(rng, factor=wrong), STRICT)
    assert found.answer == "refuted" and not found.confirm


def test_a_bound_met_with_equality_is_supported_up_to_rounding() -> None:
    claim, x = claim_of(Draws.square, Draws.x**2, Bound("<=")), np.random.default_rng(0).uniform(0.5, 1, 1000)
    for rounding, answer in ((1e-15, "supported"), (1e-12, "refuted")):
        assert judged(claim, [measured(x**2 * (1 + rounding), x**2, error=np.zeros(1000))], STRICT).answer == answer
    certain = measured(x**2 * (1 + 1e-12), x**2, error=np.zeros(1000), certificate=1e-11)
    assert judged(claim, [certain], STRICT).answer == "supported"
    vague = measured(x**2, x**2, error=np.zeros(1000), certificate=0.1)
    assert judged(claim, [vague], STRICT).answer == "undecided"


def test_a_violation_at_the_excluded_frequency_is_supported_no_more_often_than_declared() -> None:
    claim = claim_of(Draws.x, Draws.m, Bound("<=", excluded=0.02))
    found = answers(150, lambda rng: followed(claim, [measured(0.5 + (rng.random(1000) < 0.02))], RULE))
    assert at_most(found["supported"], 150, RULE.level) and found["refuted"] > 120


def test_a_bound_of_zero_needs_no_ratio() -> None:
    claim = claim_of(Draws.x, 0, Bound(">="))
    rng = np.random.default_rng(0)
    assert judged(claim, [measured(rng.random(1000), 0.0)], STRICT).answer == "supported"
    assert judged(claim, [measured(rng.random(1000) - 0.5, 0.0)], STRICT).answer == "refuted"
    doubt = np.zeros(1000)
    doubt[3] = np.inf
    assert judged(claim, [measured(rng.random(1000), np.zeros(1000), error=doubt)], STRICT).answer == "undecided"


def test_a_bound_given_an_event_counts_only_the_trials_that_meet_it() -> None:
    claim = claim_of(Draws.x, Draws.m, Bound("<="), given=Draws.met)
    rng = np.random.default_rng(0)
    assert judged(claim, below(rng, 400, drawn=1000), STRICT).answer == "open"
    assert judged(claim, below(rng, 700, drawn=1400), STRICT).answer == "supported"


@pytest.mark.parametrize("excluded", [0.0, 1.0, -0.1])
def test_a_share_to_exclude_outside_zero_and_one_is_a_bad_declaration(excluded: float) -> None:
    with pytest.raises(BadDeclaration, match="no share"):
        trials_to_begin(Bound("<=", excluded=excluded), STRICT)


# Threshold, draw by draw

PATHWISE = claim_of(Draws.growth, Draws.x, Threshold(of=Draws.eta))
MEAN = claim_of(Draws.drift, Draws.m, Threshold(of=Draws.eta, kind="mean"))


def sides(
    rng: np.random.Generator,
    true: float = 1.0,
    share: float = 1.0,
    error: Any = 0.0,
    certificate: Any = None,
    trials: int = 1000,
) -> list[Measured]:
    """Growth log(eta/(x·true)) at multiples of the predicted threshold x; in a `share` of the draws `true` applies."""
    x, moved = rng.uniform(0.5, 1, trials), np.where(rng.random(trials) < share, true, 1.0)
    at = [1 + side * STRICT.tolerance for side in threshold.SIDES]
    doubt = np.broadcast_to(np.asarray(error, dtype=float), (trials,)) * x
    return [measured(x, x, error=doubt)] + [
        measured(np.log(f / moved), np.nan, factor=f, certificate=certificate) for f in at
    ]


def test_a_true_threshold_is_supported_and_one_wrong_by_five_percent_refuted() -> None:
    rng = np.random.default_rng(0)
    for true, share, answer in (
        (1.0, 1, "supported"),
        (1.019, 1, "supported"),
        (0.981, 1, "supported"),
        (1.05, 1, "refuted"),
        (0.95, 1, "refuted"),
        (1.021, 1, "refuted"),
        (0.5, 1, "refuted"),
        (1.05, 0.02, "refuted"),
    ):
        assert followed(PATHWISE, sides(rng, true, share), STRICT).answer == answer, (true, share)


def test_a_sign_or_a_threshold_that_is_not_certain_supports_and_refutes_nothing() -> None:
    rng, one = np.random.default_rng(0), np.zeros(1000)
    one[5] = np.inf
    for unsure in (
        {"certificate": 0.1},
        {"certificate": np.inf},
        {"error": np.inf},
        {"error": np.nan},
        {"error": 0.06},
        {"error": 0.011},
        {"error": one},
    ):
        found = followed(PATHWISE, sides(rng, **unsure), STRICT)
        assert found.answer == "undecided" and found.reason.startswith("solver"), unsure
    assert followed(PATHWISE, sides(rng, 1.05, error=np.inf), STRICT).answer == "undecided"
    assert followed(PATHWISE, sides(rng, 1.05, error=0.001), STRICT).answer == "refuted"


def test_a_wrong_side_in_as_many_draws_as_excluded_is_supported_no_more_often_than_declared() -> None:
    found = answers(200, lambda rng: followed(PATHWISE, sides(rng, 1.05, share=0.01, trials=800), RULE))
    assert at_most(found["supported"], 200, RULE.level)


def test_a_threshold_is_asked_for_where_it_can_be_looked_at() -> None:
    assert len(stations(PATHWISE.relation, PATHWISE, POINT, 0.02)) == 5
    with pytest.raises(BadInput, match="tolerance"):
        stations(PATHWISE.relation, PATHWISE, POINT, 0.2)


# Threshold of a mean


def drifts(
    rng: np.random.Generator, true: float = 1.0, spread: float = 0.2, trials: int = MOST, error: float = 0.0
) -> list[Measured]:
    """eta − true and noise, common to the sides, at multiples of the predicted threshold 1."""
    z = spread * rng.normal(size=trials)
    return [measured(z, 1.0, error=error)] + [
        measured(f - true + z, np.nan, factor=f) for f in (1 + side * 0.02 for side in threshold.SIDES)
    ]


def test_a_true_mean_threshold_is_supported_and_one_wrong_by_five_percent_refuted() -> None:
    assert answers(20, lambda rng: followed(MEAN, drifts(rng, spread=0.1), STRICT))["supported"] == 20
    assert answers(20, lambda rng: followed(MEAN, drifts(rng, 1.05, 0.1), STRICT))["refuted"] == 20
    assert answers(20, lambda rng: followed(MEAN, drifts(rng, 0.95, 0.1), STRICT))["refuted"] == 20


@pytest.mark.parametrize("true", [0.98, 1.02])
def test_a_mean_threshold_at_the_edge_is_wrong_less_often_than_declared(true: float) -> None:
    found = answers(100, lambda rng: followed(MEAN, drifts(rng, true, spread=0.05, trials=2000), RULE))
    assert at_most(found["supported"] + found["refuted"], 100, 2 * RULE.level)  # either error at the level


def test_a_mean_threshold_is_not_decided_by_constants_dependent_trials_or_an_uncertain_prediction() -> None:
    rng = np.random.default_rng(0)
    assert followed(MEAN, drifts(rng, spread=0.0), STRICT).answer == "open"
    assert followed(MEAN, drifts(rng, error=0.011), STRICT).answer == "undecided"
    assert followed(MEAN, drifts(rng, error=np.inf), STRICT).answer == "undecided"
    assert followed(MEAN, drifts(rng, 1.05, error=np.inf), STRICT).answer == "undecided"
    with pytest.raises(BadSample, match="not independent"):
        tiled = [
            measured(np.tile(side.observable[: MOST // 6], 6), np.nan, factor=side.station.factor)
            for side in drifts(rng, spread=0.05)[1:]
        ]
        judged(MEAN, [measured(np.ones(MOST)), *tiled], STRICT)


# Wrong engines


def test_an_engine_that_supports_what_is_open_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        equality,
        "inside_or_outside",
        lambda lower, upper, low, high, gates: "refuted" if lower > high or upper < low else "supported",
    )
    found = verdicts_at(RULE.tolerance, 100)
    assert not at_most(found["supported"] + found["refuted"], 100, RULE.level)


def test_an_engine_that_takes_no_violation_for_support_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequency.sequential, "no_violation_bound", lambda trials, level: 0.0)
    found = answers(100, lambda rng: followed(IDENTITY, identical(rng, 50, off=0.05, share=0.01), RULE))
    assert not at_most(found["supported"], 100, RULE.level)

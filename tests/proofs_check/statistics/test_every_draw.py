"""Judges of identity and pathwise bound on trials of known truth, with a wrong engine that must fail."""

from typing import Any

import numpy as np
import pytest

from proofs_check.statistics import frequency, judged, trials_to_begin
from proofs_check.statistics.evidence import Measured, Rule
from tests.engine_toys import Draws, answers, at_most, claim_of, followed, measured
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Bound, Identity

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)


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


def test_support_takes_so_many_draws_that_half_of_the_level_is_its_error() -> None:
    """(1 − p)^n ≤ α/2: the error at p = `excluded` is known exactly, and no slack hides it."""
    needed = int(np.ceil(np.log(STRICT.level / 2) / np.log(1 - 0.01)))
    rng = np.random.default_rng(0)
    for claim, draw in ((IDENTITY, identical), (claim_of(Draws.x, Draws.m, Bound("<=")), below)):
        before, found = (judged(claim, draw(rng, trials), STRICT) for trials in (needed - 1, needed))
        assert trials_to_begin(claim.relation, STRICT) == needed
        assert before.answer == "open" and before.would_decide == f"{needed} trials in all"
        assert found.answer == "supported" and found.detectable == pytest.approx(1 - (STRICT.level / 2) ** (1 / needed))
        assert found.blind_spot == f"violations in fewer than {100 * found.detectable:.2g} % of the draws"


@pytest.mark.parametrize(("share", "kept"), [(0.5, True), (1.0, False)])
def test_deviations_as_rare_as_excluded_are_supported_half_as_often_as_declared(
    monkeypatch: pytest.MonkeyPatch, share: float, kept: bool
) -> None:
    monkeypatch.setattr(frequency, "DESIGNED", share)
    trials = trials_to_begin(IDENTITY.relation, RULE)
    found = answers(2000, lambda rng: judged(IDENTITY, identical(rng, trials, off=0.05, share=0.01), RULE))
    assert at_most(found["supported"], 2000, RULE.level / 2) == kept


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
    assert at_most(found["supported"], 150, RULE.level / 2) and found["refuted"] > 120


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
    assert judged(claim, below(rng, 800, drawn=1600), STRICT).answer == "supported"


@pytest.mark.parametrize("excluded", [0.0, 1.0, -0.1])
def test_a_share_to_exclude_outside_zero_and_one_is_a_bad_declaration(excluded: float) -> None:
    with pytest.raises(BadDeclaration, match="no share"):
        trials_to_begin(Bound("<=", excluded=excluded), STRICT)


# A wrong engine


def test_an_engine_that_takes_no_violation_for_support_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequency.sequential, "no_violation_bound", lambda trials, level: 0.0)
    found = answers(100, lambda rng: followed(IDENTITY, identical(rng, 50, off=0.05, share=0.01), RULE))
    assert not at_most(found["supported"], 100, RULE.level)

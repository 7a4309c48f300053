"""The judge of thresholds, draw by draw and in the mean, on trials of known truth."""

from typing import Any

import numpy as np
import pytest

from proofs_check.statistics import judged, stations
from proofs_check.statistics.evidence import Measured, Rule
from proofs_check.statistics.judges import threshold
from tests.engine_toys import POINT, Draws, answers, at_most, claim_of, followed, measured
from theory.errors import BadInput, BadSample
from theory.relation import Threshold

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)
MOST = 3000


# Draw by draw

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


# In the mean


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

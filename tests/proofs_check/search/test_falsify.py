"""Counterexamples and worst points: found, shrunk, confirmed on fresh trials, replayed; never invented."""

import dataclasses
import math
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from numerics.measure import Laboratory
from numerics.sources import digest_of
from numerics.store import Store
from proofs_check import cli
from proofs_check.check import check
from proofs_check.record import Record
from proofs_check.search import counterexample
from proofs_check.search.counterexample import Searched, holds, search_counterexample
from proofs_check.search.properties import assert_holds_everywhere
from proofs_check.search.worst import Falsified, falsify
from proofs_check.statistics.evidence import Outcome
from tests.engine_toys import at_most
from tests.search_toys import DECEPTIVE, EASY, EDGE, MEAN, PATHWISE, TRUE
from tests.toys import GaussianMean
from tests.toys import claims as true_claims
from theory.claim import Claim
from theory.errors import BadInput
from theory.setting import Point

GAUSSIAN = true_claims[1]
SIMPLEST = {"n": 56, "a": 1, "b": 1, "c": 0.1, "law": "plain"}
RUNS, LEVEL = 8, 0.1


def searched(claim: Claim, seed: int, **more: Any) -> Searched:
    return search_counterexample(claim, seed=seed, **{"level": LEVEL, "max_examples": 40, **more})


def replayed(line: str, monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    """The exit code of a replaying command."""
    monkeypatch.setattr(sys, "argv", shlex.split(line))
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def test_the_outcome_at_a_point_depends_on_point_seed_and_level_alone() -> None:
    point = MEAN.point(SIMPLEST)
    first, again, other = (holds(MEAN, point, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.answer == "refuted"
    assert first.estimate != other.estimate


def test_a_counterexample_is_found_and_shrunk_to_the_simplest_point() -> None:
    for seed in range(3):
        found = searched(MEAN, seed, level=1e-6, max_examples=400).counterexample
        assert found is not None
        assert found["point"] == SIMPLEST


def test_the_same_seed_gives_the_same_search() -> None:
    one, two = (searched(MEAN, 5, level=1e-6, max_examples=200) for _ in range(2))
    assert one.text() == two.text()


def test_a_true_claim_is_refuted_no_more_often_than_declared() -> None:
    runs = 10
    count = sum(searched(EDGE, seed, max_examples=60).counterexample is not None for seed in range(runs))
    assert at_most(count, runs, LEVEL)


def chance(*name: object) -> float:
    """A uniform number that depends on its name alone: the p-value of a true claim on the stream of that name."""
    return int(digest_of([str(part) for part in name]), 16) / 2**256


def refutations(monkeypatch: pytest.MonkeyPatch, stage: str) -> int:
    """How many searches refute a true claim whose trials err exactly as often as they may, at every point."""

    def screened(claim: Claim, point: Point, *, level: float, seed: int, **_: Any) -> Outcome:
        return Outcome("refuted" if chance(point, seed, "screen") < level else "supported")

    def confirmed(claim: Claim, point: Point, lab: Laboratory, level: float, request: dict[str, Any]) -> Record:
        share = LEVEL if stage == "screen" else level * 6 / math.pi**2  # the first data say again what they said
        refuted = chance(point, request["seed"], stage) < share
        return Record(verdict="refuted" if refuted else "undecided", point=point.text(), sentence="", replay="")

    monkeypatch.setattr(counterexample, "holds", screened)
    monkeypatch.setattr(counterexample, "confirmed", confirmed)
    return sum(searched(EDGE, seed, max_examples=30).counterexample is not None for seed in range(RUNS))


def test_any_number_of_screened_points_costs_no_error_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_most(refutations(monkeypatch, "confirm"), RUNS, LEVEL)


def test_a_search_that_confirms_on_its_own_data_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the trials that chose the point confirm it."""
    assert not at_most(refutations(monkeypatch, "screen"), RUNS, LEVEL)


def test_a_refutation_is_confirmed_on_a_stream_that_the_search_never_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = set()
    measure = Laboratory.measure
    monkeypatch.setattr(
        Laboratory, "measure", lambda lab, units: stages.update(u.stage for u in units) or measure(lab, units)
    )
    assert searched(MEAN, 0, level=1e-6, max_examples=200).confirmations == 1
    assert any(stage.startswith("confirm 1") for stage in stages)


def test_a_counterexample_is_kept_in_the_store_and_tried_first(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        lab = Laboratory(store=store)
        first = searched(MEAN, 0, level=1e-6, max_examples=200, lab=lab)
        again = searched(MEAN, 1, level=1e-6, max_examples=1, lab=lab)
    assert list((tmp_path / "examples").iterdir())
    assert first.counterexample and again.counterexample
    assert again.counterexample["point"] == first.counterexample["point"]


def test_a_property_test_fails_with_the_line_that_replays_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path))
    with pytest.raises(AssertionError, match=r"toys\.mean: refuted.*\nreplay: proofs-check check .*--set n=56") as told:
        assert_holds_everywhere(MEAN, max_examples=200)
    assert replayed(str(told.value).split("replay: ")[1], monkeypatch) == 1


def test_a_true_claim_passes_the_property_test() -> None:
    done = assert_holds_everywhere(GAUSSIAN, lab=Laboratory(), max_examples=30)
    assert done.counterexample is None
    assert done.examined > 5
    assert "the scale is zero" in done.fault  # at m = 0 nothing can be said, and that is reported


def test_a_claim_that_can_be_examined_nowhere_is_bad_input() -> None:
    with pytest.raises(BadInput, match="the scale is zero"):
        searched(
            GAUSSIAN.but(prediction=1 / (GaussianMean.m - GaussianMean.m * 1), scaling=()), 0
        ) if False else searched(GAUSSIAN.but(prediction=GaussianMean.m * 0, scaling=()), 0)


def test_a_violation_in_a_corner_is_found_shrunk_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path))
    done = falsify(EASY, budget=30, seed=0)
    assert done.verdict == "refuted"
    assert done.tightness > 1
    assert done.counterexample is not None
    assert done.counterexample["point"] == {**SIMPLEST, "n": 55}
    assert replayed(done.replay, monkeypatch) == 1


@pytest.mark.slow
@pytest.mark.parametrize("claim", [PATHWISE, DECEPTIVE], ids=["approached", "tight elsewhere"])
@pytest.mark.parametrize("seed", range(3))
def test_one_draw_of_ten_thousand_in_a_corner_is_found_within_a_minute(claim: Claim, seed: int) -> None:
    done = falsify(claim, budget=60, seed=seed)
    assert done.counterexample is not None
    assert done.seconds < 60
    (record,) = check(
        claim, values={k: v for k, v in SIMPLEST.items() if k != "law"}, seed=done.counterexample["seed"], level=1e-3
    )
    assert record["verdict"] == "refuted"
    assert done.counterexample["point"] == {**SIMPLEST, "law": done.worst_point["law"]}


def lasting(done: Falsified) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(done).items() if key != "seconds"}


def test_a_true_bound_is_not_refuted_and_its_tightness_is_told() -> None:
    one, two = (falsify(TRUE, budget=1000, max_trials=600_000, seed=1) for _ in range(2))
    assert one.verdict == "undecided"
    assert 0.999 < one.tightness <= 1
    assert "nothing is said of points not visited" in one.text()
    assert {"id", "worst_point", "tightness", "verdict"} <= set(one.as_json())
    assert lasting(one) == lasting(two)  # the same seed, the same search


def test_a_wrong_mean_in_a_corner_is_refuted_and_confirmed() -> None:
    done = falsify(MEAN, budget=20, seed=0)
    assert done.counterexample is not None
    assert (done.verdict, done.confirmations, done.counterexample["confirmations"]) == ("refuted", 1, 1)
    assert done.counterexample["point"] == SIMPLEST

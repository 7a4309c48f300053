"""Rivals on the same trials: which is closer, by the mean or draw by draw; with planted wrong engines."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.measure import Arrays, Laboratory, Unit
from proofs_check.compare import OF_DRAWS, OF_MEANS, Difference, compare
from proofs_check.statistics.evidence import Rule
from tests.engine_toys import EQUALITY, Draws, at_most, claim_of, measured
from theory.errors import BadDeclaration, BadInput
from theory.relation import Identity

module = importlib.import_module("proofs_check.compare")  # the package gives the function of this name
RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
EMPTY = Difference("the rival", {}, OF_MEANS)
AT = [{Draws.n: 16, Draws.m: 1, Draws.s: "0.1", Draws.eta: 1}]
FAR = EQUALITY.but(prediction=Draws.m * 21 / 20, title="five percent more")
CLAIM = EQUALITY.but(points=AT, rivals=[FAR])


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


class Listening(Laboratory):
    """A laboratory that remembers what was asked of it."""

    units: list[Unit]

    def measure(self, units: Any) -> list[Arrays]:
        self.units = [*getattr(self, "units", []), *units]
        return super().measure(units)


def between(mean: float, first: float, second: float, rng: np.random.Generator, trials: int = 2000) -> Difference:
    """The comparison of two predictions of a mean."""
    values = mean + 0.1 * rng.normal(size=trials)
    return module._of_means(EMPTY, EQUALITY, measured(values, first), measured(values, second), RULE)


def closer(mean: float, first: float, second: float, runs: int) -> dict[str, int]:
    found = [between(mean, first, second, np.random.default_rng(run)).closer for run in range(runs)]
    return {who: found.count(who) for who in ("claim", "rival", "")}


@pytest.mark.parametrize(
    ("mean", "first", "second", "who"),
    [
        (1.0, 1.0, 1.05, "claim"),
        (1.05, 1.0, 1.05, "rival"),
        (0.9, 1.0, 1.05, "claim"),
        (1.2, 1.0, 1.05, "rival"),
        (1.0, 1.1, 0.97, "rival"),
        (-1.0, -1.0, -1.05, "claim"),
    ],
)
def test_the_closer_prediction_is_found_whatever_its_side(mean: float, first: float, second: float, who: str) -> None:
    assert closer(mean, first, second, 10)[who] == 10


def test_at_the_midpoint_neither_is_closer_more_often_than_declared() -> None:
    found = closer(1.025, 1.0, 1.05, 200)
    assert at_most(found["claim"] + found["rival"], 200, RULE.level)


def test_a_comparison_of_estimates_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(only: Any, centre: float, scale: float, tolerance: float, rule: Rule) -> Any:
        mean = float((only.observable.mean() - centre) / scale)
        return dataclasses.replace(right(only, centre, scale, tolerance, rule), lower=mean, upper=mean)

    right = module._sequence_of_mean
    monkeypatch.setattr(module, "_sequence_of_mean", planted)
    found = closer(1.025, 1.0, 1.05, 60)
    assert not at_most(found["claim"] + found["rival"], 60, RULE.level)


def test_the_interval_covers_the_difference_of_the_distances() -> None:
    missed = 0
    for run in range(100):
        mean = 1 + 0.01 * (run % 12 - 3)
        true = abs(mean - 1) - abs(mean - 1.05)
        found = between(mean, 1.0, 1.05, np.random.default_rng(run))
        assert found.interval is not None and found.interval[0] <= found.interval[1]
        missed += not found.interval[0] - 1e-12 <= true <= found.interval[1] + 1e-12
    assert at_most(missed, 100, RULE.level)
    assert module._further(np.inf, 0.5) == 0.5 and module._further(-np.inf, 0.5) == -0.5


def test_equal_predictions_few_trials_and_uncertain_ones_decide_nothing() -> None:
    rng = np.random.default_rng(0)
    assert between(1.0, 1.0, 1.0, rng).reason.startswith("the same")
    assert between(1.0, 1.0, 1.05, rng, trials=20).closer == ""
    values = 1 + 0.1 * rng.normal(size=2000)
    for unsure in ({"error": 0.1}, {"certificate": 0.05}):
        one, other = measured(values, 1.0, **unsure), measured(values, 1.05)
        assert module._of_means(EMPTY, EQUALITY, one, other, RULE).closer == ""
    with pytest.raises(BadDeclaration, match="scale"):
        module._of_means(EMPTY, EQUALITY, measured(values, 0.0), measured(values, 1.0), RULE)


def by_draw(first: float, second: float, shape: tuple[int, ...], rng: np.random.Generator) -> Difference:
    """Predictions of every draw that miss it by some shares, in a random direction."""
    x = rng.uniform(0.5, 1, shape)
    miss = [x * (1 + by * rng.normal(size=shape)) for by in (first, second)]
    one, other = (measured(x, value, error=np.zeros(shape)) for value in miss)
    return module._of_draws(EMPTY, EQUALITY, one, other, RULE)


@pytest.mark.parametrize("shape", [(1000,), (1000, 3)])
def test_predictions_of_every_draw_are_compared_draw_by_draw(shape: tuple[int, ...]) -> None:
    found = {pair: [by_draw(*pair, shape, np.random.default_rng(run)).closer for run in range(10)]
             for pair in ((0.01, 0.03), (0.03, 0.01))}  # fmt: skip
    assert set(found[0.01, 0.03]) == {"claim"} and set(found[0.03, 0.01]) == {"rival"}
    even = [by_draw(0.02, 0.02, shape, np.random.default_rng(run)).closer for run in range(100)]
    assert at_most(100 - even.count(""), 100, RULE.level)
    exact = by_draw(0.0, 0.0, shape, np.random.default_rng(0))
    assert exact.closer == "" and exact.reason.startswith("the same")


# Whole comparisons


def test_a_claim_and_its_rival_are_judged_on_the_same_trials() -> None:
    lab = Listening()
    found = compare(CLAIM, lab=lab, points=1, error_rate=3e-3)
    assert [record["verdict"] for record in found.records] == ["supported", "refuted"]
    assert [record["level"] for record in found.records] == [1e-3, 1e-3]
    (difference,) = found.differences
    assert difference.closer == "claim" and difference.level == 1e-3 and difference.quantity == OF_MEANS
    screened = [unit for unit in lab.units if unit.stage == "screen"]
    assert {(unit.seed, unit.point) for unit in screened} == {(0, screened[0].point)}
    assert len({unit.block for unit in screened}) < len(screened)


def test_the_comparison_reads_as_json_and_as_text() -> None:
    turned = FAR.but(points=AT, rivals=[CLAIM.but(rivals=(), title="the true one")])
    found = compare(turned, points=2, tolerance=0.02)
    rows = found.as_json()
    assert rows["id"] == "toys.engine" and len(rows["records"]) == 2 and len(rows["differences"]) == 2
    assert {row["closer"] for row in rows["differences"]} == {"rival"} and rows["differences"][0]["mean"] is not None
    assert "closer: the rival" in found.text() and "the true one" in found.text()
    near = CLAIM.but(prediction=Draws.m * 10001 / 10000, title="next to it")
    blurred = compare(CLAIM, rivals=[near], points=1, max_trials=2048)
    assert "cannot be told apart at this number of trials" in blurred.text()


def test_rivals_for_every_draw_are_compared_draw_by_draw() -> None:
    claim = claim_of(Draws.square, Draws.x**2, Identity(), points=AT)
    rival = claim.but(prediction=Draws.x**2 * 1.01, title="one percent more")
    found = compare(claim, rivals=[rival], points=1)
    assert found.differences[0].closer == "claim" and found.differences[0].quantity == OF_DRAWS
    assert [record["verdict"] for record in found.records] == ["supported", "refuted"]


def test_a_rival_goes_to_the_points_of_the_claim() -> None:
    elsewhere = FAR.but(points=[{Draws.m: 2}], quantity="elsewhere")
    found = compare(CLAIM, rivals=[elsewhere], values={"m": "0.5", "s": "0.1"})
    assert {record["point"]["m"] for record in found.records} == {0.5} and found.differences[0].point["m"] == 0.5
    assert len({str(record["point"]) for record in found.records}) == 1


def test_what_cannot_be_compared_is_bad_input() -> None:
    with pytest.raises(BadInput, match="no rivals"):
        compare(EQUALITY)
    with pytest.raises(BadInput, match="share no trials"):
        compare(CLAIM, rivals=[FAR.but(observable=Draws.x)])
    with pytest.raises(BadInput, match="wrong variant"):
        compare(CLAIM, wrong="five percent more")

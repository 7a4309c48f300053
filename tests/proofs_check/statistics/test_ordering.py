"""Orderings: pairs, shared and independent random numbers, the zone of indifference; with planted wrong engines."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from proofs_check.statistics.evidence import Known, Measured, Outcome, Rule, Station
from proofs_check.statistics.judges import ordering
from proofs_check.statistics.judging import judged, stations
from proofs_check.statistics.sequential import looks
from tests.engine_toys import POINT, Draws, answers, at_most, claim_of
from theory.claim import Claim, Wrong
from theory.domain import Real, Size
from theory.errors import BadDeclaration, BadSample, OutsideDomain
from theory.evaluate import Prediction
from theory.relation import Ordering
from theory.setting import Event, Observable, Point, Setting

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)
MOST = 3000


class Features(Setting):
    """The mean of k numbers 1 + z, squared, and a ramp in eta."""

    k = Size(at_least=1, typical=(2, 8))
    eta = Real(at_least=0, typical=(0.5, 2))
    loss = Observable("the squared mean: 1 + 1/k on average")
    ramp = Observable("1 + eta (1 + z)/100 + u/2")
    coin = Observable("whether a number is below eta", values="discrete")
    met = Event("the first number is positive")


class Singles(Setting):
    """The same loss from a simulator of single trials."""

    k = Size(at_least=1, typical=(2, 8))
    loss = Observable("the squared mean")


@simulates(Features, cost=1e-5)
def features(*, k: int, eta: float, trials: int, rng: Stream) -> dict[str, Array]:
    xp, z, u = rng.xp, rng.normal((trials, k)), rng.uniform((trials,))
    return {
        "loss": xp.mean(1 + z, axis=1) ** 2,
        "ramp": 1 + eta / 100 * (1 + z[:, 0]) + u / 2,
        "coin": xp.astype(u < eta, xp.float64),
        "met": z[:, 0] > 0,
    }


@simulates(Singles, batched=False, cost=lambda k: 1e-4 * k, block=None)
def singles(*, k: int, rng: Stream) -> dict[str, Array]:
    return {"loss": rng.xp.mean(1 + rng.normal((k,))) ** 2}


S = Features
DOUBLED = Ordering(lower={S.k: 2 * S.k}, upper={S.k: S.k})
TOY = claim_of(Draws.y, None, Ordering(lower={Draws.eta: 1}, upper={Draws.eta: 2}), scale=Draws.m)
AT = [{S.k: 3, S.eta: 1}]


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


def side(trials: Any, label: str, certificate: Any = None, **known: Any) -> Measured:
    values = np.asarray(trials, dtype=float)
    bound = None if certificate is None else np.full(len(values), certificate)
    return Measured(Station(POINT, label), values, Prediction(np.nan, 0.0, ""), bound, len(values), Known(**known))


def pair(
    theta: float, rng: np.random.Generator, trials: int = MOST, spread: float = 0.2, **more: Any
) -> list[Measured]:
    """Means 1 + θ and 1, with most of the noise in common."""
    common, own = rng.normal(size=trials), rng.normal(size=(2, trials))
    return [side(1 + at + 0.5 * common + spread / np.sqrt(2) * z, label, **more)
            for at, z, label in zip((theta, 0.0), own, (ordering.LOWER, ordering.UPPER), strict=True)]  # fmt: skip


def followed(claim: Claim, sides: list[Measured], rule: Rule) -> Outcome:
    for count in looks(rule.first_look + ordering.PILOT, sides[0].kept):
        found = judged(
            claim,
            [Measured(s.station, s.observable[:count], s.prediction,
                      None if s.certificate is None else s.certificate[:count], count, s.known) for s in sides],
            rule,
        )  # fmt: skip
        if found.answer != "open":
            break
    return found


def verdicts(claim: Claim, theta: float, runs: int, rule: Rule, **more: Any) -> Any:
    return answers(runs, lambda rng: followed(claim, pair(theta, rng, **more), rule))


@pytest.mark.parametrize(("theta", "answer"), [(-0.05, "supported"), (0.0, "supported"), (0.05, "refuted")])
def test_an_ordering_is_supported_or_refuted_as_it_is(theta: float, answer: str) -> None:
    assert verdicts(TOY, theta, 20, STRICT, spread=0.1)[answer] == 20


@pytest.mark.parametrize(("theta", "wrong"), [(0.0, "refuted"), (0.02, "supported")])
def test_at_either_end_of_the_zone_wrong_verdicts_are_rarer_than_declared(theta: float, wrong: str) -> None:
    assert at_most(verdicts(TOY, theta, 150, RULE)[wrong], 150, RULE.level)


def test_a_strict_ordering_wants_a_difference() -> None:
    strict = TOY.but(relation=Ordering(lower={Draws.eta: 1}, upper={Draws.eta: 2}, strict=True))
    assert verdicts(strict, -0.05, 10, STRICT, spread=0.1)["supported"] == 10
    assert verdicts(strict, 0.05, 10, STRICT, spread=0.1)["refuted"] == 10
    found = verdicts(strict, 0.0, 100, RULE)
    assert at_most(found["supported"], 100, RULE.level) and at_most(found["refuted"], 100, RULE.level)


def test_the_scale_is_that_of_the_claim_or_the_mean_of_a_discarded_pilot() -> None:
    unscaled, rng = TOY.but(scale=None), np.random.default_rng(0)
    sides = [side(50 * s.observable, s.station.label) for s in pair(0.05, rng, spread=0.1)]
    found = followed(unscaled, sides, STRICT)
    assert found.answer == "refuted" and found.estimate == pytest.approx(0.05, abs=0.02)
    vague = [side(s.observable - 50, s.station.label) for s in sides]
    assert followed(unscaled, vague, STRICT).reason.startswith("regime")


def test_certificates_widen_the_difference() -> None:
    rng = np.random.default_rng(0)
    assert followed(TOY, pair(0.0, rng, spread=0.05, certificate=0.001), STRICT).certificate == pytest.approx(0.002)
    for vague in (0.006, np.inf):
        assert followed(TOY, pair(0.05, rng, certificate=vague), STRICT).answer == "undecided"


def test_outcomes_of_zero_and_one_are_judged_within_their_bounds() -> None:
    def coins(low: float, rng: np.random.Generator) -> list[Measured]:
        u = rng.random(6000)
        return [side(u < low, ordering.LOWER, values="discrete"), side(u < 0.5, ordering.UPPER, values="discrete")]

    assert answers(5, lambda rng: followed(TOY, coins(0.3, rng), STRICT))["supported"] == 5
    found = followed(TOY, coins(0.7, np.random.default_rng(0)), STRICT)
    assert found.answer == "refuted" and found.guarantee == "bounded"


def test_no_verdict_without_variation_pairs_or_a_number() -> None:
    rng = np.random.default_rng(0)
    assert judged(TOY, pair(-0.5, rng, trials=60), STRICT).answer == "open"
    same = rng.normal(size=MOST)
    assert followed(TOY, [side(same, ordering.LOWER), side(same, ordering.UPPER)], STRICT).answer == "open"
    with pytest.raises(BadDeclaration, match="array"):
        judged(TOY, [side(rng.normal(size=(500, 2)), label) for label in "lu"], STRICT)
    with pytest.raises(BadSample, match="not independent"):
        walk = np.convolve(rng.normal(size=MOST), np.ones(4), "same")
        judged(TOY, [side(walk, ordering.LOWER), side(rng.normal(size=MOST), ordering.UPPER)], STRICT)


# Where pairs may share their numbers


def places(claim: Claim, **values: Any) -> list[Station]:
    return stations(claim.relation, claim, Point.of(claim.setting, values), 0.02)


def test_streams_are_shared_where_pairs_stay_independent() -> None:
    in_eta = Ordering(lower={S.eta: S.eta / 2}, upper={S.eta: S.eta})
    lower, upper = places(claim_of(S.ramp, None, in_eta, S), k=3, eta=1)
    assert lower.apart == upper.apart == ("eta",) and float(lower.point["eta"]) == 0.5
    assert {s.apart for s in places(claim_of(S.loss, None, DOUBLED, S), k=3, eta=1)} == {()}
    assert {s.apart for s in places(claim_of(S.ramp, None, in_eta, S, given=S.met), k=3, eta=1)} == {()}
    alone = Ordering(lower={Singles.k: 2 * Singles.k}, upper={Singles.k: Singles.k})
    assert {s.apart for s in places(claim_of(Singles.loss, None, alone, Singles), k=3)} == {("k",)}


def test_two_equal_sides_and_one_outside_the_assumptions_are_bad_input() -> None:
    with pytest.raises(BadDeclaration, match="same"):
        Ordering(lower={S.k: S.k}, upper={S.k: S.k})
    with pytest.raises(BadDeclaration, match="same point"):
        places(claim_of(S.loss, None, Ordering(lower={S.k: S.k}), S), k=3, eta=1)
    with pytest.raises(OutsideDomain, match="side of its ordering"):
        places(claim_of(S.loss, None, DOUBLED, S, assuming=[S.k < 5]), k=3, eta=1)


def test_trials_of_blocks_of_two_sizes_pair_by_block_and_offset() -> None:
    alone = claim_of(Singles.loss, None, Ordering(lower={Singles.k: 40}, upper={Singles.k: 20}), Singles)
    sizes = [125, 250]  # half a second of work at 1e-4 k seconds a trial
    names = [np.arange(4 * size) // size * 1000 + np.arange(4 * size) % size for size in sizes]
    both = places(alone, k=20)
    made = [Measured(s, names[i].astype(float), Prediction(np.nan, 0.0, ""), None, len(names[i]))
            for i, s in enumerate(both)]  # fmt: skip
    low, high = ordering._paired(alone, made)
    assert np.array_equal(low, high) and len(low) == 4 * 125


def overlapping(rng: np.random.Generator, trials: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """What one stream gives a batch at k = 1 and at k = 2: trial i of the one is part of trial i/2 of the other.

    Both have mean 1; at k = 2 the sign is turned, so that the two pull together.
    """
    z = rng.normal(size=2 * trials)
    return 1 + 0.1 * z[:trials], 1 - 0.1 * z.reshape(trials, 2).sum(axis=1) / np.sqrt(2)


def test_pairs_of_a_batch_whose_arrays_differ_in_size_depend_on_each_other() -> None:
    """A planted engine: it shares the stream of a batch though a size differs. Its variance is too small."""

    def error(draw: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]) -> float:
        means = [np.subtract(*draw(np.random.default_rng(run))).mean() for run in range(400)]
        claimed = [np.subtract(*draw(np.random.default_rng(run))).std() for run in range(20)]
        return float(np.std(means) * np.sqrt(2000) / np.mean(claimed))

    assert error(lambda rng: (rng.normal(size=2000), rng.normal(size=2000))) == pytest.approx(1, abs=0.15)
    assert error(overlapping) == pytest.approx(np.sqrt(1.707), abs=0.15)  # (1 + 1/√2)² + 1/2 against 2


def test_an_engine_that_takes_the_mean_for_its_bounds_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(values: np.ndarray, rule: Rule, **more: Any) -> Any:
        mean = float(values.mean())
        return dataclasses.replace(right(values, rule, **more), lower=mean, upper=mean, gates_open=True)

    right = ordering.mean_sequence
    monkeypatch.setattr(ordering, "mean_sequence", planted)
    assert not at_most(verdicts(TOY, 0.0, 60, RULE)["refuted"], 60, RULE.level)


# Whole checks


@pytest.mark.parametrize("alone", [False, True])
def test_an_ordering_in_a_size_is_checked_end_to_end(alone: bool) -> None:
    setting = Singles if alone else S
    relation = Ordering(lower={setting.k: 2 * setting.k}, upper={setting.k: setting.k})
    reversed_ = Ordering(lower={setting.k: setting.k}, upper={setting.k: 2 * setting.k})
    claim = claim_of(
        setting.loss,
        None,
        relation,
        setting,
        points=[{setting.k: 2}],
        wrong=[Wrong("the other way", relation=reversed_)],
    )
    (record,) = check(claim, points=1, tolerance=0.05)
    assert record["verdict"] == "supported" and record["unit"] == "relative difference" and record["prediction"] is None
    (record,) = check(claim, points=1, tolerance=0.05, wrong="the other way")
    assert record["verdict"] == "refuted" and record["confirmations"] == 1


def test_shared_numbers_show_a_difference_that_independent_ones_do_not() -> None:
    up = Ordering(lower={S.eta: S.eta}, upper={S.eta: 2 * S.eta}, strict=True)
    claim = claim_of(S.ramp, None, up, S, points=AT)
    (shared,) = check(claim, points=1, max_trials=4096)
    (apart,) = check(claim.but(given=S.met), points=1, max_trials=4096)
    assert shared["verdict"] == "supported" and "common random numbers" in shared["notes"]
    assert apart["verdict"] == "undecided" and 0.4 < apart["given_kept"] < 0.6
    (loose,) = check(claim.but(given=S.met, relation=Ordering(lower=up.lower, upper=up.upper)), points=1)
    assert loose["verdict"] == "supported"

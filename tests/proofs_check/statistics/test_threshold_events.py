"""Thresholds given an event, and thresholds at which the observable jumps; with planted wrong engines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check, falsify
from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station
from proofs_check.statistics.judges import threshold
from proofs_check.statistics.judging import judged, stations, trials_to_begin
from proofs_check.statistics.sequential import looks
from tests.engine_toys import POINT, Draws, answers, at_most, claim_of, measured
from theory.claim import Claim
from theory.domain import Real
from theory.errors import BadDeclaration
from theory.evaluate import Prediction
from theory.relation import Threshold
from theory.setting import Event, Observable, Setting

RULE = Rule(level=0.05, tolerance=0.02, first_look=64)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=64)


class Switch(Setting):
    """A variable at 0 below the switching value m, near 2·s above it; which one a draw takes is chance near it."""

    m = Real(above=0, typical=(1, 2))
    s = Real(above=0, typical=(1, 2))
    eta = Real(above=0, typical=(0.5, 2), per_trial=True)
    mode = Observable("0 or 2s, and noise")
    sign = Observable("the sign of eta − m in the draws that count, −1 in others")
    counts = Event("a draw that counts: three of four")


@simulates(Switch, cost=1e-5)
def switch(*, m: float, s: float, eta: Array, trials: int, rng: Stream) -> dict[str, Array]:
    xp, u, z, counts = rng.xp, rng.uniform((trials,)), rng.normal((trials,)), rng.uniform((trials,)) < 0.75
    up = xp.astype(u < 0.5 + 10 * (eta / m - 1), xp.float64)
    return {
        "mode": 2 * s * up + s * z / 10,
        "sign": xp.where(counts, (eta - m) * (1 + u), -1 - u),
        "counts": counts,
    }


S = Switch
JUMP = claim_of(S.mode, S.m, Threshold(of=S.eta, first_order=True, signal=S.s), S, points=[{S.m: 1, S.s: 1}])
GIVEN = claim_of(S.sign, S.m, Threshold(of=S.eta), S, given=S.counts, points=[{S.m: 1, S.s: 1}])
TOY = claim_of(Draws.y, Draws.m, Threshold(of=Draws.eta, first_order=True, signal=Draws.m / 2))
PATHWISE = claim_of(Draws.growth, Draws.x, Threshold(of=Draws.eta), given=Draws.met)
FACTORS = [1 + side * 0.02 for side in threshold.SIDES]


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


def made(values: Any, prediction: Any = np.nan, *, factor: float | None = None, met: Any = None, error: Any = 0.0,
         certificate: float | None = None) -> Measured:  # fmt: skip
    values = np.asarray(values, dtype=float)
    bound = None if certificate is None else np.full(len(values), certificate)
    extra = {} if met is None else {"met": np.asarray(met, dtype=bool)}
    station = Station(POINT, factor=factor, apart=("eta",))
    return Measured(station, values, Prediction(prediction, error, "toy"), bound, len(values), **extra)


def cut(one: Measured, n: int) -> Measured:
    def first(part: Any) -> Any:
        return part if part is None or np.ndim(part) == 0 else part[:n]

    met = {"met": first(one.met)} if getattr(one, "met", None) is not None else {}
    prediction = Prediction(first(one.prediction.value), first(one.prediction.error), "toy")
    return Measured(one.station, one.observable[:n], prediction, first(one.certificate), n, **met)


def followed(claim: Claim, sides: list[Measured], rule: Rule) -> Outcome:
    size = sides[0].drawn
    for n in looks(min(trials_to_begin(claim.relation, rule), size), size):
        found = judged(claim, [cut(side, n) for side in sides], rule)
        if found.answer != "open":
            break
    return found


# Jumps


def jumping(rng: np.random.Generator, chances: tuple[float, ...], trials: int = 800, **more: Any) -> list[Measured]:
    """At each side a share of the draws is on the upper branch, at 1, the others at 0; the signal is 1/2."""
    noise = 0.05 * rng.normal(size=(4, trials))
    sides = [made((rng.random(trials) < chance) + z, factor=f, **more)
             for chance, f, z in zip(chances, FACTORS, noise, strict=True)]  # fmt: skip
    return [made(np.zeros(trials), 1.0), *sides]


@pytest.mark.parametrize(
    ("chances", "answer"),
    [
        ((0.0, 0.0, 1.0, 1.0), "supported"),
        ((0.1, 0.3, 0.7, 0.9), "supported"),
        ((0.3, 0.7, 1.0, 1.0), "refuted"),
        ((0.0, 0.1, 0.3, 0.9), "refuted"),
        ((0.0, 0.0, 1.0, 0.0), "refuted"),
    ],
)
def test_most_draws_are_on_their_side_of_the_signal_or_not(chances: tuple[float, ...], answer: str) -> None:
    assert answers(20, lambda rng: followed(TOY, jumping(rng, chances), STRICT))[answer] == 20
    assert followed(TOY, jumping(np.random.default_rng(0), chances), STRICT).guarantee == "exact"


@pytest.mark.parametrize("chances", [(0.0, 0.5, 1.0, 1.0), (0.5, 0.5, 0.5, 0.5)])
def test_where_half_the_draws_jump_wrong_verdicts_are_rarer_than_declared(chances: tuple[float, ...]) -> None:
    found = answers(200, lambda rng: followed(TOY, jumping(rng, chances), RULE))
    assert at_most(found["supported"], 200, RULE.level) and at_most(found["refuted"], 200, RULE.level)


def test_an_engine_that_counts_the_majority_seen_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        threshold.sequential, "proportion_exceeds", lambda x, n, *, p0: np.inf if x > p0 * n else -np.inf
    )
    found = answers(60, lambda rng: followed(TOY, jumping(rng, (0.0, 0.5, 1.0, 1.0)), RULE))
    assert not at_most(found["supported"] + found["refuted"], 60, RULE.level)


def test_a_jump_is_not_decided_by_values_within_their_certificate_of_the_signal() -> None:
    rng, sharp = np.random.default_rng(0), (0.0, 0.0, 1.0, 1.0)
    assert followed(TOY, jumping(rng, sharp, certificate=0.02), STRICT).answer == "supported"
    assert followed(TOY, jumping(rng, sharp, certificate=0.6), STRICT).answer == "open"
    vague = [made(np.zeros(800), 1.0, error=0.011), *jumping(rng, sharp)[1:]]
    assert followed(TOY, vague, STRICT).answer == "undecided"


def test_the_signal_is_a_level_at_the_point() -> None:
    bad = TOY.but(relation=Threshold(of=Draws.eta, first_order=True, signal=Draws.eta))
    with pytest.raises(BadDeclaration, match="may not read"):
        stations(bad.relation, bad, POINT, 0.02)


def test_jumps_are_checked_end_to_end() -> None:
    (record,) = check(JUMP, points=1)
    assert record["verdict"] == "supported" and record["guarantee"] == "exact"
    for factor in ("1.05", "0.95"):
        (record,) = check(JUMP.but(prediction=S.m * float(factor)), points=1)
        assert record["verdict"] == "refuted" and record["confirmations"] == 1
    (record,) = check(JUMP.but(relation=Threshold(of=S.eta, first_order=True, signal=3 * S.s)), points=1)
    assert record["verdict"] == "refuted"


# Given an event


def conditional(rng: np.random.Generator, true: float = 1.0, share: float = 0.75, trials: int = 1200) -> list[Measured]:
    """Growth log(eta/(x·true)) in the draws that meet the event; in the others the sign is wrong on every side."""
    x, met = rng.uniform(0.5, 1, trials), rng.random(trials) < share
    sides = [made(np.where(met, np.log(f / true), -np.log(f)), factor=f, met=met) for f in FACTORS]
    return [made(x, x, error=np.zeros(trials), met=~met), *sides]


def test_only_draws_that_meet_the_event_on_every_side_are_judged() -> None:
    rng = np.random.default_rng(0)
    found = followed(PATHWISE, conditional(rng), STRICT)
    assert found.answer == "supported" and found.series[0]["kept"] < 0.8 * found.series[0]["trials"]
    assert followed(PATHWISE, conditional(rng, 1.05), STRICT).answer == "refuted"
    assert followed(PATHWISE, conditional(rng, trials=800), STRICT).answer == "open"
    sides = conditional(rng)
    late = sides[-1].met.copy()  # the event is lost on one side in draws whose sign is wrong on another
    sides[1].observable[:50], late[:50] = 1.0, False
    assert followed(
        PATHWISE, [*sides[:-1], made(sides[-1].observable, factor=FACTORS[-1], met=late)], STRICT
    ).answer in (
        "supported",
        "open",
    )


def test_an_event_that_is_hardly_met_is_named() -> None:
    for share in (0.0, 0.02):
        found = followed(PATHWISE, conditional(np.random.default_rng(0), share=share), STRICT)
        assert found.answer == "open" and found.reason.startswith("rare condition")


def test_an_engine_that_ignores_the_event_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold, "_meeting", lambda measured: list(measured))
    assert followed(PATHWISE, conditional(np.random.default_rng(0)), STRICT).answer == "refuted"


def test_conditional_thresholds_are_checked_end_to_end() -> None:
    (record,) = check(GIVEN, points=1)
    assert record["verdict"] == "supported" and 0.7 < record["given_kept"] < 0.8
    (record,) = check(GIVEN.but(prediction=S.m * 21 / 20), points=1)
    assert record["verdict"] == "refuted"
    (record,) = check(GIVEN.but(given=None), points=1)
    assert record["verdict"] == "refuted"


def test_each_side_of_a_mean_threshold_has_its_share_of_a_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequence has slack, so that no error rate shows whether the share is taken: it is looked at."""
    levels, real = list[float](), threshold.sequential.mixture_cs

    def spying(values: np.ndarray, *, level: float, **more: Any) -> Any:
        levels.append(level)
        return real(values, level=level, **more)

    monkeypatch.setattr(threshold.sequential, "mixture_cs", spying)
    claim = claim_of(Draws.drift, Draws.m, Threshold(of=Draws.eta, kind="mean"))
    rule = Rule(level=1e-3, tolerance=0.02, first_look=256)

    def sides(true: float) -> list[Measured]:
        z = 0.05 * np.random.default_rng(0).normal(size=3000)
        return [measured(z, 1.0)] + [measured(f - true + z, np.nan, factor=f) for f in (0.9, 0.98, 1.02, 1.1)]

    assert judged(claim, sides(1.0), rule).answer == "supported" and set(levels) == {1e-3}
    assert judged(claim, sides(1.05), rule).answer == "refuted" and set(levels) == {1e-3, 2.5e-4}


def test_a_wrong_jump_is_falsified_though_no_single_draw_refutes_it() -> None:
    found = falsify(JUMP.but(prediction=S.m * 6 / 5), budget=8)
    assert found.verdict == "refuted" and found.confirmations >= 1
    assert not JUMP.relation.of_every_draw and JUMP.relation.counts_draws

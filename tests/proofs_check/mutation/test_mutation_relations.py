"""Mutants of what an exponent or an order asserts beside its prediction: floor, finite-size term, sense."""

import dataclasses
from typing import Any

import pytest
from sympy import Integer

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.mutation.mutants import mutants_of
from proofs_check.mutation.mutating import mutate
from proofs_check.mutation.scores import Fate
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.domain import Real, Size
from theory.relation import Exponent, Ladder, Order, Relation
from theory.setting import Observable, Setting


class Powers(Setting):
    """n^-m (1 + c/n) + f."""

    n = Size(at_least=2, typical=(16, 64))
    m = Real(at_least=0, typical=(1, 2))
    c = Real(typical=(0, 1))
    f = Real(at_least=0, typical=(0, 0.1))
    y = Observable("with 10 % noise")


@simulates(Powers, cost=1e-6)
def powers(*, n: int, m: float, c: float, f: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"y": (n**-m * (1 + c / n) + f) * (1 + 0.1 * rng.normal((trials,)))}


P = Powers
LADDER = Ladder(P.n, [16, 32, 64, 128, 256, 512])
PURE = {P.m: 1, P.c: 0, P.f: 0}


def falls(at: dict[Any, Any], **relation: Any) -> Claim:
    """The claim that y goes like 1/n."""
    return claim_of(P.y, Integer(-1), Exponent(LADDER, within=0.05, **relation), Powers, fixing={**PURE, **at})


def order(sense: Any, at: dict[Any, Any] = PURE) -> Claim:
    """The claim that y is an order of 1/n."""
    return claim_of(P.y, 1 / P.n, Order(LADDER, sense), Powers, fixing={**PURE, **at})


def fate(claim: Claim, name: str, **request: Any) -> Fate:
    (report,) = mutate(claim, **{"max_trials": 20_000, **request})
    return next(fate for fate in report.fates if fate.name == name)


def relations(claim: Claim) -> dict[str, Relation]:
    return {m.name: m.claim.relation for m in mutants_of(claim) if m.claim.relation != claim.relation}


def test_floor_and_finite_size_term_are_dropped_where_they_are_declared() -> None:
    both = falls({}, floor=True, correction=1)
    assert relations(both) == {
        "the floor dropped": dataclasses.replace(both.relation, floor=False),
        "the finite-size term dropped": dataclasses.replace(both.relation, correction=None),
    }
    assert relations(falls({})) == {}


@pytest.mark.parametrize("sense", ["Theta", "O", "o"])
def test_an_order_is_tried_in_its_other_senses(sense: str) -> None:
    found = [one.sense for one in relations(order(sense)).values() if isinstance(one, Order)]
    assert sorted([sense, *found]) == ["O", "Theta", "o"]


def test_a_floor_that_is_there_cannot_be_dropped() -> None:
    """On the top half a floor of 1/100 makes 1/n flatter by 0.5 to 0.8, ten tolerances and more."""
    found = fate(falls({P.f: "0.01"}, floor=True), "the floor dropped")
    assert found.counts and found.outcome == "refuted"
    assert 0.5 < found.false_by / 0.02 * 0.05 < 0.9


def test_a_floor_that_is_not_there_can_be_dropped() -> None:
    """The twin: the slope is the same without it."""
    found = fate(falls({}, floor=True), "the floor dropped")
    assert not found.counts and found.outcome == "not counted"


def test_without_its_finite_size_term_a_slope_is_still_true() -> None:
    found = fate(falls({P.c: 1}, correction=1), "the finite-size term dropped")
    assert (found.outcome, found.reason) == ("still true", "the claim implies it")


def test_what_is_theta_is_also_capital_o_but_not_small_o() -> None:
    assert fate(order("Theta"), "Theta turned into O").outcome == "still true"
    small = fate(order("Theta"), "Theta turned into o")
    assert small.counts and small.outcome == "refuted"


def test_what_is_small_o_is_also_capital_o_but_not_theta() -> None:
    falling = order("o", {P.m: 2})
    assert fate(falling, "o turned into O").outcome == "still true"
    theta = fate(falling, "o turned into Theta")
    assert theta.counts and theta.outcome == "refuted"


@pytest.mark.parametrize(("power", "theta", "small"), [(1, "not counted", "refuted"), (2, "refuted", "not counted")])
def test_of_a_capital_o_the_trials_tell_which_other_sense_is_true(power: int, theta: str, small: str) -> None:
    claim = order("O", {P.m: power})
    assert fate(claim, "O turned into Theta").outcome == theta
    assert fate(claim, "O turned into o").outcome == small


def test_a_fall_by_a_logarithm_or_within_the_noise_counts_for_nothing() -> None:
    """1/n^1.1 beside 1/n falls less than a log factor at these sizes; a true Theta never counts as false."""
    slow = order("O", {P.m: "1.1"})
    assert not fate(slow, "O turned into Theta", max_trials=4096).counts
    for seed in range(5):
        assert not fate(order("O"), "O turned into Theta", seed=seed, max_trials=1).counts

"""Mutants of laws, optima, slopes, orders and orderings: each is made, and judged by what is known of it."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from sympy import Integral, Rational, Sum, Symbol, exp, hyper, oo

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.mutation.laws import mirrored, stretched
from proofs_check.mutation.mutants import mutants_of
from proofs_check.mutation.mutating import mutate
from proofs_check.mutation.scores import MutationReport
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.computed import Law, Minimum, Shares
from theory.domain import Real, Size
from theory.errors import BadInput
from theory.relation import Distribution, Equality, Exponent, Ladder, Order, Ordering
from theory.setting import Observable, Point, Setting


class Waiting(Setting):
    """Laws and powers of known truth."""

    n = Size(at_least=2, typical=(16, 64))
    m = Real(above=0, at_most=4, typical=(0.5, 1.5))
    c = Real(at_least=0, at_most=1, typical=(0.2, 0.6))
    wait = Observable("exponential of mean m")
    waits = Observable("thirty of them", shape=(30,))
    centred = Observable("uniform on [−m, m]")
    power = Observable("n^−m with 10 % noise")


@simulates(Waiting, cost=1e-6)
def waiting(*, n: int, m: float, c: float, trials: int, rng: Stream) -> dict[str, Array]:
    u, many = rng.uniform((trials,)), rng.uniform((trials, 30))
    return {
        "wait": -m * rng.xp.log(1 - u),
        "waits": -m * rng.xp.log(1 - many),
        "centred": m * (2 * u - 1),
        "power": n**-m * (1 + 0.1 * rng.normal((trials,))),
    }


W = Waiting
SIZES = [16, 32, 64, 128, 256, 512]


def waiting_claim(observable: Any, prediction: Any, relation: Any, **more: Any) -> Claim:
    return claim_of(observable, prediction, relation, Waiting, **more)


EXPONENTIAL = Law(cdf=lambda x: 1 - exp(-x / W.m), support=(0, oo))
LAW = waiting_claim(W.wait, EXPONENTIAL, Distribution())
ARRAYS = waiting_claim(W.waits, EXPONENTIAL, Distribution(within=0.1))
EVEN = waiting_claim(W.centred, Law(cdf=lambda x: (x + W.m) / (2 * W.m), support=(-W.m, W.m)), Distribution())
SLOPE = waiting_claim(W.power, -W.m, Exponent(Ladder(W.n, SIZES), within=0.05))
THETA = waiting_claim(W.power, W.n**-W.m, Order(Ladder(W.n, SIZES)), fixing={W.m: 1})
BIG_O = THETA.but(relation=Order(Ladder(W.n, SIZES), "O"))
RISES = waiting_claim(W.wait, None, Ordering(lower={W.m: W.m}, upper={W.m: 2 * W.m}))
LEVEL = waiting_claim(W.wait, None, Ordering(lower={W.c: W.c}, upper={W.c: W.c / 2}))
ALL = [LAW, ARRAYS, EVEN, SLOPE, THETA, BIG_O, RISES]


def report(claim: Claim, **request: Any) -> MutationReport:
    (found,) = mutate(claim, **request)
    return found


def fates(claim: Claim, **request: Any) -> dict[str, str]:
    return {fate.name: fate.outcome for fate in report(claim, **request).fates}


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.relation.label)
def test_the_claim_is_supported_and_every_mutant_that_counts_refuted(claim: Claim) -> None:
    found = report(claim)
    assert found.verdict == "supported"
    assert found.counting and found.score == 1, found.text()


def test_a_law_is_changed_inside_stretched_and_mirrored() -> None:
    made = [mutant.claim.prediction for mutant in mutants_of(LAW)]
    point = Point.of(Waiting, {"m": 2, "n": 16, "c": 0})
    shares = [law.at_point(point) for law in made]
    assert all(isinstance(law, Law) for law in made)
    x = 3.0
    wanted = {"5 % more": 1 - np.exp(-x / 2.1), "mirrored": 1.0, "m squared": 1 - np.exp(-x / 4)}  # P(X ≤ 3)
    values = [share for law in shares for share in at_most(law, x)]
    assert [name for name, value in wanted.items() if not np.isclose(values, value, atol=1e-12).any()] == []


def at_most(law: Shares, x: float) -> list[float]:
    """P(X ≤ x), if the law is one."""
    try:
        return [float(law.at(np.array([x])).value[0])]
    except BadInput:
        return []


def test_stretching_and_mirroring_move_support_and_shares_together() -> None:
    point = Point.of(Waiting, {"m": 2, "n": 16, "c": 0})
    law, x = Law(cdf=lambda x: x / W.m, support=(0, W.m)), np.array([-1.5, -0.5, 0.5, 1.5, 2.5])
    wide, turned = stretched(law, Rational(3, 2)).at_point(point), mirrored(law).at_point(point)
    assert wide.at(x).value == pytest.approx([0, 0, 1 / 6, 1 / 2, 5 / 6]) and (wide.low, wide.high) == (0, 3)
    assert turned.at(x).value == pytest.approx([0.25, 0.75, 1, 1, 1]) and (turned.low, turned.high) == (-2, 0)


def test_how_false_a_law_is_is_the_distance_of_the_laws() -> None:
    """sup |F(x) − F(x/s)| of an exponential, s = 1.05: at x = s log(s)/(s − 1) in units of its mean."""
    found = {fate.name: fate.false_by for fate in report(LAW).fates}
    s = 1.05
    x = s * np.log(s) / (s - 1)
    assert found["every value of the law 5 % more"] == pytest.approx(np.exp(-x / s) - np.exp(-x), rel=1e-3)


def test_a_mirrored_law_is_the_same_where_it_is_even() -> None:
    assert fates(EVEN)["the law mirrored"] == "equivalent"
    assert fates(LAW)["the law mirrored"] == "refuted"


def test_what_is_no_distribution_function_is_undefined() -> None:
    outcomes = fates(LAW)
    assert outcomes["the sign of the term 1 flipped"] == "undefined"
    assert not any(outcome == "survived" for outcome in outcomes.values())


def test_a_slope_is_false_by_its_distance_in_tolerances() -> None:
    found = {fate.name: fate for fate in report(SLOPE).fates}
    steeper = found["the slope -m → -m - 1/2"]
    assert steeper.false_by == pytest.approx(0.5 / 0.05 * 0.02) and steeper.outcome == "refuted"
    assert found["the sign of the slope flipped"].outcome == "refuted"
    constant = waiting_claim(W.power, -1, SLOPE.relation, fixing={W.m: 1})
    near = {fate.name: fate for fate in report(constant).fates}["-1 taken 5 % more"]  # at the edge of the tolerance
    assert near.false_by == pytest.approx(0.02) and not near.counts and near.outcome == "not counted"


def test_a_constant_factor_leaves_an_order_true_and_another_power_does_not() -> None:
    for claim, smaller, larger in ((THETA, "refuted", "refuted"), (BIG_O, "refuted", "not counted")):
        made = {
            "smaller": claim.but(prediction=1 / W.n**2),
            "larger": claim.but(prediction=1 / W.n ** Rational(1, 2)),
        }
        outcomes = fates(claim)
        assert outcomes["the whole prediction 5 % more"] == "not counted"
        by_prediction = {
            mutant.claim.prediction.subs(W.m, 1): outcomes[mutant.name] for mutant in mutants_of(claim)
        }  # fmt: skip
        assert by_prediction[made["smaller"].prediction] == smaller
        assert by_prediction[1 / W.n ** Rational(1, 2)] == larger


def test_an_ordering_that_is_turned_round_is_refuted_unless_both_sides_are_equal() -> None:
    assert fates(RISES) == {"the ordering turned round": "refuted"}
    found = report(LEVEL, max_trials=4096)
    assert [(fate.outcome, fate.counts) for fate in found.fates] == [("not counted", False)]


def test_an_ordering_within_its_noise_does_not_count() -> None:
    """The pilot's mean may be 5 % off by chance: only what is surely beyond counts."""
    noisy = RISES.but(relation=Ordering(lower={W.m: W.m}, upper={W.m: W.m * Rational(51, 50)}))
    for seed in range(5):
        assert not any(fate.counts for fate in report(noisy, seed=seed, max_trials=4096).fates)


def test_what_is_minimised_is_changed_and_stays_a_minimum() -> None:
    bowl = waiting_claim(W.wait, Minimum(of=W.m + (W.c - 1) ** 2, over=W.c), Equality())
    made = [mutant.claim.prediction for mutant in mutants_of(bowl)]
    assert all(isinstance(optimum, Minimum) and optimum.over == W.c for optimum in made)
    formulas = {optimum.of for optimum in made}
    assert {W.m + (W.c - 2) ** 2, (W.c - 1) ** 2, W.m - (W.c - 1) ** 2, W.m + (W.c - 1) ** 3} <= formulas
    inner = waiting_claim(W.wait, W.m + (W.c - 1) ** 2, Equality())
    outer = bowl.but(prediction=Minimum(of=inner, over=W.c))
    assert {optimum.claim.prediction.of.prediction for optimum in mutants_of(outer)} == formulas


def test_a_slope_without_eyes_scores_nothing() -> None:
    """The twin: with a tolerance as wide as the changes, nothing is refuted, and the score says it."""
    blind = SLOPE.but(relation=dataclasses.replace(SLOPE.relation, within=3.0))
    assert not any(fate.counts or fate.outcome == "refuted" for fate in report(blind, max_trials=1).fates)


def test_what_a_sum_or_an_integral_runs_over_stays_and_its_ends_and_terms_are_changed() -> None:
    k, x = Symbol("k", integer=True), Symbol("x", real=True)
    for ranged in (Sum(W.m * k, (k, 1, W.n)), Integral(W.m * x, (x, 1, W.n)), hyper([W.n], [W.m], W.c)):
        changed = [mutant.claim.prediction for mutant in mutants_of(waiting_claim(W.wait, ranged, Equality()))]
        variables = {limit.args[0] for one in changed for part in one.atoms(type(ranged)) for limit in part.args[1:]
                     if hasattr(part, "limits")}  # fmt: skip
        assert variables <= {k, x}
        assert any(one.has(W.n + 1) for one in changed)
        assert any(one.has(W.m**2) for one in changed)

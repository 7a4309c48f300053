"""Mutants: every kind of change is made, those that are wrong are refuted, and an engine that sees nothing scores 0."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Float, Integer, Max, Rational, Sum, Symbol, sqrt

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.store import Store
from numerics.streams import Stream
from proofs_check.mutation.effects import Elsewhere, equal_by_algebra, foresee, sites_of
from proofs_check.mutation.mutants import mutants_of, turned
from proofs_check.mutation.mutating import COUNTS, mutate
from proofs_check.mutation.scores import MutationReport, table
from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.judging import judge
from tests import toys
from tests.engine_toys import EQUALITY, Draws, Mean, claim_of
from theory.claim import Claim
from theory.computed import Computed
from theory.domain import Real, Size
from theory.errors import BadInput
from theory.implicit import Root
from theory.relation import Asymptotic, Bound, Direction, Equality, Identity, Ladder, Probability, Threshold
from theory.setting import Axis, Drawn, Observable, Setting

g = Symbol("g", positive=True)


class Plane(Setting):
    """Formulas of known truth with a noise of five per cent."""

    n = Size(at_least=2, typical=(10, 40))
    p = Size(at_least=2, typical=(60, 90))
    r2 = Real(above=0, typical=(0.5, 2))
    s2 = Real(above=0, typical=(0.5, 2))
    slack = Real(at_least=0, at_most=1, typical=(0.1, 0.5))
    risk = Observable("r2 (1 − n/p)")
    length = Observable("√(1 − n/p)")
    larger = Observable("the larger of r2 and s2")
    golden = Observable("the positive g with g (1 + g) = r2")
    reach = Observable("size (1 − slack·u)")
    size = Observable("r2 (1 + u)/2")
    offset = Observable("r2 (1 + slack/100)")
    tokens = Drawn(2)
    step = Axis([10, 100, 1000, 10_000])
    turning = Observable("a vector that turns towards the tokens", shape=(step, 2))


@simulates(Plane, cost=1e-6)
def plane(*, n: int, p: int, r2: float, s2: float, slack: float, trials: int, rng: Stream) -> dict[str, Array]:
    noise, u, w = 1 + 0.05 * rng.normal((trials,)), rng.uniform((trials,)), rng.uniform((trials,))
    size = r2 * (1 + w) / 2
    tokens = rng.normal((trials, 2)) * rng.asarray(np.array([1.0, -1.0]))
    return {
        "risk": r2 * (1 - n / p) * noise,
        "length": (1 - n / p) ** 0.5 * noise,
        "larger": max(r2, s2) * noise,
        "golden": ((1 + 4 * r2) ** 0.5 - 1) / 2 * noise,
        "reach": size * (1 - slack * u),
        "size": size,
        "offset": r2 * (1 + slack / 100) * noise,
        "tokens": tokens,
        "turning": rng.xp.stack(
            [tokens + off * tokens[:, ::-1] * noise[:, None] for off in (0.1, 0.05, 0.04, 0.03)], axis=1
        ),
    }


def plane_claim(observable: Any, prediction: Any, relation: Any = None, **more: Any) -> Claim:
    return claim_of(observable, prediction, relation or Equality(), Plane, **more)


P = Plane
RISK = plane_claim(P.risk, P.r2 * (1 - P.n / P.p))
LENGTH = plane_claim(P.length, sqrt(1 - P.n / P.p))
LARGER = plane_claim(P.larger, Max(P.r2, P.s2))
GOLDEN = plane_claim(P.golden, g, roots=[Root(g, P.s2 * (g * (1 + g) - P.r2))])
BOUND = plane_claim(P.reach, P.size, Bound("<="), tight_at=[{P.slack: 0}])
SQUARE = claim_of(Draws.square, Draws.x**2, Identity())
PLACE = claim_of(Draws.growth, Draws.x, Threshold(of=Draws.eta))
MEAN_PLACE = claim_of(Draws.drift, Draws.m, Threshold(of=Draws.eta, kind="mean"), assuming=[Draws.m > 0])
LIMIT = claim_of(Mean.y, Mean.m, Asymptotic(Ladder(Mean.n, [16, 32, 64, 128])), Mean)
TURN = plane_claim(P.turning, Computed([P.tokens], lambda tokens: tokens), Direction(along=P.step))
OFFSET = plane_claim(P.offset, P.r2 * (1 + P.slack / 100))
ALL = [*toys.claims, EQUALITY, RISK, LENGTH, LARGER, GOLDEN, BOUND, SQUARE, PLACE, MEAN_PLACE, LIMIT, TURN]


def report(claim: Claim, **request: Any) -> MutationReport:
    (found,) = mutate(claim, **request)
    return found


def names(found: MutationReport, outcome: str) -> list[str]:
    return [fate.name for fate in found.of(outcome)]


# mutants


def test_every_kind_of_change_is_made() -> None:
    kinds = {mutant.kind for claim in ALL for mutant in mutants_of(claim)}
    assert kinds == {"constant", "size", "sign", "exponent", "swap", "drop", "function", "direction", "rate"}


def test_a_formula_is_changed_in_every_way_that_is_asked_for() -> None:
    r2, n, p, s2 = P.r2, P.n, P.p, P.s2
    made = {mutant.claim.prediction for mutant in mutants_of(RISK)}
    wanted = [
        r2 * (1 - n / p) * Rational(21, 20), r2 * (1 - n / p) * Rational(49, 50), r2 * (1 - (n + 1) / p),
        r2 * (1 - n / (p - 1)), r2 * (1 + n / p), r2**2 * (1 - n / p), r2 * (1 - n / sqrt(p)), s2 * (1 - n / p),
        r2 * (1 - p / n), r2 * (1 - n), r2, r2 * (2 - n / p), r2 * (1 - 2 * n / p), -r2 * (1 - n / p),
    ]  # fmt: skip
    assert [formula for formula in wanted if formula not in made] == []


def test_mutants_are_exact_distinct_and_named_apart() -> None:
    for claim in ALL:
        found = mutants_of(claim)
        assert len({mutant.name for mutant in found}) == len(found)
        formulas = [mutant.claim.prediction for mutant in found if not isinstance(mutant.claim.prediction, Computed)]
        assert not any(formula.has(Float) for formula in formulas)
        assert all(mutant.claim != claim for mutant in found)


def test_equations_keep_their_branch() -> None:
    found = [mutant.claim.roots[0] for mutant in mutants_of(GOLDEN) if mutant.claim.roots != GOLDEN.roots]
    assert len(found) > 10
    assert all(root.branch == GOLDEN.roots[0].branch and root.symbol == g for root in found)


def test_programs_are_turned_and_reparametrised() -> None:
    v = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 2.0]])
    moved = turned(v, function=lambda rows: rows, angle=np.deg2rad(10))
    cosines = (moved * v).sum(1) / np.linalg.norm(moved, axis=1) / np.linalg.norm(v, axis=1)
    assert cosines == pytest.approx(np.cos(np.deg2rad(10)), abs=1e-14)
    scaled = claim_of(Draws.y, Computed([Draws.x], lambda x, size: 0 * x, using={"size": Draws.n}), Equality())
    assert {mutant.kind for mutant in mutants_of(scaled)} == {"constant", "sign", "size"}


def test_a_relation_is_mutated_too() -> None:
    assert "<= turned into >=" in {mutant.name for mutant in mutants_of(BOUND)}
    rates = [m.claim.relation.ladder.rate for m in mutants_of(LIMIT) if m.kind == "rate"]
    assert rates == [2.0, 0.5]


# what sums or integrates


k = Symbol("k", integer=True)
SERIES = plane_claim(P.risk, Sum(P.r2 * (P.n / P.p) ** k / P.n, (k, 0, P.n)))


def test_mutants_of_sums_are_told_at_once_within_their_bound_of_balls() -> None:
    sites = sites_of(SERIES, Laboratory(), 0, 0.02)
    told = 0
    for mutant in mutants_of(SERIES):
        foresee(mutant.claim, sites)
        for site in sites:
            found = site.told.get((mutant.claim.prediction, site.point))
            if found is not None:
                right = mutant.claim.predict(site.point)
                assert abs(found.value - right.value) <= found.error + right.error
                told += 1
    assert told > 100
    assert len({found.value for found in sites[0].told.values()}) > 10


# equivalent mutants


def test_the_same_formula_in_other_words_is_equivalent() -> None:
    rewritten = RISK.but(prediction=P.r2 * (P.p - P.n) / P.p)
    assert equal_by_algebra(RISK, rewritten)
    assert Elsewhere(RISK, seed=0).agrees(rewritten)


def test_another_formula_is_not_equivalent() -> None:
    other = RISK.but(prediction=P.r2 * (P.p - P.n - Rational(1, 10**6)) / P.p)
    assert not equal_by_algebra(RISK, other)
    assert not Elsewhere(RISK, seed=0).agrees(other)


def test_equivalent_mutants_are_set_aside() -> None:
    found = report(GOLDEN)
    assert any("factor s2 dropped" in name for name in names(found, "equivalent"))
    assert not {f.name for f in found.counting} & set(names(found, "equivalent"))


def test_mutants_without_a_value_are_set_aside() -> None:
    found = report(LENGTH)
    assert any("sign of the term 1 flipped" in name for name in names(found, "undefined"))


# scores


def test_the_engine_refutes_99_percent_of_the_mutants_that_count() -> None:
    reports = mutate(ALL)
    counting = sum(len(found.counting) for found in reports)
    refuted = sum(len(found.of("refuted")) for found in reports)
    assert counting > 100
    assert refuted >= 0.99 * counting, table(reports)
    assert {found.id: found.verdict for found in reports if found.verdict != "supported"} == {}


def test_one_simulation_at_a_few_points_serves_all() -> None:
    found = report(RISK)
    assert len(found.fates) > 25
    assert len(found.points) <= 3


def test_an_engine_that_supports_everything_scores_nothing() -> None:
    found = report(RISK.but(relation=Credulous()))
    assert found.score == 0
    assert {fate.reason for fate in found.of("survived")} == {"the judge supports it"}
    assert len(found.of("survived")) == len(found.counting) > 20


class Credulous(Equality):
    """An equality whose judge has no eyes."""


@judge.register
def _(relation: Credulous, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    return Outcome("supported")


def test_a_mutant_of_half_a_percent_is_not_counted_and_is_named() -> None:
    found = report(OFFSET)
    dropped = [fate for fate in found.of("not counted") if 0.004 < fate.false_by < 0.006]
    assert dropped
    assert all("too little to count" in fate.reason for fate in dropped)
    assert not any(fate.counts or fate.outcome == "refuted" for fate in found.fates if fate.false_by < 0.015)


def test_what_lies_within_the_tolerance_is_not_refuted() -> None:
    """40 runs at an error rate of 1e-2 each; more than 5 of them refute with probability 1e-5 at most."""
    wrong = 0
    for seed in range(40):
        found = report(EQUALITY, seed=seed, error_rate=0.01, max_trials=4096)
        wrong += any(fate.outcome == "refuted" for fate in found.fates if fate.false_by <= 0.02)
    assert wrong <= 5


# bounds


def test_a_looser_bound_is_still_true_and_a_tighter_one_refuted() -> None:
    found = report(BOUND)
    assert "the whole prediction 5 % more" in names(found, "still true")
    assert "the whole prediction 5 % less" in names(found, "refuted")
    assert found.score == 1
    assert found.tightness == 1


def test_a_bound_that_is_turned_round_is_refuted() -> None:
    assert "<= turned into >=" in names(report(BOUND), "refuted")


def test_a_bound_without_an_equality_case_has_a_tightness_and_no_score() -> None:
    found = report(claim_of(Draws.x, Draws.m, Bound("<=")))
    assert found.score is None
    assert found.tightness == pytest.approx(1, abs=0.02)
    slack = report(claim_of(Draws.x, 2 * Draws.m, Bound("<=")))
    assert slack.tightness == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", ["mean", Probability(Rational(9, 10))])
def test_without_an_equality_case_a_bound_is_false_where_a_pilot_surely_breaks_it(kind: Any) -> None:
    """E reach < r2 and P(reach <= r2) = 1: slack enough for a bound 5 % less, none for one of the other sign."""
    found = report(plane_claim(P.reach, P.r2, Bound("<=", kind)))
    assert "the sign of the whole prediction flipped" in names(found, "refuted")
    assert "the whole prediction 5 % less" not in [fate.name for fate in found.fates if fate.counts]
    assert not found.of("survived")
    assert found.score is None
    assert found.tightness is not None
    assert found.tightness < 1


# ladders, thresholds


def test_a_change_that_vanishes_along_the_ladder_leaves_the_claim_true() -> None:
    found = report(LIMIT.but(prediction=Mean.m * (1 + 1 / Mean.n)))
    vanishing = [fate for fate in found.fates if "1/n dropped" in fate.name]
    assert vanishing
    assert not any(fate.counts for fate in vanishing)
    assert all(fate.outcome == "not counted" for fate in found.fates if fate.kind == "rate")


def test_a_threshold_elsewhere_is_contradicted_by_the_sides() -> None:
    for claim in (PLACE, MEAN_PLACE):
        found = report(claim)
        assert {"the whole prediction 5 % more", "the whole prediction 5 % less"} <= set(names(found, "refuted"))
        assert "the whole prediction 2 % more" in names(found, "not counted")


# reports


def test_the_report_keeps_its_contract() -> None:
    found = report(RISK)
    row = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert {"id", "mutants", "refuted", "still_true", "survivors"} <= set(row)
    assert row["mutants"] == len(found.fates)
    assert row["counting"] == row["refuted"] + len(row["survivors"])
    assert row["score"] == 1


def test_survivors_are_named_with_their_reason() -> None:
    blunt = report(RISK, max_trials=1, tolerance=0.02, error_rate=1e-9)
    assert blunt.score is not None
    if blunt.of("survived"):
        fate = blunt.of("survived")[0]
        assert fate.reason
        assert fate.name in blunt.text()
    tired = dataclasses.replace(blunt, fates=tuple(dataclasses.replace(f, outcome="survived") for f in blunt.fates))
    assert tired.score == 0


def test_a_run_is_repeatable_and_reads_its_trials_from_the_store(tmp_path: Path) -> None:
    drawn: list[int] = []
    with Store(tmp_path) as store:
        rows = []
        for _ in range(2):
            lab = Laboratory(store=store, heard=drawn.append)
            rows.append(report(RISK, lab=lab).as_json() | {"seconds": 0})
            if len(rows) == 1:
                drawn.clear()
    assert rows[0] == rows[1]
    assert drawn == []


def test_bad_requests_are_refused() -> None:
    with pytest.raises(BadInput, match="error rate"):
        mutate(RISK, error_rate=2.0)
    assert 0.0499 < COUNTS < 0.05


def test_a_threshold_moved_to_zero_or_below_is_refuted() -> None:
    found = report(MEAN_PLACE.but(prediction=Integer(1), fixing={Draws.m: 1}, assuming=[]))
    assert not names(found, "survived")
    assert {"1 → 0", "the sign of the whole prediction flipped"} <= set(names(found, "refuted"))

"""Where mutants are judged: at points where they themselves are sharp, and elsewhere where a point leaves them open."""

from typing import Any

import pytest

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.mutation.mutating import mutate
from proofs_check.mutation.scores import MutationReport
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.domain import Real, Size
from theory.relation import Asymptotic, Equality, Ladder
from theory.setting import Observable, Setting


class Measured(Setting):
    """A quantity read from the trial, 1/G = (1/level + slow·n^(−¼))·exp(tail·z), and y = m·G to one per cent."""

    n = Size(at_least=2, typical=(10, 80))
    m = Real(above=0, typical=(0.5, 2))
    level = Real(above=0, typical=(1, 2))
    slow = Real(at_least=0, typical=(0, 1))
    tail = Real(at_least=0, typical=(0.1, 0.3))
    G = Observable("G")
    y = Observable("m·G·(1 + z/100)")


@simulates(Measured, cost=1e-5)
def measured(*, n: int, m: float, level: float, slow: float, tail: float, trials: int, rng: Stream) -> dict[str, Array]:
    G = rng.xp.exp(tail * rng.normal((trials,))) / (1 / level + slow * n**-0.25)
    return {"G": G, "y": m * G * (1 + rng.normal((trials,)) / 100)}


M = Measured
HEAVY, LIGHT = {M.n: 20, M.m: 1, M.level: 2, M.slow: 0, M.tail: 3}, {M.tail: "0.1"}
SLOW = {M.m: 1, M.level: 1, M.slow: 1, M.tail: "0.01"}
LEVEL = {M.m: 1, M.level: 2, M.slow: 0, M.tail: "0.01"}


def reported(claim: Claim) -> MutationReport:
    (found,) = mutate(claim, lab=Laboratory(), max_trials=20_000)
    return found


def claimed(relation: Any, *points: dict[Any, Any], **more: Any) -> Claim:
    return claim_of(M.y, M.m * M.G, relation, M, points=list(points), **more)


def test_a_point_where_mutants_spread_widely_serves_none_however_sharp_the_claim_is_there() -> None:
    found = reported(claimed(Equality(), HEAVY, {**HEAVY, **LIGHT}))
    assert found.verdict == "supported" and found.score == 1
    assert not any("tail=3" in point for point in found.points)
    assert found.trials <= 2048 * len(found.points)
    alone = reported(claimed(Equality(), HEAVY, fixing={M.tail: 3}))  # the twin: nowhere else to go
    assert alone.verdict == "supported" and alone.score is not None and alone.score < 1


@pytest.mark.parametrize(("point", "refuted"), [(SLOW, False), (LEVEL, True)])
def test_a_ladder_that_does_not_fit_leaves_a_mutant_open(point: dict[Any, Any], refuted: bool) -> None:
    fixing = {symbol: value for symbol, value in point.items() if symbol != M.m}
    found = reported(claimed(Asymptotic(Ladder(M.n, (10, 20, 40, 80))), point, fixing=fixing))
    assert ("the factor G dropped" in [fate.name for fate in found.of("refuted")]) == refuted


def test_a_mutant_that_one_point_leaves_open_is_refuted_at_another() -> None:
    points = SLOW, {**SLOW, M.m: 2}, {**LEVEL, M.m: 2}  # as many as are tried on a ladder
    found = reported(claimed(Asymptotic(Ladder(M.n, (10, 20, 40, 80))), *points))
    assert "slow=1" in found.points[0] and found.score == 1

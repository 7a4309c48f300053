"""Points drawn from domains and conditions: inside the conditions, at their edges, simplest first."""

import random

import numpy as np
import pytest
import sympy
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable
from sympy import Eq, Max, Or, Rational, symbols

from proofs_check.search.feasible import Region
from proofs_check.search.strategies import draw_point, points, points_from, random_point, told_by
from tests.engine_toys import Mean, claim_of
from theory.claim import Claim
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.errors import BadInput
from theory.relation import Asymptotic, Equality, Ladder
from theory.setting import Observable, Point, Setting


class Shapes(Setting):
    """Parameters of every kind."""

    n = Size(at_least=2, typical=(10, 400))
    p = Size(at_least=2, typical=(10, 400))
    eta = Real(above=0, typical=(0.1, 1))
    rho = Real(above=-1, below=1, typical=(-0.5, 0.5))
    law = Choice("ball", "cube", "sphere")
    lam = Spectrum(typical=("power(1.5,10)", "power(2,20)"))
    y = Observable("never simulated here")


S = Shapes
SHRINKING = (Phase.generate, Phase.shrink)
CONDITIONS = {
    "edge": [S.p > S.n + 3],
    "window": [S.p > S.n + 1, S.p < S.n + 3],
    "equal": [Eq(S.p, 2 * S.n)],
    "ratio": [2 * S.p > 3 * S.n, S.p < 2 * S.n],
    "quotient": [S.p / S.n > 3],
    "step": [S.eta < 2 / S.n],
    "curved": [S.p > S.n**2 / 50],
    "largest": [S.p >= Max(S.n - 1, 30)],
    "choice": [Eq(S.law, sympy.Symbol("sphere"))],
    "either": [Or(S.p > 5 * S.n, S.n > 5 * S.p)],
    "modes": [S.eta < 1 / total(S.lam)],
    "narrow": [S.rho > Rational(2, 3), S.rho < Rational(3, 4)],
    "far": [S.n > 1000],
}


def shaped(*conditions: object, **more: object) -> Claim:
    return claim_of(S.y, 1, Equality(), S, assuming=list(conditions), **more)


def drawn(claim: Claim, count: int = 100, seed: int = 0) -> list[Point]:
    """Examples as Hypothesis draws them, its health checks on."""
    seen: list[Point] = []

    def keep(point: Point) -> bool:
        seen.append(point)
        return False

    with pytest.raises(Exception, match=r"keep|No examples"):
        chosen = settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])
        find(points(claim), keep, settings=chosen, random=random.Random(seed))
    return seen


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_point_drawn_satisfies_the_conditions(name: str) -> None:
    claim = shaped(*CONDITIONS[name])
    seen = drawn(claim, 60)
    assert len(set(seen)) > 8
    assert not any(claim.broken(claim.assuming, point) for point in seen)


@pytest.mark.parametrize("name", CONDITIONS)
def test_no_condition_costs_a_health_check(name: str) -> None:
    @settings(max_examples=30, database=None, deadline=None)
    @given(points(shaped(*CONDITIONS[name])))
    def property_(point: Point) -> None:
        assert isinstance(point, Point)

    property_()


def test_filtering_alone_fails_the_health_check() -> None:
    """The twin: what the strategies would be without solving the conditions."""
    sizes = st.tuples(st.integers(2, 400), st.integers(2, 400)).filter(lambda pair: pair[1] == pair[0] + 2)

    @settings(max_examples=30, database=None, deadline=None)
    @given(sizes)
    def property_(pair: tuple[int, int]) -> None:
        assert pair

    with pytest.raises((FailedHealthCheck, Unsatisfiable)):
        property_()


def test_the_simplest_point_has_the_smallest_sizes_and_the_shortest_numbers() -> None:
    chosen = settings(database=None, phases=SHRINKING)
    simplest = find(points(shaped(S.p > S.n + 3)), lambda point: True, settings=chosen)
    assert str(simplest) == "n=2, p=6, eta=1, rho=0, law=ball, lam=power(1.5,10)"


def test_shrinking_from_a_point_ends_at_the_simplest_one_of_its_kind() -> None:
    claim = shaped(S.p > S.n + 3)
    start = claim.point({"n": 350, "p": 371, "eta": "0.7312", "rho": "-0.41", "law": "sphere", "lam": "power(2,20)"})
    strategy = points_from(claim, start)
    assert strategy is not None
    chosen = settings(database=None, max_examples=50, deadline=None, phases=SHRINKING)
    found = find(
        strategy, lambda q: q["n"] >= 300 and q["eta"] < 0.95 and q["rho"] < 0, settings=chosen, random=random.Random(1)
    )
    assert (found["n"], found["p"], found["law"]) == (300, 304, "ball")
    assert found["eta"].q <= 10 and found["rho"].q <= 10


def test_edges_of_conditions_are_drawn_often() -> None:
    seen = drawn(shaped(S.p > S.n + 3), 100)
    assert sum(point["p"] == point["n"] + 4 for point in seen) >= len(seen) / 10


def test_typical_values_are_preferred_and_small_ones_met() -> None:
    seen = drawn(shaped(), 100)
    inside = sum(0.1 <= float(point["eta"]) <= 1 for point in seen)
    assert inside >= len(seen) / 3
    assert any(point["n"] < 10 for point in seen)


def test_values_are_exact() -> None:
    for point in drawn(shaped(), 30):
        assert isinstance(point["n"], int) and isinstance(point["eta"], Rational)
        assert (point["eta"] * 10**6).q == 1


def test_pinned_and_laddered_symbols_are_left_out() -> None:
    ladder = Asymptotic(Ladder(Mean.n, [8, 16, 32]))
    claim = claim_of(Mean.y, Mean.m, ladder, Mean, fixing={Mean.c: 0})
    assert set(Region(claim).scales) == {"m", "s"}
    assert all((point["n"], point["c"]) == (32, 0) for point in drawn(claim, 20))


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_integers_that_tell_a_point_give_it_back(name: str) -> None:
    region, rng = Region(shaped(*CONDITIONS[name])), np.random.default_rng(3)
    for _ in range(30):
        point = random_point(region, rng)
        told = told_by(region, point)
        assert told is not None
        numbers = iter(told)
        assert draw_point(region, lambda low, high, numbers=numbers: next(numbers), plain=True) == point
        assert next(numbers, None) is None


@pytest.mark.parametrize(
    "conditions",
    [[S.p > S.n, S.p < S.n], [S.eta < 0], [S.n + S.p < 4], [Eq(S.law, symbols("ball")), Eq(S.law, symbols("cube"))],
     [S.n**2 + S.p**2 < 5]],
)  # fmt: skip
def test_contradictory_conditions_are_one_clear_line(conditions: list[object]) -> None:
    with pytest.raises(BadInput, match=r"toys\.engine: no point .*satisfies") as told:
        points(shaped(*conditions))
    assert "\n" not in str(told.value)

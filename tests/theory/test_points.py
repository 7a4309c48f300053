"""The points at which a claim is tested: reproducible, distinct, where the claim is true and, if possible, testable."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Rational, Symbol

from theory.claim import Claim, Source
from theory.data import Data
from theory.domain import Choice, Real, Size, Spectrum, power
from theory.errors import BadInput, OutsideDomain
from theory.points import boundary_points, complete, default_points
from theory.relation import Asymptotic, Equality, Ladder
from theory.setting import Observable, Setting

steady = settings(deadline=None, derandomize=True, max_examples=25)


class Toy(Setting):
    """Two sizes, a number, a choice."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    s = Real(above=0, below=1, typical=(0.9991, 0.9999))
    law = Choice("torus", "sphere")
    y = Observable("an outcome")


class Small(Setting):
    """Four points in all."""

    n = Size(at_most=2, typical=(1, 2))
    law = Choice("torus", "sphere")
    data = Data(lambda: {"X": np.ones(2)})
    y = Observable("an outcome")


def toy(setting: type[Setting] = Toy, **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "observable": setting.y,
        "prediction": setting.n,
        "relation": Equality(),
        "title": "toy",
        "entry": "toys.toy",  # type: ignore[attr-defined]
        "source": Source("elementary"),
    }
    return Claim(setting, **{**fields, **changes})


@steady
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_default_points_are_reproducible_distinct_and_inside(seed: int, count: int) -> None:
    claim = toy(assuming=[Toy.p > Toy.n], regime=[Toy.p > Toy.n + 5])
    points = default_points(claim, count, seed)
    assert points == default_points(claim, count, seed)
    assert len(set(points)) == len(points) == count
    assert not any(claim.broken((*claim.assuming, *claim.regime), point) for point in points)
    assert points != default_points(claim, count, seed + 1)


def test_other_claims_have_other_points() -> None:
    assert default_points(toy(), 3, 0) != default_points(toy(quantity="other"), 3, 0)


def test_declared_points_and_equality_cases_come_first_and_then_a_corner() -> None:
    claim = toy(points=[{Toy.n: 11}], tight_at=[{Toy.n: 12, Toy.law: "sphere"}])
    points = default_points(claim, 5, 0)
    assert [point["n"] for point in points[:2]] == [11, 12] and points[1]["law"] == "sphere"
    assert {(10, 10), (40, 40)} & {(point["n"], point["p"]) for point in points[2:]}
    assert len(default_points(claim, 1, 0)) == 1


def test_a_small_domain_is_exhausted_and_then_left() -> None:
    assert len(set(default_points(toy(Small), 9, 0))) == 4
    assert len(default_points(toy(Small), 3, 0)) == 3
    assert len(default_points(toy(Small, fixing={Small.n: 1, Small.law: "torus"}), 3, 0)) == 1


@pytest.mark.parametrize(
    "conditions",
    [
        {"assuming": [Toy.n > Toy.p + 100]},
        {"regime": [Toy.n > Toy.p + 100]},
        {"assuming": [Toy.n > 20], "regime": [Toy.n < 20]},
    ],
)
def test_an_empty_domain_is_refused_in_one_line(conditions: dict[str, Any]) -> None:
    with pytest.raises(
        BadInput, match=r"no typical point satisfies .* the domain is empty or its typical ranges miss it"
    ) as refused:
        default_points(toy(**conditions), 3, 0)
    assert "\n" not in str(refused.value)


def test_given_values_are_kept_and_the_others_suit_them() -> None:
    claim = toy(assuming=[Toy.p > Toy.n], regime=[Toy.p > Toy.n + 5])
    point = complete(claim, {Toy.n: 30}, np.random.default_rng(0))
    assert point["n"] == 30 and point["p"] > 35
    outside_regime = complete(
        claim, {Toy.n: 38}, np.random.default_rng(0)
    )  # the judge says that the test is not valid there
    assert outside_regime["n"] == 38 < outside_regime["p"] <= 40
    with pytest.raises(OutsideDomain, match="assumes p > n"):
        complete(claim, {Toy.n: 40}, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"m": 1}, "no parameter m"),
        ({"n": "1e400"}, "1e400"),
        ({"n": "2.5"}, "whole"),
        ({"n": "nan"}, "nan"),
        ({"law": "cube"}, "choose torus or sphere"),
        ({"s": "1"}, "below 1"),
    ],
)
def test_bad_values_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        complete(toy(), values, np.random.default_rng(0))


def test_the_points_of_a_ladder_stand_at_its_top() -> None:
    claim = toy(relation=Asymptotic(Ladder(Toy.n, [12, 24, 48], tie={Toy.p: 2 * Toy.n})))
    assert all((point["n"], point["p"]) == (48, 96) for point in default_points(claim, 4, 0))


def test_a_ladder_ties_a_spectrum_to_its_sizes_and_a_formula_that_is_none_stays_a_number() -> None:
    lam, spectra = Symbol("lam", positive=True), Spectrum()
    spectra.name = "lam"
    ladder = Ladder(Toy.n, [2, 4, 8], tie={lam: power(Rational(3, 2), 3 * Toy.n), Toy.p: 2 * Toy.n})
    tied = [spectra.accept(rung["lam"]).array for rung in ladder.rungs()]
    for size, modes in zip(ladder.sizes, tied, strict=True):
        assert np.allclose(modes, np.arange(1, 3 * size + 1) ** -1.5, rtol=1e-15)
    assert [rung["p"] for rung in ladder.rungs()] == [4, 8, 16]
    with pytest.raises(OutsideDomain, match="a spectrum is wanted"):
        spectra.accept(ladder.rungs()[0]["p"])


def test_boundary_points_leave_what_the_claim_assumes() -> None:
    claim = toy(
        assuming=[Toy.p > Toy.n], fixing={Toy.law: "torus"}, fails_at=[{Toy.n: 30, Toy.p: 20}, {Toy.law: "sphere"}]
    )
    first, second = boundary_points(claim, 0)
    assert (first["n"], first["p"], first["law"]) == (30, 20, "torus")
    assert second["law"] == "sphere"
    assert claim.broken(claim.assuming, first)


def test_a_choice_may_be_assumed() -> None:
    points = default_points(toy(assuming=[Eq(Toy.law, Symbol("sphere"))]), 6, 0)
    assert {point["law"] for point in points} == {"sphere"} != {point["law"] for point in default_points(toy(), 6, 0)}

"""What no verdict may come from: each gets one clear line, or is undecided with its reason."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from proofs_check.check import Request
from tests.engine_toys import EQUALITY, Draws, claim_of
from theory.domain import Choice, Real
from theory.errors import BadDeclaration, BadInput
from theory.relation import Asymptotic, Bound, Equality, Exponent, Identity, Ladder, Probability
from theory.setting import Drawn, Observable, Setting


class Broken(Setting):
    """A variable of mean m that is broken in a way of choice."""

    way = Choice("constant", "infinite", "undefined", "complex", "repeated", "remembered", "sound")
    m = Real(typical=(0.5, 2))
    y = Observable("the variable")


def tiled(z: Array, xp: Any) -> Array:
    return xp.concat([z[: len(z) // 4]] * 4)


WAYS: dict[str, Callable[[Array, Any], Array]] = {
    "constant": lambda z, xp: 0 * z,
    "infinite": lambda z, xp: xp.where(z > 3, xp.inf + 0 * z, z),
    "undefined": lambda z, xp: xp.where(z > 3, xp.nan + 0 * z, z),
    "complex": lambda z, xp: z + 1j * z,
    "repeated": tiled,
    "remembered": lambda z, xp: xp.cumulative_sum(z) / len(z) ** 0.5,
    "sound": lambda z, xp: z,
}


@simulates(Broken, cost=1e-5)
def broken(*, way: str, m: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"y": m + WAYS[way](rng.normal((trials,)), rng.xp) / 50}


RELATIONS = [Equality(), Bound("<="), Bound("<=", "mean"), Bound("<=", Probability(0.9)), Identity()]


def verdict(way: str, relation: Any, prediction: Any) -> dict[str, Any]:
    claim = claim_of(Broken.y, prediction, relation, Broken)
    (record,) = check(claim, lab=Laboratory(), values={Broken.way: way, Broken.m: 1})
    return record


@pytest.mark.parametrize(
    "relation", RELATIONS, ids=lambda relation: f"{relation.label} {getattr(relation, 'kind', '')}"
)
@pytest.mark.parametrize("way", ["infinite", "undefined", "complex", "repeated", "remembered"])
def test_trials_that_are_no_independent_real_numbers_get_one_line_and_no_verdict(way: str, relation: Any) -> None:
    with pytest.raises(BadInput, match=r"toys\.engine|Broken|broken") as fault:
        verdict(way, relation, 2 * Broken.m)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "relation", RELATIONS, ids=lambda relation: f"{relation.label} {getattr(relation, 'kind', '')}"
)
@pytest.mark.parametrize("factor", [1, 2])
def test_a_constant_observable_decides_nothing_unless_it_is_declared_so(factor: int, relation: Any) -> None:
    record = verdict("constant", relation, factor * Broken.m)
    assert record["verdict"] == "undecided" and record["reason"].startswith("regime")


class Turned(Setting):
    """A vector of length r, in a random direction."""

    r = Real(above=0, typical=(1, 2))
    v = Drawn(2)
    length = Observable("its length")


@simulates(Turned, cost=1e-5)
def turned(*, r: float, trials: int, rng: Stream) -> dict[str, Array]:
    v = r * rng.unit((trials, 2))
    return {"v": v, "length": rng.xp.linalg.vector_norm(v, axis=1)}


def test_a_constant_of_draws_that_differ_is_a_fact_of_every_draw() -> None:
    for relation, factor, answer in (
        (Identity(), 1, "supported"),
        (Bound("<="), 1, "supported"),
        (Identity(), 1.05, "refuted"),
        (Equality(), 1, "undecided"),
    ):
        claim = claim_of(Turned.length, factor * Turned.r, relation, Turned)
        (record,) = check(claim, lab=Laboratory(), values={Turned.r: 1})
        assert record["verdict"] == answer, record["sentence"]


def test_the_same_claims_are_decided_when_nothing_is_broken() -> None:
    assert verdict("sound", Equality(), Broken.m)["verdict"] == "supported"
    assert [verdict("sound", relation, 2 * Broken.m)["verdict"] for relation in RELATIONS[1:4]] == ["supported"] * 3
    assert verdict("sound", Identity(), 2 * Broken.m)["verdict"] == "refuted"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            (name, value)
            for name in ("tolerance", "error_rate", "level", "resolve")
            for value in (0, 1, -0.1, 2, np.nan)
        ),
        *((name, value) for name in ("budget", "max_trials", "points") for value in (0, -1)),
        ("seed", -1),
    ],
)
def test_numbers_that_make_no_sense_are_refused_before_anything_is_simulated(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=field.replace("_", ".")):
        Request(**{field: value})


def test_a_scale_that_vanishes_is_a_bad_declaration() -> None:
    zero = claim_of(Broken.y, 0, Equality(), Broken)
    for claim in (zero, zero.but(scale=Broken.m - 1)):
        with pytest.raises(BadDeclaration, match="scale"):
            check(claim, lab=Laboratory(), values={Broken.way: "sound", Broken.m: 1})


def test_assumptions_that_contradict_each_other_leave_no_point() -> None:
    with pytest.raises(BadInput, match="no typical point satisfies"):
        check(EQUALITY.but(assuming=[Draws.m > 1, Draws.m < 1]), lab=Laboratory())


@pytest.mark.parametrize("sizes", [[8], [], [8, 4, 2], [8, 8, 8]])
def test_a_ladder_needs_sizes(sizes: list[int]) -> None:
    for relation in (Asymptotic, Exponent):
        with pytest.raises(BadDeclaration, match="ladder"):
            relation(Ladder(Draws.n, sizes))

"""What guards a run: the resolution asked for, one bad claim among many, precision, facts, symmetries."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Array, Machine
from numerics.measure import Arrays, Laboratory, Unit
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from proofs_check.check import Request
from tests.engine_toys import EQUALITY, Draws, claim_of
from theory.claim import Claim
from theory.domain import Real
from theory.errors import BadDeclaration, BadInput
from theory.proof import Degree
from theory.relation import Bound, Equality, Identity
from theory.setting import Observable, Setting

PAIR = [{Draws.m: 1, Draws.s: "0.1"}, {Draws.m: 2, Draws.s: "0.1"}]
TRUE = EQUALITY.but(points=PAIR)


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


def one(claim: Claim, lab: Laboratory | None = None, **request: Any) -> dict[str, Any]:
    (record,) = check(claim, lab=lab, **request)
    return record


# Resolution


def test_a_resolution_is_twice_the_tolerance_and_sees_what_two_percent_pass() -> None:
    off = TRUE.but(prediction=Draws.m * 1008 / 1000, wrong=(), points=PAIR[:1])
    passed = one(off, points=1)
    assert passed["verdict"] == "supported" and "within 2 %" in passed["sentence"]
    seen = one(off, points=1, resolve=0.002)
    assert seen["verdict"] == "refuted" and seen["relative_tolerance"] == 0.001
    assert one(TRUE, points=1, resolve=0.004)["verdict"] == "supported"
    with pytest.raises(BadInput, match="half"):
        Request(resolve=0.002, tolerance=0.01)


def test_an_undecided_verdict_says_what_would_decide_and_what_that_costs() -> None:
    near = TRUE.but(prediction=Draws.m * 1014 / 1000, wrong=(), points=PAIR[:1])
    record = one(near, points=1, max_trials=2000)
    assert record["verdict"] == "undecided" and record["reason"].startswith("noise")
    assert re.search(r"about \d+ trials, some [\d.e-]+ s on one core", record["would_decide"]), record["would_decide"]


# One bad claim among several


def test_a_claim_that_cannot_be_checked_does_not_keep_the_others_from_it() -> None:
    heard: list[Any] = []
    lost = claim_of(Draws.x, 1 / (Draws.n - Draws.n), Identity(), entry="toys.lost")
    with pytest.raises(BadInput, match=r"toys\.lost"):
        check([lost, TRUE], points=1, heard=heard.append)
    assert [record["verdict"] for record in heard] == ["supported"]


# Precision, and facts


class Rounded(Setting):
    """(big + z) − big: in single precision nothing of z is left when big is large."""

    big = Real(at_least=0, typical=(0, 1))
    y = Observable("1 + z after the subtraction")


@simulates(Rounded, cost=1e-5)
def rounded(*, big: float, trials: int, rng: Stream) -> dict[str, Array]:
    far = rng.asarray(np.full(trials, big))
    return {"y": (far + (1 + rng.normal((trials,)) / 10)) - far}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_precision_that_changes_the_answer_withholds_the_verdict(backend: str) -> None:
    claim = claim_of(Rounded.y, 1, Equality(), Rounded)
    single, double = (Laboratory(Machine(backend, precision=precision)) for precision in ("float32", "float64"))
    for lab, big, verdict in ((single, 0, "supported"), (double, 1e8, "supported"), (single, 1e8, "undecided")):
        record = one(claim, lab, values={Rounded.big: big})
        assert record["verdict"] == verdict, record["sentence"]
    assert record["reason"].startswith("precision") and "float64" in record["would_decide"]


def test_a_violation_that_does_not_come_again_is_no_fact() -> None:
    claim = claim_of(Draws.x, 2 * Draws.m, Bound("<="), points=PAIR)
    measured_once: list[int] = []
    bent = Laboratory()
    honest = bent.measure

    def flickering(units: Sequence[Unit]) -> list[Arrays]:
        measured_once.append(1)
        return [block | {"x": block["x"] * (1 + 9 * (len(measured_once) == 1))} for block in honest(units)]

    bent.measure = flickering  # type: ignore[method-assign]
    record = one(claim, bent, points=1)
    assert record["verdict"] == "undecided" and record["reason"].startswith("precision")
    assert one(claim.but(prediction=Draws.m / 2), points=1)["verdict"] == "refuted"


# What is declared of a law


class Bounded(Setting):
    """Uniform on [0, 2m]."""

    m = Real(above=0, typical=(1, 2))
    y = Observable("within declared bounds", between=(0, lambda M: 2 * M.m))
    z = Observable("of declared variance", variance=lambda M: M.m**2 / 3)
    positive = Observable("at least 0", between=(0, None))
    wrong = Observable("beyond its bounds", between=(0, m))


@simulates(Bounded, cost=1e-5)
def bounded(*, m: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {name: 2 * m * rng.uniform((trials,)) for name in ("y", "z", "positive", "wrong")}


def test_what_is_declared_of_a_law_makes_its_verdict_exact() -> None:
    point = {Bounded.m: 1}
    for observable in (Bounded.y, Bounded.z):
        record = one(claim_of(observable, Bounded.m, Equality(), Bounded), values=point, tolerance=0.1)
        assert (record["verdict"], record["guarantee"]) == ("supported", "bounded")
    record = one(claim_of(Bounded.positive, Bounded.m / 2, Bound("<=", "mean"), Bounded), values=point)
    assert (record["verdict"], record["guarantee"]) == ("refuted", "bounded")
    with pytest.raises(BadInput, match="outside the declared"):
        one(claim_of(Bounded.wrong, Bounded.m, Equality(), Bounded), values=point)


# Symmetries of the simulator


class Lopsided(Setting):
    """Noise of variance s2, whose simulator forgets a square root above 1."""

    s2 = Real(above=0, typical=(0.5, 0.9))
    y = Observable("the square of the noise")


@simulates(Lopsided, cost=1e-5)
def lopsided(*, s2: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"y": (s2 if s2 > 1 else s2**0.5) ** 2 * rng.normal((trials,)) ** 2}


def test_a_scaling_that_the_simulator_breaks_is_found_before_any_comparison() -> None:
    claim = claim_of(Lopsided.y, Lopsided.s2, Equality(), Lopsided, scaling=[Degree(1, Lopsided.s2, pathwise=True)])
    with pytest.raises(BadDeclaration, match="symmetry: degree 1 in s2, draw by draw: fails in"):
        one(claim)
    right = claim_of(Draws.x, Draws.m, Bound("<="), scaling=[Degree(1, Draws.m, pathwise=True)])
    assert one(right)["verdict"] == "supported"


def test_a_claim_that_contradicts_itself_is_not_compared() -> None:
    with pytest.raises(BadDeclaration, match="homogeneity"):
        one(EQUALITY.but(scaling=[Degree(2, Draws.m)]))

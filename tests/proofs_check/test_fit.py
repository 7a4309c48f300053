"""Constants fitted on ladders of known truth: a rate a·n^b with noise, wrong shapes, inseparable constants.

A share of missed intervals is compared with its nominal value by a binomial test that errs once in a million.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.fit import fit, fitted, model_of
from proofs_check.statistics.evidence import Measured, Rule, Station
from tests.engine_toys import Mean, at_most, claim_of
from theory.claim import Claim
from theory.domain import Real, Size
from theory.errors import BadDeclaration, BadInput
from theory.evaluate import Prediction
from theory.relation import Equality, Ladder, Order
from theory.setting import Observable, Point, Setting

ROW = (16, 32, 64, 128, 256, 512)
TOP = Point.of(Mean, {"n": 512, "m": 1, "c": 0, "s": "0.1"})
C, D = Symbol("C"), Symbol("D")


class Rate(Setting):
    """a n^b (1 + s·z), z standard normal."""

    n = Size(typical=(8, 64))
    a = Real(above=0, typical=(1, 2))
    b = Real(typical=(-1, 1))
    s = Real(above=0, typical=(0.05, 0.2))
    y = Observable("the outcome")


@simulates(Rate, cost=1e-5, block=256)
def rate(*, n: int, a: float, b: float, s: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"y": a * n**b * (1 + s * rng.normal((trials,)))}


PLACE = {Rate.a: 2, Rate.b: "1/2", Rate.s: "0.1"}
SHAPE = C * Rate.n**Rate.b


def rated(prediction: Any, unknown: Sequence[Symbol], relation: Any = None, **more: Any) -> Claim:
    relation = relation or Order(Ladder(Rate.n, ROW))
    return claim_of(Rate.y, prediction, relation, Rate, unknown=unknown, points=[PLACE], **more)


def test_a_factor_is_fitted_and_holds_out() -> None:
    found = fit(rated(SHAPE, [C]), seed=1)
    (constant,) = found.constants
    assert constant.interval[0] <= 2 <= constant.interval[1] and found.inside is True
    row = found.as_json()
    assert row["constants"][0]["name"] == "C" and row["held_out"]["inside"] is True
    assert row["held_out"]["share_inside"] == 1 and found.guarantee == "asymptotic" and found.method == "linear"
    assert found.fitted_on == ("16", "64", "256") and [held.at for held in found.held_out] == ["32", "128", "512"]
    assert "C = " in found.text() and "inside the tolerance" in found.text()


def test_a_wrong_shape_is_outside_on_the_held_out_half() -> None:
    found = fit(rated(C * Rate.n, [C]), seed=1)
    assert found.inside is False and found.worst is not None and found.worst.interval[0] > 0.5


def test_an_unknown_exponent_and_two_linear_constants_are_fitted() -> None:
    power = fit(rated(C * Rate.n**D, [C, D]), seed=1)
    assert [round(one.value, 1) for one in power.constants] == [2.0, 0.5] and power.inside is True
    assert power.method.startswith("nonlinear")
    two = fit(rated(SHAPE + D, [C, D]), seed=1)
    ends = {one.name: one.interval for one in two.constants}
    assert two.method == "linear" and ends["C"][0] <= 2 <= ends["C"][1] and ends["D"][0] <= 0 <= ends["D"][1]


@pytest.mark.parametrize(("prediction", "unknown"), [(C * Mean.n, [C]), (C * Mean.n**D, [C, D])])
def test_intervals_of_constants_and_gaps_cover_together(prediction: Any, unknown: list[Symbol]) -> None:
    claim = claim_of(Mean.y, prediction, Order(Ladder(Mean.n, ROW)), Mean, unknown=unknown)
    places = [Station(TOP.replace({"n": n}), label=str(n)) for n in ROW]
    model, held = model_of(claim, places, unknown), np.array([False, True] * 3)
    rule = Rule(0.05 / (len(unknown) + 3), 0.02, 256)

    def missed(run: int) -> bool:
        rng = np.random.default_rng(run)
        samples = [
            Measured(place, 3 * n * rng.exponential(size=1500), Prediction(1.0, 0.0, "toy"), None, 1500)
            for place, n in zip(places, ROW, strict=True)
        ]
        found = fitted(claim, samples, rule, model, held)
        truth = [(one.interval, value) for one, value in zip(found.constants, (3.0, 1.0), strict=False)]
        truth += [(one.interval, 0.0) for one in found.held_out]
        return any(not low <= value <= high for (low, high), value in truth)

    assert at_most(sum(map(missed, range(12))), 12, 0.05)


def test_what_cannot_be_fitted_is_said_in_one_line() -> None:
    with pytest.raises(BadInput, match="no constant open"):
        fit(rated(Rate.n, []))
    with pytest.raises(BadDeclaration, match="cannot be told apart"):
        fit(rated(C * D * Rate.n**Rate.b, [C, D]))
    with pytest.raises(BadDeclaration, match="does not occur"):
        fit(rated(SHAPE, [C, D]))
    with pytest.raises(BadInput, match="sizes at least"):
        symbols = [Symbol(f"C{k}") for k in range(4)]
        fit(rated(sum(c * Rate.n**k for k, c in enumerate(symbols)), symbols))
    with pytest.raises(BadInput, match="fails at"):
        fit(rated(SHAPE, [C], regime=[Rate.n > 20]))


def test_a_claim_without_a_ladder_is_fitted_over_its_points() -> None:
    found = fit(claim_of(Rate.y, C * Rate.a * Rate.n**Rate.b, Equality(), Rate, unknown=[C]), seed=2)
    (constant,) = found.constants
    assert constant.interval[0] <= 1 <= constant.interval[1] and len(found.held_out) == 4

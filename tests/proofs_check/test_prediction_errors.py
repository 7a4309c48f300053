"""A prediction is taken at its word: one that may be off by more than half the tolerance decides nothing."""

from typing import Any

import numpy as np
import pytest
from sympy import Expr, Symbol

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.computed import Computed, Law
from theory.domain import Real
from theory.relation import Bound, Distribution, Equality, Identity
from theory.setting import Drawn, Observable, Setting


class Known(Setting):
    """u uniform on [1, 2] and what follows from it."""

    m = Real(above=0, typical=(1, 2))
    u = Drawn(1)
    double = Observable("2u")
    noisy = Observable("2u and 5 % noise")
    share = Observable("u − 1")


@simulates(Known, cost=1e-6)
def known(*, m: float, trials: int, rng: Stream) -> dict[str, Array]:
    u = 1 + rng.uniform((trials,))
    return {"u": u[:, None], "double": 2 * u, "noisy": 2 * u + 0.05 * rng.normal((trials,)), "share": u - 1}


def doubled(u: np.ndarray, error: float, factor: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """factor·u with a stated relative error."""
    value = factor * u[:, 0]
    return value, error * value


def program(error: float, factor: float = 2.0) -> Computed:
    return Computed([Known.u], lambda u: doubled(u, error, factor))


def outcome(observable: Any, prediction: Any, relation: Any) -> tuple[str, str]:
    claim: Claim = claim_of(observable, prediction, relation, Known, points=[{Known.m: 1}])
    (record,) = check(claim, points=1, max_trials=200_000)
    return record["verdict"], record["reason"].partition(":")[0]


CASES = [
    (Known.double, Identity()),
    (Known.noisy, Equality()),
    (Known.double, Bound("<=", "pathwise")),
]


@pytest.mark.parametrize(("observable", "relation"), CASES, ids=["identity", "equality", "bound"])
class TestProgram:
    """The tolerance is 2 %: a program may be off by 1 % at most."""

    def test_a_small_error_is_no_hindrance(self, observable: Any, relation: Any) -> None:
        assert outcome(observable, program(1e-9), relation) == ("supported", "")

    def test_a_large_error_turns_supported_into_undecided(self, observable: Any, relation: Any) -> None:
        assert outcome(observable, program(0.03), relation) == ("undecided", "solver")

    def test_an_error_that_is_not_known_decides_nothing(self, observable: Any, relation: Any) -> None:
        for unknown in (np.inf, np.nan):
            assert outcome(observable, program(unknown), relation) == ("undecided", "solver")

    def test_a_wrong_program_that_knows_its_error_is_refuted(self, observable: Any, relation: Any) -> None:
        assert outcome(observable, program(1e-9, factor=1.9), relation)[0] == "refuted"

    def test_a_deviation_within_the_error_refutes_nothing(self, observable: Any, relation: Any) -> None:
        assert outcome(observable, program(0.06, factor=1.9), relation) == ("undecided", "solver")


def test_an_error_that_a_program_does_not_state_is_the_declared_one() -> None:
    exact = Computed([Known.u], lambda u: 2 * u[:, 0])
    rough = Computed([Known.u], lambda u: 2 * u[:, 0], error=0.03)
    assert outcome(Known.double, exact, Identity()) == ("supported", "")
    assert outcome(Known.double, rough, Identity()) == ("undecided", "solver")


def uniform(x: Symbol, size: float) -> Expr:
    """x, as ((x + K)² − K² − x²)/(2K): float64 loses K·1e-16 of it."""
    return ((x + size) ** 2 - size**2 - x**2) / (2 * size)


def law(size: int, share: float = 1) -> Law:
    return Law(cdf=lambda x: uniform(x, size) * share + (1 - share) * x**2, support=(0, 1))


def test_a_law_that_float64_can_tell_is_supported() -> None:
    assert outcome(Known.share, law(1), Distribution()) == ("supported", "")


def test_a_law_that_float64_cannot_tell_is_undecided() -> None:
    """K = 2⁵⁰ leaves an error of about a tenth, and the bound says so."""
    assert outcome(Known.share, law(2**50), Distribution()) == ("undecided", "solver")


def test_a_wrong_law_is_refuted() -> None:
    assert outcome(Known.share, law(1, share=0), Distribution())[0] == "refuted"

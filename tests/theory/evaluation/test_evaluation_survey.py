"""Random points over the claims at hand: float64 within its bound, enclosures of two precisions that overlap."""

import numpy as np
import pytest
from sympy import Max, Rational, Symbol, exp, log, oo

from benchmarks.evaluation import BAD, at_points, enclosed, kind, survey
from benchmarks.places import points
from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from tests.engine_toys import claim_of
from theory import discovery
from theory.computed import Computed, Law, Minimum
from theory.domain import Real, Size
from theory.evaluate import Prediction
from theory.formulas.averages import marchenko_pastur_mean, normal_mean
from theory.relation import Distribution, Equality, Identity
from theory.setting import Drawn, Observable, Setting

CLAIMS = [claim for claim in discovery.find("all") if claim.is_per_point()]
x = Symbol("x", real=True)


class Surveyed(Setting):
    """A parameter of every kind of domain, and what is made of a draw."""

    k = Size(at_least=1, at_most=7, typical=(2, 3))
    c = Real(at_least=0, at_most=1, typical=(0.4, 0.6))
    r = Real(above=0, typical=(1, 2))
    u = Drawn(1)
    y = Observable("r·u²")


@simulates(Surveyed, cost=1e-6)
def surveyed(*, k: int, c: float, r: float, trials: int, rng: Stream) -> dict[str, Array]:
    u = 1 + rng.uniform((trials,))
    return {"u": u[:, None], "y": r * u**2}


S = Surveyed
EXPONENTIAL = Law(cdf=lambda t: 1 - exp(-t / S.r), support=(0, oo))
SQUARE = Computed([S.u], lambda u: u[:, 0] ** 2)
KINDS = {
    "closed forms": claim_of(S.y, S.r * S.c**S.k, Equality(), S),
    "formulas of draws": claim_of(S.y, 2 * S.y - S.y, Identity(), S),
    "laws": claim_of(S.y, EXPONENTIAL, Distribution(), S),
    "programs": claim_of(S.y, SQUARE, Identity(), S),
    "minima": claim_of(S.y, Minimum(of=S.r + (S.c - Rational(1, 3)) ** 2, over=S.c), Equality(), S),
}


def test_float64_lies_within_its_bound_of_the_enclosure_at_random_points() -> None:
    counts, broken = survey(CLAIMS, 5, seed=3)
    assert not broken
    assert counts["closed forms: holds"] > 0.8 * counts.total() > 100


def test_a_bound_a_million_times_too_small_is_noticed() -> None:
    assert len(survey(CLAIMS, 2, seed=3, tighter=1e6)[1]) > 20


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_prediction_is_surveyed(name: str) -> None:
    counts, broken = survey([KINDS[name]], 20, seed=0)
    assert kind(KINDS[name])[0] == name and not broken and counts[f"{name}: holds"] >= 18


AVERAGES = [normal_mean(lambda z: Max(z - S.c, 0) ** S.k), marchenko_pastur_mean(lambda u: log(S.c + u), S.r)]


@pytest.mark.parametrize("average", AVERAGES, ids=["one-sided moment", "log determinant"])
def test_an_integral_in_float64_lies_within_its_error_and_not_within_a_smaller_one(average: object) -> None:
    claim = KINDS["closed forms"].but(prediction=S.r * average)
    counts, broken = survey([claim], 8, seed=1)
    assert not broken and counts["closed forms: holds"] >= 4
    assert len(survey([claim], 8, seed=1, tighter=1e6)[1]) > 1


def test_a_program_that_mixes_its_trials_is_noticed() -> None:
    mixed = Computed([S.u], lambda u: u[:, 0] ** 2 + 1e-6 * u.mean())
    counts, broken = survey([KINDS["programs"].but(prediction=mixed)], 20, seed=0)
    assert len(broken) == counts.total() > 0


def test_points_reach_all_of_a_finite_domain_and_ten_times_beyond_the_typical_range_of_another() -> None:
    found = list(points(KINDS["closed forms"], 400, np.random.default_rng(0)))
    sizes, shares, scales = ([float(point[symbol]) for point in found] for symbol in (S.k, S.c, S.r))
    assert set(sizes) == {*range(1, 8)}
    assert min(shares) < 0.02 and max(shares) > 0.98
    assert min(scales) < 0.11 and max(scales) > 18 and min(scales) > 0


def test_a_value_apart_from_its_enclosure_or_an_enclosure_that_stays_wide_is_a_violation() -> None:
    values = {x: Rational(1, 3)}
    for value, error, word in ((np.exp(1 / 3), 1e-14, "holds"), (np.exp(1 / 3) + 1e-12, 1e-14, BAD)):
        assert enclosed(exp(x), values, Prediction(value, error, "")).startswith(word)
    assert enclosed(exp(x), values, Prediction(np.nan, np.inf, "")) == "beyond float64"


def test_what_has_no_value_is_counted_as_such() -> None:
    gone = KINDS["closed forms"].but(prediction=S.r / 0)
    assert [word for _, word in at_points(gone, 3, np.random.default_rng(0), 1.0)] == ["no value"] * 3

"""Laws and the judge of distributions: numbers by DKW at doublings, arrays by trials; with planted wrong engines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from scipy import stats

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from proofs_check.statistics.evidence import Outcome, Rule
from proofs_check.statistics.judges import distribution
from proofs_check.statistics.judging import judged, stations
from proofs_check.statistics.sequential import betting_log_wealth, looks
from tests.engine_toys import POINT, Draws, answers, at_most, claim_of, followed, measured
from theory.claim import Claim
from theory.computed import Law, Shares
from theory.domain import Real, Size
from theory.errors import BadDeclaration, BadInput
from theory.relation import Distribution
from theory.setting import Observable, Point, Setting

RULE = Rule(level=0.05, tolerance=0.02, first_look=64)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=64)
NORMAL = Law(lambda x: (1 + sympy.erf((x - Draws.m) / (Draws.s * sympy.sqrt(2)))) / 2)
UNIFORM = Law(lambda x: x, support=(0, 1))


class LocalDimension(Setting):
    """−log of the distances of k points of a ball of dimension m; and k numbers with a factor in common."""

    k = Size(at_least=3, typical=(4, 8))
    m = Size(at_least=1, typical=(2, 3))
    rho = Real(at_least=0, at_most=1, typical=(0, 0.5))
    total_log = Observable("Σ log(r_k/r_j) over the nearer points")
    entries = Observable("k numbers, each standard normal, correlated by rho", shape=(k,))


@simulates(LocalDimension, cost=1e-5)
def local_dimension(*, k: int, m: int, rho: float, trials: int, rng: Stream) -> dict[str, Array]:
    xp = rng.xp
    radius = xp.max(rng.uniform((trials, k, m)), axis=-1)  # a ball of the largest norm is a cube
    farthest = xp.max(radius, axis=-1)
    common, own = rng.normal((trials, 1)), rng.normal((trials, k))
    return {
        "total_log": k * xp.log(farthest) - xp.sum(xp.log(radius), axis=-1),
        "entries": rho**0.5 * common + (1 - rho) ** 0.5 * own,
    }


S = LocalDimension
GAMMA = Law(lambda x: sympy.lowergamma(S.k - 1, S.m * x) / sympy.gamma(S.k - 1), support=(0, sympy.oo))
WRONG = Law(lambda x: sympy.lowergamma(S.k, S.m * x) / sympy.gamma(S.k), support=(0, sympy.oo))
AT = Point.of(S, {"k": 5, "m": 2, "rho": 0})


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


# Laws


@pytest.mark.parametrize(
    ("law", "point", "reference"),
    [
        (GAMMA, AT, stats.gamma(4, scale=0.5)),
        (NORMAL, POINT, stats.norm(1, 0.1)),
        (Law(lambda x: sympy.betainc_regularized(S.k, S.m, 0, x), (0, 1)), AT, stats.beta(5, 2)),
        (Law(lambda x: 1 - sympy.uppergamma(S.k, x) / sympy.gamma(S.k), (0, sympy.oo)), AT, stats.gamma(5)),
        (UNIFORM, AT, stats.uniform()),
    ],
)
def test_a_law_has_the_values_and_quantiles_of_its_distribution(law: Law, point: Point, reference: Any) -> None:
    values = reference.rvs(200, random_state=0)
    law = law.at_point(point)
    found = law.at(values)
    assert np.all(np.abs(found.value - reference.cdf(values)) <= found.error + 1e-15) and np.all(found.error < 1e-11)
    shares = np.array([0.01, 0.5, 0.99])
    assert law.quantiles(shares) == pytest.approx(reference.ppf(shares), rel=1e-9)
    assert law.at(np.array([-1e9, 1e9])).value == pytest.approx([0, 1])


@pytest.mark.parametrize(
    "expression", [lambda x: 1 - sympy.exp(-x), sympy.sqrt, lambda x: 2 * x, lambda x: x / (x - x + 0.5) - 3]
)
def test_what_is_no_distribution_function_is_refused(expression: Callable[[Any], Any]) -> None:
    with pytest.raises(BadInput, match="distribution function"):
        Law(expression).at_point(AT).at(np.array([0.25, -1.0, 0.9]))


def test_a_law_that_does_not_reach_one_has_no_quantiles() -> None:
    with pytest.raises(BadInput, match="does not rise"):
        Law(lambda x: (1 + sympy.erf(x)) / 4).at_point(AT).quantiles(np.array([0.5, 0.9]))


def test_float64_is_compared_with_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    def rough(*call: Any) -> Any:
        found = exact(*call)
        return type(found)(found.value + 1e-6, found.error, found.guarantee)

    exact = Shares._in_float64
    monkeypatch.setattr(Shares, "_in_float64", rough)
    assert np.all(GAMMA.at_point(AT).at(np.linspace(0.5, 3, 20)).error >= 0.9e-6)


# One number a trial

NUMBERS = claim_of(Draws.y, NORMAL, Distribution(within=0.05))


def normals(rng: np.random.Generator, shift: float = 0.0, trials: int = 16_000) -> Any:
    """Normal numbers of mean 1 + shift·0.1 and s.d. 0.1: at a distance 2Φ(shift/2) − 1 from the predicted ones."""
    return measured(1 + 0.1 * (rng.normal(size=trials) + shift), np.nan)


def shift_of(distance: float) -> float:
    return float(2 * stats.norm.ppf((1 + distance) / 2))


def test_a_true_law_is_supported_and_a_shifted_or_wider_one_refuted() -> None:
    assert answers(10, lambda rng: at_doublings(0.0, rng, STRICT, 6))["supported"] == 10
    for shift in (shift_of(0.1), -shift_of(0.1)):
        assert answers(10, lambda rng, by=shift: at_doublings(by, rng, STRICT, 6))["refuted"] == 10
    wider = [measured(1 + 0.15 * np.random.default_rng(0).normal(size=16_000), np.nan)]
    found = followed(NUMBERS, wider, STRICT)
    assert found.answer == "refuted" and found.guarantee == "exact" and found.interval is not None


def at_doublings(shift: float, rng: np.random.Generator, rule: Rule, doublings: int = 4) -> Outcome:
    """The outcome of looking at every doubling: what other looks say is the same."""
    first = distribution.first_doubling(0.05, rule)
    only = normals(rng, shift, first * 2 ** (doublings - 1))
    for k in range(doublings):
        found = judged(NUMBERS, [measured(only.observable[: first * 2**k], np.nan)], rule)
        if found.answer != "open":
            break
    return found


@pytest.mark.parametrize(("shift", "wrong"), [(shift_of(0.04999), "refuted"), (-shift_of(0.05001), "supported")])
def test_at_the_edge_of_the_distance_wrong_verdicts_are_rarer_than_declared(shift: float, wrong: str) -> None:
    assert at_most(answers(60, lambda rng: at_doublings(shift, rng, RULE))[wrong], 60, RULE.level)


def misses(rng: np.random.Generator) -> Outcome:
    """Whether the band excludes, at one of many looks, the law that the trials come from."""
    values, loose = rng.random(1000), Rule(0.5, 0.02, 8)
    for n in looks(16, 1000):
        count, stage = distribution._doubling(n, 0.9, loose)
        ranks, ordered = np.arange(count), np.sort(values[:count])
        distance = max(np.max((ranks + 1) / count - ordered), np.max(ordered - ranks / count))
        if distance > distribution.band(count, stage, loose.level):
            return Outcome("refuted")
    return Outcome("supported")


def test_the_band_holds_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_most(answers(200, misses)["refuted"], 200, 0.5)
    monkeypatch.setattr(distribution, "_doubling", lambda kept, within, rule: (kept, 1))
    monkeypatch.setattr(distribution, "band", lambda n, stage, level: np.sqrt(np.log(2 / level) / (2 * n)))  # planted
    assert not at_most(answers(200, misses)["refuted"], 200, 0.5)


def test_doublings_are_fixed_before_the_trials() -> None:
    first = distribution.first_doubling(0.05, STRICT)
    found = [distribution._doubling(n, 0.05, STRICT) for n in (first - 1, first, 2 * first - 1, 2 * first, 9 * first)]
    assert found == [(0, 0), (first, 1), (first, 1), (2 * first, 2), (8 * first, 4)]


def test_the_certificate_of_the_simulator_widens_the_distance() -> None:
    values = normals(np.random.default_rng(0)).observable
    known = followed(NUMBERS, [measured(values, np.nan, certificate=0.001)], STRICT)
    assert known.answer == "supported" and known.certificate is not None and known.certificate > 0.003
    for vague in (0.05, np.inf):
        found = followed(NUMBERS, [measured(values, np.nan, certificate=vague)], STRICT)
        assert found.answer == "undecided" and found.reason.startswith("solver")
    biased = values + 0.004  # within its certificate the values may be those of the law
    assert followed(NUMBERS, [measured(biased, np.nan, certificate=0.004)], STRICT).answer != "refuted"


def test_an_atom_counts_from_both_its_sides() -> None:
    dice = Law(lambda x: sympy.Min(sympy.floor(x) / 6, 1), support=(0, 8))
    rolls = np.random.default_rng(0).integers(1, 7, 4000).astype(float)
    found = distribution._distances(dice.at_point(POINT), rolls, np.zeros(len(rolls)))
    assert found[1] < 0.04  # 1.3581/√4000 is passed with probability 5 %, .04 with 1e-5


def test_too_few_trials_decide_nothing() -> None:
    for trials in (2, 20, 60):
        found = followed(NUMBERS, [normals(np.random.default_rng(0), 3.0, trials)], STRICT)
        assert found.answer == "open" and "trials" in found.reason


# Arrays: the trial is the array

ENTRIES = claim_of(Draws.y, NORMAL, Distribution(within=0.1))


def arrays(rng: np.random.Generator, shift: float = 0.0, rho: float = 0.0, trials: int = 600, size: int = 12) -> Any:
    """Entries correlated by rho within a trial."""
    z = np.sqrt(rho) * rng.normal(size=(trials, 1)) + np.sqrt(1 - rho) * rng.normal(size=(trials, size))
    return measured(1 + 0.1 * (z + shift), np.nan)


def test_many_bettors_at_once_are_the_single_ones() -> None:
    rng = np.random.default_rng(0)
    shares, means = rng.integers(0, 5, (3, 50)), np.array([0.4, 0.7, 1.3])
    counts = np.stack([np.bincount(row, minlength=5) for row in shares])
    assert distribution.log_wealth(counts, means) == pytest.approx(
        [betting_log_wealth(row / 4, mean) for row, mean in zip(shares, means, strict=True)]
    )
    assert list(distribution.log_wealth(counts, np.array([-0.1, 0.0, 0.5])))[:2] == [np.inf, 0.0]


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_a_true_law_of_entries_is_supported_and_a_shifted_one_refuted(rho: float) -> None:
    assert answers(4, lambda rng: followed(ENTRIES, [arrays(rng, 0, rho, 1500)], STRICT))["supported"] == 4
    moved = shift_of(0.3)
    assert answers(4, lambda rng: followed(ENTRIES, [arrays(rng, moved, rho, 1500)], STRICT))["refuted"] == 4
    found = followed(ENTRIES, [arrays(np.random.default_rng(0), 0, rho, 1500)], STRICT)
    assert found.guarantee == "exact" and found.interval is not None and found.interval[1] <= 0.1


def last_look(rho: float, distance: float) -> Callable[[np.random.Generator], Outcome]:
    return lambda rng: followed(ENTRIES, [arrays(rng, shift_of(distance), rho, 250)], RULE, start=100)


@pytest.mark.parametrize(("rho", "distance", "wrong"), [(0.9, 0.0999, "refuted"), (0.0, 0.1001, "supported")])
def test_entries_at_the_edge_give_wrong_verdicts_more_rarely_than_declared(
    rho: float, distance: float, wrong: str
) -> None:
    assert at_most(answers(30, last_look(rho, distance))[wrong], 30, RULE.level)


def test_pooled_entries_with_a_common_factor_are_no_sample() -> None:
    """A planted engine: DKW on all entries, as if they were independent."""

    def pooled(rng: np.random.Generator) -> Outcome:
        only = arrays(rng, 0, 0.9, 64, 30)
        flat = measured(only.observable.ravel(), np.nan)
        return distribution._of_numbers(NORMAL.at_point(POINT), flat, 0.04, RULE, {})

    def by_trial(rng: np.random.Generator) -> Outcome:
        return followed(ENTRIES.but(relation=Distribution(within=0.04)), [arrays(rng, 0, 0.9, 64, 30)], RULE)

    assert not at_most(answers(30, pooled)["refuted"], 30, RULE.level)
    assert at_most(answers(20, by_trial)["refuted"], 20, RULE.level)


def test_an_engine_that_forgets_the_step_of_the_grid_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """All entries lie just below a grid value: there G = F, and between two of them G is 0.038 less than F."""
    claim = claim_of(Draws.y, UNIFORM, Distribution(within=0.03))
    rng, places = np.random.default_rng(0), distribution.FEWEST_GRID + 1
    sample = [
        measured((1 + np.floor(rng.random((2000, 40)) * places)) / places - 1e-4 * rng.random((2000, 40)), np.nan)
    ]
    assert followed(claim, sample, STRICT).answer != "supported"
    monkeypatch.setattr(distribution, "GRID_SHARE", 0.1)
    found = followed(claim, sample, STRICT)
    assert found.answer == "undecided" and "grid" in found.reason
    monkeypatch.setattr(distribution.np, "diff", lambda values, **ends: np.zeros(len(values)))
    assert followed(claim, sample, STRICT).answer == "supported"  # the planted engine


# Whole checks


def law_claim(observable: Any, law: Any, within: float, **more: Any) -> Claim:
    return claim_of(observable, law, Distribution(within), S, points=[{S.k: 5, S.m: 2, S.rho: "0.5"}], **more)


@pytest.mark.parametrize(
    ("observable", "true", "false", "within"),
    [
        (S.total_log, GAMMA, WRONG, 0.05),
        (
            S.entries,
            Law(lambda x: (1 + sympy.erf(x / sympy.sqrt(2))) / 2),
            Law(lambda x: (1 + sympy.erf(x / 3)) / 2),
            0.08,
        ),
    ],
)
def test_laws_are_checked_end_to_end(observable: Any, true: Law, false: Law, within: float) -> None:
    (record,) = check(law_claim(observable, true, within), points=1)
    assert record["verdict"] == "supported" and record["guarantee"] == "exact" and record["unit"] == "distance"
    assert len(record["points"][0]["series"]) >= 25 and record["tolerance"] == within
    (record,) = check(law_claim(observable, false, within), points=1)
    assert record["verdict"] == "refuted" and record["confirmations"] == 1


def test_a_distribution_needs_a_law_and_a_distance() -> None:
    for claim in (law_claim(S.total_log, 1, 0.05), law_claim(S.total_log, GAMMA, 0.0)):
        with pytest.raises(BadDeclaration):
            stations(claim.relation, claim, AT, 0.02)

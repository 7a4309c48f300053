"""Confidence sequences against reference values, identities exact at every n, and planted wrong engines.

Simulated shares are compared with their true value by an exact two-sided binomial test at ERROR_RATE: a right engine
fails one comparison in a million, and beside each stands a twin that must fail it.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import bdtr, bdtrc, betaincc, binom, ndtri

from proofs_check.statistics.moments import Moments, moments
from proofs_check.statistics.sequential import (
    Ends,
    Interval,
    beta_binomial_cs,
    betting_exceeds,
    betting_log_wealth,
    betting_lower,
    block_ends,
    block_level,
    blocks_for,
    bounded_covers,
    bounded_cs,
    catoni_covers,
    catoni_cs,
    hull_of_blocks,
    looks,
    mixture_cs,
    no_violation_bound,
    normal_mixture,
    proportion_below,
    proportion_exceeds,
)
from theory.errors import BadInput, BadSample

ERROR_RATE = 1e-6
EPS = float(np.finfo(float).eps)
RHO = 12.60056
PLAIN = Moments(trials=1000, mean=0.0, sd=1.0, skewness=0.0, influence=0.01, varied=True)
SKEWED = Moments(trials=400, mean=0.013, sd=0.9, skewness=1.5, influence=0.01, varied=True)


def agrees(count: int, runs: int, share: float, slack: float = 0.0) -> bool:
    """Whether `count` of `runs` is no rarer than ERROR_RATE for a true share within share ± slack."""
    many, few = bdtrc(count - 1, runs, share + slack), bdtr(count, runs, share - slack)
    return bool(min(many, few) >= ERROR_RATE / 2)


def coins(n: int, p: float) -> np.ndarray:
    """Probabilities of 0 … n successes."""
    x = np.arange(n + 1)
    return binom(n, x) * p**x * (1 - p) ** (n - x)


def miss_probability(sequence: Callable[[np.ndarray], Interval], n: int, p: float) -> float:
    """Exact probability that a sequence misses the mean of n coins; the order of the coins does not matter to it."""
    found = [sequence(np.arange(n) < x) for x in range(n + 1)]
    return float(coins(n, p) @ [not cs.lower <= p <= cs.upper for cs in found])


# Reference values


@pytest.mark.parametrize(
    ("v", "rho", "level", "boundary"),
    [
        (100, RHO, 0.05, 30.35209),
        (100, 12.177349, 0.05, 30.351224),
        (100, 8.506026, 0.01, 35.716063),
        (100, 5.992179, 0.001, 42.057604),
        (10, 12.177349, 0.05, 12.090078),
        (1000, 12.177349, 0.05, 102.657360),
    ],
)
def test_the_two_sided_normal_mixture_boundary(v: float, rho: float, level: float, boundary: float) -> None:
    assert normal_mixture(v, rho, level) == pytest.approx(boundary, rel=0, abs=5.1e-6)


def test_the_mixture_of_a_plain_and_of_a_skewed_block() -> None:
    plain = block_ends(PLAIN, side=block_level(0.01, 1), tolerance=0.05)
    assert plain.z == pytest.approx(3.8423559, rel=0, abs=5.1e-8)
    assert normal_mixture(1000, 400, 0.01) / math.sqrt(1000) == pytest.approx(3.8273156, rel=0, abs=5.1e-8)
    skewed = block_ends(SKEWED, side=block_level(1e-3, 1), tolerance=0.1)
    found = (skewed.z, skewed.lower, skewed.upper)
    assert found == pytest.approx((4.3849347, -0.1843221, 0.2325157), rel=0, abs=5.1e-8)
    assert SKEWED.skew_gate(skewed.z) == pytest.approx(2.1078, rel=0, abs=5.1e-5)
    assert (skewed.upper - 0.013) * 20 / 0.9 - skewed.z == pytest.approx(0.4931913, rel=0, abs=1.1e-7)


def test_the_mirrored_block_has_the_mirrored_interval() -> None:
    ends = block_ends(SKEWED, side=0.01, tolerance=0.1)
    mirror = block_ends(replace(SKEWED, mean=-0.013, skewness=-1.5), side=0.01, tolerance=0.1)
    assert (mirror.lower, mirror.upper) == (-ends.upper, -ends.lower)


@pytest.mark.parametrize(
    ("n", "x", "lower", "upper"),
    [
        (100, 50, 0.33825755, 0.66174245),
        (1000, 10, 0.00240647, 0.02616443),
        (1000, 0, 0.0, 0.00699750),
        (10, 10, 0.62301265, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_beta_binomial_interval(n: int, x: int, lower: float, upper: float) -> None:
    cs = beta_binomial_cs(x, n, level=0.05)
    assert (cs.lower, cs.upper) == pytest.approx((lower, upper), rel=0, abs=5.1e-9)
    assert cs.guarantee == "exact" and cs.gates_open and not cs.reason


def test_the_evidence_on_a_proportion() -> None:
    assert proportion_exceeds(25, 200, p0=0.05) == pytest.approx(6.832388, rel=0, abs=5.1e-7)
    assert proportion_exceeds(50, 1000, p0=0.05) == pytest.approx(-1.419127, rel=0, abs=5.1e-7)
    assert proportion_below(175, 200, p0=0.95) == pytest.approx(6.832388, rel=0, abs=5.1e-7)


def test_the_evidence_stays_finite_where_the_upper_tail_underflows() -> None:
    n, p0 = 100_000, 0.05
    nodes, weights = np.polynomial.legendre.leggauss(80)
    width = 40 / n  # the rest of the integral is below e⁻⁴⁰ of it
    p = p0 + width * (nodes + 1) / 2
    a, b = 50 * p0, 50 * (1 - p0)
    log_prior = (a - 1) * np.log(p) + (b - 1) * np.log1p(-p) - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)
    integral = width / 2 * weights @ np.exp(log_prior + n * (np.log1p(-p) - math.log1p(-p0)))
    expected = math.log(integral / betaincc(a, b, p0))
    # the two large terms of the logarithm, of size n, cancel
    assert proportion_exceeds(0, n, p0=p0) == pytest.approx(expected, rel=0, abs=100 * EPS * n)


def test_the_wealth_of_a_bettor() -> None:
    x = np.arange(1, 101) * 0.02
    wealth = [betting_log_wealth(x, m) for m in (0.8, 0.7, 1.01)]
    assert wealth == pytest.approx([4.654478, 11.406884, -0.429521], rel=0, abs=5.1e-7)
    lower = betting_lower(x, level=math.exp(-4.654478440908))
    assert lower == pytest.approx(0.8, rel=1e-10)
    assert betting_log_wealth(x, betting_lower(x, level=0.01)) >= math.log(100) - 100 * EPS  # rounded outwards
    assert betting_log_wealth(x, betting_lower(x, level=0.01) * (1 + 1e-11)) < math.log(100)


def test_no_violation_in_n_trials() -> None:
    assert no_violation_bound(1000, 0.05) == pytest.approx(0.00299125, rel=0, abs=5.1e-9)
    assert no_violation_bound(1000, 1e-3) == pytest.approx(0.00688395, rel=0, abs=5.1e-9)
    assert no_violation_bound(0, 1e-3) == 1.0
    # the event that nothing is seen in n trials has probability α exactly at the bound
    assert (1 - no_violation_bound(70, 0.05)) ** 70 == pytest.approx(0.05, rel=100 * EPS * 70)


def test_the_number_of_blocks_keeps_their_side_level_measurable() -> None:
    assert [blocks_for(level) for level in (0.05, 2e-4, 1.9e-4, 2e-8, 1.9e-8)] == [1, 1, 2, 2, 3]
    assert all(block_level(level, blocks_for(level)) >= 0.9999e-4 for level in (2e-4, 2e-8, 2e-12))
    assert 2 * block_level(1e-5, 2) ** 2 == pytest.approx(1e-5, rel=4 * EPS)


def test_looks_are_fixed_counts_that_end_with_the_last() -> None:
    assert looks(256, 1000) == [256, 333, 433, 563, 732, 952, 1000]
    assert looks(256, 800)[:-1] == looks(256, 1000)[: len(looks(256, 800)) - 1]
    assert looks(300, 200) == [200] and looks(1, 4, growth=1.01) == [1, 2, 3, 4]


# Identities that hold exactly at every n: an e-value has mean 1 under its null


def test_the_truncated_beta_binomial_is_a_martingale() -> None:
    for n, p0 in ((1, 0.05), (60, 0.05), (60, 0.4)):
        e = np.exp([proportion_exceeds(x, n, p0=p0) for x in range(n + 1)])
        mirror = np.exp([proportion_below(x, n, p0=1 - p0) for x in range(n + 1)])
        assert coins(n, p0) @ e == pytest.approx(1, rel=1e4 * EPS)
        assert coins(n, 1 - p0) @ mirror == pytest.approx(1, rel=1e4 * EPS)
        assert coins(n, p0 / 2) @ e < 1


def test_a_truncated_beta_binomial_without_its_parts_is_no_martingale() -> None:
    n, p0 = 60, 0.05
    a, b, x = 2.5, 47.5, np.arange(61)
    e = np.exp([proportion_exceeds(k, n, p0=p0) for k in x])
    assert coins(n, p0) @ e * betaincc(a, b, p0) < 0.9  # the prior's share above p₀ forgotten
    whole = e * betaincc(a, b, p0) / betaincc(a + x, b + n - x, p0)  # not truncated at all
    assert coins(n, p0) @ whole == pytest.approx(1, rel=1e4 * EPS)
    assert coins(n, 0.005) @ whole > 1


def test_the_wealth_at_the_true_mean_is_a_martingale() -> None:
    n, p, high = 40, 0.1, 3.0
    wealth = [math.exp(betting_log_wealth(high * (np.arange(n) < x), high * p)) for x in range(n + 1)]
    assert coins(n, p) @ wealth == pytest.approx(1, rel=1e4 * EPS)
    below = [math.exp(betting_log_wealth(high * (np.arange(n) < x), 0.95 * high * p)) for x in range(n + 1)]
    assert coins(n, p) @ below > 1.05


@pytest.mark.parametrize("v", [1.0, 100.0, 3000.0])
def test_the_normal_mixture_is_a_martingale(v: float) -> None:
    x = np.linspace(-12, 12, 2001) * math.sqrt(v * (v + RHO) / RHO)  # s.d. of the density times e
    # squared boundary = base + 2(v + ρ) log 1/α, and the boundary at α is where e = 1/α
    base = normal_mixture(v, RHO, 1.0) ** 2
    assert normal_mixture(v, RHO, math.exp(-2)) ** 2 - base == pytest.approx(4 * (v + RHO), rel=100 * EPS)

    def mean(shift: float) -> float:
        log_e = (x**2 - base) / (2 * (v + RHO)) + shift
        return float(np.trapezoid(np.exp(log_e - x**2 / (2 * v)), x)) / math.sqrt(2 * math.pi * v)

    assert mean(0.0) == pytest.approx(1, rel=1e4 * EPS)
    assert mean(0.05 * math.log(20)) > 1.1  # a boundary that is a little too low


# Crossing probabilities, from both sides


@pytest.fixture(scope="module")
def walks() -> list[np.ndarray]:
    rng = np.random.default_rng(20240601)
    return [np.abs(np.cumsum(rng.standard_normal((2000, 1000), dtype=np.float32), axis=1)) for _ in range(10)]


def crossed(walks: list[np.ndarray], boundary: np.ndarray) -> int:
    return sum(int((walk >= boundary).any(axis=1).sum()) for walk in walks)


def test_the_normal_mixture_is_crossed_as_often_as_it_should(walks: list[np.ndarray]) -> None:
    n = np.arange(1, 1001)
    boundary = np.array([normal_mixture(k, RHO, 0.05) for k in n])
    one_sided = np.array([normal_mixture(k, RHO, 0.1) for k in n])
    share = 0.03228  # by quadrature over the 1000 steps, to 1e-5
    runs = 2000 * len(walks)
    assert agrees(crossed(walks, boundary), runs, share, slack=1e-5)
    wrong = {"times .95": 0.95 * boundary, "one-sided": one_sided, "one look": -ndtri(0.025) * np.sqrt(n)}
    found = {name: crossed(walks, planted) for name, planted in wrong.items()}
    assert not [name for name, count in found.items() if agrees(count, runs, share, slack=1e-5)]
    assert found["times .95"] / runs < 0.055  # a ceiling at the nominal .05 would hardly notice


@pytest.fixture(scope="module")
def pairs_of_blocks() -> list[list[list[Moments]]]:
    """Moments of both blocks at each look of 2500 Gaussian runs of mean zero."""
    rng = np.random.default_rng(20240602)
    runs = rng.standard_normal((2500, 512))
    return [[[moments(run[:n:2]), moments(run[1:n:2])] for n in looks(32, 512, growth=1.6)] for run in runs]


def missed(ends: Ends) -> bool:
    return not ends.lower <= 0 <= ends.upper


def test_the_hull_of_two_blocks_misses_as_often_as_it_should(pairs_of_blocks: list[list[list[Moments]]]) -> None:
    level, tolerance = 0.18, 0.2
    side = block_level(level, 2)

    def hull(blocks: list[Moments]) -> bool:
        return missed(hull_of_blocks(blocks, side=side, tolerance=tolerance))

    def no_halving(blocks: list[Moments]) -> bool:
        return missed(hull_of_blocks(blocks, side=level**0.5, tolerance=tolerance))

    def same_stream(blocks: list[Moments]) -> bool:
        return missed(hull_of_blocks([blocks[0], blocks[0]], side=side, tolerance=tolerance))

    def one_look(blocks: list[Moments]) -> bool:
        z = -ndtri(side)
        gaps = [block.mean / block.sd * math.sqrt(block.trials) for block in blocks]
        return min(gaps) > z or max(gaps) < -z

    share, slack = 0.01058, 6e-4  # another program, 300,000 runs, three standard errors
    counts = {
        engine.__name__: sum(any(map(engine, run)) for run in pairs_of_blocks)
        for engine in (hull, no_halving, same_stream, one_look)
    }
    assert [name for name, count in counts.items() if agrees(count, 2500, share, slack)] == ["hull"]


def test_each_trial_belongs_to_one_block_by_its_index() -> None:
    values = np.random.default_rng(1).standard_normal(3000)
    whole = mixture_cs(values, level=1e-9, tolerance=0.1)
    side = block_level(1e-9, 3)
    parts = [block_ends(moments(values[k::3]), side=side, tolerance=0.1) for k in range(3)]
    assert whole.lower == min(part.lower for part in parts) and whole.upper == max(part.upper for part in parts)
    assert whole.gates_open and whole.trials == 3000 and whole.z == max(part.z for part in parts)


def test_a_one_sided_sequence_is_the_two_sided_one_at_twice_the_level() -> None:
    values = np.random.default_rng(2).standard_exponential(600)
    one = mixture_cs(values, level=0.01, tolerance=0.1, sides=1)
    assert one == replace(mixture_cs(values, level=0.02, tolerance=0.1), level=0.01)
    two_blocks = mixture_cs(values, level=1e-4, tolerance=0.1, sides=1)
    ends = hull_of_blocks([moments(values[k::2]) for k in range(2)], side=0.01, tolerance=0.1)
    assert (two_blocks.lower, two_blocks.upper) == pytest.approx((ends.lower, ends.upper), rel=100 * EPS)


# Bounded values and declared variance


def test_exact_sequences_miss_within_their_level_at_every_n() -> None:
    level = 0.05
    for n, p in ((20, 0.5), (30, 0.1), (30, 0.9)):
        for sequence in (
            lambda values: beta_binomial_cs(int(values.sum()), len(values), level=level),
            lambda values: bounded_cs(values, 0, 1, level=level),
            lambda values, p=p: catoni_cs(values, variance=p * (1 - p), level=level, planned=30),
        ):
            assert miss_probability(sequence, n, p) <= level


def test_understated_bounds_miss_more_often() -> None:
    def understated(values: np.ndarray) -> Interval:
        return catoni_cs(values, variance=0.01, level=0.05, planned=30)

    def one_look(values: np.ndarray) -> Interval:
        error = 1.96 * float(values.std()) / math.sqrt(len(values))
        cs = beta_binomial_cs(int(values.sum()), len(values), level=0.05)
        return replace(cs, lower=values.mean() - error, upper=values.mean() + error)

    assert miss_probability(understated, 30, 0.1) > 0.05
    assert miss_probability(one_look, 30, 0.1) > 0.05


def test_the_bounded_sequence_spends_half_its_level_on_each_side() -> None:
    values = np.random.default_rng(7).random(400)
    cs = bounded_cs(2 * values + 3, 3, 5, level=0.02)
    assert cs.lower == pytest.approx(3 + 2 * betting_lower(values, level=0.01), rel=1e-10)
    assert cs.upper == pytest.approx(5 - 2 * betting_lower(1 - values, level=0.01), rel=1e-10)
    assert betting_lower(values, level=0.02) > betting_lower(values, level=0.01) + 1e-3


def test_the_catoni_interval_is_as_wide_as_its_theory_says() -> None:
    n, level = 4000, 0.01
    values = np.random.default_rng(8).standard_normal(n)
    cs = catoni_cs(values, variance=1.0, level=level, planned=n)
    # one λ gives √(2 log(2/α)/n) to leading order; the average of seven costs at most log 7
    best, worst = (math.sqrt(2 * math.log(odds / level) / n) for odds in (2, 14))
    assert best < (cs.upper - cs.lower) / 2 < 1.02 * worst
    assert cs.lower < values.mean() < cs.upper and cs.gates_open


def test_a_declared_variance_that_the_values_contradict_closes_the_gates() -> None:
    rng = np.random.default_rng(13)
    for values in (rng.standard_normal(4000), rng.standard_exponential(4000)):
        assert catoni_cs(values, variance=1.0, level=0.01, planned=4000).gates_open
        for wrong in (1.5, 100.0):
            cs = catoni_cs(wrong * values, variance=1.0, level=0.01, planned=4000)
            assert not cs.gates_open and cs.reason.startswith("regime")


def test_betting_on_a_law_without_variance_stays_below_its_mean() -> None:
    values = np.random.default_rng(9).chisquare(3, 20000) ** -1.0
    lower = betting_lower(values, level=1e-6)
    assert 0.8 < lower < 1
    assert betting_log_wealth(values, lower) == pytest.approx(math.log(1e6), rel=1e-6)
    assert betting_lower(np.zeros(50), level=0.01) == 0 == betting_lower(np.zeros(0), level=0.01)
    rare = np.arange(200_000) == 7.0  # among so many zeros even the smallest bet is lost
    assert betting_lower(1.0 * rare, level=0.01) == 0 < betting_lower(1.0 * rare[:2000], level=0.01)


def test_impossible_requests_are_refused() -> None:
    values = np.ones(10)
    requests: list[Callable[[], object]] = [
        lambda: mixture_cs(values, level=0.0, tolerance=0.1),
        lambda: mixture_cs(values, level=0.5, tolerance=0.1, sides=1),
        lambda: mixture_cs(values, level=0.1, tolerance=0.1, sides=3),
        lambda: mixture_cs(values, level=0.1, tolerance=0.0),
        lambda: beta_binomial_cs(5, 4, level=0.1),
        lambda: proportion_exceeds(1, 4, p0=0.0),
        lambda: betting_log_wealth(values, 0.0),
        lambda: catoni_cs(values, variance=0.0, level=0.1, planned=10),
        lambda: looks(0, 10),
    ]
    for request in requests:
        with pytest.raises(BadInput):
            request()
    for bad in (np.array([1.0, np.nan]), np.ones((3, 2))):
        with pytest.raises(BadSample):
            mixture_cs(bad, level=0.1, tolerance=0.1)
    with pytest.raises(BadSample):
        betting_lower(-values, level=0.1)
    with pytest.raises(BadSample):
        bounded_cs(values, 0.0, 0.5, level=0.1)


# Whether a sequence contains a value, without the search for its ends


@pytest.mark.parametrize("level", [0.05, 1e-3])
def test_containing_a_value_is_being_between_the_ends(level: float) -> None:
    rng = np.random.default_rng(0)
    for trials in (30, 300, 3000):
        values, planned = rng.random(trials), 500
        bounded = bounded_cs(values, 0.0, 1.0, level=level)
        catoni = catoni_cs(values, variance=1 / 12, level=level, planned=planned)
        least = betting_lower(values, level=level)
        for m in np.linspace(0.3, 0.7, 41):
            assert bounded_covers(values, 0.0, 1.0, m, level=level) == (bounded.lower < m < bounded.upper)
            inside = catoni_covers(values, m, variance=1 / 12, level=level, planned=planned)
            assert inside == (catoni.lower < m < catoni.upper)
            assert betting_exceeds(values, m, level=level) == (least > m)
    assert not bounded_covers(np.array([0.5, 2.0]), 0.0, 1.0, 0.5, level=level)  # the sequence itself says why

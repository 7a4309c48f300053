"""Moments of a block and the gates on its interval: they close where it may not be believed, only there."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from proofs_check.statistics.moments import Moments, infinite_variance_likely, moments
from proofs_check.statistics.sequential import Interval, looks, mixture_cs

EPS = float(np.finfo(float).eps)
PLAIN = Moments(trials=1000, mean=0.0, sd=1.0, skewness=0.0, influence=0.01, varied=True)


def settles(cs: Interval, mean: float, tolerance: float) -> bool:
    """Whether an interval decides, or excludes the true mean."""
    outside = cs.lower > tolerance or cs.upper < -tolerance
    return outside or -tolerance <= cs.lower <= cs.upper <= tolerance or not cs.lower <= mean <= cs.upper


def settled(draw: Callable[[np.random.Generator], np.ndarray], mean: float) -> tuple[int, int]:
    """Of 100 runs at level .01: those settled with the gates, and without."""
    rng = np.random.default_rng(20240603)
    gated = ungated = 0
    for _ in range(100):
        values = draw(rng)
        found = [mixture_cs(values[:n], level=0.01, tolerance=0.1) for n in looks(256, 6000)]
        final = [cs for cs in found if settles(cs, mean, 0.1)]
        ungated += bool(final)
        gated += any(cs.gates_open for cs in final)
    return gated, ungated


def test_infinite_variance_never_decides_but_an_exponential_does() -> None:
    # tail of least squares at p = n + 2; at the edge of the tolerance 1e-4 of the runs settle, .15 without gates
    gated, ungated = settled(lambda rng: 1 / rng.chisquare(3, 6000) - 0.9, mean=0.1)
    assert gated == 0 and ungated > 0
    gated, ungated = settled(lambda rng: rng.standard_exponential(6000) - 1, mean=0.0)
    assert gated == ungated > 90


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.full(2000, 0.3), "equal"),
        (np.arange(2000.0) % 19, "distinct"),
        (np.arange(2000.0) % 2, "distinct"),
        (np.append(np.random.default_rng(4).standard_normal(1999), 40.0), "variance"),
        (np.exp(1.5 * np.random.default_rng(4).standard_normal(20000)), "skewness"),
        (np.random.default_rng(4).standard_normal(255), "trials"),
        (np.zeros(1), "trials"),
        (np.zeros(0), "trials"),
    ],
)
def test_a_closed_gate_says_which(values: np.ndarray, word: str) -> None:
    cs = mixture_cs(values, level=1e-3, tolerance=0.1)
    assert not cs.gates_open and cs.reason.startswith("regime") and word in cs.reason
    assert ("trials" in cs.reason) == (word == "trials")


def test_the_moments_of_four_values() -> None:
    block = moments(np.array([5.0, 1.0, 1.0, 1.0]))  # deviations 3, −1, −1, −1
    found = (block.mean, block.sd, block.skewness, block.influence)
    assert found == pytest.approx((2.0, 2.0, 6 / 3**1.5, 0.75), rel=10 * EPS)
    assert (block.trials, block.varied) == (4, False) and moments(np.arange(20.0)).varied


def test_far_from_zero_and_in_any_unit_the_interval_is_the_same() -> None:
    values = np.random.default_rng(3).standard_exponential(2000)
    cs = mixture_cs(values, level=1e-3, tolerance=0.1)
    far = mixture_cs(values + 1e9, level=1e-3, tolerance=0.1)
    # each value, and the mean, are rounded at 1e9; the sums are not
    assert far.upper - 1e9 == pytest.approx(cs.upper, rel=0, abs=4 * EPS * 1e9)
    assert far.upper - far.lower == pytest.approx(cs.upper - cs.lower, rel=0, abs=4 * EPS * 1e9)
    naive = np.sum((values + 1e9) ** 2) - np.sum(values + 1e9) ** 2 / 2000
    assert abs(naive / 2000 - np.var(values)) > 1  # the sums about zero have lost every digit
    for unit in (1e-200, 1e200):
        scaled = mixture_cs(values * unit, level=1e-3, tolerance=0.1 * unit)
        assert (scaled.lower / unit, scaled.upper / unit) == pytest.approx((cs.lower, cs.upper), rel=1e4 * EPS)
    tiny = mixture_cs(values, level=1e-3, tolerance=1e-200)
    huge = mixture_cs(values, level=1e-3, tolerance=1e200)
    assert math.isfinite(tiny.upper) and math.isfinite(huge.upper)


def test_the_gates_close_at_their_limits() -> None:
    assert replace(PLAIN, influence=0.0999).closed(4.0, 256) == ""
    assert "variance" in replace(PLAIN, influence=0.1001).closed(4.0, 256)
    at_two = 2 * 3 * math.sqrt(1000) / 4**3
    for sign in (1, -1):
        assert replace(PLAIN, skewness=0.999 * sign * at_two).closed(3.0, 256) == ""  # z counts as 4 at least
        assert "skewness" in replace(PLAIN, skewness=1.001 * sign * at_two).closed(3.0, 256)
        assert "skewness" in replace(PLAIN, skewness=0.999 * sign * at_two).closed(4.1, 256)
    assert PLAIN.closed(4.0, 1000) == "" and "trials" in PLAIN.closed(4.0, 1001)


def test_every_block_must_pass_its_gates() -> None:
    values = np.random.default_rng(5).standard_normal(4000)
    assert mixture_cs(values, level=1e-5, tolerance=0.1).gates_open
    values[1::2] = 0.25
    one_constant = mixture_cs(values, level=1e-5, tolerance=0.1)
    assert not one_constant.gates_open and (one_constant.lower, one_constant.upper) == (-math.inf, math.inf)
    assert not mixture_cs(values[:400], level=1e-5, tolerance=0.1).gates_open  # 200 in each block


def test_without_spread_or_trials_nothing_is_said() -> None:
    for values in (np.zeros(0), np.zeros(1), np.full(5000, 2.0)):
        cs = mixture_cs(values, level=0.01, tolerance=0.1)
        assert (cs.lower, cs.upper, cs.gates_open) == (-math.inf, math.inf, False)


def test_a_tail_index_words_the_reason() -> None:
    rng = np.random.default_rng(6)
    heavy, light = rng.random(20000) ** -1.0, rng.standard_exponential(20000)  # tail indices 1 and infinity
    assert infinite_variance_likely(heavy) and not infinite_variance_likely(light)
    assert not infinite_variance_likely(np.floor(heavy)) and not infinite_variance_likely(np.ones(50))
    assert mixture_cs(heavy, level=1e-3, tolerance=0.1).hill_infinite
    quantiles = (np.arange(1, 10001) / 10001) ** (-1 / 1.8)  # index 1.8, upper limit 2.1
    assert not infinite_variance_likely(np.concatenate([quantiles, -1.0001 * quantiles]))

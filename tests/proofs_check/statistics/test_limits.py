"""Judges of limits on ladders and trajectories of known truth.

Beside true limits stand wrong ones, wrong rates and weak certificates.
A share of wrong verdicts is compared with its nominal value by a binomial test that errs once in a million.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from proofs_check.statistics import judged, sequential, stations
from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.judges import asymptotic
from tests.engine_toys import Mean, Turning, answers, at_most, claim_of, first, followed, measured
from theory.errors import BadDeclaration, BadSample
from theory.relation import Asymptotic, Direction, Ladder
from theory.setting import Observable, Point, Setting

RULE = Rule(level=0.05, tolerance=0.02, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.02, first_look=256)
SIZES = (32, 64, 128, 256, 512)
LADDER = claim_of(Mean.y, Mean.m, Asymptotic(Ladder(Mean.n, SIZES)), Mean)
TOP = Point.of(Mean, {"n": 512, "m": 1, "c": 0, "s": "0.1"})

Gap = Callable[[float], float]


def rungs(rng: np.random.Generator, gap: Gap, spread: float = 0.02, trials: int = 2500, **more: Any) -> list[Measured]:
    """Samples whose mean at size n is 1 + gap(n), to be compared with 1."""
    return [measured(1 + gap(n) + spread * rng.normal(size=trials), point=TOP.replace({"n": n}), **more) for n in SIZES]


def ladder(gap: Gap, runs: int, rule: Rule = STRICT, **more: Any) -> Any:
    return answers(runs, lambda rng: followed(LADDER, rungs(rng, gap, **more), rule))


# Asymptotic equality


def test_the_rungs_of_a_ladder_are_its_stations() -> None:
    at = stations(LADDER.relation, LADDER, TOP, 0.02)
    assert [station.point["n"] for station in at] == list(SIZES) and len({station.point for station in at}) == len(
        SIZES
    )


@pytest.mark.parametrize("second", [0.0, 80.0, -80.0])
@pytest.mark.parametrize(("limit", "answer"), [(0.0, "supported"), (0.05, "refuted"), (-0.05, "refuted")])
def test_a_true_limit_is_supported_and_one_five_percent_off_refuted(second: float, limit: float, answer: str) -> None:
    assert ladder(lambda n: limit + 5 / n + second / n**2, 15)[answer] == 15


@pytest.mark.parametrize(("limit", "slope"), [(-0.02, 5.0), (0.02, 5.0)])
def test_at_the_edge_of_the_tolerance_wrong_verdicts_are_rarer_than_declared(limit: float, slope: float) -> None:
    found = ladder(lambda n: limit + slope / n, 60, RULE, trials=1200)
    assert at_most(found["supported"] + found["refuted"], 60, RULE.level)


def test_the_largest_size_alone_would_be_wrong_at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted engine without extrapolation: the comparison of rates must fail it."""
    alone = np.eye(len(SIZES))[-1]
    monkeypatch.setattr(asymptotic, "limit_fits", lambda sizes, rate, spread: [(np.ones((len(SIZES), 1)), alone)] * 3)
    monkeypatch.setattr(asymptotic, "_fits_well", lambda fits, gaps: True)
    monkeypatch.setattr(asymptotic, "_seen_rate", lambda *_: None)
    found = ladder(lambda n: 0.03 - 12 / n, 20, RULE)
    assert not at_most(found["supported"], 20, RULE.level)


def test_a_gap_that_hides_at_the_largest_size_is_refuted() -> None:
    assert ladder(lambda n: 0.05 * (1 - 512 / n), 15)["supported"] == 0
    assert ladder(lambda n: 0.03 - 15 / n, 15)["refuted"] == 15


def test_a_wrong_rate_with_a_true_limit_is_not_taken_for_a_wrong_limit() -> None:
    """The rate is part of what is asserted: such a claim may be refuted, but then the record names the rate."""

    def outcome(rng: np.random.Generator) -> Outcome:
        found = followed(LADDER, rungs(rng, lambda n: 0.4 * n**-0.5), STRICT)
        assert found.answer != "refuted" or "at the declared rate" in found.notes[0]
        return found

    assert answers(15, outcome)["supported"] <= 15
    plain = judged(LADDER, rungs(np.random.default_rng(0), lambda n: 0.4 * n**-0.5), STRICT)
    assert plain.answer in ("refuted", "open") and ("rate" in plain.reason or "rate" in plain.notes[0])


def test_a_wrong_rate_that_hides_a_wrong_limit_is_hardly_ever_supported() -> None:
    """Planted: without a look at the rate most of these are supported."""
    gap = lambda n: 0.03 * (1 - (512 / n) ** 0.5)  # noqa: E731
    assert ladder(gap, 30, spread=0.01)["supported"] <= 3
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(asymptotic, "_seen_rate", lambda *_: None)
        assert ladder(gap, 30, spread=0.02)["supported"] > 15


def test_a_limit_that_needs_a_long_extrapolation_is_not_decided() -> None:
    for gap in (lambda n: 80 / n, lambda n: 0.05 + 80 / n, lambda n: -80 / n):
        found = followed(LADDER, rungs(np.random.default_rng(0), gap), STRICT)
        assert found.answer == "open" and found.reason.startswith("finite size"), (
            found.answer,
            found.reason,
            found.notes,
        )


def test_a_gap_that_grows_is_refuted_and_one_that_turns_back_is_not() -> None:
    assert ladder(lambda n: 0.02 * (n / 32) ** 0.8, 10)["refuted"] == 10
    assert ladder(lambda n: -0.02 * (n / 32) ** 0.8, 10)["refuted"] == 10
    for turning in (lambda n: 100 / n - 3200 / n**2, lambda n: 40 / n - 200 / n**1.5):  # to the limit zero
        assert ladder(turning, 10)["refuted"] == 0


def test_a_gap_without_any_law_is_refuted_and_needs_its_own_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula wrong by a share that drifts like log n fits no expansion; the fits alone would leave it open."""

    def drifting(n: float) -> float:
        return -0.18 - 0.02 * np.log(n / 32)

    assert ladder(drifting, 5, spread=0.005)["refuted"] == 5
    monkeypatch.setattr(asymptotic, "_unreachable", lambda *_: False)
    assert ladder(drifting, 5, spread=0.005)["refuted"] == 0


def test_a_term_of_third_order_does_not_refute_a_true_limit() -> None:
    assert ladder(lambda n: 5 / n + 80 / n**2 + 0.3 * (32 / n) ** 3, 15)["refuted"] == 0


@pytest.mark.parametrize("limit", [-0.02, 0.02])
def test_true_limits_with_any_second_term_are_refuted_no_more_often_than_declared(limit: float) -> None:
    def outcome(rng: np.random.Generator) -> Outcome:
        slope, second, power = rng.normal(0, 20), rng.normal(0, 200), rng.choice([1.5, 2.0])
        return followed(
            LADDER, rungs(rng, lambda n: limit + slope / n + second / n**power, spread=0.01, trials=800), RULE
        )

    found = answers(60, outcome)
    assert at_most(found["refuted"], 60, RULE.level)


def test_extrapolation_carries_the_errors_of_every_rung() -> None:
    """A bias of 0.8 % a rung, inside the certificate, moves the fitted limit by more than the certificate itself."""
    rng = np.random.default_rng(0)
    assert followed(LADDER, rungs(rng, lambda n: 5 / n), STRICT).answer == "supported"
    for weak in ({"certificate": 0.008}, {"error": 0.008}, {"certificate": np.inf}, {"error": np.inf}):
        for limit in (0.0, 0.05):
            found = followed(LADDER, rungs(rng, lambda n, limit=limit: limit + 5 / n, **weak), STRICT)
            assert found.answer == "undecided" and found.reason.startswith("solver"), weak


def test_constant_dependent_or_few_trials_decide_no_limit() -> None:
    rng = np.random.default_rng(0)
    assert followed(LADDER, rungs(rng, lambda n: 0.0, spread=0.0), STRICT).answer == "open"
    samples = rungs(rng, lambda n: 5 / n)
    assert judged(LADDER, [first(rung, 100) for rung in samples], STRICT).answer == "open"
    assert judged(LADDER, [first(rung, 250) for rung in samples], STRICT).answer == "open"
    walk = np.convolve(rng.normal(size=2500), np.ones(4), "same")
    with pytest.raises(BadSample, match="not independent"):
        judged(LADDER, [measured(1 + 0.02 * walk, point=rung.station.point) for rung in samples], STRICT)


def test_heavy_tails_leave_a_limit_open() -> None:
    rng = np.random.default_rng(0)
    samples = [measured(1 + 0.01 * rng.standard_cauchy(2500), point=TOP.replace({"n": n})) for n in SIZES]
    assert followed(LADDER, samples, STRICT).answer == "open"


def test_a_scale_of_zero_on_the_ladder_is_a_bad_declaration() -> None:
    with pytest.raises(BadDeclaration, match="scale"):
        judged(
            LADDER, [measured(rung.observable, 0.0) for rung in rungs(np.random.default_rng(0), lambda n: 0.0)], STRICT
        )


# Direction

DIRECTION = claim_of(Turning.v, None, Direction(along=Turning.step, limit=0.005), Turning)
STEPS = Turning.parts["step"].values  # type: ignore[attr-defined]
START = Point.of(Turning, {"a": "0.01"})


def turning(
    rng: np.random.Generator,
    apart: Callable[[np.ndarray], np.ndarray],
    trials: int = 600,
    noise: float = 0.1,
    error: Any = 0.0,
) -> list[Measured]:
    """Unit vectors at 1 − cosine = apart(step)·(1 + noise) from a random direction that is the prediction."""
    phi = rng.uniform(0, 2 * np.pi, trials)[:, None]
    angle = np.sqrt(2 * apart(STEPS) * (1 + noise * rng.normal(size=(trials, 1))))
    vectors = 3 * np.stack([np.cos(phi + angle), np.sin(phi + angle)], axis=-1)
    wanted = np.concatenate([np.cos(phi), np.sin(phi)], axis=1)
    return [measured(vectors, 2 * wanted, error=np.broadcast_to(error, (trials,)), point=START)]


def directed(apart: Callable[[np.ndarray], np.ndarray], runs: int = 15, **more: Any) -> Any:
    return answers(runs, lambda rng: followed(DIRECTION, turning(rng, apart, **more), STRICT))


def test_a_true_direction_is_supported_and_a_wrong_one_refuted() -> None:
    assert directed(lambda t: 0.03 / np.log(t))["supported"] == 15
    assert directed(lambda t: 0.02 + 0.03 / np.log(t))["refuted"] == 15
    assert directed(lambda t: 0.3 + 0.03 / np.log(t))["refuted"] == 15


def test_a_direction_that_is_still_turning_is_open_for_its_finite_length() -> None:
    found = followed(DIRECTION, turning(np.random.default_rng(0), lambda t: 0.1 / np.log(t)), STRICT)
    assert found.answer == "open" and found.reason.startswith("finite size")


def test_a_direction_that_turns_away_is_not_supported_however_near() -> None:
    assert directed(lambda t: 0.0001 * np.log(t))["supported"] == 0
    assert directed(lambda t: 0.001 + 0 * t)["supported"] == 0


@pytest.mark.parametrize("end", [0.0049, 0.0051])
def test_a_direction_at_the_edge_is_hardly_ever_decided_wrongly(end: float) -> None:
    found = answers(
        60, lambda rng: followed(DIRECTION, turning(rng, lambda t: end * np.log(STEPS[-1]) / np.log(t)), RULE)
    )
    assert at_most(found["refuted"] + (found["supported"] if end > 0.005 else 0), 60, RULE.level)


def test_a_program_that_found_no_direction_supports_and_refutes_nothing() -> None:
    for apart in (lambda t: 0.03 / np.log(t), lambda t: 0.1 + 0 * t):
        for error in (np.inf, np.nan, np.where(np.arange(600) == 7, np.inf, 0.0), 0.2):
            found = followed(DIRECTION, turning(np.random.default_rng(0), apart, error=error), STRICT)
            assert found.answer == "undecided" and found.reason.startswith("solver")
    (lost,) = turning(np.random.default_rng(0), lambda t: 0.03 / np.log(t))
    lost.prediction.value[3] = 0
    assert followed(DIRECTION, [lost], STRICT).answer == "undecided"


def test_an_error_bound_of_every_entry_counts_by_its_norm() -> None:
    (only,) = turning(np.random.default_rng(0), lambda t: 0.03 / np.log(t))
    for size, answer in ((1e-6, "supported"), (0.1, "undecided")):
        entrywise = measured(
            only.observable, only.prediction.value, error=np.full(only.prediction.value.shape, size), point=START
        )
        assert followed(DIRECTION, [entrywise], STRICT).answer == answer


class Certified(Setting):
    """A direction whose observable has a certificate."""

    step = Turning.parts["step"]
    v = Observable("the vector", shape=(2,), certificate="v_error")
    v_error = Observable("its error")


def test_the_certificate_of_the_observable_counts_at_every_step() -> None:
    (only,) = turning(np.random.default_rng(0), lambda t: 0.03 / np.log(t))
    for size, answer in ((1e-6, "supported"), (0.1, "undecided"), (np.inf, "undecided")):
        certified = measured(only.observable, only.prediction.value, certificate=size, point=START)
        assert followed(DIRECTION, [certified], STRICT).answer == answer


RATED = DIRECTION.but(relation=Direction(along=Turning.step, rate=1))


def test_a_rate_in_log_t_is_tested_to_its_tolerance() -> None:
    for apart, answer in (
        (lambda t: 0.03 / np.log(t), "supported"),
        (lambda t: 0.03 / np.log(t) + 0.01 / np.log(t) ** 2, "supported"),
        (lambda t: 0.1 / np.log(t) ** 2, "refuted"),
        (lambda t: 0.015 / np.log(t) ** 0.4, "refuted"),
    ):
        found = answers(10, lambda rng, apart=apart: followed(RATED, turning(rng, apart), STRICT))
        assert found[answer] == 10, found


def test_limit_and_rate_of_a_direction_have_half_the_level_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequence has slack, so that no error rate shows whether the level is shared: it is looked at."""
    levels, real = list[float](), sequential.mixture_cs

    def spying(values: np.ndarray, *, level: float, **more: Any) -> Any:
        levels.append(level)
        return real(values, level=level, **more)

    monkeypatch.setattr(sequential, "mixture_cs", spying)
    sample = turning(np.random.default_rng(0), lambda t: 0.03 / np.log(t))
    for claim, level in ((DIRECTION, STRICT.level), (RATED, STRICT.level / 2)):
        levels.clear()
        assert judged(claim, sample, STRICT).answer == "supported" and set(levels) == {level}


@pytest.mark.parametrize("rate", [0.7, 1.3])
def test_a_rate_at_the_edge_of_its_tolerance_is_wrong_less_often_than_declared(rate: float) -> None:
    def wobbling(rng: np.random.Generator) -> list[Measured]:
        """Mean 1 − cosine exactly 0.02/(log t)^rate, with noise of its own at every step."""
        phi = rng.uniform(0, 2 * np.pi, 800)[:, None]
        angle = np.arccos(1 - 0.02 / np.log(STEPS) ** rate * (1 + 0.2 * rng.uniform(-1, 1, (800, len(STEPS)))))
        vectors = np.stack([np.cos(phi + angle), np.sin(phi + angle)], axis=-1)
        return [measured(vectors, np.concatenate([np.cos(phi), np.sin(phi)], axis=1), point=START)]

    found = answers(100, lambda rng: followed(RATED, wobbling(rng), RULE))
    assert at_most(found["refuted"] + found["supported"], 100, RULE.level)


def test_a_direction_needs_an_axis_of_some_length() -> None:
    (only,) = turning(np.random.default_rng(0), lambda t: 0.03 / np.log(t))
    with pytest.raises(BadDeclaration, match="Axis"):
        judged(DIRECTION.but(relation=Direction(along=Turning.a)), [only], STRICT)


# A rate that nobody knows

FREE = claim_of(Mean.y, Mean.m, Asymptotic(Ladder(Mean.n, SIZES, rate=None)), Mean)


def test_a_fitted_rate_supports_only_without_extrapolation_and_refutes_nothing() -> None:
    for gap, answer in (
        (lambda n: 0.3 / n, "supported"),
        (lambda n: 3 / n**0.5, "open"),
        (lambda n: 0.1, "open"),
        (lambda n: 0.05 - 1.6 / n, "open"),
    ):
        found = answers(10, lambda rng, gap=gap: followed(FREE, rungs(rng, gap, spread=0.02), STRICT))
        assert found[answer] == 10, found
    outcome = followed(FREE, rungs(np.random.default_rng(0), lambda n: 0.1), STRICT)
    assert outcome.reason.startswith("finite size") and "asserting nothing" in outcome.notes[0]


def test_at_the_edge_a_fitted_rate_is_wrong_less_often_than_declared() -> None:
    found = answers(150, lambda rng: followed(FREE, rungs(rng, lambda n: 0.02), RULE))
    assert at_most(found["supported"], 150, RULE.level) and not found["refuted"]

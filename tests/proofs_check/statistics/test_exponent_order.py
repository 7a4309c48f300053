"""Judges of exponents and orders on ladders of known truth.

Beside true laws stand wrong ones, laws with finite-size terms and floors, and planted engines that must be caught.
A share of wrong verdicts is compared with its nominal value by a binomial test that errs once in a million.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from proofs_check.statistics import judged, stations, trials_to_begin
from proofs_check.statistics.evidence import Known, Measured, Outcome, Rule
from proofs_check.statistics.judges import exponent, order
from proofs_check.statistics.slopes import Reading, climb_of, readings
from tests.engine_toys import Mean, answers, at_most, claim_of, first, followed, measured
from theory.claim import Claim
from theory.errors import BadDeclaration, BadSample, NotBuilt
from theory.relation import Exponent, Ladder, Order
from theory.setting import Point

RULE = Rule(level=0.05, tolerance=0.05, first_look=256)
STRICT = Rule(level=1e-3, tolerance=0.05, first_look=256)
COARSE = Rule(level=1e-3, tolerance=0.1, first_look=256)
SIZES = (16, 32, 64, 128, 256, 512, 1024)
LADDER = Ladder(Mean.n, SIZES)
TOP = Point.of(Mean, {"n": 1024, "m": 1, "c": 0, "s": "0.1"})
C, D = Symbol("C"), Symbol("D")

Law = Callable[[float], float]


def falling(**more: Any) -> Claim:
    """The claim of a slope −1."""
    return claim_of(Mean.y, -1, Exponent(LADDER, **more), Mean)


def rungs(
    rng: np.random.Generator,
    law: Law,
    predicted: Law = lambda n: -1.0,
    *,
    spread: float = 0.2,
    trials: int = 1500,
    sizes: Sequence[int] = SIZES,
    **more: Any,
) -> list[Measured]:
    """Samples whose mean at size n is law(n), of relative spread `spread`."""
    return [
        measured(law(n) * (1 + spread * rng.normal(size=trials)), predicted(n), point=TOP.replace({"n": n}), **more)
        for n in sizes
    ]


def sloped(law: Law, runs: int, rule: Rule = STRICT, claim: Claim | None = None, **more: Any) -> Any:
    return answers(runs, lambda rng: followed(claim or falling(), rungs(rng, law, **more), rule))


# Slopes as signs


@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize("beta", [-1.3, -1.0, -0.4])
def test_the_sign_of_the_tilt_is_that_of_the_slope_less_beta(floor: bool, beta: float) -> None:
    """Exact for every power law, with any weights, and with any floor where one is allowed for."""
    rng = np.random.default_rng(0)
    x = np.array(SIZES) / SIZES[-1]
    (line, *_) = readings(len(SIZES), floor=floor)
    for slope in beta + np.array([-0.5, -0.1, -1e-3, 1e-3, 0.1, 0.35]):
        spread = rng.uniform(0.1, 3, len(x))
        tilt = line.slope_weights(x, spread, beta) @ (x**slope + floor * rng.uniform(0, 5))
        assert np.sign(tilt) == np.sign(slope - beta)


def test_a_tilt_that_ignores_the_floor_has_the_wrong_sign() -> None:
    x = np.array(SIZES) / SIZES[-1]
    plain, exact = (Reading("", np.ones(len(x), dtype=bool), floor=floor) for floor in (False, True))
    law = x**-1.0 + 1
    assert plain.slope_weights(x, x**-1.0, -0.95) @ law > 0 > exact.slope_weights(x, x**-1.0, -0.95) @ law


def test_noise_does_not_bias_a_slope() -> None:
    """The tilt has mean zero at the true slope; the line through mean logarithms is off where the spread changes."""
    rng = np.random.default_rng(1)
    x, trials = np.array(SIZES) / SIZES[-1], 100_000
    noise = rng.gamma(1 / x[::-1] / 10, size=(trials, len(x))) * x[::-1] * 10  # mean 1, skewer at the top
    tilts = (noise / x) @ Reading("", np.ones(len(x), dtype=bool)).slope_weights(x, 1 / x, -1.0)
    assert abs(tilts.mean()) < 6 * tilts.std() / np.sqrt(trials)
    drift = np.polyfit(np.log(x), np.log(noise / x).mean(axis=0), 1)[0] + 1
    assert abs(drift) > 0.1


# Exponents


def test_the_rungs_are_the_stations_and_the_pilot_comes_on_top() -> None:
    at = stations(falling().relation, falling(), TOP, 0.05)
    assert [station.point["n"] for station in at] == list(SIZES)
    assert trials_to_begin(falling().relation, RULE) == 256 + 64


@pytest.mark.parametrize("law", [lambda n: 5 / n, lambda n: (1 + n**-0.5) / n, lambda n: (1 - 0.9 * n**-0.5) / n])
def test_a_true_slope_is_supported(law: Law) -> None:
    assert sloped(law, 10)["supported"] == 10


@pytest.mark.parametrize("slope", [-4.0, -2.0, -1.2, -0.8, -0.5, 0.0, 1.0])
def test_a_wrong_slope_is_refuted_however_far_it_is(slope: float) -> None:
    assert sloped(lambda n: float(n) ** slope, 6)["refuted"] == 6


def test_a_tenth_off_is_refuted_with_a_finite_size_term_too() -> None:
    for law in (lambda n: n**-0.9 * (1 + n**-0.5), lambda n: n**-0.9 * (1 - n**-0.5), lambda n: n**-1.1):
        assert sloped(law, 8)["refuted"] == 8


@pytest.mark.parametrize(("slope", "skewed"), [(-0.95, False), (-1.05, True)])
def test_at_the_edge_of_the_tolerance_wrong_verdicts_are_rarer_than_declared(slope: float, skewed: bool) -> None:
    def outcome(rng: np.random.Generator) -> Outcome:
        noise = rng.exponential(size=(len(SIZES), 1500)) if skewed else 1 + 0.2 * rng.normal(size=(len(SIZES), 900))
        samples = [
            measured(n**slope * row, -1.0, point=TOP.replace({"n": n})) for n, row in zip(SIZES, noise, strict=True)
        ]
        return followed(falling(), samples, RULE)

    found = answers(15, outcome)
    assert at_most(found["supported"] + found["refuted"], 15, RULE.level)


def test_a_strong_finite_size_term_never_refutes_a_true_slope() -> None:
    found = sloped(lambda n: (1 + 3 * n**-0.5) / n, 5, trials=1500, spread=0.05)
    assert found["refuted"] == 0 and found["supported"] == 0
    one = followed(falling(), rungs(np.random.default_rng(0), lambda n: (1 + 3 * n**-0.5) / n, spread=0.05), STRICT)
    assert one.reason.startswith("finite size") and "sizes up to" in one.would_decide


def test_the_straight_line_on_all_rungs_would_refute_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted engine: the usual regression through everything."""
    everything = Reading("line", np.ones(len(SIZES), dtype=bool))
    monkeypatch.setattr(exponent, "readings", lambda rungs, **_: [everything])
    assert sloped(lambda n: (1 + 3 * n**-0.5) / n, 10)["refuted"] == 10


def test_intervals_of_one_standard_error_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted engine: the comparison of rates must fail it."""
    from proofs_check.statistics import slopes

    honest = slopes.mean_sequence

    def naive(values: np.ndarray, rule: Rule, **more: Any) -> Any:
        cs = honest(values, rule, **more)
        half = cs.sd / np.sqrt(len(values))
        return exponent.dataclasses.replace(cs, lower=values.mean() - half, upper=values.mean() + half)

    monkeypatch.setattr(slopes, "mean_sequence", naive)
    found = sloped(lambda n: n**-0.95, 15, RULE, trials=900)
    assert not at_most(found["supported"] + found["refuted"], 15, RULE.level)


def test_log_n_over_n_is_not_supported_as_one_over_n() -> None:
    assert sloped(lambda n: np.log(n) / n, 10)["refuted"] == 10


def test_a_declared_correction_has_to_agree() -> None:
    found = followed(falling(correction=0.5), rungs(np.random.default_rng(0), lambda n: 1 / n, trials=20_000), STRICT)
    assert found.answer == "supported" and len(found.notes) == 3 and "n^-0.5" in found.notes[2]


def test_the_absolute_tolerance_of_the_slope_is_its_own() -> None:
    wide = falling(within=0.2)
    found = sloped(lambda n: n**-0.9, 6, Rule(1e-3, 0.01, 256), claim=wide)
    assert found["supported"] == 6
    assert sloped(lambda n: n**-0.9, 6, Rule(1e-3, 0.02, 256), trials=8000)["refuted"] == 6


def test_an_interval_covers_the_true_slope() -> None:
    def missed(run: int) -> bool:
        found = judged(falling(), rungs(np.random.default_rng(run), lambda n: n**-1.03, trials=500), RULE)
        assert found.interval is not None
        return not found.interval[0] <= -1.03 <= found.interval[1]

    assert at_most(sum(map(missed, range(40))), 40, RULE.level)


# Floors


def with_floor(law: Law, runs: int, rule: Rule = COARSE, **more: Any) -> Any:
    return sloped(law, runs, rule, claim=falling(floor=True), **{"spread": 0.05, "trials": 3000, **more})


def test_a_power_above_a_floor_is_told_from_other_powers() -> None:
    assert with_floor(lambda n: 1 / n + 0.005, 6)["supported"] == 6
    for slope in (-0.5, -0.8, -1.2, 0.5):
        assert with_floor(lambda n, slope=slope: n**slope + 0.005, 4)["refuted"] == 4


def test_a_power_below_its_limit_is_told_too() -> None:
    assert with_floor(lambda n: 2 - 16 / n, 6, spread=0.02, trials=2000)["refuted"] == 0
    assert with_floor(lambda n: 2 - 4 * n**-0.5, 6, spread=0.005, trials=2000)["supported"] == 0


@pytest.mark.parametrize("slope", [-0.9, -1.1])
def test_at_the_edge_with_a_floor_wrong_verdicts_are_rarer_than_declared(slope: float) -> None:
    found = with_floor(lambda n: n**slope + 0.005, 12, Rule(0.05, 0.1, 256), trials=800)
    assert at_most(found["supported"] + found["refuted"], 12, 0.05)


def test_a_floor_is_named_only_where_it_surely_exists() -> None:
    claim = falling(floor=True)
    for floor, named in ((0.005, True), (0.0, False)):
        found = followed(claim, rungs(np.random.default_rng(0), lambda n, f=floor: 1 / n + f, spread=0.05), COARSE)
        assert any("floor in" in note for note in found.notes) is named


def test_an_unmodelled_floor_is_not_supported() -> None:
    assert sloped(lambda n: 1 / n + 0.2 / SIZES[-1], 8)["supported"] == 0


def test_a_floor_that_cannot_be_told_from_the_power_is_undecided() -> None:
    flat = claim_of(Mean.y, -0.05, Exponent(LADDER, floor=True), Mean)
    samples = rungs(np.random.default_rng(0), lambda n: n**-0.05, lambda n: -0.05)
    assert followed(flat, samples, STRICT).answer == "undecided"
    level = rungs(np.random.default_rng(0), lambda n: 1.0)
    found = followed(falling(floor=True), level, STRICT)
    assert found.answer == "open" and "cannot be told apart" in found.reason


# What is refused


@pytest.mark.parametrize("sizes", [(16, 32, 64, 128), (16, 32, 64, 128, 200)])
def test_an_exponent_needs_five_sizes_over_a_factor_of_sixteen(sizes: Sequence[int]) -> None:
    with pytest.raises(BadDeclaration, match="five sizes"):
        Exponent(Ladder(Mean.n, sizes))
    for wrong in ({"within": 0.0}, {"correction": -1.0}):
        with pytest.raises(BadDeclaration, match="positive"):
            Exponent(LADDER, **wrong)


def test_an_order_needs_four_sizes_and_a_known_sense() -> None:
    with pytest.raises(BadDeclaration, match="four sizes"):
        Order(Ladder(Mean.n, (16, 32, 256)))
    with pytest.raises(BadDeclaration, match="sense"):
        Order(LADDER, sense="Omega")  # type: ignore[arg-type]


def test_means_that_are_not_visibly_positive_decide_no_slope() -> None:
    rng = np.random.default_rng(0)
    lost = followed(falling(), rungs(rng, lambda n: 1 / n, spread=10.0), STRICT)
    assert lost.answer == "open" and "not visibly positive" in lost.reason
    with pytest.raises(BadSample, match="needs a positive one"):
        followed(falling(), rungs(rng, lambda n: -1 / n), STRICT)


def test_a_slope_that_changes_along_the_ladder_is_a_bad_declaration() -> None:
    with pytest.raises(BadDeclaration, match="one number for the whole ladder"):
        judged(falling(), rungs(np.random.default_rng(0), lambda n: 1 / n, lambda n: -1 - 1 / n), STRICT)
    with pytest.raises(BadDeclaration, match="array"):
        pairs = [measured(np.ones((500, 2)), -1.0, point=TOP.replace({"n": n})) for n in SIZES]
        judged(falling(), pairs, STRICT)


def test_weak_certificates_constants_few_trials_and_heavy_tails_decide_no_slope() -> None:
    rng = np.random.default_rng(0)
    for weak in ({"error": 0.04}, {"error": np.inf}, {"certificate": np.inf}):
        assert followed(falling(), rungs(rng, lambda n: n**-0.5, **weak), STRICT).answer == "undecided"
    blurred = [
        measured(1 / n * (1 + 0.1 * rng.normal(size=1500)), -1.0, certificate=0.3 / n, point=TOP.replace({"n": n}))
        for n in SIZES
    ]
    assert followed(falling(), blurred, STRICT).answer == "open"
    assert followed(falling(), rungs(rng, lambda n: 1 / n, spread=0.0), STRICT).answer == "open"
    assert judged(falling(), [first(rung, 100) for rung in rungs(rng, lambda n: n**-0.5)], STRICT).answer == "open"
    cauchy = [measured((5 + rng.standard_cauchy(2500)) / n, -1.0, point=TOP.replace({"n": n})) for n in SIZES]
    assert followed(falling(), cauchy, STRICT).answer == "open"


def test_fixed_observables_are_judged_without_noise() -> None:
    def fixed(law: Law) -> list[Measured]:
        rows = rungs(np.random.default_rng(0), law, spread=0.0, trials=2)
        return [
            Measured(row.station, row.observable, row.prediction, None, row.drawn, Known(values="fixed"))
            for row in rows
        ]

    assert judged(falling(), fixed(lambda n: 3 / n), STRICT).answer == "supported"
    assert judged(falling(), fixed(lambda n: n**-0.9), STRICT).answer == "refuted"


# Orders

ROW = (16, 32, 64, 128, 256, 512)
TWO = Rule(level=1e-3, tolerance=0.02, first_look=256)


def ordered(sense: str, ratio: Law, runs: int = 3, rule: Rule = TWO, **more: Any) -> Any:
    claim = claim_of(Mean.y, C * Mean.n, Order(Ladder(Mean.n, ROW), sense), Mean, unknown=[C])  # type: ignore[arg-type]
    law = lambda n: 3 * n * ratio(n)  # noqa: E731
    options = {"spread": 0.05, "trials": 1200, "sizes": ROW, **more}
    return answers(runs, lambda rng: followed(claim, rungs(rng, law, float, **options), rule))


@pytest.mark.parametrize(
    ("sense", "supported", "refuted"),
    [
        ("Theta", ["flat"], ["grows", "falls"]),
        ("O", ["flat", "falls", "from above", "slow fall"], ["grows"]),
        ("o", ["falls"], ["flat", "grows", "log"]),
    ],
)
def test_an_order_holds_fails_or_is_open(sense: str, supported: list[str], refuted: list[str]) -> None:
    """What grows or falls like a log factor, or may be a finite size, is neither."""
    ratios: dict[str, Law] = {
        "flat": lambda n: 1.0,
        "grows": lambda n: n**0.4,
        "falls": lambda n: n**-0.4,
        "from above": lambda n: 1 + 3 * n**-0.5,
        "log": np.log,
        "slow fall": lambda n: 1 / np.log(n),
    }
    for name, ratio in ratios.items():
        wanted = "supported" if name in supported else "refuted" if name in refuted else "open"
        assert ordered(sense, ratio)[wanted] == 3, name


def test_far_off_orders_are_refuted() -> None:
    assert ordered("Theta", lambda n: float(n))["refuted"] == 3
    assert ordered("Theta", lambda n: n**-2.0)["refuted"] == 3


@pytest.mark.parametrize("sense", ["Theta", "O"])
def test_a_held_out_size_at_the_edge_is_hardly_ever_supported(sense: str) -> None:
    rule = Rule(level=0.05, tolerance=0.02, first_look=256)
    found = ordered(sense, lambda n: 1.02 if n == 512 else 1.0, 15, rule, trials=700)
    assert at_most(found["supported"] + found["refuted"], 15, rule.level)


def test_without_a_held_out_half_it_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted engine that compares the sizes that were fitted with their own constant."""

    def fitted_only(climb: Any, *, both: bool) -> list[Any]:
        weights = np.full(len(climb.sizes), 1 / len(climb.sizes))
        return [order.Comparison(k, weights) for k in range(len(climb.sizes) - 1)]

    monkeypatch.setattr(order, "comparisons", fitted_only)
    assert not at_most(ordered("Theta", lambda n: 1.03 if n == 512 else 1.0, 10)["supported"], 10, TWO.level)


def test_a_ratio_that_turns_up_again_at_the_top_is_not_bounded() -> None:
    assert ordered("O", lambda n: 1 + 100 / n + (n / 400) ** 2)["supported"] == 0


def test_the_words_of_an_order_say_on_which_range() -> None:
    claim = claim_of(Mean.y, C * Mean.n, Order(Ladder(Mean.n, ROW)), Mean, unknown=[C])
    samples = rungs(np.random.default_rng(0), lambda n: 3.0 * n, float, spread=0.05, sizes=ROW)
    found = followed(claim, samples, TWO)
    assert found.notes[0].startswith("consistent on [16, 512], C = ") and found.guarantee == order.GUARANTEE
    grown = followed(claim, rungs(np.random.default_rng(0), lambda n: n * np.log(n), float, sizes=ROW), TWO)
    assert "log factor" in grown.reason and not any("consistent" in note for note in grown.notes)


def test_orders_that_cannot_be_judged_say_so() -> None:
    several = claim_of(Mean.y, C * Mean.n + D, Order(LADDER), Mean, unknown=[C, D])
    with pytest.raises(NotBuilt, match="verb fit"):
        stations(several.relation, several, TOP, 0.02)
    claim = claim_of(Mean.y, C * Mean.n, Order(LADDER), Mean, unknown=[C])
    for shape in (lambda n: -1.0, lambda n: 0.0, lambda n: np.ones(1500)):
        with pytest.raises(BadDeclaration, match="one positive number"):
            judged(claim, rungs(np.random.default_rng(0), float, shape), TWO)


def test_a_ladder_is_divided_by_its_unit_and_its_pilot_left_out() -> None:
    samples = rungs(np.random.default_rng(0), lambda n: 2.0 * n, trials=300)
    climb = climb_of(samples, SIZES, RULE, unit=np.array(SIZES, dtype=float))
    assert climb.rounds.shape == (len(SIZES), 300 - 64) and np.allclose(climb.means, 2, atol=6 * 0.4 / np.sqrt(236))

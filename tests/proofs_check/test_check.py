"""The whole path: streams, confirmation, budget, points, variants, boundary, workers; with planted wrong engines."""

import importlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Max

from numerics import measure
from numerics.arrays import Machine
from numerics.measure import Arrays, Laboratory, Unit
from numerics.store import Store
from proofs_check import assert_supported, check
from proofs_check.check import Request
from tests import toys
from tests.engine_toys import EQUALITY, Draws, Mean, claim_of
from theory.claim import Claim, Wrong
from theory.errors import BadInput, OutsideDomain
from theory.relation import Asymptotic, Bound, Identity, Ladder, Threshold

PATH = importlib.import_module("proofs_check.check")  # the package gives the function of this name
FIVE_MORE = Wrong("five percent more", prediction=Draws.m * 21 / 20)
PAIR = [{Draws.m: 1, Draws.s: "0.1"}, {Draws.m: 2, Draws.s: "0.1"}]
TRUE = EQUALITY.but(points=PAIR, wrong=[FIVE_MORE])
FALSE = TRUE.but(prediction=Draws.m * 21 / 20, wrong=(), quantity="false")


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


class Listening(Laboratory):
    """A laboratory that remembers what was asked of it, and bends the blocks of one stage."""

    def __init__(self, bent: str = "", by: float = 0.0, **fields: Any) -> None:
        super().__init__(**fields)
        self.units: list[Unit] = []
        self.blocks: list[Arrays] = []
        self.bent, self.by = bent, by

    def measure(self, units: Sequence[Unit]) -> list[Arrays]:
        blocks = super().measure(units)
        self.units += units
        self.blocks += blocks
        return [
            block | {"y": block["y"] * (1 + self.by * (unit.stage == self.bent))}
            for unit, block in zip(units, blocks, strict=True)
        ]

    def stages(self) -> list[str]:
        return list(dict.fromkeys(unit.stage for unit in self.units))


def one(claim: Claim, lab: Laboratory | None = None, **request: Any) -> dict[str, Any]:
    (record,) = check(claim, lab=lab, **request)
    return record


# Verdicts of whole checks

WHOLE = [
    TRUE,
    claim_of(Draws.square, Draws.x**2, Identity()),
    claim_of(Draws.x, Draws.m, Bound("<=")),
    claim_of(Draws.x, Draws.m / 2, Bound(">="), given=Draws.met),
    claim_of(Draws.growth, Draws.x, Threshold(of=Draws.eta)),
    claim_of(Mean.y, Mean.m, Asymptotic(Ladder(Mean.n, [32, 64, 128, 256, 512])), Mean),
]


@pytest.mark.parametrize("claim", WHOLE, ids=lambda claim: claim.relation.label)
def test_true_claims_are_supported_at_every_point(claim: Claim) -> None:
    record = one(claim)
    assert record["verdict"] == "supported" and len(record["points"]) == record["planned_points"]
    assert {point["verdict"] for point in record["points"]} == {"supported"} and record["confirmations"] == 0


@pytest.mark.parametrize("claim", WHOLE, ids=lambda claim: claim.relation.label)
def test_claims_wrong_by_five_percent_are_refuted(claim: Claim) -> None:
    factor = {"<=": 95, ">=": 160}.get(
        getattr(claim.relation, "sense", ""), 105
    )  # a bound is moved past its tightest draws
    record = one(claim.but(prediction=claim.prediction * factor / 100, wrong=()))
    assert record["verdict"] == "refuted" and record["points"][-1]["verdict"] == "refuted"


def test_a_mean_threshold_is_found_on_the_right_side() -> None:
    points = [{Draws.m: 1, Draws.s: "0.1"}]
    drift = claim_of(Draws.drift, Draws.m, Threshold(of=Draws.eta, kind="mean"), points=points)
    assert one(drift, points=1)["verdict"] == "supported"
    assert one(drift.but(prediction=Draws.m * 21 / 20), points=1)["verdict"] == "refuted"


@pytest.mark.parametrize("claim", toys.claims[:3], ids=lambda claim: claim.id)
def test_the_toys_come_out_as_they_are(claim: Claim) -> None:
    assert one(claim, points=2)["verdict"] == "supported"
    assert [one(claim, wrong=wrong.name, points=2)["verdict"] for wrong in claim.wrong] == ["refuted"] * len(
        claim.wrong
    )


# Confirmation


def test_a_refutation_is_confirmed_on_another_stream_at_its_own_share() -> None:
    lab = Listening()
    record = one(FALSE, lab, error_rate=1e-2)
    assert record["verdict"] == "refuted" and record["confirmations"] == 1
    screen, confirm = lab.stages()
    assert screen == "screen" and confirm == "confirm 1 of toys.engine_false"
    values = {
        stage: np.concatenate([b["y"] for u, b in zip(lab.units, lab.blocks, strict=True) if u.stage == stage])
        for stage in (screen, confirm)
    }
    assert not set(values[screen]) & set(values[confirm])
    assert record["level"] == 1e-2


def test_the_kth_confirmation_has_its_share_of_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[tuple[str, float]] = []
    real = PATH.check_point

    def spying(claim: Any, point: Any, asked: Any, level: float, lab: Any, deadline: float, stage: str) -> Any:
        levels.append((stage, level))
        return real(claim, point, asked, level, lab, deadline, stage)

    monkeypatch.setattr(PATH, "check_point", spying)
    assert (
        one(FALSE, Listening(bent="confirm 1 of toys.engine_false", by=0.05), error_rate=1e-2)["verdict"] == "refuted"
    )
    shares = [1e-2 if stage == "screen" else 1e-2 * 6 / (math.pi * int(stage.split()[1])) ** 2 for stage, _ in levels]
    assert [level for _, level in levels] == pytest.approx(shares)
    assert [stage.split()[0] for stage, _ in levels] == ["screen", "confirm", "screen", "confirm"]


def test_a_refutation_that_fresh_trials_do_not_repeat_is_withdrawn() -> None:
    record = one(TRUE, Listening(bent="screen", by=0.05))
    assert record["verdict"] == "undecided" and record["confirmations"] == len(record["points"])
    assert record["reason"].startswith("noise: a refutation was not confirmed")


def test_a_confirmation_that_reuses_the_screening_trials_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATH, "confirmation", lambda *_: "screen")
    record = one(TRUE, Listening(bent="screen", by=0.05))
    assert record["verdict"] == "refuted"  # so the test before would fail


def test_a_violation_needs_no_confirmation() -> None:
    lab = Listening()
    record = one(claim_of(Draws.x, Draws.m * 9 / 10, Bound("<=")), lab)
    assert record["verdict"] == "refuted" and record["confirmations"] == 0 and lab.stages() == ["screen"]
    assert record["guarantee"] == "exact"


# Budget


def test_the_error_rate_is_divided_over_the_claims() -> None:
    four = [TRUE.but(quantity=str(i)) for i in range(4)]
    records = check(four, error_rate=1e-2, points=1)
    assert [record["level"] for record in records] == [0.0025] * 4
    assert sum(record["level"] for record in records) == pytest.approx(1e-2)
    assert check(four[:1], level=1e-3, points=1)[0]["level"] == 1e-3


def test_the_error_rate_is_not_divided_over_the_points() -> None:
    assert one(TRUE, error_rate=1e-2, points=2)["level"] == 1e-2


def test_points_of_a_claim_have_streams_of_their_own_and_seeds_other_ones() -> None:
    lab = Listening()
    for seed in (0, 1):
        one(TRUE, lab, points=2, seed=seed)
    draws = [
        set((block["y"] - unit.point.numbers()["m"]).round(12))
        for unit, block in zip(lab.units, lab.blocks, strict=True)
    ]
    assert all(not first & second for i, first in enumerate(draws) for second in draws[:i])


def test_max_trials_bounds_the_trials_and_gives_the_same_record_again() -> None:
    noisy = EQUALITY.but(points=[{Draws.m: 1, Draws.s: 2}])
    records = [one(noisy, points=1, max_trials=5000) for _ in range(2)]
    assert (
        records[0]["verdict"] == "undecided" and records[0]["reason"].startswith("noise") and records[0]["would_decide"]
    )
    assert 0 < records[0]["trials"] <= 5000
    assert {**records[0], "seconds": 0} == {**records[1], "seconds": 0}
    assert one(noisy, points=1, max_trials=1)["trials"] == 2048  # one block is the least


def test_a_budget_of_time_ends_between_looks() -> None:
    record = one(EQUALITY.but(points=[{Draws.m: 1, Draws.s: 50}]), points=1, budget=1e-9)
    assert record["verdict"] == "undecided" and record["trials"] > 0


# Points

NARROW = EQUALITY.but(points=[{Draws.m: 1, Draws.s: "0.1"}, {Draws.m: 2, Draws.s: "0.1"}], regime=[Draws.m < 1.5])


def test_a_point_outside_the_regime_is_undecided_and_simulates_nothing() -> None:
    lab = Listening()
    record = one(EQUALITY.but(regime=[Draws.m < 1]), lab, values={"m": 2})
    assert (
        record["verdict"] == "undecided"
        and record["reason"].startswith("regime")
        and record["trials"] == 0
        and not lab.units
    )


def test_an_undecided_point_is_not_dropped_from_the_verdict() -> None:
    noisy = TRUE.but(points=[PAIR[0], {Draws.m: 1, Draws.s: 2}])
    record = one(noisy, points=2, max_trials=5000)
    assert [point["verdict"] for point in record["points"]] == ["supported", "undecided"]
    assert record["verdict"] == "undecided" and record["point"]["s"] == 2


def test_an_engine_that_drops_undecided_points_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from proofs_check import record as records

    monkeypatch.setattr(records, "ORDER", {"refuted": 0, "supported": 1, "undecided": 2})
    record = one(TRUE.but(points=[PAIR[0], {Draws.m: 1, Draws.s: 2}]), points=2, max_trials=5000)
    assert record["verdict"] == "supported"  # so the test before would fail


def test_a_refuted_point_is_not_outvoted() -> None:
    crooked = TRUE.but(prediction=Draws.m**2)  # right at m = 1 alone
    record = one(crooked, points=3)
    assert [point["verdict"] for point in record["points"]] == ["supported", "refuted"]
    assert record["verdict"] == "refuted" and record["planned_points"] == 3 and record["point"]["m"] == 2


def test_given_values_make_one_point_and_must_belong_to_the_claim() -> None:
    record = one(TRUE, values={"m": 1, "s": "1/10", "n": 16, "eta": 1})
    assert len(record["points"]) == 1 and record["point"] == {"n": 16, "m": 1, "s": 0.1, "eta": 1}
    pinned = TRUE.but(fixing={Draws.n: 16})
    assert one(pinned, values={"m": 1, "s": "0.1", "n": 16})["verdict"] == "supported"
    for claim, values in (
        (pinned, {"n": 17}),
        (TRUE.but(assuming=[Draws.m < 1]), {"m": 2}),
        (TRUE, {"q": 1}),
        (TRUE, {"s": -1}),
    ):
        with pytest.raises(BadInput):
            one(claim, values=values)
    with pytest.raises(BadInput, match="ladder"):
        one(WHOLE[-1], values={"n": 100})


def test_wrong_variants_are_tried_where_their_author_says_and_refuted() -> None:
    flat = Wrong("right at m = 1", at=[{Draws.m: 2, Draws.s: "0.1"}], prediction=Draws.m**2)
    record = one(TRUE.but(wrong=[flat]), wrong="right at m = 1")
    assert record["verdict"] == "refuted" and record["wrong"] == "right at m = 1" and record["point"]["m"] == 2
    with pytest.raises(BadInput, match="no wrong variant"):
        one(TRUE, wrong="none such")


def test_the_boundary_is_where_a_claim_must_fail() -> None:
    half = TRUE.but(prediction=Draws.m * (1 + Draws.n / 200), assuming=[Draws.n < 2],
                    fails_at=[{Draws.n: 64, Draws.m: 1, Draws.s: "0.1"}])  # fmt: skip
    record = one(half, boundary=True)
    assert record["verdict"] == "refuted" and record["boundary"] and record["point"]["n"] == 64
    with pytest.raises(BadInput, match="boundary"):
        one(half, boundary=True, values={"m": 1})


def test_a_boundary_counts_as_seen_only_where_the_claim_fails_at_each_of_its_points() -> None:
    fails, holds = {Draws.n: 64, Draws.m: 1, Draws.s: "0.1"}, {Draws.n: 65, Draws.m: 2, Draws.s: "0.1"}
    claim = TRUE.but(prediction=Draws.m + Max(0, 65 - Draws.n) / 5, assuming=[Draws.n < 2], fails_at=[fails, holds])
    record = one(claim, boundary=True)
    assert [point["verdict"] for point in record["points"]] == ["refuted", "supported"]
    assert record["verdict"] == "supported" and record["point"]["n"] == 65
    assert "at 1 point " in record["sentence"]
    both = one(claim.but(fails_at=[fails, {**fails, Draws.m: 2}]), boundary=True)
    assert both["verdict"] == "refuted" and both["sentence"].count("n=64") == 2 and len(both["points"]) == 2


OUT_OF_RANGE = [
    {"error_rate": 0}, {"error_rate": 1}, {"error_rate": 2.0},
    {"tolerance": 0}, {"tolerance": 1.5}, {"tolerance": math.nan},
    {"level": 0}, {"level": 1},
    {"points": 0}, {"max_trials": 0}, {"max_trials": -5}, {"budget": -1.0}, {"seed": -1},
]  # fmt: skip


@pytest.mark.parametrize("asked", OUT_OF_RANGE)
def test_requests_out_of_range_are_refused(asked: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        Request(**asked)  # type: ignore[arg-type]


# What a judge must not see or may not believe


def test_a_prediction_that_is_not_finite_where_it_counts_is_no_support() -> None:
    from sympy import sqrt

    real_above = sqrt(Draws.x - 0.74 * Draws.m)  # real wherever u is above 3/4, and somewhat below
    kept = claim_of(Draws.x, Draws.x + real_above, Bound("<="), given=Draws.met)
    assert one(kept, points=1)["verdict"] == "supported"
    lost = claim_of(Draws.x, Draws.x + sqrt(Draws.x - 0.8 * Draws.m), Bound("<="), given=Draws.met)
    with pytest.raises(BadInput, match="not finite"):
        one(lost, points=1)


def test_a_threshold_is_not_looked_at_outside_its_domain() -> None:
    with pytest.raises(BadInput, match="tolerance"):
        one(WHOLE[4], tolerance=0.3)
    with pytest.raises(OutsideDomain):
        one(WHOLE[4].but(prediction=-Draws.x))


def test_single_precision_refutes_no_identity() -> None:
    lab = Laboratory(machine=Machine(precision="float32"))
    for claim in (WHOLE[1], WHOLE[2], claim_of(Draws.square, Draws.x**2, Bound("<="))):
        assert one(claim, lab)["verdict"] == "supported"
    assert one(WHOLE[1].but(prediction=Draws.x**2 * 1.05), lab)["verdict"] == "refuted"


def test_an_event_that_is_hardly_met_is_the_reason() -> None:
    rare = claim_of(Draws.x, Draws.m, Bound("<="), given=Draws.met, points=[{Draws.m: 1}])

    class Closed(Listening):
        def measure(self, units: Sequence[Unit]) -> list[Arrays]:
            return [block | {"met": block["met"] & (block["x"] > 0.999)} for block in super().measure(units)]

    record = one(rare, Closed(), points=1, max_trials=20_000)
    assert (
        record["verdict"] == "undecided"
        and record["reason"].startswith("rare condition")
        and record["given_kept"] < 0.01
    )


# Records do not depend on workers


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(measure, "WORTH_A_WORKER", 0.0)
    yield
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("eager")
def test_the_number_of_workers_changes_no_bit() -> None:
    claims = [EQUALITY.but(points=[{Draws.m: 1, Draws.s: "0.5"}]), WHOLE[4], WHOLE[5]]
    runs = []
    for workers in (1, 2):
        records = check(claims, lab=Laboratory(workers=workers), points=1, error_rate=1e-2, max_trials=40_000)
        runs.append([{**record, "seconds": 0} for record in records])
    assert runs[0] == runs[1]


# Convenience


def test_assert_supported_returns_the_record_or_fails_with_the_way_to_replay() -> None:
    assert assert_supported(TRUE, error_rate=1e-3, points=1)["verdict"] == "supported"
    with pytest.raises(AssertionError, match=r"refuted.*\nreplay: proofs-check check"):
        assert_supported(FALSE, error_rate=1e-3, points=1)


def test_the_package_gives_functions_also_once_their_modules_are_loaded() -> None:
    import proofs_check
    import proofs_check.plot
    import proofs_check.replaying

    assert all(callable(getattr(proofs_check, name)) for name in proofs_check.__all__)
    with pytest.raises(AttributeError):
        proofs_check.none_such  # noqa: B018


def test_a_check_done_twice_is_recorded_once() -> None:
    with Store() as store:
        (record,) = check(TRUE, lab=Laboratory(store=store), points=1)
        again = check(TRUE, lab=Laboratory(store=store), points=1)[0]
        kept = store.records(TRUE.id)
    assert record.pop("earlier") == again["earlier"] == {"checks": 0, "seeds": [], "verdicts": {}}
    assert kept == [record] and again["key"] == record["key"]


def test_a_record_says_which_checks_of_its_claim_went_before() -> None:
    with Store() as store:
        lab = Laboratory(store=store)
        records = [one(FALSE, lab, points=1, seed=seed) for seed in (3, 4, 4, 5)]
        wrong = one(TRUE, lab, wrong=FIVE_MORE.name)
    assert [record["earlier"]["checks"] for record in records] == [0, 1, 1, 2]
    assert records[-1]["earlier"] == {"checks": 2, "seeds": [3, 4], "verdicts": {"refuted": 2}}
    assert wrong["earlier"]["checks"] == 0

"""A run that chooses its precision: float32 where it changes nothing that counts, and the right verdict either way."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from numerics.arrays import Array, Machine
from numerics.measure import Arrays, Laboratory, Unit
from numerics.simulator import simulates
from numerics.store import Store
from numerics.streams import Stream
from proofs_check.check import check
from proofs_check.trials import precision
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.domain import Real, Size
from theory.errors import BadSample
from theory.relation import Bound, Equality, Identity
from theory.setting import Event, Observable, Setting


class Ridgeless(Setting):
    """The variance tr (XXᵀ)⁻¹ of the least norm interpolator, X (n, p) normal with one column of variance `spike`.

    In the mean n/(p − n − 1) without a spike, and (n − 1)/(p − n − 1) up to terms of order np/spike with a large one,
    which takes a sample for itself; the condition number grows with the spike.
    """

    n = Size(at_least=2, typical=(4, 40))
    p = Size(at_least=4, typical=(80, 400))
    spike = Real(above=0, typical=(1, 4))
    variance = Observable("tr (XXᵀ)⁻¹", certificate="rounding")
    rounding = Observable("ε·condition of XXᵀ·tr (XXᵀ)⁻¹")
    samples = Observable("n, of every draw", certificate="loss")
    loss = Observable("ε·n·condition of XXᵀ")
    large = Event("the variance is above its mean")


@simulates(Ridgeless, cost=1e-4, block=64)
def ridgeless(*, n: int, p: int, spike: float, trials: int, rng: Stream) -> dict[str, Array]:
    xp, X = rng.xp, rng.normal((trials, n, p))
    X = xp.concat([spike**0.5 * X[:, :, :1], X[:, :, 1:]], axis=2)
    gram = X @ xp.matrix_transpose(X)
    values, inverse, eps = xp.linalg.eigvalsh(gram), xp.linalg.inv(gram), float(xp.finfo(X.dtype).eps)
    variance, condition = xp.linalg.trace(inverse), xp.abs(values[:, -1] / values[:, 0])
    return {
        "variance": variance, "rounding": eps * condition * variance, "large": variance > n / (p - n - 1),
        "samples": xp.linalg.trace(inverse @ gram), "loss": eps * n * condition,
    }  # fmt: skip


S = Ridgeless
WELL, ILL = {S.n: 10, S.p: 100, S.spike: 1}, {S.n: 10, S.p: 100, S.spike: 10**9}
VARIANCE = claim_of(S.variance, S.n / (S.p - S.n - 1), Equality(), S)
SPIKED = VARIANCE.but(prediction=(S.n - 1) / (S.p - S.n - 1))


def wrong(claim: Claim) -> Claim:
    return claim.but(prediction=claim.prediction * 6 / 5)


def checked(claim: Claim, values: dict[Any, int], lab: Laboratory | None = None, **asked: Any) -> dict[str, Any]:
    lab = lab or Laboratory(chooses=True)
    (record,) = check(claim, lab=lab, values=values, tolerance=0.05, max_trials=60_000, **asked)
    return record


def choice(record: dict[str, Any]) -> dict[str, Any]:
    return record["points"][0]["precision"]


@pytest.mark.parametrize(("claim", "values", "used"), [(VARIANCE, WELL, "float32"), (SPIKED, ILL, "float64")])
def test_the_condition_decides_the_precision_and_both_verdicts_are_right(
    claim: Claim, values: dict[Any, int], used: str
) -> None:
    record = checked(claim, values)
    assert record["precision"] == "auto" and record["verdict"] == "supported", record["sentence"]
    assert choice(record)["used"] == used
    assert (choice(record)["changed"] <= choice(record)["allowed"]) == (used == "float32")
    assert checked(wrong(claim), values)["verdict"] == "refuted"
    single = checked(claim, values, Laboratory(Machine(precision="float32")))  # the twin: what float32 alone would say
    assert (single["verdict"] == "supported") == (used == "float32")


def test_a_precision_that_is_chosen_gives_the_bits_of_one_that_is_asked_for() -> None:
    for claim, values, used in ((VARIANCE, WELL, "float32"), (SPIKED, ILL, "float64")):
        asked = checked(claim, values, Laboratory(Machine(precision=used)))
        chosen = checked(claim, values)
        assert chosen["mean"] == asked["mean"] and chosen["interval"] == asked["interval"]


def test_statements_about_every_draw_stay_in_double_precision() -> None:
    identity = claim_of(S.samples, S.n, Identity(), S)
    bound = claim_of(S.variance, S.n / S.p / 10, Bound(">="), S)
    for claim in (identity, bound):
        record = checked(claim, WELL)
        assert record["verdict"] == "supported" and choice(record)["used"] == "float64"
        assert "no statement about a relative gap" in choice(record)["because"]
    assert checked(identity.but(prediction=S.n + 1), WELL)["verdict"] == "refuted"


def test_a_condition_that_a_precision_may_decide_keeps_double_precision() -> None:
    given = claim_of(S.variance, 2 * S.n / (S.p - S.n - 1), Bound("<=", "mean"), S, given=S.large)
    assert choice(checked(given, WELL))["used"] == "float64"
    assert choice(checked(given.but(given=None), WELL))["used"] == "float32"


def test_a_refutation_is_confirmed_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    real = precision.in_what_precision_does

    def heard(*given: Any, **more: Any) -> Any:
        outcome, trials = real(*given, **more)
        used.append(outcome.precision.used)
        return outcome, trials

    monkeypatch.setattr(sys.modules["proofs_check.check"], "in_what_precision_does", heard)
    record = checked(wrong(VARIANCE), WELL)
    assert record["verdict"] == "refuted" and used == ["float32", "float64"]
    assert choice(record)["because"] == "a refutation is confirmed in float64"


@pytest.mark.parametrize("begin", [0, 1])
def test_what_float32_cannot_compute_is_computed_in_double_precision(
    begin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Laboratory.measure

    def overflows(self: Laboratory, units: Sequence[Unit]) -> list[Arrays]:
        if self.machine.precision == "float32" and any(unit.block >= begin for unit in units):
            raise BadSample("planted: not finite")
        return real(self, units)

    monkeypatch.setattr(Laboratory, "measure", overflows)
    record = checked(VARIANCE, WELL)
    assert record["verdict"] == "supported" and choice(record)["used"] == "float64"
    assert choice(record)["because"].endswith("planted: not finite")
    with pytest.raises(BadSample, match="not finite"):  # the twin: in float32 alone there is no answer
        checked(VARIANCE, WELL, Laboratory(Machine(precision="float32")))


def test_a_choice_is_kept_and_replayed(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        first = checked(VARIANCE, WELL, Laboratory(store=store, chooses=True))
        again = checked(VARIANCE, WELL, Laboratory(store=store, chooses=True))
    assert choice(first) == choice(again) and "--precision auto" in first["replay"]
    assert first["key"] == again["key"] != checked(VARIANCE, WELL, Laboratory())["key"]

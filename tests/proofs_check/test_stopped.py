"""Why training stopped is part of the sample and of the record."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.arrays import Array, Machine
from numerics.measure import Laboratory
from numerics.simulator import simulate_block, simulates
from numerics.streams import Stream
from numerics.training.reasons import REASONS, by_loss, counted
from proofs_check.check import check
from proofs_check.cli import main
from tests.engine_toys import claim_of
from theory.domain import Choice, Size
from theory.errors import BadSample
from theory.relation import Equality
from theory.setting import Observable, Point, Setting

SAID: dict[str, Any] = {
    "numbers": lambda trials: np.arange(trials) % 4,
    "words": lambda trials: [REASONS[k % 4] for k in range(trials)],
    "nothing": None,
    "another word": lambda trials: ["tired"] * trials,
    "another number": lambda trials: np.full(trials, 4),
    "too few": lambda trials: np.zeros(trials - 1, dtype=int),
}


VALUES = {"n": 3, "p": 8, "lam": 1, "eta": "0.5", "r0": 1, "time": 1, "optimiser": "descent", "mode": 1}
AT = [part for name, value in VALUES.items() for part in ("--set", f"{name}={value}")]


class Trained(Setting):
    """1 + z/10, and what is said of why it stopped."""

    n = Size(typical=(4, 8))
    said = Choice(*SAID)
    y = Observable("the outcome")


@simulates(Trained, cost=1e-4, block=64)
def trained(*, n: int, said: str, trials: int, rng: Stream) -> dict[str, Array]:
    stopped = SAID[said]
    return {"y": 1 + rng.normal((trials,)) / 10, **({"stopped": stopped(trials)} if stopped else {})}


def block(said: str) -> dict[str, np.ndarray]:
    return simulate_block(trained.simulator, Point.of(Trained, {"n": 4, "said": said}), 0, seed=0, machine=Machine())  # type: ignore[attr-defined]


@pytest.mark.parametrize("said", ["numbers", "words"])
def test_reasons_are_kept_as_numbers(said: str) -> None:
    assert counted(block(said)["stopped"]) == {reason: 16 for reason in REASONS}
    assert "stopped" not in block("nothing")


@pytest.mark.parametrize("said", ["another word", "another number", "too few"])
def test_what_is_no_reason_is_told(said: str) -> None:
    with pytest.raises(BadSample, match=r"no reason for each of the 64 trials; return one of steps spent, small loss"):
        block(said)


def test_a_record_counts_the_reasons_of_every_point() -> None:
    claim = claim_of(Trained.y, 1, Equality(), Trained)
    for said, wanted in (("words", set(REASONS)), ("nothing", None)):
        (record,) = check(claim, lab=Laboratory(), values={Trained.n: 4, Trained.said: said})
        (point,) = record["points"]
        assert record["verdict"] == "supported"
        assert set(point.get("stopped", {})) == (wanted or set())
        if wanted:
            assert sum(point["stopped"].values()) == point["trials"]


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_a_loss_says_why_it_ended(backend: str) -> None:
    machine = Machine(backend)
    found = machine.to_host(by_loss(machine.asarray([1.0, 1e-9, np.inf, np.nan]), 1e-6))
    assert [REASONS[k] for k in found] == ["steps spent", "small loss", "diverged", "diverged"]


def test_the_engine_tells_a_simulator_why_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["simulate", "implicit_bias.gd_min_norm_path", "--trials", "10", "--json", *AT])
    assert sum(json.loads(capsys.readouterr().out)["stopped"].values()) == 10

"""Records are plain JSON, content-addressed, and replay to themselves; a tampered one is told apart."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proofs_check import check, replay
from proofs_check.jsonable import clean
from proofs_check.record import Record, summary
from proofs_check.replaying import read_record
from tests.engine_toys import EQUALITY, Draws, claim_of, user_file
from theory import discovery
from theory.claim import Claim, Wrong
from theory.errors import BadInput
from theory.relation import Bound

CONTRACT = [
    "id", "relation", "status", "points", "point",
    "prediction", "mean", "target", "estimate", "interval", "unit", "tolerance", "level", "guarantee",
    "verdict", "reason", "would_decide", "detectable", "trials", "given_kept", "certificate",
    "seed", "backend", "precision", "versions", "replay", "seconds",
]  # fmt: skip
CLAIM = EQUALITY.but(
    points=[{Draws.m: 1, Draws.s: "0.1"}], wrong=[Wrong("author's slip", prediction=Draws.m * 21 / 20)]
)


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


def one(claim: Claim = CLAIM, **request: Any) -> Record:
    (record,) = check(claim, **{"points": 1, **request})
    return record


@pytest.fixture
def user_claim(tmp_path: Path) -> Claim:
    (claim,) = discovery.find(str(user_file(tmp_path)))
    return claim


def as_text(record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(record, allow_nan=False))


@pytest.mark.parametrize("request_", [{}, {"wrong": "author's slip"}, {"max_trials": 1}, {"values": {"m": 1}}])
def test_a_record_has_the_fields_of_the_contract_and_survives_json(request_: dict[str, Any]) -> None:
    record = one(**request_)
    assert not set(CONTRACT) - set(record)
    assert as_text(record) == record


def test_numbers_that_json_lacks_become_null() -> None:
    found = clean(
        {"a": np.inf, "b": [np.nan, np.float64(2), np.int64(3), np.bool_(True)], "c": np.array([1.0, -np.inf]), 4: (1,)}
    )
    assert found == {"a": None, "b": [None, 2.0, 3, True], "c": [1.0, None], "4": [1]}


def test_what_was_not_decided_says_why_and_what_would() -> None:
    record = one(EQUALITY.but(points=[{Draws.m: 1, Draws.s: 2}]), max_trials=4000)
    assert (
        record["verdict"] == "undecided"
        and record["reason"]
        and record["would_decide"]
        and record["sentence"].startswith("undecided")
    )
    decided = one()
    assert decided["verdict"] == "supported" and not decided["reason"] and not decided["would_decide"]
    assert "within 2 %, at 1 point (theorem)" in decided["sentence"] and "fewer than" in decided["blind_spot"]


def test_the_interval_lies_as_the_verdict_says() -> None:
    supported, refuted = one(), one(wrong="author's slip")
    assert -0.02 <= supported["interval"][0] <= supported["interval"][1] <= 0.02 and supported["detectable"] > 0.02
    assert refuted["interval"][1] < -0.02 or refuted["interval"][0] > 0.02


def test_the_key_tells_records_apart_and_leaves_out_the_timing() -> None:
    first, again, other = one(), one(), one(seed=1)
    assert first["key"] == again["key"] != other["key"]


def test_the_summary_adds_up() -> None:
    records = [one(), one(wrong="author's slip"), one(max_trials=1, error_rate=1e-9)]
    totals = summary(records, 1e-3)
    assert (totals["supported"], totals["refuted"], totals["undecided"], totals["claims"]) == (1, 1, 1, 3)
    assert totals["spent"] == pytest.approx(2e-3 + 1e-9) and totals["confirmations"] == 1


def arguments(record: dict[str, Any]) -> dict[str, list[str]]:
    """The replay line as a shell reads it: flag -> values."""
    words = shlex.split(record["replay"])
    assert words[:2] == ["proofs-check", "check"]
    found: dict[str, list[str]] = {"": [words[2]]}
    for flag, value in zip(words[3::2], words[4::2], strict=True):
        found.setdefault(flag, []).append(value)
    return found


def test_the_replay_line_names_point_level_seed_and_variant_in_shell_words() -> None:
    found = arguments(one(wrong="author's slip", error_rate=1e-2, seed=3, max_trials=20_000))
    assert found["--wrong"] == ["author's slip"] and found["--seed"] == ["3"] and found["--level"] == ["0.01"]
    assert set(found["--set"]) >= {"m=1", "s=0.1"} and found["--max-trials"] == ["20000"]


def test_the_replay_line_of_a_users_claim_names_its_file(user_claim: Claim, tmp_path: Path) -> None:
    (record,) = check(user_claim, points=1)
    assert arguments(record)[""] == [f"{tmp_path / 'noise.py'}:noise"]


@pytest.mark.parametrize(
    "request_",
    [{}, {"wrong": "one less"}, {"max_trials": 1}, {"values": {"n": 4, "s2": "1/3"}}, {"seed": 5, "points": 2}],
)
def test_a_record_replays_to_itself(user_claim: Claim, request_: dict[str, Any]) -> None:
    (record,) = check(user_claim, **{"points": 1, **request_})
    result = replay(as_text(record))
    assert result == {"id": "noise", "same": True, "differences": [], "other_versions": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "refuted"), ("mean", 3.0), ("trials", 7), ("interval", [0, 1]), ("prediction", 2.0), ("level", 0.5)],
)
def test_a_tampered_record_is_told_apart(user_claim: Claim, field: str, value: Any) -> None:
    (record,) = check(user_claim, points=1)
    result = replay({**as_text(record), field: value})
    assert not result["same"] and (field in [found["field"] for found in result["differences"]] or field == "level")


def test_a_field_that_was_taken_out_is_a_difference(user_claim: Claim) -> None:
    (record,) = check(user_claim, points=1)
    cut = {name: value for name, value in record.items() if name != "verdict"}
    assert [found["field"] for found in replay(cut)["differences"]] == ["verdict"]


def test_a_changed_request_or_formula_shows(user_claim: Claim, tmp_path: Path) -> None:
    (record,) = check(user_claim, points=1)
    assert not replay({**record, "request": {**record["request"], "seed": 1}})["same"]
    elsewhere = tmp_path / "changed"
    elsewhere.mkdir()
    changed = user_file(elsewhere, prediction="Noise.s2 * 2")
    assert "prediction" in [found["field"] for found in replay({**record, "file": str(changed)})["differences"]]


@pytest.mark.parametrize(
    "spoil",
    [
        "{",
        "[]",
        "{}",
        '{"version": 99, "id": "x"}',
        '{"version": 1, "id": "noise"}',
        '{"records": []}',
        '{"records": 5}',
        '"text"',
    ],
)
def test_a_file_that_holds_no_record_is_bad_input(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(spoil)
    with pytest.raises(BadInput):
        read_record(str(path))


@pytest.mark.parametrize(
    "change",
    [
        {"request": {"error_rate": 7}},
        {"request": {"error_rate": "x"}},
        {"request": {"seed": -1}},
        {"id": "none"},
        {"file": "/nowhere/noise.py"},
        {"request": {"wrong": "none such"}},
        {"request": {"values": 3}},
    ],
)
def test_a_record_that_cannot_be_replayed_is_bad_input(user_claim: Claim, change: dict[str, Any]) -> None:
    (record,) = check(user_claim, points=1)
    request = {**record["request"], **change.get("request", {})}
    with pytest.raises(BadInput):
        replay({**as_text(record), **change, "request": request})


def test_a_run_of_several_records_replays_its_first(user_claim: Claim, tmp_path: Path) -> None:
    records = check([user_claim], points=1)
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"records": records, "summary": {}}))
    assert read_record(str(path)) == records[0]


def test_a_violation_shows_where_and_how_often() -> None:
    record = one(claim_of(Draws.x, Draws.m * 19 / 20, Bound("<=")))
    assert record["verdict"] == "refuted" and record["estimate"] > 0 and record["unit"] == "violation frequency"
    assert "refuted at" in record["sentence"] and record["notes"][0].startswith("largest ratio to the bound 1.0")

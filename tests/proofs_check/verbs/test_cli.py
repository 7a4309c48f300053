"""The command line: one JSON object or one line of complaint, the right exit code, nothing half written."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from numerics.arrays import devices, installed
from proofs_check.cli import LATER, main
from proofs_check.verbs.catalogue import _count
from tests.engine_toys import user_file

ROOT = Path(__file__).parents[3]
RISK = "min_norm.ridgeless_risk_isotropic"
POINT = ("--set", "n=20", "--set", "p=60", "--set", "r2=1", "--set", "s2=1")

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Ran:
    """Runs the command line in this process: exit code, stdout, stderr."""

    def ran(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as done:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(done.value.code or 0), out, err

    return ran


def complaint(result: tuple[int, str, str]) -> str:
    """The one line of a refused request."""
    code, out, err = result
    assert code == 2 and out == "", result
    assert err.startswith("proofs-check: ") and err.count("\n") == 1 and "Traceback" not in err, err
    return err


def answer(result: tuple[int, str, str], code: int = 0) -> dict[str, Any]:
    """The one JSON object on stdout."""
    assert result[0] == code, result
    assert result[1].count("\n") == 1
    return json.loads(result[1])


# Answers


def test_a_check_answers_with_one_json_object(run: Ran, tmp_path: Path) -> None:
    found = answer(run("check", user_file(tmp_path), "--json", "--points", 1))
    (record,) = found["records"]
    assert record["verdict"] == "supported" and found["summary"]["supported"] == 1 and found["summary"]["spent"] == 1e-3


def test_exit_codes_tell_refuted_and_undecided_from_good(run: Ran, tmp_path: Path) -> None:
    path = user_file(tmp_path)
    assert run("check", path, "--points", 1)[0] == 0
    assert run("check", path, "--wrong", "one less")[0] == 1
    assert run("check", path, "--points", 1, "--max-trials", 1)[0] == 0
    assert run("check", path, "--points", 1, "--max-trials", 1, "--strict")[0] == 3
    assert run("check", path, "--wrong", "one less", "--strict")[0] == 1


def test_outside_the_regime_is_undecided_and_outside_assuming_bad_input(run: Ran, tmp_path: Path) -> None:
    path = user_file(tmp_path, fields="assuming=[Noise.n > 3], regime=[Noise.n > 5],")
    found = answer(run("check", path, "--set", "n=4", "--set", "s2=1", "--json"))
    assert found["records"][0]["verdict"] == "undecided" and found["records"][0]["reason"].startswith("regime")
    assert "n > 3" in complaint(run("check", path, "--set", "n=3", "--set", "s2=1"))


def test_what_a_file_prints_goes_to_stderr(run: Ran, tmp_path: Path) -> None:
    path = user_file(tmp_path, top='print("loading")', first='print("simulating")')
    result = run("check", path, "--json", "--points", 1)
    assert answer(result) and "loading" in result[2] and "simulating" in result[2]


def test_simulate_and_predict_answer_at_a_point(run: Ran, tmp_path: Path) -> None:
    path, point = user_file(tmp_path), ("--set", "n=4", "--set", "s2=1/3")
    found = answer(run("simulate", path, *point, "--trials", 50, "--json"))
    assert found["trials"] == 50 and found["point"] == {"n": 4, "s2": "1/3"} and found["stderr"] > 0
    assert answer(run("predict", path, *point, "--digits", 20, "--json"))["digits"] == "0." + "3" * 20


def test_every_digit_of_an_integral_that_is_printed_is_certain(run: Ran, tmp_path: Path) -> None:
    """∫ log(1 + x)/x² over x ≥ 1 is 2 log 2; that of log(1 + x)/x diverges and gets no digits."""
    top = 'from sympy import Integral, Symbol, log, oo\n\nx = Symbol("x", positive=True)'
    for power, code in ((2, 0), (1, 2)):
        prediction = f"Noise.s2 * Integral(log(1 + x) / x**{power}, (x, 1, oo)) / 2"
        path = user_file(tmp_path, f"noise_{power}", top=top, prediction=prediction)
        found = run("predict", path, "--set", "n=4", "--set", "s2=1", "--digits", 30, "--json")
        assert found[0] == code
        if not code:
            assert answer(found)["digits"] == "0.693147180559945309417232121458"
        else:
            assert "no bound is proved" in found[1] + found[2]


def test_a_record_replays_from_the_command_line(run: Ran, tmp_path: Path) -> None:
    _, out, _ = run("check", user_file(tmp_path), "--json", "--points", 1)
    (tmp_path / "run.json").write_text(out)
    assert run("replay", "run.json") == (0, "same\n", "")
    found = json.loads(out)
    found["records"][0]["mean"] += 1
    (tmp_path / "run.json").write_text(json.dumps(found))
    assert [one["field"] for one in answer(run("replay", "run.json", "--json"), code=1)["differences"]] == ["mean"]


def test_the_replay_line_of_a_record_runs(run: Ran, tmp_path: Path) -> None:
    import shlex

    (record,) = answer(run("check", user_file(tmp_path), "--wrong", "one less", "--json"), code=1)["records"]
    words = shlex.split(record["replay"])
    (again,) = answer(run(*words[1:], "--json"), code=1)["records"]
    assert {again[name] == record[name] for name in ("verdict", "mean", "interval", "trials", "point", "level")} == {
        True
    }


# Complaints


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "min_norm.ridgeless_risk_isotropc"), "did you mean min_norm.ridgeless_risk_isotropic"),
        (("explain", "attention.svm"), "attention.svm_"),
        (("check", "nowhere.py"), "no Python file"),
        (("check", RISK, *POINT[:6], "--set", "s2=-1"), "s2=-1 is outside"),
        (("check", RISK, "--set", "n=60", "--set", "p=20"), "assumes"),
        (("check", RISK, "--set", "n=20", "--set", "p=60", "--set", "lam=1"), "lam"),
        (("check", RISK, "--set", "n=2.5"), "whole number"),
        (("check", RISK, "--set", "n=1e400"), "n"),
        (("check", RISK, "--set", "n=1e9999999"), "n"),
        (("check", RISK, "--set", "s2=nan"), "s2"),
        (("check", RISK, "--set", "s2=inf"), "s2"),
        (("check", RISK, "--set", "s2=__import__('os').getcwd()"), "s2"),
        (("check", RISK, "--set", "s2=1/0"), "divides by zero"),
        (("check", RISK, "--set", "q=3"), "no parameter q"),
        (("check", RISK, "--set", "n"), "no assignment"),
        (("check", RISK, "--set", "n=20", "--set", "n=30"), "given twice"),
        (("predict", RISK, "--set", "n=20"), "not given"),
        (("simulate", RISK, "--set", "n=20"), "not given"),
        (("simulate", RISK, *POINT, "--trials", "1"), "trials"),
        (("check", RISK, "--tolerance", "1.5"), "tolerance 1.5 is outside (0, 1)"),
        (("check", RISK, "--tolerance", "0"), "outside (0, 1)"),
        (("check", RISK, "--tolerance", "nan"), "outside (0, 1)"),
        (("check", RISK, "--error-rate", "-1"), "error rate -1 is outside"),
        (("check", RISK, "--level", "1"), "level 1 is outside"),
        (("check", RISK, "--max-trials", "0"), "max-trials"),
        (("check", RISK, "--points", "-2"), "points"),
        (("check", RISK, "--points", "many"), "points"),
        (("check", RISK, "--budget", "soon"), "no time"),
        (("check", RISK, "--budget", "-5s"), "budget"),
        (("check", RISK, "--seed", "-1"), "seed"),
        (("check", RISK, "--workers", "0"), "workers"),
        (("check", RISK, "--wrong", "none such"), "no wrong variant"),
        (("check", RISK, "--resolve", "1.5"), "outside (0, 1)"),
        (("check", RISK, "--cluster", "here"), "not built"),
        (("check", RISK, "--backend", "jax"), "jax"),
        (("check", RISK, "--precision", "float16"), "float16"),
        (("check", RISK, "--nonsense"), "nonsense"),
        (("check",), "CLAIMS"),
        (("frobnicate",), "frobnicate"),
        (("check", "random_features.rf_eigenframework", "--set", "n=100"), "ladder"),
        (("replay", "nowhere.json"), "no file"),
        (("new", "Bad-Name"), "no name"),
        *(((verb, "all"), "not built") for verb in LATER),
    ],
)
def test_bad_input_is_one_line_that_names_the_fault(run: Ran, arguments: tuple[str, ...], says: str) -> None:
    assert says in complaint(run(*arguments))


def test_a_device_that_is_not_there_is_named(run: Ran) -> None:
    if "cupy" not in installed():
        assert "cupy" in complaint(run("check", RISK, "--backend", "cupy"))
    if "cuda:7" not in devices("torch"):
        assert "cuda:7" in complaint(run("check", RISK, "--backend", "torch", "--device", "cuda:7"))


FILES = {
    "raises": ({"top": "\n\n1 / 0\n"}, "noise.py, line"),
    "does not parse": ({"top": "\n\ndef f(:\n"}, "noise.py, line"),
    "chained comparison": ({"fields": "assuming=[2 < Noise.n < 9],"}, "And("),
    "python's own truth value": ({"fields": "assuming=[Noise.n == 4],"}, "Eq("),
    "empty domain": ({"fields": "assuming=[Noise.n > 3, Noise.n < 3],"}, "n < 3"),
    "text for a formula": ({"prediction": '"s2"'}, "is text"),
    "a simulator that returns no dict": ({"returned": "y"}, "must return a dict"),
    "a simulator that forgets an observable": ({"returned": '{"z": y}'}, "returned no y"),
    "a wrong shape": ({"returned": '{"y": y[:-1]}'}, "has shape"),
    "nan": ({"returned": '{"y": y * float("nan")}'}, "not finite in trial 0"),
    "one infinite value": (
        {"first": "import numpy as np", "returned": '{"y": np.where(np.arange(trials) == 5, np.inf, y)}'},
        "not finite in trial 5",
    ),
    "no numbers": ({"first": "import numpy as np", "returned": '{"y": np.array([None] * trials)}'}, "not numbers"),
    "complex": ({"returned": '{"y": y + 1j}'}, "complex"),
    "a simulator that raises": ({"first": "raise ValueError('of two\\nlines')"}, "raised ValueError"),
    "a simulator that exits": ({"first": "raise SystemExit(0)"}, "SystemExit"),
    "repeated trials": (
        {"returned": '{"y": y[:1].repeat(trials)[: trials // 2].tolist() + y[: trials - trials // 2].tolist()}'},
        "not independent",
    ),
    "a scale of zero": ({"prediction": "Noise.s2 - 1"}, "scale"),
    "a formula without a value": ({"prediction": "1 / (Noise.n - 8)"}, "no certain value"),
}  # fmt: skip


NOISE_AT = ("--set", "n=8", "--set", "s2=1")
VERBS: dict[str, tuple[str, ...]] = {
    "list": (), "explain": (), "prove": (), "predict": NOISE_AT, "simulate": (*NOISE_AT, "--trials", "10"),
    "check": ("--max-trials", "2000"), "mutate": ("--max-trials", "2000"), "falsify": ("--budget", "1s"),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_one_claim_of_a_file(run: Ran, tmp_path: Path, verb: str) -> None:
    path = user_file(tmp_path, fields='quantity="mean",')
    for name in ("mean", "noise_mean"):
        code, out, _ = run(verb, f"{path}:{name}", *VERBS[verb], "--json")
        assert code in (0, 1) and "noise_mean" in out
    assert "has no claim 'other'; it has mean" in complaint(run(verb, f"{path}:other", *VERBS[verb]))


@pytest.mark.parametrize("name", FILES)
def test_a_users_file_at_fault_is_one_line(run: Ran, tmp_path: Path, name: str) -> None:
    parts, says = FILES[name]
    assert says in complaint(run("check", user_file(tmp_path, **parts), "--points", 1))


def test_two_claims_of_one_name_do_not_hide_each_other(run: Ran, tmp_path: Path) -> None:
    first, second = user_file(tmp_path), user_file(tmp_path, "other", entry="noise", prediction="Noise.s2 * 2")
    assert "two claims are called noise" in complaint(run("check", first, second))
    assert len(answer(run("check", first, first, "--points", 1, "--json"))["records"]) == 1


def test_a_claim_without_a_boundary_says_so(run: Ran, tmp_path: Path) -> None:
    assert "no point is declared" in complaint(run("check", user_file(tmp_path), "--boundary"))


def test_a_claim_without_a_simulator_says_what_to_write(run: Ran, tmp_path: Path) -> None:
    path = user_file(tmp_path)
    path.write_text(path.read_text().replace("@simulates(Noise, cost=1e-5)\n", ""))
    assert "no simulator" in complaint(run("check", path))


def test_a_simulator_that_does_not_run_there_says_where_it_does(run: Ran, tmp_path: Path) -> None:
    path = user_file(tmp_path, simulated='backends=("numpy",)')
    assert "--backend numpy" in complaint(run("check", path, "--backend", "torch"))


def test_debug_adds_the_traceback_and_keeps_the_exit_code(run: Ran, tmp_path: Path) -> None:
    code, out, err = run("check", user_file(tmp_path, first="raise ValueError('why')"), "--debug")
    assert code == 2 and out == "" and "Traceback" in err and err.splitlines()[-1].startswith("proofs-check: ")


def test_a_fault_of_the_program_is_not_taken_for_a_refutation(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    from proofs_check import verbs

    def broken(**asked: Any) -> int:
        raise ZeroDivisionError("inside")

    monkeypatch.setitem(verbs.VERBS, "doctor", broken)
    assert "ZeroDivisionError" in complaint(run("doctor"))


# Places that cannot be used


def test_folders_that_cannot_be_written_are_refused_before_any_work(
    run: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    path = user_file(tmp_path)
    assert "cannot write" in complaint(run("check", path, "--figures", blocked / "figures"))
    complaint(run("plot", path, "--over", "n=4,8", "--out", blocked / "fig.pdf"))
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(blocked / "store"))
    assert "store" in complaint(run("check", path))
    assert blocked.read_text() == "" and {entry.name for entry in tmp_path.iterdir()} <= {
        "file",
        "noise.py",
        "store",
        "__pycache__",
    }


def test_a_bad_claim_leaves_no_folder_behind(run: Ran, tmp_path: Path) -> None:
    complaint(run("check", "none.such", "--figures", "figures"))
    assert not (tmp_path / "figures").exists()


def test_a_store_of_another_version_is_left_alone(run: Ran, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with sqlite3.connect(tmp_path / "store" / "store.sqlite") as other:
        other.execute("PRAGMA user_version = 99")
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = (tmp_path / "store" / "store.sqlite").read_bytes()
    assert "version 99" in complaint(run("check", user_file(tmp_path)))
    (tmp_path / "store" / "store.sqlite").write_bytes(before)
    assert before == (tmp_path / "store" / "store.sqlite").read_bytes()


def test_new_does_not_overwrite_and_its_file_runs(run: Ran, tmp_path: Path) -> None:
    assert run("new", "mine")[0] == 0
    found = answer(run("check", "mine.py", "--points", 1, "--json"))
    assert {record["verdict"] for record in found["records"]} == {"supported"}
    text = (tmp_path / "mine.py").read_text()
    assert "already there" in complaint(run("new", "mine"))
    assert (tmp_path / "mine.py").read_text() == text


# Whole processes


def spawn(*arguments: object, folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROOFS_CHECK_STORE": str(folder / "store")}
    command = [sys.executable, "-m", "proofs_check.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_an_interrupted_run_keeps_what_is_finished(tmp_path: Path) -> None:
    path = user_file(
        tmp_path,
        simulated="cost=1e-3, block=100",
        first="__import__('time').sleep(0.05); open('blocks', 'a').write('x')",
    )
    slow = user_file(
        tmp_path, "slow", simulated="cost=1e-3, block=100", first="open('started', 'w'); __import__('time').sleep(60)"
    )
    process = spawn("check", path, slow, "--points", 1, "--tolerance", 0.2, "--workers", 1, "--json", folder=tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    found = json.loads(out)
    assert process.returncode == 130 and found["summary"]["interrupted"]
    assert [record["verdict"] for record in found["records"]] == ["supported"]
    assert "interrupted" in err and "Traceback" not in err


def test_help_of_every_verb_shows_an_example(run: Ran) -> None:
    from proofs_check.cli import cli

    for verb in cli.commands:
        code, out, _ = run(verb, "--help")
        assert code == 0 and "Example: proofs-check" in out and "--json" in out


def test_fewer_certain_digits_than_asked_are_counted() -> None:
    assert [_count(text) for text in ("0.0012300", "-1.5e-20", "12.50", "0e+1")] == [5, 2, 4, 0]

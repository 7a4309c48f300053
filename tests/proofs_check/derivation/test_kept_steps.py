"""`explain` shows what `prove` last found of a step, and nothing that was found of another step, claim or prover."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sympy import Dummy, Expr, Function, Symbol, pi

from numerics.store import Store
from proofs_check.cli import main
from proofs_check.derivation import key
from proofs_check.derivation import prove as proving
from proofs_check.derivation.kept import Kept
from proofs_check.derivation.key import step_key
from proofs_check.derivation.outcome import Outcome, proved, undecided
from theory.claim import Claim, Source
from theory.domain import Real, Size
from theory.proof import Entries, Identical, Inequality, Instances, Limit
from theory.relation import Equality
from theory.setting import Observable, Setting
from theory.values import exact

ROOT = Path(__file__).parents[3]
FILE = '''
from theory import Claim, Equality, Identical, Inequality, Observable, Real, Setting, Source


class Lengths(Setting):
    """Two lengths."""

    a = Real(above=0, typical=(1, 2))
    b = Real({range}, typical=(1, 2))
    y = Observable("an outcome")


M = Lengths
steps = [Identical((M.a + M.b) ** 2, M.a**2 + {constant} * M.a * M.b + M.b**2), Inequality(0, M.b)]
claims = [Claim(M, M.y, M.a, Equality(), entry="lengths", title="lengths", source=Source("none"), steps=steps)]
'''
Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Runs the command line on the file of a claim: exit code, stdout, stderr."""
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("theory.discovery.simulator_text", lambda claim: "")

    def ran(verb: str, *flags: str, constant: int = 2, range: str = "above=0") -> tuple[int, str, str]:
        path = tmp_path / f"lengths_{constant}_{len(range)}.py"
        path.write_text(FILE.format(constant=constant, range=range))
        with pytest.raises(SystemExit) as done:
            main([verb, str(path), *flags])
        out, err = capsys.readouterr()
        return int(done.value.code or 0), out, err

    return ran


def statuses(result: tuple[int, str, str]) -> list[str | None]:
    assert result[2] == ""
    return [step["status"] for step in json.loads(result[1])["steps"]]


def test_explain_shows_what_prove_found_and_before_it_what_to_run(run: Ran, tmp_path: Path) -> None:
    assert statuses(run("explain", "--json")) == [None, None]
    assert not (tmp_path / "store").exists()  # to read makes nothing
    before = " ".join(run("explain")[1].split())
    assert before.count("not yet run: ") == 3 and "not yet run: proofs-check prove " in before
    assert run("prove")[0] == 0
    after = " ".join(run("explain")[1].split())
    assert "proved by algebra: (a + b)**2 = " in after and "not yet run" not in after
    assert statuses(run("explain", "--json")) == ["proved", "proved"]


def test_a_changed_constant_is_another_step(run: Ran) -> None:
    run("prove")
    assert statuses(run("explain", "--json", constant=3)) == [None, "proved"]
    assert run("prove", constant=3)[0] == 1
    assert statuses(run("explain", "--json", constant=3)) == ["refuted", "proved"]
    assert statuses(run("explain", "--json")) == ["proved", "proved"]


def test_another_range_is_another_step(run: Ran) -> None:
    run("prove")
    assert statuses(run("explain", "--json", range="at_least=-1")) == [None, None]


def test_another_prover_has_found_nothing_yet(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    run("prove")
    monkeypatch.setattr(key, "prover", lambda: "another")
    assert statuses(run("explain", "--json")) == [None, None]
    monkeypatch.undo()


def test_the_prover_is_its_source_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "proofs_check" / "derivation" / "rules.py"
    other = tmp_path / "proofs_check" / "plot.py"
    own.parent.mkdir(parents=True)
    monkeypatch.setattr(key, "ROOT", tmp_path)
    digests = []
    for file, text in ((own, "1"), (other, "1"), (own, "2"), (own, "1")):
        file.write_text(text)
        digests.append(key.prover.__wrapped__())
    assert digests[0] == digests[1] == digests[3] != digests[2]


def test_a_corrupt_store_is_one_line_and_explain_goes_on(run: Ran, tmp_path: Path) -> None:
    run("prove")
    for file in (tmp_path / "store").iterdir():
        file.unlink()
    (tmp_path / "store" / "store.sqlite").write_bytes(b"no database at all " * 500)
    code, out, err = run("explain")
    assert code == 0 and "not yet run: (a + b)**2" in out
    assert err.startswith("proofs-check: ") and err.count("\n") == 1 and "not a database" in err
    code, out, err = run("prove")
    assert code == 2 and out == "" and err.count("\n") == 1 and "PROOFS_CHECK_STORE" in err


@pytest.mark.parametrize("row", ["", "{", "3", "[]", '{"status": "proved"}', b"\xff", None], ids=repr)
def test_a_corrupt_outcome_is_none(run: Ran, tmp_path: Path, row: Any) -> None:
    run("prove")
    spoilt = json.dumps({"status": "certain", "backend": "z3", "detail": "", "witness": ""}) if row is None else row
    with sqlite3.connect(tmp_path / "store" / "store.sqlite") as connection:
        connection.execute("UPDATE steps SET outcome = ?", [spoilt])
    connection.close()
    assert statuses(run("explain", "--json")) == [None, None]
    assert run("prove")[0] == 0
    assert statuses(run("explain", "--json")) == ["proved", "proved"]


def test_prove_uses_an_outcome_again_unless_asked_not_to(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    decide = proving.decide
    monkeypatch.setattr(proving, "decide", lambda step, claim: asked.append(step) or decide(step, claim))
    counts = []
    for flags in ((), (), ("--fresh",), ()):
        rows = json.loads(run("prove", "--json", *flags)[1])["steps"]
        counts.append((len(asked), [row["stored"] for row in rows]))
    assert counts == [(2, [False] * 2), (2, [True] * 2), (4, [False] * 2), (4, [True] * 2)]


def test_undecided_is_shown_but_tried_again(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = proving.decide
    monkeypatch.setattr(proving, "decide", lambda step, claim: undecided("none", "no backend answers within 5 s"))
    run("prove")
    assert statuses(run("explain", "--json")) == ["undecided"] * 2
    monkeypatch.setattr(proving, "decide", decide)
    run("prove")
    assert statuses(run("explain", "--json")) == ["proved"] * 2


class Toy(Setting):
    """A size and numbers."""

    n = Size(typical=(10, 40))
    r = Real(above=0, typical=(0.5, 2))
    y = Observable("an outcome")


class Wider(Toy):
    """Another range of one number."""

    r = Real(above=exact("0.5"), typical=(1, 2))


class Unfollowed(Function):
    """A function of the author's own."""


def toy(setting: type[Setting] = Toy, prediction: Any = None, **changes: Any) -> Claim:
    fields = {"title": "toy", "entry": "toys.toy", "source": Source("elementary")} | changes
    return Claim(setting, setting.y, setting.r if prediction is None else prediction, Equality(), **fields)  # pyright: ignore


t, one, two = Symbol("t", real=True), Dummy("x", real=True), Dummy("x", real=True)


def bounded(power: int) -> Instances:
    return Instances("a bound", lambda k: Inequality(0, Toy.r**power * k), [1, 2])


def zero(symbol: Expr) -> Inequality:
    return Inequality(0, symbol)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((zero(t), toy()), (zero(Symbol("t", positive=True)), toy())),
        ((zero(t), toy()), (Inequality(0, t, strict=True), toy())),
        ((zero(t), toy()), (Inequality(0, t, given=[t > 0]), toy())),
        ((zero(t), toy()), (Inequality(0, t, where={t: Toy.r}), toy())),
        ((zero(t), toy()), (zero(t), toy(assuming=[Toy.n > 3]))),
        ((zero(Toy.r), toy()), (zero(Toy.r), toy(Wider))),
        ((zero(Entries("x", Toy.n)), toy()), (zero(Entries("x", 3)), toy())),
        ((zero(Function("f")(t)), toy()), (zero(Function("f", positive=True)(t)), toy())),
        ((Identical(one, one), toy()), (Identical(one, two), toy())),
        ((bounded(1), toy()), (bounded(3), toy())),
        ((Limit(Toy.n, 3, Toy.r), toy()), (Limit(Toy.n, 3, Toy.r), toy(prediction=2 * Toy.r))),
        ((Limit(Toy.n, 3, Toy.r), toy()), (Limit(Toy.n, 3, Toy.r), toy(fixing={Toy.r: 1}))),
    ],
)  # fmt: skip
def test_what_may_have_another_outcome_has_another_key(left: Any, right: Any) -> None:
    assert step_key(*left) is not None and step_key(*right) is not None
    assert step_key(*left) != step_key(*right)


class Irrational(Toy):
    """An outcome between bounds that are no fractions."""

    y = Observable("an outcome", between=(0, lambda M: 4 / pi))


def test_an_irrational_bound_of_an_outcome_is_part_of_the_key() -> None:
    found = step_key(zero(t), toy(Irrational))
    assert found is not None and found != step_key(zero(t), toy())


def test_a_reason_for_readers_and_another_claim_of_the_setting_change_no_key() -> None:
    step = Inequality(0, Toy.r + t, because="so it is")
    assert step_key(step, toy()) == step_key(Inequality(0, Toy.r + t), toy(entry="toys.other", regime=[Toy.n > 3]))


def test_what_has_no_text_is_never_kept(tmp_path: Path) -> None:
    def broken(size: int) -> Inequality:
        raise ValueError(size)

    for step in (zero(Unfollowed(t)), Instances("none", broken, [1])):
        assert step_key(step, toy()) is None
    with Store(tmp_path) as store:
        Kept(store).put(None, proved("algebra"))
        assert Kept(store).last(None) is None
        Kept(store).put("a", proved("algebra", "why"))
        assert Kept(store).last("a") == Kept(store).settled("a") == Outcome("proved", "algebra", "why")
        assert Kept(store, fresh=True).settled("a") is None


QUICK = """
import sys
from proofs_check.derivation.kept import last_outcomes
from proofs_check.derivation.key import step_key
from proofs_check.verbs.catalogue import explain
from theory.discovery import find
explain("min_norm.ridgeless_risk_isotropic", False, True, False)
(claim, *_) = find("min_norm.ridgeless_risk_isotropic")
print([step_key(step, claim) for step in claim.steps])
print([name for name in ("z3", "cvxpy", "scipy", "torch", "proofs_check.derivation.decide") if name in sys.modules])
"""


def test_keys_are_those_of_every_process_and_explain_loads_no_prover(tmp_path: Path) -> None:
    found = set()
    for hashed in ("1", "2"):
        environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hashed, "PROOFS_CHECK_STORE": str(tmp_path)}
        with Store(tmp_path):
            done = subprocess.run([sys.executable, "-c", QUICK], env=environment, capture_output=True, text=True)
        found.add(tuple(done.stdout.splitlines()[-2:]))
    ((keys, loaded),) = found
    assert "None" not in keys and loaded == "[]"

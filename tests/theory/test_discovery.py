"""Finding claims and simulators: by path, by name, in a user's file; and what to say when there is nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import toys
from theory.claim import Claim
from theory.discovery import CATALOGUE, claims_of_entry, entries, entry_claims, find, load_file, simulator_of, topics
from theory.domain import Size
from theory.errors import BadDeclaration, BadInput, UnknownClaim
from theory.points import default_points
from theory.setting import Observable, Setting

FILE = """
from theory import *
from numerics.simulator import simulates

class Mine(Setting):
    p = Real(typical=(1, 2))
    x = Observable("x")

@simulates(Mine)
def mine(*, p, trials, rng):
    return {{"x": p + rng.normal((trials,))}}

claims = [Claim(Mine, Mine.x, Mine.p, Equality(), title="{title}", entry="mine", source=Source("me"))]
{more}
"""


@pytest.fixture(autouse=True)
def _no_modules_left(tmp_path: Path) -> Iterator[None]:
    yield
    for name in [
        name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(str(tmp_path))
    ]:
        del sys.modules[name]


def written(path: Path, *, title: str = "mine", more: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE.format(title=title, more=more))
    return str(path)


def test_entries_are_the_files_of_the_catalogue() -> None:
    assert all((CATALOGUE / f"{entry.replace('.', '/')}.py").is_file() for entry in entries())
    assert {entry.split(".")[0] for entry in entries()} == set(topics())
    assert entries("no_such_topic") == []


@pytest.mark.parametrize("entry", entries())
def test_an_entry_holds_claims_of_its_own_name_and_a_simulator_for_them(entry: str) -> None:
    for claim in claims_of_entry(entry):
        assert claim.entry == entry and claim.id.startswith(entry)
        assert simulator_of(claim.setting).setting is claim.setting
        assert find(claim.id) == [claim]


@pytest.mark.parametrize("entry", entries())
def test_a_wrong_variant_is_told_apart_where_it_can_be_tested(entry: str) -> None:
    for claim in claims_of_entry(entry):
        for wrong in claim.wrong:
            variant = claim.variant(wrong.name)
            for point in default_points(variant, len(variant.points), seed=0):
                assert not variant.broken(variant.regime, point), f"{claim.id}, {wrong.name!r}"


def test_names_find_an_id_an_entry_a_topic_a_file_or_all(tmp_path: Path) -> None:
    every = find("all")
    entry = entries()[0]
    assert find(topics()[0]) == [claim for claim in every if claim.topic == topics()[0]]
    assert entry_claims(entry) == [claim for claim in every if claim.entry == entry]
    assert 0 < len(find("flagship")) <= len(every) and all(claim.flagship for claim in find("flagship"))
    assert [claim.title for claim in find(written(tmp_path / "mine.py"))] == ["mine"]


@pytest.mark.parametrize(
    "name", ["min_norm.ridgeless_risk_isotropc", "ridgeless_risk_isotropic", "min_norm.ridgeless", "flagshp", "min_nrm"]
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(UnknownClaim, match="did you mean") as refused:
        find(name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["zzzzzz", "", "42"])
def test_a_name_like_no_other_is_sent_to_the_list(name: str) -> None:
    with pytest.raises(UnknownClaim, match="proofs-check list"):
        find(name)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_library", "No module named 'no_such_library'"),
        ("def broken(:", "SyntaxError"),
        ("print(1 < Mine.p < 5)", r"write And\(1 < p, p < 5\)"),
        ("assuming = [1 < Mine.p < 5]", "instead of 1 < p < 5"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("raise RuntimeError('several\\n   lines')", "RuntimeError: several lines"),
        ("claims[0].but(status='proved')", "mine: status 'proved'"),
        ("class Odd(Setting):\n    name = Size()", "the name name is taken"),
    ],
)
def test_a_file_that_cannot_be_run_is_named_with_its_line(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        find(written(tmp_path / "mine.py", more=more))
    text = str(refused.value)
    assert text.startswith(("mine.py, line 14: ", "mine.py, line 15: ")) and "\n" not in text
    assert find(written(tmp_path / "sound.py", more="pass"))


def test_an_interrupt_is_not_taken_for_a_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        find(written(tmp_path / "mine.py", more="raise KeyboardInterrupt"))


@pytest.mark.parametrize("more", ["claims = []", "del claims", "claims = tuple(claims)", "claims.append(3)"])
def test_a_file_without_a_list_of_claims_is_refused(tmp_path: Path, more: str) -> None:
    with pytest.raises(BadDeclaration, match=r"write claims = \[Claim"):
        find(written(tmp_path / "mine.py", more=more))


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration, match="mine stands twice"):
        find(written(tmp_path / "mine.py", more="claims = claims * 2"))
    assert len(find(written(tmp_path / "other.py", more="claims.append(claims[0].but(quantity='second'))"))) == 2


@pytest.mark.parametrize("name", ["no_such.py", "no/such/file.py", "tests/", "pyproject.toml/"])
def test_a_file_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="there is no Python file"):
        find(name)


def test_a_file_is_loaded_once_and_files_of_one_name_stay_apart(tmp_path: Path) -> None:
    paths = [written(tmp_path / folder / "mine.py", title=folder) for folder in "abc"]
    loaded = [find(path)[0] for path in paths]
    assert [claim.title for claim in loaded] == ["a", "b", "c"]
    assert [find(path)[0] for path in paths] == loaded, "not run again"
    assert len({claim.setting for claim in loaded}) == 3
    for claim in loaded:
        assert simulator_of(claim.setting).setting is claim.setting


@pytest.mark.parametrize("name", ["numpy.py", "my.claims.py", "my-claims.py", "theory.py", "my claims.py"])
def test_a_file_may_be_called_like_a_package_or_oddly(tmp_path: Path, name: str) -> None:
    numpy = sys.modules["numpy"]
    claim = find(written(tmp_path / name))[0]
    assert sys.modules["numpy"] is numpy and load_file(tmp_path / name) is sys.modules[claim.setting.__module__]
    assert simulator_of(claim.setting).setting is claim.setting


def test_the_toys_are_found_like_any_file_and_a_setting_alone_has_no_simulator() -> None:
    assert all(isinstance(claim, Claim) and simulator_of(claim.setting) for claim in toys.claims)

    class Alone(Setting):
        n = Size()
        y = Observable("y")

    with pytest.raises(BadDeclaration, match=r"mark a function with @simulates\("):
        simulator_of(Alone)


def test_an_alias_is_its_entry_and_other_names_are_not() -> None:
    alias, entry = "implicit_bias.gradient_reg_rich_regime", "implicit_bias.gr_diagonal_rich"
    assert find(alias) == find(entry)
    assert find(f"{alias}_potential") == find(f"{entry}_potential")
    assert entry_claims(alias) == entry_claims(entry)
    for wrong in (f"{alias}x", alias.replace("implicit_bias", "stability")):
        with pytest.raises(UnknownClaim):
            find(wrong)

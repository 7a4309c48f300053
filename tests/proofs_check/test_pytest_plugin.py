"""`pytest --claims`: one item for each claim and facet, with its own level and replay line."""

import dataclasses
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import theory.audit  # noqa: F401 - a session inside a test forgets what it imported itself, and would import it every time
from proofs_check.mutation import mutating
from proofs_check.mutation.mutating import mutate
from proofs_check.mutation.scores import MutationReport
from tests.engine_toys import user_file
from theory.claim import Claim

pytest_plugins = ["pytester"]
PLUGIN = "proofs_check.pytest_plugin"
INSTALLED = any(found.value == PLUGIN for found in entry_points(group="pytest11"))
LOADED = () if INSTALLED else ("-p", PLUGIN)  # registered twice it would be refused


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "store"))


def ran(pytester: pytest.Pytester, *arguments: object) -> pytest.RunResult:
    coarse = () if "--claims-tolerance" in arguments or "--claims" not in arguments else ("--claims-tolerance", "0.1")
    return pytester.runpytest_inprocess(*LOADED, "-p", "no:cacheprovider", *coarse, *map(str, arguments))


def levels(result: pytest.RunResult) -> dict[str, float]:
    """Item -> level of its replay line, from the sections of `-rA`."""
    found: dict[str, float] = {}
    item = ""
    for line in result.outlines:
        title = re.fullmatch(r"_+ (\S.*\]) _+", line)
        item = title[1] if title else item
        level = re.search(r"replay: .*--level (\S+)", line)
        if level:
            found[item] = float(level[1])
    return found


def test_a_file_gives_an_item_for_each_facet_and_they_come_out_as_claimed(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    result = ran(pytester, "--claims", user_file(tmp_path), "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*noise[[]audit[]] PASSED*", "*noise[[]simulation[]] PASSED*", "*noise[[]wrong: one less[]] PASSED*"]
    )


def test_a_wrong_claim_fails_with_its_replay_line(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = ran(pytester, "--claims", user_file(tmp_path, prediction="Noise.s2 * 5 / 4"), "-k", "simulation")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        ["*noise should be supported and is refuted*", "*replay: proofs-check check *noise.py:noise*--level*"]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_variant_that_is_not_wrong_fails(pytester: pytest.Pytester, tmp_path: Path) -> None:
    path = user_file(tmp_path)
    path.write_text(
        path.read_text().replace("prediction=Noise.s2 * (1 - 1 / Noise.n)", "prediction=Noise.s2 * 1001 / 1000")
    )
    result = ran(pytester, "--claims", path, "-k", "wrong")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["*should be refuted and is supported*"])


def test_a_claim_that_is_not_decided_fails_too(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = ran(
        pytester,
        "--claims",
        user_file(tmp_path, fields="regime=[Noise.n > 10**6],"),
        "-k",
        "simulation",
        "--claims-points",
        1,
    )
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["*should be supported and is undecided*regime*"])


def test_the_budget_of_the_session_is_divided_once_and_selection_changes_nothing(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    files = [flag for name in ("one", "two") for flag in ("--claims", user_file(tmp_path, name))]
    result = ran(pytester, *files, "--claims-error-rate", "4e-3", "-rA")
    result.assert_outcomes(passed=6)
    found = levels(result)
    assert list(found.values()) == [1e-3] * 4 and sum(found.values()) == pytest.approx(4e-3)
    chosen = ran(pytester, *files, "--claims-error-rate", "4e-3", "-rA", "-k", "one and simulation")
    assert levels(chosen) == {"one[simulation]": 1e-3}


def test_seed_tolerance_and_points_are_handed_on(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = ran(
        pytester,
        "--claims",
        user_file(tmp_path),
        "--claims-seed",
        5,
        "--claims-tolerance",
        0.1,
        "--claims-points",
        2,
        "-rA",
        "-k",
        "simulation",
    )
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(["*within 10 %, at 2 points*", "*--tolerance 0.1 --seed 5*"])


@pytest.mark.parametrize("name", ["none.such", "nowhere.py"])
def test_an_unknown_name_is_a_usage_error(pytester: pytest.Pytester, name: str) -> None:
    result = ran(pytester, "--claims", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize("flag", ["--claims-error-rate", "--claims-tolerance"])
def test_a_rate_out_of_range_fails_in_one_line(pytester: pytest.Pytester, tmp_path: Path, flag: str) -> None:
    result = ran(pytester, "--claims", user_file(tmp_path), flag, "7", "-k", "simulation")
    assert result.ret != 0 and "outside (0, 1)" in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_two_claims_of_one_name_are_a_usage_error(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = ran(
        pytester,
        "--claims",
        user_file(tmp_path),
        "--claims",
        user_file(tmp_path, "other", entry="noise", prediction="Noise.n"),
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_without_claims_nothing_is_added_and_with_a_path_both_are_run(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    tests = pytester.makepyfile(test_other="def test_other():\n    pass\n")
    ran(pytester).assert_outcomes(passed=1)
    ran(pytester, "--claims", user_file(tmp_path)).assert_outcomes(passed=3)
    ran(pytester, tests, "--claims", user_file(tmp_path)).assert_outcomes(passed=4)


def test_a_second_session_finds_the_trials_of_the_first(pytester: pytest.Pytester, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.write_text("")
    path = user_file(
        tmp_path,
        top="from pathlib import Path",
        first=f"Path({str(calls)!r}).write_text(Path({str(calls)!r}).read_text() + 'x')",
    )
    counted = []
    for _ in range(2):
        ran(pytester, "--claims", path, "-k", "simulation").assert_outcomes(passed=1, deselected=2)
        counted.append(calls.read_text())
    assert counted[0] == counted[1] != ""


def test_mutation_is_a_facet_where_a_score_is_asked_for_and_has_its_share(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    path = user_file(tmp_path)
    asked = ("--claims", path, "--claims-error-rate", "3e-3", "--claims-tolerance", "0.02", "-rA")
    result = ran(pytester, *asked, "--claims-mutation", "0.95", "-k", "mutation or simulation")
    result.assert_outcomes(passed=2, deselected=2)
    result.stdout.fnmatch_lines(
        ["*noise  score 100.0%*", "*replay: proofs-check mutate *noise.py:noise *--seed 0 --error-rate 0.001"]
    )
    assert levels(result) == {"noise[simulation]": 1e-3}
    without = ran(pytester, *asked, "-k", "simulation")
    assert levels(without) == {"noise[simulation]": 1.5e-3}


def test_a_score_that_is_too_low_fails_with_the_survivors(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(claim: Claim, **request: object) -> list[MutationReport]:
        (found,) = mutate(claim, **request)
        survivors = tuple(dataclasses.replace(fate, outcome="survived") for fate in found.fates)
        return [dataclasses.replace(found, fates=survivors)]

    monkeypatch.setattr(mutating, "mutate", blind)
    result = ran(pytester, "--claims", user_file(tmp_path), "--claims-mutation", "0.5", "-k", "mutation")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["the mutation score is below 50.0%*", "*survivor: *", "replay: proofs-check mutate *"])
    assert "Traceback" not in result.stdout.str()


def test_a_claim_without_a_score_is_skipped_with_its_reason(pytester: pytest.Pytester, tmp_path: Path) -> None:
    path = user_file(tmp_path)
    path.write_text(path.read_text().replace("Equality()", 'Bound("<=", excluded=0.2)').replace("Equality", "Bound"))
    result = ran(pytester, "--claims", path, "--claims-mutation", "0.5", "-k", "mutation", "-rs")
    result.assert_outcomes(skipped=1, deselected=3)
    result.stdout.fnmatch_lines(["*has no mutation score*tightness*"])


@pytest.mark.parametrize("score", ["0", "1.5"])
def test_a_score_that_is_no_share_is_a_usage_error(pytester: pytest.Pytester, tmp_path: Path, score: str) -> None:
    result = ran(pytester, "--claims", user_file(tmp_path), "--claims-mutation", score)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --claims-mutation*"])

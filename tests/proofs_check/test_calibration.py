"""The calibration of the engine: a sound engine passes with few runs, planted wrong ones turn a cell red.

A sound cell is red once in a thousand calibrations at most (`DOUBT`), and the seeds are fixed.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import bdtrc, stdtrit

from proofs_check.calibration import Calibration, calibrate, run
from proofs_check.calibration.blocks import LEVELS, MEAN, own_level
from proofs_check.calibration.conduct import SAVED, conduct, plan
from proofs_check.calibration.listed import listed
from proofs_check.calibration.results import lower_limit, rates_of, upper_limit
from proofs_check.calibration.run import Cell, Task
from proofs_check.calibration.toys import Toy, one_sided, two_sided, upto
from proofs_check.statistics import judging
from proofs_check.statistics.evidence import Outcome
from proofs_check.statistics.judges import equality
from proofs_check.statistics.sequential import Ends
from theory.errors import BadInput

GAUSS = ("equality", "Gauss")
LEVEL = 0.05  # where few runs tell a sound engine from a wrong one


def toy(key: tuple[str, str] = GAUSS, **changes: Any) -> dict[tuple[str, str], Toy]:
    """A listed toy, made quick."""
    return {key: dataclasses.replace(listed()[key], reach=8, **changes)}


def found(theta: float, runs: int, key: tuple[str, str] = GAUSS, level: float = LEVEL, **changes: Any) -> Calibration:
    return Calibration(conduct([Task(*key, level, theta, runs)], toy(key, **changes)))


# A sound engine


@pytest.mark.parametrize("key", [GAUSS, ("equality", "n+6"), ("identity", "up to rounding")])
@pytest.mark.parametrize("theta", [0.0, 1.0])
def test_a_sound_engine_is_not_red(key: tuple[str, str], theta: float) -> None:
    assert found(theta, 60, key).sound


def test_every_listed_toy_runs_at_every_place_with_a_verdict_or_none() -> None:
    for key, each in listed().items():
        quick = {key: dataclasses.replace(each, reach=2)}
        for theta in each.edges[:1]:
            (cell,) = conduct([Task(*key, 0.2, theta, 1)], quick)
            assert cell.supported + cell.refuted + cell.undecided == 1 and not cell.faulty, key


def test_a_true_claim_is_supported_and_a_false_one_refuted_and_confirmed() -> None:
    (true,), (false,) = found(0.0, 20).cells, found(2.5, 20).cells
    assert true.power is not None and true.power > 0.5 and true.supported == 20 * true.power
    assert false.power is not None and false.power > 0.5 and false.false_alarms == 0 and not false.may_alarm
    assert false.screened >= false.refuted > 0


def test_at_the_edge_both_verdicts_are_wrong_and_beyond_it_one() -> None:
    assert two_sided(1) == two_sided(-1) == {"supported", "refuted"}
    assert two_sided(0.5) == {"refuted"} and two_sided(-1.1) == {"supported"}
    assert one_sided(0) == {"refuted"} and one_sided(0.5) == frozenset() and one_sided(1) == {"supported"}
    assert {rate.what for rate in rates_of(found(1.0, 1).cells[0])} == {
        "alarms before fresh trials",
        "false alarms",
        "false supports",
        "wrong verdicts before fresh trials",
    }


# Planted wrong engines


def repeated_t(block: Any, *, side: float, tolerance: float) -> Ends:
    """The t-interval of a fixed number of trials, at every look."""
    half = -stdtrit(block.trials - 1, side) * block.sd / np.sqrt(block.trials)
    return Ends(block.mean - half, block.mean + half, half)


def test_an_engine_without_correction_for_looking_often_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs_check.statistics.sequential.block_ends", repeated_t)
    calibration = found(1.0, 150)
    assert [rate.what for rate in calibration.red] == ["wrong verdicts before fresh trials"]
    assert not calibration.sound and calibration.as_json()["red"]


def test_blocks_without_correction_for_looking_often_are_red(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(MEAN, "Gauss", 0.01, 0.0, 400)
    assert Calibration(conduct([task], {})).sound
    monkeypatch.setattr("proofs_check.calibration.blocks.block_ends", repeated_t)
    assert not Calibration(conduct([task], {})).sound


def test_support_for_want_of_evidence_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_refuted(lower: float, upper: float, low: float, high: float, gates: bool) -> str:
        return "refuted" if lower > high or upper < low else "supported"

    monkeypatch.setattr(equality, "inside_or_outside", not_refuted)
    assert "false supports" in {rate.what for rate in found(1.0, 60).red}
    assert {rate.what for rate in found(1.1, 60).red} == {"false supports"}


@pytest.mark.parametrize("reused", [True, False])
def test_a_search_whose_trials_also_confirm_is_red(reused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screening is the worst of forty samples; the confirmation looks at it again, or at fresh trials."""
    honest, level = run.followed, 0.5

    def searching(toy: Toy, theta: float, asked: float, rng: np.random.Generator) -> tuple[Outcome, int]:
        if asked < level:  # the confirmation
            return (Outcome("refuted"), 0) if reused else honest(toy, theta, asked, rng)
        found = (honest(toy, theta, asked, rng) for _ in range(40))
        return next((one for one in found if one[0].answer == "refuted"), (Outcome("undecided"), 0))

    monkeypatch.setattr(run, "followed", searching)
    calibration = found(1.0, 25, ("equality", "Gauss, first look at 64"), level)
    assert ("false alarms" in {rate.what for rate in calibration.red}) == reused


# Limits, products, cells


def test_the_limits_are_those_of_clopper_and_pearson() -> None:
    assert lower_limit(0, 10, 0.05) == 0.0 and upper_limit(10, 10, 0.05) == 1.0
    assert upper_limit(0, 100, 0.05) == pytest.approx(1 - 0.05 ** (1 / 100))
    assert bdtrc(102, 10_000, lower_limit(103, 10_000, 0.01)) == pytest.approx(0.01)
    assert upper_limit(103, 10_000, 0.01) < 1.3e-2 < upper_limit(104, 10_000, 0.01)


def block_cell(level: float, below: int, above: int, runs: int = 10_000) -> Cell:
    return Cell(
        MEAN, "Gauss", level, 0.0, runs, below + above, 0, None, below + above, True, False, below=below, above=above
    )


def test_small_levels_are_products_of_what_one_block_misses() -> None:
    calibration = Calibration([block_cell(own_level(1e-5), 20, 10), block_cell(own_level(1e-8), 0, 5)])
    two, three = calibration.products
    assert (two.blocks, three.blocks) == (2, 3)
    assert two.rate == pytest.approx(2e-3**2 + 1e-3**2) and three.rate == pytest.approx(5e-4**3)
    assert two.lower < two.rate < two.upper and calibration.sound
    assert not Calibration([block_cell(own_level(1e-5), 80, 10)]).sound
    assert own_level(1e-5) in LEVELS and own_level(1e-8) in LEVELS


def test_a_cell_is_what_the_contract_says_and_is_the_same_on_any_number_of_workers() -> None:
    once, twice = (calibrate(["identity"], runs=12, workers=workers) for workers in (1, 2))
    wanted = {"relation", "toy", "nominal", "runs", "false_alarms", "false_supports", "power", "theta"}
    cells = once.as_json()["cells"]
    assert all(wanted <= set(cell) for cell in cells) and {cell["theta"] for cell in cells} >= {0.0, 1.0, 2.5}
    same = [[dataclasses.replace(cell, seconds=0.0) for cell in each.cells] for each in (once, twice)]
    assert same[0] == same[1]
    json.dumps(once.as_json(), allow_nan=False)


def test_the_plan_has_every_toy_at_both_its_edges() -> None:
    tasks, quick = plan(listed()), plan(listed(), quick=True)
    assert {(task.relation, task.toy) for task in tasks} > set(listed())
    assert sum(task.runs for task in quick) < sum(task.runs for task in tasks) / 20
    assert {task.nominal for task in quick} == {0.01}


# Resuming


def test_a_killed_calibration_goes_on_where_it_was(tmp_path: Path) -> None:
    tasks = [Task(*GAUSS, LEVEL, theta, 4) for theta in (-1.0, 0.0, 1.0)]
    whole = conduct(tasks, toy(), folder=tmp_path / "whole")

    def killed(cells: object, done: int, tasks: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conduct(tasks, toy(), folder=tmp_path, heard=killed)
    saved = (tmp_path / SAVED).read_text("utf-8")
    (tmp_path / SAVED).write_text(saved + saved[:100], "utf-8")  # cut off while it was written
    resumed = conduct(tasks, toy(), folder=tmp_path)
    assert resumed[:2] == [Cell(**cell) for line in saved.splitlines() for cell in json.loads(line)["cells"]]
    assert [dataclasses.replace(cell, seconds=0.0) for cell in resumed] == [
        dataclasses.replace(cell, seconds=0.0) for cell in whole
    ]
    assert conduct(tasks, toy(), folder=tmp_path) == resumed


def test_a_changed_engine_or_seed_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, measured = [Task(*GAUSS, LEVEL, 0.0, 2)], []
    monkeypatch.setattr("proofs_check.calibration.conduct.measure", lambda *_: measured.append(1) or [])
    for seed in (0, 0, 1):
        conduct(tasks, toy(), folder=tmp_path, seed=seed)
    assert len(measured) == 2
    monkeypatch.setattr("proofs_check.calibration.conduct._fingerprint", lambda *_: "another engine")
    conduct(tasks, toy(), folder=tmp_path)
    assert len(measured) == 3


# What is written, and what is refused


def test_the_tables_and_the_figure_are_written(tmp_path: Path) -> None:
    calibration = calibrate(["identity", MEAN], ["up to rounding", "Gauss"], runs=20, workers=1)
    files = calibration.write(tmp_path / "out")
    assert [path.name for path in files] == [f"calibration.{kind}" for kind in ("json", "md", "pdf", "png")]
    assert all(path.stat().st_size > 500 for path in files)
    text = calibration.text()
    assert "up to rounding" in text and "1e-08" in text and "No rate contradicts" in text
    assert (tmp_path / "out" / "calibration.md").read_text("utf-8").count("\n| ") > 8


def test_red_rates_are_said_in_words() -> None:
    bad = Calibration([block_cell(0.01, 800, 0)])
    assert "800 misses below in 10000 runs" in bad.text() and not bad.as_json()["sound"]


@pytest.mark.parametrize("asked", [{"relations": ["nothing"]}, {"toys": ["no toy"]}, {"runs": 0}, {"workers": 0}])
def test_a_request_for_nothing_is_bad_input(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        calibrate(**asked)


def test_a_sample_is_cut_as_a_look_sees_it() -> None:
    (sample,) = listed()["equality", "own prediction"].draw(0.0, np.random.default_rng(0), 50)
    cut = upto(sample, 20)
    assert cut.kept == cut.drawn == 20 and np.shape(cut.prediction.value) == (20,)
    assert judging.judged(listed()["equality", "own prediction"].claim, [cut], judging.Rule(0.01, 0.02, 256))

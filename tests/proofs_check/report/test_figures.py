"""Figures are made of Records alone: what they draw, say and write."""

import csv
import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pytest

from proofs_check.record import Record
from proofs_check.report.caption import caption
from proofs_check.report.figures import comparison
from proofs_check.report.files import rendered, require_place, table, write_figure
from proofs_check.report.html import record_card
from proofs_check.report.marks import OUTSIDE, Spec, theory_marks
from proofs_check.report.style import FORMATS, VENUES
from proofs_check.statistics.evidence import scalar_row
from tests.engine_toys import measured
from tests.figure_records import (
    SHAPES,
    SPEC,
    asymptotic,
    at_point,
    bound,
    equality,
    exponent,
    identity,
    record,
)
from theory.errors import BadInput, NotBuilt


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> tuple[list[Record], Spec]:
    return SHAPES[request.param]


def drawn(records: list[Record], spec: Spec, suffix: str) -> bytes:
    figure, _ = comparison(records, spec)
    return rendered(figure, suffix, spec.venue)


def test_every_shape_is_drawn_with_the_same_bytes_again(shape: tuple[list[Record], Spec]) -> None:
    assert drawn(*shape, ".svg") == drawn(*shape, ".svg")


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_what_its_name_says_and_the_same_again(suffix: str) -> None:
    content = drawn(*SHAPES["equality"], suffix)
    assert content.startswith({".pdf": b"%PDF", ".svg": b"<?xml", ".png": b"\x89PNG"}[suffix])
    assert content == drawn(*SHAPES["equality"], suffix)


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_decides_the_width(venue: str) -> None:
    figure, _ = comparison(equality(0.001), Spec("risk", over="p", venue=venue))
    assert figure.get_figwidth() == VENUES[venue].width


def test_the_csv_holds_exactly_the_numbers_of_the_records() -> None:
    records = equality(0.001, -0.004, 0.003)
    _, marks = comparison(records, SPEC)
    rows = list(csv.DictReader(io.StringIO(table([*theory_marks(SPEC), *marks]).decode())))
    theory, measured = [r for r in rows if r["kind"] == "theory"], [r for r in rows if r["kind"] == "claim"]
    assert [(float(r["x"]), float(r["prediction"])) for r in theory] == list(zip(*SPEC.curves[0][1:], strict=True))
    for written, one in zip(measured, records, strict=True):
        assert float(written["x"]) == one["point"]["p"]
        assert [float(written[name]) for name in ("mean", "prediction", "gap")] == [
            one["mean"],
            one["prediction"],
            one["estimate"],
        ]
        assert [float(written["gap_low"]), float(written["gap_high"])] == one["interval"]
        assert int(written["trials"]) == one["points"][0]["series"][-1]["trials"]


def test_the_interval_of_a_mean_is_that_of_its_gap_mapped_back() -> None:
    (one,) = equality(0.004)
    _, (mark,) = comparison([one], SPEC)
    rounding = 4 * np.finfo(float).eps * one["prediction"]
    assert [mark.low, mark.high] == pytest.approx(
        [one["prediction"] * (1 + end) for end in one["interval"]], rel=0, abs=rounding
    )


def test_a_changed_mean_changes_figure_and_data() -> None:
    before, after = equality(0.001, 0.003), equality(0.001, 0.003)
    after[1]["points"][0]["series"][-1]["mean"] *= 1.01
    assert drawn(before, SPEC, ".svg") != drawn(after, SPEC, ".svg")
    assert table(comparison(before, SPEC)[1]) != table(comparison(after, SPEC)[1])


def test_the_caption_names_verdict_tolerance_error_rate_and_replay(shape: tuple[list[Record], Spec]) -> None:
    text = caption(shape[0], shape[1], comparison(*shape)[1])
    for word in (
        "Verdict: ",
        shape[0][0]["verdict"],
        "Tolerance ",
        "error rate 0.001",
        "seed 0",
        shape[0][0]["replay"],
        shape[1].observable,
    ):
        assert word in text


def test_the_caption_of_a_refuted_claim_says_refuted_and_where() -> None:
    text = caption(*SHAPES["refuted"], comparison(*SHAPES["refuted"])[1])
    assert "Verdict: refuted at 2 of 3 points, supported at 1; refuted at n=30, p=80" in text
    assert "supported, within 2 %, at 3 points (theorem)" in caption(
        *SHAPES["equality"], comparison(*SHAPES["equality"])[1]
    )


def test_error_bars_are_named_for_what_they_are() -> None:
    records = equality(0.001, 0.002)
    assert "confidence intervals at level 0.0001" in caption(records, SPEC, comparison(records, SPEC)[1])
    records[0]["points"][0]["interval"] = [None, 0.1]  # an infinite end, as JSON has it
    _, marks = comparison(records, SPEC)
    assert marks[0].high - marks[0].mean == pytest.approx(2.6 * marks[0].stderr)
    assert "2.6 standard errors" in caption(records, SPEC, marks)


def test_bars_of_a_gap_are_those_of_the_difference_where_every_trial_has_its_prediction() -> None:
    """X = m(1 + z/1000), m from 1 to 3: the mean is known to 3 %, its ratio to the mean of m to a thirtieth of that."""
    m = np.linspace(1, 3, 400)
    noise = 1e-3 * np.random.default_rng(0).normal(size=400)
    own, shared = (scalar_row(measured(m * (1 + noise), told), at=10) for told in (m, 2.0))
    assert own["paired_stderr"] == pytest.approx((m * noise).std(ddof=1) / 20) and own["stderr"] == shared["stderr"]
    assert "paired_stderr" not in shared
    reaches = []
    for row in (own, shared):
        records = asymptotic()
        for tested in records[0]["points"]:
            tested["series"] = [row | {"at": one["at"]} for one in tested["series"]]
        mark = comparison(records, SHAPES["asymptotic"][1])[1][0]
        assert mark.high - mark.mean == pytest.approx(2.6 * row["stderr"])
        reaches.append((mark.gap_high - mark.gap) * row["prediction"] / 2.6)
    assert reaches == pytest.approx([own["paired_stderr"], shared["stderr"]])


def test_a_gap_is_called_relative_unless_the_claim_has_a_scale_of_its_own() -> None:
    records, scaled = equality(0.001, 0.002), dataclasses.replace(SPEC, scaled=True)
    for spec, axis, words in ((SPEC, "relative gap", "measured/predicted − 1"), (scaled, "gap / scale", "own scale")):
        figure, marks = comparison(records, spec)
        assert figure.axes[-1].get_ylabel() == axis
        assert words in caption(records, spec, marks)
    assert "measured/predicted" not in caption(records, scaled, comparison(records, scaled)[1])


def test_boundary_records_stand_outside_the_assumptions() -> None:
    _, marks = comparison(*SHAPES["bound"])
    assert [mark.series for mark in marks] == ["measured"] * 3 + [OUTSIDE]
    assert "Outside the assumptions: refuted" in caption(*SHAPES["bound"], marks)


def test_a_wrong_variant_drawn_alone_has_its_own_line() -> None:
    alone = [record("equality", one["points"], wrong="bias lost") for one in equality(0.001, 0.06, verdict="refuted")]
    figure, marks = comparison(alone, SPEC)
    assert {mark.series for mark in marks} == {"bias lost"}
    _, names = figure.axes[0].get_legend_handles_labels()
    assert names == ["prediction: bias lost", "measured", "measured, refuted"]


def test_a_swept_identity_shows_what_was_measured_beside_the_prediction_and_the_deviations() -> None:
    records = identity()
    for tested, mean in zip(records[0]["points"], (2.0, 3.0, 4.0), strict=True):
        tested["series"][0]["mean"] = mean
    figure, marks = comparison(records, Spec("crossing", over="n"))
    assert [(mark.x, mark.mean, mark.prediction) for mark in marks] == [(3, 2.0, 1.0), (16, 3.0, 1.0), (7, 4.0, 1.0)]
    upper, lower = figure.axes
    heights = {str(line.get_label()): line.get_ydata().tolist() for line in upper.lines}
    assert heights["measured"] == [2.0, 3.0, 4.0] and heights["prediction"] == [1.0] * 3
    assert lower.lines[0].get_ydata().tolist() == [mark.largest for mark in marks]


def test_no_deviation_at_all_is_drawn_below_what_is_allowed() -> None:
    records, spec = identity(), Spec("crossing")
    for tested in records[0]["points"][:2]:
        tested["series"][0]["largest"] = 0.0
    records[0]["points"][2]["series"][0]["largest"] = 0.3
    figure, marks = comparison(records, spec)
    drawn_at = figure.axes[0].lines[0].get_ydata()
    assert all(height < mark.allowed for height, mark in zip(drawn_at[:2], marks, strict=False))
    assert drawn_at[2] == 0.3 > marks[2].allowed


def test_points_with_one_prediction_stand_side_by_side() -> None:
    records = equality(0.001, -0.004)
    for one in records:
        one["points"][0]["series"][-1] |= {"prediction": 0.5, "mean": 0.5 * (1 + one["estimate"])}
    figure, _ = comparison(records, Spec("share"))
    heights = [line.get_ydata().tolist() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert heights == [[0.5 * 1.001, 0.5 * 0.996]]
    assert figure.axes[1].get_xticks().tolist() == [1, 2]


def test_a_lower_bound_is_drawn_as_bound_over_observable() -> None:
    _, marks = comparison(bound(), Spec("trH", over="eta", sense=">="))
    assert marks[0].gap == pytest.approx(1 / 0.7)


def test_the_limit_of_a_ladder_stands_at_infinity() -> None:
    _, marks = comparison(*SHAPES["asymptotic"])
    assert [mark.x for mark in marks] == [50, 100, 200, 400, math.inf]
    assert (marks[-1].gap_low, marks[-1].gap_high) == (-0.009, 0.011)


def test_the_claimed_power_has_the_claimed_slope_and_what_is_off_it_is_drawn_off_it() -> None:
    _, marks = comparison(exponent(first=1.1), Spec("bias", along="n"))
    rungs = [mark for mark in marks if mark.kind == "claim"]
    rows = exponent(first=1.1)[0]["points"][0]["series"]
    assert [mark.mean for mark in rungs] == [one["mean"] for one in rows]
    x, claimed = np.array([mark.x for mark in rungs]), np.array([mark.prediction for mark in rungs])
    rounding = 40 * np.finfo(float).eps
    np.testing.assert_allclose(np.diff(np.log(claimed)) / np.diff(np.log(x)), -1.0, rtol=rounding)
    np.testing.assert_allclose([mark.gap for mark in rungs], [0.1, 0, 0, 0, 0], rtol=0, atol=rounding)


def test_a_slope_that_is_not_the_claimed_one_leaves_the_band_of_the_tolerance() -> None:
    _, marks = comparison(exponent(slope=-0.8), Spec("bias", along="n"))
    kinds = {kind: [mark for mark in marks if mark.kind == kind] for kind in ("claim", "tolerance", "fit", "slope")}
    assert kinds["slope"][0].mean == -0.8 and kinds["slope"][0].prediction == -1.0
    first, allowed, fitted = (kinds[kind][0] for kind in ("claim", "tolerance", "fit"))
    assert first.mean < allowed.low and fitted.low <= first.mean <= fitted.high
    (_, right), (_, true) = (comparison(exponent(), Spec("bias", along="n", floor=floor)) for floor in (False, True))
    for one in (right, true):
        assert one[0].gap == pytest.approx(0, abs=1e-12)


def test_a_law_is_drawn_with_its_difference_and_an_ordering_with_both_means() -> None:
    _, marks = comparison(*SHAPES["distribution"])
    assert [mark.gap for mark in marks] == pytest.approx([0.01] * 5, abs=1e-15)
    _, (lower, upper, apart) = comparison(*SHAPES["ordering"])
    assert (lower.series, lower.mean, upper.series, upper.mean) == ("λ = 1", 0.5, "λ = 3", 0.6)
    assert (apart.gap, apart.gap_low, apart.gap_high) == (-1 / 6, -0.2, -0.1)


def test_nothing_measured_or_no_form_is_one_clear_line() -> None:
    empty = record(
        "equality",
        [at_point({"n": 1, "p": 2}, [], verdict="undecided", reason="regime: p > n + 5 fails here")],
        reason="regime: p > n + 5 fails here",
    )
    with pytest.raises(BadInput, match=r"nothing to draw \(regime: p > n \+ 5 fails here\)"):
        comparison([empty], SPEC)
    with pytest.raises(NotBuilt, match="the relation likeness has no figure"):
        comparison([record("likeness", [at_point({"n": 1}, [])])], SPEC)
    with pytest.raises(BadInput, match="no venue 'nature'"):
        comparison(equality(0.001), Spec("risk", venue="nature"))


def test_files_are_written_whole_beside_each_other(tmp_path: Path) -> None:
    figure, marks = comparison(*SHAPES["equality"])
    files = write_figure(figure, "caption", marks, tmp_path / "fig.pdf", "neurips")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fig.csv", "fig.pdf", "fig.txt"]
    assert files[1].read_text() == "caption"


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "fig.pdf").mkdir()
    for out, message in (
        ("missing/fig.pdf", "there is no folder"),
        ("file/fig.pdf", "there is no folder"),
        ("fig.gif", "written as .pdf, .svg, .png"),
        ("fig", "one of these endings"),
        ("fig.pdf", "is a folder"),
    ):
        with pytest.raises(BadInput, match=message) as caught:
            require_place(tmp_path / out)
        assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_the_earlier_files_and_no_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure, marks = comparison(*SHAPES["equality"])
    (tmp_path / "fig.pdf").write_text("earlier")
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:10])
        if "csv" in path.name:
            raise OSError(28, "No space left on device", str(path))
        return 10

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInput, match="No space left"):
        write_figure(figure, "caption", marks, tmp_path / "fig.pdf", "neurips")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("fig.pdf", "earlier")]


def test_a_card_escapes_what_it_shows() -> None:
    one = equality(0.001)[0]
    one["sentence"] = "<script>alert(1)</script>"
    page = record_card(one)
    assert "<script>" not in page and "&lt;script&gt;" in page

"""Figures are made of Records alone: what they draw, say and write."""

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proofs_check.record import Record
from proofs_check.report.caption import caption
from proofs_check.report.figures import comparison
from proofs_check.report.files import rendered, require_place, table, write_figure
from proofs_check.report.html import record_card
from proofs_check.report.marks import OUTSIDE, Spec, said, theory_marks
from proofs_check.report.style import FORMATS, VENUES
from theory.errors import BadInput, NotBuilt

LEVEL = 1e-4
SPEC = Spec(
    "excess risk",
    about="‖β̂ − β‖² at a fresh input",
    over="p",
    label="features p",
    curve=([40, 60, 160], [3.0, 1.6, 1.2]),
    source="A & B",
)


def record(relation: str, points: list[dict[str, Any]], **changes: Any) -> Record:
    """A record with the fields of a real one; its verdict is that of the worst point."""
    order = ["refuted", "undecided", "supported"]
    worst = min(points, key=lambda tested: order.index(tested["verdict"]))
    sentence = {
        "supported": f"supported, within 2 %, at {len(points)} point (theorem)",
        "refuted": f"refuted at {said(worst['point'])} (theorem)",
        "undecided": "undecided at 1 point: noise (theorem)",
    }[worst["verdict"]]
    return Record(
        {
            "version": 1,
            "id": "toy.claim",
            "entry": "toy.claim",
            "title": "A toy",
            "relation": relation,
            "status": "theorem",
            "boundary": False,
            "points": points,
            "planned_points": len(points),
            **worst,
            "unit": "",
            "level": LEVEL,
            "error_rate": 1e-3,
            "relative_tolerance": 0.02,
            "confirmations": 0,
            "sentence": sentence,
            "trials": sum(p["trials"] for p in points),
            "seed": 0,
            "max_trials": None,
            "backend": "numpy",
            "device": "cpu",
            "precision": "float64",
            "versions": {"numpy": "2.4"},
            "replay": "proofs-check check toy.claim --seed 0",
            "seconds": 1.0,
            **changes,
        }
    )


def at_point(point: dict[str, Any], series: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    last = series[-1] if series else {}
    return {
        "point": point,
        "verdict": "supported",
        "prediction": last.get("prediction"),
        "mean": last.get("mean"),
        "target": 0.0,
        "estimate": None,
        "interval": None,
        "tolerance": 0.02,
        "guarantee": "calibrated",
        "reason": "",
        "would_decide": "",
        "detectable": 0.01,
        "blind_spot": "",
        "given_kept": 1.0,
        "certificate": 0.0,
        "notes": [],
        "trials": 4096,
        "series": series,
        **changes,
    }


def row(mean: float, prediction: float | None = None, stderr: float = 1e-3, **more: Any) -> dict[str, Any]:
    return {
        "mean": mean,
        "prediction": prediction,
        "stderr": stderr,
        "trials": 4096,
        "kept": 4096,
        "prediction_error": 0.0,
        **more,
    }


def equality(*gaps: float, verdict: str = "supported") -> list[Record]:
    records = []
    for index, gap in enumerate(gaps):
        prediction = 1.2 + 1.8 / 4**index
        entry = at_point(
            {"n": 30, "p": 40 * 2**index, "r2": 1, "s2": 0.5},
            [row(prediction * (1 + gap), prediction)],
            estimate=gap,
            interval=[gap - 0.006, gap + 0.006],
            verdict=verdict if abs(gap) > 0.02 else "supported",
        )
        records.append(record("equality", [entry]))
    return records


def asymptotic(count: int = 1) -> list[Record]:
    records = []
    for extra in range(count):
        sizes, prediction = (50, 100, 200, 400), 0.8 + 0.3 * extra
        rows = [row(prediction * (1 + 3 / n), prediction, at=float(n)) for n in sizes]
        records.append(
            record(
                "asymptotic equality",
                [
                    at_point(
                        {"n": 400, "delta": round(0.1 + extra / 10, 1), "lam": "power(1.5,600)"},
                        rows,
                        estimate=1e-3,
                        interval=[-0.009, 0.011],
                    )
                ],
            )
        )
    return records


def direction() -> list[Record]:
    t = np.array([100, 300, 1000, 3000, 10000])

    def entry(values: np.ndarray, verdict: str) -> dict[str, Any]:
        rows = [
            row(float(v), stderr=float(v) / 40, at=float(at), largest=float(2.2 * v))
            for at, v in zip(t, values, strict=True)
        ]
        return at_point(
            {"n": 4, "T": 3, "d": 8},
            rows,
            verdict=verdict,
            tolerance=5e-3,
            estimate=float(values[-1]),
            interval=[0.0, 2 * float(values[-1])],
        )

    right, wrong = 0.4 / t**0.75, 0.11 + 0.4 / t**0.75
    return [
        record("direction", [entry(right, "supported")]),
        record("direction", [entry(wrong, "refuted")], wrong="nuclear norm margin"),
    ]


def threshold() -> list[Record]:
    rows = [row(0.8 * (at - 1) + 2 * (at - 1) ** 2, stderr=4e-3, at=at, relative=True) for at in (0.9, 0.98, 1.02, 1.1)]
    return [
        record(
            "threshold",
            [at_point({"n": 8, "d": 3, "B": 2}, rows, interval=[0.0, 0.009], estimate=0.0, prediction=0.31, mean=None)],
        )
    ]


def bound() -> list[Record]:
    points = [
        at_point(
            {"m": 30, "B": 1, "eta": eta},
            [row(share * 2 / eta, 2 / eta, largest=top)],
            tolerance=0.05,
            estimate=0.0,
            interval=[0, 0.04],
        )
        for eta, share, top in ((0.02, 0.7, 0.93), (0.03, 0.74, 0.96), (0.04, 0.8, 0.985))
    ]
    beyond = at_point(
        {"m": 30, "B": 4, "eta": 0.06},
        [row(1.3 * 33, 33.0, largest=1.9)],
        verdict="refuted",
        tolerance=0.05,
        estimate=0.9,
        interval=[0.9, 1],
    )
    return [record("bound", [point]) for point in points] + [record("bound", [beyond], boundary=True)]


def identity() -> list[Record]:
    points = [
        at_point({"n": n, "sampling": how}, [row(1.0, 1.0, largest=1e-14 * n)], tolerance=0.01, certificate=3e-13)
        for n, how in ((3, "with"), (16, "without"), (7, "with"))
    ]
    return [record("identity", points)]


def exponent(first: float = 1.0, slope: float = -1.0) -> list[Record]:
    """Rungs of a power law, the smallest of them off by a factor."""
    sizes = np.array([20.0, 40.0, 80.0, 160.0, 320.0])
    means = 3 * sizes**slope * np.where(sizes == 20, first, 1.0)
    rows = [row(float(mean), stderr=float(mean) / 200, at=float(at)) for mean, at in zip(means, sizes, strict=True)]
    entry = at_point({"n": 320}, rows, target=-1.0, estimate=slope, interval=[slope - 0.01, slope + 0.01])
    return [record("exponent", [entry])]


def order() -> list[Record]:
    rows = [row(2.02 * n, 2.0 * n, stderr=0.01 * n, at=float(n)) for n in (10, 20, 40, 80)]
    return [record("order", [at_point({"n": 80}, rows, target=1.0, estimate=1.01, interval=[1.0, 1.02])])]


def distribution() -> list[Record]:
    rows = [row(x**2 + 0.01, x**2, stderr=0.004, at=x) for x in (0.2, 0.4, 0.6, 0.8)]
    return [record("distribution", [at_point({"d": 4}, rows, estimate=0.01, interval=[0.0, 0.03], tolerance=0.05)])]


def ordering() -> list[Record]:
    rows = [row(0.5, stderr=0.002, at="lower", point="lam=1"), row(0.6, stderr=0.002, at="upper", point="lam=3")]
    return [record("ordering", [at_point({"n": 60}, rows, estimate=-1 / 6, interval=[-0.2, -0.1])])]


STEP = Spec("W", along="step")
SHAPES: dict[str, tuple[list[Record], Spec]] = {
    "equality": (equality(0.001, -0.004, 0.003), SPEC),
    "scatter": (equality(0.001, -0.004, 0.003), Spec("excess risk")),
    "refuted": (equality(0.001, 0.06, 0.09, verdict="refuted"), SPEC),
    "asymptotic": (asymptotic(), Spec("test error", along="n", label="samples n, with k = 5n/3 features")),
    "asymptotic at three ridges": (asymptotic(3), Spec("test error", along="n")),
    "asymptotic swept": (asymptotic(3), Spec("test error", over="delta", along="n", curve=([0.1, 0.3], [0.8, 1.4]))),
    "direction": (direction(), STEP),
    "threshold": (threshold(), Spec("growth", along="eta")),
    "bound": (bound(), Spec("trH", over="eta", log=False)),
    "bound at points": (bound(), Spec("trH")),
    "identity": (identity(), Spec("crossing")),
    "identity swept": (identity(), Spec("crossing", over="n")),
    "exponent": (exponent(), Spec("bias", along="n")),
    "exponent with a floor": (exponent(), Spec("bias", along="n", floor=True)),
    "order": (order(), Spec("length", along="n")),
    "distribution": (distribution(), Spec("largest")),
    "ordering": (ordering(), Spec("risk", sides=("λ = 1", "λ = 3"))),
}


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
    assert [(float(r["x"]), float(r["prediction"])) for r in theory] == list(zip(*SPEC.curve, strict=True))
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

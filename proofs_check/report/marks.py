"""From Records to what a figure draws: one `Mark` for each symbol on the paper, and one row of its CSV."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from proofs_check.record import Record
from theory.errors import BadInput, NotBuilt
from theory.values import shown

SPREAD = 2.6  # standard errors drawn where a record has no confidence interval of the mean: 99 % of a normal law
JUDGED, ERRORS = "confidence interval", f"{SPREAD:g} standard errors"
OUTSIDE = "outside the assumptions"


Line = tuple[str, Sequence[float], Sequence[float]]  # the member of a family that a curve belongs to, x and y


@dataclass(frozen=True)
class Spec:
    """What a figure needs beside Records, as plain values.

    `over`: the parameter that was swept, if one was; `along`: the ladder's symbol, the axis or the threshold's
    parameter; `curves`: the prediction on a fine grid, for each
    member of a `family`; `sense`, `kind`: a bound's; `scaled`: the claim has its
    own scale; `words`: the observable as an axis names it, where its name does not say it; `sides`: what the two sides
    of an ordering set; `floor`: a power law falls to a constant.
    """

    observable: str
    about: str = ""
    over: str = ""
    along: str = ""
    label: str = ""
    log: bool = True
    family: str = ""
    curves: tuple[Line, ...] = ()
    sense: str = "<="
    kind: str = "pathwise"
    scaled: bool = False
    words: str = ""
    sides: tuple[str, str] = ("lower", "upper")
    floor: bool = False
    source: str = ""
    claimed: str = "prediction"
    venue: str = "neurips"

    @property
    def named(self) -> str:
        """What an axis calls the observable."""
        return self.words or self.observable

    @property
    def gap(self) -> str:
        """What an axis calls the distance to the prediction."""
        return "gap / scale" if self.scaled else "relative gap"


@dataclass(frozen=True)
class Mark:
    """One symbol of a figure. `low, high`: around `mean`; `gap_low, gap_high`: around `gap`; `bars`: what these are."""

    series: str
    kind: str
    x: float
    point: str = ""
    verdict: str = ""
    prediction: float | None = None
    mean: float | None = None
    stderr: float | None = None
    low: float | None = None
    high: float | None = None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    largest: float | None = None
    allowed: float | None = None
    bars: str = ""
    trials: int | None = None


COLUMNS = tuple(field.name for field in dataclasses.fields(Mark))


def marks_of(records: Sequence[Record], spec: Spec) -> list[Mark]:
    """Every mark of the figure of these records.   Raises BadInput when there is nothing to draw."""
    found: list[Mark] = []
    for record in records:
        if record["relation"] not in MARKS:
            raise NotBuilt(
                f"{record['id']}: a record of the relation {record['relation']} has no figure in this version"
            )
        found += MARKS[form_of(record, spec)](record, spec)
    if not found:
        reasons = "; ".join(sorted({str(record["reason"]) for record in records if record["reason"]}))
        name = records[0]["id"] if records else "no record"
        raise BadInput(f"{name}: nothing was measured, so there is nothing to draw ({reasons}); move the points")
    return numbered(found) if not spec.over else found


def form_of(record: Record, spec: Spec) -> str:
    """The relation of a record, with the kind of a bound."""
    kinds = {"mean": "bound in the mean", "share": "bound of a share"}
    return kinds.get(spec.kind, "bound") if record["relation"] == "bound" else record["relation"]


def kind_of(record: Record) -> str:
    return "boundary" if record["boundary"] else "wrong" if record.get("wrong") else "claim"


def name_of(record: Record) -> str:
    """What a legend calls the marks of a record."""
    return OUTSIDE if record["boundary"] else record.get("wrong") or "measured"


def runs_along(spec: Spec) -> bool:
    """Whether the figure of an equality or identity runs along an axis."""
    return bool(spec.along) and not spec.over


def swept(record: Record, spec: Spec) -> Iterator[Mark]:
    """One mark for each point that was measured: its mean against its prediction, with the interval that was judged.

    Along an axis, one for each of its places.
    """
    if runs_along(spec):
        yield from steps(record, spec)
        return
    for tested in record["points"]:
        if tested["series"]:
            yield _gap_mark(record, tested, spec)


def ladder(record: Record, spec: Spec) -> Iterator[Mark]:
    """The rungs of every point, then the gap extrapolated to infinite size."""
    if spec.over:
        yield from swept(record, spec)
        return
    for tested in record["points"]:
        for row in tested["series"]:
            yield _row_mark(record, tested, row, spec)
        if tested["series"] and tested["interval"]:
            yield Mark(
                name_of(record), "limit", math.inf, said(tested["point"]), tested["verdict"], gap=tested["estimate"],
                gap_low=tested["interval"][0], gap_high=tested["interval"][1], bars=JUDGED, trials=tested["trials"],
            )  # fmt: skip


def steps(record: Record, spec: Spec) -> Iterator[Mark]:
    """The rows of a series as they were measured: a trajectory, or both sides of a threshold."""
    for tested in record["points"]:
        for row in tested["series"]:
            yield _row_mark(record, tested, row, spec)


def mean_ratios(record: Record, spec: Spec) -> Iterator[Mark]:
    """The mean over its bound at every point, inverted for a lower bound, with the interval that was judged.

    Where the claim has a scale of its own, with standard errors.
    """
    sign = 1 if spec.sense == "<=" else -1
    for tested in record["points"]:
        for row in tested["series"]:
            if not row["prediction"]:
                continue
            mark, reach = _plain_mark(record, tested, row, spec), SPREAD * row.get("stderr", 0.0)
            ends, bars = [row["mean"] + step * reach for step in (-1, 0, 1)], ERRORS
            interval = tested["interval"]
            if interval and None not in interval and not spec.scaled:
                shifts = (interval[0], tested["estimate"], interval[1])
                ends, bars = [row["prediction"] + sign * shift * abs(row["prediction"]) for shift in shifts], JUDGED
            with np.errstate(all="ignore"):
                low, middle, high = sorted((np.array(ends) / row["prediction"]) ** sign)
            yield dataclasses.replace(mark, gap=float(middle), gap_low=float(low), gap_high=float(high), bars=bars)


def violations(record: Record, spec: Spec) -> Iterator[Mark]:
    """The mean and its bound at every point; as the gap the share of draws beyond it, and the share that may be."""
    for tested in record["points"]:
        for row in tested["series"]:
            low, high = tested["interval"] or (None, None)
            yield dataclasses.replace(
                _with_errors(_plain_mark(record, tested, row, spec)), gap=tested["estimate"], gap_low=low,
                gap_high=high, allowed=tested["target"],
            )  # fmt: skip


def ratios(record: Record, spec: Spec) -> Iterator[Mark]:
    """Mean and largest ratio of the observable to its bound at every point, inverted for a lower bound."""
    for tested in record["points"]:
        for row in tested["series"]:
            parts = (row["mean"], row["prediction"]) if spec.sense == "<=" else (row["prediction"], row["mean"])
            mean = parts[0] / parts[1] if parts[1] else None
            yield dataclasses.replace(_plain_mark(record, tested, row, spec), gap=mean, largest=row["largest"])


def deviations(record: Record, spec: Spec) -> Iterator[Mark]:
    """Largest relative deviation of any draw at every point, and what rounding and certificates allow.

    Along an axis, at each of its places.
    """
    for tested in record["points"]:
        rows, mark = tested["series"], _row_mark if runs_along(spec) else _plain_mark
        for row in rows if runs_along(spec) else sorted(rows, key=lambda row: row["largest"])[-1:]:
            drawn = mark(record, tested, row, spec)
            yield dataclasses.replace(drawn, largest=row["largest"], allowed=tested["certificate"])


def powers(record: Record, spec: Spec) -> Iterator[Mark]:
    """The rungs beside the claimed power, then the fitted powers, those within the tolerance, and the slope.

    A power is known up to its factor, so each is laid through the rungs from which the slope is read.
    """
    for tested in record["points"]:
        rows, claimed = tested["series"], tested["target"]
        if not rows:
            continue
        levels = power_through(rows, claimed, floor=spec.floor)
        for row, level in zip(rows, levels, strict=True):
            yield _row_mark(record, tested, {**row, "prediction": level}, spec)
        shared = {"series": name_of(record), "point": said(tested["point"]), "verdict": tested["verdict"]}
        bands = {"tolerance": (claimed - tested["tolerance"], claimed, claimed + tested["tolerance"])}
        interval = tested["interval"]
        if tested["estimate"] is not None and interval and None not in interval:
            bands["fit"] = (interval[0], tested["estimate"], interval[1])
            yield Mark(
                kind="slope", x=rows[-1]["at"], prediction=claimed, mean=tested["estimate"], low=interval[0],
                high=interval[1], bars=JUDGED, trials=tested["trials"], **shared,
            )  # fmt: skip
        for kind, slopes in bands.items():
            ends = np.array([power_through(rows, slope, floor=spec.floor) for slope in slopes])
            for row, (middle, *_), low, high in zip(rows, ends[1:].T, ends.min(axis=0), ends.max(axis=0), strict=True):
                yield Mark(kind=kind, x=row["at"], mean=middle, low=low, high=high, bars=JUDGED, **shared)


def power_through(rows: Sequence[Mapping[str, Any]], slope: float, *, floor: bool) -> np.ndarray:
    """A·n^slope at every size, or A·n^slope + F: least squares of relative gaps, without a floor on the larger sizes.

    Shapes: -> (rungs,).
    """
    sizes, means = (np.array([row[name] for row in rows], dtype=float) for name in ("at", "mean"))
    power = (sizes / sizes[-1]) ** slope
    if not floor:
        top = slice(-max(3, -(-len(sizes) // 2)), None)
        return power * np.exp(np.mean(np.log(np.abs(means[top]) / power[top])))
    design = np.stack([power, np.ones_like(power)], axis=1)
    factors = np.linalg.lstsq(design / means[:, None], np.ones_like(means), rcond=None)[0]
    return design @ factors


def shares(record: Record, spec: Spec) -> Iterator[Mark]:
    """Measured and predicted shares below some values, with their difference; then the distance that was judged."""
    for tested in record["points"]:
        for row in tested["series"]:
            mark = _row_mark(record, tested, row, spec)
            apart = {"gap": row["mean"] - row["prediction"]}
            if mark.low is not None and mark.high is not None:
                apart |= {"gap_low": mark.low - row["prediction"], "gap_high": mark.high - row["prediction"]}
            yield dataclasses.replace(mark, **apart)
        if tested["series"] and tested["interval"]:
            yield Mark(
                name_of(record), "distance", tested["series"][-1]["at"], said(tested["point"]), tested["verdict"],
                gap=tested["estimate"], gap_low=tested["interval"][0], gap_high=tested["interval"][1], bars=JUDGED,
                trials=tested["trials"],
            )  # fmt: skip


def sides(record: Record, spec: Spec) -> Iterator[Mark]:
    """The means of both sides of an ordering at every point, then the difference that was judged."""
    for tested in record["points"]:
        for row, name in zip(tested["series"], spec.sides, strict=False):
            mark = _with_errors(_plain_mark(record, tested, row, spec))
            yield dataclasses.replace(mark, series=name)
        if tested["series"] and tested["interval"]:
            x = _number(tested["point"][spec.over]) if spec.over else math.nan
            yield Mark(
                "difference", "difference", x, said(tested["point"]), tested["verdict"], gap=tested["estimate"],
                gap_low=tested["interval"][0], gap_high=tested["interval"][1], bars=JUDGED, trials=tested["trials"],
            )  # fmt: skip


MARKS = {
    "equality": swept,
    "asymptotic equality": ladder,
    "direction": steps,
    "threshold": steps,
    "bound": ratios,
    "bound in the mean": mean_ratios,
    "bound of a share": violations,
    "identity": deviations,
    "exponent": powers,
    "order": steps,
    "distribution": shares,
    "ordering": sides,
}


def numbered(found: Sequence[Mark]) -> list[Mark]:
    """Marks without a place of their own are numbered by their points, in order."""
    order = list(dict.fromkeys((mark.kind == "boundary", mark.point) for mark in found))
    return [
        mark
        if not math.isnan(mark.x)
        else dataclasses.replace(mark, x=float(1 + order.index((mark.kind == "boundary", mark.point))))
        for mark in found
    ]


def told_apart(points: Sequence[str], along: str = "") -> list[str]:
    """The parts of each point, as text, in which the points differ; without the symbol that each of them runs along."""
    parts = [[part for part in point.split(", ") if not part.startswith(f"{along}=")] for point in points]
    return [", ".join(part for part in mine if not all(part in others for others in parts)) for mine in parts]


def theory_marks(spec: Spec) -> list[Mark]:
    """The curves of the prediction, for the CSV."""
    return [
        Mark(f"prediction, {name}" if name else "prediction", "theory", float(x), prediction=float(y))
        for name, xs, ys in spec.curves
        for x, y in zip(xs, ys, strict=True)
    ]


def said(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in point.items())


def member_of(point: Mapping[str, Any], family: str) -> str:
    """What a legend calls the member of a family that a point belongs to."""
    return said({family: point[family]}).replace("=", " = ") if family else ""


def _gap_mark(record: Record, tested: Mapping[str, Any], spec: Spec) -> Mark:
    row = tested["series"][-1]
    mark = _plain_mark(record, tested, row, spec)
    if spec.family and mark.kind == "claim":
        mark = dataclasses.replace(mark, series=member_of(tested["point"], spec.family))
    if not spec.over:
        mark = dataclasses.replace(mark, x=row["prediction"])
    interval = tested["interval"] if tested["interval"] and None not in tested["interval"] else None
    if interval is None:
        return _with_errors(mark)
    gaps = {"gap": tested["estimate"], "gap_low": interval[0], "gap_high": interval[1]}
    unit = None if record["relation"] != "equality" else _unit(mark, tested["estimate"], spec)
    if unit is None:
        return dataclasses.replace(_with_errors(mark), **gaps)
    ends = {
        "low": row["mean"] + unit * (interval[0] - tested["estimate"]),
        "high": row["mean"] + unit * (interval[1] - tested["estimate"]),
    }
    return dataclasses.replace(mark, **gaps, **ends, bars=JUDGED)


def _unit(mark: Mark, estimate: float, spec: Spec) -> float | None:
    """What one unit of the gap is worth in the observable."""
    if mark.prediction is None or mark.mean is None or not spec.scaled:
        return abs(mark.prediction) if mark.prediction else None
    return (mark.mean - mark.prediction) / estimate if estimate else None


def _row_mark(record: Record, tested: Mapping[str, Any], row: Mapping[str, Any], spec: Spec) -> Mark:
    mark = dataclasses.replace(_plain_mark(record, tested, row, spec), x=float(row["at"]), largest=row.get("largest"))
    return _with_errors(mark, row.get("paired_stderr"))


def _with_errors(mark: Mark, paired: float | None = None) -> Mark:
    """The mark with its standard errors drawn, in the observable and in the gap; `paired`: that of the difference."""
    reach, mean, prediction = SPREAD * (mark.stderr or 0.0), mark.mean, mark.prediction
    if mean is None:
        return mark
    mark = dataclasses.replace(mark, low=mean - reach, high=mean + reach, bars=ERRORS)
    if not prediction:
        return mark
    reach = reach if paired is None else SPREAD * paired
    low, gap, high = ((end - prediction) / abs(prediction) for end in (mean - reach, mean, mean + reach))
    return dataclasses.replace(mark, gap=gap, gap_low=low, gap_high=high)


def _plain_mark(record: Record, tested: Mapping[str, Any], row: Mapping[str, Any], spec: Spec) -> Mark:
    x = _number(tested["point"][spec.over]) if spec.over else math.nan
    return Mark(
        name_of(record), kind_of(record), x, said(tested["point"]), tested["verdict"], prediction=row.get("prediction"),
        mean=row["mean"], stderr=row.get("stderr"), trials=row.get("trials", tested["trials"]),
    )  # fmt: skip


def _number(value: Any) -> float:
    return float(Fraction(value)) if isinstance(value, str) else float(value)

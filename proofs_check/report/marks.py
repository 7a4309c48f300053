"""From Records to what a figure draws: one `Mark` for each symbol on the paper, and one row of its CSV."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.record import Record
from theory.errors import BadInput, NotBuilt
from theory.values import shown

SPREAD = 2.6  # standard errors drawn where a record has no confidence interval of the mean: 99 % of a normal law
JUDGED, ERRORS = "confidence interval", f"{SPREAD:g} standard errors"
OUTSIDE = "outside the assumptions"


@dataclass(frozen=True)
class Spec:
    """What a figure needs beside Records, as plain values.

    `over`: the parameter that was swept, if one was; `along`: the ladder's symbol, the axis or the threshold's
    parameter; `curve`: the prediction on a fine grid (x, y); `sense`: a bound's; `scaled`: the claim has its own scale.
    """

    observable: str
    about: str = ""
    over: str = ""
    along: str = ""
    label: str = ""
    log: bool = True
    curve: tuple[Sequence[float], Sequence[float]] | None = None
    sense: str = "<="
    scaled: bool = False
    source: str = ""
    claimed: str = "prediction"
    venue: str = "neurips"


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
        found += MARKS[record["relation"]](record, spec)
    if not found:
        reasons = "; ".join(sorted({str(record["reason"]) for record in records if record["reason"]}))
        name = records[0]["id"] if records else "no record"
        raise BadInput(f"{name}: nothing was measured, so there is nothing to draw ({reasons}); move the points")
    return numbered(found) if not spec.over else found


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
                name_of(record),
                "limit",
                math.inf,
                said(tested["point"]),
                tested["verdict"],
                gap=tested["estimate"],
                gap_low=tested["interval"][0],
                gap_high=tested["interval"][1],
                bars=JUDGED,
                trials=tested["trials"],
            )


def steps(record: Record, spec: Spec) -> Iterator[Mark]:
    """The rows of a series as they were measured: a trajectory, or both sides of a threshold."""
    for tested in record["points"]:
        for row in tested["series"]:
            yield _row_mark(record, tested, row, spec)


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


MARKS = {
    "equality": swept,
    "asymptotic equality": ladder,
    "direction": steps,
    "threshold": steps,
    "bound": ratios,
    "identity": deviations,
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
    """The curve of the prediction, for the CSV."""
    return (
        [Mark("prediction", "theory", float(x), prediction=float(y)) for x, y in zip(*spec.curve, strict=True)]
        if spec.curve
        else []
    )


def said(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in point.items())


def _gap_mark(record: Record, tested: Mapping[str, Any], spec: Spec) -> Mark:
    row = tested["series"][-1]
    mark = _plain_mark(record, tested, row, spec)
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
    return _with_errors(mark)


def _with_errors(mark: Mark) -> Mark:
    """The mark with its standard errors drawn, in the observable and in the gap."""
    reach, mean, prediction = SPREAD * (mark.stderr or 0.0), mark.mean, mark.prediction
    if mean is None:
        return mark
    mark = dataclasses.replace(mark, low=mean - reach, high=mean + reach, bars=ERRORS)
    if not prediction:
        return mark
    low, gap, high = ((end - prediction) / abs(prediction) for end in (mean - reach, mean, mean + reach))
    return dataclasses.replace(mark, gap=gap, gap_low=low, gap_high=high)


def _plain_mark(record: Record, tested: Mapping[str, Any], row: Mapping[str, Any], spec: Spec) -> Mark:
    x = _number(tested["point"][spec.over]) if spec.over else math.nan
    return Mark(
        name_of(record),
        kind_of(record),
        x,
        said(tested["point"]),
        tested["verdict"],
        prediction=row.get("prediction"),
        mean=row["mean"],
        stderr=row.get("stderr"),
        trials=row.get("trials", tested["trials"]),
    )


def _number(value: Any) -> float:
    return float(Fraction(value)) if isinstance(value, str) else float(value)

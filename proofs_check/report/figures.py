"""Comparison figures: what was measured against what is predicted. Drawn from Records, and a Spec of names and plain arrays."""

import math
from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from proofs_check.record import Record
from proofs_check.report.marks import Mark, Spec, marks_of, told_apart
from proofs_check.report.style import BAND, BLACK, BLUE, MARKERS, RED, SERIES, canvas, lettered, log_axis, plain_number, styled, thin, venue_of

MOST_NAMED = 6  # points that are told apart in a legend, or written out under an axis
BESIDE = 3  # entries of a legend that find room among the points
WIDE = 20  # a ratio of largest to smallest value from which an axis is logarithmic
FAINT = "#6E6E6E"
VERDICTS = {"supported": (BLUE, "o", BLUE), "undecided": (BLUE, "o", "white"), "refuted": (RED, "D", RED)}  # edge, marker, face


def comparison(records: Sequence[Record], spec: Spec) -> tuple[Figure, list[Mark]]:
    """The figure of some records of one claim, and the marks on it; without pyplot's global state.

    Raises BadInput when nothing was measured or the venue is unknown.
    """
    venue = venue_of(spec.venue)
    marks = marks_of(records, spec)
    panels, draw = FORMS[_form(records[0]["relation"], spec)]
    with styled(venue):
        figure, axes = canvas(venue, panels)
        draw(axes, marks, spec, float(records[0]["tolerance"] or records[0]["relative_tolerance"]))
        figure.align_ylabels(axes)
    return figure, marks


def _form(relation: str, spec: Spec) -> str:
    if relation == "asymptotic equality":
        return "sweep" if spec.over else "ladder"
    return {"equality": "sweep" if spec.over else "scatter"}.get(relation, relation)


def draw_sweep(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The prediction over the swept symbol with the measured means, and their relative gap."""
    upper, lower = axes
    if spec.curve:
        upper.plot(*spec.curve, color=BLACK, label="prediction", zorder=1)
    else:
        claimed = [mark for mark in marks if mark.prediction is not None]
        upper.plot([m.x for m in claimed], [m.prediction for m in claimed], "_", color=BLACK, label="prediction", markersize=9, zorder=1)
    _points(axes, marks, tolerance)
    _scales(axes, marks, spec)
    _names(axes, spec.label or lettered(spec.over), spec.observable, tolerance)


def draw_scatter(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Measured against predicted means of unrelated points; on the diagonal the claim holds."""
    upper, lower = axes
    ends = [extreme(m.x for m in marks) for extreme in (min, max)]
    room = 1.3 if ends[0] > 0 else 1.0
    diagonal = np.linspace(ends[0] / room, ends[1] * room, 200)
    upper.plot(diagonal, diagonal, color=BLACK, label="measured = predicted", zorder=1)
    _points(axes, marks, tolerance)
    _scales(axes, marks, spec)
    _names(axes, "predicted " + spec.observable, "measured", tolerance)


def draw_ladder(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Means and predictions along the sizes; below, the gap and, at ∞, the interval of its limit."""
    upper, lower = axes
    rungs, limits = [m for m in marks if m.kind != "limit"], [m for m in marks if m.kind == "limit"]
    sizes = sorted({m.x for m in rungs})
    ratio = max(sizes[-1] / sizes[-2], 1.5) if len(sizes) > 1 else 2.0
    at_infinity = sizes[-1] * ratio
    _band(lower, tolerance)
    groups = _groups(rungs)
    for index, (label, group) in enumerate(_labelled(groups, spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        shift = 1 + 0.06 * math.log(ratio) * (index - (len(groups) - 1) / 2)
        x = [m.x for m in group]
        curve = spec.curve if spec.curve and len(groups) == 1 else (x, [m.prediction for m in group])
        upper.plot(*curve, color=BLACK if len(groups) == 1 else colour, label="prediction" if index == 0 else None, zorder=1)
        _bars(upper, x, group, colour, marker, label=label)
        _bars(lower, [at * shift for at in x], group, colour, marker, gap=True)
        limit = [m for m in limits if (m.series, m.point) == (group[0].series, group[0].point)]
        _bars(lower, [at_infinity * shift] * len(limit), limit, colour, marker, gap=True, face="white")
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xlim(sizes[0] / ratio**0.4, at_infinity * ratio**0.4)
        panel.xaxis.set_minor_locator(NullLocator())
    lower.axvline(at_infinity / ratio**0.5, color=FAINT, linestyle=":", linewidth=thin())
    ticks = [*sizes, at_infinity]
    lower.xaxis.set_major_locator(FixedLocator(ticks))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "∞" if x > sizes[-1] * 1.01 else plain_number(x)))
    _log_if_wide(upper, rungs)
    _names(axes, spec.label or lettered(spec.along), spec.observable, tolerance)


def draw_direction(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """1 − cosine along the axis, its mean and largest value, with the wrong variants' plateaus."""
    (panel,) = axes
    colours: dict[str, int] = {}
    for label, group in _labelled(_groups(marks), spec.along):
        index = colours.setdefault(group[0].series if not spec.over else label or "", len(colours))
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        x, mean = [m.x for m in group], [m.mean for m in group]
        panel.plot(x, mean, color=colour, zorder=2)
        _bars(panel, x, group, colour, marker, label=label)
        panel.plot(x, [m.largest for m in group], color=colour, linestyle=":", linewidth=thin(), zorder=1)
    panel.plot([], [], color=FAINT, linestyle=":", linewidth=thin(), label="largest of all draws")
    panel.axhline(tolerance, color=BLACK, linestyle="--", linewidth=thin(), label=(line := f"tolerance {plain_number(tolerance)}"), zorder=0)
    panel.margins(x=0.04, y=0.08)
    for axis in "xy":
        log_axis(panel, axis)
    panel.set(xlabel=spec.label or lettered(spec.along), ylabel="1 − cosine")
    _legend(panel, "largest of all draws", line)


def draw_threshold(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Growth on both sides of the predicted threshold: below zero to the left of 1 and above it to the right."""
    (panel,) = axes
    panel.axvspan(1 - tolerance, 1 + tolerance, color=BAND, alpha=0.45, linewidth=0, label=(band := f"within {100 * tolerance:g} %"), zorder=0)
    panel.axhline(0, color=BLACK, linewidth=thin(), zorder=1)
    panel.axvline(1, color=BLACK, linewidth=thin(), zorder=1)
    for index, (label, group) in enumerate(_labelled(_groups(marks), spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        panel.plot([m.x for m in group], [m.mean for m in group], color=colour, linewidth=thin(), alpha=0.6, zorder=2)
        _bars(panel, [m.x for m in group], group, colour, marker, label=label)
    panel.margins(x=0.06, y=0.1)
    panel.xaxis.set_major_locator(MaxNLocator(6))
    panel.set(xlabel=spec.label or f"{lettered(spec.along)} / predicted threshold", ylabel=f"mean of {spec.observable}")
    _legend(panel, band)


def draw_bound(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """How near the bound the draws come: the mean ratio and, above it, the largest."""
    (panel,) = axes
    panel.axhline(1, color=BLACK, linestyle="--", linewidth=thin(), label="the bound", zorder=0)
    for (kind, series), group in _kinds(marks):
        colour, face, names = (FAINT, "white", (series, None)) if kind != "claim" else (BLUE, BLUE, ("largest", "mean"))
        x = [m.x for m in group]
        panel.vlines(x, [m.gap or 0 for m in group], [m.largest for m in group], color=colour, linewidth=thin(), alpha=0.7, zorder=1)
        panel.plot(x, [m.largest for m in group], "^", color=colour, markerfacecolor=face, label=names[0], zorder=3)
        panel.plot(x, [m.gap for m in group], "o", color=colour, markerfacecolor=face, label=names[1], zorder=3)
    values = [value for m in marks for value in (m.gap, m.largest) if value]
    panel.margins(y=0.12)
    if min(values) > 0 and max(values) / min(values) > WIDE:
        log_axis(panel, "y")
    else:
        panel.set_ylim(0, 1.08 * max(1.0, *values))
    _places(panel, marks, spec)
    panel.set_ylabel(f"{spec.observable} / bound" if spec.sense == "<=" else f"bound / {spec.observable}")
    _legend(panel, "the bound")


def draw_identity(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The largest relative deviation of any draw, with what rounding allows."""
    (panel,) = axes
    least = min([m.largest for m in marks if m.largest] or [1e-16]) / 2
    for (kind, series), group in _kinds(marks):
        colour, face, name = (FAINT, "white", f", {series}") if kind != "claim" else (BLUE, BLUE, "")
        panel.plot([m.x for m in group], [m.largest or least for m in group], "o", color=colour, markerfacecolor=face,
                   label=f"largest deviation{name}", zorder=3)
    panel.plot([m.x for m in marks], [m.allowed for m in marks], "_", color=BLACK, markersize=11, label="allowed by rounding and certificates", zorder=2)
    panel.margins(y=0.15)
    log_axis(panel, "y")
    _places(panel, marks, spec)
    panel.set_ylabel("relative deviation")
    _legend(panel)


Form = Callable[[Sequence[Axes], Sequence[Mark], Spec, float], None]
FORMS: dict[str, tuple[int, Form]] = {
    "sweep": (2, draw_sweep), "scatter": (2, draw_scatter), "ladder": (2, draw_ladder), "direction": (1, draw_direction),
    "threshold": (1, draw_threshold), "bound": (1, draw_bound), "identity": (1, draw_identity),
}  # fmt: skip


def _points(axes: Sequence[Axes], marks: Sequence[Mark], tolerance: float) -> None:
    """Measured means above and gaps below, coloured by verdict; wrong variants and boundary points in their own manner."""
    upper, lower = axes
    _band(lower, tolerance)
    for verdict, (colour, marker, face) in VERDICTS.items():
        group = [m for m in marks if m.kind == "claim" and m.verdict == verdict]
        _both(axes, group, colour, marker, face, "measured" if verdict == "supported" else f"measured, {verdict}")
    others = [(key, group) for key, group in _kinds(marks) if key[0] != "claim"]
    for index, ((kind, series), group) in enumerate(others):
        colour = FAINT if kind == "boundary" else SERIES[2 + index % (len(SERIES) - 2)]
        _both(axes, group, colour, "s", "white", series)


def _both(axes: Sequence[Axes], group: Sequence[Mark], colour: str, marker: str, face: str, label: str) -> None:
    if group:
        _bars(axes[0], [m.x for m in group], group, colour, marker, face=face, label=label)
        _bars(axes[1], [m.x for m in group], group, colour, marker, face=face, gap=True)


def _bars(panel: Axes, x: Sequence[float], group: Sequence[Mark], colour: str, marker: str, *, gap: bool = False, face: str = "",
          label: str | None = None) -> None:
    """Means, or gaps, with their intervals."""
    chosen = [(at, *((m.gap, m.gap_low, m.gap_high) if gap else (m.mean, m.low, m.high))) for at, m in zip(x, group)]
    kept = np.array([one for one in chosen if one[1] is not None], dtype=float).reshape(-1, 4)
    below, above = np.nan_to_num(kept[:, 1] - kept[:, 2]), np.nan_to_num(kept[:, 3] - kept[:, 1])
    panel.errorbar(kept[:, 0], kept[:, 1], yerr=np.clip([below, above], 0, None), fmt=marker, color=colour, markerfacecolor=face or colour,
                   markeredgewidth=thin(), elinewidth=1.1 * thin(), capthick=1.1 * thin(), label=label, zorder=3)


def _band(lower: Axes, tolerance: float) -> None:
    lower.axhspan(-tolerance, tolerance, color=BAND, alpha=0.45, linewidth=0, zorder=0)
    lower.axhline(0, color=BLACK, linewidth=thin(), zorder=1)
    lower.margins(y=0.15)


def _scales(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec) -> None:
    x = [m.x for m in marks] + list(spec.curve[0] if spec.curve else ())
    upper, lower = axes
    if min(x) > 0 and (spec.log if spec.over else max(x) / min(x) > 4) and max(x) > min(x):
        log_axis(upper, "x")
    _whole_ticks(upper, marks)
    _log_if_wide(upper, marks)


def _whole_ticks(panel: Axes, marks: Sequence[Mark]) -> None:
    """A few whole numbers are their own ticks."""
    places = sorted({m.x for m in marks})
    if len(places) <= MOST_NAMED and all(x == int(x) for x in places) and all(b > 1.2 * a for a, b in zip(places, places[1:])):
        panel.set_xticks(places, [plain_number(x) for x in places])


def _log_if_wide(upper: Axes, marks: Sequence[Mark]) -> None:
    values = [value for m in marks for value in (m.mean, m.prediction) if value is not None]
    if min(values) > 0 and max(values) / min(values) > WIDE:
        log_axis(upper, "y")


def _names(axes: Sequence[Axes], below: str, beside: str, tolerance: float) -> None:
    upper, lower = axes
    upper.set_ylabel(beside)
    lower.set(xlabel=below, ylabel="relative gap")
    reach = max(map(abs, lower.get_ylim()))
    lower.yaxis.set_major_locator(FixedLocator([-tolerance, 0, tolerance]) if reach < 2.5 * tolerance else MaxNLocator(4))
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %".replace("-", "−")))
    _legend(upper)


def _places(panel: Axes, marks: Sequence[Mark], spec: Spec) -> None:
    """The axis of the swept symbol, or of numbered points written out where they are few."""
    if spec.over:
        if spec.log and min(m.x for m in marks) > 0:
            log_axis(panel, "x")
        _whole_ticks(panel, marks)
        panel.set_xlabel(spec.label or lettered(spec.over))
        return
    places = {m.x: m.point for m in marks}
    names = [lettered(text).replace(", ", "\n") for text in told_apart(list(places.values()))]
    written = len(places) <= MOST_NAMED and all(name.count("\n") < 4 for name in names)
    panel.set_xticks(list(places), names if written else [f"{x:g}" for x in places])
    panel.set_xlim(min(places) - 0.5, max(places) + 0.5)
    panel.set_xlabel("" if written else "point")


def _groups(marks: Sequence[Mark]) -> list[list[Mark]]:
    """The marks of each series at each point."""
    keys = list(dict.fromkeys((m.series, m.point) for m in marks))
    return [[m for m in marks if (m.series, m.point) == key] for key in keys]


def _kinds(marks: Sequence[Mark]) -> list[tuple[tuple[str, str], list[Mark]]]:
    keys = list(dict.fromkeys((m.kind, m.series) for m in marks))
    return [(key, [m for m in marks if (m.kind, m.series) == key]) for key in keys]


def _labelled(groups: Sequence[list[Mark]], along: str) -> list[tuple[str | None, list[Mark]]]:
    """Groups with names for the legend: the series, and where it has several points, in what they differ."""
    points = list(dict.fromkeys(group[0].point for group in groups))
    parts = dict(zip(points, told_apart(points, along)))
    if len(points) > MOST_NAMED or any(len(text) > 40 for text in parts.values()):
        parts = {point: f"point {number}" if len(points) <= MOST_NAMED else "" for number, point in enumerate(points, 1)}
    doubts = [group[0].verdict if group[0].kind == "claim" and group[0].verdict != "supported" else "" for group in groups]
    named = [", ".join(filter(None, [group[0].series, lettered(parts[group[0].point]), doubt])) for group, doubt in zip(groups, doubts)]
    return [(name if name not in named[:index] else None, group) for index, (name, group) in enumerate(zip(named, groups))]


def _legend(panel: Axes, *last: str) -> None:
    """Names beside the points where there is room, above the panel otherwise; lines of reference come last."""
    entries = sorted(zip(*panel.get_legend_handles_labels()), key=lambda entry: entry[1] in last)
    handles, labels = [entry[0] for entry in entries], [entry[1] for entry in entries]
    if len(handles) <= BESIDE:
        panel.legend(handles, labels, loc="best")
        return
    longest = max(map(len, labels)) + 8
    room = panel.get_figure().get_figwidth() * 72 / (0.42 * matplotlib.rcParams["legend.fontsize"])  # letters that a line holds
    columns = max(1, min(len(handles), int(0.85 * room / longest)))
    panel.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, columnspacing=1.2, handletextpad=0.4)

"""The forms of figures, one for each kind of record; each draws marks on empty panels."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from proofs_check.report.drawing import (
    FAINT,
    LINE,
    WIDE,
    by_kind,
    by_point,
    column,
    draw_bars,
    folded,
    log_if_wide,
    mark_points,
    name_axes,
    name_places,
    place_legend,
    scale_axes,
    shade_tolerance,
    with_names,
)
from proofs_check.report.marks import Mark, Spec
from proofs_check.report.style import BAND, BLACK, BLUE, MARKERS, SERIES, lettered, log_axis, plain_number, thin

LEAST_RATIO = -1.0  # of an observable to its bound; smaller ones are not drawn
ALIKE = 1e-9  # relative difference below which predictions count as the same
NOTHING = 1e-18  # a relative deviation that no double can show; smaller ones are drawn there


def draw_sweep(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The prediction over the swept symbol with the measured means, and their relative gap."""
    upper = axes[0]
    for index, (name, x, y) in enumerate(spec.curves):
        upper.plot(x, y, color=SERIES[index % len(SERIES)] if name else BLACK, label=None if name else spec.claimed,
                   zorder=1)  # fmt: skip
    if not spec.curves:
        x, prediction = column(marks, "x"), column(marks, "prediction")
        upper.plot(x, prediction, "_", color=BLACK, label=spec.claimed, markersize=9, zorder=1)
    mark_points(axes, marks, tolerance)
    scale_axes(axes, marks, spec)
    name_axes(axes, spec.label or lettered(spec.over), spec.named, tolerance, spec.gap)


def draw_scatter(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Measured against predicted means of unrelated points; on the diagonal the claim holds."""
    upper = axes[0]
    ends = [extreme(m.x for m in marks) for extreme in (min, max)]
    if ends[1] - ends[0] <= ALIKE * max(map(abs, ends)):
        _draw_alike(axes, marks, spec, tolerance)
        return
    room = 1.3 if ends[0] > 0 else 1.0
    diagonal = np.linspace(ends[0] / room, ends[1] * room, 200)
    upper.plot(diagonal, diagonal, color=BLACK, label="measured = predicted", zorder=1)
    mark_points(axes, marks, tolerance)
    scale_axes(axes, marks, spec)
    if upper.get_xscale() == "log" and ends[0] > 0:
        log_axis(upper, "y")
    name_axes(axes, "predicted value", spec.named, tolerance, spec.gap)


def _draw_alike(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Points for which the same is predicted, side by side."""
    order = list(dict.fromkeys(m.point for m in marks))
    placed = [dataclasses.replace(m, x=1.0 + order.index(m.point)) for m in marks]
    axes[0].axhline(marks[0].x, color=BLACK, linewidth=1.6 * thin(), label=spec.claimed, zorder=1)
    mark_points(axes, placed, tolerance)
    name_axes(axes, "", spec.named, tolerance, spec.gap)
    name_places(axes[1], placed, spec)
    place_legend(axes[0], above=True)


def draw_ladder(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Means and predictions along the sizes; below, the gap and, at ∞, the interval of its limit."""
    upper, lower = axes
    rungs, limits = [m for m in marks if m.kind != "limit"], [m for m in marks if m.kind == "limit"]
    sizes = sorted({m.x for m in rungs})
    ratio = max(sizes[-1] / sizes[-2], 1.5) if len(sizes) > 1 else 2.0
    at_infinity = sizes[-1] * ratio
    shade_tolerance(lower, tolerance)
    series = by_point(rungs)
    for index, (label, group) in enumerate(with_names(series, spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        shift = 1 + 0.06 * math.log(ratio) * (index - (len(series) - 1) / 2)
        x = column(group, "x")
        curve = spec.curves[0][1:] if spec.curves and len(series) == 1 else (x, column(group, "prediction"))
        upper.plot(
            *curve, color=BLACK if len(series) == 1 else colour, label=spec.claimed if index == 0 else None, zorder=1
        )
        draw_bars(upper, x, group, colour, marker, label=label)
        draw_bars(lower, [at * shift for at in x], group, colour, marker, gap=True)
        limit = [m for m in limits if (m.series, m.point) == (group[0].series, group[0].point)]
        draw_bars(lower, [at_infinity * shift] * len(limit), limit, colour, marker, gap=True, face="white")
    _scale_sizes(axes, sizes, at_infinity)
    log_if_wide(upper, rungs)
    name_axes(axes, spec.label or lettered(spec.along), spec.named, tolerance, spec.gap)


def _scale_sizes(axes: Sequence[Axes], sizes: Sequence[float], at_infinity: float) -> None:
    """A logarithmic axis of the sizes, with a place for ∞ at its end."""
    room = (at_infinity / sizes[-1]) ** 0.4
    lower = axes[-1]
    lower.set_xscale("log")
    lower.set_xlim(sizes[0] / room, at_infinity * room)
    lower.axvline((at_infinity * sizes[-1]) ** 0.5, color=FAINT, linestyle=":", linewidth=thin())
    lower.xaxis.set_minor_locator(NullLocator())
    lower.xaxis.set_major_locator(FixedLocator([*sizes, at_infinity]))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "∞" if x > sizes[-1] * 1.01 else plain_number(x)))


def draw_direction(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """1 − cosine along the axis, its mean and largest value, with the wrong variants' plateaus."""
    (panel,) = axes
    colours: dict[str, int] = {}
    for label, group in with_names(by_point(marks), spec.along):
        # of many points of a series only the first is named, and the others look like it
        index = colours.setdefault(label or group[0].series, len(colours))
        colours.setdefault(group[0].series, index)
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        x, mean = column(group, "x"), column(group, "mean")
        panel.plot(x, mean, color=colour, zorder=2)
        draw_bars(panel, x, group, colour, marker, label=label)
        panel.plot(x, column(group, "largest"), color=colour, linestyle=":", linewidth=thin(), zorder=1)
    panel.plot([], [], color=FAINT, linestyle=":", linewidth=thin(), label="largest of all draws")
    panel.axhline(
        tolerance,
        color=BLACK,
        linestyle="--",
        linewidth=thin(),
        label=(line := f"tolerance {plain_number(tolerance)}"),
        zorder=0,
    )
    panel.margins(x=0.04, y=0.08)
    for axis in "xy":
        log_axis(panel, axis)
    panel.set(xlabel=spec.label or lettered(spec.along), ylabel="1 − cosine")
    place_legend(panel, "largest of all draws", line)


def draw_along(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Means and predictions along an axis; below, the gap of the means, or the largest deviation of any draw."""
    upper, lower = axes
    every_draw = any(m.allowed is not None for m in marks)
    least = _none_at(marks)
    series = by_point(marks)
    for index, (label, group) in enumerate(with_names(series, spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        x, alone = column(group, "x"), len(series) == 1
        line = BLACK if alone else colour
        upper.plot(x, column(group, "prediction"), color=line, label=spec.claimed if index == 0 else None, zorder=1)
        draw_bars(upper, x, group, colour, marker, label=label)
        if every_draw:
            lower.plot(x, np.maximum(column(group, "largest"), least), marker, color=colour, zorder=3)
            lower.plot(x, column(group, "allowed"), "_", color=line, markersize=11, zorder=2)
        else:
            draw_bars(lower, x, group, colour, marker, gap=True)
    if not every_draw:
        shade_tolerance(lower, tolerance)
    scale_axes(axes, marks, spec)
    name_axes(axes, spec.label or lettered(spec.along), spec.named, tolerance, spec.gap)
    if every_draw:
        log_axis(lower, "y")
        lower.yaxis.set_major_locator(LogLocator(numticks=4))
        lower.margins(y=0.15)
        lower.set_ylabel("deviation")


def draw_swept_identity(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The prediction over the swept symbol with the measured means; below, the largest deviation of any draw."""
    upper, lower = axes
    if spec.curves:
        upper.plot(*spec.curves[0][1:], color=BLACK, label=spec.claimed, zorder=1)
    else:
        x, predicted = column(marks, "x"), column(marks, "prediction")
        upper.plot(x, predicted, "_", color=BLACK, label=spec.claimed, markersize=11, zorder=1)
    least = _none_at(marks)
    for (kind, series), group in by_kind(marks):
        colour, face = (BLUE, BLUE) if kind == "claim" else (FAINT, "white")
        upper.plot(column(group, "x"), column(group, "mean"), "o", color=colour, mfc=face, label=series, zorder=3)
        lower.plot(
            column(group, "x"), np.maximum(column(group, "largest"), least), "o", color=colour, mfc=face, zorder=3
        )
    lower.plot(column(marks, "x"), column(marks, "allowed"), "_", color=BLACK, markersize=11, zorder=2)
    scale_axes(axes, marks, spec)
    name_axes(axes, spec.label or lettered(spec.over), spec.named, tolerance, spec.gap)
    log_axis(lower, "y")
    lower.yaxis.set_major_locator(LogLocator(numticks=4))
    lower.margins(y=0.15)
    lower.set_ylabel("deviation")


def _none_at(marks: Sequence[Mark]) -> float:
    """Where a deviation of exactly 0 stands on a logarithmic axis: below all others, and below what is allowed."""
    seen = [value for m in marks for value in (m.largest, m.allowed) if value]
    return max(min(seen or [1e-16]) / 2, NOTHING)


def draw_threshold(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Growth on both sides of the predicted threshold: below zero to the left of 1 and above it to the right."""
    (panel,) = axes
    panel.axvspan(
        1 - tolerance,
        1 + tolerance,
        color=BAND,
        alpha=0.45,
        linewidth=0,
        label=(band := f"within {100 * tolerance:g} %"),
        zorder=0,
    )
    panel.axhline(0, color=BLACK, linewidth=thin(), zorder=1)
    panel.axvline(1, color=BLACK, linewidth=thin(), zorder=1)
    for index, (label, group) in enumerate(with_names(by_point(marks), spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        panel.plot(column(group, "x"), column(group, "mean"), color=colour, linewidth=thin(), alpha=0.6, zorder=2)
        draw_bars(panel, column(group, "x"), group, colour, marker, label=label)
    panel.margins(x=0.06, y=0.1)
    panel.xaxis.set_major_locator(MaxNLocator(6))
    panel.set_xlabel(spec.label or f"{lettered(spec.along)} / predicted threshold")
    panel.set_ylabel(folded(f"mean of {spec.named}", LINE + 6))
    place_legend(panel, band)


def draw_bound(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """How near the bound the draws come: the mean ratio and, above it, the largest."""
    (panel,) = axes
    panel.axhline(1, color=BLACK, linestyle="--", linewidth=thin(), label="the bound", zorder=0)
    for (kind, series), group in by_kind(marks):
        colour, face, names = (FAINT, "white", (series, None)) if kind != "claim" else (BLUE, BLUE, ("largest", "mean"))
        x = column(group, "x")
        panel.vlines(
            x,
            np.nan_to_num(column(group, "gap")),
            column(group, "largest"),
            color=colour,
            linewidth=thin(),
            alpha=0.7,
            zorder=1,
        )
        panel.plot(x, column(group, "largest"), "^", color=colour, markerfacecolor=face, label=names[0], zorder=3)
        panel.plot(x, column(group, "gap"), "o", color=colour, markerfacecolor=face, label=names[1], zorder=3)
    values = [value for m in marks for value in (m.gap, m.largest) if value]
    panel.margins(y=0.12)
    if min(values) > 0 and max(values) / min(values) > WIDE:
        log_axis(panel, "y")
    else:
        least = max(LEAST_RATIO, min(-0.03, 1.08 * min(values)))  # a bound of the other sign holds by itself
        panel.set_ylim(least, 1.08 * max(1.0, *values))
    name_places(panel, marks, spec)
    named = spec.named if spec.words or not set(spec.named) & set("+−·/") else f"({spec.named})"
    panel.set_ylabel(folded(f"{named} / bound" if spec.sense == "<=" else f"bound / {named}", LINE + 6))
    place_legend(panel, "the bound", above=True)


def draw_identity(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The largest relative deviation of any draw, with what rounding allows."""
    (panel,) = axes
    least = _none_at(marks)
    for (kind, series), group in by_kind(marks):
        colour, face, name = (FAINT, "white", f", {series}") if kind != "claim" else (BLUE, BLUE, "")
        panel.plot(
            column(group, "x"),
            np.maximum(column(group, "largest"), least),
            "o",
            color=colour,
            markerfacecolor=face,
            label=f"largest deviation{name}",
            zorder=3,
        )
    panel.plot(
        column(marks, "x"),
        column(marks, "allowed"),
        "_",
        color=BLACK,
        markersize=11,
        label="allowed by rounding and certificates",
        zorder=2,
    )
    panel.margins(y=0.15)
    log_axis(panel, "y")
    name_places(panel, marks, spec)
    panel.set_ylabel("relative deviation")
    place_legend(panel)

"""The forms of figures for means and shares under a bound, powers, laws and two points: empty panels, then marks."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from proofs_check.report.drawing import (
    FAINT,
    WIDE,
    by_kind,
    by_point,
    column,
    draw_bars,
    folded,
    log_if_wide,
    name_axes,
    name_places,
    place_legend,
    shade_tolerance,
    with_names,
)
from proofs_check.report.marks import Mark, Spec
from proofs_check.report.style import BAND, BLACK, BLUE, MARKERS, RED, SERIES, lettered, log_axis, plain_number, thin

ROOM = 1.25  # beside the first and the last size
APART = 0.12  # of the two sides of an ordering, from the place of their point
CLOSE = 1.25  # ratio of neighbouring sizes below which not each is a tick


def draw_power(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Means along the sizes on logarithmic axes, with the claimed power; below, their ratio to it.

    Grey: the powers within the tolerance; coloured: those that the measurement allows.
    """
    upper, lower = axes
    measured = by_point([m for m in marks if m.kind not in ("slope", "fit", "tolerance")])
    for index, (label, group) in enumerate(with_names(measured, spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        x, claimed = column(group, "x"), column(group, "prediction")
        kinds = {
            kind: [m for m in marks if m.kind == kind and (m.series, m.point) == (group[0].series, group[0].point)]
            for kind in ("tolerance", "fit", "slope")
        }
        slope = kinds["slope"][0] if kinds["slope"] else None
        upper.plot(x, claimed, color=BLACK, linewidth=1.6 * thin(), label=_claimed(index, slope, spec), zorder=1)
        if index == 0 or spec.floor:  # without a floor it is the same wedge for all
            _shade(lower, kinds["tolerance"], claimed, BAND, 0.45)
        _shade(upper, kinds["fit"], np.ones_like(claimed), colour, 0.25)
        _shade(lower, kinds["fit"], claimed, colour, 0.25)
        named = ", ".join(filter(None, [label, _fitted(slope)]))
        draw_bars(upper, x, group, colour, marker, label=named)
        draw_bars(lower, x, group, colour, marker, gap=True)
    lower.axhline(0, color=BLACK, linewidth=thin(), zorder=1)
    lower.margins(y=0.15)
    if not any(m.kind == "tolerance" for m in marks):
        shade_tolerance(lower, tolerance)
    _scale_powers(axes, sorted({m.x for m in marks}))
    name_axes(axes, spec.label or lettered(spec.along), spec.named, 0.0)
    lower.set_ylabel("off the power" if spec.claimed == "prediction" else "relative gap")


def _claimed(index: int, slope: Mark | None, spec: Spec) -> str | None:
    if index:
        return None
    return spec.claimed if slope is None else f"claimed slope {_short(slope.prediction)}"


def _fitted(slope: Mark | None) -> str:
    """The slope that was read, with the interval that is judged."""
    if slope is None:
        return ""
    return f"slope {_short(slope.mean)} in [{_short(slope.low)}, {_short(slope.high)}]"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}".replace("-", "−")


def _shade(panel: Axes, band: Sequence[Mark], unit: np.ndarray, colour: str, alpha: float) -> None:
    """A band in units of the claimed power, as gaps where that is not 1."""
    if not band:
        return
    shift = 0.0 if np.all(unit == 1) else 1.0
    low, high = (column(band, end) / unit - shift for end in ("low", "high"))
    panel.fill_between(column(band, "x"), low, high, color=colour, alpha=alpha, linewidth=0, zorder=0)


def _scale_powers(axes: Sequence[Axes], sizes: Sequence[float]) -> None:
    upper, lower = axes
    lower.set_xscale("log")
    lower.set_xlim(sizes[0] / ROOM, sizes[-1] * ROOM)
    log_axis(upper, "y")
    lower.xaxis.set_minor_locator(NullLocator())
    ticks = sizes if all(b > CLOSE * a for a, b in pairwise(sizes)) else sizes[::2]
    lower.xaxis.set_major_locator(FixedLocator(ticks))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain_number(x)))


def draw_law(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The claimed distribution function with the measured shares; below, their difference."""
    upper, lower = axes
    shade_tolerance(lower, tolerance)
    distances = {(m.series, m.point): m for m in marks if m.kind == "distance"}
    series = by_point([m for m in marks if m.kind != "distance"])
    for index, (label, group) in enumerate(with_names(series, spec.along)):
        colour, marker = SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)]
        x, line = column(group, "x"), BLACK if len(series) == 1 else colour
        upper.plot(x, column(group, "prediction"), color=line, label=spec.claimed if index == 0 else None, zorder=1)
        seen = distances.get((group[0].series, group[0].point))
        ends = "" if seen is None else f"in [{_short(seen.gap_low)}, {_short(seen.gap_high)}]"
        far = "" if seen is None else f"distance {_short(seen.gap)} {ends}"
        draw_bars(upper, x, group, colour, marker, label=", ".join(filter(None, [label, far])))
        draw_bars(lower, x, group, colour, marker, gap=True)
    upper.set_ylim(-0.03, 1.03)
    name_axes(axes, spec.label or spec.named, "share below x", tolerance)
    lower.set_ylabel("difference")


def draw_ordering(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """The means of both sides at every point; below, the relative difference, which may not be above 0."""
    upper, lower = axes
    shade_tolerance(lower, 0.0)
    lower.axhspan(0, tolerance, color=BAND, alpha=0.45, linewidth=0, zorder=0)
    for side, (name, colour, marker) in enumerate(zip(spec.sides, (BLUE, RED), "os", strict=True)):
        group = [m for m in marks if m.kind != "difference" and m.series == name]
        shift = APART * (2 * side - 1)
        x = [m.x if spec.over else m.x + shift for m in group]
        draw_bars(upper, x, group, colour, marker, label=name, face=colour if side == 0 else "white")
    apart = [m for m in marks if m.kind == "difference"]
    draw_bars(lower, [m.x for m in apart], apart, BLACK, "D", gap=True)
    log_if_wide(upper, [m for m in marks if m.kind != "difference"])
    name_axes(axes, "", f"mean of {spec.named}", tolerance)
    name_places(lower, marks, spec)
    lower.set_ylabel("first − second")
    place_legend(upper)


def draw_mean_bound(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """How near its bound the mean comes."""
    (panel,) = axes
    panel.axhspan(1, 1 + tolerance, color=BAND, alpha=0.45, linewidth=0, zorder=0)
    panel.axhline(1, color=BLACK, linestyle="--", linewidth=thin(), label="the bound", zorder=1)
    for (kind, series), group in by_kind(marks):
        colour, face, name = (FAINT, "white", series) if kind != "claim" else (BLUE, BLUE, "mean")
        draw_bars(panel, column(group, "x"), group, colour, "o", gap=True, face=face, label=name)
    panel.margins(y=0.15)
    name_places(panel, marks, spec)
    panel.set_ylabel(f"mean of {spec.named} / bound" if spec.sense == "<=" else f"bound / mean of {spec.named}")
    place_legend(panel, "the bound")


def _near(marks: Sequence[Mark]) -> list[Mark]:
    """The claim's marks, and others unless their bound would stretch the axis: outside the assumptions it may be 0."""
    own = [value for m in marks if m.kind == "claim" for value in (m.mean, m.prediction) if value is not None]
    if not own or min(own) <= 0:
        return list(marks)
    return [m for m in marks if m.kind == "claim" or min(own) / WIDE <= (m.prediction or 0.0) <= max(own) * WIDE]


def draw_share(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec, tolerance: float) -> None:
    """Means, and those of their bounds; below, the share of the draws beyond the bound, and the share that may be."""
    upper, lower = axes
    for (kind, series), group in by_kind(marks):
        colour, face = (FAINT, "white") if kind != "claim" else (BLUE, BLUE)
        draw_bars(upper, column(group, "x"), group, colour, "o", face=face, label=series)
        draw_bars(lower, column(group, "x"), group, colour, "o", gap=True, face=face)
    seen = _near(marks)
    for panel, name, label in ((upper, "prediction", "the bound"), (lower, "allowed", None)):
        panel.plot(column(seen, "x"), column(seen, name), "_", color=BLACK, markersize=11, label=label, zorder=2)
        panel.margins(y=0.15)
    log_if_wide(upper, seen)
    name_places(lower, marks, spec)
    upper.set_ylabel(folded(f"mean of {spec.named}"))
    lower.set_ylabel("share beyond")
    place_legend(upper, "the bound", above=True)

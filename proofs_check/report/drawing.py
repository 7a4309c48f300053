"""What the forms of figures share: error bars, bands, scales, ticks, names and legends."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from proofs_check.report.marks import Mark, Spec, told_apart
from proofs_check.report.style import BAND, BLACK, BLUE, RED, SERIES, lettered, log_axis, plain_number, thin

MOST_NAMED = 6  # points that are told apart in a legend, or written out under an axis
BESIDE = 3  # entries of a legend that find room among the points
FAR = 3  # times the gaps of a claim: others are off their panel
LONG = 40  # letters of a name
LINE = 34  # letters along the upper of two panels
WIDE = 20  # a ratio of largest to smallest value from which an axis is logarithmic
FAINT = "#6E6E6E"
VERDICTS = {
    "supported": (BLUE, "o", BLUE),
    "undecided": (BLUE, "o", "white"),
    "refuted": (RED, "D", RED),
}  # edge, marker, face


def mark_points(axes: Sequence[Axes], marks: Sequence[Mark], tolerance: float) -> None:
    """Measured means above and gaps below, coloured by verdict; wrong variants and the boundary stand apart."""
    shade_tolerance(axes[1], tolerance)
    members = list(dict.fromkeys(m.series for m in marks if m.kind == "claim"))
    for index, name in enumerate(members):
        for verdict, (colour, marker, face) in VERDICTS.items():
            group = [m for m in marks if m.kind == "claim" and (m.verdict, m.series) == (verdict, name)]
            if len(members) > 1:  # a family: the colour tells its members apart, the marker the verdict
                colour, face = SERIES[index % len(SERIES)], face if face == "white" else SERIES[index % len(SERIES)]
            _both(axes, group, colour, marker, face, name if verdict == "supported" else f"{name}, {verdict}")
    others = [(key, group) for key, group in by_kind(marks) if key[0] != "claim"]
    for index, ((kind, series), group) in enumerate(others):
        colour = FAINT if kind == "boundary" else SERIES[2 + index % (len(SERIES) - 2)]
        _both(axes, group, colour, "s", "white", series)
    _keep_near(axes[1], marks, tolerance)


def _keep_near(lower: Axes, marks: Sequence[Mark], tolerance: float) -> None:
    """The gaps of the claim fill their panel; what lies far from them is seen in the upper one."""
    own = [m for m in marks if m.kind == "claim"]
    ends = np.abs([end for m in own for end in (m.gap, m.gap_low, m.gap_high) if end is not None])
    reach = 1.3 * max(tolerance, *ends[np.isfinite(ends)]) if len(ends) else 0.0
    if own and any(m.gap is not None and abs(m.gap) > FAR * reach for m in marks):
        lower.set_ylim(-reach, reach)


def _both(axes: Sequence[Axes], group: Sequence[Mark], colour: str, marker: str, face: str, label: str) -> None:
    if group:
        draw_bars(axes[0], [m.x for m in group], group, colour, marker, face=face, label=label)
        draw_bars(axes[1], [m.x for m in group], group, colour, marker, face=face, gap=True)


def draw_bars(
    panel: Axes,
    x: Sequence[float] | np.ndarray,
    group: Sequence[Mark],
    colour: str,
    marker: str,
    *,
    gap: bool = False,
    face: str = "",
    label: str | None = None,
) -> None:
    """Means, or gaps, with their intervals."""
    middle, low, high = (
        column(group, name) for name in (("gap", "gap_low", "gap_high") if gap else ("mean", "low", "high"))
    )
    below, above = np.nan_to_num(middle - low), np.nan_to_num(high - middle)
    panel.errorbar(
        x,
        middle,
        yerr=np.clip([below, above], 0, None),
        fmt=marker,
        color=colour,
        markerfacecolor=face or colour,
        markeredgewidth=thin(),
        elinewidth=1.1 * thin(),
        capthick=1.1 * thin(),
        label=label,
        zorder=3,
    )


def column(marks: Sequence[Mark], name: str) -> np.ndarray:
    """One number of every mark, nan where it has none."""
    return np.array([getattr(mark, name) for mark in marks], dtype=float)


def shade_tolerance(lower: Axes, tolerance: float) -> None:
    lower.axhspan(-tolerance, tolerance, color=BAND, alpha=0.45, linewidth=0, zorder=0)
    lower.axhline(0, color=BLACK, linewidth=thin(), zorder=1)
    lower.margins(y=0.15)


def scale_axes(axes: Sequence[Axes], marks: Sequence[Mark], spec: Spec) -> None:
    x = [m.x for m in marks] + [x for _, xs, _ in spec.curves for x in xs]
    upper = axes[0]
    if min(x) > 0 and spec.log and (spec.over or max(x) / min(x) > 4) and max(x) > min(x):
        log_axis(upper, "x")
    tick_whole_numbers(upper, marks)
    log_if_wide(upper, marks)


def tick_whole_numbers(panel: Axes, marks: Sequence[Mark]) -> None:
    """A few whole numbers are their own ticks."""
    places = sorted({m.x for m in marks})
    if len(places) <= MOST_NAMED and all(x == int(x) for x in places) and all(b > 1.2 * a for a, b in pairwise(places)):
        panel.set_xticks(places, [plain_number(x) for x in places])


def log_if_wide(upper: Axes, marks: Sequence[Mark]) -> None:
    values = [value for m in marks for value in (m.mean, m.prediction) if value is not None]
    if min(values) > 0 and max(values) / min(values) > WIDE:
        log_axis(upper, "y")


def name_axes(
    axes: Sequence[Axes], below: str, beside: str, tolerance: float, gap: str = "relative gap"
) -> None:
    upper, lower = axes
    upper.set_ylabel(folded(beside))
    lower.set(xlabel=below, ylabel=gap)
    reach = max(map(abs, lower.get_ylim()))
    lower.yaxis.set_major_locator(
        FixedLocator([-tolerance, 0, tolerance]) if reach < 2.5 * tolerance else MaxNLocator(4)
    )
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %".replace("-", "−")))
    place_legend(upper)


def name_places(panel: Axes, marks: Sequence[Mark], spec: Spec) -> None:
    """The axis of the swept symbol, or of numbered points written out where they are few."""
    if spec.over:
        if spec.log and min(m.x for m in marks) > 0:
            log_axis(panel, "x")
        tick_whole_numbers(panel, marks)
        panel.set_xlabel(spec.label or lettered(spec.over))
        return
    places = {m.x: m.point for m in marks}
    names = [lettered(text).replace(", ", "\n") for text in told_apart(list(places.values()))]
    written = len(places) <= MOST_NAMED and all(name.count("\n") < 4 for name in names)
    panel.set_xticks(list(places), names if written else [f"{x:g}" for x in places])
    panel.set_xlim(min(places) - 0.5, max(places) + 0.5)
    panel.set_xlabel("" if written else "point")


def by_point(marks: Sequence[Mark]) -> list[list[Mark]]:
    """The marks of each series at each point."""
    keys = list(dict.fromkeys((m.series, m.point) for m in marks))
    return [[m for m in marks if (m.series, m.point) == key] for key in keys]


def by_kind(marks: Sequence[Mark]) -> list[tuple[tuple[str, str], list[Mark]]]:
    keys = list(dict.fromkeys((m.kind, m.series) for m in marks))
    return [(key, [m for m in marks if (m.kind, m.series) == key]) for key in keys]


def with_names(groups: Sequence[list[Mark]], along: str) -> list[tuple[str | None, list[Mark]]]:
    """Groups with names for the legend: the series, and where it has several points, in what they differ."""
    points = list(dict.fromkeys(group[0].point for group in groups))
    parts = dict(zip(points, told_apart(points, along), strict=True))
    if len(points) > MOST_NAMED:
        parts = dict.fromkeys(points, "")
    elif any(len(text) > LONG for text in parts.values()):
        parts = {point: f"point {number}" for number, point in enumerate(points, 1)}
    named: list[tuple[str | None, list[Mark]]] = []
    for group in groups:
        first = group[0]
        doubt = first.verdict if first.kind == "claim" and first.verdict != "supported" else ""
        name = ", ".join(filter(None, [first.series, lettered(parts[first.point]), doubt]))
        named.append((None if name in [earlier for earlier, _ in named] else name, group))
    return named


def folded(text: str, width: int = LINE) -> str:
    """The name of an axis in lines that fit beside a panel."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False))


def place_legend(panel: Axes, *last: str, above: bool = False) -> None:
    """Names beside the points where there is room, above the panel otherwise; lines of reference come last."""
    entries = sorted(zip(*panel.get_legend_handles_labels(), strict=True), key=lambda entry: entry[1] in last)
    handles, labels = [entry[0] for entry in entries], [entry[1] for entry in entries]
    if len(handles) <= BESIDE and not above:
        panel.legend(handles, labels, loc="best")
        return
    longest = max(map(len, labels)) + 8
    letter = 0.42 * matplotlib.rcParams["legend.fontsize"] / 72  # inches, on average
    width = panel.bbox.width / matplotlib.rcParams["figure.dpi"]
    columns = max(1, min(len(handles), int(width / (letter * longest))))
    panel.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        borderaxespad=0.2,
        columnspacing=1.2,
        handletextpad=0.4,
    )

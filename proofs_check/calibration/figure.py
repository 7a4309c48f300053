"""The figure of a calibration: error rates over their nominal level, by relation and toy."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from proofs_check.calibration.blocks import COARSE
from proofs_check.calibration.results import Calibration, Rate, lower_limit, upper_limit
from proofs_check.calibration.tables import ALARMS, Row, rows
from proofs_check.report.style import BLACK, BLUE, RED, Venue, canvas, log_axis, styled, thin

VENUE = "jmlr"
WIDTH = 6.0  # inches
LINE = 0.15  # inches for each toy
SIDE = 0.025  # doubt on each side of an interval
LEAST, MOST = 0.01, 3.0
LEVELS = (COARSE, 1e-3)  # drawn; the levels of blocks between them are in the table of products
KINDS: tuple[tuple[tuple[str, ...], str, str, str, float], ...] = (
    (ALARMS, RED, "o", "refuted within the tolerance (for a block: mean missed on one side)", 0.17),
    (("false supports",), BLUE, "s", "supported beyond the tolerance", -0.17),
)

Group = tuple[str, list[list[Row]]]


def draw(calibration: Calibration) -> tuple[Figure, str]:
    """The figure, and the venue that it is made for."""
    columns = _halves(_grouped(rows(calibration)))
    lines = max(sum(len(toys) + 1 for _, toys in column) for column in columns)
    height = 0.75 + LINE * lines
    venue = Venue(WIDTH, height=height / WIDTH / 0.86)
    most = max([MOST, *(1.5 * rate.value / rate.nominal for rate in calibration.red)])
    with styled(venue):
        figure, (whole,) = canvas(venue, 1)
        whole.remove()
        for axes, column in zip(figure.subplots(1, 2), columns, strict=True):
            _draw_column(axes, column, lines)
            _finish(axes, most)
        figure.supxlabel("error rate / nominal level at the worst place, 95 % intervals (dotted: none seen)", size=8)
        _legend(figure)
    return figure, VENUE


def _grouped(found: Sequence[Row]) -> list[Group]:
    """By relation, then by toy: its levels."""
    groups: dict[str, dict[str, list[Row]]] = {}
    for row in found:
        if row.nominal in LEVELS:
            groups.setdefault(row.relation, {}).setdefault(row.toy, []).append(row)
    return [(relation, list(toys.values())) for relation, toys in groups.items()]


def _halves(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Two columns of about the same height."""
    heights = [len(toys) + 1 for _, toys in groups]
    cut = min(range(len(groups) + 1), key=lambda k: max(sum(heights[:k]), sum(heights[k:])))
    return list(groups[:cut]), list(groups[cut:])


def _draw_column(axes: Axes, groups: Sequence[Group], lines: int) -> None:
    line, places, names = 0, [], []
    for relation, toys in groups:
        axes.annotate(
            relation, (0, -line), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
            va="center", style="italic",
        )  # fmt: skip
        for place, levels in enumerate(toys, start=line + 1):
            places.append(-place)
            names.append(levels[0].toy)
            for row, apart in zip(levels, (0.06, -0.06) if len(levels) > 1 else (0.0,), strict=True):
                for whats, colour, marker, _, offset in KINDS:
                    _draw_rate(axes, row.worst(*whats), -place + offset + apart, colour, marker)
        line += len(toys) + 1
    axes.set_yticks(places, names)
    axes.set_ylim(-lines + 0.4, 0.6)


def _draw_rate(axes: Axes, rate: Rate | None, height: float, colour: str, marker: str) -> None:
    """A point with its interval, hollow at the finer level; where nothing was seen, dotted up to the upper limit."""
    if rate is None:
        return
    count, runs = rate.count, rate.cell.runs
    low, high = (limit(count, runs, SIDE) / rate.nominal for limit in (lower_limit, upper_limit))
    look = {"color": colour, "linewidth": 1.1 * thin(), "zorder": 2}
    face = colour if rate.cell.nominal == COARSE else "white"
    if count:
        axes.plot([max(low, LEAST), high], [height] * 2, **look)
        axes.plot(
            [rate.value / rate.nominal], [height], marker, color=colour, markersize=2.4, markerfacecolor=face,
            markeredgewidth=thin(), zorder=3,
        )  # fmt: skip
    else:
        axes.plot([LEAST, high], [height] * 2, linestyle=(0, (1, 2.5)), **look)
        axes.plot([high], [height], "|", color=colour, markersize=3, zorder=3)


def _finish(axes: Axes, most: float) -> None:
    axes.axvline(1.0, color=BLACK, linewidth=thin(), zorder=1)
    axes.set_xlim(LEAST, most)
    log_axis(axes, "x")
    axes.tick_params(axis="y", length=0)


def _legend(figure: Figure) -> None:
    axes = figure.axes[0]
    look = {"markersize": 2.6, "linestyle": "", "markeredgewidth": thin()}
    handles = [axes.plot([], [], marker, color=colour, label=text, **look)[0] for _, colour, marker, text, _ in KINDS]
    handles += [
        axes.plot([], [], "o", color=BLACK, label="level 0.01", **look)[0],
        axes.plot([], [], "o", color=BLACK, markerfacecolor="white", label="level 0.001", **look)[0],
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, borderpad=0.1, columnspacing=1.0)

"""How figures look: sizes of venues, colours that everyone can tell apart, one font, the same bytes again."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from theory.errors import BadInput


@dataclass(frozen=True)
class Venue:
    """The width of a figure in inches and the size of its text in points."""

    width: float
    text: float = 8
    height: float = 0.72  # of the width, both panels together


VENUES = {
    "neurips": Venue(5.5, height=0.56),
    "iclr": Venue(5.5, height=0.56),
    "jmlr": Venue(6.0, height=0.56),
    "icml": Venue(3.25, height=0.86),
    "single column": Venue(3.5, height=0.84),
    "slides": Venue(10, text=18, height=0.54),
}

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)  # the palette of Okabe and Ito
SERIES = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
MARKERS = "osD^vP"
BAND = "#B9B9B9"
GREEK: dict[str, str] = dict(
    zip(
        (
            "alpha",
            "beta",
            "gamma",
            "delta",
            "eps",
            "epsilon",
            "eta",
            "theta",
            "kappa",
            "lam",
            "mu",
            "rho",
            "sigma",
            "tau",
            "phi",
            "omega",
        ),
        "αβγδεεηθκλμρστφω",
        strict=True,
    )
)
FORMATS: dict[str, dict[str, Any]] = {
    ".pdf": {"metadata": {"CreationDate": None}},
    ".svg": {"metadata": {"Date": None}},
    ".png": {"metadata": {"Software": None}, "dpi": 300},
}


def venue_of(name: str) -> Venue:
    """Raises BadInput with the venues that there are."""
    if name not in VENUES:
        raise BadInput(f"no venue {name!r} is known; choose one of {', '.join(VENUES)}")
    return VENUES[name]


@contextmanager
def styled(venue: Venue) -> Iterator[None]:
    """Matplotlib's defaults replaced, whatever a user's matplotlibrc says; restored at the end."""
    small, thin = venue.text * 7 / 8, venue.text * 0.08
    look = {
        "font.family": ["STIXGeneral", "DejaVu Sans"],
        "font.size": venue.text,
        "axes.labelsize": venue.text,
        "axes.titlesize": venue.text,
        "legend.fontsize": small,
        "xtick.labelsize": small,
        "ytick.labelsize": small,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": thin,
        "legend.frameon": False,
        "lines.linewidth": venue.text / 7,
        "lines.markersize": venue.text * 0.45,
        "axes.labelpad": 2.5,
        "legend.handlelength": 1.6,
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "proofs-check",
        "axes.unicode_minus": True,
        "axes.formatter.useoffset": False,
        "errorbar.capsize": venue.text * 0.22,
        **{f"{axis}tick.{which}.width": thin for axis in "xy" for which in ("major", "minor")},
    }
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(look)  # pyright: ignore[reportCallIssue, reportArgumentType]  # names built of words
        yield


def canvas(venue: Venue, panels: int) -> tuple[Figure, list[Axes]]:
    """An empty figure with one panel, or with a flat panel of gaps below the main one."""
    height = venue.width * venue.height * (1 if panels == 2 else 0.86)
    figure = Figure(figsize=(venue.width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(panels, 1, sharex=True, squeeze=False, height_ratios=[2.1, 1][:panels])[:, 0]
    return figure, list(axes)


def log_axis(axes: Axes, axis: str) -> None:
    """A logarithmic axis with plain numbers: 1, 2, 5 in every decade where there are few decades."""
    getattr(axes, f"set_{axis}scale")("log")
    low, high = sorted(getattr(axes, f"get_{axis}lim")())
    decades = math.log10(high / low)
    subs = (1, 1.5, 2, 3, 4, 6) if decades < 1 else (1, 2, 5) if decades < 2.2 else (1,)
    which = getattr(axes, f"{axis}axis")
    which.set_major_locator(LogLocator(subs=subs, numticks=12))
    which.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    which.set_minor_formatter(NullFormatter())
    if decades < 2.2:
        which.set_minor_locator(NullLocator())


def plain_number(value: float) -> str:
    """150, 0.02, 10⁻⁷: as one writes it by hand."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:g}".replace("-", "−")
    mantissa, exponent = f"{value:e}".split("e")
    power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    factor = f"{float(mantissa):g}".replace("-", "−")
    return power if factor == "1" else f"{factor}·{power}"


def lettered(text: str) -> str:
    """Symbols as they are written on paper: eta=0.1 becomes η = 0.1."""
    written = re.sub(r"[A-Za-z_0-9]+", lambda word: GREEK.get(word[0], word[0]), text)
    return re.sub(r"(?<![\w])-(?=\d)", "−", re.sub(r"(?<=\w)=(?=\S)", " = ", written))


def thin() -> float:
    """The width of a line of reference or an error bar, under the style in force."""
    return 0.1 * matplotlib.rcParams["font.size"]

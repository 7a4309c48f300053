"""Bars of how many times longer every other way takes, from the tables of docs/measurements.md, into docs/figures.

    python -m benchmarks.figure
"""

from pathlib import Path

from proofs_check.report.files import rendered, write_whole
from proofs_check.report.style import canvas, log_axis, styled, thin, venue_of

DOCS = Path(__file__).parents[1] / "docs"
VENUE = "neurips"


def ratios() -> list[tuple[str, float]]:
    """Label and ratio of each row of the two tables against peers."""
    text = (DOCS / "measurements.md").read_text("utf-8")
    curvature = text.partition("## Curvature of trained networks")[2].partition("\n## ")[0]
    training = text.partition("## 256 small networks")[2].partition("\n## ")[0]
    found, name = [], ""
    for row in _rows(curvature):
        name = f"{row[1]}, {row[0]}" if row[0] else name
        if not row[2].startswith("ours"):
            found.append((f"{name}: {row[2]}", _first(row[5])))
    for row in _rows(training):
        found += [(f"256 networks, {row[0]}: {peer}", float(row[at])) for peer, at in (("loop", 5), ("vmap", 6))]
    return found


def _rows(section: str) -> list[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _first(text: str) -> float:
    return float(text.split(", ")[0].replace(",", ""))


def draw() -> Path:
    """The figure, the slowest peers at the bottom."""
    bars, out = ratios(), DOCS / "figures" / "benchmarks.png"
    with styled(venue_of(VENUE)):
        figure, (axes,) = canvas(venue_of(VENUE), 1)
        figure.set_size_inches(figure.get_figwidth(), 0.17 * len(bars) + 0.5)
        axes.barh([label for label, _ in bars], [ratio for _, ratio in bars], color="#1f5fa8", height=0.6)
        axes.axvline(1, color="0.4", lw=thin(), ls="--")
        axes.invert_yaxis()
        log_axis(axes, "x")
        axes.set_xlabel("seconds over ours")
    write_whole({out: rendered(figure, ".png", VENUE)})
    return out


if __name__ == "__main__":
    print(draw())

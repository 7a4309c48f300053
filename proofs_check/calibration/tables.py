"""Tables of a calibration: one row for each toy and level, its worst place, and its power."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from proofs_check.calibration.blocks import MEAN
from proofs_check.calibration.results import DOUBT, Calibration, Product, Rate, lower_limit, rates_of, upper_limit
from proofs_check.calibration.run import Cell

COLUMNS = ("relation", "toy", "level", "runs", "alarms", "confirmed", "supports", "right at 0", "at 2.5", "trials at 0")
ALARMS = ("alarms before fresh trials", "misses below", "misses above")
COMMAND = "The engine's own error rates on toys of known truth: what `make calibrate` last wrote."
PRODUCTS = ("toy", "level", "blocks", "their level", "runs", "product", "upper limit")


@dataclass(frozen=True)
class Row:
    """All cells of a toy at one level."""

    relation: str
    toy: str
    nominal: float
    cells: tuple[Cell, ...]

    def worst(self, *whats: str) -> Rate | None:
        """The error of these kinds that is most surely frequent, over all θ; the one with most runs where none is."""
        rates = [rate for cell in self.cells for rate in rates_of(cell) if rate.what in whats]
        return max(rates, key=_surely, default=None)

    def power(self, *thetas: float) -> float | None:
        """The smallest share of right verdicts at these θ."""
        found = [cell.power for cell in self.cells if cell.theta in thetas and cell.power is not None]
        return min(found, default=None)

    def words(self) -> tuple[str, ...]:
        errors = (ALARMS, ("false alarms",), ("false supports",))
        true = [cell for cell in self.cells if cell.theta == 0 and cell.relation != MEAN]
        return (
            self.relation,
            self.toy,
            f"{self.nominal:.3g}",
            f"{max(cell.runs for cell in self.cells):,}",
            *(_share(self.worst(*whats)) for whats in errors),
            _percent(self.power(0.0)) if true else "",
            _percent(self.power(-2.5, 2.5)),
            f"{true[0].mean_trials:,.0f}" if true else "",
        )

def rows(calibration: Calibration) -> list[Row]:
    """Cells by relation, toy and level, in the order in which they came."""
    found: dict[tuple[str, str, float], list[Cell]] = defaultdict(list)
    for cell in calibration.cells:
        found[cell.relation, cell.toy, cell.nominal].append(cell)
    return [Row(*key, tuple(cells)) for key, cells in found.items()]


def plain(calibration: Calibration) -> str:
    """For a terminal."""
    body = [row.words() for row in rows(calibration)]
    parts = [_columns([COLUMNS, *body])]
    if calibration.products:
        parts.append(_columns([PRODUCTS, *map(_product, calibration.products)]))
    return "\n\n".join([*parts, verdict(calibration)])


def markdown(calibration: Calibration) -> str:
    """For the documentation."""
    shown = "![Error rates over their nominal level, relation by relation](calibration.png)"
    parts = ["# Calibration", COMMAND, verdict(calibration), shown, _legend()]
    parts.append(_table(COLUMNS, [row.words() for row in rows(calibration)]))
    if calibration.products:
        parts += [_multiplied(), _table(PRODUCTS, [_product(product) for product in calibration.products])]
    return "\n\n".join(parts) + "\n"


def verdict(calibration: Calibration) -> str:
    """Whether anything is red, in a sentence or one for each."""
    runs, cells = sum(cell.runs for cell in calibration.cells), len(calibration.cells)
    faulty = sum(cell.faulty for cell in calibration.cells)
    said = f"{cells} cells, {runs:,} runs, seed {calibration.seed}; {faulty} runs were taken for dependent trials."
    if calibration.sound:
        return f"{said} No rate contradicts its nominal level (Clopper-Pearson, {1 - DOUBT:.1%} for all together)."
    return f"{said} Above the nominal level:\n" + "\n".join(f"- {one}" for one in calibration.as_json()["red"])


def _surely(rate: Rate) -> tuple[float, int]:
    return lower_limit(rate.count, rate.cell.runs, 0.025), rate.cell.runs


def _legend() -> str:
    return (
        "Errors are shares of the nominal level at the worst θ; θ is the distance from the claim in tolerances."
        " *alarms*: refuted within the tolerance before fresh trials were asked, or one side of a block's interval"
        " missed; *confirmed*: after fresh trials; *supports*: supported beyond the tolerance; `<` marks none at all,"
        " with the 95 % upper limit. *right*: share of right verdicts at θ = 0 and at |θ| = 2.5 (the rarer side),"
        " within the trials that a run had. n+j: the tail of least squares with j features more than samples."
    )


def _multiplied() -> str:
    return (
        "Small levels are not measured: they come from K independent blocks that must all agree. The product of the"
        " measured misses of one block, K times on either side, is what the hull misses. The upper limit is for all"
        " rates of the calibration together."
    )


def _product(product: Product) -> tuple[str, ...]:
    return (
        product.toy,
        f"{product.nominal:g}",
        str(product.blocks),
        f"{product.block_level:.3g}",
        f"{product.runs:,}",
        f"{product.rate / product.nominal:.2g}",
        f"{product.upper / product.nominal:.2g}",
    )


def _share(rate: Rate | None) -> str:
    """A rate over its level at its θ."""
    if rate is None:
        return ""
    if not rate.count:
        return f"< {upper_limit(0, rate.cell.runs, 0.05) / rate.nominal:.2g}"
    place = f" at {rate.cell.theta:g}" if rate.cell.relation != MEAN else ""
    return f"{rate.value / rate.nominal:.2g}{place}".replace("-", "−")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _columns(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    padded = ([word.ljust(width) for word, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _table(header: Sequence[str], body: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

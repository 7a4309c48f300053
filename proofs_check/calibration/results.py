"""What a calibration found: cells, products of blocks, which of them contradict their nominal level."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scipy.special import betaincinv

from proofs_check.calibration.blocks import MEAN, MULTIPLIED, own_level
from proofs_check.calibration.run import Cell
from proofs_check.statistics.sequential import blocks_for

DOUBT = 1e-3  # chance that a sound engine has any red rate, over the whole calibration


@dataclass(frozen=True)
class Rate:
    """One kind of error in one cell beside the level it must keep."""

    cell: Cell
    what: str
    count: int
    nominal: float

    @property
    def value(self) -> float:
        return self.count / self.cell.runs


@dataclass(frozen=True)
class Product:
    """The hull of K independent blocks: below^K + above^K, each side with its limits over all products."""

    toy: str
    nominal: float
    blocks: int
    block_level: float
    runs: int
    rate: float
    lower: float
    upper: float


def lower_limit(count: int, runs: int, doubt: float) -> float:
    """Lower Clopper-Pearson limit of a probability; one-sided, at confidence 1 − doubt."""
    return float(betaincinv(count, runs - count + 1, doubt)) if count else 0.0


def upper_limit(count: int, runs: int, doubt: float) -> float:
    """Upper Clopper-Pearson limit of a probability; one-sided, at confidence 1 − doubt."""
    return float(betaincinv(count + 1, runs - count, 1 - doubt)) if count < runs else 1.0


def rates_of(cell: Cell) -> list[Rate]:
    """The errors that are possible in a cell. Each side of a block has half its level."""
    if cell.relation == MEAN:
        return [Rate(cell, f"misses {side}", getattr(cell, side), cell.nominal / 2) for side in ("below", "above")]
    rates = []
    if cell.may_alarm:
        rates += [
            Rate(cell, "alarms before fresh trials", cell.screened, cell.nominal),
            Rate(cell, "false alarms", cell.false_alarms, cell.nominal),
        ]
    if cell.may_support:
        rates += [Rate(cell, "false supports", cell.false_supports, cell.nominal)]
    if cell.joint:
        rates += [Rate(cell, "wrong verdicts before fresh trials", cell.screened + cell.false_supports, cell.nominal)]
    return rates


@dataclass(frozen=True)
class Calibration:
    """All cells of a calibration."""

    cells: Sequence[Cell]
    seed: int = 0

    @cached_property
    def rates(self) -> list[Rate]:
        return [rate for cell in self.cells for rate in rates_of(cell)]

    @cached_property
    def share(self) -> float:
        """The doubt that falls to one comparison, of a rate or of one side of a product."""
        multiplied = sum(cell.nominal == own_level(level) for cell in self._blocks() for level in MULTIPLIED)
        return DOUBT / max(len(self.rates) + 2 * multiplied, 1)

    @cached_property
    def red(self) -> list[Rate]:
        """Rates whose lower limit is above their nominal level: an unsound engine, but for one calibration in 1000."""
        return [rate for rate in self.rates if lower_limit(rate.count, rate.cell.runs, self.share) > rate.nominal]

    @cached_property
    def products(self) -> list[Product]:
        """Levels that several blocks make, by multiplication of what one block was measured to miss."""
        found = []
        for level in MULTIPLIED:
            count = blocks_for(level)
            for cell in self._blocks():
                if cell.nominal == own_level(level):
                    sides = [(cell.below, cell.runs), (cell.above, cell.runs)]
                    rate = sum((hits / runs) ** count for hits, runs in sides)
                    lower = sum(lower_limit(hits, runs, self.share) ** count for hits, runs in sides)
                    upper = sum(upper_limit(hits, runs, self.share) ** count for hits, runs in sides)
                    found.append(Product(cell.toy, level, count, cell.nominal, cell.runs, rate, lower, upper))
        return found

    @property
    def sound(self) -> bool:
        """Whether nothing is red."""
        return not self.red and not any(product.lower > product.nominal for product in self.products)

    def _blocks(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.relation == MEAN]

    def as_json(self) -> dict[str, Any]:
        """One object: cells as the contract has them, products of blocks, and what is red."""
        return {
            "cells": [asdict(cell) for cell in self.cells],
            "products": [asdict(product) for product in self.products],
            "red": [sentence(rate) for rate in self.red]
            + [f"{p.blocks} blocks of {p.toy} at {p.nominal:g}" for p in self.products if p.lower > p.nominal],
            "sound": self.sound,
            "seed": self.seed,
            "seconds": sum(cell.seconds for cell in self.cells),
        }

    def text(self) -> str:
        """Tables for a terminal."""
        from proofs_check.calibration.tables import plain

        return plain(self)

    def write(self, folder: Path | str) -> list[Path]:
        """`calibration.json`, `.md` and `.pdf` in the folder."""
        from proofs_check.calibration.figure import draw
        from proofs_check.calibration.tables import markdown
        from proofs_check.report.files import rendered, write_whole

        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        figure, venue = draw(self)
        contents = {
            place / "calibration.json": (json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n").encode(),
            place / "calibration.md": markdown(self).encode(),
        }
        contents |= {place / f"calibration{suffix}": rendered(figure, suffix, venue) for suffix in (".pdf", ".png")}
        write_whole(contents)
        return list(contents)


def sentence(rate: Rate) -> str:
    """One rate in words."""
    cell = rate.cell
    return (
        f"{cell.relation}, {cell.toy}, θ = {cell.theta:g}: {rate.count} {rate.what} in {cell.runs} runs"
        f" at the nominal {rate.nominal:g}"
    )

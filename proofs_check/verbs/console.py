"""What a person sees: tables on stdout, progress on stderr, or one JSON object on stdout and nothing else."""

import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from proofs_check.jsonable import clean

if TYPE_CHECKING:
    from rich.table import Table

    from proofs_check.record import Record

PATIENCE = 2.0  # seconds of silence before progress is shown
HEARTBEAT = 10.0  # seconds between plain lines where there is no terminal
COLOURS = {"supported": "green", "refuted": "red", "undecided": "yellow"}


def show_json(value: Any) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(clean(value), ensure_ascii=False, allow_nan=False) + "\n")


def show_verdicts(records: Sequence["Record"], totals: dict[str, Any]) -> None:
    """A table of verdicts and one line that says what the run spent."""
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)  # NO_COLOR is honoured by rich
    console.print(_table(records))
    spent = f"error rate of the run {totals['error_rate']:g}, spent {totals['spent']:.2g}"
    ways = (
        f"{totals['confirmations']} confirmations; {totals['judged_exactly']} judged exactly,"
        f" {totals['judged_by_calibrated_sequences']} by calibrated or asymptotic sequences"
    )
    console.print(
        f"{totals['supported']} supported, {totals['refuted']} refuted, {totals['undecided']} undecided;"
        f" {spent}; {ways}"
    )
    before = sum(record.get("earlier", {}).get("checks", 0) for record in records)
    if before:
        seeds = sorted({seed for record in records for seed in record["earlier"]["seeds"]})
        console.print(f"the store holds {before} earlier checks of these claims; seeds {', '.join(map(str, seeds))}")


def _table(records: Sequence["Record"]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("claim", "verdict", "status", "finding", "trials", "s"):
        side = "right" if title in ("trials", "s") else "left"
        table.add_column(title, justify=side, no_wrap=title in ("claim", "verdict"), overflow="fold")
    for record in records:
        wrong, boundary = f" ~ {record['wrong']}" if "wrong" in record else "", " (boundary)" * bool(record["boundary"])
        verdict = Text(record["verdict"], style=COLOURS[record["verdict"]])
        table.add_row(record["id"] + wrong + boundary, verdict, record["status"], finding(record),
                      f"{record['trials']:,}", f"{record['seconds']:.1f}")  # fmt: skip
    return table


def finding(record: "Record") -> str:
    """What a verdict means, in a few words."""
    if record["verdict"] == "undecided":
        return f"{record['reason']}; would decide: {record['would_decide']}"
    words = record["sentence"].removeprefix(record["verdict"]).removesuffix(f" ({record['status']})").lstrip(", ")
    if record["verdict"] == "supported":
        if record["unit"].startswith("relative") and record["detectable"]:
            words += f"; would have seen {100 * record['detectable']:.2g} %"
        share = record["blind_spot"].partition("fewer than ")[2]
        words += f"; blind below {share}" if share else ""
    if record["verdict"] == "refuted" and record["estimate"] is not None:
        share = record["unit"].startswith("frequency") or record["unit"].endswith("frequency")
        words += f"; {record['unit']} " + (f"{record['estimate']:.1%}" if share else f"{record['estimate']:+.3g}")
    return words


class Progress:
    """One line on stderr while a run lasts: redrawn on a terminal, now and then otherwise. Silent for two seconds."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.trials = total, 0, 0
        self.began = self.last = time.monotonic()
        self.live = sys.stderr.isatty()
        self.drawn = False

    def block(self, trials: int) -> None:
        """A block is done."""
        self.trials += trials
        self._show("", every=0.2 if self.live else HEARTBEAT)

    def claim(self, record: "Record") -> None:
        """A claim is decided."""
        self.done += 1
        self._show(f"{record['id']}: {record['verdict']}", every=0.0)

    def close(self) -> None:
        """Wipe the line."""
        if self.drawn and self.live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self, text: str, every: float) -> None:
        now = time.monotonic()
        if now - self.began < PATIENCE or now - self.last < every:
            return
        self.last, self.drawn = now, True
        line = f"{self.done}/{self.total} claims, {self.trials:,} trials, {now - self.began:.0f} s  {text}"
        sys.stderr.write(f"\r\x1b[K{line}" if self.live else f"{line}\n")
        sys.stderr.flush()

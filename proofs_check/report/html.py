"""A Record as a small piece of self-contained HTML, for notebooks and pages."""

from collections.abc import Mapping
from html import escape
from typing import Any

from proofs_check.record import Record
from theory.values import shown

COLOURS = {"supported": "#00694E", "refuted": "#B34700", "undecided": "#5A5A5A"}
CELL = "padding:2px 10px 2px 0;text-align:{side};border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap"
HEADS = ("point", "verdict", "prediction", "mean", "interval", "trials")


def record_card(record: Record) -> str:
    """The verdict, its sentence and a row for each point; everything in it is escaped."""
    title = f"<b>{escape(record['title'])}</b> <code>{escape(_name(record))}</code>"
    manner = (
        f"level {_number(record['level'])}, seed {record['seed']}, {record['backend']} {record['precision']}, "
        f"guarantee {record['guarantee'] or 'none'}"
    )
    more = " · ".join(
        filter(None, [record["would_decide"] and f"would decide: {record['would_decide']}", record["blind_spot"]])
    )
    small = "".join(f"<div style='opacity:.75;font-size:85%'>{escape(text)}</div>" for text in (manner, more) if text)
    return (
        f"<div style='font-family:sans-serif;line-height:1.5'>{title}"
        f"<div>{badge(record['verdict'])} {escape(record['sentence'])}</div>{_table(record)}{small}"
        f"<div style='font-size:85%'><code>{escape(record['replay'])}</code></div></div>"
    )


def _table(record: Record) -> str:
    head = "".join(
        _cell(f"{name}, {record['unit']}" if name == "interval" else name, "th", name == "point") for name in HEADS
    )
    rows = "".join(f"<tr>{_row(tested)}</tr>" for tested in record["points"])
    return f"<table style='border-collapse:collapse;margin:.4em 0'><tr>{head}</tr>{rows}</table>"


def _row(tested: Mapping[str, Any]) -> str:
    point = ", ".join(f"{name} = {shown(value)}" for name, value in tested["point"].items())
    interval = (
        f"[{', '.join('∞' if end is None else _number(end) for end in tested['interval'])}]"
        if tested["interval"]
        else "–"
    )
    numbers = (_number(tested["prediction"]), _number(tested["mean"]), interval, f"{tested['trials']:,}")
    return (
        _cell(point, "td", True)
        + f"<td style='{CELL.format(side='right')}'>{badge(tested['verdict'])}</td>"
        + "".join(map(_cell, numbers))
    )


def _cell(text: str, tag: str = "td", left: bool = False) -> str:
    return f"<{tag} style='{CELL.format(side='left' if left else 'right')}'>{escape(text)}</{tag}>"


def badge(verdict: str) -> str:
    colour = COLOURS.get(verdict, COLOURS["undecided"])
    return f"<span style='background:{colour};color:#fff;border-radius:3px;padding:0 6px'>{escape(verdict)}</span>"


def _name(record: Record) -> str:
    wrong = f" ~ {record['wrong']}" if record.get("wrong") else ""
    return record["id"] + wrong + (", outside the assumptions" if record["boundary"] else "")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}".replace("-", "−")

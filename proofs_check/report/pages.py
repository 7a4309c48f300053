"""The page of a claim and the index of many, as HTML: formulas are MathML, so no page needs a network or a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from proofs_check.record import Record
from proofs_check.report.html import badge, record_card
from theory.values import shown

FOLDER = files("proofs_check.report") / "templates"
CONDITIONS = {"assuming": "assuming", "regime": "tested where", "scaling": "scaling"}


@dataclass(frozen=True)
class Findings:
    """All that a page tells: the claim as `describe` says it, records, outcomes of steps, files of the figure."""

    said: Mapping[str, Any]
    words: str
    own: Record
    wrong: Sequence[Record] = ()
    boundary: Sequence[Record] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    figure: Sequence[Path] = field(default=())
    fault: str = ""


def claim_page(found: Findings) -> str:
    """Statement, verdict, figure, setting, assumptions, measurement, wrong variants, boundary, steps and source."""
    image, caption, data = (*found.figure, None, None, None)[:3]
    return _rendered(
        "claim.html", said=found.said, formula=_markup(mathml(found.said["latex"])), words=found.words,
        card=_markup(record_card(found.own)), figure=image.name if image else "", data=data.name if data else "",
        caption=caption.read_text().split("\n\nTo have each")[0].split("\n\n") if caption else (),
        fault=found.fault or "none is declared", conditions=_conditions(found.said), wrong=found.wrong,
        boundary=found.boundary, steps=found.steps,
    )  # fmt: skip


def index_page(records: Sequence[Record], rate: float, faults: Sequence[str] = ()) -> str:
    """Every claim with its verdict, and what has no page."""
    verdicts = [record["verdict"] for record in records]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("supported", "refuted", "undecided"))
    return _rendered("index.html", records=records, counts=counts, rate=f"{rate:g}", faults=faults, page=page_name)


def page_name(identity: str) -> str:
    return f"{identity}.html"


def style_sheet() -> str:
    return (FOLDER / "pages.css").read_text()


def mathml(latex: str) -> str:
    """A formula for a browser."""
    from latex2mathml.converter import convert

    return convert(latex, display="block").replace(r"\_", "_")  # in \text it leaves the escape as it is


def _conditions(said: Mapping[str, Any]) -> list[tuple[str, Sequence[str]]]:
    rows = [(head, said[name]) for name, head in CONDITIONS.items()]
    rows.append(("given", [said["given"]] * bool(said["given"])))
    rows.append(("held fixed", [shown_values(said["fixing"])] * bool(said["fixing"])))
    return [(head, lines) for head, lines in rows if lines]


def shown_values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in values.items())


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _rendered(template: str, **parts: Any) -> str:
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"badge": lambda verdict: _markup(badge(verdict)), "shown": shown_values}
    return environment.from_string((FOLDER / template).read_text()).render(**parts)

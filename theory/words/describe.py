"""What a claim says, as text: statement, symbols, assumptions and steps; for `explain` and notebooks."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import sympy
from sympy import Basic

from theory.claim import Claim, Wrong
from theory.computed import Computed
from theory.domain import Choice, Declared
from theory.implicit import Root
from theory.setting import Drawn, Event, Observable
from theory.words.notation import (
    computed_text,
    latex,
    latex_statement,
    prediction_text,
    statement,
    unicode_statement,
    written,
)
from theory.words.wording import described


def describe(claim: Claim) -> dict[str, Any]:
    """The claim as JSON-ready text."""
    setting = claim.setting
    return {
        "id": claim.id,
        "title": claim.title,
        "entry": claim.entry,
        "topic": claim.topic,
        "relation": claim.relation.label,
        "status": claim.status,
        "flagship": claim.flagship,
        "setting": setting.name(),
        "about": setting.about(),
        "statement": statement(claim),
        "latex": latex_statement(claim),
        "unicode": unicode_statement(claim),
        "observable": {"name": str(claim.observable), "text": getattr(setting.part_of(claim.observable), "text", "")},
        "prediction": prediction_text(claim),
        "roots": [_root(claim, root) for root in claim.roots],
        "symbols": [_symbol(claim, name, part) for name, part in setting.parts.items() if _occurs(claim, name, part)],
        "fixing": {str(symbol): str(value) for symbol, value in claim.fixing.items()},
        "assuming": [written(condition) for condition in claim.assuming],
        "regime": [written(condition) for condition in claim.regime],
        "given": getattr(setting.part_of(claim.given), "text", "") if claim.given is not None else "",
        "steps": [described(claim, step) for step in claim.steps],
        "scaling": [f"degree {d.degree} in {', '.join(map(str, d.symbols))}" for d in claim.scaling],
        "source": claim.source.text,
        "url": claim.source.url,
        "seeds": list(claim.seeds),
        "wrong": [_wrong(wrong) for wrong in claim.wrong],
        "rivals": [rival.title for rival in claim.rivals],
        "fails_at": [_values(where) for where in claim.fails_at],
    }


def card(claim: Claim) -> str:
    """The claim as a small piece of HTML; its formula is typeset where the page has MathJax, as in Jupyter."""
    said = describe(claim)
    rows = [
        ("assuming", ", ".join(said["assuming"])),
        ("tested where", ", ".join(said["regime"])),
        ("given", said["given"]),
        ("held fixed", ", ".join(f"{name} = {value}" for name, value in said["fixing"].items())),
        ("observable", said["observable"]["text"]),
        ("setting", said["about"]),
        ("source", said["source"]),
    ]
    cells = "".join(
        f"<tr><td style='opacity:.7;padding-right:1em;vertical-align:top;text-align:left'>{name}</td>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in rows
        if text
    )
    formula = f"$\\displaystyle {escape(said['latex'])}$" + (
        "" if isinstance(claim.prediction, Basic) else f"<div>{escape(said['statement'])}</div>"
    )
    head = f"<b>{escape(claim.title)}</b> <code>{escape(claim.id)}</code> ({escape(claim.status)})"
    body = f"<div style='margin:.6em 0'>{formula}</div><table>{cells}</table>"
    return f"<div style='font-family:sans-serif'>{head}{body}</div>"


def plain_text(said: Mapping[str, Any]) -> str:
    """A description as a terminal shows it."""
    blocks = [
        f"{said['title']}\n{said['id']} ({said['relation']}, {said['status']})",
        _filled(said["about"]),
        _indented(said["unicode"]),
        "LaTeX\n" + _filled(said["latex"]),
    ]
    lists = [
        ("symbols", _symbol_lines(said["symbols"])),
        ("assuming", said["assuming"]),
        ("tested where", said["regime"]),
        ("given", [said["given"]] * bool(said["given"])),
        (
            "roots",
            [_joined(r["symbol"] + ": " + r["equation"], where=r["branch"], unique=r["unique"]) for r in said["roots"]],
        ),
        ("steps", [*(_step_line(step) for step in said["steps"]), *_still_to_run(said)]),
        ("scaling", said["scaling"]),
        ("must be refuted", [wrong["name"] for wrong in said["wrong"]]),
        ("must fail at", [", ".join(f"{name}={value}" for name, value in where.items()) for where in said["fails_at"]]),
        ("simulated by", [said["simulator"]] if said.get("simulator") else []),
        ("source", [_joined(said["source"], at=said["url"])]),
    ]
    blocks += [f"{head}\n" + "\n".join(_filled(str(line)) for line in lines) for head, lines in lists if lines]
    return "\n\n".join(blocks)


def _step_line(step: Mapping[str, Any]) -> str:
    """What a step says, and what became of it where that was asked; a status None says that nobody tried."""
    line = _joined(step["statement"], where=step["where"], because=step["because"])
    if "status" not in step:
        return line
    return f"{step['status']} by {step['backend']}: {line}" if step["status"] else f"not yet run: {line}"


def _still_to_run(said: Mapping[str, Any]) -> list[str]:
    return [f"not yet run: {said['not_yet_run']}"] if "not_yet_run" in said else []


def _symbol_lines(symbols: Sequence[Mapping[str, Any]]) -> list[str]:
    width = max(len(symbol["name"]) for symbol in symbols)
    fixed = [f"; here {symbol['fixed']}" if "fixed" in symbol else "" for symbol in symbols]
    return [f"{symbol['name']:{width}}  {symbol['domain']}{here}" for symbol, here in zip(symbols, fixed, strict=True)]


def _joined(text: str, **more: str) -> str:
    """The text, then what is said besides: "a = b; where n > 1; because …"."""
    return "; ".join([text, *(f"{word} {part}" for word, part in more.items() if part)])


def _indented(formula: str) -> str:
    return textwrap.indent(formula, "  ") if "\n" in formula else _filled(formula)


def _filled(text: str) -> str:
    return textwrap.fill(
        text,
        120,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def _root(claim: Claim, root: Root) -> dict[str, str]:
    return {
        "symbol": str(root.symbol),
        "equation": f"{root.equation} = 0",
        "latex": f"{latex(claim, root.equation)} = 0",
        "branch": "" if root.branch == sympy.true else written(root.branch),
        "unique": root.unique,
    }


def _occurs(claim: Claim, name: str, part: Declared) -> bool:
    """Parameters always; of what is drawn and measured, that of which the claim speaks."""
    if not isinstance(part, (Observable, Drawn, Event)):
        return True
    spoken = {
        str(symbol)
        for expression in claim._expressions()
        if isinstance(expression, Basic)
        for symbol in expression.free_symbols
    }
    reads = claim.prediction.reads if isinstance(claim.prediction, Computed) else ()
    return name in spoken | {str(symbol) for symbol in reads} | {str(claim.given)}


def _symbol(claim: Claim, name: str, part: Declared) -> dict[str, Any]:
    pinned = {str(symbol): value for symbol, value in claim.fixing.items()}
    said = {"name": name, "latex": latex(claim, part.symbol), "kind": type(part).__name__, "domain": _domain(part)}
    return said | ({"fixed": str(pinned[name])} if name in pinned else {})


def _size(size: Any) -> str:
    """A length of an array, as text."""
    return " + ".join(map(_size, size)) if isinstance(size, tuple) else str(getattr(size, "name", size))


def _domain(part: Declared) -> str:
    if isinstance(part, (Observable, Event)):
        return part.text
    if isinstance(part, Drawn):
        shape = ", ".join(map(_size, part.shape))
        return f"an array of shape ({shape}), drawn in every trial"
    values = getattr(part, "values", None)
    if values is not None:
        return f"the axis {', '.join(f'{value:g}' for value in values)}"
    typical = getattr(part, "typical", None)
    return f"{part}, typically {_range(typical)}" if typical and not isinstance(part, Choice) else str(part)


def _range(typical: Sequence[Any]) -> str:
    return " to ".join(map(str, typical)) if not isinstance(typical[0], str) else " or ".join(typical)


def _wrong(wrong: Wrong) -> dict[str, Any]:
    changes = {
        name: computed_text(value)
        if isinstance(value, Computed)
        else re.sub(r"<function (\S+) at 0x[0-9a-f]+>", r"\1", str(value))
        for name, value in wrong.changes.items()
    }
    return {"name": wrong.name, "at": [_values(where) for where in wrong.at], "changes": changes}


def _values(where: Any) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in where.items()}

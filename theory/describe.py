"""What a claim says, as text: its statement in LaTeX and Unicode, its symbols, assumptions and steps; for `explain` and notebooks."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import sympy
from sympy import Basic
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_use_unicode

from theory.claim import Claim, Wrong
from theory.computed import Computed, Law, Minimum
from theory.domain import Choice, Declared
from theory.implicit import Root
from theory.proof import Identical, Inequality, Limit, Step
from theory.relation import Asymptotic, Bound, Direction, Identity, Probability, Relation, Threshold
from theory.setting import Axis, Drawn, Event, Observable


def describe(claim: Claim) -> dict[str, Any]:
    """The claim as JSON-ready text."""
    setting = claim.setting
    return {
        "id": claim.id, "title": claim.title, "entry": claim.entry, "topic": claim.topic, "relation": claim.relation.label, "status": claim.status,
        "flagship": claim.flagship, "setting": setting.name(), "about": " ".join((setting.__doc__ or "").split()),
        "statement": statement(claim), "latex": latex_statement(claim), "unicode": unicode_statement(claim),
        "observable": {"name": str(claim.observable), "text": getattr(setting.part_of(claim.observable), "text", "")},
        "prediction": prediction_text(claim), "roots": [_root(claim, root) for root in claim.roots],
        "symbols": [_symbol(claim, name, part) for name, part in setting.parts.items() if _occurs(claim, name, part)],
        "fixing": {str(symbol): str(value) for symbol, value in claim.fixing.items()},
        "assuming": [written(condition) for condition in claim.assuming], "regime": [written(condition) for condition in claim.regime],
        "given": getattr(setting.part_of(claim.given), "text", "") if claim.given is not None else "",
        "steps": [_step(claim, step) for step in claim.steps], "scaling": [f"degree {d.degree} in {', '.join(map(str, d.symbols))}" for d in claim.scaling],
        "source": claim.source.text, "url": claim.source.url, "seeds": list(claim.seeds),
        "wrong": [_wrong(wrong) for wrong in claim.wrong], "rivals": [rival.title for rival in claim.rivals],
        "fails_at": [_values(where) for where in claim.fails_at],
    }  # fmt: skip


def latex(claim: Claim, expression: Any) -> str:
    """An expression in LaTeX; names of more than one letter stand upright, unless they are Greek ones."""
    if not isinstance(expression, Basic):
        return rf"\text{{{expression}}}"
    parts = claim.setting.parts
    words = [name for name, part in parts.items() if len(name) > 2 and isinstance(part, (Observable, Drawn, Choice, Axis))]
    words += [option for part in parts.values() if isinstance(part, Choice) for option in part.options]
    names = {symbol: rf"\mathrm{{{symbol.name.replace('_', chr(92) + '_')}}}" for symbol in expression.free_symbols if symbol.name in words}
    return sympy.latex(expression, symbol_names=names | {symbol: r"\lambda" for symbol in expression.free_symbols if symbol.name == "lam"})


def latex_statement(claim: Claim) -> str:
    """The claim as one formula in LaTeX; roots follow with their equations."""
    statement = _latex_relation(claim.relation, latex(claim, claim.observable), _latex_prediction(claim))
    conditions = [rf"{latex(claim, root.symbol)}:\; {latex(claim, root.equation)} = 0" for root in claim.roots]
    return r",\quad ".join([statement, *conditions])


def unicode_statement(claim: Claim) -> str:
    """The formula as a terminal shows it, over several lines, and below it the equation of every root."""
    if not isinstance(claim.prediction, Basic):
        return statement(claim)
    measured = f"E[{claim.observable}]" if claim.relation.label in ("equality", "asymptotic equality") else str(claim.observable)
    lines = [_pretty(claim.prediction, f"{measured} {_sign(claim.relation)} ")]
    return "\n\n".join(lines + [f"with {root.symbol} such that\n" + _pretty(sympy.Eq(root.equation, 0, evaluate=False), "") for root in claim.roots])


def statement(claim: Claim) -> str:
    """The claim in one sentence; of an algorithm it says afterwards what that computes."""
    name, _, meaning = prediction_text(claim).partition(": ")
    sentence = _sentence(claim.relation).format(left=claim.observable, right=name, r=claim.relation)
    return f"{sentence}; {name.partition('(')[0]}: {meaning}" if meaning else sentence


def prediction_text(claim: Claim) -> str:
    """The prediction on one line; an algorithm by its name and the first line of its docstring."""
    prediction = claim.prediction
    if isinstance(prediction, Computed):
        return _computed_text(prediction)
    if isinstance(prediction, Minimum):
        return f"the least value over {prediction.over} of {prediction.of.title if isinstance(prediction.of, Claim) else prediction.of}"
    return "a distribution function" if isinstance(prediction, Law) else "–" if prediction is None else str(prediction)


def written(condition: Any) -> str:
    """A condition as one writes it: p > n + 1, norms = equal."""
    if isinstance(condition, (sympy.And, sympy.Or)):
        return (" and " if isinstance(condition, sympy.And) else " or ").join(sorted(written(part) for part in condition.args))
    if isinstance(condition, (sympy.Eq, sympy.Ne)):
        return f"{condition.args[0]} {'=' if isinstance(condition, sympy.Eq) else '≠'} {condition.args[1]}"
    return str(condition).replace("<=", "≤").replace(">=", "≥")


def card(claim: Claim) -> str:
    """The claim as a small piece of HTML; its formula is typeset where the page has MathJax, as in Jupyter."""
    said = describe(claim)
    rows = [("assuming", ", ".join(said["assuming"])), ("tested where", ", ".join(said["regime"])), ("given", said["given"]),
            ("held fixed", ", ".join(f"{name} = {value}" for name, value in said["fixing"].items())), ("observable", said["observable"]["text"]),
            ("setting", said["about"]), ("source", said["source"])]  # fmt: skip
    cells = "".join(f"<tr><td style='opacity:.7;padding-right:1em;vertical-align:top;text-align:left'>{name}</td>"
                    f"<td style='text-align:left'>{escape(text)}</td></tr>" for name, text in rows if text)
    formula = f"$\\displaystyle {escape(said['latex'])}$" + ("" if isinstance(claim.prediction, Basic) else f"<div>{escape(said['statement'])}</div>")
    return (f"<div style='font-family:sans-serif'><b>{escape(claim.title)}</b> <code>{escape(claim.id)}</code> ({escape(claim.status)})"
            f"<div style='margin:.6em 0'>{formula}</div><table>{cells}</table></div>")  # fmt: skip


def plain_text(said: Mapping[str, Any]) -> str:
    """A description as a terminal shows it."""
    blocks = [f"{said['title']}\n{said['id']} ({said['relation']}, {said['status']})", _filled(said["about"]), _indented(said["unicode"]), "LaTeX\n" + _filled(said["latex"])]
    names = max(len(symbol["name"]) for symbol in said["symbols"])
    lists = [
        ("symbols", [f"{s['name']:{names}}  {s['domain']}" + (f"; here {s['fixed']}" if "fixed" in s else "") for s in said["symbols"]]),
        ("assuming", said["assuming"]), ("tested where", said["regime"]), ("given", [said["given"]] * bool(said["given"])),
        ("roots", [f"{r['symbol']}: {r['equation']}" + f", where {r['branch']}" * bool(r["branch"]) + f"; unique: {r['unique']}" * bool(r["unique"])
                   for r in said["roots"]]),
        ("steps", [f"{s['statement']}" + f", {s['where']}" * bool(s["where"]) + f" ({s['because']})" * bool(s["because"]) for s in said["steps"]]),
        ("scaling", said["scaling"]), ("must be refuted", [wrong["name"] for wrong in said["wrong"]]),
        ("must fail at", [", ".join(f"{name}={value}" for name, value in where.items()) for where in said["fails_at"]]),
        ("simulated by", [said["simulator"]] if said.get("simulator") else []), ("source", [said["source"] + f" {said['url']}" * bool(said["url"])]),
    ]  # fmt: skip
    blocks += [f"{head}\n" + "\n".join(_filled(str(line)) for line in lines) for head, lines in lists if lines]
    return "\n\n".join(blocks)


def _indented(formula: str) -> str:
    return textwrap.indent(formula, "  ") if "\n" in formula else _filled(formula)


def _filled(text: str) -> str:
    return textwrap.fill(text, 120, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False, replace_whitespace=False)


def _computed_text(prediction: Computed) -> str:
    function, settled = prediction.function, ""
    if isinstance(function, partial):
        settled = "".join(f", {key}={value}" for key, value in function.keywords.items())
        function = function.func
    using = "".join(f", {key}={symbol}" for key, symbol in prediction.using.items())
    first = " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split())
    return f"{function.__name__}({', '.join(map(str, prediction.reads))}{using}{settled})" + (f": {first}" if first else "")


def _sentence(relation: Relation) -> str:
    if isinstance(relation, Asymptotic):
        tied = "".join(f", {symbol} = {value}" for symbol, value in relation.ladder.tie.items())
        return f"the mean of {{left}}, divided by {{right}}, tends to 1 as {relation.ladder.along} grows{tied}"
    if isinstance(relation, Bound):
        where = f"with probability at least {relation.kind.at_least}" if isinstance(relation.kind, Probability) else \
            {"pathwise": "in every draw", "mean": "in the mean"}[relation.kind]
        return f"{{left}} {'≤' if relation.sense == '<=' else '≥'} {{right}}, {where}"
    return {
        "identity": "{left} = {right} in every draw", "equality": "the mean of {left} is {right}",
        "direction": "{left} turns into the direction of {right} as {r.along} grows", "threshold": "{left} changes its sign, from − to +, at {r.of} = {right}",
        "exponent": "{left} grows with the exponent {right}", "order": "{left} is of the order of {right}",
        "distribution": "{left} is distributed as {right}", "ordering": "{left} is ordered as declared",
    }.get(relation.label, "{left}: {right}")  # fmt: skip


def _latex_relation(relation: Relation, left: str, right: str) -> str:
    if isinstance(relation, Asymptotic):
        tied = "".join(rf",\; {sympy.latex(symbol)} = {sympy.latex(sympy.sympify(value))}" for symbol, value in relation.ladder.tie.items())
        return rf"\mathbb{{E}}\left[{left}\right] \sim {right} \quad \left({sympy.latex(relation.ladder.along)} \to \infty{tied}\right)"
    if isinstance(relation, Bound):
        left = rf"\mathbb{{E}}\left[{left}\right]" if relation.kind == "mean" else left
        return " ".join([left, r"\leq" if relation.sense == "<=" else r"\geq", right])
    if isinstance(relation, Direction):
        return rf"1 - \cos\left({left},\, {right}\right) \to 0 \quad \left({sympy.latex(relation.along)} \to \infty\right)"
    if isinstance(relation, Threshold):
        return rf"\operatorname{{sign}} {left} = \operatorname{{sign}}\left({sympy.latex(relation.of)} - {right}\right)"
    return f"{left} = {right}" if isinstance(relation, Identity) else rf"\mathbb{{E}}\left[{left}\right] = {right}"


def _latex_prediction(claim: Claim) -> str:
    if isinstance(claim.prediction, Basic):
        return latex(claim, claim.prediction)
    name = prediction_text(claim).partition(":")[0]
    return rf"\text{{{name.replace('_', chr(92) + '_')}}}"  # text mode needs the escape, MathJax accepts it


def _sign(relation: Relation) -> str:
    if isinstance(relation, Bound):
        return "≤" if relation.sense == "<=" else "≥"
    return {"asymptotic equality": "∼", "threshold": f"changes its sign at {getattr(relation, 'of', '')} =", "equality": "=", "identity": "="}.get(relation.label, ":")


def _pretty(expression: Any, before: str) -> str:
    """Several lines of Unicode, with text in front of the one that carries the formula."""
    printer, flag = PrettyPrinter({"use_unicode": True, "wrap_line": False}), pretty_use_unicode(True)
    try:
        form = printer._print(expression)
    finally:
        pretty_use_unicode(flag)
    lines = form.render(wrap_line=False).split("\n")
    return "\n".join(((before if index == form.baseline else " " * len(before)) + line).rstrip() for index, line in enumerate(lines))


def _root(claim: Claim, root: Root) -> dict[str, str]:
    return {"symbol": str(root.symbol), "equation": f"{root.equation} = 0", "latex": f"{latex(claim, root.equation)} = 0",
            "branch": "" if root.branch == sympy.true else written(root.branch), "unique": root.unique}


def _occurs(claim: Claim, name: str, part: Declared) -> bool:
    """Parameters always; of what is drawn and measured, that of which the claim speaks."""
    if not isinstance(part, (Observable, Drawn, Event)):
        return True
    spoken = {str(symbol) for expression in claim._expressions() if isinstance(expression, Basic) for symbol in expression.free_symbols}
    reads = claim.prediction.reads if isinstance(claim.prediction, Computed) else ()
    return name in spoken | {str(symbol) for symbol in reads} | {str(claim.given)}


def _symbol(claim: Claim, name: str, part: Declared) -> dict[str, Any]:
    pinned = {str(symbol): value for symbol, value in claim.fixing.items()}
    said = {"name": name, "latex": latex(claim, part.symbol), "kind": type(part).__name__, "domain": _domain(part)}
    return said | ({"fixed": str(pinned[name])} if name in pinned else {})


def _domain(part: Declared) -> str:
    if isinstance(part, (Observable, Event)):
        return part.text
    if isinstance(part, Drawn):
        return f"an array of shape ({', '.join(str(getattr(size, 'name', size)) for size in part.shape)}), drawn in every trial"
    values = getattr(part, "values", None)
    if values is not None:
        return f"the axis {', '.join(f'{value:g}' for value in values)}"
    typical = getattr(part, "typical", None)
    return f"{part}, typically {_range(typical)}" if typical and not isinstance(part, Choice) else str(part)


def _range(typical: Sequence[Any]) -> str:
    return " to ".join(map(str, typical)) if not isinstance(typical[0], str) else " or ".join(typical)


def _step(claim: Claim, step: Step) -> dict[str, str]:
    if isinstance(step, Identical):
        sides, sign = (step.left, step.right), "="
    elif isinstance(step, Inequality):
        sides, sign = (step.smaller, step.larger), "≤"
    else:
        sides, sign = ("prediction", step.equals), "→"
    where = [written(condition) for condition in getattr(step, "given", ())]
    if isinstance(step, Limit):
        where = [f"{step.along} → {str(step.to).replace('oo', '∞')}", *(f"{symbol} = {value}" for symbol, value in step.tie.items())]
    marks = {"=": "=", "≤": r"\leq", "→": r"\to"}
    return {
        "kind": type(step).__name__.lower(), "statement": f"{sides[0]} {sign} {sides[1]}", "where": ", ".join(where),
        "latex": f"{latex(claim, sides[0])} {marks[sign]} {latex(claim, sides[1])}", "because": step.because,
    }  # fmt: skip


def _wrong(wrong: Wrong) -> dict[str, Any]:
    changes = {name: _computed_text(value) if isinstance(value, Computed) else re.sub(r"<function (\S+) at 0x[0-9a-f]+>", r"\1", str(value))
               for name, value in wrong.changes.items()}
    return {"name": wrong.name, "at": [_values(where) for where in wrong.at], "changes": changes}


def _values(where: Any) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in where.items()}

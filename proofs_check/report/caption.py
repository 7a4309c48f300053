"""The caption of a figure, as plain text: what is drawn, the verdict with its tolerance and error rate, and how to have it again."""

import re
from collections.abc import Sequence

from proofs_check.record import ORDER, Record
from proofs_check.report.marks import SPREAD, Mark, Spec, kind_of

DRAWN = {
    "equality": "Line: the prediction. Points: mean of {observable}. Below: relative gap, measured/predicted − 1; band: the tolerance.",
    "asymptotic equality": "Line: the prediction. Points: mean of {observable} at each size. Below: relative gap, measured/predicted − 1, and at ∞ "
                           "(open) its extrapolation with the interval that is judged; band: the tolerance.",
    "direction": "1 − cosine between {observable} and the predicted direction: mean (points) and largest of all draws (dotted); "
                 "dashed: the tolerance at the last step.",
    "threshold": "Mean of {observable} at multiples of the predicted threshold of {along}: negative to the left of 1 and positive to the right where "
                 "the prediction holds; band: the tolerance.",
    "bound": "Ratio of {observable} to its bound: mean (circles) and largest of all draws (triangles); dashed: the bound.",
    "identity": "Largest relative deviation of {observable} from the prediction over all draws; dashes: what rounding and certificates allow.",
}  # fmt: skip
SWEPT_LIMIT = ("Line: the prediction at the largest size. Points: mean of {observable} there. Below: the relative gap extrapolated to infinite "
               "size, with the interval that is judged; band: the tolerance.")  # fmt: skip
SCATTER = "Mean of {observable} against its prediction; line: equality. Below: relative gap, measured/predicted − 1; band: the tolerance."


def caption(records: Sequence[Record], spec: Spec, marks: Sequence[Mark]) -> str:
    """Everything that a reader of the figure must know, in paragraphs."""
    first = records[0]
    parts = [f"{first['title']} ({first['id']}, {first['status']}).", _drawn(first, spec), _errors(first, marks), _held(marks, spec), _verdicts(records),
             _spent(records), f"Source of the claim: {spec.source}." if spec.source else ""]
    commands = list(dict.fromkeys(record["replay"] for record in records))
    return "\n\n".join(filter(None, parts)) + "\n\nTo have each verdict again:\n" + "\n".join(f"  {command}" for command in commands) + "\n"


def verdict_sentence(records: Sequence[Record]) -> str:
    """One sentence for several checks of one claim: refuted before undecided before supported, with the counts."""
    points = [tested["verdict"] for record in records for tested in record["points"]]
    found = {verdict: [record for record in records if record["verdict"] == verdict] for verdict in ORDER}
    worst = next(verdict for verdict in ORDER if found[verdict])
    sentence = re.sub(r"at \d+ points?", f"at {len(points)} point{'s' * (len(points) != 1)}", found[worst][0]["sentence"])
    if len(records) == 1 or worst == "supported":
        return sentence
    counts = ", ".join(f"{verdict} at {points.count(verdict)}" for verdict in ORDER if verdict in points)
    return f"{worst}: {counts} of {len(points)} points; {found[worst][0]['sentence']}"


def _drawn(first: Record, spec: Spec) -> str:
    text = DRAWN[first["relation"]]
    if first["relation"] == "equality" and not spec.over:
        text = SCATTER
    if first["relation"] == "asymptotic equality" and spec.over:
        text = SWEPT_LIMIT
    about = f" ({spec.about})" if spec.about else ""
    return text.format(observable=spec.observable + about, along=spec.along)


def _errors(first: Record, marks: Sequence[Mark]) -> str:
    if first["relation"] in ("bound", "identity"):
        return ""
    judged = f"confidence intervals at level {first['level']:.3g} each, valid whenever one looks"
    if first["relation"] == "equality" and all(mark.gap_low is not None for mark in marks):
        return f"Error bars: {judged}."
    if first["relation"] == "asymptotic equality":
        return f"Error bars: {SPREAD:g} standard errors of the mean; those of the extrapolated gap: {judged}."
    return f"Error bars: {SPREAD:g} standard errors of the mean."


def _held(marks: Sequence[Mark], spec: Spec) -> str:
    points = [dict(part.split("=", 1) for part in mark.point.split(", ")) for mark in marks if mark.point and mark.kind != "boundary"]
    if not points:
        return ""
    held = [f"{name} = {value}" for name, value in points[0].items() if name not in (spec.over, spec.along) and all(p.get(name) == value for p in points)]
    listed = []
    if not spec.over:
        listed = list(dict.fromkeys(f"({mark.point})" for mark in marks if mark.kind != "boundary"))
    text = f"Held fixed: {', '.join(held)}." if held and (spec.over or len(listed) > 1) else ""
    return " ".join(filter(None, [text, f"Points: {', '.join(listed)}." if listed else ""]))


def _verdicts(records: Sequence[Record]) -> str:
    """The claim's own verdict, then those of its wrong variants and of its boundary."""
    lines = []
    for kind, lead in (("claim", "Verdict: {}."), ("wrong", "Wrong variant “{name}”: {}."), ("boundary", "Outside the assumptions: {}.")):
        groups: dict[str, list[Record]] = {}
        for record in records:
            if kind_of(record) == kind:
                groups.setdefault(record.get("wrong", ""), []).append(record)
        lines += [lead.format(verdict_sentence(group), name=name) for name, group in groups.items()]
    return "\n".join(lines)


def _spent(records: Sequence[Record]) -> str:
    first = records[0]
    missing = sum(not tested["series"] for record in records for tested in record["points"])
    kept = min((record["given_kept"] for record in records), default=1.0)
    parts = [
        f"Tolerance {_tolerance(first)}; error rate {first['error_rate']:g} for the whole figure, {first['level']:.3g} for each of {len(records)} checks; "
        f"{sum(record['trials'] for record in records):,} trials; seed {first['seed']}; {first['backend']}, {first['device']}, {first['precision']}; "
        + ", ".join(f"{name} {version}" for name, version in first["versions"].items()) + ".",
        f"At least {100 * kept:.3g} % of the trials met the condition of the claim." if kept < 1 else "",
        f"{missing} point{'s' * (missing != 1)} without measurement, not drawn." if missing else "",
    ]  # fmt: skip
    return " ".join(filter(None, parts))


def _tolerance(first: Record) -> str:
    if first["relation"] == "direction":
        return f"{first['tolerance']:g} on 1 − cosine"
    if first["relation"] in ("bound", "identity"):
        return f"{100 * first['tolerance']:g} % of the draws"
    return f"{100 * first['relative_tolerance']:g} %"

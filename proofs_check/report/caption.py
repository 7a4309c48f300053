"""The caption of a figure, as plain text: what is drawn, the verdict and its terms, how to have it again."""

import re
from collections.abc import Sequence

from proofs_check.record import ORDER, Record
from proofs_check.report.marks import ERRORS, JUDGED, Mark, Spec, form_of, kind_of, runs_along

GAP = "Below: relative gap, measured/predicted − 1"
SCALED = "Below: measured − predicted, over the claim's own scale"
BAND = "band: the tolerance."
DRAWN = {
    "equality": f"Line: the prediction. Points: mean of {{observable}}. {GAP}; {BAND}",
    "asymptotic equality": f"Line: the prediction. Points: mean of {{observable}} at each size. {GAP}, and at ∞ (open) "
    f"its extrapolation with the interval that is judged; {BAND}",
    "direction": "1 − cosine between {observable} and the predicted direction: mean (points) and largest of all draws "
    "(dotted); dashed: the tolerance at the last step.",
    "threshold": "Mean of {observable} at multiples of the predicted threshold of {along}: negative to the left of 1 "
    f"and positive to the right where the prediction holds; {BAND}",
    "bound": "Ratio of {observable} to its bound: mean (circles) and largest of all draws (triangles); dashed: the "
    "bound.",
    "bound in the mean": f"Ratio of the mean of {{observable}} to its bound; dashed: the bound; {BAND}",
    "bound of a share": "Points: mean of {observable}; dashes: mean of its bound. Below: share of the draws beyond the "
    "bound; dashes: the share that may be.",
    "identity": "Largest relative deviation of {observable} from the prediction over all draws; dashes: what rounding "
    "and certificates allow.",
    "exponent": "Line: the claimed power of {along}, laid through the larger sizes. Points: mean of {observable}. "
    "Below: its ratio to that power, − 1; grey: powers within the tolerance, coloured: in the interval of the slope.",
    "order": "Line: the claimed order with its fitted constant. Points: mean of {observable}. "
    f"{GAP}; {BAND}",
    "distribution": "Line: the claimed distribution function. Points: share of {observable} below each value. Below: "
    f"measured − claimed; {BAND}",
    "ordering": "Mean of {observable} at both sides of the ordering. Below: first − second on the scale of the second, "
    f"with the interval that is judged; {BAND}",
}
NUMBERED = ("bound", "identity", "ordering")
SWEPT_LIMIT = (
    "Line: the prediction at the largest size. Points: mean of {observable} there. Below: the gap "
    f"extrapolated to infinite size, with the interval that is judged; {BAND}"
)
ALONG = "Line: the prediction along {along}. Points: mean of {observable}. "
ALONG_BELOW = {
    "equality": f"{GAP}; {BAND}",
    "identity": "Below: largest relative deviation of any draw; dashes: what rounding and certificates allow.",
}
SCATTER = f"Mean of {{observable}} against its prediction; line: equality. {GAP}; {BAND}"


def caption(records: Sequence[Record], spec: Spec, marks: Sequence[Mark]) -> str:
    """Everything that a reader of the figure must know, in paragraphs."""
    first = records[0]
    parts = [
        f"{first['title']} ({first['id']}, {first['status']}).",
        _drawn(first, spec),
        _errors(first, marks, spec),
        _held(first, marks, spec),
        _verdicts(records),
        _spent(records, spec),
        f"Source of the claim: {spec.source}." if spec.source else "",
    ]
    commands = list(dict.fromkeys(record["replay"] for record in records))
    return (
        "\n\n".join(filter(None, parts))
        + "\n\nTo have each verdict again:\n"
        + "\n".join(f"  {command}" for command in commands)
        + "\n"
    )


def verdict_sentence(records: Sequence[Record]) -> str:
    """One sentence for several checks of one claim: refuted before undecided before supported, with the counts."""
    points = [tested["verdict"] for record in records for tested in record["points"]]
    found = {verdict: [record for record in records if record["verdict"] == verdict] for verdict in ORDER}
    worst = next(verdict for verdict in ORDER if found[verdict])
    sentence = re.sub(
        r"at \d+ points?", f"at {len(points)} point{'s' * (len(points) != 1)}", found[worst][0]["sentence"]
    )
    if len(records) == 1 or worst == "supported":
        return sentence
    others = "".join(
        f", {verdict} at {points.count(verdict)}" for verdict in ORDER if verdict in points and verdict != worst
    )
    return f"{worst} at {points.count(worst)} of {len(points)} points{others}; {found[worst][0]['sentence']}"


def _drawn(first: Record, spec: Spec) -> str:
    text = DRAWN[form_of(first, spec)]
    if first["relation"] == "equality" and not spec.over:
        text = SCATTER
    if first["relation"] == "identity" and spec.over:
        text = f"Line: the prediction. Points: mean of {{observable}}. {ALONG_BELOW['identity']}"
    if first["relation"] in ALONG_BELOW and runs_along(spec):
        text = ALONG + ALONG_BELOW[first["relation"]]
    if first["relation"] == "asymptotic equality" and spec.over:
        text = SWEPT_LIMIT
    if spec.family:
        text = text.replace("Line: the prediction", f"Lines, one for each {spec.family}: the prediction")
    if spec.scaled:
        text = text.replace(GAP, SCALED)
    about = f" ({spec.about})" if spec.about and spec.about != spec.observable else ""
    return text.format(observable=spec.observable + about, along=spec.along)


def _errors(first: Record, marks: Sequence[Mark], spec: Spec) -> str:
    if form_of(first, spec) in ("bound", "identity") and not (first["relation"] == "identity" and runs_along(spec)):
        return ""
    judged = f"confidence intervals at level {first['level']:.3g} each, valid whenever one looks"
    if form_of(first, spec) == "bound of a share":
        return f"Error bars: {ERRORS} of the mean; those of the share: {judged}."
    if first["relation"] in ("equality", "bound") and any(mark.bars == JUDGED for mark in marks):
        others = (
            f"; {ERRORS} of the mean where that interval is infinite"
            if any(mark.bars == ERRORS for mark in marks)
            else ""
        )
        return f"Error bars: {judged}{others}."
    if first["relation"] == "asymptotic equality":
        return f"Error bars: {ERRORS} of the mean; those of the extrapolated gap: {judged}."
    if first["relation"] in ("exponent", "distribution", "ordering"):
        named = {"exponent": "slope", "distribution": "distance", "ordering": "difference"}[first["relation"]]
        return f"Error bars: {ERRORS} of the mean; the interval of the {named}: {judged}."
    return f"Error bars: {ERRORS} of the mean."


def _held(first: Record, marks: Sequence[Mark], spec: Spec) -> str:
    """What the points have in common, and where they are not on an axis, the points."""
    own = [
        [part for part in mark.point.split(", ") if part.split("=")[0] not in (spec.over, spec.along)]
        for mark in marks
        if mark.kind != "boundary"
    ]
    held = [part.replace("=", " = ") for part in own[0] if all(part in point for point in own)]
    listed: dict[str, str] = {}
    for mark in marks:
        if not spec.over and (mark.kind != "boundary" or first["relation"] in NUMBERED):
            numbered = first["relation"] in NUMBERED and not runs_along(spec)
            number = f"{mark.x:g}: " if numbered else ""
            listed.setdefault(mark.point, f"{number}({mark.point})")
    text = f"Held fixed: {', '.join(held)}." if held and (spec.over or len(listed) > 1) else ""
    return " ".join(filter(None, [text, f"Points: {', '.join(listed.values())}." if listed else ""]))


def _verdicts(records: Sequence[Record]) -> str:
    """The claim's own verdict, then those of its wrong variants and of its boundary."""
    lines = []
    for kind, lead in (
        ("claim", "Verdict: {}."),
        ("wrong", "Wrong variant “{name}”: {}."),
        ("boundary", "Outside the assumptions: {}."),
    ):
        groups: dict[str, list[Record]] = {}
        for record in records:
            if kind_of(record) == kind:
                groups.setdefault(record.get("wrong", ""), []).append(record)
        lines += [lead.format(verdict_sentence(group), name=name) for name, group in groups.items()]
    return "\n".join(lines)


def _spent(records: Sequence[Record], spec: Spec) -> str:
    """What the verdicts cost and rest on: tolerance, error rate, trials, seed, machine, versions."""
    first = records[0]
    missing = sum(not tested["series"] for record in records for tested in record["points"])
    kept = min((record["given_kept"] for record in records), default=1.0)
    share = f"{first['level']:.3g} {_each(len(records))}"
    terms = [
        f"Tolerance {_tolerance(first, spec)}",
        f"error rate {first['error_rate']:g} for the whole figure, {share}",
        f"{sum(record['trials'] for record in records):,} trials",
        f"seed {first['seed']}",
        ", ".join([first["backend"], first["device"], first["precision"]]),
        ", ".join(f"{name} {version}" for name, version in first["versions"].items()),
    ]
    more = [
        f"At least {100 * kept:.3g} % of the trials met the condition of the claim." if kept < 1 else "",
        f"{missing} point{'s' * (missing != 1)} without measurement, not drawn." if missing else "",
    ]
    return " ".join(filter(None, ["; ".join(terms) + ".", *more]))


def _each(checks: int) -> str:
    return f"for each of {checks} checks" if checks > 1 else "for its one check"


def _tolerance(first: Record, spec: Spec) -> str:
    if first["relation"] == "direction":
        return f"{first['tolerance']:g} on 1 − cosine"
    if first["relation"] in ("exponent", "distribution"):
        return f"{first['tolerance']:g} on the {'slope' if first['relation'] == 'exponent' else 'distance'}"
    if form_of(first, spec) in ("bound", "identity"):
        return f"{100 * first['tolerance']:g} % of the draws violating it"
    return f"{100 * first['relative_tolerance']:g} %"

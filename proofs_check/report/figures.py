"""Comparison figures: what was measured against what is predicted, drawn from Records and a Spec of plain values."""

import dataclasses
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from proofs_check.record import Record
from proofs_check.report import forms, laws
from proofs_check.report.marks import Mark, Spec, form_of, marks_of, runs_along
from proofs_check.report.style import canvas, styled, venue_of

Form = Callable[[Sequence[Axes], Sequence[Mark], Spec, float], None]
FORMS: dict[str, tuple[int, Form]] = {
    "sweep": (2, forms.draw_sweep),
    "scatter": (2, forms.draw_scatter),
    "ladder": (2, forms.draw_ladder),
    "direction": (1, forms.draw_direction),
    "threshold": (1, forms.draw_threshold),
    "bound": (1, forms.draw_bound),
    "bound in the mean": (1, laws.draw_mean_bound),
    "bound of a share": (2, laws.draw_share),
    "identity": (1, forms.draw_identity),
    "equality along an axis": (2, forms.draw_along),
    "identity along an axis": (2, forms.draw_along),
    "identity swept": (2, forms.draw_swept_identity),
    "exponent": (2, laws.draw_power),
    "order": (2, laws.draw_power),
    "distribution": (2, laws.draw_law),
    "ordering": (2, laws.draw_ordering),
}


def comparison(records: Sequence[Record], spec: Spec) -> tuple[Figure, list[Mark]]:
    """The figure of some records of one claim, and the marks on it; without pyplot's global state.

    Raises BadInput when nothing was measured or the venue is unknown.
    """
    venue = venue_of(spec.venue)
    marks = marks_of(records, spec)
    panels, draw = FORMS[_form(form_of(records[0], spec), spec)]
    with styled(venue):
        figure, axes = canvas(venue, panels)
        draw(axes, *_promoted(marks, spec), float(records[0]["tolerance"] or records[0]["relative_tolerance"]))
        figure.align_ylabels(axes)
    return figure, marks


def _promoted(marks: list[Mark], spec: Spec) -> tuple[list[Mark], Spec]:
    """A wrong variant that is drawn alone is drawn like a claim, its line under its own name."""
    if any(mark.kind == "claim" for mark in marks) or len({mark.series for mark in marks}) > 1:
        return marks, spec
    shown = [dataclasses.replace(mark, kind="claim", series="measured") for mark in marks if mark.kind != "limit"]
    limits = [dataclasses.replace(mark, series="measured") for mark in marks if mark.kind == "limit"]
    return [*shown, *limits], dataclasses.replace(spec, claimed=f"prediction: {marks[0].series}")


def _form(relation: str, spec: Spec) -> str:
    if relation == "asymptotic equality":
        return "sweep" if spec.over else "ladder"
    if relation in ("equality", "identity") and runs_along(spec):
        return f"{relation} along an axis"
    if relation == "identity" and spec.over:
        return "identity swept"
    return {"equality": "sweep" if spec.over else "scatter"}.get(relation, relation)

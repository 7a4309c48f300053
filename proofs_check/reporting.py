"""Pages of claims: what is missing is checked, proved and drawn; then every claim has a page, and all have an index.

Half of a claim's share of the error rate goes to its verdict, its wrong variants and its boundary, half to its figure.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sympy import Basic

from numerics.measure import Laboratory
from proofs_check.check import Request, points_of
from proofs_check.derivation.kept import Kept
from proofs_check.derivation.prove import prove
from proofs_check.plot import Plan, plot, records_of
from proofs_check.record import Record
from proofs_check.report.files import write_whole
from proofs_check.report.pages import Findings, claim_page, index_page, page_name, style_sheet
from proofs_check.statistics import require_judged
from proofs_check.trials.symmetry import require_consistent
from theory.claim import Claim
from theory.discovery import simulator_text
from theory.errors import BadInput
from theory.words.describe import describe


def report(
    claims: Claim | Sequence[Claim],
    *,
    out: Path | str,
    lab: Laboratory | None = None,
    heard: Callable[[Record], None] = lambda record: None,
    **request: Any,
) -> list[Path]:
    """Writes the page and the figure of every claim, and an index, into a folder; the index first in the list.

    Keywords are the fields of `Request`, error_rate for all pages together. A claim that is bad input has no page, and
    the index says why.   Raises BadInput where no page could be made.
    """
    chosen, folder, lab = [claims] if isinstance(claims, Claim) else list(claims), Path(out), lab or Laboratory()
    asked = Request(**request)
    for claim in chosen:
        require_judged(claim)
    folder.mkdir(parents=True, exist_ok=True)
    share = dataclasses.replace(asked, error_rate=asked.error_rate / (2 * len(chosen)))
    index, pages, records, faults = folder / "index.html", list[Path](), list[Record](), list[BadInput]()
    write_whole({folder / "pages.css": style_sheet().encode()})
    for claim in chosen:
        try:
            found = findings(claim, share, lab, folder)
        except BadInput as fault:
            faults.append(fault)
        else:
            records.append(found.own)
            pages.append(folder / page_name(claim.id))
            write_whole({pages[-1]: claim_page(found).encode()})
            heard(found.own)
        write_whole({index: index_page(records, asked.error_rate, [str(fault) for fault in faults]).encode()})
    if faults and not pages:
        raise faults[0]
    return [index, *pages]


def findings(claim: Claim, asked: Request, lab: Laboratory, folder: Path) -> Findings:
    """Everything that the page tells of a claim."""
    require_consistent(claim, lab)
    requests = [asked, *(dataclasses.replace(asked, wrong=wrong.name) for wrong in claim.wrong)]
    requests += [dataclasses.replace(asked, boundary=True)] * bool(claim.fails_at)
    checks = [(each, tuple(points_of(claim.variant(each.wrong) if each.wrong else claim, each))) for each in requests]
    records = records_of(claim, Plan(tuple(checks), None), asked, lab)
    figure, fault = _figure(claim, records[0], asked, lab, folder)
    said = describe(claim)
    return Findings(
        said=said | {"simulator": simulator_text(claim)},
        words="" if isinstance(claim.prediction, Basic) else said["statement"],
        own=records[0],
        wrong=[record for record in records if record.get("wrong")],
        boundary=[record for record in records if record["boundary"]],
        steps=prove(claim, kept=Kept(lab.store) if lab.store else None),
        figure=figure,
        fault=fault,
    )


def _figure(claim: Claim, own: Record, asked: Request, lab: Laboratory, folder: Path) -> tuple[list[Path], str]:
    """The files of the figure, or why there is none."""
    again = {name: getattr(asked, name) for name in ("error_rate", "tolerance", "seed", "max_trials", "budget")}
    try:
        return plot(claim, out=folder / f"{claim.id}.svg", lab=lab, at_hand=[own], **again), ""
    except BadInput as fault:
        return [], str(fault)

"""Verbs that try a claim, or the engine, harder: mutate, falsify, compare, fit, calibrate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from proofs_check.selection import Place, assignments, laboratory, meant, single, writable_folder
from proofs_check.verbs.console import show_json

GOOD, REFUTED = 0, 1


def mutate(claims: Sequence[str], place: Place, as_json: bool, debug: bool, **asked: Any) -> int:
    from proofs_check.mutation.mutating import mutate as score
    from proofs_check.mutation.scores import MutationReport, table

    chosen = meant(claims)
    reports: list[MutationReport] = []

    def heard(report: MutationReport) -> None:
        reports.append(report)
        click.echo(f"{len(reports)}/{len(chosen)} {report.id}: {report.seconds:.0f} s", err=True)

    with laboratory(place) as lab:
        score(chosen, lab=lab, heard=heard, **asked)
    show_json({"claims": [report.as_json() for report in reports]}) if as_json else click.echo(table(reports))
    return GOOD


def falsify(claim: str, place: Place, as_json: bool, debug: bool, **asked: Any) -> int:
    from proofs_check.search.worst import falsify as search

    with laboratory(place) as lab:
        found = search(single(claim), lab=lab, **asked)
    show_json(found.as_json()) if as_json else click.echo(found.text())
    return REFUTED if found.verdict == "refuted" else GOOD


def compare(claim: str, sets: Sequence[str], place: Place, as_json: bool, debug: bool, **asked: Any) -> int:
    from proofs_check.compare import compare as against

    with laboratory(place) as lab:
        found = against(single(claim), lab=lab, values=assignments(sets), **asked)
    show_json(found.as_json()) if as_json else click.echo(found.text())
    return REFUTED if any(record["verdict"] == "refuted" for record in found.records) else GOOD


def fit(claim: str, sets: Sequence[str], place: Place, as_json: bool, debug: bool, **asked: Any) -> int:
    from proofs_check.fit import fit as fitted

    with laboratory(place) as lab:
        found = fitted(single(claim), lab=lab, values=assignments(sets), **asked)
    show_json(found.as_json()) if as_json else click.echo(found.text())
    return GOOD


def calibrate(
    relations: Sequence[str],
    toys: Sequence[str],
    out: str,
    workers: int | None,
    as_json: bool,
    debug: bool,
    **asked: Any,
) -> int:
    import os

    from proofs_check.calibration import calibrate as calibrated

    def heard(cells: Sequence[Any], done: int, tasks: int) -> None:
        click.echo(f"{done}/{tasks} {cells[0].relation}, {cells[0].toy}, {cells[0].seconds:.0f} s", err=True)

    folder = writable_folder(out)
    cores = workers or len(os.sched_getaffinity(0))
    found = calibrated(relations or None, toys or None, workers=cores, heard=heard, folder=folder, **asked)
    files = [str(path) for path in found.write(Path(folder))]
    show_json(found.as_json() | {"files": files}) if as_json else click.echo(found.text() + "\n" + " ".join(files))
    return GOOD if found.sound else REFUTED

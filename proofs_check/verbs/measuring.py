"""Verbs that simulate and judge: simulate, check, plot, replay."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from proofs_check.selection import Place, assignments, laboratory, selected, single, writable_folder
from proofs_check.verbs.console import Progress, show_json, show_verdicts
from theory.errors import BadInput

GOOD, REFUTED, UNDECIDED = 0, 1, 3


def simulate(
    claim: str,
    sets: Sequence[str],
    trials: int,
    seed: int,
    place: Place,
    as_json: bool,
    debug: bool,
) -> int:
    from numerics.measure import Unit, merged
    from numerics.simulator import STOPPED
    from numerics.training.reasons import counted

    found = single(claim)
    point = found.point(assignments(sets))
    began = time.monotonic()
    with laboratory(place) as lab:
        size = lab.simulator(found.setting).block_size(point)
        arrays = merged(lab.measure([Unit(point, block, seed) for block in range(-(-trials // size))]))
    values = found.measure(point, arrays)[:trials]
    certificate = found.certificate(point, arrays)
    mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
    result = {
        "id": found.id,
        "observable": str(found.observable),
        "point": point.text(),
        "mean": mean,
        "stderr": error,
        "trials": len(values),
        "certificate": None if certificate is None else float(np.max(certificate[:trials])),
        **({STOPPED: counted(arrays[STOPPED][:trials])} if STOPPED in set(arrays) - set(found.setting.parts) else {}),
        "seed": seed,
        "backend": place.backend,
        "seconds": round(time.monotonic() - began, 3),
    }
    if as_json:
        show_json(result)
    else:
        text = (
            f"{float(mean):.6g} ± {float(error):.2g}"
            if np.ndim(mean) == 0
            else f"array {np.shape(mean)}, largest standard error {np.max(error):.2g}"
        )
        click.echo(f"{found.observable} = {text}   ({len(values):,} trials, {result['seconds']} s)")
    return GOOD


def check(
    claims: Sequence[str],
    sets: Sequence[str],
    as_json: bool,
    debug: bool,
    strict: bool,
    place: Place,
    figures: str | None,
    **asked: Any,
) -> int:
    from proofs_check.check import Request
    from proofs_check.check import check as check_claims
    from proofs_check.record import Record, summary

    values = assignments(sets)
    request = Request(values=values, **asked)  # bad numbers are named before anything is loaded
    chosen = selected(claims, request)
    folder = writable_folder(figures) if figures else None
    progress, records = Progress(len(chosen)), list[Record]()
    drawn: list[str] = []
    stopped: BaseException | None = None

    def heard(record: Record) -> None:
        records.append(record)
        progress.claim(record)

    with laboratory(place, progress.block) as lab:
        try:
            check_claims(chosen, lab=lab, heard=heard, values=values, **asked)
            if folder:
                drawn = _figures(chosen, records, folder, lab)
        except (KeyboardInterrupt, BadInput) as found:
            if isinstance(found, BadInput) and not records:
                raise
            stopped = found  # the verdicts of the other claims are shown first
        finally:
            progress.close()
    totals = summary(records, request.error_rate)
    if as_json:
        totals |= {"interrupted": isinstance(stopped, KeyboardInterrupt), "figures": drawn}
        show_json({"records": records, "summary": totals})
    else:
        show_verdicts(records, totals)
        if drawn:
            click.echo("figures: " + " ".join(drawn))
    if stopped:
        raise stopped
    return _exit_code([record["verdict"] for record in records], strict)


def _exit_code(verdicts: Sequence[str], strict: bool) -> int:
    if "refuted" in verdicts:
        return REFUTED
    return UNDECIDED if strict and "undecided" in verdicts else GOOD


def plot(
    claim: str,
    over: str | None,
    sets: Sequence[str],
    out: str,
    venue: str,
    place: Place,
    as_json: bool,
    debug: bool,
    **asked: Any,
) -> int:
    from proofs_check.plot import plot as draw

    found = single(claim)
    progress = Progress(1)
    with laboratory(place, progress.block) as lab:
        try:
            files = [
                str(path)
                for path in draw(found, over=over, out=out, lab=lab, venue=venue, values=assignments(sets), **asked)
            ]
        finally:
            progress.close()
    show_json({"id": found.id, "files": files}) if as_json else click.echo("\n".join(files))
    return GOOD


def report(
    claims: Sequence[str], out: str, place: Place, as_json: bool, debug: bool, **asked: Any,
) -> int:
    from proofs_check.check import Request
    from proofs_check.reporting import report as write

    chosen = selected(claims, Request(**asked))
    folder, progress, records = writable_folder(out), Progress(len(chosen)), list[Any]()

    def heard(record: Any) -> None:
        records.append(record)
        progress.claim(record)

    with laboratory(place, progress.block) as lab:
        try:
            files = [str(path) for path in write(chosen, out=folder, lab=lab, heard=heard, **asked)]
        finally:
            progress.close()
    show_json({"files": files}) if as_json else click.echo(files[0])
    return REFUTED if any(record["verdict"] == "refuted" for record in records) else GOOD


def replay(record: str, workers: int | None, as_json: bool, debug: bool) -> int:
    from proofs_check.replaying import read_record
    from proofs_check.replaying import replay as again

    stored = read_record(record)
    with laboratory(Place(stored["backend"], stored["device"], stored["precision"], workers, fresh=True)) as lab:
        result = again(stored, lab=lab)
    if as_json:
        show_json(result)
    else:
        click.echo(
            "same"
            if result["same"]
            else "different: " + "; ".join(f"{d['field']}: {d['recorded']} → {d['now']}" for d in result["differences"])
        )
    return GOOD if result["same"] else REFUTED


def _figures(claims: Sequence[Any], records: Sequence[Any], folder: Path, lab: Any) -> list[str]:
    """The figure of every claim that has one, from the records of this run."""
    from proofs_check.plot import plot as draw

    pairs = [(claim, record) for claim, record in zip(claims, records, strict=True) if claim.figure is not None]
    return [str(draw(claim, out=folder / f"{claim.id}.pdf", lab=lab, at_hand=[record])[0]) for claim, record in pairs]

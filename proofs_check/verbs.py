"""What each verb of the command line does; it returns the exit code."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from proofs_check.console import Progress, show_json, show_verdicts
from proofs_check.selection import assignments, laboratory, selected, single, writable_folder
from theory import discovery
from theory.errors import BadInput

GOOD, REFUTED, UNDECIDED = 0, 1, 3
DEFAULT_POINTS = 3


def run(name: str, asked: dict[str, Any]) -> int:
    """The verb of that name."""
    return VERBS[name](**asked)


def list_(topic: str | None, as_json: bool, debug: bool) -> int:
    claims = discovery.find(topic or "all")
    rows = [
        {
            "id": claim.id,
            "entry": claim.entry,
            "title": claim.title,
            "topic": claim.topic,
            "relation": claim.relation.label,
            "status": claim.status,
            "source": str(claim.source),
            "seeds": list(claim.seeds),
            "flagship": claim.flagship,
            "backends": _backends(claim),
        }
        for claim in claims
    ]
    if as_json:
        show_json({"claims": rows})
        return GOOD
    width = max(len(row["id"]) for row in rows)
    for row in rows:
        click.echo(f"{row['id']:{width}}  {row['relation']:19}  {row['status']:12}  {row['title']}")
    return GOOD


def explain(claim: str, as_json: bool, debug: bool) -> int:
    from theory.describe import describe, plain_text

    found = single(claim)
    described = describe(found) | {"simulator": _simulator_text(found)}
    show_json(described) if as_json else click.echo(plain_text(described))
    return GOOD


def predict(claim: str, sets: Sequence[str], digits: int, as_json: bool, debug: bool) -> int:
    from theory.claim import Claim
    from theory.points import complete
    from theory.setting import symbols_of

    found: Claim = single(claim)
    if found.is_per_trial():
        raise BadInput(
            f"{found.id} has a prediction for every draw, not for a point; "
            f"`proofs-check check {found.id}` compares them"
        )
    given = assignments(sets)
    used = {
        str(symbol)
        for symbol in symbols_of([found.prediction, *found.assuming, *(root.equation for root in found.roots)])
    }
    needed = [name for name in found.free() if name in used]
    missing = [name for name in needed if name not in given]
    if missing:
        raise BadInput(f"{found.id}: {', '.join(missing)} not given; add --set {missing[0]}=…")
    point = complete(found.but(regime=()), given, np.random.default_rng(0))
    prediction = found.predict(point, digits=max(digits, 16))
    shown = {name: value for name, value in point.text().items() if name in needed or name in given}
    if as_json:
        show_json(
            {
                "id": found.id,
                "point": shown,
                "value": prediction.value,
                "error": prediction.error,
                "digits": _certain(prediction.digits, digits),
                "guarantee": prediction.guarantee,
                "outside_regime": [str(c) for c in found.broken(found.regime, point)],
            }
        )
    else:
        click.echo(_certain(prediction.digits, digits))
    return GOOD


def simulate(
    claim: str,
    sets: Sequence[str],
    trials: int,
    seed: int,
    backend: str,
    device: str,
    precision: str,
    workers: int | None,
    fresh: bool,
    as_json: bool,
    debug: bool,
) -> int:
    from numerics.measure import Unit, merged

    found = single(claim)
    point = found.point(assignments(sets))
    began = time.monotonic()
    with laboratory(backend, device, precision, workers, fresh) as lab:
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
        "seed": seed,
        "backend": backend,
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
    workers: int | None,
    fresh: bool,
    backend: str,
    device: str,
    precision: str,
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
    progress, records, interrupted = Progress(len(chosen)), list[Record](), False
    drawn: list[str] = []

    def heard(record: Record) -> None:
        records.append(record)
        progress.claim(record)

    with laboratory(backend, device, precision, workers, fresh, progress.block) as lab:
        try:
            check_claims(chosen, lab=lab, heard=heard, values=values, **asked)
            if folder:
                drawn = _figures(chosen, records, folder, lab)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            progress.close()
    totals = summary(records, request.error_rate)
    if as_json:
        show_json({"records": records, "summary": totals | {"interrupted": interrupted, "figures": drawn}})
    else:
        show_verdicts(records, totals)
        if drawn:
            click.echo("figures: " + " ".join(drawn))
    if interrupted:
        raise KeyboardInterrupt
    if any(record["verdict"] == "refuted" for record in records):
        return REFUTED
    return UNDECIDED if strict and any(record["verdict"] == "undecided" for record in records) else GOOD


def plot(
    claim: str,
    over: str | None,
    sets: Sequence[str],
    out: str,
    venue: str,
    backend: str,
    device: str,
    precision: str,
    workers: int | None,
    fresh: bool,
    as_json: bool,
    debug: bool,
    **asked: Any,
) -> int:
    from proofs_check.plot import plot as draw

    found = single(claim)
    progress = Progress(1)
    with laboratory(backend, device, precision, workers, fresh, progress.block) as lab:
        try:
            files = [
                str(path)
                for path in draw(found, over=over, out=out, lab=lab, venue=venue, values=assignments(sets), **asked)
            ]
        finally:
            progress.close()
    show_json({"id": found.id, "files": files}) if as_json else click.echo("\n".join(files))
    return GOOD


def replay(record: str, workers: int | None, as_json: bool, debug: bool) -> int:
    from proofs_check.replaying import read_record
    from proofs_check.replaying import replay as again

    stored = read_record(record)
    with laboratory(stored["backend"], stored["device"], stored["precision"], workers, fresh=True) as lab:
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


def new(name: str, template: str, as_json: bool, debug: bool) -> int:
    from proofs_check.templates import write_template

    files = [str(path) for path in write_template(name, template)]
    if as_json:
        show_json({"files": files})
    else:
        click.echo("\n".join(files))
        click.echo(
            f"next: proofs-check check {files[0]}   "
            f"proofs-check plot {files[0]} --out {Path(files[0]).stem}.pdf   pytest --claims {files[0]}"
        )
    return GOOD


def doctor(as_json: bool, debug: bool) -> int:
    from proofs_check.doctor import examine

    found = examine()
    show_json(found) if as_json else click.echo("\n".join(f"{key:12} {value}" for key, value in found["lines"]))
    return GOOD


VERBS = {
    "list": list_,
    "explain": explain,
    "predict": predict,
    "simulate": simulate,
    "check": check,
    "plot": plot,
    "replay": replay,
    "new": new,
    "doctor": doctor,
}


def _figures(claims: Sequence[Any], records: Sequence[Any], folder: Path, lab: Any) -> list[str]:
    """The figure of every claim that has one, from the records of this run."""
    from proofs_check.plot import plot as draw

    pairs = [(claim, record) for claim, record in zip(claims, records, strict=True) if claim.figure is not None]
    return [str(draw(claim, out=folder / f"{claim.id}.pdf", lab=lab, at_hand=[record])[0]) for claim, record in pairs]


def _certain(digits: str, wanted: int) -> str:
    """The first `wanted` certain digits of a decimal text."""
    from decimal import Context, Decimal

    return str(Context(prec=wanted).create_decimal(Decimal(digits)))


def _backends(claim: Any) -> list[str]:
    try:
        return list(discovery.simulator_of(claim.setting).backends)
    except BadInput:
        return []


def _simulator_text(claim: Any) -> str:
    simulator = discovery.simulator_of(claim.setting)
    return f"{simulator.name}: {' '.join((simulator.function.__doc__ or '').split())}"

"""Records: everything that one check found, as JSON. Reports read nothing else."""

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arrays import Machine
from numerics.measure import Laboratory
from numerics.sources import digest_of, versions
from proofs_check.jsonable import clean
from proofs_check.statistics.evidence import Outcome
from theory.claim import Claim
from theory.setting import Point
from theory.values import plain

RECORD_VERSION = 1
ORDER = {"refuted": 0, "undecided": 1, "supported": 2}


class Record(dict[str, Any]):
    """One check of one claim, a JSON object with a picture of itself for notebooks."""

    def _repr_html_(self) -> str:
        from proofs_check.report.html import record_card

        return record_card(self)


@dataclass(frozen=True)
class Tested:
    """A point with what the judge said of it."""

    point: Point
    outcome: Outcome
    trials: int


def make_record(
    claim: Claim, subject: Claim, tested: Sequence[Tested], asked: Any, level: float, lab: Laboratory,
    confirmations: int, *, planned: int, seconds: float,
) -> Record:  # fmt: skip
    """The record of a check. Its verdict is that of the worst point: refuted before undecided before supported.

    At the boundary, where a claim must fail, it is that of the point where it stands best.
    """
    rank = {answer: -place if asked.boundary else place for answer, place in ORDER.items()}
    worst = min(tested, key=lambda one: (rank[one.outcome.answer], -_width(one.outcome)), default=None)
    verdict = worst.outcome.answer if worst else "undecided"
    found = worst.outcome if worst else Outcome("undecided", reason="regime: no point was declared for this check")
    name = {"wrong": asked.wrong} if asked.wrong else {}
    fields = {
        "version": RECORD_VERSION, "id": claim.id, **name, "entry": claim.entry, "title": claim.title,
        "relation": claim.relation.label, "status": claim.status, "boundary": asked.boundary,
        "points": [_point_fields(one) for one in tested], "planned_points": planned,
        "point": worst.point.text() if worst else None, **_outcome_fields(found), "unit": claim.relation.unit,
        "level": level, "error_rate": asked.error_rate, "relative_tolerance": asked.tolerance,
        "confirmations": confirmations, "verdict": verdict, "sentence": _sentence(verdict, found, claim, tested),
        "trials": sum(one.trials for one in tested), "seed": asked.seed, "max_trials": asked.max_trials,
        "backend": lab.machine.backend, "device": lab.machine.device, "precision": lab.precision,
        "versions": versions(lab.machine.backend), "request": _request(asked), **_file(claim),
        "replay": replay_line(claim, worst, asked, level, lab), "seconds": round(seconds, 3),
    }  # fmt: skip
    found = clean(fields)
    lasting = {name: value for name, value in found.items() if name != "seconds"}
    return Record(found, key=digest_of(lasting))  # a check done twice is kept once


def summary(records: Sequence[Record], error_rate: float) -> dict[str, Any]:
    """What a run spent and found."""
    count = {verdict: sum(record["verdict"] == verdict for record in records) for verdict in ORDER}
    exact = sum(record["guarantee"] in ("exact", "bounded") for record in records)
    spent = sum(record["level"] for record in records)
    return {
        **count, "claims": len(records), "error_rate": error_rate, "spent": spent,
        "confirmations": sum(record["confirmations"] for record in records), "judged_exactly": exact,
        "judged_by_calibrated_sequences": len(records) - exact,
        "seconds": round(sum(record["seconds"] for record in records), 3),
    }  # fmt: skip


def _outcome_fields(found: Outcome) -> dict[str, Any]:
    kept = [row["kept"] / row["trials"] for row in found.series if row.get("trials") and "kept" in row]
    return {
        "prediction": found.prediction, "mean": found.mean, "target": found.target, "estimate": found.estimate,
        "interval": found.interval, "tolerance": found.tolerance, "guarantee": found.guarantee,
        "reason": found.reason if found.answer == "undecided" else "",
        "would_decide": found.would_decide if found.answer == "undecided" else "", "detectable": found.detectable,
        "blind_spot": found.blind_spot, "given_kept": min(kept) if kept else 1.0, "certificate": found.certificate,
        "notes": list(found.notes),
    }  # fmt: skip


def _point_fields(one: Tested) -> dict[str, Any]:
    return {
        "point": one.point.text(), "verdict": one.outcome.answer, **_outcome_fields(one.outcome), "trials": one.trials,
        "series": one.outcome.series, **_precision(one.outcome),
        **({"stopped": dict(one.outcome.stopped)} if one.outcome.stopped else {}),
    }  # fmt: skip


def _precision(found: Outcome) -> dict[str, Any]:
    """What a run that chooses the precision of each point chose here, and why."""
    return {} if found.precision is None else {"precision": dataclasses.asdict(found.precision)}


def _width(found: Outcome) -> float:
    """How far the interval reaches from the target; the widest support is the one to show."""
    if found.interval is None or not np.all(np.isfinite(found.interval)):
        return 0.0
    return max(abs(end - found.target) for end in found.interval)


def _sentence(verdict: str, found: Outcome, claim: Claim, tested: Sequence[Tested]) -> str:
    alike = sum(one.outcome.answer == verdict for one in tested)  # at a boundary some may be refuted
    where = f"at {alike} point{'s' * (alike != 1)}"
    if verdict == "supported":
        return f"supported, {_manner(claim, found)}, {where} ({claim.status})"
    if verdict == "refuted":
        points = [one.point for one in tested if one.outcome.answer == "refuted"]
        return f"refuted at {' and at '.join(map(str, points))} ({claim.status})"
    return f"undecided {where}: {found.reason} ({claim.status})"


def _manner(claim: Claim, found: Outcome) -> str:
    """In what sense, and how closely."""
    percent = f"{100 * (found.tolerance or 0):g} %"
    kind = getattr(claim.relation, "kind", "")
    manners = {
        "identity": f"deviations above {percent} of the draws excluded",
        "bound": f"violations above {percent} of the draws excluded",
        "bound mean": f"exceeded by at most {percent} in the mean",
        "bound Probability": f"its share of violations exceeded by at most {percent}",
        "direction": f"1 − cosine below {found.tolerance:g}",
        "exponent": f"slope within {found.tolerance:g}",
        "order": found.notes[0] if found.notes else f"consistent within {percent}",
        "distribution": f"distance below {found.tolerance:g}",
        "ordering": f"in this order up to {percent}",
    }
    label = claim.relation.label
    named = f"{label} {kind if isinstance(kind, str) else type(kind).__name__}"
    return manners.get(named, manners.get(label, f"within {percent}"))


def replay_line(claim: Claim, worst: Tested | None, asked: Any, level: float, lab: Laboratory) -> str:
    """The command that gives a verdict again, at its own level."""
    values = worst.point.text() if worst and not asked.boundary else {}
    given = {name: value for name, value in values.items() if value != "data" and name not in _pinned(claim)}
    flags = [f"--set {shlex.quote(f'{name}={value}')}" for name, value in given.items()]
    flags += [f"--wrong {shlex.quote(asked.wrong)}"] if asked.wrong else []
    flags += ["--boundary"] * asked.boundary
    flags += [f"--level {level:.6g} --tolerance {asked.tolerance:g} --seed {asked.seed}"]
    machine, usual = lab.machine, Machine()
    here = {"backend": machine.backend, "device": machine.device, "precision": lab.precision}
    flags += [f"--{part} {value}" for part, value in here.items() if value != getattr(usual, part)]
    flags += [f"--max-trials {asked.max_trials}"] * bool(asked.max_trials)
    return " ".join(["proofs-check check", on_command_line(claim), *flags])


def on_command_line(claim: Claim) -> str:
    """What a command calls a claim: its id, after its file where it is a user's."""
    return shlex.quote(f"{_file(claim)['file']}:{claim.id}") if _file(claim) else claim.id


def _request(asked: Any) -> dict[str, Any]:
    """What was asked, as `Request` takes it again."""
    fields = {field.name: getattr(asked, field.name) for field in dataclasses.fields(asked)}
    values = {str(key): value if isinstance(value, str) else plain(value) for key, value in asked.values.items()}
    return fields | {"values": values}


def _file(claim: Claim) -> dict[str, str]:
    """The user's file that holds the claim; nothing for the catalogue."""
    module = claim.setting.__module__
    file = getattr(sys.modules[module], "__file__", None)  # a notebook has none
    return {} if module.startswith("theory.") or file is None else {"file": str(file)}


def _pinned(claim: Claim) -> set[str]:
    from theory.points import ladder_top

    return {str(symbol) for symbol in claim.fixing} | set(ladder_top(claim))

"""Recomputing a record from its seed, at its level, and saying what differs."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numerics.measure import Laboratory
from proofs_check.check import Request, check_claim
from proofs_check.record import RECORD_VERSION
from proofs_check.selection import load_json
from theory import discovery
from theory.errors import BadInput

NEVER_SAME = ("seconds", "versions", "key", "earlier")
NEEDED = {"id": str, "level": float, "request": dict, "versions": dict, "backend": str, "device": str, "precision": str}


def read_record(path: str) -> dict[str, Any]:
    """The record in a file, or the first of a run's records.   Raises BadInput."""
    found = load_json(path)
    several = found.get("records") if isinstance(found, dict) else None
    record = several[0] if isinstance(several, list) and several else found
    if not isinstance(record, dict) or record.get("version") != RECORD_VERSION:
        raise BadInput(f"{path} holds no record of version {RECORD_VERSION}; give a record that `check --json` wrote")
    broken = [name for name, kind in NEEDED.items() if not isinstance(record.get(name), kind)]
    if broken:
        lacking = ", ".join(broken)
        raise BadInput(f"{path}: the record has no usable {lacking}; give a record as `check --json` wrote it")
    return record


def replay(record: Mapping[str, Any], *, lab: Laboratory | None = None) -> dict[str, Any]:
    """{same, differences}: the record against a new run of the same claim, seed and level.   Timings are left out."""
    lab = lab or Laboratory()
    claim = _claim(record)
    names = {field.name for field in dataclasses.fields(Request)}
    try:
        asked = Request(**{key: record["request"][key] for key in record["request"] if key in names})
        dict(asked.values)
    except (TypeError, ValueError) as fault:
        raise BadInput(
            f"the request of the record of {record['id']} cannot be read: {fault}; take the record as it was written"
        ) from fault
    again = check_claim(claim, asked, record["level"], lab)
    differences = [
        {"field": key, "recorded": record.get(key), "now": again.get(key)}
        for key in {**record, **again}
        if key not in NEVER_SAME and record.get(key) != again.get(key)
    ]
    notes = [key for key in record["versions"] if record["versions"][key] != again["versions"].get(key)]
    return {"id": record["id"], "same": not differences, "differences": differences, "other_versions": notes}


def _claim(record: Mapping[str, Any]) -> Any:
    source = record.get("file") or record["id"]
    if record.get("file") and not Path(record["file"]).is_file():
        raise BadInput(f"the record is of {record['file']}, which is not there; restore the file or run in its folder")
    for claim in discovery.find(source):
        if claim.id == record["id"]:
            return claim
    raise BadInput(f"{source} has no claim {record['id']}; the record is of another version")

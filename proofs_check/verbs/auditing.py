"""The verb audit: a user's Torch model against the stability bounds."""

from collections.abc import Mapping
from typing import Any

import click

from proofs_check.verbs.console import show_json
from theory import discovery
from theory.errors import BadInput

GOOD, REFUTED = 0, 1
PARTS = ("model", "loss", "data", "eta", "batch_size")


def audit(place: str, eta: float | None, batch_size: int | None, as_json: bool, debug: bool, **asked: Any) -> int:
    from proofs_check.auditing.audit import audit as examined

    given = subject(place)
    given |= {name: value for name, value in (("eta", eta), ("batch_size", batch_size)) if value is not None}
    if given.get("eta") is None:
        raise BadInput(f"{place} gives no learning rate; return it after the data, or add --eta 0.1")
    found = examined(**given, **asked)
    show_json(found.as_json()) if as_json else click.echo(found.text())
    return REFUTED if found.refuted else GOOD


def subject(place: str) -> dict[str, Any]:
    """What FUNCTION of FILE.py returns: (model, loss, data[, eta[, batch_size]]), or a dict of these names."""
    file, _, name = place.rpartition(":")
    if not file.endswith(".py"):
        raise BadInput(f"{place!r} names no function of a file; write file.py:function")
    function = getattr(discovery.load_file(file), name, None)
    if not callable(function):
        raise BadInput(f"{file} has no function {name}; write file.py:function")
    try:
        found = function()
    except BadInput:
        raise
    except Exception as fault:
        raise BadInput(f"{place} raised {type(fault).__name__}: {fault}") from fault
    if isinstance(found, tuple) and 3 <= len(found) <= len(PARTS):
        found = dict(zip(PARTS, found, strict=False))
    if not isinstance(found, Mapping) or not {"model", "loss", "data"} <= set(found) <= set(PARTS):
        raise BadInput(f"{place} must return model, loss, data and optionally eta, batch_size")
    return dict(found)

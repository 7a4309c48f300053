"""Verdicts in ordinary tests."""

from typing import Any

from numerics.measure import Laboratory
from numerics.store import Store
from proofs_check.check import check
from proofs_check.record import Record
from proofs_check.verbs.console import finding
from theory.claim import Claim


def assert_supported(
    claim: Claim, *, error_rate: float = 1e-6, lab: Laboratory | None = None, **request: Any
) -> Record:
    """Fail unless the claim is supported; `error_rate`: the chance that this call is wrong. Keywords as for `check`."""
    if lab is None:
        with Store() as store:
            return assert_supported(claim, error_rate=error_rate, lab=Laboratory(store=store), **request)
    (record,) = check(claim, lab=lab, error_rate=error_rate, **request)
    if record["verdict"] != "supported":  # no assert statement: `python -O` would take it out
        raise AssertionError(f"{record['id']}: {record['verdict']}: {finding(record)}\nreplay: {record['replay']}")
    return record

"""Verbs that read the catalogue: list, explain, predict."""

import shlex
from collections.abc import Sequence
from typing import Any

import click
import numpy as np

from proofs_check.selection import assignments, single
from proofs_check.verbs.console import show_json
from proofs_check.verbs.listing import rows_of
from theory import discovery
from theory.errors import BadInput, StoreFault

BECAME = ("status", "backend", "detail", "witness")


def list_(topic: str | None, as_json: bool, debug: bool) -> int:
    rows = rows_of(topic)
    if as_json:
        show_json({"claims": rows})
        return 0
    width = max(len(row["id"]) for row in rows)
    for row in rows:
        click.echo(f"{row['id']:{width}}  {row['relation']:19}  {row['status']:12}  {row['title']}")
    return 0


def explain(claim: str, prove: bool, as_json: bool, debug: bool) -> int:
    from theory.words.describe import describe, plain_text

    found = single(claim)
    described: dict[str, Any] = describe(found) | {"simulator": discovery.simulator_text(found)}
    if prove:
        from proofs_check.derivation.prove import prove as proved

        rows = [{name: row[name] for name in BECAME} for row in proved(found)]
    else:
        rows = _kept(found)
    described["steps"] = [step | row for step, row in zip(described["steps"], rows, strict=True)]
    if any(row["status"] is None for row in rows):
        described["not_yet_run"] = f"proofs-check prove {shlex.quote(claim)}"
    show_json(described) if as_json else click.echo(plain_text(described))
    return 0


def _kept(claim: Any) -> list[dict[str, Any]]:
    """What the store holds of each step; of a store that cannot be read it says so and takes nothing."""
    from proofs_check.derivation.kept import last_outcomes

    try:
        outcomes = last_outcomes(claim)
    except StoreFault as fault:
        click.echo(f"proofs-check: what became of the steps is not known: {fault}", err=True)
        outcomes = [None] * len(claim.steps)
    return [{name: getattr(found, name, None) for name in BECAME} for found in outcomes]


def predict(claim: str, sets: Sequence[str], digits: int, as_json: bool, debug: bool) -> int:
    from theory.claim import Claim
    from theory.points import complete

    found: Claim = single(claim)
    if found.is_per_trial():
        raise BadInput(
            f"{found.id} has a prediction for every draw, not for a point; "
            f"`proofs-check check {found.id}` compares them"
        )
    given = assignments(sets)
    used = found.but(regime=()).needs()
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
        if (count := _count(prediction.digits)) < digits:
            click.echo(f"{count} digits are certain, {digits} were asked: {prediction.guarantee}", err=True)
    return 0


def _count(digits: str) -> int:
    """Significant digits of a decimal text."""
    return len(digits.lower().partition("e")[0].lstrip("-").replace(".", "").lstrip("0"))


def _certain(digits: str, wanted: int) -> str:
    """The first `wanted` certain digits of a decimal text."""
    from decimal import Context, Decimal

    return str(Context(prec=wanted).create_decimal(Decimal(digits)))

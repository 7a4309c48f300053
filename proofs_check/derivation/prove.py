"""Claims proved step by step: every step with what became of it, and what is remembered of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from proofs_check.derivation.decide import decide
from theory.claim import Claim
from theory.wording import described

BAD = ("refuted", "vacuous")
Row = dict[str, Any]


def prove(claims: Claim | Sequence[Claim], heard: Callable[[Row], None] = lambda row: None) -> list[Row]:
    """One row for each step of the claims: claim, statement, backend, status, seconds, detail, witness.

    A status is "proved", "instance-checked", "assumed", "undecided", "refuted" or "vacuous".
    Raises BadDeclaration for a step with a symbol that nothing declares.
    """
    rows = []
    for row in _rows([claims] if isinstance(claims, Claim) else claims):
        heard(row)
        rows.append(row)
    return rows


def _rows(claims: Sequence[Claim]) -> Iterator[Row]:
    known: dict[Any, Any] = {}  # claims of an entry share steps
    for claim in claims:
        for step in claim.steps:
            key = (_content(step), claim.setting, _content(claim.assuming))
            if key not in known or getattr(step, "of", step) is None:  # a limit of the prediction is the claim's own
                known[key] = decide(step, claim)
                yield row_of(claim, step, known[key])
            else:
                yield row_of(claim, step, replace(known[key], seconds=0.0))


def _content(part: Any) -> Any:
    """What a step says, comparable: its symbols with their assumptions, which their names may hide."""
    if is_dataclass(part):
        return (type(part), *(_content(getattr(part, field.name)) for field in fields(part)))
    if isinstance(part, Mapping):
        return frozenset((key, _content(value)) for key, value in part.items())
    return tuple(map(_content, part)) if isinstance(part, (list, tuple)) else part


def row_of(claim: Claim, step: Any, found: Any) -> Row:
    said = described(claim, step)
    return {
        "claim": claim.id,
        "kind": said["kind"],
        "statement": said["statement"],
        "where": said["where"],
        "latex": said["latex"],
        "because": said["because"],
        "backend": found.backend,
        "status": found.status,
        "detail": found.detail,
        "witness": found.witness,
        "seconds": round(found.seconds, 3),
    }


def exit_code(rows: Sequence[Mapping[str, Any]], strict: bool = False) -> int:
    """1 where a step is refuted or vacuous, 3 under `strict` where one is undecided, otherwise 0."""
    statuses = {row["status"] for row in rows}
    return 1 if statuses & set(BAD) else 3 if strict and "undecided" in statuses else 0

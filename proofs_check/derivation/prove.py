"""Claims proved step by step: every step with what became of it, and what is remembered of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from proofs_check.derivation.decide import decide
from proofs_check.derivation.kept import Kept
from proofs_check.derivation.key import step_key
from proofs_check.derivation.outcome import Outcome
from theory.claim import Claim
from theory.words.wording import described

BAD = ("refuted", "vacuous")
Row = dict[str, Any]


def prove(
    claims: Claim | Sequence[Claim], heard: Callable[[Row], None] = lambda row: None, kept: Kept | None = None
) -> list[Row]:
    """One row for each step of the claims: claim, statement, backend, status, seconds, detail, witness, stored.

    A status is "proved", "instance-checked", "assumed", "undecided", "refuted" or "vacuous". With `kept`, outcomes that
    the store holds are used again, and new ones are put there.
    Raises BadDeclaration for a step with a symbol that nothing declares.
    """
    rows = []
    for row in _rows([claims] if isinstance(claims, Claim) else claims, kept):
        heard(row)
        rows.append(row)
    return rows


def _rows(claims: Sequence[Claim], kept: Kept | None) -> Iterator[Row]:
    known: dict[str | None, Outcome] = {}  # claims of an entry share steps
    for claim in claims:
        for step in claim.steps:
            key = step_key(step, claim)
            if key is not None and key in known:
                yield row_of(claim, step, replace(known[key], seconds=0.0))
                continue
            stored = kept.settled(key) if kept else None
            found = stored or decide(step, claim)
            if kept and not stored:
                kept.put(key, found)
            known[key] = found
            yield row_of(claim, step, found, stored is not None)


def row_of(claim: Claim, step: Any, found: Any, stored: bool = False) -> Row:
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
        "stored": stored,
    }


def exit_code(rows: Sequence[Mapping[str, Any]], strict: bool = False) -> int:
    """1 where a step is refuted or vacuous, 3 under `strict` where one is undecided, otherwise 0."""
    statuses = {row["status"] for row in rows}
    return 1 if statuses & set(BAD) else 3 if strict and "undecided" in statuses else 0

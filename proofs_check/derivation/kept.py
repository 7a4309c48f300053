"""Outcomes of steps in the store."""

import json
from dataclasses import asdict, dataclass

from numerics.store import Store, default_folder
from proofs_check.derivation.key import step_key
from proofs_check.derivation.outcome import STATUSES, Outcome
from theory.claim import Claim

TEXTS = ("status", "backend", "detail", "witness")


@dataclass(frozen=True)
class Kept:
    """What a store holds of steps; `fresh`: nothing of it is used again."""

    store: Store
    fresh: bool = False

    def settled(self, key: str | None) -> Outcome | None:
        """The outcome kept, unless it is undecided: more time or a quieter machine may decide it."""
        found = None if self.fresh else self.last(key)
        return None if found is None or found.status == "undecided" else found

    def last(self, key: str | None) -> Outcome | None:
        """The last outcome; None where there is none, or none that can be read."""
        return None if key is None else _read(self.store.get_step(key))

    def put(self, key: str | None, found: Outcome) -> None:
        if key is not None:
            self.store.put_step(key, json.dumps(asdict(found)))


def last_outcomes(claim: Claim) -> list[Outcome | None]:
    """What is kept of each step; nothing is proved and no store is made.   Raises StoreFault."""
    if not claim.steps or not (default_folder() / "store.sqlite").exists():
        return [None] * len(claim.steps)
    with Store() as store:
        return [Kept(store).last(step_key(step, claim)) for step in claim.steps]


def _read(text: str | None) -> Outcome | None:
    try:
        said = json.loads(text or "null")
        texts = {name: said[name] for name in TEXTS}
    except (ValueError, TypeError, KeyError):
        return None
    right = all(isinstance(value, str) for value in texts.values()) and texts["status"] in STATUSES
    return Outcome(**texts) if right else None

"""What a user's words mean: names of claims, values of a point, folders and files, the laboratory to work in."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory import discovery
from theory.errors import BadInput


@dataclass(frozen=True)
class Place:
    """Where and how a verb computes."""

    backend: str = "numpy"
    device: str = ""
    precision: str = "float64"
    workers: int | None = None
    fresh: bool = False


class laboratory:  # a context, used like a function
    """A laboratory with the store of this place, closed at the end."""

    def __init__(self, place: Place, heard: Any = lambda trials: None) -> None:
        from numerics.arrays import Machine
        from numerics.measure import Laboratory
        from numerics.store import Store

        chooses = place.precision == "auto"
        machine = Machine(place.backend, place.device, "float64" if chooses else place.precision)
        self.store = Store()
        cores = place.workers or len(os.sched_getaffinity(0))
        self.lab = Laboratory(machine, self.store, cores, reuse=not place.fresh, heard=heard, chooses=chooses)

    def __enter__(self) -> Any:
        return self.lab

    def __exit__(self, *_: object) -> None:
        self.store.close()


def single(name: str) -> Any:
    """The one claim that a name means: an id, or the first claim of a file; `file.py:quantity` picks another one."""
    file, _, quantity = name.partition(".py:")
    if quantity:
        held = discovery.find(f"{file}.py")
        claims = [claim for claim in held if quantity in (claim.quantity, claim.id)]
        if not claims:
            names = ", ".join(claim.quantity or claim.id for claim in held)
            raise BadInput(f"{file}.py has no claim {quantity!r}; it has {names}")
        return claims[0]
    claims = discovery.find(name)
    if len(claims) > 1 and not name.endswith(".py"):
        raise BadInput(f"{name} means {len(claims)} claims, this verb takes one; choose {claims[0].id}, for example")
    return claims[0]


def meant(names: Sequence[str]) -> list[Any]:
    """The claims that some names mean, each once: those of an entry, a topic or a file; `file.py:quantity` is one."""
    return list(distinct([claim for name in names for claim in named(name, discovery.entry_claims)]).values())


def named(name: str, whole: Callable[[str], list[Any]]) -> list[Any]:
    """The one claim of `file.py:quantity`, otherwise what `whole` finds."""
    return [single(name)] if ".py:" in name else whole(name)


def selected(names: Sequence[str], request: Any) -> list[Any]:
    """The claims to check, each once. With values given an id means itself, not its entry: a point is of one claim."""
    whole = discovery.find if request.values or request.level else discovery.entry_claims
    found = distinct([claim for name in names for claim in named(name, whole)])
    claims = list(found.values())
    if request.wrong:
        claims = [claim for claim in claims if any(wrong.name == request.wrong for wrong in claim.wrong)]
        if not claims:
            known = [repr(wrong.name) for claim in found.values() for wrong in claim.wrong]
            raise BadInput(
                f"{' '.join(names)}: no wrong variant is called {request.wrong!r}; "
                f"there are {', '.join(known) or 'none'}"
            )
    if request.boundary:
        claims = [claim for claim in claims if claim.fails_at]
        if not claims:
            raise BadInput(
                f"{' '.join(names)}: no point is declared at which the claim fails; see `proofs-check explain`"
            )
    return claims


def distinct(claims: Sequence[Any]) -> dict[str, Any]:
    """The claims by their ids, each once.   Raises BadInput when two claims share an id: one would hide the other."""
    found: dict[str, Any] = {}
    for claim in claims:
        if found.setdefault(claim.id, claim) is not claim:
            raise BadInput(f"two claims are called {claim.id}; give one of them another entry, or check one at a time")
    return found


def assignments(sets: Sequence[str]) -> Mapping[str, str]:
    """NAME=VALUE flags; the values stay text, each domain parses its own."""
    pairs = {}
    for flag in sets:
        name, equals, value = flag.partition("=")
        if not equals or not name.isidentifier() or not value.strip():
            raise BadInput(f"--set {flag!r} is no assignment; write --set n=40")
        if name in pairs:
            raise BadInput(f"--set {name} is given twice; keep one")
        pairs[name] = value.strip()
    return pairs


def writable_folder(name: str) -> Path:
    """The folder, made if need be.   Raises BadInput when nothing can be written there."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise BadInput(f"cannot write to {folder}: {fault.strerror}; choose another folder") from fault
    return folder


def load_json(path: str) -> Any:
    """A JSON file.   Raises BadInput."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}; give a record that `check --json` wrote") from None
    except (OSError, ValueError) as fault:
        raise BadInput(f"{path} is no JSON file: {fault}; give a record that `check --json` wrote") from None

"""The rows of `list`, kept beside the compiled catalogue while no source file of it has changed.

To build the claims takes a second and more; what `list` says of them is text.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numerics.sources import ROOT, digest_of
from proofs_check.selection import single
from theory import discovery
from theory.errors import BadInput

Row = dict[str, Any]
SOURCES = (ROOT / "theory", ROOT / "numerics", ROOT / "proofs_check" / "verbs" / "listing.py")


def rows_of(name: str | None) -> list[Row]:
    """The rows of a topic, of all claims, or of whatever else a name means."""
    if name and ".py:" in name:
        return [row(single(name))]
    if name not in (None, "all", "flagship", *discovery.topics()):
        return [row(claim) for claim in discovery.find(str(name))]
    every = kept(SOURCES, _place(), lambda: [row(claim) for claim in discovery.find("all")])
    if name == "flagship":
        return [one for one in every if one["flagship"]]
    return every if name in (None, "all") else [one for one in every if one["topic"] == name]


def kept(sources: Sequence[Path], place: Path, build: Callable[[], list[Row]]) -> list[Row]:
    """What `build` returned for these sources, word for word, and these versions; built anew, and kept, otherwise."""
    key = _key(sources)
    try:
        held = json.loads(place.read_text(encoding="utf-8"))
        if held["key"] == key:
            return held["rows"]
    except (OSError, ValueError, TypeError, KeyError):  # none yet, or none that can be read
        held = None
    built = build()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_name(f"{place.name}.{key[:8]}")
        half.write_text(json.dumps({"key": key, "rows": built}), encoding="utf-8")
        half.replace(place)
    except OSError:  # where nothing can be written, every call builds
        return built
    return built


def row(claim: Any) -> Row:
    return {
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


def _backends(claim: Any) -> list[str]:
    try:
        return list(discovery.simulator_of(claim.setting).backends)
    except BadInput:
        return []


def _key(sources: Sequence[Path]) -> str:
    files = [file for path in sources for file in (path.rglob("*.py") if path.is_dir() else [path])]
    facts = {file.as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return digest_of([facts, platform.python_version(), importlib.metadata.version("sympy")])


def _place() -> Path:
    """Beside the compiled catalogue, wherever Python keeps that."""
    return Path(importlib.util.cache_from_source(str(discovery.CATALOGUE / "__init__.py"))).with_name("listing.json")

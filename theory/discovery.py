"""Finding what was declared: entries of the catalogue by their paths, claims and simulators of a user's file.

No list is kept by hand.
"""

import difflib
import hashlib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from theory.errors import BadDeclaration, BadInput, UnknownClaim

CATALOGUE = Path(__file__).parent / "claims"


def entries(topic: str | None = None) -> list[str]:
    """The entries of the catalogue by their paths, without importing any: 'min_norm.ridgeless_risk_isotropic'."""
    folders = (
        [CATALOGUE / topic]
        if topic
        else sorted(path for path in CATALOGUE.iterdir() if path.is_dir() and path.name[0] != "_")
    )
    return [
        f"{folder.name}.{path.stem}"
        for folder in folders
        for path in sorted(folder.glob("*.py"))
        if path.name[0] != "_"
    ]


def topics() -> list[str]:
    return sorted({entry.split(".")[0] for entry in entries()})


def claims_of_entry(entry: str) -> list[Any]:
    """The claims of one catalogue entry; the entry's name is its path, and each claim must say so."""
    claims = claims_in(importlib.import_module(f"theory.claims.{entry}"), entry)
    for claim in claims:
        if claim.entry != entry:
            raise BadDeclaration(
                f"theory/claims/{entry.replace('.', '/')}.py: {claim.id} says "
                f"entry={claim.entry!r}; write entry={entry!r}"
            )
    return claims


def find(name: str) -> list[Any]:
    """The claims that a user means: an id, an entry, a topic, a file, 'flagship' or 'all'.

    Raises UnknownClaim with the nearest names.
    """
    if name.endswith(".py") or "/" in name:
        return claims_in(load_file(name), name)
    if name in ("all", "flagship"):
        every = [claim for entry in entries() for claim in claims_of_entry(entry)]
        return [claim for claim in every if claim.flagship] if name == "flagship" else every
    if name in topics():
        return [claim for entry in entries(name) for claim in claims_of_entry(entry)]
    name = canonical(name)
    known = entries(name.split(".")[0]) if name.split(".")[0] in topics() else []
    for entry in sorted(known, key=len, reverse=True):
        if name == entry or name.startswith(f"{entry}_"):
            exact = [claim for claim in claims_of_entry(entry) if claim.id == name]
            if exact:
                return exact
    raise UnknownClaim(f"no claim, entry, topic or file is called {name!r}; {_nearest(name)}")


def canonical(name: str) -> str:
    """The name with the entry's own id in place of an alias: an entry's file may list `aliases = ["topic.other"]`."""
    known = entries()
    if any(name == entry or name.startswith(f"{entry}_") for entry in known) or "." not in name:
        return name
    for entry in known:
        for alias in getattr(importlib.import_module(f"theory.claims.{entry}"), "aliases", ()):
            if name == alias or name.startswith(f"{alias}_"):
                return entry + name.removeprefix(alias)
    return name


def entry_claims(name: str) -> list[Any]:
    """All claims of an entry when `name` is one, otherwise what `find` says."""
    name = canonical(name)
    return claims_of_entry(name) if name in entries() else find(name)


def claims_in(module: ModuleType, where: str) -> list[Any]:
    """The list `claims` of a module.   Raises BadDeclaration when it has none, or when two claims share an id."""
    from theory.claim import Claim

    claims = getattr(module, "claims", None)
    if not isinstance(claims, list) or not claims or not all(isinstance(claim, Claim) for claim in claims):
        raise BadDeclaration(f"{where} has no list of claims; write claims = [Claim(…)] at its top level")
    ids = [claim.id for claim in claims]
    doubled = {name for name in ids if ids.count(name) > 1}
    if doubled:
        raise BadDeclaration(
            f"{where}: {', '.join(sorted(doubled))} stands twice; give each claim of an entry its own quantity"
        )
    return claims


def load_file(name: str | Path) -> ModuleType:
    """A user's file as a module.   Raises BadInput with the line of the file when it cannot be run."""
    path = Path(name).resolve()
    if not path.is_file() or path.suffix != ".py":
        raise BadInput(f"there is no Python file {name}; give the path of a .py file with a list of claims")
    module_name = path.stem
    loaded = sys.modules.get(module_name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    if loaded is not None or "." in module_name or importlib.util.find_spec(module_name) is not None:
        # a file called like an installed package must not hide it, nor one user's file another
        module_name = f"user_{path.stem.replace('.', '_')}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
        if module_name in sys.modules:
            return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        with redirect_stdout(sys.stderr):  # stdout belongs to the verb's own answer
            spec.loader.exec_module(module)
    except BaseException as fault:
        del sys.modules[module_name]
        if isinstance(fault, KeyboardInterrupt):
            raise
        raise BadInput(_in_file(path, fault)) from fault
    return module


def simulator_of(setting: type) -> Any:
    """The simulator of a setting, in its own file or in numerics/simulators/<topic>/.   Raises BadDeclaration."""
    for module in _places(setting):
        for value in vars(module).values():
            simulator = getattr(value, "simulator", None)
            if simulator is not None and getattr(simulator, "setting", None) is setting:
                return simulator
    raise BadDeclaration(
        f"{setting.__qualname__} has no simulator; mark a function with @simulates({setting.__qualname__}) beside it"
    )


def simulator_text(claim: Any) -> str:
    """The name of a claim's simulator, with what it says of itself."""
    simulator = simulator_of(claim.setting)
    said = " ".join((simulator.function.__doc__ or "").split())
    return f"{simulator.name}: {said}" if said else simulator.name


def _places(setting: type) -> Iterator[ModuleType]:
    yield sys.modules[setting.__module__]
    if setting.__module__.startswith("theory.settings."):
        package = f"numerics.simulators.{setting.topic()}"  # type: ignore[attr-defined]
        if importlib.util.find_spec(package) is None:
            return
        folder = importlib.import_module(package)
        for found in sorted(pkgutil.walk_packages(folder.__path__, f"{package}."), key=lambda module: module.name):
            yield importlib.import_module(found.name)


def _nearest(name: str) -> str:
    ids = [claim.id for entry in entries() for claim in claims_of_entry(entry)]
    near = difflib.get_close_matches(name, [*ids, *topics(), "flagship", "all"], n=3, cutoff=0.4)
    near = near or [known for known in ids if name and name.split(".")[-1] in known][:3]
    return f"did you mean {' or '.join(near)}?" if near else "`proofs-check list` shows the catalogue"


def _in_file(path: Path, fault: BaseException) -> str:
    """One line: file, line, and what to do."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == str(path)]
    line = getattr(fault, "lineno", None) or (frames[-1].lineno if frames else "?")
    text = " ".join(str(fault).split()) or type(fault).__name__
    if isinstance(fault, TypeError) and "truth value of Relational" in text:
        text = (
            "a chained comparison of symbols has no truth value; write And(1 < p, p < 5), "
            "or two entries of the list, instead of 1 < p < 5"
        )
    elif not isinstance(fault, BadInput):
        text = f"{type(fault).__name__}: {text}"
    return f"{path.name}, line {line}: {text}"

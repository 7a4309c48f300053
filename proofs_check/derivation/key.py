"""What the outcome of a step depends on, as a digest: its content, what is declared of its symbols, and the prover."""

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import sympy
from sympy import Basic, Dummy, Symbol
from sympy.core.function import UndefinedFunction

from numerics.sources import ROOT, digest_of
from proofs_check.derivation.patience import OutOfTime, patience
from proofs_check.derivation.question import range_of
from theory.claim import Claim
from theory.domain import Choice
from theory.errors import BadDeclaration
from theory.proof import Entries, Instances, Limit, Stated

LIBRARIES = ("sympy", "python-flint", "mpmath", "numpy", "z3-solver", "cvc5", "cvxpy", "clarabel")
DECLARING = (ROOT / "theory" / "claims", ROOT / "theory" / "settings")  # what they say of a step is in its key
SEEN = ("entry", "quantity", "prediction", "roots", "fixing", "points", "tight_at", "regime", "relation")


def step_key(step: Stated, claim: Claim) -> str | None:
    """The address of a step's outcome; None where the step holds something that has no text, such as a function."""
    try:
        with patience():  # instances are written out
            parts = [_content(step, {}), _content(tuple(claim.assuming), {}), _declared(claim)]
            if isinstance(step, Limit) and step.of is None:  # of the prediction, which is looked at near points
                typical = [getattr(part, "typical", None) for part in claim.setting.parts.values()]
                parts.append(_content([typical, *(getattr(claim, name) for name in SEEN)], {}))
            return digest_of([*parts, prover()])
    except (OutOfTime, Exception):  # of the author's functions, of many kinds; to decide the step says what is wrong
        return None


@functools.cache
def prover() -> str:
    """The digest of the prover's source files, and of those of `theory` that it may reach, with their libraries."""
    files = [*(ROOT / "proofs_check" / "derivation").rglob("*.py"), *(ROOT / "theory").rglob("*.py")]
    kept = sorted(file for file in files if not any(file.is_relative_to(folder) for folder in DECLARING))
    facts = {file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in kept}
    return digest_of([facts, platform.python_version(), [_version(library) for library in LIBRARIES]])


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _declared(claim: Claim) -> list[Any]:
    """Every part of the setting: its kind, its symbol, and its range or its options."""
    found = []
    for name, part in claim.setting.parts.items():
        try:
            known: Any = part.options if isinstance(part, Choice) else range_of(claim, part.symbol)
        except (BadDeclaration, TypeError):  # an array, or an irrational bound of an observable
            ends = getattr(part, "between", None) or ()
            known = [end(claim.setting) if callable(end) else end for end in ends]
        found.append([name, type(part).__qualname__, _content(part.symbol, {}), _content(known, {})])
    return found


def _content(part: Any, dummies: dict[Any, int]) -> Any:
    """What something says, for JSON: symbols with their assumptions, which their names may hide."""
    if isinstance(part, Basic):
        return _expression(part, dummies)
    if isinstance(part, Instances):
        sizes = [size if isinstance(size, (tuple, list)) else (size,) for size in part.sizes]
        written = [[size, part.at(*size)] for size in sizes]
        return ["Instances", _content([written, part.given, part.where, part.everywhere], dummies)]
    if is_dataclass(part) and not isinstance(part, type):
        return [type(part).__qualname__, *(_content(value, dummies) for value in _fields(part))]
    if isinstance(part, Mapping):
        pairs = [[_content(name, dummies), _content(value, dummies)] for name, value in part.items()]
        return ["mapping", *pairs]
    if isinstance(part, (list, tuple)):
        return [_content(value, dummies) for value in part]
    if part is None or isinstance(part, (bool, int, float, str)):
        return [type(part).__name__, repr(part)]
    raise TypeError(f"{part!r} has no text")


def _fields(part: Any) -> Iterator[Any]:
    return (getattr(part, field.name) for field in fields(part) if field.name != "because")


def _expression(part: Basic, dummies: dict[Any, int]) -> list[Any]:
    """The tree of an expression; a dummy is named by the order of its first occurrence."""
    kind = type(part)
    if isinstance(part, Symbol):
        number = dummies.setdefault(part, len(dummies)) if isinstance(part, Dummy) else -1
        count = _content(part.count, dummies) if isinstance(part, Entries) else None
        return [kind.__qualname__, part.name, number, count, sorted(part.assumptions0.items())]
    if isinstance(kind, UndefinedFunction):
        own: list[Any] = [kind.__name__, sorted((name, repr(value)) for name, value in kind._kwargs.items())]
    elif kind.__module__.split(".")[0] in ("sympy", "theory") and not kind.__module__.startswith(
        ("theory.claims", "theory.settings")
    ):
        own = [f"{kind.__module__}.{kind.__qualname__}"]
    else:
        raise TypeError(f"{kind.__qualname__} is a function of the author's, whose source is not followed")
    return [*own, *(_expression(one, dummies) for one in part.args)] if part.args else [*own, sympy.srepr(part)]

"""What a stored sample depends on: the source of its simulator, library versions, and the digest of such facts."""

import ast
import functools
import hashlib
import importlib.metadata
import inspect
import json
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.errors import BadInput

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("theory", "numerics", "proofs_check")
PREDICTING = ("relation", "formulas", "programs", "implicit", "computed", "evaluate", "proof", "discovery")
ALL = "*"


def digest_of(value: Any) -> str:
    """SHA-256 of a value's canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)


def versions(backend: str | None = None) -> dict[str, str]:
    """Versions of Python and the numerical libraries; imports none of them.

    Torch is told where it is imported. With a backend, it is told for that backend alone, so that the answer
    does not depend on what else the process has imported: this is the form for a key.
    """
    found = {"python": platform.python_version(), "numpy": _version("numpy"), "scipy": _version("scipy")}
    if backend == "torch" or (backend is None and "torch" in sys.modules):
        found["torch"] = _version("torch")
    if backend == "cupy" or (backend is None and "cupy" in sys.modules):
        found["cupy"] = sys.modules["cupy"].__version__  # its distribution is named after a CUDA version
    return found


def source_digest(function: Callable[..., Any]) -> str:
    """SHA-256 over the syntax of the module that defines the function and of every project module it reaches.

    Reached are imports, found without running anything, of this project's packages and of modules beside a user's
    file. Comments do not count, nor what states predictions: assignments to `claims`, the modules of claims, formulas
    and programs, and `__init__` files that only import. Dynamic imports are not seen.

    Raises BadInput where the function has no source file.
    """
    file = _file_of(function)
    roots = () if _in_project(file) else (file.parent, _above_packages(file))
    facts = sorted((_label(path, roots), _parse(_read(path)).dump) for path in _reached(file, roots))
    return digest_of(facts)


def _file_of(function: Callable[..., Any]) -> Path:
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        file = None
    if file is None or not Path(file).is_file():
        name = getattr(function, "__qualname__", repr(function))
        raise BadInput(f"simulator {name} has no source file, so its samples cannot be kept; define it in a .py file")
    return Path(file).resolve()


def _in_project(file: Path) -> bool:
    return any(file.is_relative_to(ROOT / package) for package in PACKAGES)


def _above_packages(file: Path) -> Path:
    """The folder from which a user's file is imported, above the packages that hold it."""
    return next(folder for folder in file.parents if not (folder / "__init__.py").exists())


def _label(file: Path, roots: tuple[Path, ...]) -> str:
    """The path as written in imports, so that a digest does not depend on where the folder lies."""
    bases = (ROOT,) if _in_project(file) else (*reversed(roots), Path(file.anchor))
    base = next(base for base in bases if file.is_relative_to(base))
    return file.relative_to(base).as_posix()


def _reached(start: Path, roots: tuple[Path, ...]) -> set[Path]:
    """Files whose syntax counts."""
    counted: set[Path] = set()
    seen: set[tuple[Path, str]] = set()
    waiting = [(start, ALL)]
    while waiting:
        file, name = waiting.pop()
        if (file, name) in seen:
            continue
        seen.add((file, name))
        parsed = _parse(_read(file))
        imports = parsed.imports
        if file.name == "__init__.py" and parsed.reexports:
            imports = [found for found in imports if name == ALL or found.binds(name)]
        else:
            counted.add(file)
        waiting += [hit for found in imports for hit in found.files(file, roots)]
    return counted


@dataclass(frozen=True)
class _Import:
    """One `import module` (name None) or `from module import name as bound`."""

    level: int
    module: str
    name: str | None
    bound: str

    def binds(self, name: str) -> bool:
        return name == self.bound or self.name == ALL

    @property
    def predicting(self) -> bool:
        """States predictions, and so cannot change what a simulator measures."""
        parts = f"{self.module}.{self.name}".split(".")
        return not self.level and parts[0] == "theory" and (parts[1].startswith("claim") or parts[1] in PREDICTING)

    def files(self, file: Path, roots: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
        """The files that the import runs, each with the name wanted from it."""
        if self.predicting:
            return
        parts = self.module.split(".") if self.module else []
        base = file.parents[self.level - 1] if self.level else self._base(parts[0], roots)
        if base is None:
            return
        for depth in range(0 if self.level else 1, len(parts)):
            yield from _module(base.joinpath(*parts[:depth]), "" if self.name else ALL)
        path = base.joinpath(*parts)
        inner = _module(path / self.name, ALL) if self.name not in (None, ALL) else []
        yield from inner or _module(path, self.name or ALL)
        if inner:
            yield from _module(path, "")

    @staticmethod
    def _base(top: str, roots: tuple[Path, ...]) -> Path | None:
        if top in PACKAGES:
            return ROOT
        return next((base for base in roots if _module(base / top, ALL) or (base / top).is_dir()), None)


def _module(path: Path, name: str) -> list[tuple[Path, str]]:
    """The file of the module or package at a path, with the name wanted from it, if there is one."""
    tried = (path.parent / f"{path.name}.py", path / "__init__.py")
    return [(file.resolve(), name) for file in tried if file.is_file()][:1]


@dataclass(frozen=True)
class _Parsed:
    dump: str
    imports: list[_Import]
    reexports: bool


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@functools.cache
def _parse(text: str) -> _Parsed:
    """A module without what only states predictions; cached by its text, so that an edited file is read anew."""
    tree = ast.parse(text)
    imports = [found for node in ast.walk(tree) for found in _imports(node)]
    reexports = all(map(_reexports, tree.body))
    tree.body = [statement for statement in tree.body if not _states_predictions(statement)]
    return _Parsed(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports, reexports)


def _imports(node: ast.AST) -> list[_Import]:
    if isinstance(node, ast.Import):
        return [_Import(0, alias.name, None, (alias.asname or alias.name).split(".")[0]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [_Import(node.level, node.module or "", one.name, one.asname or one.name) for one in node.names]
    return []


def _states_predictions(statement: ast.stmt) -> bool:
    """Assignments to `claims`, and imports of the words for it: another relation must not cost the samples."""
    imports = _imports(statement)
    words = all(found.predicting or (found.module == "theory" and not found.level) for found in imports)
    return "claims" in _targets(statement) or (bool(imports) and words)


def _targets(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _reexports(statement: ast.stmt) -> bool:
    docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    dunder = [name for name in _targets(statement) if name.startswith("__")]
    return docstring or bool(dunder) or isinstance(statement, ast.Import | ast.ImportFrom)

"""The import rules of pyproject.toml hold; each breaks when a violation is planted in a copy of the packages."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("theory", "numerics", "proofs_check")
OPTIONAL = {"clarabel", "cupy", "cvxpy", "dask", "dask_jobqueue", "osqp", "z3"}

PLANTED = {
    "numerics above proofs_check": ("numerics/planted.py", "import proofs_check", {"layers"}),
    "theory above numerics": ("theory/planted.py", "import numerics", {"layers"}),
    "a simulator with a claim": ("numerics/simulators/planted.py", "import theory.claims", {"two-sides"}),
    "a simulator with a formula": ("numerics/simulators/planted.py", "import theory.formulas", {"two-sides"}),
    "a simulator with a program": ("numerics/simulators/planted.py", "import theory.programs", {"two-sides"}),
    "a simulator with all of theory": ("numerics/simulators/planted.py", "from theory import sqrt", {"two-sides"}),
    "a simulator with SymPy": ("numerics/simulators/planted.py", "import sympy", {"simulators-sympy"}),
    "a setting with Torch": ("theory/settings/planted.py", "import torch", {"theory-light"}),
    "theory with Hypothesis, lazily": ("theory/planted.py", "def late():\n    import hypothesis", {"theory-light"}),
}


def lint(tree: Path) -> tuple[set[str], str]:
    """Names of the contracts that the packages in `tree` break, and the whole report."""
    program = Path(sys.executable).with_name("lint-imports")
    report = subprocess.run([program, "--no-logo", "--no-cache"], cwd=tree, capture_output=True, text=True, timeout=60)
    broken = set(re.findall(r"^(.+) BROKEN", report.stdout, re.MULTILINE))
    assert (report.returncode == 0) == (not broken), report.stdout + report.stderr
    return broken, report.stdout


def contract_names() -> dict[str, str]:
    """Contract id -> the name that the report prints."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {contract["id"]: contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


def copy_of_packages(folder: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_repository_keeps_every_contract() -> None:
    broken, report = lint(ROOT)
    assert not broken, report
    assert f"{len(contract_names())} kept" in report


@pytest.mark.parametrize(("file", "line", "contracts"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_breaks_its_contract_and_no_other(
    tmp_path: Path, file: str, line: str, contracts: set[str]
) -> None:
    tree = copy_of_packages(tmp_path)
    (tree / file).write_text(line + "\n")
    broken, report = lint(tree)
    assert broken == {contract_names()[contract] for contract in contracts}, report
    assert file.removesuffix(".py").replace("/", ".") in report


def test_every_contract_has_a_planted_violation() -> None:
    assert set().union(*(contracts for _, _, contracts in PLANTED.values())) == set(contract_names())


def optional_imports(tree: ast.AST, lazy: bool = False) -> Iterator[tuple[str, bool]]:
    """(optional library, whether its import waits inside a function) for each import statement below `tree`."""
    for node in ast.iter_child_nodes(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from ((name.split(".")[0], lazy) for name in names if name.split(".")[0] in OPTIONAL)
        yield from optional_imports(node, lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def faults_of_optional_imports(root: Path) -> list[str]:
    """Optional libraries that are imported at the top of a module, or in more than one file."""
    files, faults = defaultdict(set), []
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        for library, lazy in optional_imports(ast.parse(path.read_text("utf-8"))):
            files[library].add(path.relative_to(root).as_posix())
            faults += [] if lazy else [f"{path.relative_to(root).as_posix()} imports {library} at its top"]
    return faults + [f"{library} is imported in {sorted(where)}" for library, where in files.items() if len(where) > 1]


def test_an_optional_library_is_imported_in_one_file_and_late() -> None:
    assert faults_of_optional_imports(ROOT) == []


def test_an_optional_library_imported_twice_or_early_is_seen(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "theory/a.py").write_text("def late():\n    from cupy.linalg import svd\n")
    (tmp_path / "theory/b.py").write_text("def late():\n    import cupy\n")
    (tmp_path / "theory/c.py").write_text("import z3\n")
    assert faults_of_optional_imports(tmp_path) == [
        "theory/c.py imports z3 at its top",
        "cupy is imported in ['theory/a.py', 'theory/b.py']",
    ]


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after a statement."""
    script = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout.split())


def test_reading_the_whole_catalogue_imports_none_of_the_heavy_libraries() -> None:
    loaded = modules_after("from theory.discovery import find; find('all')")
    assert {"theory", "sympy"} <= loaded
    assert not loaded & {"torch", "cupy", "matplotlib", "hypothesis"}


def test_an_import_of_hypothesis_is_seen() -> None:
    assert "hypothesis" in modules_after("import hypothesis")

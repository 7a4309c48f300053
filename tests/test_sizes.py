"""The repository stays flat: short files and functions, few files to a folder."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ("theory", "numerics", "proofs_check", "tests", "benchmarks")
LINES, STATEMENTS, FILES = 400, 40, 15


def too_large(root: Path) -> list[str]:
    """Files of more than LINES lines, functions of more than STATEMENTS lines, folders of more than FILES modules."""
    faults = []
    for folder in (path for top in CODE for path in [root / top, *(root / top).rglob("*")] if path.is_dir()):
        modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        if len(modules) > FILES:
            faults.append(f"{folder.relative_to(root)} holds {len(modules)} modules")
        for path in modules:
            text, name = path.read_text("utf-8"), path.relative_to(root)
            if (lines := len(text.splitlines())) > LINES:
                faults.append(f"{name} has {lines} lines")
            functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
            faults += [f"{name}: {f.name} has {n} lines" for f in functions if (n := lines_of(f)) > STATEMENTS]
    return faults


def lines_of(function: ast.FunctionDef) -> int:
    """Lines of code without docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_file_function_or_folder_is_too_large() -> None:
    assert too_large(ROOT) == []


def test_what_is_too_large_is_seen(tmp_path: Path) -> None:
    (tmp_path / "theory").mkdir()
    (tmp_path / "theory/long.py").write_text("x = 1\n" * (LINES + 1))
    (tmp_path / "theory/deep.py").write_text('def f():\n    """Said."""\n' + "    x = 1\n" * (STATEMENTS + 1))
    (tmp_path / "tests").mkdir()
    for number in range(FILES + 1):
        (tmp_path / f"tests/m{number}.py").touch()
    assert sorted(too_large(tmp_path)) == [
        f"tests holds {FILES + 1} modules",
        f"theory/deep.py: f has {STATEMENTS + 1} lines",
        f"theory/long.py has {LINES + 1} lines",
    ]

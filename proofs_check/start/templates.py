"""Claim files to start from, which already run."""

import re
from importlib import resources
from pathlib import Path

from theory.errors import BadInput

NAME = re.compile(r"[a-z][a-z0-9_]*")


def write_template(name: str, template: str, folder: Path | None = None) -> list[Path]:
    """`name.py` from a template, in the working directory.   Raises BadInput; never overwrites."""
    stem = name.removesuffix(".py")
    if not NAME.fullmatch(stem):
        raise BadInput(f"{name!r} is no name for a claim file; write small letters, digits and _, such as my_bound")
    path = (folder or Path()) / f"{stem}.py"
    if path.exists():
        raise BadInput(f"{path} is already there; choose another name or move it away")
    text = resources.files("proofs_check.start").joinpath(f"{template}.txt").read_text()
    try:
        path.write_text(text.replace("{entry}", stem))
    except OSError as fault:
        raise BadInput(f"cannot write {path}: {fault.strerror}; change to another folder") from fault
    return [path]

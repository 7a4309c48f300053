"""A figure with its caption and its data, side by side in files that are written whole or not at all."""

import csv
import dataclasses
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from proofs_check.report.marks import COLUMNS, Mark
from proofs_check.report.style import FORMATS, styled, venue_of
from theory.errors import BadInput


def require_place(out: Path | str) -> Path:
    """The path, once it is certain that a figure can be written there.   Raises BadInput."""
    path = Path(out)
    if path.suffix.lower() not in FORMATS:
        raise BadInput(f"--out {out}: a figure is written as {', '.join(FORMATS)}; give the file one of these endings")
    folder = path.parent
    if not folder.is_dir():
        raise BadInput(f"--out {out}: there is no folder {folder}; make it, or name another")
    taken = [place for place in (path, *_beside(path)) if place.is_dir()]
    if taken:
        raise BadInput(f"--out {out}: {taken[0]} is a folder; give the figure another name")
    try:
        with tempfile.TemporaryFile(dir=folder):
            return path
    except OSError as fault:
        raise BadInput(
            f"--out {out}: the folder {folder} cannot be written ({fault.strerror}); name another"
        ) from fault


def write_figure(figure: Figure, text: str, marks: Sequence[Mark], out: Path, venue: str) -> list[Path]:
    """The figure, `<stem>.txt` with its caption and `<stem>.csv` with all that it draws."""
    files = [out, *_beside(out)]
    write_whole(
        dict(zip(files, (rendered(figure, out.suffix.lower(), venue), text.encode(), table(marks)), strict=True))
    )
    return files


def _beside(out: Path) -> tuple[Path, Path]:
    return out.with_suffix(".txt"), out.with_suffix(".csv")


def rendered(figure: Figure, suffix: str, venue: str) -> bytes:
    """The figure as a file's content; the same bytes for the same records."""
    buffer = io.BytesIO()
    with styled(venue_of(venue)):
        figure.savefig(buffer, format=suffix[1:], **FORMATS[suffix])
    return buffer.getvalue()


def table(marks: Sequence[Mark]) -> bytes:
    """The marks as CSV, every number with all its digits."""
    buffer = io.StringIO()
    rows = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(dataclasses.asdict(mark) for mark in marks)
    return buffer.getvalue().encode()


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Each file is complete under another name before any takes its own.   Raises BadInput where the disk refuses."""
    waiting: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            whole = waiting[path] = path.parent / f".{path.name}.{os.getpid()}"
            whole.write_bytes(content)
        for path, whole in waiting.items():
            os.replace(whole, path)
    except OSError as fault:
        raise BadInput(
            f"{fault.filename or 'the figure'} cannot be written ({fault.strerror}); name another place with --out"
        ) from fault
    finally:
        for whole in waiting.values():
            whole.unlink(missing_ok=True)

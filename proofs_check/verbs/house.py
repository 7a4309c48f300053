"""Verbs about the place itself: new, doctor."""

from pathlib import Path

import click

from proofs_check.verbs.console import show_json


def new(name: str, template: str, as_json: bool, debug: bool) -> int:
    from proofs_check.start.templates import write_template

    files = [str(path) for path in write_template(name, template)]
    if as_json:
        show_json({"files": files})
    else:
        click.echo("\n".join(files))
        click.echo(
            f"next: proofs-check check {files[0]}   "
            f"proofs-check plot {files[0]} --out {Path(files[0]).stem}.pdf   pytest --claims {files[0]}"
        )
    return 0


def doctor(as_json: bool, debug: bool) -> int:
    from proofs_check.verbs.doctor import examine

    found = examine()
    show_json(found) if as_json else click.echo("\n".join(f"{key:12} {value}" for key, value in found["lines"]))
    return 0

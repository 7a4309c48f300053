"""The verb about derivations: prove."""

from collections.abc import Mapping, Sequence
from typing import Any

from proofs_check.selection import meant
from proofs_check.verbs.console import show_json

COLOURS = {
    "proved": "green", "instance-checked": "cyan", "assumed": "blue", "undecided": "yellow", "refuted": "red",
    "vacuous": "red",
}  # fmt: skip


def prove(claims: Sequence[str], strict: bool, fresh: bool, as_json: bool, debug: bool) -> int:
    from numerics.store import Store
    from proofs_check.derivation.kept import Kept
    from proofs_check.derivation.outcome import STATUSES
    from proofs_check.derivation.prove import exit_code
    from proofs_check.derivation.prove import prove as proved

    chosen = meant(claims)
    with Store() as store:
        rows = proved(chosen, kept=Kept(store, fresh))
    counts = {status: sum(row["status"] == status for row in rows) for status in STATUSES}
    if as_json:
        show_json({"steps": rows, "without_steps": [c.id for c in chosen if not c.steps], "summary": counts})
    else:
        _show(chosen, rows, counts)
    return exit_code(rows, strict)


def _show(chosen: Sequence[Any], rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int]) -> None:
    """A tree for each claim, and a line of counts."""
    import sys

    from rich.console import Console
    from rich.tree import Tree

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    for claim in chosen:
        tree = Tree(f"{claim.id}: {claim.title} ({claim.status})")
        for row in (row for row in rows if row["claim"] == claim.id):
            _add(tree, row)
        if not claim.steps:
            tree.add("no steps are declared")
        console.print(tree)
    took = sum(row["seconds"] for row in rows)
    found = ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "no steps"
    console.print(f"{found}; {took:.1f} s")


def _add(tree: Any, row: Mapping[str, Any]) -> None:
    from rich.text import Text

    head = Text(row["status"], style=COLOURS[row["status"]])
    head.append(f"  {row['statement']}", style="default")
    where = f", where {row['where']}" if row["where"] else ""
    branch = tree.add(head.append(where))
    took = "from the store" if row["stored"] else f"{row['seconds']:.2f} s"
    branch.add(Text(f"by {row['backend']}, {took}" + (f": {row['detail']}" if row["detail"] else "")))
    if row["witness"]:
        branch.add(Text(f"at {row['witness']}", style="red"))
    if row["because"]:
        branch.add(Text(f"because {row['because']}", style="italic"))

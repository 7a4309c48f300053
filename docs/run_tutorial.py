"""Runs tutorial.md as it is written, in a clean folder; with --write it puts in what was printed.

Python blocks go into my_bound.py, console blocks are run and compared; only seconds, the last column, may differ.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

TUTORIAL = Path(__file__).with_name("tutorial.md")
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def edit(file: Path, block: str) -> None:
    """The edit that the text asks for: a whole file, the claims after the first, or the imports."""
    old = file.read_text()
    if block.startswith("    Claim("):
        block = old[: [found.start() for found in re.finditer("^    Claim\\(", old, re.MULTILINE)][1]] + block
    elif block.startswith("from "):
        block = old[: old.index("from ")] + block.rstrip() + old[old.index("\n\n\nclass ") :]
    file.write_text(block)


def lasting(text: str) -> list[list[str]]:
    """The words of every line without a number at its end: seconds change, and widths of columns with them."""
    return [re.sub(r" [\d.]+$", "", line).split() for line in text.splitlines()]


def printed(command: str, folder: Path) -> str:
    """What a command prints on stdout; of pytest, its items."""
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    kept = [line for line in lines if line.startswith("::")] if command.startswith("pytest") else lines
    return "".join(f"{line}\n" for line in kept) or done.stderr * (done.returncode != 0)


def main() -> int:
    """0 when every console block printed what it shows."""
    text, differences = TUTORIAL.read_text(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def lived(match: re.Match[str]) -> str:
            nonlocal differences
            if match[1] == "python":
                edit(folder / "my_bound.py", match[2])
                return match[0]
            blocks = []
            for part in re.split(r"^\$ ", match[2], flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                now = printed(command, folder)
                blocks.append(f"$ {command}\n{now}")
                if lasting(now) != lasting(shown):
                    differences += 1
                    print(f"$ {command}\nshown:\n{shown}now:\n{now}")
            return "```console\n" + "".join(blocks) + "```"

        lived_text = BLOCK.sub(lived, text)
    if "--write" in sys.argv[1:]:
        TUTORIAL.write_text(lived_text)
    print(f"{differences} differences")
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())

"""What this installation has: versions, devices, threads, the store."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from numerics.arrays import devices, installed
from numerics.store import Store, default_folder
from theory.errors import BadInput

LIBRARIES = (
    "proofs-check",
    "numpy",
    "scipy",
    "sympy",
    "python-flint",
    "torch",
    "cupy-cuda12x",
    "cupy-cuda13x",
    "hypothesis",
    "pytest",
    "matplotlib",
)


def examine() -> dict[str, Any]:
    """Everything a bug report needs."""
    versions = {name: _version(name) for name in LIBRARIES}
    found = {name: list(devices(name)) for name in installed() if name != "strict"}
    cores = len(os.sched_getaffinity(0))
    store = _store()
    lines = [
        ("python", platform.python_version()),
        *((name, number or "not installed") for name, number in versions.items()),
        *((f"{name} on", ", ".join(where) or "no device") for name, where in found.items()),
        ("cores", str(cores)),
        ("store", f"{store['folder']} ({store['state']})"),
    ]
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": versions,
        "devices": found,
        "cores": cores,
        "store": store,
        "lines": lines,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _store() -> dict[str, Any]:
    folder = default_folder()
    if not (folder / "store.sqlite").exists():
        return {"folder": str(folder), "blocks": 0, "state": "not made yet"}
    try:
        store = Store(folder)
    except BadInput as fault:
        return {"folder": str(folder), "blocks": None, "state": str(fault)}
    blocks = store.count_blocks()
    store.close()
    return {"folder": str(folder), "blocks": blocks, "state": f"{blocks} blocks"}

"""Whether a claim holds: verdicts with a declared error rate, comparison figures, tests.   `from proofs_check import check, plot`."""

from typing import Any

_PLACES = {"check": "proofs_check.check", "plot": "proofs_check.plot", "replay": "proofs_check.replaying", "assert_supported": "proofs_check.asserting"}

__all__ = ["assert_supported", "check", "plot", "replay"]  # noqa: F822 - looked up below


def __getattr__(name: str) -> Any:
    """Each function is imported on first use: the command line must answer --help without SymPy."""
    if name not in _PLACES:
        raise AttributeError(f"module 'proofs_check' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)

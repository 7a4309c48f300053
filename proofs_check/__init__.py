"""Whether a claim holds: verdicts with a declared error rate, figures, tests.

`from proofs_check import check, plot`.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs_check.asserting import assert_supported
    from proofs_check.auditing.audit import audit, audits
    from proofs_check.auditing.trail import AuditTrail
    from proofs_check.check import check
    from proofs_check.compare import compare
    from proofs_check.derivation.prove import prove
    from proofs_check.fit import fit
    from proofs_check.mutation.mutating import mutate
    from proofs_check.plot import plot
    from proofs_check.replaying import replay
    from proofs_check.search.properties import assert_holds_everywhere
    from proofs_check.search.worst import falsify

_PLACES = {
    "AuditTrail": "proofs_check.auditing.trail",
    "assert_holds_everywhere": "proofs_check.search.properties",
    "assert_supported": "proofs_check.asserting",
    "audit": "proofs_check.auditing.audit",
    "audits": "proofs_check.auditing.audit",
    "check": "proofs_check.check",
    "compare": "proofs_check.compare",
    "falsify": "proofs_check.search.worst",
    "fit": "proofs_check.fit",
    "mutate": "proofs_check.mutation.mutating",
    "plot": "proofs_check.plot",
    "prove": "proofs_check.derivation.prove",
    "replay": "proofs_check.replaying",
}

__all__ = [
    "AuditTrail", "assert_holds_everywhere", "assert_supported", "audit", "audits", "check", "compare", "falsify",
    "fit", "mutate", "plot", "prove", "replay",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Each function is imported on first use: the command line must answer --help without SymPy."""
    if name not in _PLACES:
        raise AttributeError(f"module 'proofs_check' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)


class _Package(ModuleType):
    """`check` and `plot` stay the functions, though loading the modules of their names would replace them."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _PLACES or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

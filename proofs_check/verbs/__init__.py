"""What each verb of the command line does; it returns the exit code."""

from collections.abc import Callable
from typing import Any

from proofs_check.verbs import auditing, catalogue, deriving, house, measuring, trust

VERBS: dict[str, Callable[..., int]] = {
    "list": catalogue.list_,
    "explain": catalogue.explain,
    "predict": catalogue.predict,
    "simulate": measuring.simulate,
    "check": measuring.check,
    "plot": measuring.plot,
    "replay": measuring.replay,
    "report": measuring.report,
    "prove": deriving.prove,
    "mutate": trust.mutate,
    "falsify": trust.falsify,
    "compare": trust.compare,
    "fit": trust.fit,
    "calibrate": trust.calibrate,
    "audit": auditing.audit,
    "new": house.new,
    "doctor": house.doctor,
}


def run(name: str, asked: dict[str, Any]) -> int:
    """The verb of that name."""
    return VERBS[name](**asked)

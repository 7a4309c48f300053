"""What became of a step."""

from dataclasses import dataclass, replace

STATUSES = ("proved", "instance-checked", "assumed", "undecided", "refuted", "vacuous")


@dataclass(frozen=True)
class Outcome:
    """A status, the backend that found it, and what it found: a witness of a refutation, or why nothing was found."""

    status: str
    backend: str
    detail: str = ""
    witness: str = ""
    seconds: float = 0.0

    def noting(self, more: str) -> "Outcome":
        return replace(self, detail="; ".join(part for part in (self.detail, more) if part))


def proved(backend: str, detail: str = "") -> Outcome:
    return Outcome("proved", backend, detail)


def refuted(backend: str, witness: str, detail: str = "") -> Outcome:
    return Outcome("refuted", backend, detail, witness)


def undecided(backend: str, detail: str) -> Outcome:
    return Outcome("undecided", backend, detail)


def weakest(outcomes: list[Outcome]) -> Outcome:
    """The outcome of several parts that must all hold: the worst of them."""
    order = ("refuted", "vacuous", "undecided", "assumed", "instance-checked", "proved")
    worst = min(outcomes, key=lambda outcome: order.index(outcome.status))
    names = dict.fromkeys(outcome.backend for outcome in outcomes if outcome.status == worst.status)
    return replace(worst, backend=" and ".join(names)) if worst.status == "proved" else worst

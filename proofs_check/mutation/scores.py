"""What a mutation run found of one claim: the fate of every mutant, and the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FIVE, TWO = 0.05 * (1 - 1e-6), 0.02 * (1 - 1e-6)
MOST_LINES = 12
SETTLED = ("equivalent", "undefined", "still true")


@dataclass(frozen=True)
class Fate:
    """What became of one mutant.

    `outcome`: refuted, survived, still true, equivalent, undefined, not counted; `false_by`: on the claim's scale, at
    the point where it is most false; `counts`: whether it had to be refuted.
    """

    name: str
    kind: str
    outcome: str
    false_by: float
    counts: bool
    point: str
    reason: str
    detectable: float | None

    def as_json(self) -> dict[str, Any]:
        fields = ("name", "kind", "false_by", "point", "reason", "detectable")
        return {field: getattr(self, field) for field in fields}


@dataclass(frozen=True)
class MutationReport:
    """The mutation score of one claim; `verdict` is that of the claim itself at the same points and trials."""

    id: str
    relation: str
    verdict: str
    fates: tuple[Fate, ...]
    points: tuple[str, ...]
    has_score: bool  # a bound without an equality case has none
    tightness: float | None
    detectable: float | None
    trials: int
    level: float
    tolerance: float
    seconds: float

    def of(self, outcome: str) -> list[Fate]:
        """The mutants with that outcome; of refuted ones, those that count."""
        return [fate for fate in self.fates if fate.outcome == outcome and (fate.counts or outcome != "refuted")]

    @property
    def counting(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.counts]

    @property
    def score(self) -> float | None:
        """Share refuted of the mutants that are false by 5 % or more."""
        return self._share(FIVE)

    @property
    def score_at_two(self) -> float | None:
        """Share refuted of the mutants that are false by 2 % or more."""
        return self._share(TWO)

    def _share(self, least: float) -> float | None:
        fates = [fate for fate in self.fates if fate.false_by >= least and fate.outcome not in SETTLED]
        refuted = sum(fate.outcome == "refuted" for fate in fates)
        return refuted / len(fates) if fates and self.has_score else None

    def as_json(self) -> dict[str, Any]:
        """A row of `mutate --json`."""
        return {
            "id": self.id,
            "relation": self.relation,
            "verdict": self.verdict,
            "mutants": len(self.fates),
            "counting": len(self.counting),
            "refuted": len(self.of("refuted")),
            "score": self.score,
            "score_at_two_percent": self.score_at_two,
            "still_true": [fate.name for fate in self.of("still true")],
            "survivors": [fate.as_json() for fate in self.of("survived")],
            "equivalent": [fate.name for fate in self.of("equivalent")],
            "undefined": [fate.name for fate in self.of("undefined")],
            "not_counted": [fate.as_json() for fate in self.of("not counted")],
            "refuted_below_five_percent": sum(f.outcome == "refuted" and not f.counts for f in self.fates),
            "tightness": self.tightness,
            "detectable": self.detectable,
            "points": list(self.points),
            "trials": self.trials,
            "level": self.level,
            "tolerance": self.tolerance,
            "seconds": round(self.seconds, 3),
        }

    def text(self) -> str:
        """The report in a few lines; survivors and what counts for nothing are named."""
        lines = [f"{self.id}  {self.headline}  ({self.seconds:.1f} s, {self.trials:,} trials)"]
        lines += [f"  survivor: {f.name} (false by {f.false_by:.1%}): {f.reason}" for f in self.of("survived")]
        lines += _listed("still true", self.of("still true")) + _listed("equivalent", self.of("equivalent"))
        lines += _listed("undefined", self.of("undefined")) + _listed("not counted", self.of("not counted"))
        return "\n".join(lines)

    @property
    def headline(self) -> str:
        """The score in one line, or why there is none."""
        counted = f"{len(self.of('refuted'))} of {len(self.counting)} mutants false by 5 % or more refuted"
        if self.tightness is not None:
            counted += f", tightness {self.tightness:.3g}"
        if self.score is None:
            return f"no score ({counted})"
        at_two = "" if self.score_at_two is None else f", {self.score_at_two:.1%} of those false by 2 %"
        return f"score {self.score:.1%} ({counted}{at_two}; the claim itself: {self.verdict})"


def _listed(title: str, fates: Sequence[Fate]) -> list[str]:
    shown = [f"  {title}: {fate.name}" + (f" ({fate.reason})" if fate.reason else "") for fate in fates[:MOST_LINES]]
    rest = len(fates) - MOST_LINES
    return shown + ([f"  {title}: {rest} more"] if rest > 0 else [])


def table(reports: Sequence[MutationReport]) -> str:
    """All reports, and the score over all claims."""
    scored = [report for report in reports if report.has_score]
    counting, refuted = (sum(len(part(report)) for report in scored) for part in (_counting, _refuted))
    total = f"{refuted} of {counting} mutants false by 5 % or more refuted"
    share = f"{refuted / counting:.1%}: " if counting else ""
    return "\n".join([*(report.text() for report in reports), f"{share}{total} over {len(scored)} claims"])


def _counting(report: MutationReport) -> list[Fate]:
    return report.counting


def _refuted(report: MutationReport) -> list[Fate]:
    return report.of("refuted")

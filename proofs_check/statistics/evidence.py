"""What a judge sees: measured trials beside predictions, station by station; and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from theory.claim import Claim
from theory.evaluate import Prediction
from theory.setting import Point

Answer = Literal["supported", "refuted", "undecided", "open"]


@dataclass(frozen=True)
class Station:
    """One simulated point of a relation: a rung of a ladder, a side of a threshold. `factor`: multiple of that."""

    point: Point
    label: str = ""
    factor: float | None = None
    apart: tuple[str, ...] = ()

    @property
    def below(self) -> bool:
        """Whether it is the lower side of a threshold."""
        return self.factor is not None and self.factor < 1


@dataclass(frozen=True)
class Known:
    """What is declared of an observable's law at a station: bounds of its values and of its variance; how they come."""

    low: float = -np.inf
    high: float = np.inf
    variance: float | None = None
    values: Literal["continuous", "discrete", "fixed"] = "continuous"

    def shifted(self, by: float, unit: float) -> "Known":
        """What is known of (X − by)/unit, unit > 0."""
        variance = None if self.variance is None else self.variance / unit**2
        return Known((self.low - by) / unit, (self.high - by) / unit, variance, self.values)


NOTHING = Known()


@dataclass(frozen=True)
class Measured:
    """All trials of a station that count, with the prediction at it; `drawn` were simulated.

    `trace`: a number for every trial that is different when anything in the trial is. `met`: which trials meet the
    claim's event; stations that share their draws have all their trials, and the judge keeps the same ones at each.
    Shapes: observable (kept, …), met (drawn,).
    """

    station: Station
    observable: np.ndarray
    prediction: Prediction
    certificate: np.ndarray | None
    drawn: int
    known: Known = NOTHING
    trace: np.ndarray | None = None
    met: np.ndarray | None = None

    @property
    def kept(self) -> int:
        return len(self.observable)

    @property
    def components(self) -> int:
        """Numbers in one trial."""
        return int(np.prod(self.observable.shape[1:]))


@dataclass(frozen=True)
class Rule:
    """How strict a judge is. `level`: error rate of this verdict; `tolerance`: δ; `first_look`: fewest trials a block.

    `eps`: relative rounding of the run's precision, which no comparison trial by trial may be finer than. `detail`:
    whether a report is wanted beside the answer; the answer does not depend on it.
    """

    level: float
    tolerance: float
    first_look: int
    eps: float = float(np.finfo(float).eps)
    detail: bool = True


@dataclass(frozen=True)
class Outcome:
    """A judge's answer at one look; "open" asks for more trials. Estimate and interval are in the relation's unit."""

    answer: Answer
    reason: str = ""
    target: float = 0.0
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    tolerance: float | None = None
    guarantee: str = ""
    detectable: float | None = None
    prediction: float | None = None
    mean: float | None = None
    would_decide: str = ""
    blind_spot: str = ""
    certificate: float | None = None
    series: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    stopped: Mapping[str, int] = field(default_factory=dict)  # why training stopped, with the number of trials
    precision: Any = None  # of a run that chooses it: which was used, and why
    confirm: bool = True  # whether a refutation still needs fresh randomness; a reproducible fact does not


def scalar_row(measured: Measured, component: int | None = None, **at: Any) -> dict[str, Any]:
    """A row of the series that figures draw: prediction, mean and standard error of one component at one station.

    Where every trial has its own prediction, the standard error of the difference too.
    """
    trials, kept = measured.observable, measured.kept
    values = trials if component is None else trials.reshape(kept, -1)[:, component]

    def of_component(part: Any) -> np.ndarray:
        if component is None or np.ndim(part) == 0:
            return np.asarray(part, dtype=float)
        return np.broadcast_to(part, trials.shape).reshape(kept, -1)[:, component]

    told = of_component(measured.prediction.value)
    paired = {"paired_stderr": float((values - told).std(ddof=1) / np.sqrt(kept))} if told.ndim and kept > 1 else {}
    return {
        **at,
        "mean": float(values.mean()),
        "stderr": float(values.std(ddof=1) / np.sqrt(kept)) if kept > 1 else None,
        **paired,
        "trials": measured.drawn,
        "kept": kept,
        "prediction": float(np.mean(told)),
        "prediction_error": float(np.max(of_component(measured.prediction.error))),
    }


def scale_of(claim: Claim, measured: Measured) -> np.ndarray:
    """The positive scale that tolerances are relative to: |prediction| unless the claim says otherwise.

    Shapes: () or that of the prediction.
    """
    if claim.scale is None:
        return np.abs(np.asarray(measured.prediction.value, dtype=float))
    scale = claim.but(prediction=claim.scale, roots=claim.roots).predict(measured.station.point)
    return np.abs(np.asarray(scale.value, dtype=float))


def number(claim: Claim, point: Point, expression: Any) -> float:
    """The value of an expression in the setting's symbols at a point."""
    return float(claim.but(prediction=expression).predict(point).value)

"""Toys of known truth: for every relation, trials made in memory whose distance from the claim is chosen.

θ is that distance in tolerances. Two-sided relations: 0 is exactly true, |θ| > 1 false beyond the tolerance, and at
|θ| = 1, the worst place, both verdicts are wrong. Statements about every draw: the statement fails in the share
θ·excluded of the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from proofs_check.statistics.evidence import NOTHING, Known, Measured, Station
from theory.claim import Claim, Source
from theory.domain import Real, Size
from theory.evaluate import Prediction
from theory.setting import Axis, Observable, Point, Setting

Draw = Callable[[float, Generator, int], list[Measured]]
Wrong = frozenset[str]
NEITHER, SUPPORT, REFUTATION = frozenset[str](), frozenset({"supported"}), frozenset({"refuted"})


class Abstract(Setting):
    """Symbols that the claims of the toys are written in; nothing simulates them."""

    n = Size(typical=(32, 512))
    m = Real(at_least=0, typical=(0.5, 2))
    eta = Real(above=0, typical=(0.5, 2), per_trial=True)
    step = Axis([10, 100, 1000, 10_000, 100_000])
    x = Observable("a number")
    y = Observable("another number")
    growth = Observable("a rate of growth")
    v = Observable("a vector of the plane at every step", shape=(step, 2))


POINT = Point.of(Abstract, {"n": 512, "m": 1, "eta": 1})


def two_sided(theta: float) -> Wrong:
    """|θ| ≤ 1 must not be refuted, |θ| ≥ 1 must not be supported."""
    return (REFUTATION if abs(theta) <= 1 else NEITHER) | (SUPPORT if abs(theta) >= 1 else NEITHER)


def one_sided(theta: float) -> Wrong:
    """θ ≤ 0 must not be refuted, θ ≥ 1 must not be supported; between them either verdict will do."""
    return (REFUTATION if theta <= 0 else NEITHER) | (SUPPORT if theta >= 1 else NEITHER)


def in_every_draw(theta: float) -> Wrong:
    """A single violation is a fact that refutes; support excludes violations as frequent as θ = 1."""
    return (REFUTATION if theta == 0 else NEITHER) | (SUPPORT if theta >= 1 else NEITHER)


@dataclass(frozen=True)
class Toy:
    """Trials of known truth for one claim.

    `edges`: where errors are most likely, judged in `runs` runs each; `others`: in a tenth of that, for power.
    `joint`: one two-sided interval decides, so that its level bounds both errors together, not each of them.
    `fine`: runs of the edges at the finer nominal level. At most `reach` times the trials of the first look are drawn.
    """

    relation: str
    name: str
    claim: Claim
    draw: Draw
    wrong: Callable[[float], Wrong] = two_sided
    edges: tuple[float, ...] = (-1.0, 1.0)
    others: tuple[float, ...] = (-1.2, -1.1, 0.0, 0.5, 1.1, 1.2, 2.5)
    tolerance: float = 0.02
    first_look: int = 256
    reach: int = 16
    runs: int = 10_000
    fine: int = 0
    joint: bool = False


def claim_of(observable: Any, prediction: Any, relation: Any, **more: Any) -> Claim:
    """A claim about the symbols of the toys."""
    said = {"title": "a toy", "entry": "calibration.toy", "source": Source("none")}
    return Claim(Abstract, observable, prediction, relation, **said, **more)


def measured(
    values: np.ndarray,
    prediction: Any = 1.0,
    *,
    error: Any = 0.0,
    factor: float | None = None,
    known: Known = NOTHING,
    point: Point = POINT,
) -> Measured:
    """Trials beside their prediction."""
    return Measured(
        Station(point, factor=factor), values, Prediction(prediction, error, "toy"), None, len(values), known
    )


def upto(some: Measured, count: int) -> Measured:
    """The first trials of a sample, as a look sees them."""

    def cut(part: Any) -> Any:
        return part if part is None or len(np.shape(part)) == 0 else part[:count]

    value, error = some.prediction.value, some.prediction.error
    if len(np.shape(value)) and len(value) == some.kept:
        value, error = cut(value), cut(error)
    prediction = Prediction(value, error, some.prediction.guarantee)
    return Measured(some.station, some.observable[:count], prediction, cut(some.certificate), count, some.known)

"""Slopes of power laws along a ladder, told by the signs of fixed linear functionals of the rungs.

Where y(n) = A·n^b, the values z = y·(n/n₁)^-β are flat exactly when β = b, and the coefficient of t = log(n/n₁) in a
weighted least squares fit of z has the sign of A(b − β). The weights come from a pilot that is then discarded, so the
coefficient is a mean of independent rounds and its confidence sequence decides on which side of β the slope lies. No
logarithm of a noisy mean is taken, so noise biases nothing. n₁ is the largest size.

With a floor the fit also has the term n₁^β n^-β of z: the weights on y are orthogonal to n^β and 1 and change sign
twice, so by Descartes' rule for sums of exponentials their sum over A·n^b + F vanishes at b = β only (and at b = 0).
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from proofs_check.statistics.evidence import NOTHING, Known, Measured, Rule
from proofs_check.statistics.judging import mean_certificate, mean_sequence
from proofs_check.statistics.sequential import Interval

PILOT = 64
SURE = 0.05  # relative standard error above which no rung counts as known
STEPS = 8  # of the iterations that find where an end of an interval vanishes
ENOUGH = 0.01  # of the distance from the estimate: how well such an end is found
TOLD = 1e-7  # change of a slope at which its iteration ends
FAR = 5.0  # a slope further than this from where one looks for it is not sought

Side = Literal["inside", "above", "below", "unsure"]


@dataclass(frozen=True)
class Reading:
    """One way to read a slope off a ladder: the rungs it uses, and the terms of z that it allows beside 1 and t.

    `bends`: t², so that the slope is the one at the largest size; `correction`: a finite-size term n^-correction;
    `floor`: a constant beside the power.
    """

    name: str
    used: np.ndarray
    bends: bool = False
    correction: float | None = None
    floor: bool = False

    def slope_weights(self, x: np.ndarray, spread: np.ndarray, beta: float) -> np.ndarray:
        """w with w·y the coefficient of t.   Shapes: (rungs,)."""
        return self._weights(x, spread, beta, self._terms(x[self.used], beta))

    def level_weights(self, x: np.ndarray, spread: np.ndarray, beta: float) -> np.ndarray:
        """w with w·y the amplitude A of the fit A·(n/n₁)^β, or A·(n/n₁)^β + F.   Shapes: (rungs,)."""
        part = x[self.used]
        floor = [part**-beta] if self.floor else []
        return self._weights(x, spread, beta, [np.ones_like(part), *floor])

    def floor_weights(self, x: np.ndarray, spread: np.ndarray, beta: float) -> np.ndarray:
        """w with w·y the floor F of the fit A·(n/n₁)^β + F.   Shapes: (rungs,)."""
        part = x[self.used]
        return self._weights(x, spread, beta, [part**-beta, np.ones_like(part)])

    def _terms(self, x: np.ndarray, beta: float) -> list[np.ndarray]:
        t = np.log(x)
        terms = [t, np.ones_like(x)]
        terms += [t**2] if self.bends else []
        terms += [] if self.correction is None else [x**-self.correction]
        return terms + ([x**-beta] if self.floor else [])

    def _weights(self, x: np.ndarray, spread: np.ndarray, beta: float, terms: Sequence[np.ndarray]) -> np.ndarray:
        tilted = x[self.used] ** -beta
        certain = 1 / (spread[self.used] * tilted)
        found = np.zeros(len(x))  # by singular values: the normal equations are singular near a power of zero
        found[self.used] = tilted * certain * _first_of_inverse(np.stack(terms, axis=1) * certain[:, None])
        return found


def _first_of_inverse(design: np.ndarray) -> np.ndarray:
    """First row of the pseudoinverse; all looks at a ladder ask for the same.   Shapes: (rungs, terms) -> (rungs,)."""
    return _first_of_pinv(design.tobytes(), design.shape)


@lru_cache(maxsize=1000)
def _first_of_pinv(design: bytes, shape: tuple[int, int]) -> np.ndarray:
    return np.linalg.pinv(np.frombuffer(design).reshape(shape))[0]


def top_half(rungs: int, least: int = 3) -> np.ndarray:
    """The larger sizes, at least so many of them.   Shapes: -> (rungs,)."""
    return np.arange(rungs) >= rungs - max(least, -(-rungs // 2))


def readings(rungs: int, *, corrections: Sequence[float] = (), floor: bool = False) -> list[Reading]:
    """The line on the top half, the slope at the top of a parabola, and one fit for each finite-size term."""
    everything = np.ones(rungs, dtype=bool)
    return [
        Reading("line on the top half", top_half(rungs, 4 if floor else 3), floor=floor),
        Reading("slope at the top of a parabola", everything, bends=True, floor=floor),
        *(Reading(f"with a term n^-{rate:g}", everything, correction=rate, floor=floor) for rate in corrections),
    ]


@dataclass(frozen=True)
class Climb:
    """Rounds along a ladder, one trial a rung each, without the pilot that fixed `spread`.

    Shapes: x, pilot, spread, errors (rungs,), rounds (rungs, rounds).
    """

    sizes: np.ndarray
    pilot: np.ndarray
    spread: np.ndarray
    rounds: np.ndarray
    errors: np.ndarray
    rule: Rule
    known: Known = NOTHING

    @cached_property
    def x(self) -> np.ndarray:
        return self.sizes / self.sizes[-1]

    @cached_property
    def means(self) -> np.ndarray:
        return self.rounds.mean(axis=1)

    @cached_property
    def mean_errors(self) -> np.ndarray:
        """Standard errors of the means of the rungs."""
        count = self.rounds.shape[1]
        return self.rounds.std(axis=1, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(len(self.sizes))

    def combined(self, weights: np.ndarray) -> Interval:
        """Confidence sequence of Σ wⱼ·E yⱼ, widened by the certificates of the rungs; each found once."""
        key = weights.tobytes()
        if key not in self._combined:
            cs = mean_sequence(weights @ self.rounds, self.rule, known=self.known)
            carried = float(np.abs(weights) @ self.errors)
            self._combined[key] = dataclasses.replace(cs, lower=cs.lower - carried, upper=cs.upper + carried)
        return self._combined[key]

    @cached_property
    def _combined(self) -> dict[bytes, Interval]:
        return {}

    def unit(self, weights: np.ndarray) -> float:
        """A size for Σ wⱼ·yⱼ that the pilot saw: any positive number is valid, a near one is efficient."""
        noise = np.sqrt(np.sum((weights * self.spread) ** 2) / PILOT)
        return float(max(abs(weights @ self.pilot), noise))

    @cached_property
    def rungs(self) -> list[Interval]:
        """Confidence sequence of every rung's mean in units of the pilot's."""
        return [self.combined(alone / self.unit(alone)) for alone in np.eye(len(self.sizes))]

    def tilt_weights(self, reading: Reading, beta: float) -> np.ndarray:
        """w with w·y the slope − β, to first order."""
        unit = self.unit(reading.level_weights(self.x, self.spread, beta))
        return reading.slope_weights(self.x, self.spread, beta) / unit

    def tilt(self, reading: Reading, beta: float) -> Interval:
        """Confidence sequence of a quantity with the sign of (the slope − β); near zero it is that difference."""
        return self.combined(self.tilt_weights(reading, beta))

    def slope(self, reading: Reading, start: float) -> float:
        """The slope at which the mean tilt vanishes, nan where none is found near `start`."""
        beta = start
        for _ in range(5 * STEPS):
            level = float(reading.level_weights(self.x, self.spread, beta) @ self.means)
            step = float(reading.slope_weights(self.x, self.spread, beta) @ self.means) / level if level else np.inf
            if abs(step) < TOLD:
                return beta
            beta += float(np.clip(step, -0.5, 0.5))
            if abs(beta - start) > FAR or (reading.floor and beta * start <= 0):
                break
        return np.nan

    def slope_interval(self, reading: Reading, centre: float) -> tuple[float, float]:
        """All slopes near the estimate whose tilt the data do not exclude."""
        if not np.isfinite(centre):
            return -np.inf, np.inf
        low, high = vanishing(lambda beta: self.tilt(reading, beta), centre)
        if reading.floor:  # a power on the other side of zero is another law
            low, high = (end if end * centre > 0 else side for end, side in ((low, -np.inf), (high, np.inf)))
        return low, high

    def side(self, reading: Reading, centre: float, within: float, doubt: float = 0.0) -> Side:
        """Where the slope surely lies: within the tolerance of `centre`, above or below it; `doubt` is the centre's."""
        inner, outer = within - doubt, within + doubt
        upper, lower = self.tilt(reading, centre + inner), self.tilt(reading, centre - inner)
        if upper.gates_open and lower.gates_open and upper.upper < 0 < lower.lower:
            return "inside"
        if self.above(reading, centre + outer):
            return "above"
        return "below" if self.below(reading, centre - outer) else "unsure"

    def above(self, reading: Reading, edge: float) -> bool:
        """Whether the slope surely exceeds the edge."""
        slope, reach = self._seen(reading)
        if slope < edge - reach:
            return False
        cs = self.tilt(reading, max(edge, slope - reach))
        return cs.gates_open and cs.lower > 0

    def below(self, reading: Reading, edge: float) -> bool:
        """Whether the slope surely falls short of the edge."""
        slope, reach = self._seen(reading)
        if slope > edge + reach:
            return False
        cs = self.tilt(reading, min(edge, slope + reach))
        return cs.gates_open and cs.upper < 0

    def _seen(self, reading: Reading) -> tuple[float, float]:
        """The pilot's own slope, and how far from it a tilt may be trusted: a factor e over the ladder.

        A parabola through a steeper power law may turn before the top. With a floor the pilot tells no slope.
        """
        if reading.floor:
            return 0.0, np.inf
        t = np.log(self.x)[reading.used]
        seen = np.log(np.maximum(self.pilot, self.spread / np.sqrt(PILOT)))[reading.used]
        return float(np.polyfit(t, seen, 1)[0]), float(-1 / t[0])


def climb_of(measured: Sequence[Measured], sizes: Sequence[int], rule: Rule, unit: np.ndarray | None = None) -> Climb:
    """The rounds of a ladder behind their pilot; every rung divided by its `unit`."""
    scale = np.ones(len(measured)) if unit is None else unit
    rounds = min(rung.kept for rung in measured)
    values = np.stack([rung.observable[:rounds] / by for rung, by in zip(measured, scale, strict=True)])
    errors = np.array([mean_certificate(rung, by) for rung, by in zip(measured, scale, strict=True)])
    fixed = all(rung.known.values == "fixed" for rung in measured)
    if fixed:  # not random: one round says all, and the relative spread is set to be equal
        first = values[:, 0]
        spread = np.where(first == 0, 1.0, np.abs(first))
        return Climb(np.array(sizes, float), first, spread, values[:, :1], errors, rule, Known(values="fixed"))
    pilot = values[:, :PILOT]
    return Climb(np.array(sizes, float), pilot.mean(axis=1), pilot.std(axis=1, ddof=1), values[:, PILOT:], errors, rule)


def vanishing(interval: Callable[[float], Interval], centre: float, far: float = FAR) -> tuple[float, float]:
    """Where the ends of an interval vanish that falls by about 1 when its argument rises by 1; not sought too far."""
    found = {}
    for end, outside in (("lower", -np.inf), ("upper", np.inf)):
        at = centre
        for _ in range(STEPS):
            step = getattr(interval(at), end)
            at += step
            if not abs(at - centre) < far:
                at = outside
            if not abs(step) > ENOUGH * abs(at - centre):
                break
        found[end] = float(at)
    return found["lower"], found["upper"]

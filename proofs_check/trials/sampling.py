"""The trials of one claim at one point, extended block by block: what a judge is shown at each look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.measure import Arrays, Laboratory, Unit
from numerics.simulator import STOPPED
from numerics.training.reasons import counted
from proofs_check.statistics.evidence import Known, Measured, Station, number
from proofs_check.statistics.sequential import looks
from theory.claim import Claim, event_of
from theory.domain import Declared, Real
from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.evaluate import Prediction
from theory.setting import Observable, Point, symbols_of

CHEAP, DEAR = 1e-3, 0.1  # seconds a trial: what decides how many trials the first look waits for
EFFORT = 60.0  # declared seconds of simulation at one point when no budget is given
PATIENT = 20  # times as much where a resolution is asked for
MOST_TRIALS = 2_000_000
PAIRS = 64  # trials on which the run's precision is compared with float64
NO_NUMBER = Prediction(np.nan, 0.0, "")


@dataclass
class _Kept:
    """One block, reduced to what the judge needs."""

    observable: np.ndarray
    prediction: Prediction
    certificate: np.ndarray | None
    drawn: int
    trace: np.ndarray | None
    met: np.ndarray | None
    stopped: np.ndarray | None = None


@dataclass
class Evidence:
    """Measured trials beside predictions, for all stations of a point.

    Which trials these are depends on (seed, stage) alone.
    """

    lab: Laboratory
    claim: Claim
    point: Point
    stations: Sequence[Station]
    seed: int
    stage: str
    _blocks: dict[int, list[_Kept]] = field(default_factory=dict)
    _fixed: dict[int, Prediction] = field(default_factory=dict)
    _known: dict[Point, Known] = field(default_factory=dict)
    _rounding: dict[int, float] = field(default_factory=dict)
    _apart: dict[int, np.ndarray] = field(default_factory=dict)

    def upto(self, trials: int) -> list[Measured]:
        """Every station with at least so many trials."""
        self._extend([i for i, station in enumerate(self.stations) if station.factor is None], trials)
        self._extend([i for i, station in enumerate(self.stations) if station.factor is not None], trials)
        per_trial = self.claim.is_per_trial()
        return [
            _joined(station, self._blocks[i], self._known_at(station), per_trial and station.factor is None)
            for i, station in enumerate(self.stations)
        ]

    def block_size(self) -> int:
        """The block of the dearest station; looks are multiples of it, and cheaper stations are a little ahead."""
        simulator = self.lab.simulator(self.claim.setting)
        return min(simulator.block_size(station.point) for station in self.stations)

    def _known_at(self, station: Station) -> Known:
        """What the setting declares of the observable's law, in numbers."""
        if station.point not in self._known:
            self._known[station.point] = known_of(self.claim, station.point)
        return self._known[station.point]

    def trial_seconds(self) -> float:
        """Declared cost of one trial at every station."""
        simulator = self.lab.simulator(self.claim.setting)
        return sum(simulator.trial_seconds(station.point) for station in self.stations)

    def stopped(self) -> dict[str, int]:
        """Why training stopped, with the number of trials; empty where nothing was trained, or the simulator is mum."""
        parts = [block.stopped for some in self._blocks.values() for block in some if block.stopped is not None]
        return counted(np.concatenate(parts)) if parts else {}

    def is_rounding(self) -> bool:
        """Whether the run's precision is the greater part of what its observables may be off by."""
        parts = [(self._rounding_at(i), block.certificate) for i, some in self._blocks.items() for block in some]
        return any(rounding and float(np.mean(total)) <= 2 * rounding for rounding, total in parts if total is not None)

    def _rounding_at(self, i: int) -> float:
        """What the run's precision may change in the observable at a station, from draws computed in float64 as well.

        Zero in float64. The largest difference where every draw counts, otherwise that of the mean, with its error.
        """
        if self.lab.machine.precision == "float64":
            return 0.0
        if i not in self._rounding:
            self._rounding[i] = _difference(self.apart_at(i), self.claim.relation.counts_draws)
        return self._rounding[i]

    def apart_at(self, i: int) -> np.ndarray:
        """The observable of a station's first draws less what float64 makes of them.   Shapes: -> (trials, …)."""
        if i not in self._apart:
            size = self.lab.simulator(self.claim.setting).block_size(self.stations[i].point)
            units = [self._unit(i, block) for block in range(-(-PAIRS // size))]
            double = self.lab.at("float64", drawn=self.lab.machine.drawn)
            here, there = (
                np.concatenate([self.claim.measure(u.point, a) for u, a in zip(units, lab.measure(units), strict=True)])
                for lab in (self.lab, double)
            )
            self._apart[i] = here.astype(float) - there
        return self._apart[i]

    def _extend(self, indices: Sequence[int], trials: int) -> None:
        simulator = self.lab.simulator(self.claim.setting)
        wanted = []
        for i in indices:
            done = len(self._blocks.setdefault(i, []))
            needed = -(-trials // simulator.block_size(self.stations[i].point))
            wanted += [(i, block, self._unit(i, block)) for block in range(done, needed)]
        for (i, _, unit), arrays in zip(wanted, self.lab.measure([unit for _, _, unit in wanted]), strict=False):
            self._blocks[i].append(self._reduced(i, unit.point, arrays))

    def _unit(self, i: int, block: int) -> Unit:
        station = self.stations[i]
        if station.factor is None:
            return Unit(station.point, block, self.seed, self.stage, station.apart)
        (name,) = station.apart
        threshold = np.asarray(self._blocks[0][block].prediction.value, dtype=float) * station.factor
        domain = self.claim.setting.domains()[name]
        faults = [
            f"{name}={extreme:g}: {domain.fault(float(extreme))}"
            for extreme in (threshold.min(), threshold.max())
            if domain.fault(float(extreme)) or extreme <= 0
        ]
        if faults:
            raise OutsideDomain(
                f"{self.claim.id}: a threshold is looked at from {station.factor:g} times its predicted value,"
                f" and {faults[0] or 'it'} must be positive; move the point, or lower the tolerance"
            )
        if isinstance(domain, Real) and domain.per_trial:
            size = self.lab.simulator(self.claim.setting).block_size(station.point)
            return Unit(
                station.point,
                block,
                self.seed,
                self.stage,
                station.apart,
                {name: np.broadcast_to(threshold, (size,)).copy()},
            )
        if threshold.ndim:
            raise BadDeclaration(
                f"{self.claim.id}: every draw has its own threshold; declare {name} = Real(…, per_trial=True)"
            )
        return Unit(station.point.replace({name: float(threshold)}), block, self.seed, self.stage, station.apart)

    def _reduced(self, i: int, point: Point, arrays: Arrays) -> _Kept:
        if self.stations[i].factor is not None or not self.claim.has_values():
            prediction = NO_NUMBER
        elif self.claim.is_per_trial():
            prediction = self.claim.predict(point, arrays)
        else:
            if i not in self._fixed:
                self._fixed[i] = self.claim.predict(point)
            prediction = self._fixed[i]
        observable, certificate = self.claim.measure(point, arrays), self.claim.certificate(point, arrays)
        rounding, drawn = self._rounding_at(i), len(observable)
        if rounding:
            certificate = rounding + (np.zeros(drawn) if certificate is None else np.abs(certificate))
        trace, event = _trace(arrays) if self.claim.relation.counts_draws else None, event_of(self.claim)
        met = arrays[event].astype(bool) if event else None
        shared = bool(self.stations[i].apart)  # stations that share their draws are cut alike, by the judge
        if met is not None and not shared:
            observable, certificate = observable[met], None if certificate is None else certificate[met]
            trace = None if trace is None else trace[met]
            prediction = _where(prediction, met) if self.claim.is_per_trial() else prediction
        values = np.asarray(prediction.value)
        counted = values[met] if shared and met is not None and self.claim.is_per_trial() else values
        undefined = 0 if prediction is NO_NUMBER else int(np.sum(~np.isfinite(counted)))
        if undefined:  # a comparison with nan would pass for no violation
            raise BadInput(
                f"{self.claim.id}: the prediction is not finite in {undefined} of the trials that count at {point};"
                " exclude such draws"
            )
        stopped = arrays.get(STOPPED) if STOPPED not in self.claim.setting.parts else None
        return _Kept(np.asarray(observable, dtype=float), prediction, certificate, drawn, trace, met, stopped)


def known_of(claim: Claim, point: Point) -> Known:
    """What the setting declares of the law of the claim's observable; of an expression, only how its values come."""
    parts = [
        part
        for symbol in symbols_of([claim.observable])
        if isinstance(part := claim.setting.part_of(symbol), Observable)
    ]
    kinds = {part.values for part in parts}
    values = "continuous" if "continuous" in kinds else "discrete" if "discrete" in kinds else "fixed"
    (part, *more) = parts
    if more or claim.observable != part.symbol:
        return Known(values=values)
    ends = part.between or (None, None)
    low, high, variance = (None if end is None else _value(claim, point, end) for end in (*ends, part.variance))
    return Known(-np.inf if low is None else low, np.inf if high is None else high, variance, values)


def _value(claim: Claim, point: Point, declared: Any) -> float:
    """A number, parameter or function of the setting, at a point."""
    if isinstance(declared, Declared):
        declared = declared.symbol
    return number(claim, point, declared(claim.setting) if callable(declared) else declared)


def first_look(lab: Laboratory, claim: Claim, point: Point) -> int:
    """Fewest trials of a statistical block before a verdict: the cheaper a trial, the more are asked for."""
    seconds = lab.simulator(claim.setting).trial_seconds(point)
    return 1024 if seconds < CHEAP else 256 if seconds <= DEAR else 64


def schedule(evidence: Evidence, begin: int, most: int | None, patient: bool = False) -> list[int]:
    """Trial counts of the looks, whole blocks, growing by a factor of 1.3.

    They are the same for every machine and number of workers. `most` is rounded down to whole blocks, but to one at
    least.
    """
    block = evidence.block_size()
    seconds = evidence.trial_seconds()
    patience = PATIENT if patient else 1
    last = most or int(min(patience * MOST_TRIALS, max(8 * begin, patience * EFFORT / seconds)))
    whole = max(last // block if most else -(-last // block), 1)
    return sorted({min(-(-n // block), whole) * block for n in looks(min(begin, last), last)})


def _trace(arrays: Arrays) -> np.ndarray:
    """A number for every trial that depends on every bit of its arrays.   Shapes: -> (trials,)."""
    trace = np.zeros(len(next(iter(arrays.values()))), dtype=np.uint64)
    mixing = np.random.Generator(np.random.Philox(key=0))
    for array in arrays.values():
        words = np.ascontiguousarray(array, dtype=float).reshape(len(array), -1).view(np.uint64)
        odd = mixing.integers(0, 2**63, words.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        trace += (words * odd).sum(axis=1, dtype=np.uint64)
    return trace


def _difference(apart: np.ndarray, every_draw: bool) -> float:
    """A bound of the largest difference, or of the mean one at four standard errors.   Shapes: (trials, …)."""
    if not np.all(np.isfinite(apart)):
        return float("inf")
    largest = float(np.max(np.abs(apart)))
    mean = np.abs(apart.mean(axis=0)) + 4 * apart.std(axis=0, ddof=1) / np.sqrt(len(apart))
    return 10 / 9 * (largest if every_draw else min(largest, float(np.max(mean))))


def _joined(station: Station, blocks: Sequence[_Kept], known: Known, per_trial: bool) -> Measured:
    """All blocks of a station; a prediction that is the same in every trial is not repeated."""
    certificate = (
        None
        if blocks[0].certificate is None
        else np.concatenate([b.certificate for b in blocks if b.certificate is not None])
    )
    predictions = [block.prediction for block in blocks]
    if not per_trial:
        prediction = predictions[0]
    else:
        value, error = (
            np.concatenate([np.asarray(getattr(p, part)) for p in predictions]) for part in ("value", "error")
        )
        prediction = Prediction(value, error, predictions[0].guarantee)
    return Measured(
        station,
        np.concatenate([block.observable for block in blocks]),
        prediction,
        certificate,
        sum(block.drawn for block in blocks),
        known,
        None if blocks[0].trace is None else np.concatenate([b.trace for b in blocks if b.trace is not None]),
        None if blocks[0].met is None else np.concatenate([b.met for b in blocks if b.met is not None]),
    )


def _where(prediction: Prediction, kept: np.ndarray) -> Prediction:
    return Prediction(prediction.value[kept], prediction.error[kept], prediction.guarantee)

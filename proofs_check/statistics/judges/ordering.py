"""Ordering: the mean of the observable at one point is at most that at another, judged on differences of trials.

D = (X_lower − X_upper)/s, one-sided with a zone of indifference: refuted where its mean is above 0, supported where it
is at most δ. Both points share their random numbers where that leaves the pairs independent of each other, and then a
difference has less variance than either trial.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from proofs_check.statistics import sequential
from proofs_check.statistics.evidence import Answer, Known, Measured, Outcome, Rule, Station, scalar_row, scale_of
from proofs_check.statistics.independence import dependence_fault
from proofs_check.statistics.judging import judge, mean_certificate, mean_sequence, stations, trials_to_begin
from proofs_check.statistics.regime import EDGE, POWER_QUANTILE, blind_spot
from theory import discovery
from theory.claim import Claim
from theory.domain import Real
from theory.errors import BadDeclaration, BadSample, OutsideDomain
from theory.relation import Ordering
from theory.setting import Point

PILOT = 64  # pairs that only set the scale, then discarded
CLEAR = 4.0  # standard errors that the mean of the pilot must be from 0 to serve as a scale
LOWER, UPPER = "lower", "upper"


@stations.register
def _(relation: Ordering, claim: Claim, point: Point, tolerance: float) -> list[Station]:
    lower, upper = (_moved(claim, point, values) for values in (relation.lower, relation.upper))
    names = tuple(name for name in claim.setting.domains() if lower[name] != upper[name])
    if not names:
        raise BadDeclaration(f"{claim.id}: lower and upper are the same point, {lower}; give two")
    apart = names if _pairs_are_independent(claim, lower, upper, names) else ()
    return [Station(lower, LOWER, apart=apart), Station(upper, UPPER, apart=apart)]


def _moved(claim: Claim, point: Point, values: Mapping[Any, Any]) -> Point:
    moved = point.replace({symbol: point.put_into(value) for symbol, value in values.items()})
    broken = claim.broken(claim.assuming, moved)
    if broken:
        raise OutsideDomain(
            f"{claim.id} assumes {' and '.join(map(str, broken))}, which fails at {moved}, one side of its ordering;"
            " move the point"
        )
    return moved


def _pairs_are_independent(claim: Claim, lower: Point, upper: Point, names: Sequence[str]) -> bool:
    """Whether trials of equal place may share their stream.

    A simulator of single trials gives each its own stream. One of batches draws arrays of all trials at once; where a
    size differs, or the block, one trial's numbers at one point are another's at the other, and pairs depend on each
    other. Given an event, the kept trials of the two points are not the same ones.
    """
    if claim.given is not None:
        return False
    simulator = discovery.simulator_of(claim.setting)
    if not simulator.batched:
        return True
    same_shapes = all(isinstance(claim.setting.domains()[name], Real) for name in names)
    return same_shapes and simulator.block_size(lower) == simulator.block_size(upper)


@trials_to_begin.register
def _(relation: Ordering, rule: Rule) -> int:
    return rule.first_look * sequential.blocks_for(rule.level) + PILOT


@judge.register
def _(relation: Ordering, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    outside = {str(one) for side in measured for one in claim.broken(claim.regime, side.station.point)}
    if outside:
        return Outcome("undecided", reason=f"regime: {' and '.join(sorted(outside))} fails on a side of the ordering")
    lower, upper = _paired(claim, measured)
    if len(upper) <= PILOT:
        return Outcome("open", reason="noise: too few pairs", would_decide=f"more than {PILOT} pairs")
    scale = _scale(claim, measured[1], upper[:PILOT])
    if scale is None:
        return Outcome(
            "undecided",
            reason="regime: the mean of the observable is not clear of 0, so that it is no scale",
            would_decide="scale=… in the claim",
        )
    difference = (lower - upper)[PILOT:] / scale
    cs = mean_sequence(difference, rule, known=_known(measured, scale), sides=1)
    error = sum(mean_certificate(side, scale) for side in measured)
    answer = _answer(relation, cs, error, rule)
    if answer == "open" and not rule.detail:
        return Outcome(answer)
    fault = dependence_fault(difference, repeats=True)
    if fault:
        raise BadSample(f"{claim.id}: the pairs are not independent: {fault}; draw every trial from rng")
    return _outcome(answer, relation, measured, difference, cs, error, rule, scale)


def _paired(claim: Claim, measured: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Trials of equal place: where streams are shared, of equal block and offset.   Shapes: -> (pairs,), (pairs,)."""
    arrays = [side.observable for side in measured]
    if any(array.ndim > 1 for array in arrays):
        raise BadDeclaration(f"{claim.id}: {claim.observable} is an array; an ordering compares numbers")
    if measured[0].station.apart:
        simulator = discovery.simulator_of(claim.setting)
        sizes = [simulator.block_size(side.station.point) for side in measured]
        blocks = min(len(array) // size for array, size in zip(arrays, sizes, strict=True))
        if blocks and sizes[0] != sizes[1]:
            arrays = [
                array[: blocks * size].reshape(blocks, size)[:, : min(sizes)].reshape(-1)
                for array, size in zip(arrays, sizes, strict=True)
            ]
    count = min(map(len, arrays))
    return arrays[0][:count], arrays[1][:count]


def _scale(claim: Claim, upper: Measured, pilot: np.ndarray) -> float | None:
    """The claim's scale at the upper point, or the size of the mean there by a pilot; None where that may be 0."""
    if claim.scale is not None:
        return float(scale_of(claim, upper)) or None
    size, error = abs(float(pilot.mean())), float(pilot.std(ddof=1)) / np.sqrt(len(pilot))
    return size if size > CLEAR * error else None


def _known(measured: Sequence[Measured], scale: float) -> Known:
    """What is known of the difference. Of its variance: Var(X − Y) ≤ (σ_X + σ_Y)², whatever they share."""
    coins = all(np.isin(side.observable, (0.0, 1.0)).all() for side in measured)
    lower, upper = (Known(0.0, 1.0, values="discrete") if coins else side.known for side in measured)
    variance = (
        None
        if lower.variance is None or upper.variance is None
        else (np.sqrt(lower.variance) + np.sqrt(upper.variance)) ** 2 / scale**2
    )
    kinds = {lower.values, upper.values}
    values = "continuous" if "continuous" in kinds else "discrete" if "discrete" in kinds else "fixed"
    return Known((lower.low - upper.high) / scale, (lower.high - upper.low) / scale, variance, values)


def _answer(relation: Ordering, cs: sequential.Interval, error: float, rule: Rule) -> Answer:
    if not error <= rule.tolerance / 2:
        return "undecided"
    if cs.gates_open and cs.lower - error > 0:
        return "refuted"
    most = cs.upper + error
    return "supported" if cs.gates_open and (most < 0 if relation.strict else most <= rule.tolerance) else "open"


def _outcome(
    answer: Answer, relation: Ordering, measured: Sequence[Measured], difference: np.ndarray, cs: sequential.Interval,
    error: float, rule: Rule, scale: float,
) -> Outcome:  # fmt: skip
    least, most = cs.lower - error, cs.upper + error
    reason, would = _open(relation, difference, cs, rule)
    if not error <= rule.tolerance / 2:
        reason = "solver: the simulator's error is above half the tolerance"
        would = f"a tolerance above {2 * error:.2g}, or a tighter solver"
    mean = float(difference.mean())
    power = POWER_QUANTILE[sequential.blocks_for(rule.level)] * cs.sd / np.sqrt(max(cs.trials, 1))
    shared = bool(measured[0].station.apart)
    return Outcome(
        answer,
        reason=reason,
        estimate=mean,
        interval=(least, most),
        tolerance=rule.tolerance,
        guarantee=cs.guarantee,
        detectable=float(mean - cs.lower + power + error) if np.isfinite(cs.lower) else None,
        would_decide=would,
        blind_spot=blind_spot(rule, len(difference)),
        certificate=error,
        series=tuple(
            scalar_row(side, at=side.station.label, point=str(side.station.point)) | {"prediction": None}
            for side in measured
        ),
        notes=(f"scale {scale:.4g}", "common random numbers" if shared else "independent random numbers"),
    )


def _open(relation: Ordering, difference: np.ndarray, cs: sequential.Interval, rule: Rule) -> tuple[str, str]:
    if not cs.gates_open and "trials" not in cs.reason:
        return f"regime: {cs.reason.removeprefix('regime').lstrip(': ')}", "an observable with lighter tails"
    mean = float(difference.mean())
    room = abs(mean) if relation.strict else max(mean, rule.tolerance - mean)
    if room < EDGE * rule.tolerance:
        return "noise: the two means are not told apart", "more trials, or an ordering that is not strict"
    trials = sequential.blocks_for(rule.level) * (cs.z * cs.sd / room) ** 2 if cs.sd and cs.z else rule.first_look
    pairs = int(np.ceil(max(trials, 1.3 * len(difference))))
    return "noise: the difference of the means is not yet certain", f"about {pairs} pairs"

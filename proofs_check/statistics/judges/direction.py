"""Direction: 1 − cosine between observable and prediction vanishes along an axis."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Answer, Measured, Outcome, Rule
from proofs_check.statistics.fitting import intercept_weights
from proofs_check.statistics.judging import certificates, judge, mean_sequence
from proofs_check.statistics.regime import advice, blind_spot, detectable
from proofs_check.statistics.sequential import Interval
from proofs_check.statistics.slopes import PILOT, Climb, readings
from theory.claim import Claim
from theory.errors import BadDeclaration
from theory.relation import Direction
from theory.setting import Axis

LEAST_STEPS, LEAST_RATIO = 5, 3  # of an axis along which a rate in log t can be read


@judge.register
def _(relation: Direction, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """Supported: 1 − cosine is below the limit at the end of the axis, and falling; at the rate, if one is declared.

    Refuted: above the limit at the end, and in the limit too; or falling at another rate.
    """
    only, steps = measured[0], _axis(relation, claim)
    apart, doubt = _one_minus_cosine(only, len(steps)), _direction_error(only, len(steps))
    plain = Outcome("open", tolerance=relation.limit, guarantee="calibrated", blind_spot=blind_spot(rule, only.kept))
    lost = int(np.sum(~np.isfinite(doubt).all(axis=1) | ~np.isfinite(apart).all(axis=1)))
    if lost:
        reason = f"solver: {lost} of {only.kept} draws have no certain direction"
        would = "a program and a simulator that find one in every draw"
        return dataclasses.replace(plain, answer="undecided", reason=reason, would_decide=would)
    errors = (doubt * np.sqrt(2 * apart) + doubt**2 / 2).mean(axis=0)  # of 1 − cosine, at every step
    shared = rule if relation.rate is None else dataclasses.replace(rule, level=rule.level / 2)
    outcome = _in_the_limit(plain, relation, steps, apart, errors, shared)
    if relation.rate is not None:
        outcome = _with_rate(outcome, relation, steps, apart, errors, shared)
    answer = outcome.answer if errors[-1] <= relation.limit / 2 else "undecided"
    series = tuple(_row(apart[:, j], step) for j, step in enumerate(steps)) if rule.detail else ()
    return dataclasses.replace(outcome, answer=answer, series=series, certificate=float(errors[-1]))


def _in_the_limit(
    plain: Outcome, relation: Direction, steps: np.ndarray, apart: np.ndarray, errors: np.ndarray, rule: Rule
) -> Outcome:
    weights = _extrapolation(steps)
    error, carried = float(errors[-1]), float(np.abs(weights) @ errors)
    strict = dataclasses.replace(rule, tolerance=relation.limit)
    last, limit, change = (
        mean_sequence(values, strict) for values in (apart[:, -1], apart @ weights, apart[:, -1] - apart[:, -2])
    )
    answer: Answer = "open"
    if last.gates_open and change.gates_open and last.upper + error <= relation.limit and change.upper <= 0:
        answer = "supported"
    elif last.gates_open and limit.gates_open and min(last.lower - error, limit.lower - carried) > relation.limit:
        answer = "refuted"
    if not rule.detail:
        return dataclasses.replace(plain, answer=answer)
    reason, would = _direction_reason(apart, last, limit, steps, strict, error)
    extrapolated = float((apart @ weights).mean())
    return dataclasses.replace(
        plain,
        answer=answer,
        reason=reason,
        would_decide=would,
        estimate=float(apart[:, -1].mean()),
        interval=(max(last.lower - error, 0.0), last.upper + error),
        detectable=detectable(last, strict, error),
        notes=(f"1 − cosine at {relation.along} = {steps[-1]:g}; extrapolated in 1/log: {extrapolated:.2g}",),
    )


def _with_rate(
    found: Outcome, relation: Direction, steps: np.ndarray, apart: np.ndarray, errors: np.ndarray, rule: Rule
) -> Outcome:
    """The rate of 1 − cosine in log t, read as the slope of a power law in log t off both ends of the hull."""
    assert relation.rate is not None
    claimed, logs = -relation.rate, np.log(steps)
    if len(steps) < LEAST_STEPS or logs[-1] < LEAST_RATIO * logs[0]:
        reason = f"finite size: a rate in log t needs {LEAST_STEPS} steps over a factor {LEAST_RATIO} in log t"
        return dataclasses.replace(found, answer="undecided", reason=reason, would_decide="a longer axis")
    if len(apart) < 4 * PILOT:
        return dataclasses.replace(found, answer="open")
    pilot, rounds = apart[:PILOT], apart[PILOT:]
    strict = dataclasses.replace(rule, tolerance=relation.rate_within)
    climb = Climb(logs, pilot.mean(axis=0), pilot.std(axis=0, ddof=1), rounds.T, errors, strict)
    ways = readings(len(steps))
    sides = [climb.side(way, claimed, relation.rate_within) for way in ways]
    gates = all(cs.gates_open for cs in climb.rungs)
    seen = " and ".join(f"{-climb.slope(way, claimed):.2f}" for way in ways)
    notes = (*found.notes, f"rate in log t: {seen}, {relation.rate:g} ± {relation.rate_within:g} is claimed")
    if gates and sides in (["above"] * len(ways), ["below"] * len(ways)):
        return dataclasses.replace(found, answer="refuted", notes=notes)
    if found.answer == "supported" and not (gates and set(sides) == {"inside"}):
        reason, would = "noise: the rate is not yet certain to its tolerance", "more trials"
        if gates and "unsure" not in sides:
            reason, would = f"finite size: the rate still changes along the axis ({seen})", "a longer axis"
        return dataclasses.replace(found, answer="open", reason=reason, would_decide=would, notes=notes)
    return dataclasses.replace(found, notes=notes)


def _axis(relation: Direction, claim: Claim) -> np.ndarray:
    part = claim.setting.part_of(relation.along)
    if not isinstance(part, Axis) or len(part.values) < 4:
        raise BadDeclaration(
            f"{claim.id}: Direction(along={relation.along}) needs an Axis of {claim.setting.name()}"
            " with at least four values"
        )
    return part.values


def _one_minus_cosine(only: Measured, steps: int) -> np.ndarray:
    """Distance in direction at every step, without the cancellation of 1 − a·b.   Shapes: -> (kept, steps)."""
    found = only.observable.reshape(only.kept, steps, -1)
    wanted = np.asarray(only.prediction.value).reshape(only.kept, 1, -1)
    with np.errstate(all="ignore"):  # a vector of length zero has no direction: nan
        found = found / np.linalg.norm(found, axis=-1, keepdims=True)
        wanted = wanted / np.linalg.norm(wanted, axis=-1, keepdims=True)
        return ((found - wanted) ** 2).sum(-1) / 2


def _direction_error(only: Measured, steps: int) -> np.ndarray:
    """Bound of ‖ŵ/‖ŵ‖ − w/‖w‖‖ <= 2‖ŵ − w‖/‖ŵ‖ for prediction and observable, at every step.

    Shapes: -> (kept, steps).
    """
    with np.errstate(all="ignore"):
        predicted = 2 * _norm(only.prediction.error, only) / _norm(only.prediction.value, only)
        lengths = np.linalg.norm(only.observable.reshape(only.kept, steps, -1), axis=-1)
        return predicted[:, None] + 2 * _norm(certificates(only), only)[:, None] / lengths


def _norm(array: object, only: Measured) -> np.ndarray:
    """Euclidean norm in every trial; one number a trial is taken for a norm already.   Shapes: (kept,)."""
    values = np.asarray(array, dtype=float)
    if values.ndim <= 1:
        return np.broadcast_to(np.abs(values), (only.kept,))
    return np.linalg.norm(values.reshape(only.kept, -1), axis=-1)


def _extrapolation(steps: np.ndarray) -> np.ndarray:
    """Weights of the limit in a least squares fit of 1, u, u² with u = 1/log(step)."""
    u = 1 / np.log(steps)
    return intercept_weights(np.stack([np.ones_like(u), u, u**2], axis=1), np.ones_like(u))


def _direction_reason(
    apart: np.ndarray, last: Interval, limit: Interval, steps: np.ndarray, rule: Rule, error: float
) -> tuple[str, str]:
    if last.gates_open and last.lower > rule.tolerance >= limit.lower:
        return (
            "finite size: still above the limit at the end of the axis, and falling",
            f"an axis beyond {steps[-1] ** 2:.2g}",
        )
    return advice(apart[:, -1], last, rule, solver=error)


def _row(values: np.ndarray, step: float) -> dict[str, float]:
    return {
        "at": float(step),
        "mean": float(values.mean()),
        "stderr": float(values.std(ddof=1) / np.sqrt(len(values))),
        "trials": len(values),
        "largest": float(values.max()),
    }

"""Direction: 1 − cosine between observable and prediction vanishes along an axis."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import Measured, Outcome, Rule
from proofs_check.statistics.fitting import intercept_weights
from proofs_check.statistics.judging import judge, mean_sequence
from proofs_check.statistics.regime import advice, blind_spot, detectable
from proofs_check.statistics.sequential import Interval
from theory.claim import Claim
from theory.errors import BadDeclaration, NotBuilt
from theory.relation import Direction
from theory.setting import Axis


@judge.register
def _(relation: Direction, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """Supported: 1 − cosine is below the limit at the end of the axis, and falling.

    Refuted: above it there, and in the limit too.
    """
    only = measured[0]
    if only.certificate is not None:
        raise NotBuilt(
            f"{claim.id}: a direction whose observable has a certificate is declared but not judged by this version"
        )
    steps = _axis(relation, claim)
    apart, doubt = _one_minus_cosine(only, len(steps)), _direction_error(only)
    lost = int(np.sum(~np.isfinite(doubt) | ~np.isfinite(apart).all(axis=1)))
    if lost:
        return Outcome(
            "undecided",
            reason=f"solver: {lost} of {only.kept} draws have no certain direction",
            tolerance=relation.limit,
            guarantee="calibrated",
            would_decide="a program and a simulator that find one in every draw",
        )
    weights = _extrapolation(steps)
    errors = (doubt[:, None] * np.sqrt(2 * apart) + doubt[:, None] ** 2 / 2).mean(
        axis=0
    )  # of 1 − cosine, at every step
    error, carried = float(errors[-1]), float(np.abs(weights) @ errors)
    last = mean_sequence(apart[:, -1], rule, tolerance=relation.limit)
    limit = mean_sequence(apart @ weights, rule, tolerance=relation.limit)
    change = mean_sequence(apart[:, -1] - apart[:, -2], rule, tolerance=relation.limit)
    answer = "open"
    if last.gates_open and change.gates_open and last.upper + error <= relation.limit and change.upper <= 0:
        answer = "supported"
    elif last.gates_open and limit.gates_open and min(last.lower - error, limit.lower - carried) > relation.limit:
        answer = "refuted"
    strict = dataclasses.replace(rule, tolerance=relation.limit)
    reason, would = _direction_reason(apart, last, limit, steps, strict, error)
    series = tuple(_row(apart[:, j], step) for j, step in enumerate(steps))
    return Outcome(
        answer if error <= relation.limit / 2 else "undecided",
        reason=reason,
        would_decide=would,
        estimate=float(apart[:, -1].mean()),
        interval=(max(last.lower - error, 0.0), last.upper + error),
        tolerance=relation.limit,
        guarantee="calibrated",
        series=series,
        detectable=detectable(last, strict, error),
        blind_spot=blind_spot(rule, only.kept),
        certificate=error,
        notes=(
            f"1 − cosine at {relation.along} = {steps[-1]:g};"
            f" extrapolated in 1/log: {float((apart @ weights).mean()):.2g}",
        ),
    )


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


def _direction_error(only: Measured) -> np.ndarray:
    """Bound of ‖ŵ/‖ŵ‖ − w/‖w‖‖ <= 2‖ŵ − w‖/‖ŵ‖ for the prediction ŵ of every trial.   Shapes: (kept,)."""
    value, error = (np.asarray(part, dtype=float) for part in (only.prediction.value, only.prediction.error))
    if error.ndim > 1:
        error = np.linalg.norm(error.reshape(only.kept, -1), axis=-1)
    with np.errstate(all="ignore"):
        return 2 * error / np.linalg.norm(value.reshape(only.kept, -1), axis=-1)


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

"""Equality: the mean of the observable lies within the tolerance of the prediction, or outside it."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from proofs_check.statistics.evidence import NOTHING, Known, Measured, Outcome, Rule, scalar_row, scale_of
from proofs_check.statistics.judging import (
    certainly_open,
    certificates,
    frequency_sequence,
    inside_or_outside,
    judge,
    mean_sequence,
    one,
    zeros_and_ones,
)
from proofs_check.statistics.regime import advice, blind_spot, detectable
from theory.claim import Claim
from theory.errors import BadDeclaration, BadSample
from theory.relation import Equality


@judge.register
def _(relation: Equality, claim: Claim, measured: Sequence[Measured], rule: Rule) -> Outcome:
    """An array is equal where all its components are: each is supported at the full level, refuted at a share of it."""
    only = measured[0]
    gaps, errors, knowns = _components(claim, only)
    scalar = only.observable.ndim == 1 and np.ndim(only.prediction.value) == 0
    coin = scalar and zeros_and_ones(only.observable)
    parts = [
        _component(gap, error, known, rule, len(gaps), coin and known.low == -np.inf)
        for gap, error, known in zip(gaps, errors, knowns, strict=True)
    ]
    order = ("refuted", "undecided", "open", "supported")
    worst = min(parts, key=lambda part: (order.index(part.answer), -abs(part.estimate or 0.0)))
    if not rule.detail:
        return worst
    places = _places(claim, len(parts))
    note = (f"the worst of {len(parts)} components: at {places[parts.index(worst)]:g}",) if len(parts) > 1 else ()
    return dataclasses.replace(
        worst,
        prediction=one(only.prediction.value) if only.observable.ndim == 1 else None,
        mean=float(only.observable.mean()) if only.observable.ndim == 1 else None,
        blind_spot=blind_spot(rule, only.kept),
        series=tuple(scalar_row(only, part, at=place) for part, place in enumerate(places))
        if only.observable.ndim > 1
        else (scalar_row(only),),
        notes=note,
    )


def _places(claim: Claim, components: int) -> Sequence[float]:
    """Where the components of an array stand: the values of its one axis, or their numbers."""
    axis = getattr(claim.setting.part_of(claim.observable), "axis", None)
    places = range(components) if axis is None or len(axis.values) != components else axis.values
    return list(map(float, places))


def _components(claim: Claim, only: Measured) -> tuple[np.ndarray, np.ndarray, list[Known]]:
    """Relative gaps of every component in every trial, what they may be off by, and what is known of each.

    Shapes: -> (components, kept), (components,).
    """
    scale, value = scale_of(claim, only), np.asarray(only.prediction.value, dtype=float)
    if np.any(scale <= 0):
        raise BadDeclaration(
            f"{claim.id}: the scale is zero at {only.station.point}; declare scale=… where the prediction may vanish"
        )
    inner = only.observable.shape[1:]
    if value.shape not in ((), inner, only.observable.shape):
        raise BadSample(f"{claim.id}: a trial has the shape {inner}, its prediction {value.shape}; let them agree")

    def flat(array: np.ndarray) -> np.ndarray:
        return np.broadcast_to(array, only.observable.shape).reshape(only.kept, -1).T

    gaps = flat((only.observable - value) / scale)
    certificate = certificates(only)
    certificate = certificate.reshape(certificate.shape + (1,) * (only.observable.ndim - certificate.ndim))
    errors = flat(only.prediction.error / scale).max(axis=1) + flat(certificate / scale).mean(axis=1)
    alike = value.shape in ((), inner) and np.shape(scale) in ((), inner)  # the same prediction in every trial
    if not alike:
        return gaps, errors, [dataclasses.replace(NOTHING, values=only.known.values)] * len(gaps)
    shifts, units = (np.broadcast_to(array, inner).reshape(-1) for array in (value, scale))
    return gaps, errors, [only.known.shifted(float(m), float(s)) for m, s in zip(shifts, units, strict=True)]


def _component(gap: np.ndarray, error: float, known: Known, rule: Rule, components: int, coin: bool) -> Outcome:
    delta, error = rule.tolerance, float(error)
    if not rule.detail and error <= delta / 2 and certainly_open(gap, rule, error - delta, delta - error, known=known):
        return Outcome("open", estimate=0.0)
    cs = frequency_sequence(gap, rule) if coin else mean_sequence(gap, rule, known=known)
    answer = inside_or_outside(cs.lower - error, cs.upper + error, -delta, delta, cs.gates_open)
    if answer == "refuted" and components > 1:  # a union over components: each has its share
        cs = mean_sequence(gap, dataclasses.replace(rule, level=rule.level / components), known=known)
        answer = inside_or_outside(cs.lower - error, cs.upper + error, -delta, delta, cs.gates_open)
    if not error <= delta / 2:  # nor is an error that is nan a small one
        answer = "undecided"
    if not rule.detail:
        return Outcome(answer, estimate=0.0)
    reason, would = advice(gap, cs, rule, solver=error)
    return Outcome(
        answer,
        reason=reason,
        estimate=float(gap.mean()),
        interval=(cs.lower - error, cs.upper + error),
        tolerance=delta,
        guarantee=cs.guarantee,
        detectable=detectable(cs, rule, error),
        would_decide=would,
        certificate=error,
    )

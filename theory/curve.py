"""A claim's prediction at many points, in float64 and checked by balls: what curves, sweeps and searches read."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Integer, Symbol

from theory.claim import Claim
from theory.errors import BadInput
from theory.evaluate import Prediction
from theory.evaluation.vectorise import along_columns, pair_of, real_pair
from theory.implicit.many import Many, solved_at
from theory.implicit.residuals import with_bounds
from theory.implicit.root import Root
from theory.implicit.slopes import Names, slopes_along, spelled_out
from theory.setting import Point, symbols_of
from theory.values import Modes

FEW = 12  # points at which balls are as quick
CHECKED = 5
ROUGH = 1e-8  # relative: a point whose bound is above it is evaluated by balls
UNFIT = (BadInput, NameError, TypeError, ValueError, KeyError, AttributeError, NotImplementedError)


def predictions(claim: Claim, points: Sequence[Point]) -> Prediction:
    """The prediction at every point; not a number where there is none.   Shapes: (points,).

    Float64 at all points that share their spectra and choices, balls at some of them and wherever float64 fails.
    """
    if not claim.is_per_point():
        raise BadInput(f"{claim.id} has no prediction at a point; predict from what was drawn")
    value, error = np.full(len(points), np.nan), np.full(len(points), np.nan)
    words = set()
    for indices in _groups(claim, points):
        some = [points[i] for i in indices]
        found = _together(claim, some) if len(some) >= FEW else None
        found = found or _one_by_one(claim, some)
        value[indices], error[indices] = found.value, found.error
        words.add(found.guarantee)
    return Prediction(value, error, "; ".join(sorted(words)))


def running(claim: Claim, points: Sequence[Point]) -> Prediction:
    """Float64 alone, with its running bound; not a number where there is none.   Shapes: (points,)."""
    value, error = np.full(len(points), np.nan), np.full(len(points), np.inf)
    for indices in _groups(claim, points):
        try:
            value[indices], error[indices], _ = _in_float64(claim, [points[i] for i in indices])
        except UNFIT:
            continue
    return Prediction(value, error, "float64 with a running error bound")


def _groups(claim: Claim, points: Sequence[Point]) -> list[list[int]]:
    """The points with the same spectra and choices, of those that the claim reads."""
    read = {str(symbol) for symbol in symbols_of([claim.prediction, *_parts(claim.roots)])}
    groups: dict[Any, list[int]] = {}
    for i, point in enumerate(points):
        key = tuple((n, str(value)) for n, value in point.values if n in read and isinstance(value, (str, Modes)))
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def _parts(roots: Sequence[Root]) -> list[Any]:
    return [part for root in roots for part in (root.equation, root.branch)]


def _one_by_one(claim: Claim, points: Sequence[Point]) -> Prediction:
    found = [_at(claim, point) for point in points]
    return Prediction(np.array([one[0] for one in found]), np.array([one[1] for one in found]), "enclosure")


def _at(claim: Claim, point: Point) -> tuple[float, float]:
    try:
        found = claim.predict(point)
    except BadInput:
        return np.nan, np.nan
    return float(found.value), float(found.error)


def _together(claim: Claim, points: Sequence[Point]) -> Prediction | None:
    """The predictions in float64; None where they are not to be had so, or leave their bound at a point checked."""
    try:
        value, error, checked = _in_float64(claim, points)
    except UNFIT:
        return None
    rough = np.flatnonzero(~(error <= ROUGH * np.abs(value)))
    truth = {i: _at(claim, points[i]) for i in {*checked, *map(int, rough)}}
    both = [i for i in checked if np.isfinite(truth[i][0]) and np.isfinite(error[i])]
    if not both or any(abs(value[i] - truth[i][0]) > error[i] + truth[i][1] for i in both):
        return None
    for i, (right, its_error) in truth.items():
        value[i], error[i] = right, its_error
    words = f"float64 with a running error bound, within it of enclosures at {len(both)} of {len(points)} points"
    return Prediction(value, error, words)


def _in_float64(claim: Claim, points: Sequence[Point]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """The values, their bounds, and the points to check: those from which the roots were followed."""
    first, exact = points[0], [point.exact() for point in points]
    roots = claim.roots_at(first)
    names: Names = {}
    formula = first.decide(claim.prediction).subs({constant: 1 for constant in claim.unknown})
    formula = spelled_out(formula, roots, names)
    read = symbols_of([formula, *_parts(roots)])
    varying = [symbol for symbol in exact[0] if symbol in read and len({at[symbol] for at in exact}) > 1]
    moving = {symbol: np.array([float(at[symbol]) for at in exact]) for symbol in varying}
    held: dict[Symbol, Any] = {s: v for s, v in {**exact[0], **first.spectra()}.items() if s not in moving}
    if not moving and roots:
        raise BadInput("all points are the same to the formula")
    spread = np.unique(np.linspace(0, len(points) - 1, CHECKED).round().astype(int))
    many = Many({}, tuple(map(int, spread)), 0.0)
    if roots:
        many = solved_at(roots, moving, held, lambda i: {**exact[i], **first.spectra()})
    columns: dict[Any, np.ndarray] = {**moving, **many.roots}
    columns |= slopes_along(roots, columns, held, names) if names else {}
    read = symbols_of([formula])
    known = {symbol: pair_of(value) for symbol, value in held.items() if symbol in read}
    whole = {symbol for symbol in varying if all(isinstance(at[symbol], Integer) for at in exact)}
    pairs = {s: pair for s, pair in with_bounds(roots, columns, held, names, whole).items() if s in read}
    with np.errstate(all="ignore"):
        value, error = real_pair(*along_columns(formula, known, pairs, len(points))[:2])
    return value, error, list(many.certified)[: max(CHECKED, len(spread))]

"""Random points of every claim: float64 within its bound of the enclosure; enclosures of two precisions overlap.

Closed forms and laws at points of the whole domain where it is finite, otherwise up to tenfold beyond the typical
range; formulas of the draws at simulated trials; programs, which have no enclosure, alone and in a batch; minima at two
precisions. `python -m benchmarks.evaluation --points 100000`; a run is sharded by `--seed`, and ends with the exit code
1 where something violates one of these.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from flint import arb

from benchmarks.places import DRAWS, points, trials
from theory import discovery
from theory.claim import Claim
from theory.computed import ARGUMENT, Computed, Law, Minimum
from theory.errors import BadInput
from theory.evaluate import Prediction, ball_at, enclose, precision
from theory.evaluation.vectorise import in_float64, per_trial
from theory.setting import Point
from theory.values import exact

BITS = (128, 512)
TIGHT = 60  # bits to which the finer enclosure of exact inputs is known
DIGITS = (12, 30)  # of a minimum
ALONE = 4  # trials of a program that are computed one by one
NO_VALUE, BEYOND, HOLDS, BAD = "no value", "beyond float64", "holds", "VIOLATION: "


def enclosed(formula: Any, values: Mapping[Any, Any], quick: Prediction, tighter: float = 1.0) -> str:
    """'holds', a violation, or why there is nothing to compare. `tighter` divides the bound, for the twin."""
    rough, fine = (ball_at(formula, values, bits) for bits in BITS)
    if not fine.is_finite():
        return NO_VALUE
    with precision(2 * BITS[1]):
        if rough.is_finite() and not rough.overlaps(fine):
            return f"{BAD}two precisions disagree"
        if rough.is_finite() and rough.rad() > 0 and fine.rad() > 2 * rough.rad():
            return f"{BAD}more bits widen the enclosure"
    if not _tight(fine) and not any(isinstance(value, arb) for value in values.values()):
        fine = enclose(formula, values)
        if not _tight(fine):
            return f"{BAD}a wide enclosure"
    if not (np.isfinite(quick.error) and np.isfinite(quick.value)):
        return BEYOND
    with precision(2 * BITS[1]):
        bound = arb(float(quick.error)) / arb(tighter)
        return HOLDS if not abs(fine - arb(float(quick.value))) > bound else f"{BAD}float64 leaves its bound"


def _tight(ball: arb) -> bool:
    return ball.rel_accuracy_bits() > TIGHT or ball.is_zero()


def at_points(claim: Claim, count: int, rng: np.random.Generator, tighter: float) -> Iterator[tuple[Point, str]]:
    """A closed form; along its axes, at one place of each."""
    for point in points(claim, count, rng):
        try:
            formula, values = claim.formula_at(point)
            values |= {axis.symbol: exact(repr(float(rng.choice(axis.values)))) for axis in claim.axes()}
            yield point, enclosed(formula, values, in_float64(formula, values), tighter)
        except BadInput:
            yield point, NO_VALUE


def at_draws(claim: Claim, count: int, rng: np.random.Generator, tighter: float) -> Iterator[tuple[Point, str]]:
    """A formula of what was drawn, at the trials of some points."""
    while count > 0 and (found := trials(claim, int(rng.integers(2**31)), rng)):
        point, arrays = found
        formula, values = claim.formula_at(point)
        read = {part.symbol: arrays[name] for name, part in claim.setting.parts.items() if name in arrays}
        read = {symbol: array for symbol, array in read.items() if symbol in formula.free_symbols}
        told = per_trial(formula, values, read)
        for trial in range(min(count, len(told.value))):
            here = {**values, **{symbol: float(array[trial]) for symbol, array in read.items()}}
            yield point, enclosed(formula, here, Prediction(told.value[trial], told.error[trial], ""), tighter)
        count -= len(told.value)


def of_laws(claim: Claim, count: int, rng: np.random.Generator, tighter: float) -> Iterator[tuple[Point, str]]:
    """A distribution function between its own quantiles."""
    for point in points(claim, -(-count // DRAWS), rng):
        try:
            law = claim.prediction.at_point(point)
            places = law.quantiles(rng.uniform(size=min(count, DRAWS)))
        except BadInput:
            yield point, NO_VALUE
            continue
        for place in map(float, places[(places > law.low) & (places < law.high)]):
            values = {**law.known, ARGUMENT: place}
            yield point, enclosed(law.expression, values, in_float64(law.expression, values), tighter)


def of_programs(claim: Claim, count: int, rng: np.random.Generator, tighter: float) -> Iterator[tuple[Point, str]]:
    """A program says the same of a trial alone and in a batch, up to the errors that it states."""
    while count > 0 and (found := trials(claim, int(rng.integers(2**31)), rng)):
        point, arrays = found
        try:
            batch = claim.prediction.of(point, arrays)
            for trial in range(min(count, ALONE)):
                alone = claim.prediction.of(point, {name: array[trial : trial + 1] for name, array in arrays.items()})
                yield point, _agree(batch, alone, trial, tighter)
        except BadInput:
            yield point, NO_VALUE
        count -= ALONE


def _agree(batch: Prediction, alone: Prediction, trial: int, tighter: float) -> str:
    apart = np.abs(batch.value[trial] - alone.value[0])
    bound = (batch.error[trial] + alone.error[0]) / tighter
    if not np.all(np.isfinite(bound)):
        return BEYOND
    return HOLDS if not np.any(apart > bound) else f"{BAD}a program depends on the batch"


def of_minima(claim: Claim, count: int, rng: np.random.Generator, tighter: float) -> Iterator[tuple[Point, str]]:
    """Least values at two precisions."""
    for point in points(claim, count, rng):
        try:
            rough, fine = (claim.predict(point, digits=digits) for digits in DIGITS)
        except BadInput:
            yield point, NO_VALUE
            continue
        close = abs(rough.value - fine.value) <= (rough.error + fine.error) / tighter
        yield point, HOLDS if close else f"{BAD}two precisions disagree"


def kind(claim: Claim) -> tuple[str, Any]:
    """What is surveyed of a claim, and how."""
    if isinstance(claim.prediction, Computed):
        return "programs", of_programs
    if isinstance(claim.prediction, Law):
        return "laws", of_laws
    if isinstance(claim.prediction, Minimum):
        return "minima", of_minima
    return ("formulas of draws", at_draws) if claim.is_per_trial() else ("closed forms", at_points)


def survey(claims: list[Claim], each: int, seed: int, tighter: float = 1.0) -> tuple[Counter[str], list[str]]:
    """How the points fared, by kind of prediction, and the claims with a violation."""
    counts, broken = Counter[str](), []
    for claim in claims:
        rng = np.random.default_rng([seed, *claim.id.encode()])
        name, surveyed = kind(claim)
        for point, found in surveyed(claim, each, rng, tighter):
            counts[f"{name}: {found}"] += 1
            if found.startswith(BAD):
                broken.append(f"{claim.id} at {point}: {found}")
    return counts, broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.process_time()
    claims = [claim for claim in discovery.find("all") if claim.prediction is not None]
    counts, broken = survey(claims, max(1, options.points // len(claims)), options.seed)
    for words, count in sorted(counts.items()):
        print(f"{count:8d}  {words}")
    print(f"{counts.total()} points of {len(claims)} claims, {time.process_time() - began:.0f} s of CPU time")
    print(*broken[:20], sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

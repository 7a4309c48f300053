"""Random points of a claim, and trials at them: where predictions are compared with enclosures."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.arrays import Machine
from numerics.simulator import simulate_block
from theory import discovery
from theory.claim import Claim
from theory.domain import LARGEST_SIZE, Domain, Real, Size
from theory.errors import BadInput, BadSample, OutsideDomain
from theory.points import complete, ladder_top
from theory.setting import Point

WIDER = 10  # how far beyond the typical range points reach, where the domain does
TRIES = 50
DRAWS = 64  # trials at one point
SECONDS = 5.0  # declared work of the trials at one point; dearer points are left out


def drawn(domain: Domain, rng: np.random.Generator) -> Any:
    """A value from the whole of a finite domain, or from the typical range made wider; a typical one otherwise."""
    for value in (_anywhere(domain, rng) if rng.random() < 0.5 else None, _wide(domain, rng)):
        if value is not None and not domain.fault(value):
            return value
    return domain.draw(rng)


def _anywhere(domain: Domain, rng: np.random.Generator) -> Any:
    """Uniform over a domain with two ends; None where it has none."""
    if isinstance(domain, Size) and domain.at_most < LARGEST_SIZE:
        return int(rng.integers(domain.at_least, domain.at_most + 1))
    if not isinstance(domain, Real):
        return None
    low = domain.above if domain.at_least is None else domain.at_least
    high = domain.below if domain.at_most is None else domain.at_most
    return None if low is None or high is None else float(rng.uniform(float(low), float(high)))


def _wide(domain: Domain, rng: np.random.Generator) -> Any:
    """From the typical range and ten times beyond."""
    if not isinstance(domain, (Real, Size)) or not domain.typical:
        return None
    low, high = (float(end) for end in domain.typical)
    wide = (low / WIDER, high * WIDER) if low > 0 else (low - WIDER * (high - low), high + WIDER * (high - low))
    value = np.exp(rng.uniform(*np.log(wide))) if low > 0 else rng.uniform(*wide)
    return round(value) if isinstance(domain, Size) else float(value)


def points(claim: Claim, count: int, rng: np.random.Generator) -> Iterator[Point]:
    """Up to so many points where `assuming` holds."""
    for _ in range(count):
        for _ in range(TRIES):
            values = {name: drawn(domain, rng) for name, domain in claim.free().items()}
            try:
                yield claim.point({**values, **ladder_top(claim)})
                break
            except (OutsideDomain, BadInput):
                continue


def trials(claim: Claim, seed: int, rng: np.random.Generator) -> tuple[Point, dict[str, np.ndarray]] | None:
    """A typical point and trials at it; None where they would take too long, or the simulator refuses the point."""
    simulator = discovery.simulator_of(claim.setting)
    try:
        point = complete(claim, {}, rng)
        count = int(min(DRAWS, SECONDS / simulator.trial_seconds(point)))
        if count < 2:
            return None
        few = dataclasses.replace(simulator, block=count)
        return point, simulate_block(few, point, 0, seed=seed, machine=Machine())
    except (BadInput, BadSample):
        return None

"""Random points of every claim: float64 within its bound of the enclosure; enclosures of two precisions overlap.

`python -m benchmarks.evaluation --points 100000`; exit code 1 where a point violates one of the two.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from theory import discovery
from theory.claim import Claim
from theory.domain import Domain, Real, Size
from theory.errors import BadInput, OutsideDomain
from theory.evaluate import ball_at, precision
from theory.points import ladder_top
from theory.setting import Point
from theory.vectorise import in_float64

BITS = (128, 512)
WIDER = 10  # how far beyond the typical range points reach, where the domain does
TRIES = 50


def drawn(domain: Domain, rng: np.random.Generator) -> Any:
    """A value from the typical range made wider, as far as the domain goes; a typical one otherwise."""
    if isinstance(domain, (Real, Size)) and domain.typical:
        low, high = (float(end) for end in domain.typical)
        wide = (low / WIDER, high * WIDER) if low > 0 else (low - WIDER * (high - low), high + WIDER * (high - low))
        value = np.exp(rng.uniform(*np.log(wide))) if low > 0 else rng.uniform(*wide)
        value = round(value) if isinstance(domain, Size) else float(value)
        if not domain.fault(value):
            return value
    return domain.draw(rng)


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


def verdict(formula: Any, values: Any, tighter: float = 1.0) -> str:
    """'holds', a violation, or why there is nothing to compare. `tighter` divides the bound, for the twin."""
    rough, fine = (ball_at(formula, values, bits) for bits in BITS)
    if not fine.is_finite():
        return "no value"
    with precision(2 * BITS[1]):
        if rough.is_finite() and not rough.overlaps(fine):
            return "VIOLATION: two precisions disagree"
        if rough.is_finite() and rough.rad() > 0 and fine.rad() > 2 * rough.rad():
            return "VIOLATION: more bits widen the enclosure"
        quick = in_float64(formula, values)
        if not np.isfinite(quick.error):
            return "beyond float64"
        bound = arb(quick.error) / arb(tighter)
        return "holds" if not abs(fine - arb(quick.value)) > bound else "VIOLATION: float64 leaves its bound"


def survey(claims: list[Claim], each: int, seed: int, tighter: float = 1.0) -> tuple[Counter[str], list[str]]:
    """How the points fared, and the claims with a violation."""
    counts, broken = Counter[str](), []
    for claim in claims:
        rng = np.random.default_rng([seed, *claim.id.encode()])
        for point in points(claim, each, rng):
            try:
                found = verdict(*claim.formula_at(point), tighter)
            except BadInput:
                found = "no value"
            counts[found] += 1
            if found.startswith("VIOLATION"):
                broken.append(f"{claim.id} at {point}: {found}")
    return counts, broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    claims = [claim for claim in discovery.find("all") if claim.is_per_point()]
    counts, broken = survey(claims, max(1, options.points // len(claims)), options.seed)
    for words, count in counts.most_common():
        print(f"{count:8d}  {words}")
    print(f"{len(claims)} claims", *broken[:20], sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

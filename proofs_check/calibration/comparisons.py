"""Toys of orderings and distributions: pairs of points, single numbers, arrays whose entries depend on each other."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

from proofs_check.calibration.laws import LAWS, Law
from proofs_check.calibration.toys import REFUTATION, SUPPORT, Abstract, Draw, Toy, Wrong, claim_of, measured, one_sided
from proofs_check.statistics.evidence import Measured
from theory.computed import Law as Predicted
from theory.relation import Distribution, Ordering

M = Abstract
TOLERANCE, SPREAD = 0.02, 10.0
NEAR = 0.05  # where the distribution functions differ most
ENTRIES = 30

ORDERING = claim_of(M.x, None, Ordering(lower={M.m: 1}, upper={M.m: 2}))
STRICT = claim_of(M.x, None, Ordering(lower={M.m: 1}, upper={M.m: 2}, strict=True))
UNIFORM = Predicted(cdf=lambda x: x, support=(0, 1))


def paired(law: Law) -> Draw:
    """Trials of mean 1 at the upper point, and θδ more at the lower one with noise of its own."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        upper = 1 + TOLERANCE * rng.standard_normal(trials)
        return [measured(upper + TOLERANCE * (theta + SPREAD * law(rng, trials))), measured(upper)]

    return draw


def strictly(theta: float) -> Wrong:
    """Strictly ordered below θ = 0; at 0 neither verdict is right."""
    return (REFUTATION if theta <= 0 else frozenset()) | (SUPPORT if theta >= 0 else frozenset())


def within(theta: float) -> Wrong:
    """A distance of laws is never negative."""
    return (REFUTATION if theta <= 1 else frozenset()) | (SUPPORT if theta >= 1 else frozenset())


def moved(entries: Callable[[Generator, int], np.ndarray], distance: float) -> Draw:
    """Uniform numbers, of which a share has been moved near 0 so that sup |G − F| is θ·distance."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        values = entries(rng, trials)
        chosen = rng.random(values.shape) < theta * distance / (1 - NEAR)
        return [measured(np.where(chosen, NEAR * rng.random(values.shape), values), np.nan)]

    return draw


def numbers(rng: Generator, trials: int) -> np.ndarray:
    return rng.random(trials)


def repelling(rng: Generator, trials: int) -> np.ndarray:
    """One entry in every thirtieth of [0, 1], as rigid as eigenvalues."""
    return (np.arange(ENTRIES) + rng.random((trials, ENTRIES))) / ENTRIES


def with_common_factor(rng: Generator, trials: int) -> np.ndarray:
    """Uniform entries that share half of their variance."""
    common = rng.standard_normal((trials, 1))
    return ndtr(np.sqrt(0.5) * (common + rng.standard_normal((trials, ENTRIES))))


def toys() -> list[Toy]:
    single = claim_of(M.x, UNIFORM, Distribution(within=0.05))
    several = claim_of(M.x, UNIFORM, Distribution(within=0.1))
    sides: dict[str, Any] = {"edges": (0.0, 1.0), "others": (-1.0, 1.2, 2.5), "wrong": one_sided}
    far: dict[str, Any] = {"edges": (1.0,), "others": (0.0, 0.5, 2.5), "wrong": within}
    return [
        *(Toy(Ordering.label, name, ORDERING, paired(LAWS[name]), **sides) for name in ("Gauss", "exponential", "n+6")),
        Toy(
            Ordering.label, "exponential, strict", STRICT, paired(LAWS["exponential"]),
            edges=(0.0,), others=(-2.5, -1.0, 1.0, 2.5), wrong=strictly,
        ),
        Toy(Distribution.label, "numbers", single, moved(numbers, 0.05), **far),
        Toy(Distribution.label, "repelling entries", several, moved(repelling, 0.1), reach=4, **far),
        Toy(Distribution.label, "common factor", several, moved(with_common_factor, 0.1), reach=4, **far),
    ]  # fmt: skip

"""Toys of statements about draws: identity, pathwise bound and threshold, bound with a probability."""

import numpy as np
from numpy.random import Generator

from proofs_check.calibration.toys import POINT, Toy, claim_of, in_every_draw, measured, one_sided
from proofs_check.calibration.toys import Abstract as M
from proofs_check.statistics.evidence import Measured
from proofs_check.statistics.judging import stations
from theory.relation import Bound, Identity, Probability, Threshold

EXCLUDED = 0.01
ROUNDING = 1e-15
ALLOWED = 0.05
ZONE = 0.2  # of a share: at 2 % no affordable number of trials decides
WHOLE = {"wrong": in_every_draw, "edges": (0.0, 1.0), "others": (1.1, 1.2, 2.5), "reach": 4, "fine": 100_000}

IDENTITY = claim_of(M.y, M.x**2, Identity(excluded=EXCLUDED))
BOUND = claim_of(M.x, M.m, Bound("<=", excluded=EXCLUDED))
THRESHOLD = claim_of(M.growth, M.x, Threshold(of=M.eta, excluded=EXCLUDED))
MOSTLY = claim_of(M.x, M.m, Bound("<=", Probability(1 - ALLOWED)))


def violated(theta: float, rng: Generator, trials: int) -> np.ndarray:
    """In which draws the statement fails."""
    return rng.random(trials) < EXCLUDED * theta


def identical(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """x² up to rounding, except in some draws."""
    x = 0.5 + rng.random(trials)
    noise = ROUNDING * rng.standard_normal(trials) + 1e-6 * violated(theta, rng, trials)
    return [measured(x**2 * (1 + noise), x**2, error=np.zeros(trials))]


def below(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Up to the bound 1, which some draws exceed."""
    return [measured(rng.random(trials) + violated(theta, rng, trials))]


def touching(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Equal to their own bounds up to rounding, except in some draws."""
    bound = 0.5 + rng.random(trials)
    noise = ROUNDING * rng.standard_normal(trials) + 1e-6 * violated(theta, rng, trials)
    return [measured(bound * (1 + noise), bound, error=np.zeros(trials))]


def turning(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Growth log(eta/x), except in some draws whose threshold is 5 % higher."""
    x = 0.5 + rng.random(trials)
    true = 1 + 0.05 * violated(theta, rng, trials)
    sides = [s.factor for s in stations(THRESHOLD.relation, THRESHOLD, POINT, 0.02) if s.factor]
    return [measured(x, x, error=np.zeros(trials))] + [measured(np.log(f / true), np.nan, factor=f) for f in sides]


def mostly(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Beyond the bound 1 in the share p₀(1 + θδ) of the draws."""
    return [measured(rng.random(trials) + ALLOWED * (1 + ZONE * theta))]


def toys() -> list[Toy]:
    return [
        Toy(Identity.label, "up to rounding", IDENTITY, identical, **WHOLE),
        Toy("pathwise bound", "below", BOUND, below, **WHOLE),
        Toy("pathwise bound", "tight", claim_of(M.y, M.x, Bound("<=", excluded=EXCLUDED)), touching, **WHOLE),
        Toy("pathwise threshold", "log growth", THRESHOLD, turning, **WHOLE),
        Toy(
            "bound with probability", "5 % of the draws", MOSTLY, mostly,
            wrong=one_sided, edges=(0.0, 1.0), others=(-2.5, 2.5), tolerance=ZONE, reach=32,
        ),
    ]  # fmt: skip

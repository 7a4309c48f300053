"""Toys of statements about a mean: equality, bound in the mean, threshold in the mean."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from proofs_check.calibration.laws import LAWS, REACH, Law
from proofs_check.calibration.toys import POINT, Draw, Toy, claim_of, measured, one_sided
from proofs_check.calibration.toys import Abstract as M
from proofs_check.statistics.evidence import Known, Measured
from proofs_check.statistics.judging import stations
from theory.relation import Bound, Equality, Threshold

SPREAD = 10.0  # s.d. of a trial in tolerances: about 2,500 trials to a verdict, so looks before and after it
TOLERANCE = 0.02


def around(law: Law, spread: float = SPREAD, known: Known | None = None) -> Draw:
    """Trials of mean 1 + θδ beside the prediction 1."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        values = 1 + TOLERANCE * (theta + spread * law(rng, trials))
        return [measured(values, known=known) if known else measured(values)]

    return draw


def own_prediction(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Every draw has its own prediction b, and x is b(1 + θδ) in the mean, with noise correlated with b."""
    b = 0.5 + rng.random(trials)
    noise = SPREAD * (rng.standard_exponential(trials) - 1)
    return [measured(b * (1 + TOLERANCE * theta) + TOLERANCE * noise * b**2, b, error=np.zeros(trials))]


def coin(chance: float, tolerance: float) -> Draw:
    """Zeros and ones of chance p(1 + θδ) beside the prediction p."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        heads = rng.random(trials) < chance * (1 + tolerance * theta)
        return [measured(heads.astype(float), chance)]

    return draw


def counts(theta: float, rng: Generator, trials: int) -> list[Measured]:
    """Poisson counts of mean 25(1 + θδ), declared as discrete."""
    return [measured(rng.poisson(25 * (1 + TOLERANCE * theta), trials) / 25.0, known=Known(values="discrete"))]


def uniform(rng: Generator, trials: int) -> np.ndarray:
    return rng.random(trials) - 0.5


def drifting(law: Law) -> Draw:
    """eta − (1 + θδ) with noise common to the sides, at multiples of the predicted threshold 1."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        noise = TOLERANCE * SPREAD / 2 * law(rng, trials)
        sides = [s.factor for s in stations(THRESHOLD.relation, THRESHOLD, POINT, TOLERANCE) if s.factor]
        return [measured(noise)] + [measured(f - 1 - TOLERANCE * theta + noise, np.nan, factor=f) for f in sides]

    return draw


EQUALITY = claim_of(M.x, M.m, Equality())
ABOVE = claim_of(M.x, M.m, Bound("<=", "mean"))
THRESHOLD = claim_of(M.growth, M.m, Threshold(of=M.eta, kind="mean"))
BOUNDS = {"edges": (0.0, 1.0), "others": (-1.0, 1.2, 2.5), "wrong": one_sided}


def mirrored(draw: Draw) -> Draw:
    """The trials of mean 1 − θδ instead, for the bound from below."""
    return lambda theta, rng, trials: draw(-theta, rng, trials)


def _equalities() -> list[Toy]:
    label = Equality.label
    toys = [
        Toy(label, name, EQUALITY, around(law), reach=REACH[name])
        for name, law in LAWS.items()
    ]
    coins: list[tuple[float, float]] = [(0.9, 0.03), (0.5, 0.1), (0.1, 0.3)]
    toys += [Toy(label, f"coin {p:g}", EQUALITY, coin(p, d), tolerance=d) for p, d in coins]
    wide = Known(low=1 - 13 * TOLERANCE, high=1 + 13 * TOLERANCE)
    return [
        *toys,
        Toy(label, "Gauss, first look at 64", EQUALITY, around(LAWS["Gauss"], 5.0), first_look=64),
        Toy(label, "n+6, first look at 64", EQUALITY, around(LAWS["n+6"], 5.0), first_look=64),
        Toy(label, "own prediction", EQUALITY, own_prediction),
        Toy(label, "Poisson counts", EQUALITY, counts),
        Toy(label, "bounds declared", EQUALITY, around(uniform, 20.0, wide)),
        Toy(label, "variance declared, n+4", EQUALITY, around(LAWS["n+4"], 5.0, _variance(5.0)), reach=8),
    ]


def _variance(spread: float) -> Known:
    return Known(variance=(spread * TOLERANCE) ** 2)


def _bounds() -> list[Toy]:
    label = "bound in the mean"
    laws = ("Gauss", "exponential", "lognormal", "n+4", "n+6")
    toys = [Toy(label, name, ABOVE, around(LAWS[name]), **BOUNDS) for name in laws]
    below = claim_of(M.x, M.m, Bound(">=", "mean"))
    toys += [
        Toy(label, f"{name}, from below", below, mirrored(around(LAWS[name])), **BOUNDS)
        for name in ("exponential", "n+6")
    ]
    non_negative = Known(low=0.0)
    toys += [
        Toy(label, f"{name}, non-negative", ABOVE, around(LAWS[name], 10.0, non_negative), **BOUNDS)
        for name in ("exponential", "n+2", "n+4")
    ]
    return toys


def _thresholds() -> list[Toy]:
    label = "threshold in the mean"
    return [
        Toy(label, name, THRESHOLD, drifting(LAWS[name]))
        for name in ("Gauss", "exponential", "lognormal", "n+6")
    ]


def toys() -> list[Toy]:
    return [*(replace(toy, joint=True) for toy in _equalities()), *_bounds(), *_thresholds()]

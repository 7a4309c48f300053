"""Toys of scalings along a ladder: exponents, with finite-size terms and with a floor; orders."""

import math
from collections.abc import Callable
from typing import Any

from numpy.random import Generator

from proofs_check.calibration.laws import LAWS, Law
from proofs_check.calibration.toys import REFUTATION, SUPPORT, Abstract, Draw, Toy, Wrong, claim_of, measured
from proofs_check.statistics.evidence import Measured
from theory.relation import Exponent, Ladder, Order

M = Abstract
SIZES = (32, 64, 128, 256, 512, 1024, 2048)
WITHIN, NOISE = 0.05, 0.2
LADDER = Ladder(M.n, SIZES)


def power(slope: float, factor: Callable[[float], float], law: Law, floor: float = 0.0, noise: float = NOISE) -> Draw:
    """(n/32)^b · factor(n) + floor with b = slope + θ·within, relative noise independent at every size."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        means = [(n / SIZES[0]) ** (slope + WITHIN * theta) * factor(n) + floor for n in SIZES]
        return [measured(mean * (1 + noise * law(rng, trials)), slope) for mean in means]

    return draw


def ratios(ratio: Callable[[float, float], float], noise: float = 0.1) -> Draw:
    """Trials at every size whose mean over the shape 1/n is ratio(θ, n)."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        return [measured(ratio(theta, n) / n * (1 + noise * rng.standard_normal(trials)), 1 / n) for n in SIZES]

    return draw


def no_trend(theta: float) -> Wrong:
    """Of the same order whatever the largest size does; beyond the tolerance it is not consistent either."""
    return REFUTATION | (SUPPORT if abs(theta) >= 1 else frozenset())


def trend(theta: float) -> Wrong:
    """Up to θ = 1 a log factor explains it."""
    return SUPPORT | (REFUTATION if abs(theta) <= 1 else frozenset())


def toys() -> list[Toy]:
    return [*_exponents(), *_orders()]


def _exponents() -> list[Toy]:
    plain = claim_of(M.x, -1, Exponent(LADDER, within=WITHIN))
    corrected = claim_of(M.x, -1, Exponent(LADDER, within=WITHIN, correction=0.5))
    floored = claim_of(M.x, -1, Exponent(LADDER, within=WITHIN, floor=True))
    gauss, skewed = LAWS["Gauss"], LAWS["exponential"]
    few: dict[str, Any] = {"others": (0.0, -2.5, 2.5)}

    def one(n: float) -> float:
        return 1.0

    return [
        Toy(Exponent.label, "pure power", plain, power(-1, one, gauss), **few),
        Toy(Exponent.label, "pure power, exponential noise", plain, power(-1, one, skewed), **few),
        Toy(Exponent.label, "with 3/n", plain, power(-1, lambda n: 1 + 3 / n, gauss), **few),
        Toy(Exponent.label, "correction declared", corrected, power(-1, lambda n: 1 + n**-0.5, gauss), **few),
        Toy(Exponent.label, "floor", floored, power(-1, one, gauss, floor=0.02, noise=0.02), **few),
    ]


def _orders() -> list[Toy]:
    theta, steep = claim_of(M.x, 1 / M.n, Order(LADDER, "Theta")), 1 / math.log(SIZES[-1])
    last = ratios(lambda theta, n: 1 + 0.02 * theta * (n == SIZES[-1]))
    return [
        Toy(Order.label, "Theta, the last size apart", theta, last, wrong=no_trend, others=(0.0,)),
        Toy(
            Order.label, "Theta, a trend", theta, ratios(lambda theta, n: n ** (theta * steep)),
            wrong=trend, edges=(1.0,), others=(-2.5, 2.5),
        ),
        Toy(
            Order.label, "O, a log factor", claim_of(M.x, 1 / M.n, Order(LADDER, "O")),
            ratios(lambda theta, n: math.log(n) ** theta), wrong=trend, edges=(1.0,), others=(),
        ),
    ]  # fmt: skip

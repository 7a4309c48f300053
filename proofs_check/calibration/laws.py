"""Laws of mean zero and standard deviation one (where it is finite), as relative deviations of a trial."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

Law = Callable[[Generator, int], np.ndarray]


def gauss(rng: Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n)


def exponential(rng: Generator, n: int) -> np.ndarray:
    return rng.standard_exponential(n) - 1


def lognormal(rng: Generator, n: int) -> np.ndarray:
    """exp(z), standardised: skewness 6.2."""
    return (np.exp(rng.standard_normal(n)) - np.exp(0.5)) / np.sqrt(np.e * (np.e - 1))


def student3(rng: Generator, n: int) -> np.ndarray:
    """Student t with 3 degrees of freedom: no third moment."""
    return rng.standard_t(3, n) / np.sqrt(3)


def ratio(rng: Generator, n: int) -> np.ndarray:
    """z/b with b uniform on [1/2, 3/2] and correlated with the skewness of z: a ratio of correlated quantities."""
    b = 0.5 + rng.random(n)
    return (rng.standard_exponential(n) - 1) * np.sqrt(0.75) / b  # E b⁻² = 4/3


def design(edge: int) -> Law:
    """1/χ² with edge + 1 degrees of freedom: the tail of least squares at p = n + edge, (edge + 1)/2 moments.

    The variance is infinite for edge ≤ 3; then the mean is the unit.
    """
    freedom = edge + 1
    spread = np.sqrt(2 / (freedom - 4)) if freedom > 4 else 1.0

    def inverse_chi_square(rng: Generator, n: int) -> np.ndarray:
        return ((freedom - 2) / rng.chisquare(freedom, n) - 1) / spread

    return inverse_chi_square


LAWS: dict[str, Law] = {
    "Gauss": gauss,
    "exponential": exponential,
    "lognormal": lognormal,
    "Student t3": student3,
    "ratio": ratio,
    "n+2": design(2),
    "n+3": design(3),
    "n+4": design(4),
    "n+6": design(6),
}

HEAVY = ("lognormal", "n+2", "n+3", "n+4", "n+6")  # their gates open late, if ever, so their errors come late
REACH = {law: 32 if law in HEAVY else 16 for law in LAWS}  # trials of a run, in multiples of the first look

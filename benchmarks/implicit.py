"""Curves of implicit predictions: points a second of one core, against a loop of SciPy's fsolve and a loop of mpmath.

Equal accuracy means: each is asked for a relative error of 1e-10 of the root, and its error is measured against balls.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
from scipy.optimize import fsolve
from sympy import Rational, Symbol, symbols

from theory.domain import total
from theory.implicit import Root, solve
from theory.implicit.many import solved_at

ACCURACY = 1e-10
SIZES = ((50, 100_000), (1000, 20_000), (20_000, 5_000))  # modes and points
PEER_POINTS = {"fsolve": 100, "mpmath": 3}
SAMPLES = 40

g, kappa, lam, n, k = symbols("g kappa lam n k", positive=True)
delta = Symbol("delta", nonnegative=True)
learned = total(lam / (lam + g))
SYSTEMS = {
    "kernel, 1 unknown": [Root(g, learned + delta / g - n)],
    "features, 2 unknowns": [Root(kappa, learned + delta / kappa - n), Root(g, learned + k * kappa / g - k)],
}


@dataclass(frozen=True)
class Row:
    """One way to draw one curve."""

    equations: str
    modes: int
    way: str
    rate: float
    error: float


def fsolved(modes: np.ndarray, count: int, features: float | None, ridges: np.ndarray) -> np.ndarray:
    """A loop over the curve, warm starts included, in logarithms: what a careful notebook does."""

    def one(u: np.ndarray, ridge: float) -> list[float]:
        return [np.sum(modes / (modes + np.exp(u[0]))) + ridge * np.exp(-u[0]) - count]

    def two(u: np.ndarray, ridge: float) -> list[float]:
        z = np.sum(modes / (modes + np.exp(u[0])))
        return [z + ridge * np.exp(-u[1]) - count, z + features * np.exp(u[1] - u[0]) - features]

    start, found = np.log(np.full(1 if features is None else 2, modes[count])), []
    for ridge in ridges:
        start = fsolve(one if features is None else two, start, args=(ridge,), xtol=ACCURACY)
        found.append(np.exp(start[0]))
    return np.array(found)


def by_mpmath(modes: np.ndarray, count: int, features: float | None, ridges: np.ndarray) -> np.ndarray:
    """A loop of findroot in 30 digits, started at the answer of fsolve."""
    exact = [mpmath.mpf(float(mode)) for mode in modes]
    found = []
    with mpmath.workdps(30):
        for ridge, start in zip(ridges, fsolved(modes, count, features, ridges), strict=True):
            d = mpmath.mpf(float(ridge))

            def rest(u: mpmath.mpf, d: mpmath.mpf = d) -> mpmath.mpf:
                at = mpmath.exp(u)
                z = mpmath.fsum(mode / (mode + at) for mode in exact)
                held = at if features is None else at * (features - z) / features
                return z + d / held - count

            found.append(float(mpmath.exp(mpmath.findroot(rest, mpmath.log(start)))))
    return np.array(found)


def rows(sizes: tuple[tuple[int, int], ...] = SIZES) -> list[Row]:
    """Every system, size and way."""
    found = []
    for name, roots in SYSTEMS.items():
        for count, points in sizes:
            modes, ridges = np.arange(1, count + 1) ** -1.5, np.geomspace(1e-4, 10, points)
            held = {lam: modes, n: 20, k: 33}
            found.append(_row(name, count, "here", roots, held, ridges, lambda d, h=held, r=roots: _ours(r, h, d)))
            features = None if len(roots) == 1 else 33.0
            for way, peer in (("fsolve", fsolved), ("mpmath", by_mpmath)):
                fewer = np.geomspace(1e-4, 10, PEER_POINTS[way])
                found.append(
                    _row(name, count, way, roots, held, fewer, lambda d, m=modes, f=features, p=peer: p(m, 20, f, d))
                )
    return found


def _ours(roots: list[Root], held: dict, ridges: np.ndarray) -> np.ndarray:
    at = lambda i: {**held, delta: Rational(float(ridges[i]))}  # noqa: E731
    return solved_at(roots, {delta: ridges}, held, at).roots[g]


def _row(
    name: str, count: int, way: str, roots: list[Root], held: dict, ridges: np.ndarray,
    solver: Callable[[np.ndarray], np.ndarray],
) -> Row:  # fmt: skip
    began = time.process_time()
    found = solver(ridges)
    seconds = time.process_time() - began
    some = np.unique(np.linspace(1, len(ridges) - 2, min(SAMPLES, len(ridges)) if count < 5000 else 3).astype(int))
    truth = [float(solve(roots, {**held, delta: Rational(float(ridges[i]))}, 20)[g].mid()) for i in some]
    return Row(name, count, way, len(ridges) / seconds, float(np.max(np.abs(found[some] / np.array(truth) - 1))))


def table() -> str:
    """The rates with their errors; the ratio is to the peer at the same accuracy."""
    lines = [f"{'implicit curves':24} {'modes':>6} {'way':>8} {'points/s':>10} {'modes·points/s':>15} {'error':>8}"]
    lines += [
        f"{row.equations:24} {row.modes:6} {row.way:>8} {row.rate:10.3g} {row.rate * row.modes:15.2g} {row.error:8.0e}"
        for row in rows()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())

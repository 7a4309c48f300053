"""Where the gradient flow w′ = −∇L(w) arrives, by an adaptive method of order eight, with a bound on the error.

The dense output u of the method solves u′ = −∇L(u) + d exactly, d being its defect, which is looked at in every step.
Where (∇L(v) − ∇L(w))·(v − w) ≥ −λ‖v − w‖², the distance of two solutions grows by at most e^λt, so that
‖u − w‖ at T ≤ ∫ e^λ(T−t) ‖d(t)‖ dt. A second run at a looser tolerance must agree as well.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
NODES = 8  # in a step: the dense output is of degree 7
SAFE = 2.0  # times the largest defect seen in a step
LOOSER = 100.0
FLOOR = 1e-3  # absolute tolerance over the relative one, in units of the start


def arrival(
    gradient: Callable[[Floats], Floats], start: Floats, time: float, *, growth: float | Floats = 0.0,
    rtol: float = 1e-10,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The flow of every trial at a time, and a bound on the length of its error; infinite where the method gives up.

    `gradient`: of all trials at once. `growth`: λ above, 0 for a convex loss, −m for one of curvature at least m. The
    bound is loose where the flow is stiff.
    Shapes: start (trials, d) -> (trials, d), (trials,).
    """
    fine, coarse = (_solved(gradient, start, time, tolerance) for tolerance in (rtol, LOOSER * rtol))
    if not (fine.success and coarse.success):
        return np.full_like(start, np.nan), np.full(len(start), np.inf)
    end, other = (found.y[:, -1].reshape(start.shape) for found in (fine, coarse))
    apart = np.linalg.norm(end - other, axis=1)
    rounding = 10 * np.finfo(float).eps * len(fine.t) * np.abs(end).max(axis=1)
    return end, np.maximum(_by_defect(gradient, fine.sol, start.shape, time, growth), apart) + rounding


def _solved(gradient: Callable[[Floats], Floats], start: Floats, time: float, rtol: float) -> Any:
    """All trials as one system; its mean square error is held so low that a single trial may carry all of it."""
    from scipy.integrate import solve_ivp

    share = max(rtol / np.sqrt(len(start)), 100 * np.finfo(float).eps)

    def velocity(_: float, flat: Floats) -> Floats:
        return -gradient(flat.reshape(start.shape)).reshape(-1)

    size = float(np.abs(start).max()) or 1.0
    return solve_ivp(
        velocity, (0.0, time), start.reshape(-1), "DOP853", rtol=share, atol=FLOOR * share * size, dense_output=True
    )


def _by_defect(
    gradient: Callable[[Floats], Floats], dense: Any, shape: tuple[int, ...], time: float, growth: float | Floats
) -> Floats:
    """∫ e^λ(T−t) ‖d(t)‖ dt from above, step by step.   Shapes: -> (trials,)."""
    places, slopes = _differences()
    bound = np.zeros(shape[0])
    for low, high in zip(dense.ts[:-1], dense.ts[1:], strict=True):
        step = high - low
        inside = dense(low + step * places).T.reshape(NODES, *shape)
        defects = np.tensordot(slopes, inside, 1) / step + np.stack([gradient(state) for state in inside])
        largest = np.linalg.norm(defects, axis=2).max(axis=0)
        bound += SAFE * step * largest * np.exp(growth * (time - np.where(np.asarray(growth) > 0, low, high)))
    return bound


@cache
def _differences() -> tuple[Floats, Floats]:
    """Places in [0, 1], and the matrix that differentiates a polynomial given there.   Shapes: (m,), (m, m)."""
    places = (1 - np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2
    powers = np.polynomial.chebyshev.chebvander(2 * places - 1, NODES - 1)
    slopes = np.stack(
        [2 * np.polynomial.chebyshev.chebval(2 * places - 1, np.polynomial.chebyshev.chebder(row))
         for row in np.eye(NODES)], axis=1)  # fmt: skip
    return places, np.linalg.solve(powers.T, slopes.T).T

"""The gradient flow as a prediction: against exact solutions, its bound against its error, and through a check."""

from functools import partial
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.linalg import expm

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check import check
from tests.engine_toys import claim_of
from theory.computed import Computed
from theory.domain import Real
from theory.programs import gradient_flow
from theory.programs.gradient_flow import arrival
from theory.relation import Identity
from theory.setting import Drawn, Observable, Setting

Floats = np.ndarray


def double_well(w: Floats) -> Floats:
    """The gradient of Σ (w⁴/4 − w²/2): concave by 1 at w = 0."""
    return w**3 - w


def in_the_well(start: Floats, time: float) -> Floats:
    """w₀ e^t/√(1 + w₀²(e^2t − 1))."""
    return start * np.exp(time) / np.sqrt(1 + start**2 * np.expm1(2 * time))


def bowls(rng: np.random.Generator, trials: int = 5, d: int = 4) -> tuple[Floats, Floats]:
    """Positive definite matrices of different size, and starts."""
    factors = rng.normal(size=(trials, d, d))
    return factors @ factors.mT * np.arange(1, trials + 1)[:, None, None], rng.normal(size=(trials, d))


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-10, 1e-13])
@pytest.mark.parametrize("time", [0.1, 2.0, 20.0])
def test_on_a_bowl_the_error_lies_within_its_bound(rtol: float, time: float) -> None:
    matrices, start = bowls(np.random.default_rng(0))
    exact = np.stack([expm(-time * a) @ w for a, w in zip(matrices, start, strict=True)])
    least = np.linalg.eigvalsh(matrices)[:, 0]
    for growth in (0.0, -least):
        end, bound = arrival(lambda w: (matrices @ w[:, :, None])[:, :, 0], start, time, growth=growth, rtol=rtol)
        assert np.all(np.linalg.norm(end - exact, axis=1) <= bound + 1e-14)
        assert time > 1 or np.all(bound < max(2e3 * rtol, 1e-10))


@pytest.mark.parametrize("rtol", [1e-3, 1e-8])
def test_where_solutions_part_the_bound_grows_with_them(rtol: float) -> None:
    start = np.array([[1e-3, 0.5], [-1e-6, 2.0], [0.1, -0.2]])
    end, bound = arrival(double_well, start, 6.0, growth=1.0, rtol=rtol)
    error = np.linalg.norm(end - in_the_well(start, 6.0), axis=1)
    assert np.all(error <= bound) and np.all(bound < 1e5 * rtol)
    dense = gradient_flow._solved(double_well, start, 6.0, rtol).sol
    short = gradient_flow._by_defect(double_well, dense, (3, 2), 6.0, 0)
    assert np.all(short < bound / 10), "without the growth it would claim ten times less"


def test_a_flow_without_a_closed_form_agrees_with_a_taylor_series_of_twenty_digits() -> None:
    """L(w) = Σ log(1 + exp(−xᵢ·w)), whose flow runs off along the separating direction."""
    inputs = np.array([[1.0, 0.3], [0.2, 1.0], [0.8, -0.5]])
    start = np.array([[0.1, -0.4]])

    def gradient(w: Floats) -> Floats:
        return -(1 / (1 + np.exp(w @ inputs.T))) @ inputs

    end, bound = arrival(gradient, start, 1.0)
    with mpmath.workdps(20):
        rows = [[mpmath.mpf(float(x)) for x in row] for row in inputs]

        def velocity(_: Any, w: list[Any]) -> list[Any]:
            shares = [1 / (1 + mpmath.exp(row[0] * w[0] + row[1] * w[1])) for row in rows]
            return [mpmath.fsum(s * row[j] for s, row in zip(shares, rows, strict=True)) for j in (0, 1)]

        exact = mpmath.odefun(velocity, 0, [mpmath.mpf(float(w)) for w in start[0]])(1)
    error = np.linalg.norm(end[0] - np.array([float(w) for w in exact]))
    assert error <= bound[0] < 1e-8


def test_a_flow_that_blows_up_has_no_bound() -> None:
    end, bound = arrival(lambda w: -(w**2), np.ones((2, 1)), 2.0)
    assert np.all(np.isinf(bound)) and np.all(np.isnan(end))


def test_a_defect_is_seen_wherever_in_a_step_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: a dense output bent in the middle of its steps only, whose ends are exact."""
    start = np.array([[0.5]])
    honest = gradient_flow._solved(double_well, start, 2.0, 1e-10).sol

    class Bent:
        ts = honest.ts

        def __call__(self, t: Floats) -> Floats:
            low = self.ts[np.clip(np.searchsorted(self.ts, t, "right") - 1, 0, len(self.ts) - 2)]
            high = self.ts[np.clip(np.searchsorted(self.ts, t, "right"), 1, len(self.ts) - 1)]
            return honest(t) + 1e-4 * (t - low) * (high - t)

    straight, bent = (gradient_flow._by_defect(double_well, sol, (1, 1), 2.0, 1.0) for sol in (honest, Bent()))
    assert straight[0] < 1e-7 and bent[0] > 1e-5


# Through a check


class Well(Setting):
    """A point of the double well, started at w₀ uniform on [0.1, 0.3], after a time."""

    time = Real(above=0, typical=(1, 3))
    start = Drawn(1)
    w = Observable("where it is")


@simulates(Well, cost=1e-6)
def well(*, time: float, trials: int, rng: Stream) -> dict[str, Array]:
    start = 0.1 + 0.2 * rng.uniform((trials,))
    return {"start": start[:, None], "w": in_the_well(start, time)}


def flowed(start: Floats, time: float, rtol: float = 1e-8, faster: float = 1.0) -> tuple[Floats, Floats]:
    end, bound = arrival(double_well, start, faster * time, growth=1.0, rtol=rtol)
    return end[:, 0], bound


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, ("supported", "")), ({"rtol": 0.5}, ("undecided", "solver")), ({"faster": 1.1}, ("refuted", ""))],
    ids=["true", "sloppy", "wrong"],
)
def test_as_a_prediction_of_every_draw_it_is_as_good_as_its_bound(changes: Any, verdict: tuple[str, str]) -> None:
    program = Computed([Well.start], partial(flowed, **changes), using={"time": Well.time})
    (record,) = check(claim_of(Well.w, program, Identity(), Well, points=[{Well.time: 2}]), points=1)
    assert (record["verdict"], record["reason"].partition(":")[0]) == verdict

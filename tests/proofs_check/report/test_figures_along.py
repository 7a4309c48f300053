"""Figures of identities and equalities along an axis: one mark for each of its places."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Rational, exp

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.plot import plot
from tests.engine_toys import claim_of
from theory.claim import Claim, Curve, Wrong
from theory.domain import Real
from theory.errors import BadInput
from theory.relation import Equality, Identity
from theory.setting import Axis, Observable, Setting

TIMES = [1, 2, 4, 8]


class Decay(Setting):
    """exp(−r·t) at some times, beside something random."""

    r = Real(above=0, typical=(0.1, 0.3))
    t = Axis(TIMES)
    u = Observable("uniform on [1, 2]")
    path = Observable("exp(−r·t)", shape=(t,))
    noisy = Observable("exp(−r·t) with 1 % noise", shape=(t,))


@simulates(Decay, cost=1e-6)
def decay(*, r: float, trials: int, rng: Stream) -> dict[str, Array]:
    u, fall = 1 + rng.uniform((trials,)), rng.asarray(np.exp(-r * np.array(TIMES)))
    noise = 1 + 0.01 * rng.normal((trials, len(TIMES)))
    return {"u": u, "path": fall + 0 * u[:, None], "noisy": fall * noise}


D = Decay
AT: dict[str, Any] = {"points": [{D.r: "0.2"}], "figure": Curve(D.t, label="time")}
MEAN = claim_of(D.noisy, exp(-D.r * D.t), Equality(), D, **AT)
FACT = claim_of(
    D.path, exp(-D.r * D.t), Identity(), D,
    wrong=[Wrong("a millionth more", prediction=exp(-D.r * D.t) * (1 + Rational(1, 10**6)))], **AT,
)  # fmt: skip
TRUTH = np.exp(-0.2 * np.array(TIMES))


def drawn(claim: Claim, folder: Path, **request: Any) -> tuple[list[dict[str, str]], str]:
    """The rows of the figure's data, and its caption."""
    image, caption, data = plot(claim, out=folder / "fig.svg", lab=Laboratory(), points=1, **request)
    assert image.stat().st_size > 1000
    return list(csv.DictReader(data.read_text().splitlines())), caption.read_text()


def test_an_identity_is_drawn_at_every_place_of_its_axis(tmp_path: Path) -> None:
    rows, said = drawn(FACT, tmp_path)
    assert [float(row["x"]) for row in rows] == TIMES
    assert np.allclose([float(row["prediction"]) for row in rows], TRUTH, rtol=1e-14)
    assert np.allclose([float(row["mean"]) for row in rows], TRUTH, rtol=1e-14)
    assert all(float(row["largest"]) <= float(row["allowed"]) for row in rows)
    assert "the prediction along t" in said and "largest relative deviation of any draw" in said


def test_a_wrong_identity_lies_beyond_what_rounding_allows(tmp_path: Path) -> None:
    rows, _ = drawn(FACT, tmp_path, wrong="a millionth more")
    assert len(rows) == len(TIMES) and {row["verdict"] for row in rows} == {"refuted"}
    assert float(rows[0]["largest"]) > 1e3 * float(rows[0]["allowed"])


def test_an_equality_is_drawn_at_every_place_of_its_axis(tmp_path: Path) -> None:
    rows, said = drawn(MEAN, tmp_path)
    assert [float(row["x"]) for row in rows] == TIMES
    assert np.allclose([float(row["prediction"]) for row in rows], TRUTH, rtol=1e-14)
    assert all(float(row["gap_low"]) < 0.003 and float(row["gap_high"]) > -0.003 for row in rows)
    assert "the prediction along t" in said and "Below: relative gap" in said


def test_a_parameter_may_be_swept_beside_the_axis_and_the_axis_may_not(tmp_path: Path) -> None:
    rows, _ = drawn(FACT, tmp_path, over="r=0.1,0.2,0.3")
    assert [float(row["x"]) for row in rows] == [0.1, 0.2, 0.3]
    with pytest.raises(BadInput, match="runs along t by itself"):
        drawn(FACT, tmp_path, over="t=1,2")

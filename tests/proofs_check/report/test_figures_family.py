"""A family of curves: each value of a second symbol has a line and points of its own."""

from pathlib import Path

import pytest

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from tests.engine_toys import claim_of
from tests.proofs_check.report.test_figures_along import drawn
from theory.claim import Curve
from theory.domain import Real
from theory.errors import BadInput
from theory.relation import Equality
from theory.setting import Observable, Setting


class Shifted(Setting):
    """a + b and uniform noise of mean 0."""

    a = Real(above=0, typical=(1, 4))
    b = Real(above=0, typical=(1, 4))
    x = Observable("a + b and noise")


@simulates(Shifted, cost=1e-6)
def shifted(*, a: float, b: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"x": a + b + 0.2 * (rng.uniform((trials,)) - 0.5)}


S = Shifted
CLAIM = claim_of(S.x, S.a + S.b, Equality(), S, figure=Curve(S.a, (1, 2, 4), family=(S.b, (1, 3))))


def test_each_member_of_a_family_has_its_own_line_and_points(tmp_path: Path) -> None:
    rows, said = drawn(CLAIM, tmp_path)
    for b in (1, 3):
        points = [row for row in rows if row["series"] == f"b = {b}"]
        assert [float(row["x"]) for row in points] == [1, 2, 4]
        assert [float(row["mean"]) for row in points] == pytest.approx([1 + b, 2 + b, 4 + b], abs=0.1)  # noise's reach
        line = {float(row["x"]): float(row["prediction"]) for row in rows if row["series"] == f"prediction, b = {b}"}
        assert [line[x] for x in (1, 2, 4)] == [1 + b, 2 + b, 4 + b]
    assert len({row["series"] for row in rows}) == 4
    assert "Lines, one for each b: the prediction." in said


def test_a_value_that_is_given_leaves_no_family(tmp_path: Path) -> None:
    rows, said = drawn(CLAIM, tmp_path, values={"b": 2})
    assert "Line: the prediction." in said and "for each b" not in said
    assert {row["series"] for row in rows} == {"prediction", "measured"}
    assert [float(row["prediction"]) - float(row["x"]) for row in rows] == pytest.approx([2.0] * len(rows), rel=1e-12)


def test_a_member_outside_its_domain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="b=-1"):
        drawn(CLAIM.but(figure=Curve(S.a, (1, 2), family=(S.b, (1, -1)))), tmp_path)

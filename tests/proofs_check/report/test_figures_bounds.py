"""Figures of bounds in the mean and of a share: what is drawn surrounds the truth of a uniform number on [1, 2]."""

from pathlib import Path
from typing import Any

import pytest
from sympy import Rational

from proofs_check.report.caption import caption
from proofs_check.report.figures import comparison
from proofs_check.report.laws import draw_share
from proofs_check.report.marks import Mark, Spec
from proofs_check.report.style import canvas, styled, venue_of
from tests.engine_toys import claim_of
from tests.figure_records import SHAPES, bound
from tests.proofs_check.report.test_figures_along import Decay, drawn
from theory.claim import Curve
from theory.relation import Bound, Probability

D = Decay
AT: dict[str, Any] = {"points": [{D.r: "0.2"}]}


def mean_of(sense: str, value: Rational, **more: Any) -> Any:
    return claim_of(D.u, value, Bound(sense, "mean"), D, **{**AT, **more})


@pytest.mark.parametrize("sense, value, ratio", [("<=", Rational(8, 5), 1.5 / 1.6), (">=", Rational(6, 5), 1.2 / 1.5)])
def test_a_mean_is_drawn_over_its_bound_with_the_interval_that_was_judged(
    sense: str, value: Rational, ratio: float, tmp_path: Path
) -> None:
    [row], text = drawn(mean_of(sense, value), tmp_path)
    assert float(row["gap_low"]) < ratio < float(row["gap_high"]) < 1
    assert "Ratio of the mean of u" in text
    assert "of the draws violating" not in text


def test_a_mean_beyond_its_bound_is_drawn_beyond_it(tmp_path: Path) -> None:
    [row], text = drawn(mean_of("<=", Rational(7, 5)), tmp_path)
    assert float(row["gap_low"]) > 1
    assert "refuted" in text


def test_a_scale_of_its_own_leaves_standard_errors(tmp_path: Path) -> None:
    [row], _ = drawn(mean_of("<=", Rational(8, 5), scale=Rational(100)), tmp_path)
    assert row["bars"] == "2.6 standard errors"
    assert float(row["gap_high"]) - float(row["gap_low"]) < 0.05  # an interval on that scale is worth more


def test_a_share_is_drawn_beside_the_share_that_may_be_and_the_mean_beside_its_bound(tmp_path: Path) -> None:
    kept = Probability(Rational(7, 10))
    claim = claim_of(D.u, Rational(7, 4), Bound("<=", kept), D, figure=Curve(D.r, (0.1, 0.2, 0.3)))
    rows, text = drawn(claim, tmp_path)
    assert [float(row["allowed"]) for row in rows] == pytest.approx([0.3] * 3)
    assert all(float(row["gap_low"]) < 0.25 < float(row["gap_high"]) for row in rows)
    assert [float(row["prediction"]) for row in rows] == pytest.approx([1.75] * 3)
    assert all(float(row["low"]) < 1.5 < float(row["high"]) for row in rows)
    assert "share of the draws" in text


def test_a_bound_of_every_draw_keeps_its_own_words() -> None:
    _, marks = comparison(*SHAPES["bound"])
    assert "largest of all draws" in caption(bound(), SHAPES["bound"][1], marks)


@pytest.mark.parametrize("bound, stretched", [(1e-14, False), (0.3, False), (1.1, True)])
def test_a_bound_far_from_those_of_the_claim_does_not_stretch_the_axis(bound: float, stretched: bool) -> None:
    own = [Mark("measured", "claim", x, prediction=1.0, mean=0.5, gap=0.0, allowed=0.1) for x in (1.0, 2.0)]
    outside = Mark("outside", "boundary", 1.0, prediction=bound, mean=0.6, gap=1.0, allowed=0.1)
    with styled(venue := venue_of("neurips")):
        _, (upper, lower) = canvas(venue, 2)
        draw_share((upper, lower), [*own, outside], Spec("x", over="n", log=False), 0.02)
        assert upper.get_yscale() == "linear"
        assert bool(upper.get_ylim()[1] > 1.15) is stretched

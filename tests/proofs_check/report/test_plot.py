"""`plot` finds the points of a figure, checks those that no record holds, and refuses before it simulates."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from sympy import Rational

from numerics.measure import Laboratory
from numerics.store import Store
from proofs_check.check import Request
from proofs_check.plot import plan_of, plot, records_of, spec_of
from proofs_check.sweep import parse_over
from theory.claim import Claim
from theory.discovery import find
from theory.errors import BadInput

RISK = find("min_norm.ridgeless_risk_isotropic")[0]


def claim_called(name: str) -> Claim:
    return next(claim for claim in find(name) if claim.id == name)


def test_a_range_is_evenly_spaced_in_the_logarithm_and_keeps_its_ends() -> None:
    assert parse_over(RISK, "p=20:400:4").values == (20, 54, 147, 400)
    assert parse_over(RISK, "s2=0.1:10:3").values == (Rational(1, 10), 1, 10)
    assert parse_over(RISK, "p=80,40,40").values == (40, 80)
    assert parse_over(RISK, "p=80,90").log is False


@pytest.mark.parametrize(
    "text, message",
    [
        ("p", "no values are given for p"),
        ("p=400:20:4", "low < high"),
        ("p=20:400", "low:high:count"),
        ("p=20:400:1", "whole count from 2"),
        ("p=a,b", "'a' is not a number"),
        ("p=1.5,2", "whole number"),
        ("q=1,2", "has no parameter q"),
        ("lam=0,1", "holds it fixed"),
        ("=1", "sweep n or p"),
    ],
)
def test_a_sweep_that_cannot_be_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        parse_over(RISK, text)
    assert "\n" not in str(caught.value)


def test_what_a_check_runs_along_by_itself_is_no_sweep() -> None:
    for name, over in (
        ("attention.svm_frobenius_direction", "step"),
        ("random_features.rf_eigenframework", "k"),
        ("stability.sgd_mean_square_threshold", "eta"),
    ):
        with pytest.raises(BadInput, match=f"runs along {over} by itself"):
            parse_over(claim_called(name), f"{over}=10,20")


def test_a_sweep_holds_all_other_symbols_and_shares_the_error_rate(tmp_path: Path) -> None:
    asked = Request(error_rate=1e-2, tolerance=0.1)
    plan = plan_of(RISK, "p=40,60,90", asked)
    points = [dict(point.values) for _, (point,) in plan.checks]
    assert [point.pop("p") for point in points] == [40, 60, 90]
    assert points[0] == points[1] == points[2]
    with Store(tmp_path) as store:
        records = records_of(RISK, plan, asked, Laboratory(store=store))
        assert [record["level"] for record in records] == [1e-2 / 3] * 3
        assert len(store.records(RISK.id)) == 3


def test_a_direction_is_drawn_with_its_wrong_variants_and_a_bound_with_its_boundary() -> None:
    attention, relu = claim_called("attention.svm_frobenius_direction"), claim_called("stability.stable_minima_relu")
    assert [request.wrong for request, _ in plan_of(attention, None, Request()).checks] == [
        None,
        *(wrong.name for wrong in attention.wrong),
    ]
    assert [request.boundary for request, _ in plan_of(relu, "eta=0.02,0.03", Request()).checks] == [False, False, True]


def test_a_check_of_a_ladder_is_asked_without_the_laddered_symbols() -> None:
    features = claim_called("random_features.rf_eigenframework")
    for request, _ in plan_of(features, "delta=0.02,0.2", Request()).checks:
        assert set(request.values) == {"lam", "v2", "delta", "sigma2"}
    with pytest.raises(BadInput, match="n runs through the sizes of its ladder"):
        plan_of(features, None, Request(values={"n": 40}))


def test_the_boundary_is_drawn_among_means_only_where_all_else_is_held() -> None:
    claim = RISK.but(fails_at=[{"n": 40, "p": 20, "r2": 1, "s2": 1}])
    for n, drawn in ((40, [False, False, True]), (30, [False, False])):
        plan = plan_of(claim, "p=60,80", Request(values={"n": n, "r2": 1, "s2": 1}))
        assert [request.boundary for request, _ in plan.checks] == drawn


def test_records_are_reused_for_the_same_claim_and_check_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"over": "p=40,60", "values": {"n": 10, "r2": 1, "s2": 1}, "tolerance": 0.1, "error_rate": 1e-2}
    with Store(tmp_path / "store") as store:
        lab = Laboratory(store=store)
        first = [path.read_bytes() for path in plot(RISK, out=tmp_path / "a.svg", lab=lab, **asked)]
        monkeypatch.setattr(importlib.import_module("proofs_check.check"), "check_point", refuse)
        assert first == [path.read_bytes() for path in plot(RISK, out=tmp_path / "b.svg", lab=lab, **asked)]
        for claim, changes in (
            (RISK, {"seed": 1}),
            (RISK, {"tolerance": 0.05}),
            (RISK.but(prediction=2 * RISK.prediction), {}),
        ):
            with pytest.raises(AssertionError, match="a check was run"):
                plot(claim, out=tmp_path / "c.svg", lab=lab, **{**asked, **changes})


def test_bad_requests_fail_before_any_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("proofs_check.check"), "check_point", refuse)
    good = {"out": tmp_path / "fig.pdf", "over": "p=40,60", "lab": Laboratory()}
    for changes, message in (
        ({"out": tmp_path / "no" / "fig.pdf"}, "no folder"),
        ({"out": tmp_path / "fig.eps"}, "written as"),
        ({"venue": "nature"}, "no venue"),
        ({"over": "p=4"}, "assumes p > n"),
        ({"values": {"p": 3}}, "--set p=… contradicts it"),
        ({"tolerance": 2}, "outside"),
        ({"values": {"n": 50}}, "--set, or another range"),
    ):
        with pytest.raises(BadInput, match=message):
            plot(RISK, **{**good, **changes})


def refuse(*_: Any) -> None:
    raise AssertionError("a check was run")


def test_the_sides_of_an_ordering_are_named_by_what_they_set() -> None:
    claim = claim_called("implicit_bias.diagonal_net_potential_norms")
    assert spec_of(claim, plan_of(claim, None, Request(points=1)), "neurips").sides == ("α = α/10", "at the point")

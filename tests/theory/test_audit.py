"""The audit finds what is wrong with a claim before anything is simulated; each finding has a twin that passes."""

from typing import Any

import numpy as np
import pytest
from sympy import Derivative, Eq, Float, Max, Piecewise, Symbol, exp, log, oo, sqrt, sympify, tanh, true

from tests import toys
from theory import evaluate
from theory.audit import Finding, audit
from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.discovery import find
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.implicit import Root
from theory.proof import Degree, Identical, Implication, Inequality, Limit
from theory.relation import Asymptotic, Bound, Equality, Ladder
from theory.setting import Observable, Setting


class Toy(Setting):
    """Two sizes, two numbers, a choice, a spectrum."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    r = Real(above=0, typical=(0.5, 2))
    s = Real(at_least=0, below=1, typical=(0.1, 0.9))
    law = Choice("torus", "sphere")
    lam = Spectrum(typical=("power(1.5,20)", "step(3,1,5,0.1)"))
    y = Observable("an outcome")
    z = Observable("another outcome")


n, p, r, s, lam, y = Toy.n, Toy.p, Toy.r, Toy.s, Toy.lam, Toy.y
g, c = Symbol("g", positive=True), Symbol("c", positive=True)
sphere = Symbol("sphere")
modes = [Root(g, total(lam / (lam + g)) - 4)]


def toy(**changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "observable": y,
        "prediction": r * (1 + 1 / n),
        "relation": Equality(),
        "title": "toy",
        "entry": "toys.toy",
        "source": Source("elementary"),
    }
    return Claim(Toy, **{**fields, **changes})


def found(name: str, claim: Claim) -> list[Finding]:
    findings = [finding for finding in audit(claim, points=3) if finding.name == name]
    assert findings or name in ("homogeneity", "limits", "steps", "wrong", "ladder", "boundary")
    return findings


def passes(name: str, claim: Claim) -> bool:
    return all(finding.passed for finding in found(name, claim))


@pytest.mark.parametrize("claim", [*toys.claims, *find("all")], ids=lambda claim: claim.id)
def test_toys_and_catalogue_pass(claim: Claim) -> None:
    assert [finding for finding in audit(claim, points=2) if not finding.passed] == []


def test_an_audit_is_the_same_whenever_it_is_asked() -> None:
    claim = toy(scaling=[Degree(1, r)], roots=modes, prediction=r * g, wrong=[Wrong("w", prediction=2 * r * g)])
    assert (
        audit(claim, points=3, seed=5)
        == audit(claim, points=3, seed=5)
        != audit(claim.but(prediction=r / g), points=3, seed=5)
    )


def test_details_are_single_lines() -> None:
    claim = toy(
        steps=[Identical(n + p, n * p), Limit(n, oo, 2 * r)],
        scaling=[Degree(2, r)],
        wrong=[Wrong("w", prediction=r)],
        fails_at=[{n: 5}],
    )
    assert all("\n" not in finding.detail for finding in audit(claim))


def test_an_empty_domain_ends_the_audit() -> None:
    findings = audit(toy(assuming=[n > p + 100]))
    assert [(finding.name, finding.passed) for finding in findings] == [
        ("domain", False)
    ] and "domain is empty" in findings[0].detail
    assert passes("domain", toy(assuming=[n > p + 5]))


@pytest.mark.parametrize(
    "undefined", [1 / (n - p), sqrt(n - 50), log(s - r - 1), total(lam) / (n - n * r / r), r * g * exp(exp(n))], ids=str
)
def test_a_prediction_must_be_finite_at_every_point(undefined: Any) -> None:
    assert not passes("prediction", toy(prediction=undefined, roots=modes, points=[{n: 20, p: 20}]))
    assert passes("prediction", toy(prediction=1 / (n + p) + g, roots=modes))


def test_two_evaluators_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = toy(prediction=exp(-r) + total(lam * s) + Max(s, r / 2))
    assert passes("prediction", claim)
    monkeypatch.setitem(evaluate.FUNCTIONS, exp, lambda ball: ball.exp() * (1 + 1e-12))
    assert not passes("prediction", claim)


def test_cancellation_is_not_taken_for_disagreement() -> None:
    assert passes("prediction", toy(prediction=(10**9 + s) - sqrt(10**18 + r)))


def test_a_prediction_per_draw_is_said_to_be_so() -> None:
    (finding,) = found("prediction", toy(observable=Toy.z, prediction=y * r))
    assert finding.passed and finding.detail.startswith("per draw")
    assert not found("prediction", toy())[0].detail.startswith("per draw")


@pytest.mark.parametrize(
    ("claim", "right", "wrong"),
    [
        (toy(), Degree(1, r), Degree(2, r)),
        (toy(prediction=sqrt(r)), Degree("1/2", r), Degree(1, r)),
        (toy(), Degree(0, s), Degree(1, s)),
        (toy(prediction=total(lam) * r), Degree(1, lam), Degree(0, lam)),
        (toy(prediction=total(lam) * r), Degree(2, lam, r), Degree(2, lam)),
        (toy(prediction=g, roots=modes), Degree(1, lam), Degree(1.5, lam)),
        (toy(prediction=total(lam / (lam + g)) * r, roots=modes), Degree(0, lam), Degree(1, lam)),
        (toy(prediction=Max(r, s)), Degree(1, r, s), Degree(2, r, s)),
        (toy(observable=Toy.z, prediction=r * y**2), Degree(3, r, y), Degree(2, r, y)),
        (toy(prediction=Piecewise((r, Eq(Toy.law, sphere)), (2 * r, True))), Degree(1, r), Degree(0, r)),
    ],
)
def test_homogeneity_is_checked_exactly(claim: Claim, right: Degree, wrong: Degree) -> None:
    assert passes("homogeneity", claim.but(scaling=[right]))
    assert not passes("homogeneity", claim.but(scaling=[wrong]))
    assert not passes("homogeneity", claim.but(scaling=[right, wrong]))


def test_homogeneity_says_what_is_proved_and_what_is_only_not_refuted() -> None:
    assert found("homogeneity", toy(scaling=[Degree(1, r)]))[0].detail.endswith("proved by algebra")
    assert "not refuted, " in found("homogeneity", toy(prediction=total(lam), scaling=[Degree(1, lam)]))[0].detail


@pytest.mark.parametrize(
    ("claim", "right", "wrong"),
    [
        (toy(), Limit(n, oo, r), Limit(n, oo, r * 101 / 100)),
        (
            toy(prediction=r * n / (n - p), assuming=[n > p]),
            Limit(n, oo, r * c / (c - 1), tie={p: n / c}),
            Limit(n, oo, r, tie={p: n / c}),
        ),
        (toy(prediction=r * s), Limit(s, 0, 0), Limit(s, 0, r / 100)),
        (toy(prediction=r * tanh(n)), Limit(n, oo, r), Limit(n, oo, r + r / 10**6)),
        (toy(prediction=-n * r), Limit(n, oo, -oo), Limit(n, oo, oo)),
        (toy(prediction=r / (1 - s)), Limit(s, 1, oo), Limit(s, 1, 10**6 * r)),
        (toy(prediction=n / sqrt(n + p)), Limit(n, oo, oo, tie={p: c * n}), Limit(n, oo, 1, tie={p: c * n})),
        (toy(prediction=r + 1 / log(n)), Limit(n, oo, r), Limit(n, oo, r + Float("0.1"))),
        (toy(prediction=total(lam / (lam + g)) * r, roots=modes), Limit(r, 0, 0), Limit(r, 0, 1)),
        (toy(prediction=s * r, fixing={s: 0.5}), Limit(r, 1, 0.5), Limit(r, 1, 1)),
        (
            toy(prediction=Piecewise((r, Eq(Toy.law, sphere)), (r * n, True)), fixing={Toy.law: "sphere"}),
            Limit(r, 3, 3),
            Limit(r, 3, 4),
        ),
    ],
)
def test_limits_are_approached(claim: Claim, right: Limit, wrong: Limit) -> None:
    assert passes("limits", claim.but(steps=[right]))
    assert not passes("limits", claim.but(steps=[wrong]))


def test_a_limit_where_the_claim_is_not_assumed_is_refused() -> None:
    assert not passes("limits", toy(assuming=[n < 1000], steps=[Limit(n, oo, r)]))
    assert passes("limits", toy(assuming=[n > 10], steps=[Limit(n, oo, r)]))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (Identical((n + p) ** 2, n**2 + 2 * n * p + p**2), Identical((n + p) ** 2, n**2 + p**2)),
        (Identical(total(2 * lam), 2 * total(lam)), Identical(total(lam**2), total(lam) ** 2)),
        (Inequality(2 * c * r, c**2 + r**2), Inequality(c**2 + r**2, 2 * c * r)),
        (Inequality(c, c**2, given=[c >= 1]), Inequality(c, c**2)),
        (Identical(c, r, given=[Eq(c, r)]), Identical(c, r)),
        (Identical(n, p, given=[Eq(n, p), Eq(Toy.law, sphere)]), Identical(n, p, given=[Eq(Toy.law, sphere)])),
        (Inequality(log(c), c - 1), Inequality(log(c - 3), -1)),
        (Identical(Derivative(c**2, c), 2 * c), Identical(Derivative(c**2, c), c)),
        (Identical(c + r, c + c, where={c: r}), Identical(c + r, c, where={c: r, r: c})),
        (
            Inequality(Piecewise((r, Eq(Toy.law, sphere)), (-r, True)), r),
            Inequality(r, Piecewise((r, Eq(Toy.law, sphere)), (-r, True))),
        ),
    ],
)
def test_steps_are_refuted_at_random_points_or_not(right: Any, wrong: Any) -> None:
    (finding,) = found("steps", toy(steps=[right]))
    assert finding.passed and "not refuted" in finding.detail and "no proof" in finding.detail
    (finding,) = found("steps", toy(steps=[wrong]))
    assert not finding.passed and "refuted at" in finding.detail


def repeats(step: Any) -> bool:
    """Whether both sides are the same as they are written, or the conclusion is `true`: it shows a reader nothing."""
    if isinstance(step, Implication):
        return bool(sympify(step.conclusion) == true)
    sides = {Identical: ("left", "right"), Inequality: ("smaller", "larger")}.get(type(step))
    return sides is not None and len({sympify(getattr(step, side)) for side in sides}) == 1


@pytest.mark.parametrize("claim", find("all"), ids=lambda claim: claim.id)
def test_no_step_of_the_catalogue_repeats_its_other_side(claim: Claim) -> None:
    assert not [step for step in claim.steps if repeats(step)]


def test_a_step_that_repeats_its_other_side_is_told_from_one_that_does_not() -> None:
    for step in (Identical(c / c, 1), Identical((c**2).diff(c), 2 * c), Implication([c > 1], r > 0), Inequality(c, c)):
        assert repeats(step)
    for step in (Identical(Derivative(c**2, c), 2 * c), Identical(c, 2, where={c: 2}), Implication([c > 1], c**2 > 1)):
        assert not repeats(step)


def test_a_step_that_no_point_meets_does_not_pass() -> None:
    (finding,) = found("steps", toy(steps=[Identical(c, 2 * c, given=[c < 0])]))
    assert not finding.passed and "no random point" in finding.detail


def test_a_step_about_drawn_quantities_is_left_to_trials() -> None:
    (finding,) = found("steps", toy(steps=[Inequality(y, y - 1)]))
    assert finding.passed and "not examined" in finding.detail


def first(values: np.ndarray) -> np.ndarray:
    return values


@pytest.mark.parametrize(
    ("claim", "right", "wrong"),
    [
        (toy(), {"prediction": r}, {"prediction": r * (1 + 1 / n) * 1.01}),
        (toy(), {"relation": Bound("<=")}, {"prediction": r + r / n}),
        (toy(roots=modes, prediction=g), {"roots": [Root(g, modes[0].equation + 1)]}, {"roots": list(modes)}),
        (toy(assuming=[n < p]), {"assuming": []}, {"assuming": [n < p]}),
        (
            toy(observable=Toy.z, prediction=Computed([y], first)),
            {"prediction": Computed([y], np.copy)},
            {"prediction": Computed([y], first)},
        ),
        (toy(observable=Toy.z, prediction=r * y), {"prediction": s * y}, {"prediction": y * r}),
        (toy(relation=Bound("<=")), {"prediction": r / 2}, {"prediction": r * 4}),
        (toy(relation=Bound(">=")), {"prediction": r * 4}, {"prediction": r / 2}),
    ],
)
def test_a_wrong_variant_differs_and_can_be_refuted(claim: Claim, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    at = {n: 10, p: 40}
    assert passes("wrong", claim.but(wrong=[Wrong("w", at=[at], **right)]))
    assert not passes("wrong", claim.but(wrong=[Wrong("w", at=[at], **wrong)]))


def test_a_wrong_variant_is_compared_where_it_is_told_apart() -> None:
    variant = {"prediction": r * (1 + 1 / p)}
    assert passes("wrong", toy(wrong=[Wrong("w", at=[{n: 10, p: 40}], **variant)]))
    assert not passes("wrong", toy(wrong=[Wrong("w", at=[{n: 40, p: 40}], **variant)]))
    assert not passes("wrong", toy(wrong=[Wrong("w", at=[{n: 0}], **variant)])), "outside the domain"
    assert not passes("wrong", toy(wrong=[Wrong("w", nonsense=3)]))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"points": [{n: 20}]}, {"points": [{n: 2000000000}]}),
        ({"tight_at": [{n: 20, p: 30}]}, {"tight_at": [{n: 30, p: 20}]}),
        ({"figure": Curve(p, (30, 40), fixing={n: 20})}, {"figure": Curve(p, (10, 40), fixing={n: 20})}),
        ({"figure": Curve(n)}, {"figure": Curve(n, (10, 2.5))}),
    ],
)
def test_declared_places_lie_where_the_claim_is_true(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert passes("places", toy(assuming=[p > n], **right))
    findings = audit(toy(assuming=[p > n], **wrong), points=4)
    assert not all(finding.passed for finding in findings if finding.name in ("places", "domain"))


def test_every_rung_of_a_ladder_lies_where_the_claim_is_true() -> None:
    def on(*sizes: int) -> Claim:
        return toy(relation=Asymptotic(Ladder(n, sizes, tie={p: n + 20})), assuming=[p < 3 * n])

    assert passes("ladder", on(12, 24, 48))
    assert not passes("ladder", on(10, 24, 48))
    assert found("ladder", toy()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"assuming": [p > n], "fails_at": [{n: 30, p: 20}]}, {"assuming": [p > n], "fails_at": [{n: 20, p: 30}]}),
        ({"fixing": {s: 0}, "fails_at": [{s: 0.5}]}, {"fixing": {s: 0.5}, "fails_at": [{s: 0.5}]}),
        ({"fails_at": [{n: 20}], "status": "empirical"}, {"fails_at": [{n: 20}]}),
        ({"assuming": [p > n], "fails_at": [{n: 30, p: 20}]}, {"fails_at": [{n: 0}]}),
    ],
)
def test_a_boundary_lies_outside_what_the_claim_says(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert passes("boundary", toy(**right))
    assert not passes("boundary", toy(**wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({}, {"prediction": r - r * n / n}),
        ({"prediction": Max(0, 1 - 2 * n), "scale": r}, {"prediction": Max(0, 1 - 2 * n)}),
        ({"prediction": -r}, {"scale": -r}),
        ({"scale": 1}, {"scale": 0}),
    ],
)
def test_the_scale_is_positive(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert passes("scale", toy(**right))
    assert not passes("scale", toy(**wrong))

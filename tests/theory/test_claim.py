"""Claims: what is refused at declaration, where they may be evaluated, and what a prediction says of its own error."""

from typing import Any

import numpy as np
import pytest
from sympy import Add, And, Eq, Ne, Piecewise, Rational, Symbol, log, sqrt

from theory.claim import Claim, Source, Wrong, event_of
from theory.computed import Computed, Law
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.implicit import Root
from theory.relation import Bound, Equality
from theory.setting import Drawn, Event, Observable, Point, Setting


class Toy(Setting):
    """A setting with one of each."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    s = Real(at_least=0, typical=(0.1, 1))
    law = Choice("torus", "sphere")
    lam = Spectrum(typical=("power(1.5,20)",))
    X = Drawn(n, p)
    y = Observable("an outcome", certificate="y_error")
    y_error = Observable("its error")
    z = Observable("another")
    done = Event("finished")


g, sphere = Symbol("g", positive=True), Symbol("sphere")
VALUES = {"n": 20, "p": 30, "s": "0.5", "law": "torus", "lam": "[1,0.5]"}


def toy(**changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "observable": Toy.y,
        "prediction": Toy.s / Toy.n,
        "relation": Equality(),
        "title": "toy",
        "entry": "toys.toy",
        "source": Source("elementary"),
        "assuming": [Toy.p > Toy.n + 1],
    }
    return Claim(Toy, **{**fields, **changes})


def test_a_prediction_is_exact_at_a_point_and_bounds_its_rounding() -> None:
    prediction = toy().predict(toy().point({**VALUES, "n": 3}))
    assert prediction.value == float(Rational(1, 6)) and 0 < prediction.error < 1e-16
    assert prediction.digits.startswith("0.16666666666666666666666666666")
    assert toy(prediction=Toy.s / Toy.p).predict(toy().point({**VALUES, "n": 3})).value != prediction.value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "proved"}, "status"),
        ({"assuming": [Toy.n]}, "no condition"),
        ({"assuming": ["p > n"]}, "no condition"),
        ({"regime": [Toy.n == Toy.p]}, r"write Eq\(…\)"),
        ({"regime": [Toy.n != Toy.p]}, "Ne"),
        ({"prediction": "s/n"}, "is text"),
        ({"prediction": Symbol("n") + 1}, "n belongs neither"),
        ({"prediction": Toy.s * g}, "g belongs neither"),
        ({"assuming": [g > 1]}, "g belongs neither"),
        ({"fixing": {Symbol("m"): 1}}, "no parameter m"),
        ({"points": [{Toy.y: 1}]}, "no parameter y"),
        ({"tight_at": [{"q": 1}]}, "no parameter q"),
        ({"wrong": [Wrong("w", at=[{Symbol("q"): 1}], prediction=1)]}, "no parameter q"),
        ({"given": Toy.y}, "no Event"),
        ({"given": Symbol("ready")}, "no Event"),
        ({"observable": Toy.n}, "no Observable"),
        ({"observable": Toy.X}, "no Observable"),
        ({"roots": [Root(g, g - Toy.y)]}, "root g"),
        ({"roots": [Root(g, g - Symbol("h"))]}, "root g .* not h"),
        ({"roots": [Root(Symbol("n"), Symbol("n") - Toy.s)]}, "name of its own"),
        ({"roots": [Root(g, g - Toy.s, branch=g > Toy.y)]}, "root g .* not y"),
    ],
    ids=str,
)
def test_a_claim_that_contradicts_itself_is_refused_at_once(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadDeclaration, match=words) as refused:
        toy(**changes)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"assuming": [And(Toy.p > 1, Toy.n > 1), Eq(Toy.law, sphere)]},
        {"regime": [Ne(Toy.n, Toy.p)]},
        {"prediction": 3},
        {"given": Toy.done},
        {"observable": Toy.y - Toy.s * Toy.z},
        {"roots": [Root(g, g - Toy.s), Root(Symbol("h"), Symbol("h") - g)], "prediction": g + Symbol("h")},
        {"prediction": Symbol("C") * Toy.n, "unknown": [Symbol("C")]},
        {"prediction": Piecewise((1, Eq(Toy.law, sphere)), (Toy.y, True))},
        {"roots": [Root(g, g - Piecewise((1, Eq(Toy.law, sphere)), (2, True)))], "prediction": g},
    ],
    ids=str,
)
def test_a_sound_claim_is_accepted(changes: dict[str, Any]) -> None:
    assert toy(**changes).id == "toys.toy"


def test_the_given_event_is_found() -> None:
    assert event_of(toy(given=Toy.done)) == "done"
    assert event_of(toy()) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**VALUES, "n": 29}, "assumes p > n [+] 1, which fails at n=29"),
        ({**VALUES, "n": 40}, "assumes"),
        ({**VALUES, "n": 2.5}, "whole number"),
        ({**VALUES, "m": 1}, "no parameter m"),
        ({key: VALUES[key] for key in ("n", "p", "s", "law")}, "lam not given; add --set lam=…"),
        ({**VALUES, "s": -1}, "at least 0"),
    ],
)
def test_a_point_outside_domain_or_assumptions_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        toy().point(values)
    assert toy().point(VALUES)["n"] == 20


def test_a_pinned_value_may_be_repeated_but_not_changed() -> None:
    pinned = toy(fixing={Toy.s: Rational(1, 10)})
    assert (
        pinned.point({key: value for key, value in VALUES.items() if key != "s"})
        == pinned.point({**VALUES, "s": "0.1"})
        == pinned.point({**VALUES, "s": 0.1})
    )
    with pytest.raises(OutsideDomain, match="fixed at 1/10"):
        pinned.point(VALUES)


def test_an_assumption_that_is_undefined_or_undecided_does_not_hold() -> None:
    undefined = toy(assuming=[log(Toy.n - Toy.p) < 1])
    with pytest.raises(OutsideDomain, match="which fails at"):
        undefined.point(VALUES)
    assert undefined.point({**VALUES, "p": 18})


def test_a_choice_decides_cases_of_predictions_and_roots() -> None:
    cases = Piecewise((1, Eq(Toy.law, sphere)), (Toy.s, True))
    for claim in (toy(prediction=cases), toy(prediction=g, roots=[Root(g, g - cases)])):
        values = [claim.predict(claim.point({**VALUES, "law": law})).value for law in ("sphere", "torus")]
        assert values == [1, 0.5]


def test_a_root_enters_the_prediction_with_its_error() -> None:
    claim = toy(prediction=total(Toy.lam / (Toy.lam + g)), roots=[Root(g, total(Toy.lam / (Toy.lam + g)) - 1)])
    prediction = claim.predict(claim.point(VALUES))
    assert abs(prediction.value - 1) <= prediction.error < 1e-15
    assert claim.predict(claim.point({**VALUES, "lam": "[1,0.5,0.1]"}), digits=40).digits.startswith(
        ("1.00000", "0.99999")
    )


def test_a_variant_is_tested_where_it_is_told_apart() -> None:
    claim = toy(
        points=[{Toy.n: 5}],
        tight_at=[{Toy.n: 7}],
        wrong=[Wrong("there", at=[{Toy.n: 6}], prediction=1), Wrong("anywhere", prediction=2)],
    )
    assert claim.variant("there").points == ({Toy.n: 6},) and claim.variant("there").tight_at == ()
    assert claim.variant("anywhere").points == [{Toy.n: 5}] and claim.variant("anywhere").prediction == 2
    with pytest.raises(BadDeclaration, match="'there', 'anywhere'"):
        claim.variant("nowhere")
    with pytest.raises(BadDeclaration, match="a claim has no formula"):
        claim.but(formula=1)


# Predictions that read what was drawn.

DRAWN = {
    "y": np.array([1.0, 2.0, 4.0]),
    "y_error": np.array([0.1, 0.2, 0.1]),
    "z": np.array([1.0, 1.0, 0.0]),
    "done": np.array([True, True, False]),
    "X": np.ones((3, 20, 30)),
}


def test_a_prediction_per_draw_has_one_value_for_each_trial() -> None:
    claim = toy(observable=Toy.z, prediction=Toy.s * Toy.y)
    assert claim.is_per_trial() and not toy().is_per_trial()
    assert claim.predict(claim.point(VALUES), DRAWN).value == pytest.approx([0.5, 1, 2], rel=1e-15)
    with pytest.raises(BadInput, match="every draw"):
        claim.predict(claim.point(VALUES))


def test_a_prediction_that_is_not_finite_is_refused_before_it_passes_for_no_violation() -> None:
    at = toy().point(VALUES)
    for undefined in (
        toy(prediction=1 / Toy.z),
        toy(prediction=sqrt(Toy.z - Toy.y)),
        toy(prediction=Computed([Toy.z], lambda z: 0 * z / (z - z[0]))),
    ):
        with pytest.raises(BadInput, match="not finite in"), np.errstate(all="ignore"):
            undefined.predict(at, DRAWN)
    conditional = toy(prediction=1 / Toy.z, given=Toy.done).predict(at, DRAWN)  # the event leaves the third trial out
    assert np.isfinite(conditional.value).tolist() == [True, True, False]


def test_a_computed_prediction_reads_arrays_and_parameters() -> None:
    claim = toy(prediction=Computed([Toy.X], lambda X, scale: scale * X.sum(axis=(1, 2)), using={"scale": Toy.s}))
    prediction = claim.predict(claim.point(VALUES), DRAWN)
    assert prediction.value.tolist() == [300, 300, 300] and np.all(prediction.error == 300e-12)
    certified = toy(prediction=Computed([Toy.X], lambda X: (X.sum(axis=(1, 2)), np.full(3, 0.5)))).predict(
        claim.point(VALUES), DRAWN
    )
    assert certified.error.tolist() == [0.5] * 3 and certified.guarantee == "certificate of the solver"
    with pytest.raises(BadDeclaration, match="reads w"):
        toy(prediction=Computed([Symbol("w")], np.sum)).predict(claim.point(VALUES), DRAWN)


def test_a_law_is_no_number() -> None:
    with pytest.raises(BadInput, match="a distribution, not a number"):
        toy(prediction=Law(cdf=lambda t: t)).predict(toy().point(VALUES))


def test_an_expression_of_observables_is_measured_and_carries_their_certificates() -> None:
    at = Point.of(Toy, VALUES)
    claim = toy(observable=Toy.s * Toy.y**2 - Toy.z, relation=Bound("<="))
    assert claim.measure(at, DRAWN) == pytest.approx([-0.5, 1, 8], rel=1e-15)
    certificate = claim.certificate(at, DRAWN)
    y, off, s = np.abs(DRAWN["y"]), DRAWN["y_error"], float(VALUES["s"])
    farthest = s * ((y + off) ** 2 - y**2)
    assert certificate is not None and np.all((certificate >= farthest) & (certificate < 1.15 * farthest))
    assert np.all(2 * s * y * off < farthest), "the slope alone says too little"
    with pytest.MonkeyPatch.context() as planted:
        planted.setitem(DRAWN, "y_error", np.array([np.nan, np.inf, 0.0]))
        assert np.isfinite(claim.certificate(at, DRAWN)).tolist() == [False, False, True]


def test_an_expression_of_exact_observables_carries_its_rounding() -> None:
    """(z + 10⁹) − 10⁹ keeps z to 1e-7 only."""
    at, far = Point.of(Toy, VALUES), Add(Add(Toy.z, 10**9, evaluate=False), -(10**9), evaluate=False)
    claim, drawn = toy(observable=far * Toy.z), {**DRAWN, "z": np.array([1 / 3, 0.7, 0.11])}
    certificate, off = claim.certificate(at, drawn), np.abs(claim.measure(at, drawn) - drawn["z"] ** 2)
    assert certificate is not None and np.all((off > 1e-9) & (off <= certificate)) and np.all(certificate < 1e-6)
    assert toy().certificate(at, DRAWN) is DRAWN["y_error"]
    assert toy(observable=Toy.z).certificate(at, DRAWN) is None

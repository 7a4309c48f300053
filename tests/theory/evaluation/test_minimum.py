"""The least value over a symbol: certified where there is a formula, otherwise with a stated error; and its place."""

import time

import numpy as np
import pytest
from flint import arb
from scipy.optimize import minimize_scalar
from sympy import Abs, Expr, Max, Rational, Symbol, cos, exp, log, oo, sqrt

from theory.audit import audit
from theory.claim import Claim, Source
from theory.computed import Minimum
from theory.domain import Real, Size, Spectrum, total
from theory.errors import BadDeclaration, BadInput
from theory.evaluation import optimum
from theory.evaluation.minimum import Least, certified, searched
from theory.evaluation.vectorise import vectorised
from theory.implicit import Root
from theory.relation import Equality
from theory.setting import Observable, Point, Setting

x = Symbol("x", positive=True)


class Toy(Setting):
    """A ridge to be tuned, a size to be chosen, a spectrum."""

    lam = Real(at_least=0, typical=(0.1, 1))
    s2 = Real(above=0, typical=(0.1, 2))
    k = Size(at_least=1, at_most=50, typical=(2, 9))
    modes = Spectrum(typical=("power(1.5,20)",))
    best = Observable("the least risk")


lam, s2, k, modes = Toy.lam, Toy.s2, Toy.k, Toy.modes
g = Symbol("g", positive=True)
RISK = (lam**2 + s2) / (1 + lam) ** 2  # least at lam = s2, where it is s2/(1 + s2)


def toy(prediction: object, **changes: object) -> Claim:
    fields = {"title": "toy", "entry": "toys.minimum", "source": Source("elementary"), **changes}
    return Claim(Toy, Toy.best, prediction, Equality(), **fields)  # type: ignore[arg-type]


def at(**values: object) -> Point:
    return Point.of(Toy, {"lam": 1, "s2": "0.3", "k": 3, "modes": "power(1.5,20)", **values})


FORMS: list[tuple[Expr, float | None, float | None]] = [
    (x + 1 / x, 0, None),
    ((x - 2) ** 2, 0, None),
    (Abs(x - 1) + x / 2, 0, None),
    (Max(x - 1, 2 - x), 0, 9),
    ((x**2 + 3) / (1 + x) ** 2, 0, None),
    (x * log(x), 0, None),
    (-x * exp(-x), 0, None),
    (cos(x) + x / 10, 0, 30),
    (cos(3 * x) + cos(x), 1, 25),
    ((x - 1) ** 4, 0, None),
    ((x - sqrt(2)) ** 2 / (x + 1), 0, None),
    (x**3 - x, -2, 1),
]


@pytest.mark.parametrize(("form", "low", "high"), FORMS, ids=str)
def test_a_certified_minimum_contains_the_best_of_a_dense_search(form: Expr, low: float, high: float | None) -> None:
    found = certified(form, x, {}, low, high, 20)
    dense = np.linspace(low or 1e-9, 40 if high is None else high, 200_001)
    heights = np.broadcast_to(vectorised(form, (x,))(dense), dense.shape)
    best = minimize_scalar(
        lambda place: float(vectorised(form, (x,))(place)),
        bounds=(dense[max(heights.argmin() - 1, 0)], dense[min(heights.argmin() + 1, len(dense) - 1)]),
        method="bounded",
        options={"xatol": 1e-12},
    )
    least = min(best.fun, heights.min())
    assert float(found.value.lower()) <= least + 1e-15
    assert float(found.value.upper()) >= least - 1e-8 and float(found.value.rad()) < 1e-9
    assert abs(float(found.place.mid()) - best.x) < 1e-4 + float(found.place.rad())


def test_a_local_minimum_is_not_taken_for_the_global_one() -> None:
    double_well = (x**2 - 4) ** 2 / 10 - x / 1000
    found = certified(double_well, x, {}, -5, 5, 20)
    assert found.place > 0 and found.value < double_well.subs(x, -2)
    flipped = certified(double_well.subs(x, -x), x, {}, -5, 5, 20)
    assert flipped.place < 0 and flipped.value.overlaps(found.value)


def test_what_was_not_examined_is_said() -> None:
    assert certified(x + 1 / x, x, {}, 0, None, 20).guarantee == "enclosure of the minimum"
    assert certified(exp(-x), x, {}, 0, 5, 20).guarantee == "enclosure of the minimum"
    assert "not examined" in certified(exp(-x), x, {}, 0, None, 20).guarantee


def test_a_prediction_is_the_least_value_or_its_place_to_thirty_digits() -> None:
    value, place = (toy(Minimum(RISK, over=lam, gives=gives)).predict(at()) for gives in ("value", "place"))
    assert value.digits.startswith("0.2307692307692307692307692307")  # 0.3/1.3
    assert place.digits.startswith("0.300000000000000000000000000") or place.digits.startswith("0.29999999999999999999")
    assert abs(value.value - 3 / 13) <= value.error < 1e-16


def test_a_minimum_at_the_end_of_its_interval_is_that_of_the_exact_end() -> None:
    found = toy(Minimum(lam**2 + s2, over=lam, between=(Rational(1, 3), 5))).predict(at())
    assert found.digits.startswith("0.41111111111111111111111111111") and abs(found.value - 0.37 / 0.9) < 1e-15


def test_the_audit_compares_a_minimum_with_a_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(claim: Claim) -> bool:
        (finding,) = [finding for finding in audit(claim, points=2) if finding.name == "prediction"]
        assert "per draw" not in finding.detail
        return finding.passed

    claim = toy(Minimum(RISK, over=lam))
    assert found(claim)
    monkeypatch.setattr("theory.evaluation.optimum.certified", lambda *_: Least(arb(1) / 2, arb(1), "wrong"))
    optimum._remembered.cache_clear()
    assert not found(claim)
    optimum._remembered.cache_clear()


def test_the_least_value_does_not_read_its_own_symbol() -> None:
    claim = toy(Minimum(RISK, over=lam))
    assert claim.predict(at(lam=5)).value == claim.predict(at(lam=0)).value
    assert claim.predict(at(s2=1)).value != claim.predict(at()).value
    assert claim.needs() == {"s2"}


def test_the_minimum_of_another_claim_is_searched_through_its_roots() -> None:
    implicit = toy(lam + g, roots=[Root(g, total(modes / (modes + g)) * lam - g)])
    risk = toy((g - 1) ** 2 + s2, roots=implicit.roots)
    found = toy(Minimum(risk, over=lam)).predict(at())
    assert found.guarantee.startswith("multi-start")
    assert abs(found.value - 0.3) <= max(found.error, 1e-12)  # g runs through 1, so the square vanishes
    assert toy(Minimum(risk.but(prediction=(g - 2) ** 2 + s2), over=lam)).predict(at()).value < 0.301
    assert toy(Minimum(risk, over=lam, between=(0, Rational(1, 100)))).predict(at()).value > 0.31


def test_whole_numbers_are_all_tried() -> None:
    found = toy(Minimum((k - Rational(73, 10)) ** 2 + s2, over=k)).predict(at())
    assert abs(found.value - 0.39) <= found.error + 1e-16
    assert toy(Minimum((k - Rational(73, 10)) ** 2, over=k, gives="place")).predict(at()).value == 7


@pytest.mark.parametrize(
    ("minimum", "fault"),
    [
        (Minimum(log(-1 - lam), over=lam), BadInput),
        (Minimum(RISK, over=Symbol("unknown", positive=True)), BadDeclaration),
        (Minimum(k * lam, over=k, between=(1, oo)), BadInput),
    ],
)
def test_a_minimum_that_does_not_exist_is_refused_in_one_line(minimum: Minimum, fault: type[Exception]) -> None:
    with pytest.raises(fault) as refused:
        toy(minimum).predict(at())
    assert "\n" not in str(refused.value)


def test_a_search_states_an_error_that_covers_what_it_left_open() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        place, width, height = rng.uniform(0.5, 20), rng.uniform(0.1, 5), rng.uniform(0.1, 9)
        found = searched(lambda t, p=place, w=width, h=height: (h + ((t - p) / w) ** 2, 1e-15), 0, None)
        assert abs(found.value - arb(height)).lower() <= found.value.rad() * 2 < 1e-9
        assert abs(float(found.place.mid()) - place) <= float(found.place.rad()) + 1e-7 * place


def test_a_minimum_is_quick_enough_for_a_curve() -> None:
    began = time.process_time()
    for i in range(20):
        toy(Minimum(RISK, over=lam)).predict(at(s2=f"0.{i + 11}"))
    assert time.process_time() - began < 5

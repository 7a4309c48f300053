"""Predictions at many points: float64 beside certified values, gaps where there is no root, never another branch."""

from typing import Any

import numpy as np
import pytest
from sympy import Add, Expr, I, Min, Rational, Symbol, im, sqrt, symbols, tanh

from theory import curve
from theory.claim import Claim, Source
from theory.curve import predictions
from theory.domain import Real, Spectrum, total
from theory.errors import BadInput
from theory.evaluation.compiled import compiled
from theory.implicit import Continued, Root, slope, solve
from theory.implicit.many import solved_at
from theory.implicit.residuals import with_bounds
from theory.implicit.slopes import slopes_along, spelled_out
from theory.relation import Equality
from theory.setting import Observable, Point, Setting

g, h = symbols("g h", positive=True)
m = Symbol("m", complex=True)


class Ridge(Setting):
    """A toy with a spectrum: Σ λ/(λ + g) + δ/g = n."""

    lam = Spectrum(typical=("power(2,60)",))
    n = Real(above=0, typical=(5, 20))
    k = Real(above=0, typical=(25, 40))
    delta = Real(at_least=0, typical=(0, 1))
    height = Real(above=0, typical=(0.1, 1))
    error = Observable("anything")


learned = total(Ridge.lam / (Ridge.lam + g))
ONE = [Root(g, learned + Ridge.delta / g - Ridge.n)]
TWO = [Root(h, learned + Ridge.delta / h - Ridge.n), Root(g, learned + Ridge.k * h / g - Ridge.k)]
BRANCH = [Root(g, (Ridge.n - learned) * (Ridge.k - learned) * g / Ridge.k - Ridge.delta,
               branch=learned < Min(Ridge.n, Ridge.k))]  # fmt: skip
PLANE = [Root(m, m**2 * Ridge.delta + m * (Ridge.n + I * Ridge.height) + 1, branch=im(m) > 0)]


def a_claim(roots: list[Root], prediction: Expr) -> Claim:
    return Claim(
        Ridge, Ridge.error, prediction, Equality(),
        title="a toy", entry="toys.curve", source=Source("none"), roots=roots,
    )  # fmt: skip


def along(count: int, low: float = 1e-3, high: float = 10.0) -> list[Point]:
    values = {"lam": "power(2,60)", "n": "8", "k": "30", "height": "0.5"}
    return [Point.of(Ridge, values | {"delta": Rational(float(ridge))}) for ridge in np.geomspace(low, high, count)]


@pytest.mark.parametrize(
    ("roots", "formula"),
    [
        (ONE, 1 / g),
        (ONE, slope(g, Ridge.delta)),
        (ONE, slope(g * Ridge.delta, Ridge.delta, Ridge.delta)),
        (TWO, g * h),
        (TWO, slope(h, Ridge.delta) / slope(g, Ridge.n)),
        (BRANCH, g),
        (PLANE, im(m)),
        ([*ONE, Root(h, h**2 - g)], h + Ridge.delta),
        ([], sqrt(Ridge.delta + Ridge.n)),
    ],
    ids=str,
)
def test_a_curve_agrees_with_the_enclosures_at_points_that_it_did_not_check(roots: list[Root], formula: Expr) -> None:
    claim, points = a_claim(roots, formula), along(60)
    found = predictions(claim, points)
    assert "float64" in found.guarantee
    for i in (1, 17, 29, 44, 58):
        truth = claim.predict(points[i])
        assert abs(found.value[i] - truth.value) <= found.error[i] + truth.error
        assert found.error[i] < 1e-9 * abs(truth.value)
    shifted = predictions(claim, along(60, 1.1e-3, 11.0))
    assert not np.allclose(shifted.value, found.value, rtol=1e-6), "the curve depends on what moves"


@pytest.mark.parametrize("roots", [ONE, TWO, PLANE, [*ONE, Root(h, h**2 - g)]], ids=str)
def test_roots_and_slopes_that_are_off_show_in_their_bounds(roots: list[Root]) -> None:
    points = along(30)
    moving = {Ridge.delta: np.array([float(point["delta"]) for point in points])}
    held = {s: v for s, v in {**points[0].exact(), **points[0].spectra()}.items() if s != Ridge.delta}
    exact = solved_at(roots, moving, held, lambda i: {**points[i].exact(), **points[i].spectra()}).roots
    names: dict = {}
    spelled_out(slope(roots[0].symbol, Ridge.delta), roots, names)
    right = {**moving, **exact, **slopes_along(roots, {**moving, **exact}, held, names)}
    close = with_bounds(roots, right, held, names)
    unknown = [symbol for symbol in right if symbol not in moving]
    assert len(unknown) == 2 * len(roots)
    for symbol in unknown:
        assert np.all(close[symbol][1] < 1e-10 * np.abs(right[symbol]))
        off = {**right, symbol: right[symbol] * (1 + 1e-7)}
        shifted = with_bounds(roots, off, held, names)[symbol][1]
        assert np.all((shifted > 1e-7 * np.abs(right[symbol])) & (shifted < 1e-5 * np.abs(right[symbol])))


def test_where_float64_loses_its_digits_balls_are_asked() -> None:
    far = Add(Add(g, 10**12, evaluate=False), -(10**12), evaluate=False)
    claim, points = a_claim(ONE, far), along(20)
    found = predictions(claim, points)
    assert [float(value) for value in found.value] == [float(claim.predict(point).value) for point in points]
    assert np.all(found.error < 1e-15)


def test_a_curve_outside_its_bounds_is_noticed_and_left_to_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = curve.with_bounds

    def bold(*asked: Any) -> Any:
        return {symbol: (column * (1 + 1e-12), error / 1e6) for symbol, (column, error) in honest(*asked).items()}

    monkeypatch.setattr(curve, "with_bounds", bold)
    assert predictions(a_claim(ONE, 1 / g), along(20)).guarantee == "enclosure"


def test_points_with_other_spectra_and_few_points_are_served_too() -> None:
    claim, points = a_claim(ONE, g), along(20)
    others = [point.replace({"lam": "power(3,60)"}) for point in points[:3]]
    found = predictions(claim, [*others, *points])
    assert found.value[1] == claim.predict(others[1]).value and np.all(np.isfinite(found.value))


def test_a_curve_has_a_gap_where_there_is_no_root() -> None:
    """g² = n − δ has no positive root beyond δ = n."""
    found = predictions(a_claim([Root(g, g**2 + Ridge.delta - Ridge.n)], g), along(40, 1.0, 20.0))
    deltas = np.geomspace(1.0, 20.0, 40)
    assert np.array_equal(np.isnan(found.value), deltas > 8)
    assert np.allclose(found.value[deltas < 8], np.sqrt(8 - deltas[deltas < 8]), rtol=1e-12)


def test_an_equation_with_several_roots_gives_no_curve() -> None:
    found = predictions(a_claim([Root(g, (g - Ridge.n) * (g - Ridge.delta))], g), along(20))
    assert np.all(np.isnan(found.value))


def test_a_curve_keeps_its_branch_where_another_root_is_near() -> None:
    """x³ − 3x = c has three roots for |c| < 2; the middle one turns into the others at the ends."""
    x, c = symbols("x c", real=True)
    roots = [Root(x, x**3 - 3 * x - c, branch=(x > -1) & (x < 1))]
    places = np.linspace(-1.9, 1.9, 300)
    found = solved_at(roots, {c: places}, {}, lambda i: {c: Rational(float(places[i]))}).roots[x]
    assert np.all(np.abs(found) < 1) and np.max(np.abs(found**3 - 3 * found - places)) < 1e-12


def test_a_continued_branch_is_followed_over_a_curve() -> None:
    a, y = symbols("a y", real=True)
    places = np.linspace(0.5, 4, 100)
    roots = [Root(a, a**2 - y, branch=Continued(y, 4, -2))]
    found = solved_at(roots, {y: places}, {}, lambda i: {y: Rational(float(places[i]))}).roots[a]
    assert np.allclose(found, -np.sqrt(places), rtol=1e-14)


@pytest.mark.parametrize("exponent", [2, 4, 6, 8])
def test_a_curve_over_power_spectra_is_right_to_ten_digits_relative(exponent: int) -> None:
    """Roots down to 1e-19: an absolute tolerance of 1e-12 would be wrong by more than their size."""
    lam, delta = Ridge.lam, Ridge.delta
    modes = np.arange(1, 2001, dtype=float) ** -exponent
    ridges = np.geomspace(1e-3, 1e3, 200) * modes[199]
    held = {lam: modes, Ridge.n: 200}
    at = [{**held, delta: Rational(float(ridge))} for ridge in ridges]
    found = solved_at(ONE, {delta: ridges}, held, at.__getitem__)
    for i in (3, 77, 150):
        truth = float(solve(ONE, at[i], 20)[g].mid())
        assert abs(found.roots[g][i] / truth - 1) < 1e-11 and i not in found.certified
        assert abs((found.roots[g][i] + 1e-12) / truth - 1) > 1e-10 or exponent == 2


def test_scattered_points_are_solved_from_the_nearest_certified_ones() -> None:
    rng = np.random.default_rng(1)
    moving = {Ridge.delta: np.exp(rng.uniform(-6, 2, 400)), Ridge.n: rng.uniform(4, 30, 400)}
    held = {Ridge.lam: np.arange(1, 61) ** -2.0}
    at = [{**held, **{s: Rational(float(column[i])) for s, column in moving.items()}} for i in range(400)]
    found = solved_at(ONE, moving, held, at.__getitem__).roots[g]
    modes = held[Ridge.lam]
    rest = (modes / (modes + found[:, None])).sum(1) + moving[Ridge.delta] / found - moving[Ridge.n]
    assert np.max(np.abs(rest) / moving[Ridge.n]) < 1e-12


def test_slopes_over_a_curve_agree_with_differences_of_the_curve() -> None:
    ridges = np.geomspace(0.01, 1, 50)
    held = {Ridge.lam: np.arange(1, 61) ** -2.0, Ridge.n: 8}

    def curve(places: np.ndarray) -> np.ndarray:
        at = [{**held, Ridge.delta: Rational(float(place))} for place in places]
        return solved_at(ONE, {Ridge.delta: places}, held, at.__getitem__).roots[g]

    names: dict = {}
    formula = spelled_out(slope(g, Ridge.delta), ONE, names)
    columns = {Ridge.delta: ridges, g: curve(ridges)}
    columns |= slopes_along(ONE, columns, held, names)
    slopes = compiled([formula], list(columns), held)(list(columns.values()))[0]
    step = 1e-4 * ridges
    differences = (curve(ridges + step) - curve(ridges - step)) / (2 * step)
    assert np.allclose(slopes, differences, rtol=1e-6) and not np.allclose(slopes, 1.01 * differences, rtol=1e-6)


def test_sums_become_products_without_changing_their_value() -> None:
    lam, v = symbols("lam v", positive=True)
    held = {lam: np.array([1.0, 0.5, 0.1]), v: np.array([2.0, 1.0, 3.0])}
    formulas = [total(lam * v), total(v / (lam + g) ** 3), total(2 * g * v), total(tanh(g * lam) + v), total(lam) * g]
    there = np.array([0.3, 2.0])
    wanted = [
        [np.sum(held[lam] * held[v])] * 2,
        [np.sum(held[v] / (held[lam] + t) ** 3) for t in there],
        [np.sum(2 * t * held[v]) for t in there],
        [np.sum(np.tanh(t * held[lam]) + held[v]) for t in there],
        [np.sum(held[lam]) * t for t in there],
    ]
    for column, truth in zip(compiled(formulas, [g], held)([there]), wanted, strict=True):
        assert np.allclose(column, truth, rtol=1e-14)


def test_predictions_per_draw_have_no_curve() -> None:
    with pytest.raises(BadInput, match="drawn"):
        predictions(a_claim([], Ridge.error), [])

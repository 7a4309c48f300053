"""Formulas as values: a point follows what its formulas read, text and expression agree, and nothing else is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

from theory.domain import Choice, Real, Size, Spectrum, power, step
from theory.errors import BadInput, OutsideDomain
from theory.relation import Ladder
from theory.setting import Observable, Point, Setting

steady = settings(deadline=None, derandomize=True, max_examples=25)


class Toy(Setting):
    """Two sizes, two numbers, a spectrum, a choice."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    s = Real(above=0, typical=(0.5, 1))
    r = Real(above=0, typical=(0.5, 1))
    l = Spectrum()  # noqa: E741
    law = Choice("n", "torus")
    y = Observable("an outcome")


PLAIN = {"n": 12, "p": 10, "s": "0.5", "r": 2, "l": "power(1,7)", "law": "n"}


def at(**values: object) -> Point:
    return Point.of(Toy, {**PLAIN, **values})


@steady
@given(st.integers(1, 200))
def test_a_point_follows_what_its_formulas_read(n: int) -> None:
    point = at(p=3 * Toy.n + 1, s=Toy.r / Toy.n, l=power(Rational(3, 2), 2 * Toy.p)).replace({"n": n})
    assert point["p"] == 3 * n + 1
    assert point["s"] == Rational(2, n)
    assert len(point["l"].array) == 2 * (3 * n + 1)
    assert point.replace({"p": 5})["p"] == 5
    assert point.replace({"p": 5}).replace({"n": n + 1})["p"] == 5  # what was given a number is tied no longer


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("3*n+1", 3 * Toy.n + 1),
        ("-n + 100", 100 - Toy.n),
        ("n**2/4", Toy.n**2 / 4),
        ("n^2", Toy.n**2),
        ("7*(n - 2)", 7 * (Toy.n - 2)),
        ("n", Toy.n),
    ],
)
def test_text_and_expression_are_the_same_size(text: str, expression: object) -> None:
    assert at(p=text)["p"] == at(p=expression)["p"]


@pytest.mark.parametrize(
    "values",
    [
        {"p": 2 * Toy.n, "s": Toy.n ** Rational(-3, 2) / 2},
        {"l": step(Toy.n, 1 / Toy.n, 2 * Toy.n, Rational(1, 10))},
        {"l": power(Rational(3, 2), 3 * Toy.n), "s": Toy.r / (Toy.n + 1)},
    ],
)
def test_the_text_of_a_point_gives_it_again(values: dict[str, object]) -> None:
    point = at(**values)
    again = Point.of(Toy, point.text())
    assert again.text() == point.text()
    for moved in (point, again):
        assert moved.replace({"n": 24}).settled() == point.replace({"n": 24}).settled()
    assert point.replace({"n": 24}).settled() != point.settled()


def test_what_a_simulator_reads_is_tied_to_nothing() -> None:
    assert at(p=2 * Toy.n).settled() == at(p=24)
    assert at(p=2 * Toy.n).settled().replace({"n": 13})["p"] == 24
    assert at(p=2 * Toy.n).replace({"n": 13})["p"] == 26


def test_a_choice_is_no_formula() -> None:
    assert at(law="n")["law"] == "n"
    assert not at(law="n").tied


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"p": "2*p"}, "circle"),
        ({"p": "2*s", "s": "p/2"}, "circle"),
        ({"p": "n*law"}, "no number"),
        ({"p": "n+l"}, "no number"),
        ({"p": "n+unknown"}, "no number"),
        ({"p": "n**n"}, "exponent"),
        ({"p": "(n**60)**2"}, "exponent"),
        ({"p": "n.bit_length()"}, "no formula"),
        ({"p": "__import__('n')"}, "no formula"),
        ({"p": "(lambda: n)()"}, "no formula"),
        ({"p": "n +"}, "no formula"),
        ({"p": "+".join(["n"] * 600)}, "longer"),
        ({"s": "(-n)**(1/2)"}, "real"),
        ({"s": "1/(n-12)"}, "real"),
        ({"s": "power(power(1,n),2)"}, "real"),
        ({"p": "power(1,n)"}, "whole number"),
    ],
)
def test_what_is_no_formula_of_numbers_is_refused_in_one_line(values: dict[str, object], word: str) -> None:
    with pytest.raises(BadInput, match=word) as fault:
        at(**values)
    assert "\n" not in str(fault.value)


def test_a_formula_that_leaves_the_domain_is_refused() -> None:
    assert at(p="n/4")["p"] == 3
    with pytest.raises(OutsideDomain, match="whole number"):
        at(p="n/5")


def test_a_tie_of_a_ladder_reads_the_point() -> None:
    ladder = Ladder(Toy.n, [10, 20, 40], tie={Toy.p: Toy.r * Toy.n, Toy.l: power(Toy.r, 2 * Toy.n)})
    rungs = [at(r=3).replace(rung) for rung in ladder.rungs()]
    assert [rung["p"] for rung in rungs] == [30, 60, 120]
    assert [str(rung["l"]) for rung in rungs] == ["power(3,20)", "power(3,40)", "power(3,80)"]


def test_every_point_may_have_its_own_ties_along_a_ladder() -> None:
    ladder = Ladder(Toy.n, [10, 20, 40])
    twice, plain = at(p=2 * Toy.n), at(p=24)
    assert [twice.replace(rung)["p"] for rung in ladder.rungs()] == [20, 40, 80]
    assert [plain.replace(rung)["p"] for rung in ladder.rungs()] == [24, 24, 24]

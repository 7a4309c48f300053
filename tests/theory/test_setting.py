"""Settings and points: exact values, checked names, and a text that gives a point again."""

import json
import shlex

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Ne, Piecewise, Rational, Symbol

from theory.data import Data
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.setting import Axis, Drawn, Event, Observable, Point, Setting

steady = settings(deadline=None, derandomize=True, max_examples=60)


class Toy(Setting):
    """Every kind of parameter."""

    n = Size(typical=(2, 40))
    x = Real(typical=(-1, 1))
    law = Choice("torus", "data", "n")
    lam = Spectrum(typical=("power(1.5,20)",))
    set = Data(lambda: {"X": np.arange(3.0)})
    t = Axis([1, 2])
    X = Drawn(n, 2)
    y = Observable("something")
    done = Event("done")


VALUES = {"n": 40, "x": "0.1", "law": "torus", "lam": "[1, 0.5]"}
points = st.builds(
    lambda n, p, q, law, lam: Point.of(Toy, {"n": n, "x": Rational(p, q), "law": law, "lam": lam}),
    st.integers(1, 10**9),
    st.integers(-(10**12), 10**12),
    st.integers(1, 10**6),
    st.sampled_from(["torus", "data", "n"]),
    st.one_of(
        st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=4), st.sampled_from(["power(1.5,600)", "step(2,1,3,1/7)"])
    ),
)


def from_flags(flags: str) -> Point:
    words = shlex.split(flags)
    return Point.of(Toy, dict(word.split("=", 1) for word in words if word != "--set"))


@steady
@given(points)
def test_the_text_of_a_point_gives_it_again(point: Point) -> None:
    assert (
        Point.of(Toy, {name: value for name, value in json.loads(json.dumps(point.text())).items() if name != "set"})
        == point
    )
    assert from_flags(point.settings_flags()) == point
    assert from_flags(point.replace({"x": point["x"] + Rational(1, 10**9)}).settings_flags()) != point


def test_values_are_exact_and_the_simulator_gets_their_floats() -> None:
    point = Point.of(Toy, VALUES)
    assert point["x"] == point[Toy.x] == Rational(1, 10) != Rational(0.1)
    numbers = point.numbers()
    assert (
        numbers["x"] == 0.1 and type(numbers["x"]) is float and type(numbers["n"]) is int and numbers["law"] == "torus"
    )
    assert np.array_equal(numbers["lam"], [1, 0.5]) and np.array_equal(numbers["set"]["X"], [0, 1, 2])
    assert point.exact() == {Toy.n: 40, Toy.x: Rational(1, 10), Toy.law: Symbol("torus")}
    assert np.array_equal(point.spectra()[Toy.lam], numbers["lam"])


def test_a_choice_may_be_called_data_or_like_a_parameter() -> None:
    point = Point.of(Toy, {**VALUES, "law": "data"})
    assert (
        point.exact()[Toy.law] == Symbol("data")
        and "law=data" in point.settings_flags()
        and "set=" not in point.settings_flags()
    )
    assert point.decide(Piecewise((1, Eq(Toy.law, Symbol("data"))), (2, True))) == 1
    assert Point.of(Toy, {**VALUES, "law": "n"}).put_into(Piecewise((Toy.n, Eq(Toy.law, Symbol("n"))), (2, True))) == 40


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": "1e400"}, "n: 1e400"),
        ({"n": "2.5"}, "n=5/2 .* whole number"),
        ({"n": "nan"}, "n: 'nan'"),
        ({"n": "__import__('os')"}, "n: "),
        ({"x": "torus"}, "x=torus"),
        ({"m": 3}, "no parameter m; it has n, x, law, lam"),
        ({"law": "sphere"}, "choose torus or data or n"),
        ({"lam": "3"}, "spectrum"),
        ({"set": "mine"}, "fixed by the setting"),
        ({"y": 3}, "no parameter y"),
    ],
)
def test_bad_values_are_refused_in_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        Point.of(Toy, {**VALUES, **changes})
    assert "\n" not in str(refused.value)


def test_a_missing_parameter_is_named_with_the_flag_that_gives_it() -> None:
    with pytest.raises(BadInput, match=r"law, lam not given; add --set law=…"):
        Point.of(Toy, {"n": 3, "x": 1})


def test_a_point_moves_by_symbol_or_by_name() -> None:
    point = Point.of(Toy, VALUES)
    assert point.replace({Toy.n: 41}) == point.replace({"n": "41"}) != point
    with pytest.raises(OutsideDomain):
        point.replace({Toy.n: 0})


def test_numbers_are_put_in_for_symbols_and_spectra_stay() -> None:
    assert Point.of(Toy, VALUES).put_into(Toy.n * Toy.x + total(Toy.lam)) == 4 + total(Toy.lam)
    stranger = Symbol("n")
    assert Point.of(Toy, VALUES).put_into(stranger) == stranger


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (Eq(Toy.law, Symbol("torus")), True),
        (Eq(Symbol("torus"), Toy.law), True),
        (Ne(Toy.law, Symbol("torus")), False),
        (Eq(Toy.law, Symbol("data")), False),
        (Ne(Toy.law, Symbol("data")), True),
    ],
)
def test_comparisons_of_a_choice_are_decided_at_a_point(condition: object, truth: bool) -> None:
    assert Point.of(Toy, VALUES).decide(Piecewise((1, condition), (0, True))) == truth


@pytest.mark.parametrize("name", ["trials", "rng", "parts", "name", "domains", "topic"])
def test_names_of_the_machinery_are_no_parameters(name: str) -> None:
    with pytest.raises(BadDeclaration, match=name):
        type("Odd", (Setting,), {name: Size()})


def test_parts_are_found_by_kind_and_by_symbol() -> None:
    assert list(Toy.domains()) == ["n", "x", "law", "lam", "set"]
    assert list(Toy.of_kind(Event)) == ["done"] and Toy.part_of(Toy.y) is Toy.parts["y"]
    assert Toy.part_of(Symbol("n")) is None, "a symbol of another kind is no part, whatever its name"


def test_a_setting_inherits_and_replaces_parts() -> None:
    class Larger(Toy):
        n = Size(at_least=10)
        more = Real()

    assert list(Larger.domains()) == ["n", "x", "law", "lam", "set", "more"]
    with pytest.raises(OutsideDomain):
        Point.of(Larger, {**VALUES, "n": 9, "more": 0})
    assert Point.of(Toy, {**VALUES, "n": 9})["n"] == 9


def test_an_axis_increases() -> None:
    with pytest.raises(BadDeclaration, match="increasing"):
        Axis([1, 3, 2])
    assert np.array_equal(Axis([1, 2]).values, [1, 2])


def test_a_setting_that_adds_to_another_says_what_that_one_says_first() -> None:
    class Base(Setting):
        """A coin."""

        n = Size(typical=(1, 2))

    class More(Base):
        """And a die."""

    class Silent(Base):
        pass

    assert (Base.about(), More.about(), Silent.about()) == ("A coin.", "A coin. And a die.", "A coin.")

"""Domains accept what belongs to them, and typical draws lie inside."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Rational, latex, pretty

from theory.domain import Choice, Domain, Real, Size, Spectrum, total
from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.setting import Setting
from theory.values import Modes, exact, plain

steady = settings(deadline=None, derandomize=True, max_examples=60)
ends = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


def named(domain: Domain) -> Domain:
    domain.__set_name__(Setting, "x")
    return domain


def short(value: float) -> Rational:
    """The rounding that draws use first."""
    return exact(f"{value:.3g}")


@steady
@given(ends, ends, st.integers(0, 10**6))
def test_real_draws_lie_in_the_typical_range_however_narrow(one: float, other: float, seed: int) -> None:
    low, high = sorted((one, other))
    assume(low < high)
    domain = named(Real(above=low - 1, below=high + 1, typical=(low, high)))
    value = domain.draw(np.random.default_rng(seed))
    assert exact(repr(low)) <= value <= exact(repr(high))


def test_a_draw_rounded_to_three_digits_would_leave_a_narrow_domain() -> None:
    domain = named(Real(below=1, above=0, typical=(0.9996, 0.9999)))
    rng = np.random.default_rng(0)
    assert not domain.fault(domain.draw(rng))
    assert domain.fault(short(0.9997))


@steady
@given(st.floats(1e-3, 1e3), st.floats(1.01, 1e3), st.integers(0, 10**6))
def test_a_drawn_value_can_be_typed_again(low: float, ratio: float, seed: int) -> None:
    domain = named(Real(above=0, typical=(low, low * ratio)))
    value = domain.draw(np.random.default_rng(seed))
    assert domain.accept(str(plain(value))) == value
    assert domain.accept(str(plain(value * 2))) != value


@steady
@given(st.integers(0, 50), st.integers(0, 1000), st.integers(0, 10**6))
def test_size_draws_are_whole_numbers_of_the_typical_range(low: int, width: int, seed: int) -> None:
    domain = named(Size(at_least=low, typical=(low, low + width)))
    value = domain.draw(np.random.default_rng(seed))
    assert isinstance(value, int) and low <= value <= low + width


@pytest.mark.parametrize(
    "domain",
    [
        Real(),
        Real(at_least=0),
        Real(above=0),
        Real(at_least=0.5),
        Real(above=-1),
        Real(at_most=-1),
        Size(),
        Size(at_least=0),
        Size(at_least=-3),
        Size(at_least=2),
    ],
    ids=str,
)
def test_a_symbol_assumes_no_more_than_its_domain_guarantees(domain: Domain) -> None:
    symbol = named(domain).symbol
    accepted = [value for value in (-3, -1, 0, Rational(1, 100), 1, 5) if not domain.fault(value)]
    assert accepted
    for value in accepted:
        assert value > 0 or not symbol.is_positive
        assert value >= 0 or not symbol.is_nonnegative
        assert value != 0 or not symbol.is_nonzero


@pytest.mark.parametrize(
    "text",
    ["1e400", "2.5", "nan", "inf", "-3", "0", "__import__('os')", "torus", "[1,2]", "power(1,3)", "1/3", "1000000001"],
)
def test_a_size_refuses_what_is_no_positive_whole_number(text: str) -> None:
    domain = named(Size())
    with pytest.raises(OutsideDomain, match=r"^x") as refused:
        domain.accept(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [40, 40.0, "40", "4e1", Rational(40), np.int64(40), np.float64(40)])
def test_a_size_accepts_every_way_to_write_a_whole_number(value: object) -> None:
    accepted = named(Size()).accept(value)
    assert accepted == 40 and type(accepted) is int


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), 10**400, None, 1j, "1e-400", [1], "torus"])
def test_a_real_refuses_what_float64_does_not_hold(value: object) -> None:
    with pytest.raises(BadInput):
        named(Real()).accept(value)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ({"above": 0}, "1e-9", "0"),
        ({"at_least": 0}, "0", "-1e-9"),
        ({"below": 0.1}, "0.09999999999999999", "0.1"),
        ({"at_most": 0.1}, "0.1", "0.1000000000000000001"),
    ],
)
def test_bounds_of_a_real_are_exact(bounds: dict[str, float], inside: str, outside: str) -> None:
    domain = named(Real(**bounds))
    assert domain.accept(inside) == exact(inside)
    with pytest.raises(OutsideDomain, match="it must be"):
        domain.accept(outside)


def test_a_choice_may_be_called_like_a_number_or_with_a_hyphen() -> None:
    domain = named(Choice("1", "two-layer", "nan"))
    assert [domain.accept(text) for text in ("1", " two-layer ", "nan")] == ["1", "two-layer", "nan"]
    with pytest.raises(OutsideDomain, match="choose 1 or two-layer or nan"):
        domain.accept("2")


@pytest.mark.parametrize("value", ["[1,-1]", "[0]", "5", "torus", [], [[1, 2]], [1, np.nan], ["a"], 3, None])
def test_a_spectrum_refuses_what_is_no_list_of_positive_modes(value: object) -> None:
    with pytest.raises(BadInput):
        named(Spectrum()).accept(value)


def test_a_spectrum_of_numbers_keeps_their_bits() -> None:
    modes = np.random.default_rng(0).exponential(size=20)
    accepted = named(Spectrum()).accept(modes)
    assert isinstance(accepted, Modes) and np.array_equal(accepted.array, modes)
    assert accepted == named(Spectrum()).accept(str(accepted))
    assert accepted != named(Spectrum()).accept(np.nextafter(modes, 1))


@pytest.mark.parametrize(
    "domain",
    [
        Real(above=0, typical=(0, 1)),
        Size(typical=(0, 5)),
        Real(at_most=1, typical=(0.5, 2)),
        Spectrum(typical=("[1,-1]",)),
    ],
    ids=str,
)
def test_typical_values_outside_the_domain_are_refused_at_declaration(domain: Domain) -> None:
    with pytest.raises(BadDeclaration, match="typical"):
        type("Odd", (Setting,), {"x": domain})
    type("Sound", (Setting,), {"x": Real(above=0, typical=(0.1, 1))})


def test_without_a_typical_range_no_point_is_drawn() -> None:
    for domain in (named(Real()), named(Size())):
        assert domain.corners() == []
        with pytest.raises(BadDeclaration, match="typical"):
            domain.draw(np.random.default_rng(0))


def test_total_prints_as_a_sum() -> None:
    lam = named(Spectrum()).symbol
    assert latex(total(lam)) == r"\sum_i x"
    assert "Σ" in pretty(total(lam), use_unicode=True)

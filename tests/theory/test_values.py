"""Values as users write them: exact, and never evaluated as code."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational

from theory.errors import BadInput
from theory.values import Modes, exact, parse, plain, representable

steady = settings(deadline=None, derandomize=True)
numbers = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or 1e-300 < abs(x) < 1e300)
rationals = st.builds(Rational, st.integers(-(10**9), 10**9), st.integers(1, 10**6))


def roundtrip(value: float) -> float:
    return float(exact(repr(value)))


@steady
@given(numbers)
def test_a_float_survives_its_decimal_and_its_neighbour_is_another_number(value: float) -> None:
    assert roundtrip(value) == value
    assert value == 0 or exact(repr(float(np.nextafter(value, 1e301)))) != exact(repr(value))


@steady
@given(rationals)
def test_json_writes_a_value_that_reads_back_exactly(value: Rational) -> None:
    assert parse(str(plain(value))) == value
    assert parse(str(plain(value + Rational(1, 10**30)))) != value


def test_a_decimal_is_a_fraction_and_not_its_float() -> None:
    assert exact("0.1") == Rational(1, 10) != Rational(0.1)
    assert exact("1e-3") == Rational(1, 1000)
    assert exact("5/3") == Rational(5, 3)
    assert exact(" -2 ") == -2


@pytest.mark.parametrize(
    "text",
    [
        "nan",
        "NaN",
        "inf",
        "-inf",
        "Infinity",
        "1e400",
        "-1e-400",
        "1" + "0" * 301,
        "0." + "0" * 301 + "1",
        "9" * 5000,
        "5/0",
        "5/3/2",
        "1,5",
        "0x10",
        "１",
        "1_000",
        "",
        " ",
        "[",
        "[]",
        "[1,25",
        "[1,,2]",
        "[a]",
        "[nan]",
        "power()",
        "power(1.5)",
        "power(1.5, 2.5)",
        "power(1.5, 0)",
        "power(1.5, -3)",
        "power(-400, 600)",
        "power(1.5, 600)x",
        "power(1,2,3)",
        "step(2,1,3)",
        "step(-1, 2)",
        "step(1.5, 2)",
        "power(1.5,99999999999)",
        "__import__('os')",
        "__import__('os').system('true')",
        "exp(1)",
        "lambda: 0",
        "@",
        "@nowhere.npy",
        "two-layer",
    ],
)
def test_what_is_no_value_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("[1, 0.5,0.25]", [1, 0.5, 0.25]),
        ("power(2, 3)", [1, 1 / 4, 1 / 9]),
        ("step(2, 1, 1, 0.1)", [1, 1, 0.1]),
        ("power(1/2, 2)", [1, 2**-0.5]),
    ],
)
def test_a_spectrum_is_the_modes_that_its_text_says(text: str, modes: list[float]) -> None:
    parsed = parse(text)
    assert isinstance(parsed, Modes)
    assert np.array_equal(parsed.array, np.array(modes, dtype=float))
    assert not np.array_equal(parsed.array, np.array(modes[::-1], dtype=float))


def test_modes_come_from_a_file_whose_name_holds_a_blank(tmp_path: Path) -> None:
    file = tmp_path / "my modes.npy"
    np.save(file, [3.0, 2.0, 1.0])
    modes = parse(f"@{file}")
    assert np.array_equal(modes.array, [3, 2, 1])
    assert str(modes) == f"@{file}"


@pytest.mark.parametrize(
    "content", [np.array([1.0, np.nan]), np.ones((2, 2)), np.array([1 + 2j]), np.array(["a"]), np.array([])]
)
def test_a_file_without_a_list_of_finite_numbers_is_refused(tmp_path: Path, content: np.ndarray) -> None:
    np.save(tmp_path / "modes.npy", content)
    with pytest.raises(BadInput):
        parse(f"@{tmp_path / 'modes.npy'}")


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modes.npy").write_text("1 2 3")
    with pytest.raises(BadInput, match=r"np\.save"):
        parse(f"@{tmp_path / 'modes.npy'}")


def test_plain_writes_integers_as_integers_and_a_third_as_text() -> None:
    assert plain(Integer(40)) == 40 and isinstance(plain(Integer(40)), int)
    assert plain(Rational(1, 10)) == 0.1
    assert plain(Rational(1, 3)) == "1/3"


def test_only_numbers_that_float64_holds_are_representable() -> None:
    assert representable(Rational(0)) and representable(-(Rational(10) ** 300))
    assert not representable(Rational(10) ** 301) and not representable(Rational(10) ** -301)

"""Averages against known laws: closed forms of the literature in both evaluators, with twins that must fail."""

from typing import Any

import pytest
from flint import arb
from sympy import Heaviside, Integral, Max, Rational, Symbol, acos, asin, binomial, erf, exp, log, pi, sqrt, tanh

from theory.errors import BadInput
from theory.evaluate import enclose, precision
from theory.evaluation.vectorise import in_float64
from theory.formulas.averages import marchenko_pastur_mean, normal_mean, normal_pair_mean, semicircle_mean

c, g = Symbol("c", positive=True), Symbol("g", positive=True)
r = Symbol("r", real=True)


def narayana(power: int, ratio: Any) -> Any:
    """∫ x^k dμ = Σ_j N(k, j) ratio^(j − 1)."""
    return sum(binomial(power, j) * binomial(power, j - 1) * ratio ** (j - 1) / power for j in range(1, power + 1))


def stieltjes(ratio: Any, z: Any) -> Any:
    """∫ 1/(x + z) dμ(x), z > 0: the positive solution of c z m² + (z + 1 − c) m − 1 = 0."""
    b = z + 1 - ratio
    return (sqrt(b**2 + 4 * ratio * z) - b) / (2 * ratio * z)


def agree(average: Any, closed: Any, at: dict[Any, Any], digits: int = 12) -> bool:
    """Whether both evaluators contain the closed form, to that many digits."""
    ball, wanted, quick = enclose(average, at, digits), enclose(closed, at, 30), in_float64(average, at)
    with precision(200):
        close = abs(arb(quick.value) - wanted) <= arb(quick.error) if quick.error < 1e-8 else False
        return ball.overlaps(wanted) and bool(close)


RATIOS = [Rational(1, 10), Rational(9, 10), Rational(1), Rational(5, 2)]


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_moments_of_marchenko_and_pastur_are_those_of_narayana(power: int, ratio: Rational) -> None:
    average = marchenko_pastur_mean(lambda x: x**power, c)
    assert agree(average, narayana(power, c), {c: ratio})
    if power > 1:
        assert not agree(average, narayana(power, 1 / c + 1), {c: ratio})


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_the_stieltjes_transform_has_its_atom(ratio: Rational) -> None:
    average, at = marchenko_pastur_mean(lambda x: 1 / (x + g), c), {c: ratio, g: Rational(1, 4)}
    assert agree(average, stieltjes(c, g), at)
    assert not agree(average, stieltjes(c + Rational(1, 10**6), g), at)
    assert agree(marchenko_pastur_mean(lambda x: 1, c), 1 + 0 * c, at)


def test_a_logarithm_is_infinite_at_an_atom() -> None:
    average = marchenko_pastur_mean(log, c)
    assert agree(average, (c - 1) / c * log(1 - c) - 1, {c: Rational(1, 2)})
    with pytest.raises(BadInput):
        enclose(average, {c: Rational(2)})


@pytest.mark.parametrize(("power", "catalan"), [(0, 1), (2, 1), (4, 2), (6, 5), (8, 14)])
def test_moments_of_the_semicircle_are_catalan_numbers(power: int, catalan: int) -> None:
    assert agree(semicircle_mean(lambda x: x**power), catalan + 0 * c, {})
    assert agree(semicircle_mean(lambda x: x**power, c), catalan * c ** Rational(power, 2), {c: Rational(3)})
    assert not agree(semicircle_mean(lambda x: x**power), catalan + Rational(1, 10**7), {})


@pytest.mark.parametrize(
    ("function", "closed"),
    [(abs, sqrt(2 / pi)), (lambda z: erf(g * z) ** 2, 2 * asin(2 * g**2 / (1 + 2 * g**2)) / pi),
     (lambda z: exp(g * z), exp(g**2 / 2)), (lambda z: z**4, 3 + 0 * g)],
)  # fmt: skip
def test_means_of_one_normal_variable(function: Any, closed: Any) -> None:
    assert agree(normal_mean(function), closed, {g: Rational(2, 3)})
    assert not agree(normal_mean(function), closed * (1 + Rational(1, 10**6)), {g: Rational(2, 3)})


@pytest.mark.parametrize("rho", [Rational(-1, 2)], ids=str)
@pytest.mark.parametrize(
    ("function", "closed"),
    [(lambda u, v: Heaviside(u) * Heaviside(v), (pi - acos(r)) / (2 * pi)),
     (lambda u, v: Max(u, 0) * Max(v, 0), (sqrt(1 - r**2) + (pi - acos(r)) * r) / (2 * pi))],
    ids=["degree 0", "degree 1"],
)  # fmt: skip
def test_means_of_two_normal_variables_are_the_arc_cosine_kernels(function: Any, closed: Any, rho: Rational) -> None:
    average = normal_pair_mean(function, r)
    assert agree(average, closed, {r: rho}, digits=8)
    assert not agree(average, closed.subs(r, -r), {r: rho}, digits=8)


def test_a_name_that_the_function_uses_is_left_to_it() -> None:
    z = Symbol("z", real=True)
    assert agree(normal_mean(lambda u: (u + z) ** 2), 1 + z**2, {z: Rational(3)})
    inner = normal_mean(lambda u: normal_mean(lambda v: (u + 2 * v) ** 2))
    assert agree(inner, 5 + 0 * z, {}, digits=6)


def test_equal_averages_are_equal_expressions() -> None:
    assert normal_mean(tanh) == normal_mean(tanh) != normal_mean(erf)
    assert isinstance(normal_mean(tanh), Integral)

"""Self-consistent systems of the literature, at the values that were published or simulated for them."""

import numpy as np
import pytest
from flint import arb
from sympy import Expr, I, Rational, Symbol, im, pi, re, sqrt, symbols

from theory.errors import NoRoot
from theory.evaluate import enclose, precision
from theory.implicit import Continued, Root, read_at, solution, solve
from theory.implicit.many import solved_at

u, v = symbols("u v", complex=True)  # ν₁ and ν₂ of Mei and Montanari
p1, p2, lb, z = symbols("p1 p2 lb z", positive=True)
P = Symbol("P", real=True)
t, eta, zeta, phi, psi = symbols("t eta zeta phi psi", real=True)
xi = I * sqrt(p1 * p2 * lb)


def features(one: Symbol, other: Symbol, ratio: Symbol) -> Expr:
    return one - ratio / (-xi - other - z * other / (1 - z * one * other))


UPPER = [Root(u, features(u, v, p1), branch=im(u) > 0), Root(v, features(v, u, p2), branch=im(v) > 0)]
FOLLOWED = [
    Root(u, features(u, v, p1), branch=Continued(lb, 10**4, -p1 / xi)),
    Root(v, features(v, u, p2), branch=Continued(lb, 10**4, -p2 / xi)),
]


def risk(noise: Rational) -> Expr:
    """R = E₁/E₀ + τ² E₂/E₀ for a linear target of unit norm, in χ = ν₁ν₂, which is real."""
    c = re(u * v)
    p = p1 * p2
    bottom = (
        -(c**5) * z**3 + 3 * c**4 * z**2 + (p - p2 - p1 + 1) * c**3 * z**3 - 2 * c**3 * z**2 - 3 * c**3 * z
        + (p1 + p2 - 3 * p + 1) * c**2 * z**2 + 2 * c**2 * z + c**2 + 3 * p * c * z - p
    )  # fmt: skip
    bias = p2 * c**3 * z**2 - p2 * c**2 * z + p * c * z - p
    variance = (
        c**5 * z**3 - 3 * c**4 * z**2 + (p1 - 1) * c**3 * z**3 + 2 * c**3 * z**2 + 3 * c**3 * z
        - (p1 + 1) * c**2 * z**2 - 2 * c**2 * z - c**2
    )  # fmt: skip
    return bias / bottom + noise * variance / bottom


def relu(ratios: tuple[int, int], ridge: str) -> dict:
    """μ₁ = 1/2 and μ*² = 1/4 − 1/(2π)."""
    with precision(300):
        rest = enclose(Rational(1, 4) - 1 / (2 * pi), {}, 60)
        return {p1: ratios[0], p2: ratios[1], z: arb("0.25") / rest, lb: arb(ridge) / rest}


@pytest.mark.parametrize(
    ("ratios", "ridge", "noise", "wanted"),
    [((2, 3), "0.01", "0.2", "0.5635"), ((3, 3), "0.05", "0.2", "0.3333"), ((5, 2), "0.001", "0.5", "0.7357"),
     ((1, 4), "0.01", "0", "0.5770")],
)  # fmt: skip
def test_the_risk_of_mei_and_montanari_is_that_of_the_literature(
    ratios: tuple[int, int], ridge: str, noise: str, wanted: str
) -> None:
    """Both branches, Im ν > 0 and the one continued from a large ridge, are the same solution."""
    at, ways = relu(ratios, ridge), (UPPER, FOLLOWED) if ridge == "0.05" else (UPPER, UPPER)
    found = [enclose(*read_at(risk(Rational(noise)), roots, at, 20), 20) for roots in ways]
    assert all(abs(float(ball.mid()) - float(wanted)) < 5e-5 and ball.rad() < 1e-15 for ball in found)
    assert found[0].overlaps(found[1])


def test_swapped_ratios_give_another_risk() -> None:
    ball = enclose(*read_at(risk(Rational(1, 5)), UPPER, relu((3, 2), "0.01"), 20), 20)
    assert abs(float(ball.mid()) - 0.5635) > 1e-2


def nonlinear() -> Expr:
    """The quartic of Pennington and Worah for the transform of a nonlinear random matrix."""
    by_phi, by_psi = 1 + (P - 1) * phi, 1 + (P - 1) * psi
    return 1 + (eta - zeta) * t * by_phi * by_psi + zeta * t * by_phi * by_psi / (1 - zeta * t * by_phi * by_psi) - P


@pytest.mark.parametrize(("mixed", "wanted"), [("0", "-0.9149"), ("0.36", "-0.9487")])
def test_the_spectrum_of_a_nonlinear_random_matrix_is_continued_from_its_first_moment(mixed: str, wanted: str) -> None:
    """G(z) = ψ/z·P(1/(zψ)) + (1 − ψ)/z at z = −1/2, shapes 150 : 225 : 300, η = 1."""
    at = {t: Rational(-3), eta: 1, zeta: Rational(mixed), phi: Rational(1, 2), psi: Rational(2, 3)}
    found = solution([Root(P, nonlinear(), branch=Continued(t, 0, 1))], at, 30)
    transform = -2 * (psi * P + 1 - psi)
    ball = enclose(transform, {**at, **found.values}, 30)
    assert abs(float(ball.mid()) - float(wanted)) < 5e-5 and found.guarantee == "enclosure"
    with pytest.raises(NoRoot, match=r"solutions|roots|double"):
        solve([Root(P, nonlinear())], at, 30)


def test_complex_systems_are_drawn_as_curves_too() -> None:
    ridges = np.geomspace(1e-3, 10, 200)
    held = {p1: 2, p2: 3, z: Rational(11, 4)}
    at = [{**held, lb: Rational(float(ridge))} for ridge in ridges]
    found = solved_at(UPPER, {lb: ridges}, held, at.__getitem__).roots
    product = found[u] * found[v]
    assert np.max(np.abs(product.imag)) < 1e-10 and np.all(product.real < 0)
    i = 77
    truth = solve(UPPER, at[i], 20)
    assert abs(found[u][i].imag / float(truth[u].imag.mid()) - 1) < 1e-11

"""Roots of self-consistent equations: certified brackets against an independent bisection, and what is no root."""

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Min, Piecewise, Rational, Symbol, cos, exp, floor, log, sqrt

from theory import evaluate
from theory.domain import total
from theory.errors import BadDeclaration, NoRoot
from theory.evaluate import enclose
from theory.implicit import Root, solve

g, h, x, n, k, lam = (Symbol(name, positive=True) for name in ("g", "h", "x", "n", "k", "lam"))


def surplus(modes: np.ndarray, kappa: float, count: int) -> int:
    """Sign of Σ λ/(λ + κ) − count, in 40 digits by mpmath; it falls in κ, so a change of sign is the root."""
    with mpmath.workdps(40):
        exact = [mpmath.mpf(float(mode)) for mode in modes]
        return int(mpmath.sign(mpmath.fsum(mode / (mode + mpmath.mpf(kappa)) for mode in exact) - count))


@pytest.mark.parametrize("exponent", [2, 4, 6, 8])
def test_roots_of_power_spectra_are_right_to_ten_digits(exponent: int) -> None:
    modes = np.arange(1, 2001, dtype=float) ** -exponent
    found = solve([Root(g, total(lam / (lam + g)) - n)], {lam: modes, n: 200}, 20)[g]
    kappa = float(found.mid())
    assert found.rad() < found.mid() * arb(10) ** -20
    assert (surplus(modes, kappa * (1 - 1e-10), 200), surplus(modes, kappa * (1 + 1e-10), 200)) == (1, -1)
    wrong = kappa * (1 + 1e-9)
    assert (surplus(modes, wrong * (1 - 1e-10), 200), surplus(modes, wrong * (1 + 1e-10), 200)) == (-1, -1)


@pytest.mark.parametrize("count", [1, 1999])
def test_a_root_is_found_where_float64_cannot_tell_the_side(count: int) -> None:
    modes = np.arange(1, 2001, dtype=float) ** -2.0
    found = solve([Root(g, total(lam / (lam + g)) - n)], {lam: modes, n: count}, 20)[g]
    assert enclose(total(lam / (lam + g)), {lam: modes, g: found}, 20).contains(arb(count))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(-80, 80), st.sampled_from(["g - x", "1/x - 1/g", "log(g/x)", "1 - exp(1 - g/x)", "g**3 - x**3"]))
def test_a_root_is_enclosed_to_the_digits_asked_wherever_it_lies(exponent: float, form: str) -> None:
    equation = {
        "g - x": g - x,
        "1/x - 1/g": 1 / x - 1 / g,
        "log(g/x)": log(g / x),
        "1 - exp(1 - g/x)": 1 - exp(1 - g / x),
        "g**3 - x**3": g**3 - x**3,
    }[form]
    wanted = Rational(float(np.exp(exponent)))
    ball = solve([Root(g, equation)], {x: wanted}, 30)[g]
    with evaluate.precision(300):
        truth = arb(int(wanted.p)) / int(wanted.q)
        assert ball.overlaps(truth) and ball.rad() < ball.mid() * arb(10) ** -30
        assert not ball.overlaps(truth * (1 + arb(10) ** -25))


def test_a_later_root_uses_an_earlier_one_and_carries_its_uncertainty() -> None:
    found = solve([Root(g, g**2 - 2), Root(h, h - g * x)], {x: 3}, 30)
    with evaluate.precision(300):
        assert found[h].overlaps(3 * arb(2).sqrt()) and found[h].rad() < arb(10) ** -30
        assert not found[h].overlaps(3 * arb(2).sqrt() + arb(10) ** -20)


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        (g + 1, "no root"),
        ((g - 2) * (g - 50), "2 roots"),
        ((g - 2) ** 2, "no root"),
        (1 / (g - 2), "jump"),
        (floor(g) - Rational(3, 2), "jump|no root"),
        (Piecewise((1, g > 3), (-1, True)), "jump|no root"),
        (cos(g), "roots"),
        (log(g) * 0 + 1, "no root"),
    ],
    ids=str,
)
def test_an_equation_without_exactly_one_root_is_refused(equation: object, words: str) -> None:
    with pytest.raises(NoRoot, match=words) as refused:
        solve([Root(g, equation)], {}, 20)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_a_pole_beside_the_root_is_not_counted_as_a_root() -> None:
    ball = solve([Root(g, (g - 50) / (g - 2))], {}, 20)[g]
    assert ball.contains(arb(50)) and not ball.contains(arb(2))


def test_a_branch_or_a_bracket_chooses_among_roots() -> None:
    equation = (g - 2) * (g - 50)
    assert solve([Root(g, equation, branch=g < 10)], {}, 20)[g].contains(arb(2))
    assert solve([Root(g, equation, branch=(g > 10) & (g < 100))], {}, 20)[g].contains(arb(50))
    assert solve([Root(g, equation, bracket=(10, 1000))], {}, 20)[g].contains(arb(50))
    with pytest.raises(NoRoot, match="no root"):
        solve([Root(g, equation, bracket=(100, 1000))], {}, 20)
    with pytest.raises(NoRoot, match="holds nowhere"):
        solve([Root(g, equation, branch=g < x)], {x: Rational(1, 10**70)}, 20)


def test_a_root_at_the_end_of_its_branch_is_found() -> None:
    """Without a ridge the root sits where the branch Σ λ/(λ + g) < min(n, k) ends."""
    modes = np.arange(1, 301, dtype=float) ** -1.5
    z = total(lam / (lam + g))
    root = Root(g, (n - z) * (k - z) * g / k - x, branch=z < Min(n, k))
    at = {lam: modes, n: 40, k: 90}
    free = solve([root], {**at, x: 0}, 20)[g]
    assert free.overlaps(solve([Root(g, z - 40)], at, 20)[g])
    ridge = solve([root], {**at, x: Rational(1, 50)}, 20)[g]
    assert ridge > free, "the ridge regularises further"


def test_an_equation_may_not_read_what_has_no_value() -> None:
    with pytest.raises(NoRoot, match="reads x"):
        solve([Root(g, g - x)], {}, 20)
    with pytest.raises(NoRoot, match="reads torus"):
        solve([Root(g, Piecewise((g - 1, Eq(h, Symbol("torus"))), (g - 2, True)))], {h: 1}, 20)


def test_no_digits_are_claimed_beyond_those_of_an_uncertain_parameter() -> None:
    ball = solve([Root(g, g - sqrt(x))], {x: arb(2, 1e-10)}, 30)[g]
    assert ball.rad() > 1e-12 and ball.contains(arb(2).sqrt())


@pytest.mark.parametrize(
    ("root", "words"),
    [
        (Root(g, 1 / (g - 2), bracket=(1, 5)), "jump"),
        (Root(g, g - 7, bracket=(1, 5)), "no root"),
        (Root(g, g - 7, branch=g < 5), "no root"),
        (Root(g, g - 7, branch=g < 0), "holds nowhere"),
        (Root(g, sqrt(1 - g) + 2), "no root"),
    ],
    ids=str,
)
def test_a_root_outside_its_bracket_or_branch_and_a_pole_are_refused(root: Root, words: str) -> None:
    with pytest.raises(NoRoot, match=words):
        solve([root], {}, 20)


def test_an_empty_bracket_is_a_bad_declaration() -> None:
    with pytest.raises(BadDeclaration, match="empty"):
        solve([Root(g, g - 2, bracket=(5, 1))], {}, 20)


def test_too_many_coupled_unknowns_are_refused() -> None:
    names = [Symbol(f"u{i}", positive=True) for i in range(7)]
    ring = [Root(one, one - names[i - 1] / 2 - 1) for i, one in enumerate(names)]
    with pytest.raises(BadDeclaration, match="at most 6"):
        solve(ring, {}, 20)

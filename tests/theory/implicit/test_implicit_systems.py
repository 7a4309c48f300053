"""Systems of implicit equations: toys of known truth, and what must be refused."""

import mpmath
import numpy as np
import pytest
from flint import acb, arb
from sympy import Expr, I, Min, Rational, Symbol, cos, cosh, erf, exp, im, log, pi, re, sqrt, symbols, tanh

from theory.domain import total
from theory.errors import BadInput, NoRoot
from theory.evaluate import enclose, precision
from theory.implicit import Continued, Root, read_at, slope, solution, solve

g, kappa, lam, n, k, s, tau, alpha = symbols("g kappa lam n k s tau alpha", positive=True)
delta = Symbol("delta", nonnegative=True)
a, b, x, y = symbols("a b x y", real=True)
m = Symbol("m", complex=True)
z = x + I * y
learned = total(lam / (lam + g))
FEATURES = [Root(kappa, learned + delta / kappa - n), Root(g, learned + k * kappa / g - k)]
STIELTJES = s * z * m**2 + (z + s - 1) * m + 1  # of Marchenko and Pastur, unit variance, aspect ratio s


def agree(ball: arb, truth: str, digits: int) -> bool:
    with precision(400):
        wanted = arb(truth)
        return bool(abs(ball - wanted) < abs(wanted) * arb(10) ** -digits) and ball.rad() < abs(wanted) * 10.0**-digits


def marchenko_pastur(place: complex, aspect: float) -> tuple[str, str]:
    """Real and imaginary part of the closed form, the square root with Im m > 0, in 50 digits by mpmath."""
    with mpmath.workdps(50):
        p, c = mpmath.mpc(place), mpmath.mpf(aspect)
        root = mpmath.sqrt((p + c - 1) ** 2 - 4 * c * p)
        both = [(1 - c - p + sign * root) / (2 * c * p) for sign in (1, -1)]
        wanted = next(one for one in both if one.imag > 0)
        return mpmath.nstr(wanted.real, 45), mpmath.nstr(wanted.imag, 45)


@pytest.mark.parametrize("height", ["1/64", "2"])
@pytest.mark.parametrize("place", [1, 5, -1])
def test_the_transform_of_marchenko_and_pastur_is_right_inside_and_outside_the_bulk(place: int, height: str) -> None:
    at = {x: Rational(place), y: Rational(height), s: Rational(1, 2)}
    wanted = marchenko_pastur(complex(place, float(Rational(height))), 0.5)
    for branch in (im(m) > 0, Continued(y, 1000, -1 / z)):
        found = solution([Root(m, STIELTJES, branch=branch)], at, 30)
        assert agree(found.values[m].real, wanted[0], 28) and agree(found.values[m].imag, wanted[1], 28)
        assert found.guarantee == "enclosure"


def test_a_branch_of_the_plane_must_leave_one_solution() -> None:
    at = {x: Rational(1), y: Rational(1, 64), s: Rational(1, 2)}
    for branch, words in ((True, "2 solutions"), (im(m) > 9, "no solution"), (im(m) * 0 > 1, "no solution")):
        with pytest.raises(NoRoot, match=words):
            solve([Root(m, STIELTJES, branch=branch)], at, 20)
    lost = Continued(y, 1000, 5 / z**3)
    for branch, words in ((lost, "no branch of m starts"), (Continued(g, 1, 1), "no parameter")):
        with pytest.raises(NoRoot, match=words):
            solve([Root(m, STIELTJES, branch=branch)], at, 20)


def test_a_branch_is_not_continued_through_a_branch_point() -> None:
    with pytest.raises(NoRoot, match="solutions meet"):
        solve([Root(a, a**2 - x, branch=Continued(x, 4, 2))], {x: Rational(-1)}, 20)


def test_the_transform_of_a_general_covariance_satisfies_its_equation_and_reduces_to_the_closed_form() -> None:
    """Σ mean 1/(λ(1 − s − s z m) − z) = m; with all λ = 1 it is Marchenko and Pastur's."""
    equation = m - total(1 / (lam * (1 - s - s * z * m) - z)) / n
    at = {x: Rational(1), y: Rational(1, 8), s: Rational(1, 2), n: Rational(12)}
    wanted = marchenko_pastur(1 + 0.125j, 0.5)
    flat = solution([Root(m, equation, branch=im(m) > 0)], at | {lam: np.ones(12)}, 20)
    assert agree(flat.values[m].real, wanted[0], 18) and agree(flat.values[m].imag, wanted[1], 18)
    assert "not proved" in flat.guarantee and "condition" in flat.guarantee
    modes = np.linspace(0.5, 2, 12)
    found = solve([Root(m, equation, branch=Continued(y, 1000, -1 / z))], at | {lam: modes}, 20)[m]
    with mpmath.workdps(40):
        value = mpmath.mpc(*(mpmath.mpf(part.str(30, radius=False)) for part in (found.real, found.imag)))
        spot = mpmath.mpc(1, 0.125)
        terms = [1 / (mpmath.mpf(float(mode)) * (0.5 - 0.5 * spot * value) - spot) for mode in modes]
        assert abs(mpmath.fsum(terms) / 12 - value) < 1e-18


@pytest.mark.parametrize("ridge", [0, Rational(1, 50), Rational(1, 10**9)])
def test_the_system_of_random_features_agrees_with_the_elimination_to_one_unknown(ridge: Rational) -> None:
    at = {lam: np.arange(1, 201) ** -1.5, n: 40, k: 66, delta: ridge}
    single = [Root(g, (n - learned) * (k - learned) * g / k - delta, branch=learned < Min(n, k))]
    both, one = solution(FEATURES, at, 30), solve(single, at, 30)[g]
    assert both.values[g].overlaps(one) and both.values[g].rad() < one.mid() * 1e-29
    assert both.guarantee == "enclosure" and "signs" in both.proofs[0]
    twin = solve([FEATURES[0], Root(g, learned + n * kappa / g - k)], at | {delta: Rational(1, 50)}, 30)[g]
    assert not twin.overlaps(one)


@pytest.mark.parametrize("exponent", [2, 4, 6, 8])
@pytest.mark.parametrize("ridge", [0, 1])
def test_power_spectra_of_twenty_thousand_modes_are_right_to_ten_digits(exponent: int, ridge: int) -> None:
    """Root, learnabilities and risk against mpmath in 60 digits; the sum of the learnabilities is n − δ/κ."""
    modes = np.arange(1, 20_001, dtype=float) ** -exponent
    share = Rational(float(np.sum(modes[200:]))) / 7 * ridge
    at = {lam: modes, n: 200, delta: share, s: Rational(1, 10)}
    roots = [Root(g, learned + delta / g - n)]
    squares = total((lam / (lam + g)) ** 2)
    risk = n / (n - squares) * (total(lam * (g / (lam + g)) ** 2) + s)
    got = {name: enclose(*read_at(formula, roots, at, 20), 20) for name, formula in
           {"root": g, "sum": learned + delta / g, "risk": risk, "first": 1 / (1 + g)}.items()}  # fmt: skip
    root, risk_there = by_mpmath(modes, mpmath.mpf(int(share.p)) / int(share.q) if ridge else mpmath.mpf(0))
    assert agree(got["root"], root, 10) and agree(got["risk"], risk_there, 10) and agree(got["sum"], "200", 10)
    wrong = got["root"] * arb("1.00000001")
    assert not agree(wrong, root, 10), "an error of 1e-8 of the root would be seen"
    assert not agree(got["root"] + arb("1e-12"), root, 10) or exponent == 2, "an absolute tolerance is no tolerance"


def by_mpmath(modes: np.ndarray, ridge: mpmath.mpf) -> tuple[str, str]:
    """Newton's iteration in log κ from below, where Σ λ/(λ + κ) + δ/κ − n is convex, in 60 digits; then the risk."""
    with mpmath.workdps(60):
        exact = [mpmath.mpf(float(mode)) for mode in modes]
        low, high = mpmath.mpf(float(modes[-1])) / 10**9, mpmath.fsum(exact) + ridge
        for _ in range(40):
            middle = mpmath.sqrt(low * high)
            rest = float(np.sum(modes / (modes + float(middle)))) + float(ridge / middle) - 200
            low, high = (middle, high) if rest > 0 else (low, middle)
        kappa = low
        for _ in range(4):
            learned = [mode / (mode + kappa) for mode in exact]
            value = mpmath.fsum(learned) + ridge / kappa - 200
            slope = -mpmath.fsum(part * (1 - part) for part in learned) - ridge / kappa
            kappa = kappa * mpmath.exp(-value / slope)
        learned = [mode / (mode + kappa) for mode in exact]
        squares = mpmath.fsum(part**2 for part in learned)
        bias = mpmath.fsum(mode * (1 - part) ** 2 for mode, part in zip(exact, learned, strict=True))
        return mpmath.nstr(kappa, 40), mpmath.nstr(200 / (200 - squares) * (bias + mpmath.mpf(1) / 10), 40)


def normal(t: Expr) -> Expr:
    return (1 + erf(t / sqrt(2))) / 2


def density(t: Expr) -> Expr:
    return exp(-(t**2) / 2) / sqrt(2 * pi)


def soft_error(mu: Expr, sd: Expr, threshold: Expr) -> Expr:
    """E(soft(μ + τZ; θ) − μ)², in closed form."""
    up, down = (mu - threshold) / sd, (-mu - threshold) / sd
    tails = sum((sd**2 + threshold**2) * normal(t) for t in (up, down))
    edges = -sd * (threshold + mu) * density(up) - sd * (threshold - mu) * density(down)
    return tails + edges + mu**2 * (normal(-up) - normal(down))


def test_the_state_evolution_of_the_lasso_is_that_of_the_literature() -> None:
    """δ = 1/2, ε = 1/10, μ = 3, σ² = 1/5, λ = 1: τ = 0.93498, α = 1.66858, mean squared error 0.33709."""
    threshold = alpha * tau
    error = Rational(1, 10) * soft_error(Rational(3), tau, threshold) + Rational(9, 10) * soft_error(
        Rational(0), tau, threshold
    )
    passed = Rational(1, 10) * (
        normal((3 - threshold) / tau) + normal((-3 - threshold) / tau)
    ) + Rational(9, 5) * normal(-alpha)
    system = [
        Root(tau, Rational(1, 5) + 2 * error - tau**2),
        Root(alpha, threshold * (1 - 2 * passed) - 1, branch=2 * passed < 1),
    ]
    found = solution(system, {}, 20)
    assert agree(found.values[tau], "0.93498", 5) and agree(found.values[alpha], "1.66858", 5)
    mse = enclose((tau**2 - Rational(1, 5)) / 2, found.values, 20)
    assert agree(mse, "0.33709", 5)
    assert float(mse.rad()) < 1e-18


@pytest.mark.parametrize("branch", [a > 1, (a > 0) & (a < 1), a < 0])
def test_a_branch_picks_one_of_several_real_roots_of_a_polynomial(branch: object) -> None:
    """a³ − 3a + 1 has the roots 2 cos(2π/9), 2 cos(4π/9), 2 cos(8π/9)."""
    found = solution([Root(a, a**3 - 3 * a + 1, branch=branch)], {}, 30)
    truths = [enclose(2 * cos(angle * pi / 9), {}, 40) for angle in (2, 4, 8)]
    assert sum(found.values[a].overlaps(truth) for truth in truths) == 1 and found.guarantee == "enclosure"


def test_a_polynomial_system_lists_its_solutions_and_a_branch_picks_one() -> None:
    circle = [Root(a, a**2 + b**2 - 5, branch=a > b), Root(b, a * b - 2, branch=b > 0)]
    found = solution(circle, {}, 30)
    assert found.values[a].contains(arb(2)) and found.values[b].contains(arb(1)) and "listed" in found.proofs[0]
    with pytest.raises(NoRoot, match="4 solutions"):
        solve([Root(a, a**2 + b**2 - 5), Root(b, a * b - 2)], {}, 20)


def test_a_system_is_unique_by_branch_and_bound_where_its_signs_do_not_tell() -> None:
    found = solution([Root(a, a - cos(b), bracket=(-2, 2)), Root(b, b - exp(-a) / 2, bracket=(-4, 4))], {}, 20)
    assert found.guarantee == "enclosure" and "branch and bound" in found.proofs[0]


def test_three_unknowns_chained_through_an_earlier_root_are_solved_together() -> None:
    c = Symbol("c", positive=True)
    system = [Root(s, s**2 - 2), Root(g, g - s * kappa / 4 - 1), Root(kappa, kappa - c / 3 - 1), Root(c, c - g / 5 - 1)]
    found = solution(system, {}, 25).values
    with mpmath.workdps(40):
        root = mpmath.sqrt(2)
        wanted = (1 + root / 3) / (1 - root / 60)
    assert agree(found[g], mpmath.nstr(wanted, 35), 25)


def test_the_equation_of_lambert_is_solved() -> None:
    found = solution([Root(g, g * exp(g) - x)], {x: Rational(3)}, 30)
    with mpmath.workdps(50):
        assert agree(found.values[g], mpmath.nstr(mpmath.lambertw(3).real, 45), 30)
    assert found.guarantee == "enclosure"


def test_a_fixed_point_of_slope_near_one_keeps_its_digits() -> None:
    """q = tanh(wq), w = 1 + 1e-6: the slope at the root is 1 − 2e-6."""
    ball = solve([Root(g, g - tanh(x * g), bracket=(1e-5, 10))], {x: Rational(1_000_001, 1_000_000)}, 25)[g]
    with mpmath.workdps(50):
        gain = 1 + mpmath.mpf(10) ** -6
        wanted = mpmath.findroot(lambda q: q - mpmath.tanh(gain * q), mpmath.sqrt(3 * (gain - 1)))
    assert agree(ball, mpmath.nstr(wanted, 40), 22)


@pytest.mark.parametrize(
    ("roots", "words"),
    [
        ([Root(g, g - exp(kappa) / 5), Root(kappa, kappa - exp(g) / 5)], "2 solutions"),
        ([Root(g, g - exp(kappa)), Root(kappa, kappa - exp(g))], "no solution"),
        ([Root(a, a**2 + b**2 + 5), Root(b, a * b - 2)], "no solution"),
        ([Root(a, a**2 + b**2 - 4), Root(b, a * b - 2)], "double root"),
        ([Root(g, g - exp(kappa - 1)), Root(kappa, kappa - exp(g - 1))], "multiple"),
        ([Root(a, a - cos(b), branch=a > 2), Root(b, b - exp(-a) / 2)], "no solution"),
        ([Root(a, a - cos(b), bracket=(2, 3)), Root(b, b - exp(-a) / 2)], "no solution"),
        ([Root(a, a**2 + b**2 - 5, branch=a > 9), Root(b, a * b - 2)], "no solution"),
        ([Root(a, a - b - x), Root(b, b - 2 * a)], "reads x"),
        ([Root(m, m - re(m) / 2 - 1)], "not analytic"),
        ([Root(m, m**2 - 2 * m + 1)], "double root"),
        ([Root(g, 1 / (g - kappa)), Root(kappa, kappa - g / 2 - 1 / g)], "no solution"),
    ],
    ids=str,
)
def test_a_system_without_exactly_one_simple_solution_is_refused(roots: list[Root], words: str) -> None:
    with pytest.raises(NoRoot, match=words) as refused:
        solve(roots, {}, 20)
    assert "\n" not in str(refused.value)


def test_a_root_of_any_sign_is_found_and_zero_too() -> None:
    assert solve([Root(a, a**3 + 8)], {}, 20)[a].contains(arb(-2))
    assert solve([Root(a, a + exp(a))], {}, 20)[a] < 0
    assert solve([Root(a, tanh(a))], {}, 20)[a].contains(arb(0))
    with pytest.raises(NoRoot, match="2 roots"):
        solve([Root(a, a**2 - 4)], {}, 20)


def by_differences(equation: object, at: float, order: int) -> mpmath.mpf:
    with mpmath.workdps(60):
        return mpmath.diff(equation, mpmath.mpf(at), order)


def test_slopes_of_a_root_and_of_what_it_enters_agree_with_differences() -> None:
    """d/dδ and d²/dδ² of κ, and of a formula in κ, against mpmath's differences of its own root."""
    modes = np.arange(1, 31, dtype=float) ** -2.0
    at = {lam: modes, n: 8, delta: Rational(1, 4)}

    def root_at(ridge: mpmath.mpf) -> mpmath.mpf:
        exact = [mpmath.mpf(float(mode)) for mode in modes]
        return mpmath.findroot(lambda t: mpmath.fsum(e / (e + t) for e in exact) + ridge / t - 8, 0.04)

    roots = [Root(g, learned + delta / g - n)]
    cases = [
        (slope(g, delta), by_differences(root_at, 0.25, 1)),
        (slope(g, delta, delta), by_differences(root_at, 0.25, 2)),
        (slope(log(g) * delta, delta), by_differences(lambda t: mpmath.log(root_at(t)) * t, 0.25, 1)),
        (slope(slope(g, delta), delta), by_differences(root_at, 0.25, 2)),
    ]
    for formula, wanted in cases:
        ball = enclose(*read_at(formula, roots, at, 20), 20)
        assert agree(ball, mpmath.nstr(wanted, 25), 10) and ball.rad() < abs(ball.mid()) * 1e-18
    assert not agree(ball, mpmath.nstr(cases[0][1], 25), 10)


def test_a_slope_of_a_system_and_of_a_transform_follow_the_implicit_function_theorem() -> None:
    at = {lam: np.arange(1, 31) ** -1.5, n: 8, k: 13, delta: Rational(1, 50)}
    step = Rational(1, 10**12)
    exact = enclose(*read_at(slope(kappa * g, delta), FEATURES, at, 30), 30)
    sides = [enclose(kappa * g, solve(FEATURES, at | {delta: at[delta] + side * step}, 40), 40) for side in (1, -1)]
    with precision(300):
        assert abs((sides[0] - sides[1]) / (2 * arb(10) ** -12) - exact) < abs(exact) * 1e-9
    place = {x: Rational(-1), y: Rational(1, 64), s: Rational(1, 2)}
    formula, known = read_at(im(slope(m, y)), [Root(m, STIELTJES, branch=im(m) > 0)], place, 20)
    up, down = (complex(*map(mpmath.mpf, marchenko_pastur(-1 + 1j * (1 / 64 + side * 1e-6), 0.5))) for side in (1, -1))
    assert abs(float(enclose(formula, known, 20).mid()) - (up - down).imag / 2e-6) < 1e-8


def test_a_slope_along_what_is_no_parameter_is_refused() -> None:
    with pytest.raises(BadInput, match="no parameter"):
        read_at(slope(g, g), [Root(g, g - x)], {x: Rational(2)}, 20)


def test_a_complex_unknown_is_read_through_its_parts() -> None:
    roots = [Root(m, m**2 + x, branch=im(m) > 0)]
    formula, known = read_at(im(m) + re(m**2), roots, {x: Rational(4)}, 20)
    assert enclose(formula, known, 20).contains(arb(-2)) and isinstance(solve(roots, {x: Rational(4)}, 20)[m], acb)
    with pytest.raises(BadInput, match=r"re\(…\), im\(…\)"):
        enclose(m, solve(roots, {x: Rational(4)}, 20), 20)


def test_cosh_of_the_derivative_is_no_part_of_the_equation() -> None:
    """A system whose Jacobian has functions that the equation has not: a = sinh-like growth stays enclosed."""
    ball = solve([Root(a, a - Rational(1, 3) * tanh(b)), Root(b, b - cosh(a) / 2)], {}, 20)[a]
    with mpmath.workdps(40):
        pair = mpmath.findroot(lambda p, q: [p - mpmath.tanh(q) / 3, q - mpmath.cosh(p) / 2], (0.1, 0.5))
    assert agree(ball, mpmath.nstr(pair[0], 30), 18)


def test_points_of_the_same_equation_share_its_root_and_nothing_else() -> None:
    """g³ + g = n/x reads a ratio: its root is solved for once, n·g and ∂g/∂n = 1/(x·(3g² + 1)) are each point's own."""
    x, root = symbols("x root", positive=True)
    roots = [Root(root, root**3 + root - n / x)]
    solved = []
    for ratio in ((2, 1), (4, 2), (6, 3), (6, 4)):
        at = dict(zip((n, x), map(Rational, ratio), strict=True))
        own = mpmath.findroot(lambda t, r=ratio: t**3 + t - mpmath.mpf(r[0]) / r[1], 1)
        for formula, value in ((n * root, ratio[0] * own), (slope(root, n), 1 / (ratio[1] * (3 * own**2 + 1)))):
            assert abs(float(enclose(*read_at(formula, roots, at, 20), 20)) - float(value)) < 1e-12
        solved.append(solution(roots, at, 20).values)
    assert solved[0] is solved[1] is solved[2]
    assert solved[3] is not solved[0]

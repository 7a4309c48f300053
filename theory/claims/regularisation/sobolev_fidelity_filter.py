"""A Sobolev fidelity makes gradient descent a filter: low frequencies first for s < 0, high ones for s > 0."""

from sympy import Abs, Max, Rational, Symbol, floor, oo

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Inequality, Limit, Solution
from theory.relation import Bound, Exponent, Identity, Ladder
from theory.settings.regularisation.denoising import SobolevFidelity as S

N, s, k, a, xi = S.N, S.s, S.k, S.a, S.xi
weight, most = 1 + xi**2, 1 + floor(N / 2) ** 2
step = S.pace / Max(1, most**s)
AT = {N: 64, s: -1, S.pace: 1, k: 20, a: "0.05", xi: 3, S.forward: "identity"}
UP = {**AT, s: 1, k: 200, xi: 20}
w, g, r, q, size = (Symbol(name, positive=True) for name in ("w", "g", "r", "q", "size"))
count = Symbol("count", integer=True, nonnegative=True)


SHARED = {
    "entry": "regularisation.sobolev_fidelity_filter",
    "source": Source("Zhu, Hu, Lou, Yang 2021: Implicit regularization effects of the Sobolev norms in image "
                     "processing; the spectral form derived here"),
    "seeds": ["Implicit Regularization Effects of the Sobolev Norms in Image Processing"],
    "status": "derived here",
    "fixing": {S.forward: "identity"},
    "assuming": [xi <= N / 2],
}  # fmt: skip
STEPS = [Identical(r - q * (r - g) - g, (1 - q) * (r - g), because="a step at one frequency, q = η(1 + ξ²)^s"),
         Identical((1 - (1 - q) ** (count + 1)) - (1 - (1 - q) ** count), q * (1 - q) ** count,
                   because="geometric sum: added up from 0 at count 0, q Σ_{j<k} (1 − q)^j = 1 − (1 − q)^k")]
FURTHER = [Inequality(1 - (1 - q) ** 2, 1 - (1 - w) ** 2, slack=(w - q) * (2 - q - w), given=[q <= w, w <= 1],
                      because="two steps; a larger weight is fitted more")]
WAY = Ladder(N, (32, 64, 128, 256, 512))
claims = [
    Claim(
        S, S.gain, 1 - (1 - step * weight**s) ** k, Identity(),
        title="After k steps each frequency is fitted up to 1 − (1 − η(1 + ξ²)^s)^k",
        scale=1,
        points=[AT, UP],
        fails_at=[{**AT, xi: 6, S.forward: "blur"}],
        steps=STEPS,
        wrong=[Wrong("s > 0 smooths", at=[AT, UP], prediction=1 - (1 - step * weight**-s) ** k),
               Wrong("without the step's length", at=[{**AT, S.pace: "0.5"}], prediction=1 - (1 - weight**s) ** k)],
        figure=Curve(xi, (1, 2, 3, 5, 8, 12, 20, 32), fixing={N: 64, s: -1, S.pace: 1, k: 20, a: "0.05"},
                     label="frequency ξ"),
        **SHARED,
    ),
    Claim(
        S, S.tikhonov, 1 / (1 + a * xi**2 * weight**-s), Identity(),
        quantity="tikhonov",
        title="The Tikhonov solution multiplies each frequency by 1/(1 + aξ²(1 + ξ²)^−s)",
        scale=1,
        points=[AT, {**UP, xi: 4}],
        fails_at=[{**AT, xi: 6, S.forward: "blur"}],
        steps=[Solution(r, w * g / (w + q), w * (r - g) + q * r, because="one frequency, w = (1 + ξ²)^s, q = aξ²")],
        wrong=[Wrong("(1 + ξ²)^+s", at=[AT], prediction=1 / (1 + a * xi**2 * weight**s)),
               Wrong("s does not matter", at=[AT], prediction=1 / (1 + a * xi**2))],
        figure=Curve(xi, (1, 2, 3, 5, 8, 12, 20, 32), fixing={N: 64, s: -1, S.pace: 1, k: 20, a: "0.05"},
                     label="frequency ξ"),
        **SHARED,
    ),
    Claim(
        S, S.condition, most ** Abs(s), Identity(),
        quantity="condition",
        title="The fidelity has the condition number (1 + (N/2)²)^|s|",
        points=[{**AT, N: 1024, k: 2}, UP],
        steps=[Inequality(1, weight, because="least at ξ = 0 …"),
               Inequality(xi**2, floor(N / 2) ** 2, given=[xi <= floor(N / 2)], because="… and greatest at N/2: for "
                          "s < 0 the other way round")],
        wrong=[Wrong("frequencies up to N", at=[AT], prediction=(1 + N**2) ** Abs(s)),
               Wrong("half the exponent", at=[AT], prediction=most ** (Abs(s) / 2))],
        **SHARED,
    ),
    Claim(
        S, S.iterations, 2 * Abs(s), Exponent(WAY),
        quantity="iterations",
        title="Steps until the slowest frequency is fitted grow like N^2|s|",
        regime=[Abs(s) >= Rational(3, 4)],
        points=[{**AT, s: -1}, {**AT, s: 1}],
        steps=[Limit(size, oo, 2 * q, of=2 * q * (size / 2) ** 2 / (1 + (size / 2) ** 2),
                     because="slope of log (1 + (N/2)²)^q along log N = log size; q = |s|")],
        wrong=[Wrong("N^|s|", at=[AT], prediction=Abs(s)), Wrong("N^4|s|", at=[AT], prediction=4 * Abs(s))],
        **SHARED,
    ),
    Claim(
        S, S.lowest, S.gain, Bound(">="),
        quantity="low_pass",
        title="For s < 0 high frequencies are fitted last",
        points=[{**AT, xi: 6}],
        tight_at=[{**AT, xi: 1}],
        fails_at=[{**AT, s: 1, xi: 6}],
        steps=FURTHER,
        wrong=[Wrong("high frequencies first", at=[{**AT, xi: 6}], relation=Bound("<=")),
               Wrong("s > 0 smooths", at=[{**AT, s: 1, xi: 6}], assuming=[xi >= 1, xi <= N / 2])],
        **{**SHARED, "assuming": [xi >= 1, xi <= N / 2, s <= 0]},
    ),
    Claim(
        S, S.lowest, S.gain, Bound("<="),
        quantity="high_pass",
        title="For s > 0 low frequencies are fitted last",
        points=[{**AT, s: 1, xi: 6}, {**AT, s: "0.5", xi: 6}],
        tight_at=[{**AT, s: 1, xi: 1}],
        fails_at=[{**AT, xi: 6}],
        steps=FURTHER,
        wrong=[Wrong("high frequencies last", at=[{**AT, s: 1, xi: 6}], relation=Bound(">=")),
               Wrong("half as much", at=[{**AT, s: "0.5", xi: 2}], prediction=S.gain / 2)],
        **{**SHARED, "assuming": [xi >= 1, xi <= N / 2, s >= 0]},
    ),
]  # fmt: skip

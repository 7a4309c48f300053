"""Sliced Wasserstein distances: controls below and above, their moments over directions, and what they save."""

from sympy import Eq, Symbol, exp, oo, pi, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.formulas.wishart import BY_PARTS
from theory.proof import Degree, Entries, Identical, Inequality, Integration, Solution
from theory.relation import Bound, Equality, Identity
from theory.settings.estimation.slices import IsotropicSlices as G
from theory.settings.estimation.slices import SlicedTransport as S

low_moment = 2 * (S.d * S.delta2**2 - S.delta2**2) / (S.d**2 * (S.d + 2))
up_moment = 2 * (S.d * S.trace2 - S.trace**2) / (S.d**2 * (S.d + 2))
a, b, x = Symbol("a", nonnegative=True), Symbol("b", nonnegative=True), Symbol("x", real=True)
AT = {S.d: 5, S.delta: 1, S.ratio: "0.5", S.g: "0.7", S.measures: "gaussian", S.second: "own"}
CLOUDS = AT | {S.measures: "points"}
ISO = {G.d: 5, G.delta: 1, G.s1: "0.8", G.s2: "0.3", G.L: 8}
NEAR = {**ISO, G.s1: "0.5", G.s2: "0.4"}
SHARED = {
    "entry": "estimation.sliced_wasserstein_cv",
    "source": Source("Nguyen, Ho 2024: Sliced Wasserstein Estimation with Control Variates"),
    "seeds": ["Sliced Wasserstein Estimation with Control Variates"],
}  # fmt: skip
HERE = {"points": [AT, CLOUDS], **SHARED}


eigen, unit = Entries("eigen", S.d, real=True), 1 / (S.d * (S.d + 2))
four, pair, power, square = symbols("four pair power square", positive=True)
density = exp(-(x**2) / 2) / sqrt(2 * pi)
SPHERE = [  # g = |g|·θ standard normal, its length and direction independent
    Integration((3 * x**2 - x**4) * density, x, -oo, oo, 0, antiderivative=x**3 * density,
                because="E g₁⁴ = 3 E g₁² = 3"),
    BY_PARTS,
    Identical(2 * power * (2 * power + 2), S.d * (S.d + 2), where={power: S.d / 2},
              because="E|g|⁴: E χ² of weight x^m is 2m times that of x^(m − 1), m = d/2 and d/2 + 1"),
    Solution(four, 3 * unit, S.d * (S.d + 2) * four - 3, unique=True, because="E θ₁⁴ = E g₁⁴/E|g|⁴"),
    Solution(pair, unit, S.d * 3 * unit + S.d * (S.d - 1) * pair - 1, given=[S.d > 1], unique=True,
             because="E θ₁²θ₂², as Σᵢⱼ E θᵢ²θⱼ² = 1"),
    Identical(pair * (total(eigen) ** 2 - total(eigen**2)) + four * total(eigen**2),
              (total(eigen) ** 2 + 2 * total(eigen**2)) * unit, where={pair: unit, four: 3 * unit},
              because="E (θᵀMθ)² in the eigenbasis of M"),
]  # fmt: skip
MEAN = [
    Solution(square, 1 / S.d, S.d * square - 1, unique=True, because="E θ₁², as Σᵢ E θᵢ² = 1"),
    Identical(total(eigen * square), total(eigen) / S.d, where={square: 1 / S.d}, everywhere=True,
              because="E θᵀMθ in the eigenbasis of M"),
]  # fmt: skip
VARIANCE = [*SPHERE, Identical((a**2 + 2 * b) / (S.d * (S.d + 2)) - (a / S.d) ** 2,
                               2 * (S.d * b - a**2) / (S.d**2 * (S.d + 2)), because="a = tr M, b = tr M²")]
of_w, cross = symbols("of_w cross", real=True)
PARABOLA = [
    Identical(of_w - 2 * a * cross + a**2 * four, of_w - cross**2 / four + four * (a - cross / four) ** 2,
              everywhere=True, because="Var(W − gC) along g = a, with Cov = cross and Var C = four"),
    Identical((of_w - cross**2 / four) / of_w, 1 - cross**2 / (four * of_w), given=[of_w > 0], everywhere=True),
]  # fmt: skip

claims = [
    Claim(
        S, S.low, S.delta2 / S.d, Equality(),
        title="Mean of the lower control over directions",
        scale=S.delta**2 / S.d,
        steps=MEAN,
        wrong=[Wrong("not divided by d", at=[AT], prediction=S.delta2),
               Wrong("divided by d − 1", at=[AT], prediction=S.delta2 / (S.d - 1))],
        **HERE,
    ),
    Claim(
        S, S.up, S.trace / S.d, Equality(),
        quantity="upper",
        title="Mean of the upper control over directions",
        steps=MEAN,
        wrong=[Wrong("not divided by d", at=[AT], prediction=S.trace),
               Wrong("covariances forgotten", at=[AT], prediction=S.delta2 / S.d)],
        **HERE,
    ),
    Claim(
        S, S.low_variance, low_moment, Equality(),
        quantity="variance",
        title="Variance of the lower control over directions",
        scale=2 * (S.d - 1) * S.delta**4 / (S.d**2 * (S.d + 2)),
        regime=[S.d >= 2, Eq(S.measures, Symbol("gaussian"))],  # ‖δ‖ of few points varies much
        points=[AT],
        steps=VARIANCE,
        wrong=[Wrong("d³ in the denominator", at=[AT], prediction=low_moment / S.d),
               Wrong("d in place of d + 2", at=[AT], prediction=low_moment * (S.d + 2) / S.d)],
        **SHARED,
    ),
    Claim(
        S, S.up_variance, up_moment, Equality(),
        quantity="upper_variance",
        title="Variance of the upper control over directions",
        steps=VARIANCE,
        regime=[S.d >= 2],
        wrong=[Wrong("d³ in the denominator", at=[AT], prediction=up_moment / S.d),
               Wrong("d in place of d + 2", at=[AT], prediction=up_moment * (S.d + 2) / S.d)],
        **HERE,
    ),
    Claim(
        S, S.one, S.one_low, Bound(">="),
        quantity="lower_bound",
        title="In every direction the lower control is at most W",
        points=[AT, CLOUDS],
        tight_at=[AT | {S.second: "same", S.ratio: 1}],
        wrong=[Wrong("the upper control", at=[AT], prediction=S.one_up),
               Wrong("not squared", at=[AT | {S.ratio: 1, S.second: "same"}], prediction=sqrt(S.one_low))],
        **SHARED,
    ),
    Claim(
        S, S.one, S.one_up, Bound("<="),
        quantity="upper_bound",
        title="In every direction the upper control is at least W",
        points=[AT, CLOUDS],
        tight_at=[AT | {S.ratio: 0}, CLOUDS | {S.ratio: 0}],
        steps=[Inequality((a - b) ** 2, a**2 + b**2, because="a, b the standard deviations of normal laws")],
        wrong=[Wrong("the lower control", at=[AT], prediction=S.one_low),
               Wrong("half the variances", at=[AT | {S.ratio: 0}], prediction=(S.one_low + S.one_up) / 2)],
        **SHARED,
    ),
    Claim(
        S, S.plain - S.g * (S.low - S.delta2 / S.d), S.fresh, Equality(),
        quantity="unbiased",
        title="At a fixed g the estimate with the lower control is unbiased",
        wrong=[Wrong("mean of the control not divided by d", at=[AT], observable=S.plain - S.g * (S.low - S.delta2)),
               Wrong("control not centred", at=[AT], observable=S.plain - S.g * S.low)],
        **HERE,
    ),
    Claim(
        S, S.plain - S.g * (S.up - S.trace / S.d), S.fresh, Equality(),
        quantity="upper_unbiased",
        title="At a fixed g the estimate with the upper control is unbiased",
        wrong=[Wrong("mean of the lower control", at=[AT], observable=S.plain - S.g * (S.up - S.delta2 / S.d)),
               Wrong("control not centred", at=[AT], observable=S.plain - S.g * S.up)],
        **HERE,
    ),
    *(Claim(
        S, gain, covariance / variance, Identity(),
        quantity=f"{name}_gain",
        title=f"The best g of the {word} control is covariance over variance",
        assuming=[S.d >= 2],
        scale=1,
        steps=PARABOLA,
        wrong=[Wrong("always 1", at=[CLOUDS], prediction=1),
               Wrong("of the regression the other way", at=[CLOUDS], prediction=covariance / S.variance)],
        **HERE,
    ) for name, word, gain, covariance, variance in (
        ("low", "lower", S.low_gain, S.low_covariance, S.low_variance),
        ("up", "upper", S.up_gain, S.up_covariance, S.up_variance))),
    *(Claim(
        S, rest / S.variance, 1 - covariance**2 / (variance * S.variance), Identity(),
        quantity=f"{name}_ratio",
        title=f"With the best g the {word} control leaves 1 − corr² of the variance",
        assuming=[S.d >= 2],
        scale=1,
        steps=PARABOLA,
        wrong=[Wrong("1 − corr", at=[CLOUDS], prediction=1 - covariance / sqrt(variance * S.variance)),
               Wrong("nothing saved", at=[CLOUDS], prediction=1)],
        **HERE,
    ) for name, word, rest, covariance, variance in (
        ("low", "lower", S.low_rest, S.low_covariance, S.low_variance),
        ("up", "upper", S.up_rest, S.up_covariance, S.up_variance))),
    Claim(
        G, G.one, G.delta**2 / G.d + (G.s1 - G.s2) ** 2, Equality(),
        quantity="isotropic",
        title="Sliced distance of two isotropic normal laws",
        points=[ISO],
        scaling=[Degree(2, G.delta, G.s1, G.s2, pathwise=True)],
        wrong=[Wrong("distance not squared", at=[NEAR], observable=sqrt(G.one)),
               Wrong("variances add", at=[ISO], prediction=G.delta**2 / G.d + G.s1**2 + G.s2**2),
               Wrong("means not divided by d", at=[ISO], prediction=G.delta**2 + (G.s1 - G.s2) ** 2)],
        **SHARED,
    ),
    Claim(
        G, G.one - G.one_low, (G.s1 - G.s2) ** 2, Identity(),
        quantity="no_variance",
        title="For isotropic normal laws the lower control removes all variance",
        scale=G.delta**2 + G.s1**2 + G.s2**2,
        points=[ISO],
        scaling=[Degree(2, G.s1, G.s2)],
        wrong=[Wrong("variances add", at=[ISO], prediction=G.s1**2 + G.s2**2),
               Wrong("variances are transported", at=[ISO], prediction=(G.s1**2 - G.s2**2) ** 2)],
        **SHARED,
    ),
    Claim(
        G, G.squared_error, 2 * (G.d - 1) * G.delta**4 / (G.d**2 * (G.d + 2) * G.L), Equality(),
        quantity="standard_error",
        title="Squared standard error of the plain estimate from L directions, isotropic normal laws",
        points=[ISO],
        scaling=[Degree(-1, G.L), Degree(4, G.delta)],
        steps=[Identical(2 * (G.d * G.delta**4 - G.delta**4) / (G.d**2 * (G.d + 2)),
                         2 * (G.d - 1) * G.delta**4 / (G.d**2 * (G.d + 2)), because="variance of the lower control")],
        wrong=[Wrong("does not fall with L", at=[ISO], prediction=2 * (G.d - 1) * G.delta**4 / (G.d**2 * (G.d + 2))),
               Wrong("d³ in the denominator", at=[ISO],
                     prediction=2 * (G.d - 1) * G.delta**4 / (G.d**3 * (G.d + 2) * G.L))],
        figure=Curve(G.L, (2, 4, 8, 16, 32), fixing={G.d: 5, G.delta: 1, G.s1: "0.8", G.s2: "0.3"},
                     label="directions L"),
        **SHARED,
    ),
]  # fmt: skip

"""Excess risk of least squares and of the least-norm interpolator on isotropic Gaussian features, at every size."""

from sympy import Eq, Rational, Symbol, exp, oo, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.formulas.wishart import dof, mean, reciprocal_mean, two_dimensions
from theory.proof import Assumed, Degree, Identical, Limit, Solution
from theory.relation import Bound, Equality, Probability
from theory.settings.min_norm import AnisotropicRegression as A
from theory.settings.min_norm import IsotropicRegression as M

g = Symbol("g", positive=True)
bias = M.r2 * (1 - M.n / M.p)
variance = M.s2 * M.n / (M.p - M.n - 1)
under = M.s2 * M.p / (M.n - M.p - 1)
rows, columns, share = symbols("rows columns share", positive=True)
x, t = Symbol("x", positive=True), Symbol("t", positive=True)
tail, beside, TIMES = 1 - exp(-1 / (2 * t) - 1 / sqrt(t)), 1 - exp(-1 / (2 * t)), 10
features = total(1 + A.l) - total(A.l)  # the number of modes
WHITE = {A.l: "power(0,60)", A.b2: "power(1,60)"}
GAUSSIAN = {A.n: 30, A.s2: 1, A.entries: "gaussian"}


wishart = [
    *reciprocal_mean(M.n),
    Identical(M.s2 * M.p * mean, under, where={mean: (1 / (dof - 2)).subs(dof, M.n - M.p + 1)}, everywhere=True,
              given=[M.n > M.p + 1], because="s2·E tr W⁻¹, p entries alike"),
    *two_dimensions(M.n, (under / M.s2).subs(M.p, 2)),
]
EXCHANGED = Identical(M.s2 * columns / (rows - columns - 1), variance, where={rows: M.p, columns: M.n},
                      because="XXᵀ in place of XᵀX: n and p exchanged")
SHARED = {
    "entry": "min_norm.ridgeless_risk_isotropic",
    "source": Source(
        "Hastie, Montanari, Rosset, Tibshirani 2022: Surprises in high-dimensional ridgeless least squares "
        "interpolation; at finite size by the mean of the inverse Wishart matrix"
    ),
    "seeds": ["Understanding the Role of Optimization in Double Descent"],
    "fixing": {M.lam: 0},
}  # fmt: skip

claims = [
    Claim(
        M, M.excess_risk, bias + variance, Equality(),
        flagship=True,
        title="Risk of the least-norm interpolator, more features than samples",
        assuming=[M.p > M.n + 1],
        regime=[M.p > M.n + 5],  # a finite variance needs p > n + 3; two more decide quickly
        scaling=[Degree(1, M.r2, M.s2, pathwise=True)],
        steps=[*wishart, EXCHANGED,
               Limit(M.n, oo, M.r2 * (1 - 1 / g) + M.s2 / (g - 1), tie={M.p: g * M.n}, given=[g > 1],
                     because="proportional limit")],
        wrong=[
            Wrong("asymptotic variance at finite size", at=[{M.n: 20, M.p: 30, M.r2: 1, M.s2: 2}],
                  prediction=bias + M.s2 * M.n / (M.p - M.n)),
            Wrong("bias not subtracted from one", at=[{M.n: 30, M.p: 40, M.r2: 2, M.s2: 0.1}],
                  prediction=M.r2 * M.n / M.p + variance),
            Wrong("variance of the other regime", at=[{M.n: 20, M.p: 60}],
                  prediction=bias + M.s2 * M.p / (M.p - M.n - 1)),
        ],
        fails_at=[{M.n: 40, M.p: 20, M.r2: 1, M.s2: 1}],
        figure=Curve(M.p, (50, 54, 60, 70, 85, 110, 150, 200, 300), fixing={M.n: 40, M.r2: 2, M.s2: 0.5},
                     label="features p at n = 40"),
        **SHARED,
    ),
    Claim(
        M, M.excess_risk, under, Equality(),
        quantity="under",
        flagship=True,
        title="Risk of least squares, fewer features than samples",
        assuming=[M.p < M.n - 1],
        regime=[M.p < M.n - 5],
        scaling=[Degree(1, M.s2), Degree(0, M.r2)],
        steps=[*wishart, Limit(M.n, oo, M.s2 * g / (1 - g), tie={M.p: g * M.n}, given=[g < 1],
                               because="proportional limit")],
        wrong=[
            Wrong("asymptotic variance at finite size", at=[{M.n: 40, M.p: 30}], prediction=M.s2 * M.p / (M.n - M.p)),
            Wrong("a bias below the threshold", at=[{M.n: 40, M.p: 20, M.r2: 1, M.s2: 1}],
                  prediction=M.r2 * (1 - M.p / M.n) + M.s2 * M.p / (M.n - M.p - 1)),
        ],
        figure=Curve(M.p, (3, 6, 12, 20, 26, 30), fixing={M.n: 40, M.r2: 2, M.s2: 0.5},
                     label="features p at n = 40"),
        **SHARED,
    ),
    Claim(
        M, M.bias, bias, Equality(),
        quantity="bias",
        title="Bias of the least-norm interpolator: the share of the null space",
        assuming=[M.p > M.n],
        regime=[2 * M.p > 3 * M.n],  # near p = n the bias is small beside its own spread, and costs too many trials
        scaling=[Degree(1, M.r2), Degree(0, M.s2), Degree(0, M.n, M.p)],
        steps=[
            Solution(share, M.n / M.p, M.p * share - M.n, unique=True,
                     because="the projector on the rows has trace n, and every direction the same mean share of it"),
            Identical(M.r2 * (1 - share), bias, where={share: M.n / M.p}),
        ],
        wrong=[
            Wrong("the other share", at=[{M.n: 30, M.p: 50}], prediction=M.r2 * M.n / M.p),
            Wrong("squared", at=[{M.n: 30, M.p: 50}], prediction=M.r2 * (1 - M.n / M.p) ** 2),
        ],
        **SHARED,
    ),
    Claim(
        M, M.variance, variance, Equality(),
        quantity="variance",
        title="Variance of the least-norm interpolator",
        assuming=[M.p > M.n + 1],
        regime=[M.p > M.n + 5],
        scaling=[Degree(1, M.s2), Degree(0, M.r2)],
        steps=[*wishart, EXCHANGED],
        wrong=[
            Wrong("p in place of n", at=[{M.n: 20, M.p: 60}], prediction=M.s2 * M.p / (M.p - M.n - 1)),
            Wrong("asymptotic variance at finite size", at=[{M.n: 20, M.p: 30}], prediction=M.s2 * M.n / (M.p - M.n)),
        ],
        **SHARED,
    ),
    Claim(
        M, M.variance, under, Equality(),
        quantity="under_variance",
        title="Variance of least squares, the same formula with samples and features exchanged",
        assuming=[M.p < M.n - 1],
        regime=[M.p < M.n - 5],
        scaling=[Degree(1, M.s2), Degree(0, M.r2)],
        steps=wishart,
        wrong=[
            Wrong("n in place of p", at=[{M.n: 60, M.p: 20}], prediction=M.s2 * M.n / (M.n - M.p - 1)),
            Wrong("asymptotic variance at finite size", at=[{M.n: 40, M.p: 30}], prediction=M.s2 * M.p / (M.n - M.p)),
        ],
        **SHARED,
    ),
    Claim(
        M, M.variance, M.s2 * M.n * TIMES, Bound(">=", Probability(tail.subs(t, TIMES))),
        quantity="peak",
        title="With as many features as samples the variance has no mean: P(variance > t·n·s2) ~ 1/√t",
        status="derived here",
        assuming=[Eq(M.p, M.n)],
        regime=[M.n >= 20],
        points=[{M.n: 20, M.p: 20}, {M.n: 50, M.p: 50}, {M.n: 100, M.p: 100}],
        steps=[
            Assumed("n·λ_min of XᵀX has the limiting law 1 − exp(−x/2 − √x), and the variance is above s2/λ_min",
                    "Edelman 1988: Eigenvalues and condition numbers of random matrices"),
            Limit(t, oo, 1, of=sqrt(t) * tail, because="so that its integral over t diverges"),
        ],
        wrong=[
            Wrong("the same a few features further on", assuming=[Eq(M.p, M.n + 5)], at=[{M.n: 40, M.p: 45}]),
            Wrong("tail twice as heavy", relation=Bound(">=", Probability(2 * tail.subs(t, TIMES)))),
        ],
        **SHARED,
    ),
    Claim(
        M, M.variance, M.s2 * M.n * TIMES, Bound(">=", Probability(beside.subs(t, TIMES))),
        quantity="beside",
        title="With one feature more than samples it has no mean either: P(variance > t·n·s2) ~ 1/2t",
        status="derived here",
        assuming=[Eq(M.p, M.n + 1)],
        points=[{M.n: 10, M.p: 11}, {M.n: 30, M.p: 31}, {M.n: 60, M.p: 61}],
        steps=[
            Assumed("n·λ_min of XXᵀ has the law 1 − exp(−x/2) at every n, and the variance is above s2/λ_min",
                    "Edelman 1988: Eigenvalues and condition numbers of random matrices"),
            Limit(t, oo, Rational(1, 2), of=t * beside, because="so that its integral over t diverges, like log t"),
        ],
        wrong=[
            Wrong("tail as heavy as at p = n", relation=Bound(">=", Probability(tail.subs(t, TIMES)))),
            Wrong("the same two features further on", assuming=[Eq(M.p, M.n + 3)], at=[{M.n: 30, M.p: 33}]),
        ],
        **SHARED,
    ),
    Claim(
        A, A.variance, A.s2 * A.n / (features - A.n - 1), Equality(),
        quantity="features",
        title="Variance of the least-norm interpolator with normal, uncorrelated features, and not with others",
        assuming=[Eq(A.entries, Symbol("gaussian"))],
        regime=[features > A.n + 5],
        points=[GAUSSIAN, {**GAUSSIAN, A.n: 20}, {**GAUSSIAN, A.n: 40, A.s2: "0.5"}],
        fails_at=[{**GAUSSIAN, A.l: "power(1/2,60)"}, {**GAUSSIAN, A.entries: "elliptical"}],
        wrong=[
            Wrong("p in place of n", at=[GAUSSIAN], prediction=A.s2 * features / (features - A.n - 1)),
            Wrong("asymptotic variance at finite size", at=[{**GAUSSIAN, A.n: 40}],
                  prediction=A.s2 * A.n / (features - A.n)),
        ],
        **{**SHARED, "fixing": {A.lam: 0, **WHITE}},
    ),
]  # fmt: skip

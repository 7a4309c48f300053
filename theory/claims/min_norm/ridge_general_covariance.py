"""Bias and variance of ridge regression for features of any covariance, from one effective ridge."""

from sympy import Derivative, Ne, Rational, Symbol

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import power, step, total
from theory.implicit import Root
from theory.proof import Degree, Identical, Monotone, Solution
from theory.relation import Asymptotic, Ladder
from theory.settings.min_norm import AnisotropicRegression as M

k = Symbol("kappa", positive=True)
n, p, lam = Symbol("samples", positive=True), Symbol("features", positive=True), Symbol("ridge", nonnegative=True)
df1, df2 = total(M.l / (M.l + k)), total((M.l / (M.l + k)) ** 2)
root = Root(k, M.n - df1 - M.n * M.lam / k, unique="the left side increases in kappa")
error = total(M.l * M.b2 / (M.l + k) ** 2)
bias = k**2 * error / (1 - df2 / M.n)
variance = M.s2 * df2 / (M.n - df2)
ladder = Asymptotic(Ladder(M.n, [12, 24, 48, 96], rate=1))
POINTS = [  # spectra and ridges that grow with the samples, so that kappa/lam and df2/n have limits of their own
    {M.l: power(1, 2 * M.n), M.b2: power(Rational(1, 2), 2 * M.n), M.lam: 3 / (10 * M.n), M.s2: 1,
     M.entries: "gaussian"},
    {M.l: step(M.n, 1, 2 * M.n, Rational(1, 10)), M.b2: step(M.n, 2 / M.n, 2 * M.n, 1 / M.n), M.lam: "0.05", M.s2: 1,
     M.entries: "signs"},
    {M.l: power(Rational(3, 2), 3 * M.n), M.b2: step(3 * M.n, 1 / (3 * M.n)), M.lam: M.n**Rational(-3, 2) / 2, M.s2: 2,
     M.entries: "gaussian"},
]  # fmt: skip
TIED = {M.l: power(Rational(3, 2), 3 * M.n), M.b2: step(3 * M.n, 1 / (3 * M.n))}
ridgeless = Asymptotic(Ladder(M.n, [12, 24, 48, 96], tie=TIED, rate=1))
SHARED = {
    "entry": "min_norm.ridge_general_covariance",
    "source": Source(
        "Hastie, Montanari, Rosset, Tibshirani: Surprises in high-dimensional ridgeless least squares interpolation, "
        "general covariance; Dobriban, Wager: High-dimensional asymptotics of prediction"
    ),
    "seeds": ["Deterministic equivalent and error universality of deep random features learning",
              "More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory"],
    "roots": [root],
    "assuming": [Ne(M.entries, Symbol("elliptical"))],  # its rows have lengths of their own
    "points": POINTS,
    "fails_at": [{**POINTS[0], M.entries: "elliptical"}],
}  # fmt: skip
RIDGELESS = {**SHARED, "fixing": {M.lam: 0}, "points": [{M.s2: 1, M.entries: "gaussian"}], "fails_at": [],
             "roots": [Root(k, M.n - df1, unique="the left side increases in kappa")]}

claims = [
    Claim(
        M, M.bias, bias, ladder,
        title="Bias of ridge regression for any covariance of the features",
        scaling=[Degree(1, M.b2), Degree(0, M.s2, pathwise=True)],
        steps=[
            Monotone(n - p / (1 + k) - n * lam / k, k, "increasing", because="every mode's term increases in kappa"),
            Solution(k, p / n - 1, k * (1 - p / ((1 + k) * n)), given=[p > n], unique=True,
                     because="isotropic, ridgeless: kappa = p/n − 1"),
            Identical(Derivative(k * (1 - p / ((1 + k) * n)), k), 1 - p / (n * (1 + k) ** 2),
                      because="d lam/d kappa = 1 − df2/n, so d kappa/d lam is its inverse"),
            Identical(k**2 / (1 + k) ** 2 / (1 - p / (n * (1 + k) ** 2)), 1 - n / p, where={k: p / n - 1},
                      given=[p > n], because="isotropic, ridgeless: the share of the null space"),
        ],
        wrong=[
            Wrong("overfitting coefficient dropped", prediction=k**2 * error),
            Wrong("ridge in place of the effective ridge",
                  at=[{**POINTS[0], M.lam: 2 / M.n}],
                  prediction=M.lam**2 * error / (1 - df2 / M.n)),
        ],
        figure=Curve(M.n, label="samples n"),
        **SHARED,
    ),
    Claim(
        M, M.variance, variance, ladder,
        quantity="variance",
        title="Variance of ridge regression for any covariance of the features",
        scaling=[Degree(1, M.s2, pathwise=True), Degree(0, M.b2)],
        steps=[Identical(p / (1 + k) ** 2 / (n - p / (1 + k) ** 2), n / (p - n), where={k: p / n - 1}, given=[p > n],
                         because="isotropic, ridgeless")],
        wrong=[
            Wrong("first in place of second degrees of freedom", prediction=M.s2 * df1 / (M.n - df1)),
            Wrong("overfitting coefficient dropped", prediction=M.s2 * df2 / M.n),
        ],
        figure=Curve(M.n, label="samples n"),
        **SHARED,
    ),
    Claim(
        M, M.bias, bias, ridgeless,
        quantity="ridgeless",
        title="Bias of the least-norm interpolator under a power law of three features to a sample",
        **RIDGELESS,
        wrong=[
            Wrong("overfitting coefficient dropped", prediction=k**2 * error),
            Wrong("signal in the null space only", prediction=total(M.l * M.b2) * k / (1 + k)),
        ],
        figure=Curve(M.n, label="samples n, with 3n features"),
    ),
    Claim(
        M, M.variance, variance, ridgeless,
        quantity="ridgeless_variance",
        title="Variance of the least-norm interpolator under a power law of three features to a sample",
        **RIDGELESS,
        wrong=[
            Wrong("overfitting coefficient dropped", prediction=M.s2 * df2 / M.n),
            Wrong("as if isotropic, n/(p − n)", prediction=M.s2 / 2),
        ],
        figure=Curve(M.n, label="samples n, with 3n features"),
    ),
]  # fmt: skip

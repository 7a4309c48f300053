"""A query that follows the signs of earlier answers sees a bias of √(2d/πn) where there is nothing."""

from sympy import Eq, Rational, Symbol, erf, exp, log, oo, pi, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Law
from theory.proof import Degree, Identical, Integration, Limit
from theory.relation import Asymptotic, Bound, Distribution, Equality, Exponent, Ladder
from theory.settings.estimation.queries import AdaptiveQueries as S

bias = sqrt(2 * S.d / pi) / S.n / sqrt(1 / S.n + S.tau**2)
exact = sqrt(2 * S.d / (pi * S.n))
guide = sqrt(2 * log(2 * S.d) / S.n)
a, b, v, t = Symbol("a", real=True), Symbol("b", real=True), Symbol("v", positive=True), Symbol("t", positive=True)
GAUSSIAN, SIGNS = Symbol("gaussian"), Symbol("signs")
NOISY = {S.n: 40, S.d: 100, S.tau: "0.15", S.features: "gaussian"}
PLAIN = {S.n: 40, S.d: 100, S.features: "gaussian"}
SHARED = {
    "entry": "estimation.adaptive_query_bias",
    "source": Source("Freedman 1983: A note on screening regression equations; released with Gaussian noise as in "
                     "Dwork, Feldman, Hardt, Pitassi, Reingold, Roth 2015: Preserving Statistical Validity in Adaptive "
                     "Data Analysis, whose theorem on exponentially many queries is not restated here"),
    "seeds": ["Preserving Statistical Validity in Adaptive Data Analysis"],
}  # fmt: skip
FEW_SIGNS = [{S.n: 3, S.d: 100, S.tau: 0, S.features: "signs"}]
NORMAL = {"assuming": [Eq(S.features, GAUSSIAN)], "fails_at": FEW_SIGNS}

claims = [
    Claim(
        S, S.empirical, bias, Equality(),
        title="Empirical mean of a query that follows the signs of noisy answers",
        points=[NOISY],
        scaling=[Degree(Rational(1, 2), S.d)],
        steps=[
            Integration(sqrt(2 / (pi * v)) * b * exp(-(b**2) / (2 * v)), b, 0, oo, sqrt(2 * v / pi),
                        antiderivative=-sqrt(2 * v / pi) * exp(-(b**2) / (2 * v)), because="E|b|, b of variance v"),
            Identical(v / (v + t**2) * sqrt(2 * (v + t**2) / pi), sqrt(2 / pi) * v / sqrt(v + t**2),
                      because="E[a | a + τξ] is v/(v + τ²) of it, v = Var a"),
            Identical(sqrt(S.d) * (sqrt(2 / pi) * v / sqrt(v + t**2)), bias, where={v: 1 / S.n, t: S.tau},
                      because="d answers of variance 1/n"),
            Integration(2 * a * erf(a / (t * sqrt(2))) * exp(-(a**2) / (2 * v)) / sqrt(2 * pi * v), a, 0, oo,
                        sqrt(2 / pi) * v / sqrt(v + t**2), because="the same with P(a + τξ > 0 | a) first",
                        antiderivative=sqrt(2 * v / pi)
                        * (sqrt(v / (v + t**2)) * erf(a * sqrt((v + t**2) / (2 * v)) / t)
                           - erf(a / (t * sqrt(2))) * exp(-(a**2) / (2 * v)))),
            Limit(S.tau, 0, exact),
        ],
        wrong=[Wrong("as a maximum over d answers", at=[NOISY], prediction=sqrt(2 * log(S.d) / S.n)),
               Wrong("no d", at=[NOISY], prediction=sqrt(2 / (pi * S.n))),
               Wrong("tau in place of tau²", at=[NOISY], prediction=sqrt(2 * S.d / pi) / S.n / sqrt(1 / S.n + S.tau))],
        figure=Curve(S.d, (20, 40, 80, 160, 320), fixing={S.n: 40, S.tau: "0.15", S.features: "gaussian"},
                     label="queries d"),
        **NORMAL, **SHARED,
    ),
    Claim(
        S, S.empirical, exact, Equality(),
        quantity="exact_answers",
        title="Empirical mean of a query that follows the signs of exact answers",
        fixing={S.tau: 0},
        points=[PLAIN],
        scaling=[Degree(Rational(1, 2), S.d), Degree(-Rational(1, 2), S.n)],
        steps=[Identical(bias, exact, where={S.tau: 0})],
        wrong=[Wrong("as a maximum over d answers", at=[PLAIN], prediction=sqrt(2 * log(S.d) / S.n)),
               Wrong("no d", at=[PLAIN], prediction=sqrt(2 / (pi * S.n)))],
        figure=Curve(S.d, (20, 40, 80, 160, 320), fixing={S.n: 40, S.features: "gaussian"}, label="queries d"),
        **NORMAL, **SHARED,
    ),
    Claim(
        S, S.empirical, exact, Asymptotic(Ladder(S.n, (4, 8, 16, 32), rate=1)),
        quantity="signs",
        title="With features ±1 the bias is that of normal ones, in the limit of many samples",
        status="derived here",
        fixing={S.tau: 0},
        assuming=[Eq(S.features, SIGNS)],
        points=[{S.d: 100, S.features: "signs"}],
        wrong=[Wrong("no d", prediction=sqrt(2 / (pi * S.n))),
               Wrong("root mean square of the answers", prediction=sqrt(S.d / S.n))],
        **SHARED,
    ),
    Claim(
        S, S.fresh, 0, Equality(),
        quantity="fresh",
        title="On a fresh sample the mean of the last query is 0",
        scale=bias,
        points=[{**NOISY, S.tau: 0}, NOISY],
        wrong=[Wrong("on the sample that answered", at=[NOISY], observable=S.empirical),
               Wrong("as biased as on the sample", at=[NOISY], prediction=bias)],
        figure=Curve(S.d, (20, 40, 80, 160, 320), fixing={S.n: 40, S.tau: 0, S.features: "gaussian"},
                     label="queries d"),
        **SHARED,
    ),
    Claim(
        S, S.empirical, Rational(1, 2), Exponent(Ladder(S.d, (16, 32, 64, 128, 256))),
        quantity="exponent",
        title="The bias grows like the square root of the number of queries",
        points=[{S.n: 10, S.tau: "0.15", S.features: "gaussian"}, {S.n: 11, S.tau: 0, S.features: "signs"}],
        wrong=[Wrong("like the number of queries", prediction=1), Wrong("not at all", prediction=0)],
        **SHARED,
    ),
    Claim(
        S, S.largest, guide, Bound("<=", "mean"),
        quantity="maximum",
        title="Without adaptation the largest of d answers is about √(2 log(2d)/n) off, in the mean never more",
        points=[PLAIN | {S.tau: 0}],
        wrong=[Wrong("2 forgotten", at=[PLAIN | {S.tau: 0}], prediction=sqrt(log(2 * S.d) / S.n)),
               Wrong("at least the adaptive bias", at=[PLAIN | {S.tau: 0}], prediction=exact,
                     relation=Bound(">=", "mean"))],
        **SHARED,
    ),
    Claim(
        S, S.largest, Law(lambda x: erf(x * sqrt(S.n / 2)) ** S.d, support=(0, oo)), Distribution(within=0.05),
        quantity="maximum_law",
        title="Law of the largest of d answers",
        status="derived here",
        assuming=[Eq(S.features, GAUSSIAN)],
        points=[PLAIN | {S.tau: 0}],
        wrong=[Wrong("sign of the answers kept", prediction=Law(lambda x: ((1 + erf(x * sqrt(S.n / 2))) / 2) ** S.d)),
               Wrong("variance 2/n", prediction=Law(lambda x: erf(x * sqrt(S.n) / 2) ** S.d, support=(0, oo)))],
        **SHARED,
    ),
    Claim(
        S, S.answer_error, 1 / S.n + S.tau**2, Equality(),
        quantity="noise_cost",
        title="The noise costs tau² for every answer, on top of the 1/n of sampling",
        points=[NOISY],
        wrong=[Wrong("shrinks with the sample", at=[NOISY], prediction=(1 + S.tau**2) / S.n),
               Wrong("the noise alone", at=[NOISY], prediction=S.tau**2),
               Wrong("standard deviations add", at=[NOISY], prediction=(S.tau + 1 / sqrt(S.n)) ** 2)],
        **SHARED,
    ),
]  # fmt: skip

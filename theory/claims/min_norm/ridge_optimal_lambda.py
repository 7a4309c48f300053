"""Risk of ridge regression on isotropic features in the proportional limit, and at the best ridge."""

from typing import Any

from sympy import Function, Integer, Rational, Symbol, diff, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Degree, Identical, Inequality, Monotone, Solution
from theory.relation import Asymptotic, Identity, Ladder, Ordering
from theory.settings.min_norm import IsotropicRegression as M
from theory.settings.min_norm import TunedRidge as T

gamma = M.p / M.n
u = 1 - gamma + M.lam
stieltjes = (sqrt(u**2 + 4 * gamma * M.lam) - u) / (2 * gamma * M.lam)  # m(−λ) > 0, root of γλm² + (1 − γ + λ)m − 1
slope = -diff(stieltjes, M.lam)  # m′(−λ)
risk = M.r2 * M.lam**2 * slope + M.s2 * gamma * (stieltjes - M.lam * slope)
best = M.s2 * gamma / M.r2


def at_ridge(ridge: Any) -> Any:
    """s2·γ·m(−ridge), which is the risk at the best ridge alone."""
    return M.s2 * gamma * stieltjes.subs(M.lam, ridge)


best_risk = at_ridge(best)
m, s, share = (Symbol(name, positive=True) for name in ("m", "s", "gamma"))
mode = (M.lam**2 * M.r2 / M.p + M.s2 * s / M.n) / (s + M.lam) ** 2  # risk of one eigenvalue s, over β ~ N(0, (r2/p) I)
fall, bend = symbols("fall bend", real=True)  # m′(−λ) and its derivative in λ
m_at = Function("m")(M.lam)
general = M.r2 * M.lam**2 * -diff(m_at, M.lam) + M.s2 * gamma * (m_at + M.lam * diff(m_at, M.lam))
BEST = [
    Identical(general.subs(diff(m_at, M.lam), -fall).subs(m_at, m), M.s2 * gamma * m, where={M.lam: best},
              because="at the best ridge what is left of the bias and of the variance cancels"),
    Identical(diff(general, M.lam).subs(diff(m_at, M.lam, 2), -bend).subs(diff(m_at, M.lam), -fall), 0,
              where={M.lam: best}, because="and the risk is stationary"),
    Inequality(mode.subs(M.lam, best), mode, because="over a Gaussian prior, at every eigenvalue"),
    Monotone(best_risk.subs(M.p, share * M.n), share, "increasing", because="no peak at p = n"),
]


def ladder(ratio: Rational) -> Asymptotic:
    """Sizes with `ratio` features a sample."""
    return Asymptotic(Ladder(M.n, [16, 32, 64, 128], tie={M.p: ratio * M.n}, rate=1))


SHARED = {
    "entry": "min_norm.ridge_optimal_lambda",
    "source": Source(
        "Dobriban, Wager 2018: High-dimensional asymptotics of prediction: ridge regression and classification; "
        "Hastie, Montanari, Rosset, Tibshirani 2022: Surprises in high-dimensional ridgeless least squares "
        "interpolation"
    ),
    "seeds": ["Rethinking Conventional Wisdom in Machine Learning"],
}  # fmt: skip

claims = [
    *(Claim(
        T, T.least, best_risk, ladder(ratio),
        quantity=name,
        title=f"Risk of optimally tuned ridge regression{words}",
        fixing={T.lam: 1},  # not read
        scaling=[Degree(1, T.r2, T.s2)],
        regime=[T.s2 < 10 * T.r2, T.r2 < 40 * T.s2],  # within the search, and not below its own spread
        points=[{T.r2: 1, T.s2: "0.25"}],
        steps=steps,
        wrong=[
            *([Wrong("best ridge without the aspect ratio", prediction=at_ridge(M.s2 / M.r2))] if ratio != 1 else []),
            Wrong("best ridge by features, not by their share", prediction=at_ridge(M.s2 * M.p / M.r2)),
            Wrong("twice, for bias and variance", prediction=2 * best_risk),
        ],
        figure=Curve(M.n, label=f"samples n, with {count} features"),
        **SHARED,
    ) for name, ratio, count, words, steps in (
        ("", Integer(2), "2n", "", BEST),
        ("narrow", Rational(1, 2), "n/2", ", half as many features as samples", BEST[:1]),
        ("square", Integer(1), "n", ", as many features as samples", BEST[:1]),
        ("wide", Integer(5), "5n", ", five times as many features as samples", BEST[:1]))),
    Claim(
        M, M.average_risk, risk, ladder(Integer(2)),
        quantity="risk",
        title="Risk of ridge regression at any ridge, twice as many features as samples",
        steps=[Solution(m, stieltjes, gamma * M.lam * m**2 + (1 - gamma + M.lam) * m - 1, unique=True,
                        given=[M.lam > 0], because="the Stieltjes transform of the Marchenko-Pastur law at −λ")],
        scaling=[Degree(1, M.r2, M.s2, pathwise=True)],
        points=[{M.lam: "0.2", M.r2: 1, M.s2: "0.5"}],
        wrong=[
            Wrong("ridge counted n times", prediction=risk.subs(M.lam, M.n * M.lam)),
            Wrong("variance not corrected for the bias of the resolvent",
                  prediction=M.r2 * M.lam**2 * slope + M.s2 * gamma * stieltjes),
        ],
        figure=Curve(M.n, label="samples n, with 2n features"),
        **SHARED,
    ),
    Claim(
        M, M.average_risk, risk, ladder(Integer(5)),
        quantity="risk_wide",
        title="Risk of ridge regression at any ridge, five times as many features as samples",
        scaling=[Degree(1, M.r2, M.s2, pathwise=True)],
        points=[{M.lam: "1", M.r2: 1, M.s2: "0.5"}],
        wrong=[
            Wrong("sign of the aspect ratio", prediction=risk.subs(M.p, M.n**2 / M.p)),
            Wrong("ridge counted n times", prediction=risk.subs(M.lam, M.n * M.lam)),
        ],
        figure=Curve(M.n, label="samples n, with 5n features"),
        **SHARED,
    ),
    Claim(
        T, T.best, T.s2 * T.p / (T.n * T.r2), Identity(),
        quantity="bayes",
        title="Averaged over the directions of β the best ridge is the same for every design",
        fixing={T.lam: 1},  # not read
        regime=[T.s2 * T.p < 10**4 * T.n * T.r2, T.n * T.r2 < 10**4 * T.s2 * T.p, T.n <= 100, T.p <= 100],
        points=[{T.n: 30, T.p: 50, T.r2: 1, T.s2: "0.4"}, {T.n: 60, T.p: 20, T.r2: 1, T.s2: 1}],
        steps=[
            Inequality(mode.subs(M.lam, best), mode, because="at every eigenvalue s of XᵀX/n, so for their sum"),
            Identical(diff(mode, M.lam).subs(M.lam, best), 0, because="stationary at every eigenvalue"),
        ],
        wrong=[
            Wrong("best ridge without the aspect ratio", prediction=T.s2 / T.r2,
                  at=[{T.n: 20, T.p: 100, T.r2: 1, T.s2: 1}]),
            Wrong("best ridge by features, not by their share", prediction=T.s2 * T.p / T.r2),
        ],
        figure=Curve(T.p, (10, 20, 30, 50, 80), fixing={T.n: 40, T.r2: 1, T.s2: 1}, label="features p at n = 40"),
        **SHARED,
    ),
    Claim(
        M, M.average_risk, None, Ordering(lower={M.lam: best}, upper={M.lam: 3 * best}, strict=True),
        quantity="least",
        title="Three times the best ridge raises the risk",
        fixing={M.lam: 1},  # both sides set their own
        points=[{M.n: 60, M.p: 40, M.r2: 1, M.s2: 1}, {M.n: 40, M.p: 40, M.r2: 1, M.s2: "0.5"}],
        regime=[M.s2 * 5 > M.r2, M.p < 4 * M.n, M.n < 4 * M.p, M.n + M.p < 160],  # elsewhere the minimum is flat
        steps=[Inequality(mode.subs(M.lam, best), mode.subs(M.lam, 3 * best), because="at every eigenvalue")],
        wrong=[
            Wrong("best ridge without the aspect ratio", at=[{M.n: 60, M.p: 20, M.r2: 1, M.s2: 1}],
                  relation=Ordering(lower={M.lam: M.s2 / M.r2}, upper={M.lam: M.s2 / M.r2 / 3}, strict=True)),
            Wrong("best ridge by features, not by their share", at=[{M.n: 60, M.p: 40, M.r2: 1, M.s2: 1}],
                  relation=Ordering(lower={M.lam: M.s2 * M.p / M.r2}, upper={M.lam: best}, strict=True)),
        ],
        **SHARED,
    ),
    Claim(
        M, M.average_risk, None,
        Ordering(lower={M.lam: best}, upper={M.p: 2 * M.p, M.lam: 2 * best}, strict=True),
        quantity="monotone",
        title="At the best ridge twice as many features never help: no peak at p = n",
        fixing={M.lam: 1},  # both sides set their own
        points=[{M.n: 40, M.p: 20, M.r2: 1, M.s2: "0.25"}, {M.n: 40, M.p: 40, M.r2: 1, M.s2: "0.25"}],
        regime=[M.n < 60, M.p < 4 * M.n, 2 * M.s2 < M.r2],
        wrong=[
            Wrong("a peak at p = n", at=[{M.n: 40, M.p: 40, M.r2: 1, M.s2: "0.25"}],
                  relation=Ordering(lower={M.p: 2 * M.p, M.lam: 2 * best}, upper={M.lam: best}, strict=True)),
            Wrong("the same without a ridge", at=[{M.n: 40, M.p: 50, M.r2: 1, M.s2: "0.2"}],
                  relation=Ordering(lower={M.lam: 0}, upper={M.lam: 0, M.p: 2 * M.p}, strict=True)),
        ],
        **SHARED,
    ),
]  # fmt: skip

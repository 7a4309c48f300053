"""Risk of ridge regression on isotropic features in the proportional limit, and at the best ridge."""

from sympy import Rational, Symbol, diff, sqrt

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
best_risk = M.s2 * gamma * stieltjes.subs(M.lam, best)
m, s, ratio = (Symbol(name, positive=True) for name in ("m", "s", "gamma"))
mode = (M.lam**2 * M.r2 / M.p + M.s2 * s / M.n) / (s + M.lam) ** 2  # risk of one eigenvalue s, over β ~ N(0, (r2/p) I)
ladder = Asymptotic(Ladder(M.n, [16, 32, 64, 128], tie={M.p: 2 * M.n}, rate=1))
wide = Asymptotic(Ladder(M.n, [16, 32, 64, 128], tie={M.p: 5 * M.n}, rate=1))
SHARED = {
    "entry": "min_norm.ridge_optimal_lambda",
    "source": Source(
        "Dobriban, Wager: High-dimensional asymptotics of prediction: ridge regression and classification; Hastie, "
        "Montanari, Rosset, Tibshirani: Surprises in high-dimensional ridgeless least squares interpolation"
    ),
    "seeds": ["Rethinking Conventional Wisdom in Machine Learning"],
}  # fmt: skip

claims = [
    Claim(
        M, M.average_risk, best_risk, ladder,
        title="Risk of optimally tuned ridge regression",
        fixing={M.lam: Rational(1, 2), M.r2: 1, M.s2: Rational(1, 4)},  # λ* = s2·γ/r2 at γ = 2
        steps=[
            Identical(risk.subs(M.lam, best), best_risk, because="bias and variance balance at the best ridge"),
            Identical(diff(risk, M.lam).subs(M.lam, best), 0, because="the best ridge is stationary"),
            Inequality(mode.subs(M.lam, best), mode, because="over a Gaussian prior, at every eigenvalue"),
            Monotone(best_risk.subs(M.p, ratio * M.n), ratio, "increasing", because="no peak at p = n"),
        ],
        wrong=[
            Wrong("best ridge without the aspect ratio", prediction=M.s2 * gamma * stieltjes.subs(M.lam, M.s2 / M.r2)),
            Wrong("best ridge by features, not by their share",
                  prediction=M.s2 * gamma * stieltjes.subs(M.lam, M.s2 * M.p / M.r2)),
        ],
        **SHARED,
    ),
    Claim(
        M, M.average_risk, risk, ladder,
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
        M, M.average_risk, risk, wide,
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
            Wrong("best ridge without the aspect ratio", prediction=T.s2 / T.r2),
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

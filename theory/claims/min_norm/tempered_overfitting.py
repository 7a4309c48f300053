"""How much interpolated noise hurts: as much as the noise itself for power laws, little for a spike and a long tail."""

from sympy import Integer, Symbol, gamma, integrate, oo, pi, sin, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.implicit import Root
from theory.proof import Assumed, Identical, Instances, Integration, Monotone
from theory.relation import Asymptotic, Ladder, Ordering
from theory.settings.min_norm import PowerLawNoise as P
from theory.settings.min_norm import TwoLevelNoise as T

kappa, x = Symbol("kappa", positive=True), Symbol("x", positive=True)
df1 = T.k / (1 + kappa) + (T.p - T.k) * T.eps / (T.eps + kappa)
df2 = T.k / (1 + kappa) ** 2 + (T.p - T.k) * T.eps**2 / (T.eps + kappa) ** 2
share, first, second = symbols("share first second", positive=True)  # first, second: moments of the tail
learned = 1 / (1 + x**P.alpha)  # of the mode at i = x·kappa^(-1/alpha)


def degrees(a: int) -> Integration:
    """∫ dx/(1 + x^a), the degrees of freedom in units of kappa^(-1/a)."""
    inner = 1 / (1 + x**a)
    return Integration(inner, x, 0, oo, (pi / a) / sin(pi / a), antiderivative=integrate(inner, x))


SHARED = {
    "entry": "min_norm.tempered_overfitting",
    "source": Source(
        "Bartlett, Long, Lugosi, Tsigler 2020: Benign overfitting in linear regression; Mallinar, Simon, Abedsoltan, "
        "Pandit, Belkin, Nakkiran 2022: Benign, Tempered, or Catastrophic: A Taxonomy of Overfitting"
    ),
    "seeds": ["More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory",
              "Implicit Regularization Leads to Benign Overfitting for Sparse Linear Regression"],
}  # fmt: skip
TRUNCATED = Ladder(P.n, [8, 16, 32, 64], tie={P.p: P.n**2}, rate=1)  # the modes left out weigh (n/p)^(alpha − 1)
SPIKED = Ladder(T.n, [8, 16, 32, 48], tie={T.p: T.n**2, T.eps: T.n**-2}, rate=1)
EFFECTIVE = Assumed("the variance is df2/(n − df2) with Σᵢ lᵢ/(lᵢ + kappa) = n", "min_norm.ridge_general_covariance")

claims = [
    Claim(
        P, P.variance, P.alpha - 1, Asymptotic(TRUNCATED),
        title="Tempered overfitting: interpolated noise adds alpha − 1 times itself to the error",
        assuming=[P.alpha > 1],
        regime=[P.alpha >= 2],  # below, modes beyond the last one still weigh too much
        points=[{P.alpha: 2}, {P.alpha: 3}],
        steps=[
            EFFECTIVE,
            Instances("∫ dx/(1 + x^a) = (π/a)/sin(π/a): df1 in units of kappa^(-1/a)", degrees, [2, 3, 4]),
            Assumed("∫₀¹ t^(−1/α)(1 − t)^(1/α − 1) dt = Γ(1 − 1/α)Γ(1/α), which is α∫ dx/(1 + x^α) with "
                    "t = 1/(1 + x^α)", "Euler's Beta integral"),
            Identical(gamma(1 - 1 / P.alpha) * gamma(1 / P.alpha) * sin(pi / P.alpha), pi,
                      because="reflection: df1 is (π/α)/sin(π/α) at every exponent, in units of kappa^(-1/α)"),
            Integration(learned - P.alpha * (learned - learned**2), x, 0, oo, 0, antiderivative=x * learned,
                        because="∫ learned² = (1 − 1/alpha)·∫ learned, so df2 = (1 − 1/alpha)·df1, and df1 = n"),
            Identical(share / (1 - share), P.alpha - 1, where={share: 1 - 1 / P.alpha},
                      because="df2/(n − df2) with df2 = share·n"),
        ],
        fails_at=[{P.alpha: "0.5"}],
        wrong=[
            Wrong("the inverse", prediction=1 / (P.alpha - 1), scale=P.alpha - 1, at=[{P.alpha: 3}]),
            Wrong("the noise itself counted", prediction=P.alpha),
            Wrong("power laws are benign", prediction=Integer(0), scale=1),
        ],
        figure=Curve(P.alpha, ("2", "2.25", "2.5", "2.75", "3"), log=False, label="exponent alpha"),
        **SHARED,
    ),
    Claim(
        T, T.variance, df2 / (T.n - df2),
        Asymptotic(Ladder(T.n, [20, 40, 80, 120], tie={T.p: 4 * T.n, T.k: T.n / 20}, rate=1)),
        quantity="levels",
        title="Interpolated noise where a few features stand out: variance from one effective ridge",
        roots=[Root(kappa, T.n - df1, unique="the left side increases in kappa")],
        points=[{T.eps: "0.0125"}, {T.eps: "0.05"}],
        regime=[T.eps >= 0.001],
        assuming=[T.p > T.n],
        steps=[EFFECTIVE, Monotone(T.n - df1, kappa, "increasing", given=[T.p > T.k],
                                   because="each mode is learned less under a larger ridge")],
        wrong=[
            Wrong("overfitting coefficient dropped", prediction=df2 / T.n),
            Wrong("leading order", prediction=T.k / T.n + T.n / T.p),
        ],
        figure=Curve(T.n, label="samples n, with 4n features, n/20 of which stand out"),
        **SHARED,
    ),
    Claim(
        T, T.variance, T.k / T.n + T.n / T.p, Asymptotic(SPIKED),
        quantity="benign",
        title="Benign overfitting: to leading order k/n for what stands out and n/p for the long tail",
        status="derived here",
        fixing={T.k: 2},
        steps=[
            EFFECTIVE,
            Identical(first**2 / second, T.p - T.k, given=[T.p > T.k],
                      where={first: (T.p - T.k) * T.eps, second: (T.p - T.k) * T.eps**2},
                      because="the effective rank R_k of the tail, so that n/R_k is n/p to leading order"),
        ],
        wrong=[
            Wrong("the tail is free", prediction=T.k / T.n),
            Wrong("what stands out is free", prediction=T.n / T.p),
            Wrong("the tail at first order", prediction=T.k / T.n + (T.n / T.p) ** 2),
        ],
        figure=Curve(T.n, label="samples n, with n² features, of which k stand out"),
        **SHARED,
    ),
    Claim(
        T, T.variance, None,
        Ordering(lower={T.n: 2 * T.n, T.p: 4 * T.p, T.eps: T.eps / 4}, upper={T.n: T.n}, strict=True),
        quantity="falls",
        title="Benign: twice the samples with four times the features halve what the noise adds",
        points=[{T.n: 20, T.p: 400, T.k: 2, T.eps: "0.0025"}, {T.n: 16, T.p: 200, T.k: 1, T.eps: "0.005"},
                {T.n: 24, T.p: 300, T.k: 3, T.eps: "0.002"}],
        regime=[T.n <= 48, T.p >= 10 * T.n, T.p <= 2400, T.eps * T.p < T.n / 4],
        steps=[EFFECTIVE],
        wrong=[
            Wrong("samples alone, nothing stands out", at=[{T.n: 20, T.p: 400, T.k: 0, T.eps: "0.005"}],
                  relation=Ordering(lower={T.n: 2 * T.n}, upper={T.n: T.n}, strict=True)),
            Wrong("fewer features are better", at=[{T.n: 20, T.p: 200, T.k: 0, T.eps: "0.005"}],
                  relation=Ordering(lower={T.p: T.p}, upper={T.p: 2 * T.p}, strict=True)),
        ],
        **SHARED,
    ),
    Claim(
        T, T.variance, None, Ordering(lower={T.p: 4 * T.n}, upper={T.p: T.n + 10}, strict=True),
        quantity="catastrophic",
        title="Catastrophic: with hardly more features than samples the noise is amplified",
        fixing={T.p: 100},  # both sides set their own
        points=[{T.n: 40, T.k: 0, T.eps: "0.1"}, {T.n: 60, T.k: 3, T.eps: "0.05"}],
        regime=[T.n >= 20, T.k < T.n / 4],
        steps=[EFFECTIVE, Monotone(T.n / (T.p - T.n), T.p, "decreasing", given=[T.p > T.n],
                                   because="df2/(n − df2) where all variances are equal")],
        wrong=[
            Wrong("the other way round",
                  relation=Ordering(lower={T.p: T.n + 10}, upper={T.p: 4 * T.n}, strict=True)),
            Wrong("noise is averaged, so that features do not matter",
                  relation=Ordering(lower={T.p: T.n + 10}, upper={T.p: 2 * T.n})),
        ],
        **SHARED,
    ),
]  # fmt: skip

"""Evidence lower bounds of a linear model: exact, factorised, isotropic, and with the fit weighted."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Symbol, log, pi, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs import linear_gaussian as lg
from theory.proof import Identical, Inequality, Solution
from theory.relation import Bound, Identity, Ordering
from theory.settings.estimation.variational import LinearGaussian as S

SHARED = {
    "entry": "estimation.elbo_linear_gaussian",
    "source": Source("Harvey, Petrov, Hughes 2025: Learning Hyperparameters via a Data-Emphasized Variational "
                     "Objective"),
    "seeds": ["Learning Hyperparameters via a Data-Emphasized Variational Objective"],
}  # fmt: skip
AT = {S.n: 10, S.p: 3, S.s2: 1, S.t2: 1, S.rho: "0.6", S.kappa: 3}
a, b, c, s, t = (Symbol(name, positive=True) for name in "abcst")
d, e, f, x, y = symbols("d e f feature response", real=True)
L, v = Symbol("L", positive=True), Symbol("v", positive=True)
m = x * y / (s * a)  # posterior mean of one weight seen once, a its precision
FIT = -log(2 * pi * s) / 2 - ((y - x * m) ** 2 + x**2 / a) / (2 * s)
DIVERGENCE = (1 / (a * t) + m**2 / t - 1 + log(a * t)) / 2
EVIDENCE = -log(2 * pi * s) / 2 - log(a * t) / 2 - y**2 / (2 * (s + x**2 * t))
misfit, k = symbols("misfit kappa", positive=True)
TILT = Identical(k * (-log(2 * pi * s) / 2 - misfit / (2 * s)),
                 -log(2 * pi * v) / 2 - misfit / (2 * v) + log(2 * pi * s / k) / 2 - k * log(2 * pi * s) / 2,
                 where={v: s / k}, because="of a sample with this mean squared misfit under q, kappa times the fit is "
                 "the fit at noise s2/kappa and constants: q is the best one at that noise")
HADAMARD = [
    Inequality(a * b - d**2, a * b, because="Hadamard's inequality, p = 2"),
    Inequality(a * b * c + 2 * d * e * f - a * f**2 - b * e**2 - c * d**2, a * b * c,
               given=[a * b > d**2, a * c > e**2, b * c > f**2,
                      a * b * c + 2 * d * e * f - a * f**2 - b * e**2 - c * d**2 > 0],
               because="Hadamard's inequality, p = 3"),
]  # fmt: skip


def of(program: Callable[..., Any], **weight: Any) -> Computed:
    return Computed([S.X, S.y], program, using={"s2": S.s2, "t2": S.t2, **weight}, error=1e-11)


evidence, gap, tilt = of(lg.log_evidence), of(lg.factorised_gap), {"kappa": S.kappa}
claims = [
    Claim(
        S, S.fit - S.divergence, evidence, Identity(),
        title="At the exact posterior the ELBO is the log evidence",
        scale=S.n,
        points=[AT],
        steps=[Identical((FIT - DIVERGENCE - EVIDENCE).subs(a, x**2 / s + 1 / t), 0, because="one weight, seen once")],
        wrong=[Wrong("divergence added", at=[AT], observable=S.fit + S.divergence),
               Wrong("kappa at work", at=[AT], prediction=of(lg.weighted_value, **tilt))],
        figure=Curve(S.t2, ("0.1", "0.3", "1", "3", "10"), fixing={S.n: 10, S.p: 3, S.s2: 1, S.rho: "0.6", S.kappa: 3},
                     label="prior variance t2"),
        **SHARED,
    ),
    Claim(
        S, S.fit - S.divergence - S.factorised, gap, Identity(),
        quantity="gap",
        title="The best factorised q loses ½(Σ log Λᵢᵢ − log det Λ)",
        scale=S.n,
        points=[AT],
        steps=HADAMARD,
        wrong=[Wrong("variances of the exact posterior", at=[AT], observable=S.fit - S.divergence - S.marginals),
               Wrong("no gap", at=[AT], prediction=0)],
        figure=Curve(S.t2, ("0.1", "0.3", "1", "3", "10"), fixing={S.n: 10, S.p: 3, S.s2: 1, S.rho: "0.6", S.kappa: 3},
                     label="prior variance t2"),
        **SHARED,
    ),
    Claim(
        S, S.factorised, S.fit - S.divergence, Bound("<="),
        quantity="lower_bound",
        title="The best factorised q has no larger ELBO than the posterior",
        scale=S.n,
        points=[AT],
        tight_at=[AT | {S.p: 1}],
        steps=HADAMARD,
        wrong=[Wrong("no larger than that of the marginals", at=[AT], prediction=S.marginals),
               Wrong("divergence counted twice", at=[AT], prediction=S.fit - 2 * S.divergence)],
        **SHARED,
    ),
    Claim(
        S, S.factorised_mean, of(lg.posterior_mean), Identity(),
        quantity="factorised_mean",
        title="The best factorised q has the posterior's mean",
        scale=1,
        points=[AT],
        wrong=[Wrong("at noise s2/kappa", at=[AT], prediction=of(lg.weighted_mean, **tilt)),
               Wrong("at half the noise", at=[AT], prediction=Computed(
                   [S.X, S.y], partial(lg.weighted_mean, kappa=2), using={"s2": S.s2, "t2": S.t2}))],
        **SHARED,
    ),
    Claim(
        S, S.factorised_variance, of(lg.factorised_variances), Identity(),
        quantity="factorised_variance",
        title="The best factorised q has the variances 1/Λᵢᵢ",
        points=[AT],
        steps=[Solution(v, 1 / L, (-L * v / 2 + log(v) / 2).diff(v), unique=True,
                        because="the ELBO reads −Λᵢᵢvᵢ/2 + log(vᵢ)/2 of each variance")],
        wrong=[Wrong("the posterior's variances", at=[AT], prediction=of(partial(lg.factorised_variances, power=-1))),
               Wrong("of the isotropic q", at=[AT], observable=S.isotropic_variance,
                     prediction=of(lg.mean_variance))],
        **SHARED,
    ),
    Claim(
        S, S.isotropic_variance, of(lg.isotropic_variance), Identity(),
        quantity="isotropic_variance",
        title="The best isotropic q has the variance p/tr Λ",
        points=[AT],
        steps=[Solution(v, S.p / L, (-L * v / 2 + S.p * log(v) / 2).diff(v), unique=True, because="L = tr Λ")],
        wrong=[Wrong("mean variance of the posterior", at=[AT], prediction=of(lg.mean_variance)),
               Wrong("prior variance", at=[AT], prediction=S.t2)],
        **SHARED,
    ),
    Claim(
        S, S.weighted_covariance, of(lg.weighted_covariance, **tilt), Identity(),
        quantity="weighted_covariance",
        title="With the fit weighted by kappa the best q has the posterior's covariance at noise s2/kappa",
        points=[AT],
        steps=[TILT],
        wrong=[Wrong("the posterior's", at=[AT], prediction=Computed(
                   [S.X, S.y], partial(lg.weighted_covariance, kappa=1), using={"s2": S.s2, "t2": S.t2})),
               Wrong("prior narrower too", at=[AT], prediction=Computed(
                   [S.X, S.y], lambda X, y, s2, t2, kappa: lg.weighted_covariance(X, y, s2=s2, t2=t2 / kappa,
                                                                                  kappa=kappa),
                   using={"s2": S.s2, "t2": S.t2, **tilt}))],
        **SHARED,
    ),
    Claim(
        S, S.weighted_mean, of(lg.weighted_mean, **tilt), Identity(),
        quantity="weighted_mean",
        title="With the fit weighted by kappa the best q has the posterior's mean at noise s2/kappa",
        scale=1,
        points=[AT],
        steps=[TILT],
        wrong=[Wrong("the posterior's", at=[AT], prediction=of(lg.posterior_mean)),
               Wrong("prior mean", at=[AT], prediction=0)],
        **SHARED,
    ),
    Claim(
        S, S.weighted, of(lg.weighted_value, **tilt), Identity(),
        quantity="weighted",
        title="Largest weighted ELBO: the log evidence at noise s2/kappa, and what the constants of the fit change",
        scale=S.n,
        points=[AT],
        steps=[TILT],
        wrong=[Wrong("kappa times the log evidence: divergence weighted too", at=[AT],
                     prediction=of(lg.kappa_evidence, **tilt)),
               Wrong("constants of the fit not weighted", at=[AT],
                     prediction=of(partial(lg.weighted_value, normalised=False), **tilt))],
        **SHARED,
    ),
    Claim(
        S, S.fit - S.divergence - S.factorised, None,
        Ordering(lower={S.t2: S.t2}, upper={S.t2: 2 * S.t2}, strict=True),
        quantity="prior",
        title="A wider prior costs the best factorised q more: learnt by its ELBO, t2 comes out too small",
        points=[AT, AT | {S.p: 2}, AT | {S.p: 4, S.t2: "0.3"}],
        regime=[S.p >= 2, S.rho >= 0.3],
        steps=[Inequality(1 / a, b / (a * b - d**2), given=[a * b > d**2],
                          because="1/Λᵢᵢ ≤ (Λ⁻¹)ᵢᵢ: the gap falls in 1/t2, by half of the sum of their differences")],
        wrong=[
            Wrong("less", at=[AT], relation=Ordering(lower={S.t2: 2 * S.t2}, upper={S.t2: S.t2}, strict=True)),
            Wrong("as more noise does", at=[AT],
                  relation=Ordering(lower={S.s2: S.s2}, upper={S.s2: 2 * S.s2}, strict=True)),
        ],
        **SHARED,
    ),
]  # fmt: skip

"""Zeros for values missing at random act as a ridge of known strength."""

from functools import partial

from sympy import Rational, Symbol, oo, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs.regression.weighted_ridge import factor_bias, imputation_bias
from theory.proof import Entries, Identical, Limit, Solution
from theory.relation import Exponent, Identity, Ladder
from theory.settings.regularisation.masks import ZeroImputation as S

rho, lam = S.rho, (1 - S.rho) / S.rho
READS, USING = [S.F, S.a, S.beta], {"rho": S.rho, "own": S.own}
AT = {S.d: 12, S.k: 2, rho: "0.7", S.s2: "0.3", S.own: "0.4", S.spread: "0.3", S.missing: "independent"}
LATENT = {**AT, S.own: 0, S.spread: 0}
ALONE = {**LATENT, S.own: 1}
SPOILT = [{**AT, S.missing: "together"}, {**AT, S.missing: "unequal"}]
LADDER = Ladder(S.d, (80, 160, 320, 640, 1280))
v, w1, w2, s11, s12, s22 = symbols("v w1 w2 s11 s12 s22", real=True)
c, g, b, w, m = (Symbol(name, real=True) for name in ("c0", "g", "b", "w", "m"))
strength, size = Symbol("strength", positive=True), Symbol("size", positive=True)
quadratic = w1**2 * s11 + 2 * w1 * w2 * s12 + w2**2 * s22
masked = (w1 / rho) ** 2 * rho * s11 + 2 * w1 * w2 / rho**2 * rho**2 * s12 + (w2 / rho) ** 2 * rho * s22


single, along, fitted = (Entries(name, S.k, real=True) for name in ("single", "along", "fitted"))
PUSH_THROUGH = Identical(total(single**2 * (along - fitted) ** 2) + strength * total(fitted**2),
                         strength * total((single * along) ** 2 / (single**2 + strength)),
                         where={fitted: single**2 * along / (single**2 + strength)},
                         because="least value of (β − w)ᵀFFᵀ(β − w) + λ‖w‖², along each singular pair of F")
STATIONARY = Solution(w, g**2 * b / (g**2 + strength), g**2 * (w - b) + strength * w, unique=True,
                      because="stationary along a singular pair of F, of value g")
SHARED = {
    "entry": "regularisation.zero_imputation_ridge",
    "source": Source("Ayme, Boyer, Dieuleveut, Scornet 2023: Naive imputation implicitly regularizes high-dimensional "
                     "linear models; the population part"),
    "seeds": ["Naive imputation implicitly regularizes high-dimensional linear models"],
}  # fmt: skip
claims = [
    Claim(
        S, S.imputed, S.full + lam * S.penalty, Identity(),
        title="With θ = w/ρ the imputed risk is the full risk plus (1 − ρ)/ρ Σ w_j²Σ_jj",
        fixing={S.missing: "independent"},
        points=[AT],
        steps=[Identical(v - 2 * rho * (w1 / rho) * s11 + masked, v - 2 * w1 * s11 + quadratic
                         + lam * (w1**2 * s11 + w2**2 * s22),
                         because="two coordinates: E m_i = E m_i² = ρ, E m_i m_j = ρ²")],
        wrong=[Wrong("λ = 1 − ρ", at=[AT], prediction=S.full + (1 - rho) * S.penalty),
               Wrong("θ = w, without 1/ρ", at=[AT], observable=S.unscaled)],
        fails_at=SPOILT,
        **SHARED,
    ),
    Claim(
        S, S.bias, Computed(READS, imputation_bias, using=USING), Identity(),
        quantity="best",
        title="The best linear prediction from imputed inputs is ridge regression, (1 − ρ)/ρ·Σ_jj to each weight",
        fixing={S.missing: "independent"},
        assuming=[S.own > 0],
        points=[AT],
        steps=[Identical(((w1 - b) ** 2 * s11 + strength * s11 * w1**2).diff(w1).subs(w1, b / (1 + strength)), 0,
                         because="one coordinate: minimal at β·ρ")],
        wrong=[Wrong("λ = 1 − ρ", at=[AT],
                     prediction=Computed(READS, partial(imputation_bias, odds=False), using=USING)),
               Wrong("plain ridge, Σ_jj left out", at=[AT],
                     prediction=Computed(READS, partial(imputation_bias, weighed=False), using=USING))],
        fails_at=SPOILT,
        **SHARED,
    ),
    Claim(
        S, S.bias, (1 - rho) * S.b2, Identity(),
        quantity="isotropic",
        scale=1 - rho,
        title="Isotropic inputs: imputation costs (1 − ρ)‖β‖²",
        fixing={S.missing: "independent", S.own: 1, S.spread: 0},
        points=[ALONE],
        steps=[Identical((b - w) ** 2 + lam * w**2, (1 - rho) * b**2, where={w: rho * b},
                         because="at the best weight, ρβ")],
        wrong=[Wrong("λ‖β‖²", at=[ALONE], prediction=lam * S.b2),
               Wrong("λ = 1 − ρ", at=[ALONE], prediction=(1 - rho) / (2 - rho) * S.b2)],
        figure=Curve(rho, ("0.3", "0.5", "0.7", "0.85", "0.95"), fixing={S.d: 12, S.k: 2, S.s2: "0.3"}, log=False),
        **SHARED,
    ),
    Claim(
        S, S.bias, Computed([S.F, S.c], factor_bias, using={"rho": rho}), Identity(),
        quantity="factors",
        title="Latent factors: imputation costs λ cᵀ(FᵀF + λI)⁻¹c, λ = (1 − ρ)/ρ",
        fixing={S.missing: "independent", S.own: 0, S.spread: 0},
        assuming=[S.d >= S.k + 3],
        points=[LATENT],
        fails_at=[{**LATENT, S.missing: "unequal"}],
        steps=[STATIONARY, PUSH_THROUGH],
        wrong=[Wrong("λ = 1 − ρ", at=[LATENT],
                     prediction=Computed([S.F, S.c], partial(factor_bias, odds=False), using={"rho": rho})),
               Wrong("as if isotropic", at=[LATENT], prediction=(1 - rho) * S.b2)],
        **SHARED,
    ),
    Claim(
        S, S.bias, lam / (S.d + lam), Identity(),
        quantity="one_factor",
        scale=lam / S.d,
        title="One factor, c = 1: imputation costs λ/(d + λ)",
        fixing={S.missing: "independent", S.own: 0, S.spread: 0, S.k: 1},
        points=[{**LATENT, S.k: 1}],
        steps=[Identical((c - g * w) ** 2 + strength * w**2, strength * c**2 / (m + strength),
                         where={w: g * c / (g**2 + strength), m: g**2}, because="k = 1, at the best weight")],
        wrong=[Wrong("λ = 1 − ρ", at=[{**LATENT, S.k: 1}], prediction=(1 - rho) / (S.d + 1 - rho)),
               Wrong("1/d", at=[{**LATENT, S.k: 1}], prediction=1 / S.d)],
        figure=Curve(S.d, (4, 8, 16, 32, 64, 128), fixing={rho: "0.7", S.s2: "0.3"}, label="inputs d"),
        **SHARED,
    ),
    Claim(
        S, S.bias, -1, Exponent(LADDER, correction=1),
        quantity="rate",
        title="With a few latent factors the cost of imputation falls like 1/d",
        fixing={S.missing: "independent", S.own: 0, S.spread: 0},
        points=[{S.k: 3, rho: "0.7", S.s2: "0.3"}, {S.k: 3, rho: "0.3", S.s2: "0.3"}],
        regime=[S.k <= 3, rho >= Rational(3, 10)],
        steps=[Limit(size, oo, strength * m, of=size * strength / (size / m + strength), given=[m > 0],
                     because="d times the cost as FᵀF becomes (d/k)·I, size = d, m = k and ‖c‖ = 1")],
        wrong=[Wrong("slope −1/2", prediction=-Rational(1, 2)),
               Wrong("no gain, as for isotropic inputs", prediction=0)],
        **SHARED,
    ),
]  # fmt: skip

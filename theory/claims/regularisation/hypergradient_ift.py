"""The derivative of a validation loss along the ridge: implicit, by a Neumann series, and inexact."""

from functools import partial

from sympy import Abs, Derivative, Symbol

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.regression.hypergradient import hypergradient, neumann
from theory.proof import Identical, Inequality
from theory.relation import Bound, Identity
from theory.settings.regularisation.bilevel import RidgeHyperparameter as S

READS, USING = [S.X, S.y, S.X_v, S.y_v], {"lam": S.lam}
SERIES = {**USING, "pace": S.pace, "K": S.K}
AT = {S.n: 30, S.p: 8, S.m: 40, S.lam: "0.5", S.pace: 1, S.K: 5, S.digits: 100, S.start: "solution"}
ALONE = {**AT, S.p: 1, S.pace: "0.5"}
e = 1 / S.digits
shrink = 1 - S.eta * S.mu
remainder = S.w_norm * S.g_norm * shrink**S.K / S.mu
linear = S.g_norm / S.mu + S.w_norm * S.curvature / S.mu + S.w_norm
error = Abs(S.inexact - S.hypergradient)
h, q, w, r, a, b, g, L = (Symbol(name, positive=True) for name in ("h", "q", "w", "r", "a", "b", "g", "L"))
mu, lam = Symbol("m0", positive=True), Symbol("lam0", positive=True)
fit, count = r / (h + lam), Symbol("count", integer=True, nonnegative=True)
whole, half = Symbol("whole", real=True), Symbol("half", real=True)


SHARED = {
    "entry": "regularisation.hypergradient_ift",
    "source": Source("Pedregosa 2016: Hyperparameter optimization with approximate gradient; Lorraine, Vicol, "
                     "Duvenaud 2020: Optimizing Millions of Hyperparameters by Implicit Differentiation; Salehi, "
                     "Mukherjee, Roberts, Ehrhardt 2023: An adaptively inexact first-order method for bilevel "
                     "optimization with application to hyperparameter learning, a setting of this kind; the inexact "
                     "bound derived here"),
    "seeds": ["Hyperparameter optimization with approximate gradient",
              "Optimizing Millions of Hyperparameters by Implicit Differentiation",
              "An adaptively inexact first-order method for bilevel optimization with application to hyperparameter "
              "learning", "Dataset Distillation with Convexified Implicit Gradients"],
    "fixing": {S.start: "solution"},
}  # fmt: skip


def unrolled(steps: object) -> object:
    """dw_K/dλ after so many steps from w, in an eigendirection."""
    return -w * (1 - (1 - q * h) ** steps) / h


SERIES_REST = Identical((1 - q * h) ** count / h - (1 - q * h) ** (count + 1) / h, q * (1 - q * h) ** count,
                        everywhere=True, because="in an eigendirection; added up from 1/h at count 0, "
                        "1/h − η Σ_{j<K} (1 − ηh)^j = (1 − ηh)^K/h")
claims = [
    Claim(
        S, S.hypergradient, Computed(READS, hypergradient, using=USING), Identity(),
        title="dF/dλ = −wᵀH⁻¹∇F(w)",
        scale=1,
        points=[AT],
        steps=[Identical(Derivative(fit, lam), -fit / (h + lam), everywhere=True,
                         because="Hw = Xᵀy/n differentiated: H·dw/dλ = −w, in an eigendirection")],
        wrong=[Wrong("sign +", at=[AT], prediction=Computed(READS, partial(hypergradient, sign=1.0), using=USING)),
               Wrong("Xᵀy in the place of w", at=[AT],
                     prediction=Computed(READS, partial(hypergradient, weights=False), using=USING))],
        **SHARED,
    ),
    Claim(
        S, S.unrolled, Computed(READS, neumann, using=SERIES), Identity(),
        quantity="neumann",
        title="K terms of the Neumann series are K steps of descent from the solution, differentiated",
        scale=1,
        points=[AT],
        fails_at=[{**AT, S.start: "zero"}],
        steps=[Identical((1 - q * h) * unrolled(count) - q * w, unrolled(count + 1), everywhere=True,
                         because="a step at w differentiated along λ, in an eigendirection: −ηw Σ_{j<K} (1 − ηh)^j")],
        wrong=[Wrong("one term more", at=[AT], prediction=Computed(READS, partial(neumann, more=1), using=SERIES)),
               Wrong("sign +", at=[AT], prediction=Computed(READS, partial(neumann, sign=1.0), using=SERIES))],
        **SHARED,
    ),
    Claim(
        S, Abs(S.unrolled - S.hypergradient), remainder, Bound("<="),
        quantity="remainder",
        title="It misses dF/dλ by at most ‖w‖ ‖∇F‖ (1 − ημ)^K/μ",
        points=[AT, {**AT, S.K: 1}],
        tight_at=[ALONE],
        steps=[SERIES_REST,
               Inequality(0, 1 - q * h, given=[q * h <= 1], because="η ≤ 1/‖H‖: what is left never changes its sign …"),
               Inequality(1 - q * h, 1 - q * mu, given=[h >= mu], because="… and is largest in the flattest direction"),
               Inequality(1 / h, 1 / mu, given=[h >= mu], because="as is 1/h")],
        wrong=[Wrong("(1 − ημ)^2K", at=[ALONE], prediction=remainder * shrink**S.K),
               Wrong("1/μ is missing", at=[{**ALONE, S.lam: "0.05", S.n: 60}], prediction=remainder * S.mu)],
        figure=Curve(S.K, (1, 2, 4, 8, 16), fixing={key: AT[key] for key in (S.n, S.p, S.m, S.lam, S.pace, S.digits)},
                     label="terms K"),
        **SHARED,
    ),
    Claim(
        S, error, e * linear + e**2 * (S.curvature / S.mu + 1), Bound("<="),
        quantity="inexact",
        title="With both problems solved up to ε the error is at most ε(‖g‖/μ + ‖w‖L/μ + ‖w‖) + ε²(L/μ + 1)",
        status="derived here",
        points=[AT, {**AT, S.digits: 10}],
        steps=[Identical((w + a) * (q + b) - w * q, a * (q + b) + w * b, everywhere=True,
                         because="w̃ᵀq̃ − wᵀq, in one dimension: a = w̃ − w, b = q̃ − q"),
               Identical(a * (g / mu + a * (1 + L / mu)) + w * a * (1 + L / mu),
                         a * (g / mu + w * L / mu + w) + a**2 * (L / mu + 1), everywhere=True,
                         because="norms, a = ε: ‖q‖ ≤ ‖g‖/μ, and ‖q̃ − q‖ ≤ ε + ‖H⁻¹‖Lε")],
        wrong=[Wrong("ε² alone", at=[AT], prediction=e**2 * (S.curvature / S.mu + 1)),
               Wrong("a tenth of it", at=[{**AT, S.p: 2}], prediction=e * linear / 10)],
        figure=Curve(S.digits, (10, 30, 100, 300, 1000), label="1/ε",
                     fixing={key: AT[key] for key in (S.n, S.p, S.m, S.lam, S.pace, S.K)}),
        **SHARED,
    ),
    Claim(
        S, Abs(S.inexact - 2 * S.halved + S.hypergradient), e**2 / 2 * (S.curvature / S.mu + 1), Bound("<="),
        quantity="rate",
        title="The error is of first order in ε: half of ε halves it, up to ε²(L/μ + 1)/2",
        status="derived here",
        points=[AT, {**AT, S.digits: 10}],
        tight_at=[{**ALONE, S.digits: 10}],
        steps=[Identical(whole - 2 * half, w * h**2 / 2, everywhere=True,
                         where={whole: q * h + w * h**2, half: q * h / 2 + w * (h / 2) ** 2},
                         because="h is ε: what is linear drops out")],
        wrong=[Wrong("of second order: half of ε leaves a quarter", at=[AT],
                     observable=Abs(S.inexact - 4 * S.halved + 3 * S.hypergradient)),
               Wrong("half of that", at=[{**ALONE, S.digits: 10}], prediction=e**2 / 4 * (S.curvature / S.mu + 1))],
        **SHARED,
    ),
]  # fmt: skip

"""Two regularisers that bound a condition number from above and from below, and what it does to descent."""

from sympy import Derivative, Symbol, log, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.proof import Entries, Identical, Implication, Inequality
from theory.relation import Bound, Identity
from theory.settings.regularisation.matrices import Conditioning as S

p, t = S.p, S.t
well, ill = S.top2 / 2 - S.frobenius / (2 * p), S.frobenius / (2 * p) - S.bottom2 / 2
kappa_H = S.top2 / S.bottom2
rate = (kappa_H - 1) / (kappa_H + 1)
AT = {p: 5, S.spread: "0.6", S.kernel: "0.5", t: 20, S.spectrum: "random", S.optimiser: "descent"}
ONE = {**AT, S.spectrum: "one small"}
EQUAL = {**AT, S.spread: 0}
x, L, mu = Symbol("x", positive=True), Symbol("L", positive=True), Symbol("mu", positive=True)


top, bottom = symbols("top bottom", positive=True)
middle, gap = Entries("middle", p - 2, positive=True), Entries("gap", p - 2, nonnegative=True)
MEAN_BELOW = Inequality(top + total(middle) + bottom, (p - 1) * top + bottom, where={middle: top - gap},
                        slack=total(gap), because="squares: one is s_p², none of the others above s₁²")
MEAN_ABOVE = Inequality(top + (p - 1) * bottom, top + total(middle) + bottom, where={middle: bottom + gap},
                        slack=total(gap), because="squares: one is s₁², none of the others below s_p²")
SHARED = {
    "entry": "regularisation.condition_number_bounds",
    "source": Source("Zheng, Bai, Bullins, Yeh 2025: Model Immunization from a Condition Number Perspective: the two "
                     "regularisers as recalled; the inequalities derived here", "https://arxiv.org/abs/2505.23760"),
    "seeds": ["Model Immunization from a Condition Number Perspective"],
    "status": "derived here",
}  # fmt: skip
claims = [
    Claim(
        S, S.top2 / 2, S.frobenius / (2 * p) + (S.top2 - S.bottom2) / (2 * p), Bound(">="),
        title="R_well = s₁²/2 − ‖S‖²/(2p) ≥ (s₁² − s_p²)/(2p) ≥ 0, so 0 only where all s are equal",
        points=[AT, ONE],
        tight_at=[EQUAL],
        steps=[MEAN_BELOW],
        wrong=[Wrong("without 1/p", at=[AT], prediction=S.frobenius / 2),
               Wrong("twice that room", at=[ONE], prediction=S.frobenius / (2 * p) + (S.top2 - S.bottom2) / p)],
        **SHARED,
    ),
    Claim(
        S, S.frobenius / (2 * p), S.bottom2 / 2 + (S.top2 - S.bottom2) / (2 * p), Bound(">="),
        quantity="ill",
        title="1/R_ill = ‖S‖²/(2p) − s_p²/2 ≥ (s₁² − s_p²)/(2p) ≥ 0, so 0 only where all s are equal",
        points=[AT, ONE],
        tight_at=[EQUAL, {**AT, p: 2}],
        steps=[MEAN_ABOVE],
        wrong=[Wrong("s₁ in place of s_p", at=[AT], prediction=S.top2 / 2),
               Wrong("twice that room", at=[{**AT, p: 2}], prediction=S.bottom2 / 2 + (S.top2 - S.bottom2) / p)],
        **SHARED,
    ),
    Claim(
        S, log(S.kappa), p * well / S.bottom2, Bound("<="),
        quantity="upper",
        title="κ ≤ exp(p·R_well/s_p²)",
        points=[AT, ONE],
        tight_at=[{**ONE, S.spread: "0.01"}],
        steps=[Identical(Derivative((x - log(1 + x)) / 2, x), x / (2 * (1 + x)), because="log κ ≤ x/2, x = κ² − 1, …"),
               Inequality(0, x / (2 * (1 + x)), because="… as their difference is 0 at x = 0, and grows")],
        wrong=[Wrong("p is missing", at=[ONE], prediction=well / S.bottom2),
               Wrong("s₁ in place of s_p", at=[{**ONE, S.spread: 2}], prediction=p * well / S.top2)],
        figure=Curve(S.spread, ("0.02", "0.05", "0.1", "0.2", "0.4"), fixing={**AT, p: 3},
                     label="spread of log s"),
        **SHARED,
    ),
    Claim(
        S, log(S.kappa), ill / S.top2, Bound(">="),
        quantity="lower",
        title="κ ≥ exp((1/R_ill)/s₁²)",
        points=[AT, ONE, {**AT, p: 2, S.spread: 2}],
        tight_at=[{**ONE, p: 50, S.spread: "0.01"}],
        steps=[Identical(Derivative((log(1 + x) - 1 + 1 / (1 + x)) / 2, x), x / (2 * (1 + x) ** 2),
                         because="log κ ≥ (1 − κ⁻²)/2, x = κ² − 1, …"),
               Inequality(0, x / (2 * (1 + x) ** 2), because="… as their difference is 0 at x = 0, and grows")],
        wrong=[Wrong("s_p in place of s₁", at=[{**AT, S.spread: 2}], prediction=ill / S.bottom2),
               Wrong("times p", at=[{**AT, S.spread: "0.2", p: 12}], prediction=p * ill / S.top2)],
        **SHARED,
    ),
    Claim(
        S, S.left, rate**t, Identity(),
        quantity="rate",
        title="Descent with the best constant step shrinks by (κ_H − 1)/(κ_H + 1), κ_H = κ²",
        fixing={S.optimiser: "descent"},
        scale=1,
        points=[{**AT, p: 12}],
        fails_at=[{**AT, p: 12, S.optimiser: "preconditioned"}],
        steps=[Identical(1 - 2 / (L + mu) * mu, (L / mu - 1) / (L / mu + 1), because="slow mode"),
               Identical(2 / (L + mu) * L - 1, (L / mu - 1) / (L / mu + 1), because="quick mode"),
               Implication([x >= mu, x <= L], (1 - 2 * x / (L + mu)) ** 2 <= ((L - mu) / (L + mu)) ** 2,
                           because="no other mode is slower")],
        wrong=[Wrong("1 − 1/κ", at=[{**AT, p: 12}], prediction=(1 - 1 / kappa_H) ** t),
               Wrong("κ of S", at=[{**AT, p: 12}], prediction=((S.kappa - 1) / (S.kappa + 1)) ** t)],
        **SHARED,
    ),
    Claim(
        S, S.probe, S.kappa**2 * S.kappa_kernel, Bound("<="),
        quantity="probe",
        title="A linear probe's Hessian has κ(SKSᵀ) ≤ κ(S)² κ(K)",
        points=[AT],
        tight_at=[{**AT, S.kernel: 0}],
        wrong=[Wrong("κ(S) not squared", at=[{**AT, S.kernel: 0}], prediction=S.kappa * S.kappa_kernel),
               Wrong("κ(S)² alone", at=[{**AT, p: 2, S.kernel: 2, S.spread: "0.1"}], prediction=S.kappa**2)],
        **SHARED,
    ),
]  # fmt: skip

"""Gradient descent on least squares: every iterate, the limit nearest to the start, and the length of the way there."""

from functools import partial
from typing import Any

from sympy import Abs, Derivative, exp, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs.regression.least_squares import along_mode, descent_limit, descent_path, least_norm
from theory.proof import Degree, Entries, Identical, Inequality, Integration
from theory.relation import Bound, Identity, Threshold
from theory.settings.implicit_bias.least_squares import STEPS
from theory.settings.implicit_bias.least_squares import LeastSquaresDescent as S

READS = [S.X, S.y, S.start]
USING = {"eta": S.eta}
DESCENT = {S.optimiser: "descent"}
AT = {S.n: 15, S.p: 40, S.lam: 1, S.eta: 1, S.r0: 1, S.time: 5, S.mode: 3}
TIGHT = {**AT, S.n: 1, S.mode: 1}
OTHERS = [{**AT, S.optimiser: "adam", S.eta: "0.01"}, {**AT, S.optimiser: "coordinate"}]
mu, L, L0 = symbols("mu L L0", positive=True)
s, t = symbols("s t", positive=True)
u, w = symbols("u w", real=True)
gap, errors = Entries("gap", S.n, nonnegative=True), Entries("errors", S.n, real=True)  # one for every mode


def along(**changed: Any) -> Computed:
    """What is left along one singular vector."""
    return Computed([S.X], partial(along_mode, steps=STEPS, **changed), using={"eta": S.eta, "mode": S.mode})


SQUARES = mu * S.n + gap  # s², with the least one μn
BELOW = Inequality(mu * S.n * total(SQUARES * errors**2), total(SQUARES**2 * errors**2), everywhere=True,
                   slack=total(gap * SQUARES * errors**2), because="‖∇L‖² ≥ 2μL, in the eigenbasis")
SHARED = {
    "entry": "implicit_bias.gd_min_norm_path",
    "source": Source("Folklore; the length by the Łojasiewicz inequality, as in Liu, Yang, Hayou, Li 2022: From "
                     "Optimization Dynamics to Generalization Bounds via Łojasiewicz Gradient Inequality",
                     "https://arxiv.org/abs/2202.10670"),
    "seeds": ["From Optimization Dynamics to Generalization Bounds via Lojasiewicz Gradient Inequality"],
}  # fmt: skip
TALL = {**AT, S.n: 20, S.p: 5}
ALONG = Identical(w - S.eta * s * (s * w - u) / S.n - u / s, (1 - S.eta * s**2 / S.n) * (w - u / s), everywhere=True,
                  because="a step of L = (1/2n) Σ (s·w − u)² along one pair of singular vectors")

claims = [
    Claim(
        S, S.limit, Computed(READS, descent_limit), Identity(excluded=0.03),
        title="Gradient descent ends at the minimiser nearest to its start, w₀ + X⁺(y − Xw₀)",
        fixing=DESCENT,
        assuming=[S.eta * S.lam < 2, S.p >= 2 * S.n],
        points=[AT, {**AT, S.r0: 0}],
        fails_at=OTHERS,
        steps=[ALONG, Inequality(Abs(1 - S.eta * s**2 / S.n), 1, strict=True, given=[s**2 <= S.n * S.lam],
                                 because="so every error with s > 0 vanishes, and what X does not see stays")],
        wrong=[Wrong("least norm whatever the start", at=[AT], prediction=Computed(READS, least_norm)),
               Wrong("Adam ends there, too", at=[{**AT, S.eta: "0.01"}], fixing={S.optimiser: "adam"}),
               Wrong("coordinate descent, too", at=[AT], fixing={S.optimiser: "coordinate"})],
        **SHARED,
    ),
    Claim(
        S, S.path, Computed(READS, descent_path, using=USING), Identity(excluded=0.03),
        quantity="iterates",
        title="Every iterate: the error along a singular vector shrinks by 1 − ηs²/n in each step",
        fixing=DESCENT,
        points=[AT, {**AT, S.n: 40, S.p: 15}],
        fails_at=OTHERS,
        wrong=[Wrong("1/n is missing", at=[AT],
                     prediction=Computed(READS, partial(descent_path, per_sample=False), using=USING)),
               Wrong("shrinks like the flow, by exp(−ηs²/n)", at=[AT],
                     prediction=Computed(READS, partial(descent_path, flow=True), using=USING))],
        steps=[ALONG],
        **SHARED,
    ),
    Claim(
        S, S.remaining, along(), Identity(excluded=0.03),
        quantity="modes",
        title="Along a singular vector the distance to the limit shrinks like (1 − ηs²/n)^t",
        fixing=DESCENT,
        assuming=[S.eta * S.lam < 2, S.p >= 2 * S.n],
        scale=1,
        points=[{**AT, S.eta: "0.5", S.mode: mode} for mode in (1, 5, 15)],
        steps=[ALONG],
        wrong=[Wrong("1/n is missing", at=[AT], prediction=along(per_sample=False)),
               Wrong("s in place of s²", at=[AT], prediction=along(power=1)),
               Wrong("coordinate descent, too", at=[AT], fixing={S.optimiser: "coordinate"})],
        figure=Curve(S.step, log=False, label="step t"),
        **SHARED,
    ),
    Claim(
        S, S.start_slope2, 2 * S.smallest * S.start_loss, Bound(">=", excluded=0.03),
        quantity="inequality",
        title="Łojasiewicz: ‖∇L‖² ≥ 2μL, μ = s_min²/n",
        fixing=DESCENT,
        assuming=[S.p >= 2 * S.n],
        points=[AT],
        tight_at=[TIGHT],
        fails_at=[TALL],
        steps=[BELOW],
        wrong=[Wrong("the largest eigenvalue", at=[AT], prediction=2 * S.largest * S.start_loss),
               Wrong("4μL", at=[TIGHT], prediction=4 * S.smallest * S.start_loss)],
        **SHARED,
    ),
    Claim(
        S, S.growth, 2 / S.lam, Threshold(of=S.eta, excluded=0.03),
        quantity="edge",
        title="Steps beyond 2/λ_max diverge, smaller ones do not",
        fixing=DESCENT,
        assuming=[S.p >= 2 * S.n],
        points=[AT],
        scaling=[Degree(-1, S.lam)],
        steps=[Inequality(Abs(1 - S.eta * S.lam), 1, given=[S.eta <= 2 / S.lam], because="the top mode")],
        wrong=[Wrong("1/λ_max", at=[AT], prediction=1 / S.lam), Wrong("4/λ_max", at=[AT], prediction=4 / S.lam)],
        **SHARED,
    ),
    Claim(
        S, S.flow_loss, S.start_loss * exp(-2 * S.smallest * S.time), Bound("<=", excluded=0.03),
        quantity="rate",
        title="The loss of the gradient flow falls at least like exp(−2μt), μ the smallest eigenvalue other than 0",
        steps=[BELOW,
               Identical(Derivative(L0 * exp(-2 * mu * t), t), -2 * mu * (L0 * exp(-2 * mu * t)),
                         because="L′ = −‖∇L‖² ≤ −2μL, with equality for a single mode", everywhere=True)],
        wrong=[Wrong("the largest eigenvalue", at=[AT], prediction=S.start_loss * exp(-2 * S.largest * S.time)),
               Wrong("exp(−4μt)", at=[TIGHT], prediction=S.start_loss * exp(-4 * S.smallest * S.time))],
        figure=Curve(S.time, ["0.5", 1, 2, 4, 7, 10], {**AT, S.n: 5}, label="time"),
        fixing=DESCENT,
        assuming=[S.p >= 2 * S.n],
        points=[AT],
        tight_at=[TIGHT],
        fails_at=[TALL],
        **SHARED,
    ),
    Claim(
        S, S.length, sqrt(2 * S.start_loss / S.smallest), Bound("<=", excluded=0.03),
        quantity="length",
        title="The flow is at most ‖Xw₀ − y‖/s_min long",
        steps=[Integration(1 / sqrt(2 * mu * L), L, 0, L0, sqrt(2 * L0 / mu),
                           antiderivative=2 * sqrt(L) / sqrt(2 * mu), everywhere=True,
                           because="‖w′‖ dt = ‖∇L‖ dt = −dL/‖∇L‖ ≤ −dL/√(2μL)"),
               BELOW],
        wrong=[Wrong("the largest eigenvalue", at=[AT], prediction=sqrt(2 * S.start_loss / S.largest)),
               Wrong("√L₀/√(2μ)", at=[TIGHT], prediction=sqrt(S.start_loss / (2 * S.smallest)))],
        fixing=DESCENT,
        points=[AT, TALL],
        tight_at=[TIGHT],
        **SHARED,
    ),
]  # fmt: skip

"""Separable tasks learnt in turn with vanishing regularisation: sequential projections to their margin sets."""

from sympy import Eq, Rational, Symbol, log, sqrt, symbols

from theory.claim import Claim, Source, Wrong
from theory.proof import Implication
from theory.relation import Bound, Equality
from theory.settings.implicit_bias.continual import ContinualTasks as S

SHARED = {
    "entry": "implicit_bias.continual_weak_reg_pocs",
    "source": Source("Evron, Moroshko, Buzaglo, Khriesh, Marjieh, Srebro, Soudry 2023: Continual Learning in Linear "
                     "Classification on Separable Data; the Fejér part derived here"),
    "seeds": ["Continual Learning in Linear Classification on Separable Data"],
}  # fmt: skip
AT = {S.steps: 5, S.apart: "0.7", S.Lam: 1000}
a, b, c = (Symbol(name, real=True) for name in "abc")  # ‖w − w*‖², ⟨w − Pw, w* − Pw⟩, ‖w − Pw‖²
x, y, t = symbols("x y t", real=True)
FEJER = [
    Implication([Eq(Symbol("d", real=True), a - c + 2 * b), b <= 0], Symbol("d", real=True) <= a - c, everywhere=True,
                because="‖Pw − w*‖² = ‖w − w*‖² − ‖w − Pw‖² + 2⟨w − Pw, w* − Pw⟩, the last one ≤ 0"),
    Implication([t >= 0, x >= 1], (0 - t) * (x - 1) <= 0, everywhere=True,
                because="⟨w − Pw, w* − Pw⟩ for the half-plane x ≥ 1: w = (1 − t, y), Pw = (1, y), w* = (x, ·)"),
]  # fmt: skip

claims = [
    Claim(
        S, S.share, 1, Equality(),
        title="w_k/log(1/λ) is ω_k, the point of C_k nearest to ω_{k−1}, up to log Λ/Λ, Λ = log(1/λ) from 2000",
        assuming=[S.Lam >= 2000],
        points=[{**AT, S.Lam: 4000}, {**AT, S.Lam: 2000, S.steps: 2}],
        wrong=[Wrong("twice it", prediction=2), Wrong("half of it", prediction=Rational(1, 2))],
        **SHARED,
    ),
    Claim(
        S, S.error, 2 * log(S.Lam) / S.Lam, Bound("<=", excluded=0.03),
        quantity="error",
        title="The relative error is O(log Λ/Λ), Λ = log(1/λ): below 2 log(Λ)/Λ",
        status="derived here",
        assuming=[S.Lam >= 100],
        points=[AT, {**AT, S.Lam: 100}, {**AT, S.Lam: 10000, S.steps: 8}],
        wrong=[Wrong("2/Λ, without the logarithm", at=[AT], prediction=2 / S.Lam),
               Wrong("the projection of the weights unscaled", at=[AT], observable=S.unscaled)],
        **SHARED,
    ),
    Claim(
        S, 1 + S.approach, 1, Bound("<=", excluded=0.03),
        quantity="fejer",
        title="No projection moves away from the offline solution w*",
        points=[AT, {**AT, S.steps: 20}],
        steps=FEJER,
        wrong=[Wrong("it comes nearer by 1/100 each time", at=[AT], observable=1 + S.approach + 0.01),
               Wrong("it moves away", at=[AT], relation=Bound(">=", excluded=0.03))],
        **SHARED,
    ),
    Claim(
        S, S.moved, S.offline - S.rest, Bound("<=", excluded=0.03),
        quantity="sum",
        title="Σ ‖ω_k − ω_{k−1}‖² ≤ ‖w*‖² − ‖ω_K − w*‖²",
        points=[AT, {**AT, S.steps: 20}],
        steps=FEJER,
        wrong=[Wrong("‖w*‖ in place of its square", at=[AT], prediction=sqrt(S.offline) - S.rest),
               Wrong("half of it", at=[AT], prediction=S.offline / 2 - S.rest)],
        **SHARED,
    ),
    Claim(
        S, S.nearest, S.offline / S.steps, Bound("<=", excluded=0.03),
        quantity="nearest",
        title="Within K steps the distance to the next set has been at most ‖w*‖/√K",
        points=[AT, {**AT, S.steps: 20}, {**AT, S.steps: 2}],
        steps=FEJER,
        wrong=[Wrong("a hundredth of it", at=[{**AT, S.steps: 2}], prediction=S.offline / (10000 * S.steps)),
               Wrong("never below it", at=[AT], relation=Bound(">=", excluded=0.03))],
        **SHARED,
    ),
]  # fmt: skip

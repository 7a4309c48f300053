"""Separable tasks learnt in turn with vanishing regularisation: sequential projections to their margin sets."""

from sympy import Rational, Symbol, exp, log, oo, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Implication, Limit, Solution
from theory.relation import Bound, Equality, Probability
from theory.settings.implicit_bias.continual import ContinualTasks as S

SHARED = {
    "entry": "implicit_bias.continual_weak_reg_pocs",
    "source": Source("Evron, Moroshko, Buzaglo, Khriesh, Marjieh, Srebro, Soudry 2023: Continual Learning in Linear "
                     "Classification on Separable Data; the Fejér part derived here", "https://arxiv.org/abs/2306.03534"),
    "seeds": ["Continual Learning in Linear Classification on Separable Data"],
}  # fmt: skip
TOGETHER = {S.tasks: "separable"}
AT = {S.steps: 5, S.apart: 3, S.Lam: 1000, **TOGETHER}
LONG, FIRST = {**AT, S.steps: 20}, {**AT, S.steps: 2}
OPPOSED = {**AT, S.steps: 20, S.tasks: "opposed"}
w1, w2, p1, p2, x1, x2, y, t = symbols("w1 w2 p1 p2 x1 x2 y t", real=True)  # of w, Pw and w* in the plane
INWARDS = (w1 - p1) * (x1 - p1) + (w2 - p2) * (x2 - p2)
FEJER = [
    Implication([INWARDS <= 0],
                (p1 - x1) ** 2 + (p2 - x2) ** 2 <= (w1 - x1) ** 2 + (w2 - x2) ** 2 - (w1 - p1) ** 2 - (w2 - p2) ** 2,
                everywhere=True, because="‖Pw − w*‖² ≤ ‖w − w*‖² − ‖w − Pw‖² where ⟨w − Pw, w* − Pw⟩ ≤ 0"),
    Implication([t >= 0, x1 >= 1], INWARDS.subs({w1: 1 - t, p1: 1, w2: y, p2: y}) <= 0, everywhere=True,
                because="so it is for the half-plane x ≥ 1: w = (1 − t, y), Pw = (1, y)"),
]  # fmt: skip
L, a, m = Symbol("L", positive=True), Symbol("a", positive=True), Symbol("m", real=True)
before, middle, after, K = (Symbol(name, positive=True) for name in ("before", "middle", "after", "K"))
SUMMED = Implication([t <= before - middle, y <= middle - after], t + y <= before - after, everywhere=True,
                     because="two steps, and so on: what lies between cancels")
LEAST = Implication([K * t <= y], t <= y / K, everywhere=True, because="K times the least square is at most their sum")

claims = [
    Claim(
        S, S.share, 1, Equality(),
        title="w_k/log(1/λ) is ω_k, the point of C_k nearest to ω_{k−1}, up to log Λ/Λ, Λ = log(1/λ) from 2000",
        fixing=TOGETHER,
        assuming=[S.Lam >= 2000],
        points=[{**AT, S.Lam: 4000}, {**FIRST, S.Lam: 2000}],
        steps=[Solution(m, L - log(L) - log(a), exp(L - m) - a * L, unique=True,
                        because="w − w_{k−1} = Σ e^(Λ − z·w) z: a multiplier aΛ of a sample leaves it a margin of "
                        "Λ − log Λ − log a"),
               Limit(L, oo, 1, of=(L - log(L) - log(a)) / L, everywhere=True,
                     because="1 after division by Λ, as for the nearest point of C_k")],
        wrong=[Wrong("twice it", prediction=2), Wrong("half of it", prediction=Rational(1, 2))],
        **SHARED,
    ),
    Claim(
        S, S.error, 2 * log(S.Lam) / S.Lam, Bound("<=", Probability(Rational(19, 20))),
        quantity="error",
        title="The relative error is O(log Λ/Λ), Λ = log(1/λ): below 2 log(Λ)/Λ in 19 draws of 20",
        status="empirical",
        fixing=TOGETHER,
        assuming=[S.Lam >= 100],
        points=[AT, {**FIRST, S.Lam: 100}, {**AT, S.Lam: 10000, S.steps: 8}],
        wrong=[Wrong("2/Λ, without the logarithm", at=[AT], prediction=2 / S.Lam),
               Wrong("the projection of the weights unscaled", at=[AT], observable=S.unscaled)],
        figure=Curve(S.Lam, [100, 300, 1000, 3000, 10000], FIRST, label="Λ = log(1/λ)"),
        **SHARED,
    ),
    Claim(
        S, 1 + S.approach, 1, Bound("<=", excluded=0.03),
        quantity="fejer",
        title="No projection moves away from the offline solution w*",
        fixing=TOGETHER,
        points=[AT, FIRST],
        fails_at=[OPPOSED],
        steps=FEJER,
        wrong=[Wrong("it comes nearer by 1/100 each time", at=[AT], observable=1 + S.approach + 0.01),
               Wrong("it moves away", at=[AT], relation=Bound(">=", excluded=0.03))],
        **SHARED,
    ),
    Claim(
        S, S.moved, S.offline - S.rest, Bound("<=", excluded=0.03),
        quantity="sum",
        title="Σ ‖ω_k − ω_{k−1}‖² ≤ ‖w*‖² − ‖ω_K − w*‖²",
        fixing=TOGETHER,
        points=[AT, FIRST, LONG],
        fails_at=[OPPOSED],
        steps=[*FEJER, SUMMED],
        wrong=[Wrong("‖w*‖ in place of its square", at=[AT], prediction=sqrt(S.offline) - S.rest),
               Wrong("half of it", at=[AT], prediction=S.offline / 2 - S.rest)],
        **SHARED,
    ),
    Claim(
        S, S.nearest, S.offline / S.steps, Bound("<=", excluded=0.03),
        quantity="nearest",
        title="Within K steps the distance to the next set has been at most ‖w*‖/√K",
        fixing=TOGETHER,
        points=[AT, FIRST],
        steps=[*FEJER, SUMMED, LEAST],
        wrong=[Wrong("‖w*‖/K", at=[FIRST], prediction=S.offline / S.steps**2),
               Wrong("never below it", at=[AT], relation=Bound(">=", excluded=0.03))],
        **SHARED,
    ),
]  # fmt: skip

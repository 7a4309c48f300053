"""Gradient flow stopped at time t is at most 1.69 times as risky as ridge regression with λ = 1/t."""

from sympy import Derivative, Rational, exp, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.implicit import Root
from theory.proof import Identical, Inequality, Limit, Monotone
from theory.relation import Bound
from theory.settings.implicit_bias.least_squares import StoppedFlow as S

x, stopped, ridge = symbols("x stopped ridge", positive=True)
HALF = Rational(1, 2)
filters = (1 - exp(-x)) * (1 + x) / x
most = filters**2
ROOT = Root(x, exp(x) - 1 - x - x**2, unique="the derivative of the filters' ratio changes its sign once")
SHARED = {
    "entry": "implicit_bias.early_stopping_ridge",
    "source": Source("Ali, Kolter, Tibshirani 2019: A continuous-time view of early stopping for least squares",
                     "https://arxiv.org/abs/1810.10082"),
    "seeds": ["Early-Learning Regularization Prevents Memorization of Noisy Labels"],
}  # fmt: skip
AT = {S.n: 6, S.p: 8, S.time: 5, S.spread: 1, S.r2: 1, S.s2: 1}
LARGE = {**AT, S.n: 20, S.p: 30, S.time: 30}
NOISE = {**AT, S.time: "1.79328", S.spread: 0, S.r2: 0}  # every eigenvalue 1, nothing but noise: equality
SIGNAL = {**AT, S.n: 8, S.p: 6, S.time: "0.5", S.spread: 0, S.s2: 0}
EARLY = {**NOISE, S.pace: 2, S.time: "0.05"}
ABOVE = Monotone(x + exp(-x), x, "increasing", everywhere=True,
                 because="so e⁻ˣ ≥ 1 − x, and before the enclosures begin the variance's ratio is near its limit at 0")
STEPS = [
    Monotone((1 + x) * exp(-x), x, "decreasing", everywhere=True,
             because="bias, mode by mode at x = t·s: e⁻ˣ ≤ 1/(1 + x), an equality at 0"),
    Identical((stopped / ridge) ** 2, most, where={stopped: 1 - exp(-x), ridge: x / (1 + x)}, everywhere=True,
              because="variance, mode by mode"),
    Identical(Derivative(filters, x) * x**2 * exp(x), 1 + x + x**2 - exp(x), everywhere=True,
              because="one stationary point, the root"),
    Inequality(filters, Rational(129844, 100000), given=[x >= Rational(1, 1000), x <= 50], everywhere=True,
               because="by enclosures"),
    Limit(x, 0, 1, of=filters),
    ABOVE,
    Inequality(1 - exp(-x), 1, everywhere=True, because="beyond x = 50 the ratio is below (1 + x)/x"),
    Inequality((51 + x) / (50 + x), Rational(51, 50), everywhere=True),
]  # fmt: skip
RIDGE = {"roots": [ROOT], "fixing": {S.pace: 1}, "points": [AT, LARGE], "tight_at": [NOISE], "steps": STEPS}
WRONG = [Wrong("C without the square", at=[NOISE], prediction=filters),
         Wrong("never worse than ridge", at=[NOISE], prediction=1),
         Wrong("λ = 2/t", at=[EARLY], fixing={})]  # fmt: skip

claims = [
    Claim(
        S, S.estimation, most, Bound("<=", excluded=0.03),
        title="Stopped at t, the flow's estimation risk is at most max ((1 − e⁻ˣ)(1 + x)/x)² = 1.6859 times ridge's",
        wrong=WRONG,
        figure=Curve(S.time, ["0.1", "0.3", 1, "1.8", 3, 10, 30, 100], {**AT, S.n: 8, S.p: 6}, label="stopping time"),
        **RIDGE,
        **SHARED,
    ),
    Claim(
        S, S.in_sample, most, Bound("<=", excluded=0.03),
        quantity="in_sample",
        title="The same holds for the prediction risk at the inputs of the sample",
        wrong=WRONG,
        **RIDGE,
        **SHARED,
    ),
    Claim(
        S, S.estimation, 4 * exp(-1), Bound("<=", excluded=0.03),
        quantity="half_time",
        title="Against ridge with λ = 1/(2t) the factor is 4/e, smaller",
        status="derived here",
        fixing={S.pace: "0.5"},
        points=[AT],
        tight_at=[SIGNAL],
        steps=[
            Monotone(exp(-x) * (1 + 2 * x), x, "increasing", given=[x <= HALF], everywhere=True,
                     because="bias, up to its largest value 2e^-½"),
            Monotone(exp(-x) * (1 + 2 * x), x, "decreasing", given=[x >= HALF], everywhere=True),
            Inequality((1 - exp(-x)) * (1 + 2 * x) / (2 * x), Rational(6, 5), everywhere=True,
                       given=[x >= Rational(1, 100), x <= 50], because="variance, below 2e^-½ = 1.213"),
            ABOVE,
            Inequality((1 - exp(-x)) * (1 + 2 * x) / (2 * x), 1 + 1 / (2 * x), everywhere=True,
                       because="beyond x = 50 at most 1.01"),
        ],
        wrong=[Wrong("never worse than ridge", at=[SIGNAL], prediction=1),
               Wrong("its square root", at=[SIGNAL], prediction=2 * exp(-HALF))],
        **SHARED,
    ),
]  # fmt: skip

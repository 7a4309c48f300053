"""Stationary covariance of gradient descent with additive noise at a constant learning rate."""

from sympy import Rational, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Degree, Identical, Solution
from theory.relation import Identity
from theory.settings.stability.sgd import NoisyDescent as S
from theory.settings.stability.sgd import NoisyHeavyBall as M

cross = S.eta * S.C12 / (S.h1 + S.h2 - S.eta * S.h1 * S.h2)
alone = S.eta * S.C11 / (2 * S.h1 - S.eta * S.h1**2)
excess = S.s2 * (S.eta * S.h1 / (2 - S.eta * S.h1) + S.eta * S.h2 / (2 - S.eta * S.h2))
kick = M.c * M.z2
heavy_ball = M.eta * (1 + M.beta) * kick / ((1 - M.beta) * M.h * (2 * (1 + M.beta) - M.eta * M.h))
C, V, cov = symbols("C V cov", real=True)
g = 1 + M.beta - M.eta * M.h
STABLE = {
    "assuming": [S.eta * S.h1 < 2, S.eta * S.h2 < 2],
    "regime": [S.eta * S.h1 <= Rational(19, 10), S.eta * S.h2 <= Rational(19, 10)],  # rounding is amplified beyond it
}
AT = {S.h1: 1, S.h2: "0.5", S.eta: "0.8"}
SHARED = {
    "entry": "stability.sgd_stationary_covariance",
    "source": Source("Discrete Lyapunov equation of constant-step SGD (Mandt, Hoffman, Blei 2017 in continuous time; "
                     "Liu, Ziyin, Ueda 2021: Noise and fluctuation of finite learning rate SGD)"),
    "seeds": ["SGD Implicitly Regularizes Generalization Error",
              "The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
}  # fmt: skip

claims = [
    Claim(
        S, S.S12, cross, Identity(),
        title="Stationary covariance of two modes of SGD with additive noise",
        fixing={S.noise: "free", S.s2: 1},
        scale=S.eta / (S.h1 + S.h2 - S.eta * S.h1 * S.h2),
        points=[AT],
        steps=[Identical((1 - S.eta * S.h1) * (1 - S.eta * S.h2) * V + S.eta**2 * C, V,
                         where={V: S.eta * C / (S.h1 + S.h2 - S.eta * S.h1 * S.h2)}, because="S = A S Aᵀ + η²C")],
        wrong=[Wrong("continuous time", at=[AT], prediction=S.eta * S.C12 / (S.h1 + S.h2)),
               Wrong("noise not scaled by the step", at=[AT],
                     prediction=S.C12 / (S.h1 + S.h2 - S.eta * S.h1 * S.h2))],
        **STABLE, **SHARED,
    ),
    Claim(
        S, S.S11, alone, Identity(),
        quantity="variance",
        title="Stationary variance of a mode of SGD with additive noise",
        fixing={S.noise: "free", S.s2: 1},
        points=[AT],
        wrong=[Wrong("continuous time", at=[AT], prediction=S.eta * S.C11 / (2 * S.h1)),
               Wrong("pole at 1/h", at=[AT], prediction=S.eta * S.C11 / (2 * S.h1 - 2 * S.eta * S.h1**2))],
        **STABLE, **SHARED,
    ),
    Claim(
        S, S.excess, excess, Identity(),
        quantity="excess",
        title="Noise that follows the curvature: tr(HS) = s2 Σ ηh/(2 − ηh)",
        fixing={S.noise: "curved"},
        points=[{**AT, S.s2: "0.5"}],
        scaling=[Degree(1, S.s2)],
        wrong=[Wrong("continuous time", at=[{**AT, S.s2: "0.5"}], prediction=S.s2 * S.eta * (S.h1 + S.h2) / 2),
               Wrong("twice the excess", at=[{**AT, S.s2: "0.5"}], prediction=2 * excess)],
        **STABLE, **SHARED,
    ),
    Claim(
        M, M.variance, heavy_ball, Identity(),
        quantity="heavy_ball",
        title="Stationary variance of a mode of heavy ball with additive noise",
        assuming=[M.eta * M.h < 2 * (1 + M.beta)],
        regime=[M.eta * M.h <= Rational(9, 5)],
        points=[{M.beta: "0.5", M.h: 1, M.eta: "0.4", M.c: 1}, {M.beta: "0.9", M.h: 3, M.eta: "0.4", M.c: 1}],
        scaling=[Degree(1, M.c, pathwise=True)],
        steps=[Solution(cov, g * V / (1 + M.beta), g * V - M.beta * cov - cov, unique=True,
                        because="Cov(w, w₋) = g·Var w − β·Cov(w, w₋), as w₊ = gw − βw₋ + noise"),
               Identical(g**2 * V + M.beta**2 * V - 2 * g * M.beta * g * V / (1 + M.beta) + M.eta**2 * C, V,
                         where={V: M.eta * (1 + M.beta) * C / ((1 - M.beta) * M.h * (2 * (1 + M.beta) - M.eta * M.h))},
                         because="Var w, with Cov(w, w₋) = g·Var w/(1 + β), g = 1 + β − ηh")],
        wrong=[Wrong("effective learning rate in continuous time", prediction=M.eta * kick / (2 * (1 - M.beta) * M.h)),
               Wrong("no momentum", prediction=M.eta * kick / (M.h * (2 - M.eta * M.h)))],
        figure=Curve(M.eta, ("0.05", "0.1", "0.2", "0.4"), fixing={M.beta: "0.9", M.h: 3, M.c: 1},
                     label="learning rate η"),
        **SHARED,
    ),
]  # fmt: skip

"""Sharpness-aware minimisation on a quadratic: it ends on a cycle along the top eigenvector, and has its own edge."""

from sympy import And, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Degree, Identical, Implication, Inequality
from theory.relation import Identity, Threshold
from theory.settings.stability.cycles import QuadraticSAM as S
from theory.settings.stability.cycles import SAMCycle as C
from theory.settings.stability.cycles import SAMStep as E

amplitude = S.eta * S.rho * S.h / (2 - S.eta * S.h)
multiplier = 1 - C.eta * C.h * C.r * (1 - C.r) - 2 * C.r**2
cycle = C.eta * C.rho * C.h / (2 - C.eta * C.h)
edge = E.g / (2 * E.rho) * (sqrt(1 + 8 * E.rho / (E.eta * E.g)) - 1)
plain_edge = (sqrt(1 + 8 * E.rho / E.eta) - 1) / (2 * E.rho)
SHARED = {
    "entry": "stability.sam_two_cycle",
    "source": Source("Bartlett, Long, Bousquet 2022: The dynamics of sharpness-aware minimization: bouncing across "
                     "ravines and drifting towards wide minima; Long, Bartlett 2023: Sharpness-aware minimization and "
                     "the edge of stability; transverse multipliers derived here"),
    "seeds": ["Sharpness-Aware Minimization for Efficiently Improving Generalization",
              "Regularizing Neural Networks via Adversarial Model Perturbation"],
}  # fmt: skip
BOUNCING = {"assuming": [S.eta * S.h < 2, S.r < 1], "regime": [10 * S.eta * S.h > 1, 20 * S.eta * S.h < 39]}
POINT = {S.d: 3, S.h: 2, S.r: "0.5", S.eta: "0.4", S.rho: "0.1"}
AT = {E.d: 3, E.eta: "0.5", E.rho: "0.3", E.g: "0.5"}

claims = [
    Claim(
        S, S.amplitude, amplitude, Identity(),
        title="SAM ends on a cycle of two steps of amplitude ηρh/(2 − ηh)",
        points=[POINT, {**POINT, S.eta: "0.95"}],
        scaling=[Degree(1, S.rho, pathwise=True)],
        steps=[Identical(amplitude - S.eta * S.h * (amplitude + S.rho), -amplitude, because="w ↦ −w on the axis")],
        fails_at=[{S.d: 2, S.h: 1, S.r: "1.5", S.eta: "0.5", S.rho: "0.1"}],
        wrong=[Wrong("no resonance at ηh = 2", at=[POINT], prediction=S.eta * S.rho * S.h / 2),
               Wrong("converges like gradient descent", at=[POINT], prediction=0, scale=S.rho)],
        figure=Curve(S.eta, ("0.1", "0.2", "0.4", "0.6", "0.8", "0.95"),
                     fixing={S.d: 3, S.h: 2, S.r: "0.5", S.rho: "0.1"}, label="learning rate η"),
        **BOUNCING, **SHARED,
    ),
    Claim(
        S, S.first, 1, Identity(),
        quantity="direction",
        title="The cycle lies along the top eigenvector",
        scale=1,
        points=[POINT],
        fails_at=[{S.d: 2, S.h: 1, S.r: "1.5", S.eta: "0.5", S.rho: "0.1"}],
        wrong=[Wrong("along the second eigenvector", at=[POINT], observable=S.second),
               Wrong("in every direction", at=[POINT], prediction=1 / sqrt(S.d))],
        **BOUNCING, **SHARED,
    ),
    Claim(
        C, C.multiplier, multiplier, Identity(),
        quantity="multiplier",
        title="Multiplier of the cycle along another eigenvector",
        scale=1,
        assuming=[C.eta * C.h < 2],
        regime=[10 * C.eta * C.h > 1, 20 * C.eta * C.h < 39],
        points=[{C.h: 2, C.r: "0.5", C.eta: "0.4", C.rho: "0.1"}, {C.h: 1, C.r: "1.5", C.eta: "0.4", C.rho: "0.1"}],
        steps=[
            Identical(1 - C.eta * C.r * C.h * (1 + C.rho * C.r * C.h / (C.h * cycle)), multiplier,
                      because="w_k moves the unit gradient by r·w_k/|w| to first order"),
            Implication([C.r < 1], And(multiplier > -1, multiplier < 1), because="smaller eigenvalues: attracting"),
            Implication([C.r > 1], multiplier < -1, because="larger eigenvalues: repelling"),
        ],
        wrong=[Wrong("gradient descent's", prediction=1 - C.eta * C.h * C.r),
               Wrong("unit gradient does not turn", prediction=1 - C.eta * C.h * C.r * (1 - C.r))],
        status="derived here",
        **SHARED,
    ),
    Claim(
        C, C.log_multiplier, 1, Threshold(of=C.r),
        quantity="top",
        title="Only the cycle of the top eigenvector is stable",
        assuming=[C.eta * C.h < 2],
        regime=[10 * C.eta * C.h > 1, 20 * C.eta * C.h < 39],
        points=[{C.h: 2, C.eta: "0.4", C.rho: "0.1"}],
        steps=[Identical(multiplier, -1, where={C.r: 1}, because="equal eigenvalues: a circle of cycles")],
        wrong=[Wrong("stable up to twice the eigenvalue", prediction=2),
               Wrong("stable up to 0.8 of the eigenvalue", prediction=0.8)],
        status="derived here",
        **SHARED,
    ),
    Claim(
        E, E.growth, edge, Threshold(of=E.h),
        quantity="edge",
        title="Curvature at which a step of SAM flips the gradient",
        fixing={E.method: "normalised"},
        points=[AT],
        steps=[Identical(E.eta * edge * (1 + E.rho * edge / E.g), 2, because="factor of the gradient: −1"),
               Inequality(edge, 2 / E.eta, because="below the edge of gradient descent")],
        wrong=[Wrong("edge of gradient descent", at=[AT], prediction=2 / E.eta),
               Wrong("edge without the gradient's norm", at=[AT], prediction=plain_edge)],
        figure=Curve(E.h, label="curvature over its predicted edge"),
        **SHARED,
    ),
    Claim(
        E, E.growth, plain_edge, Threshold(of=E.h),
        quantity="unnormalised_edge",
        title="Stability edge of unnormalised SAM",
        fixing={E.method: "unnormalised"},
        points=[AT],
        steps=[Identical(E.eta * plain_edge * (1 + E.rho * plain_edge), 2, because="h(1 + ρh) = 2/η"),
               Inequality(plain_edge, 2 / E.eta, because="below the edge of gradient descent")],
        wrong=[Wrong("edge of gradient descent", at=[AT], prediction=2 / E.eta),
               Wrong("edge of normalised steps", at=[AT], prediction=edge)],
        figure=Curve(E.h, label="curvature over its predicted edge"),
        **SHARED,
    ),
]  # fmt: skip

"""Streaming least squares with Gaussian inputs: its exact mean-square stability threshold, and its stationary risk."""

import itertools
from math import prod

from sympy import Expr, Piecewise, Rational, Symbol, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.implicit import Root
from theory.proof import Degree, Identical, Instances, Monotone
from theory.relation import Equality, Threshold
from theory.settings.stability.sgd import StreamingLeastSquares as L
from theory.settings.stability.sgd import StreamingMoments as S

edge = Symbol("eta_star", positive=True)
t, x, S_i, tau, s2, d = symbols("t x S_i tau s2 d", positive=True)


def kappa(eta: Expr, h: Expr, B: Expr, doubled: int = 1) -> Expr:
    """(η/B) Σᵢ hᵢ/(2 − ηhᵢ(1 + 1/B))."""
    return total(eta * h / (B * (2 - eta * h * (1 + doubled / B))))


def below_the_pole(eta: Expr, h: Expr, B: Expr, doubled: int = 1) -> Expr:
    """ηh(1 + 1/B) < 2 for every mode."""
    return total(Piecewise((0, eta * h * (1 + doubled / B) < 2), (1, True))) < Rational(1, 2)


def root(doubled: int = 1) -> Root:
    return Root(edge, kappa(edge, S.h, S.B, doubled) - 1, branch=below_the_pole(edge, S.h, S.B, doubled),
                unique="κ rises from 0 to ∞ up to its first pole")


def isserlis(size: int) -> Identical:
    """tᵀE[xxᵀSxxᵀ]t = 2 tᵀHSHt + tr(HS) tᵀHt for H = diag(h)."""
    h, side = symbols(f"h1:{size + 1}", positive=True), symbols(f"t1:{size + 1}", real=True)
    matrix = [[Symbol(f"S{min(i, j)}{max(i, j)}", real=True) for j in range(size)] for i in range(size)]
    moments = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3}
    left = sum(
        side[i] * side[j] * matrix[k][m] * prod(
            moments[count] * sqrt(h[q]) ** count for q in range(size) if (count := (i, j, k, m).count(q)))
        for i, j, k, m in itertools.product(range(size), repeat=4)
    )
    both = range(size)
    right = (2 * sum(side[i] * h[i] * matrix[i][j] * h[j] * side[j] for i in both for j in both)
             + sum(h[i] * matrix[i][i] for i in both) * sum(h[i] * side[i] ** 2 for i in both))
    return Identical(left, right)


vp, vq, vr, cross, slope = symbols("vp vq vr cross slope", real=True)
WICK = Identical(3 * slope**2 * vp**2 + vp * vr, vp * vq + 2 * cross**2, given=[vp > 0], everywhere=True,
                 where={slope: cross / vp, vr: vq - cross**2 / vp},
                 because="E P²Q² of P = t·x and Q = s·x, Q = slope·P + R: tᵀE[xxᵀSxxᵀ]t at S = ssᵀ, in any dimension")
mode = x / L.B * (tau + s2) / (2 - x * (1 + 1 / L.B))  # x = ηhᵢ, of hᵢSᵢ
dimension, size = total(S.h) ** 2 / total(S.h**2), total(S.h**2) / total(S.h)  # where all h are equal: d and h
k = kappa(L.eta, L.h, L.B)
SHARED = {
    "entry": "stability.lms_gaussian_threshold",
    "source": Source("Second-moment theory of LMS with Gaussian inputs (Widrow, Hoff 1960; Feuer, Weinstein 1985: "
                     "Convergence analysis of LMS filters with uncorrelated Gaussian data); an instance of the "
                     "thresholds of The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"),
    "seeds": ["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
}  # fmt: skip
POWERS = "[1,0.5,0.25,0.1,0.05]"

claims = [
    Claim(
        S, S.growth, edge, Threshold(of=S.eta),
        title="Mean-square stability threshold of SGD on Gaussian inputs: κ(η) = 1",
        roots=[root()],
        points=[{S.h: POWERS, S.B: 1}, {S.h: POWERS, S.B: 4}],
        steps=[
            WICK, Instances("Isserlis: E[xxᵀSxxᵀ] = 2HSH + tr(HS)H", at=isserlis, sizes=(1, 2, 3)),
            Monotone(x / (2 - x), x, "increasing", given=[x < 2], because="each term of κ, hence one root"),
            Identical(x / (S.B * (2 - x * (1 + 1 / S.B))), x / (2 * (1 - x)), where={S.B: 1}, given=[x < 1],
                      because="a term of κ at batch size 1", everywhere=True),
        ],
        wrong=[
            Wrong("trace bound taken for the threshold", at=[{S.h: POWERS, S.B: 1}], prediction=2 / total(S.h),
                  roots=[]),
            Wrong("fourth moment with the opposite sign", at=[{S.h: POWERS, S.B: 4}], roots=[root(-1)]),
        ],
        figure=Curve(S.eta, label="learning rate over its predicted threshold"),
        **SHARED,
    ),
    Claim(
        S, S.growth, 2 * S.B / (size * (S.B + dimension + 1)), Threshold(of=S.eta),
        quantity="isotropic",
        title="Isotropic inputs: the threshold is 2B/(h(B + d + 1))",
        assuming=[total(S.h) * total(S.h**3) <= total(S.h**2) ** 2],  # all eigenvalues equal
        points=[{S.h: "[2,2,2]", S.B: 3}, {S.h: "[1,1]", S.B: 1}, {S.h: "step(5,0.5)", S.B: 8}],
        fails_at=[{S.h: "[2,0.2,0.2]", S.B: 1}],
        steps=[Identical(d * t / (S.B * (2 - t * (1 + 1 / S.B))), 1, where={t: 2 * S.B / (S.B + d + 1)},
                         because="κ of d equal modes, t = ηh", everywhere=True)],
        wrong=[Wrong("fourth moment of a sphere", at=[{S.h: "[1,1]", S.B: 1}],
                     prediction=2 * S.B / (size * (S.B + dimension))),
               Wrong("dimension alone", at=[{S.h: "[1,1]", S.B: 8}], prediction=2 * S.B / (size * (dimension + 1)))],
        **SHARED,
    ),
    Claim(
        L, L.excess_risk, L.s2 * k / (1 - k), Equality(),
        quantity="stationary",
        title="Stationary excess risk of SGD at constant learning rate",
        assuming=[k < 1, below_the_pole(L.eta, L.h, L.B)],
        regime=[kappa(5 * L.eta / 3, L.h, L.B) < 1, below_the_pole(5 * L.eta / 3, L.h, L.B)],  # fourth moments exist
        points=[{L.h: "[1,0.5,0.25]", L.B: 1, L.s2: "0.3", L.eta: "0.3"}, {L.h: "power(1,4)", L.B: 4, L.eta: "0.5"}],
        scaling=[Degree(1, L.s2, pathwise=True)],
        steps=[
            Identical((1 - 2 * x + x**2 * (1 + 1 / L.B)) * mode + x**2 / L.B * (tau + s2), mode,
                      given=[x * (1 + 1 / L.B) < 2],
                      because="fixed point of each hᵢSᵢ, τ = Σ hᵢSᵢ", everywhere=True),
            Identical(t * (tau + s2), tau, where={tau: s2 * t / (1 - t)}, given=[t < 1], everywhere=True,
                      because="τ = κ(τ + s2)"),
        ],
        wrong=[
            Wrong("noise of the inputs forgotten", at=[{L.h: "[1,0.5,0.25]", L.B: 1, L.eta: "0.3"}],
                  prediction=L.s2 * total(L.eta * L.h / (L.B * (2 - L.eta * L.h)))),
            Wrong("excess of the loss, half of it", at=[{L.h: "[1,0.5,0.25]", L.B: 1, L.eta: "0.3"}],
                  prediction=L.s2 * k / (2 * (1 - k))),
            Wrong("fourth moment with the opposite sign", at=[{L.h: "[1,1,1,1]", L.B: 1, L.eta: "0.15"}],
                  prediction=L.s2 * kappa(L.eta, L.h, L.B, -1) / (1 - kappa(L.eta, L.h, L.B, -1))),
        ],
        figure=Curve(L.eta, ("0.05", "0.1", "0.2", "0.3"), fixing={L.h: "[1,0.5,0.25]", L.B: 1, L.s2: "0.3"},
                     label="learning rate η"),
        **SHARED,
    ),
]  # fmt: skip

"""Minima at which SGD with batches of one sample settles are flat: tr H ≤ 2/η, on trained two-layer ReLU networks."""

from sympy import Max, Rational, Symbol, erf, exp, oo, pi, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.proof import Assumed, Entries, Identical, Inequality, Integration
from theory.relation import Bound, Equality
from theory.settings.stability.networks import ReluNetwork as N
from theory.settings.stability.networks import ReluSGD as S

z, weight, scale = Symbol("z", real=True), Symbol("weight", real=True), Symbol("scale", positive=True)
density, share = exp(-(z**2) / 2) / sqrt(2 * pi), erf(z / sqrt(2)) / 2
lengths, outer = Entries("w", N.m, nonnegative=True), Entries("v", N.m, nonnegative=True)  # ‖wⱼ‖ and |vⱼ|
POINT = {S.m: 30, S.n: 20, S.d: 5}

SHARED = {
    "entry": "stability.stable_minima_relu",
    "source": Source("The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent, "
                     "two-layer ReLU networks"),
    "seeds": ["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent",
              "Sharpness Minimization Algorithms Do Not Only Minimize Sharpness To Achieve Better Generalization"],
}  # fmt: skip

claims = [
    Claim(
        S, S.trH, 2 / S.eta, Bound("<=", excluded=0.05),
        flagship=True,
        title="Trained ReLU networks: tr H ≤ 2/η where SGD with batch size 1 converged",
        status="empirical",  # a single trained run that sits at a minimum does not by itself imply the bound
        fixing={S.B: 1},
        steps=[Assumed("a minimum that SGD with batches of one sample finds is stable in mean square",
                       "empirical; stable minima have tr H ≤ 2/η by stability.sgd_mean_square_threshold_trace")],
        given=S.converged,
        points=[{**POINT, S.eta: "0.03"}, {**POINT, S.eta: "0.04"}],
        fails_at=[{**POINT, S.B: 4, S.eta: "0.06"}],
        wrong=[Wrong("factor 2 lost", at=[{**POINT, S.eta: "0.04"}], prediction=1 / S.eta)],
        figure=Curve(S.eta, ("0.03", "0.04"), fixing=POINT, label="learning rate η"),
        **SHARED,
    ),
    Claim(
        N, N.gradient, (N.w2 + N.d * N.v2) / 2, Equality(),
        quantity="population",
        title="Mean squared gradient of a two-layer ReLU network over its inputs",
        steps=[
            Integration(z**2 * density, z, 0, oo, Rational(1, 2), antiderivative=share - z * density,
                        because="E relu(z)² of a standard normal z"),
            Integration((z**2 + N.d - 1) * density, z, 0, oo, N.d / 2, antiderivative=N.d * share - z * density,
                        because="E ‖x‖² where w·x > 0: one coordinate along w, d − 1 others of mean square 1"),
            Identical(Max(0, scale * z) * weight / scale, Max(0, z) * weight,
                      because="wⱼ → cwⱼ, vⱼ → vⱼ/c leaves the network unchanged"),
        ],
        wrong=[
            Wrong("factor 1/2 lost", at=[{N.m: 10, N.d: 5, N.law: "gaussian"}], prediction=N.w2 + N.d * N.v2),
            Wrong("input dimension lost", at=[{N.m: 10, N.d: 5, N.law: "sphere"}], prediction=(N.w2 + N.v2) / 2),
        ],
        **SHARED,
    ),
    Claim(
        N, (N.w2 + N.d * N.v2) / 2, sqrt(N.d) * N.path_norm, Bound(">="),
        quantity="path_norm",
        title="The mean squared gradient bounds the path norm",
        steps=[Inequality(
            sqrt(N.d) * N.path_norm, (N.w2 + N.d * N.v2) / 2, slack=total((lengths - sqrt(N.d) * outer) ** 2) / 2,
            where={N.path_norm: total(lengths * outer), N.w2: total(lengths**2), N.v2: total(outer**2)},
            because="geometric and arithmetic mean of ‖w‖² and d·v² per neuron",
        )],
        wrong=[Wrong("factor 2 too large", at=[{N.m: 10, N.d: 5, N.law: "gaussian"}],
                     prediction=2 * sqrt(N.d) * N.path_norm)],
        **SHARED,
    ),
]  # fmt: skip

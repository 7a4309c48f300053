"""Minima at which SGD with batches of one sample settles are flat: tr H ≤ 2/η, on trained two-layer ReLU networks."""

from sympy import sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Inequality
from theory.relation import Bound, Equality
from theory.settings.stability.networks import ReluNetwork as N
from theory.settings.stability.networks import ReluSGD as S

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
        steps=[Inequality(sqrt(N.d) * N.path_norm, (N.w2 + N.d * N.v2) / 2,
                          because="geometric and arithmetic mean of ‖w‖² and d·v² per neuron")],
        wrong=[Wrong("factor 2 too large", at=[{N.m: 10, N.d: 5, N.law: "gaussian"}],
                     prediction=2 * sqrt(N.d) * N.path_norm)],
        **SHARED,
    ),
]  # fmt: skip

"""Minima at which SGD with batches of one sample settles are flat: tr H ≤ 2/η, on trained two-layer ReLU networks."""

from theory.claim import Claim, Curve, Source, Wrong
from theory.relation import Bound
from theory.settings.stability import ReluSGD as S

POINT = {S.m: 30, S.n: 20, S.d: 5}

claims = [
    Claim(
        S, S.trH, 2 / S.eta, Bound("<=", excluded=0.05),
        title="Trained ReLU networks: tr H ≤ 2/η where SGD with batch size 1 converged",
        entry="stability.stable_minima_relu",
        source=Source("The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent, two-layer ReLU networks"),
        seeds=["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent",
               "Sharpness Minimization Algorithms Do Not Only Minimize Sharpness To Achieve Better Generalization"],
        status="empirical",  # a single trained run that sits at a minimum does not by itself imply the bound
        flagship=True,
        fixing={S.B: 1},
        given=S.converged,
        points=[{**POINT, S.eta: "0.03"}, {**POINT, S.eta: "0.04"}],
        fails_at=[{**POINT, S.B: 4, S.eta: "0.06"}],
        wrong=[Wrong("factor 2 lost", at=[{**POINT, S.eta: "0.04"}], prediction=1 / S.eta)],
        figure=Curve(S.eta, label="learning rate"),
    ),
]  # fmt: skip

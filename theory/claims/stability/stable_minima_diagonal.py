"""Stable minima of diagonal linear networks: SGD bounds the l1 norm of the predictor, gradient descent its maximum."""

from sympy import Derivative, Matrix, eye, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Inequality
from theory.relation import Bound, Identity
from theory.settings.stability.networks import DiagonalNetwork as N
from theory.settings.stability.networks import DiagonalSGD as S

a, b, z = symbols("a b z", real=True)
block = Matrix([b, a]) * Matrix([[b, a]])
SHARED = {
    "entry": "stability.stable_minima_diagonal",
    "source": Source("The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent, diagonal "
                     "linear networks"),
    "seeds": ["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
}  # fmt: skip
BALANCED = {N.d: 5, N.weights: "balanced"}
POINT = {S.n: 8, S.d: 16}

claims = [
    Claim(
        N, N.trH, N.squares, Identity(),
        title="Population Hessian of a diagonal network: tr H = Σ (a² + b²)",
        steps=[Identical(Derivative((a * b - z) ** 2 / 2, (a, 2)) + Derivative((a * b - z) ** 2 / 2, (b, 2)),
                         a**2 + b**2, because="each coordinate has a block of its own")],
        wrong=[Wrong("half of it", prediction=N.squares / 2), Wrong("twice the l1 norm", prediction=2 * N.l1,
                                                                   at=[{N.d: 5, N.weights: "free"}])],
        **SHARED,
    ),
    Claim(
        N, N.trH, 2 * N.l1, Bound(">="),
        quantity="l1",
        title="tr H is at least twice the l1 norm of the predictor",
        tight_at=[BALANCED],
        steps=[Inequality(2 * abs(a * b), a**2 + b**2, because="arithmetic and geometric mean")],
        wrong=[Wrong("factor 2 too large", at=[BALANCED], prediction=4 * N.l1),
               Wrong("dimension in place of 2", at=[BALANCED], prediction=N.d * N.l1)],
        **SHARED,
    ),
    Claim(
        N, N.trH, 2 * N.l1, Identity(),
        quantity="balanced",
        title="With balanced weights tr H is twice the l1 norm",
        fixing={N.weights: "balanced"},
        fails_at=[{N.d: 5, N.weights: "free"}],
        wrong=[Wrong("l1 norm, a bound 2/η that is not tight", prediction=N.l1),
               Wrong("maximum", prediction=2 * N.linf)],
        **SHARED,
    ),
    Claim(
        N, N.lam1, N.widest, Identity(),
        quantity="largest",
        title="Population Hessian of a diagonal network: λ_max = max (a² + b²)",
        steps=[Identical((z * eye(2) - block).det(), z * (z - a**2 - b**2),
                         because="the eigenvalues of a block are 0 and a² + b²")],
        wrong=[Wrong("trace", at=[BALANCED], prediction=N.squares), Wrong("half of it", prediction=N.widest / 2)],
        **SHARED,
    ),
    Claim(
        N, N.lam1, 2 * N.linf, Bound(">="),
        quantity="linf",
        title="λ_max is at least twice the largest entry of the predictor",
        tight_at=[BALANCED],
        wrong=[Wrong("gradient descent controls the l1 norm", at=[BALANCED], prediction=2 * N.l1),
               Wrong("factor 2 too large", at=[BALANCED], prediction=4 * N.linf)],
        **SHARED,
    ),
    Claim(
        S, S.trH, 2 / S.eta, Bound("<=", excluded=0.05),
        quantity="trained",
        title="Trained diagonal networks: tr H ≤ 2/η where SGD with batch size 1 converged",
        status="empirical",  # a single trained run that sits at a minimum does not by itself imply the bound
        fixing={S.B: 1},
        given=S.converged,
        points=[{**POINT, S.eta: "0.02"}, {**POINT, S.eta: "0.04"}],
        wrong=[Wrong("factor 2 lost", at=[{**POINT, S.eta: "0.04"}], prediction=1 / S.eta),
               Wrong("a third of it", at=[{**POINT, S.eta: "0.03"}], prediction=2 / (3 * S.eta))],
        figure=Curve(S.eta, ("0.01", "0.02", "0.03", "0.04"), fixing=POINT, label="learning rate η"),
        **SHARED,
    ),
    Claim(
        S, S.trH, 2 * S.weighted_l1, Bound(">=", excluded=0.05),
        quantity="sample",
        title="On samples tr H bounds twice the weighted l1 norm, so that stable minima have Σ m|β| ≤ 1/η",
        given=S.converged,
        points=[{**POINT, S.B: 1, S.eta: "0.03"}],
        wrong=[Wrong("factor 4 too large", at=[{**POINT, S.B: 1, S.eta: "0.03"}], prediction=8 * S.weighted_l1),
               Wrong("factor 8 too large", at=[{**POINT, S.B: 1, S.eta: "0.03"}], prediction=16 * S.weighted_l1)],
        **SHARED,
    ),
]  # fmt: skip

"""The largest curvature at which gradient descent, with and without momentum, is stable on a quadratic loss."""

from sympy import Abs, Eq, Expr, Matrix, Piecewise, Symbol, eye

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Degree, Identical, Inequality, Step
from theory.relation import Identity, Threshold
from theory.settings.stability.momentum import GradientMemory as M
from theory.settings.stability.momentum import MomentumDescent as S
from theory.settings.stability.momentum import TwoAverages as T

z = Symbol("z", real=True)
descent = 2 / S.eta
heavy_ball = 2 * (1 + S.beta) / S.eta
nesterov = 2 * (1 + S.beta) / (S.eta * (1 + 2 * S.beta))
average = 2 * (1 + S.beta) / ((1 - S.beta) * S.eta)
any_method = Piecewise((heavy_ball, Eq(S.method, Symbol("heavy_ball"))), (nesterov, Eq(S.method, Symbol("nesterov"))),
                       (average, True))
shares = (1 - T.beta1) / (1 + T.beta1), (1 - T.beta3) / (1 + T.beta3)
two_averages = 2 / T.eta / (shares[0] + T.alpha * shares[1])


def schur_cohn(move: Matrix, trace: Expr, determinant: Expr, edge: Expr) -> list[Step]:
    """z² − trace·z + determinant is the characteristic polynomial of (w, w₋) ↦ (w₊, w) or (w, m) ↦ (w₊, m₊) on an
    eigenvector, and its roots lie in the unit disc if and only if |determinant| < 1 and |trace| < 1 + determinant."""
    below = (S.lam <= edge,)
    return [
        Identical((z * eye(2) - move).det(), z**2 - trace * z + determinant, because="characteristic polynomial"),
        Inequality(Abs(determinant), 1, given=below, because="product of the roots: |a₀| < 1"),
        Inequality(Abs(trace), 1 + determinant, given=below, because="|a₁| < 1 + a₀"),
        Identical(-trace, 1 + determinant, where={S.lam: edge},
                  because="at the edge, and beyond it, a root passes z = −1"),
    ]


x = S.eta * S.lam
HEAVY_BALL = schur_cohn(Matrix([[1 + S.beta - x, -S.beta], [1, 0]]), 1 + S.beta - x, S.beta, heavy_ball)
NESTEROV = schur_cohn(Matrix([[(1 + S.beta) * (1 - x), -S.beta * (1 - x)], [1, 0]]), (1 + S.beta) * (1 - x),
                      S.beta * (1 - x), nesterov)
AVERAGE = schur_cohn(Matrix([[1 - x * (1 - S.beta), -S.eta * S.beta], [(1 - S.beta) * S.lam, S.beta]]),
                     1 + S.beta - (1 - S.beta) * x, S.beta, average)
y = T.eta * T.lam
CUBIC = ((z - 1) * (z - T.beta1) * (z - T.beta3)
         + y * z * ((1 - T.beta1) * (z - T.beta3) + T.alpha * (1 - T.beta3) * (z - T.beta1)))
c0, c1, c2, _ = reversed(CUBIC.as_poly(z).all_coeffs())
below = (T.lam <= two_averages, T.beta1 <= T.beta3)
JURY = [
    Identical((z * eye(3) - Matrix([
        [1 - y * (1 - T.beta1 + T.alpha * (1 - T.beta3)), -T.eta * T.beta1, -T.eta * T.alpha * T.beta3],
        [(1 - T.beta1) * T.lam, T.beta1, 0], [(1 - T.beta3) * T.lam, 0, T.beta3]])).det(), CUBIC,
        because="characteristic polynomial of (w, m₁, m₂) on an eigenvector"),
    Identical(CUBIC, 0, where={z: -1, T.lam: two_averages}, because="at the edge a root passes z = −1"),
    Inequality(0, CUBIC.subs(z, 1), because="no root passes z = 1"),
    Inequality(CUBIC.subs(z, -1), 0, given=below, because="below the edge no root has passed z = −1"),
    Inequality(Abs(c0), 1, because="product of the roots"),
    Inequality(Abs(c0 * c2 - c1), 1 - c0**2, given=below, because="Jury's condition: no pair leaves the unit circle"),
]  # fmt: skip
SHARED = {
    "entry": "stability.momentum_edge",
    "source": Source("Polyak 1964; Nesterov 1983; Cohen et al. 2022: Adaptive gradient methods at the edge of "
                     "stability; classical linear stability by the conditions of Schur, Cohn and Jury"),
    "seeds": ["The AdEMAMix Optimizer: Better, Faster, Older",
              "The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent",
              "GD doesn't make the cut: Three ways that non-differentiability affects neural network training"],
}  # fmt: skip
PLAIN = {S.preconditioner: "none"}
AT = {S.d: 4, S.eta: "0.1", S.beta: "0.9"}
FIGURE = {"over": S.lam, "label": "largest eigenvalue over its predicted edge"}

claims = [
    Claim(
        S, S.growth, descent, Threshold(of=S.lam),
        title="Gradient descent on a quadratic is stable up to the curvature 2/η",
        fixing={S.method: "heavy_ball", S.beta: 0, **PLAIN},
        scaling=[Degree(-1, S.eta)],
        steps=[Inequality(Abs(1 - x), 1, given=(S.lam <= descent,), because="each mode is multiplied by 1 − ηλ")],
        wrong=[Wrong("factor 2 lost", prediction=1 / S.eta), Wrong("factor 2 twice", prediction=4 / S.eta)],
        figure=Curve(**FIGURE),
        **SHARED,
    ),
    Claim(
        S, S.growth, heavy_ball, Threshold(of=S.lam),
        quantity="heavy_ball",
        title="Heavy ball is stable up to the curvature 2(1 + β)/η",
        fixing={S.method: "heavy_ball", **PLAIN},
        points=[AT],
        scaling=[Degree(-1, S.eta)],
        steps=HEAVY_BALL,
        wrong=[Wrong("edge of gradient descent", at=[AT], prediction=descent),
               Wrong("edge of the averaged gradient", at=[AT], prediction=average)],
        figure=Curve(**FIGURE),
        **SHARED,
    ),
    Claim(
        S, S.growth, nesterov, Threshold(of=S.lam),
        quantity="nesterov",
        title="Nesterov's method is stable up to the curvature 2(1 + β)/(η(1 + 2β)), less than gradient descent",
        fixing={S.method: "nesterov", **PLAIN},
        points=[AT],
        scaling=[Degree(-1, S.eta)],
        steps=[*NESTEROV, Inequality(nesterov, descent, because="below the edge of gradient descent")],
        wrong=[Wrong("edge of the heavy ball", at=[AT], prediction=heavy_ball),
               Wrong("edge of gradient descent", at=[AT], prediction=descent)],
        figure=Curve(**FIGURE),
        **SHARED,
    ),
    Claim(
        S, S.growth, average, Threshold(of=S.lam),
        quantity="average",
        title="Descent along an averaged gradient is stable up to the curvature 2(1 + β)/((1 − β)η)",
        fixing={S.method: "average", **PLAIN},
        points=[AT],
        scaling=[Degree(-1, S.eta)],
        steps=AVERAGE,
        wrong=[Wrong("edge of the heavy ball", at=[AT], prediction=heavy_ball),
               Wrong("step without momentum", at=[AT], prediction=2 / ((1 - S.beta) * S.eta))],
        figure=Curve(**FIGURE),
        **SHARED,
    ),
    Claim(
        S, S.growth, any_method, Threshold(of=S.lam),
        quantity="preconditioned",
        title="With a frozen preconditioner the same edges hold for the preconditioned curvature",
        fixing={S.preconditioner: "frozen"},
        points=[{**AT, S.method: method} for method in ("heavy_ball", "nesterov", "average")],
        scaling=[Degree(-1, S.eta)],
        wrong=[Wrong("curvature without the preconditioner", at=[{**AT, S.method: "heavy_ball"}],
                     prediction=any_method / S.stretch),
               Wrong("edge of gradient descent", at=[{**AT, S.method: "nesterov"}], prediction=descent)],
        **SHARED,
    ),
    Claim(
        T, T.growth, two_averages, Threshold(of=T.lam),
        quantity="two_averages",
        title="Stability edge of descent along two averages of the gradient",
        assuming=[T.beta1 <= T.beta3],
        points=[{T.eta: "0.1", T.beta1: "0.9", T.beta3: "0.99", T.alpha: 1},
                {T.eta: "0.1", T.beta1: "0.9", T.beta3: "0.9999", T.alpha: 8}],
        scaling=[Degree(-1, T.eta)],
        steps=JURY,
        wrong=[
            Wrong("total mass of the weights in place of the edge", at=[{T.beta1: "0.9", T.beta3: "0.99", T.alpha: 1}],
                  prediction=2 / (T.eta * (1 + T.alpha))),
            Wrong("slow average forgotten", at=[{T.beta1: "0.9", T.beta3: "0.99", T.alpha: 8}],
                  prediction=2 / T.eta / shares[0]),
        ],
        figure=Curve(T.lam, label="largest eigenvalue over its predicted edge"),
        **SHARED,
    ),
    Claim(
        M, M.weight, (1 - M.beta1) * M.beta1**M.age + M.alpha * (1 - M.beta3) * M.beta3**M.age, Identity(),
        quantity="weight",
        title="Two averages weigh a gradient of age k by (1 − β₁)β₁ᵏ + α(1 − β₃)β₃ᵏ",
        wrong=[Wrong("gradient seen a step later",
                     prediction=(1 - M.beta1) * M.beta1 ** (M.age - 1)
                     + M.alpha * (1 - M.beta3) * M.beta3 ** (M.age - 1)),
               Wrong("weights not normalised", prediction=M.beta1**M.age + M.alpha * M.beta3**M.age)],
        figure=Curve(M.age, label="age of the gradient, in steps"),
        **SHARED,
    ),
    Claim(
        M, M.mass, 1 + M.alpha, Identity(),
        quantity="mass",
        title="Two averages move slow directions with the learning rate (1 + α)η",
        wrong=[Wrong("fast average only", prediction=1), Wrong("weights that sum to one", prediction=M.alpha)],
        **SHARED,
    ),
]  # fmt: skip

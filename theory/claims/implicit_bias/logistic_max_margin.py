"""On separable data the flow of the logistic loss turns to the max-margin direction, at the pace of log t."""

from functools import partial

from sympy import Derivative, Eq, Rational, Symbol, exp, log, oo, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.max_margin import max_margin, mean_at_margin_one
from theory.proof import Degree, Identical, Implication, Limit
from theory.relation import Bound, Direction, Equality, Identity, Probability
from theory.settings.implicit_bias.logistic import SeparableLogistic as S


def solved(program: object = max_margin, scale: float = 1.0) -> Computed:
    return Computed([S.z], partial(scaled, program=program, scale=scale))


def scaled(z: object, *, program: object, scale: float) -> object:
    """The program's solution, and its error as a length, times a factor."""
    import numpy as np

    w, error = program(z)  # type: ignore[operator]
    return scale * w, scale * error * np.linalg.norm(w, axis=-1)


x1, y1, x2, y2, r, w, margin, weight = symbols("x1 y1 x2 y2 r w margin weight", real=True)
a, b, t = symbols("a b t", positive=True)
SHARED = {
    "entry": "implicit_bias.logistic_max_margin",
    "source": Source("Soudry, Hoffer, Nacson, Gunasekar, Srebro 2018: The implicit bias of gradient descent on "
                     "separable data", "https://arxiv.org/abs/1710.10345"),
    "seeds": ["Transformers as Support Vector Machines",
              "Continual Learning in Linear Classification on Separable Data"],
}  # fmt: skip
DATA = [S.n > S.support, S.d > S.support]
SETTLED = [(S.gap - 1) * S.log_time >= 20, S.log_time >= 40]  # t^−(gap − 1) is below the errors of flow and program
AT = {S.n: 10, S.d: 6, S.support: 3, S.margin: "0.5", S.gap: "1.6", S.log_time: 40, S.loss: "sum"}
MEAN = {**AT, S.loss: "mean", S.log_time: 60, S.support: 2}
MANY = {**AT, S.n: 40, S.d: 10, S.support: 4}
LATE = {**AT, S.log_time: 160}
CLOSE = {**AT, S.gap: "1.02", S.log_time: 60}
KKT = Implication([Eq((a * x1 + b * x2) * x1 + (a * y1 + b * y2) * y1, 1),
                   Eq((a * x1 + b * x2) * x2 + (a * y1 + b * y2) * y2, 1)],
                  Eq((a * x1 + b * x2) ** 2 + (a * y1 + b * y2) ** 2, a + b), everywhere=True,
                  because="ŵ = Σ αᵢzᵢ with ŵ·zᵢ = 1: ‖ŵ‖² = Σ αᵢ, two vectors in the plane")
ANSATZ = [Identical(exp(-(margin * log(t) + r)), weight / t, where={margin: 1, weight: exp(-r)}, everywhere=True,
                    because="the pull of a support vector on ŵ log t + ρ, of margin 1 there and ρ·zᵢ = r; αᵢ = e⁻ʳ"),
          Identical(Derivative(w * log(t) + r, t), w / t, everywhere=True,
                    because="so ŵ = Σ αᵢzᵢ is what remains to hold"),
          Limit(t, oo, 0, of=t ** -(1 + a) / (1 / t), everywhere=True,
                because="other samples, of margin 1 + a, pull by t^−(1 + a), a vanishing share")]

claims = [
    Claim(
        S, S.advance, solved(), Identity(excluded=0.03),
        title="w(t) = ŵ log t + O(1), ŵ the least ‖w‖ with all w·z ≥ 1: from t to t² the weights grow by ŵ log t",
        assuming=[*DATA, *SETTLED],
        points=[AT, MEAN],
        fails_at=[CLOSE],
        steps=[*ANSATZ, KKT],
        wrong=[Wrong("the mean of the samples in place of the support vectors", at=[AT],
                     prediction=solved(mean_at_margin_one)),
               Wrong("half the pace", at=[AT], prediction=solved(scale=0.5)),
               Wrong("the pace of the mean loss is 1/n of it", at=[MEAN], prediction=solved(scale=0.1))],
        **SHARED,
    ),
    Claim(
        S, S.scaled_loss, 1 / S.margin**2, Identity(excluded=0.03),
        quantity="loss",
        title="t·L tends to ‖ŵ‖², one over the squared margin, for the sum and for the mean loss",
        assuming=[*DATA, *SETTLED],
        points=[AT, MEAN, MANY],
        fails_at=[CLOSE],
        scaling=[Degree(-2, S.margin)],
        steps=[KKT, *ANSATZ],
        wrong=[Wrong("1/margin", at=[AT], prediction=1 / S.margin),
               Wrong("number of support vectors", at=[AT], prediction=S.support),
               Wrong("1/n of it for the mean loss", at=[MEAN], prediction=1 / (S.n * S.margin**2))],
        figure=Curve(S.log_time, [40, 50, 60, 80, 100, 120], AT, log=False, label="log t"),
        **SHARED,
    ),
    Claim(
        S, S.pace, 1 / S.margin, Equality(),
        quantity="norm",
        assuming=[*DATA, *SETTLED],
        title="‖w‖ grows like log t over the margin",
        points=[AT, MEAN],
        scaling=[Degree(-1, S.margin)],
        wrong=[Wrong("1/margin²", prediction=1 / S.margin**2), Wrong("half of it", prediction=1 / (2 * S.margin))],
        **SHARED,
    ),
    Claim(
        S, S.path, solved(), Direction(along=S.t, rate=2),
        quantity="direction",
        assuming=DATA,
        regime=[Eq(S.loss, Symbol("sum"))],  # their mean takes n times as long
        title="The direction tends to that of ŵ; the angle falls like 1/log t",
        points=[AT, {**AT, S.support: 2, S.d: 5}],
        wrong=[Wrong("direction of the mean sample", at=[AT], prediction=solved(mean_at_margin_one)),
               Wrong("the cosine falls like 1/log t", at=[AT], relation=Direction(along=S.t, rate=1)),
               Wrong("the angle falls like 1/(log t)²", at=[AT], relation=Direction(along=S.t, rate=4))],
        figure=Curve(S.t, label="t"),
        **SHARED,
    ),
    Claim(
        S, (2 * S.gap_ratio - 1) ** 2, Rational(1, 100),
        Bound("<=", Probability(Rational(9, 10))),
        quantity="margin_gap",
        assuming=DATA,
        regime=[S.log_time >= 60],
        title="The margin is missed by Θ(1/log t): half as much at t² as at t, to a tenth in nine draws of ten",
        points=[LATE, {**AT, S.log_time: 60}, {**LATE, S.loss: "mean", S.support: 2}],
        wrong=[Wrong("missed by 1/t", at=[LATE], observable=S.gap_ratio**2),
               Wrong("missed by 1/(log t)²", at=[LATE], observable=(4 * S.gap_ratio - 1) ** 2)],
        **SHARED,
    ),
]  # fmt: skip

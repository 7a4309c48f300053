"""Dropout in linear regression is a ridge whose strength is the odds of dropping."""

from functools import partial

from sympy import Abs, Matrix, Symbol, expand, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.regression.weighted_ridge import along_gradient, dropout_ridge, dropout_size
from theory.proof import Identical, Inequality
from theory.relation import Equality, Identity
from theory.settings.regularisation.masks import InvertedDropout as S

d, READS, USING = S.d, [S.X, S.y], {"d": S.d}
AT = {S.n: 12, S.p: 5, d: "0.5", S.columns: "any"}
UNIT = {**AT, S.columns: "unit"}
TANH = {**AT, S.link: "tanh"}
target = symbols("target", real=True)
x, w = symbols("x:2", real=True), symbols("w:2", real=True)
a, b = symbols("a b", positive=True)
plain = (target - w[0] * x[0] - w[1] * x[1]) ** 2


def average() -> object:
    """E_m (target − Σ m_j x_j w_j/(1 − d))² over the four masks."""
    chance = {0: d, 1: 1 - d}
    return sum(chance[i] * chance[j] * (target - (i * w[0] * x[0] + j * w[1] * x[1]) / (1 - d)) ** 2
               for i in (0, 1) for j in (0, 1))


u, v, c = Symbol("u", real=True), Symbol("v", real=True), Symbol("c", positive=True)
gram = Matrix([[a, u], [u, b]])
penalised = gram + c * Matrix([[a, 0], [0, b]])
best = penalised.adjugate() / penalised.det() * Matrix(w)
loss = (v - 2 * (Matrix(w).T * Matrix(x))[0] + (Matrix(x).T * gram * Matrix(x))[0] + c * (a * x[0]**2 + b * x[1]**2))
SHARED = {
    "entry": "regularisation.dropout_ridge",
    "source": Source("Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014: Dropout: A Simple Way to Prevent "
                     "Neural Networks from Overfitting; Wager, Wang, Liang 2013: Dropout Training as Adaptive "
                     "Regularization"),
    "seeds": ["Fine-tuning with Very Large Dropout", "Recurrent Neural Network Regularization"],
}  # fmt: skip


def fit(**changes: object) -> Computed:
    """The ridge's weights, changed."""
    return Computed(READS, partial(dropout_ridge, **changes), using=USING)


CURVE = ("0.02", "0.05", "0.1", "0.2", "0.35", "0.5", "0.7", "0.9")
STATIONARY = [Identical(loss.diff(x[i]).subs(dict(zip(x, best, strict=True)), simultaneous=True), 0, everywhere=True,
                        given=[a * b > u**2], because="p = 2: the gradient of the penalised loss vanishes there")
              for i in (0, 1)]  # fmt: skip
claims = [
    Claim(
        S, S.dropped, S.kept + d / (1 - d) * S.penalty, Identity(),
        title="The mean loss under dropout is the loss plus d/(1 − d) Σ w_j²‖X_j‖²",
        fixing={S.link: "linear"},
        points=[AT],
        fails_at=[TANH],
        steps=[Identical((1 - d) / (1 - d) ** 2 - 1, d / (1 - d), because="variance of m/(1 − d)"),
               Identical(expand(average()), expand(plain) + d / (1 - d) * (w[0]**2 * x[0]**2 + w[1]**2 * x[1]**2),
                         because="one row, p = 2")],
        wrong=[Wrong("d(1 − d), without the inverted scaling", at=[AT], prediction=S.kept + d * (1 - d) * S.penalty),
               Wrong("d", at=[AT], prediction=S.kept + d * S.penalty),
               Wrong("columns not weighed", at=[AT], prediction=S.kept + d / (1 - d) * S.norm2)],
        **SHARED,
    ),
    Claim(
        S, S.minimiser, fit(), Identity(),
        quantity="minimiser",
        title="Its minimiser is (XᵀX + d/(1 − d) diag(XᵀX))⁻¹Xᵀy",
        assuming=[S.n >= S.p + 3],
        fixing={S.link: "linear"},
        points=[AT],
        steps=STATIONARY,
        wrong=[Wrong("d(1 − d), without the inverted scaling", at=[AT], prediction=fit(strength="variance")),
               Wrong("d", at=[AT], prediction=fit(strength="rate")),
               Wrong("identity in place of diag(XᵀX)", at=[AT], prediction=fit(columns=False))],
        **SHARED,
    ),
    Claim(
        S, S.minimiser, fit(columns=False), Identity(),
        quantity="unit_columns",
        title="With columns of length 1 dropout is plain ridge regression of strength d/(1 − d)",
        assuming=[S.n >= S.p + 3],
        fixing={S.link: "linear", S.columns: "unit"},
        points=[UNIT],
        steps=STATIONARY,
        wrong=[Wrong("strength d", at=[UNIT], prediction=fit(columns=False, strength="rate")),
               Wrong("columns of any length", at=[AT], fixing={S.link: "linear", S.columns: "any"})],
        **SHARED,
    ),
    Claim(
        S, S.size, Computed(READS, dropout_size, using=USING), Identity(),
        quantity="path",
        title="The norm of what dropout learns follows the ridge path",
        assuming=[S.n >= S.p + 3],
        fixing={S.link: "linear"},
        points=[AT],
        steps=STATIONARY,
        wrong=[Wrong("along Xᵀy alone", at=[AT], prediction=Computed(READS, along_gradient, using=USING)),
               Wrong("no shrinkage in d", at=[AT], prediction=Computed(READS, partial(dropout_size, d=0.0)))],
        figure=Curve(d, CURVE, fixing={S.n: 12, S.p: 5, S.columns: "any"}, label="rate of dropping d"),
        **SHARED,
    ),
    Claim(
        S, S.averaged, Computed(READS, along_gradient, using=USING), Equality(),
        quantity="sgd",
        title="SGD with dropout and a constant step averages to that minimiser",
        assuming=[S.n >= S.p + 3],
        fixing={S.link: "linear"},
        points=[AT],
        steps=[Identical((1 - d) * (target - a * x[0] / (1 - d)) * x[0] / (1 - d),
                         target * x[0] - a * x[0]**2 / (1 - d),
                         because="mean of a step over the masks, one weight a: it vanishes at the minimiser alone"),
               Inequality(Abs(1 - b), 1, strict=True, given=[b < 2], because="b = the step times a curvature: the mean "
                          "gets there from anywhere")],
        wrong=[Wrong("d(1 − d), without the inverted scaling", at=[AT],
                     prediction=Computed(READS, partial(along_gradient, strength="variance"), using=USING)),
               Wrong("d", at=[AT], prediction=Computed(READS, partial(along_gradient, strength="rate"), using=USING))],
        figure=Curve(d, CURVE, fixing={S.n: 12, S.p: 5, S.columns: "any"}, label="rate of dropping d"),
        **SHARED,
    ),
]  # fmt: skip

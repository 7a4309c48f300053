"""Leave-one-out errors from one fit, and generalised cross-validation as an estimate of the error at new samples."""

from functools import partial

from sympy import Abs, Or, Rational, Symbol, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs.regression.leave_one_out import leave_one_out_errors
from theory.proof import Entries, Identical, Limit
from theory.relation import Asymptotic, Exponent, Identity, Ladder
from theory.settings.min_norm import LeaveOneOut as L
from theory.settings.min_norm import RidgeValidation as M

exact = Computed([L.X, L.y], leave_one_out_errors, using={"ridge": L.lam})
kept, less = (Computed([L.X, L.y], partial(leave_one_out_errors, form=form), using={"ridge": L.lam})
              for form in ("kept", "less penalty"))
trained = M.train / (1 - M.dof / M.n) ** 2
SHARED = {
    "entry": "min_norm.gcv_consistency",
    "source": Source(
        "Golub, Heath, Wahba 1979: Generalized cross-validation as a method for choosing a good ridge parameter; "
        "Hastie, Montanari, Rosset, Tibshirani 2022: Surprises in high-dimensional ridgeless least squares "
        "interpolation; Patil, Wei, Rinaldo, Tibshirani 2021: Uniform consistency of cross-validation estimators for "
        "high-dimensional ridge regression"
    ),
}  # fmt: skip


y1, k1, first = symbols("y1 k1 first", real=True)
b, labels = (Entries(name, L.n - 1, real=True) for name in ("b", "labels"))
c, left = Entries("c", L.n - 1, positive=True), Symbol("left", positive=True)
corner, fitted = left + total(b**2 / c), total(b * labels / c)  # left: the Schur complement
LEFT_OUT = [  # K = [[k₁, bᵀ], [b, C]]: turning the other samples makes C diagonal, and keeps the first
    Identical(k1 * first + total(b * (labels - b * first) / c), y1, everywhere=True,
              where={k1: corner, first: (y1 - fitted) / left},
              because="(K⁻¹y)₁ solves K x = y, where xᵢ = (yᵢ − bᵢx₁)/cᵢ"),
    Identical(k1 * first + total(b * (0 - b * first) / c), 1, everywhere=True, where={k1: corner, first: 1 / left},
              because="(K⁻¹)₁₁ solves it for the first unit vector"),
    Identical(first / k1, y1 - fitted, everywhere=True, where={first: (y1 - fitted) / left, k1: 1 / left},
              because="their ratio is what the fit bᵀC⁻¹y of the other samples leaves of y₁"),
]
g, squares = Entries("g", M.n, positive=True), Entries("squares", M.n, nonnegative=True)
ridge, s, label = Symbol("ridge", positive=True), Symbol("s", nonnegative=True), Symbol("label", real=True)
dual = {  # g: eigenvalues of XXᵀ; squares: of the labels along their vectors; ridge: n·lam
    M.train: total((ridge / (g + ridge)) ** 2 * squares) / M.n,
    M.dof: M.n - ridge * total(1 / (g + ridge)),
    M.gcv: (total(squares / (g + ridge) ** 2) / M.n) / (total(1 / (g + ridge)) / M.n) ** 2,
}
FORMS = [
    Identical(label - s * label / (s + ridge), ridge * (label / (s + ridge)),
              because="y − ŷ = n·lam·K⁻¹y along every eigenvector of XXᵀ"),
    Identical(total(g / (g + ridge)), dual[M.dof], everywhere=True, because="tr S = n − n·lam·tr K⁻¹"),
    Identical(M.gcv, trained, where=dual, everywhere=True),
]
claims = [
    Claim(
        L, L.errors, exact, Identity(),
        title="Leave-one-out errors from one fit",
        assuming=[Or(L.lam > 0, L.p >= L.n), L.n > 1],
        points=[{L.n: 20, L.p: 50, L.lam: 0}, {L.n: 20, L.p: 50, L.lam: "0.3"}, {L.n: 16, L.p: 5, L.lam: "0.1"}],
        steps=LEFT_OUT,
        wrong=[
            Wrong("error of the fit to all samples", at=[{L.n: 20, L.p: 30, L.lam: "0.3"}], prediction=kept),
            Wrong("penalty by the remaining samples", at=[{L.n: 8, L.p: 20, L.lam: "0.5"}], prediction=less),
        ],
        **SHARED,
    ),
    Claim(
        M, M.mean_gcv, M.mean_predictive, Asymptotic(Ladder(M.n, [16, 32, 64, 128], tie={M.p: 3 * M.n}, rate=1)),
        quantity="ridgeless",
        title="Generalised cross-validation of an interpolator estimates its error at new samples",
        fixing={M.rho: 0, M.lam: 0},
        points=[{M.r2: 1, M.s2: 1}],
        steps=[Limit(ridge, 0, (total(squares / g**2) / M.n) / (total(1 / g) / M.n) ** 2, of=trained, where=dual,
                     because="‖y − ŷ‖²/n over (1 − tr S/n)² is 0/0 at lam = 0, where its limit is that of K")],
        fails_at=[{M.r2: 1, M.s2: 1, M.rho: "0.9"}],
        wrong=[
            Wrong("training error, which is 0", relation=Identity(), at=[{M.n: 40, M.p: 120, M.r2: 1, M.s2: 1}],
                  observable=M.mean_train),
            Wrong("excess risk, noise left out", prediction=M.mean_predictive - M.s2),
        ],
        figure=Curve(M.n, label="samples n, with 3n features"),
        **SHARED,
    ),
    Claim(
        M, M.mean_gcv, M.mean_predictive, Asymptotic(Ladder(M.n, [16, 32, 64, 128], tie={M.p: M.n / 2}, rate=1)),
        quantity="ridge",
        title="Generalised cross-validation of ridge regression estimates its error at new samples",
        fixing={M.rho: 0},
        points=[{M.r2: 1, M.s2: 1, M.lam: "0.1"}],
        regime=[M.lam >= 0.05],
        steps=FORMS,
        fails_at=[{M.r2: 1, M.s2: 1, M.lam: "0.1", M.rho: "0.8"}],
        wrong=[
            Wrong("training error as estimate", observable=M.mean_train),
            Wrong("denominator not squared", observable=M.mean_train / (1 - M.dof / M.n)),
        ],
        figure=Curve(M.lam, ("0.06", "0.1", "0.2", "0.3", "0.5", "1", "2", "4"), fixing={M.r2: 1, M.s2: 1},
                     label="ridge λ, at 128 samples and 64 features"),
        **SHARED,
    ),
    Claim(
        M, M.gcv, trained, Identity(),
        quantity="forms",
        title="Generalised cross-validation from the training error and the degrees of freedom",
        assuming=[M.lam > 0],
        points=[{M.n: 40, M.p: 20, M.lam: "0.1"}, {M.n: 40, M.p: 120, M.lam: "0.3"}],
        steps=FORMS,
        wrong=[
            Wrong("denominator not squared", prediction=M.train / (1 - M.dof / M.n)),
            Wrong("training error", prediction=M.train),
        ],
        **SHARED,
    ),
    Claim(
        M, Abs(M.gcv / M.predictive - 1), Rational(-1, 2),
        Exponent(Ladder(M.n, [4, 8, 16, 32, 64], tie={M.p: M.n / 2}), within=0.1, correction=1),
        quantity="rate",
        title="In one draw the estimate is off by n^-1/2: half as much with four times the samples",
        fixing={M.rho: 0},
        points=[{M.r2: 1, M.s2: 1, M.lam: "0.1"}],
        wrong=[Wrong("rate 1 in every draw", prediction=-1), Wrong("no gain", prediction=0)],
        **SHARED,
    ),
]  # fmt: skip

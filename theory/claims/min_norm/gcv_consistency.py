"""Leave-one-out errors from one fit, and generalised cross-validation as an estimate of the error at new samples."""

from functools import partial
from typing import Any

from sympy import Abs, Matrix, Or, Rational, Symbol, eye, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.leave_one_out import leave_one_out_errors
from theory.proof import Identical, Instances, Limit
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
        "Golub, Heath, Wahba: Generalized cross-validation as a method for choosing a good ridge parameter; Hastie, "
        "Montanari, Rosset, Tibshirani: Surprises in high-dimensional ridgeless least squares interpolation; Patil, "
        "Wei, Rinaldo, Tibshirani: Uniform consistency of cross-validation estimators for high-dimensional ridge "
        "regression"
    ),
}  # fmt: skip


def kernel(n: int) -> Matrix:
    """A symmetric K of letters."""
    return Matrix(n, n, lambda i, j: Symbol(f"k{min(i, j)}{max(i, j)}", real=True))


def positive(matrix: Matrix) -> list[Any]:
    """A symmetric matrix is positive definite."""
    return [matrix[i:, i:].det() > 0 for i in range(matrix.rows)]


def left_out(n: int) -> Identical:
    """y₁ − k₁·K₋₁⁻¹y₋₁ = (K⁻¹y)₁/(K⁻¹)₁₁, where the ridge is in K."""
    K, y = kernel(n), Matrix(symbols(f"y:{n}", real=True))
    fitted = (K[0, 1:] * K[1:, 1:].inv() * y[1:, :])[0]
    inverse = K.inv()
    return Identical(y[0] - fitted, (inverse * y)[0] / inverse[0, 0], given=positive(K))


def residual(n: int) -> Identical:
    """y − GK⁻¹y = c·K⁻¹y with K = G + c·I, in the first sample; the trace follows with y the unit vectors."""
    c, G, y = Symbol("c", positive=True), kernel(n), Matrix(symbols(f"y:{n}", real=True))
    K = G + c * eye(n)
    dual = K.inv() * y
    return Identical((y - G * dual)[0], c * dual[0], given=positive(K))


s, t, a, b, lam = symbols("s t a b lambda", positive=True)  # two eigenvalues, squared labels along their vectors
share = ((lam / (s + lam)) ** 2 * a + (lam / (t + lam)) ** 2 * b) / (lam / (s + lam) + lam / (t + lam)) ** 2
BLOCKS = Instances("an inverse in blocks gives the fit without a sample", left_out, [2, 3])
FORMS = [Instances("y − ŷ = n·lam·K⁻¹y", residual, [2, 3])]
claims = [
    Claim(
        L, L.errors, exact, Identity(),
        title="Leave-one-out errors from one fit",
        assuming=[Or(L.lam > 0, L.p >= L.n), L.n > 1],
        points=[{L.n: 20, L.p: 50, L.lam: 0}, {L.n: 20, L.p: 50, L.lam: "0.3"}, {L.n: 16, L.p: 5, L.lam: "0.1"}],
        steps=[BLOCKS],
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
        steps=[Limit(lam, 0, (a / s**2 + b / t**2) / (1 / s + 1 / t) ** 2, of=share,
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
        figure=Curve(M.lam, ("0.06", "0.1", "0.2", "0.3", "0.5", "1", "2", "4"), fixing={M.r2: 1, M.s2: 1}),
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

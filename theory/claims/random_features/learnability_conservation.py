"""Learnabilities of an orthonormal basis add up to the degrees of freedom: to n, without a ridge."""

from functools import partial

from sympy import Matrix, Rational, Symbol, eye, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import power, step, total
from theory.implicit import Root
from theory.programs.regression.kernel_ridge import degrees_of_freedom
from theory.proof import Identical, Inequality, Instances
from theory.relation import Asymptotic, Bound, Identity, Ladder
from theory.settings.random_features import FiniteDomain as F
from theory.settings.random_features import KernelRegression as K

kappa = Symbol("kappa", positive=True)
learned = K.lam / (K.lam + kappa)
equation = total(learned) + K.delta / kappa - K.n
exact = Computed([F.gram], degrees_of_freedom, using={"ridge": F.delta})
SHARED = {
    "entry": "random_features.learnability_conservation",
    "source": Source("Simon, Dickens, Karkada, DeWeese: The eigenlearning framework: a conservation law perspective "
                     "on kernel regression and wide neural networks"),
    "seeds": ["More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory"],
}  # fmt: skip
POINTS = [{F.M: 40, F.n: 9, F.kernel: kernel, F.delta: "0.3"} for kernel in ("rbf", "laplace", "ntk")]
GROWING = [(power(2, 3 * K.n), 3 / K.n), (step(K.n, 1, 2 * K.n, Rational(1, 10)), K.n / 20),
           (power(1, 2 * K.n), Rational(3, 10))]  # δ/κ stays a share of n
ridge, a, c, d = symbols("ridge a c d", positive=True)
b, e, f = symbols("b e f", real=True)


def inverse(matrix: Matrix) -> Matrix:
    return matrix.adjugate() / matrix.det()


def in_turned_basis(M: int) -> Identical:
    """Σᵢ qᵢᵀ H qᵢ = tr H for any H, and a basis turned by Cayley's formula with any skew matrix."""
    entries = iter(symbols(f"s:{M * (M - 1) // 2}", real=True))
    upper = Matrix(M, M, lambda i, j: next(entries) if i < j else 0)
    skew, hat = upper - upper.T, Matrix(M, M, symbols(f"h:{M * M}", real=True))
    basis = (eye(M) - skew) * inverse(eye(M) + skew)
    return Identical(sum((basis.col(i).T * hat * basis.col(i))[0] for i in range(M)), hat.trace())


gram, across = Matrix([[a, b], [b, c]]), Matrix([[a, b], [b, c], [e, f]])  # two of three inputs are trained on
hat = (across * inverse(gram + ridge * eye(2))).row_join(Matrix([0, 0, 0]))
share = (gram * inverse(gram + ridge * eye(2))).trace()
spread = sqrt((a - c) ** 2 + 4 * b**2)
large, small = (a + c + spread) / 2, (a + c - spread) / 2
positive = [a * c > b**2]
TRACE = [
    Instances("Σᵢ qᵢᵀ H qᵢ = tr H in every orthonormal basis of R^M", in_turned_basis, sizes=[2, 3]),
    Identical(hat.trace(), 2 - ridge * inverse(gram + ridge * eye(2)).trace(), given=positive,
              because="only the columns of the training points count, n = 2"),
    Identical(share, large / (large + ridge) + small / (small + ridge), given=positive, because="eigenvalues of K_DD"),
]  # fmt: skip

claims = [
    Claim(
        F, F.learnability, exact, Identity(),
        title="Learnabilities of any orthonormal basis add up to the degrees of freedom",
        assuming=[F.n <= F.M],
        points=POINTS,
        steps=TRACE,
        wrong=[
            Wrong("n in spite of the ridge", prediction=F.n),
            Wrong("ridge counted n times",
                  prediction=Computed([F.gram], partial(degrees_of_freedom, times=True), using={"ridge": F.delta})),
            Wrong("a basis that is not orthonormal", observable=F.skewed),
        ],
        **SHARED,
    ),
    Claim(
        F, F.learnability, F.n, Identity(),
        quantity="interpolation",
        title="Learnabilities of an interpolator add up to the number of samples",
        fixing={F.delta: 0},
        assuming=[F.n <= F.M],
        points=[{F.M: 40, F.n: 9, F.kernel: kernel} for kernel in ("rbf", "laplace", "ntk")],
        fails_at=[{F.M: 40, F.n: 9, F.kernel: "rbf", F.delta: "0.3"}],
        steps=[*TRACE[:2], Identical(share, 2, where={ridge: 0}, given=positive,
                                     because="without a ridge K_DD cancels")],
        wrong=[
            Wrong("a basis that is not orthonormal", observable=F.skewed),
            Wrong("a share for every function", prediction=F.M),
        ],
        **SHARED,
    ),
    Claim(
        F, F.learnability, F.n, Bound("<="),
        quantity="ridge",
        title="With a ridge they add up to less",
        assuming=[F.n <= F.M],
        points=POINTS,
        tight_at=[{F.delta: "1e-6", F.kernel: "laplace"}],
        steps=[*TRACE, Inequality(d / (d + ridge), 1, strict=True, because="each eigenvalue counts for less than one")],
        wrong=[
            Wrong("one sample too few", at=[{F.delta: "1e-6", F.kernel: "laplace"}], prediction=F.n - 1),
            Wrong("half of the samples", at=[{F.delta: "0.05", F.kernel: "laplace"}], prediction=F.n / 2),
        ],
        figure=Curve(F.delta, ("0.001", "0.01", "0.1", "1"), fixing={F.M: 40, F.n: 9, F.kernel: "ntk", F.length: 1},
                     label="ridge δ"),
        **SHARED,
    ),
    Claim(
        K, K.dof, K.n - K.delta / kappa,
        Asymptotic(Ladder(K.n, [12, 24, 48, 96], rate=1)),
        quantity="eigenframework",
        title="Learnabilities of the eigenframework add up to n − δ/κ",
        status="heuristic",
        roots=[Root(kappa, equation, unique="the left side falls in κ")],
        fixing={K.inputs: "gaussian"},
        points=[{K.lam: lam, K.v2: lam, K.delta: delta} for lam, delta in GROWING],
        steps=[Identical(total(learned), K.n - K.delta / kappa, where={K.n: total(learned) + K.delta / kappa})],
        wrong=[
            Wrong("n in spite of the ridge", prediction=K.n),
            Wrong("a sample's share of the ridge", prediction=K.n - K.delta / (K.n * kappa)),
        ],
        **SHARED,
    ),
]  # fmt: skip

"""Learnabilities of an orthonormal basis add up to the degrees of freedom: to n, without a ridge."""

from functools import partial

from sympy import Matrix, Symbol, eye, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.implicit import Root
from theory.programs.kernel_ridge import degrees_of_freedom
from theory.proof import Identical, Inequality
from theory.relation import Asymptotic, Bound, Identity, Ladder
from theory.settings.random_features import FiniteDomain as F
from theory.settings.random_features import KernelRegression as K

kappa = Symbol("kappa", positive=True)
exact = Computed([F.gram], degrees_of_freedom, using={"ridge": F.delta})
SHARED = {
    "entry": "random_features.learnability_conservation",
    "source": Source("Simon, Dickens, Karkada, DeWeese: The eigenlearning framework: a conservation law perspective "
                     "on kernel regression and wide neural networks"),
    "seeds": ["More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory"],
}  # fmt: skip
POINTS = [{F.M: 40, F.n: 9, F.kernel: kernel, F.delta: "0.3"} for kernel in ("rbf", "laplace", "ntk")]

# three inputs of which two are trained on, and a basis turned by Cayley's formula
a, c, ridge, d = symbols("a c ridge d", positive=True)
b, e, f, *turn = symbols("b e f p q r", real=True)
gram, across = Matrix([[a, b], [b, c]]), Matrix([[a, b], [b, c], [e, f]])
hat = (across * (gram + ridge * eye(2)).inv()).row_join(Matrix([0, 0, 0]))
skew = Matrix([[0, -turn[2], turn[1]], [turn[2], 0, -turn[0]], [-turn[1], turn[0], 0]])
basis = (eye(3) - skew) * (eye(3) + skew).inv()
learnt = sum((basis.col(i).T * hat * basis.col(i))[0] for i in range(3))
share = ((gram + ridge * eye(2)).inv() * gram).trace()
spread = sqrt((a - c) ** 2 + 4 * b**2)
large, small = (a + c + spread) / 2, (a + c - spread) / 2
positive = (a * c > b**2,)
STEPS = [
    Identical(learnt, hat.trace(), given=positive, because="a trace does not depend on the basis"),
    Identical(hat.trace(), share, given=positive, because="only the columns of the training points count"),
    Identical(share, large / (large + ridge) + small / (small + ridge), given=positive, because="eigenvalues of K_DD"),
    Identical(share.subs(ridge, 0), 2, given=positive, because="no ridge: K_DD cancels"),
    Inequality(d / (d + ridge), 1, because="each eigenvalue counts for less than one"),
]  # fmt: skip

claims = [
    Claim(
        F, F.learnability, exact, Identity(),
        title="Learnabilities of any orthonormal basis add up to the degrees of freedom",
        assuming=[F.n <= F.M],
        points=POINTS,
        steps=STEPS,
        wrong=[
            Wrong("n in spite of the ridge", prediction=F.n),
            Wrong("ridge counted n times",
                  prediction=Computed([F.gram], partial(degrees_of_freedom, times=True), using={"ridge": F.delta})),
            Wrong("a basis that is not orthonormal", observable=F.skewed),
        ],
        figure=Curve(F.delta, label="ridge δ"),
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
        steps=STEPS[:4],
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
        steps=STEPS[4:],
        wrong=[
            Wrong("one sample too few", at=[{F.delta: "1e-6", F.kernel: "laplace"}], prediction=F.n - 1),
            Wrong("half of the samples", at=[{F.delta: "0.05", F.kernel: "laplace"}], prediction=F.n / 2),
        ],
        **SHARED,
    ),
    Claim(
        K, K.dof, K.n - K.delta / kappa, Asymptotic(Ladder(K.n, [16, 32, 64, 128], rate=1)),
        quantity="eigenframework",
        title="Learnabilities of the eigenframework add up to n − δ/κ",
        status="heuristic",
        roots=[Root(kappa, total(K.lam / (K.lam + kappa)) + K.delta / kappa - K.n, unique="the left side falls in κ")],
        fixing={K.inputs: "gaussian"},
        points=[{K.lam: "power(1.5,200)", K.v2: "power(1.6,200)", K.delta: "0.1", K.sigma2: "0.1"}],
        wrong=[
            Wrong("n in spite of the ridge", prediction=K.n),
            Wrong("a sample's share of the ridge", prediction=K.n - K.delta / (K.n * kappa)),
        ],
        **SHARED,
    ),
]  # fmt: skip

"""Descent on tensors factorised under the t-product: matrices in the Fourier domain, and what a small start does."""

from functools import partial
from typing import Any

from sympy import I, Matrix, Rational, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.tubal import frequency_descent
from theory.proof import Identical, Instances
from theory.relation import Bound, Identity, Probability
from theory.settings.implicit_bias.tubal import TubalDescent as S
from theory.settings.implicit_bias.tubal import TubalRecovery as T

READS, USING = [S.A, S.y, S.start], {"eta": S.eta, "steps": S.steps}
UNITY = {2: -1, 3: -Rational(1, 2) - sqrt(3) * I / 2, 4: -I}  # e^(−2πi/K)


def slices(name: str, n: int, K: int) -> list[Any]:
    return [Matrix(n, n, lambda i, j, k=k: symbols(f"{name}_{k}{i}{j}", real=True)) for k in range(K)]


def transform(a: list[Any], k: int) -> Any:
    """Σ_j a_j e^(−2πi jk/K)."""
    K = len(a)
    return sum((a[j] * UNITY[K] ** (j * k % K) for j in range(1, K)), a[0])


def product(n: int, K: int) -> list[Identical]:
    a, b = slices("a", n, K), slices("b", n, K)
    whole = [sum((a[j] * b[(k - j) % K] for j in range(1, K)), a[0] * b[k]) for k in range(K)]
    return [Identical(left, right) for k in range(K)
            for left, right in zip(transform(whole, k), transform(a, k) * transform(b, k), strict=True)]


def transposed(n: int, K: int) -> list[Identical]:
    a = slices("a", n, K)
    turned = [a[-k % K].T for k in range(K)]
    return [Identical(left, right) for k in range(K)
            for left, right in zip(transform(turned, k), transform(a, k).H, strict=True)]


MATRICES = [
    Instances("the transform of a t-product is the product of the transforms, frequency by frequency", product,
              [(1, 2), (1, 3), (1, 4), (2, 2), (2, 3)]),
    Instances("the transform of a t-transpose is the conjugate transpose", transposed,
              [(1, 2), (1, 3), (1, 4), (2, 2), (2, 3)]),
]  # fmt: skip
SMALL = {T.n: 6, T.K: 3, T.r: 1, T.m: 45, T.a0: "0.01", T.eta: "0.2", T.rho: "0.02"}
DRAWS = [{S.n: 4, S.K: 4, S.r: 1, S.m: 20, S.a0: "0.2", S.eta: "0.05", S.steps: 30},
         {S.n: 3, S.K: 3, S.r: 1, S.m: 20, S.a0: "0.1", S.eta: "0.05", S.steps: 100},
         {S.n: 3, S.K: 5, S.r: 2, S.m: 20, S.a0: "0.1", S.eta: "0.05", S.steps: 50}]  # fmt: skip
NINE = Probability(Rational(9, 10))
SHARED = {
    "entry": "implicit_bias.tubal_gd",
    "source": Source("Kilmer, Martin 2011: Factorization strategies for third-order tensors, for the t-product; "
                     "Karnik, Veselovska, Iwen, Krahmer 2025: Implicit Regularization for Tubal Tensor "
                     "Factorizations via Gradient Descent, whose theorem is not restated",
                     "https://arxiv.org/abs/2410.16247"),
    "seeds": ["Implicit Regularization for Tubal Tensor Factorizations via Gradient Descent"],
}  # fmt: skip
MEASURED = [T.m >= 2 * T.n * T.K * T.r, 7 * T.m <= 3 * T.K * T.n**2, T.rho <= Rational(1, 50)]  # Kn²/2 tell all of X
ENDED = {
    "status": "empirical",
    "given": T.ended,
    "points": [SMALL, {**SMALL, T.n: 5, T.m: 32}, {**SMALL, T.K: 4, T.m: 60}],
}

claims = [
    Claim(
        S, S.factor, Computed(READS, frequency_descent, using=USING), Identity(excluded=0.03),
        title="Descent in the t-product algebra is K coupled descents on complex matrices in the Fourier domain",
        points=DRAWS,
        steps=MATRICES,
        wrong=[
            Wrong("a transpose that leaves the slices in their order", at=[{**DRAWS[0], S.steps: 5}],
                  prediction=Computed(READS, partial(frequency_descent, plain=True), using=USING)),
            Wrong("each frequency with residuals of its own", at=DRAWS,
                  prediction=Computed(READS, partial(frequency_descent, coupled=False), using=USING)),
        ],
        **SHARED,
    ),
    Claim(
        T, T.error, T.larger, Bound("<=", NINE),
        quantity="small_start",
        assuming=[*MEASURED, T.a0 >= Rational(1, 200), T.a0 <= Rational(1, 50)],
        title="At the same training error a start ten times smaller ends nearer to the tensor, in nine draws of ten",
        fails_at=[{**SMALL, T.a0: "0.00001"}],
        wrong=[
            Wrong("large starts generalise better", relation=Bound(">=", NINE)),
            Wrong("nearer by the factor ten of the starts", prediction=T.larger / 10),
            Wrong("however small both are", at=[{**SMALL, T.a0: "0.00001"}], assuming=()),
        ],
        **ENDED, **SHARED,
    ),
    Claim(
        T, T.error, T.interpolator / 4, Bound("<=", NINE),
        quantity="below_least_norm",
        assuming=[*MEASURED, T.a0 <= Rational(1, 50)],
        fails_at=[{**SMALL, T.m: 57}],
        title="The error is less than a quarter of that of the interpolator of least norm, in nine draws of ten",
        wrong=[
            Wrong("from a start ten times larger as well", observable=T.larger),
            Wrong("that of the interpolator of least norm", relation=Bound(">=", NINE), prediction=T.interpolator),
        ],
        figure=Curve(T.a0, ("0.00001", "0.0001", "0.001", "0.003", "0.01", "0.02"), fixing=SMALL,
                     label="scale a0 of the start"),
        **ENDED, **SHARED,
    ),
]  # fmt: skip

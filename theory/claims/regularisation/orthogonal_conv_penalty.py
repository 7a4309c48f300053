"""A penalty on kernels that measures how far a convolution is from an isometry, whatever the length of the signal."""

from sympy import Add, Matrix, Max, cos, expand, eye, pi, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.proof import Assumed, Entries, Identical, Inequality, Instances
from theory.relation import Bound, Identity
from theory.settings.regularisation.matrices import ConvolutionKernel as S

M, C, k, N = S.M, S.C, S.k, S.N
AT = {M: 3, C: 4, k: 3, N: 8, S.spread: "0.7", S.padding: "circular"}
SHORT, ZERO = {**AT, N: 4}, {**AT, S.padding: "zero"}
ALONE = {**AT, M: 1, C: 2, k: 1}
WIDE = {**AT, M: 4, C: 2, S.spread: "0.001"}
LARGE = {**AT, M: 1, C: 2, k: 5, N: 32}
bound = sqrt((2 * k - 1) * S.penalty)
turn = symbols("turn", real=True)
ALONG = Matrix([1 - turn**2, 2 * turn]) / (1 + turn**2)


def parseval(length: int) -> Identical:
    """One channel, two taps: ‖AAᵀ − I‖²_F = N·((a² + b² − 1)² + 2(ab)²)."""
    a, b = symbols("a b", real=True)
    A = Matrix(length, length, lambda i, j: a * int(i == j) + b * int((i + 1) % length == j))
    apart = A * A.T - eye(length)
    squares = Add(*(x**2 for x in apart))
    return Identical(squares, expand(length * ((a**2 + b**2 - 1) ** 2 + 2 * a**2 * b**2)), everywhere=True)


SHARED = {
    "entry": "regularisation.orthogonal_conv_penalty",
    "source": Source("Achour, Malgouyres, Mamalet 2022: Existence, Stability and Scalability of Orthogonal "
                     "Convolutional Neural Networks; one dimension, stride 1, circular padding"),
    "seeds": ["Existence, Stability and Scalability of Orthogonal Convolutional Neural Networks"],
}  # fmt: skip
LONG = {"fixing": {S.padding: "circular"}, "assuming": [2 * k - 1 <= N], **SHARED}
lag, lags = Entries("lag", 2 * k - 1, real=True), 2 * k - 1
BOUND = [Inequality(total(lag) ** 2, lags * total(lag**2), slack=lags * total((lag - total(lag) / lags) ** 2),
                    because="Cauchy and Schwarz over the lags; at a frequency the sum is at most Σ|lag|")]
squared = Entries("squared", C * N, nonnegative=True)
claims = [
    Claim(
        S, S.frobenius / N, S.penalty, Identity(),
        title="‖AAᵀ − I‖²_F = N·L_orth",
        scale=1,
        points=[{**AT, N: 5}, LARGE],
        fails_at=[SHORT, ZERO],
        steps=[parseval(3), Instances("one channel, two taps, other lengths", parseval, (4, 5))],
        wrong=[Wrong("N²", at=[AT], prediction=N * S.penalty), Wrong("no N", at=[AT], prediction=S.penalty / N),
               Wrong("shorter signals, too", at=[SHORT], assuming=[])],
        figure=Curve(N, (5, 6, 8, 11, 16, 22), fixing={M: 3, C: 4, k: 3, S.spread: "0.7"}, label="length N"),
        **LONG,
    ),
    Claim(
        S, S.spectral, bound, Bound("<="),
        quantity="spectral",
        title="‖AAᵀ − I‖ ≤ √((2k − 1)·L_orth), whatever the length",
        points=[AT, LARGE],
        tight_at=[ALONE],
        steps=BOUND,
        wrong=[Wrong("half of it", at=[ALONE], prediction=bound / 2),
               Wrong("divided by √N", at=[ALONE], prediction=bound / sqrt(N))],
        figure=Curve(N, (5, 6, 8, 11, 16, 22), fixing={M: 3, C: 4, k: 3, S.spread: "0.7"}, label="length N"),
        **LONG,
    ),
    Claim(
        S, S.top, 1 + bound, Bound("<="),
        quantity="largest",
        title="The squared singular values are at most 1 + √((2k − 1)·L_orth)",
        points=[AT],
        steps=BOUND,
        wrong=[Wrong("at most 1", at=[AT], prediction=1), Wrong("minus", at=[AT], prediction=1 - bound)],
        **LONG,
    ),
    Claim(
        S, S.bottom, 1 - bound, Bound(">="),
        quantity="smallest",
        title="The squared singular values are at least 1 − √((2k − 1)·L_orth), if M ≤ C",
        scale=1,
        points=[AT],
        steps=BOUND,
        wrong=[Wrong("at least 1", at=[AT], prediction=1), Wrong("plus", at=[AT], prediction=1 + bound)],
        **{**LONG, "assuming": [2 * k - 1 <= N, M <= C]},
    ),
    Claim(
        S, S.doubled, S.spectral / cos(pi * (k - 1) / N), Bound("<="),
        quantity="flat",
        title="On a signal twice as long the deviation is at most 1/cos(π(k − 1)/N) times that, so it does not grow",
        status="derived here",
        points=[AT, {**AT, N: 16}],
        tight_at=[ALONE],
        steps=[Assumed("a trigonometric polynomial of degree d is at most 1/cos(πd/N) times its maximum at N places",
                       "Ehlich, Zeller 1964: Schwankung von Polynomen zwischen Gitterpunkten")],
        wrong=[Wrong("grows like √N", at=[{**AT, N: 16}], relation=Bound(">="), prediction=sqrt(2) * S.spectral),
               Wrong("smaller on longer signals", at=[AT], prediction=S.spectral / sqrt(2))],
        **LONG,
    ),
    Claim(
        S, S.penalty, M - C, Bound(">="),
        quantity="more_outputs",
        title="With more outputs than inputs no kernel is orthogonal: L_orth ≥ M − C",
        scale=M,
        points=[{**AT, M: 4, C: 2}],
        tight_at=[WIDE],
        steps=[Assumed("A has CN columns, so (M − C)N of the MN eigenvalues of AAᵀ are 0", "linear algebra"),
               Inequality((M - C) * N, (M - C) * N * (0 - 1) ** 2 + total((squared - 1) ** 2),
                          slack=total((squared - 1) ** 2), because="‖AAᵀ − I‖²_F from the eigenvalues, 0 and others; "
                          "it is N·L_orth")],
        wrong=[Wrong("M", at=[WIDE], prediction=M), Wrong("(M − C)N", at=[WIDE], prediction=(M - C) * N)],
        **{**SHARED, "assuming": [M > C]},
    ),
    Claim(
        S, S.orthonormal, Max(M - C, 0), Identity(),
        quantity="existence",
        title="Orthonormal kernels of one tap reach 0 for M ≤ C, and M − C beyond",
        scale=M,
        points=[AT, WIDE],
        steps=[Identical(Add(*(entry**2 for entry in ALONG * ALONG.T - eye(2))), 1, everywhere=True,
                         because="M = 2, C = 1: ‖BBᵀ − I‖²_F, B a unit column")],
        wrong=[Wrong("0 for any M", at=[WIDE], prediction=0), Wrong("M ≤ Ck", at=[WIDE], prediction=Max(M - C * k, 0))],
        **SHARED,
    ),
]  # fmt: skip

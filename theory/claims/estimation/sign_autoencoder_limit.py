"""Autoencoders with a code of signs: the error of given rows, its least value, and rows that attain it."""

from sympy import Derivative, Eq, Rational, Symbol, acos, asin, pi, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs import sign_codes
from theory.proof import Identical, Inequality, Integration
from theory.relation import Asymptotic, Bound, Equality, Identity, Ladder
from theory.settings.estimation.autoencoders import SignAutoencoder as S

aliases = ["representation.sign_autoencoder"]

HAAR, IID = Symbol("haar"), Symbol("iid")
r = S.n / S.d
few, many = 1 - 2 * r / pi, 1 - r / (r + pi / 2 - 1)
a, c, rate = Symbol("a", nonnegative=True), Symbol("c", nonnegative=True), Symbol("r", positive=True)
phi, theta, chance = symbols("phi theta chance", real=True)
NEAR = Rational(1, 1000)
SMALL, LARGE = {S.d: 6, S.n: 4}, {S.d: 6, S.n: 9}
SHARED = {
    "entry": "estimation.sign_autoencoder_limit",
    "source": Source("Shevchenko, Kögler, Hassani, Mondelli 2023: Fundamental Limits of Two-layer Autoencoders, and "
                     "Achieving Them with Gradient Methods"),
    "seeds": ["Fundamental Limits of Two-layer Autoencoders, and Achieving Them with Gradient Methods"],
}  # fmt: skip
ARC_SINE = [
    Integration(1 / (2 * pi), phi, theta - pi / 2, pi / 2, (pi - theta) / (2 * pi), antiderivative=phi / (2 * pi),
                everywhere=True, because="x = cos φ and y = cos(φ − θ) in a random direction: the chance of x, y > 0"),
    Identical(4 * chance - 1, 2 * asin(c) / pi, where={chance: (pi - acos(c)) / (2 * pi)}, given=[c < 1],
              everywhere=True, because="E sign x sign y = P(equal) − P(unequal), θ = arccos c: the arc-sine law"),
]  # fmt: skip

claims = [
    Claim(
        S, S.sampled, Computed([S.B], sign_codes.best_decoder), Equality(),
        title="Error of given rows with their best decoder, from the arc-sine law",
        regime=[S.n <= 12],
        steps=ARC_SINE,
        points=[SMALL | {S.rows: "iid"}, LARGE | {S.rows: "haar"}],
        wrong=[Wrong("decoder √(2/π)·Bᵀ", at=[LARGE | {S.rows: "iid"}],
                     prediction=Computed([S.B], sign_codes.scaled_transpose)),
               Wrong("rows that do not matter", at=[SMALL | {S.rows: "iid"}], prediction=few)],
        **SHARED,
    ),
    Claim(
        S, S.error, few, Identity(),
        quantity="orthonormal",
        title="Orthonormal rows have the error 1 − 2r/π",
        assuming=[S.n <= S.d, Eq(S.rows, HAAR)],
        points=[SMALL | {S.rows: "haar"}],
        steps=[Identical(few, many, where={S.n: S.d}, because="both limits agree at r = 1")],
        fails_at=[LARGE | {S.rows: "haar"}, SMALL | {S.rows: "iid"}],
        wrong=[Wrong("1 − r/2", at=[SMALL | {S.rows: "haar"}], prediction=1 - r / 2),
               Wrong("a linear encoder's", at=[SMALL | {S.rows: "haar"}], prediction=1 - r),
               Wrong("2/π squared", at=[SMALL | {S.rows: "haar"}], prediction=1 - (2 / pi) ** 2 * r)],
        figure=Curve(S.n, (2, 4, 6, 8, 12), fixing={S.d: 12, S.rows: "haar"}, label="rows n", log=False),
        **SHARED,
    ),
    Claim(
        S, S.error, few, Bound(">="),
        quantity="lower_bound",
        title="No rows have an error below 1 − 2r/π, at r ≤ 1",
        assuming=[S.n <= S.d],
        points=[SMALL | {S.rows: "iid"}],
        tight_at=[SMALL | {S.rows: "haar"}],
        steps=[*ARC_SINE,
               Inequality(2 * (1 - a * c) / (1 - a**2), 2, given=[a <= c, a < 1],
                          because="two rows at the cosine c, a = (2/π)·arcsin c"),
               Inequality(0, Derivative(2 * asin(c) / pi, (c, 2)), given=[c < 1],
                          because="arcsin is convex there, so (2/π)·arcsin c ≤ c on [0, 1]")],
        wrong=[Wrong("1 − r/2", at=[SMALL | {S.rows: "haar"}], prediction=1 - r / 2),
               Wrong("2/π squared", at=[SMALL | {S.rows: "haar"}], prediction=1 - (2 / pi) ** 2 * r)],
        **SHARED,
    ),
    Claim(
        S, S.trained, few + NEAR, Bound("<="),
        quantity="trained",
        title="Gradient descent on the rows ends within 0.001 of the error 1 − 2r/π, at r ≤ 1",
        assuming=[S.n <= S.d],
        regime=[S.n <= 12, S.d <= 8, Eq(S.rows, IID)],
        points=[SMALL | {S.rows: "iid"}],
        wrong=[Wrong("without training", at=[SMALL | {S.rows: "iid"}], observable=S.error),
               Wrong("a linear encoder's", at=[SMALL | {S.rows: "iid"}], prediction=1 - r + NEAR)],
        **SHARED,
    ),
    *(Claim(
        S, S.error, many, Asymptotic(Ladder(S.d, (16, 32, 64, 128), tie={S.n: rows * S.d}, rate=1)),
        quantity=name,
        title=f"Rows of a random tight frame have the error 1 − r/(r + π/2 − 1) for large d, at r = {text}",
        assuming=[S.n > S.d, Eq(S.rows, HAAR)],
        points=[{S.rows: "haar"}],
        steps=[Identical((2 / pi) * rate / (2 / pi * rate + 1 - 2 / pi), rate / (rate + pi / 2 - 1),
                         because="G has d eigenvalues r, and f(G) is (2/π)G + (1 − 2/π)I to leading order")],
        wrong=[Wrong("−1 is missing", prediction=1 - r / (r + pi / 2)),
               Wrong("independent rows are as good", assuming=[Eq(S.rows, IID)], points=[{S.rows: "iid"}])],
        figure=Curve(S.d, label=f"inputs d, with {text}·d rows"),
        **SHARED,
    ) for name, rows, text in (("tight_frame", Rational(3, 2), "3/2"), ("tight_frame_wide", 3, "3"))),
    Claim(
        S, S.trained, many, Bound(">="),
        quantity="lower_bound_large",
        title="At r > 1 training finds no rows with an error below the limit of tight frames",
        status="empirical",
        assuming=[S.n > S.d],
        regime=[S.n <= 12],
        points=[LARGE | {S.rows: "iid"}, LARGE | {S.rows: "haar"}, {S.d: 6, S.n: 12, S.rows: "iid"}],
        figure=Curve(S.n, (7, 8, 9, 10, 12), fixing={S.d: 6, S.rows: "iid"}, label="rows n at d = 6", log=False),
        wrong=[Wrong("−1 is missing", at=[LARGE | {S.rows: "iid"}], prediction=1 - r / (r + pi / 2)),
               Wrong("independent rows are optimal", at=[LARGE | {S.rows: "iid"}], prediction=S.error)],
        **SHARED,
    ),
]  # fmt: skip

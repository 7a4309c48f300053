"""The learning rate at which SGD at an interpolating minimum loses mean-square stability: exact, and bounds on tr H."""

from functools import partial

from sympy import Eq, Le, Matrix, Min, Or, Piecewise, Symbol, sqrt, trace

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs.mean_square import second_moment_after, stability_threshold
from theory.proof import Assumed, Entries, Identical, Implication, Inequality, Instances
from theory.relation import Bound, Equality, Identity, Threshold
from theory.settings.stability.sgd import LinearisedSGD as S

with_replacement = Eq(S.sampling, Symbol("with"))
c = Piecewise((1 / S.B, with_replacement), ((S.n - S.B) / (S.B * (S.n - 1)), True))  # batch factor
BATCH = {"batch": S.B, "sampling": S.sampling}
exact = Computed([S.rows], stability_threshold, using=BATCH)
SHARED = {
    "entry": "stability.sgd_mean_square_threshold",
    "source": Source("Wu, Ma, E 2018; Ma, Ying 2021; Mulayoff, Michaeli 2024: linear stability of SGD; the trace bound "
                     "as in The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"),
    "seeds": ["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
    "assuming": [Or(with_replacement, Le(S.B, S.n))],
}  # fmt: skip
a2 = Entries("a2", S.n, positive=True)  # ‖aᵢ‖²
k, t, F, top, R, q, h, u, v = (Symbol(name, positive=True) for name in ("c", "t", "F", "l", "r", "q", "h", "u", "v"))
whole = (1 - k) * F**2 + k * q  # of the fourth moment, with t = tr H, F = ‖H‖_F, q the mean of ‖aᵢ‖⁴


def self_adjoint(d: int) -> Identical:
    """⟨X, AYA⟩ = ⟨AXA, Y⟩ for symmetric matrices."""
    A, X, Y = (Matrix(d, d, lambda i, j, name=name: Symbol(f"{name}{min(i, j)}{max(i, j)}", real=True))
               for name in "AXY")
    return Identical(trace(X * A * Y * A), trace(A * X * A * Y), everywhere=True)


jensen = Inequality(S.trH**2, S.quartic, where={S.trH: total(a2) / S.n, S.quartic: total(a2**2) / S.n},
                    slack=total((a2 - total(a2) / S.n) ** 2) / S.n, everywhere=True,
                    because="Jensen: the mean of ‖a‖⁴ is at least the squared mean of ‖a‖²")
first, second, apart = (Symbol(name, real=True) for name in ("first", "second", "apart"))
moments = Identical(
    second / S.B + (S.B - 1) / S.B * apart, (1 - c) * first + c * second,
    where={apart: Piecewise((first, with_replacement), ((S.n * first - second) / (S.n - 1), True))},
    because="the mean of H_b S H_b from HSH, first, and (1/n) Σ aaᵀSaaᵀ, second: two draws of a batch are one sample "
    "or apart",
)  # fmt: skip
adjoint = Instances("T, a sum of maps S ↦ ASA with symmetric A, is self-adjoint: ⟨X, AYA⟩ = ⟨AXA, Y⟩", self_adjoint,
                    [2, 3])
modes = Entries("modes", S.d**2, real=True)  # eigenvalues of T
gap, parts = (Entries(name, S.d**2, nonnegative=True) for name in ("gap", "parts"))
spectral = Inequality(total(modes * parts), h * total(parts), where={modes: h - gap}, slack=total(gap * parts),
                      everywhere=True, because="the largest eigenvalue h of T is at least its Rayleigh quotient at I, "
                      "tr T(I)/d: T is self-adjoint, parts are squares along its eigenvectors")
values, along = Entries("values", S.d, nonnegative=True), Entries("along", S.d, nonnegative=True)
still = 1 - S.eta * values  # values: eigenvalues of H; along: squares of w along its eigenvectors
rayleigh = Identical(
    total(still**2) + k * S.eta**2 * (q - total(values**2)) - S.d,
    -2 * S.eta * total(values) + S.eta**2 * ((1 - k) * total(values**2) + k * q), everywhere=True,
    because="tr T(I) − d = −2η tr H + η²((1 − c)‖H‖_F² + c q)",
)  # fmt: skip
squared_length = Identical(
    total(still**2 * along) + k * S.eta**2 * (v - total(values**2 * along)),
    total(along) - 2 * S.eta * total(values * along) + S.eta**2 * ((1 - k) * total(values**2 * along) + k * v),
    everywhere=True,
    because="E‖w₊‖² = ‖w‖² − wᵀ(2ηH − η²((1 − c)H² + c (1/n) Σ ‖a‖² aaᵀ))w, v = (1/n) Σ ‖a‖²(a·w)²",
)  # fmt: skip
fourth_moment = Implication([-2 * S.eta * t + S.eta**2 * whole <= 0], S.eta <= 2 * t / whole, given=[k <= 1],
                            everywhere=True, because="stable, so that tr T(I) ≤ d")
trace_bound = Implication([S.eta <= 2 * t / q, q >= t**2], t <= 2 / S.eta, everywhere=True,
                          because="batch size 1 has c = 1; with Jensen's inequality")
DESIGN = {S.n: 10, S.d: 4, S.sampling: "with", S.norms: "free"}

claims = [
    Claim(
        S, S.growth, exact, Threshold(of=S.eta),
        flagship=True,
        title="Exact mean-square stability threshold of SGD",
        points=[{**DESIGN, S.B: 1}, {**DESIGN, S.B: 3, S.sampling: "without"}, {**DESIGN, S.B: 4}],
        steps=[
            moments, adjoint,
            Assumed("stable exactly up to 2/λ_max of D x = μ C x, with C = (H⊗I + I⊗H)/2 and "
                    "D = (1 − c) H⊗H + c (1/n) Σ aaᵀ⊗aaᵀ", "Mulayoff, Michaeli 2024"),
        ],
        wrong=[
            Wrong("factor of sampling with replacement", at=[{S.n: 6, S.d: 4, S.B: 3, S.sampling: "without"}],
                  prediction=Computed([S.rows], partial(stability_threshold, sampling="with"), using={"batch": S.B})),
            Wrong("trace bound taken for the threshold", at=[{**DESIGN, S.B: 4}], prediction=2 / S.trH),
            Wrong("gradient descent's threshold", at=[{**DESIGN, S.B: 1}], prediction=2 / S.lam1),
        ],
        figure=Curve(S.eta, label="learning rate over its predicted threshold"),
        **SHARED,
    ),
    Claim(
        S, S.crossing, Min(2 * S.trH / ((1 - c) * S.F2 + c * S.quartic), 2 / S.lam1), Bound("<="),
        quantity="necessary",
        flagship=True,
        title="Necessary for stability: bounds by the fourth moment of the rows and by the largest eigenvalue",
        tight_at=[{**DESIGN, S.B: 1, S.norms: "equal"}],
        steps=[
            moments, adjoint, spectral, rayleigh, fourth_moment, jensen,
            Implication([q >= t**2], 2 * t / whole <= 2 * t / whole.subs(q, t**2), given=[k <= 1], everywhere=True),
            Inequality(2 * sqrt(k * (1 - k)) * F * t, whole.subs(q, t**2), given=[k < 1], everywhere=True,
                       slack=(sqrt(1 - k) * F - sqrt(k) * t) ** 2, because="arithmetic and geometric mean"),
            Inequality(2 * t / whole.subs(q, t**2), 1 / (sqrt(k * (1 - k)) * F), given=[k < 1], everywhere=True),
            Implication([(1 - S.eta * top) ** 2 <= 1], S.eta <= 2 / top, everywhere=True,
                        because="the mean E w is multiplied by 1 − ηλ₁"),
        ],
        wrong=[
            Wrong("2/tr H at batch size 4", at=[{**DESIGN, S.B: 4}], prediction=2 / S.trH),
            Wrong("factor 2 lost", at=[{**DESIGN, S.B: 1, S.norms: "equal"}], prediction=S.trH / S.quartic),
        ],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / S.trH, Bound("<="),
        quantity="trace",
        flagship=True,
        title="At batch size 1 a stable minimum has tr H ≤ 2/η",
        fixing={S.B: 1},
        tight_at=[{**DESIGN, S.norms: "equal"}],
        fails_at=[{**DESIGN, S.B: 4}],
        steps=[moments, adjoint, spectral, rayleigh, fourth_moment, jensen, trace_bound],
        wrong=[Wrong("factor 2 lost", at=[{**DESIGN, S.norms: "equal"}], prediction=1 / S.trH)],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / ((1 - c) * S.lam1 + c * S.R), Bound(">="),
        quantity="sufficient",
        title="Sufficient for stability: a bound by the largest row",
        tight_at=[{**DESIGN, S.B: 1, S.norms: "equal"}],
        steps=[
            moments, squared_length,
            Implication([u <= top * h, v <= R * h, S.eta <= 2 / ((1 - k) * top + k * R)],
                        2 * S.eta * h - S.eta**2 * ((1 - k) * u + k * v) >= 0, given=[k <= 1], everywhere=True,
                        because="H² ≤ λ₁H and (1/n) Σ ‖a‖² aaᵀ ≤ RH, so that the length does not grow"),
        ],
        wrong=[Wrong("mean row in place of the largest", at=[{**DESIGN, S.B: 1}],
                     prediction=2 / ((1 - c) * S.lam1 + c * S.trH))],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / S.trH, Identity(),
        quantity="equal_norms",
        flagship=True,
        title="At batch size 1 and rows of one length the threshold is 2/tr H, whatever the spectrum",
        fixing={S.B: 1, S.norms: "equal"},
        fails_at=[{**DESIGN, S.norms: "free"}],
        steps=[
            Identical(2 * t / whole, 2 / t, given=[Eq(k, 1), Eq(q, t**2)], everywhere=True, because="the upper bound"),
            Identical(2 / ((1 - k) * top + k * R), 2 / t, given=[Eq(k, 1), Eq(R, t)], everywhere=True,
                      because="the lower bound"),
        ],
        wrong=[Wrong("factor 2 lost", prediction=1 / S.trH),
               Wrong("largest eigenvalue in place of the trace", prediction=2 / S.lam1)],
        **SHARED,
    ),
    Claim(
        S, S.second_moment,
        Computed([S.rows], partial(second_moment_after, steps=2), using={**BATCH, "eta": S.eta}), Equality(),
        quantity="second_moment",
        title="Second moment of SGD after two steps",
        steps=[moments],
        points=[{**DESIGN, S.B: 1, S.eta: "0.1"}, {**DESIGN, S.B: 3, S.sampling: "without", S.eta: "0.1"}],
        wrong=[
            Wrong("factor of sampling with replacement",
                  at=[{**DESIGN, S.n: 6, S.B: 3, S.sampling: "without", S.eta: "0.3"}],
                  prediction=Computed([S.rows], partial(second_moment_after, steps=2, sampling="with"),
                                      using={"batch": S.B, "eta": S.eta})),
            Wrong("one step only", at=[{**DESIGN, S.B: 1, S.eta: "0.1"}],
                  prediction=Computed([S.rows], partial(second_moment_after, steps=1), using={**BATCH, "eta": S.eta})),
        ],
        **SHARED,
    ),
]  # fmt: skip

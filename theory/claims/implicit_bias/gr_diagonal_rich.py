"""Gradient regularisation shrinks the effective initialisation of a diagonal network, coordinate by coordinate."""

from functools import partial

from sympy import asinh, diff, exp, sqrt, symbols

from theory.claim import Claim, Source, Wrong
from theory.computed import Computed
from theory.programs.hyperbolic_entropy import least_entropy
from theory.proof import Identical, Monotone
from theory.relation import Bound, Identity
from theory.settings.implicit_bias.diagonal import RegularisedDiagonalNet as S

aliases = ["implicit_bias.gradient_reg_rich_regime"]

READS, USING = [S.X, S.outputs, S.integrals], {"alpha": S.alpha, "gamma": S.gamma}
effective = S.alpha * exp(-4 * S.gamma * S.integral)
b, g, h = symbols("b g h", real=True)
a, p, q = symbols("a p q", positive=True)
p_dot = -2 * g * p - S.gamma * (4 * g**2 * p + 8 * h * p)
q_dot = 2 * g * q - S.gamma * (4 * g**2 * q - 8 * h * q)
SHARED = {
    "entry": "implicit_bias.gr_diagonal_rich",
    "source": Source("Karakida, Takase, Hayase, Osawa 2023: Understanding Gradient Regularization in Deep Learning: "
                     "Efficient Finite-Difference Computation and Implicit Bias, diagonal linear networks; the "
                     "potential derived here"),
    "seeds": ["Understanding Gradient Regularization in Deep Learning: Efficient Finite-Difference Computation and "
              "Implicit Bias"],
    "status": "derived here",
    "assuming": [S.d > S.n],
}  # fmt: skip
POINT = {S.n: 5, S.d: 12, S.alpha: "0.3", S.gamma: "0.1"}

claims = [
    Claim(
        S, S.effective, effective, Identity(excluded=0.03),
        title="Gradient regularisation shrinks the effective initialisation to α exp(−4γ ∫g²)",
        points=[POINT, {**POINT, S.gamma: "0.02"}],
        steps=[Identical(p_dot / p + q_dot / q, -8 * S.gamma * g**2, because="d log(pq)/dt", everywhere=True)],
        wrong=[Wrong("rate of the product", at=[POINT], prediction=S.alpha * exp(-8 * S.gamma * S.integral)),
               Wrong("initialisation kept", at=[POINT], prediction=S.alpha)],
        **SHARED,
    ),
    Claim(
        S, S.beta, Computed(READS, least_entropy, using=USING), Identity(excluded=0.03),
        quantity="potential",
        title="The flow ends at the interpolator of least hyperbolic entropy for the effective initialisation",
        given=S.interpolates,
        points=[POINT, {**POINT, S.gamma: "0.02"}],
        steps=[
            Identical(p_dot / p - q_dot / q, -(4 * g + 16 * S.gamma * h), everywhere=True,
                      because="d log(p/q)/dt, where g and h lie in the row space of X"),
            Identical(diff(b * asinh(b / (2 * a**2)) - sqrt(b**2 + 4 * a**4), b), asinh(b / (2 * a**2)),
                      because="gradient of the potential", everywhere=True),
            Identical((p**2 - q**2) / (2 * p * q), (p / q - q / p) / 2, everywhere=True,
                      because="β/(2a²) = sinh log(p/q), with β = p² − q², a² = pq"),
        ],
        wrong=[
            Wrong("initialisation kept", at=[POINT],
                  prediction=Computed(READS, partial(least_entropy, power=0), using=USING)),
            Wrong("rate of the product", at=[POINT],
                  prediction=Computed(READS, partial(least_entropy, power=8), using=USING)),
            Wrong("one initialisation for all coordinates", at=[POINT],
                  prediction=Computed(READS, partial(least_entropy, shared=True), using=USING)),
        ],
        **SHARED,
    ),
    Claim(
        S, S.effective, S.alpha, Bound("<=", excluded=0.03),
        quantity="rich",
        title="Gradient regularisation never raises the effective initialisation",
        points=[POINT],
        tight_at=[{**POINT, S.gamma: 0}],
        steps=[Monotone(exp(-a), a, "decreasing", because="from 1 at a = 4γ∫g² = 0", everywhere=True)],
        wrong=[Wrong("shrinks by a tenth at least", at=[{**POINT, S.gamma: "0.02"}], prediction=0.9 * S.alpha),
               Wrong("shrinks with γ alone", at=[{**POINT, S.gamma: 0}], prediction=S.alpha * exp(-1))],
        **SHARED,
    ),
]  # fmt: skip

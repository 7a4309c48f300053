"""Gradient regularisation shrinks the effective initialisation of a diagonal network, coordinate by coordinate."""

from functools import partial

from sympy import Derivative, asinh, diff, exp, sqrt, symbols

from theory.claim import Claim, Source, Wrong
from theory.computed import Computed
from theory.programs.hyperbolic_entropy import least_entropy
from theory.proof import Identical, Monotone
from theory.relation import Bound, Exponent, Identity, Ladder
from theory.settings.implicit_bias.diagonal import GradientDifference as D
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
                     "potential derived here", "https://arxiv.org/abs/2210.02720"),
    "seeds": ["Understanding Gradient Regularization in Deep Learning: Efficient Finite-Difference Computation and "
              "Implicit Bias"],
    "status": "derived here",
}  # fmt: skip
NET = {**SHARED, "assuming": [S.d > S.n]}
POINT = {S.n: 5, S.d: 12, S.alpha: "0.3", S.gamma: "0.1"}

claims = [
    Claim(
        S, S.effective, effective, Identity(excluded=0.03),
        title="Gradient regularisation shrinks the effective initialisation to α exp(−4γ ∫g²)",
        points=[POINT, {**POINT, S.gamma: "0.02"}],
        steps=[Identical(p_dot / p + q_dot / q, -8 * S.gamma * g**2, because="d log(pq)/dt", everywhere=True)],
        wrong=[Wrong("rate of the product", at=[POINT], prediction=S.alpha * exp(-8 * S.gamma * S.integral)),
               Wrong("half of the rate", at=[POINT], prediction=S.alpha * exp(-2 * S.gamma * S.integral)),
               Wrong("initialisation kept", at=[POINT], prediction=S.alpha)],
        **NET,
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
        **NET,
    ),
    Claim(
        S, S.effective, S.alpha, Bound("<=", excluded=0.03),
        quantity="rich",
        title="Gradient regularisation never raises the effective initialisation",
        points=[POINT],
        tight_at=[{**POINT, S.gamma: 0}],
        steps=[Monotone(exp(-a), a, "decreasing", because="from 1 at a = 4γ∫g² = 0", everywhere=True)],
        wrong=[Wrong("shrinks by a tenth at least", at=[{**POINT, S.gamma: "0.02"}], prediction=0.9 * S.alpha),
               Wrong("shrinks with γ alone", at=[{**POINT, S.gamma: 0}], prediction=S.alpha * exp(-1)),
               Wrong("and so the ℓ1 norm of what is learnt", at=[POINT], observable=S.l1, prediction=S.plain_l1)],
        **NET,
    ),
    Claim(
        D, D.apart, -1, Exponent(Ladder(D.rate, [200, 400, 800, 1600, 3200]), within=0.05),
        quantity="difference",
        title="(∇L(θ + ε∇L) − ∇L(θ))/ε misses ½∇‖∇L‖² by O(ε): gradient regularisation by one more gradient",
        fixing={D.model: "network"},
        points=[{D.n: 5, D.d: 12}],
        wrong=[Wrong("by O(ε²)", prediction=-2), Wrong("by O(√ε)", prediction=-0.5)],
        **SHARED,
    ),
    Claim(
        D, D.apart, 0, Identity(excluded=0.03),
        quantity="quadratic",
        title="On a quadratic loss (∇L(θ + ε∇L) − ∇L(θ))/ε is ½∇‖∇L‖²",
        scale=1,
        fixing={D.model: "linear"},
        points=[{D.n: 5, D.d: 12, D.rate: 200}],
        fails_at=[{D.n: 5, D.d: 12, D.rate: 200, D.model: "network"}],
        steps=[Identical((h * (b + h * (b - p) / a - p) - h * (b - p)) * a, Derivative((h * (b - p)) ** 2 / 2, b),
                         everywhere=True, because="L = ½h(b − p)², ε = 1/a")],
        wrong=[Wrong("on a network, too", at=[{D.n: 5, D.d: 12, D.rate: 200}], fixing={D.model: "network"}),
               Wrong("up to 1/rate", at=[{D.n: 5, D.d: 12, D.rate: 200}], prediction=1 / D.rate)],
        **SHARED,
    ),
]  # fmt: skip

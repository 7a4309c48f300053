"""Gradient flow on a diagonal linear network ends at the interpolator of least hyperbolic entropy."""

from functools import partial

from sympy import Derivative, Expr, asinh, cosh, exp, log, oo, sinh, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.hyperbolic_entropy import along_the_way, least_split, norm_ratio
from theory.proof import Identical, Limit, Series
from theory.relation import Equality, Identity, Ordering
from theory.settings.implicit_bias.diagonal import DiagonalNet as S

DATA, WAY = [S.X, S.y], [S.X, S.early_integral]
ALPHA = {"alpha": S.alpha}
z, u, v, g, c, b = symbols("z u v g c b", real=True)
small, large, a = symbols("small large a", positive=True)
q = 2 - sqrt(4 + z**2) + z * asinh(z / 2)
ALONE = {S.lam: 0, S.eta: 0}
SHARED = {
    "entry": "implicit_bias.diagonal_net_potential",
    "source": Source("Woodworth, Gunasekar, Lee, Moroshko, Savarese, Golan, Soudry, Srebro 2020: Kernel and rich "
                     "regimes in overparametrized models"),
    "seeds": ["Understanding Gradient Regularization in Deep Learning: Efficient Finite-Difference Computation and "
              "Implicit Bias", "Implicit Regularization Leads to Benign Overfitting for Sparse Linear Regression"],
    "assuming": [S.p > S.n],
    "fixing": ALONE,
}  # fmt: skip
AT = {S.n: 5, S.p: 12, S.alpha: "0.3"}
STEEP = {S.eta: "0.1"}
NORMS = {S.n: 5, S.p: 12}


def potential(**changed: object) -> Computed:
    return Computed(DATA, partial(least_split, **changed), using=ALPHA)


def along_flow(quantity: Expr) -> Expr:
    """The time derivative of a quantity along the flow u′ = 2ug, v′ = −2vg."""
    return Derivative(quantity, u) * 2 * u * g - Derivative(quantity, v) * 2 * v * g


claims = [
    Claim(
        S, S.w, potential(), Identity(excluded=0.03),
        title="The flow ends at argmin Σ α² q(w/α²) among the interpolators, w = 2α² sinh(Xᵀν)",
        given=S.interpolates,
        points=[AT, {**AT, S.alpha: "0.05"}, {**AT, S.alpha: 3}],
        fails_at=[{**AT, **STEEP}],
        steps=[
            Identical(Derivative(q, z), asinh(z / 2), everywhere=True,
                      because="q′(w/α²) = arcsinh(w/(2α²)), a row of Xᵀν"),
            Identical(Derivative(q, (z, 2)), 1 / sqrt(4 + z**2), everywhere=True, because="so q is convex"),
            Identical(Derivative(2 * a**2 * cosh(b / (2 * a**2)) - c * b, b), sinh(b / (2 * a**2)) - c,
                      everywhere=True),
            Series(q.subs(asinh(z / 2), log(z / 2 + sqrt(1 + z**2 / 4))).subs(z, small), small, small**2 / 4, 4,
                   everywhere=True, because="arcsinh as a logarithm"),
            Limit(large, oo, 1, of=q.subs(z, large) / (large * log(large))),
        ],
        wrong=[Wrong("arcsinh(z) in place of arcsinh(z/2)", at=[AT],
                     prediction=potential(scale=lambda alpha: alpha**2)),
               Wrong("α in place of α²", at=[AT], prediction=potential(scale=lambda alpha: 2 * alpha)),
               Wrong("plain descent with a large step ends there, too", at=[AT], fixing={**ALONE, **STEEP})],
        **SHARED,
    ),
    Claim(
        S, S.early, Computed(WAY, along_the_way, using=ALPHA), Identity(excluded=0.03),
        quantity="path",
        title="All along the way w(t) = 2α² sinh(4Xᵀ∫(y − Xw))",
        points=[AT, {**AT, S.alpha: "0.05"}],
        fails_at=[{**AT, **STEEP}],
        steps=[Identical(along_flow(log(u / v)), 4 * g, everywhere=True, given=[u > 0, v > 0],
                         because="d log(u/v)/dt where u′ = 2ug and v′ = −2vg, g a row of Xᵀ(y − Xw)"),
               Identical(u**2 - v**2, 2 * a**2 * sinh(4 * b), where={u: a * exp(2 * b), v: a * exp(-2 * b)},
                         everywhere=True, because="b = ∫ g dt, and a for α, where both start")],
        wrong=[Wrong("2 in place of 4", at=[AT],
                     prediction=Computed(WAY, partial(along_the_way, slope=2), using=ALPHA)),
               Wrong("α in place of α²", at=[AT],
                     prediction=Computed(WAY, partial(along_the_way, power=1), using=ALPHA))],
        **SHARED,
    ),
    Claim(
        S, S.product, S.alpha**2, Identity(excluded=0.03),
        quantity="conserved",
        title="u·v stays α² in every coordinate",
        points=[AT, {**AT, S.alpha: 2}],
        fails_at=[{**AT, **STEEP}],
        steps=[Identical(along_flow(u * v), 0, everywhere=True, because="d(uv)/dt")],
        wrong=[Wrong("α", at=[AT], prediction=S.alpha), Wrong("2α²", at=[AT], prediction=2 * S.alpha**2)],
        **SHARED,
    ),
    Claim(
        S, S.l2_ratio, Computed(DATA, norm_ratio, using=ALPHA), Identity(excluded=0.03),
        quantity="ratio",
        title="From least ‖w‖₁ to least ‖w‖₂ as α grows: ‖w‖₂ is that of the potential's minimiser",
        given=S.interpolates,
        points=[{**NORMS, S.alpha: "0.03"}, {**NORMS, S.alpha: "0.3"}],
        wrong=[Wrong("least ‖w‖₂ for every α", at=[{**NORMS, S.alpha: "0.03"}], prediction=1),
               Wrong("α in place of α²", at=[{**NORMS, S.alpha: "0.03"}],
                     prediction=Computed(DATA, partial(norm_ratio, scale=lambda alpha: 2 * alpha), using=ALPHA))],
        figure=Curve(S.alpha, ("0.01", "0.03", "0.1", "0.3", "1", "2"), fixing=NORMS, label="start α"),
        **SHARED,
    ),
    Claim(
        S, S.l1, None, Ordering(lower={S.alpha: S.alpha / 10}, upper={S.alpha: S.alpha}, strict=True),
        quantity="norms",
        title="A smaller start ends at a smaller ‖w‖₁",
        points=[AT, {**AT, S.alpha: 1}],
        wrong=[Wrong("the other way round", relation=Ordering(lower={S.alpha: S.alpha}, upper={S.alpha: S.alpha / 10})),
               Wrong("at ten times the start", relation=Ordering(lower={S.alpha: 10 * S.alpha},
                                                                 upper={S.alpha: S.alpha}))],
        figure=Curve(S.alpha, ("0.01", "0.03", "0.1", "0.3", "1"), fixing=NORMS, label="start α"),
        **SHARED,
    ),
    Claim(
        S, S.l1_ratio, 1, Equality(),
        quantity="rich",
        title="From a tiny start, α = 1e-6, the flow ends at the interpolator of least ‖w‖₁, up to 1/log(1/α)",
        given=S.interpolates,
        points=[NORMS, {S.n: 3, S.p: 10}, {S.n: 3, S.p: 8}],
        wrong=[Wrong("least ‖w‖₁ for every α", at=[{**NORMS, S.alpha: 1}], fixing=ALONE),
               Wrong("least ‖w‖₂", at=[NORMS], observable=S.l2_ratio)],
        **{**SHARED, "fixing": {**ALONE, S.alpha: "1e-6"}},
    ),
    Claim(
        S, S.l2_ratio, 1, Equality(),
        quantity="kernel",
        title="From a large start, α = 2, the flow ends at the interpolator of least ‖w‖₂",
        points=[NORMS, {S.n: 3, S.p: 10}, {S.n: 3, S.p: 8}],
        wrong=[Wrong("least ‖w‖₂ for every α", at=[{**NORMS, S.alpha: "0.01"}], fixing=ALONE),
               Wrong("least ‖w‖₁", at=[NORMS], observable=S.l1_ratio)],
        **{**SHARED, "fixing": {**ALONE, S.alpha: 2}},
    ),
]  # fmt: skip

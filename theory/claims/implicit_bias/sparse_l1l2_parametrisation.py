"""A diagonal network beside a linear layer splits the interpolator into a sparse and a dense part."""

from functools import partial

from sympy import Derivative, Rational, asinh, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.hyperbolic_entropy import along_the_way, least_split, norm_ratio, straight_way
from theory.proof import Identical
from theory.relation import Bound, Equality, Identity
from theory.settings.implicit_bias.diagonal import DiagonalNet as S

DATA, WAY = [S.X, S.y], [S.X, S.early_integral]
BOTH = {"alpha": S.alpha, "lam": S.lam}
b, u, v, g, r = symbols("b u v g r", real=True)
SHARED = {
    "entry": "implicit_bias.sparse_l1l2_parametrisation",
    "source": Source("Zhou, Ge 2023: Implicit Regularization Leads to Benign Overfitting for Sparse Linear "
                     "Regression, a parametrisation of this kind; the flow's limit derived here, the rates of the "
                     "paper not claimed"),
    "seeds": ["Implicit Regularization Leads to Benign Overfitting for Sparse Linear Regression"],
    "status": "derived here",
    "assuming": [S.p > S.n],
}  # fmt: skip
FLOW = {S.eta: 0}
AT = {S.n: 5, S.p: 12, S.alpha: "0.1", S.lam: "0.3"}
STEEP = {S.eta: "0.1"}
TENTH = {S.n: 5, S.p: 12, S.alpha: "0.1"}
FEW = {S.n: 3, S.p: 8}
STATIONARY = [
    Identical(Derivative(S.alpha**2 * (2 - sqrt(4 + (b / S.alpha**2)**2)) + b * asinh(b / (2 * S.alpha**2)), b) / 4,
              asinh(b / (2 * S.alpha**2)) / 4, because="of b₁: a quarter of a row of 4Xᵀν"),
    Identical(Derivative(b**2 / (2 * r**2), b), b / r**2, given=[r > 0], everywhere=True,
              because="of b₂, r for lam: the same row of Xᵀν"),
]  # fmt: skip


def split(block: str, **changed: object) -> Computed:
    return Computed(DATA, partial(least_split, block=block, **changed), using=BOTH)


WRONG = [("lam in place of lam²", {"share": lambda lam: lam / 4}),
         ("the same factor of Xᵀν in both parts", {"share": lambda lam: lam**2})]  # fmt: skip

claims = [
    Claim(
        S, S.b1, split("first"), Identity(excluded=0.03),
        title="The sparse part ends at b₁ = 2α² sinh(4Xᵀν), where ν makes b₁ + b₂ interpolate",
        fixing=FLOW,
        given=S.interpolates,
        points=[AT, {**AT, S.alpha: "0.05"}],
        fails_at=[{**AT, **STEEP}],
        steps=STATIONARY,
        wrong=[Wrong(name, at=[AT], prediction=split("first", **changed)) for name, changed in WRONG],
        **SHARED,
    ),
    Claim(
        S, S.b2, split("second"), Identity(excluded=0.03),
        quantity="dense",
        title="The dense part ends at b₂ = lam² Xᵀν with the same ν",
        fixing=FLOW,
        given=S.interpolates,
        points=[AT, {**AT, S.alpha: "0.05"}],
        fails_at=[{**AT, **STEEP}],
        steps=STATIONARY,
        wrong=[Wrong(name, at=[AT], prediction=split("second", **changed)) for name, changed in WRONG],
        **SHARED,
    ),
    Claim(
        S, S.early, Computed(WAY, along_the_way, using={"alpha": S.alpha}), Identity(excluded=0.03),
        quantity="path",
        title="On the way b₁ = 2α² sinh(4Xᵀ∫r dt), r = y − Xβ",
        fixing=FLOW,
        points=[AT],
        fails_at=[{**AT, **STEEP}],
        steps=[Identical((4 * u**2 * g + 4 * v**2 * g) / sqrt((u**2 - v**2) ** 2 + 4 * u**2 * v**2), 4 * g,
                         given=[u > 0, v > 0], everywhere=True,
                         because="d arcsinh(b₁/(2α²))/dt = b₁′/√(b₁² + 4α⁴), with uv = α² and g a row of Xᵀr")],
        wrong=[Wrong("2 in place of 4", at=[AT],
                     prediction=Computed(WAY, partial(along_the_way, slope=2), using={"alpha": S.alpha})),
               Wrong("1 in place of 4", at=[AT],
                     prediction=Computed(WAY, partial(along_the_way, slope=1), using={"alpha": S.alpha}))],
        **SHARED,
    ),
    Claim(
        S, S.early_b2, Computed(WAY, straight_way, using={"lam": S.lam}), Identity(excluded=0.03),
        quantity="dense_path",
        title="On the way b₂ = lam² Xᵀ∫r dt",
        fixing=FLOW,
        points=[AT],
        steps=[Identical(Derivative(S.lam * u, u) * (S.lam * g), S.lam**2 * g, because="b₂ = lam·u where u′ = lam·g")],
        wrong=[Wrong("lam in place of lam²", at=[AT],
                     prediction=Computed(WAY, partial(straight_way, power=1), using={"lam": S.lam})),
               Wrong("no factor", at=[AT],
                     prediction=Computed(WAY, partial(straight_way, power=0), using={"lam": S.lam}))],
        **SHARED,
    ),
    Claim(
        S, S.l2_ratio, Computed(DATA, norm_ratio, using=BOTH), Identity(excluded=0.03),
        quantity="ratio",
        title="From the sparse to the dense end as lam grows: ‖β‖₂ is that of the split of least potential",
        fixing=FLOW,
        given=S.interpolates,
        points=[{**TENTH, S.lam: "0.1"}, {**TENTH, S.lam: "0.3"}],
        wrong=[Wrong("least ‖β‖₂ for every lam", at=[{**TENTH, S.alpha: "0.01", S.lam: "0.1"}], prediction=1),
               Wrong("without the dense part", at=[{**TENTH, S.alpha: "0.01", S.lam: 1}],
                     prediction=Computed(DATA, norm_ratio, using={"alpha": S.alpha}))],
        figure=Curve(S.lam, ("0.03", "0.1", "0.3", "1", "3"), fixing=TENTH, label="dense factor lam"),
        **SHARED,
    ),
    Claim(
        S, S.l2_ratio, Rational(999, 1000), Bound(">=", excluded=0.03),
        quantity="dense_end",
        title="With lam far above α, lam = 3, no interpolator's ‖β‖₂ is smaller by more than 0.1 %",
        fixing={**FLOW, S.lam: 3},
        points=[TENTH, {**TENTH, S.n: 3, S.p: 8}],
        wrong=[Wrong("for every lam", at=[AT], fixing=FLOW),
               Wrong("least ‖β‖₁", at=[TENTH], observable=S.l1_ratio)],
        **SHARED,
    ),
    Claim(
        S, S.l1_ratio, 1, Equality(),
        quantity="sparse_end",
        title="With lam = 0.001 and a start α = 1e-5 it is the interpolator of least ‖β‖₁, up to 1/log(1/α)",
        fixing={**FLOW, S.alpha: "1e-5", S.lam: "0.001"},
        given=S.interpolates,
        points=[FEW, {**FEW, S.p: 10}],
        wrong=[Wrong("for every lam", at=[{**FEW, S.lam: 1}], fixing={**FLOW, S.alpha: "1e-5"}),
               Wrong("least ‖β‖₂", at=[FEW], observable=S.l2_ratio)],
        **SHARED,
    ),
]  # fmt: skip

"""Linear autoencoders of items: a penalty on ABᵀ leaves the cosines of the embeddings open, one on A and B does not."""

from functools import partial
from typing import Any

from sympy import Matrix, Max, Ne, Rational, Symbol, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.formulas.singular_values import largest_cosine
from theory.proof import Identical, Implication, Inequality, Solution
from theory.relation import Identity, Threshold
from theory.settings.regularisation.factorisations import ItemEmbeddings as S

aliases = ["representation.cosine_gauge"]

s, others, rest, lam = S.s, S.others, S.rest, S.lam
kept = Max(1 - lam / s, 0)
squares = s**2 + total(others**2) + S.spare * rest**2
PRODUCT, FACTORS = {S.objective: "product"}, {S.objective: "factors"}
AT = {s: 3, others: "[2]", rest: "0.5", S.spare: 2, lam: 1, S.power: "0.5"}
WIDE = {**AT, others: "[2,1.5]", S.spare: 5, lam: 4}  # p = 8, k = 3
STRONG = {**AT, others: "[2,1.5]", lam: "2.5"}
GONE = {**AT, lam: 4}
SQUARE = {**AT, S.spare: 0}
BEHIND = {**AT, s: "1.5", rest: 2, others: "[3]", S.spare: 1}  # s is not among the k largest
m, t, x = symbols("m t x", real=True)
ROW, COLUMN, D = Matrix([symbols("a1 a2", real=True)]), Matrix(symbols("b1 b2", real=True)), Matrix(
    2, 2, symbols("d:4", real=True))
TURN = Matrix([[1 - x**2, 2 * x], [-2 * x, 1 - x**2]]) / (1 + x**2)
a, b = Symbol("a", nonnegative=True), Symbol("b", nonnegative=True)
SHARED = {
    "entry": "regularisation.cosine_similarity_mf",
    "source": Source("Steck, Ekanadham, Kallus 2024: Is Cosine-Similarity of Embeddings Really About Similarity?",
                     "https://arxiv.org/abs/2403.05440"),
    "seeds": ["Is Cosine-Similarity of Embeddings Really About Similarity?"],
    "assuming": [rest < s, total(Max(rest - others, 0)) <= 0],
}  # fmt: skip


def cosines(**changed: Any) -> Computed:
    """The largest cosine of two rows of V diag(q^power)."""
    using = {str(one): one for one in (s, others, rest, S.spare, lam, S.power) if str(one) not in changed}
    return Computed([S.V], partial(largest_cosine, **changed), using=using)


SQUARED = Identical(s**2 * (1 - m) ** 2 + lam * m**2, (s**2 + lam) * (m - s**2 / (s**2 + lam))**2
                    + s**2 - s**4 / (s**2 + lam), because="one mode of ABᵀ, the square completed")  # fmt: skip
AM_GM = Inequality(2 * a * b, a**2 + b**2, slack=(a - b) ** 2, everywhere=True,
                   because="penalties of a mode of XA and of B, whose product is t = ab")  # fmt: skip
Y, K = symbols("y:4", real=True), (s**2, s**2, rest**2, rest**2)  # two modes, ABᵀ any 2 × 2 matrix
MATRIX = Identical(sum(c * (i - y) ** 2 + lam * y**2 for c, i, y in zip(K, (1, 0, 0, 1), Y, strict=True)),
                   sum((c + lam) * (y - i * c / (c + lam)) ** 2 + i * (c - c**2 / (c + lam))
                       for c, i, y in zip(K, (1, 0, 0, 1), Y, strict=True)),
                   because="p = 2: the square completed with (XᵀX + lam)^½")
SOFT = [AM_GM,
        Implication([t >= 0, s >= lam], (s - t) ** 2 + 2 * lam * t >= s**2 - (s - lam) ** 2,
                    because="min over t ≥ 0 of (s − t)² + 2·lam·t, at t = s − lam"),
        Implication([t >= 0, s <= lam], (s - t) ** 2 + 2 * lam * t >= s**2, because="and at t = 0 where s ≤ lam")]
CURVE = Curve(s, ("0.6", "0.8", "1.1", "1.3", "1.6", 2, 3, 4, 6), fixing={key: AT[key] for key in AT if key is not s},
              label="singular value s")  # fmt: skip
claims = [
    Claim(
        S, S.map, s**2 / (s**2 + lam), Identity(excluded=0.03),
        title="Penalty on ABᵀ: the k leading modes of X are kept by s²/(s² + lam)",
        fixing=PRODUCT,
        points=[AT, STRONG, WIDE],
        fails_at=[BEHIND],
        steps=[SQUARED, Solution(m, s**2 / (s**2 + lam), -2 * s**2 * (1 - m) + 2 * lam * m, unique=True)],
        wrong=[Wrong("1 − lam/s", at=[AT, STRONG], prediction=kept),
               Wrong("s in place of s²", at=[AT], prediction=s / (s + lam))],
        figure=CURVE,
        **SHARED,
    ),
    Claim(
        S, S.leak, 0, Identity(excluded=0.03),
        quantity="modes",
        title="Penalty on ABᵀ: it has nothing between two modes, and nothing on those beyond the k leading ones",
        scale=1,
        fixing=PRODUCT,
        points=[AT, STRONG],
        fails_at=[BEHIND],
        steps=[MATRIX],
        wrong=[Wrong("the others are shrunk alike", at=[AT], prediction=sqrt(S.spare) * rest**2 / (rest**2 + lam)),
               Wrong("a hundredth of the mode", at=[AT], prediction=S.map / 100)],
        **SHARED,
    ),
    Claim(
        S, S.lowest, squares - s**4 / (s**2 + lam) - total(others**4 / (others**2 + lam)), Identity(excluded=0.03),
        quantity="lowest",
        title="Penalty on ABᵀ: the least objective is Σ s² − Σ_{i ≤ k} s⁴/(s² + lam)",
        fixing=PRODUCT,
        points=[AT, STRONG],
        fails_at=[BEHIND],
        steps=[SQUARED],
        wrong=[Wrong("1 − lam/s", at=[AT, STRONG], prediction=squares - s**2 * kept - total(others**2 - lam * others)),
               Wrong("the soft threshold's", at=[AT],
                     prediction=squares - Max(s - lam, 0) ** 2 - total(Max(others - lam, 0) ** 2)),
               Wrong("all modes count", at=[AT], prediction=squares - s**4 / (s**2 + lam)
                     - total(others**4 / (others**2 + lam)) - S.spare * rest**4 / (rest**2 + lam))],
        **SHARED,
    ),
    Claim(
        S, S.scaled, S.lowest, Identity(excluded=0.03),
        quantity="invariance",
        title="Penalty on ABᵀ: A → AD, B → BD⁻ᵀ leaves the objective as it is, for any invertible D",
        fixing=PRODUCT,
        points=[AT, STRONG],
        fails_at=[{**AT, **FACTORS}],
        steps=[Identical((ROW * D * D.adjugate() * COLUMN)[0] / D.det(), (ROW * COLUMN)[0], everywhere=True,
                         given=[Ne(D.det(), 0)], because="k = 2: an entry of ABᵀ is the same")],
        wrong=[Wrong("B → BD", at=[AT], observable=S.bare),
               Wrong("the penalty on A and B, too", at=[AT], fixing=FACTORS)],
        **SHARED,
    ),
    Claim(
        S, S.steered, 0, Identity(excluded=0.03),
        quantity="cosines",
        title="Penalty on ABᵀ, k = p: some D gives the items any cosines, so those after training mean nothing",
        scale=1,
        fixing={**PRODUCT, S.spare: 0},
        points=[AT | {S.spare: 0}, STRONG | {S.spare: 0}],
        fails_at=[{**AT, **PRODUCT}],
        wrong=[Wrong("cosines are determined by the objective", at=[SQUARE], observable=S.apart),
               Wrong("for k < p as well", at=[AT], fixing=PRODUCT)],
        **SHARED,
    ),
    Claim(
        S, S.rescaled, cosines(), Identity(excluded=0.03),
        quantity="rescaled",
        title="Penalty on ABᵀ, k = p: B may be V diag(q^c) for any c; its cosines change with c, from 0 at c = 0",
        scale=1,
        fixing={**PRODUCT, S.spare: 0},
        points=[SQUARE, {**SQUARE, S.power: 0}, {**STRONG, S.spare: 0, S.power: 1}],
        wrong=[Wrong("the same for any c", at=[{**SQUARE, S.power: 1}], prediction=cosines(power=0.5)),
               Wrong("singular values of X not shrunk", at=[SQUARE], prediction=cosines(shrunk=False))],
        figure=Curve(S.power, ("0.1", "0.25", "0.5", 1, "1.5", 2), fixing={**SQUARE, others: "[2,1.5]"}, log=False,
                     label="exponent c of the scale"),
        **SHARED,
    ),
    Claim(
        S, S.rescaled_value, S.lowest, Identity(excluded=0.03),
        quantity="rescaled_value",
        title="Penalty on ABᵀ, k = p: it has the same objective for any c",
        fixing={**PRODUCT, S.spare: 0},
        points=[SQUARE, {**SQUARE, S.power: 2}],
        wrong=[Wrong("the penalty on A and B, too", at=[{**SQUARE, S.power: 2}], fixing={**FACTORS, S.spare: 0}),
               Wrong("twice as large", at=[SQUARE], prediction=2 * S.lowest)],
        **SHARED,
    ),
    Claim(
        S, S.steered_value, S.lowest, Identity(excluded=0.03),
        quantity="steered",
        title="Penalty on ABᵀ: embeddings that were given other cosines have the same objective",
        fixing={**PRODUCT, S.spare: 0},
        points=[AT | {S.spare: 0}],
        wrong=[Wrong("the penalty on A and B, too", at=[SQUARE], fixing={**FACTORS, S.spare: 0}),
               Wrong("twice as large", at=[SQUARE], prediction=2 * S.lowest)],
        **SHARED,
    ),
    Claim(
        S, S.map, kept, Identity(excluded=0.03),
        quantity="factors",
        title="Penalties on XA and B: the k leading modes of X are kept by (1 − lam/s)₊",
        scale=1,
        fixing=FACTORS,
        points=[AT, STRONG, GONE],
        fails_at=[{**AT, **PRODUCT}, BEHIND],
        steps=SOFT,
        wrong=[Wrong("(s − lam/2)₊", at=[AT], prediction=Max(1 - lam / (2 * s), 0)),
               Wrong("s² in place of s", at=[AT], prediction=Max(1 - lam / s**2, 0)),
               Wrong("the penalty on the product", at=[AT], prediction=s**2 / (s**2 + lam))],
        figure=CURVE,
        **SHARED,
    ),
    Claim(
        S, S.items, Max(s - lam, 0), Identity(excluded=0.03),
        quantity="items",
        title="Penalties on XA and B: BBᵀ = V_k diag((s − lam)₊) V_kᵀ on the modes of X",
        scale=s,
        fixing=FACTORS,
        points=[AT, STRONG, GONE],
        fails_at=[BEHIND],
        steps=SOFT,
        wrong=[Wrong("(s − lam/2)₊", at=[AT], prediction=Max(s - lam / 2, 0)),
               Wrong("s² in place of s", at=[AT], prediction=s * Max(1 - lam / s**2, 0))],
        **SHARED,
    ),
    Claim(
        S, S.users, kept / s, Identity(excluded=0.03),
        quantity="users",
        title="Penalties on XA and B: AAᵀ = V_k diag((1 − lam/s)₊/s) V_kᵀ on the modes of X",
        scale=1 / s,
        fixing=FACTORS,
        points=[AT, STRONG, GONE],
        fails_at=[BEHIND],
        wrong=[Wrong("as BBᵀ", at=[AT], prediction=Max(s - lam, 0)),
               Wrong("(s − lam/2)₊", at=[AT], prediction=Max(1 - lam / (2 * s), 0) / s)],
        **SHARED,
    ),
    Claim(
        S, S.leak + S.gram_leak, 0, Identity(excluded=0.03),
        quantity="factor_modes",
        title="Penalties on XA and B: neither ABᵀ nor BBᵀ nor AAᵀ has anything between two modes, or beyond k",
        scale=1,
        fixing=FACTORS,
        points=[AT, STRONG],
        fails_at=[{**AT, **PRODUCT}],
        wrong=[Wrong("the penalty on the product, too", at=[AT], fixing=PRODUCT),
               Wrong("a hundredth of the mode", at=[AT], prediction=S.map / 100)],
        **SHARED,
    ),
    Claim(
        S, S.lowest, squares - Max(s - lam, 0) ** 2 - total(Max(others - lam, 0) ** 2), Identity(excluded=0.03),
        quantity="factors_lowest",
        title="Penalties on XA and B: the least objective is Σ s² − Σ_{i ≤ k} (s − lam)₊²",
        fixing=FACTORS,
        points=[AT, STRONG, GONE],
        fails_at=[{**AT, **PRODUCT}, BEHIND],
        steps=SOFT,
        wrong=[Wrong("(s − lam/2)₊", at=[AT],
                     prediction=squares - Max(s - lam / 2, 0) ** 2 - total(Max(others - lam / 2, 0) ** 2)),
               Wrong("s² in place of s", at=[AT],
                     prediction=squares - Max(s - lam / s, 0) ** 2 - total(Max(others - lam / others, 0) ** 2))],
        **SHARED,
    ),
    Claim(
        S, S.apart, 0, Identity(excluded=0.03),
        quantity="unique",
        title="Penalties on XA and B: every start ends with the same cosines between items",
        scale=1,
        fixing=FACTORS,
        points=[AT, STRONG],
        fails_at=[{**AT, **PRODUCT}],
        regime=[lam < s],
        steps=[Identical((ROW * TURN * TURN.T * COLUMN)[0], (ROW * COLUMN)[0], everywhere=True,
                         because="k = 2: B → BR with a turn R leaves an entry of BBᵀ as it is")],
        wrong=[Wrong("cosines are determined by the penalty on ABᵀ", at=[AT], fixing=PRODUCT),
               Wrong("to a hundredth only", at=[AT], prediction=Rational(1, 100))],
        **SHARED,
    ),
    Claim(
        S, Rational(1, 1000) - S.map, s, Threshold(of=lam, excluded=0.03),
        quantity="threshold",
        title="Penalties on XA and B: a mode is dropped at lam = s, so all are from lam = s₁ on",
        fixing=FACTORS,
        points=[AT, {**AT, others: "[2.5]", s: 4}],
        steps=[SOFT[2]],
        wrong=[Wrong("lam = 2s", at=[AT], prediction=2 * s), Wrong("lam = s²", at=[AT], prediction=s**2)],
        **SHARED,
    ),
]  # fmt: skip

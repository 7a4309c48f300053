"""How often random labels are linearly separable, and random signs recoverable from few equations: Cover's count."""

from sympy import Eq, Integer, Piecewise, Rational, Symbol, binomial, log

from theory.claim import Claim, Curve, Source, Wrong
from theory.formulas.counting import few_heads
from theory.proof import Assumed, Identical, Inequality, Instances
from theory.relation import Equality, Identity, Ordering
from theory.settings.min_norm import BoxRecovery as B
from theory.settings.min_norm import Dichotomies as D
from theory.settings.min_norm import LabelledPoints as L

probability = few_heads(L.n - 1, L.p - 1)
recovered = few_heads(B.N - 1, B.M - 1)
c1, c2, c3 = (Symbol(f"c{i}", positive=True) for i in (1, 2, 3))
m1, m2, m3 = (Symbol(f"m{i}", positive=True) for i in (1, 2, 3))


def count(n: int, p: int) -> Integer:
    """2 Σ_{k < p} C(n − 1, k), the number of separable labelings of n points of R^p."""
    return Integer(2 * sum(binomial(n - 1, k) for k in range(p)))


GENERAL = Assumed("n points of R^p in general position have 2 Σ_{k < p} C(n − 1, k) separable labelings",
                  "Cover, by induction: a new point splits as many cells as its hyperplane has")
k, m, n = (Symbol(name, integer=True, positive=True) for name in ("k", "m", "points"))
PASCAL = Identical(binomial(m, k), binomial(m - 1, k) + binomial(m - 1, k - 1), given=[k < m],
                   because="a new point doubles the cells that its hyperplane cuts; added up over k < p, from 0 at 0, "
                   "the count obeys C(n + 1, p) = C(n, p) + C(n, p − 1)")
MIRROR = Identical(binomial(m, k), binomial(m, m - k), given=[k < m],
                   because="as many labelings one way as the other: the k below p = n/2 are half of all")
RECURSION = Instances("the count obeys C(n + 1, p) = C(n, p) + C(n, p − 1)",
                      lambda n, p: Identical(count(n + 1, p), count(n, p) + count(n, p - 1)),
                      [(3, 2), (5, 3), (9, 4), (12, 7)],
                      because="a new point doubles the cells that its hyperplane cuts")
HALF = Instances("half of all labelings at n = 2p", lambda p: Identical(count(2 * p, p), Integer(2) ** (2 * p - 1)),
                 (1, 2, 5, 10, 24), because="C(n − 1, k) = C(n − 1, n − 1 − k)")
SHARED = {
    "entry": "min_norm.cover_separability",
    "source": Source(
        "Cover 1965: Geometrical and statistical properties of systems of linear inequalities with applications in "
        "pattern recognition; Wendel 1962: A problem in geometric probability; for boxes Mangasarian, Recht 2011: "
        "Probability of unique integer solution to a system of linear equations; Donoho, Tanner 2010: Counting the "
        "faces of randomly-projected hypercubes and orthants, with applications"
    ),
    "seeds": ["Cauchy-Schwarz Regularizers"],
}  # fmt: skip

claims = [
    Claim(
        L, L.separable, probability, Equality(),
        title="Probability that random labels of points in general position are separable",
        scale=1,  # a frequency
        fixing={L.signal: 0},
        regime=[L.n > L.p],  # fewer points are separable in every draw, which has no frequency to be tested
        points=[{L.n: 10, L.p: 4}, {L.n: 20, L.p: 10}, {L.n: 14, L.p: 5}],
        steps=[
            GENERAL, PASCAL, RECURSION,
            Inequality(Integer(0), c1 * m1 + c2 * m2 + c3 * m3, strict=True,
                       because="three points of the plane with c₁x₁ + c₂x₂ + c₃x₃ = 0: labels that agree in sign with "
                       "all c, or with none, have no w with margins m > 0, so 6 of 8 labelings remain"),
            Inequality(-(c1 * m1 + c2 * m2) / c3, 0, strict=True,
                       because="and all 6 are separable: two points that agree with c have any margins m > 0 for some "
                       "w, and the third is then on the other side"),
            Identical(2 * (1 + binomial(m, k)), 2 * n, where={k: 1, m: n - 1},
                      because="2n labelings of n points of the plane"),
        ],
        fails_at=[{L.n: 20, L.p: 8, L.signal: "0.8"}],
        wrong=[
            Wrong("sum up to p", prediction=few_heads(L.n - 1, L.p)),
            Wrong("coins for all points", prediction=few_heads(L.n, L.p - 1)),
            Wrong("a free intercept", prediction=few_heads(L.n - 1, L.p + 1)),
        ],
        figure=Curve(L.n, (14, 16, 18, 20, 22, 24, 26, 29, 32), family=(L.p, (8, 10, 12)), log=False,
                     label="points n in dimension p"),
        **SHARED,
    ),
    Claim(
        L, L.separable, Rational(1, 2), Equality(),
        quantity="half",
        title="At n = 2p the probability of separability is one half",
        fixing={L.signal: 0},
        scale=1,
        assuming=[Eq(L.n, 2 * L.p)],
        steps=[GENERAL, MIRROR, HALF],
        points=[{L.n: 6, L.p: 3}, {L.n: 12, L.p: 6}, {L.n: 16, L.p: 8}],
        fails_at=[{L.n: 15, L.p: 10}],
        wrong=[
            Wrong("threshold near n = p", assuming=[Eq(L.n, L.p + 2)], at=[{L.n: 8, L.p: 6}]),
            Wrong("threshold at n = 3p", assuming=[Eq(L.n, 3 * L.p)], at=[{L.n: 18, L.p: 6}]),
        ],
        **SHARED,
    ),
    Claim(
        L, L.separable, None, Ordering(lower={L.n: 6 * L.p, L.p: 2 * L.p}, upper={L.n: 3 * L.p}, strict=True),
        quantity="above",
        title="Above the threshold, at n = 3p, twice the dimension makes separability rarer",
        scale=1,
        fixing={L.signal: 0},
        points=[{L.p: 3}, {L.p: 4}, {L.p: 5}],
        steps=[GENERAL, Instances("the share of the labelings that are separable falls", lambda p: Inequality(
            count(6 * p, 2 * p) / Integer(2) ** (6 * p), count(3 * p, p) / Integer(2) ** (3 * p), strict=True),
            (1, 2, 5, 10, 24))],
        wrong=[Wrong("commoner", relation=Ordering(lower={L.n: 3 * L.p}, upper={L.n: 6 * L.p, L.p: 2 * L.p})),
               Wrong("rarer at n = 3p/2 as well, were n = p the threshold", at=[{L.p: 4}, {L.p: 6}],
                     relation=Ordering(lower={L.n: 3 * L.p, L.p: 2 * L.p}, upper={L.n: 3 * L.p / 2}, strict=True))],
        **SHARED,
    ),
    Claim(
        D, D.share, few_heads(D.n - 1, D.p - 1), Identity(),
        quantity="count",
        scale=1,
        title="The share of the labelings of n points that are separable, the same for any points in general position",
        points=[{D.n: 6, D.p: 3}, {D.n: 7, D.p: 2}, {D.n: 8, D.p: 4}],
        steps=[GENERAL, PASCAL, RECURSION],
        wrong=[
            Wrong("sum up to p", prediction=few_heads(D.n - 1, D.p)),
            Wrong("coins for all points", prediction=few_heads(D.n, D.p - 1)),
        ],
        **SHARED,
    ),
    Claim(
        B, B.unique, recovered, Equality(),
        quantity="box",
        title="Probability that signs are the only point of the box that meets M random equations",
        scale=1,
        points=[{B.N: 20, B.M: 10}, {B.N: 20, B.M: 12}, {B.N: 12, B.M: 5}],
        steps=[
            Assumed("x₀ is the only feasible point unless Σⱼ uⱼx₀ⱼaⱼ = 0 for some u ≥ 0, not 0; the columns x₀ⱼaⱼ are "
                    "N points of R^M in general position with a symmetric law", "Mangasarian and Recht"),
            GENERAL, PASCAL, RECURSION,
        ],
        wrong=[
            Wrong("one equation more needed", prediction=few_heads(B.N - 1, B.M - 2)),
            Wrong("complement", at=[{B.N: 20, B.M: 12}], prediction=1 - recovered),
            Wrong("sure once M exceeds 2 log N, as for sparse vectors", at=[{B.N: 20, B.M: 8}],
                  prediction=Piecewise((1, 2 * log(B.N) < B.M), (0, True))),
        ],
        figure=Curve(B.M, (4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16), fixing={B.N: 20}, log=False,
                     label="equations M for N = 20 signs"),
        **SHARED,
    ),
    Claim(
        B, B.unique, Rational(1, 2), Equality(),
        quantity="box_half",
        title="With half as many equations as signs, the signs are recovered with probability one half",
        scale=1,
        assuming=[Eq(B.N, 2 * B.M)],
        steps=[GENERAL, MIRROR, HALF],
        points=[{B.N: 6, B.M: 3}, {B.N: 12, B.M: 6}, {B.N: 16, B.M: 8}],
        wrong=[Wrong("threshold at M = N/3", assuming=[Eq(B.N, 3 * B.M)], at=[{B.N: 18, B.M: 6}]),
               Wrong("threshold near M = N", assuming=[Eq(B.N, B.M + 2)], at=[{B.N: 8, B.M: 6}])],
        **SHARED,
    ),
]  # fmt: skip

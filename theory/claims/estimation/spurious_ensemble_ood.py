"""Ensembles of models that know different features, under a shift that makes spurious ones vote at random."""

from sympy import Eq, Expr, Integer, Integral, Piecewise, Rational, Symbol, erf, erfc, exp, oo, pi, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.formulas.plurality import listed, plurality, written_out
from theory.proof import Identical, Inequality, Instances, Monotone
from theory.relation import Asymptotic, Equality, Identity, Ladder, Ordering
from theory.settings.estimation.votes import FeatureVotes as M

z, level = Symbol("z", real=True), Symbol("level", real=True)
right, other = 1 - M.q + M.q / M.K, M.q / M.K  # how probably a spurious feature votes for the true, for another class
one = p0, pk = Symbol("p0", positive=True), Symbol("pk", positive=True)  # the same, whatever they are
here = dict(zip(one, (right, other), strict=True))


def accuracy(models: int = 1, p0: Expr = right, pk: Expr = other) -> Expr:
    three, four = (plurality(K, models * M.n_v, models * M.n_s, p0, pk) for K in (3, 4))
    return Piecewise((three, Eq(M.K, 3)), (four, True))


variance = p0 * (1 - p0) + 2 * p0 * pk + pk * (1 - pk)  # of [votes for 0] − [votes for k]
covariance = p0 * (1 - p0) + 2 * p0 * pk - pk**2  # of that with [votes for 0] − [votes for l]
mean = M.n_v + M.n_s * (1 - M.q)


def orthant(mean: Expr, votes: Expr, rivals: Expr = M.K - 1) -> Expr:
    """P(N(0, S) ≤ mean in all K − 1 coordinates): S = votes·(covariance·11ᵀ + pk·I), so given one normal z a power."""
    common, own = (sqrt(votes * part.subs(here)) for part in (covariance, pk))
    below = erfc(-(mean + common * z) / (sqrt(2) * own)) / 2
    return Integral(exp(-(z**2) / 2) / sqrt(2 * pi) * below**rivals, (z, -oo, oo))


ROOT = sqrt(M.n_s)
SIZES = Ladder(M.n_s, (4, 16, 64, 144), tie={M.n_v: ROOT / 2, M.q: 1 - 1 / (2 * ROOT)}, rate=Rational(1, 2))
unlike = ((1 + erf(mean / sqrt(2 * M.n_s * variance.subs(here)))) / 2) ** (M.K - 1)
LAW = [
    Identical(p0 - pk, 1 - M.q, where=here, because="mean of [votes for 0] − [votes for k] of one feature"),
    Identical(p0 + pk - (p0 - pk) ** 2, variance, because="its variance: it is 1 or −1 with probabilities p0, pk"),
    Identical(p0 - (p0 - pk) ** 2, covariance, because="of two of them: their product is 1 where the vote is for 0"),
    Identical(variance - covariance, pk, because="S is a multiple of the identity and of 11ᵀ, so one z makes the "
              "coordinates independent"),
    Monotone(mean, M.n_v, strict=True),
    Monotone(erf((level + z) / pk), level, because="so more invariant features do no harm"),
]  # fmt: skip
at = Rational(4, 5)
COUNTED = Instances(
    "the sum is that over all lists of votes",
    lambda K, n_v, n_s: Identical(written_out(plurality(K, Integer(n_v), Integer(n_s), 1 - at + at / K, at / K)),
                                  listed(K, n_v, n_s, 1 - at + at / K, at / K)),
    [(3, 1, 3), (3, 2, 5), (3, 0, 4), (4, 1, 4), (4, 2, 3)],
)  # fmt: skip
MORE = Instances(
    "one invariant feature more does no harm",
    lambda n_v, n_s: Inequality(listed(3, n_v, n_s, right, other).subs(M.K, 3),
                                listed(3, n_v + 1, n_s, right, other).subs(M.K, 3), everywhere=True),
    [(0, 2), (1, 2), (1, 3), (2, 4)],
)  # fmt: skip
BETTER = Instances(
    "twice the features do no harm",
    lambda n_v, n_s: Inequality(listed(3, n_v, n_s, right, other).subs(M.K, 3),
                                listed(3, 2 * n_v, 2 * n_s, right, other).subs(M.K, 3), everywhere=True),
    [(1, 1), (1, 2), (1, 3), (2, 3)],
)  # fmt: skip
ELSEWHERE = {"p0": 1 - M.q, "pk": M.q / (M.K - 1)}
POINTS = [{M.K: 3, M.n_v: 2, M.n_s: 6, M.q: "0.9"}, {M.K: 4, M.n_v: 1, M.n_s: 5, M.q: "0.95"},
          {M.K: 3, M.n_v: 1, M.n_s: 8, M.q: "0.7"}]  # fmt: skip
SWEEP = ("0.3", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "1")
SHARED = {
    "entry": "estimation.spurious_ensemble_ood",
    "source": Source("Lin, Tan, Hao, Wong, Dong, Zhang, Yang, Zhang 2023: Spurious Feature Diversification Improves "
                     "Out-of-distribution Generalization; here without noise and with disjoint features"),
    "seeds": ["Spurious Feature Diversification Improves Out-of-distribution Generalization"],
    "status": "derived here",
}  # fmt: skip
EXACT = {"assuming": [M.K >= 3, M.K <= 4], "regime": [M.n_s <= 16], "points": POINTS}

claims = [
    Claim(
        M, M.single, accuracy(), Equality(),
        title="Accuracy of the vote of n_v invariant and n_s spurious features under a shift",
        steps=[COUNTED, MORE],
        wrong=[
            Wrong("a misled feature votes for another class", prediction=accuracy(**ELSEWHERE)),
            Wrong("invariant features left out", prediction=accuracy().subs(M.n_v, 0)),
            Wrong("share of the votes for the true class", prediction=(M.n_v + M.n_s * right) / (M.n_v + M.n_s)),
        ],
        figure=Curve(M.q, SWEEP, fixing={M.K: 3, M.n_v: 2, M.n_s: 6}, log=False, label="shift q"),
        **EXACT, **SHARED,
    ),
    Claim(
        M, M.ensemble, accuracy(2), Equality(),
        quantity="two",
        title="Two models without a feature in common are one with twice as many features of each kind",
        fixing={M.second: "own"},
        steps=[COUNTED, MORE],
        fails_at=[{**POINTS[0], M.second: "same"}],
        wrong=[
            Wrong("mean of the two accuracies", prediction=accuracy()),
            Wrong("a misled feature votes for another class", prediction=accuracy(2, **ELSEWHERE)),
        ],
        figure=Curve(M.q, SWEEP, fixing={M.K: 3, M.n_v: 2, M.n_s: 6}, log=False, label="shift q"),
        **EXACT, **SHARED,
    ),
    Claim(
        M, M.single, orthant(mean, M.n_s), Asymptotic(SIZES),
        quantity="gaussian",
        title="Accuracy for many spurious features, a normal probability of an orthant",
        points=[{M.K: 3}, {M.K: 4}],
        steps=LAW,
        wrong=[
            Wrong("spread like n_s in place of √n_s", prediction=orthant(mean, M.n_s**2)),
            Wrong("K rivals", prediction=orthant(mean, M.n_s, rivals=M.K)),
            Wrong("leads over the classes independent", prediction=unlike, at=[{M.K: 4}]),
        ],
        **SHARED,
    ),
    Claim(
        M, M.ensemble, orthant(sqrt(2) * mean, M.n_s), Asymptotic(SIZES),
        quantity="two_gaussian",
        title="An ensemble of two raises (n_v + n_s(1 − q))/√n_s, on which accuracy rests, by √2",
        fixing={M.second: "own"},
        points=[{M.K: 3}, {M.K: 4}],
        steps=LAW,
        fails_at=[{M.K: 3, M.second: "same"}],
        wrong=[
            Wrong("by 2: the spread of one model", prediction=orthant(2 * mean, M.n_s)),
            Wrong("not at all: spread like n_s in place of √n_s", prediction=orthant(mean, M.n_s)),
        ],
        **SHARED,
    ),
    Claim(
        M, M.ensemble, None, Ordering(lower={M.second: "same"}, upper={M.second: "own"}, strict=True),
        quantity="gain",
        title="Two models of different features are right more often than two of the same features",
        points=POINTS,
        steps=[BETTER],
        assuming=[M.n_v >= 1, M.q > 0],
        regime=[M.q >= Rational(1, 2), M.n_s >= 4, M.n_s <= 16],
        figure=Curve(M.q, SWEEP[1:], fixing={M.K: 3, M.n_v: 2, M.n_s: 6}, log=False, label="shift q"),
        wrong=[
            Wrong("less often", relation=Ordering(lower={M.second: "own"}, upper={M.second: "same"})),
            Wrong("so are models with twice the spurious features alone", at=POINTS[:2], relation=Ordering(
                lower={M.second: "own"}, upper={M.second: "own", M.n_s: 2 * M.n_s})),
        ],
        **SHARED,
    ),
    Claim(
        M, M.ensemble, M.single, Identity(),
        quantity="copies",
        title="An ensemble of two models of the same features is right just where each of them is",
        scale=1,
        fixing={M.second: "same"},
        points=POINTS,
        fails_at=[{**POINTS[0], M.second: "own"}],
        wrong=[
            Wrong("two votes for one break ties", prediction=M.single**2),
            Wrong("both have to be wrong", prediction=1 - (1 - M.single) ** 2),
        ],
        **SHARED,
    ),
]  # fmt: skip

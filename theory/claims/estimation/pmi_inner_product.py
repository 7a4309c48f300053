"""Pointwise mutual information of words as an inner product of their vectors, under contexts uniform on a sphere."""

from typing import Any

from sympy import Integer, Rational, Symbol, besseli, exp, gamma, log, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Assumed, Identical, Integration, Series
from theory.relation import Asymptotic, Equality, Ladder
from theory.settings.estimation.words import Contexts as C
from theory.settings.estimation.words import WordVectors as W

norm2, norm, order = C.d * C.r**2, sqrt(C.d) * C.r, C.d / 2 - 1
first, second, both, inner, z = symbols("first second both inner z", positive=True)  # ‖v‖², ‖v′‖², v·v′


def bessel(terms: int) -> Any:
    """The first terms of 0F1(; d/2; ‖v‖²/4), z = ‖v‖²."""
    half, found = C.d / 2, Integer(0)
    for k in range(terms):
        rising = Integer(1)
        for i in range(k):
            rising *= half + i
        found += (z / 4) ** k / (gamma(k + 1) * rising)
    return found


t, k, s = Symbol("t", positive=True), Symbol("k", integer=True, nonnegative=True), Symbol("s", positive=True)
MOMENT = [
    Assumed("one coordinate of c has a density ∝ (1 − t²)^((d − 3)/2), and the exponential series may be integrated "
            "term by term", "Poisson's integral"),
    Integration(((2 * k + 1) * t ** (2 * k) * (1 - t**2) - 2 * (s + 1) * t ** (2 * k + 2)) * (1 - t**2) ** s, t, 0, 1,
                0, antiderivative=t ** (2 * k + 1) * (1 - t**2) ** (s + 1), everywhere=True,
                because="by symmetry over t > 0, s = (d − 3)/2: E t^(2k + 2) = E t^(2k)·(2k + 1)/(2k + d)"),
    Identical(z * (2 * k + 1) / (2 * k + C.d) / ((2 * k + 1) * (2 * k + 2)), (z / 4) / ((k + 1) * (C.d / 2 + k)),
              everywhere=True, because="so the terms of E exp(v·c) are those of 0F1(; d/2; ‖v‖²/4), z = ‖v‖²"),
]  # fmt: skip
ORDER = Series(log(bessel(3)), z, z / (2 * C.d) - z**2 / (4 * C.d**2 * (C.d + 2)), 3,
               because="to leading order ‖v‖²/2d, lower by ‖v‖⁴/(4d²(d + 2)); further terms are of third order")
PAIR = Identical((both - first - second) / (2 * W.d), inner / W.d, where={both: first + 2 * inner + second},
                 because="PMI = (‖v + v′‖² − ‖v‖² − ‖v′‖²)/2d, as Z is nearly the same in every context")
LADDER = Ladder(W.d, [8, 12, 16, 24], tie={W.V: 2 * W.d**2}, rate=1)
SHARED = {
    "entry": "estimation.pmi_inner_product",
    "source": Source("Arora, Li, Liang, Ma, Risteski 2016: A Latent Variable Model Approach to PMI-based Word "
                     "Embeddings"),
    "seeds": ["A Latent Variable Model Approach to PMI-based Word Embeddings"],
}  # fmt: skip
WORDS = {
    "status": "derived here",
    "assuming": [W.sc <= 1],  # V·exp(−‖v‖²/d) is large: Z hardly varies
    "regime": [W.sc <= Rational(2, 5)],  # beyond, what falls like 1/d is still more than an extrapolation may move
    "points": [{W.sc: Rational(2, 5)}],
}  # fmt: skip

SMALL = [{W.d: 8, W.V: 128, W.sc: Rational(2, 5)}]
LONG = Wrong("slope 1 for long vectors as well", assuming=[], regime=[], relation=Equality(),
             at=[{W.d: 8, W.V: 128, W.sc: 2}])

claims = [
    Claim(
        C, C.moment, gamma(C.d / 2) * (2 / norm) ** order * besseli(order, norm), Equality(),
        title="Mean of exp(v·c) over contexts on the sphere, a Bessel function of the norm of v",
        points=[{C.d: 20, C.r: "0.67"}, {C.d: 10, C.r: 1}, {C.d: 50, C.r: "0.6"}],
        steps=[*MOMENT, ORDER],
        wrong=[
            Wrong("the norm squared over d", prediction=exp(norm2 / C.d), at=[{C.d: 20, C.r: "0.67"}]),
            Wrong("no d in the exponent", prediction=exp(norm2 / 2), at=[{C.d: 5, C.r: "0.5"}]),
        ],
        figure=Curve(C.d, (3, 5, 8, 12, 20, 40, 80), fixing={C.r: 1}, label="dimension d at ‖v‖² = d"),
        **SHARED,
    ),
    Claim(
        C, C.moment, exp(norm2 / (2 * C.d)), Asymptotic(Ladder(C.d, [5, 10, 20, 40], rate=1)),
        quantity="leading",
        title="In many dimensions the mean of exp(v·c) is exp(‖v‖²/2d)",
        points=[{C.r: "0.7"}, {C.r: 1}, {C.r: "0.5"}],
        regime=[C.r <= 1],
        steps=[*MOMENT, ORDER],
        wrong=[
            Wrong("the norm squared over d", prediction=exp(norm2 / C.d)),
            Wrong("in five dimensions already", relation=Equality(), at=[{C.d: 5, C.r: 1}]),
        ],
        figure=Curve(C.d, label="dimension d at ‖v‖² = d·r²"),
        **SHARED,
    ),
    Claim(
        W, W.pmi, Integer(1), Asymptotic(LADDER),
        quantity="slope",
        title="Pointwise mutual information grows like v·v′/d",
        steps=[PAIR],
        fails_at=[{W.sc: 2}],
        wrong=[
            LONG,
            Wrong("like v·v′", prediction=W.d, relation=Equality(), at=SMALL),
            Wrong("like v·v′/2d", prediction=Rational(1, 2), relation=Equality(), at=SMALL),
        ],
        figure=Curve(W.d, label="dimension d, with 2d² words"),
        **SHARED, **WORDS,
    ),
    Claim(
        W, W.unigram, Integer(1), Asymptotic(LADDER),
        quantity="unigram",
        title="The logarithm of a word's probability grows like ‖v‖²/2d",
        steps=[*MOMENT, ORDER],
        wrong=[
            LONG,
            Wrong("like ‖v‖²/d", prediction=Integer(2), relation=Equality(), at=SMALL),
            Wrong("like ‖v‖²/4d", prediction=Rational(1, 2), relation=Equality(), at=SMALL),
        ],
        **SHARED, **WORDS,
    ),
    Claim(
        W, W.constant, Integer(0), Asymptotic(LADDER),
        quantity="normalised",
        title="A word of norm ‖v‖ has the probability exp(‖v‖²/2d)/Z",
        scale=1,
        steps=MOMENT,
        wrong=[
            Wrong("exp(‖v‖²/2d)·e/Z", prediction=Integer(1), relation=Equality(), at=SMALL),
            Wrong("a tenth more", prediction=Rational(1, 10), relation=Equality(), at=SMALL),
        ],
        **SHARED, **WORDS,
    ),
]  # fmt: skip

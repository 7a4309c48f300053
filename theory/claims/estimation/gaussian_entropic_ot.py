"""Entropic optimal transport of normal laws: the best coupling, what Omega says of it, and both ends of eps."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sympy import Derivative, Symbol, diff, log, sqrt, symbols, tanh

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs import entropic_transport as et
from theory.proof import Degree, Identical, Inequality, Series, Solution
from theory.relation import Bound, Identity
from theory.settings.estimation.entropic_transport import GaussianCoupling as G
from theory.settings.estimation.entropic_transport import ScalarCoupling as S

SHARED = {
    "entry": "estimation.gaussian_entropic_ot",
    "source": Source("Janati, Muzellec, Peyré, Cuturi 2020: Entropic Optimal Transport between Unbalanced Gaussian "
                     "Measures has a Closed Form; its use for inverse transport as in Andrade, Peyré, Poon 2024: "
                     "Sparsistency for Inverse Optimal Transport"),
    "seeds": ["Sparsistency for Inverse Optimal Transport"],
}  # fmt: skip
AT = {G.p: 2, G.q: 2, G.size: "0.6", G.eps: "0.8", G.second: "own"}
TALL = AT | {G.p: 3, G.size: "0.4"}
ONE = {S.sa: "1.2", S.sb: "0.8", S.A: "0.7", S.eps: "0.5"}
SHARP = {S.sa: 1, S.sb: 1, S.A: 5, S.eps: "0.2"}
NARROW = {S.sa: 1, S.sb: 1, S.A: 1, S.eps: "0.5"}
BROAD = {S.sa: 1, S.sb: 1, S.A: "0.5", S.eps: 2}
FIGURE = Curve(S.eps, ("0.1", "0.2", "0.4", "0.8", "1.6", "3.2"), fixing={S.sa: "1.2", S.sb: "0.8", S.A: "0.7"},
               label="price of entropy eps")
c, s = Symbol("c", positive=True), Symbol("s", positive=True)
k, level = Symbol("k", positive=True), S.sa * S.A * S.sb / S.eps
x, y, top_x, top_y = symbols("x y top_x top_y", real=True)
on, off = symbols("on off", real=True)
INVERSE = {on: 1 / (1 - c**2), off: -c / (1 - c**2)}  # of [[1, c], [c, 1]]
best = (sqrt(1 + 4 * k**2) - 1) / (2 * k)
here = best.subs(k, level)
HERE = {"points": [AT], "regime": [G.size <= G.eps], **SHARED}
LINE = {"points": [ONE, SHARP], **SHARED}


def coupled(shape: Callable[[Any], Any] = et.correlation) -> Computed:
    return Computed([G.Sa, G.Sb, G.A], partial(et.cross_covariance, shape=shape), using={"eps": G.eps})


def along(factor: float = 1) -> Computed:
    return Computed([G.Sa, G.Sb, G.A, G.D], partial(et.slope, factor=factor), using={"eps": G.eps})


def block(factor: Callable[[float], float]) -> Computed:
    return Computed([G.A], partial(et.scaled_ground, factor=factor), using={"eps": G.eps})


claims = [
    Claim(
        G, G.cross, coupled(), Identity(),
        title="Cross-covariance of the best coupling",
        scale=1,
        points=[AT, TALL],
        steps=[Solution(c, best, diff(k * c + log(1 - c**2) / 2, c), branch=c < 1, unique=True,
                        because="with scales 1 the KL of a correlation c is −½ log(1 − c²)")],
        wrong=[Wrong("c = k/(1 + k)", at=[AT], prediction=coupled(lambda k: k / (1 + k))),
               Wrong("c = tanh k", at=[AT], prediction=coupled(np.tanh)),
               Wrong("KL weighted by eps/2", at=[AT], prediction=coupled(lambda k: et.correlation(2 * k)))],
        regime=[G.size <= G.eps],
        **SHARED,
    ),
    Claim(
        G, G.precision, block(lambda eps: -1 / eps), Identity(),
        quantity="precision",
        title="The precision of the best coupling has the block −A/eps",
        scale=1,
        steps=[Identical(on + c * off, 1, where=INVERSE, given=[c < 1]),
               Identical(c * on + off, 0, where=INVERSE, given=[c < 1], because="the block of the precision"),
               Identical(best / (1 - best**2), k)],
        wrong=[Wrong("−A·eps", at=[AT], prediction=block(lambda eps: -eps)),
               Wrong("KL weighted by eps/2", at=[AT], prediction=block(lambda eps: -2 / eps)),
               Wrong("sign lost", at=[AT], prediction=block(lambda eps: 1 / eps))],
        **HERE,
    ),
    Claim(
        G, G.slope, along(), Identity(),
        quantity="gradient",
        title="The gradient of Omega is the cross-covariance",
        scale=1,
        wrong=[Wrong("half of it", at=[AT], prediction=along(0.5)),
               Wrong("along A", at=[AT], prediction=G.gain)],
        **HERE,
    ),
    Claim(
        G, G.middle, (G.value + G.other) / 2, Bound("<="),
        quantity="convex",
        title="Omega is convex",
        scale=1,
        tight_at=[AT | {G.second: "same"}],
        steps=[Inequality((x + y) / 2, (top_x + top_y) / 2, given=[x <= top_x, y <= top_y],
                          because="x, y: what the best coupling for (A + B)/2 gives for A and B, below the suprema")],
        wrong=[Wrong("concave", at=[AT], relation=Bound(">=")),
               Wrong("a quarter of the sum", at=[AT], prediction=(G.value + G.other) / 4)],
        **HERE,
    ),
    Claim(
        G, G.other - G.tilted, G.value - G.gain, Bound(">="),
        quantity="inverse",
        title="The loss Omega(B) − ⟨B, C(A)⟩ of inverse transport is least at B = A",
        scale=1,
        tight_at=[AT | {G.second: "same"}],
        steps=[Inequality(0, (1 - c**2) ** 2 / (1 + c**2), given=[c < 1], strict=True,
                          because="C grows strictly with A, so nowhere else")],
        wrong=[Wrong("greatest", at=[AT], relation=Bound("<=")),
               Wrong("the loss counts ⟨B, C⟩ twice", at=[AT], observable=G.other - 2 * G.tilted,
                     prediction=G.value - 2 * G.gain)],
        **HERE,
    ),
    Claim(
        S, S.correlation, here, Identity(),
        quantity="correlation",
        title="Correlation of the best coupling of two scalars",
        scaling=[Degree(0, S.A, S.eps)],
        steps=[Identical(best / (1 - best**2), k)],
        wrong=[Wrong("k/(1 + k)", at=[ONE], prediction=level / (1 + level)),
               Wrong("tanh k", at=[ONE], prediction=tanh(level)),
               Wrong("KL weighted by eps/2", at=[ONE], prediction=best.subs(k, 2 * level))],
        figure=FIGURE,
        **LINE,
    ),
    Claim(
        S, S.correlation / (1 - S.correlation**2), level, Identity(),
        quantity="fixed_point",
        title="c/(1 − c²) = k",
        wrong=[Wrong("c/(1 − c)", at=[ONE], observable=S.correlation / (1 - S.correlation)),
               Wrong("KL weighted by eps/2", at=[ONE], prediction=2 * level)],
        **LINE,
    ),
    Claim(
        S, S.growth, S.sa * S.sb / S.eps * (1 - here**2) ** 2 / (1 + here**2), Identity(),
        quantity="derivative",
        title="Derivative of the correlation, dc/dk = (1 − c²)²/(1 + c²)",
        steps=[Identical(Derivative(best, k), (1 - best**2) ** 2 / (1 + best**2))],
        wrong=[Wrong("1 − c²", at=[ONE], prediction=S.sa * S.sb / S.eps * (1 - here**2)),
               Wrong("1 + c² forgotten", at=[ONE], prediction=S.sa * S.sb / S.eps * (1 - here**2) ** 2)],
        **LINE,
    ),
    *(Claim(
        S, S.correlation, bound, relation,
        quantity=name,
        title=title,
        steps=steps,
        wrong=[Wrong(word, at=[at], prediction=other) for word, at, other in wrong],
        figure=FIGURE if name.endswith("upper") else None,  # a lower bound may be negative
        **LINE,
    ) for name, relation, bound, title, steps, wrong in (
        ("large_eps_upper", Bound("<="), level, "The correlation is at most k",
         [Inequality(c, c / (1 - c**2), given=[c < 1], because="k = c/(1 − c²)")],
         [("KL weighted by 2·eps", BROAD, level / 2), ("k/(1 + k)", BROAD, level / (1 + level))]),
        ("large_eps_lower", Bound(">="), level - level**3,
         "The correlation falls short of k by at most k³, as for large eps",
         [Series(best, k, k - k**3, 5),
          Identical(best, k - k * best**2), Inequality(k - k**3, k - k * c**2, given=[c <= k])],
         [("as of tanh: k³/3", BROAD, level - level**3 / 3),
          ("KL weighted by eps/2", BROAD, 2 * level - 8 * level**3)]),
        ("small_eps_lower", Bound(">="), 1 - 1 / (2 * level), "The correlation falls short of 1 by at most 1/(2k)",
         [Series(best.subs(k, 1 / s), s, 1 - s / 2, 2), Inequality(1 - 1 / (2 * k), best)],
         [("KL weighted by eps/2", NARROW, 1 - 1 / (4 * level)), ("as of tanh: none", NARROW, tanh(level))]),
        ("small_eps_upper", Bound("<="), 1 - 1 / (2 * level) + 1 / (8 * level**2),
         "The correlation falls short of 1 by 1/(2k), up to 1/(8k²), as for small eps",
         [Series(best.subs(k, 1 / s), s, 1 - s / 2 + s**2 / 8, 4),
          Inequality(best, 1 - 1 / (2 * k) + 1 / (8 * k**2))],
         [("as of k/(1 + k): 1/k", NARROW, 1 - 1 / level),
          ("no second term", NARROW, 1 - 1 / (2 * level))]))),
]  # fmt: skip

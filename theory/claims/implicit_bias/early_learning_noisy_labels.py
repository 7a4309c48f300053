"""With flipped labels a linear classifier first learns the true ones, then fits every label and gets worse."""

from typing import Any

from sympy import Rational, Symbol, erf, exp, oo, pi, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Integration, Monotone
from theory.relation import Asymptotic, Bound, Identity, Ladder, Probability
from theory.settings.implicit_bias.noisy_labels import NoisyMixture as S
from theory.settings.implicit_bias.noisy_labels import NoisyTraining as T

SHARED = {
    "entry": "implicit_bias.early_learning_noisy_labels",
    "source": Source("Liu, Niles-Weed, Razavian, Fernandez-Granda 2020: Early-Learning Regularization Prevents "
                     "Memorization of Noisy Labels; first step of a linear classifier derived here",
                     "https://arxiv.org/abs/2007.00151"),
    "seeds": ["Early-Learning Regularization Prevents Memorization of Noisy Labels"],
    "status": "derived here",
}  # fmt: skip
x, z, kept, lost = symbols("x z kept lost", real=True)
A, density = Symbol("A", positive=True), exp(-z**2 / 2) / sqrt(2 * pi)
share = 1 - 2 * S.f


def normal(argument: Any) -> Any:
    return (1 + erf(argument / sqrt(2))) / 2


def first(a: Any, load: Any) -> Any:
    """Accuracy for a = the mean of label times true label, load = sig²p/n."""
    return normal(a / (S.sig * sqrt(a**2 + load)))


def flipped(a: Any, load: Any) -> Any:
    return normal((a - load) / (S.sig * sqrt(a**2 + load)))


LADDER = {"relation": Asymptotic(Ladder(S.n, [100, 200, 400, 800], tie={S.p: 4 * S.n}, rate=1))}
load = S.sig**2 * S.p / S.n
AT, CALM = {S.sig: "0.5", S.f: "0.2"}, {S.sig: "0.25", S.f: "0.3"}  # load above a, and below it
TRAIN = {T.n: 50, T.p: 200, T.sig: "0.25", T.f: "0.3", T.steps: 2000}

claims = [
    Claim(
        S, S.accuracy, first(share, load), **LADDER,
        title="The first direction is right with Φ(a/(σ√(a² + σ²p/n))), a = 1 − 2f",
        points=[AT, CALM],
        steps=[Identical((1 - S.f) * kept + S.f * lost, share, where={kept: 1, lost: -1}, everywhere=True,
                         because="E y x = (P(kept) − P(flipped)) v"),
               Integration((x + S.sig * z) ** 2 * density, z, -oo, oo, x**2 + S.sig**2, everywhere=True,
                           antiderivative=(x**2 + S.sig**2) * normal(z) - (2 * x * S.sig + S.sig**2 * z) * density,
                           because="mean square of a coordinate of yx, x its mean given the true label"),
               Monotone(first(A, S.sig**2 * S.p / S.n), S.n, "increasing", everywhere=True,
                        because="more samples, a better direction; A = a")],
        wrong=[Wrong("a = 1 − f", at=[AT], prediction=first(1 - S.f, load)),
               Wrong("p in place of p/n", at=[AT], prediction=first(share, S.sig**2 * S.p))],
        figure=Curve(S.n, [25, 50, 100, 200, 400, 800], {S.p: 400, **AT}, label="samples"),
        **SHARED,
    ),
    Claim(
        S, S.kept, flipped(share, load), **LADDER,
        quantity="flipped",
        title="It gives a flipped training sample the true label with Φ((a − σ²p/n)/(σ√(a² + σ²p/n)))",
        points=[AT, CALM],
        steps=[Identical((1 - S.sig * z) * (x + S.sig * z / S.n) - (x + S.sig * z / S.n - S.sig * x * z),
                         -S.sig**2 * z**2 / S.n, everywhere=True,
                         because="in each coordinate: the sample's own noise, summed over p of them, takes σ²p/n")],
        wrong=[Wrong("a = 1 − f", at=[AT], prediction=flipped(1 - S.f, load)),
               Wrong("p in place of p/n", at=[AT], prediction=flipped(share, S.sig**2 * S.p), scale=1),
               Wrong("a training sample like a test sample", at=[AT], prediction=first(share, load))],
        **SHARED,
    ),
    Claim(
        T, T.kept, 0, Identity(excluded=0.03),
        quantity="memorised",
        title="With more features than samples every flipped label is fitted in the end",
        scale=1,
        assuming=[T.p >= 2 * T.n, T.steps >= 2000],
        points=[TRAIN],
        fails_at=[{**TRAIN, T.n: 100, T.p: 20}],
        wrong=[Wrong("the share of the first step", at=[TRAIN], prediction=Rational(3, 10) * Rational(8, 10)),
               Wrong("with fewer features than samples, too", at=[{**TRAIN, T.n: 100, T.p: 20}], assuming=())],
        **SHARED,
    ),
    Claim(
        T, T.late, T.first, Bound("<=", Probability(Rational(9, 10))),
        quantity="decline",
        title="Training on lowers the test accuracy below that of the first step, in nine draws of ten",
        assuming=[T.p >= 2 * T.n, T.steps >= 2],
        points=[TRAIN, {**TRAIN, T.steps: 20}],
        wrong=[Wrong("accuracy only rises", at=[TRAIN], relation=Bound(">=", Probability(Rational(9, 10)))),
               Wrong("and falls to chance", at=[TRAIN], prediction=Rational(1, 2))],
        figure=Curve(T.steps, [2, 5, 20, 100, 500, 2000], TRAIN, label="steps"),
        **SHARED,
    ),
]  # fmt: skip

"""Rounding weights to a grid costs the trace of the Hessian: quantisation noise is a regulariser."""

from functools import partial

from sympy import Rational, Symbol

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.formulas.rounding import rounded_at_random
from theory.proof import Degree, Identical, Integration
from theory.relation import Equality, Exponent, Identity, Ladder
from theory.settings.regularisation.weights import Quantisation as S

f, place = Symbol("f", real=True), Symbol("place", real=True)
trH = S.h * S.p * (S.p + 1) / 2
POINT = {S.p: 12, S.h: 1, S.D: "0.1"}
SHARED = {
    "entry": "regularisation.quantisation_trace_hessian",
    "source": Source("AskariHemmat et al. 2022: QReg: On Regularization Effects of Quantization; the model of "
                     "uniform quantisation noise"),
    "seeds": ["QReg: On Regularization Effects of Quantization"],
}  # fmt: skip


def by_fraction(**mistake: object) -> Computed:
    """½ Σ H_ii D² f_i(1 − f_i) over four weights, with a mistake."""
    return Computed([S.fractions, S.diagonal], partial(rounded_at_random, **mistake), using={"D": S.D})


UNIFORM = {"fixing": {S.width: 1}, "fails_at": [{**POINT, S.width: "0.1"}], **SHARED}

claims = [
    Claim(
        S, S.nearest, trH * S.D**2 / 24, Equality(),
        title="Rounding to the nearest point of a grid costs tr(H) D²/24",
        points=[POINT],
        scaling=[Degree(2, S.D), Degree(1, S.h, pathwise=True)],
        steps=[Integration(f**2, f, -Rational(1, 2), Rational(1, 2), Rational(1, 12), antiderivative=f**3 / 3,
                           because="mean square of a rounding error, in units of D")],
        wrong=[Wrong("D²/12", prediction=trH * S.D**2 / 12),
               Wrong("largest eigenvalue in place of the trace", prediction=S.h * S.p * S.D**2 / 24)],
        figure=Curve(S.D, ("0.03", "0.06", "0.12", "0.25", "0.5"), fixing={S.p: 12, S.h: 1},
                     label="step of the grid D"),
        **UNIFORM,
    ),
    Claim(
        S, S.stochastic, trH * S.D**2 / 12, Equality(),
        quantity="stochastic",
        title="Stochastic rounding costs tr(H) D²/12, twice as much",
        points=[POINT],
        scaling=[Degree(2, S.D), Degree(1, S.h, pathwise=True)],
        steps=[Integration(f * (1 - f), f, 0, 1, Rational(1, 6), antiderivative=f**2 / 2 - f**3 / 3,
                           because="mean square of the error, average over the fraction")],
        wrong=[Wrong("as rounding to the nearest", prediction=trH * S.D**2 / 24),
               Wrong("largest eigenvalue in place of the trace", prediction=S.h * S.p * S.D**2 / 12)],
        figure=Curve(S.D, ("0.03", "0.06", "0.12", "0.25", "0.5"), fixing={S.p: 12, S.h: 1},
                     label="step of the grid D"),
        **UNIFORM,
    ),
    Claim(
        S, S.fixed, by_fraction(), Identity(),
        quantity="fixed_weights",
        title="Fixed weights of fractions f_i cost ½ Σ H_ii D² f_i(1 − f_i) under stochastic rounding",
        points=[{**POINT, S.width: 1}, {**POINT, S.p: 3, S.width: 1}],
        steps=[Identical(f * (1 - f) ** 2 + (1 - f) * f**2, f * (1 - f),
                         because="E e²: up by 1 − f with probability f, else down by f"),
               Identical(f * (place + 1) + (1 - f) * place, place + f,
                         because="no bias, so that of independent errors the diagonal of H alone is left")],
        wrong=[Wrong("average over f", at=[{**POINT, S.width: 1}], prediction=by_fraction(average=True)),
               Wrong("square of f", at=[{**POINT, S.width: 1}], prediction=by_fraction(squared=True)),
               Wrong("without ½", at=[{**POINT, S.width: 1}], prediction=by_fraction(factor=1.0))],
        **SHARED,
    ),
    Claim(
        S, S.nearest, 2, Exponent(Ladder(S.D, (1, 2, 4, 8, 16))),
        quantity="exponent",
        title="What rounding costs grows like the square of the step of the grid",
        fixing={S.width: 1},
        points=[{S.p: 12, S.h: 1}],
        wrong=[Wrong("slope 1", prediction=1), Wrong("slope 3", prediction=3)],
        **SHARED,
    ),
]  # fmt: skip

"""RMSprop with constant step on a parabola: an adaptive edge of stability that is solved."""

from sympy import Derivative, Rational, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Degree, Identical, Inequality
from theory.relation import Identity
from theory.settings.stability.cycles import ScalarRMSprop as S

amplitude = S.eta / 2 - S.eps / S.h
x, v, x_x, x_v, v_x, v_v = symbols("x v x_x x_v v_x v_v", real=True)  # relative deviations from the cycle
next_v = S.b2 * (1 + v) + (1 - S.b2) * (1 + x) ** 2
next_x = -((1 + x) - 2 * (1 + x) / sqrt(next_v))  # after the sign that the cycle itself turns
HERE = {x: 0, v: 0}
LINEARISED = [Identical(Derivative(after, by), slope, where=HERE, because="the step linearised at the cycle")
              for after, by, slope in ((next_x, x, x_x), (next_x, v, x_v), (next_v, x, v_x), (next_v, v, v_v))]
STEP = {x_x: 2 * S.b2 - 1, x_v: -S.b2, v_x: 2 * (1 - S.b2), v_v: S.b2}
trace, determinant = 3 * S.b2 - 1, S.b2
SHARED = {
    "entry": "stability.rmsprop_two_cycle",
    "source": Source("RMSprop on a quadratic, derived here; the method as in On the Convergence of Adam and Beyond"),
    "seeds": ["On the Convergence of Adam and Beyond", "The AdEMAMix Optimizer: Better, Faster, Older"],
    "status": "derived here",
}  # fmt: skip
CYCLE = {"fixing": {S.beta1: 0}, "assuming": [2 * S.eps < S.eta * S.h], "regime": [4 * S.eps < S.eta * S.h]}
LINEAR = {"fixing": {S.beta1: 0, S.eps: 0}}
POINT = {S.b2: "0.9", S.h: 3, S.eta: "0.01", S.eps: 0}
WITH_EPS = {S.b2: "0.9", S.h: 2, S.eta: "0.1", S.eps: "0.03"}

claims = [
    Claim(
        S, S.amplitude, amplitude, Identity(),
        title="RMSprop ends on the cycle x ↦ −x of amplitude η/2 − ε/h",
        points=[POINT, WITH_EPS],
        scaling=[Degree(1, S.eta, S.eps)],
        steps=[Identical(S.eta * S.h / (S.h * amplitude + S.eps), 2,
                         because="x₊ = −x where ηh/(√v + ε) = 2, with √v = h|x|")],
        wrong=[
            Wrong("step in place of half of it", at=[POINT], prediction=S.eta - S.eps / S.h),
            Wrong("amplitude falls with the curvature", at=[POINT], prediction=S.eta / (2 * S.h) - S.eps / S.h),
            Wrong("ε inside the root", at=[{S.b2: "0.9", S.h: 2, S.eta: "0.1", S.eps: "0.003"}],
                  prediction=sqrt(S.eta**2 / 4 - S.eps / S.h**2)),
        ],
        figure=Curve(S.eta, ("0.01", "0.03", "0.1", "0.3"), fixing={S.b2: "0.9", S.h: 3, S.eps: 0},
                     label="learning rate η"),
        **CYCLE, **SHARED,
    ),
    Claim(
        S, S.sharpness, 2 * (1 + S.beta1) / ((1 - S.beta1) * S.eta), Identity(),
        quantity="sharpness",
        title="On the cycle the preconditioned curvature is 2/η, whatever the curvature",
        scale=2 / S.eta,
        points=[POINT, WITH_EPS],
        scaling=[Degree(0, S.h)],
        fails_at=[{S.beta1: "0.9", S.b2: "0.99", S.h: 3, S.eta: "0.01", S.eps: 0}],  # Adam stays below its edge
        wrong=[Wrong("edge at 1/η", at=[POINT], prediction=1 / S.eta),
               Wrong("curvature not preconditioned", at=[POINT], prediction=S.h)],
        **CYCLE, **SHARED,
    ),
    Claim(
        S, S.trace, trace, Identity(),
        quantity="trace",
        title="Trace of the step linearised at the cycle",
        scale=1,
        steps=[Identical(x_x + v_v, trace, where=STEP, because="trace of the linearised step"),
               Inequality(trace, 1 + determinant, strict=True, because="Jury: no multiplier passes 1"),
               Inequality(-1 - determinant, trace, strict=True, because="Jury: no multiplier passes −1")],
        wrong=[Wrong("memory of v forgotten", prediction=2 * S.b2 - 1), Wrong("sign of x kept", prediction=1 - S.b2)],
        **LINEAR, **SHARED,
    ),
    Claim(
        S, S.determinant, determinant, Identity(),
        quantity="determinant",
        title="Determinant of the step linearised at the cycle",
        steps=[Identical(x_x * v_v - x_v * v_x, determinant, where=STEP, because="determinant of the linearised step"),
               Inequality(determinant, 1, strict=True, because="Jury: the product of the multipliers")],
        wrong=[Wrong("squared", at=[POINT], prediction=S.b2**2), Wrong("share of the gradient", prediction=1 - S.b2)],
        **LINEAR, **SHARED,
    ),
    Claim(
        S, S.radius, sqrt(S.b2), Identity(),
        quantity="contraction",
        title="Deviations from the cycle shrink by √b₂ a step",
        assuming=[S.b2 > Rational(1, 9)],
        steps=[Inequality(trace**2, 4 * determinant, because="complex multipliers for b₂ > 1/9")],
        fails_at=[{S.b2: "0.05", S.h: 3, S.eta: "0.01"}],
        wrong=[Wrong("memory of v", at=[{S.b2: "0.8"}], prediction=S.b2),
               Wrong("half of it", at=[{S.b2: "0.8"}], prediction=S.b2 ** Rational(1, 4))],
        **LINEAR, **SHARED,
    ),
]  # fmt: skip

"""Linear networks from a small balanced start learn each mode along its own sigmoid, the strongest first."""

from typing import Any

from sympy import Derivative, Matrix, exp, log, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Implication, Instances
from theory.relation import Bound, Exponent, Identity, Ladder, Threshold
from theory.settings.implicit_bias.linear import FilterPair as F
from theory.settings.implicit_bias.linear import LinearNetwork as S

t, s, a0 = symbols("t s a0", positive=True)
w1, w2, r, u, v = symbols("w1 w2 r u v", real=True)


def sigmoid(time: Any, strength: Any, start: Any, pace: int = 2) -> Any:
    return strength * exp(pace * strength * time) / (exp(pace * strength * time) - 1 + strength / start)


def conserved(size: int) -> list[Identical]:
    """Entry by entry, for square W₁, W₂ and residual R."""
    W1, W2, R = (Matrix(size, size, symbols(f"{name}:{size**2}", real=True)) for name in ("one", "two", "rest"))
    pull1, pull2 = W2.T * R, R * W1.T
    pairs = zip(pull1 * W1.T + W1 * pull1.T, pull2.T * W2 + W2.T * pull2, strict=True)
    return [Identical(left, right, everywhere=True) for left, right in pairs]


law, half = sigmoid(t, s, a0), log(s / a0 - 1) / (2 * s)
RICCATI = Identical(Derivative(law, t), 2 * law * (s - law), everywhere=True,
                    because="a′ = 2a(s − a) for a = w₁w₂, w₁ = w₂")
SHARED = {
    "entry": "implicit_bias.linear_net_modes",
    "source": Source("Saxe, McClelland, Ganguli 2014: Exact solutions to the nonlinear dynamics of learning in deep "
                     "linear neural networks; for filters Pinson, Lenaerts, Ginis 2023: Linear CNNs Discover the "
                     "Statistical Structure of the Dataset Using Only the Most Dominant Frequencies",
                     "https://arxiv.org/abs/1312.6120"),
    "seeds": ["Linear CNNs Discover the Statistical Structure of the Dataset Using Only the Most Dominant Frequencies",
              "A Dynamical Model of Neural Scaling Laws"],
}  # fmt: skip
EVEN = {S.imbalance: 0, S.turn: 0, S.colour: 0}
AT = {S.d: 6, S.s: 3, S.other: "1.5", S.a0: "0.001", S.time: 1, S.rate: 100}
LATER = {**AT, S.s: "1.5", S.other: 3, S.time: 2}
SLOW = {**AT, S.s: "0.5", S.other: 3, S.time: 6}
ONE = {F.N: 8, F.a0: "0.001", F.time: "0.6"}
FAILS = [{**AT, S.imbalance: 1}, {**AT, S.colour: "0.5"}, {**AT, S.turn: "0.5", S.a0: 1}]

claims = [
    Claim(
        S, S.strength, sigmoid(S.time, S.s, S.a0), Identity(excluded=0.03),
        title="A mode of strength s grows like s e^(2st)/(e^(2st) − 1 + s/a₀), whatever the other modes",
        fixing=EVEN,
        points=[AT, LATER, SLOW],
        fails_at=FAILS,
        steps=[RICCATI, Identical(law, a0, where={t: 0}, everywhere=True)],
        wrong=[Wrong("rate s in place of 2s", at=[AT], prediction=sigmoid(S.time, S.s, S.a0, pace=1)),
               Wrong("a single layer", at=[AT], prediction=S.s * (1 - exp(-S.s * S.time)))],
        figure=Curve(S.time, ["0.2", "0.5", "0.8", 1, "1.2", "1.5", 2, 3], AT, log=False, label="time"),
        **SHARED,
    ),
    Claim(
        S, S.rise, log(S.s / S.a0 - 1) / (2 * S.s), Threshold(of=S.time, excluded=0.03),
        quantity="half_time",
        title="Half of a mode is learnt at log(s/a₀ − 1)/(2s)",
        fixing=EVEN,
        points=[AT, LATER],
        steps=[Identical(law, s / 2, where={t: half}, given=[s > a0], everywhere=True)],
        wrong=[Wrong("log(s/a₀ − 1)/s", at=[AT], prediction=log(S.s / S.a0 - 1) / S.s),
               Wrong("1/(2s)", at=[AT], prediction=1 / (2 * S.s))],
        **SHARED,
    ),
    Claim(
        S, S.strength, S.next_strength, Bound(">=", excluded=0.03),
        quantity="order",
        title="A stronger mode is ahead of a weaker one at any time",
        fixing=EVEN,
        assuming=[S.s >= S.other],
        points=[{**AT, S.time: "0.5"}, AT],
        tight_at=[{**AT, S.other: 3}],
        fails_at=[{**LATER, S.time: 1}],
        steps=[Implication([s > v, v >= u, u > 0], 2 * u * (s - u) > 2 * u * (v - u), everywhere=True,
                           because="where two modes meet the stronger one is faster")],
        wrong=[Wrong("in shares of their strength, at any time", at=[{**AT, S.time: "0.05"}],
                     observable=S.strength / S.s, prediction=S.next_strength / S.other),
               Wrong("whichever is the stronger", at=[{**LATER, S.time: 1}], assuming=())],
        **SHARED,
    ),
    Claim(
        S, S.balance, 0, Identity(excluded=0.03),
        quantity="balance",
        title="W₁W₁ᵀ − W₂ᵀW₂ stays 0",
        scale=S.s,
        fixing={S.imbalance: 0},
        points=[{**AT, S.colour: 0, S.turn: 0}, {**AT, S.colour: "0.5", S.turn: "0.5"}],
        fails_at=[{**AT, S.colour: 0, S.turn: 0, S.imbalance: 1}],
        steps=[Identical(Derivative(w1**2 - w2**2, w1) * w2 * r + Derivative(w1**2 - w2**2, w2) * w1 * r, 0,
                         everywhere=True, because="d(w₁² − w₂²)/dt of one mode, w₁′ = w₂r and w₂′ = w₁r"),
               Instances("W₁′W₁ᵀ + W₁W₁′ᵀ = W₂′ᵀW₂ + W₂ᵀW₂′ where W₁′ = W₂ᵀR and W₂′ = RW₁ᵀ", conserved, [1, 2, 3])],
        wrong=[Wrong("from any start", at=[{**AT, S.colour: 0, S.turn: 0}], fixing={S.imbalance: 1}),
               Wrong("grows with the mode", at=[{**AT, S.colour: 0, S.turn: 0}], prediction=S.s)],
        **SHARED,
    ),
    Claim(
        S, S.descent_error, -1, Exponent(Ladder(S.rate, [50, 100, 200, 400, 800]), within=0.05),
        quantity="descent",
        title="Gradient descent misses the flow by an error proportional to its step",
        fixing=EVEN,
        points=[{k: v for k, v in AT.items() if k is not S.rate}],
        wrong=[Wrong("to its square", prediction=-2), Wrong("to its root", prediction=-0.5)],
        **SHARED,
    ),
    Claim(
        F, F.modulus, sigmoid(F.time, F.target, F.a0), Identity(excluded=0.03),
        quantity="filters",
        title="Two circular filters obey the same law at every frequency, s = |ĉ_k| of the unnormalised transform",
        points=[ONE, {**ONE, F.time: "1"}],
        steps=[RICCATI],
        wrong=[Wrong("rate s in place of 2s", at=[ONE], prediction=sigmoid(F.time, F.target, F.a0, pace=1)),
               Wrong("a factor N in the rate", at=[ONE], prediction=sigmoid(F.time * F.N, F.target, F.a0))],
        **SHARED,
    ),
]  # fmt: skip

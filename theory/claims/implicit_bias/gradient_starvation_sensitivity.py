"""How a stronger first feature moves the responses of the others at a regularised logistic minimum."""

from functools import partial
from typing import Any

from sympy import And, Derivative, Symbol, exp, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.feature_sensitivity import responses, second_responses, sensitivities
from theory.proof import Identical, Implication, Solution
from theory.relation import Bound, Identity
from theory.settings.implicit_bias.starved import STRENGTHS, CoupledPair
from theory.settings.implicit_bias.starved import StarvedFeatures as S

READS, LAM = [S.U, S.s, S.a], {"lam": S.lam}
m, p, q, r, on, off, theta, u, v = symbols("m p q r on off theta u v", real=True)
level, other = Symbol("level", positive=True), Symbol("other", positive=True)
P = CoupledPair


def second(**changed: Any) -> Computed:
    """z₂ along the strengths of the first feature."""
    return Computed([P.U], partial(second_responses, **{"strengths": STRENGTHS, **changed}), using={"lam": P.lam})


SHARED = {
    "entry": "implicit_bias.gradient_starvation_sensitivity",
    "source": Source("Pezeshki, Kaba, Bengio, Courville, Precup, Lajoie 2020: Gradient Starvation: A Learning "
                     "Proclivity in Neural Networks; the sensitivity derived here", "https://arxiv.org/abs/2011.09468"),
    "seeds": ["Gradient Starvation: A Learning Proclivity in Neural Networks"],
    "status": "derived here",
}  # fmt: skip
AT, TWO = {S.n: 4, S.lam: "0.1", S.mixing: 1}, {S.n: 2, S.lam: "0.05", S.mixing: 1}
APART = {**TWO, S.mixing: 0}
LOGISTIC = Identical(Derivative(1 / (1 + exp(m)), m), -exp(m) / (1 + exp(m)) ** 2, everywhere=True,
                     because="da = −D dm, D = a(1 − a)")
COLUMN = {on: q / (p * q - r**2), off: -r / (p * q - r**2)}  # of the inverse of [[p, r], [r, q]]

claims = [
    Claim(
        S, S.slopes, Computed(READS, sensitivities, using=LAM), Identity(excluded=0.03),
        title="dz_k/d(s₁²) = δ_k1 (u₁·a)/λ − (s_k²/λ²)(u₁·a)[(UᵀD⁻¹U + diag(s²/λ))⁻¹]_k1",
        points=[AT, {**AT, S.lam: "0.02"}],
        steps=[LOGISTIC,
               Identical(1 / (1 + exp(m)) * (1 - 1 / (1 + exp(m))), exp(m) / (1 + exp(m)) ** 2, everywhere=True)],
        wrong=[Wrong("s_k² is missing", at=[AT],
                     prediction=Computed(READS, partial(sensitivities, strengths=False), using=LAM)),
               Wrong("D in place of D⁻¹", at=[AT],
                     prediction=Computed(READS, partial(sensitivities, inverse=False), using=LAM))],
        **SHARED,
    ),
    Claim(
        S, S.z, Computed(READS, responses, using=LAM), Identity(excluded=0.03),
        quantity="response",
        title="The responses are z_k = (s_k²/λ) u_k·a",
        points=[AT, {**AT, S.lam: "0.02"}],
        steps=[Solution(theta, m / S.lam, S.lam * theta - m, unique=True,
                        because="∇L = −diag(s) Uᵀa + λθ = 0, entry by entry")],
        wrong=[Wrong("s_k in place of s_k²", at=[AT],
                     prediction=Computed(READS, partial(responses, power=1), using=LAM)),
               Wrong("s_k² is missing", at=[AT], prediction=Computed(READS, partial(responses, power=0), using=LAM))],
        **SHARED,
    ),
    Claim(
        S, 1 + S.slope2 * S.pull * S.coupling, 1, Bound(">=", excluded=0.03),
        quantity="sign",
        title="Of two features the second is starved where u₁·a and u₁ᵀD⁻¹u₂ differ in sign, helped where they agree",
        fixing={S.n: 2},
        points=[TWO, {**TWO, S.lam: "0.5"}],
        tight_at=[APART],
        steps=[Identical(p * on + r * off, 1, where=COLUMN, given=[p * q > r**2], everywhere=True),
               Identical(r * on + q * off, 0, where=COLUMN, given=[p * q > r**2], everywhere=True,
                         because="the off-diagonal entry of the inverse has the opposite sign of the coupling"),
               Implication([p > 0, q > 0, p * q > r**2, r > 0, m > 0], And(m * r / (p * q - r**2) > 0), everywhere=True,
                           because="u₁·a = m, coupling r: both positive")],
        wrong=[Wrong("a stronger first feature always lowers the second", at=[TWO], observable=1 - S.slope2),
               Wrong("and always raises it", at=[TWO], observable=1 + S.slope2),
               Wrong("the signs the other way round", at=[TWO], observable=1 - S.slope2 * S.pull * S.coupling)],
        **SHARED,
    ),
    Claim(
        S, S.slope2, 0, Identity(excluded=0.03),
        quantity="apart",
        title="Features that act on disjoint examples do not move each other",
        scale=1,
        fixing={S.mixing: 0},
        points=[APART, {S.n: 4, S.lam: "0.1"}],
        steps=[Identical(u * (-v) / level + v * u / other, u * v * (level - other) / (level * other), everywhere=True,
                         because="the coupling u₁ᵀD⁻¹u₂ of u₁ = (u, v), u₂ = (−v, u) where D is diag(level, other): 0 "
                         "where D is a multiple of I")],
        fails_at=[TWO],
        wrong=[Wrong("whatever the features", at=[TWO], fixing={S.mixing: 1}),
               Wrong("the second moves like the first", at=[APART], prediction=S.pull / S.lam)],
        **SHARED,
    ),
    Claim(
        P, P.z_2, second(), Identity(excluded=0.03),
        quantity="pair",
        title="z₂ along the strength of a first feature is that of the dual: it falls at coupling −0.3, rises at 0.3",
        points=[{P.lam: "0.05", P.coupling: d} for d in ("-0.3", "0.3", 0)],
        wrong=[Wrong("the coupling's sign does not matter", at=[{P.lam: "0.05", P.coupling: "-0.3"}],
                     prediction=second(flipped=True)),
               Wrong("no other feature matters", at=[{P.lam: "0.05", P.coupling: "-0.3"}],
                     prediction=second(strengths=[1.0] * len(STRENGTHS)))],
        figure=Curve(P.s_1, label="strength s₁ of the first feature"),
        **SHARED,
    ),
]  # fmt: skip

"""Weight decay on scale-invariant weights settles their norm, and with it the effective learning rate."""

from sympy import Symbol, exp, log, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Implication, Inequality, Solution
from theory.relation import Asymptotic, Identity, Ladder
from theory.settings.regularisation.weights import ScaleInvariantWeights as S

eta, lam, G = S.eta, S.lam, S.G
s, c = Symbol("s", positive=True), Symbol("c", positive=True)
x, y = Symbol("x", positive=True), Symbol("y", positive=True)
loss = log(1 + exp(-x / sqrt(x**2 + y**2)))
level = G * sqrt(eta / (lam * (2 - eta * lam)))
SHARED = {
    "entry": "regularisation.scale_invariant_equilibrium",
    "source": Source("L2 Regularization versus Batch and Weight Normalization; equilibrium of the norm derived here"),
    "seeds": ["L2 Regularization versus Batch and Weight Normalization", "Logit Attenuating Weight Normalization"],
    "status": "derived here",
    "assuming": [eta * lam < 1],
}  # fmt: skip
POINT = {S.dim: 20, eta: "0.5", lam: "0.1", G: 2}
STEADY = {"fixing": {S.vary: 0}, "fails_at": [{**POINT, S.vary: "0.8"}], "points": [POINT], **SHARED}
CURVE = ("0.1", "0.2", "0.4", "0.8")

claims = [
    Claim(
        S, S.next2, (1 - eta * lam) ** 2 * S.start2 + eta**2 * G**2 / S.start2, Identity(),
        title="A step takes ‖w‖² to (1 − ηλ)²‖w‖² + η²G²/‖w‖²",
        steps=[Identical(x * loss.diff(x) + y * loss.diff(y), 0, everywhere=True,
                         because="Euler: the gradient of a scale-invariant loss is orthogonal to w; in the plane")],
        wrong=[Wrong("decay not squared", prediction=(1 - eta * lam) * S.start2 + eta**2 * G**2 / S.start2),
               Wrong("gradient norm G", prediction=(1 - eta * lam) ** 2 * S.start2 + eta**2 * G**2),
               Wrong("weight decay alone: shrinks", prediction=(1 - eta * lam) ** 2 * S.start2)],
        **STEADY,
    ),
    Claim(
        S, S.norm2, level, Identity(),
        quantity="norm",
        title="The norm settles at ‖w‖⁴ = ηG²/(λ(2 − ηλ))",
        steps=[Solution(s, level, (1 - eta * lam) ** 2 * s + eta**2 * G**2 / s - s, because="fixed point of the step"),
               Identical((1 - eta * lam) ** 2 - eta**2 * G**2 / level**2, 2 * (1 - eta * lam) ** 2 - 1,
                         because="derivative of the step there"),
               Implication([c > 0, c < 1], 2 * (1 - c) ** 2 - 1 < 1, because="attracting, c = ηλ"),
               Inequality(-1, 2 * (1 - c) ** 2 - 1, slack=2 * (1 - c) ** 2, because="and not below −1")],
        wrong=[Wrong("twice as large", prediction=2 * G * sqrt(eta / (2 * lam))),
               Wrong("exponent 1/2 of η/λ", prediction=G * eta / lam)],
        figure=Curve(eta, CURVE, fixing={S.dim: 20, lam: "0.2", G: 1}, label="learning rate η"),
        **STEADY,
    ),
    Claim(
        S, eta / S.norm2, sqrt(eta * lam * (2 - eta * lam)) / G, Identity(),
        quantity="effective_rate",
        title="The effective learning rate settles at √(ηλ(2 − ηλ))/G",
        steps=[Identical(eta / level, sqrt(eta * lam * (2 - eta * lam)) / G, because="η/‖w‖²")],
        wrong=[Wrong("η alone", prediction=eta), Wrong("no root", prediction=eta * lam * (2 - eta * lam) / G)],
        **STEADY,
    ),
    Claim(
        S, S.cosine, 1 - eta * lam, Identity(),
        scale=1,
        quantity="cosine",
        title="At equilibrium consecutive weights have the cosine 1 − ηλ, whatever the loss's scale",
        wrong=[Wrong("angle ηλ", prediction=1 - (eta * lam) ** 2 / 2), Wrong("twice", prediction=1 - 2 * eta * lam)],
        **STEADY,
    ),
    Claim(
        S, S.norm2, level, Asymptotic(Ladder(S.dim, (10, 20, 40, 80), tie={lam: 2 / S.dim})),
        quantity="random",
        title="With random gradient norms the mean of ‖w‖² settles there with E G², as ηλ → 0",
        points=[{eta: "0.5", G: 1, S.vary: "0.5"}],
        fixing={eta: "0.5"},
        wrong=[Wrong("twice as large", prediction=2 * level), Wrong("exponent 1/2 of η/λ", prediction=G * eta / lam)],
        **SHARED,
    ),
    Claim(
        S, S.apart, 0, Identity(),
        quantity="product",
        title="Only ηλ and η/‖w₀‖² matter to the direction of w",
        scale=1,
        wrong=[Wrong("directions unrelated", prediction=sqrt(2)), Wrong("half", prediction=1 - eta * lam)],
        **SHARED,
    ),
]  # fmt: skip

"""Weight decay on scale-invariant weights settles their norm, and with it the effective learning rate."""

from sympy import Integer, Symbol, exp, log, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Implication, Inequality, Solution
from theory.relation import Asymptotic, Equality, Identity, Ladder
from theory.settings.regularisation.weights import NormalisedClassifier as N
from theory.settings.regularisation.weights import ScaleInvariantWeights as S

eta, lam, G = S.eta, S.lam, S.G
s, c = Symbol("s", positive=True), Symbol("c", positive=True)
x, y = Symbol("x", positive=True), Symbol("y", positive=True)
loss = log(1 + exp(-x / sqrt(x**2 + y**2)))
level = G * sqrt(eta / (lam * (2 - eta * lam)))
SHARED = {
    "entry": "regularisation.scale_invariant_equilibrium",
    "source": Source("van Laarhoven 2017: L2 Regularization versus Batch and Weight Normalization; equilibrium of the "
                     "norm derived here"),
    "seeds": ["L2 Regularization versus Batch and Weight Normalization", "Logit Attenuating Weight Normalization"],
    "status": "derived here",
    "assuming": [eta * lam < 1],
}  # fmt: skip
POINT = {S.dim: 20, eta: "0.5", lam: "0.1", G: 2}
STEADY = {"fixing": {S.vary: 0}, "fails_at": [{**POINT, S.vary: "0.8"}], "points": [POINT], **SHARED}
# the trained classifier: eta·lam is 1/memory
trained = N.eta * sqrt(N.G2 * N.memory**2 / (2 * N.memory - 1))
TRAINED = {**SHARED, "assuming": [N.settling >= 5]}
kept = 1 - 1 / N.memory
fourth = (2 * kept**2 * N.eta**2 * N.G2 + N.eta**4 * N.g4) / (1 - kept**4)
RUN = {N.n: 20, N.d: 10, N.batch: 4, N.eta: "0.2", N.flips: "0.2", N.settling: 5}
UNSETTLED = {N.settling: 1, N.eta: "0.005"}  # at the start ‖w‖² is sixty times what it settles at
r, r1 = Symbol("r", positive=True), Symbol("r1", positive=True)
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
    Claim(
        N, N.norm2, trained, Asymptotic(Ladder(N.memory, (10, 20, 40, 80))),
        quantity="trained",
        title="SGD on a normalised classifier settles at ‖w‖⁴ = ηE G²/(λ(2 − ηλ)), as ηλ → 0",
        fixing={N.model: "normalised"},
        points=[RUN, {**RUN, N.batch: 1, N.eta: "0.5"}],
        fails_at=[{**RUN, N.model: "plain"}, {**RUN, **UNSETTLED}],
        steps=[Identical(N.eta * sqrt(N.G2 * N.memory**2 / (2 * N.memory - 1)), level,
                         where={lam: 1 / (N.eta * N.memory), eta: N.eta, G: sqrt(N.G2)}, because="λ = 1/(η·memory)")],
        wrong=[Wrong("twice as large", prediction=2 * trained),
               Wrong("exponent 1/2 of η/λ", prediction=sqrt(N.G2) * N.eta**2 * N.memory),
               Wrong("weight decay shrinks them", prediction=trained / (2 * N.memory - 1))],
        **TRAINED,
    ),
    Claim(
        N, N.norm4, fourth, Equality(),
        quantity="trained_fourth",
        title="Exactly, for SGD on a normalised classifier: E‖w‖⁴(1 − (1 − ηλ)⁴) = 2(1 − ηλ)²η²E G² + η⁴E‖g‖⁴",
        fixing={N.model: "normalised"},
        points=[{**RUN, N.memory: 50}, {**RUN, N.memory: 20, N.batch: 1, N.eta: "0.5"}],
        fails_at=[{**RUN, N.memory: 50, **UNSETTLED}, {**RUN, N.memory: 50, N.model: "plain"}],
        steps=[Identical((c**2 * r + eta**2 * G**2 / r) ** 2 - c**4 * r**2,
                         2 * c**2 * eta**2 * G**2 + eta**4 * (G**2 / r) ** 2,
                         because="c = 1 − ηλ, r = ‖w‖², ‖g‖² = G²/r: the square of a step, whose mean is that of r²")],
        wrong=[Wrong("twice as large", prediction=2 * fourth),
               Wrong("exponent 1/2 of η/λ", prediction=N.G2 * (N.eta**2 * N.memory) ** 2),
               Wrong("decay not squared", prediction=fourth * (1 + kept**2))],
        **TRAINED,
    ),
    Claim(
        N, N.turning, -log(1 - 1 / N.memory), Equality(),
        quantity="trained_angle",
        title="SGD on a normalised classifier turns by a cosine of 1 − ηλ a step, in the geometric mean",
        fixing={N.model: "normalised"},
        points=[{**RUN, N.memory: 50}, {**RUN, N.memory: 20, N.batch: 1, N.eta: "0.5"}],
        fails_at=[{**RUN, N.memory: 50, N.model: "plain"}],
        steps=[Identical(log(c * r / sqrt(r * r1)), log(c) + (log(r) - log(r1)) / 2,
                         because="c = 1 − ηλ, r = ‖w‖²: w·w′ = c·r; the logarithms of r cancel along a steady run")],
        wrong=[Wrong("angle ηλ", prediction=1 / (2 * N.memory**2)),
               Wrong("twice", prediction=-2 * log(1 - 1 / N.memory)),
               Wrong("weight decay does not turn w", prediction=Integer(0), scale=1 / N.memory)],
        figure=Curve(N.memory, (10, 20, 40, 80), fixing=RUN, label="1/(ηλ)"),
        **TRAINED,
    ),
    Claim(
        N, N.apart, 0, Identity(),
        quantity="trained_product",
        title="Of a normalised classifier's SGD only ηλ and η/‖w₀‖² matter to what it learns",
        scale=1,
        fixing={N.model: "normalised"},
        points=[{**RUN, N.memory: 20}],
        fails_at=[{**RUN, N.memory: 20, N.model: "plain"}],
        wrong=[Wrong("directions unrelated", prediction=sqrt(2)), Wrong("half", prediction=1 - 1 / N.memory)],
        **TRAINED,
    ),
]  # fmt: skip

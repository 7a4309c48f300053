"""Test and training error of random-feature ridge regression from the eigenvalues of its kernel."""

from sympy import Expr, Min, Symbol, oo

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.implicit import Root
from theory.proof import Assumed, Identical, Inequality, Limit, Monotone, Solution
from theory.relation import Asymptotic, Ladder
from theory.settings.random_features import GaussianFeatures as RF

g = Symbol("g", positive=True)  # the implicit regularisation γ of the kernel's modes
learned = RF.lam / (RF.lam + g)
z, q = total(learned), total(learned**2)


def test_error(kappa: Expr, modes: Expr = learned, correction: int = 1) -> Expr:
    """[Σᵢ (1 − Lᵢ − κ λᵢ/(λᵢ+γ)²·k/(k−q)) vᵢ² + σ²] / (1 − x),   x = (q(k − 2z) + z²)/(n(k − q))."""
    bias = total((1 - modes - correction * kappa * RF.lam / (RF.lam + g) ** 2 * RF.k / (RF.k - q)) * RF.v2)
    return (bias + RF.sigma2) / (1 - (q * (RF.k - 2 * z) + z**2) / (RF.n * (RF.k - q)))


kappa = g * (RF.k - z) / RF.k
root = Root(g, (RF.n - z) * (RF.k - z) * g / RF.k - RF.delta, branch=z < Min(RF.n, RF.k),
            unique="both factors increase in g on the branch")  # fmt: skip
Z, Q = Symbol("z", positive=True), Symbol("q", positive=True)  # z and q as numbers
on_branch = [z < RF.n, z < RF.k]
ridge = (RF.n - z) * (RF.k - z) * g / RF.k  # what delta is at the root
share = (q * (RF.k - 2 * z) + z**2) / (RF.n * (RF.k - q))
weaker = Symbol("kappa", positive=True)
PRIOR = {RF.v2: RF.lam, RF.sigma2: 0}  # a target drawn from the kernel's own process, no noise
DUALITY = [  # without a ridge z = min(n, k)
    Identical(test_error(kappa), g * RF.n * RF.k / (RF.k - RF.n), where={**PRIOR, RF.n: z},
              given=[RF.k > RF.n, RF.n > q], because="data and width are dual: fewer samples than features"),
    Identical(test_error(kappa), g * RF.n * RF.k / (RF.n - RF.k), where={**PRIOR, RF.k: z},
              given=[RF.n > RF.k, RF.k > q], because="data and width are dual: fewer features than samples"),
]  # fmt: skip
POINT = {RF.lam: "power(1.5,200)", RF.v2: "power(1.6,200)", RF.delta: "0.02", RF.sigma2: "0.1"}
SHARED = {
    "entry": "random_features.rf_eigenframework",
    "source": Source("Simon, Karkada, Ghosh, Belkin: More is better in modern machine learning: when infinite "
                     "overparameterization is optimal and overfitting is obligatory"),
    "seeds": ["More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory",
              "A Dynamical Model of Neural Scaling Laws"],
    "status": "heuristic",
    "roots": [root],
    "regime": [RF.delta > 0],  # without a ridge the error diverges at n = k
    "points": [POINT],
}  # fmt: skip


def ladder(features: Expr) -> Asymptotic:
    """Samples grow, and features with them."""
    return Asymptotic(Ladder(RF.n, [24, 48, 96, 192], tie={RF.k: features}, rate=1))


proportional = ladder(5 * RF.n / 3)

claims = [
    Claim(
        RF, RF.test_error, test_error(kappa), proportional,
        flagship=True,
        title="Test error of random-feature ridge regression",
        steps=[
            Assumed("the error is that of the deterministic equivalent, with relative error O(1/n)", "Simon et al."),
            Solution(weaker, kappa, z + RF.k * weaker / g - RF.k, given=[RF.k > z], unique=True,
                     because="the second equation, solved for kappa"),
            Identical(z + RF.delta / weaker, RF.n, where={RF.delta: ridge, weaker: kappa}, given=on_branch,
                      because="the first equation at delta = the root's"),
            Monotone(z, g, "decreasing", strict=True, because="every learnability falls"),
            Monotone(ridge, g, "increasing", strict=True, given=on_branch, because="so that the root is unique"),
            Inequality(q, z, strict=True, because="learnabilities are below 1"),
            Inequality(share.subs({z: Z, q: Q}), 1, strict=True, given=[Q < Z, RF.n > Z, RF.k > Z],
                       because="so that the denominator is positive on the branch"),
            Limit(RF.k, oo, (total((1 - learned) ** 2 * RF.v2) + RF.sigma2) / (1 - Q / RF.n), given=[RF.n > Q],
                  of=test_error(kappa).subs({z: Z, q: Q}), because="many features: kernel ridge regression"),
            *DUALITY,
        ],
        wrong=[
            Wrong("n in place of k in the second equation", relation=ladder(2 * RF.n),
                  prediction=test_error(g * (RF.k - z) / RF.n),
                  roots=[Root(g, (RF.n - z) * (RF.k - z) * g / RF.n - RF.delta, branch=z < Min(RF.n, RF.k))]),
            Wrong("finite-feature term dropped", prediction=test_error(kappa, correction=0)),
            Wrong("kappa in place of gamma in the learnabilities", relation=ladder(RF.n / 3),
                  prediction=test_error(kappa, modes=RF.lam / (RF.lam + kappa))),
        ],
        figure=Curve(RF.n, label="samples n, with 5n/3 features"),
        **SHARED,
    ),
    Claim(
        RF, RF.train_error, (RF.delta / (RF.n * kappa)) ** 2 * test_error(kappa), proportional,
        quantity="train",
        flagship=True,
        title="Training error of random-feature ridge regression",
        steps=[
            Assumed("the training error is the test error times (delta/(n kappa))²", "Simon et al."),
            Identical(RF.delta / (RF.n * weaker), (RF.n - z) / RF.n, where={RF.delta: ridge, weaker: kappa},
                      given=on_branch, because="delta/kappa = n − z"),
        ],
        wrong=[
            Wrong("ratio of ridges not squared", prediction=RF.delta / (RF.n * kappa) * test_error(kappa)),
            Wrong("gamma in place of kappa", relation=ladder(3 * RF.n),
                  prediction=(RF.delta / (RF.n * g)) ** 2 * test_error(kappa)),
        ],
        **SHARED,
    ),
]  # fmt: skip

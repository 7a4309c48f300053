"""Test and training error, mean predictor and degrees of freedom of kernel ridge regression from its eigenvalues."""

from sympy import Derivative, Expr, Rational, Symbol, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import power, step, total
from theory.implicit import Root
from theory.proof import Identical, Inequality, Monotone, Solution
from theory.relation import Asymptotic, Ladder
from theory.settings.random_features import KernelRegression as K

kappa = Symbol("kappa", positive=True)  # the implicit ridge
learned = K.lam / (K.lam + kappa)  # the learnabilities Lᵢ
equation = total(learned) + K.delta / kappa - K.n
noise_gain = K.n / (K.n - total(learned**2))  # E₀


def test_error(gain: Expr = noise_gain, missed: Expr = (1 - learned) ** 2) -> Expr:
    """E₀·(Σᵢ (1 − Lᵢ)² vᵢ² + σ²)."""
    return gain * (total(missed * K.v2) + K.sigma2)


def root(ridge: Expr = K.delta) -> Root:
    return Root(kappa, total(learned) + ridge / kappa - K.n, unique="the left side falls in κ")


g, r2 = symbols("g r2", positive=True)  # features over samples, and ‖v‖², where all eigenvalues are 1
isotropic_gain = K.n / (K.n - g * K.n / (1 + kappa) ** 2)
STEPS = [
    Monotone(total(learned) + K.delta / kappa, kappa, "decreasing", strict=True, because="hence one root"),
    Identical(total(learned), K.n - K.delta / kappa, where={K.n: total(learned) + K.delta / kappa},
              because="the equation; an interpolator, δ = 0, spends n"),
    Inequality(total(learned**2), total(learned) + K.delta / kappa, because="learnabilities are at most 1"),
    Identical(Derivative(test_error(), K.sigma2), noise_gain, given=[K.n > total(learned**2)],
              because="the noise enters linearly"),
    Inequality(1, noise_gain, given=[K.n > total(learned**2)], because="noise is never damped"),
    Solution(kappa, g - 1, g * K.n / (1 + kappa) - K.n, given=[g > 1], unique=True, because="g·n modes of one size"),
    Identical(isotropic_gain, g / (g - 1), given=[g > 1], where={kappa: g - 1}),
    Identical(isotropic_gain * (r2 * kappa**2 / (1 + kappa) ** 2 + K.sigma2),
              r2 * (1 - 1 / g) + K.sigma2 * g / (g - 1), given=[g > 1], where={kappa: g - 1},
              because="least-norm regression on isotropic features"),
]  # fmt: skip

ladder = Asymptotic(Ladder(K.n, [12, 24, 48, 96], rate=1))
POINTS = [  # spectra and ridges that grow with the samples, so that δ/κ is a share of n in the limit
    {K.lam: power(Rational(3, 2), 3 * K.n), K.v2: step(K.n, 1 / K.n, 2 * K.n, 1 / (2 * K.n)),
     K.delta: K.n**Rational(-1, 2) / 2, K.sigma2: "0.3"},
    {K.lam: step(K.n, 1, 2 * K.n, Rational(1, 10)), K.v2: step(K.n, 1 / K.n, 2 * K.n, 1 / (2 * K.n)),
     K.delta: K.n / 20, K.sigma2: "0.3"},
    {K.lam: power(1, 2 * K.n), K.v2: step(2 * K.n, 1 / (2 * K.n)), K.delta: "0.3", K.sigma2: "0.1"},
]  # fmt: skip
LARGE = [{**POINTS[1], K.delta: 3 * K.n}]  # counted n times it leaves nothing learnt but a term 1/n
SHARED = {
    "entry": "random_features.krr_eigenframework",
    "source": Source("Bordelon, Canatar, Pehlevan: Spectrum dependent learning curves in kernel regression and wide "
                     "neural networks; Simon, Dickens, Karkada, DeWeese: The eigenlearning framework: a conservation "
                     "law perspective on kernel regression and wide neural networks"),
    "seeds": ["More is Better in Modern Machine Learning: when Infinite Overparameterization is Optimal and "
              "Overfitting is Obligatory",
              "What Can Be Learnt With Wide Convolutional Neural Networks?"],
    "status": "heuristic",
    "roots": [root()],
    "fixing": {K.inputs: "gaussian"},
    "points": POINTS,
    "fails_at": [{**POINTS[0], K.inputs: "onehot"}],
}  # fmt: skip

claims = [
    Claim(
        K, K.test_error, test_error(), ladder,
        title="Test error of kernel ridge regression",
        wrong=[
            Wrong("learnabilities in the noise gain not squared", prediction=test_error(K.n / (K.n - total(learned)))),
            Wrong("missed share of a mode not squared", prediction=test_error(missed=1 - learned)),
            Wrong("ridge counted n times", at=LARGE, roots=[root(K.n * K.delta)]),
        ],
        steps=STEPS,
        figure=Curve(K.n, label="samples n"),
        **SHARED,
    ),
    Claim(
        K, K.train_error, (K.delta / (K.n * kappa)) ** 2 * test_error(), ladder,
        quantity="train",
        title="Training error of kernel ridge regression",
        wrong=[
            Wrong("ratio of ridges not squared", prediction=K.delta / (K.n * kappa) * test_error()),
            Wrong("ridge counted n times", roots=[root(K.n * K.delta)], scale=K.sigma2),  # itself it predicts next to 0
        ],
        **SHARED,
    ),
    Claim(
        K, total(K.v2) - K.overlap, total((1 - learned) * K.v2), ladder,
        quantity="mean_predictor",
        title="The mean predictor learns the share Lᵢ of every mode, and misses the rest",
        wrong=[
            Wrong("squared share learnt", prediction=total((1 - learned**2) * K.v2)),
            Wrong("squared share missed", prediction=total((1 - learned) ** 2 * K.v2)),
            Wrong("ridge counted n times", roots=[root(K.n * K.delta)]),
        ],
        **SHARED,
    ),
    Claim(
        K, K.dof, total(learned), ladder,
        quantity="degrees_of_freedom",
        title="Degrees of freedom of kernel ridge regression",
        wrong=[
            Wrong("the ridge ignored", prediction=K.n),
            Wrong("squared learnabilities", prediction=total(learned**2)),
        ],
        **SHARED,
    ),
]  # fmt: skip

"""Mean and variance of random Fourier features, by pairs of cosine and sine and by random offsets."""

from sympy import Eq, Expr, Piecewise, Symbol, cos, exp, pi, sin, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Inequality, Integration
from theory.relation import Equality
from theory.settings.random_features import FourierFeatures as F

KERNELS = {"gaussian": lambda s: exp(-(s**2) / 2), "laplace": lambda s: exp(-s), "cauchy": lambda s: 1 / (1 + s**2)}


def kernel(s: Expr) -> Expr:
    *first, last = KERNELS
    return Piecewise(*((KERNELS[name](s), Eq(F.law, Symbol(name))) for name in first), (KERNELS[last](s), True))


k1, k2 = kernel(F.s), kernel(2 * F.s)
paired, offset = (1 + k2 - 2 * k1**2) / (2 * F.D), (1 + k2 / 2 - k1**2) / F.D
angle, shift, b, once, twice = symbols("angle shift b once twice", real=True)
phase = 2 * angle + shift + 2 * b
product = 2 * cos(angle + b) * cos(angle + shift + b)
POINTS = [{F.D: 20, F.s: "0.8", F.law: name} for name in KERNELS]
NEAR = [{F.D: 20, F.s: "0.4", F.law: "gaussian"}]
SHARED = {
    "entry": "random_features.rff_variance",
    "source": Source("Rahimi, Recht: Random features for large-scale kernel machines; Sutherland, Schneider: On the "
                     "error of random Fourier features"),
    "seeds": ["What can a Single Attention Layer Learn? A Study Through the Random Features Lens"],
    "points": POINTS,
}  # fmt: skip

claims = [
    Claim(
        F, F.paired_spread, paired, Equality(),
        title="Variance of the paired random Fourier features",
        steps=[
            Identical(cos(angle) ** 2, (1 + cos(2 * angle)) / 2, because="the second moment of a cosine has k(2s)"),
            *(Inequality(2 * k(F.s) ** 2, 1 + k(2 * F.s), because=f"a variance: {name}")
              for name, k in KERNELS.items()),
        ],
        wrong=[
            Wrong("that of a feature of variance 1", prediction=(1 - k1**2) / F.D),
            Wrong("factor 1/2 lost", prediction=2 * paired),
        ],
        figure=Curve(F.s, ("0.6", "0.8", "1", "1.4", "2", "3"), fixing={F.D: 20, F.law: "gaussian"},
                     label="distance s of the points"),
        **SHARED,
    ),
    Claim(
        F, F.offset_spread, offset, Equality(),
        quantity="offset",
        title="Variance of random Fourier features with offsets",
        steps=[
            Integration(product**2 / (2 * pi), b, 0, 2 * pi, 1 + cos(2 * shift) / 2, because="second moment over b",
                        antiderivative=(b * cos(shift) ** 2 + cos(shift) * sin(phase) + b / 2 + sin(2 * phase) / 8)
                        / (2 * pi)),
        ],
        wrong=[
            Wrong("that of a feature of variance 1", at=NEAR, prediction=(1 - k1**2) / F.D),
            Wrong("the paired variance", prediction=paired),
        ],
        **SHARED,
    ),
    Claim(
        F, F.paired, k1, Equality(),
        quantity="paired_mean",
        title="The paired features are unbiased",
        wrong=[Wrong("at twice the distance", prediction=k2), Wrong("squared", prediction=k1**2)],
        **SHARED,
    ),
    Claim(
        F, F.offset, k1, Equality(),
        quantity="offset_mean",
        title="The features with offsets are unbiased",
        steps=[Integration(product / (2 * pi), b, 0, 2 * pi, cos(shift), because="mean over b",
                           antiderivative=(b * cos(shift) + sin(phase) / 2) / (2 * pi))],
        wrong=[Wrong("factor 2 of the offsets lost", prediction=k1 / 2), Wrong("squared", prediction=k1**2)],
        **SHARED,
    ),
    Claim(
        F, F.paired_spread - F.offset_spread / 2, (k2 / 2 - k1**2) / (2 * F.D), Equality(),
        quantity="difference",
        title="At equal dimension the pairs have the smaller variance where k(s)² > k(2s)/2",
        scale=1 / F.D,
        steps=[
            Identical(twice, once**2 * exp(-(F.s**2)), because="k(2s) = k(s)²·e^(−s²): gaussian",
                      where={twice: KERNELS["gaussian"](2 * F.s), once: KERNELS["gaussian"](F.s)}),
            Inequality(exp(-(F.s**2)) / 2, 1, strict=True, because="the pairs are better at every s: gaussian"),
        ],
        wrong=[
            Wrong("no difference", at=NEAR, prediction=0),
            Wrong("the offsets better", at=NEAR, prediction=-(k2 / 2 - k1**2) / (2 * F.D)),
        ],
        **SHARED,
    ),
]  # fmt: skip

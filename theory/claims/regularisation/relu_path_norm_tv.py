"""The least weights of a ReLU network through points of the line have the price of the chords' changes of slope."""

from functools import partial

from sympy import Abs, Max, Rational, Symbol, diff, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.linear_splines import penalised_kinks, slope_variation
from theory.proof import Assumed, Identical, Inequality, Solution
from theory.relation import Bound, Probability
from theory.settings.regularisation.shallow import LineFit as F
from theory.settings.regularisation.shallow import LineInterpolation as S

AT = {S.N: 5, S.m: 16, S.skip: "linear", S.biases: "free"}
FOUR, ALONE = {**AT, S.N: 4}, {**AT, S.N: 4, S.skip: "none"}
NOISY = {F.N: 5, F.m: 16, F.lam: "0.05", F.biases: "free"}
NEAR = 1e-3
MOST = Probability(Rational(19, 20))
a, b, t = symbols("a b t", positive=True)
p, q, r, u, w, z = symbols("p q r u w z0", real=True)
lam = Symbol("lam0", positive=True)


def variation(**changed: float) -> Computed:
    """Σ |d_{i+1} − d_i|."""
    return Computed([S.x, S.y], partial(slope_variation, **changed))


def kinks(**changed: float) -> Computed:
    """The optimum of the convex problem over kinks at the data."""
    return Computed([F.x, F.y], partial(penalised_kinks, **changed), using={"lam": F.lam})


SHARED = {
    "entry": "regularisation.relu_path_norm_tv",
    "source": Source("Savarese, Evron, Soudry, Srebro 2019: How do infinite width bounded norm networks look in "
                     "function space?; Parhi, Nowak 2021: Banach Space Representer Theorems for Neural Networks and "
                     "Ridge Splines"),
    "seeds": ["Deep Learning Meets Sparse Regularization: A Signal Processing Perspective"],
}  # fmt: skip
PRICE = [
    Inequality(a * b, (a**2 + b**2) / 2, slack=(a - b) ** 2 / 2, because="|v·w| ≤ (v² + w²)/2"),
    Solution(t, sqrt(b / a), diff((t**2 * a**2 + b**2 / t**2) / 2, t), unique=True,
             because="(w, b, v) → (tw, tb, v/t) leaves the network: at the optimum t|w| = |v|/t"),
]  # fmt: skip
VARIATION = [
    *PRICE,
    Assumed("f″ = Σ_k v_k|w_k|·δ at −b_k/w_k, so TV(f′) ≤ Σ_k |v_k w_k|, with equality for one neuron a kink",
            "distributional derivative of relu"),
    Inequality(Abs(r - q) + Abs(q - p), Abs(u - p) + Abs(q - u) + Abs(w - q) + Abs(r - w),
               because="slopes p, q, r of three chords; f has slopes u and w between them: no way is shorter"),
    Identical(Max(z, 0) - Max(-z, 0), z, everywhere=True, because="hinges to both sides differ by a line, for nothing"),
]  # fmt: skip
claims = [
    Claim(
        S, S.price, variation(excess=NEAR), Bound("<=", MOST),
        title="Training through the points reaches the price Σ |d_{i+1} − d_i|: within 0.1 % in 95 % of the draws",
        status="empirical",
        given=S.interpolates,
        fixing={S.skip: "linear", S.biases: "free"},
        assuming=[S.m >= S.N - 2],
        regime=[S.m >= 3 * S.N, S.N <= 5],
        points=[{S.N: 5, S.m: 16}, {S.N: 4, S.m: 16}],
        fails_at=[{**FOUR, S.biases: "priced"}],
        steps=VARIATION,
        wrong=[Wrong("the skip connection may be dropped", at=[ALONE], fixing={S.skip: "none", S.biases: "free"}),
               Wrong("half of the variation", at=[FOUR], prediction=variation(excess=-0.5)),
               Wrong("squared changes of slope", at=[FOUR], prediction=variation(excess=NEAR, power=2.0))],
        figure=Curve(S.N, (3, 4, 5), fixing={S.m: 16}, log=False, label="points N"),
        **SHARED,
    ),
    Claim(
        S, S.price, variation(), Bound(">=", excluded=0.03),
        quantity="bound",
        title="No network through the points has a price ½ Σ (v² + w²) below Σ |d_{i+1} − d_i|",
        given=S.interpolates,
        points=[ALONE, {**FOUR, S.biases: "priced"}],
        tight_at=[FOUR],
        steps=VARIATION,
        wrong=[Wrong("sum of |slopes|", at=[FOUR], prediction=variation(levels=True)),
               Wrong("squared changes of slope", at=[FOUR], prediction=variation(power=2.0)),
               Wrong("dropping the skip connection always raises the value", at=[ALONE],
                     prediction=variation(excess=0.01))],
        **SHARED,
    ),
    Claim(
        S, S.untrained, variation(), Bound(">=", excluded=0.03),
        quantity="path_norm",
        title="Any network through the points has a path norm Σ |v w| of at least Σ |d_{i+1} − d_i|",
        given=S.interpolates,
        points=[FOUR, AT],
        steps=VARIATION,
        wrong=[Wrong("twice that", at=[FOUR], prediction=variation(excess=1.0)),
               Wrong("squared changes of slope, twice", at=[FOUR], prediction=variation(excess=1.0, power=2.0))],
        **SHARED,
    ),
    Claim(
        S, S.price, variation(excess=NEAR, skip=False), Bound("<=", MOST),
        quantity="no_skip",
        title="Without c·x training reaches max(V, (V + |d_first + d_last|)/2), V = Σ |d_{i+1} − d_i|: 0.1 %, 95 %",
        status="derived here",
        given=S.interpolates,
        fixing={S.skip: "none", S.biases: "free"},
        regime=[S.m >= 16, S.N <= 4],
        points=[{S.N: 4, S.m: 16}],
        steps=[*PRICE,
               Inequality(Abs(p + q), Abs(p) + Abs(q),
                          because="the outer slopes add up to Σ v_k w_k, so |f′(−∞) + f′(∞)| ≤ Σ |v_k w_k|"),
               Solution(z, (b - a) / 2, (a + z) - (b - z), unique=True,
                        because="a kink beyond the data costs z and takes z of the sum b: a + z = b − z, V = a")],
        wrong=[Wrong("V", at=[ALONE], prediction=variation(excess=NEAR)),
               Wrong("the mean of both, always", at=[ALONE], prediction=variation(excess=-0.5))],
        **SHARED,
    ),
    Claim(
        F, F.loss, kinks(excess=NEAR), Bound("<=", MOST),
        quantity="noisy",
        title="Near to noisy points training reaches the optimum of the l1 problem over kinks: 0.1 %, 95 % of draws",
        status="empirical",
        fixing={F.biases: "free"},
        assuming=[F.m >= F.N - 2],
        regime=[F.m >= 16, F.N <= 6, F.lam >= Rational(1, 100)],
        points=[{F.N: 5, F.m: 16, F.lam: "0.05"}],
        fails_at=[{**NOISY, F.m: 1}, {**NOISY, F.biases: "priced"}],
        steps=[*PRICE, Inequality(z * (u - w) - z**2 / 2, (w - u) ** 2 / 2, slack=(z + w - u) ** 2 / 2,
                                  everywhere=True, because="weak duality, sample by sample")],
        wrong=[Wrong("squared kinks", at=[NOISY], prediction=kinks(excess=NEAR, squared=True)),
               Wrong("lam/2", at=[NOISY], prediction=Computed([F.x, F.y], partial(
                   penalised_kinks, excess=NEAR, lam=0.025)))],
        figure=Curve(F.lam, ("0.02", "0.05", "0.1", "0.2", "0.5"), fixing={F.N: 5, F.m: 16}, label="price lam"),
        **SHARED,
    ),
    Claim(
        F, F.loss, kinks(), Bound(">=", excluded=0.03),
        quantity="noisy_bound",
        title="No network has a loss below that optimum: kinks between the points are never better",
        points=[NOISY, {**NOISY, F.m: 2}],
        tight_at=[{**NOISY, F.N: 4}],
        steps=[*PRICE, Inequality(t * p + (1 - t) * q, Max(p, q), given=[t <= 1],
                                  because="the dual of a kink is linear in its place between two points")],
        wrong=[Wrong("2·lam", at=[NOISY], prediction=Computed([F.x, F.y], partial(penalised_kinks, lam=0.1))),
               Wrong("with 1 % to spare", at=[NOISY], prediction=kinks(excess=0.01))],
        **SHARED,
    ),
    Claim(
        F, F.price, F.path * (1 + Rational(1, 1000)) + Rational(1, 10**9), Bound("<=", MOST),
        quantity="balance",
        title="|v_k| = |w_k| at the optimum, so that ½ Σ (v² + w²) = Σ |v w|: to 0.1 % in 95 % of the draws",
        fixing={F.biases: "free"},
        regime=[F.m >= 16, F.N <= 6, F.lam >= Rational(1, 100)],
        points=[{F.N: 5, F.m: 16, F.lam: "0.05"}],
        fails_at=[{**NOISY, F.biases: "priced"}],
        steps=PRICE,
        wrong=[Wrong("half of the path norm", at=[NOISY], prediction=F.path / 2),
               Wrong("with priced biases, too", at=[{**NOISY, F.biases: "priced"}], fixing={F.biases: "priced"})],
        **SHARED,
    ),
]  # fmt: skip

"""Least squares on fewer random features than samples: its error over the best one, at every size."""

from sympy import Symbol, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.formulas.wishart import dof, mean, reciprocal_mean
from theory.proof import Identical, Series
from theory.relation import Equality
from theory.settings.random_features import FeatureSpan as RF

ratio = (RF.n - 1) / (RF.n - RF.k - 1)
small = Symbol("small", positive=True)
w, f1, f2, t1, t2 = symbols("w f1 f2 t1 t2", real=True)
along, norm2 = f1 * t1 + f2 * t2, f1**2 + f2**2
POINT = {RF.lam: "power(1.5,100)", RF.v2: "power(1.6,100)", RF.sigma2: "0.3"}
SHARED = {
    "entry": "random_features.rf_ols_exact",
    "source": Source("Breiman, Freedman: How many variables should be entered in a regression equation?; Bahri, Dyer, "
                     "Kaplan, Lee, Sharma: Explaining neural scaling laws, the variance-limited regime"),
    "seeds": ["Explaining Neural Scaling Laws",
              "Understanding the Role of Optimization in Double Descent"],
    "fixing": {RF.delta: 0},
    "assuming": [RF.n > RF.k + 1],
}  # fmt: skip

claims = [
    Claim(
        RF, RF.test_error / RF.best_error, ratio, Equality(),
        title="Test error of least squares on random features, over that of the best predictor",
        # a finite variance needs n > k + 3; k < n <= 200 keeps the features fewer than the typical modes
        regime=[RF.n >= RF.k + 6, RF.n <= 200],
        points=[{**POINT, RF.n: 60, RF.k: 20}, {**POINT, RF.n: 20, RF.k: 12}, {**POINT, RF.n: 100, RF.k: 30}],
        fails_at=[{**POINT, RF.n: 40, RF.k: 60}],
        steps=[
            *reciprocal_mean(RF.n),
            Identical(1 + RF.k * mean, ratio, where={mean: (1 / (dof - 2)).subs(dof, RF.n - RF.k + 1)},
                      because="E tr W⁻¹ = k/(n − k − 1), W invariant under rotations"),
            Identical((t1 - w * f1) ** 2 + (t2 - w * f2) ** 2,
                      t1**2 + t2**2 - along**2 / norm2 + norm2 * (w - along / norm2) ** 2, given=[norm2 > 0],
                      because="Pythagoras: what the features miss acts like noise"),
        ],
        wrong=[
            Wrong("proportional limit at finite size", at=[{**POINT, RF.n: 12, RF.k: 6}],
                  prediction=RF.n / (RF.n - RF.k)),
            Wrong("misspecification taken for bias, not for noise", at=[{**POINT, RF.n: 60, RF.k: 20}],
                  prediction=1 + RF.sigma2 / RF.best_error * (ratio - 1)),
        ],
        figure=Curve(RF.n, (26, 28, 32, 40, 60, 100, 200), fixing={**POINT, RF.k: 20},
                     label="samples n, with 20 features"),
        **SHARED,
    ),
    Claim(
        RF, RF.test_error / RF.best_error - 1, RF.k / (RF.n - RF.k - 1), Equality(),
        quantity="excess",
        title="Excess loss of least squares on random features: k·R∞/(n − k − 1)",
        regime=[RF.n >= RF.k + 6, RF.n <= 200],
        points=[{**POINT, RF.n: 60, RF.k: 20}, {**POINT, RF.n: 100, RF.k: 30}],
        steps=[Series(RF.k / (1 / small - RF.k - 1), small, RF.k * small, 2, because="exponent −1 and amplitude k")],
        wrong=[
            Wrong("proportional limit at finite size", at=[{**POINT, RF.n: 12, RF.k: 6}],
                  prediction=RF.k / (RF.n - RF.k)),
            Wrong("amplitude not times the number of features", prediction=1 / (RF.n - RF.k - 1)),
        ],
        **SHARED,
    ),
]  # fmt: skip

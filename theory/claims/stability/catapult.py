"""The catapult: a two-layer linear network at learning rates beyond the stability of its linearisation."""

from sympy import And, Rational, expand, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Implication
from theory.relation import Bound, Identity
from theory.settings.stability.networks import Catapult as S

f, A, B, c = symbols("F A B c", real=True)  # f = c/√n, A = ‖u‖², B = ‖v‖², c = u·v
n, eta, lam = symbols("N eta_ lam_", positive=True)
next_c = c - eta * f * (A + B) / n**Rational(1, 2) + eta**2 * f**2 * c / n
next_norms = A + B - 4 * eta * f * c / n**Rational(1, 2) + eta**2 * f**2 * (A + B) / n
next_f = S.f * (1 - S.eta * S.lam + S.eta**2 * S.f**2 / S.n)
next_lam = S.lam + S.eta * S.f**2 / S.n * (S.eta * S.lam - 4)
EARLY = {S.n: 32, S.lam0: 3, S.eta: 1}
lazy = (4 - S.eta * S.lam0) / (2 - S.eta * S.lam0) * S.start_f**2 / (S.n * S.lam0**2)  # Σ f² is a geometric series
LAZY = {S.lam0: 1, S.eta: "1.2"}
WIDE = {S.n: 512, S.lam0: 1}
SHARED = {
    "entry": "stability.catapult",
    "source": Source("Lewkowycz, Bahri, Dyer, Sohl-Dickstein, Gur-Ari 2020: The large learning rate phase of deep "
                     "learning: the catapult mechanism"),
    "seeds": ["Outliers with Opposing Signals Have an Outsized Effect on Neural Network Optimization",
              "The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
}  # fmt: skip

claims = [
    Claim(
        S, S.next_f, next_f, Identity(),
        title="A step of gradient descent multiplies f by 1 − ηλ + η²f²/n",
        scale=1,
        regime=[S.eta * S.lam0 < Rational(7, 2)],
        points=[EARLY],
        steps=[
            Identical(expand(next_c / n**Rational(1, 2)).subs(c, f * n**Rational(1, 2)),
                      f * (1 - eta * (A + B) / n + eta**2 * f**2 / n), because="u₊·v₊, expanded"),
            Implication([eta * lam > eta**2 * f**2 / n, eta * lam - eta**2 * f**2 / n < 2],
                        And(1 - eta * lam + eta**2 * f**2 / n < 1, 1 - eta * lam + eta**2 * f**2 / n > -1),
                        because="|f| falls where 0 < ηλ − η²f²/n < 2", everywhere=True),
        ],
        wrong=[Wrong("linearised", at=[EARLY], prediction=S.f * (1 - S.eta * S.lam)),
               Wrong("sign of the correction", at=[EARLY],
                     prediction=S.f * (1 - S.eta * S.lam - S.eta**2 * S.f**2 / S.n))],
        **SHARED,
    ),
    Claim(
        S, S.next_lam, next_lam, Identity(),
        quantity="kernel",
        title="A step of gradient descent changes the kernel λ by (ηf²/n)(ηλ − 4)",
        regime=[S.eta * S.lam0 < Rational(7, 2)],
        points=[EARLY],
        steps=[
            Identical(expand(next_norms / n).subs(c, f * n**Rational(1, 2)),
                      (A + B) / n + eta * f**2 / n * (eta * (A + B) / n - 4), because="‖u₊‖² + ‖v₊‖², expanded"),
            Implication([eta * lam < 4], eta * f**2 / n * (eta * lam - 4) <= 0, because="λ never grows below ηλ = 4",
                        everywhere=True),
        ],
        wrong=[Wrong("turning point at 2", at=[EARLY],
                     prediction=S.lam + S.eta * S.f**2 / S.n * (S.eta * S.lam - 2)),
               Wrong("kernel constant", at=[EARLY], prediction=S.lam)],
        **SHARED,
    ),
    Claim(
        S, S.final, 2, Bound("<=", excluded=0.05),
        quantity="converges",
        title="Up to ηλ₀ = 4 wide networks converge, to a kernel with ηλ ≤ 2",
        status="empirical",  # the edges at 2 and 4 are blurred by n^(−1/2)
        regime=[S.n >= 256, S.eta * S.lam0 <= Rational(19, 5)],
        points=[{**WIDE, S.eta: "1.5"}, {**WIDE, S.eta: "2.2"}, {**WIDE, S.eta: 3}, {**WIDE, S.eta: "3.8"}],
        fails_at=[{**WIDE, S.eta: "4.5"}],
        wrong=[Wrong("divergence above 2", at=[{**WIDE, S.eta: 3}], relation=Bound(">=", excluded=0.05), prediction=4),
               Wrong("kernel below 1/η", at=[{**WIDE, S.eta: "1.5"}], prediction=1)],
        figure=Curve(S.eta, ("1", "1.5", "2.2", "2.6", "3", "3.4", "3.8"), fixing=WIDE, log=False,
                     label="ηλ₀ at λ₀ = 1"),
        **SHARED,
    ),
    Claim(
        S, S.change, 2 * lazy, Bound("<="),
        quantity="lazy",
        title="Below ηλ₀ = 2 the kernel changes by O(1/n), at most twice the leading term",
        status="heuristic",
        assuming=[S.eta * S.lam0 < 2],
        regime=[S.n >= 64, S.eta * S.lam0 >= Rational(1, 2), S.eta * S.lam0 <= Rational(3, 2)],
        points=[{**LAZY, S.n: 64}, {**LAZY, S.n: 256}],
        wrong=[Wrong("1/n²", at=[{**LAZY, S.n: 64}], prediction=2 * lazy / S.n),
               Wrong("half of the leading term", at=[{**LAZY, S.n: 64}], prediction=lazy / 2)],
        **SHARED,
    ),
]  # fmt: skip

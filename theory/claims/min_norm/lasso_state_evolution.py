"""Error and support of the LASSO from two scalar equations, the state evolution of message passing."""

from typing import Any

from sympy import Symbol, erfc, exp, oo, pi, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.implicit import Root
from theory.proof import Identical, Integration, Limit
from theory.relation import Asymptotic, Equality, Ladder
from theory.settings.min_norm import LassoRegression as M

alpha, tau = Symbol("alpha", positive=True), Symbol("tau", positive=True)
a, z, small = Symbol("a", real=True), Symbol("z", real=True), Symbol("small", positive=True)
delta, x = M.n / M.p, M.mu / tau


def above(t: Any) -> Any:
    """P(Z > t) of a standard normal Z."""
    return erfc(t / sqrt(2)) / 2


def density(t: Any) -> Any:
    return exp(-t**2 / 2) / sqrt(2 * pi)


def beyond(t: Any) -> Any:
    """E[(Z − alpha)²; Z > t]."""
    return (1 + alpha**2) * above(t) + (t - 2 * alpha) * density(t)


def risk(x: Any) -> Any:
    """E(soft(x + Z; alpha) − x)²: squared bias where the threshold gives 0, and what is beyond it on either side."""
    return x**2 * (1 - above(alpha - x) - above(alpha + x)) + beyond(alpha - x) + beyond(alpha + x)


noise = 2 * beyond(alpha)  # risk at x = 0
found = 2 * (1 - M.eps) * above(alpha) + M.eps * (above(alpha - x) + above(alpha + x))
state = M.s2 + tau**2 / delta * ((1 - M.eps) * noise + M.eps * risk(x)) - tau**2
ROOTS = [
    Root(tau, state / tau**2, bracket=(0.05, 20), unique="Donoho, Maleki and Montanari"),
    Root(alpha, alpha * tau * (1 - found / delta) - M.lam, bracket=(0.02, 8), unique="lam increases in alpha"),
]
LADDER = Ladder(M.p, [10, 30, 90], tie={M.n: 3 * M.p / 2}, rate=1)
SHARED = {
    "entry": "min_norm.lasso_state_evolution",
    "source": Source(
        "Donoho, Maleki, Montanari: The noise-sensitivity phase transition in compressed sensing; Bayati, Montanari: "
        "The LASSO risk for Gaussian matrices"
    ),
    "seeds": ["Improved Active Multi-Task Representation Learning via Lasso"],
    "roots": ROOTS,
    "fixing": {M.c: 0},
    "points": [{M.eps: "0.5", M.mu: 1, M.s2: "0.5", M.lam: "0.5"},
               {M.eps: "0.6", M.mu: "1.2", M.s2: "0.3", M.lam: "0.5"},
               {M.eps: "0.5", M.mu: "1.2", M.s2: "0.4", M.lam: "0.6"}],
}  # fmt: skip
STEPS = [
    Integration((z - alpha) ** 2 * density(z), z, a, oo, beyond(a), because="what passes the threshold",
                antiderivative=(2 * alpha - z) * density(z) - (1 + alpha**2) * above(z)),
    Identical(risk(a), noise, where={a: 0}, because="a coordinate that is 0"),
    Limit(small, 0, noise, of=risk(small),
          because="small = mu/tau: far above the signal only the noise counts, and alpha exceeds the place where "
          "this is delta: (1 + a²)Φ(−a) − a·φ(a) = delta/2"),
]  # fmt: skip
WITHOUT = [ROOTS[0], Root(alpha, alpha * tau - M.lam, bracket=(0.02, 8))]

CORRELATED = Wrong(  # not a boundary: off the theory the gaps follow no rate, and a ladder does not end
    "correlated features, too", relation=Equality(), fixing={},
    at=[{M.n: 120, M.p: 80, M.eps: "0.5", M.mu: 1, M.s2: "0.5", M.lam: "0.5", M.c: "0.5"}],
)  # fmt: skip

claims = [
    Claim(
        M, M.mse, delta * (tau**2 - M.s2), Asymptotic(LADDER),
        title="Mean squared error of the LASSO from the state evolution",
        steps=STEPS,
        wrong=[
            Wrong("no reaction term in the threshold", roots=WITHOUT),
            Wrong("delta left out", prediction=tau**2 - M.s2),
            CORRELATED,
        ],
        figure=Curve(M.lam, ("0.3", "0.5", "0.8", "1.2"), fixing={M.eps: "0.5", M.mu: 1, M.s2: "0.5"}),
        **SHARED,
    ),
    Claim(
        M, M.support, found, Asymptotic(LADDER),
        quantity="support",
        title="Share of the coordinates that the LASSO keeps",
        steps=STEPS,
        wrong=[
            Wrong("no reaction term in the threshold", roots=WITHOUT),
            Wrong("false alarms left out", prediction=M.eps * (above(alpha - x) + above(alpha + x))),
            CORRELATED,
        ],
        figure=Curve(M.lam, ("0.3", "0.5", "0.8", "1.2"), fixing={M.eps: "0.5", M.mu: 1, M.s2: "0.5"}),
        **SHARED,
    ),
]  # fmt: skip

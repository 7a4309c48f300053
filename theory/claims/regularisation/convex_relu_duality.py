"""The least loss of a shallow ReLU network with penalised weights is the optimum of a convex program."""

from functools import partial

from sympy import Abs, Eq, Integer, Max, Min, Rational, Symbol, binomial, diff, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.formulas.counting import few_heads
from theory.programs.relu_duality import convex_optimum
from theory.proof import Assumed, Identical, Inequality, Instances, Solution
from theory.relation import Bound, Identity, Probability
from theory.settings.regularisation.shallow import ShallowRelu as S
from theory.settings.regularisation.shallow import SignPatterns as P

AT = {S.n: 6, S.d: 2, S.m: 14, S.beta: "0.3"}
WEAK = {**AT, S.beta: "0.1"}
NEAR = 1e-3
POINTS = {P.n: 6, P.d: 2, P.r: 2, P.points: "general"}
a, b, t = symbols("a b t", positive=True)
f, y, z, u, w = symbols("f y0 z u w", real=True)
k, j = Symbol("k", integer=True, positive=True), Symbol("j", integer=True, positive=True)

count = 2**P.n * few_heads(P.n - 1, P.r - 1)


def optimum(**changed: float) -> Computed:
    """The convex optimum."""
    return Computed([S.X, S.y], partial(convex_optimum, **changed), using={"beta": S.beta})


def cells(n: int, r: int) -> Integer:
    """2 Σ_{k < r} C(n − 1, k)."""
    return Integer(2 * sum(binomial(n - 1, i) for i in range(r)))


SHARED = {
    "entry": "regularisation.convex_relu_duality",
    "source": Source("Pilanci, Ergen 2020: Neural networks are convex regularizers: exact polynomial-time convex "
                     "optimization formulations for two-layer networks; Mishkin, Pilanci 2023: Optimal sets and "
                     "solution paths of ReLU networks; Bai, Gautam, Sojoudi 2022: Efficient global optimization of "
                     "two-layer ReLU networks: quadratic-time algorithms and adversarial training",
                     "https://arxiv.org/abs/2002.10553"),
    "seeds": ["Optimal Sets and Solution Paths of ReLU Networks",
              "Efficient Global Optimization of Two-layer ReLU Networks"],
}  # fmt: skip
DUALITY = [
    Inequality(a * b, (a**2 + b**2) / 2, slack=(a - b) ** 2 / 2, because="‖w‖·|v| ≤ (‖w‖² + v²)/2"),
    Solution(t, sqrt(b / a), diff((t**2 * a**2 + b**2 / t**2) / 2, t), unique=True,
             because="w → tw, v → v/t leaves the network: the price of a neuron is ‖w‖·|v|, at tw as long as v/t"),
    Inequality(z * (y - f) - z**2 / 2, (f - y) ** 2 / 2, slack=(z + f - y) ** 2 / 2, everywhere=True,
               because="weak duality, sample by sample"),
    Inequality((Max(u, 0) - Max(w, 0)) ** 2, u**2 + w**2, everywhere=True,
               because="|zᵀ relu(Xu)| ≤ ‖u‖·beta at z = (1, −1), X = I, beta 1: feasible in the dual in all patterns"),
    *(Identical(z * y - z**2 / 2, (f - y) ** 2 / 2 + Abs(f), where={z: at[0], y: at[1], f: at[2]}, everywhere=True,
                because="y = (3, −4): zᵀy − ½‖z‖² is the loss of two neurons with outputs (2, 0) and (0, −3)")
      for at in ((1, 3, 2), (-1, -4, -3))),
    Assumed("every network is a feasible point of the convex program and back, with neurons of one pattern and sign "
            "added up, so at most n + 1 neurons are needed", "Pilanci and Ergen"),
]  # fmt: skip

claims = [
    Claim(
        S, S.trained, optimum(excess=NEAR), Bound("<=", Probability(Rational(19, 20))),
        title="Training reaches the convex optimum: the better of two networks is within 0.1 % in 95 % of draws",
        status="empirical",
        assuming=[S.m >= S.n + 1],
        regime=[S.m >= 14, S.m >= 2 * S.n, S.n <= 8, S.d <= 2, S.beta >= Rational(1, 10)],
        points=[AT, WEAK],
        fails_at=[{**AT, S.m: 2}],
        steps=DUALITY,
        wrong=[Wrong("no cone constraints", at=[AT], prediction=optimum(excess=NEAR, cones=False)),
               Wrong("beta/2 on the group norm", at=[AT], prediction=optimum(price=0.5, excess=NEAR)),
               Wrong("two neurons suffice", at=[{**AT, S.m: 2}], assuming=[], regime=[])],
        figure=Curve(S.beta, ("0.1", "0.2", "0.4", "0.8", "1.6"), fixing={S.n: 6, S.d: 2, S.m: 14},
                     label="penalty beta"),
        **SHARED,
    ),
    Claim(
        S, S.trained, optimum(), Bound(">=", excluded=0.03),
        quantity="bound",
        title="No trained network has a loss below the convex optimum",
        points=[AT, {**AT, S.m: 3}, {**AT, S.d: 3}],
        tight_at=[WEAK],
        steps=DUALITY,
        wrong=[Wrong("2·beta on the group norm", at=[AT], prediction=optimum(price=2)),
               Wrong("every third pattern suffices", at=[AT], prediction=optimum(every=3))],
        **SHARED,
    ),
    Claim(
        S, S.trained, optimum(excess=NEAR, every=2), Bound("<=", Probability(Rational(19, 20))),
        quantity="sampled",
        title="With half of the patterns the convex program has an upper bound of the least loss",
        status="empirical",
        assuming=[S.m >= S.n + 1],
        regime=[S.m >= 14, S.m >= 2 * S.n, S.n <= 8, S.d <= 2, S.beta >= Rational(1, 10)],
        points=[AT],
        fails_at=[{**AT, S.m: 1}],
        steps=[Inequality(Min(a, b), a, because="fewer patterns are blocks held at 0: fewer feasible points")],
        wrong=[Wrong("a lower bound", at=[AT], relation=Bound(">="), prediction=optimum(every=2)),
               Wrong("beta/2 on the group norm", at=[AT],
                     prediction=optimum(price=0.5, excess=NEAR, every=2))],
        **SHARED,
    ),
    Claim(
        P, P.patterns, count, Identity(excluded=0.02),
        quantity="patterns",
        title="n points in general position of a space of dimension r have 2 Σ_{k < r} C(n − 1, k) patterns",
        given=P.apart,
        scale=1,
        assuming=[Eq(P.points, Symbol("general")), P.r <= P.d],
        points=[POINTS, {**POINTS, P.r: 3, P.d: 4}, {**POINTS, P.n: 4, P.d: 5, P.r: 4}],
        fails_at=[{**POINTS, P.points: "paired"}],
        steps=[
            Assumed("n hyperplanes through 0 in general position cut R^r in 2 Σ_{k < r} C(n − 1, k) cells",
                    "Cover, by induction: a new hyperplane cuts as many cells as the others make of it"),
            Identical(binomial(j, k), binomial(j - 1, k) + binomial(j - 1, k - 1), given=[k < j],
                      because="a new point doubles the cells that its hyperplane cuts; added up over k < r, from 0 "
                      "at 0, the count obeys P(n + 1, r) = P(n, r) + P(n, r − 1)"),
            Instances("the count obeys P(n + 1, r) = P(n, r) + P(n, r − 1)",
                      lambda n, r: Identical(cells(n + 1, r), cells(n, r) + cells(n, r - 1)),
                      [(3, 2), (5, 3), (9, 4), (12, 7)]),
        ],
        wrong=[Wrong("2^n", at=[POINTS], prediction=2**P.n),
               Wrong("dimension d in place of the rank", at=[{**POINTS, P.d: 4}],
                     prediction=2**P.n * few_heads(P.n - 1, P.d - 1)),
               Wrong("sum up to r", at=[POINTS], prediction=2**P.n * few_heads(P.n - 1, P.r))],
        figure=Curve(P.n, (2, 3, 4, 5, 6, 7, 8), fixing={P.d: 4, P.r: 3}, log=False, label="points n"),
        **SHARED,
    ),
]  # fmt: skip

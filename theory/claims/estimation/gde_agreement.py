"""How often two models agree beside how often one is right, when each knows some of the features."""

from sympy import Rational, Symbol, binomial

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Inequality
from theory.relation import Bound, Equality
from theory.settings.estimation.features import SharedFeatures as M

q = binomial(M.F - M.k, M.c) / binomial(M.F, M.c)  # of knowing none of the point's features
alike = (1 - M.c / M.F) ** M.k
accuracy, agreement = 1 - q / 2, 1 - q / 2 - q * (1 - q) / 2
p, blind = Symbol("p", positive=True), Symbol("q", nonnegative=True)


others, own, draws = (Symbol(name, integer=True, nonnegative=True) for name in ("others", "own", "draws"))
HYPERGEOMETRIC = Identical(
    binomial(others, draws + 1) * binomial(others + own, draws) * (others + own - draws),
    binomial(others, draws) * binomial(others + own, draws + 1) * (others - draws), everywhere=True,
    because="q = C(others, draws)/C(others + own, draws), 1 at no draw: each further draw of a feature misses the "
    "point's own with the chance (others − draws)/(others + own − draws)",
)  # fmt: skip
PAIR = Identical(p**2 + (1 - p) ** 2 - p, (1 - p) * (1 - 2 * p), because="agreement less accuracy at a point")
SHARED = {
    "entry": "estimation.gde_agreement",
    "source": Source("Jiang, Nagarajan, Baek, Kolter 2022: Assessing Generalization of SGD via Disagreement; one "
                     "block of features in the manner of Jiang, Baek, Kolter 2024: On the Joint Interaction of "
                     "Models, Data, and Features"),
    "seeds": ["On the Joint Interaction of Models, Data, and Features"],
    "status": "derived here",
    "assuming": [M.c <= M.F, M.k <= M.F],
}  # fmt: skip
POINTS = [{M.F: 12, M.c: 4, M.k: 2}, {M.F: 8, M.c: 2, M.k: 1}, {M.F: 16, M.c: 3, M.k: 4}]
gap = (1 - M.m) * -q * (1 - q) / 2 + M.m * (1 - q / 2) * (1 - q)

claims = [
    Claim(
        M, M.accuracy, accuracy, Equality(),
        title="Accuracy of a model that knows some of the features",
        fixing={M.m: 0},
        points=POINTS,
        steps=[HYPERGEOMETRIC],
        fails_at=[{**POINTS[0], M.m: "0.5"}],
        wrong=[
            Wrong("features drawn with replacement", prediction=1 - alike / 2, at=[{M.F: 6, M.c: 3, M.k: 3}]),
            Wrong("wrong without a feature", prediction=1 - q),
        ],
        figure=Curve(M.c, (1, 2, 3, 4, 5, 6, 8, 10), fixing={M.F: 12, M.k: 2}, log=False,
                     label="features c that a model knows"),
        **SHARED,
    ),
    Claim(
        M, M.agreement, agreement, Equality(),
        quantity="agreement",
        title="Agreement of two models that know some of the features each",
        fixing={M.m: 0},
        points=POINTS,
        steps=[HYPERGEOMETRIC, Identical((1 - blind) ** 2 + (1 - (1 - blind) ** 2) / 2,
                                         1 - blind / 2 - blind * (1 - blind) / 2,
                                         because="sure of each other if both know a feature, else by a coin")],
        wrong=[
            Wrong("the accuracy", prediction=accuracy, at=[POINTS[0]]),
            Wrong("two blind models never agree, one alone does", prediction=1 - q**2, at=[POINTS[0]]),
            Wrong("features drawn with replacement", at=[{M.F: 6, M.c: 3, M.k: 3}],
                  prediction=1 - alike / 2 - alike * (1 - alike) / 2),
        ],
        figure=Curve(M.c, (1, 2, 3, 4, 5, 6, 8, 10), fixing={M.F: 12, M.k: 2}, log=False,
                     label="features c that a model knows"),
        **SHARED,
    ),
    Claim(
        M, M.excess, gap, Equality(),
        quantity="gap",
        title="Agreement less accuracy is the mean of (1 − p)(1 − 2p): misleading points restore and reverse it",
        scale=1,
        points=[{**POINTS[0], M.m: 0}, {**POINTS[0], M.m: "7/33"}, {**POINTS[0], M.m: "0.6"}],
        steps=[PAIR, *(Identical((1 - p) * (1 - 2 * p), value, where={p: chance}, because=f"at a point that {what}")
                       for value, chance, what in ((-blind * (1 - blind) / 2, 1 - blind / 2, "informs"),
                                                   ((1 - blind / 2) * (1 - blind), blind / 2, "misleads")))],
        wrong=[
            Wrong("agreement equals accuracy", prediction=0, at=[{**POINTS[0], M.m: 0}]),
            Wrong("misleading points as informative ones", prediction=-q * (1 - q) / 2, at=[{**POINTS[0], M.m: "0.6"}]),
        ],
        figure=Curve(M.m, ("0", "0.1", "0.2121", "0.4", "0.6", "0.8"), fixing=POINTS[0], log=False,
                     label="share m of misleading points"),
        **SHARED,
    ),
    Claim(
        M, M.excess, 0, Bound("<=", "mean"),
        quantity="below",
        title="Where no point misleads, models agree at most as often as they are right",
        scale=1,
        fixing={M.m: 0},
        points=POINTS,
        tight_at=[{M.F: 8, M.c: 6, M.k: 2}],
        fails_at=[{**POINTS[0], M.m: "0.9"}],
        steps=[PAIR, Inequality((1 - p) * (1 - 2 * p), 0, given=[p >= Rational(1, 2), p <= 1])],
        wrong=[
            Wrong("agreement falls short by a tenth", prediction=Rational(-1, 10), at=[{M.F: 8, M.c: 6, M.k: 2}]),
            Wrong("at least as often", relation=Bound(">=", "mean"), at=[POINTS[0]]),
        ],
        **SHARED,
    ),
]  # fmt: skip

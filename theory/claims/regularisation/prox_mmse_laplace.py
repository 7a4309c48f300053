"""The posterior mean under a Laplace prior: Tweedie's formula, and a proximal map that is no soft threshold."""

from sympy import Derivative, Max, Min, Symbol, erfc, exp, sqrt

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Inequality
from theory.relation import Bound, Identity
from theory.settings.regularisation.denoising import LaplaceDenoising as S

b, s, y = S.b, S.s, S.y
plus = exp(-y / b) * erfc((s**2 / b - y) / (s * sqrt(2)))
minus = exp(y / b) * erfc((s**2 / b + y) / (s * sqrt(2)))
share = plus / (plus + minus)
mean = y - s**2 / b * (2 * share - 1)
density = exp(s**2 / (2 * b**2)) / (4 * b) * (plus + minus)
soft = Max(y - s**2 / b, 0)
tail = exp(-((y - s**2 / b) ** 2) / (2 * s**2))
x, u, D, rise = (Symbol(name, real=True) for name in ("x", "u", "D0", "rise"))
kernel = exp(-((u - x) ** 2) / (2 * s**2))
AT, NEAR = {b: 1, s: "0.7", y: "1.5"}, {b: 1, s: "0.7", y: "0.4"}
SHARED = {
    "entry": "regularisation.prox_mmse_laplace",
    "source": Source("Efron 2011: Tweedie's Formula and Selection Bias, after Robbins 1956; Gribonval 2011: Should "
                     "Penalized Least Squares Regression be Interpreted as Maximum A Posteriori Estimation?"),
    "seeds": ["What's in a Prior? Learned Proximal Networks for Inverse Problems"],
}  # fmt: skip
CURVE = ("0.1", "0.2", "0.3", "0.5", "0.7", 1, "1.5", 2, 3, 4)
TWEEDIE = Identical(Derivative(kernel, u), (x - u) / s**2 * kernel, because="so s² p′/p = E(x | y) − y")
COMPLETED = Identical(-(x / b) - (u - x) ** 2 / (2 * s**2),
                      -((x - u + s**2 / b) ** 2) / (2 * s**2) - u / b + s**2 / (2 * b**2),
                      because="x > 0: a Gaussian about y − s²/b, of weight exp(−y/b); the other side likewise")
claims = [
    Claim(
        S, S.mmse, mean, Identity(),
        title="The posterior mean is y − (s²/b)(2π(y) − 1), π the posterior chance of x > 0",
        points=[AT, NEAR],
        steps=[COMPLETED,
               Identical(exp(-y / b) * exp(-((y - s**2 / b) ** 2) / (2 * s**2)),
                         exp(y / b) * exp(-((y + s**2 / b) ** 2) / (2 * s**2)),
                         because="what the two truncated means have beyond y ∓ s²/b: alike, so it cancels")],
        wrong=[Wrong("soft threshold", at=[AT, NEAR], prediction=soft),
               Wrong("sign of the score", at=[AT], prediction=2 * y - mean)],
        figure=Curve(y, CURVE, fixing={b: 1, s: "0.7"}, log=False),
        **SHARED,
    ),
    Claim(
        S, S.density, density, Identity(),
        quantity="density",
        title="The density of y",
        points=[AT],
        steps=[COMPLETED],
        wrong=[Wrong("without exp(s²/(2b²))", at=[AT], prediction=density * exp(-(s**2) / (2 * b**2))),
               Wrong("Laplace density itself", at=[AT], prediction=exp(-y / b) / (2 * b))],
        figure=Curve(y, CURVE, fixing={b: 1, s: "0.7"}, log=False),
        **SHARED,
    ),
    Claim(
        S, S.mmse, y + s**2 * S.score, Identity(),
        quantity="tweedie",
        title="Tweedie: the posterior mean is y + s² d log p(y)/dy",
        points=[AT],
        steps=[TWEEDIE],
        wrong=[Wrong("sign of the score", at=[AT], prediction=y - s**2 * S.score),
               Wrong("s in place of s²", at=[AT], prediction=y + s * S.score)],
        **SHARED,
    ),
    Claim(
        S, S.slope, S.variance / s**2, Identity(),
        quantity="convex",
        title="dD/dy is the posterior variance over s², so D increases: it is the gradient of y²/2 + s² log p(y)",
        points=[AT, NEAR],
        steps=[Identical(Derivative(kernel, (u, 2)), ((x - u) ** 2 / s**4 - 1 / s**2) * kernel,
                         because="so s² (log p)″ = Var(x | y)/s² − 1")],
        wrong=[Wrong("variance itself", at=[AT], prediction=S.variance),
               Wrong("1 − Var/s²", at=[AT], prediction=1 - S.variance / s**2)],
        **SHARED,
    ),
    Claim(
        S, S.prox, mean, Identity(),
        quantity="prox",
        title="The posterior mean is the proximal map of R, R(D(y)) = −s² log p(y) − (D(y) − y)²/2",
        points=[AT, NEAR],
        steps=[Identical((D - y) * rise - (D - u) - (D - u) * (rise - 1), (u - y) * rise, everywhere=True,
                         because="slope of ½(D(u) − y)² + R(D(u)) along u, rise = D′(u) > 0 and s² (log p)′ = D(u) − u "
                         "by Tweedie: least at u = y")],
        wrong=[Wrong("R without −(D − y)²/2", at=[AT], observable=S.bare),
               Wrong("soft threshold", at=[AT], prediction=soft)],
        figure=Curve(y, CURVE, fixing={b: 1, s: "0.7"}, log=False),
        **SHARED,
    ),
    Claim(
        S, S.envelope_slope, y - mean, Identity(),
        quantity="moreau",
        title="Moreau: the slope of the envelope is y less the proximal point",
        points=[AT],
        steps=[Identical(Derivative((x - y) ** 2 / 2, y), y - x, because="at the proximal point x, whose own way with "
                         "y counts for nothing: there the slope along x is 0")],
        wrong=[Wrong("the proximal point", at=[AT], prediction=mean), Wrong("s²/b", at=[AT], prediction=s**2 / b)],
        **SHARED,
    ),
    Claim(
        S, S.mode, soft, Identity(),
        quantity="mode",
        title="The posterior mode is y soft-thresholded at s²/b, so 0 for small y",
        scale=1,
        points=[AT, NEAR],
        steps=[Identical((x - y) ** 2 / 2 + s**2 / b * x, (x - y + s**2 / b) ** 2 / 2 + s**2 / b * y - s**4 / b**2 / 2,
                         because="s² times the objective, for x ≥ 0: least at y − s²/b, or at 0 if that is negative"),
               Inequality(y**2 / 2, (u + y) ** 2 / 2 + s**2 / b * u, given=[u >= 0],
                          because="and at x = −u it is greater than at 0")],
        wrong=[Wrong("posterior mean", at=[AT, NEAR], prediction=mean),
               Wrong("threshold s/b", at=[AT], prediction=Max(y - s / b, 0))],
        figure=Curve(y, CURVE, fixing={b: 1, s: "0.7"}, log=False),
        **SHARED,
    ),
    Claim(
        S, y - S.mmse, Min(y, s**2 / b), Bound("<="),
        quantity="above_mode",
        title="For y > 0 the posterior mean is shrunk less than the mode, and never vanishes",
        points=[AT, NEAR],
        steps=[Inequality(2 * x - 1, 1, given=[x >= 0, x <= 1], because="so D ≥ y − s²/b"),
               Identical(mean, 0, where={y: 0}, because="D(0) = 0, and D increases")],
        wrong=[Wrong("zero where the mode is", at=[NEAR], relation=Identity()),
               Wrong("shrunk less than half as much", at=[AT], prediction=Min(y, s**2 / b) / 2)],
        figure=Curve(y, CURVE, fixing={b: 1, s: "0.7"}, log=False),
        **SHARED,
    ),
    Claim(
        S, S.mmse, y - s**2 / b + 2 * s**2 / b * tail, Bound("<="),
        quantity="tail",
        title="Far out the posterior mean is y − s²/b, up to 2(s²/b) exp(−(y − s²/b)²/(2s²))",
        status="derived here",
        assuming=[y >= s**2 / b],
        points=[AT, {b: 1, s: "0.7", y: 3}],
        fails_at=[{b: "0.5", s: "1.5", y: "0.1"}],
        steps=[Identical(2 * y / b - (s**2 / b + y) ** 2 / (2 * s**2), -((y - s**2 / b) ** 2) / (2 * s**2),
                         because="D = y − s²/b + 2(s²/b)(1 − π), and 1/π − 1 is exp(2y/b) times a ratio of erfc: at "
                         "most exp(−v²), v ≥ 0, above, and at least 1 below")],
        wrong=[Wrong("y − s²/b at any y", at=[AT], prediction=y - s**2 / b),
               Wrong("s/b", at=[{b: "0.5", s: "0.4", y: 3}], prediction=y - s / b)],
        **SHARED,
    ),
]  # fmt: skip

"""Frobenius penalties on factors are penalties on the singular values of their product: nuclear norm, and beyond."""

from functools import partial

from sympy import Max, Rational, Symbol, erf, exp, oo, pi, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed, Minimum
from theory.domain import total
from theory.formulas.singular_values import least, quasinorm
from theory.proof import Identical, Implication, Inequality, Instances, Integration, Solution
from theory.relation import Bound, Identity, Threshold
from theory.settings.regularisation.factorisations import DeepFactorisation as S
from theory.settings.regularisation.jacobians import ComposedMaps as C
from theory.settings.regularisation.jacobians import InputNoise as N

s, others, lam, L = S.s, S.others, S.lam, S.L
AT = {s: 3, others: "[2,0.5]", lam: 1, L: 2, S.extra: 0, S.spread: "0.5"}
FLAT = {**AT, lam: 4}
LARGE = {**AT, s: 8, others: "[6,4.5,3.5,1.5]", lam: 2}
DEEP = {**AT, others: "[2.5]", L: 3}
DEEPER = {**DEEP, L: 4, S.extra: 1}
DROPPED = {**DEEP, s: "1.4"}  # under lam = 1 worth its cost above 1.4757 only, though a local minimum keeps it
NARROW = {**AT, s: "1.5", others: "[3]", S.extra: -1}
t, x, y, z, c = (Symbol(name, positive=True) for name in "txyzc")
a, b = symbols("a b", real=True)
half = (2 * lam * (1 - 2 / L)) ** (L / (2 * L - 2))  # what is kept at the jump
first = (2 * lam / L * (1 - 2 / L)) ** (L / (2 * L - 2))  # and where a second minimum appears
soft = Max(s - lam, 0)


def costs(top: object, lower: object, *reads: object, **mistake: float) -> Computed:
    """Σ σ^(2/L) of a product, with a mistake."""
    return Computed([top, lower, *reads], partial(quasinorm, **mistake), using={"L": L})


def fit(**mistake: float) -> Computed:
    """The least of a fit mode by mode, with a mistake."""
    return Computed([S.beside], partial(least, **mistake), using={"s": s, "lam": lam, "L": L})


def jumping(depth: int) -> Solution:
    """The strength that is kept at the jump solves the balance of lam."""
    return Solution(t, half.subs(L, depth), t ** Rational(2 * depth - 2, depth) - 2 * lam * (1 - Rational(2, depth)))


def moments(d: int) -> Identical:
    """Σ h_i h_j E(e_i²e_j²) over d eigenvalues of a Hessian."""
    h = symbols(f"h:{d}", real=True)
    pairs = sum(h[i] * h[j] * (3 if i == j else 1) for i in range(d) for j in range(d))
    return Identical(pairs, sum(h) ** 2 + 2 * sum(one**2 for one in h), everywhere=True)


trained, free = partial(costs, S.top, S.lower, S.error), partial(costs, S.free_top, S.free_lower)
AM_GM = [
    Inequality(a * b, (a**2 + b**2) / 2, slack=(a - b) ** 2 / 2, everywhere=True, because="L = 2, mode by mode"),
    Inequality(x * y * z, (x**3 + y**3 + z**3) / 3, everywhere=True, because="L = 3, the squares are x³, y³, z³",
               slack=(x + y + z) * ((x - y)**2 + (y - z)**2 + (z - x)**2) / 6),
    Inequality(x * y * z * c, (x**4 + y**4 + z**4 + c**4) / 4, everywhere=True, because="L = 4",
               slack=((x**2 - y**2)**2 + (z**2 - c**2)**2 + 2 * (x * y - z * c)**2) / 4)]
height = (s - t) ** 2 / 2 + lam * t ** (2 / L)
SOFT = [Implication([s >= lam], (s - t) ** 2 / 2 + lam * t >= lam * s - lam**2 / 2, because="least at t = s − lam"),
        Implication([s <= lam], (s - t) ** 2 / 2 + lam * t >= s**2 / 2, because="and at t = 0")]
BALANCE = {s: t * (L - 1) / (L - 2), lam: t ** (2 - 2 / L) / (2 * (1 - 2 / L))}
NOISY = {N.d: 3, N.q: 2, N.sg: "0.4", N.bend: 1, N.cubic: 0, N.noise: "normal"}
ALIGNED = {C.d: 3, C.q: 4, C.spread: 0, C.bend: 0}
second = N.sg**2 * N.jacobian
MOMENT = 3 * sqrt(pi / 2) * erf(x / sqrt(2)) - (x**3 + 3 * x) * exp(-(x**2) / 2)
CURVE = ("0.4", "0.8", "1.2", "1.4", "1.6", 2, "2.5", 3, 4)
HELD = {others: "[2.2]", lam: 1, S.extra: 0, S.spread: "0.5"}
SHARED = {
    "entry": "regularisation.nuclear_norm_factorisation",
    "source": Source("Srebro, Rennie, Jaakkola 2004: Maximum-Margin Matrix Factorization; Shang, Liu, Shang, Liu, "
                     "Kong, Jiao 2020: A Unified Scalable Equivalent Formulation for Schatten Quasi-Norms; Scarvelis, "
                     "Solomon 2024: Nuclear Norm Regularization for Deep Learning"),
    "seeds": ["Nuclear Norm Regularization for Deep Learning"],
}  # fmt: skip
claims = [
    Claim(
        S, S.cost, trained(), Identity(excluded=0.03),
        title="Trained factors cost (1/L) Σ‖W_l‖² = Σ σ(W)^(2/L), the least of all factorisations of their product",
        points=[AT, DEEP, DEEPER],
        steps=AM_GM,
        wrong=[Wrong("Σ σ^(1/L)", at=[AT, DEEP], prediction=trained(power=1.0)),
               Wrong("Σ σ", at=[DEEP, DEEPER], prediction=Computed([S.top, S.lower, S.error], partial(quasinorm, L=2))),
               Wrong("without 1/L", at=[AT, DEEP], observable=L * S.cost)],
        **SHARED,
    ),
    Claim(
        S, S.free_cost, free(), Bound(">=", excluded=0.03),
        quantity="bound",
        title="No factors cost less: (1/L) Σ‖W_l‖² ≥ Σ σ(W)^(2/L)",
        points=[{**AT, lam: 4}, {**DEEP, lam: 4}],
        tight_at=[{**AT, S.spread: 0, lam: 4}, {**DEEP, S.spread: 0, lam: 4}],
        steps=AM_GM,
        wrong=[Wrong("a tenth more", at=[{**DEEP, S.spread: 0, lam: 4}], prediction=free(factor=1.1)),
               Wrong("1/L² in place of 1/L", at=[{**AT, lam: 4}], observable=S.free_cost / L)],
        **SHARED,
    ),
    Claim(
        S, S.kept, soft, Identity(excluded=0.03),
        quantity="soft",
        title="Two factors: a mode of M is kept by (s − lam)₊, as the nuclear norm would have it",
        scale=s,
        fixing={L: 2},
        assuming=[S.extra >= 0],
        points=[FLAT, LARGE],
        fails_at=[{**AT, L: 3}, NARROW],
        steps=SOFT,
        wrong=[Wrong("threshold lam/2", at=[AT], prediction=Max(s - lam / 2, 0)),
               Wrong("threshold √lam", at=[FLAT], prediction=Max(s - sqrt(lam), 0)),
               Wrong("hard threshold", at=[AT], prediction=s)],
        figure=Curve(s, CURVE, HELD, log=False, label="singular value s"),
        **SHARED,
    ),
    Claim(
        S, S.leak, 0, Identity(excluded=0.03),
        quantity="modes",
        title="The trained product has nothing between two modes of M",
        scale=1,
        points=[AT, DEEP, DEEPER],
        wrong=[Wrong("a hundredth of the mode", at=[AT, DEEP], prediction=S.kept / 100),
               Wrong("a thousandth", at=[AT, DEEP], prediction=Rational(1, 1000))],
        **SHARED,
    ),
    Claim(
        S, S.lowest, (s**2 - soft**2) / 2 + total(others**2 - Max(others - lam, 0) ** 2) / 2, Identity(excluded=0.03),
        quantity="lowest",
        title="Two factors: the least objective is ½ Σ s² − ½ Σ (s − lam)₊²",
        fixing={L: 2},
        assuming=[S.extra >= 0],
        points=[FLAT, LARGE],
        fails_at=[{**AT, L: 3}, NARROW],
        steps=SOFT,
        wrong=[Wrong("threshold lam/2", at=[AT], prediction=(s**2 - Max(s - lam / 2, 0) ** 2) / 2
                     + total(others**2 - Max(others - lam / 2, 0) ** 2) / 2),
               Wrong("the nuclear norm of M alone", at=[AT], prediction=lam * (s + total(others)))],
        **SHARED,
    ),
    Claim(
        S, S.kept, Minimum(t**2 / 2 - s * t + lam * t ** (2 / L), over=t, between=(0, s), gives="place"),
        Identity(excluded=0.03),
        quantity="prox",
        title="Three factors and more: a mode is kept by the argmin of ½(t − s)² + lam t^(2/L)",
        scale=s,
        assuming=[S.extra >= 0, L >= 3],
        points=[DEEP, DEEPER, DROPPED],
        fails_at=[{**DEEP, others: "[3.5]", S.extra: -1}],
        steps=[Identical(height, t**2 / 2 - s * t + lam * t ** (2 / L) + s**2 / 2, because="least at the same place"),
               Identical(height.diff(t), t - s + 2 * lam / L * t ** (2 / L - 1), because="stationary where this is 0"),
               Inequality(0, height.diff(t, 3), because="convex slope: two roots at most, the greater one a minimum")],
        wrong=[Wrong("soft threshold", at=[DEEP, DEEPER], prediction=soft),
               Wrong("exponent 1/L", at=[DEEP], prediction=Minimum(
                   t**2 / 2 - s * t + lam * t ** (1 / L), over=t, between=(0, s), gives="place")),
               Wrong("kept wherever a local minimum is", at=[DROPPED], prediction=Minimum(
                   t**2 / 2 - s * t + lam * t ** (2 / L), over=t, between=(first, s), gives="place"))],
        figure=Curve(s, CURVE, {**HELD, L: 3}, log=False, label="singular value s"),
        **SHARED,
    ),
    Claim(
        S, S.lowest, fit(), Identity(excluded=0.03),
        quantity="lowest_deep",
        title="Three factors and more: the least objective is Σ min over t of ½(t − s)² + lam t^(2/L)",
        assuming=[S.extra >= 0, L >= 3],
        points=[DEEP, DEEPER, DROPPED],
        fails_at=[{**DEEP, S.extra: -1}],
        steps=AM_GM[1:],
        wrong=[Wrong("soft threshold", at=[DEEP, DEEPER],
                     prediction=(s**2 - soft**2) / 2 + total(others**2 - Max(others - lam, 0) ** 2) / 2),
               Wrong("exponent 1/L", at=[DEEP], prediction=fit(power=1.0))],
        **SHARED,
    ),
    Claim(
        S, S.kept - half / 2, half * (L - 1) / (L - 2), Threshold(of=s, excluded=0.06),
        quantity="jump",
        title="Three factors and more: what is kept jumps at (2lam(1 − 2/L))^(L/(2L − 2))·(L − 1)/(L − 2)",
        status="derived here",
        assuming=[S.extra >= 0, L >= 3],
        points=[DEEP, {**DEEPER, S.extra: 0}],
        steps=[Identical(height, s**2 / 2, where=BALANCE, because="both minima are alike at s = t(L − 1)/(L − 2)"),
               Identical(height.diff(t), 0, where=BALANCE, because="and t is stationary"),
               Instances("lam there is the one given", jumping, (3, 4, 5))],
        wrong=[Wrong("where a local minimum appears", at=[DEEP], prediction=first + 2 * lam / L * first ** (2 / L - 1)),
               Wrong("the soft threshold lam", at=[DEEP], prediction=lam)],
        **SHARED,
    ),
    Claim(
        N, N.moved, second, Identity(),
        quantity="linear_noise",
        title="Noise at the input of a linear f: E‖f(x + e) − f(x)‖² = sg²‖J‖²_F, whatever the law of its entries",
        fixing={N.bend: 0, N.cubic: 0},
        points=[NOISY | {N.bend: 0}, NOISY | {N.bend: 0, N.noise: "signs"}],
        fails_at=[NOISY],
        steps=[Identical(((x + y) ** 2 + (x - y) ** 2) / 2, x**2 + y**2, everywhere=True,
                         because="two inputs under fair signs: entries that are independent leave no cross terms")],
        wrong=[Wrong("sg in place of sg²", at=[NOISY | {N.bend: 0}], prediction=N.sg * N.jacobian),
               Wrong("half of it", at=[NOISY | {N.bend: 0}], prediction=second / 2)],
        **SHARED,
    ),
    Claim(
        N, N.moved, second + N.sg**4 * (N.traces / 4 + N.hessians / 2), Identity(),
        quantity="quadratic_noise",
        title="And of a quadratic f: sg²‖J‖²_F + sg⁴ Σ ((tr H)²/4 + ‖H‖²_F/2) for normal noise",
        fixing={N.cubic: 0, N.noise: "normal"},
        points=[NOISY, {**NOISY, N.d: 4, N.sg: "0.8"}],
        fails_at=[{**NOISY, N.cubic: 1}, {**NOISY, N.noise: "signs"}],
        steps=[Integration(x**4 * exp(-(x**2) / 2), x, 0, oo, 3 * sqrt(pi / 2), antiderivative=MOMENT,
                           because="E e⁴ = 3 for sg = 1"),
               Instances("E(eᵀHe)² = (tr H)² + 2‖H‖² on the axes of H, sg = 1", moments, (1, 2, 3, 4))],
        wrong=[Wrong("first term alone", at=[NOISY], prediction=second),
               Wrong("‖H‖² in place of ‖H‖²/2", at=[NOISY],
                     prediction=second + N.sg**4 * (N.traces / 4 + N.hessians)),
               Wrong("without the trace", at=[NOISY], prediction=second + N.sg**4 * N.hessians / 2)],
        **SHARED,
    ),
    Claim(
        C, C.penalty, C.nuclear, Bound(">="),
        quantity="composition",
        title="A composition f = g∘h has ½(‖J_g‖²_F + ‖J_h‖²_F) ≥ ‖J_f‖_*, the nuclear norm",
        points=[{**ALIGNED, C.spread: "0.5", C.bend: 1}],
        tight_at=[ALIGNED],
        steps=AM_GM[:1],
        wrong=[Wrong("without ½", at=[ALIGNED], prediction=2 * C.nuclear),
               Wrong("the squared Frobenius norm of J_f", at=[ALIGNED], prediction=C.frobenius)],
        **SHARED,
    ),
]  # fmt: skip

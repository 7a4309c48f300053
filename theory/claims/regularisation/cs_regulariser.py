"""Cauchy–Schwarz regularisers: where the inequality is an equality, the weights are binary, ternary, orthonormal …"""

from sympy import And, Derivative, Eq, Or, symbols

from theory.claim import Claim, Source, Wrong
from theory.domain import total
from theory.proof import Entries, Identical, Implication, Inequality
from theory.relation import Bound, Identity
from theory.settings.regularisation.weights import CauchySchwarz as S

aliases = ["representation.cs_regularizer"]

SHARED = {
    "entry": "regularisation.cs_regulariser",
    "source": Source("Taner, Wang, Studer 2025: Cauchy-Schwarz Regularizers: the inequality of Cauchy and Schwarz with "
                     "its equality cases; descent on the binary one derived here"),
    "seeds": ["Cauchy-Schwarz Regularizers"],
    "scale": 1,
}  # fmt: skip
OFF, ON = {S.N: 7, S.K: 2, S.spread: "0.5", S.zeros: 0}, {S.N: 7, S.K: 2, S.spread: 0, S.zeros: 0}
binary = S.N * S.b4 - S.b2**2
square = Entries("square", S.N, positive=True)
spread_of = total((square - total(square) / S.N) ** 2)
x, y, z = symbols("x y z", real=True)
R = 3 * (x**4 + y**4 + z**4) - (x**2 + y**2 + z**2) ** 2
pairs = (x**2 - y**2) ** 2 + (x**2 - z**2) ** 2 + (y**2 - z**2) ** 2
stationary = [Eq(w * (3 * w**2 - x**2 - y**2 - z**2), 0) for w in (x, y, z)]


one, two = Entries("one", S.N, real=True), Entries("two", S.N, real=True)
LAGRANGE = Identical(total(one**2) * total(two**2) - total(one * two) ** 2,
                     total(one**2) * total((two - one * total(one * two) / total(one**2)) ** 2),
                     given=[total(one**2) > 0], because="a squared side times the squared height above it")
level, f2, f4 = symbols("level f2 f4", real=True)
scaled = S.N * level**4 * f4 - (level**2 * f2) ** 2
least, mean, u = symbols("least mean u", positive=True)  # |x| over the largest: the smallest, any; and the mean of x²
after = u * (1 + mean / 2 - u**2 / 2)  # the size of an entry after a step of the descent

claims = [
    Claim(
        S, S.binary, binary, Identity(),
        title="N Σx⁴ − (Σx²)² is the squared area that x² and 1 span: 0 where all |xᵢ| are equal, at any scale",
        points=[OFF, ON],
        steps=[Identical(S.N * total(square**2) - total(square) ** 2, S.N * spread_of, because="N² variances of x²"),
               Identical(R, pairs, because="N = 3, as a sum of squares", everywhere=True)],
        wrong=[Wrong("zero set fixed at |x| = 1", at=[ON], prediction=S.b4 - 2 * S.b2 + S.N),
               Wrong("N is missing", at=[OFF], prediction=S.b4 - S.b2**2)],
        **SHARED,
    ),
    Claim(
        S, S.N * S.b4, S.b2**2 + S.N * S.spread_of_squares**2 / 2, Bound(">="),
        quantity="nonnegative",
        status="derived here",
        title="N Σx⁴ ≥ (Σx²)² + (N/2)(max x² − min x²)², so they are equal only where all |xᵢ| are equal",
        points=[OFF],
        tight_at=[ON],
        steps=[Inequality(0, S.N * total(square**2) - total(square) ** 2, slack=S.N * spread_of, because="a variance"),
               Inequality((x - y) ** 2 / 2, (x - z) ** 2 + (y - z) ** 2, slack=(x + y - 2 * z) ** 2 / 2,
                          because="the two extreme squares alone, about any mean z", everywhere=True)],
        wrong=[Wrong("N is missing", at=[OFF], observable=S.b4),
               Wrong("twice the squared range", at=[{**OFF, S.N: 3}],
                     prediction=S.b2**2 + 2 * S.N * S.spread_of_squares**2)],
        **SHARED,
    ),
    Claim(
        S, S.one_sided, S.o4 * S.o2 - S.o3**2, Identity(),
        quantity="one_sided",
        title="One-sided {0, a}: Σx⁴ Σx² − (Σx³)² is the squared area of x² and x",
        points=[OFF, ON],
        steps=[LAGRANGE],
        wrong=[Wrong("signs do not matter", at=[OFF], prediction=S.o4 * S.o2 - S.o2**2),
               Wrong("N Σx⁴, of the binary one", at=[ON], prediction=S.N * S.o4 - S.o2**2)],
        **SHARED,
    ),
    Claim(
        S, S.ternary, S.t6 * S.t2 - S.t4**2, Identity(),
        quantity="ternary",
        title="Ternary {0, ±a}: Σx⁶ Σx² − (Σx⁴)² is the squared area of x³ and x",
        points=[OFF, ON],
        steps=[LAGRANGE],
        wrong=[Wrong("N Σx⁴, of the binary one", at=[ON], prediction=S.N * S.t4 - S.t2**2),
               Wrong("powers of the one-sided one", at=[OFF], prediction=S.t4 * S.t2 - S.t4**2)],
        **SHARED,
    ),
    Claim(
        S, S.eigenvector, S.Ax * S.xx - S.xAx**2, Identity(),
        quantity="eigenvector",
        title="Eigenvectors of A: ‖Ax‖² ‖x‖² − (xᵀAx)² is the squared area of Ax and x",
        points=[OFF, ON],
        steps=[LAGRANGE],
        wrong=[Wrong("for unit vectors alone", at=[OFF], prediction=S.Ax - S.xAx**2),
               Wrong("the form not squared", at=[OFF], prediction=S.Ax * S.xx - S.xAx)],
        **SHARED,
    ),
    Claim(
        S, S.orthonormal, S.K * S.gram - S.frobenius**2, Identity(),
        quantity="orthonormal",
        title="Scaled orthonormal columns: K ‖XᵀX‖²_F − ‖X‖⁴_F is the squared area of XᵀX and I",
        points=[OFF, ON],
        steps=[LAGRANGE],
        wrong=[Wrong("rows counted", at=[OFF], prediction=S.N * S.gram - S.frobenius**2),
               Wrong("K is missing", at=[OFF], prediction=S.gram - S.frobenius**2)],
        **SHARED,
    ),
    Claim(
        S, S.slope, 4 * S.x1 * (S.N * S.x1**2 - S.b2), Identity(),
        quantity="gradient",
        title="Gradient of the binary regulariser: 4xᵢ(N xᵢ² − Σx²), so no stationary point but 0 and its zeros",
        points=[OFF],
        steps=[Identical(Derivative(S.N * (x**4 + f4) - (x**2 + f2) ** 2, x), 4 * x * (S.N * x**2 - (x**2 + f2)),
                         because="f2 and f4: the sums over the other entries"),
               Implication([*stationary, Or(x > 0, x < 0)], And(Eq(x**2, y**2), Eq(y**2, z**2)), everywhere=True,
                           because="N = 3: k nonzero entries would have k·a² = 3·a²")],
        wrong=[Wrong("factor 2", at=[OFF], prediction=2 * S.x1 * (S.N * S.x1**2 - S.b2)),
               Wrong("N is missing", at=[OFF], prediction=4 * S.x1 * (S.x1**2 - S.b2))],
        **SHARED,
    ),
    Claim(
        S, S.radial, 4 * S.binary, Identity(),
        quantity="radial",
        title="xᵀ∇R = 4R",
        points=[OFF],
        steps=[Identical(level * Derivative(scaled, level), 4 * scaled,
                         because="Euler: Σ xᵢ∂ᵢ is the derivative along the scale, at scale 1")],
        wrong=[Wrong("degree 2", at=[OFF], prediction=2 * S.binary), Wrong("scale free", at=[OFF], prediction=0)],
        **SHARED,
    ),
    Claim(
        S, S.doubled, 16 * S.binary, Identity(),
        quantity="homogeneous",
        title="The binary regulariser is homogeneous of degree 4",
        points=[OFF],
        steps=[Identical(scaled, 16 * (S.N * f4 - f2**2), where={level: 2})],
        wrong=[Wrong("degree 2", at=[OFF], prediction=4 * S.binary),
               Wrong("scale free", at=[OFF], prediction=S.binary)],
        **SHARED,
    ),
    Claim(
        S, S.imbalance, 0, Identity(),
        quantity="descent",
        title="Gradient descent on the binary regulariser ends with all |xᵢ| equal, from any start without zeros",
        fixing={S.zeros: 0},
        points=[OFF, {**OFF, S.N: 50}],
        fails_at=[{**OFF, S.zeros: 1}],
        steps=[Inequality(after, 1, given=[u <= 1, mean <= 1], slack=(1 - u) ** 2 * (2 + u) / 2 + u * (1 - mean) / 2,
                          because="a step leaves no entry larger than the largest was, so R falls: its curvature is "
                          "12N·max x² at most, under two over the step …"),
               Inequality(least, after, given=[least <= u, u <= 1, least <= 1, mean >= least**2],
                          slack=(u - least) * ((1 - u) * (2 + u) + u * (1 - least)) / 2 + u * (mean - least**2) / 2,
                          because="… and none smaller than the smallest was: an end that is stationary has no zeros")],
        wrong=[Wrong("the start's ratios kept", at=[OFF], prediction=S.start_imbalance),
               Wrong("ends at |x| = 1", at=[OFF], observable=S.level, prediction=1)],
        status="derived here",
        **SHARED,
    ),
]  # fmt: skip

"""Gradient descent on ½(uv − 1)²: an edge of stability that is solved, with its cycle of two steps."""

from sympy import Abs, And, Eq, Rational, Symbol, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Implication, Inequality
from theory.relation import Bound, Identity, Threshold
from theory.settings.stability.cycles import ScalarFactor as S

m = Symbol("m", positive=True)
u, v = Symbol("U", real=True), Symbol("V", real=True)
eta = S.eta
D = S.u**2 - S.v**2
flat_D = S.a**2 - S.a**-2
upper, lower = ((sqrt(eta + 3) + sign * sqrt(eta - 1)) / (2 * sqrt(eta)) for sign in (1, -1))
longitudinal, transverse = 9 - 2 * (1 + eta) ** 2, 3 - 2 * eta
move = (u - eta * (u * v - 1) * v, v - eta * (u * v - 1) * u)
SHARED = {
    "entry": "stability.scalar_factor_two_cycle",
    "source": Source("Scalar factorisation as a cubic map, derived here; the oscillation as in Outliers with Opposing "
                     "Signals Have an Outsized Effect on Neural Network Optimization"),
    "seeds": ["GD doesn't make the cut: Three ways that non-differentiability affects neural network training",
              "Outliers with Opposing Signals Have an Outsized Effect on Neural Network Optimization"],
    "status": "derived here",
}  # fmt: skip
y, y0, y1, a, s, p = symbols("y y0 y1 slope s p", real=True)  # y = √η·u on the balanced line, a = 1 + η
multiplier = 1 + eta - 3 * eta * y**2
ELIMINATION = [
    Identical((a * y0 - y0**3 - y1) - (a * y1 - y1**3 - y0), (y0 - y1) * (a + 1 - (s**2 - p)),
              where={s: y0 + y1, p: y0 * y1}, everywhere=True, because="a cycle of y ↦ ay − y³: the difference is 0"),
    Identical((a * y0 - y0**3 - y1) + (a * y1 - y1**3 - y0), s * (a - 1 - (s**2 - 3 * p)),
              where={s: y0 + y1, p: y0 * y1}, everywhere=True, because="and the sum"),
    Implication([Eq(a + 1, s**2 - p), Eq(a - 1, s**2 - 3 * p)], And(Eq(p, 1), Eq(s**2, a + 2)), everywhere=True,
                because="elimination: the product is 1 and the squared sum a + 2"),
]  # fmt: skip
CYCLE = {
    "assuming": [eta > 1, eta < sqrt(5) - 1],
    "regime": [eta >= Rational(102, 100), eta <= Rational(122, 100)],  # where 6000 steps reach the cycle to rounding
    "given": S.cycling,
    "points": [{eta: "1.05", S.spread: "0.3"}, {eta: "1.22", S.spread: "0.3"}],
    **SHARED,
}

claims = [
    Claim(
        S, S.next_D, D * (1 - eta**2 * (S.u * S.v - 1) ** 2), Identity(),
        title="A step shrinks the imbalance u² − v² by 1 − η²(uv − 1)²",
        scale=1,
        steps=[Identical(move[0] ** 2 - move[1] ** 2, (u**2 - v**2) * (1 - eta**2 * (u * v - 1) ** 2),
                         because="the step, expanded")],
        wrong=[Wrong("one power of η", prediction=D * (1 - eta * (S.u * S.v - 1) ** 2)),
               Wrong("imbalance conserved", prediction=D)],
        **SHARED,
    ),
    Claim(
        S, S.next_difference, (S.u - S.v) * (1 + eta * (S.u * S.v - 1)), Identity(),
        quantity="difference",
        title="A step multiplies u − v by 1 + η(uv − 1)",
        scale=1,
        steps=[Identical(move[0] - move[1], (u - v) * (1 + eta * (u * v - 1)), because="the step, expanded")],
        wrong=[Wrong("sign of the residual", prediction=(S.u - S.v) * (1 - eta * (S.u * S.v - 1))),
               Wrong("difference conserved", prediction=S.u - S.v)],
        **SHARED,
    ),
    Claim(
        S, S.sharpness, sqrt(flat_D**2 + 4), Identity(),
        quantity="sharpness",
        title="A minimum of imbalance D has sharpness √(D² + 4)",
        steps=[Identical((m**2 + m**-2) ** 2, (m**2 - m**-2) ** 2 + 4, because="u² + v² at u = m, v = 1/m"),
               Inequality(2, sqrt(u**2 + 4), because="the flattest minimum is the balanced one")],
        wrong=[Wrong("flattest minimum of sharpness 1", prediction=sqrt(flat_D**2 + 1)),
               Wrong("imbalance alone", prediction=Abs(flat_D))],
        **SHARED,
    ),
    Claim(
        S, S.curvature, 2 / eta, Bound("<="),
        quantity="stable_minima",
        title="Below η = 1 runs converge to minima of sharpness at most 2/η",
        assuming=[eta < 1],
        given=S.converged,
        points=[{eta: "0.95", S.spread: "0.4"}, {eta: "0.5", S.spread: "1.5"}],
        wrong=[Wrong("edge at 1/η", prediction=1 / eta), Wrong("flattest minimum always", prediction=2)],
        **SHARED,
    ),
    Claim(
        S, S.upper, upper, Identity(),
        quantity="upper",
        title="Larger value of the cycle of two steps",
        steps=[Identical(upper - eta * (upper**2 - 1) * upper, lower, because="a step takes one to the other"),
               Identical(lower - eta * (lower**2 - 1) * lower, upper, because="and back")],
        wrong=[Wrong("sign under the root", prediction=(sqrt(eta + 3) - sqrt(eta - 1)) / (2 * sqrt(eta))),
               Wrong("not scaled by √η", prediction=(sqrt(eta + 3) + sqrt(eta - 1)) / 2)],
        figure=Curve(eta, ("1.03", "1.06", "1.1", "1.14", "1.18", "1.22"), fixing={S.spread: "0.3"}, log=False,
                     label="learning rate η"),
        **CYCLE,
    ),
    Claim(
        S, S.lower, lower, Identity(),
        quantity="lower",
        title="Smaller value of the cycle of two steps",
        wrong=[Wrong("sign under the root", prediction=upper),
               Wrong("not scaled by √η", prediction=(sqrt(eta + 3) - sqrt(eta - 1)) / 2)],
        figure=Curve(eta, ("1.03", "1.06", "1.1", "1.14", "1.18", "1.22"), fixing={S.spread: "0.3"}, log=False,
                     label="learning rate η"),
        **CYCLE,
    ),
    Claim(
        S, S.upper * S.lower, 1 / eta, Identity(),
        quantity="product",
        title="The two values of the cycle have the product 1/η",
        steps=[*ELIMINATION, Identical(upper * lower, 1 / eta, because="product of the two values")],
        wrong=[Wrong("product 1", prediction=1), Wrong("product of the square", prediction=1 / eta**2)],
        **CYCLE,
    ),
    Claim(
        S, S.gap, 0, Identity(),
        quantity="balance",
        title="Unbalanced starts end on the balanced cycle |u| = |v|",
        scale=1,
        wrong=[Wrong("imbalance of the start kept", prediction=Abs(Abs(S.u) - Abs(S.v))),
               Wrong("values of opposite phase", prediction=upper - lower)],
        **CYCLE,
    ),
    Claim(
        S, S.longitudinal, longitudinal, Identity(),
        quantity="longitudinal",
        title="Multiplier of the cycle along itself",
        scale=1,
        steps=[Identical(multiplier.subs(y, upper) * multiplier.subs(y, lower), longitudinal,
                         because="derivative of y ↦ (1 + η)y − y³ at both values"),
               Implication([eta > 1, eta < sqrt(5) - 1], And(longitudinal > -1, longitudinal < 1),
                           because="attracting up to η = √5 − 1")],
        wrong=[Wrong("one step", prediction=1 + eta - 3 * eta * upper**2),
               Wrong("half of it", prediction=9 - (1 + eta) ** 2)],
        **CYCLE,
    ),
    Claim(
        S, S.transverse, transverse, Identity(),
        quantity="transverse",
        title="Multiplier of the cycle towards balance",
        scale=1,
        steps=[Identical((1 - eta + eta * upper**2) * (1 - eta + eta * lower**2), transverse,
                         because="factor of u − v in two steps"),
               Implication([eta > 1, eta < 2], And(transverse > -1, transverse < 1), because="attracting",
                           everywhere=True)],
        wrong=[Wrong("one power of the residual", prediction=2 - eta), Wrong("neutral", prediction=1)],
        **CYCLE,
    ),
    Claim(
        S, S.oscillation, 1, Threshold(of=eta, first_order=True, signal=Rational(1, 1000)),
        quantity="onset",
        title="Most runs oscillate for ever above η = 1",
        points=[{S.spread: "0.3"}],
        wrong=[Wrong("threshold 2", prediction=2), Wrong("edge of sharpness 1", prediction=Rational(1, 2))],
        figure=Curve(eta, label="learning rate over 1"),
        **SHARED,
    ),
    Claim(
        S, S.unrest, sqrt(5) - 1, Threshold(of=eta, first_order=True, signal=Rational(1, 1000)),
        quantity="period_doubling",
        title="The cycle of two steps gives way to longer ones at η = √5 − 1",
        points=[{S.spread: "0.3"}],
        steps=[Identical(longitudinal, -1, where={eta: sqrt(5) - 1}, because="there the multiplier is −1",
                         everywhere=True)],
        wrong=[Wrong("window up to 2", prediction=2), Wrong("multiplier 0", prediction=3 / sqrt(2) - 1)],
        figure=Curve(eta, label="learning rate over its predicted threshold"),
        **SHARED,
    ),
]  # fmt: skip

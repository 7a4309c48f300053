"""Steps that are false: none may come out as proved, even where no search for a counterexample helps."""

from sympy import (
    Abs,
    And,
    Eq,
    Heaviside,
    Integer,
    Integral,
    Max,
    Min,
    Mod,
    Ne,
    Or,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    acos,
    asin,
    atan,
    atan2,
    binomial,
    ceiling,
    cos,
    erf,
    exp,
    floor,
    gamma,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    symbols,
    tan,
)  # fmt: skip

from theory.domain import Choice, Real, Size, Spectrum, total
from theory.proof import (
    Entries,
    Identical,
    Implication,
    Inequality,
    Instances,
    Integration,
    Limit,
    Monotone,
    Series,
    Solution,
    Stated,
)  # fmt: skip
from theory.setting import Observable, Setting


class Wild(Setting):
    """Sizes, numbers, a choice, a spectrum and an outcome."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    m = Size(at_least=0, typical=(1, 4))
    r = Real(above=0, typical=(0.5, 2))
    s = Real(at_least=0, at_most=1, typical=(0.1, 0.9))
    law = Choice("torus", "sphere")
    lam = Spectrum(typical=("power(1.5,20)",))
    y = Observable("an outcome")


n, p, m, r, s, lam, y = Wild.n, Wild.p, Wild.m, Wild.r, Wild.s, Wild.lam, Wild.y
a, b, c, g = symbols("a b c g", positive=True)
t, u, v, w = symbols("t u v w", real=True)
k = Symbol("k", integer=True)
x, z = Entries("x", n, real=True), Entries("z", p, real=True)
e = Entries("e", m, positive=True)
TINY = Rational(1, 10**12)
HALF = Rational(1, 2)
FAR = Rational(314159, 271)  # no place that is tried at random
DIP = (t - FAR) ** 2 - TINY  # below 0 beside FAR alone

JUMP = Piecewise((t, t < HALF), (t + 1, True))
GROWING = -exp(-a * t) / t

FALSE: dict[str, Stated] = {
    # identities
    "a missing factor": Identical((a + b) ** 2, a**2 + a * b + b**2),
    "the root of a square": Identical(sqrt(t**2), t),
    "the root of a square, shifted": Identical(sqrt((t - FAR) ** 2), t - FAR),
    "a root of a product of negative numbers": Identical(sqrt(t) * sqrt(u), sqrt(t * u)),
    "a logarithm of a product of negative numbers": Identical(log(t * u), log(t) + log(u)),
    "a logarithm of a square": Identical(log(t**2), 2 * log(t)),
    "a logarithm of an exponential of a root": Identical(log(exp(t) + 1), t),
    "a power of a power": Identical((t**2) ** a, t ** (2 * a)),
    "an inverse function beyond its branch": Identical(acos(cos(t)), t),
    "an inverse sine beyond its branch": Identical(asin(sin(t)), t, given=[t >= 0]),
    "an inverse tangent beyond its branch": Identical(atan(tan(t)), t),
    "arctangents that add up on one side alone": Identical(atan(t) + atan(1 / t), pi / 2, given=[Ne(t, 0)]),
    "true for whole numbers alone": Identical(sin(pi * t), 0),
    "true for whole numbers alone, cosine": Identical(cos(pi * t) ** 2, 1),
    "true for even numbers alone": Identical((-1) ** n, 1),
    "true off a point": Identical((t**2 - FAR**2) / (t - FAR), t + FAR),
    "true off a point, under a function": Identical(exp((t**2 - FAR**2) / (t - FAR)), exp(t + FAR)),
    "a power of zero": Identical(Integer(0) ** m, 0),
    "x to the power 0": Identical(t**m * 0 ** m, 0),
    "a tangent that has poles": Identical(tan(t) * cos(t), sin(t)),
    "gamma at its poles": Identical(gamma(t + 1) - t * gamma(t), 0),
    "a factorial off by one": Identical(gamma(a + 1), (a + 1) * gamma(a)),
    "a binomial off by one": Identical(binomial(n + 1, 2), n * (n - 1) / 2),
    "an integral that diverges": Identical(Integral(1 / t**2, (t, -1, 1)), Integral(1 / t**2, (t, -1, 1)) + 0 * a),
    "a series that diverges": Identical(Sum(1 / k, (k, 1, oo)) + a, a + Sum(1 / k, (k, 1, oo))),
    "no case applies": Identical(Piecewise((t, t > FAR)), Piecewise((t, t > FAR)) + 0 * a),
    "Piecewise edge": Identical(Piecewise((1, t < FAR), (2, t > FAR), (3, True)), Piecewise((1, t < FAR), (2, True))),
    "a sum over a product": Identical(total(x * x), total(x) * total(x)),
    "sums of different lengths": Identical(total(x**2 + 1), total(x**2) + p, given=[z < 1]),
    "the mean of squares": Identical(total(lam**2) * total(1 / lam), total(lam)),
    "a floor": Identical(floor(t) + floor(u), floor(t + u)),
    "a ceiling": Identical(ceiling(t), floor(t) + 1),
    "a remainder": Identical(Mod(t, 1), t - 1),
    "a modulus of a sum": Identical(Abs(t + u), Abs(t) + Abs(u)),
    "the error function is odd, not even": Identical(erf(t), erf(-t)),
    "hyperbolic": Identical(exp(t) * exp(u), exp(t * u)),
    "off by a tiny constant": Identical(sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)) + Rational(1, 10**40)),
    "off by a tiny constant, with a function": Identical(sin(1) ** 2 + cos(1) ** 2, 1 + Rational(1, 10**60)),
    # inequalities
    "flipped": Inequality(a**2 + b**2, 2 * a * b),
    "a narrow dip": Inequality(0, DIP),
    "a narrow dip, times a square": Inequality(0, DIP * (t - u) ** 2),
    "a narrow dip, under a root": Inequality(0, sqrt(t**2 + 1) - sqrt(t**2 + 1 - DIP)),
    "a narrow dip in two symbols": Inequality(0, DIP + (u - t) ** 2),
    "a narrow dip with an exponential": Inequality(0, exp(t / FAR) * DIP),
    "strict at the point where it is attained": Inequality(0, (t - FAR) ** 2, strict=True),
    "strict at a closed end": Inequality(s, 1, strict=True),
    "strict at a closed end, with an exponential": Inequality(exp(-s), 1, strict=True),
    "strict at an end, with an angle": Inequality(acos(s), pi / 2, strict=True),
    "strict at the limit": Inequality(a / (1 + a), 1 - TINY),
    "at the infinite end alone": Inequality(exp(-a), 1 - a / 1000),
    "at an infinite end, slowly": Inequality(log(a), 100),
    "at an infinite end, a power": Inequality(sqrt(a), a / 1000 + 200),
    "a pole inside": Inequality(-1, 1 / (t - FAR) ** 2),
    "true on half of the domain": Inequality(a, a**2),
    "true for whole numbers alone, a bound": Inequality(a, a**2 + TINY, given=[a >= HALF]),
    "a piece with a narrow dip": Inequality(0, Piecewise((sqrt(t), t > 0), (DIP.subs(t, -t), True))),
    "a piece with a narrow dip, a quotient": Inequality(0, Piecewise((1 / (t - 1), t > 1), (DIP.subs(t, -t), True))),
    "a piece with a narrow dip, a logarithm": Inequality(0, Piecewise((log(t), t >= 1), (DIP.subs(t, -t), True))),
    "at the edge of a piece": Inequality(Piecewise((t**2, Ne(t, FAR)), (-1, True)), t**2 - TINY / 2, strict=True),
    "a jump of an angle": Inequality(0, atan2(t, -1), given=[t > -HALF, t < 1]),
    "a jump of a sign": Inequality(0, sign(t - FAR) + 1, strict=True),
    "a jump of a floor": Inequality(t - floor(t), 1 - TINY),
    "a step": Inequality(HALF, Heaviside(t - FAR)),
    "sums of different lengths, by terms": Inequality(0, total(x**2 + 1) - total(1 / (1 + z**2))),
    "sums of different lengths, compared": Inequality(total(1 / (1 + z**2)) ** 2, total(x**2 + 1) ** 2),
    "a sum of no terms": Inequality(0, total(e), strict=True),
    "a sum of no terms, squared": Inequality(0, total(e) ** 3 + total(e), strict=True),
    "Jensen flipped": Inequality(total(x**2) / n, total(x) ** 2 / n**2),
    "Jensen without its factor": Inequality(total(x) ** 2, total(x**2)),
    "a sum without a factor": Inequality(total(lam / (lam + g)), total(lam / (lam + g)) ** 2),
    "a maximum": Inequality(Max(t, u), t),
    "a minimum": Inequality(t, Min(t, u)),
    "a slack for another statement": Inequality(a**2 + b**2, a * b, slack=(a - b) ** 2),
    "a slack that is negative": Inequality(a, a - (b - c) ** 2, slack=-((b - c) ** 2)),
    "a slack with a pole": Inequality(0, (t - FAR) ** 2 / (t - FAR), slack=t - FAR),
    "a root of a negative number": Inequality(sqrt(t + FAR), t**2 + FAR**2 + 1),
    "a root of a difference": Inequality(sqrt(a - b), a + b),
    "infinite": Inequality(a, oo),
    "the arithmetic mean and the geometric": Inequality((a + b) / 2, sqrt(a * b)),
    "a wrong constant by a digit of π": Inequality(pi, Rational("3.14159265358979")),
    "an observable as a number": Inequality(y, y**2),
    # monotone
    "falls in a narrow place": Monotone((t - FAR) ** 3 - TINY * t, t),
    "tangent": Monotone(tan(t), t),
    "across a pole": Monotone(-1 / (t - FAR), t),
    "across a gap of the domain": Monotone(-1 / t, t, given=[1 / t > -1]),
    "across a gap, by a square": Monotone(-1 / t, t, given=[t**2 > 1]),
    "across a gap, by an inequality": Monotone(-1 / t, t, given=[Ne(t, 0)]),
    "across a gap, by a case": Monotone(-1 / t, t, given=[Or(t > 1, t < -1)]),
    "across a gap of whole numbers": Monotone(-1 / (n - Rational(5, 2)), n),
    "a flat place is not strict": Monotone(Max(t, FAR), t, strict=True),
    "a step down": Monotone(t - 2 * Heaviside(t - FAR), t),
    "a floor falls": Monotone(t - floor(t), t),
    "a remainder falls": Monotone(Mod(t, FAR), t),
    "an angle jumps": Monotone(-atan2(t, -1), t, "decreasing"),
    "a number of terms": Monotone(total(x**2) / n, n, "decreasing"),
    "gamma between its poles": Monotone(gamma(t), t, "increasing", given=[t > 0]),
    "a power of a base below 1": Monotone(a**t, t),
    "only for g < 1": Monotone(g / (1 - g), g),
    # implications
    "an or with a root": Implication([Or(t <= -1, sqrt(t) > 2)], t >= 0),
    "an or with a quotient": Implication([Or(t <= 0, 1 / t > 2, 1 / t < -2)], Ne(t, 0)),
    "an or with a root of a quotient": Implication([Or(t <= 0, 1 / sqrt(t) > 2)], t > 0),
    "backwards": Implication([a > c], a > b),
    "squares": Implication([t**2 > u**2], t > u),
    "not transitive": Implication([Ne(t, u), Ne(u, v)], Ne(t, v)),
    "dividing by a number of any sign": Implication([t * u > t * v], u > v),
    "whole numbers, one too far": Implication([n > a, a > 1], n > 2),
    "a conclusion with two parts": Implication([t > 0], And(t > 0, t**2 > TINY)),
    "a number that some case allows": Implication([Abs(t) >= 1], t >= 1),
    # limits
    "one side only": Limit(t, 0, oo, of=1 / t),
    "one side only, a jump": Limit(t, FAR, 1, of=(t - FAR) / Abs(t - FAR)),
    "the number of terms grows": Limit(n, oo, 0, of=total(x**2) / n),
    "the number of terms is tied": Limit(n, oo, 0, tie={p: 2 * n}, of=total(z**2) / n),
    "not at one value of a parameter": Limit(c, 0, 0, of=c / (c + (t - FAR) ** 2)),
    "not at one value, a logarithm": Limit(c, 0, log((t - FAR) ** 2), of=log(c + (t - FAR) ** 2)),
    "not at one value, a constant": Limit(c, 0, 0, of=c / (t - FAR)),
    "not at one value, an arc": Limit(c, 0, acos(u), of=acos(u + c)),
    "not at one value, a tangent": Limit(c, 0, tan(u), of=tan(u + c)),
    "of an exponential of any sign": Limit(a, oo, 0, of=exp(-a * t)),
    "x to the power 0 at 0": Limit(c, 0, 1, of=Integer(0) ** c),
    "outside the domain": Limit(c, -1, -1, of=Abs(c)),
    "oscillates": Limit(t, oo, 0, of=sin(t)),
    "off by a constant": Limit(n, oo, r + TINY, of=r * (1 + 1 / n)),
    "depends on the regime": Limit(n, oo, g / (1 - g), tie={p: g * n}, of=p / (n - p)),
    "a floor in the limit": Limit(c, 0, 1, of=floor(1 - c)),
    # series
    "a wrong coefficient": Series(sqrt(1 + c), c, 1 + c / 2 - c**2 / 4, 3),
    "one order too far": Series(exp(c), c, 1 + c, 3),
    "a modulus": Series(Abs(t + c), c, t + c, 2),
    "at a branch point": Series(sqrt(c + t**2), c, Abs(t) + c / (2 * Abs(t)), 2),
    "at a singular parameter": Series(log(c + (t - FAR) ** 2), c, log((t - FAR) ** 2) + c / (t - FAR) ** 2, 2),
    # roots
    "two roots, with a pole between": Solution(t, 1, t - 1 / t, unique=True),
    "two roots, with a jump": Solution(t, HALF, t - HALF - floor(t), unique=True),
    "many roots, tangent": Solution(t, 0, tan(t), unique=True),
    "two roots of a square": Solution(t, sqrt(r), t**2 - r, unique=True),
    "the other branch": Solution(t, -sqrt(r), t**2 - r, branch=t > 0),
    "not a whole number": Solution(n, p + HALF, n - p - HALF),
    "outside the domain ": Solution(s, 1 + a, s - 1 - a),
    "no root": Solution(t, r, t - r - TINY),
    "a root of both": Solution(t, FAR, (t**2 - FAR**2) / (t - FAR)),
    # integrals
    "an antiderivative that jumps": Integration(Integer(1), t, 0, 1, 2, antiderivative=JUMP),
    "an antiderivative with a floor": Integration(Integer(1), t, 0, 1, 2, antiderivative=t + floor(t)),
    "an antiderivative with a sign": Integration(Integer(1), t, -1, 1, 4, antiderivative=t + sign(t)),
    "an antiderivative with an angle": Integration(-1 / (1 + t**2), t, -1, 1, 3 * pi / 2, antiderivative=atan2(t, -1)),
    "across a pole, integrated": Integration(1 / t**2, t, -1, 1, -2, antiderivative=-1 / t),
    "across a pole of a tangent": Integration(1 + tan(t) ** 2, t, 0, pi, 0, antiderivative=tan(t)),
    "a factor": Integration(exp(-t), t, 0, oo, 2, antiderivative=-exp(-t)),
    "of an exponential that may grow": Integration(
        exp(-a * t), a, 0, oo, 1 / t, antiderivative=GROWING, given=[Ne(t, 0)]
    ),
    "under a premise on what is integrated over": Integration(
        Abs(t), t, -1, 1, 0, antiderivative=t**2 / 2, given=[t > 0]
    ),
    "beyond what the symbol may be": Integration(Abs(c), c, -1, 1, 0, antiderivative=c**2 / 2),
    "a wrong antiderivative": Integration(t, t, 0, 1, 1, antiderivative=t**2),
    "a logarithm across 0": Integration(1 / t, t, -1, 1, 0, antiderivative=log(Abs(t))),
    "no antiderivative": Integration(exp(-(t**2)), t, -oo, oo, pi),
    # instances
    "no sizes": Instances("anything", lambda size: Identical(a, a + size), []),
    "no statements": Instances("anything", lambda size: [], [1, 2]),
    "false at one size": Instances("anything", lambda size: Inequality(size**2 * a, 8 * a), [1, 2, 3]),
    # what stands for what
    "swapped symbols": Identical(a - 2 * b, b - 2 * b, where={a: b, b: a}),
    "put in, then true": Inequality(a, b, where={a: b + c}),
    "contradictory": Inequality(a, a - 1, given=[a > b, b > a]),
    "contradictory, whole numbers": Inequality(a, a - 1, given=[n > p, p > n - 1]),
    "a premise about another symbol": Inequality(a, 1, given=[b <= 1]),
    "wrong at one choice": Identical(Piecewise((a, Eq(Wild.law, Symbol("torus"))), (b, True)), a),
}  # fmt: skip

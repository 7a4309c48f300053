"""No false step is proved where nobody looks for counterexamples; true neighbours of them are not refuted."""

import pytest
from sympy import (
    Abs,
    Derivative,
    Eq,
    Integer,
    Ne,
    Rational,
    Symbol,
    asinh,
    atan,
    binomial,
    cos,
    cosh,
    erf,
    exp,
    factorial,
    gamma,
    log,
    oo,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip

from proofs_check.derivation import monotone, witness
from proofs_check.derivation.decide import decide
from proofs_check.derivation.outcome import Outcome
from tests.proofs_check.derivation.false_steps import FALSE, FAR, HALF, Wild, a, b, c, e, lam, n, p, r, s, t, u, v, x, z
from theory.claim import Claim, Source
from theory.domain import total
from theory.proof import Identical, Implication, Inequality, Integration, Limit, Monotone, Series, Solution, Stated
from theory.relation import Equality

j, d = (Symbol(name, integer=True, positive=True) for name in "jd")
k = Symbol("k", integer=True, nonnegative=True)
PROVED: list[Stated] = [
    Identical(cos(3 * t), 4 * cos(t) ** 3 - 3 * cos(t)),
    Identical(sin(t / 2) ** 2, (1 - cos(t)) / 2),
    Identical(1 + tan(t) ** 2, 1 / cos(t) ** 2, given=[cos(t) > 0]),
    Identical(cosh(t) ** 2 - sinh(t) ** 2, 1),
    Identical(log(a**2 / b), 2 * log(a) - log(b)),
    Identical(binomial(d, k), binomial(d - 1, k) + binomial(d - 1, k - 1)),
    Identical(factorial(k + 1), (k + 1) * factorial(k)),
    Identical(gamma(2 * a), 2 ** (2 * a - 1) * gamma(a) * gamma(a + HALF) / sqrt(pi)),
    Identical(gamma(j - HALF) * gamma(3 * HALF - j), pi * (-1) ** (j + 1)),
    Identical(total(x**2 + 1), total(x**2) + n),
    Identical(a - 2 * b, b - 2 * a + 3 * (a - b)),
    Identical(b - 2 * a, a, where={a: b, b: 3 * b}, given=[b > 1]),
    Inequality(log(c), c - 1),
    Inequality(2 * exp(-2 * s), 1 + exp(-2 * s)),
    Inequality(exp(-(s**2)) / 2, 1, strict=True),
    Inequality(c * exp(-c), exp(-1)),
    Inequality(tanh(c), c),
    Inequality(atan(c), pi / 2, strict=True),
    Inequality(erf(c), 1, strict=True),
    Inequality(0, total(e)),
    Inequality(0, total(x**2) + total(z**2)),
    Monotone(-1 / t, t, given=[t > 0]),
    Limit(c, oo, 1, of=tanh(c)),
    Limit(c, oo, 0, of=c**2 * exp(-c)),
    Limit(c, 0, log(1 + t**2), of=log(c + 1 + t**2)),
    Series(log(c + t), c, log(t) + c / t, 2, given=[t > 0]),
    Solution(t, 1, t - 1 / t, branch=t > 0, unique=True),
    Solution(n, p + 1, n - p - 1, unique=True),
    Integration(1 / (1 + t**2), t, -oo, oo, pi, antiderivative=atan(t)),
    Integration(c * exp(-a * c), c, 0, oo, 1 / a**2, antiderivative=-exp(-a * c) * (c / a + 1 / a**2)),
    Integration(log(c), c, 0, 1, Integer(-1), antiderivative=c * log(c) - c),
    Implication([a > b, b > 0], a**2 > b**2),
    Identical(Derivative(t * asinh(t), t), asinh(t) + t / sqrt(1 + t**2)),
    Identical(Derivative(a**n * t, a), n * a ** (n - 1) * t),
    Identical(Derivative(total(lam / (lam + a)), a), -total(lam / (lam + a) ** 2)),
    Identical(Derivative(t**3 * b, t, b), 3 * t**2),
    Identical(Derivative(t * b, b), 2 * b, where={t: b}),
    Identical(Derivative(sqrt(c) * t, t), sqrt(c)),
    Implication([a > 1], Derivative(a**2, a) > 2),
    Limit(c, oo, 1, of=(c * asinh(c / 2) - sqrt(c**2 + 4) + 2) / (c * log(c))),
    Limit(c, oo, 0, of=log(c) / c),
    Limit(c, oo, 1, of=log(c + a) / log(c)),
    Limit(c, oo, a, of=log(c**a + 1) / log(c)),
    Limit(c, oo, log(2), of=log(2 * c + 1) - log(c)),
    Limit(c, oo, 0, of=log(c + 1) - log(c**2 - c + 1) / 2),
    Limit(c, oo, oo, of=log(c)),
    Limit(c, oo, c, of=sqrt(c**2 + 1)),
    Limit(c, 0, 0, of=c**a * log(c) ** 2),
    Limit(c, oo, 0, of=c**a * exp(-c)),
    Limit(c, oo, 0, of=c / (1 + c**a), given=[a > 1]),
    Limit(c, oo, oo, of=c**a / log(c)),
    Limit(c, 0, 0, of=(c + 1 - (1 + c) ** 2) * c**-a, given=[a < 1]),
    Inequality(0, 1 + c**u, strict=True),
    Integration((a * c ** (a - 1) - c**a) * exp(-c), c, 0, oo, 0, antiderivative=c**a * exp(-c)),
]
TRUE: list[Stated] = [
    Identical(Abs(t) ** 2, t**2),
    Identical(exp(log(a)), a),
    Inequality(0, (t - FAR) ** 2),
    Inequality(0, 1 / (t - FAR) ** 2, given=[Ne(t, FAR)]),
    Inequality(sin(c), c),
    Inequality(gamma(-HALF) + c, c),
    Inequality(sqrt(a * b), (a + b) / 2),
    Inequality(total(x) ** 2, n * total(x**2)),
    Monotone(gamma(c + 2) / gamma(c + 1), c),
    Monotone(-1 / (n - HALF), n),
    Monotone(tan(t), t, given=[t > -1, t < 1]),
    Limit(t, 0, 1, of=sin(t) / t),
    Limit(n, oo, 1, of=1 + 1 / log(log(log(n + 20) + 5))),
    Limit(n, oo, r),
    Series(Abs(c), c, c, 5),
    Solution(t, FAR, (t - FAR) ** 3),
    Integration(exp(-(t**2)), t, -oo, oo, sqrt(pi)),
    Implication([Eq(u, v), t > u], t > v),
    Inequality(Rational(3), pi),
]


def claim() -> Claim:
    prediction = r * (1 + 1 / n)
    return Claim(Wild, Wild.y, prediction, Equality(), title="toy", entry="toys.toy", source=Source("elementary"))


@pytest.mark.parametrize("name", FALSE)
def test_no_backend_proves_a_false_step(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(*_: object) -> Outcome | None:
        return None

    monkeypatch.setattr(witness, "first", blind)
    monkeypatch.setattr(monotone, "_falling", blind)
    assert decide(FALSE[name], claim()).status not in ("proved", "instance-checked", "assumed")


@pytest.mark.parametrize("step", PROVED, ids=str)
def test_a_true_neighbour_is_proved(step: Stated) -> None:
    assert decide(step, claim()).status == "proved"


@pytest.mark.parametrize("step", TRUE, ids=str)
def test_a_true_neighbour_is_never_refuted(step: Stated) -> None:
    assert decide(step, claim()).status in ("proved", "instance-checked", "undecided")


def test_most_false_steps_are_refuted() -> None:
    quick = list(FALSE)[::5]
    assert sum(decide(FALSE[name], claim()).status == "refuted" for name in quick) > len(quick) / 2

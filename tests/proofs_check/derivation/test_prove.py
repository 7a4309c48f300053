"""True steps are proved; planted wrong ones are refuted or vacuous, each with its witness, and never proved."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Eq, Piecewise, Rational, Symbol, acos, cos, erf, exp, log, oo, pi, sqrt

from proofs_check.cli import main
from proofs_check.derivation.backends import smt, squares
from proofs_check.derivation.decide import decide
from proofs_check.derivation.patience import OutOfTime, patience
from proofs_check.derivation.prove import exit_code, prove
from theory.claim import Claim, Source
from theory.discovery import find
from theory.domain import Choice, Real, Size, Spectrum, total
from theory.errors import BadDeclaration
from theory.proof import (
    Assumed,
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
)
from theory.relation import Equality
from theory.setting import Observable, Setting


class Toy(Setting):
    """Sizes, numbers, a choice, a spectrum and an outcome."""

    n = Size(typical=(10, 40))
    p = Size(typical=(10, 40))
    r = Real(above=0, typical=(0.5, 2))
    s = Real(at_least=0, at_most=1, typical=(0.1, 0.9))
    law = Choice("torus", "sphere")
    lam = Spectrum(typical=("power(1.5,20)",))
    y = Observable("an outcome")


n, p, r, s, lam, y = Toy.n, Toy.p, Toy.r, Toy.s, Toy.lam, Toy.y
a, b, c, g = (Symbol(name, positive=True) for name in "abcg")
t = Symbol("t", real=True)
x = Entries("x", n, real=True)
TINY = Rational(1, 10**12)
ARCCOS = (sqrt(1 - t**2) + t * (pi - acos(t))) / pi  # touches t at t = 1, where its root is singular
variance = total((x - total(x) / n) ** 2) / n


def toy(**changes: Any) -> Claim:
    fields = {"title": "toy", "entry": "toys.toy", "source": Source("elementary")} | changes
    return Claim(Toy, y, fields.pop("prediction", r * (1 + 1 / n)), Equality(), **fields)


TRUE = [
    Identical((n + p) ** 2, n**2 + 2 * n * p + p**2),
    Identical((sqrt(c + 1) - 1) * (sqrt(c + 1) + 1), c),
    Identical(sqrt(t**2), Abs(t)),
    Identical(total(lam / (lam + g)) - total(lam**2 / (lam + g) ** 2), g * total(lam / (lam + g) ** 2)),
    Identical(c, r, given=[Eq(c, r)]),
    Identical((-1) ** (n + 1) * r, -r * (-1) ** n),
    Inequality(2 * a * b, a**2 + b**2),
    Inequality(a, a**2, given=[a >= 1]),
    Inequality(2 - TINY, a + 1 / a),
    Inequality(t * (2 - t), 1),
    Inequality(s * (1 - s), Rational(1, 4)),
    Inequality(0, s, given=[s <= Rational(1, 2)]),
    Inequality(0, (2 * n - 3) ** 2 - 1),
    Inequality(total(x) ** 2 / n**2, total(x**2) / n, slack=variance),
    Inequality(total(lam**2 / (lam + g) ** 2), total(lam / (lam + g)), strict=True),
    Inequality(cos(s), 1),
    Inequality(1 - s**2 / 2, cos(s)),
    Monotone(total(lam / (lam + g)), g, "decreasing", strict=True),
    Monotone(sqrt(c), c, strict=True),
    Limit(n, oo, r),
    Limit(t, 0, 0, of=t * Abs(t)),
    Limit(t, 1, 1, of=Abs(t - 1) / (t - 1), given=[t > 1]),
    Limit(c, oo, Rational(1, 2), of=sqrt(c**2 + c) - c),
    Series(sqrt(1 + c), c, 1 + c / 2 - c**2 / 8, 3),
    Solution(c, sqrt(r), c**2 - r, unique=True),
    Implication([a > b, b > c], a > c),
    Integration(exp(-(t**2) / 2), t, -oo, oo, sqrt(2 * pi), antiderivative=sqrt(pi / 2) * erf(t / sqrt(2))),
    Inequality(t, ARCCOS, given=[t >= -1, t <= 1]),
    Monotone(ARCCOS, t, given=[t >= -1, t <= 1]),
    Identical(Piecewise((a, Eq(Toy.law, Symbol("torus"))), (a + b - b, True)), a),
]
NONE = Symbol("m", integer=True, nonnegative=True)  # a number of entries that may be 0
WRONG = {
    "a sum of no terms is positive": Inequality(0, total(Entries("e", NONE, positive=True)), strict=True),
    "flipped inequality": Inequality(a**2 + b**2, 2 * a * b),
    "missing factor": Identical((n + p) ** 2, n**2 + n * p + p**2),
    "missing factor in a bound": Inequality(a * b, (a**2 + b**2) / 4),
    "true on half of the domain": Inequality(a, a**2),
    "false at one large size only": Inequality(1, (n - 1000) ** 2),
    "limit off by a constant": Limit(n, oo, r * Rational(101, 100)),
    "limit from one side only, infinite": Limit(t, 0, oo, of=1 / t),
    "limit from one side only, a jump": Limit(t, 0, 1, of=t / Abs(t)),
    "limit from one side only, inside": Limit(t, 1, 1, of=Abs(t - 1) / (t - 1)),
    "limit that diverges": Limit(n, oo, oo, of=r + 1 / n),
    "too tight by 1e-12": Inequality(2 + TINY, a + 1 / a),
    "too tight by 1e-12, between points": Inequality(TINY, (a - Rational(22, 7)) ** 2),
    "strict where it is attained inside": Inequality(t * (2 - t), 1, strict=True),
    "strict where it is attained at the edge": Inequality(0, s, strict=True),
    "wrong branch of a radical": Identical(sqrt((t - 1) ** 2), t - 1),
    "wrong sign of a radical": Identical(sqrt(t**2), -t),
    "negative root": Solution(t, -sqrt(r), t**2 - r, branch=t > 0),
    "division by zero": Identical((t**2 - 1) / (t - 1), t + 1),
    "root of a negative number": Inequality(sqrt(t), t**2 + 1),
    "monotone across a pole": Monotone(-1 / t, t),
    "monotone the other way": Monotone(total(lam / (lam + g)), g, "increasing"),
    "not monotone": Monotone(t**3 - t / 100, t),
    "wrong coefficient of a series": Series(sqrt(1 + c), c, 1 + c / 2 - c**2 / 4, 3),
    "sum of squares for square of the sum": Identical(total(lam**2), total(lam) ** 2),
    "Jensen flipped": Inequality(total(x**2) / n, total(x) ** 2 / n**2),
    "wrong slack and wrong side": Inequality(total(x**2) / n, total(x) ** 2 / n**2, slack=variance),
    "implication backwards": Implication([a > c], a > b),
    "wrong side of a singular edge": Inequality(ARCCOS, t, given=[t >= -1, t <= 1]),
    "wrong by a logarithm": Inequality(log(a), a - 1 - TINY),
    "factor of an integral": Integration(exp(-t), t, 0, oo, 2, antiderivative=-exp(-t)),
    "wrong antiderivative": Integration(t, t, 0, 1, 1, antiderivative=t**2),
    "wrong at one choice": Identical(Piecewise((a, Eq(Toy.law, Symbol("torus"))), (b, True)), a),
}  # fmt: skip
VACUOUS = [
    Inequality(a, a - 1, given=[a < 0]),
    Inequality(a, a - 1, given=[a > b, b > a + 1]),
    Inequality(a, a - 1, given=[a**2 + b**2 < 2 * a * b]),
    Implication([s > 1], s > 2),
    Identical(a, 2 * a, given=[Eq(a, -b)]),
]


@pytest.mark.parametrize("step", TRUE, ids=str)
def test_a_true_step_is_proved(step: Stated) -> None:
    assert decide(step, toy()).status == "proved"


def test_a_second_opinion_that_never_comes_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60); print('unsat')")
    monkeypatch.setattr(smt.opinion, "__file__", str(slow))
    monkeypatch.setattr(smt, "STARTING", 0.1)
    began = time.monotonic()
    assert smt._second_opinion("(assert true)") == "unknown" and time.monotonic() - began < 30


def test_steps_that_read_alike_but_assume_otherwise_are_told_apart() -> None:
    alike = [Inequality(0, Symbol("w", positive=True)), Inequality(0, Symbol("w", real=True))]
    rows = prove([toy(steps=[step]) for step in [*alike, *alike]])
    assert [row["status"] for row in rows] == ["proved", "refuted"] * 2
    assert all(row["seconds"] == 0 for row in rows[2:])  # remembered


def test_a_power_that_vanishes_at_an_end_is_no_reason_to_refute() -> None:
    power = Symbol("power", real=True)
    rising = s ** (power + 1) / (power + 1)
    step = Integration(s**power, s, 0, 1, 1 / (power + 1), given=[power > 0], antiderivative=rising)
    assert decide(step, toy()).status in ("undecided", "proved")


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_wrong_step_is_refuted_with_a_witness(name: str) -> None:
    found = decide(WRONG[name], toy())
    assert found.status == "refuted" and (found.witness or found.detail)


@pytest.mark.parametrize("step", VACUOUS, ids=str)
def test_a_contradictory_premise_is_vacuous_and_proves_nothing(step: Stated) -> None:
    assert decide(step, toy()).status == "vacuous"


def test_assuming_counts_unless_the_step_holds_everywhere() -> None:
    claim = toy(assuming=[p > n + 1])
    assert decide(Inequality(1, p - n - 1), claim).status == "proved"
    assert decide(Inequality(1, p - n - 1, everywhere=True), claim).status == "refuted"
    assert decide(Inequality(0, 1 / (p - n)), claim).status == "proved"
    assert decide(Inequality(0, 1 / (p - n)), toy()).status == "refuted"


def test_observables_are_no_free_numbers() -> None:
    assert decide(Inequality(y, y**2), toy()).status == "undecided"
    assert decide(Inequality(y, y**2, where={y: 1 + a}), toy()).status == "proved"
    assert decide(Inequality(y, y**2, where={y: a}), toy()).status == "refuted"


def test_instances_are_never_more_than_instances() -> None:
    right = Instances("nΣx² ≥ (Σx)²", lambda k: Inequality(k * a, (k + 1) * a), [1, 2, 3])
    wrong = Instances("k² < 9", lambda k: Inequality(k**2 * a, 8 * a), [1, 2, 3])
    assert decide(right, toy()).status == "instance-checked"
    found = decide(wrong, toy())
    assert found.status == "refuted" and "size 3" in found.detail


def test_what_a_paper_says_is_assumed() -> None:
    assert decide(Assumed("a theorem", "a paper"), toy()).status == "assumed"


@pytest.mark.parametrize("stranger", [Symbol("q"), Symbol("n", positive=True)], ids=["no assumptions", "another n"])
def test_an_undeclared_symbol_is_one_clear_line(stranger: Symbol) -> None:
    with pytest.raises(BadDeclaration, match="a step reads") as caught:
        decide(Inequality(stranger, stranger**2), toy())
    assert "\n" not in str(caught.value) and "write" in str(caught.value)


@pytest.mark.parametrize("pause", [0.01, 0.0], ids=["waiting", "working"])
def test_a_step_that_takes_too_long_is_interrupted(pause: float) -> None:
    began = time.process_time()
    with pytest.raises(OutOfTime), patience(0.2):
        while True:
            time.sleep(pause)
    assert time.process_time() - began < 5


def test_time_spent_by_others_counts_less_than_work() -> None:
    with patience(0.2):
        time.sleep(0.5)


def test_an_end_of_the_range_where_the_step_holds_with_room_costs_only_boxes() -> None:
    factor = (1 - sympy.exp(-a)) * (a + 1) / a
    given = [a >= Rational(1, 1000), a <= 50]
    assert decide(Inequality(factor, Rational(1299, 1000), given=given), toy()).status == "proved"
    assert decide(Inequality(factor, Rational(1298, 1000), given=given), toy()).status == "refuted"


def test_a_failing_backend_leaves_the_step_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr("proofs_check.derivation.exact.normal.vanishes", broken)
    found = decide(Identical(a + b, b + a * 1), toy())
    assert found.status == "undecided" and "broken" in found.detail


u, v, w = sympy.symbols("u v w", real=True)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (u**2 - 2 * u * v + v**2, u**2 - 3 * u * v + v**2),
        (u**4 + v**4 + w**4 - u**2 * v * w - u * v**2 * w - u * v * w**2, u**4 + v**4 - 3 * u**2 * v**2),
        (2 * u**2 + 2 * u * v + 5 * v**2 + 1, -(u**2) - v**2),
    ],
)
def test_sums_of_squares_are_certified_in_rationals(right: Any, wrong: Any) -> None:
    pytest.importorskip("cvxpy")
    assert squares.certificate(sympy.Poly(right, *sorted(right.free_symbols, key=str))) > 0
    assert squares.certificate(sympy.Poly(wrong, *sorted(wrong.free_symbols, key=str))) == 0


small = st.integers(-4, 4)


@settings(max_examples=15, deadline=None)
@given(st.lists(small, min_size=3, max_size=3), small, st.integers(1, 3))
def test_a_false_polynomial_inequality_is_never_proved(numbers: list[int], at: int, depth: int) -> None:
    """q(t)² ≥ a bound that exceeds it at t = at."""
    square = (numbers[0] + numbers[1] * t + numbers[2] * t**2) ** 2
    bound = square.subs(t, at) + Rational(depth, 3)
    assert decide(Inequality(bound, sympy.expand(square)), toy()).status != "proved"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=3, max_size=3), st.integers(0, 3), st.integers(1, 5))
def test_an_identity_with_one_coefficient_changed_is_refuted(numbers: list[int], which: int, by: int) -> None:
    product = (numbers[0] * a + numbers[1]) * (a + numbers[2] * b)
    terms = sympy.Poly(sympy.expand(product), a, b).terms()
    (i, j), _ = terms[which % len(terms)]
    assert decide(Identical(product, sympy.expand(product)), toy()).status == "proved"
    assert decide(Identical(product, sympy.expand(product) + by * a**i * b**j), toy()).status == "refuted"


def test_exit_codes_follow_the_contract() -> None:
    right, wrong, open_ = Inequality(2 * a, a**2 + 1), Inequality(a, a**2), Inequality(y, y**2)
    assert exit_code(prove(toy(steps=[right, open_]))) == 0
    assert exit_code(prove(toy(steps=[right, open_])), strict=True) == 3
    assert exit_code(prove(toy(steps=[open_, wrong])), strict=True) == 1
    assert exit_code(prove(toy(steps=[VACUOUS[0]]))) == 1


def test_the_command_shows_every_step_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path))
    with pytest.raises(SystemExit) as done:
        main(["prove", "min_norm.ridgeless_risk_isotropic", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert done.value.code == 0
    (claim, *_) = find("min_norm.ridgeless_risk_isotropic")
    assert len([row for row in said["steps"] if row["claim"] == claim.id]) == len(claim.steps)
    assert {"claim", "statement", "backend", "status"} <= set(said["steps"][0])


def test_explain_says_what_became_of_the_steps_where_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path))
    for flags, wanted in ((["--prove"], True), ([], False)):
        with pytest.raises(SystemExit):
            main(["explain", "min_norm.ridgeless_risk_isotropic", *flags])
        assert ("proved by series" in capsys.readouterr().out) is wanted


def test_no_step_of_a_flagship_is_refuted_or_missing() -> None:
    claims = find("flagship")
    rows = prove(claims)
    assert {row["status"] for row in rows} <= {"proved", "instance-checked", "assumed"}
    assert {row["claim"] for row in rows} == {claim.id for claim in claims}


class UpToFourOverPi(Setting):
    """An observable with an irrational bound."""

    n = Size()
    z = Observable("a share", between=(0, 4 / sympy.pi))


def test_an_irrational_bound_of_an_observable_is_a_bound() -> None:
    z = UpToFourOverPi.z
    claim = Claim(UpToFourOverPi, z, 1, Equality(), title="toy", entry="toys.toy", source=Source("elementary"))
    assert decide(Inequality(z, 4 / sympy.pi), claim).status == "proved"
    assert decide(Inequality(z, Rational(5, 4)), claim).status != "proved"

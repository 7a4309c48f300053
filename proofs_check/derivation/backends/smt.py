"""Satisfiability of polynomial arithmetic over the reals: z3 first, cvc5 as a second opinion.

What is not polynomial is a new unknown with what is surely known of it; then a model is no counterexample.
"""

import importlib.util
import subprocess
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol

from proofs_check.derivation.backends import opinion
from proofs_check.derivation.exact import signs
from proofs_check.derivation.exact.totals import Totals, counts, has_terms
from proofs_check.derivation.outcome import Outcome, proved, undecided
from proofs_check.derivation.question import Question
from theory.errors import BadInput

SECONDS = 2.0
SECOND_OPINION = 1.0
STARTING = 2.0  # seconds, at most, until cvc5 is loaded
PI = ("3.14159265358979323846", "3.14159265358979323847")


@dataclass
class Translation:
    """SymPy to z3: expressions, booleans, and the side conditions of the symbols that stand for radicals and sums."""

    z3: Any
    question: Question
    whole: bool = False  # whole numbers as such; otherwise every number is real, which proves more
    known: dict[Any, Any] = field(default_factory=dict)
    sides: list[Any] = field(default_factory=list)
    abstract: bool = False
    guarded: int = 0  # > 0 within a case or an alternative, where roots and quotients need not be defined

    def __post_init__(self) -> None:
        self.totals = Totals(self.question.ranges, split=False)

    def fresh(self, name: str) -> Any:
        return self.z3.Real(f"{name}!{len(self.known)}")

    def number(self, node: Any) -> Any:
        if node not in self.known:
            self.known[node] = self._number(node)
        return self.known[node]

    def _number(self, node: Any) -> Any:
        z3 = self.z3
        if isinstance(node, Rational):
            return z3.RealVal(f"{node.p}/{node.q}")
        if isinstance(node, sympy.Float):
            return self.number(Rational(str(node)))
        if isinstance(node, Symbol):
            return self._symbol(node)
        if isinstance(node, sympy.Add):
            return z3.Sum([self.number(part) for part in node.args])
        if isinstance(node, sympy.Mul):
            return z3.Product([self.number(part) for part in node.args])
        if isinstance(node, sympy.Pow) and isinstance(node.exp, Rational):
            return self._power(node.base, node.exp)
        if isinstance(node, sympy.Abs):
            inside = self.number(node.args[0])
            return z3.If(inside >= 0, inside, -inside)
        if isinstance(node, (sympy.Min, sympy.Max)):
            return self._extreme(node)
        if isinstance(node, sympy.Piecewise):
            return self._cases(node)
        return self._opaque(node)

    def _symbol(self, symbol: Symbol) -> Any:
        bounds = self.question.ranges.get(symbol)
        variable = self.z3.Real(f"{symbol}!{len(self.known)}")
        if self.whole and bounds is not None and bounds.whole:
            variable = self.z3.ToReal(self.z3.Int(f"{symbol}!{len(self.known)}"))
        self.known[symbol] = variable
        for condition in bounds.conditions(symbol) if bounds else ():
            self.sides.append(self.truth(condition))
        return variable

    def _power(self, base: Expr, exponent: Rational) -> Any:
        p, q = abs(exponent.p), exponent.q
        value = self.number(base)
        if q > 1:
            root = self.fresh("root")
            self._side(value >= 0, self.z3.And(root >= 0, self.z3.Product([root] * q) == value))
            value = root
        if exponent < 0:
            inverse = self.fresh("inverse")
            self._side(value != 0, inverse * value == 1)
            value = inverse
        return self.z3.Product([value] * p) if p > 1 else value

    def _side(self, where: Any, said: Any) -> None:
        """What holds of a new unknown, wherever it is defined."""
        self.sides.append(self.z3.Implies(where, said) if self.guarded else said)

    def _extreme(self, node: Any) -> Any:
        parts = [self.number(part) for part in node.args]
        found = parts[0]
        for part in parts[1:]:
            larger = part >= found
            found = self.z3.If(larger, part, found) if isinstance(node, sympy.Max) else self.z3.If(larger, found, part)
        return found

    def _cases(self, node: sympy.Piecewise) -> Any:
        *cases, (last, condition) = node.args
        if condition != sympy.true:
            return self._opaque(node)
        self.guarded += 1
        found = self.number(last)
        for value, case in reversed(cases):
            found = self.z3.If(self.truth(case), self.number(value), found)
        self.guarded -= 1
        return found

    def _opaque(self, node: Any) -> Any:
        self.abstract = True
        unknown = self.fresh("value")
        if node == sympy.pi:
            self.sides += [unknown > PI[0], unknown < PI[1]]
        else:
            found = signs.sign(node, self.question)
            self._signed(unknown, found)
        return unknown

    def _signed(self, unknown: Any, found: str | None) -> None:
        facts = {
            signs.POSITIVE: unknown > 0, signs.NONNEGATIVE: unknown >= 0, signs.NEGATIVE: unknown < 0,
            signs.NONPOSITIVE: unknown <= 0, signs.ZERO: unknown == 0,
        }  # fmt: skip
        if found is not None:
            self.sides.append(facts[found])

    def truth(self, condition: Any) -> Any:
        z3 = self.z3
        if condition in (sympy.true, True):
            return z3.BoolVal(True)
        if condition in (sympy.false, False):
            return z3.BoolVal(False)
        if isinstance(condition, (sympy.And, sympy.Or)):
            alternatives = isinstance(condition, sympy.Or)
            self.guarded += alternatives
            parts = [self.truth(part) for part in condition.args]
            self.guarded -= alternatives
            return z3.Or(*parts) if alternatives else z3.And(*parts)
        if isinstance(condition, sympy.Not):
            self.guarded += 1
            found = z3.Not(self.truth(condition.args[0]))
            self.guarded -= 1
            return found
        if not isinstance(condition, sympy.core.relational.Relational):
            raise BadInput(f"{condition} in a step is no condition; write comparisons joined by And, Or, Not")
        return self._comparison(condition)

    def _comparison(self, condition: Any) -> Any:
        difference = sympy.together(self.totals.flat(condition.lhs - condition.rhs))
        top, bottom = sympy.fraction(difference)
        if not bottom.is_number:
            found = signs.sign(bottom, self.question)
            top = -top if found == signs.NEGATIVE else top if found == signs.POSITIVE else top * bottom
        value, zero = self.number(sympy.expand(top)), 0
        return {
            sympy.Ge: lambda: value >= zero, sympy.Gt: lambda: value > zero, sympy.Le: lambda: value <= zero,
            sympy.Lt: lambda: value < zero, sympy.Eq: lambda: value == zero, sympy.Ne: lambda: value != zero,
        }[type(condition)]()  # fmt: skip

    def sums(self) -> None:
        """What is known of the sums: their signs, and which is the larger one of two."""
        cores = list(self.totals.cores.items())
        self.abstract |= bool(cores)
        for symbol, core in cores:
            found = signs.sign(core, self.question)
            weak = {signs.POSITIVE: signs.NONNEGATIVE, signs.NEGATIVE: signs.NONPOSITIVE}
            ranges = self.question.ranges
            self._signed(self.number(symbol), found if has_terms(core, ranges) else weak.get(found or "", found))
            for other, smaller in cores:
                alike = other != symbol and len(counts(core + smaller, ranges)) < 2
                above = signs.sign(core - smaller, self.question) if alike else None
                if above in (signs.POSITIVE, signs.NONNEGATIVE):
                    self.sides.append(self.number(symbol) >= self.number(other))


def contradictory(question: Question) -> bool:
    """Whether z3 shows that no values satisfy all premises."""
    status, _, _ = _asked(question, negated=False, whole=False)
    return status == "unsat"


def decide(question: Question) -> tuple[Outcome, dict[Symbol, Any] | None]:
    """Proved, or undecided with a model that contradicts the goal, still to be evaluated exactly."""
    status, model, agreed = _asked(question, negated=True, whole=False)
    if status == "sat" and any(bounds.whole for bounds in question.ranges.values()):
        status, whole_model, agreed = _asked(question, negated=True, whole=True)
        model = whole_model or model
    if status == "unsat":
        return proved(agreed), None
    if status == "sat":
        return undecided("z3", "z3 finds values against it, which exact evaluation does not confirm"), model
    return undecided("z3", f"z3 does not decide within {SECONDS:g} s"), None


def _asked(question: Question, *, negated: bool, whole: bool) -> tuple[str, dict[Symbol, Any] | None, str]:
    import z3

    translation = Translation(z3, question, whole)
    try:
        wanted = [translation.truth(premise) for premise in question.premises]
        if negated:
            wanted.append(z3.Not(translation.truth(question.goal)))
        for symbol, bounds in question.ranges.items():
            if not bounds.each and not bounds.loose:
                translation.number(symbol)
        translation.sums()
    except (KeyError, TypeError, sympy.PolynomialError) as fault:
        return f"not translated: {fault}", None, ""
    solver = z3.Solver() if whole else z3.SolverFor("QF_NRA")
    solver.set("timeout", int(1000 * SECONDS))
    solver.add(*wanted, *translation.sides)
    status = str(solver.check())
    if status == "unsat":
        second = _second_opinion(solver.to_smt2()) if not whole else "unknown"
        return ("unknown", None, "z3 and cvc5 disagree") if second == "sat" else (
            "unsat", None, "z3 and cvc5" if second == "unsat" else "z3"
        )
    if status == "sat":
        return "sat", _model(solver.model(), translation), ""
    return "unknown", None, ""


def _second_opinion(text: str) -> str:
    """What cvc5 says of the same problem; "unknown" where it is not installed or does not finish."""
    if importlib.util.find_spec("cvc5") is None:
        return "unknown"
    command = [sys.executable, str(Path(opinion.__file__)), str(SECOND_OPINION)]
    try:
        found = subprocess.run(command, input=text, capture_output=True, text=True, timeout=SECOND_OPINION + STARTING)
    except subprocess.TimeoutExpired:
        return "unknown"
    return found.stdout.strip() or "unknown"


def _model(model: Any, translation: Translation) -> dict[Symbol, Any]:
    """Rational values near those of the model."""
    found = {}
    for symbol, variable in translation.known.items():
        if isinstance(symbol, Symbol) and symbol in translation.question.ranges:
            value = model.eval(variable, model_completion=True)
            value = value.approx(30) if hasattr(value, "approx") else value
            fraction = value.as_fraction() if hasattr(value, "as_fraction") else Fraction(str(value))
            found[symbol] = Rational(fraction.numerator, fraction.denominator)
    return found

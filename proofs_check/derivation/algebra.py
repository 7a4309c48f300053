"""Exact algebra: normal forms that decide identities, and signs that can be read off coefficients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from proofs_check.derivation.question import Question, Range, narrowed, size
from proofs_check.derivation.totals import Totals
from theory.domain import total
from theory.proof import Entries

LONGEST = 3000  # operations in a formula whose normal form is asked for
SIMPLIFIED = 120  # in one that SymPy is asked to simplify
POSITIVE, NONNEGATIVE, NEGATIVE, NONPOSITIVE, ZERO = "+", "0+", "-", "0-", "0"
FLIPPED = {POSITIVE: NEGATIVE, NONNEGATIVE: NONPOSITIVE, NEGATIVE: POSITIVE, NONPOSITIVE: NONNEGATIVE, ZERO: ZERO}
SETTLES = {
    ">=": {POSITIVE: True, NONNEGATIVE: True, ZERO: True, NEGATIVE: False},
    ">": {POSITIVE: True, ZERO: False, NEGATIVE: False, NONPOSITIVE: False},
    "==": {ZERO: True, POSITIVE: False, NEGATIVE: False},
    "!=": {ZERO: False, POSITIVE: True, NEGATIVE: True},
}


def vanishes(expression: Any, ranges: Mapping[Symbol, Range]) -> bool:
    """Whether a formula is shown to be zero for all values at which it is defined; False says nothing."""
    expression = sympy.sympify(expression)
    if expression == 0:
        return True
    if size(expression) > LONGEST:
        return False
    flat = Totals(ranges).flat(expression)
    if _numerator_vanishes(flat):
        return True
    return size(flat) <= SIMPLIFIED and bool(flat.free_symbols or flat.is_number) and _simplifies_to_zero(flat)


def _simplifies_to_zero(expression: Expr) -> bool:
    if not expression.has(sympy.Function, sympy.exp, sympy.log):
        return False
    expanded = sympy.expand(sympy.expand_trig(sympy.powsimp(sympy.expand(expression))))
    return expanded == 0 or sympy.simplify(expression) == 0


def _numerator_vanishes(expression: Expr) -> bool:
    """Rational functions in symbols, radicals and values of functions, each radical with the equation of its square."""
    radicals: dict[Expr, Symbol] = {}
    rules: list[tuple[Symbol, int, Expr]] = []
    top = _as_rational(expression, radicals, rules)
    for _ in range(len(rules) + 1):
        top = sympy.numer(sympy.together(top))
        if top.is_number and not rules:
            return top == 0 or bool(top.is_zero)
        top = sympy.expand(top)
        if top == 0:
            return True
        for symbol, power, base in reversed(rules):
            top = _reduced(top, symbol, power, base)
    return sympy.expand(sympy.numer(sympy.together(top))) == 0


def _as_rational(node: Any, radicals: dict[Expr, Symbol], rules: list[tuple[Symbol, int, Expr]]) -> Expr:
    """The node with every radical, exponential and value of another function replaced by a symbol."""
    if isinstance(node, (Symbol, sympy.Rational)) or not node.args:
        return node
    if isinstance(node, sympy.Pow) and isinstance(node.exp, sympy.Rational) and node.exp.q > 1:
        base = sympy.factor_terms(sympy.together(_as_rational(node.base, radicals, rules)))
        key = sympy.Pow(base, sympy.Rational(1, node.exp.q), evaluate=False)
        if key not in radicals:
            radicals[key] = Dummy(f"r{len(radicals)}")
            rules.append((radicals[key], int(node.exp.q), base))
        return radicals[key] ** node.exp.p
    if isinstance(node, (sympy.Add, sympy.Mul)) or (isinstance(node, sympy.Pow) and node.exp.is_Integer):
        return node.func(*(_as_rational(part, radicals, rules) for part in node.args))
    if isinstance(node, sympy.asin):
        return sympy.pi / 2 - _as_rational(sympy.acos(node.args[0]), radicals, rules)
    if isinstance(node, (sympy.exp, sympy.Pow)):
        base, power = (sympy.E, node.args[0]) if isinstance(node, sympy.exp) else node.args
        terms = sympy.Add.make_args(sympy.expand(power))
        return sympy.Mul(*(_power(base, term, radicals) for term in terms))
    key = node.func(*(sympy.factor_terms(sympy.cancel(part)) if _rational(part) else part for part in node.args))
    return radicals.setdefault(key, Dummy(f"f{len(radicals)}"))


def _rational(part: Any) -> bool:
    return isinstance(part, Expr) and size(part) < SIMPLIFIED and part.is_rational_function()


def _power(base: Expr, term: Expr, radicals: dict[Expr, Symbol]) -> Expr:
    """base^term as a whole power of a symbol: e^(−3x) is f^−3 with f = e^x."""
    number, rest = term.as_coeff_Mul()
    whole = number if isinstance(number, sympy.Integer) else Integer(1)
    key = sympy.Pow(base, rest if whole == number else term, evaluate=False)
    return radicals.setdefault(key, Dummy(f"f{len(radicals)}")) ** whole


def _reduced(top: Expr, symbol: Symbol, power: int, base: Expr) -> Expr:
    """The numerator with symbol^power replaced by its base."""
    if not top.has(symbol):
        return top
    polynomial = sympy.Poly(top, symbol)
    return sympy.Add(*(c * base ** (e // power) * symbol ** (e % power) for (e,), c in polynomial.terms()))


@dataclass(frozen=True)
class Shift:
    """Every symbol of a question in terms of new ones that are positive, nonnegative, or real.

    `attained`: whether all values of the question are reached; an upper end that belongs to a range is not.
    """

    values: Mapping[Symbol, Expr]
    positive: frozenset[Symbol]
    nonnegative: frozenset[Symbol]
    attained: bool


def shift_of(question: Question) -> Shift:
    """From lower bounds among the premises, p > n + 1, and from the ranges: p = n + 2 + t with t ≥ 0."""
    key = (question.premises, tuple(sorted(question.ranges.items(), key=lambda pair: str(pair[0]))))
    return _shifted(*key)


@lru_cache(maxsize=256)
def _shifted(premises: tuple[Any, ...], listed: tuple[tuple[Symbol, Range], ...]) -> Shift:
    ranges = {s: bounds if bounds.each else narrowed(s, bounds, premises) for s, bounds in listed}
    values: dict[Symbol, Expr] = {}
    positive, nonnegative, attained = set(), set(), True
    for premise in (p for p in premises if len(p.free_symbols) > 1):
        for bound in _lower_bounds(premise, ranges):
            symbol, plain, strict = bound
            low = plain.subs(values)
            if symbol in values or symbol in low.free_symbols:
                continue
            rest = Dummy(f"t_{symbol}", real=True)
            whole = ranges[symbol].whole and _whole(plain, ranges)
            (positive if strict and not whole else nonnegative).add(rest)
            value = low + rest + (1 if strict and whole else 0)
            values = {s: v.subs(symbol, value) for s, v in values.items()} | {symbol: value}
            break
    for symbol, bounds in ranges.items():
        if symbol in values:
            continue
        rest = Dummy(f"t_{symbol}", real=True)
        low, open_ = bounds.low, bounds.low_open
        if bounds.whole and low != -sympy.oo:
            low, open_ = bounds.least_whole(), False
        if low != -sympy.oo:
            (positive if open_ else nonnegative).add(rest)
            value = low + rest if bounds.high == sympy.oo else (low + bounds.high * rest) / (1 + rest)
            attained &= bounds.high == sympy.oo or bounds.high_open
        elif bounds.high != sympy.oo:
            (positive if bounds.high_open else nonnegative).add(rest)
            value = bounds.high - rest
        else:
            value = rest
        values = {s: v.subs(symbol, value) for s, v in values.items()} | {symbol: value}
    return Shift(values, frozenset(positive), frozenset(nonnegative), attained)


def _lower_bounds(premise: Any, ranges: Mapping[Symbol, Range]) -> list[tuple[Symbol, Expr, bool]]:
    """(symbol, bound, strict) for every symbol that the premise bounds from below, affinely."""
    if isinstance(premise, (sympy.Gt, sympy.Ge)):
        difference = premise.lhs - premise.rhs
    elif isinstance(premise, (sympy.Lt, sympy.Le)):
        difference = premise.rhs - premise.lhs
    else:
        return []
    strict, found = isinstance(premise, (sympy.Gt, sympy.Lt)), []
    if size(difference) > SIMPLIFIED or difference.has(total):
        return []
    difference = sympy.expand(difference)
    for symbol in sorted(difference.free_symbols & set(ranges), key=str):
        slope = sympy.diff(difference, symbol)
        if slope.is_number and slope.is_positive and not ranges[symbol].each:
            found.append((symbol, sympy.expand(symbol - difference / slope), strict))
    return found


def _whole(bound: Expr, ranges: Mapping[Symbol, Range]) -> bool:
    """Whether an affine bound takes whole values: so do its symbols, and its coefficients are whole."""
    names = sorted(bound.free_symbols, key=str)
    if not all(name in ranges and ranges[name].whole for name in names):
        return False
    coefficients = sympy.Poly(bound, *names).coeffs() if names else [bound]
    return all(isinstance(c, sympy.Integer) for c in coefficients)


def sign(expression: Any, question: Question) -> str | None:
    """The sign that a formula has wherever it is defined and the premises hold; None where it cannot be read off."""
    expression = sympy.sympify(expression)
    if expression.is_number:
        return _of_number(expression)
    if size(expression) > LONGEST:
        return None
    if vanishes(expression, question.ranges):
        return ZERO
    return _read_off(expression, question)


def _of_number(expression: Expr) -> str | None:
    if expression.is_zero:
        return ZERO
    return POSITIVE if expression.is_positive else NEGATIVE if expression.is_negative else None


def _read_off(expression: Expr, question: Question) -> str | None:
    shift = shift_of(question)
    sums = Totals(question.ranges, split=False)
    flat = sums.flat(_as_one_sum(expression, question))
    facts = {"positive": set(shift.positive), "nonnegative": set(shift.nonnegative)}
    for symbol, core in sums.cores.items():
        found = _read_off(core, question)
        if found in (POSITIVE, NONNEGATIVE):
            surely = found == POSITIVE and _has_terms(question.ranges)
            facts["positive" if surely else "nonnegative"].add(symbol)
    try:
        flat = _without_functions(flat.subs(shift.values), facts)
        top, bottom = sympy.fraction(sympy.together(flat))
    except (sympy.PolynomialError, RecursionError):
        return None
    product = _product([_sign_of_polynomial(part, facts) for part in (top, bottom)])
    if product is None or shift.attained:
        return product
    return {POSITIVE: NONNEGATIVE, NEGATIVE: NONPOSITIVE}.get(product, product)


def _has_terms(ranges: Mapping[Symbol, Range]) -> bool:
    """Whether a sum has at least one term; over entries whose number may be 0 it is then 0."""
    counts = [sympy.sympify(s.count) for s in ranges if isinstance(s, Entries)]
    least = [ranges[c].least_whole() if c in ranges and ranges[c].low != -sympy.oo else c for c in counts]
    return all(bool(c.is_positive) for c in least)


def _as_one_sum(expression: Expr, question: Question) -> Expr:
    """Σ a·f + b·Σ h as Σ (a·f + b·h), so that the sign of what is summed decides."""
    merged, rest = [], []
    for term in sympy.Add.make_args(expression):
        sums = [part for part in sympy.Mul.make_args(term) if isinstance(part, total)]
        factor = term / sums[0] if len(sums) == 1 else term
        plain = len(sums) == 1 and not factor.has(total) and not Totals(question.ranges).each(factor)
        merged.append(factor * sums[0].args[0]) if plain else rest.append(term)
    return total(sympy.factor(sympy.Add(*merged))) + sympy.Add(*rest) if len(merged) > 1 else expression


def _without_functions(node: Any, facts: dict[str, set[Symbol]]) -> Expr:
    """Radicals, exponentials and values of other functions as symbols with what is known of their signs."""
    radicals: dict[Expr, Symbol] = {}
    rules: list[tuple[Symbol, int, Expr]] = []
    flat = _as_rational(node, radicals, rules)
    for key, symbol in radicals.items():
        if isinstance(key, sympy.Pow) and key.base.is_number and key.base.is_positive:
            facts["positive"].add(symbol)
        elif isinstance(key, sympy.Pow) and isinstance(key.exp, sympy.Rational):
            inside = _product([_sign_of_polynomial(part, facts) for part in sympy.fraction(sympy.together(key.base))])
            facts["positive" if inside == POSITIVE else "nonnegative"].add(symbol)
    return flat


def _sign_of_polynomial(top: Expr, facts: Mapping[str, set[Symbol]]) -> str | None:
    """From the coefficients; if they differ in sign, from those of the factors."""
    if top.is_number:
        return _of_number(top)
    found = _from_coefficients(sympy.expand(top), facts)
    if found is not None or size(top) > LONGEST:
        return found
    number, factors = sympy.factor_list(top)
    if len(factors) == 1 and factors[0][1] == 1:
        return None
    signs: list[str | None] = [_of_number(number)]
    for factor, power in factors:
        one = _from_coefficients(sympy.expand(factor), facts)
        signs.append(one if power % 2 else POSITIVE if one in (POSITIVE, NEGATIVE) else NONNEGATIVE)
    return _product(signs)


def _from_coefficients(top: Expr, facts: Mapping[str, set[Symbol]]) -> str | None:
    if top == 0:
        return ZERO
    names = sorted(top.free_symbols, key=str)
    if not names:
        return _of_number(top)
    polynomial = sympy.Poly(top, *names)
    signs, strict = set(), False
    for powers, coefficient in polynomial.terms():
        used = [(s, e) for s, e in zip(names, powers, strict=True) if e]
        if any(s not in facts["positive"] and s not in facts["nonnegative"] and e % 2 for s, e in used):
            return None
        sign_here = _of_number(coefficient)
        if sign_here not in (POSITIVE, NEGATIVE):
            return None
        signs.add(sign_here)
        strict |= all(s in facts["positive"] for s, _ in used)
    if len(signs) > 1:
        return None
    if strict:
        return signs.pop()
    return NONNEGATIVE if signs == {POSITIVE} else NONPOSITIVE


def _product(signs: list[str | None]) -> str | None:
    if None in signs:
        return None
    if ZERO in signs:
        return ZERO
    negative = sum(s in (NEGATIVE, NONPOSITIVE) for s in signs) % 2
    strict = all(s in (POSITIVE, NEGATIVE) for s in signs)
    found = POSITIVE if strict else NONNEGATIVE
    return FLIPPED[found] if negative else found

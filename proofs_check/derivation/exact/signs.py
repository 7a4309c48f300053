"""Signs that can be read off coefficients, once every symbol is expressed by others whose signs are known."""

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Symbol

from proofs_check.derivation.exact.atoms import Atoms
from proofs_check.derivation.exact.normal import LONGEST, vanishes
from proofs_check.derivation.exact.shift import shift_of
from proofs_check.derivation.exact.totals import Totals, counts, has_terms
from proofs_check.derivation.question import Question, size
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import ball_at

BITS = (100, 1000)
POSITIVE, NONNEGATIVE, NEGATIVE, NONPOSITIVE, ZERO = "+", "0+", "-", "0-", "0"
FLIPPED = {POSITIVE: NEGATIVE, NONNEGATIVE: NONPOSITIVE, NEGATIVE: POSITIVE, NONPOSITIVE: NONNEGATIVE, ZERO: ZERO}
SETTLES = {
    ">=": {POSITIVE: True, NONNEGATIVE: True, ZERO: True, NEGATIVE: False},
    ">": {POSITIVE: True, ZERO: False, NEGATIVE: False, NONPOSITIVE: False},
    "==": {ZERO: True, POSITIVE: False, NEGATIVE: False},
    "!=": {ZERO: False, POSITIVE: True, NEGATIVE: True},
}


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
    """The sign of a number, by balls; zero only where algebra shows it."""
    if isinstance(expression, sympy.Rational):
        return ZERO if expression == 0 else POSITIVE if expression > 0 else NEGATIVE
    if expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
        return None
    for bits in BITS:
        try:
            ball = ball_at(expression, {}, bits)
        except (BadInput, ZeroDivisionError, ValueError):
            return None
        if ball > 0 or ball < 0:
            return POSITIVE if ball > 0 else NEGATIVE
    return ZERO if vanishes(expression, {}) else None


def _read_off(expression: Expr, question: Question) -> str | None:
    shift = shift_of(question)
    sums = Totals(question.ranges, split=False)
    flat = sums.flat(_as_one_sum(expression, question))
    facts = {"positive": set(shift.positive), "nonnegative": set(shift.nonnegative)}
    for symbol, core in sums.cores.items():
        found = _read_off(core, question)
        if found in (POSITIVE, NONNEGATIVE):
            surely = found == POSITIVE and has_terms(core, question.ranges)
            facts["positive" if surely else "nonnegative"].add(symbol)
    try:
        flat = _without_functions(flat.subs(shift.values), facts)
        product = _sign_of_ratio(flat, facts)
    except (sympy.PolynomialError, RecursionError):
        return None
    if product is None or shift.attained:
        return product
    return {POSITIVE: NONNEGATIVE, NEGATIVE: NONPOSITIVE}.get(product, product)


def _as_one_sum(expression: Expr, question: Question) -> Expr:
    """Σ a·f + b·Σ h as Σ (a·f + b·h), so that the sign of what is summed decides: sums of equally many terms."""
    shared = counts(expression, question.ranges)
    if len(shared) != 1:
        return expression
    merged, rest = [], []
    for term in sympy.Add.make_args(expression):
        sums = [part for part in sympy.Mul.make_args(term) if isinstance(part, total)]
        factor = term / sums[0] if len(sums) == 1 else term
        plain = len(sums) == 1 and not factor.has(total) and not Totals(question.ranges).each(factor)
        plain = plain and counts(sums[0].args[0], question.ranges) == shared
        merged.append(factor * sums[0].args[0]) if plain else rest.append(term)
    return total(sympy.factor(sympy.Add(*merged))) + sympy.Add(*rest) if len(merged) > 1 else expression


def _without_functions(node: Any, facts: dict[str, set[Symbol]]) -> Expr:
    """Radicals, exponentials and values of other functions as symbols with what is known of their signs."""
    atoms = Atoms(real=True)
    flat = atoms.rational(node)
    for key, symbol in atoms.symbols.items():
        if isinstance(key, sympy.Pow) and key.base.is_number and key.base.is_positive:
            facts["positive"].add(symbol)
            flat = _from_one(flat, key, symbol, facts)
        elif isinstance(key, sympy.Pow) and isinstance(key.exp, sympy.Rational):
            inside = _sign_of_ratio(key.base, facts)
            facts["positive" if inside == POSITIVE else "nonnegative"].add(symbol)
        elif isinstance(key, sympy.Pow) and key.exp.is_real and key.base.is_rational_function():
            facts["positive"] |= {symbol} if _sign_of_ratio(key.base, facts) == POSITIVE else set()
        elif isinstance(key, sympy.gamma) and key.args[0].is_rational_function():
            facts["positive"] |= {symbol} if _sign_of_ratio(key.args[0], facts) == POSITIVE else set()
    return flat


def _from_one(flat: Expr, key: sympy.Pow, symbol: Symbol, facts: dict[str, set[Symbol]]) -> Expr:
    """A power of a number above 1, whose exponent has a sign, as 1 + h or 1/(1 + h) with h ≥ 0."""
    rational = key.exp.is_rational_function() and key.exp.free_symbols
    way = _sign_of_ratio(key.exp, facts) if rational and (key.base - 1).is_positive else None
    if way not in (POSITIVE, NONNEGATIVE, NEGATIVE, NONPOSITIVE):
        return flat
    rest = sympy.Dummy("h", real=True)
    facts["positive" if way in (POSITIVE, NEGATIVE) else "nonnegative"].add(rest)
    return flat.subs(symbol, 1 + rest if way in (POSITIVE, NONNEGATIVE) else 1 / (1 + rest))


def _sign_of_ratio(expression: Expr, facts: Mapping[str, set[Symbol]]) -> str | None:
    return _product([_sign_of_polynomial(part, facts) for part in sympy.fraction(sympy.together(expression))])


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

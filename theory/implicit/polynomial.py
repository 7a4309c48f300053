"""Polynomial equations: every solution listed, each in a certified ball, so that a branch picks among all of them.

One unknown: certified isolation of all complex roots. Several: eliminants by a Groebner basis, then every combination
of their roots is either excluded by balls or certified by Krawczyk's test.
"""

import itertools
from typing import Any

import sympy
from flint import acb, acb_poly, arb, fmpq, fmpq_poly
from sympy import Expr, Poly, PolynomialError, Symbol

from theory.domain import total
from theory.errors import BadInput, NoRoot
from theory.evaluate import complex_ball_at, precision
from theory.implicit.krawczyk import Certified, certified
from theory.implicit.system import System
from theory.setting import symbols_of
from theory.values import exact as rational

HIGHEST = 60  # degree in one unknown
MOST_SOLUTIONS = 36  # product of the degrees of a system
FEWEST_BITS = 60  # of a coefficient
EXCLUDING = 60  # digits at which combinations are told from solutions


def solutions_of(system: System, digits: int) -> list[Certified] | None:
    """All solutions with the unknowns real where they are declared so; None where the equations are no polynomials.

    Raises NoRoot where a solution is a multiple one, which no Newton test can certify.
    """
    if any(expression.has(total) or len(expression.free_symbols) == 0 for expression in system.equations):
        return None
    numerators = [_numerator(equation, system) for equation in system.equations]
    if any(numerator is None for numerator in numerators):
        return None
    lists = _one(system, numerators[0], digits) if len(numerators) == 1 else _several(system, numerators)
    if lists is None:
        return None
    found: list[Certified] = []
    for combination in itertools.product(*lists):
        one = _solution(system, combination, digits)
        if one is not None and not any(other.meets(one) for other in found):
            found.append(one)
    return found


def _numerator(equation: Expr, system: System) -> Poly | None:
    """The numerator as a polynomial in the unknowns; rational values are put in, others stay symbols."""
    exact = {symbol: value for symbol, value in system.values.items() if isinstance(value, sympy.Rational)}
    exact |= {symbol: sympy.Integer(value) for symbol, value in system.values.items() if isinstance(value, int)}
    plain = equation.xreplace({number: rational(repr(float(number))) for number in equation.atoms(sympy.Float)} | exact)
    if not plain.is_rational_function(*system.symbols):
        return None
    try:
        poly = Poly(sympy.fraction(sympy.together(plain))[0], *system.symbols)
    except PolynomialError:
        return None
    if poly.is_zero or max(poly.degree_list()) > HIGHEST:
        return None
    return poly


def _one(system: System, poly: Poly, digits: int) -> list[list[Any]] | None:
    """The roots of one polynomial, as balls that hold one root each."""
    bits = int(3.33 * digits) + 128
    with precision(bits):
        if poly.domain in (sympy.QQ, sympy.ZZ):
            coefficients = [fmpq(int(c.p), int(c.q)) for c in reversed(poly.all_coeffs())]
            return [[_marked(ball, times) for ball, times in _isolated(coefficients)]]
        known = dict(system.values)
        balls = [acb(complex_ball_at(coefficient, known, bits)) for coefficient in reversed(poly.all_coeffs())]
        vague = any(not ball.is_exact() and ball.rel_accuracy_bits() < FEWEST_BITS for ball in balls)
        if len(balls) < 2 or balls[-1].contains(0) or vague:
            return None
        try:
            return [acb_poly(balls).roots(maxprec=4 * bits)]
        except ValueError:
            return None  # multiple, or nearly so: the numerical way says more


class _Multiple:
    """A root of higher multiplicity."""

    def __init__(self, ball: Any) -> None:
        self.ball = ball


def _marked(ball: Any, times: int) -> Any:
    return acb(ball) if times == 1 else _Multiple(acb(ball))


def _several(system: System, polys: list[Any]) -> list[list[Any]] | None:
    """The roots of the eliminant of every unknown; None where there are too many or infinitely many solutions."""
    degrees = sympy.prod([poly.total_degree() for poly in polys])
    if degrees > MOST_SOLUTIONS or any(poly.domain not in (sympy.QQ, sympy.ZZ) for poly in polys):
        return None
    try:
        basis = sympy.groebner([poly.as_expr() for poly in polys], *system.symbols, order="grevlex")
        if basis.exprs == [1]:
            return [[] for _ in polys]
        if not basis.is_zero_dimensional:
            return None
        return [_roots_of(_eliminant(basis, system.symbols, symbol)) for symbol in system.symbols]
    except (PolynomialError, NotImplementedError):
        return None


def _eliminant(basis: Any, symbols: tuple[Symbol, ...], kept: Symbol) -> Poly:
    """The polynomial in one unknown that every solution satisfies."""
    order = [symbol for symbol in symbols if symbol != kept] + [kept]
    lexical = sympy.groebner(list(basis.exprs), *order, order="lex")
    last = [expression for expression in lexical.exprs if symbols_of([expression]) <= {kept}]
    return Poly(last[-1], kept)


def _roots_of(poly: Poly) -> list[Any]:
    with precision(int(3.33 * EXCLUDING) + 128):
        coefficients = [fmpq(int(c.p), int(c.q)) for c in reversed(poly.sqf_part().all_coeffs())]
        return [acb(ball) for ball, _ in _isolated(coefficients)]


def _isolated(coefficients: list[fmpq]) -> list[tuple[Any, int]]:
    """The complex roots of a rational polynomial, each alone in its ball, with multiplicities; real ones are real."""
    found: Any = fmpq_poly(coefficients).complex_roots() if len(coefficients) > 1 else []
    return list(found)


def _solution(system: System, combination: tuple[Any, ...], digits: int) -> Certified | None:
    """The certified solution at a combination of roots; None where they solve nothing, or are not real.

    Raises NoRoot where they solve the equations, but not simply.
    """
    multiple = any(isinstance(part, _Multiple) for part in combination)
    parts = [part.ball if isinstance(part, _Multiple) else part for part in combination]
    if any(not root.complex and not part.imag.contains(0) for root, part in zip(system.roots, parts, strict=True)):
        return None
    parts = parts if system.complex else [part.real for part in parts]
    outside = [
        not root.complex and bool((part if isinstance(part, arb) else part.real) < root.interval[0]
                                  or (part if isinstance(part, arb) else part.real) > root.interval[1])
        for root, part in zip(system.roots, parts, strict=True)
    ]  # fmt: skip
    if any(outside):
        return None
    try:
        values = system.at(parts, int(3.33 * EXCLUDING) + 128)
    except BadInput:
        values = []
    if any(value.is_finite() and not value.contains(0) for value in values):
        return None
    one = None if multiple else certified(system, [part.mid() for part in parts], digits)
    if one is None and (multiple or len(parts) > 1 or _finite_there(system, parts)):
        names = ", ".join(f"{s}={part.str(6, radius=False)}" for s, part in zip(system.symbols, parts, strict=True))
        raise NoRoot(
            f"no root of the equation for {system.names} is simple: {names} is a double root or worse; a branch of "
            "solutions ends there, move the point"
        )
    return one


def _finite_there(system: System, parts: list[Any]) -> bool:
    """Whether the equation itself, not only its numerator, is defined at a root."""
    return all(value.is_finite() for value in system.at(parts, 400))


__all__ = ["solutions_of"]

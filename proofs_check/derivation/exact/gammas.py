"""Gamma functions in a normal form: recurrence, reflection and multiplication bring arguments to a common unit."""

from typing import Any

import sympy
from sympy import Expr, Integer, Rational

MOST = 6  # the largest multiple, and the largest whole shift is ten times that


def as_gammas(expression: Expr) -> Expr:
    """Factorials and binomials as Gamma functions, where the argument above the line is certainly positive.

    1/Γ is entire, so identities between these hold at their zeros too.
    """
    gamma = sympy.gamma
    ways: list[tuple[Any, Any]] = [
        (sympy.factorial, lambda n: (n + 1, lambda: gamma(n + 1))),
        (sympy.binomial, lambda n, k: (n + 1, lambda: gamma(n + 1) / gamma(k + 1) / gamma(n - k + 1))),
        (sympy.FallingFactorial, lambda x, k: (x + 1, lambda: gamma(x + 1) / gamma(x - k + 1))),
        (sympy.RisingFactorial, lambda x, k: (sympy.Min(x, x + k), lambda: gamma(x + k) / gamma(x))),
        (sympy.beta, lambda a, b: (sympy.Min(a, b), lambda: gamma(a) * gamma(b) / gamma(a + b))),
    ]
    for function, way in ways:
        for node in expression.atoms(function):
            above, written = way(*node.args)
            if above.is_positive:
                expression = expression.xreplace({node: written()})
    return expression


def primitive(argument: Expr) -> tuple[Rational, Expr]:
    """(number, rest): what is left of an argument without its constant is number·rest, the rest of a plain sign."""
    _, moving = sympy.expand(argument).as_coeff_Add()
    number, rest = moving.primitive()
    return (-number, -rest) if rest.could_extract_minus_sign() else (number, rest)


def gamma_in(atoms: Any, node: Expr) -> Expr:
    """Γ of an argument by Γ(unit + c), 0 < c ≤ 1, the same unit for all arguments that are multiples of it."""
    constant, moving = sympy.expand(node.args[0]).as_coeff_Add()
    number, rest = primitive(node.args[0])
    part = atoms.parts.get((sympy.gamma, rest), 1)
    whole = number * part
    if moving == 0 or not isinstance(constant, Rational) or not whole.is_Integer or abs(whole) > MOST:
        return atoms.symbol(node)
    if whole < 0:
        argument = 1 - node.args[0]
        return atoms.of(sympy.pi / sympy.sin(sympy.expand(sympy.pi * node.args[0]))) / gamma_in(
            atoms, sympy.gamma(argument, evaluate=False)
        )
    if whole > 1:
        return _multiplied(atoms, rest / part, constant, int(whole))
    return _shifted(atoms, rest / part, constant)


def _multiplied(atoms: Any, unit: Expr, constant: Rational, times: int) -> Expr:
    """Γ(Nz) = (2π)^((1−N)/2) N^(Nz−1/2) ∏ Γ(z + k/N) with z = unit + constant/N."""
    half = Rational(1 - times, 2)
    front = atoms.of(2**half) * atoms.of(sympy.pi**half)
    power = atoms.of(sympy.Pow(times, sympy.expand(times * unit + constant - Rational(1, 2))))
    parts = [_shifted(atoms, unit, (constant + k) / Integer(times)) for k in range(times)]
    return front * power * sympy.Mul(*parts)


def _shifted(atoms: Any, unit: Expr, constant: Rational) -> Expr:
    """Γ(unit + constant) from Γ(unit + c), 0 < c ≤ 1, by Γ(z + 1) = zΓ(z)."""
    least = constant - sympy.ceiling(constant) + 1
    steps = int(constant - least)
    lowest = atoms.symbol(sympy.gamma(unit + least, evaluate=False))
    if abs(steps) > 10 * MOST:
        return atoms.symbol(sympy.gamma(unit + constant, evaluate=False))
    shifts = range(steps) if steps > 0 else range(steps, 0)
    product = sympy.Mul(*(atoms.of(unit) + least + i for i in shifts))
    return lowest * product if steps > 0 else lowest / product

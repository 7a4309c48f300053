"""Averages against normal, Marchenko–Pastur and semicircle laws, as integrals that every evaluator and printer reads.

What is averaged is a function of one or two expressions: `normal_mean(lambda z: tanh(z) ** 2)`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Dummy, Expr, Integral, Piecewise, Symbol, exp, oo, pi, sqrt, sympify


def normal_mean(function: Callable[[Expr], Any]) -> Expr:
    """E f(Z) for a standard normal Z."""
    (z,) = _variables(function, "z")
    return Integral(function(z) * exp(-(z**2) / 2) / sqrt(2 * pi), (z, -oo, oo))


def normal_pair_mean(function: Callable[[Expr, Expr], Any], correlation: Any) -> Expr:
    """E f(Z₁, Z₂) for standard normal variables of that correlation, Z₂ = ρ Z₁ + √(1 − ρ²) Y."""
    z, y = _variables(function, "z", "y")
    rho = sympify(correlation)
    other = rho * z + sqrt(1 - rho**2) * y
    return Integral(function(z, other) * exp(-(z**2 + y**2) / 2) / (2 * pi), (y, -oo, oo), (z, -oo, oo))


def marchenko_pastur_mean(function: Callable[[Expr], Any], ratio: Any) -> Expr:
    """∫ f dμ for the limit law of the eigenvalues of XᵀX/n, X (n, p) of unit variance, p/n → ratio.

    Its density is √((b − x)(x − a))/(2π ratio x) between a, b = (1 ∓ √ratio)²; for ratio > 1 a share 1 − 1/ratio is 0.
    """
    (x,) = _variables(function, "x")
    c = sympify(ratio)
    low, high = (1 - sqrt(c)) ** 2, (1 + sqrt(c)) ** 2
    bulk = Integral(function(x) * sqrt((high - x) * (x - low)) / (2 * pi * c * x), (x, low, high))
    atom = (1 - 1 / c) * sympify(function(sympify(0)))
    return Piecewise((bulk, c <= 1), (bulk + atom, True))


def semicircle_mean(function: Callable[[Expr], Any], variance: Any = 1) -> Expr:
    """∫ f dμ for Wigner's law of that variance, of density √(4s² − x²)/(2πs²) between −2s and 2s."""
    (x,) = _variables(function, "x")
    s = sqrt(sympify(variance))
    return Integral(function(x) * sqrt((2 * s - x) * (2 * s + x)) / (2 * pi * s**2), (x, -2 * s, 2 * s))


def _variables(function: Callable[..., Any], *names: str) -> Iterator[Symbol]:
    """Real symbols for the variables of a function, with names that it does not use itself."""
    places = [Dummy(real=True) for _ in names]
    inside = sympify(function(*places))
    used = {symbol.name for symbol in inside.free_symbols | inside.atoms(Symbol)}
    for name in names:
        yield Symbol(next(one for one in _numbered(name) if one not in used), real=True)


def _numbered(name: str) -> Iterator[str]:
    """name, name1, name2, …"""
    yield name
    number = 1
    while True:
        yield f"{name}{number}"
        number += 1

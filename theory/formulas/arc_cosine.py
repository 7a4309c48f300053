"""Arc-cosine kernels of degree 0 and 1, both 1 at cosine 1."""

from sympy import Expr, acos, pi, sqrt


def k0(c: Expr) -> Expr:
    """2·P(u > 0, v > 0) for standard normal u, v with correlation c."""
    return (pi - acos(c)) / pi


def k1(c: Expr) -> Expr:
    """2·E relu(u) relu(v) for standard normal u, v with correlation c."""
    return (sqrt(1 - c**2) + (pi - acos(c)) * c) / pi

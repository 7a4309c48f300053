"""Why E[W⁻¹] = I/(n − p − 1) for a Wishart matrix W of n samples in p dimensions, as steps of a derivation."""

from typing import Any

from sympy import Derivative, Matrix, Rational, Symbol, exp, oo, sqrt

from theory.domain import total
from theory.proof import Assumed, Entries, Identical, Integration, Solution, Step

m, x, mean, dof, gain = (Symbol(name, positive=True) for name in ("m", "x", "mean", "dof", "gain"))
a, b, s = (Symbol(name, positive=True) for name in "abs")
r = Symbol("r", real=True)
BY_PARTS = Integration(
    (m / x - Rational(1, 2)) * x**m * exp(-x / 2), x, 0, oo, 0, antiderivative=x**m * exp(-x / 2), everywhere=True,
    because="m = dof/2 − 1: the weight x^m e^(−x/2) is that of χ² with dof degrees of freedom",
)  # fmt: skip


def reciprocal_mean(columns: Any) -> list[Step]:
    """Diagonal entries of W⁻¹ in any dimension: one over χ², of mean 1/(dof − 2). `columns`: how many entries each."""
    u, v = Entries("u", columns, real=True), Entries("v", columns, real=True)
    outside = u - v * total(u * v) / total(v**2)
    return [
        Identical(total(u**2) - total(u * v) ** 2 / total(v**2), total(outside**2), given=[total(v**2) > 0],
                  everywhere=True, because="1/(W⁻¹)₁₁ by an inverse in blocks: the squared length of a column outside "
                  "the span of the others, here one, or any orthogonal ones in turn"),
        Assumed("this length is χ² with n − p + 1 degrees of freedom", "a standard normal vector, projected"),
        BY_PARTS,
        Solution(mean, 1 / (dof - 2), (dof / 2 - 1) * mean - Rational(1, 2), given=[dof > 2], unique=True,
                 everywhere=True, because="so E[1/χ²] = 1/(dof − 2)"),
    ]  # fmt: skip


def two_dimensions(n: Any, claimed: Any) -> list[Step]:
    """E tr W⁻¹ at p = 2, integrated over the density of W = [[a, r√(ab)], [r√(ab), b]]; `claimed`: what it must be."""
    W = Matrix([[a, r * sqrt(a * b)], [r * sqrt(a * b), b]])
    turned = r * (1 - r**2) ** s
    return [
        Identical(W.adjugate().trace() / W.det(), (1 / a + 1 / b) / (1 - r**2), given=[r**2 < 1], everywhere=True),
        Identical(W.det(), a * b * (1 - r**2), everywhere=True),
        Identical(Derivative(r * sqrt(a * b), r), sqrt(a * b), everywhere=True,
                  because="so the density det W^((n − 3)/2)·e^(−tr W/2) dw₁₂ is (ab)^(n/2 − 1)·e^(−(a + b)/2) times "
                  "(1 − r²)^((n − 3)/2) dr: a, b and r are independent, a and b are χ² with n degrees of freedom"),
        Integration((1 + 2 * s) * (1 - r**2) ** s - 2 * s * (1 - r**2) ** (s - 1), r, -1, 1, 0, antiderivative=turned,
                    everywhere=True, because="s = (n − 3)/2: E[1/(1 − r²)] = (1 + 2s)/2s = (n − 2)/(n − 3)"),
        Identical(2 * mean * gain, claimed, where={mean: 1 / (n - 2), gain: (n - 2) / (n - 3)}, given=[n > 3],
                  everywhere=True,
                  because="E[1/a] + E[1/b] times E[1/(1 − r²)] at p = 2"),
    ]  # fmt: skip

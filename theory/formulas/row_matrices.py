"""Second moments of SGD with the entries of the rows as symbols, at small sizes, for steps checked there exactly."""

import itertools
from dataclasses import dataclass

import sympy
from sympy import Expr, Matrix, Rational, Symbol


@dataclass(frozen=True)
class Rows:
    """Rows aᵢ of n samples in d dimensions, as symbols.   Shapes: rows (n, d)."""

    n: int
    d: int

    @property
    def rows(self) -> Matrix:
        return Matrix(self.n, self.d, lambda i, j: Symbol(f"a{i}{j}", real=True))

    def squares(self) -> list[Matrix]:
        """aᵢaᵢᵀ."""
        return [self.rows[i, :].T * self.rows[i, :] for i in range(self.n)]

    def hessian(self) -> Matrix:
        return sum(self.squares(), sympy.zeros(self.d)) / self.n

    def quartic(self) -> Expr:
        return sum(((self.rows[i, :] * self.rows[i, :].T)[0] ** 2 for i in range(self.n)), sympy.Integer(0)) / self.n

    def symmetric(self, name: str) -> Matrix:
        return Matrix(self.d, self.d, lambda i, j: Symbol(f"{name}{min(i, j)}{max(i, j)}", real=True))

    def noise(self, moment: Matrix) -> Matrix:
        """(1/n) Σ aᵢaᵢᵀ S aᵢaᵢᵀ."""
        return sum((square * moment * square for square in self.squares()), sympy.zeros(self.d)) / self.n

    def after_a_step(self, moment: Matrix, eta: Expr, factor: Expr) -> Matrix:
        """T(S) = (I − ηH) S (I − ηH) + cη² ((1/n) Σ aᵢaᵢᵀ S aᵢaᵢᵀ − HSH)."""
        still = sympy.eye(self.d) - eta * self.hessian()
        hessian = self.hessian()
        return still * moment * still + factor * eta**2 * (self.noise(moment) - hessian * moment * hessian)

    def over_batches(self, moment: Matrix, batch: int, *, replaced: bool) -> Matrix:
        """The mean of H_b S H_b over all batches."""
        if replaced:
            batches = list(itertools.product(range(self.n), repeat=batch))
        else:
            batches = list(itertools.combinations(range(self.n), batch))
        squares, found = self.squares(), sympy.zeros(self.d)
        for chosen in batches:
            mean = sum((squares[i] for i in chosen), sympy.zeros(self.d)) / batch
            found += mean * moment * mean
        return found / len(batches)


def batch_factor(n: int, batch: int, *, replaced: bool) -> Expr:
    """1/B with replacement, (n − B)/(B(n − 1)) without."""
    return Rational(1, batch) if replaced else Rational(n - batch, batch * (n - 1))

"""Sums of squares: a numerical Gram matrix by a conic solver (extra `solvers`), rounded, and checked in rationals."""

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import sympy
from flint import fmpq, fmpq_mat
from sympy import Dummy, Expr

from proofs_check.derivation.exact import shift, signs
from proofs_check.derivation.outcome import Outcome, proved, undecided
from proofs_check.derivation.question import Question
from theory.domain import total

MOST_MONOMIALS = 35
DENOMINATORS = (1, 60, 10**4, 10**8, 10**12)

Powers = tuple[int, ...]


def decide(question: Question) -> tuple[Outcome, None]:
    """Proved where larger − smaller, times a positive denominator, is a sum of squares; otherwise undecided."""
    goal = question.goal
    if not isinstance(goal, (sympy.Ge, sympy.Le)):
        return undecided("squares", ""), None
    difference = goal.rhs - goal.lhs if isinstance(goal, sympy.Le) else goal.lhs - goal.rhs
    polynomial = _polynomial(difference, question)
    if polynomial is None:
        return undecided("squares", ""), None
    count = certificate(polynomial)
    if count:
        return proved("sum of squares", f"{count} squares with rational coefficients"), None
    return undecided("squares", ""), None


def _polynomial(difference: Expr, question: Question) -> sympy.Poly | None:
    """The numerator in real unknowns: a quantity that is not negative is a square."""
    if difference.has(total) or not difference.is_rational_function():
        return None
    top, bottom = sympy.fraction(sympy.together(difference))
    found = signs.sign(bottom, question)
    if found not in (signs.POSITIVE, signs.NEGATIVE):
        return None
    moved = shift.shift_of(question)
    signed = sorted(moved.positive | moved.nonnegative, key=str)
    roots = {symbol: Dummy(f"y{i}", real=True) ** 2 for i, symbol in enumerate(signed)}
    top = (top if found == signs.POSITIVE else -top).subs(moved.values).subs(roots)
    numerator, denominator = sympy.fraction(sympy.together(top))
    numerator = sympy.expand(numerator / denominator if denominator.is_number else numerator * denominator)
    names = sorted(numerator.free_symbols, key=str)
    if not names or len(names) > 6:
        return None
    polynomial = sympy.Poly(numerator, *names)
    return polynomial if all(c.is_Rational for c in polynomial.coeffs()) else None


def certificate(polynomial: sympy.Poly) -> int:
    """The number of squares of an exact certificate p = mᵀGm with G positive semidefinite in rationals; 0 for none."""
    monomials = _basis(polynomial)
    if not monomials or len(monomials) > MOST_MONOMIALS:
        return 0
    gram = _numerical(polynomial, monomials)
    if gram is None:
        return 0
    for denominator in DENOMINATORS:
        exact = _projected(polynomial, monomials, gram, denominator)
        rank = _rank_if_semidefinite(exact)
        if rank:
            return rank
    return 0


def _basis(polynomial: sympy.Poly) -> list[Powers]:
    """Monomials whose doubles lie in the box and the degrees of the polynomial."""
    powers = [p for p, _ in polynomial.terms()]
    most = [max(p[i] for p in powers) for i in range(len(powers[0]))]
    high, low = max(map(sum, powers)), min(map(sum, powers))
    if high % 2 or low % 2 or any(m % 2 for m in most):
        return []
    everything = itertools.product(*(range(m // 2 + 1) for m in most))
    return [p for p in itertools.islice(everything, 5000) if low <= 2 * sum(p) <= high]


def _classes(monomials: list[Powers]) -> dict[Powers, list[tuple[int, int]]]:
    found: dict[Powers, list[tuple[int, int]]] = defaultdict(list)
    for i, a in enumerate(monomials):
        for j, b in enumerate(monomials):
            found[tuple(x + y for x, y in zip(a, b, strict=True))].append((i, j))
    return found


def _numerical(polynomial: sympy.Poly, monomials: list[Powers]) -> np.ndarray | None:
    """A Gram matrix in float64, far from singular where there is room; None where there is none, or no solver."""
    try:
        import cvxpy
    except ImportError:
        return None
    coefficients, classes = dict(polynomial.terms()), _classes(monomials)
    if not set(coefficients) <= set(classes):
        return None
    size = len(monomials)
    gram, room = cvxpy.Variable((size, size), PSD=True), cvxpy.Variable()
    equations: list[Any] = [
        sum(gram[i, j] for i, j in pairs) == float(coefficients.get(powers, 0)) for powers, pairs in classes.items()
    ]
    problem = cvxpy.Problem(cvxpy.Maximize(room), [*equations, gram - room * np.eye(size) >> 0, room <= 1])
    try:
        problem.solve(solver=cvxpy.CLARABEL)
    except (cvxpy.SolverError, ValueError):
        return None
    return gram.value if problem.status in ("optimal", "optimal_inaccurate") else None


def _projected(polynomial: sympy.Poly, monomials: list[Powers], gram: np.ndarray, denominator: int) -> list[list[Any]]:
    """The Gram matrix in rationals, moved so that its monomials add up exactly."""
    coefficients = {p: fmpq(int(c.p), int(c.q)) for p, c in polynomial.terms()}
    exact = [[fmpq(round(float(x) * denominator), denominator) for x in row] for row in (gram + gram.T) / 2]
    for powers, pairs in _classes(monomials).items():
        lacking = coefficients.get(powers, fmpq(0)) - sum((exact[i][j] for i, j in pairs), fmpq(0))
        for i, j in pairs:
            exact[i][j] += lacking / len(pairs)
    return exact


def _rank_if_semidefinite(matrix: list[list[Any]]) -> int:
    """The rank of a symmetric rational matrix if it is positive semidefinite, otherwise 0: elimination, exactly."""
    rows, rank = [list(row) for row in fmpq_mat(matrix).tolist()], 0
    for k in range(len(rows)):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][j] != 0 for j in range(k, len(rows)))):
            return 0
        if pivot == 0:
            continue
        rank += 1
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / pivot
            for j in range(k, len(rows)):
                rows[i][j] -= factor * rows[k][j]
    return rank

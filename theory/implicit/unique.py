"""Whether a solution is the only one: by the signs of the Jacobian, or by branch and bound over the brackets.

Signs: a system whose Jacobian is everywhere a P-matrix (all principal minors positive; nonnegative where only its
determinant is positive) on an open rectangle takes each value at most once (Gale and Nikaido, 1965, theorems 4 and 4w).
For one unknown that is monotonicity. Rows may be exchanged and change their sign.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy
from flint import acb
from sympy import Basic, Expr, Symbol, true

from theory.domain import total
from theory.errors import BadInput, NoRoot
from theory.implicit.branches import belongs
from theory.implicit.intervals import Interval, enclosing
from theory.implicit.krawczyk import Certified
from theory.implicit.polynomial import solutions_of
from theory.implicit.root import Root
from theory.implicit.system import System, jacobian

ELEMENTS = 30_000_000  # boxes × modes that branch and bound may look at
MOST_BOXES = 4096
TOGETHER = 128  # boxes × modes that take hardly longer than one
ROUNDS = 200
SMOOTH = (sympy.exp, sympy.tanh, sympy.sinh, sympy.cosh, sympy.atan, sympy.erf, sympy.erfc, total)


def only_solution(system: System, found: Certified) -> str:
    """Why there is no other solution in the brackets and on the branches; empty where that is not proved."""
    if system.complex:
        return ""
    if by_signs(system):
        return "the signs of the Jacobian" if len(system.roots) > 1 else "monotone"
    try:
        with np.errstate(all="ignore"):  # ends at infinity are part of the arithmetic
            return "branch and bound over the brackets" if _nothing_else(system, found) else ""
    except BadInput:  # a function without an enclosure in float64
        return ""


def only_scalar(system: System, ball: Any) -> tuple[str, bool]:
    """What is known of one unknown whose equation changes sign across a ball, and whether it is proved to be alone."""
    (root,) = system.roots
    found = Certified((ball,), system, 200)
    listed = None if system.complex else _listed(system)
    proof = "all solutions listed" if listed else only_solution(system, found)
    if proof:
        return f"{root.symbol} unique: {proof}", True
    return (
        f"{root.symbol} certified by a change of sign; that there is no other root in {root.place} was looked for "
        "on a grid and is not proved",
        False,
    )


def _listed(system: System) -> bool:
    """Whether the equation is a polynomial with one root in the bracket and on the branch, of which there is one."""
    try:
        found = solutions_of(system, 20)
        return found is not None and sum(belongs(system, one) for one in found) == 1
    except NoRoot:
        return False


# signs


def by_signs(system: System) -> bool:
    """Whether the Jacobian, some rows exchanged or negated, is a P-matrix wherever the unknowns may lie."""
    zeros = {
        symbol: sympy.S.Zero
        for symbol, value in system.values.items()
        if isinstance(value, (int, sympy.Number)) and value == 0
    }
    stand_ins = {
        root.symbol: sympy.Dummy(str(root.symbol), positive=True)
        for root in system.roots
        if root.positive and not root.symbol.is_positive
    }
    equations = tuple(equation.xreplace(zeros) for equation in system.equations)
    if not all(_smooth(equation.xreplace(stand_ins)) for equation in equations):
        return False
    rows = [[entry.xreplace(stand_ins) for entry in row] for row in jacobian(equations, system.symbols)]
    table = [[_sign(entry) for entry in row] for row in rows]
    return any(_is_p([table[i] for i in order]) for order in itertools.permutations(range(len(table))))


def _is_p(rows: Sequence[Sequence[str]]) -> bool:
    size = range(len(rows))
    turned = [row if rows[i][i] in "+p" else [_negative(s) for s in row] for i, row in enumerate(rows)]
    minors = [
        _minor([[turned[i][j] for j in kept] for i in kept])
        for count in range(1, len(rows) + 1)
        for kept in itertools.combinations(size, count)
    ]
    return minors[-1] == "+" and all(sign in "+p0" for sign in minors)


def _minor(rows: Sequence[Sequence[str]]) -> str:
    """The sign of a determinant from the signs of its entries: that of all its terms, if they agree."""
    terms = []
    for order in itertools.permutations(range(len(rows))):
        sign = "+" if sympy.combinatorics.Permutation(list(order)).is_even else "-"
        for i, j in enumerate(order):
            sign = _product(sign, rows[i][j])
        terms.append(sign)
    kinds = set(terms) - {"0"}
    if not kinds:
        return "0"
    if kinds <= {"+", "p"}:
        return "+" if "+" in kinds else "p"
    return ("-" if "-" in kinds else "n") if kinds <= {"-", "n"} else "?"


def _product(one: str, two: str) -> str:
    if "0" in (one, two):
        return "0"
    if "?" in (one, two):
        return "?"
    weak = one in "pn" or two in "pn"
    positive = (one in "+p") == (two in "+p")
    return ("p" if positive else "n") if weak else ("+" if positive else "-")


def _negative(sign: str) -> str:
    return {"+": "-", "-": "+", "p": "n", "n": "p"}.get(sign, sign)


def _sign(entry: Expr) -> str:
    """+ − 0, p and n for what may also be zero, ? where SymPy's assumptions do not tell."""
    if entry.is_zero:
        return "0"
    for question, answer in (("positive", "+"), ("negative", "-"), ("nonnegative", "p"), ("nonpositive", "n")):
        if getattr(entry, f"is_{question}"):
            return answer
    return "?"


def _smooth(node: Any) -> bool:
    """Whether an expression is certainly defined and differentiable for all values that its symbols may take."""
    if isinstance(node, (Symbol, sympy.Number, sympy.NumberSymbol)):
        return True
    if isinstance(node, sympy.Pow):
        whole = isinstance(node.exp, sympy.Integer)
        safe = (whole and node.exp > 0) or (whole and node.base.is_nonzero) or node.base.is_positive
    elif isinstance(node, sympy.log):
        safe = node.args[0].is_positive
    else:
        safe = isinstance(node, (sympy.Add, sympy.Mul, *SMOOTH))
    return bool(safe) and all(_smooth(part) for part in node.args)


# branch and bound


def _nothing_else(system: System, found: Certified) -> bool:
    """Whether every box of the brackets is excluded, or holds the solution found and no other."""
    if any(isinstance(value, acb) for value in system.read):
        return False
    modes = max((np.size(value) for value in system.read if isinstance(value, (np.ndarray, list))), default=1)
    low, high = _corners(system.roots)
    rows, spent = jacobian(system.equations, system.symbols), 0
    for _ in range(ROUNDS):
        spent += len(low) * modes
        if spent > ELEMENTS or len(low) > MOST_BOXES:
            return False
        boxes = _boxes(system.roots, low, high)
        keep = ~_excluded(system, boxes)
        if len(system.roots) > 1:
            keep &= ~_inside(found, boxes)
        low, high = low[keep], high[keep]
        if not len(low):
            return True
        if len(system.roots) == 1 and _monotone(system, rows[0][0], low, high):
            return True
        low, high = _halved(low, high, TOGETHER // modes)
        if low is None:
            return False
    return False


def _corners(roots: Sequence[Root]) -> tuple[np.ndarray, np.ndarray]:
    """The brackets as one box, in the coordinates that are halved: sign·log of what is not narrow."""
    ends = [[_coordinate(root, end) for root in roots] for end in (0, 1)]
    return np.array([ends[0]]), np.array([ends[1]])


def _coordinate(root: Root, end: int) -> float:
    value = root.interval[end]
    return float(np.log(value)) if root.positive else float(np.arcsinh(value))


def _boxes(roots: Sequence[Root], low: np.ndarray, high: np.ndarray) -> list[Interval]:
    """The boxes as intervals of the unknowns; the rounding of both ends is outwards, so neighbours overlap."""
    found = []
    for i, root in enumerate(roots):
        ends = [np.exp(side[:, i : i + 1]) if root.positive else np.sinh(side[:, i : i + 1]) for side in (low, high)]
        found.append(Interval(ends[0] - 1e-13 * np.abs(ends[0]), ends[1] + 1e-13 * np.abs(ends[1])))
    return found


def _excluded(system: System, boxes: list[Interval]) -> np.ndarray:
    """Where an equation certainly does not vanish, or a branch certainly does not hold."""
    over = enclosing(dict(zip(system.symbols, boxes, strict=True)), system.values)
    out = _excluded_by_slopes(system, boxes, over)
    for equation in system.equations:
        out |= _signs(over(equation), out) != 0
    for root in system.roots:
        for condition in _parts(root.branch):
            out |= _signs(over(condition.gts - condition.lts), out) < 0
    return out


def _signs(found: Interval, boxes: np.ndarray) -> np.ndarray:
    return np.broadcast_to(found.sign(), (len(boxes), 1))[:, 0]


def _excluded_by_slopes(system: System, boxes: list[Interval], over: Callable[[Basic], Interval]) -> np.ndarray:
    """Where F(x̃) + J(X)·(X − x̃) shows the same: it is narrow where the naive enclosure loses to cancellation."""
    centres = [Interval(*[(box.low + box.high) / 2] * 2) for box in boxes]
    at_centre = enclosing(dict(zip(system.symbols, centres, strict=True)), system.values)
    out = np.zeros(len(boxes[0].low), dtype=bool)
    for equation, row in zip(system.equations, jacobian(system.equations, system.symbols), strict=True):
        value = at_centre(equation)
        for entry, box, centre in zip(row, boxes, centres, strict=True):
            value = value + over(entry) * (box - centre)
        out |= _signs(value, out) != 0
    return out


def _parts(branch: Any) -> list[Any]:
    """The inequalities of a branch that hold together; what is no inequality excludes nothing."""
    if branch == true or not isinstance(branch, (sympy.And, sympy.core.relational._Inequality)):
        return []
    return [
        part
        for part in (branch.args if isinstance(branch, sympy.And) else [branch])
        if isinstance(part, sympy.core.relational._Inequality)
    ]


def _inside(found: Certified, boxes: list[Interval]) -> np.ndarray:
    """Which boxes lie where the solution found is alone."""
    within = np.ones(len(boxes[0].low), dtype=bool)
    for box, alone in zip(boxes, found.region, strict=True):
        ends = float(alone.lower()), float(alone.upper())
        width = 1e-12 * abs(ends[1] - ends[0])
        within &= (box.low[:, 0] > ends[0] + width) & (box.high[:, 0] < ends[1] - width)
    return within


def _monotone(system: System, slope: Expr, low: np.ndarray, high: np.ndarray) -> bool:
    """Whether what is left is one interval on which the slope has one certain sign."""
    order = np.argsort(low[:, 0])
    if np.any(low[order][1:, 0] > high[order][:-1, 0]):
        return False
    boxes = _boxes(system.roots, low, high)
    signs = enclosing(dict(zip(system.symbols, boxes, strict=True)), system.values)(slope).sign()
    return bool(np.all(signs == 1) or np.all(signs == -1))


def _halved(low: np.ndarray, high: np.ndarray, enough: int) -> tuple[Any, Any]:
    """Every box cut in two along its longest side, and again while there are fewer than enough."""
    side = np.argmax(high - low, axis=1)
    rows = np.arange(len(low))
    middle = (low[rows, side] + high[rows, side]) / 2
    if np.any((middle <= low[rows, side]) | (middle >= high[rows, side])):
        return None, None
    upper, lower = low.copy(), high.copy()
    upper[rows, side], lower[rows, side] = middle, middle
    cut = np.concatenate([low, upper]), np.concatenate([lower, high])
    return cut if len(cut[0]) >= enough else _halved(*cut, enough)

"""The roots of a claim at a point, in order, and the formula that reads them in symbols that have real values."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import sympy
from flint import acb, arb
from sympy import Symbol, sympify

from theory.implicit.joint import Found, solved_jointly
from theory.implicit.root import Continued, Root, blocks
from theory.implicit.scalar import bracketed
from theory.implicit.slopes import Names, slopes_of, spelled_out
from theory.implicit.system import System
from theory.implicit.unique import only_scalar

SPARE_DIGITS = 6  # a formula loses digits of its root; the root is that much more certain than what is asked
REMEMBERED = 1024
_MEMORY: OrderedDict[Any, "Solution"] = OrderedDict()


@dataclass(frozen=True)
class Solution:
    """A ball around each root, and why each is the only one."""

    roots: tuple[Root, ...]
    values: dict[Symbol, Any]
    known: Mapping[Symbol, Any]
    notes: tuple[Any, ...]

    @property
    def guarantee(self) -> str:
        """"enclosure" where every root is proved to be the only one on its branch; otherwise what is not proved."""
        found = [note() for note in self.notes]
        return "; ".join(["enclosure", *(words for words, proved in found if not proved)])

    @property
    def proofs(self) -> list[str]:
        """What is known of each block of roots."""
        return [note()[0] for note in self.notes]


def solve(roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int) -> dict[Symbol, Any]:
    """A ball around each root: real, or complex of a complex unknown.   Raises NoRoot."""
    return solution(roots, values, digits).values


def solution(roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int) -> Solution:
    """The roots at these values; what was solved is remembered.   Raises NoRoot."""
    key = _key(roots, values, digits)
    if key in _MEMORY:
        _MEMORY.move_to_end(key)
        return _MEMORY[key]
    same = None if key is None else _equations(roots, values, digits)
    if same in _MEMORY:  # the rungs of a ladder whose equations read ratios of sizes
        found = _MEMORY[same]
        return _remembered(key, replace(found, known={**values, **found.values}))
    known, notes = dict(values), []
    for block in blocks(roots):
        balls, note = _solved(block, known, digits + SPARE_DIGITS)
        known |= balls
        notes.append(note)
    found = Solution(tuple(roots), {root.symbol: known[root.symbol] for root in roots}, known, tuple(notes))
    return _remembered(key, _remembered(same, found))


def _remembered(key: Any, found: Solution) -> Solution:
    if key is not None:
        _MEMORY[key] = found
        while len(_MEMORY) > REMEMBERED:
            _MEMORY.popitem(last=False)
    return found


def read_at(
    formula: Any, roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int
) -> tuple[Any, dict[Symbol, Any]]:
    """The formula without slopes, and the values of everything that it reads: roots and their derivatives are balls."""
    if not roots:
        return formula, dict(values)
    known = {**values, **solve(roots, values, digits)}
    names: Names = {}
    formula = spelled_out(sympify(formula), roots, names) if isinstance(formula, sympy.Basic) else formula
    bits = int(3.33 * (digits + SPARE_DIGITS)) + 128
    return formula, known | (slopes_of(roots, known, names, bits) if names else {})


def _solved(block: list[Root], known: Mapping[Symbol, Any], digits: int) -> tuple[dict[Symbol, Any], Any]:
    (first, *others) = block
    alone = not others and not first.complex and not isinstance(first.branch, Continued)
    if alone and not any(isinstance(known.get(symbol), acb) for symbol in sympify(first.equation).free_symbols):
        first = Root(first.symbol, sympify(first.equation), first.bracket, first.branch, first.unique)
        ball = bracketed(first, known, digits)
        return {first.symbol: ball}, cache(lambda: only_scalar(System((first,), known), ball))
    found: Found = solved_jointly(block, known, digits)
    balls = dict(zip((root.symbol for root in block), found.balls, strict=True))
    return balls, found.alone


def _key(roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int) -> Any:
    """What tells one solution from another; none for values that are balls."""
    parts = []
    for symbol, value in values.items():
        if isinstance(value, (arb, acb, list)):
            return None
        parts.append((symbol, value.tobytes() if isinstance(value, np.ndarray) else value))
    return tuple((str(root.bracket), root.symbol, root.equation, root.branch) for root in roots), tuple(parts), digits


def _equations(roots: Sequence[Root], values: Mapping[Symbol, Any], digits: int) -> Any:
    """The same for all values at which equations and branches are the same; none where that is not seen."""
    if any(isinstance(root.branch, Continued) for root in roots):
        return None
    numbers = {symbol: value for symbol, value in values.items() if isinstance(value, (int, sympy.Rational))}
    others = {symbol: value for symbol, value in values.items() if symbol not in numbers}
    parts = tuple(sympify(part).xreplace(numbers) for root in roots for part in (root.equation, root.branch))
    if any(part.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo) for part in parts):
        return None
    return parts, _key(roots, others, digits)

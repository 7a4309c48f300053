"""Branch and bound with balls: a box is done when the enclosure of the difference there has the right sign.

Infinite ranges are mapped to finite ones. Where the difference vanishes on the edge of a range it is divided by its
leading term there: derivatives are enclosed instead. Up to an infinite or singular end the sign of the slope decides.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, Integer, Rational, Symbol, oo

from proofs_check.derivation.definedness import continuous
from proofs_check.derivation.exact import signs
from proofs_check.derivation.exact.normal import vanishes
from proofs_check.derivation.outcome import Outcome, proved, undecided
from proofs_check.derivation.question import Question, Range, narrowed, size
from theory.domain import total
from theory.errors import BadInput
from theory.evaluate import ball_at, precision

BOXES = 3000
MOST_SYMBOLS = 3
BITS = 128
ORDERS = 4  # derivatives looked at where the difference vanishes at an edge
LONGEST = 600
TAILS = 8  # boxes at an end where the slope is looked at

Box = dict[Symbol, tuple[Rational, Rational]]


def decide(question: Question) -> tuple[Outcome, Mapping[Symbol, Any] | None]:
    """Proved, or undecided with the middle of a box in which the goal fails."""
    goal = question.goal
    if not isinstance(goal, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt, sympy.Ne)) or isinstance(goal, sympy.Eq):
        return undecided("enclosure", ""), None
    difference = goal.rhs - goal.lhs if isinstance(goal, (sympy.Le, sympy.Lt)) else goal.lhs - goal.rhs
    question, difference, replaced = _by_angle(question, difference)
    names = [s for s in question.ranges if s in difference.free_symbols]
    if difference.has(total) or not 0 < len(names) <= MOST_SYMBOLS:
        return undecided("enclosure", ""), None
    if not all(continuous(difference, name) for name in names):
        return undecided("enclosure", "the formula may jump, so its slope says nothing of a box"), None
    if size(difference) > LONGEST:
        return undecided("enclosure", "the formula is too long for boxes"), None
    search = Search(question, difference, names, isinstance(goal, (sympy.Gt, sympy.Lt, sympy.Ne)))
    with precision(BITS):
        found, model = search.run()
    return found, None if replaced else model


def _by_angle(question: Question, difference: Expr) -> tuple[Question, Expr, bool]:
    """With t = cos πu where arccos t or arcsin t occurs, 0 ≤ u ≤ 1: smooth at t = ±1.

    The premises are left out, so that more is proved than is asked.
    """
    for symbol in [s for s in question.ranges if difference.has(sympy.acos(s), sympy.asin(s))]:
        part = Dummy(f"part_{symbol}", real=True)
        angle = sympy.pi * part
        known = {sympy.acos(symbol): angle, sympy.asin(symbol): sympy.pi / 2 - angle}
        plain = difference.subs(known).subs(sympy.sqrt(1 - symbol**2), sympy.sin(angle))
        ranges = {s: r for s, r in question.ranges.items() if s != symbol}
        ranges[part] = Range(Integer(0), Integer(1), False, False)
        return replace(question, premises=(), ranges=ranges), plain.subs(symbol, sympy.cos(angle)), True
    return question, difference, False


class Search:
    """The boxes of one question."""

    def __init__(self, question: Question, difference: Expr, names: list[Symbol], strict: bool) -> None:
        self.question, self.strict, self.names = question, strict, names
        self.back: dict[Symbol, Expr] = {}
        self.box: Box = {}
        held = {name: narrowed(name, question.ranges[name], question.premises) for name in names}
        for name in names:
            self._compact(name, held[name])
        self.open = {self.back[name].free_symbols.pop(): held[name] for name in names}
        self.plain, self.tails = difference, 0
        self.difference = difference.subs(self.back)
        self.premises = [
            (p.lhs - p.rhs if isinstance(p, (sympy.Ge, sympy.Gt)) else p.rhs - p.lhs).subs(self.back)
            for p in question.premises
            if isinstance(p, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)) and p.free_symbols <= set(names)
        ]
        self.slopes = {u: sympy.diff(self.difference, u) for u in self.box}

    def _compact(self, name: Symbol, bounds: Range) -> None:
        u = Dummy(f"u_{name}", real=True)
        if bounds.low != -oo and bounds.high != oo:
            self.back[name], self.box[u] = u, (Rational(bounds.low), Rational(bounds.high))
        elif bounds.low != -oo:
            self.back[name], self.box[u] = bounds.low + u / (1 - u), (Integer(0), Integer(1))
        elif bounds.high != oo:
            self.back[name], self.box[u] = bounds.high - u / (1 - u), (Integer(0), Integer(1))
        else:
            self.back[name], self.box[u] = u / (1 - u**2), (Integer(-1), Integer(1))

    def run(self) -> tuple[Outcome, Mapping[Symbol, Any] | None]:
        boxes, looked, left = [self.box], 0, 0
        while boxes:
            box = boxes.pop()
            looked += 1
            if looked > BOXES:
                return undecided("enclosure", f"{BOXES} boxes do not suffice, near {self._text(box)}"), None
            if self._outside(box) or self._right(box):
                continue
            middle = {u: (low + high) / 2 for u, (low, high) in box.items()}
            value = self._at(self.difference, {u: (m, m) for u, m in middle.items()})
            wrong = value is not None and (value < 0 or (self.strict and value.is_zero()))
            if wrong and not self._outside({u: (m, m) for u, m in middle.items()}):
                return undecided("enclosure", "the difference has the wrong sign in a box"), self._back(middle)
            if len(box) == 1 and (self._at_edge(box) or self._at_tail(box)):
                left += 1
                continue
            widest = max(box, key=lambda u: (box[u][1] - box[u][0]) / (self.box[u][1] - self.box[u][0]))
            low, high = box[widest]
            if high - low < Rational(1, 10**9):
                return undecided("enclosure", f"the difference comes too close to 0 near {self._text(box)}"), None
            boxes += [box | {widest: half} for half in ((low, (low + high) / 2), ((low + high) / 2, high))]
        edges = f", derivatives at {left} edges" if left else ""
        return proved("enclosure", f"{looked} boxes{edges}"), None

    def _right(self, box: Box) -> bool:
        plain = self._at(self.difference, box)
        if plain is None:
            return False
        if plain > 0 or (plain >= 0 and not self.strict):
            return True
        middle = {u: (low + high) / 2 for u, (low, high) in box.items()}
        value = self._at(self.difference, {u: (m, m) for u, m in middle.items()})
        for u, (low, high) in box.items():
            slope = self._at(self.slopes[u], box)
            if slope is None or value is None:
                return False
            value = value + slope * (_ball(low, high) - _ball(middle[u], middle[u]))
        return value is not None and bool(value > 0 or (value >= 0 and not self.strict))

    def _at_edge(self, box: Box) -> bool:
        """In one dimension: the difference and some derivatives vanish at a place in the box, and the next has a sign.

        Taylor's formula about that place, with the last derivative enclosed in the whole box.
        """
        ((u, (low, high)),) = box.items()
        inner = Rational(Fraction(float((low + high) / 2)).limit_denominator(int(1 / (high - low)) + 1))
        for end, side in ((low, 1), (high, -1), (inner, 0)):
            if not low <= end <= high or (self.strict and not self._is_open_end(u, end)):
                continue
            derivative = self.difference
            for order in range(1, ORDERS + 1):
                here = derivative.subs(u, end)
                if not here.is_number or here.has(sympy.nan, sympy.zoo, oo) or not vanishes(here, {}):
                    break
                derivative = sympy.diff(derivative, u)
                value = self._at(derivative, box)
                if value is None or (side == 0 and order % 2):
                    continue
                if value > 0 if side >= 0 or order % 2 == 0 else value < 0:
                    return True
        return False

    def _at_tail(self, box: Box) -> bool:
        """In one dimension, up to an end of the range that may be infinite or singular.

        The difference rises towards the end from a place where it is right, or falls to a limit that is not negative.
        """
        ((u, (low, high)),) = box.items()
        first, last = self.box[u]
        if (low > first and high < last) or high - low > (last - first) / 8 or self.tails >= TAILS:
            return False
        way, place = (1, low) if high == last else (-1, high)
        there = self._at(self.difference, {u: (last, last) if way > 0 else (first, first)})
        if there is not None and there > 0:
            return False  # smaller boxes will do
        self.tails += 1
        name = self.names[0]
        start = sympy.sympify(self.back[name]).subs(u, place)
        bounds = self.open[u]
        end, is_open = (bounds.high, bounds.high_open) if way > 0 else (bounds.low, bounds.low_open)
        if self.strict and not is_open and end not in (oo, -oo):
            return False
        bounds = replace(bounds, low=start, low_open=True) if way > 0 else replace(bounds, high=start, high_open=True)
        tail = Question(sympy.true, (), {**self.question.ranges, name: replace(bounds, whole=False)})
        slope = signs.sign(way * sympy.diff(self.plain, name), tail)
        if slope in (signs.POSITIVE, signs.NONNEGATIVE, signs.ZERO):
            value = self._at(self.difference, {u: (place, place)})
            return value is not None and bool(value > 0 or (value >= 0 and not self.strict))
        if slope not in (signs.NEGATIVE, signs.NONPOSITIVE):
            return False
        return self._falls_to(tail, name, end, way, slope == signs.NEGATIVE)

    def _falls_to(self, tail: Question, name: Symbol, end: Expr, way: int, surely: bool) -> bool:
        from proofs_check.derivation.limits import value_at_end  # it asks the backends too

        side = "-" if way > 0 else "+"
        if end in (oo, -oo):
            side = "+oo" if way > 0 else "-oo"
        found = value_at_end(self.plain, replace(tail, ranges={}), name, end, side)
        sign = None if found is None else signs.sign(found, tail)
        return sign == signs.POSITIVE or (sign in (signs.ZERO, signs.NONNEGATIVE) and (surely or not self.strict))

    def _is_open_end(self, u: Symbol, end: Rational) -> bool:
        low, high = self.box[u]
        return (end == low and self.open[u].low_open) or (end == high and self.open[u].high_open)

    def _outside(self, box: Box) -> bool:
        return any(value is not None and value < 0 for value in (self._at(p, box) for p in self.premises))

    def _at(self, expression: Expr, box: Box) -> arb | None:
        try:
            value = ball_at(expression, {u: _ball(low, high) for u, (low, high) in box.items()}, BITS)
        except (BadInput, ZeroDivisionError, ValueError):
            return None
        return value if value.is_finite() else None

    def _back(self, middle: Mapping[Symbol, Any]) -> dict[Symbol, Any]:
        return {name: self.back[name].subs(middle) for name in self.names}

    def _text(self, box: Box) -> str:
        middle = self._back({u: (a + b) / 2 for u, (a, b) in box.items()})
        try:
            return ", ".join(f"{name} = {float(value):.6g}" for name, value in middle.items())
        except TypeError:
            return "the edge"


def _ball(low: Rational, high: Rational) -> arb:
    return arb(fmpq(int(low.p), int(low.q))).union(arb(fmpq(int(high.p), int(high.q))))

"""A step as a question that a backend can answer: for all values in some ranges, premises imply a goal."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy import Basic, Expr, Integer, Symbol, oo, sympify

from theory.claim import Claim
from theory.domain import LARGEST_SIZE, Choice, Real, Size, Spectrum
from theory.errors import BadDeclaration
from theory.proof import Entries, Stated
from theory.setting import Drawn, Event, Observable
from theory.values import exact

RELATIONS = {">=": sympy.Ge, ">": sympy.Gt, "==": sympy.Eq, "!=": sympy.Ne}


@dataclass(frozen=True)
class Range:
    """The interval in which a symbol lies; `whole`: whole numbers only; `each`: one such number per mode or entry.

    `loose`: an observable, a function of what was drawn that is unknown here, so no counterexample in it counts.
    """

    low: Any = -oo
    high: Any = oo
    low_open: bool = True
    high_open: bool = True
    whole: bool = False
    each: bool = False
    loose: bool = False

    def conditions(self, symbol: Any) -> list[Any]:
        """The bounds as comparisons, not evaluated."""
        found = []
        if self.low != -oo:
            found.append((sympy.Gt if self.low_open else sympy.Ge)(symbol, self.low, evaluate=False))
        if self.high != oo:
            found.append((sympy.Lt if self.high_open else sympy.Le)(symbol, self.high, evaluate=False))
        return found

    def least_whole(self) -> Any:
        """The least whole number of the range."""
        low = sympy.floor(self.low)
        return low + 1 if self.low_open or low != self.low else low


@dataclass(frozen=True)
class Question:
    """For all values of the symbols in their ranges: where all premises hold, so does the goal."""

    goal: Any
    premises: tuple[Any, ...]
    ranges: Mapping[Symbol, Range]
    put: Mapping[Symbol, Any] = field(default_factory=dict)  # symbols that an equation among the premises replaced

    def about(self, goal: Any) -> "Question":
        return replace(self, goal=goal)

    def where(self, *more: Any) -> "Question":
        return replace(self, premises=(*self.premises, *more))

    def is_loose(self) -> bool:
        return any(r.loose for r in self.ranges.values())


def relation(sense: str, difference: Any) -> Any:
    """difference >= 0, and so on, which does not evaluate itself."""
    return RELATIONS[sense](sympify(difference), Integer(0), evaluate=False)


def scenes(claim: Claim, step: Stated, expressions: Iterable[Any]) -> Iterator[tuple[Question, list[Any], str]]:
    """For every case of the choices that occur: what is known there, the expressions, and the name of the case.

    The goal of the question is left open (true).   Raises BadDeclaration for a symbol that nothing declares.
    """
    where = {sympify(k): sympify(v) for k, v in step.where.items()}
    given = (*step.given, *(() if step.everywhere else claim.assuming))
    premises = [put_in(sympify(c), where) for c in given]
    parts = [put_in(sympify(e), where) if isinstance(e, (Basic, int, float, str)) else e for e in expressions]
    options = {option for part in claim.setting.of_kind(Choice).values() for option in part.options}
    used = _closure([*parts, *premises])
    choices = {s: part for s in used if isinstance(part := claim.setting.part_of(s), Choice)}
    names = {s for s in used if s.name in options and claim.setting.part_of(s) is None}
    ranges = {s: range_of(claim, s) for s in sorted(used - set(choices) - names, key=str)}
    for case in itertools.product(*(part.options for part in choices.values())):
        chosen = dict(zip(choices, case, strict=True))
        known = [_chosen(premise, chosen) for premise in premises]
        question = _eliminated(Question(sympy.true, tuple(p for p in known if p != sympy.true), ranges))
        cased = [_chosen(part, chosen) for part in parts]
        yield (
            question,
            [part.subs(question.put) if isinstance(part, Basic) else part for part in cased],
            ", ".join(f"{symbol} = {option}" for symbol, option in chosen.items()),
        )


def put_in(expression: Any, values: Mapping[Any, Any]) -> Any:
    """The expression with symbols replaced at once, so that what is put in is not replaced again."""
    return expression.subs(values, simultaneous=True) if values else expression


def range_of(claim: Claim, symbol: Symbol) -> Range:
    """The range that the setting declares for a symbol, or that its own assumptions give."""
    part = claim.setting.part_of(symbol)
    if part is None and symbol.name in claim.setting.parts:
        raise BadDeclaration(
            f"{claim.id}: a step reads a symbol {symbol} that is not the {symbol} of {claim.setting.name()}; "
            f"write {claim.setting.name()}.{symbol}"
        )
    if isinstance(part, Real):
        low, low_open = (part.above, True) if part.above is not None else (part.at_least, False)
        high, high_open = (part.below, True) if part.below is not None else (part.at_most, False)
        return Range(_bound(low, -oo), _bound(high, oo), low_open, high_open)
    if isinstance(part, Size):
        most = Integer(part.at_most) if part.at_most < LARGEST_SIZE else oo
        return Range(Integer(part.at_least), most, False, False, whole=True)
    if isinstance(part, Observable):
        return replace(_observed(claim, part), loose=True)
    if isinstance(part, (Drawn, Event)):
        raise BadDeclaration(
            f"{claim.id}: a step reads {symbol}, which is no number; say with where=… or Instances what it is"
        )
    assumed = by_assumptions(symbol)
    if assumed is None:
        raise BadDeclaration(
            f"{claim.id}: a step reads {symbol}, which nothing declares; take it from {claim.setting.name()}, or write "
            f'Symbol("{symbol}", real=True), or positive=True'
        )
    return replace(assumed, each=isinstance(part, Spectrum) or isinstance(symbol, Entries))


def by_assumptions(symbol: Symbol) -> Range | None:
    """The range that a symbol's own assumptions give; None where it need not even be real."""
    if not symbol.is_extended_real:
        return None
    whole = bool(symbol.is_integer)
    if symbol.is_positive:
        return Range(Integer(1), oo, False, True, whole) if whole else Range(Integer(0))
    if symbol.is_nonnegative:
        return Range(Integer(0), oo, False, True, whole)
    if symbol.is_negative:
        return Range(-oo, Integer(0), whole=whole)
    return Range(-oo, Integer(0), True, False, whole) if symbol.is_nonpositive else Range(whole=whole)


def _observed(claim: Claim, part: Observable) -> Range:
    low, high = part.between or (None, None)
    low, high = (end(claim.setting) if callable(end) else end for end in (low, high))
    numbers = [end if end is None or sympify(end).is_number else None for end in (low, high)]
    return Range(_bound(numbers[0], -oo), _bound(numbers[1], oo), False, False)


def _bound(value: Any, missing: Any) -> Any:
    if value is None:
        return missing
    return exact(repr(value)) if isinstance(value, float) else sympy.sympify(value)


def _closure(expressions: Iterable[Any]) -> set[Symbol]:
    used = {s for e in expressions if isinstance(e, Basic) for s in e.free_symbols if isinstance(s, Symbol)}
    counts = [s.count for s in used if isinstance(s, Entries)]
    return used | (_closure(counts) if counts else set())


def _chosen(expression: Any, chosen: Mapping[Symbol, str]) -> Any:
    """The expression with comparisons of choices decided."""
    if not isinstance(expression, Basic) or not chosen:
        return expression
    names = {str(symbol): option for symbol, option in chosen.items()}
    asked = [r for r in expression.atoms(sympy.Eq, sympy.Ne) if set(r.args) & set(chosen)]
    decided = {}
    for r in asked:
        same = len({names.get(str(side), str(side)) if side in chosen else str(side) for side in r.args}) == 1
        decided[r] = sympify(same is isinstance(r, sympy.Eq))
    return expression.subs(decided)


def _eliminated(question: Question) -> Question:
    """Equations for a symbol among the premises put in; what its range says of it becomes a premise."""
    premises, put, ranges = list(question.premises), dict(question.put), dict(question.ranges)
    for condition in list(premises):
        if isinstance(condition, sympy.Eq) and isinstance(condition.lhs, Symbol) and condition.lhs in ranges:
            symbol, value = condition.lhs, condition.rhs
            if symbol in value.free_symbols or ranges[symbol].whole or ranges[symbol].each or ranges[symbol].loose:
                continue
            premises.remove(condition)
            premises = [p.subs(symbol, value) for p in premises] + ranges[symbol].conditions(value)
            put = {s: v.subs(symbol, value) for s, v in put.items()} | {symbol: value}
            del ranges[symbol]
    return replace(question, premises=tuple(p for p in premises if p != sympy.true), put=put, ranges=ranges)


def narrowed(name: Symbol, bounds: Range, premises: Iterable[Any]) -> Range:
    """The range of a symbol within the numbers to which premises about it alone hold it."""
    for p in premises:
        if not isinstance(p, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)) or p.free_symbols != {name}:
            continue
        difference = p.gts - p.lts
        slope, strict = sympy.diff(difference, name), isinstance(p, (sympy.Gt, sympy.Lt))
        if not slope.is_Rational or not difference.subs(name, 0).is_Rational or slope == 0:
            continue
        end = -difference.subs(name, 0) / slope
        if slope > 0 and end >= bounds.low:
            bounds = replace(bounds, low=end, low_open=strict or (bounds.low_open and end == bounds.low))
        elif slope < 0 and end <= bounds.high:
            bounds = replace(bounds, high=end, high_open=strict or (bounds.high_open and end == bounds.high))
    return bounds


def size(expression: Any) -> int:
    return int(sympy.count_ops(expression)) if isinstance(expression, (Expr, sympy.logic.boolalg.Boolean)) else 0

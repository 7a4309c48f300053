"""Mutants: claims that differ from a given one in a single place of their prediction, equations or relation.

Numbers stay exact, so a mutant of a formula is again a formula. Whether a mutant is wrong, and by how much, is the
matter of `effects`; whether the engine sees it, that of `mutating`.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, singledispatch
from operator import add, mul
from typing import Any

import numpy as np
import sympy
from sympy import Add, Basic, Expr, Max, Min, Mul, Pow, Rational, Symbol, nan, oo, zoo

from proofs_check.mutation.laws import formula_of, mirrored, stretched, with_formula
from proofs_check.mutation.relations import relation_changes
from theory.claim import Claim
from theory.computed import ARGUMENT, Computed, Law
from theory.domain import Choice, Domain, Real, Size
from theory.relation import Direction, Distribution, Exponent, Relation
from theory.setting import symbols_of

SHARES = (Rational(1, 20), Rational(1, 50))
ANGLES = (5, 10, 20)  # degrees by which a predicted direction is turned
HALF = Rational(1, 2)
LONGEST_NAME = 60


@dataclass(frozen=True)
class Mutant:
    """A changed claim: what was changed, in words, and what kind of change it is."""

    name: str
    kind: str
    claim: Claim


@dataclass(frozen=True)
class Change:
    """A replacement of one node of a formula."""

    kind: str
    words: str
    node: Any


Swaps = Mapping[Symbol, tuple[Symbol, ...]]  # symbol -> others of its kind


def mutants_of(claim: Claim) -> list[Mutant]:
    """All mutants of a claim, each once, in an order that depends on the claim alone."""
    found: dict[Any, Mutant] = {}
    seen = {_content(claim)}
    for mutant in (*_of_prediction(claim), *_of_roots(claim), *_of_relation(claim)):
        content = _content(mutant.claim)
        if content not in seen:
            seen.add(content)
            found[content] = mutant
    return _named_apart(list(found.values()))


def _of_relation(claim: Claim) -> Iterator[Mutant]:
    for kind, words, relation in relation_changes(claim.relation):
        yield Mutant(words, kind, claim.but(relation=relation))


def _of_prediction(claim: Claim) -> Iterator[Mutant]:
    if isinstance(claim.prediction, Computed):
        yield from _of_program(claim, claim.prediction)
        return
    for change in (*whole(claim.relation, claim.prediction), *_inside(claim)):
        yield Mutant(change.words, change.kind, claim.but(prediction=change.node))


def _inside(claim: Claim) -> Iterator[Change]:
    """Changes of the formula of a prediction: the prediction itself, a distribution function, what is minimised."""
    formula = formula_of(claim.prediction)
    if isinstance(formula, Basic):
        for change in changed_formulas(formula, _swaps(claim)):
            words = change.words.replace(str(ARGUMENT), "x")
            yield Change(change.kind, words, with_formula(claim.prediction, change.node))


def _of_roots(claim: Claim) -> Iterator[Mutant]:
    for index, root in enumerate(claim.roots):
        for change in changed_formulas(root.equation, _swaps(claim)):
            changed = dataclasses.replace(root, equation=change.node)
            roots = [*claim.roots[:index], changed, *claim.roots[index + 1 :]]
            yield Mutant(f"equation of {root.symbol}: {change.words}", change.kind, claim.but(roots=roots))


# formulas


@singledispatch
def whole(relation: Relation, prediction: Any) -> Iterator[Change]:
    """Changes of a prediction as a whole, such as the relation can see."""
    formula = formula_of(prediction)
    if not isinstance(formula, Basic):
        return
    for share, words in _shares():
        yield Change("constant", f"the whole prediction {words}", with_formula(prediction, formula * share))
    yield Change("sign", "the sign of the whole prediction flipped", with_formula(prediction, -formula))


@whole.register
def _(relation: Exponent, prediction: Any) -> Iterator[Change]:
    """A slope has no scale: it is made steeper and flatter by a half."""
    for step in (HALF, -HALF):
        yield Change("exponent", f"the slope {prediction} → {prediction + step}", prediction + step)
    yield Change("sign", "the sign of the slope flipped", -prediction)


@whole.register
def _(relation: Distribution, prediction: Any) -> Iterator[Change]:
    """A multiple of a distribution function is none: the law itself is stretched, or mirrored."""
    if isinstance(prediction, Law):
        for share, words in _shares():
            yield Change("constant", f"every value of the law {words}", stretched(prediction, share))
        yield Change("sign", "the law mirrored", mirrored(prediction))


def changed_formulas(formula: Basic, swaps: Swaps) -> Iterator[Change]:
    """Every formula that one change at one place makes of a formula; its `node` is the whole of it."""
    for path, node, within in _places(formula):
        for change in (*changes(node), *_swapped(node, swaps)):
            words = change.words + (f" in {_shown(within)}" if within is not None else "")
            yield Change(change.kind, words, _replaced(formula, path, change.node))
    yield from _exchanged(formula, swaps)


@singledispatch
def changes(node: Any) -> Iterator[Change]:
    """What may be changed at a node, whatever stands around it."""
    return iter(())


@changes.register
def _(node: sympy.Number) -> Iterator[Change]:
    value = Rational(str(node)) if isinstance(node, sympy.Float) else node
    if value.is_finite:
        yield from _constant(value)
    if isinstance(value, sympy.Integer):
        for step in (1, -1):
            yield Change("size", f"{value} → {value + step}", value + step)


@changes.register
def _(node: sympy.NumberSymbol) -> Iterator[Change]:
    yield from _constant(node)


def _constant(value: Any) -> Iterator[Change]:
    for share, words in _shares():
        yield Change("constant", f"{value} taken {words}", value * share)


@changes.register
def _(node: Symbol) -> Iterator[Change]:
    if node.is_integer:
        for step in (1, -1):
            yield Change("size", f"{node} → {node + step}", node + step)
    yield Change("exponent", f"{node} → {node**2}", node**2)


@changes.register
def _(node: Add) -> Iterator[Change]:
    for index, term in enumerate(node.args):
        others = [*node.args[:index], *node.args[index + 1 :]]
        yield Change("drop", f"the term {_shown(term)} dropped", Add(*others))
        yield Change("sign", f"the sign of the term {_shown(term)} flipped", Add(-term, *others))
        for share, words in _shares():
            yield Change("constant", f"the term {_shown(term)} taken {words}", Add(share * term, *others))


@changes.register
def _(node: Mul) -> Iterator[Change]:
    for index, factor in enumerate(node.args):
        others = [*node.args[:index], *node.args[index + 1 :]]
        kind, words = ("sign", "the minus sign") if factor == -1 else ("drop", f"the factor {_shown(factor)}")
        yield Change(kind, f"{words} dropped", Mul(*others))


@changes.register
def _(node: Pow) -> Iterator[Change]:
    base, exponent = node.args
    for step in (1, -1, HALF, -HALF):
        if exponent + step != 0:  # that is the factor dropped
            yield Change("exponent", f"the exponent {exponent} → {exponent + step} of {_shown(base)}",
                         Pow(base, exponent + step))  # fmt: skip


@changes.register
def _(node: Min) -> Iterator[Change]:
    yield Change("function", "the least of them → the largest", Max(*node.args))


@changes.register
def _(node: Max) -> Iterator[Change]:
    yield Change("function", "the largest of them → the least", Min(*node.args))


def _shares() -> Iterator[tuple[Rational, str]]:
    for share in SHARES:
        percent = f"{float(100 * share):g} %"
        yield 1 + share, f"{percent} more"
        yield 1 - share, f"{percent} less"


def _swaps(claim: Claim) -> Swaps:
    """For every symbol of the formulas: other free parameters of its kind, or other observables that they read."""
    free, used = claim.free(), symbols_of([formula_of(claim.prediction), *(root.equation for root in claim.roots)])
    parts = [claim.setting.part_of(symbol) for symbol in sorted(used, key=str)]
    known = [*free.values(), *(part for part in parts if part is not None and not isinstance(part, Domain))]
    return {
        part.symbol: tuple(other.symbol for other in known if type(other) is type(part) and other is not part)
        for part in known
        if part.symbol in used and not isinstance(part, Choice)
    }


def _swapped(node: Any, swaps: Swaps) -> Iterator[Change]:
    for other in swaps.get(node, ()) if isinstance(node, Symbol) else ():
        yield Change("swap", f"{other} in place of {node}", other)


def _exchanged(formula: Basic, swaps: Swaps) -> Iterator[Change]:
    """Two symbols exchanged wherever they stand."""
    for symbol, others in swaps.items():
        for other in others:
            if str(symbol) < str(other) and {symbol, other} <= formula.free_symbols:
                exchange = {symbol: other, other: symbol}
                yield Change("swap", f"{symbol} and {other} exchanged", formula.xreplace(exchange))


def _places(
    node: Basic, path: tuple[int, ...] = (), within: Basic | None = None
) -> Iterator[tuple[tuple[int, ...], Basic, Basic | None]]:
    """Every node that may be changed.

    Not so conditions of case distinctions, what a sum runs over, and numbers as exponents, which their power changes.
    """
    if isinstance(node, sympy.logic.boolalg.Boolean) and not isinstance(node, Symbol):
        return
    yield path, node, within
    inside = within if isinstance(node, sympy.functions.elementary.piecewise.ExprCondPair) else node
    for index, part in enumerate(node.args):
        variable = isinstance(node, sympy.Tuple) and index == 0 and hasattr(within, "limits")
        if not variable and not (isinstance(node, Pow) and index == 1 and part.is_number):
            yield from _places(part, (*path, index), inside)


def _replaced(node: Basic, path: tuple[int, ...], new: Any) -> Any:
    if not path:
        return new
    parts = list(node.args)
    parts[path[0]] = _replaced(parts[path[0]], path[1:], new)
    if any(isinstance(part, Expr) and part.has(nan, zoo, oo) for part in parts):
        return nan
    if isinstance(node, (Max, Min)):  # SymPy would compare its arguments by algebra, which takes longest of all
        return node.func(*parts, evaluate=False)
    return node.func(*parts)


def _shown(node: Any) -> str:
    text = str(node)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


# programs


def _of_program(claim: Claim, program: Computed) -> Iterator[Mutant]:
    changed = [*_of_value(claim.relation), *_of_parameters(claim, program)]
    for kind, words, wrap in changed:
        function = partial(wrap, function=program.function)
        yield Mutant(words, kind, claim.but(prediction=dataclasses.replace(program, function=function)))


Wrapped = tuple[str, str, Callable[..., Any]]


@singledispatch
def _of_value(relation: Relation) -> Iterator[Wrapped]:
    """Changes of what a program returns, such as the relation can see."""
    for share, words in _shares():
        yield "constant", f"the whole prediction {words}", partial(multiplied, factor=float(share))
    yield "sign", "the sign of the whole prediction flipped", partial(multiplied, factor=-1.0)


@_of_value.register
def _(relation: Direction) -> Iterator[Wrapped]:
    for angle in ANGLES:
        yield "direction", f"the direction turned by {angle}°", partial(turned, angle=np.deg2rad(angle))
    yield "sign", "the opposite direction", partial(multiplied, factor=-1.0)


def _of_parameters(claim: Claim, program: Computed) -> Iterator[Wrapped]:
    for keyword, symbol in program.using.items():
        domain = claim.setting.domains()[str(symbol)]
        for kind, words, change in _of_parameter(domain):
            yield kind, words, partial(reparametrised, keyword=keyword, change=change)


def _of_parameter(domain: Domain) -> Iterator[Wrapped]:
    if isinstance(domain, Size):
        for step in (1, -1):
            yield "size", f"{domain.name} → {domain.name}{step:+d} in the program", partial(add, step)
    elif isinstance(domain, Real):
        for share, words in _shares():
            yield "constant", f"{domain.name} taken {words} in the program", partial(mul, float(share))
    elif isinstance(domain, Choice):
        options = list(domain.options)
        following = dict(zip(options, [*options[1:], options[0]], strict=True))
        yield "swap", f"the choice {domain.name} read as the next one in the program", following.__getitem__


def multiplied(*arrays: np.ndarray, function: Callable[..., Any], factor: float, **parameters: Any) -> Any:
    """A program's values times a factor, and their error bound with them."""
    result = function(*arrays, **parameters)
    return (factor * result[0], abs(factor) * result[1]) if isinstance(result, tuple) else factor * result


def turned(*arrays: np.ndarray, function: Callable[..., Any], angle: float, **parameters: Any) -> Any:
    """A program's vectors turned by an angle towards their own coordinates in another order.

    v cos φ + |v| w sin φ, w the unit part of the shifted v that is orthogonal to v.   Shapes: (trials, …) each.
    """
    result = function(*arrays, **parameters)
    value = result[0] if isinstance(result, tuple) else result
    flat = np.asarray(value, dtype=float).reshape(len(value), -1)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    with np.errstate(all="ignore"):  # a vector of length zero has no direction: nan, as for the judge
        unit = flat / norm
        other = np.roll(unit, 1, axis=1)
        other = other - (other * unit).sum(1, keepdims=True) * unit
        other = other / np.linalg.norm(other, axis=1, keepdims=True)
    moved = (norm * (np.cos(angle) * unit + np.sin(angle) * other)).reshape(np.shape(value))
    return (moved, result[1]) if isinstance(result, tuple) else moved


def reparametrised(
    *arrays: np.ndarray, function: Callable[..., Any], keyword: str, change: Callable[[Any], Any], **parameters: Any
) -> Any:
    """A program with one of its parameters changed."""
    return function(*arrays, **parameters | {keyword: change(parameters[keyword])})


# each once


def _content(claim: Claim) -> Any:
    formula = claim.prediction
    told = id(formula.function) if isinstance(formula, Computed) else formula_of(formula)
    support = formula.support if isinstance(formula, Law) else ()
    return told, support, tuple(root.equation for root in claim.roots), str(claim.relation)


def _named_apart(found: list[Mutant]) -> list[Mutant]:
    """Names that occur twice, as at two equal places of a formula, are numbered."""
    counts: dict[str, int] = {}
    named = []
    for mutant in found:
        counts[mutant.name] = counts.get(mutant.name, 0) + 1
        number = f" ({counts[mutant.name]})" if counts[mutant.name] > 1 else ""
        named.append(dataclasses.replace(mutant, name=mutant.name + number))
    return named

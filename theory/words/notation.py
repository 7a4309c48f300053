"""Formulas as people write them: a claim as one formula in LaTeX, as lines of Unicode, and as a sentence."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

import sympy
from sympy import Basic
from sympy.core.alphabets import greeks
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_use_unicode
from sympy.printing.str import StrPrinter

from theory.claim import Claim
from theory.computed import Computed, Law, Minimum
from theory.domain import Choice
from theory.relation import (
    Asymptotic,
    Bound,
    Direction,
    Distribution,
    Exponent,
    Identity,
    Order,
    Ordering,
    Probability,
    Relation,
    Threshold,
)
from theory.setting import Axis, Drawn, Observable

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
UPRIGHT = (Observable, Drawn, Choice, Axis)  # their names are words


def latex(claim: Claim, expression: Any) -> str:
    """An expression in LaTeX; names of more than one letter stand upright, unless they are Greek ones."""
    if not isinstance(expression, Basic):
        return rf"\text{{{expression}}}"
    parts = claim.setting.parts
    words = [name for name, part in parts.items() if len(name) > 2 and (isinstance(part, UPRIGHT) or _is_word(name))]
    words += [option for part in parts.values() if isinstance(part, Choice) for option in part.options]
    names = {"lam": r"\lambda"} | {name: rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}" for name in words}
    symbols = expression.atoms(sympy.Symbol)
    return sympy.latex(expression, symbol_names={one: names[one.name] for one in symbols if one.name in names})


def _is_word(name: str) -> bool:
    """Whether a parameter's name is set upright: memory, but neither sigma2 nor lam."""
    letters = re.match("[A-Za-z]*", name)
    return letters is not None and len(letters[0]) > 2 and letters[0].lower() not in {*greeks, "lam"}


def latex_statement(claim: Claim) -> str:
    """The claim as one formula in LaTeX; roots follow with their equations."""
    statement = _latex_relation(claim, latex(claim, claim.observable), _latex_prediction(claim))
    conditions = [rf"{latex(claim, root.symbol)}:\; {latex(claim, root.equation)} = 0" for root in claim.roots]
    return r",\quad ".join([statement, *conditions])


def unicode_statement(claim: Claim) -> str:
    """The formula as a terminal shows it, over several lines, and below it the equation of every root."""
    formula = _formula(claim)
    if not isinstance(formula, Basic):
        return statement(claim)
    formulas = [_pretty(formula, _before(claim))]
    for root in claim.roots:
        formulas.append(f"with {root.symbol} such that\n" + _pretty(sympy.Eq(root.equation, 0, evaluate=False), ""))
    return "\n\n".join(formulas)


def statement(claim: Claim) -> str:
    """The claim in one sentence; of an algorithm it says afterwards what that computes."""
    name, _, meaning = prediction_text(claim).partition(": ")
    sentence = _sentence(claim.relation).format(left=claim.observable, right=name, r=claim.relation)
    return f"{sentence}; {name.partition('(')[0]}: {meaning}" if meaning else sentence


def prediction_text(claim: Claim) -> str:
    """The prediction on one line; an algorithm by its name and the first line of its docstring."""
    prediction = claim.prediction
    if isinstance(prediction, Computed):
        return computed_text(prediction)
    if isinstance(prediction, Minimum):
        of = prediction.of.title if isinstance(prediction.of, Claim) else prediction.of
        what = "least value over" if prediction.gives == "value" else "place of the least value over"
        return f"the {what} {prediction.over} of {of}"
    if isinstance(prediction, Law):
        return f"F(x) = {prediction.formula}"
    return "–" if prediction is None else str(prediction)


def written(condition: Any) -> str:
    """A condition as one writes it: p > n + 1, norms = equal."""
    if isinstance(condition, (sympy.And, sympy.Or)):
        return (" and " if isinstance(condition, sympy.And) else " or ").join(
            sorted(written(part) for part in condition.args)
        )
    if isinstance(condition, (sympy.Eq, sympy.Ne)):
        return f"{condition.args[0]} {'=' if isinstance(condition, sympy.Eq) else '≠'} {condition.args[1]}"
    return str(condition).replace("<=", "≤").replace(">=", "≥")


class Inline(StrPrinter):
    """SymPy's text with |a − b| for Abs(a - b), √ for sqrt, a raised digit for a power, and a minus sign."""

    def _print_Abs(self, expr: Any) -> str:
        return f"|{self._print(expr.args[0])}|"

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        base, power = expr.as_base_exp()
        if power == sympy.S.Half:
            return f"√{self.parenthesize(base, PRECEDENCE['Func'])}"
        if power.is_Integer and power > 1:
            return self.parenthesize(base, PRECEDENCE["Func"]) + str(power).translate(RAISED)
        return super()._print_Pow(expr, rational)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        terms = sorted(expr.args, key=lambda term: (term.could_extract_minus_sign(), term.is_Number))
        first, *rest = [self._print(term) for term in terms]
        return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in rest)


def inline(expression: Any) -> str:
    """An expression on one line, as an axis or a sentence names it: |hypergradient − inexact|, √x, y²."""
    text = Inline().doprint(expression)
    return text.replace("**", "^").replace("*", "·").replace("-", "−")


def computed_text(prediction: Computed) -> str:
    function, settled = prediction.function, ""
    if isinstance(function, partial):
        settled = "".join(f", {key}={_named(value)}" for key, value in function.keywords.items())
        function = function.func
    using = "".join(f", {key}={symbol}" for key, symbol in prediction.using.items())
    first = " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split())
    return f"{function.__name__}({', '.join(map(str, prediction.reads))}{using}{settled})" + (
        f": {first}" if first else ""
    )


def _named(value: Any) -> str:
    """A setting of an algorithm on one line; of a function its name."""
    return getattr(value, "__name__", str(value)).replace("<lambda>", "…")


def _formula(claim: Claim) -> Any:
    """The expression that a terminal shows in full: a power of the size, a shape, a distribution function."""
    relation, prediction = claim.relation, claim.prediction
    if isinstance(relation, Exponent):
        power = relation.along.along**prediction
        return sympy.Symbol("A") * power + (sympy.Symbol("F") if relation.floor else 0)
    return prediction.formula if isinstance(prediction, Law) else prediction


def _before(claim: Claim) -> str:
    """What stands in front of the formula."""
    relation, left = claim.relation, inline(claim.observable)
    mean = f"E[{left}]"
    if isinstance(relation, Bound):
        sign = "≤" if relation.sense == "<=" else "≥"
        return f"{mean if relation.kind == 'mean' else left} {sign} "
    return {
        "asymptotic equality": f"{mean} ∼ ",
        "exponent": f"{mean} ∼ ",
        "order": f"{mean} of the order {getattr(relation, 'sense', '')} of ",
        "distribution": f"P({left} ≤ x) = ",
        "threshold": f"{left} changes its sign at {getattr(relation, 'of', '')} = ",
        "equality": f"{mean} = ",
        "identity": f"{left} = ",
    }.get(relation.label, f"{left} : ")


def _sentence(relation: Relation) -> str:
    if isinstance(relation, Asymptotic):
        tied = "".join(f", {symbol} = {value}" for symbol, value in relation.ladder.tie.items())
        return f"the mean of {{left}}, divided by {{right}}, tends to 1 as {relation.ladder.along} grows{tied}"
    if isinstance(relation, Bound):
        where = (
            f"with probability at least {relation.kind.at_least}"
            if isinstance(relation.kind, Probability)
            else {"pathwise": "in every draw", "mean": "in the mean"}[relation.kind]
        )
        return f"{{left}} {'≤' if relation.sense == '<=' else '≥'} {{right}}, {where}"
    if isinstance(relation, Ordering):
        lower, upper = (places(side) for side in (relation.lower, relation.upper))
        return f"the mean of {{left}} at {lower} is {'below' if relation.strict else 'at most'} that at {upper}"
    if isinstance(relation, Threshold) and relation.first_order:
        return f"most draws of {{left}} jump over {relation.signal} at {relation.of} = {{right}}"
    floor = ", down to a floor" if isinstance(relation, Exponent) and relation.floor else ""
    return {
        "identity": "{left} = {right} in every draw",
        "equality": "the mean of {left} is {right}",
        "direction": "{left} turns into the direction of {right} as {r.along} grows",
        "threshold": "{left} changes its sign, from − to +, at {r.of} = {right}",
        "exponent": f"the mean of {{left}} goes like {{r.along.along}}^({{right}}){floor}",
        "order": "the mean of {left} is of the order {r.sense} of {right}",
        "distribution": "{left} has the distribution {right}",
    }.get(relation.label, "{left}: {right}")


def places(values: Mapping[Any, Any]) -> str:
    """Values of symbols, or the symbols that stay as they are: n, p = 2·n."""
    return ", ".join(str(one) if one == value else f"{one} = {inline(value)}" for one, value in values.items())


def _latex_relation(claim: Claim, left: str, right: str) -> str:
    relation, mean = claim.relation, rf"\mathbb{{E}}\left[{left}\right]"
    tex = partial(_tex, claim)
    match relation:
        case Asymptotic():
            tied = "".join(rf",\; {tex(symbol)} = {tex(value)}" for symbol, value in relation.ladder.tie.items())
            return rf"{mean} \sim {right} \quad \left({tex(relation.ladder.along)} \to \infty{tied}\right)"
        case Bound(kind=Probability(at_least=share)):
            sign = r"\leq" if relation.sense == "<=" else r"\geq"
            return rf"\mathbb{{P}}\left({left} {sign} {right}\right) \geq {latex(claim, sympy.sympify(share))}"
        case Bound():
            return " ".join(
                [mean if relation.kind == "mean" else left, r"\leq" if relation.sense == "<=" else r"\geq", right]
            )
        case Direction():
            limit = rf"\left({tex(relation.along)} \to \infty\right)"
            apart = rf"1 - \cos\left({left},\, {right}\right)"
            rate = (
                ""
                if relation.rate is None
                else rf" \sim A \left(\log {tex(relation.along)}\right)^{{-{relation.rate:g}}}"
            )
            return rf"{apart} \to 0 \quad {limit}" if not rate else rf"{apart}{rate} \quad {limit}"
        case Threshold():
            signal = "" if relation.signal == 0 else f" - {tex(relation.signal)}"
            inner = rf"\left({left}{signal}\right)" if signal else left
            return rf"\operatorname{{sign}} {inner} = \operatorname{{sign}}\left({tex(relation.of)} - {right}\right)"
        case Exponent():
            return rf"{mean} \sim A\, {tex(relation.along.along)}^{{{right}}}" + (" + F" if relation.floor else "")
        case Order():
            name = {"O": "O", "o": "o", "Theta": r"\Theta"}[relation.sense]
            return rf"{mean} = {name}\left({right}\right)"
        case Distribution():
            return rf"\mathbb{{P}}\left({left} \leq x\right) = {right}"
        case Ordering():
            lower, upper = (rf"{mean}_{{{_tex_places(claim, side)}}}" for side in (relation.lower, relation.upper))
            return rf"{lower} {'<' if relation.strict else chr(92) + 'leq'} {upper}"
        case _:
            return f"{left} = {right}" if isinstance(relation, Identity) else f"{mean} = {right}"


def _tex_places(claim: Claim, values: Mapping[Any, Any]) -> str:
    texts = ((_tex(claim, symbol), _tex(claim, value)) for symbol, value in values.items())
    return r",\, ".join(symbol if symbol == value else f"{symbol} = {value}" for symbol, value in texts)


def _tex(claim: Claim, value: Any) -> str:
    return latex(claim, sympy.sympify(value))


def _latex_prediction(claim: Claim) -> str:
    prediction = claim.prediction.formula if isinstance(claim.prediction, Law) else claim.prediction
    if isinstance(prediction, Basic):
        return latex(claim, prediction)
    name = prediction_text(claim).partition(":")[0]
    return rf"\text{{{name.replace('_', chr(92) + '_')}}}"  # text mode needs the escape, MathJax accepts it


def _pretty(expression: Any, before: str) -> str:
    """Several lines of Unicode, with text in front of the one that carries the formula."""
    printer, flag = PrettyPrinter({"use_unicode": True, "wrap_line": False}), pretty_use_unicode(True)
    try:
        with _no_physical_units():
            form = printer._print(expression)
    finally:
        pretty_use_unicode(flag)
    lines = form.render(wrap_line=False).split("\n")
    return "\n".join(
        ((before if index == form.baseline else " " * len(before)) + line).rstrip() for index, line in enumerate(lines)
    )


@contextmanager
def _no_physical_units() -> Iterator[None]:
    """SymPy's printer loads all physical units, a fifth of `explain`, to put them last in products; none is here."""
    names = ("sympy.physics", "sympy.physics.units")
    if any(name in sys.modules for name in names):
        yield
        return
    stand_in = ModuleType(names[1])
    stand_in.Quantity = type("Quantity", (), {})  # type: ignore[attr-defined]
    sys.modules.update(dict.fromkeys(names, stand_in))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]

"""Steps of a derivation as people write them, on one line and in LaTeX."""

from functools import singledispatch
from typing import Any

import sympy

from theory.claim import Claim
from theory.notation import latex, written
from theory.proof import (
    Assumed,
    Identical,
    Implication,
    Inequality,
    Instances,
    Integration,
    Limit,
    Monotone,
    Series,
    Solution,
    Stated,
)


def described(claim: Claim, step: Stated) -> dict[str, str]:
    """The step as JSON-ready text."""
    return {
        "kind": type(step).__name__.lower(),
        "statement": words(step),
        "where": ", ".join(_conditions(step)),
        "latex": _tex(step, claim),
        "because": step.because,
    }


def _conditions(step: Stated) -> list[str]:
    said = [written(condition) for condition in step.given]
    said += [f"{symbol} = {value}" for symbol, value in step.where.items()]
    if isinstance(step, Limit):
        way = f"{step.along} → {_number(step.to)}"
        said = [way, *(f"{symbol} = {value}" for symbol, value in step.tie.items()), *said]
    return said


def _number(value: Any) -> str:
    return str(value).replace("oo", "∞")


@singledispatch
def words(step: Any) -> str:
    """What the step says, without its conditions."""
    raise TypeError(f"{step!r} is no step")


@words.register
def _(step: Identical) -> str:
    return f"{step.left} = {step.right}"


@words.register
def _(step: Inequality) -> str:
    return f"{step.smaller} {'<' if step.strict else '≤'} {step.larger}"


@words.register
def _(step: Monotone) -> str:
    return f"{step.expression} is {'strictly ' * step.strict}{step.direction} in {step.along}"


@words.register
def _(step: Limit) -> str:
    return f"{'prediction' if step.of is None else step.of} → {_number(step.equals)}"


@words.register
def _(step: Series) -> str:
    return f"{step.expression} = {step.equals} + O({step.small}^{step.order})"


@words.register
def _(step: Solution) -> str:
    branch = "" if step.branch in (True, sympy.true) else f" where {written(step.branch)}"
    alone = f", and nowhere else{branch}" if step.unique else branch
    return f"{step.equation} = 0 at {step.symbol} = {step.value}{alone}"


@words.register
def _(step: Implication) -> str:
    return f"{' and '.join(map(written, step.premises))} ⇒ {written(step.conclusion)}"


@words.register
def _(step: Integration) -> str:
    return f"∫ {step.integrand} d{step.over}, from {_number(step.low)} to {_number(step.high)}, = {step.equals}"


@words.register
def _(step: Instances) -> str:
    return f"{step.statement}; tried at {', '.join(map(str, step.sizes))}"


@words.register
def _(step: Assumed) -> str:
    return f"{step.statement} ({step.source})"


@singledispatch
def _tex(step: Any, claim: Claim) -> str:
    return rf"\text{{{words(step)}}}".replace("_", r"\_")


@_tex.register
def _(step: Identical, claim: Claim) -> str:
    return f"{latex(claim, step.left)} = {latex(claim, step.right)}"


@_tex.register
def _(step: Inequality, claim: Claim) -> str:
    return f"{latex(claim, step.smaller)} {'<' if step.strict else chr(92) + 'leq'} {latex(claim, step.larger)}"


@_tex.register
def _(step: Monotone, claim: Claim) -> str:
    arrow = r"\nearrow" if step.direction == "increasing" else r"\searrow"
    return rf"{latex(claim, step.along)} \mapsto {latex(claim, step.expression)} \;{arrow}"


@_tex.register
def _(step: Limit, claim: Claim) -> str:
    left = r"\text{prediction}" if step.of is None else latex(claim, step.of)
    return rf"{left} \to {latex(claim, step.equals)}"


@_tex.register
def _(step: Series, claim: Claim) -> str:
    rest = rf"O\left({latex(claim, step.small)}^{{{step.order}}}\right)"
    return f"{latex(claim, step.expression)} = {latex(claim, step.equals)} + {rest}"


@_tex.register
def _(step: Solution, claim: Claim) -> str:
    there = rf"{latex(claim, step.symbol)} = {latex(claim, step.value)}"
    return rf"{latex(claim, step.equation)} = 0 \quad \text{{at}}\quad {there}"


@_tex.register
def _(step: Implication, claim: Claim) -> str:
    premises = r" \wedge ".join(latex(claim, premise) for premise in step.premises)
    return rf"{premises} \Rightarrow {latex(claim, step.conclusion)}"


@_tex.register
def _(step: Integration, claim: Claim) -> str:
    ends = rf"_{{{sympy.latex(sympy.sympify(step.low))}}}^{{{sympy.latex(sympy.sympify(step.high))}}}"
    body = rf"\int{ends} {latex(claim, step.integrand)} \, d{latex(claim, step.over)}"
    return f"{body} = {latex(claim, step.equals)}"

"""Steps of a derivation as people write them, on one line and in LaTeX."""

from functools import partial
from typing import Any

import sympy

from theory.claim import Claim
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
from theory.words.notation import latex, written

BELOW, WEDGE, TAKEN = r"\leq", r" \wedge ", r"\text{prediction}"
ARROWS = {"increasing": r"\nearrow", "decreasing": r"\searrow"}


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


def words(step: Any) -> str:
    """What the step says, without its conditions."""
    match step:
        case Identical():
            return f"{step.left} = {step.right}"
        case Inequality():
            return f"{step.smaller} {'<' if step.strict else '≤'} {step.larger}"
        case Monotone():
            return f"{step.expression} is {'strictly ' * step.strict}{step.direction} in {step.along}"
        case Limit():
            return f"{'prediction' if step.of is None else step.of} → {_number(step.equals)}"
        case Series():
            return f"{step.expression} = {step.equals} + O({step.small}^{step.order})"
        case Solution():
            branch = "" if step.branch in (True, sympy.true) else f" where {written(step.branch)}"
            alone = ", and nowhere else" * step.unique
            return f"{step.equation} = 0 at {step.symbol} = {step.value}{alone}{branch}"
        case Implication():
            return f"{' and '.join(map(written, step.premises))} ⇒ {written(step.conclusion)}"
        case Integration():
            ends = f"from {_number(step.low)} to {_number(step.high)}"
            return f"∫ {step.integrand} d{step.over}, {ends}, = {step.equals}"
        case Instances():
            return f"{step.statement}; tried at {', '.join(map(str, step.sizes))}"
        case Assumed():
            return f"{step.statement} ({step.source})"
    raise TypeError(f"{step!r} is no step")


def _tex(step: Any, claim: Claim) -> str:
    tex = partial(latex, claim)
    match step:
        case Identical():
            return f"{tex(step.left)} = {tex(step.right)}"
        case Inequality():
            return rf"{tex(step.smaller)} {'<' if step.strict else BELOW} {tex(step.larger)}"
        case Monotone():
            return rf"{tex(step.along)} \mapsto {tex(step.expression)} \;{ARROWS[step.direction]}"
        case Limit():
            return rf"{TAKEN if step.of is None else tex(step.of)} \to {tex(step.equals)}"
        case Series():
            rest = rf"O\left({tex(step.small)}^{{{step.order}}}\right)"
            return f"{tex(step.expression)} = {tex(step.equals)} + {rest}"
        case Solution():
            return rf"{tex(step.equation)} = 0 \quad \text{{at}}\quad {tex(step.symbol)} = {tex(step.value)}"
        case Implication():
            return rf"{WEDGE.join(map(tex, step.premises))} \Rightarrow {tex(step.conclusion)}"
        case Integration():
            low, high = (sympy.latex(sympy.sympify(end)) for end in (step.low, step.high))
            return rf"\int_{{{low}}}^{{{high}}} {tex(step.integrand)} \, d{tex(step.over)} = {tex(step.equals)}"
    return rf"\text{{{words(step)}}}".replace("_", r"\_")

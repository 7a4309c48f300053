"""The values that a symbol may take, and the small grammar in which a user writes them (never `eval`).

40    0.25    1e-3    5/3    -2    torus    [1, 0.5, 0.25]    power(1.5, 600)    step(10, 1, 90, 0.01)    @modes.npy

A value may be a formula of other parameters of its point: p = 2*n, lam = 3/(10*n), l = power(3/2, 3*n).
"""

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Basic, Expr, Function, Integer, Pow, Rational, Symbol, sympify
from sympy.core.function import AppliedUndef

from theory.errors import BadInput

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(/\d+)?", re.ASCII)
CALL = re.compile(r"(\w+)\((.*)\)")
LARGEST_EXPONENT = 300  # beyond it a float64 simulator could not hold the value
LONGEST = 1000
MOST_MODES = 10**7
SHOWN = 60  # characters of a list
STEEPEST = 64  # degree of a formula that a person may type
NAMED = re.compile(r"[^\W\d]\w*")
BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


@dataclass(frozen=True)
class Modes:
    """A spectrum: one positive number per mode, named by the text that made it.   Shapes: array (modes,)."""

    text: str

    @cached_property
    def array(self) -> np.ndarray:
        """The modes as float64; the same bits for the formula and for the simulator."""
        if self.text.startswith("@"):
            return _from_file(self.text)
        if self.text.startswith("["):
            if not self.text.endswith("]"):
                raise BadInput(f"{self.text} has no closing bracket; write [a, b, …]")
            return np.array([float(exact(part)) for part in self.text[1:-1].split(",")])
        name, numbers = _call(self.text)
        with np.errstate(over="ignore"):  # what is not finite is refused by `parse`
            return SHAPES[name](*numbers)

    def __str__(self) -> str:
        return self.text


def power(exponent: Rational, count: Rational) -> np.ndarray:
    """i^-exponent for i = 1 … count."""
    return np.arange(1, _count(count) + 1, dtype=float) ** -float(exponent)


def step(*pairs: Rational) -> np.ndarray:
    """Plateaus: step(count, height, count, height, …)."""
    if len(pairs) % 2:
        raise BadInput("step(count, height, …) takes pairs; give a height for every count")
    counts = [_count(count) for count in pairs[::2]]
    return np.repeat([float(height) for height in pairs[1::2]], counts)


SHAPES = {"power": power, "step": step}


def exact(text: str) -> Rational:
    """The number that a decimal or a fraction writes, exactly: '0.1' is 1/10."""
    text = text.strip()
    if not NUMBER.fullmatch(text) or len(text) > LONGEST:
        text = text if len(text) < 40 else f"{text[:20]}…"
        raise BadInput(f"{text!r} is not a number; write 40, 0.25, 1e-3 or 5/3")
    exponent = re.search(r"[eE]([-+]?\d+)", text)
    if exponent and abs(int(exponent[1])) > LARGEST_EXPONENT:
        raise BadInput(
            f"{text} has an exponent beyond ±{LARGEST_EXPONENT}; no simulator can hold it, write a smaller one"
        )
    numerator, _, denominator = text.partition("/")
    if denominator and int(denominator) == 0:
        raise BadInput(f"{text} divides by zero; write a finite number")
    value = Rational(numerator) / Rational(denominator or 1)
    if not representable(value):
        raise BadInput(f"{text[:20]}… lies beyond 10^±{LARGEST_EXPONENT}; no simulator can hold it")
    return value


def representable(value: Rational) -> bool:
    """Whether float64 holds a number like this with full relative precision."""
    p, q = abs(int(value.p)), int(value.q)
    return p == 0 or (q <= p * 10**LARGEST_EXPONENT and p <= q * 10**LARGEST_EXPONENT)


def parse(text: str) -> Rational | Modes | str:
    """The value that a user's text writes; a bare word stays a word (the name of a choice)."""
    text = text.strip()
    if NUMBER.fullmatch(text):
        return exact(text)
    if text.startswith(("[", "@")) or CALL.fullmatch(text):
        modes = Modes(text if text.startswith("@") else re.sub(r"\s+", "", text))
        if modes.array.ndim != 1 or not modes.array.size or not np.all(np.isfinite(modes.array)):
            raise BadInput(f"{text} is no list of finite numbers; a spectrum is one number per mode")
        return modes
    if re.fullmatch(r"[A-Za-z]\w*", text) and text.lower() not in {"nan", "inf", "infinity"}:
        return text
    raise BadInput(
        f"{text!r} is no value; write a number, a/b, [a, b, …], "
        f"{', '.join(f'{n}(…)' for n in SHAPES)}, @file.npy or a name"
    )


def plain(value: Any) -> int | float | str:
    """A value as JSON writes it: an integer, a float when that is the same number, otherwise text."""
    if isinstance(value, (int, Integer)):
        return int(value)
    if isinstance(value, Rational):
        return float(value) if Rational(repr(float(value))) == value else str(value)
    return str(value)


def shown(value: Any) -> str:
    """A value as a sentence shows it: a long list by its first numbers, for a reader and not to be read again."""
    text = str(value)
    if not text.startswith("[") or len(text) <= SHOWN:
        return text
    parts = text[1:-1].split(",")
    return f"[{', '.join(f'{float(part):.4g}' for part in parts[:3])}, … {len(parts)} modes]"


def _call(text: str) -> tuple[str, list[Rational]]:
    match = CALL.fullmatch(text)
    if not match or match[1] not in SHAPES:
        raise BadInput(
            f"{text!r} is no spectrum; write {', '.join(f'{name}(…)' for name in SHAPES)}, [a, b, …] or @file.npy"
        )
    try:
        numbers = [exact(part) for part in match[2].split(",")]
        signature(SHAPES[match[1]]).bind(*numbers)
    except TypeError as fault:
        raise BadInput(
            f"{text}: wrong number of arguments; write power(exponent, count) or step(count, height, …)"
        ) from fault
    return match[1], numbers


def _count(number: Rational) -> int:
    if number.q != 1 or not 1 <= number <= MOST_MODES:
        raise BadInput(f"{number} is no count of modes; write a whole number from 1 to {MOST_MODES}")
    return int(number)


def _from_file(text: str) -> np.ndarray:
    path = Path(text[1:])
    if not path.is_file():
        raise BadInput(f"{text}: there is no file {path}; give the path of a .npy file with one number per mode")
    try:
        stored = np.asarray(np.load(path, allow_pickle=False))
        return stored.astype(float, casting="safe")  # complex numbers and text are no spectrum
    except (ValueError, TypeError, OSError, EOFError) as fault:
        raise BadInput(f"{text} holds no array of real numbers; save it with np.save(path, modes)") from fault


# formulas


def formula_of(value: Any, names: Collection[str]) -> Expr | None:
    """The formula that an expression or a user's text is; None where it mentions no parameter.   Raises BadInput."""
    if isinstance(value, str):
        named = not value.lstrip().startswith(("@", "[")) and set(NAMED.findall(value)) & set(names)
        return _parsed(value) if named else None
    return value if isinstance(value, Expr) and value.free_symbols else None


def settled(value: Expr, numbers: Mapping[str, Any]) -> Any:
    """What a formula is at these numbers: a rational number, or the text of a spectrum; a formula while any is missing.

    Irrational numbers are rounded to float64, as a simulator would.   Raises BadInput for what is no number.
    """
    found = value.subs({symbol: numbers[symbol.name] for symbol in _symbols(value) if symbol.name in numbers})
    if found.free_symbols:
        return found
    if isinstance(found, AppliedUndef):
        return f"{found.func}({', '.join(str(_rounded(part)) for part in found.args)})"
    return _rounded(found)


def needs(value: Expr) -> set[str]:
    """Names of the parameters that a formula reads."""
    return {symbol.name for symbol in _symbols(value)}


def _symbols(value: Expr) -> list[Symbol]:
    return [symbol for symbol in value.free_symbols if isinstance(symbol, Symbol)]


def _rounded(number: Basic) -> Rational:
    if isinstance(number, Rational):
        return number
    try:
        return exact(repr(float(sympify(number))))
    except (TypeError, OverflowError) as fault:
        raise BadInput(f"{number} is no real number; tie a parameter to one") from fault


def _parsed(text: str) -> Expr:
    """A formula of numbers, names, + - * / **, and of the shapes of spectra; nothing is evaluated as Python."""
    if len(text) > LONGEST:
        raise BadInput(f"{text[:20]}… is longer than {LONGEST} characters; write a shorter formula")
    try:
        return _read(ast.parse(text.strip().replace("^", "**"), mode="eval").body, text)
    except (SyntaxError, RecursionError, MemoryError) as fault:
        raise _no_formula(text) from fault


def _read(node: ast.expr, text: str) -> Expr:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return exact(ast.get_source_segment(text.strip().replace("^", "**"), node) or "")
        case ast.Name():
            return Symbol(node.id)
        case ast.UnaryOp(op=ast.USub()):
            return -_read(node.operand, text)
        case ast.BinOp(op=ast.Pow()):
            return _power(_read(node.left, text), _read(node.right, text), text)
        case ast.BinOp() if type(node.op) in BINARY:
            return BINARY[type(node.op)](_read(node.left, text), _read(node.right, text))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in SHAPES:
            return Function(name)(*(_read(part, text) for part in node.args))
    raise _no_formula(text)


def _power(base: Expr, exponent: Expr, text: str) -> Expr:
    degree = max((abs(part.exp) for part in base.atoms(Pow) if part.exp.is_number), default=1)
    if not isinstance(exponent, Rational) or not degree * abs(exponent) <= STEEPEST:
        raise BadInput(f"{text}: an exponent is a number, and no power is above {STEEPEST}; write n**2")
    return base**exponent


def _no_formula(text: str) -> BadInput:
    shapes = ", ".join(f"{name}(…)" for name in SHAPES)
    return BadInput(f"{text!r:.60} is no formula; write numbers, names of parameters, + - * / ** and {shapes}")

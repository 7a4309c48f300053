"""Complex enclosures (acb) of an expression in complex unknowns, and its real parts, arguments and moduli."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from flint import acb, arb, fmpq
from sympy import Basic

from theory.errors import BadInput
from theory.evaluate import NO_MODES, balls, precision
from theory.implicit.walk import Arithmetic, evaluated

PARTS = (sympy.re, sympy.im, sympy.Abs, sympy.arg)


@dataclass(frozen=True)
class Listed:
    """One complex ball per mode."""

    entries: list[acb]

    def _with(self, other: Any, operation: Callable[[acb, acb], acb]) -> "Listed":
        others = other.entries if isinstance(other, Listed) else [other] * len(self.entries)
        if len(others) != len(self.entries):
            raise BadInput("two spectra of one formula differ in their number of modes; give both the same count")
        return Listed([operation(one, two) for one, two in zip(self.entries, others, strict=True)])

    def __add__(self, other: Any) -> "Listed":
        return self._with(other, lambda one, two: one + two)

    def __mul__(self, other: Any) -> "Listed":
        return self._with(other, lambda one, two: one * two)

    __radd__, __rmul__ = __add__, __mul__


def complex_ball(expression: Basic, values: Mapping[Any, Any], bits: int) -> acb:
    """The value in complex ball arithmetic; not finite where it is undefined.   Raises BadInput."""
    with precision(bits):
        given = {symbol: _entered(value) for symbol, value in _balls(values).items()}
        return evaluated(expression, given, COMPLEX)


def _balls(values: Mapping[Any, Any]) -> dict[Any, Any]:
    complex_ones = {symbol: value for symbol, value in values.items() if isinstance(value, acb)}
    return balls({symbol: value for symbol, value in values.items() if symbol not in complex_ones}) | complex_ones


def _entered(value: Any) -> Any:
    return Listed([acb(entry) for entry in value]) if isinstance(value, list) else acb(value)


def _mapped(function: Callable[..., acb]) -> Callable[..., Any]:
    """The function applied to every mode."""

    def apply(first: Any, *others: Any) -> Any:
        if isinstance(first, Listed):
            return Listed([function(entry, *others) for entry in first.entries])
        return function(first, *others)

    return apply


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, Listed) or isinstance(exponent, Listed):
        count = len((base if isinstance(base, Listed) else exponent).entries)
        rows = [part.entries if isinstance(part, Listed) else [part] * count for part in (base, exponent)]
        return Listed([one**two for one, two in zip(*rows, strict=True)])
    return base.sqrt() if exponent.is_exact() and 2 * exponent == 1 else base**exponent


def _summed(modes: Any) -> acb:
    if not isinstance(modes, Listed):
        raise BadInput(NO_MODES)
    return sum(modes.entries, acb(0))


def _argument(z: acb) -> acb:
    return acb(z.log().imag)


COMPLEX = Arithmetic(
    number=lambda number: acb(arb(fmpq(int(number.p), int(number.q)))),
    constants={sympy.I: lambda: acb(0, 1), sympy.pi: acb.pi, sympy.E: lambda: acb(1).exp()},
    functions={function: _mapped(apply) for function, apply in {
        sympy.exp: acb.exp, sympy.log: acb.log, sympy.sin: acb.sin, sympy.cos: acb.cos, sympy.tan: acb.tan,
        sympy.sinh: acb.sinh, sympy.cosh: acb.cosh, sympy.tanh: acb.tanh, sympy.erf: acb.erf, sympy.erfc: acb.erfc,
        sympy.gamma: acb.gamma, sympy.conjugate: lambda z: z.conjugate(), sympy.re: lambda z: acb(z.real),
        sympy.im: lambda z: acb(z.imag), sympy.Abs: lambda z: acb(abs(z)), sympy.arg: _argument,
    }.items()},
    whole_power=_mapped(lambda base, exponent: base**exponent),
    power=_power,
    summed=_summed,
    name="complex enclosure",
)  # fmt: skip

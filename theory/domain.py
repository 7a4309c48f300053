"""Domains: what values a symbol may take, and which of them are typical."""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from sympy import Basic, Function, Rational, Symbol, sympify
from sympy.concrete.expr_with_limits import ExprWithLimits

from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.proof import Entries
from theory.values import LARGEST_EXPONENT, Modes, exact, parse, representable

LARGEST_SIZE = 10**9
power, step = Function("power"), Function("step")  # spectra whose numbers are formulas, as a ladder ties them


class Declared:
    """A part of a setting. Read from the setting's class it is its SymPy symbol: `M.n`."""

    assumptions: ClassVar[dict[str, bool]] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.symbol = Symbol(name, **self.symbol_assumptions())

    def __get__(self, instance: object, owner: type) -> Symbol:
        return self.symbol

    def symbol_assumptions(self) -> dict[str, bool]:
        return self.assumptions


class Domain(Declared, ABC):
    """A parameter of a setting and the values it may take."""

    def accept(self, value: Any) -> Any:
        """The value in its exact form.   Raises OutsideDomain."""
        if isinstance(value, str):
            value = self.read(value)
        fault = self.fault(value)
        if fault:
            raise OutsideDomain(f"{self.name}={value} is outside {self}: {fault}")
        return self.exactly(value)

    def read(self, text: str) -> Any:
        """The value that a user's text writes."""
        try:
            return parse(text)
        except BadInput as fault:
            raise OutsideDomain(f"{self.name}: {fault}") from fault

    def check(self) -> None:
        """Raises BadDeclaration where the typical values lie outside the domain."""
        faults = [f"{value}: {fault}" for value in self.corners() if (fault := self.fault(value))]
        if faults:
            raise BadDeclaration(f"{self.name}: the typical values leave {self}; {'; '.join(faults)}")

    @abstractmethod
    def fault(self, value: Any) -> str:
        """Why the value does not belong to the domain; empty when it does."""

    def exactly(self, value: Any) -> Any:
        return value

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Any:
        """A typical value."""

    def corners(self) -> list[Any]:
        """The ends of the typical range."""
        return []


def _rational(value: Any) -> Rational | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, np.integer)):
        return Rational(int(value))
    if isinstance(value, (float, np.floating)):
        return exact(repr(float(value))) if np.isfinite(value) else None
    return value if isinstance(value, Rational) else None


class Real(Domain):
    """A real parameter between bounds. `per_trial`: the simulator receives one value for every trial, as an array."""

    def __init__(
        self,
        *,
        above: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
        at_most: float | None = None,
        typical: tuple[float, float] | None = None,
        per_trial: bool = False,
    ) -> None:
        self.above, self.at_least, self.below, self.at_most = above, at_least, below, at_most
        self.typical = typical
        self.per_trial = per_trial

    def symbol_assumptions(self) -> dict[str, bool]:
        if self.above is not None and self.above >= 0:
            return {"positive": True}
        if self.at_least is not None and self.at_least >= 0:
            return {"positive": True} if self.at_least else {"nonnegative": True}
        return {"real": True}

    def fault(self, value: Any) -> str:
        number = _rational(value)
        if number is None:
            return "a finite number is wanted"
        if not representable(number):
            return f"no simulator can hold a number beyond 10^±{LARGEST_EXPONENT}"
        tests = [
            (self.above, number.__gt__, "above"),
            (self.at_least, number.__ge__, "at least"),
            (self.below, number.__lt__, "below"),
            (self.at_most, number.__le__, "at most"),
        ]
        broken = [
            f"it must be {word} {bound}"
            for bound, test, word in tests
            if bound is not None and not test(_rational(bound))
        ]
        return "; ".join(broken)

    def exactly(self, value: Any) -> Rational:
        number = _rational(value)
        assert number is not None
        return number

    def draw(self, rng: np.random.Generator) -> Rational:
        low, high = self._typical()
        value = np.exp(rng.uniform(np.log(low), np.log(high))) if low > 0 and high > 4 * low else rng.uniform(low, high)
        value = min(max(float(value), low), high)
        for text in (f"{value:.3g}", f"{value:.6g}"):  # short decimals: a point that a person can type again
            if low <= float(text) <= high and not self.fault(exact(text)):
                return exact(text)
        return exact(repr(value))

    def corners(self) -> list[Rational]:
        return [exact(repr(float(end))) for end in self._typical()] if self.typical else []

    def _typical(self) -> tuple[float, float]:
        if self.typical is None:
            raise BadDeclaration(
                f"{self.name} has no typical range, so no point can be drawn; declare "
                f"typical=(low, high) or give {self.name}"
            )
        return float(self.typical[0]), float(self.typical[1])

    def __str__(self) -> str:
        bounds = [(">", self.above), ("≥", self.at_least), ("<", self.below), ("≤", self.at_most)]
        return ("the reals " + " and ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None)).strip()


class Size(Domain):
    """A whole number, positive unless `at_least` says otherwise: a number of samples, features, neurons."""

    def __init__(
        self, *, at_least: int = 1, at_most: int = LARGEST_SIZE, typical: tuple[int, int] | None = None
    ) -> None:
        self.at_least, self.at_most = at_least, at_most
        self.typical = typical

    def symbol_assumptions(self) -> dict[str, bool]:
        return {
            "integer": True,
            **({"positive": True} if self.at_least > 0 else {"nonnegative": True} if self.at_least == 0 else {}),
        }

    def fault(self, value: Any) -> str:
        number = _rational(value)
        if number is None or number.q != 1:
            return "a whole number is wanted"
        return (
            "" if self.at_least <= number <= self.at_most else f"it must lie between {self.at_least} and {self.at_most}"
        )

    def exactly(self, value: Any) -> int:
        return int(value)

    def draw(self, rng: np.random.Generator) -> int:
        low, high = self._typical()
        if low < 1:
            return int(rng.integers(low, high + 1))
        return round(
            np.exp(rng.uniform(np.log(low), np.log(high)))
        )  # log-uniform: small sizes are as interesting as large

    def corners(self) -> list[int]:
        return list(self.typical or ())

    def _typical(self) -> tuple[int, int]:
        if self.typical is None:
            raise BadDeclaration(
                f"{self.name} has no typical range, so no point can be drawn; declare "
                f"typical=(low, high) or give {self.name}"
            )
        return self.typical

    def __str__(self) -> str:
        return f"the whole numbers from {self.at_least}" + (
            f" to {self.at_most}" if self.at_most < LARGEST_SIZE else ""
        )


class Choice(Domain):
    """One of a few named variants of the model."""

    def __init__(self, *options: str) -> None:
        self.options = options

    def read(self, text: str) -> str:
        return text.strip()

    def fault(self, value: Any) -> str:
        return "" if value in self.options else f"choose {' or '.join(self.options)}"

    def draw(self, rng: np.random.Generator) -> str:
        return self.options[int(rng.integers(len(self.options)))]

    def corners(self) -> list[str]:
        return list(self.options)

    def __str__(self) -> str:
        return "the choices " + ", ".join(self.options)


class Spectrum(Domain):
    """Positive numbers, one per mode. Its symbol acts elementwise; `total(expression)` sums over the modes."""

    assumptions: ClassVar[dict[str, bool]] = {"positive": True}

    def __init__(self, *, typical: tuple[str, ...] = ("power(1.5,600)",)) -> None:
        self.typical = typical

    def fault(self, value: Any) -> str:
        if isinstance(value, (list, tuple, np.ndarray)):
            value = Modes(_listed(value))
        if not isinstance(value, Modes):
            return "a spectrum is wanted, for example power(1.5,600)"
        return "" if np.all(value.array > 0) else "every mode must be positive"

    def exactly(self, value: Any) -> Modes:
        return value if isinstance(value, Modes) else Modes(_listed(value))

    def draw(self, rng: np.random.Generator) -> Modes:
        return Modes(self.typical[int(rng.integers(len(self.typical)))])

    def corners(self) -> list[Modes]:
        return [Modes(text) for text in self.typical]

    def __str__(self) -> str:
        return "the positive spectra"


class total(Function):
    """Sum of an elementwise expression over the modes of its spectra: total(lam/(lam + g)) = Σᵢ λᵢ/(λᵢ + g)."""

    nargs = 1

    @classmethod
    def eval(cls, modes: Any) -> Any:
        return modes if modes == 0 else None

    def _eval_derivative(self, symbol: Any) -> Any:
        return total(self.args[0].diff(symbol))

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.args[0].is_positive and self._has_terms() else None

    def _eval_is_extended_negative(self) -> bool | None:
        return True if self.args[0].is_negative and self._has_terms() else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None

    def _eval_is_extended_nonpositive(self) -> bool | None:
        return True if self.args[0].is_nonpositive else None

    def _has_terms(self) -> bool:
        """Whether there is a term: spectra have modes, while the number of entries may be 0."""
        entries = [symbol for symbol in self.args[0].free_symbols if isinstance(symbol, Entries)]
        return all(sympify(symbol.count).is_positive for symbol in entries)

    def _eval_is_finite(self) -> bool | None:
        return self.args[0].is_finite

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _latex(self, printer: Any, exp: Any = None) -> str:
        body = r"\sum_i " + printer.parenthesize(self.args[0], 50)
        return rf"\left({body}\right)^{{{exp}}}" if exp else body

    def _pretty(self, printer: Any) -> Any:
        return printer._print_Function(self, func_name="Σ")


@lru_cache(maxsize=2**16)
def free_symbols(node: Any) -> frozenset[Any]:
    """The free symbols of an expression, each node's found once: SymPy rebuilds what a sum adds to see them."""
    if isinstance(node, ExprWithLimits):
        free = free_symbols(node.args[0])
        for index, *ends in node.limits:
            free = (free - {index} if ends else free | {index}).union(*map(free_symbols, ends))
        return free
    if not node.args or not _unites(type(node)):
        return frozenset(node.free_symbols)
    return frozenset().union(*map(free_symbols, node.args))


@lru_cache(maxsize=1024)
def _unites(kind: type) -> bool:
    """Whether the free symbols of such nodes are those of their parts."""
    return next(base for base in kind.__mro__ if "free_symbols" in vars(base)) is Basic


def _listed(values: Any) -> str:
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "iuf" or not values.size or not np.all(np.isfinite(values)):
        raise OutsideDomain(f"{values.tolist()!r:.60} is no list of finite numbers; a spectrum is one number per mode")
    return "[" + ",".join(repr(float(value)) for value in values) + "]"


__all__ = ["Choice", "Declared", "Domain", "Real", "Size", "Spectrum", "power", "step", "total"]

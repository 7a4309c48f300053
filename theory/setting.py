"""A setting: the symbols, drawn arrays and observables of one model. It says what is there, never what comes out."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from sympy import Basic, Eq, Integer, Ne, Symbol, sympify

from theory.data import Data
from theory.domain import Declared, Domain, Real, Size, Spectrum, free_symbols
from theory.errors import BadDeclaration, BadInput
from theory.values import Modes, formula_of, needs, plain, settled, shown


class Axis(Declared):
    """Indexes an observable: iteration, time, mode. Never a parameter of the simulator, so a trajectory is one run."""

    assumptions: ClassVar[dict[str, bool]] = {"positive": True}

    def __init__(self, values: Sequence[float]) -> None:
        self.values = np.array(values)
        if self.values.ndim != 1 or np.any(np.diff(self.values) <= 0):
            raise BadDeclaration(f"an axis needs increasing values, got {list(values)}; sort them")


class Drawn(Declared):
    """An array of the trial that a prediction may read: a design, tokens, gradients; ("n", 1) is one longer than n."""

    assumptions: ClassVar[dict[str, bool]] = {"real": True}

    def __init__(self, *shape: Declared | str | int | tuple[Declared | str | int, ...]) -> None:
        self.shape = shape


class Observable(Declared):
    """What a simulator measures, one number or array per trial.

    `certificate` names the observable that bounds its error. What is known of its law makes verdicts exact: `between`,
    bounds of its values (None: no bound), and `variance`, a bound of its variance, are numbers, parameters, or
    functions of the setting: `variance=lambda M: M.s**2`. `values`: "continuous" (a repeated value is a repeated
    trial), "discrete", or "fixed" (not random at all).
    """

    assumptions: ClassVar[dict[str, bool]] = {"real": True}

    def __init__(
        self,
        text: str = "",
        *,
        shape: Declared | str | Sequence[Declared | str | int] = (),
        certificate: str | None = None,
        between: tuple[Any, Any] | None = None,
        variance: Any = None,
        values: Literal["continuous", "discrete", "fixed"] = "continuous",
    ) -> None:
        self.text = text
        self.shape: tuple[Any, ...] = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        self.certificate, self.between, self.variance, self.values = certificate, between, variance, values
        if between is not None and len(tuple(between)) != 2:
            raise BadDeclaration(f"between={between!r} is no pair of bounds; write between=(0, 1), or (0, None)")
        if values not in ("continuous", "discrete", "fixed"):
            raise BadDeclaration(f"an observable's values are continuous, discrete or fixed, not {values!r}")

    @property
    def axis(self) -> Axis | None:
        """The axis along which one trial runs, where it is nothing but a row along it."""
        return self.shape[0] if len(self.shape) == 1 and isinstance(self.shape[0], Axis) else None


class Event(Declared):
    """What a conditional claim is given; the simulator returns one truth value per trial."""

    def __init__(self, text: str) -> None:
        self.text = text


class Setting:
    """Base of all settings. Its class attributes are SymPy symbols; `M.parts[name]` is what was declared."""

    parts: ClassVar[dict[str, Declared]] = {}

    def __init_subclass__(cls) -> None:
        cls.parts = {
            name: part
            for base in reversed(cls.__mro__)
            for name, part in vars(base).items()
            if isinstance(part, Declared)
        }
        taken = sorted(set(cls.parts) & RESERVED)
        if taken:
            raise BadDeclaration(
                f"{cls.__qualname__}: the name {', '.join(taken)} is taken by the machinery; choose another"
            )
        for domain in cls.domains().values():
            domain.check()

    @classmethod
    def of_kind(cls, kind: type[Declared]) -> dict[str, Any]:
        """The declared parts of one kind, in the order of declaration."""
        return {name: part for name, part in cls.parts.items() if isinstance(part, kind)}

    @classmethod
    def domains(cls) -> dict[str, Domain]:
        return cls.of_kind(Domain)

    @classmethod
    def name(cls) -> str:
        return cls.__qualname__

    @classmethod
    def about(cls) -> str:
        """What the model is; where a setting adds to another one, that one comes first."""
        own = [base for base in reversed(cls.__mro__) if issubclass(base, Setting) and base is not Setting]
        return " ".join(word for base in own for word in (vars(base).get("__doc__") or "").split())

    @classmethod
    def topic(cls) -> str:
        """Where the setting stands: min_norm for theory/settings/min_norm.py and theory/settings/min_norm/ridge.py."""
        return cls.__module__.removeprefix("theory.settings.").split(".")[0]

    @classmethod
    def part_of(cls, symbol: Basic) -> Declared | None:
        """The declared part that a symbol stands for."""
        part = cls.parts.get(getattr(symbol, "name", ""))
        return part if part is not None and part.symbol == symbol else None


RESERVED = {"trials", "rng", *(name for name in vars(Setting) if name[0] != "_")}


@dataclass(frozen=True)
class Point:
    """Values for all parameters of a setting, in exact form. `tied`: formulas that gave some of them, p = 2·n.

    They are kept, so that the point follows them when the parameters that they read are replaced.
    """

    setting: type[Setting]
    values: tuple[tuple[str, Any], ...]
    tied: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, setting: type[Setting], values: Mapping[str, Any]) -> "Point":
        """The point with these values, or formulas of values.

        Raises BadInput for unknown or missing names, OutsideDomain for bad values.
        """
        domains = setting.domains()
        for name in values:
            if name not in domains:
                raise BadInput(f"{setting.name()} has no parameter {name}; it has {', '.join(domains)}")
        data = {name: "data" for name, domain in domains.items() if isinstance(domain, Data)}
        missing = [name for name in domains if name not in values and name not in data]
        if missing:
            raise BadInput(f"{setting.name()}: {', '.join(missing)} not given; add --set {missing[0]}=…")
        accepted = {**data, **values}
        tied = _formulas(setting, accepted)
        accepted |= _settled(setting, accepted, tied)
        found = tuple((name, domain.accept(accepted[name])) for name, domain in domains.items())
        return cls(setting, found, tuple(tied.items()))

    def __getitem__(self, name: str | Symbol) -> Any:
        return dict(self.values)[str(name)]

    def replace(self, changes: Mapping[Any, Any]) -> "Point":
        """The point with some values changed, and what is tied to them; keys are symbols or names."""
        return Point.of(self.setting, {**self.given(), **{str(key): value for key, value in changes.items()}})

    def given(self) -> dict[str, Any]:
        """Values by name, formulas in place of what they gave."""
        return {**dict(self.values), **dict(self.tied)}

    def settled(self) -> "Point":
        """The same values, tied to nothing."""
        return Point(self.setting, self.values)

    def numbers(self) -> dict[str, Any]:
        """The values as a simulator takes them: int, float, name of a choice, float64 modes, arrays of a data set."""
        return {name: self._number(name, value) for name, value in self.values}

    def _number(self, name: str, value: Any) -> Any:
        if isinstance(value, Modes):
            return value.array
        domain = self.setting.domains()[name]
        if isinstance(domain, Data):
            return domain.load()
        return float(value) if isinstance(domain, Real) else value

    def put_into(self, expression: Any) -> Any:
        """The expression with the point's exact numbers; spectra stay symbols."""
        return self.decide(expression).subs(self.exact()) if isinstance(expression, Basic) else expression

    def decide(self, expression: Any) -> Any:
        """The expression with every comparison of a choice decided: Eq(law, sphere) is true or false at a point."""
        names = {self.setting.parts[name].symbol: value for name, value in self.values if isinstance(value, str)}
        asked = [relation for relation in expression.atoms(Eq, Ne) if set(relation.args) & set(names)]
        return expression.subs({relation: _chosen(relation, names) for relation in asked})

    def exact(self) -> dict[Symbol, Any]:
        """Symbol -> exact SymPy value, without the spectra and data."""
        return {
            self.setting.parts[name].symbol: _exact(value)
            for name, value in self.values
            if not isinstance(value, Modes) and name not in self.setting.of_kind(Data)
        }

    def spectra(self) -> dict[Symbol, np.ndarray]:
        """Symbol -> modes, for the spectra of the point."""
        return {self.setting.parts[name].symbol: value.array for name, value in self.values if isinstance(value, Modes)}

    def text(self) -> dict[str, int | float | str]:
        """The values as JSON and a command line write them."""
        values = {name: plain(value) for name, value in self.values}
        return values | {name: str(formula).replace(" ", "") for name, formula in self.tied}

    def settings_flags(self) -> str:
        """The `--set` flags that give this point again."""
        return " ".join(
            f"--set {shlex.quote(f'{name}={value}')}"
            for name, value in self.text().items()
            if name not in self.setting.of_kind(Data)
        )

    def __str__(self) -> str:
        return ", ".join(f"{name}={shown(value)}" for name, value in self.text().items())


def _formulas(setting: type[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are formulas of parameters of the setting."""
    domains = setting.domains()
    numbered = {name: value for name, value in values.items() if isinstance(domains[name], (Real, Size, Spectrum))}
    return {name: found for name, value in numbered.items() if (found := formula_of(value, domains)) is not None}


def _settled(setting: type[Setting], values: Mapping[str, Any], tied: Mapping[str, Any]) -> dict[str, Any]:
    """What the formulas are at the other values.   Raises BadInput for a circle, or what is no number."""
    domains, found, left = setting.domains(), {}, dict(tied)
    while left:
        ready = [name for name, value in left.items() if not needs(value) & set(left)]
        if not ready:
            raise BadInput(f"{setting.name()}: {', '.join(left)} are tied to each other in a circle; give one a number")
        for name in ready:
            value = left.pop(name)
            wrong = [one for one in needs(value) if not isinstance(domains.get(one), (Real, Size))]
            if wrong:
                raise BadInput(f"{setting.name()}: {name}={value} reads {', '.join(wrong)}, which is no number")
            read = {one: domains[one].accept({**values, **found}[one]) for one in needs(value)}
            found[name] = settled(value, read)
    return found


def _chosen(relation: Any, names: Mapping[Symbol, str]) -> Any:
    same = len({names.get(side, str(side)) for side in relation.args}) == 1
    return sympify(same is isinstance(relation, Eq))


def _exact(value: Any) -> Any:
    return Symbol(value) if isinstance(value, str) else Integer(value) if isinstance(value, int) else value


def symbols_of(expressions: Iterable[Any]) -> set[Symbol]:
    """All symbols that occur in some expressions."""
    return {
        symbol
        for expression in expressions
        if isinstance(expression, Basic)
        for symbol in free_symbols(expression)
        if isinstance(symbol, Symbol)
    }

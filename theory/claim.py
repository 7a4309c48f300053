"""A claim: setting, observable, prediction and the relation between them, with everything a check needs to know."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from sympy import Basic, Symbol, sympify

from theory.computed import Computed, Law, Minimum
from theory.domain import Domain
from theory.errors import BadDeclaration, BadInput, OutsideDomain
from theory.evaluate import DIGITS, Prediction, enclose, holds, predicted
from theory.evaluation.vectorise import per_trial
from theory.implicit import Root, blocks, read_at, solution
from theory.proof import Degree, Step
from theory.relation import Relation
from theory.setting import Axis, Drawn, Event, Observable, Point, Setting, symbols_of
from theory.values import exact

CONDITIONS = (sympy.core.relational.Relational, sympy.And, sympy.Or, sympy.Not, sympy.logic.boolalg.BooleanAtom)
STATUSES = ("theorem", "derived here", "heuristic", "empirical", "doubtful")


@dataclass(frozen=True)
class Source:
    """Where a claim is from."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Wrong:
    """A changed claim that must be refuted; `at`: where it is told apart, otherwise at the claim's own points."""

    name: str
    at: tuple[Mapping[Symbol, Any], ...]
    changes: Mapping[str, Any]

    def __init__(self, name: str, at: Sequence[Mapping[Symbol, Any]] | None = None, **changes: Any) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "at", tuple(at or ()))
        object.__setattr__(self, "changes", changes)


@dataclass(frozen=True)
class Curve:
    """What a figure draws: prediction and measurement over one symbol, for each value of a `family` if there is one."""

    over: Symbol
    values: tuple[Any, ...]
    fixing: Mapping[Symbol, Any] = field(default_factory=dict)
    log: bool = True
    label: str = ""
    family: tuple[Symbol, tuple[Any, ...]] | None = None

    def __init__(
        self,
        over: Symbol,
        values: Sequence[Any] = (),
        fixing: Mapping[Symbol, Any] | None = None,
        *,
        log: bool = True,
        label: str = "",
        family: tuple[Symbol, Sequence[Any]] | None = None,
    ) -> None:
        parts = {"over": over, "values": tuple(values), "fixing": dict(fixing or {}), "log": log, "label": label}
        parts["family"] = (family[0], tuple(family[1])) if family else None
        for name, value in parts.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Claim:
    """One statement that can be checked.

    `fixing`: pinned; `assuming`: where it is true; `regime`: where it can be tested.
    `quantity` tells the claims of one entry apart: their ids are `entry` and `entry_quantity`.
    """

    setting: type[Setting]
    observable: Any
    prediction: Any
    relation: Relation
    title: str = field(kw_only=True)
    entry: str = field(kw_only=True)
    source: Source = field(kw_only=True)
    quantity: str = field(default="", kw_only=True)
    seeds: Sequence[str] = field(default=(), kw_only=True)
    status: str = field(default="theorem", kw_only=True)
    flagship: bool = field(default=False, kw_only=True)
    roots: Sequence[Root] = field(default=(), kw_only=True)
    unknown: Sequence[Symbol] = field(default=(), kw_only=True)
    scale: Any = field(default=None, kw_only=True)
    fixing: Mapping[Symbol, Any] = field(default_factory=dict, kw_only=True)
    assuming: Sequence[Any] = field(default=(), kw_only=True)
    regime: Sequence[Any] = field(default=(), kw_only=True)
    given: Symbol | None = field(default=None, kw_only=True)
    points: Sequence[Mapping[Symbol, Any]] = field(default=(), kw_only=True)
    tight_at: Sequence[Mapping[Symbol, Any]] = field(default=(), kw_only=True)
    fails_at: Sequence[Mapping[Symbol, Any]] = field(default=(), kw_only=True)
    wrong: Sequence[Wrong] = field(default=(), kw_only=True)
    rivals: Sequence["Claim"] = field(default=(), kw_only=True)
    scaling: Sequence[Degree] = field(default=(), kw_only=True)
    steps: Sequence[Step] = field(default=(), kw_only=True)
    figure: Curve | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise BadDeclaration(f"{self.id}: status {self.status!r} is none of {', '.join(STATUSES)}")
        if isinstance(self.prediction, str):
            raise BadDeclaration(
                f"{self.id}: the prediction {self.prediction!r} is text; write "
                f"it in the symbols of {self.setting.name()}"
            )
        if self.prediction is not None and not isinstance(self.prediction, (Computed, Minimum, Law)):
            object.__setattr__(self, "prediction", sympify(self.prediction))
        self._require_conditions()
        self._require_names()
        strangers = (
            symbols_of(self._expressions())
            - {part.symbol for part in self.setting.parts.values()}
            - {root.symbol for root in self.roots}
        )
        strangers -= set(self.unknown) | {option for option in strangers if self._names_a_choice(option)}
        if strangers:
            raise BadDeclaration(
                f"{self.id}: {', '.join(sorted(map(str, strangers)))} belongs neither to "
                f"{self.setting.name()} nor to the roots; declare it"
            )

    @property
    def id(self) -> str:
        return f"{self.entry}_{self.quantity}" if self.quantity else self.entry

    @property
    def topic(self) -> str:
        return self.entry.split(".")[0]

    def but(self, **changes: Any) -> "Claim":
        """The same claim with some fields replaced."""
        unknown = set(changes) - {f.name for f in dataclasses.fields(self)}
        if unknown:
            raise BadDeclaration(
                f"{self.id}: a claim has no {', '.join(sorted(unknown))}; its fields are those of Claim"
            )
        return dataclasses.replace(self, **changes)

    def on(self, setting: type[Setting], *, entry: str, **changes: Any) -> "Claim":
        """The claim of a setting that inherits from its own: other data, another way to train; empirical, then.

        Places and steps, which speak of this setting alone, are left out. `changes` are fields of Claim.
        """
        if not issubclass(setting, self.setting):
            raise BadDeclaration(f"{self.id} speaks of {self.setting.name()}; write "
                                 f"class {setting.__name__}({self.setting.__name__}) to claim it of {setting.name()}")
        left_out = {"points": (), "tight_at": (), "fails_at": (), "figure": None, "steps": (), "flagship": False}
        wrong = [Wrong(one.name, **one.changes) for one in self.wrong]
        fields = {**left_out, "wrong": wrong, "status": "empirical", "setting": setting, "entry": entry}
        return self.but(**{**fields, **changes})

    def variant(self, name: str) -> "Claim":
        """The wrong variant of that name, as a claim.   Raises BadDeclaration when there is none."""
        for wrong in self.wrong:
            if wrong.name == name:
                moved = {"points": wrong.at or self.points, "tight_at": () if wrong.at else self.tight_at}
                return self.but(wrong=(), **{**moved, **wrong.changes})
        raise BadDeclaration(
            f"{self.id} has no wrong variant {name!r}; it has {', '.join(repr(w.name) for w in self.wrong) or 'none'}"
        )

    def point(self, values: Mapping[Any, Any]) -> Point:
        """The point with these values and the pinned ones.   Raises BadInput outside the domain or `assuming`."""
        named = {str(key): value for key, value in values.items()}
        for symbol, pinned in self.fixing.items():
            name = str(symbol)
            domain = self.setting.domains()[name]
            if name in named and domain.accept(named[name]) != domain.accept(pinned):
                raise OutsideDomain(f"{self.id} holds {name} fixed at {pinned}, got {name}={named[name]}; leave it out")
            named[name] = pinned
        point = Point.of(self.setting, named)
        broken = self.broken(self.assuming, point)
        if broken:
            raise OutsideDomain(
                f"{self.id} assumes {' and '.join(map(str, broken))}, which fails at {point}; move the point"
            )
        return point

    @staticmethod
    def broken(conditions: Sequence[Any], point: Point) -> list[Any]:
        """The conditions that do not hold at the point."""
        values = {**point.exact(), **point.spectra()}
        return [condition for condition in conditions if not holds(condition, values)]

    def free(self) -> dict[str, Domain]:
        """The domains that a point of this claim must still fill."""
        pinned = {str(symbol) for symbol in self.fixing}
        return {name: domain for name, domain in self.setting.domains().items() if name not in pinned}

    def is_per_trial(self) -> bool:
        """Whether the prediction reads what was drawn or measured, so that each trial has its own."""
        if isinstance(self.prediction, Computed):
            return True
        measured = {part.symbol for part in self.setting.parts.values() if isinstance(part, (Observable, Drawn))}
        return isinstance(self.prediction, Basic) and bool(measured & symbols_of([self.prediction]))

    def is_per_point(self) -> bool:
        """Whether the prediction is one number at a point, from a formula."""
        return isinstance(self.prediction, Basic) and not self.is_per_trial() and not self.axes()

    def has_values(self) -> bool:
        """Whether the prediction is one or more numbers: no law, and not absent as in an ordering."""
        return self.prediction is not None and not isinstance(self.prediction, Law)

    def axes(self) -> list[Axis]:
        """The axes that the prediction runs along, in the order of declaration."""
        used = symbols_of([self.prediction]) if isinstance(self.prediction, Basic) else set()
        return [axis for axis in self.setting.of_kind(Axis).values() if axis.symbol in used]

    def predict(
        self, point: Point, measured: Mapping[str, np.ndarray] | None = None, digits: int = DIGITS
    ) -> Prediction:
        """Value of the prediction at a point; with `measured` arrays (trials, …), one value per trial.

        Along the axes of its setting it is an array. Constants that the claim leaves open count as 1.
        """
        if self.prediction is None:
            raise BadInput(f"{self.id} predicts no number, only which mean is larger; `proofs-check check {self.id}`")
        if isinstance(self.prediction, Law):
            raise BadInput(f"{self.id} predicts a distribution, not a number; `proofs-check check {self.id}` compares")
        if isinstance(self.prediction, Minimum):
            return self.prediction.at_point(point, digits, self.roots_at(point))
        if isinstance(self.prediction, Computed):
            return self._defined(self.prediction.of(point, measured or {}), point)
        if self.is_per_trial() and not measured:
            raise BadInput(
                f"{self.id} has a prediction for every draw, not for a point; simulate "
                "first, then predict from what was drawn"
            )
        if not self.is_per_trial():
            return self._certain(point, digits)
        formula, values = self.formula_at(point, digits)
        arrays = {
            part.symbol: (measured or {})[name] for name, part in self.setting.parts.items() if name in (measured or {})
        }
        return self._defined(per_trial(formula, values, arrays), point)

    def formula_at(self, point: Point, digits: int = DIGITS) -> tuple[Any, dict[Symbol, Any]]:
        """The prediction with its choices and slopes decided, and the value of every symbol that it reads."""
        values: dict[Symbol, Any] = {**point.exact(), **point.spectra()}
        formula = point.decide(self.prediction).subs({constant: 1 for constant in self.unknown})
        return read_at(formula, self.roots_at(point), values, digits)

    def _certain(self, point: Point, digits: int) -> Prediction:
        """The prediction at a point; its roots are solved for more digits where the formula loses some."""
        for more in (0, digits, 4 * digits) if self.roots and not self.axes() else (0,):
            formula, values = self.formula_at(point, digits + more)
            found = self._along(self.axes(), formula, values, digits)
            if len(found.digits.strip("-0.").replace(".", "").split("e")[0]) >= digits:
                break
        if not self.roots:
            return found
        known = solution(self.roots_at(point), {**point.exact(), **point.spectra()}, digits)
        return dataclasses.replace(found, guarantee=known.guarantee)

    def _along(self, axes: Sequence[Axis], formula: Any, values: dict[Symbol, Any], digits: int) -> Prediction:
        if not axes:
            return predicted(enclose(formula, values, digits), digits)
        axis, *others = axes
        parts = [
            self._along(others, formula, values | {axis.symbol: exact(repr(float(step)))}, digits)
            for step in axis.values
        ]
        value, error = (np.stack([np.asarray(getattr(part, name)) for part in parts]) for name in ("value", "error"))
        return Prediction(value, error, parts[0].guarantee)

    def roots_at(self, point: Point) -> list[Root]:
        """The roots with their case distinctions over choices decided."""
        return [
            dataclasses.replace(
                root,
                equation=point.decide(root.equation),
                branch=point.decide(root.branch) if isinstance(root.branch, Basic) else root.branch,
            )
            for root in self.roots
        ]

    def _defined(self, prediction: Prediction, point: Point) -> Prediction:
        """Raises BadInput where a trial has no prediction: a comparison with nan would pass for no violation.

        `given` may leave such trials out.
        """
        undefined = int(np.sum(~np.isfinite(np.asarray(prediction.value))))
        if undefined and self.given is None:
            raise BadInput(
                f"{self.id}: the prediction is not finite in {undefined} of its values at "
                f"{point}; exclude such draws with assuming or given"
            )
        return prediction

    def measure(self, point: Point, measured: Mapping[str, np.ndarray]) -> np.ndarray:
        """The observable of every trial; it may be an expression in several observables."""
        part = self.setting.part_of(self.observable)
        if part is not None:
            return measured[part.name]
        arrays = {p.symbol: measured[name] for name, p in self.setting.parts.items() if name in measured}
        return per_trial(self.observable, {**point.exact(), **point.spectra()}, arrays).value

    def certificate(self, point: Point, measured: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """The error bound of the observable in every trial, where the setting names one.

        That of an expression in observables: their bounds carried through it, and the rounding of every step.
        """
        part = self.setting.part_of(self.observable)
        if part is not None:
            return measured[part.certificate] if isinstance(part, Observable) and part.certificate else None
        parts = {p.symbol: p for p in self.setting.parts.values() if p.name in measured}
        bounds = {
            symbol: measured[part.certificate]
            for symbol, part in parts.items()
            if isinstance(part, Observable) and part.certificate
        }
        arrays = {symbol: measured[part.name] for symbol, part in parts.items()}
        return per_trial(self.observable, {**point.exact(), **point.spectra()}, arrays, bounds).error

    def _repr_html_(self) -> str:
        from theory.words.describe import card

        return card(self)

    def _require_conditions(self) -> None:
        for condition in (*self.assuming, *self.regime):
            if isinstance(condition, bool):
                raise BadDeclaration(
                    f"{self.id}: {condition} in assuming or regime; == and != of "
                    "symbols decide at once, write Eq(…) or Ne(…)"
                )
            if not isinstance(condition, CONDITIONS):
                raise BadDeclaration(
                    f"{self.id}: {condition!r} is no condition; write a comparison of symbols such as M.p > M.n + 1"
                )
        if self.given is not None and event_of(self) is None:
            raise BadDeclaration(f"{self.id}: given={self.given} is no Event of {self.setting.name()}")

    def _require_names(self) -> None:
        """What a claim pins or tests at are parameters, what it measures is an Observable, a root has its own name."""
        places = (
            self.fixing,
            *self.points,
            *self.tight_at,
            *self.fails_at,
            *(place for wrong in self.wrong for place in wrong.at),
        )
        strange = {str(key) for place in places for key in place} - set(self.setting.domains())
        if strange:
            raise BadDeclaration(
                f"{self.id}: {self.setting.name()} has no parameter {', '.join(sorted(strange))}; "
                f"it has {', '.join(self.setting.domains())}"
            )
        if not any(isinstance(self.setting.part_of(symbol), Observable) for symbol in symbols_of([self.observable])):
            raise BadDeclaration(f"{self.id}: {self.observable} is no Observable of {self.setting.name()}")
        known = {domain.symbol for domain in self.setting.domains().values()} | {root.symbol for root in self.roots}
        blocks(self.roots)
        for root in self.roots:
            reads = {symbol for part in (root.equation, root.branch) for symbol in getattr(part, "free_symbols", ())}
            late = {s for s in reads - known if not self._names_a_choice(s)}
            if late or root.symbol.name in self.setting.parts:
                raise BadDeclaration(
                    (
                        f"{self.id}: the root {root.symbol} needs a name of its own "
                        "and may read parameters and other roots"
                    )
                    + f", not {', '.join(sorted(map(str, late)))}" * bool(late)
                )

    def _expressions(self) -> list[Any]:
        least = [*self.prediction.reads()] if isinstance(self.prediction, Minimum) else []
        return [self.observable, self.prediction, *least, *self.assuming, *self.regime]

    def needs(self) -> set[str]:
        """The names of what its prediction reads, directly or through roots and assumptions."""
        asked = [*self._expressions(), *(root.equation for root in self.roots), *(root.branch for root in self.roots)]
        return {str(symbol) for symbol in symbols_of([part for part in asked if part is not self.observable])}

    def _names_a_choice(self, symbol: Symbol) -> bool:
        return any(symbol.name in getattr(domain, "options", ()) for domain in self.setting.domains().values())


def event_of(claim: Claim) -> str | None:
    """The name of the event that the claim is given."""
    part = claim.setting.part_of(claim.given) if claim.given is not None else None
    return part.name if isinstance(part, Event) else None

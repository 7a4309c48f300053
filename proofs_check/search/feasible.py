"""Which values a symbol may take, given those before it, so that all conditions of a claim hold: solved, not filtered.

Linear conditions are projected by Fourier–Motzkin elimination, exactly; a condition that is linear in one symbol only,
such as η < 2/λ_max, is solved for that symbol, which therefore comes last. What remains is left to rejection.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Rational, Symbol

from proofs_check.search.scales import Interval, Scale, scale_of
from theory.claim import Claim
from theory.domain import Choice, Real, Size, Spectrum
from theory.errors import BadInput
from theory.evaluate import ball_at
from theory.points import ladder_top
from theory.values import Modes, exact

MOST_ROWS = 500
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """Σ coefficient·symbol + constant ≥ 0, or > 0 where strict."""

    coefficients: tuple[tuple[str, Rational], ...]
    constant: Rational
    strict: bool

    def of(self, name: str) -> Rational:
        return dict(self.coefficients).get(name, Rational(0))

    def bound(self, name: str, values: Values) -> Rational:
        """Where the row vanishes in `name`, the others given."""
        rest = sum((c * values[other] for other, c in self.coefficients if other != name), self.constant)
        return -rest / self.of(name)


@dataclass(frozen=True)
class Solved:
    """slope·symbol + rest ≥ 0 (or > 0), slope and rest being formulas in the symbols before it."""

    slope: Any
    rest: Any
    strict: bool


@dataclass
class Case:
    """The conditions for one selection of choices: the order of the symbols, and what bounds each of them."""

    order: tuple[str, ...]
    rows: dict[str, list[Row]]
    solved: dict[str, list[Solved]]


@dataclass
class Region:
    """The points at which a claim is true and testable."""

    claim: Claim
    known: dict[str, Any] = field(init=False)
    scales: dict[str, Scale] = field(init=False)
    options: dict[str, list[Any]] = field(init=False)
    is_bent: bool = field(default=False, init=False)  # whether some condition is left to rejection
    cases: list[tuple[dict[str, Any], list[Case]]] = field(init=False)  # by choices: how the conditions can be met

    def __post_init__(self) -> None:
        claim, domains = self.claim, self.claim.setting.domains()
        pinned = {str(symbol): value for symbol, value in claim.fixing.items()} | ladder_top(claim)
        self.known = {name: domains[name].accept(value) for name, value in pinned.items()}
        free = {name: domain for name, domain in claim.free().items() if name not in self.known}
        self.scales = {name: scale_of(domain) for name, domain in free.items() if isinstance(domain, (Size, Real))}
        self.options = {n: list(d.options) for n, d in free.items() if isinstance(d, Choice)}
        self.options |= {n: [Modes(text) for text in d.typical] for n, d in free.items() if isinstance(d, Spectrum)}
        chosen = [dict(zip(self.options, one, strict=True)) for one in itertools.product(*self.options.values())]
        solved = [
            (named, [case for part in self._branches(named) if (case := self._solve(part, named))]) for named in chosen
        ]
        self.cases = [(named, cases) for named, cases in solved if cases]
        if not self.cases:
            wanted = " and ".join(map(str, (*claim.assuming, *claim.regime)))
            raise BadInput(f"{claim.id}: no point of {claim.setting.name()} satisfies {wanted}; mend the conditions")

    def interval(self, name: str, case: Case, values: Values) -> Interval | None:
        """The values of a symbol that go with those before it, within reach where that leaves any; None: none."""
        scale = self.scales[name]
        whole = Interval(*scale.domain)
        for row in case.rows[name]:
            whole = whole.cut(row.bound(name, values), row.of(name) > 0, row.strict)
        for condition in case.solved[name]:
            slope, rest = (self._number(part, values) for part in (condition.slope, condition.rest))
            if slope is None or rest is None:
                return None
            if slope:
                whole = whole.cut(-rest / slope, slope > 0, condition.strict)
            elif rest < 0 or (condition.strict and rest == 0):
                return None
        return scale.within_reach(whole)

    def _number(self, formula: Any, values: Values) -> Rational | None:
        exact_values, spectra = {}, {}
        for name, value in values.items():
            symbol = self.claim.setting.parts[name].symbol
            (spectra if isinstance(value, Modes) else exact_values)[symbol] = (
                value.array if isinstance(value, Modes) else Symbol(value) if isinstance(value, str) else value
            )
        number = sympy.sympify(formula).xreplace({k: sympy.sympify(v) for k, v in exact_values.items()})
        if isinstance(number, Rational):
            return number
        middle = float(ball_at(number, spectra, 200).mid()) if number != sympy.zoo else float("nan")
        return exact(repr(middle)) if abs(middle) < 1e300 else None

    def _branches(self, named: Values) -> list[list[Any]]:
        """The conditions as alternatives, each a list of comparisons; those between choices are decided."""
        fixed = {**self.known, **named}
        names = {self.claim.setting.parts[n].symbol: Symbol(v) for n, v in fixed.items() if isinstance(v, str)}
        whole = sympy.And(*(_split(_decided(c, names)) for c in (*self.claim.assuming, *self.claim.regime)))
        if whole == sympy.false:
            return []
        flat = sympy.to_dnf(whole) if whole.has(sympy.Or) else whole
        return [
            list(part.args) if isinstance(part, sympy.And) else [part] if part != sympy.true else []
            for part in (flat.args if isinstance(flat, sympy.Or) else (flat,))
        ]

    def _solve(self, comparisons: Sequence[Any], named: Values) -> Case | None:
        fixed = {
            self.claim.setting.parts[name].symbol: sympy.sympify(value)
            for name, value in {**self.known, **named}.items()
            if not isinstance(value, (str, Modes))
        }
        symbols = {self.claim.setting.parts[name].symbol: name for name in self.scales}
        rows, bent = [], []
        for comparison in comparisons:
            for positive, strict in _positive(comparison.xreplace(fixed)):
                row = _linear(positive, strict, symbols)
                rows.append(row) if row else bent.append((positive, strict))
        self.is_bent |= bool(bent) or any(isinstance(comparison, sympy.Ne) for comparison in comparisons)
        order, solved = _ordered(list(symbols.items()), bent)
        for narrow in (True, False):  # within reach if that leaves a point, in the whole domain otherwise
            ends = [row for name, scale in self.scales.items() for row in _ends(name, scale, narrow)]
            projected = _projected([*rows, *ends], order, {n for n, s in self.scales.items() if s.whole})
            if projected is not None:
                return Case(order, projected, solved)
        return None


def _decided(condition: Any, names: Mapping[Symbol, Symbol]) -> Any:
    """The condition with every comparison of a choice decided."""
    asked = [atom for atom in condition.atoms(sympy.Eq, sympy.Ne) if set(atom.args) & set(names)]
    truth = {
        atom: sympy.sympify((len({names.get(side, side) for side in atom.args}) == 1) is isinstance(atom, sympy.Eq))
        for atom in asked
    }
    return condition.subs(truth)


def _split(condition: Any) -> Any:
    """x ≥ Max(a, b) as x ≥ a and x ≥ b, and the like, everywhere in the condition."""
    if isinstance(condition, (sympy.And, sympy.Or)):
        return condition.func(*map(_split, condition.args))
    if isinstance(condition, (sympy.Gt, sympy.Ge, sympy.Lt, sympy.Le)):
        for small, side in ((condition.lts, "lts"), (condition.gts, "gts")):
            if isinstance(small, (sympy.Max, sympy.Min)):
                joined = sympy.And if isinstance(small, sympy.Max) is (side == "lts") else sympy.Or
                kind = sympy.Gt if isinstance(condition, (sympy.Gt, sympy.Lt)) else sympy.Ge
                pairs = [(condition.gts, part) if side == "lts" else (part, condition.lts) for part in small.args]
                return joined(*(_split(kind(large, little)) for large, little in pairs))
    return condition


def _positive(comparison: Any) -> list[tuple[Any, bool]]:
    """Expressions that must be positive (strict) or not negative; `Ne` is left to rejection."""
    if isinstance(comparison, (sympy.Gt, sympy.Ge, sympy.Lt, sympy.Le)):
        return [(sympy.expand(comparison.gts - comparison.lts), isinstance(comparison, (sympy.Gt, sympy.Lt)))]
    if isinstance(comparison, sympy.Eq):
        difference = sympy.expand(comparison.lhs - comparison.rhs)
        return [(difference, False), (-difference, False)]
    return [(sympy.Integer(-1), True)] if comparison == sympy.false else []


def _linear(positive: Any, strict: bool, symbols: Mapping[Symbol, str]) -> Row | None:
    found = sorted(positive.free_symbols, key=str)
    if not set(found) <= set(symbols):
        return None
    coefficients = {symbol: positive.coeff(symbol, 1) for symbol in found}
    constant = sympy.expand(positive - sum(c * s for s, c in coefficients.items()))
    if not isinstance(constant, Rational) or not all(isinstance(c, Rational) for c in coefficients.values()):
        return None
    return Row(tuple((symbols[symbol], c) for symbol, c in coefficients.items()), constant, strict)


def _ordered(
    symbols: list[tuple[Symbol, str]], bent: list[tuple[Any, bool]]
) -> tuple[tuple[str, ...], dict[str, list[Solved]]]:
    """An order in which each bent condition is linear in its last symbol, as far as there is one."""
    left, order, solved = list(symbols), [], {name: [] for _, name in symbols}
    while left:
        mine = {s: [c for c in bent if s in c[0].free_symbols] for s, _ in left}
        fit = [s for s, _ in left if all(_slope(c[0], s) is not None for c in mine[s])]
        last = max(fit or [s for s, _ in left], key=lambda s: (bool(mine[s]), [x for x, _ in left].index(s)))
        name = dict(left)[last]
        for positive, strict in mine[last]:
            slope = _slope(positive, last)
            if slope is not None:
                solved[name].append(Solved(slope, sympy.expand(positive - slope * last), strict))
        bent = [c for c in bent if c not in mine[last]]
        left.remove((last, name))
        order.insert(0, name)
    return tuple(order), solved


def _slope(positive: Any, symbol: Symbol) -> Any:
    """a of a·x + b; None where the expression is not linear in x."""
    slope = positive.coeff(symbol, 1)
    return None if sympy.expand(positive - slope * symbol).has(symbol) or slope.has(symbol) else slope


def _ends(name: str, scale: Scale, narrow: bool) -> list[Row]:
    low, high, low_open, high_open = scale.reach if narrow else scale.domain
    rows = [] if low is None else [Row(((name, Rational(1)),), -low, low_open)]
    return rows if high is None else [*rows, Row(((name, Rational(-1)),), high, high_open)]


def _projected(rows: Sequence[Row], order: Sequence[str], whole: set[str]) -> dict[str, list[Row]] | None:
    """For each symbol the rows that bound it by the symbols before it; None where the rows contradict each other."""
    left, found = {_tight(row, whole) for row in rows}, {}
    for name in reversed(order):
        mine = [row for row in left if row.of(name)]
        found[name], left = mine, left - set(mine)
        up, down = ([row for row in mine if sign * row.of(name) > 0] for sign in (1, -1))
        if len(up) * len(down) < MOST_ROWS:  # beyond it later symbols may have to be drawn again
            left |= {_tight(_without(name, a, b), whole) for a, b in itertools.product(up, down)}
    if any(row.constant < 0 or (row.strict and not row.constant) for row in left if not row.coefficients):
        return None
    return found


def _without(name: str, up: Row, down: Row) -> Row:
    """The sum of two rows in which the symbol cancels."""
    a, b = 1 / up.of(name), -1 / down.of(name)
    names = sorted({n for row in (up, down) for n, _ in row.coefficients} - {name})
    coefficients = [(n, a * up.of(n) + b * down.of(n)) for n in names]
    return Row(
        tuple((n, c) for n, c in coefficients if c), a * up.constant + b * down.constant, up.strict or down.strict
    )


def _tight(row: Row, whole: set[str]) -> Row:
    """A row between whole numbers with whole coefficients, so that > 0 reads ≥ 1."""
    if not row.coefficients or not {name for name, _ in row.coefficients} <= whole:
        return row
    factor = Rational(sympy.ilcm(1, *(c.q for _, c in row.coefficients)))
    factor /= sympy.igcd(*(int(c * factor) for _, c in row.coefficients), 0)
    constant = row.constant * factor - int(row.strict and (row.constant * factor).q == 1)
    return Row(tuple((n, c * factor) for n, c in row.coefficients), Rational(sympy.floor(constant)), False)

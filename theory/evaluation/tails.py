"""Bounds of an expression beyond a number, of the form Σ C xᵃ exp(−Σ c x^q) for all x ≥ N ≥ 1, and of its integral.

The numbers C, a, c are balls: the bound holds for the values in them that belong to the parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import sympy
from flint import acb, arb
from sympy import Dummy, Expr, Symbol

from theory.domain import free_symbols, total
from theory.evaluation.extended import NOTHING, Bounds, bounds
from theory.evaluation.functions import PLAIN, complement, real
from theory.evaluation.pieces import reads
from theory.evaluation.plane import LARGEST_POWER, NoBound, Plane, Term, exact_ball, nonzero
from theory.evaluation.walk import Walk

MOST_TERMS = 200
SMALL = Dummy("t", positive=True)
DOUBLINGS = 60
VANISHING = 4  # order up to which a difference is expanded where it vanishes
SMALL_AT_ZERO = (sympy.sin, sympy.tanh, sympy.erf, sympy.atan, sympy.asinh)  # |f(u)| ≤ K |u|; K = 2/√π suffices
BENT = (
    sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Min, sympy.Max, sympy.Piecewise, sympy.floor, sympy.ceiling,
    sympy.Mod, sympy.frac,
)  # fmt: skip


REAL_ON_THE_LINE = (
    sympy.Add, sympy.Mul, sympy.Pow, sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh,
    sympy.erf, sympy.erfc, sympy.atan, sympy.asinh, sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Min, sympy.Max,
)  # fmt: skip


@dataclass(frozen=True)
class Beyond:
    """Bounds for all values of a real symbol beyond `start`; the others are known to the walk."""

    over: Symbol
    start: arb
    walk: Walk
    symbols: Mapping[Any, Any]  # the others
    complex: bool = False  # whether the expression has complex numbers

    def above(self, node: Any) -> list[Term]:
        """Terms whose sum is at least |node|."""
        if node == self.over:
            return [Term(arb(1), arb(1))]
        if not reads(node, self.over):
            return [Term(abs(self._constant(node)))]
        if isinstance(node, sympy.Add):
            vanishing = self._vanishing(node)
            return [vanishing] if vanishing else [term for part in node.args for term in self.above(part)]
        if isinstance(node, sympy.Mul):
            return reduce(self._products, map(self.above, node.args))
        if isinstance(node, sympy.Pow):
            return self._power(*node.args)
        if isinstance(node, sympy.exp):
            return self._exponential(node.args[0])
        if isinstance(node, (sympy.cosh, sympy.sinh, sympy.sech, sympy.csch)):
            return self.above(node.rewrite(sympy.exp))
        if isinstance(node, (sympy.Abs, sympy.Min, sympy.Max)):
            return [term for part in node.args for term in self.above(part)]
        if isinstance(node, sympy.Piecewise):
            return [term for value, _ in node.args for term in self.above(value)]
        if isinstance(node, sympy.Integral):
            return self._across(node)
        vanishing = self._vanishing(node)
        return [vanishing] if vanishing else self._function(node)

    def below(self, node: Any) -> Term:
        """A term that is at most |node|, and positive."""
        if node == self.over:
            return Term(arb(1), arb(1))
        if not reads(node, self.over):
            return Term(_lower(abs(self._constant(node))))
        if isinstance(node, sympy.Mul):
            return reduce(Term.times, map(self.below, node.args))
        if isinstance(node, sympy.Pow):
            exponent = self._exponent(node.args[1])
            if exponent >= 0:
                return self.below(node.args[0]).to_the(exponent)
            return self._gathered(self.above(node.args[0])).to_the(exponent)
        if isinstance(node, sympy.exp):
            decay, rest = self._polynomial(node.args[0])
            return Term(self._end(rest, 0).exp(), decay=decay)
        if isinstance(node, (sympy.cosh, sympy.sinh, sympy.sech, sympy.csch)):
            return self.below(node.rewrite(sympy.exp))
        if isinstance(node, sympy.Abs):
            return self.below(node.args[0])
        front, u = (1, node.args[0]) if isinstance(node, sympy.erfc) else complement(node) or (0, None)
        if u is not None and self._sign(u) > 0:  # √π erfc u > 2 exp(−u²)/(2u + √2)
            root = self._gathered(self.above(2 * u + sympy.sqrt(2)))
            size = arb("1.128") * exact_ball(abs(sympy.Rational(front)))
            return Term(size).times(self.below(sympy.exp(-(u**2)))).over(root)
        if isinstance(node, sympy.Add):
            found = self._vanishing(node, lower=True) or self._dominated(node)
            if found:
                return found
        return self._away_from_zero(node)

    def _products(self, one: list[Term], other: list[Term]) -> list[Term]:
        if len(one) * len(other) > MOST_TERMS:
            raise NoBound
        return [a.times(b) for a in one for b in other]

    def _power(self, base: Expr, exponent: Expr) -> list[Term]:
        if reads(exponent, self.over):
            return self._exponential(exponent * sympy.log(base))
        if exponent.is_Integer and 0 < exponent <= LARGEST_POWER:
            return reduce(self._products, [self.above(base)] * int(exponent))
        number = self._exponent(exponent)
        if number < 0:
            return [self.below(base).to_the(number)]
        terms = self.above(base)
        if len(terms) > 1 and not number <= 1:
            terms = [self._gathered(terms)]
        return [term.to_the(number) for term in terms]

    def _exponent(self, node: Any) -> arb:
        number = self._constant(node)
        if isinstance(number, acb) or not (number >= 0 or number < 0):
            raise NoBound
        return number

    def _exponential(self, argument: Expr) -> list[Term]:
        decay, rest = self._polynomial(argument)
        low, high = self._bounds(rest)
        if low is None and high is not None and high <= 0:  # e⁻ᵛ ≤ (k/e)ᵏ v⁻ᵏ
            k = arb(LARGEST_POWER)
            return [Term((k / arb(1).exp()) ** k, decay=decay).times(self.below(rest).to_the(-k))]
        return [Term(self._end(rest, 1).exp(), decay=decay)]

    def _polynomial(self, argument: Expr) -> tuple[dict[sympy.Rational, arb], Expr]:
        """−the coefficients of positive powers of the variable, and what is left."""
        found, rest = _powers(argument, self.over)
        decay = {q: -acb(self._constant(c)).real for q, c in found}
        return nonzero(decay), rest

    def _end(self, node: Expr, side: int) -> arb:
        """A bound of the real part from below (0) or above (1)."""
        if not reads(node, self.over):
            return acb(self._constant(node)).real
        end = self._bounds(node)[side]
        if end is None:
            raise NoBound
        return end

    def _function(self, node: Any) -> list[Term]:
        argument = node.args[0]
        if isinstance(node, (sympy.sin, sympy.cos)) and not self._on_the_line(argument):
            turned = sympy.I * argument
            return self._exponential(turned) + self._exponential(-turned)
        known = isinstance(node, sympy.erf) and self._on_the_line(argument)
        if isinstance(node, (sympy.erf, sympy.erfc)) and not known:
            # |erfc z| ≤ exp(−Re z²) for Re z ≥ 0
            beyond = self._exponential(-(argument**2))
            low = self._bounds(argument)[0]
            right = isinstance(node, sympy.erfc) and low is not None and low >= 0
            return beyond if right else [*beyond, Term(arb(2))]
        if isinstance(node, sympy.tanh) and not self._on_the_line(argument) and self._far_from_the_imaginary(argument):
            return [Term(arb("1.3131"))]  # |tanh w| ≤ coth |Re w|
        if isinstance(node, sympy.log):
            return self._logarithm(argument)
        if not self._real() or not all(map(self._on_the_line, node.args)):
            raise NoBound
        if isinstance(node, SMALL_AT_ZERO):
            terms = self._products([Term(arb("1.1284"))], self.above(argument))
            if isinstance(node, sympy.asinh) or all(term.integral(self.start) is not None for term in terms):
                return terms
        if isinstance(node, (sympy.sign, sympy.Heaviside)):
            return [Term(arb(1))]
        low, high = (arb(-2), arb(2)) if isinstance(node, sympy.atan) else self._bounds(node)
        if low is None or high is None:
            raise NoBound
        return [Term(abs(low).max(abs(high)))]

    def _logarithm(self, argument: Expr) -> list[Term]:
        """log |u| ≤ 4 |u|^¼, −log |u| ≤ −log of what |u| is not below, |arg u| ≤ π; log(1 + v) ≤ v for v ≥ 0."""
        real = self._on_the_line(argument)
        rest = argument - 1
        if real and (low := self._bounds(rest)[0]) is not None and low >= 0:
            terms = self.above(rest)
            if all(term.integral(self.start) is not None for term in terms):
                return terms
        low = self._bounds(argument)[0] if real else None
        roots = (term.to_the(arb("0.25")) for term in self.above(argument))
        above = [Term(4 * term.size, term.power, term.decay) for term in roots]
        turned = [] if real else [Term(arb.pi())]
        if low is not None and low > 0:
            return [Term(abs(low.log())), *above]
        least = self.below(argument)
        powers = [Term(4 * abs(least.power), arb("0.25"))] if not least.power.is_zero() else []
        return [
            Term(abs(least.size.log())), *powers, *above, *turned,
            *(Term(abs(c), exact_ball(q)) for q, c in least.decay.items()),
        ]  # fmt: skip

    def _far_from_the_imaginary(self, argument: Expr) -> bool:
        """Of what is linear in the variable: whether its real part is at least 1 in size."""
        slopes, rest = _powers(argument, self.over)
        if [q for q, _ in slopes] != [1] or reads(rest, self.over):
            return False
        slope, shift = acb(self._constant(slopes[0][1])).real, acb(self._constant(rest)).real
        return abs(slope) * self.start - abs(shift) >= 1

    def _dominated(self, node: Expr) -> Term | None:
        """Of a sum: a part of one addend that the others, where they have another sign, do not make up for."""
        found = []
        for leading in node.args:
            try:
                least, sense = self.below(leading), self._sign(leading)
                others = [o for o in node.args if o is not leading and not (sense and self._sign(o) == sense)]
                ratios = [term.over(least) for other in others for term in self.above(other)]
            except NoBound:
                continue
            if not least.size > 0:
                continue
            left = 1 - sum((ratio.at(self.start) for ratio in ratios), arb(0))
            if left > 0 and all(ratio.falls(self.start) for ratio in ratios):
                found.append(Term(least.size * left, least.power, least.decay))
        return max(found, key=lambda term: float(term.at(8 * self.start).log().mid()), default=None)

    def _gathered(self, terms: Sequence[Term]) -> Term:
        """One term that is at least the sum of them."""
        for leading in terms:
            if not leading.size > 0:
                continue
            ratios = [term.over(leading) for term in terms if term is not leading]
            if all(ratio.falls(self.start) for ratio in ratios):
                size = leading.size * (1 + sum((ratio.at(self.start) for ratio in ratios), arb(0)))
                return Term(size, leading.power, leading.decay)
        raise NoBound

    def _sign(self, node: Expr) -> int:
        low, high = self._bounds(node)
        return 1 if low is not None and low >= 0 else -1 if high is not None and high <= 0 else 0

    def _away_from_zero(self, node: Expr) -> Term:
        low, high = self._bounds(node)
        if low is not None and low > 0:
            return Term(_lower(low))
        if high is not None and high < 0:
            return Term(_lower(-high))
        raise NoBound

    def _vanishing(self, node: Expr, lower: bool = False) -> Term | None:
        """Of a function of t = e⁻ˣ alone, smooth and 0 at t = 0: tᵏ/k! times its k-th derivative between 0 and t."""
        if not node.has(sympy.exp) or node.has(sympy.Integral) or not self._real():
            return None
        function, order = _derivative(node, self.over)
        if not order:
            return None
        ball = self.walk.inner({SMALL: (-self.start).exp() * arb(0.5, 0.5)}, PLAIN).of(function)
        if not isinstance(ball, arb) or not ball.is_finite() or (lower and ball.contains(0)):
            return None
        return Term(_lower(abs(ball)) if lower else abs(ball), decay={sympy.Integer(1): arb(order)})

    def _across(self, node: Any) -> list[Term]:
        """Of an inner integral: that of a bound over all values of its variable."""
        inner = node.limits[-1][0]
        if len(node.limits) > 1 or not self._real():
            raise NoBound
        return [
            Term(size, power, nonzero({sympy.Integer(2): c, sympy.Integer(1): b}))
            for size, power, c, b in (
                part
                for wave in Plane(self.over, inner, self._constant).above(node.args[0])
                for part in wave.integrated()
            )
        ]

    def _on_the_line(self, node: Any) -> bool:
        """Whether the expression is certainly real beyond `start`: roots and logarithms of nothing negative."""
        if not reads(node, self.over):
            return isinstance(self._constant(node), arb)
        if isinstance(node, sympy.log) or (isinstance(node, sympy.Pow) and not node.exp.is_Integer):
            low = self._bounds(node.args[0])[0]
            if low is None or not low >= 0:
                return False
        known = node == self.over or isinstance(node, REAL_ON_THE_LINE)
        return self._real() and known and all(map(self._on_the_line, node.args))

    def _constant(self, node: Any) -> Any:
        if reads(node, self.over):
            raise NoBound
        value = self.walk.of(node)
        if isinstance(value, list) or not value.is_finite():
            raise NoBound
        return value.real if isinstance(value, acb) and value.imag.is_zero() else value

    def _bounds(self, node: Expr) -> Bounds:
        """Of a real expression."""
        if not self._real() or node.has(total, sympy.Integral):
            return NOTHING
        return bounds(node, self.over, (self.start, None), self.walk)

    def _real(self) -> bool:
        values = self.symbols.values()
        return not self.complex and all(not isinstance(value, acb) or value.imag.is_zero() for value in values)


def _lower(number: arb) -> arb:
    return number.lower()


@lru_cache(maxsize=1024)
def _powers(argument: Expr, over: Symbol) -> tuple[tuple[tuple[sympy.Rational, Expr], ...], Expr]:
    """The coefficients of positive rational powers of the variable, and what is left."""
    found: dict[sympy.Rational, Expr] = {}
    rest = []
    for part in sympy.Add.make_args(sympy.expand(argument)):
        front, power = part.as_independent(over, as_Add=False)
        base, exponent = power.as_base_exp()
        if base == over and exponent.is_Rational and exponent > 0:
            found[exponent] = found.get(exponent, sympy.Integer(0)) + front
        else:
            rest.append(part)
    return tuple(found.items()), sympy.Add(*rest)


def _vanishes(function: Expr) -> bool:
    """Whether it is 0 at t = 0; SymPy refuses to compare what is undefined there."""
    try:
        return sympy.expand(function.subs(SMALL, 0)) == 0
    except TypeError:
        return False


@lru_cache(maxsize=1024)
def _derivative(node: Expr, over: Symbol) -> tuple[Expr, int]:
    """The first derivative by t = exp(−over), over k!, that does not vanish at t = 0, and k; k = 0 where there is none.

    Only of a function of t alone, without a kink.
    """

    def turned(argument: Expr) -> Expr:
        rate = sympy.expand(argument / over)
        return sympy.exp(argument) if over in free_symbols(rate) else SMALL**-rate

    function, order = node.replace(sympy.exp, turned), 0
    if over in free_symbols(function) or function.has(*BENT, sympy.I):
        return function, 0
    while order < VANISHING and _vanishes(function):
        order += 1
        function = sympy.diff(function, SMALL) / order
    return function, 0 if function.has(sympy.Derivative, sympy.nan, sympy.zoo) else order


def cut(problem: Any, first: arb) -> tuple[arb, arb]:
    """A number beyond which the integral of a problem is below its goal, and a bound of it there.

    The number that served before is tried at once: an inner integral is asked for very often.
    Raises NoBound where none is found.
    """
    known = {s: real(problem.walk.of(s)) for s in free_symbols(problem.body) if s != problem.over}
    first, key = arb(first.upper()), ("cut", problem.body, problem.over)
    before = problem.walk.notes.get(key)
    if before is not None and before >= first:
        rest, nearer = (_rest(problem, end, known) for end in (before, before / 2))
        if rest is not None and rest < problem.goal and not (nearer is not None and nearer < problem.goal):
            return before, rest
    doubling = stride = 0
    while doubling < DOUBLINGS:
        end = first * 2**doubling
        rest = _rest(problem, end, known)
        if rest is not None and rest < problem.goal:
            nearer = _nearer(problem, end, known) if doubling else None
            problem.walk.notes[key] = (nearer or (end, rest))[0]
            return nearer or (end, rest)
        stride = 1 if rest is not None else stride + 1  # longer and longer where there is no bound at all
        doubling += stride
    raise NoBound


def _nearer(problem: Any, end: arb, known: Any) -> tuple[arb, arb] | None:
    """Hardly more than needed."""
    for part in (1, 2, 3, 4, 5, 6, 7):
        rest = _rest(problem, end * part / 8, known)
        if rest is not None and rest < problem.goal:
            return end * part / 8, rest
    return None


def _rest(problem: Any, end: arb, known: Any) -> arb | None:
    try:
        terms = Beyond(problem.over, end, problem.walk, known, problem.shape.complex).above(problem.body)
    except NoBound:
        return None
    rest = arb(0)
    for term in terms:
        part = term.integral(end)
        if part is None or not part.is_finite():
            return None
        rest = rest + part
    return rest

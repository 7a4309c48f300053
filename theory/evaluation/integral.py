"""Definite integrals in ball arithmetic: verified quadrature between kinks, and proved bounds of infinite tails.

An end where the integrand is not smooth, x = a, is moved to infinity by x = a + e⁻ˢ.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy
from flint import acb, arb, ctx
from sympy import Dummy, Expr, Symbol, oo
from sympy.concrete.expr_with_limits import ExprWithLimits

from theory.domain import free_symbols
from theory.errors import BadInput
from theory.evaluate import precision
from theory.evaluation.functions import NONE, Shape, real
from theory.evaluation.pieces import kinks, settled, zero_of
from theory.evaluation.plane import NoBound
from theory.evaluation.program import Program
from theory.evaluation.tails import cut
from theory.evaluation.walk import Walk

NEAR = arb(2) ** -12  # of a range, where it is asked whether the integrand is smooth at its end
MOST_EVALUATIONS = 500_000  # of integrands, in one evaluation of a formula
SECONDS = 10.0  # of processor time that the integrals of one evaluation may take
DECISIVE = 200  # bits at which no enclosure means that more of them would not help
FINER = 3
EFFORT, BEGAN = "evaluations of integrands", "processor time at the start"


@dataclass(frozen=True)
class Problem:
    """∫ body d(over) between two ends, for what the walk knows; `goal`: the error to aim at."""

    body: Expr
    over: Symbol
    walk: Walk
    shape: Shape
    goal: arb
    fineness: int = 1  # times the precision of an integrand in which differences vanish at an end

    def integrand(self) -> Callable[[Any, bool], acb]:
        """The integrand on a ball; not finite where `analytic` is asked and it is not known to be holomorphic there."""
        program, notes = Program(self.body, self.over, self.walk), self.walk.notes
        outer = self.walk.shape.analytic
        shapes = {flag: replace(self.shape, analytic=flag or outer) for flag in (False, True)}

        def value(z: Any, analytic: bool) -> acb:
            notes[EFFORT] = notes.get(EFFORT, 0) + 1
            if _spent(notes):
                words = "converges too slowly; give a closed form, or split the range"
                raise BadInput(f"∫ {self.body} d{self.over} {words}")
            with precision(ctx.prec * self.fineness):
                found = program(acb(z), shapes[bool(analytic)])
            if isinstance(found, list):
                raise BadInput(f"the integrand {self.body} has one value per mode; sum it with total(…)")
            found = acb(found)
            checked = not (analytic or outer or self.shape.complex) and found.is_finite()
            if checked and not found.imag.contains(0):
                raise BadInput(f"the integrand {self.body} is not real at {self.over} = {real(acb(z)).str(5)}")
            return found

        return value

    def between(self, low: Any, high: Any) -> acb:
        """By Gauss's rules with bounds from ellipses around the range, which is halved where they are too wide."""
        integrand, faults = self.integrand(), []

        def value(z: acb, analytic: bool) -> acb:
            """An exception must not pass through the library."""
            if faults:
                return NONE
            try:
                return integrand(z, analytic)
            except BadInput as fault:
                faults.append(fault)
                return NONE

        bits = self._reachable(value, low, high)
        inner = self.walk.shape.holomorphic or self.body.has(sympy.Integral)
        most = 50 * bits + 500 if inner else 100 * bits + 5000
        goal = self.goal * arb(2) ** (ctx.prec - bits)
        found = acb.integral(value, low, high, rel_tol=arb(2) ** -bits, abs_tol=goal, eval_limit=most)
        if faults:
            raise faults[0]
        return found

    def _reachable(self, value: Any, low: Any, high: Any) -> int:
        """The accuracy that is asked: inside another integral, no more than its wide balls allow."""
        if not self.walk.shape.holomorphic:
            return ctx.prec
        places = (low + (high - low) * arb(part) / 8 for part in (1, 3, 6))
        accuracies = [found.rel_accuracy_bits() for found in (value(place, False) for place in places) if found != 0]
        return min(ctx.prec, max([12, *(bits + 10 for bits in accuracies)]))

    def at(self, end: Expr) -> Any:
        return self.walk.of(end)

    def instead(self, body: Expr, over: Symbol, fineness: int = 1) -> "Problem":
        fineness = 1 if body.has(sympy.Integral) else max(fineness, self.fineness)
        return replace(self, body=body, over=over, fineness=fineness)


def integral(node: Any, walk: Walk) -> Any:
    """The value of a definite integral.

    Raises BadInput where it is not known to exist, or not enclosed.
    """
    body, (over, *ends) = node.args[0], node.args[1]
    if len(node.args) > 2:
        body = node.func(body, *node.args[1:-1])
        over, *ends = node.args[-1]
    if len(ends) != 2:
        raise BadInput(f"{node} is an indefinite integral; give its range")
    _check_names(node, body, over)
    _check_range(node, over, ends, walk)
    front, body = body.as_independent(over, as_Add=False)  # of a small factor no digits are lost
    problem = Problem(body, over, walk, _shape(body, walk), arb(2) ** -ctx.prec)
    try:
        found = _oriented(problem, *ends)
        if _small(found):
            finer = replace(problem, goal=abs(found).upper() * arb(2) ** -ctx.prec)
            found = _oriented(finer, *ends)
    except (BadInput, NoBound) as fault:
        if walk.shape.holomorphic and not _spent(walk.notes):
            return NONE  # the ball may be too wide
        raise fault if isinstance(fault, BadInput) else _unbounded(node) from fault
    if not found.is_finite() and ctx.prec >= DECISIVE and not walk.shape.holomorphic:
        raise BadInput(
            f"{node} is not enclosed: it may be infinite, or change too fast; split its range, or move the point"
        )
    if found.contains(0) and found.is_finite() and _odd(body, over, ends):
        return arb(0)
    scale = walk.of(front)
    if isinstance(scale, list):
        raise BadInput(f"the integrand of {node} has one value per mode; sum it with total(…)")
    return scale * (found if problem.shape.complex or walk.shape.holomorphic else found.real)


def _spent(notes: dict[Any, Any]) -> bool:
    """Whether an evaluation has taken all that it may."""
    seconds = time.process_time() - notes.setdefault(BEGAN, time.process_time())
    return notes.get(EFFORT, 0) > MOST_EVALUATIONS or seconds > SECONDS


def _check_names(node: Any, body: Expr, over: Symbol) -> None:
    """SymPy's subs and free_symbols do not keep a bound variable apart from another one of its name."""
    bound = {limit.args[0] for inner in body.atoms(ExprWithLimits) for limit in inner.limits}
    twice = bound & (free_symbols(node) | free_symbols(body) | {over})
    if twice:
        raise BadInput(f"{node} uses {twice.pop()} twice, inside and outside; give the inner variable another name")


def _check_range(node: Any, over: Symbol, ends: Any, walk: Walk) -> None:
    """Real ends; none of them where SymPy, by what the variable is declared to be, has simplified the integrand."""
    for end in ends:
        place = arb(1 if end == oo else -1) if end in (oo, -oo) else walk.of(end)
        if isinstance(place, list):
            raise BadInput(f"the ends of ∫ d{over} are spectra; an integral has two numbers as its ends")
        if not walk.shape.analytic and isinstance(place, acb) and not place.imag.contains(0):
            raise BadInput(f"{node} has the complex end {end}; integrate along the real line")
        if (over.is_nonnegative and place.real < 0) or (over.is_nonpositive and place.real > 0):
            raise BadInput(f"{node} runs outside of what {over} is declared to be; declare {over} as real")


def _shape(body: Expr, walk: Walk) -> Shape:
    """Negative numbers have roots where the formula is complex; a variable of an outer integral is a real one."""
    if walk.shape.holomorphic:
        return replace(walk.shape, analytic=False)
    constants = (walk.of(symbol) for symbol in free_symbols(body) if symbol in walk.known)
    return Shape(complex=body.has(sympy.I) or any(isinstance(value, acb) for value in constants), holomorphic=True)


def _small(found: acb) -> bool:
    """Whether the goal was met, but is not small beside the value."""
    met = found.is_finite() and abs(found).rad() < arb(2) ** (20 - ctx.prec)
    return met and not found.is_zero() and abs(found).upper() < arb(2) ** -20


def _odd(body: Expr, over: Symbol, ends: Any) -> bool:
    return ends[0] == -ends[1] and sympy.expand(body + body.subs(over, -over)) == 0


def _unbounded(node: Any) -> BadInput:
    return BadInput(
        f"no bound is proved for {node} near an end of its range: it may diverge, or decay too slowly; "
        "substitute another variable, or give a closed form"
    )


def _oriented(problem: Problem, low: Expr, high: Expr) -> acb:
    if low == high or problem.body == 0:
        return acb(0)
    if low == oo or high == -oo:
        return -_oriented(problem, high, low)
    if low != -oo and high != oo:
        first, last = problem.at(low), problem.at(high)
        if isinstance(first, list) or isinstance(last, list):
            raise BadInput(f"the ends of ∫ d{problem.over} are spectra; an integral has two numbers as its ends")
        if first.real > last.real:
            return -_oriented(problem, high, low)
        if not first.real < last.real:
            return problem.between(first, last)
    return _in_pieces(problem, low, high)


def _in_pieces(problem: Problem, low: Expr, high: Expr) -> acb:
    """Split where branches change, with the branch that holds in each piece."""
    inside = []
    for place in kinks(problem.body, problem.over):
        ball = problem.at(place)
        if problem.walk.shape.analytic and _open(problem, ball, low, high):
            return NONE  # a kink may cross an end
        known = not isinstance(ball, list) and ball.is_finite()
        if known and _after(problem, ball, low) and _before(problem, ball, high):
            inside.append((place, ball))
    inside.sort(key=lambda pair: float(pair[1].real.mid()))
    ends, last = [low], None
    for place, ball in inside:
        if last is None or last.real < ball.real:
            ends.append(place)
            last = ball
    ends.append(high)
    return sum((_piece(_settled(problem, a, b), a, b) for a, b in pairwise(ends)), acb(0))


def _open(problem: Problem, ball: Any, low: Expr, high: Expr) -> bool:
    ends = [problem.at(end).real for end in (low, high) if end not in (oo, -oo)]
    return not isinstance(ball, list) and not all(ball.real < end or ball.real > end for end in ends)


def _after(problem: Problem, ball: Any, low: Expr) -> bool:
    return low == -oo or ball.real > problem.at(low).real


def _before(problem: Problem, ball: Any, high: Expr) -> bool:
    return high == oo or ball.real < problem.at(high).real


def _settled(problem: Problem, low: Expr, high: Expr) -> Problem:
    def side(argument: Expr) -> int | None:
        """Of what is linear: its sign at both ends, where one of them may be its zero."""
        root = zero_of(argument, problem.over)
        if root is None or not free_symbols(argument) - {problem.over} <= free_symbols(problem.body):
            return None
        signs = [_sign_at(problem, argument, root, end) for end in (low, high)]
        known = {sign for sign in signs if sign}
        return known.pop() if None not in signs and len(known) == 1 else None

    return problem.instead(settled(problem.body, side), problem.over)


def _sign_at(problem: Problem, argument: Expr, root: Expr, end: Expr) -> int | None:
    if end == root:
        return 0
    slope = sympy.diff(argument, problem.over)
    if problem.shape.complex and not _is_real(problem, slope, root, end):
        return None
    there = problem.at(slope) * (1 if end == oo else -1) if end in (oo, -oo) else problem.at(end) - problem.at(root)
    if end not in (oo, -oo):
        there = there * problem.at(slope)
    if isinstance(there, list):
        return None
    return 1 if there.real > 0 else -1 if there.real < 0 else 0 if there.is_zero() else None


def _is_real(problem: Problem, *numbers: Expr) -> bool:
    return all(isinstance(real(problem.at(n)), arb) for n in numbers if n not in (oo, -oo))


def _piece(problem: Problem, low: Expr, high: Expr) -> acb:
    """Between two ends, each of which may be infinite, or one where the integrand is not smooth."""
    if problem.body == 0:
        return acb(0)
    special = [not _smooth(problem, *pair) for pair in ((low, high), (high, low))]
    if not any(special):
        return problem.between(problem.at(low), problem.at(high))
    middle = _middle(low, high) if all(special) else high if special[0] else low
    if low == -oo and high == oo:
        return _whole_line(problem)
    mirrored = _mirrored(problem)
    return (_one_sided(mirrored, -middle, -low) if special[0] else acb(0)) + (
        _one_sided(problem, middle, high) if special[1] else acb(0)
    )


@lru_cache(maxsize=256)
def _own(over: Symbol, name: str) -> Symbol:
    """A new variable in the place of another one; inner and outer integrals have different ones."""
    return Dummy(f"{name}_{over}", real=True)


def _mirrored(problem: Problem) -> Problem:
    other = _own(problem.over, "minus")
    return problem.instead(problem.body.subs(problem.over, -other), other)


def _whole_line(problem: Problem) -> acb:
    """Between two cuts at once where both rests are bounded as they stand."""
    try:
        (low, below), (high, above) = (cut(part, arb(1)) for part in (_mirrored(problem), problem))
    except NoBound:
        halves = (_mirrored(problem), problem)
        return sum((_to_infinity(half, arb(0)) for half in halves), acb(0))
    return problem.between(-low, high) + _margin(problem, below + above)


def _margin(problem: Problem, bound: arb) -> acb:
    """All numbers up to a bound; the rest is complex where the integrand may be."""
    around = arb(0, bound.upper())
    return acb(around, around if problem.shape.complex or problem.walk.shape.analytic else arb(0))


def _middle(low: Expr, high: Expr) -> Expr:
    if low == -oo:
        return high - 1
    return low + 1 if high == oo else (low + high) / 2


def _smooth(problem: Problem, end: Expr, other: Expr) -> bool:
    """Whether the integrand is holomorphic around the end."""
    if end in (oo, -oo):
        return False
    place = problem.at(end)
    width = arb(1) if other in (oo, -oo) else abs(problem.at(other) - place).min(arb(1))
    radius = arb(0, (width * NEAR).upper())
    return problem.integrand()(place + acb(radius, radius), True).is_finite()


def _one_sided(problem: Problem, low: Expr, high: Expr) -> acb:
    """Up to an end that is infinite, or not smooth."""
    if high == oo:
        return _to_infinity(problem, problem.at(low))
    far = _own(problem.over, "far")
    body = sympy.expand_log(_moved(problem.body, problem.over, high, far)) * sympy.exp(-far)
    moved = problem.instead(body, far, FINER)
    try:
        return _to_infinity(moved, -(problem.at(high) - problem.at(low)).log())
    except NoBound:
        found = problem.between(problem.at(low), problem.at(high))  # it may be bounded, though not smooth
        if not found.is_finite():
            raise
        return found


@lru_cache(maxsize=256)
def _moved(body: Expr, over: Symbol, end: Expr, far: Symbol) -> Expr:
    """The body at end − e⁻ˢ, with polynomials expanded, so that what vanishes at the end does so exactly."""
    small = Dummy("t", positive=True)
    plain = body.replace(
        lambda node: isinstance(node, sympy.Add) and over in free_symbols(node) and node.is_polynomial(over),
        lambda node: sympy.expand(node.subs(over, end - small)),
    )
    return plain.subs(over, end - small).subs(small, sympy.exp(-far))


def _to_infinity(problem: Problem, start: Any, again: bool = True) -> acb:
    """Up to where the bound of the rest is below the goal; a power's decay by x = eˢ."""
    start = real(start)  # complex where it depends on the variable of an outer integral
    first = start.real.max(arb(1))
    try:
        end, rest = cut(problem, first)
    except NoBound:
        if not again or isinstance(start, acb):
            raise
        far = _own(problem.over, "power")
        turned = problem.instead(_in_powers(problem.body, problem.over, far), far, FINER)
        before = acb(0) if start >= 1 else problem.between(start, first)
        return before + _to_infinity(turned, first.log(), again=False)
    return problem.between(start, end) + _margin(problem, rest)


@lru_cache(maxsize=256)
def _in_powers(body: Expr, over: Symbol, far: Symbol) -> Expr:
    """The body at eˢ, times the slope of that."""
    other = Dummy("x", positive=True)
    return sympy.powsimp(sympy.expand_log(body.subs(over, other)).subs(other, sympy.exp(far))) * sympy.exp(far)

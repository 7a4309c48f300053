"""The values of one number on their scale: whole numbers, or short decimals; simplest first, log-spaced, ends included.

Every value is told by a few integers, which is what a search draws and Hypothesis shrinks: which part of the range,
how many digits, how far from the simplest value, and where on the finest grid; fewer digits round. `draw` reads the
integers, `told_by` gives them back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Integer, Rational

from theory.domain import LARGEST_SIZE, Real, Size

Integers = Callable[[int, int], int]  # (low, high) -> one of low … high
End = Rational | None
OCTAVES = 10  # of radii around the simplest value
LONGER = 4  # digits a value may have beyond the fewest that the range allows
GENERAL, TYPICAL, LOW, HIGH = 0, 4, 8, 9  # from where on the first integer means a part of the range
BEYOND = 10  # times the typical end: how far a search goes where the domain does not end
DIGITS_MOST = 300
MOST_DIGITS = 12  # of a decimal that is kept as the end of a range


@dataclass(frozen=True)
class Interval:
    """An interval of numbers; None is no end."""

    low: End = None
    high: End = None
    low_open: bool = False
    high_open: bool = False

    def cut(self, bound: Rational, is_lower: bool, strict: bool) -> "Interval":
        """The part above, or below, a bound."""
        if is_lower:
            if self.low is not None and (bound, strict) <= (self.low, self.low_open):
                return self
            return Interval(bound, self.high, strict, self.high_open)
        if self.high is not None and (-bound, strict) <= (-self.high, self.high_open):
            return self
        return Interval(self.low, bound, self.low_open, strict)


@dataclass(frozen=True)
class Scale:
    """Where a number may lie (`domain`), how far a search goes (`reach`) and where it likes to be (`typical`)."""

    whole: bool
    domain: tuple[End, End, bool, bool]
    reach: tuple[End, End, bool, bool]
    typical: tuple[Rational, Rational]

    def within_reach(self, allowed: Interval) -> Interval | None:
        """The allowed values within reach, or the nearest ones beyond it, with ends that are values; None: none."""
        low, high, low_open, high_open = self.reach
        near = allowed.cut(low, True, low_open).cut(high, False, high_open)
        found = self._closed(near)
        width = self.typical[1] - self.typical[0] + 1
        if found is None and allowed.low is not None and (allowed.low >= high):
            found = self._closed(allowed.cut(allowed.low + width, False, False))
        if found is None and allowed.high is not None and (allowed.high <= low):
            found = self._closed(allowed.cut(allowed.high - width, True, False))
        return found

    def _closed(self, given: Interval) -> Interval | None:
        """The same interval with its outermost values as ends: just inside where an end is open."""
        assert given.low is not None and given.high is not None
        low, high = given.low, given.high
        if self.whole:
            low = sympy.ceiling(low) + int(given.low_open and low.q == 1)
            high = sympy.floor(high) - int(given.high_open and high.q == 1)
            return Interval(low, high) if low <= high else None
        if low > high or (low == high and (given.low_open or given.high_open)):
            return None
        inside = (high - low) / 1000 if low < high else Rational(0)
        if given.low_open or _digits(low) is None:
            low = shortest(low, low + inside, skip_low=given.low_open)
        if given.high_open or _digits(high) is None:
            high = shortest(high - inside, high, skip_high=given.high_open)
        return Interval(low, high)

    def draw(self, allowed: Interval, integers: Integers, plain: bool = False) -> Any:
        """A value of a closed interval, as some integers tell it; `plain`: without a preference for ends and typical.

        What shrinks is plain: beside an end that is preferred, the other integers would shrink in vain.
        """
        low, high = _ends(allowed)
        if low == high:
            return self.number(low)
        where = GENERAL if plain else integers(GENERAL, HIGH)
        inside = low, high
        if TYPICAL <= where < LOW:
            inner = max(low, self.typical[0]), min(high, self.typical[1])
            inside = inner if inner[0] < inner[1] else inside
        value = self._inside(*inside, self._places(allowed), integers)
        return self.number({LOW: low, HIGH: high}.get(where, value))

    def _inside(self, low: Rational, high: Rational, places: tuple[int, int], integers: Integers) -> Rational:
        fewest, most = places
        digits = most if self.whole else integers(max(fewest, _fewest(low, high)), most)
        lowest, highest = _steps(low, high, most)
        simplest = min(max(lowest, 0), highest)
        radius = _radius(max(highest - simplest, simplest - lowest), integers(0, OCTAVES - 1))
        fine = integers(max(lowest, simplest - radius), min(highest, simplest + radius))
        first, last = _steps(low, high, digits)
        steps = (1 if fine > 0 else -1) * -(-abs(fine) // 10 ** (most - digits))  # away from 0: no sign is lost
        return Rational(min(max(steps, first), last), 10**digits)

    def told_by(self, allowed: Interval, value: Any) -> list[int] | None:
        """The integers that tell a value to a plain `draw`; None for one off the scale."""
        value, (low, high) = Rational(value), _ends(allowed)
        if not low <= value <= high:
            return None
        if low == high:
            return []
        fewest, most = self._places(allowed)
        fitting = [digits for digits in range(fewest, most + 1) if 10**digits % int(value.q) == 0]
        if not fitting:
            return None
        lowest, highest = _steps(low, high, most)
        start = [OCTAVES - 1] if self.whole else [fitting[0], OCTAVES - 1] if fewest < most else [OCTAVES - 1]
        return [*start, *([int(value * 10**most)] if lowest < highest else [])]

    def at(self, allowed: Interval, share: float) -> Any:
        """The value at a share of the way from the low to the high end, in the logarithm where the range is wide."""
        low, high = _ends(allowed)
        if share <= 0 or share >= 1 or low == high:
            return self.number(low if share <= 0 else high)
        a, b = float(low), float(high)
        middle = float(np.exp((1 - share) * np.log(a) + share * np.log(b))) if _is_wide(a, b) else a + share * (b - a)
        digits = 0 if self.whole else self._places(allowed)[1]
        return self.number(min(max(Rational(round(middle * 10**digits), 10**digits), low), high))

    def end(self, allowed: Interval, which: int, outer: bool) -> Any:
        """The low (0) or high (1) end of an interval, or, of what is typical, the value nearest to it."""
        low, high = _ends(allowed)
        return self.number((low, high)[which] if outer else min(max(self.typical[which], low), high))

    def share(self, allowed: Interval, value: Any) -> float:
        """The inverse of `at`."""
        low, high, v = float(_ends(allowed)[0]), float(_ends(allowed)[1]), float(value)
        if low == high:
            return 0.0
        return float(np.log(v / low) / np.log(high / low)) if _is_wide(low, high) else (v - low) / (high - low)

    def _places(self, allowed: Interval) -> tuple[int, int]:
        """Fewest and most digits after the point."""
        if self.whole:
            return 0, 0
        low, high = _ends(allowed)
        inner = max(low, self.typical[0]), min(high, self.typical[1])
        most = LONGER + (_fewest(*inner) if inner[0] < inner[1] else _fewest(low, high))
        return _fewest(low, high), max(most, _digits(low) or 0, _digits(high) or 0)

    def number(self, value: Any) -> Any:
        return int(value) if self.whole else Rational(value)


def scale_of(domain: Size | Real) -> Scale:
    """The scale of a domain."""
    return _whole(domain) if isinstance(domain, Size) else _real(domain)


def _whole(domain: Size) -> Scale:
    low = domain.at_least
    typical = domain.typical or (low, min(domain.at_most, low + 62))
    far = domain.at_most if domain.at_most <= BEYOND * typical[1] else typical[1]
    high = None if domain.at_most == LARGEST_SIZE else Integer(domain.at_most)
    ends = (Integer(low), Integer(high if high is not None else LARGEST_SIZE), False, False)
    return Scale(True, ends, (Integer(low), Integer(far), False, False), (Integer(typical[0]), Integer(typical[1])))


def _real(domain: Real) -> Scale:
    low, low_open = (domain.above, True) if domain.above is not None else (domain.at_least, False)
    high, high_open = (domain.below, True) if domain.below is not None else (domain.at_most, False)
    low, high = (None if end is None else Rational(repr(float(end))) for end in (low, high))
    if domain.typical:
        typical = Rational(repr(float(domain.typical[0]))), Rational(repr(float(domain.typical[1])))
    else:
        start = low if low is not None else (high - 10 if high is not None else Rational(-10))
        typical = start, high if high is not None else start + 10 * (1 + (low is None))
    width = typical[1] - typical[0] or Rational(1)
    near = low if low is not None else min(typical[0] - width, BEYOND * typical[0])
    if low is not None and low_open and typical[0] > low:  # just inside: a thousandth of the way to what is typical
        near, low_open_reach = shortest(low, low + (typical[0] - low) / 1000, skip_low=True), False
    else:
        low_open_reach = low_open
    far = high if high is not None else max(typical[1] + width, BEYOND * typical[1])
    ends = (low, high, low_open and low is not None, high_open and high is not None)
    return Scale(False, ends, (near, far, low_open_reach and low is not None, ends[3]), typical)


def shortest(low: Rational, high: Rational, *, skip_low: bool = False, skip_high: bool = False) -> Rational:
    """The shortest decimal of an interval, the one nearest to 0."""
    if low == high:
        return low
    size = max(abs(float(low)), abs(float(high)))
    coarse = -2 - int(np.floor(np.log10(size))) if size else 0
    for digits in range(coarse, DIGITS_MOST):
        unit = Rational(10) ** -digits
        first, last = sympy.ceiling(low / unit), sympy.floor(high / unit)
        first += int(skip_low and first * unit == low)
        last -= int(skip_high and last * unit == high)
        if first <= last:
            return min(max(first, 0), last) * unit
    return (low + high) / 2


def _ends(allowed: Interval) -> tuple[Rational, Rational]:
    assert allowed.low is not None and allowed.high is not None
    return Rational(allowed.low), Rational(allowed.high)


def _fewest(low: Rational, high: Rational) -> int:
    """Digits after the point of the shortest decimal of an interval that is not 0."""
    digits = 0
    while True:
        first, last = _steps(low, high, digits)
        if first < last or (first == last and first):
            return digits
        digits += 1


def _digits(value: Rational) -> int | None:
    """Digits after the point of a short decimal; None for others, such as 5/3."""
    return next((digits for digits in range(MOST_DIGITS + 1) if 10**digits % int(value.q) == 0), None)


def _steps(low: Rational, high: Rational, digits: int) -> tuple[int, int]:
    """The first and the last multiple of 10^-digits in an interval."""
    unit = 10**digits
    return -(-int(low.p) * unit // int(low.q)), int(high.p) * unit // int(high.q)


def _radius(furthest: int, octave: int) -> int:
    """The octave-th of the doubling distances up to the furthest: as many for every range, so that all shrink alike."""
    return max(furthest >> (OCTAVES - 1 - octave), min(1, furthest))


def _is_wide(low: float, high: float) -> bool:
    return low > 0 and high > 4 * low

"""Leading terms c·s^a·log(1/s)^b of formulas as s → 0 from above, whose powers a may hold symbols.

f ~ g means that f/g → 1. It passes through products and powers, through sums in which one power or logarithm beats
the others, and through logarithms of what does not tend to 1. What is beyond every power, as e^(−1/s), is told apart.
"""

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from proofs_check.derivation.exact import signs
from proofs_check.derivation.exact.series import Expander, NoExpansion
from proofs_check.derivation.question import Question

NOTHING = Integer(0)


@dataclass(frozen=True)
class Term:
    """coefficient·s^power·log(1/s)^logs; `flat`: smaller than every power of s, of unknown size."""

    coefficient: Expr
    power: Expr = NOTHING
    logs: Expr = NOTHING
    flat: bool = False


FLAT = Term(Integer(1), flat=True)


@dataclass(frozen=True)
class Leading:
    """Finds leading terms in one symbol of a question.   Raises NoExpansion."""

    question: Question
    small: Symbol

    def of(self, node: Any) -> Term:
        node = sympy.sympify(node)
        if not node.has(self.small):
            self._sign(node)
            return Term(node)
        if node == self.small:
            return Term(Integer(1), Integer(1))
        if isinstance(node, sympy.Mul):
            return self._product([self.of(part) for part in node.args])
        if isinstance(node, sympy.Add):
            try:
                return self._sum([self.of(part) for part in node.args])
            except NoExpansion:  # terms that cancel, perhaps
                return self._expanded(node)
        if isinstance(node, sympy.Pow) and not node.exp.has(self.small):
            return self._power(self.of(node.base), node.exp)
        if isinstance(node, (sympy.exp, sympy.log, sympy.asinh, sympy.erfc)):
            return self._function(node.func, self.of(node.args[0]))
        raise NoExpansion(f"{type(node).__name__} has no leading term that is known")

    def tends(self, term: Term) -> str | None:
        """The sign of the power, a power of logarithms counting where there is no other: "+" tends to 0."""
        found = signs.sign(term.power, self.question)
        return signs.sign(-term.logs, self.question) if found == signs.ZERO else found

    def _sign(self, coefficient: Expr) -> str:
        found = signs.sign(coefficient, self.question)
        if found not in (signs.POSITIVE, signs.NEGATIVE):
            raise NoExpansion(f"the sign of {coefficient} is open")
        return found

    def _product(self, parts: list[Term]) -> Term:
        if any(part.flat for part in parts):
            return FLAT
        return Term(
            sympy.Mul(*(part.coefficient for part in parts)),
            sympy.Add(*(part.power for part in parts)),
            sympy.Add(*(part.logs for part in parts)),
        )

    def _sum(self, parts: list[Term]) -> Term:
        """The part that beats all others, with those of its size, whose coefficients must not cancel."""
        solid = [part for part in parts if not part.flat]
        if not solid:
            return FLAT
        for best in solid:
            order = [self.tends(Term(NOTHING, part.power - best.power, part.logs - best.logs)) for part in solid]
            if all(way in (signs.POSITIVE, signs.ZERO) for way in order):
                alike = [part.coefficient for part, way in zip(solid, order, strict=True) if way == signs.ZERO]
                self._sign(sympy.Add(*alike))
                return Term(sympy.Add(*alike), best.power, best.logs)
        raise NoExpansion("it is open which term of a sum is the largest")

    def _expanded(self, node: Expr) -> Term:
        """The leading term of an expansion, if it asks nothing of its coefficients that is not shown on the way."""
        expander = Expander(self.question, self.small)
        leading = expander.of(node).leading()
        if leading is None or expander.needs or expander.logs:
            raise NoExpansion("a sum whose terms cancel")
        self._sign(leading[1])
        return Term(leading[1], leading[0])

    def _power(self, base: Term, exponent: Expr) -> Term:
        if not exponent.is_real:
            raise NoExpansion(f"the exponent {exponent} is not known to be real")
        if base.flat and signs.sign(exponent, self.question) != signs.POSITIVE:
            raise NoExpansion("a quotient by something smaller than every power")
        if not exponent.is_integer and (base.flat or self._sign(base.coefficient) != signs.POSITIVE):
            raise NoExpansion("a root of something that is not known to be positive")
        return FLAT if base.flat else Term(base.coefficient**exponent, base.power * exponent, base.logs * exponent)

    def _function(self, function: Any, inside: Term) -> Term:
        way = signs.POSITIVE if inside.flat else self.tends(inside)
        side = None if inside.flat else self._sign(inside.coefficient)
        if function == sympy.exp:
            return self._exponential(inside, way, side)
        if function == sympy.erfc and way == signs.NEGATIVE:
            return self._beyond_powers(inside) if side == signs.POSITIVE else Term(Integer(2))
        moves = signs.sign(inside.power, self.question) in (signs.POSITIVE, signs.NEGATIVE)
        far = function == sympy.log or (function == sympy.asinh and way == signs.NEGATIVE)
        if side == signs.POSITIVE and moves and far:
            return Term(-inside.power, logs=Integer(1))
        if function == sympy.log and side == signs.POSITIVE and way == signs.ZERO:
            self._sign(sympy.log(inside.coefficient))
            return Term(sympy.log(inside.coefficient))
        raise NoExpansion(f"{function.__name__} of something that is not known to grow, or to vanish")

    def _exponential(self, inside: Term, way: str | None, side: str | None) -> Term:
        if way == signs.POSITIVE:
            return Term(Integer(1))
        if way == signs.ZERO:
            return Term(sympy.exp(inside.coefficient))
        if way == signs.NEGATIVE and side == signs.NEGATIVE:
            return self._beyond_powers(inside)
        raise NoExpansion("exp of something that may grow without bound")

    def _beyond_powers(self, inside: Term) -> Term:
        if signs.sign(inside.power, self.question) != signs.NEGATIVE:
            raise NoExpansion("it is open whether an exponential is beyond every power")
        return FLAT

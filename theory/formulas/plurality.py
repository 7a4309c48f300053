"""How probably a class has most of the votes, ties shared, where votes are independent: finite sums."""

import itertools
from typing import Any

from sympy import Add, Expr, Integer, Max, Min, Sum, Symbol, binomial, floor

a, b, c = (Symbol(letter, integer=True, nonnegative=True) for letter in "abc")


def plurality(K: int, n_v: Any, n_s: Any, p0: Any, pk: Any) -> Expr:
    """P(class 0 of K = 3 or 4 wins): n_v votes are its own, each of n_s others with probability p0, a rival's with pk.

    A sum over a, its votes among the n_s: at least so many that no rival has more.
    """
    fewest = floor((2 * (n_s - (K - 1) * n_v) + 2 * K - 1) / Integer(2 * K))  # rounded up; never near a whole number
    votes = binomial(n_s, a) * p0**a * pk ** (n_s - a)
    return Sum(votes * _ways(K - 1, n_s - a, n_v + a), (a, Max(0, fewest), n_s))


def _ways(rivals: int, votes: Any, top: Any, ties: Any = 1) -> Expr:
    """In how many ways votes fall on the rivals, none above top, each way over the number of classes at top."""
    if rivals == 1:
        return 1 / (ties + Max(0, 1 + votes - top))
    count = b if rivals == 2 else c
    others = _ways(rivals - 1, votes - count, top, ties + Max(0, 1 + count - top))
    return Sum(binomial(votes, count) * others, (count, Max(0, votes - (rivals - 1) * top), Min(top, votes)))


def listed(K: int, n_v: int, n_s: int, p0: Any, pk: Any) -> Expr:
    """The same at numbers, from a list of all that n_s may vote."""
    found = Integer(0)
    for votes in itertools.product(range(K), repeat=n_s):
        counts = [votes.count(k) + n_v * (k == 0) for k in range(K)]
        if counts[0] == max(counts):
            found += p0 ** votes.count(0) * pk ** (n_s - votes.count(0)) / counts.count(counts[0])
    return found


def written_out(node: Any) -> Expr:
    """An expression with the terms of its finite sums in their place."""
    if isinstance(node, Sum):
        body, (index, low, high) = node.args
        return Add(*(written_out(body.subs(index, number)) for number in range(low, high + 1)))
    return node.func(*map(written_out, node.args)) if node.args else node

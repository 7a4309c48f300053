"""Toys for searches: bounds that break in one draw of ten thousand, in one corner of the domain and nowhere else."""

import numpy as np
from sympy import Rational

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from tests.engine_toys import claim_of
from theory.claim import Claim
from theory.domain import Choice, Real, Size
from theory.relation import Bound, Equality, Probability
from theory.setting import Observable, Setting

RARE = 1e-4


class Corner(Setting):
    """x = b (1 − 0.3 far)(0.9 + 0.1 u/(1 − 1/10,000)), u uniform; far: distance from n ≥ 56, a ≥ 0.9, c ≤ 0.1.

    There x > b in one draw of 10,000, by 1e-5 at most, and nowhere else. `law` "tight": x comes within 1e-9 of b far
    from there too.
    """

    n = Size(at_least=2, typical=(4, 64))
    a = Real(at_least=0, at_most=1, typical=(0.2, 0.8))
    b = Real(above=0, typical=(0.5, 2))
    c = Real(above=0, typical=(0.2, 2))
    law = Choice("plain", "tight")
    x = Observable("the quantity that b bounds")
    fair = Observable("b + z, with z standard normal")
    noisy = Observable("n + z inside the corner beyond 1.1 n, with z standard normal")


def distance(n: int, a: float, c: float) -> float:
    """How far a point is from the corner; 0 inside."""
    return max(0.0, (56 - n) / 56) + max(0.0, 0.9 - a) + max(0.0, float(np.log10(c / 0.1)))


@simulates(Corner, cost=1e-7)
def corner(*, n: int, a: float, b: float, c: float, law: str, trials: int, rng: Stream) -> dict[str, Array]:
    u, far = rng.uniform((trials,)), distance(n, a, c)
    height = (1 - min(0.3 * far, 0.5)) * (0.9 + 0.1 * u / (1 - RARE))
    if law == "tight" and far > 0.5:
        height = 1 - 1e-9 * (1 + u)
    z = rng.normal((trials,))
    return {"x": b * height, "fair": b + z, "noisy": n * (1.1 if far == 0 else 1.0) + z}


PATHWISE: Claim = claim_of(Corner.x, Corner.b, Bound("<="), Corner, fixing={Corner.law: "plain"}, entry="toys.corner")
DECEPTIVE = PATHWISE.but(fixing={Corner.law: "tight"}, entry="toys.deceptive")
TRUE = PATHWISE.but(prediction=Corner.b * (1 + RARE), entry="toys.true_bound")
MEAN: Claim = claim_of(Corner.noisy, Corner.n, Equality(), Corner, fixing={Corner.law: "plain"}, entry="toys.mean")
EASY = PATHWISE.but(prediction=Corner.b * Rational(99, 100), entry="toys.easy")  # violated in a tenth of the draws
# Half of the draws lie above b, as the claim allows: true, and as near to false as can be.
EDGE = PATHWISE.but(observable=Corner.fair, relation=Bound("<=", Probability(0.5)), entry="toys.edge")
claims = [EDGE, EASY, PATHWISE, DECEPTIVE, TRUE, MEAN]

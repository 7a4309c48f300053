"""Settings of known truth with simulators and true claims: a coin, a Gaussian mean, a lognormal mean, a heavy tail."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory import Claim, Degree, Equality, Limit, Observable, Real, Setting, Source, Wrong, exp

SOURCE = Source("elementary")


class Coin(Setting):
    """One toss of a coin that shows heads with probability p."""

    p = Real(at_least=0, at_most=1, typical=(0.1, 0.9))
    heads = Observable("1 for heads, 0 for tails")


class GaussianMean(Setting):
    """A Gaussian variable of mean m and standard deviation s."""

    m = Real(typical=(0.5, 2))
    s = Real(above=0, typical=(0.1, 1))
    value = Observable("the variable")


class LognormalMean(Setting):
    """exp(σz) with z standard normal: skewed, all moments finite."""

    sigma = Real(above=0, typical=(0.2, 1))
    value = Observable("the variable")


class HeavyTail(Setting):
    """A Pareto variable of index a: P(x > t) = t^-a for t > 1. Its variance is infinite for a ≤ 2."""

    a = Real(above=1, typical=(2.5, 6))
    value = Observable("the variable")


@simulates(Coin, cost=1e-7)
def coin(*, p: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"heads": rng.xp.astype(rng.uniform((trials,)) < p, rng.machine.dtype)}


@simulates(GaussianMean, cost=1e-7)
def gaussian_mean(*, m: float, s: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"value": m + s * rng.normal((trials,))}


@simulates(LognormalMean, cost=1e-7)
def lognormal_mean(*, sigma: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"value": rng.xp.exp(sigma * rng.normal((trials,)))}


@simulates(HeavyTail, cost=1e-7)
def heavy_tail(*, a: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"value": rng.xp.exp(rng.exponential((trials,)) / a)}


claims = [
    Claim(
        Coin,
        Coin.heads,
        Coin.p,
        Equality(),
        title="A coin's mean",
        entry="toys.coin",
        source=SOURCE,
        regime=[Coin.p > 0],
        scaling=[Degree(1, Coin.p)],
        wrong=[Wrong("five percent more", prediction=Coin.p * 21 / 20)],
    ),
    Claim(
        GaussianMean,
        GaussianMean.value,
        GaussianMean.m,
        Equality(),
        title="A Gaussian mean",
        entry="toys.gaussian",
        source=SOURCE,
        scaling=[Degree(1, GaussianMean.m, GaussianMean.s)],
        wrong=[Wrong("five percent more", prediction=GaussianMean.m * 21 / 20)],
    ),
    Claim(
        LognormalMean,
        LognormalMean.value,
        exp(LognormalMean.sigma**2 / 2),
        Equality(),
        title="A lognormal mean",
        entry="toys.lognormal",
        source=SOURCE,
        steps=[Limit(LognormalMean.sigma, 0, 1)],
        wrong=[Wrong("the median", prediction=1, at=[{LognormalMean.sigma: 1}])],
    ),
    Claim(
        HeavyTail,
        HeavyTail.value,
        HeavyTail.a / (HeavyTail.a - 1),
        Equality(),
        title="A Pareto mean",
        entry="toys.heavy_tail",
        source=SOURCE,
        regime=[HeavyTail.a > 2],
        wrong=[Wrong("the median", prediction=2 ** (1 / HeavyTail.a))],
    ),
]

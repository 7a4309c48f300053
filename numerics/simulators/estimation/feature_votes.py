"""Two models whose features vote for a class."""

from itertools import pairwise

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.votes import FeatureVotes

REPEATED = 8


def cost(K: int, n_s: int) -> float:
    """Seconds a trial takes: the votes of two models, and their counts."""
    return 1e-5 + 2 * REPEATED * n_s * (1e-8 + 1e-9 * K)


@simulates(FeatureVotes, cost=cost)
def feature_votes(
    *, K: int, n_v: int, n_s: int, q: float, second: str, trials: int, rng: Stream
) -> dict[str, Array]:
    """Draws every vote of both models; ties, and which of the K classes is the true one, are averaged over."""
    first, other = (counts(K, n_s, q, REPEATED * trials, rng) for _ in range(2))
    other = first if second == "same" else other
    each = {"single": right(first, n_v, rng), "ensemble": right(first + other, 2 * n_v, rng)}
    return {name: rng.xp.mean(rng.xp.reshape(share, (trials, REPEATED)), axis=-1) for name, share in each.items()}


def counts(K: int, n_s: int, q: float, points: int, rng: Stream) -> Array:
    """Votes of the misled features for every class, and last those for the true class, whichever it is.

    A feature has a uniform number: below q·k/K it is misled to one of the first k classes.
    Shapes: -> (points, K + 1).
    """
    xp, number = rng.xp, rng.uniform((points, n_s))
    below = [xp.sum(xp.astype(number < q * k / K, xp.int64), axis=-1) for k in range(1, K + 1)]
    return xp.stack([below[0], *(b - a for a, b in pairwise(below)), n_s - below[-1]], axis=-1)


def right(votes: Array, n_v: int, rng: Stream) -> Array:
    """How often the prediction is right, mean over each of the K classes being the true one; 1/ties where it ties.

    Shapes: votes (points, K + 1) -> (points,).
    """
    xp, number = rng.xp, rng.machine.dtype
    misled, more = votes[:, :-1], votes[:, -1] + n_v
    K = misled.shape[1]
    found = 0
    for true in range(K):
        rivals = xp.stack([misled[:, k] for k in range(K) if k != true], axis=-1)
        gathered = (misled[:, true] + more)[:, None]
        lost = xp.any(rivals > gathered, axis=-1)
        ties = 1 + xp.sum(xp.astype(rivals == gathered, number), axis=-1)
        found = found + xp.where(lost, 0 * ties, 1 / ties)
    return found / K

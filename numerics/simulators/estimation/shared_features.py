"""Two models that know random features, at a random point."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.errors import BadInput
from theory.settings.estimation.features import SharedFeatures


def cost(F: int) -> float:
    """Seconds a trial takes: two permutations."""
    return 1e-6 + 1e-7 * F


@simulates(SharedFeatures, cost=cost)
def shared_features(*, F: int, c: int, k: int, m: float, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws what each model knows and whether the point misleads; only the coins are integrated.

    The point carries the first k features, as good as any.   Raises BadInput for c > F or k > F.
    """
    if max(c, k) > F:
        raise BadInput(f"SharedFeatures: c={c} and k={k} features are chosen among F={F}; take both at most F")
    xp, number = rng.xp, rng.machine.dtype
    sure = xp.astype(rng.uniform((trials,)) >= m, number)  # of a model that knows one of the features
    first, second = (xp.where(xp.any(rng.permutation(F, trials)[:, :c] < k, axis=-1), sure, 0 * sure + 0.5)
                     for _ in range(2))
    accuracy, agreement = (first + second) / 2, first * second + (1 - first) * (1 - second)
    return {"accuracy": accuracy, "agreement": agreement, "excess": agreement - accuracy}

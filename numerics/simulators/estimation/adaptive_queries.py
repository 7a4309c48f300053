"""Correlations of noise with noise, released, and a last query that follows their signs."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.queries import AdaptiveQueries


def cost(n: int, d: int) -> float:
    """Seconds a trial takes: two samples of n·d numbers."""
    return 1e-5 + 4e-8 * n * d


@simulates(AdaptiveQueries, cost=cost)
def adaptive_queries(*, n: int, d: int, tau: float, features: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws both samples in full."""
    xp = rng.xp
    answers, later = (correlations(n, d, features, trials, rng) for _ in range(2))
    released = answers + tau * rng.normal((trials, d))
    chosen = xp.sign(released) / d**0.5
    return {
        "empirical": xp.sum(chosen * answers, axis=1), "fresh": xp.sum(chosen * later, axis=1),
        "largest": xp.max(xp.abs(answers), axis=1), "answer_error": xp.mean(released**2, axis=1),
    }


def correlations(n: int, d: int, features: str, trials: int, rng: Stream) -> Array:
    """Mean over a sample of every feature times the label.   Shapes: -> (trials, d)."""
    x = rng.signs((trials, n, d)) if features == "signs" else rng.normal((trials, n, d))
    y = rng.signs((trials, 1, n))
    return (y @ x)[:, 0, :] / n

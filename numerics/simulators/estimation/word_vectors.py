"""Word probabilities under random contexts."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.estimation.words import Contexts, WordVectors

CONTEXTS, ALONE = 1000, 200


@simulates(Contexts, cost=lambda d: 2e-6 * d)
def contexts(*, d: int, r: float, trials: int, rng: Stream) -> dict[str, Array]:
    """The vector lies along the first axis, as good as any direction."""
    along = r * d**0.5 * rng.unit((trials, ALONE // 2, d))[..., 0]
    return {"moment": rng.xp.mean(rng.xp.cosh(along), axis=-1)}


@simulates(WordVectors, batched=False, cost=lambda d, V: 2e-8 * CONTEXTS * V + 1e-9 * CONTEXTS * V * d)
def word_vectors(*, d: int, V: int, sc: float, rng: Stream) -> dict[str, Array]:
    """One vocabulary and one set of contexts a trial; all probabilities are averages of the softmax."""
    xp = rng.xp
    norms = sc * d**0.5 * (0.5 + rng.uniform((V,)))
    vectors = rng.unit((V, d)) * norms[:, None]
    likely = xp.exp(rng.unit((CONTEXTS, d)) @ xp.matrix_transpose(vectors))
    total = xp.sum(likely, axis=-1)
    share = likely / total[:, None]
    alone = xp.mean(share, axis=0)
    longest = xp.argsort(norms)[-(V // 10) :]
    words, often = xp.take(vectors, longest, axis=0), xp.take(share, longest, axis=1)
    together = xp.matrix_transpose(often) @ often / CONTEXTS
    single = xp.take(alone, longest)
    information = xp.log(together / (single[:, None] * single[None, :]))
    pairs = 1 - xp.eye(V // 10, dtype=rng.machine.dtype, device=rng.machine.place)  # no word with itself
    half = norms**2 / (2 * d)
    return {
        "pmi": slope(words @ xp.matrix_transpose(words) / d, information, pairs, rng),
        "unigram": slope(half, xp.log(alone), xp.ones_like(half), rng),
        "constant": xp.mean(xp.log(alone) - half) + xp.log(xp.mean(total)),
        "spread": xp.std(total) / xp.mean(total),
    }


def slope(x: Array, y: Array, weights: Array, rng: Stream) -> Array:
    """Weighted least squares with an intercept."""
    xp, mass = rng.xp, rng.xp.sum(weights)
    x = x - xp.sum(weights * x) / mass
    return xp.sum(weights * x * y) / xp.sum(weights * x**2)

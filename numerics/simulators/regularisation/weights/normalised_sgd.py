"""SGD with weight decay on the logistic loss of a classifier whose weights are normalised, or are not."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.weights import NormalisedClassifier

BEFORE, AFTER = 10, 20  # times the memory: steps that are forgotten, and steps that are averaged


@simulates(NormalisedClassifier, cost=lambda n, d, memory: 1e-7 * memory * (30 + n * d), block=64)
def normalised_classifier(*, n: int, d: int, batch: int, eta: float, memory: int, flips: float, model: str,
                          trials: int, rng: Stream) -> dict[str, Array]:
    """Trains the weights and their twin on the same batches."""
    xp, lam = rng.xp, 1 / (eta * memory)
    least = float(xp.finfo(rng.machine.dtype).eps)  # plain weights may turn by more than a right angle
    inputs, labels = drawn(n, d, flips, trials, rng)
    w = rng.normal((trials, d)) / d**0.5
    twin, totals = 2 * w, [xp.zeros_like(w[:, 0])] * 5
    for t in range((BEFORE + AFTER) * memory):
        counts = times_drawn(n, batch, trials, rng)
        before, gradient = w, loss_gradient(w, inputs, labels, counts / batch, model)
        w = (1 - eta * lam) * w - eta * gradient
        twin = (1 - eta * lam) * twin - 4 * eta * loss_gradient(twin, inputs, labels, counts / batch, model)
        if t >= BEFORE * memory:
            square, slope = xp.sum(before**2, axis=1), xp.sum(gradient**2, axis=1)
            parts = square, square**2, slope**2, square * slope, -xp.log(xp.clip(cosine(before, w), min=least))
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
    norm2, norm4, g4, power, turning = (total / (AFTER * memory) for total in totals)
    return {"norm2": norm2, "norm4": norm4, "g4": g4, "G2": power, "turning": turning,
            "apart": xp.linalg.vector_norm(unit(w) - unit(twin), axis=1)}  # fmt: skip


def drawn(n: int, d: int, flips: float, trials: int, rng: Stream) -> tuple[Array, Array]:
    """Normal inputs with the signs of their first coordinate as labels, some of them flipped.

    Shapes: -> (trials, n, d), (trials, n).
    """
    xp, inputs = rng.xp, rng.normal((trials, n, d))
    kept = 1.0 - 2.0 * xp.astype(rng.uniform((trials, n)) < flips, inputs.dtype)
    return inputs, xp.sign(inputs[:, :, 0]) * kept


def times_drawn(n: int, batch: int, trials: int, rng: Stream) -> Array:
    """How often each sample is in a batch drawn with replacement.   Shapes: -> (trials, n)."""
    xp, chosen = rng.xp, rng.integers(n, (trials, batch))
    samples = xp.arange(n, dtype=chosen.dtype, device=rng.machine.place)
    return xp.sum(xp.astype(chosen[:, :, None] == samples, rng.machine.dtype), axis=1)


def loss_gradient(w: Array, inputs: Array, labels: Array, shares: Array, model: str) -> Array:
    """Gradient in w of Σ share·log(1 + exp(−y·f(x))), f(x) = w·x/‖w‖, or w·x if the model is plain.

    Shapes: w (trials, d), inputs (trials, n, d), labels, shares (trials, n) -> (trials, d).
    """
    xp = namespace(w)
    length = xp.linalg.vector_norm(w, axis=1, keepdims=True) if model == "normalised" else xp.ones_like(w[:, :1])
    u = w / length
    margins = labels * (inputs @ u[:, :, None])[:, :, 0]
    slopes = -labels * shares / (1 + xp.exp(margins))
    inner = xp.sum(inputs * slopes[:, :, None], axis=1)  # gradient in u
    if model != "normalised":
        return inner
    return (inner - u * xp.sum(u * inner, axis=1, keepdims=True)) / length


def cosine(v: Array, w: Array) -> Array:
    return namespace(v).sum(unit(v) * unit(w), axis=1)


def unit(w: Array) -> Array:
    return w / namespace(w).linalg.vector_norm(w, axis=1, keepdims=True)

"""SGD with weight decay on the logistic loss of a classifier whose weights are normalised, or are not."""

from numerics.arrays import Array, namespace
from numerics.networks.models import Linear, Normalised
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import Batches, Step, averaged, visited
from numerics.training.losses import LOGISTIC
from numerics.training.optimisers import GradientDescent
from theory.settings.regularisation.weights import NormalisedClassifier

AVERAGED = 10  # times the memory: steps that are averaged


def trial_seconds(*, memory: int, batch: int, settling: int) -> float:
    return 6e-7 * memory * (AVERAGED + 2 * settling) * (1 + batch / 4)


@simulates(NormalisedClassifier, cost=trial_seconds, block=256)
def normalised_classifier(*, n: int, d: int, batch: int, eta: float, memory: int, settling: int, flips: float,
                          model: str, trials: int, rng: Stream) -> dict[str, Array]:
    """The weights and their twin settle on the same batches; then the weights go on alone."""
    xp, (inputs, labels) = rng.xp, drawn(n, d, flips, trials, rng)
    w, lam = rng.normal((trials, d)) / d**0.5, 1 / (eta * memory)
    shape = Normalised(Linear()) if model == "normalised" else Linear()
    (ends, twins) = (
        visited(shape, (scale * w,), inputs, labels, GradientDescent(scale**2 * eta, lam / scale**2),
                [memory * settling], rng.child("settling"), batches=Batches(batch), loss=LOGISTIC)[0][:, 0, :]
        for scale in (1, 2)
    )  # fmt: skip
    norm2, norm4, g4, G2, turning = averaged(
        shape, (ends,), inputs, labels, GradientDescent(eta, lam), read, AVERAGED * memory, rng.child("averaging"),
        batches=Batches(batch), loss=LOGISTIC,
    )
    return {"norm2": norm2, "norm4": norm4, "g4": g4, "G2": G2, "turning": turning,
            "apart": xp.linalg.vector_norm(unit(ends) - unit(twins), axis=1)}  # fmt: skip


def read(step: Step) -> tuple[Array, ...]:
    """‖w‖², ‖w‖⁴, ‖g‖⁴, ‖w‖²·‖g‖² and −log cosine of a step."""
    xp, ((w,), (g,), (after,)) = namespace(step.before[0]), (step.before, step.slope, step.after)
    least = float(xp.finfo(w.dtype).eps)  # plain weights may turn by more than a right angle
    square, slope, inner = xp.sum(w**2, axis=1), xp.sum(g**2, axis=1), xp.sum(w * after, axis=1)
    cosine = inner / xp.sqrt(square * xp.sum(after**2, axis=1))
    return square, square**2, slope**2, square * slope, -xp.log(xp.clip(cosine, min=least))


def drawn(n: int, d: int, flips: float, trials: int, rng: Stream) -> tuple[Array, Array]:
    """Normal inputs with the signs of their first coordinate as labels, some of them flipped.

    Shapes: -> (trials, n, d), (trials, n).
    """
    xp, inputs = rng.xp, rng.normal((trials, n, d))
    kept = 1.0 - 2.0 * xp.astype(rng.uniform((trials, n)) < flips, inputs.dtype)
    return inputs, xp.sign(inputs[:, :, 0]) * kept


def unit(w: Array) -> Array:
    return w / namespace(w).linalg.vector_norm(w, axis=1, keepdims=True)
